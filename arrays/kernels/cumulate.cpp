#include "arrays/kernels/cumulate.hpp"

#include <complex>
#include <vector>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

template <class T>
struct AccumulatorOf { using type = T; };
template <>
struct AccumulatorOf<float> { using type = double; };
template <>
struct AccumulatorOf<std::complex<float>> { using type = std::complex<double>; };

/// How a block lies around an axis: `outer` times `length` times `inner` elements.
struct Around {
  std::int64_t outer = 1, length = 1, inner = 1;
  Around(ShapeView shape, std::size_t axis) : length(shape[axis]) {
    for (std::size_t i = 0; i < shape.size(); ++i) (i < axis ? outer : inner) *= i == axis ? 1 : shape[i];
  }
};

template <Cumulation by, class A, class T>
A with(A sum, T value) {
  if constexpr (by == Cumulation::sum) return static_cast<A>(sum + static_cast<A>(value));
  else return static_cast<A>(sum * static_cast<A>(value));
}

template <Cumulation by, class T, class A>
void total_of(const T* from, A* to, const Around& around) {
  for (std::int64_t o = 0; o < around.outer; ++o, to += around.inner) {
    std::fill_n(to, around.inner, static_cast<A>(by == Cumulation::prod ? 1 : 0));
    for (std::int64_t k = 0; k < around.length; ++k, from += around.inner)
      for (std::int64_t i = 0; i < around.inner; ++i) to[i] = with<by>(to[i], from[i]);
  }
}

/// `first` are the accumulators to begin with, `first_step` apart for each outer index; none means 0 or 1.
template <Cumulation by, class T, class A>
void cumulate_of(const T* from, T* to, const Around& around, const A* first, std::int64_t first_step) {
  std::vector<A> sums(static_cast<std::size_t>(around.inner));
  for (std::int64_t o = 0; o < around.outer; ++o) {
    for (std::int64_t i = 0; i < around.inner; ++i)
      sums[static_cast<std::size_t>(i)] = first != nullptr ? first[o * first_step + i] : static_cast<A>(by == Cumulation::prod ? 1 : 0);
    for (std::int64_t k = 0; k < around.length; ++k, from += around.inner, to += around.inner)
      for (std::int64_t i = 0; i < around.inner; ++i) {
        A& sum = sums[static_cast<std::size_t>(i)];
        to[i] = static_cast<T>(sum = with<by>(sum, from[i]));
      }
  }
}

/// Calls `visit` with the type to compute in: integers without a sign, whose sums have the same bits.
template <class Visit>
void with_sum_type(Dtype dtype, const Visit& visit) {
  switch (dtype) {
    case Dtype::int8: case Dtype::uint8: return visit(std::uint8_t{});
    case Dtype::int16: case Dtype::uint16: return visit(std::uint16_t{});
    case Dtype::int32: case Dtype::uint32: return visit(std::uint32_t{});
    case Dtype::int64: case Dtype::uint64: return visit(std::uint64_t{});
    case Dtype::float32: return visit(float{});
    case Dtype::float64: return visit(double{});
    case Dtype::complex64: return visit(std::complex<float>{});
    default: return visit(std::complex<double>{});
  }
}

std::optional<Failure> check(const Block& block, std::size_t axis) {
  if (block.dtype() == Dtype::boolean || block.dtype() == Dtype::datetime64 || block.dtype() == Dtype::timedelta64)
    return Failure{ErrorCode::type_mismatch, "there is no cumulative sum or product of " + std::string(to_string(block.dtype()))};
  if (axis >= block.rank()) return Failure{ErrorCode::invalid_argument, "axis " + std::to_string(axis) + " is not one of the shape " + to_string(block.shape())};
  return std::nullopt;
}
}  // namespace

Dtype accumulator_of(Dtype dtype) { return dtype == Dtype::float32 ? Dtype::float64 : dtype == Dtype::complex64 ? Dtype::complex128 : dtype; }

runtime::Result<Block> total(Cumulation by, const Block& block, std::size_t axis) {
  if (const auto failure = check(block, axis)) return *failure;
  Shape shape(block.shape().begin(), block.shape().end());
  shape[axis] = 1;
  BlockBuilder builder(accumulator_of(block.dtype()), shape);
  const Around around(block.shape(), axis);
  with_sum_type(block.dtype(), [&]<class T>(T) {
    using A = typename AccumulatorOf<T>::type;
    const auto* from = reinterpret_cast<const T*>(block.raw().data());
    auto* to = reinterpret_cast<A*>(builder.raw().data());
    if (by == Cumulation::sum) total_of<Cumulation::sum>(from, to, around);
    else total_of<Cumulation::prod>(from, to, around);
  });
  return std::move(builder).freeze();
}

runtime::Result<Block> cumulate(Cumulation by, const Block& block, std::size_t axis, const Block* totals, std::int64_t which) {
  if (const auto failure = check(block, axis)) return *failure;
  const Around around(block.shape(), axis);
  if (totals != nullptr) {
    bool fits = totals->dtype() == accumulator_of(block.dtype()) && totals->rank() == block.rank() && which >= 0 && which < totals->shape()[axis];
    for (std::size_t i = 0; fits && i < block.rank(); ++i) fits = i == axis || totals->shape()[i] == block.shape()[i];
    if (!fits)
      return Failure{ErrorCode::invalid_argument, "total " + std::to_string(which) + " of a block of shape " + to_string(totals->shape()) + " does not go before one of shape " +
                                                      to_string(block.shape()) + " along axis " + std::to_string(axis)};
  }
  BlockBuilder builder(block.dtype(), block.shape());
  with_sum_type(block.dtype(), [&]<class T>(T) {
    using A = typename AccumulatorOf<T>::type;
    const A* first = totals == nullptr ? nullptr : reinterpret_cast<const A*>(totals->raw().data()) + which * around.inner;
    const std::int64_t step = totals == nullptr ? 0 : totals->shape()[axis] * around.inner;
    const auto* from = reinterpret_cast<const T*>(block.raw().data());
    auto* to = reinterpret_cast<T*>(builder.raw().data());
    if (by == Cumulation::sum) cumulate_of<Cumulation::sum>(from, to, around, first, step);
    else cumulate_of<Cumulation::prod>(from, to, around, first, step);
  });
  return std::move(builder).freeze();
}
}  // namespace tessera::arrays::kernels
