#include "arrays/fft/transform.hpp"

#include "arrays/promotion.hpp"

#include <fmt/format.h>
#include <kissfft/kissfft.hh>

#include <algorithm>
#include <bit>
#include <complex>
#include <numbers>
#include <optional>
#include <type_traits>
#include <vector>

namespace tessera::arrays::fft {
namespace {
using runtime::ErrorCode;
using runtime::Failure;
using Complex = std::complex<double>;
using Lengths = kissfft<double>;

/// KISS FFT takes n * p steps for a prime factor p.
bool has_small_factors(std::int64_t n) {
  constexpr std::int64_t largest = 61;
  for (std::int64_t p = 2; p <= largest; ++p)
    while (n % p == 0) n /= p;
  return n == 1;
}

/// Transforms of n numbers. Where n has a large prime factor they are a convolution (Bluestein), whose length is a power of 2.
class Plan {
 public:
  Plan(std::int64_t n, bool is_inverse) : n_(static_cast<std::size_t>(n)) {
    if (has_small_factors(n)) {
      direct_.emplace(n_, is_inverse);
      return;
    }
    const std::size_t m = std::bit_ceil(2 * n_ - 1);
    forward_.emplace(m, false), backward_.emplace(m, true);
    chirp_.resize(n_), kernel_.resize(m), work_.resize(m), other_.resize(m);
    const double sign = is_inverse ? 1 : -1;
    for (std::uint64_t k = 0; k < n_; ++k) chirp_[k] = std::polar(1.0, sign * std::numbers::pi * static_cast<double>(k * k % (2 * n_)) / static_cast<double>(n_));
    for (std::size_t k = 0; k < n_; ++k) work_[k] = work_[(m - k) % m] = std::conj(chirp_[k]) / static_cast<double>(m);
    forward_->transform(work_.data(), kernel_.data());
  }

  void run(const Complex* in, Complex* out) {
    if (direct_) return direct_->transform(in, out);
    std::fill(work_.begin(), work_.end(), Complex());
    for (std::size_t k = 0; k < n_; ++k) work_[k] = in[k] * chirp_[k];
    forward_->transform(work_.data(), other_.data());
    for (std::size_t k = 0; k < other_.size(); ++k) other_[k] *= kernel_[k];
    backward_->transform(other_.data(), work_.data());
    for (std::size_t k = 0; k < n_; ++k) out[k] = work_[k] * chirp_[k];
  }

 private:
  std::size_t n_;
  std::optional<Lengths> direct_, forward_, backward_;
  std::vector<Complex> chirp_, kernel_, work_, other_;
};

/// One line: `in` as it lies in the block, widened; `out` as it will.
class Line {
 public:
  Line(Transform transform, std::int64_t n) : transform_(transform), n_(static_cast<std::size_t>(n)) {
    if (transform == Transform::real_forward && n % 2 == 0 && has_small_factors(n / 2)) half_.emplace(n_ / 2, false);
    else plan_.emplace(n, transform == Transform::inverse || transform == Transform::real_inverse);
    in.resize(n_), out.resize(n_ + 1);
  }

  std::vector<Complex> in, out;
  /// How many of `in` are read.
  std::size_t taken() const { return transform_ == Transform::real_inverse ? n_ / 2 + 1 : n_; }
  void run() {
    if (half_) {
      auto* reals = reinterpret_cast<double*>(in.data());
      for (std::size_t i = 0; i < n_; ++i) reals[i] = in[i].real();  // Closer together, from the first on.
      half_->transform_real(reals, out.data());
      out[n_ / 2] = out[0].imag(), out[0] = out[0].real();
      return;
    }
    if (transform_ == Transform::real_inverse) {
      in[0] = in[0].real();
      if (n_ % 2 == 0) in[n_ / 2] = in[n_ / 2].real();
      for (std::size_t k = 1; 2 * k < n_; ++k) in[n_ - k] = std::conj(in[k]);
    }
    plan_->run(in.data(), out.data());
  }

