#include "arrays/kernels/make.hpp"

#include "arrays/kernels/lanes/lanes.hpp"
#include "arrays/kernels/philox.hpp"
#include "arrays/promotion.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <type_traits>

namespace tessera::arrays::kernels {
namespace {
/// `first + step * i`; integers wrap, as the sum of a range that is refused anyway.
template <class T>
T along(T first, T step, std::int64_t i) {
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    return static_cast<T>(static_cast<std::uint64_t>(first) + static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(i));
  } else if constexpr (arrays::TimeElement<T>) {
    return {along(first.ns, step.ns, i)};
  } else if constexpr (std::is_same_v<T, bool>) {
    return i == 0 ? first : step;
  } else {
    return first + step * static_cast<T>(static_cast<double>(i));
  }
}

template <class T>
T one() {
  if constexpr (arrays::TimeElement<T>) return {1};
  else return static_cast<T>(1);
}

template <class T>
void range(T first, T step, std::int64_t index, std::span<T> to) {
  constexpr std::int64_t exact_max = std::int64_t{1} << 53;  // Up to it an index is the same as float64.
  if constexpr (std::is_same_v<T, double>)
    if (index <= exact_max - static_cast<std::int64_t>(to.size())) return lanes().range(first, step, static_cast<double>(index), to.size(), to.data());
  for (std::size_t i = 0; i < to.size(); ++i) to[i] = along(first, step, index + static_cast<std::int64_t>(i));
}

/// As NumPy: each from its index, the last exactly, in float64 whatever the dtype.
template <class T>
void linspace(T first, T last, std::int64_t length, std::int64_t index, std::span<T> to) {
  if constexpr (std::is_floating_point_v<T> || arrays::ComplexElement<T>) {
    using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::complex<double>>;
    const Wide from(first), step = (Wide(last) - from) / static_cast<double>(std::max<std::int64_t>(length - 1, 1));
    for (std::size_t i = 0; i < to.size(); ++i) {
      const std::int64_t at = index + static_cast<std::int64_t>(i);
      to[i] = at + 1 == length && length > 1 ? last : static_cast<T>(static_cast<double>(at) * step + from);
    }
  }
}

template <class T>
void random(Make::Kind kind, std::uint64_t seed, std::uint64_t index, std::span<T> to) {
  if constexpr (std::is_floating_point_v<T>) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      const auto [a, b] = two_uniform(seed, index + i);
      // As many bits as a float has, so that none becomes 1; Box-Muller, where 1 - a is never 0.
      const double uniform = sizeof(T) == 4 ? std::floor(a * 0x1p24) * 0x1p-24 : a;
      to[i] = static_cast<T>(kind == Make::Kind::uniform ? uniform : std::sqrt(-2 * std::log(1 - a)) * std::cos(2 * std::numbers::pi * b));
    }
  }
}

/// Elements of one row: the first lies at `index` of the whole in C order, `diagonal` columns right of the main diagonal.
template <class T>
void fill_row(const Make& what, ShapeView whole, std::int64_t index, std::int64_t diagonal, std::span<T> to) {
  const auto number = [&](std::size_t i) { return what.numbers[i].template as<T>(); };
  switch (what.kind) {
    case Make::Kind::full: std::ranges::fill(to, number(0)); break;
    case Make::Kind::range: range(number(0), number(1), index, to); break;
    case Make::Kind::linspace: linspace(number(0), number(1), whole[0], index, to); break;
    case Make::Kind::eye: {
      std::ranges::fill(to, T{});
      const std::int64_t at = what.offset - diagonal;
      if (at >= 0 && at < std::ssize(to)) to[static_cast<std::size_t>(at)] = one<T>();
      break;
    }
    default: random(what.kind, static_cast<std::uint64_t>(what.offset), static_cast<std::uint64_t>(index), to);
  }
}
}  // namespace

runtime::Result<void> check(const Make& what, Dtype dtype, std::size_t rank) {
  using Kind = Make::Kind;
  const auto wrong = [](const char* sentence) { return runtime::Failure{runtime::ErrorCode::invalid_argument, sentence}; };
  if (what.kind > Kind::normal) return wrong("there is no such way to make a block");
  const bool is_random = what.kind == Kind::uniform || what.kind == Kind::normal, is_line = what.kind == Kind::range || what.kind == Kind::linspace;
  const std::size_t numbers = what.kind == Kind::full ? 1 : is_line ? 2 : 0;
  const std::size_t needed = is_line ? 1 : what.kind == Kind::eye ? 2 : rank;
  bool fits = what.numbers.size() == numbers && rank == needed;
  for (const Scalar& one : what.numbers) fits = fits && one.dtype() == dtype;
  if (!fits) return wrong("the numbers or the rank do not fit the way to make a block");
  const bool is_float = is_real_floating(dtype);
  if ((is_random && !is_float) || (what.kind == Kind::linspace && !is_float && !is_complex(dtype))) return wrong("only floats are made so");
  return {};
}

void fill(const Make& what, Dtype dtype, const Place& place, ShapeView shape, std::int64_t first, std::size_t n, std::byte* to) {
  const std::size_t rank = shape.size();
  Shape at(rank);
  for (std::size_t i = rank; i-- > 0; first /= shape[i]) at[i] = first % shape[i];
  with_type(dtype, [&]<class T>() {
    for (std::span<T> left(reinterpret_cast<T*>(to), n); !left.empty();) {
      std::int64_t index = 0;
      for (std::size_t i = 0; i < rank; ++i) index = index * place.whole[i] + place.start[i] + at[i];
      const std::int64_t diagonal = rank < 2 ? 0 : place.start[rank - 1] + at[rank - 1] - place.start[rank - 2] - at[rank - 2];
      const std::size_t count = rank == 0 ? 1 : std::min(left.size(), static_cast<std::size_t>(shape[rank - 1] - at[rank - 1]));
      fill_row(what, place.whole, index, diagonal, left.first(count));
      left = left.subspan(count);
      if (rank == 0) continue;
      at[rank - 1] += static_cast<std::int64_t>(count);
      for (std::size_t i = rank - 1; i > 0 && at[i] == shape[i]; --i) at[i] = 0, ++at[i - 1];
    }
  });
}

runtime::Result<Block> made(const Make& what, Dtype dtype, ShapeView start, ShapeView count, ShapeView whole) {
  if (const auto sound = check(what, dtype, count.size()); !sound) return sound.failure();
  BlockBuilder builder(dtype, count);
  if (const std::int64_t elements = *element_count(count); elements > 0)
    fill(what, dtype, {Shape(start.begin(), start.end()), Shape(whole.begin(), whole.end())}, count, 0, static_cast<std::size_t>(elements), builder.raw().data());
  return std::move(builder).freeze();
}
}  // namespace tessera::arrays::kernels
