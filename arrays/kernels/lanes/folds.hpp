/// @file
/// Folds of elements that lie one after the other, with lanes whose number does not depend on the instruction set. Included by the
/// files of arrays/kernels/lanes/ only, whose namespace is unnamed: each has its own copy, made with its own instructions.
#pragma once
#include "arrays/kernels/lanes/elementwise.hpp"

#include <xsimd/xsimd.hpp>

#include <type_traits>

namespace {
using kernels::Fold;
using kernels::FoldLoops;

constexpr std::size_t lane_count = 32;

template <class F, class T>
T fold_lanes(T* lane, std::size_t filled) {
  if (filled == lane_count) {  // Without a condition it becomes vectors.
    for (std::size_t i = 0; i < 16; ++i) lane[i] = F::of(lane[i], lane[i + 16]);
    for (std::size_t i = 0; i < 8; ++i) lane[i] = F::of(lane[i], lane[i + 8]);
    for (std::size_t i = 0; i < 4; ++i) lane[i] = F::of(lane[i], lane[i + 4]);
    return F::of(F::of(lane[0], lane[2]), F::of(lane[1], lane[3]));
  }
  for (std::size_t half = lane_count / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i)
      if (i + half < filled) lane[i] = F::of(lane[i], lane[i + half]);
    filled = filled < half ? filled : half;
  }
  return lane[0];
}

/// Folds `each(i)` for i < n with lanes in memory.
template <class F, class T, class Each>
T fold_elements(std::size_t n, const Each& each) {
  T lane[lane_count];
  const std::size_t filled = n < lane_count ? n : lane_count;
  for (std::size_t i = 0; i < filled; ++i) lane[i] = each(i);
  std::size_t i = lane_count;
  for (; i + lane_count <= n; i += lane_count)
    for (std::size_t k = 0; k < lane_count; ++k) lane[k] = F::of(lane[k], each(i + k));
  for (; i < n; ++i) lane[i % lane_count] = F::of(lane[i % lane_count], each(i));
  return fold_lanes<F>(lane, filled);
}

/// The same sums with lanes in registers; `each` takes and gives a batch of doubles.
template <class Arch, class Each>
double sum_batches(const double* from, std::size_t n, const Each& each) {
  using Batch = xsimd::batch<double, Arch>;
  constexpr std::size_t wide = Batch::size, batches = lane_count / wide;
  const auto one = [&](std::size_t i) { return each(Batch(from[i])).get(0); };
  if (n < lane_count) return fold_elements<Add, double>(n, one);
  Batch sum[batches];
  for (std::size_t b = 0; b < batches; ++b) sum[b] = each(Batch::load_unaligned(from + b * wide));
  std::size_t i = lane_count;
  for (; i + lane_count <= n; i += lane_count)
    for (std::size_t b = 0; b < batches; ++b) sum[b] += each(Batch::load_unaligned(from + i + b * wide));
  double lane[lane_count];
  for (std::size_t b = 0; b < batches; ++b) sum[b].store_unaligned(lane + b * wide);
  for (; i < n; ++i) lane[i % lane_count] += one(i);
  return fold_lanes<Add>(lane, lane_count);
}

template <class Arch>
void sum_doubles(const void* from, std::size_t n, void* to) {
  *static_cast<double*>(to) = sum_batches<Arch>(static_cast<const double*>(from), n, [](auto x) { return x; });
}
template <class Arch>
double squares(const double* from, std::size_t n, double mean) {
  return sum_batches<Arch>(from, n, [mean](auto x) { return (x - mean) * (x - mean); });
}

std::size_t replace_nan(const double* from, std::size_t n, double instead, double* to) {
  std::uint64_t there = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const bool is_number = from[i] == from[i];
    to[i] = is_number ? from[i] : instead;
    there += is_number;
  }
  return there;
}

void range(double first, double step, double index, std::size_t n, double* to) {
  constexpr std::size_t run = 1 << 20;  // Counted in 32 bits, of which doubles are made in vectors.
  for (std::size_t done = 0; done < n; done += run) {
    const auto count = static_cast<std::int32_t>(n - done < run ? n - done : run);
    const double begin = index + static_cast<double>(done);
    for (std::int32_t i = 0; i < count; ++i) to[done + static_cast<std::size_t>(i)] = first + step * (begin + static_cast<double>(i));
  }
}

template <class F, class T>
void fold(const void* from, std::size_t n, void* to) {
  const T* values = static_cast<const T*>(from);
  *static_cast<T*>(to) = fold_elements<F, T>(n, [values](std::size_t i) { return values[i]; });
}
template <class F, class T>
void rows(const void* from, std::size_t n, void* to) {
  const T* __restrict values = static_cast<const T*>(from);
  T* __restrict sums = static_cast<T*>(to);
  for (std::size_t i = 0; i < n; ++i) sums[i] = F::of(sums[i], values[i]);
}

template <class Arch>
FoldLoops folds(Fold with, Dtype dtype) {
  if (static_cast<std::uint8_t>(dtype) >= real_dtype_count) return {nullptr, nullptr};
  if (with == Fold::add && dtype == Dtype::float64) return {sum_doubles<Arch>, rows<Add, double>};
  return with_real_type(dtype, [&]<class T>() -> FoldLoops {
    switch (with) {
      case Fold::minimum: return {fold<Minimum, T>, rows<Minimum, T>};
      case Fold::maximum: return {fold<Maximum, T>, rows<Maximum, T>};
      default: break;
    }
    // Sums and products are of the widest types.
    if constexpr (std::is_same_v<T, double> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint64_t>) {
      if (with == Fold::add) return {fold<Add, T>, rows<Add, T>};
      if (with == Fold::multiply) return {fold<Multiply, T>, rows<Multiply, T>};
    }
    if constexpr (is_float<T>) {
      if (with == Fold::fmin) return {fold<Fmin, T>, rows<Fmin, T>};
      if (with == Fold::fmax) return {fold<Fmax, T>, rows<Fmax, T>};
    }
    return {nullptr, nullptr};
  });
}
}  // namespace