 private:
  Transform transform_;
  std::size_t n_;
  std::optional<Lengths> half_;
  std::optional<Plan> plan_;
};

/// `outer` times `length` times `inner` elements; lines lie along the second.
struct Places {
  std::int64_t outer, length, inner;
};

template <class In, class Out>
void transform_lines(Transform transform, const Places& from, const In* in, std::int64_t n, double scale, Out* out) {
  constexpr std::int64_t together = 16;  // Lines that lie side by side share what is read of the memory.
  const std::int64_t made = length_of(transform, n);
  Line line(transform, n);
  const auto taken = std::min<std::int64_t>(static_cast<std::int64_t>(line.taken()), from.length);
  std::vector<Complex> lines(static_cast<std::size_t>(std::min(together, from.inner) * std::max(taken, made)));
  for (std::int64_t o = 0; o < from.outer; ++o)
    for (std::int64_t first = 0; first < from.inner; first += together) {
      const std::int64_t count = std::min(together, from.inner - first), apart = std::max(taken, made);
      const In* source = in + o * from.length * from.inner + first;
      for (std::int64_t i = 0; i < taken; ++i)
        for (std::int64_t l = 0; l < count; ++l) lines[static_cast<std::size_t>(l * apart + i)] = Complex(source[i * from.inner + l]);
      for (std::int64_t l = 0; l < count; ++l) {
        Complex* its = lines.data() + l * apart;
        std::fill(std::copy(its, its + taken, line.in.begin()), line.in.end(), Complex());
        line.run();
        std::copy(line.out.begin(), line.out.begin() + made, its);
      }
      Out* target = out + o * made * from.inner + first;
      for (std::int64_t i = 0; i < made; ++i)
        for (std::int64_t l = 0; l < count; ++l) {
          const Complex value = lines[static_cast<std::size_t>(l * apart + i)] * scale;
          if constexpr (std::is_floating_point_v<Out>) target[i * from.inner + l] = static_cast<Out>(value.real());
          else target[i * from.inner + l] = Out(value);
        }
    }
}
}  // namespace

Dtype result_of(Transform transform, Dtype dtype) {
  const bool is_double = component_of(dtype) == Dtype::float64;
  if (transform == Transform::real_inverse) return is_double ? Dtype::float64 : Dtype::float32;
  return is_double ? Dtype::complex128 : Dtype::complex64;
}
std::int64_t length_of(Transform transform, std::int64_t n) { return transform == Transform::real_forward ? n / 2 + 1 : n; }
std::int64_t scratch_bytes(std::int64_t n) {
  constexpr std::int64_t lines = 16 + 4, convolution = 4 * 6;  // 2 n - 1 rounded up to a power of 2 is less than 4 n.
  return (n + 2) * (has_small_factors(std::max<std::int64_t>(n, 1)) ? lines : lines + convolution) * static_cast<std::int64_t>(sizeof(Complex));
}

runtime::Result<Block> transformed(Transform transform, const Block& block, std::size_t axis, std::int64_t n, double scale) {
  const auto wrong = [&](std::string why) {
    return Failure{ErrorCode::invalid_argument, fmt::format("a transform of a block of the shape {}: {}", to_string(block.shape()), why)};
  };
  if (axis >= block.rank() || n < 1 || transform > Transform::real_inverse) return wrong(fmt::format("there is no axis {}, or there are not {} elements", axis, n));
  const Dtype dtype = block.dtype();
  if (!is_real_floating(dtype) && !is_complex(dtype)) return Failure{ErrorCode::type_mismatch, fmt::format("transforms are of floats, not {}", to_string(dtype))};
  if (transform == Transform::real_forward && is_complex(dtype)) return Failure{ErrorCode::type_mismatch, fmt::format("a real transform is not of {}", to_string(dtype))};
  Shape shape(block.shape().begin(), block.shape().end());
  Places places{1, shape[axis], 1};
  for (std::size_t i = 0; i < shape.size(); ++i) (i < axis ? places.outer : i > axis ? places.inner : places.length) *= i == axis ? 1 : shape[i];
  shape[axis] = length_of(transform, n);
  const Dtype result = result_of(transform, dtype);
  if (!Block::size_bytes_of(result, shape)) return wrong("the result is too large");
  BlockBuilder builder(result, shape);
  if (builder.raw().empty()) return std::move(builder).freeze();
  const auto run = [&]<class In, class Out>(In, Out) { transform_lines(transform, places, block.data<In>().data(), n, scale, builder.data<Out>().data()); };
  const auto to = [&]<class Real, class In>(Real, In) { result == Dtype::float32 || result == Dtype::float64 ? run(In(), Real()) : run(In(), std::complex<Real>()); };
  switch (dtype) {
    case Dtype::float32: to(float(), float()); break;
    case Dtype::float64: to(double(), double()); break;
    case Dtype::complex64: to(float(), std::complex<float>()); break;
    default: to(double(), std::complex<double>());
  }
  return std::move(builder).freeze();
}
}  // namespace tessera::arrays::fft
