#include "arrays/expression/make.hpp"

#include "arrays/expression/philox.hpp"
#include "arrays/shape/grid.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <type_traits>

namespace tessera::arrays::expression {
namespace {
runtime::Failure wrong(const char* sentence) { return {runtime::ErrorCode::invalid_argument, sentence}; }

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
Block eye(std::int64_t offset, ShapeView start, ShapeView count) {
  return Block::make<T>(count, [&](std::span<T> to) {
    std::ranges::fill(to, T{});
    for (std::int64_t i = 0; i < count[0]; ++i) {
      const std::int64_t column = start[0] + i + offset - start[1];
      if (column >= 0 && column < count[1]) to[static_cast<std::size_t>(i * count[1] + column)] = one<T>();
    }
  });
}

/// As NumPy: each from its index, the last exactly, in float64 whatever the dtype.
template <class T>
Block linspace(T first, T last, std::int64_t length, ShapeView start, ShapeView count) {
  return Block::make<T>(count, [&](std::span<T> to) {
    if constexpr (std::is_floating_point_v<T> || arrays::ComplexElement<T>) {
      using Wide = std::conditional_t<std::is_floating_point_v<T>, double, std::complex<double>>;
      const Wide from(first), step = (Wide(last) - from) / static_cast<double>(std::max<std::int64_t>(length - 1, 1));
      for (std::size_t i = 0; i < to.size(); ++i) {
        const std::int64_t at = start[0] + static_cast<std::int64_t>(i);
        to[i] = at + 1 == length && length > 1 ? last : static_cast<T>(static_cast<double>(at) * step + from);
      }
    }
  });
}
/// Each from its index in the whole array, in C order.
template <class T>
Block random(Make::Kind kind, std::uint64_t seed, ShapeView start, ShapeView count, ShapeView whole) {
  return Block::make<T>(count, [&](std::span<T> to) {
    if constexpr (std::is_floating_point_v<T>) {
      const std::size_t rank = count.size(), rows = rank == 0 ? 0 : rank - 1;
      const std::int64_t row = rank == 0 ? 1 : count[rows];
      Shape at(rows, 0);
      for (std::size_t n = 0; n < to.size();) {
        std::uint64_t first = 0;
        for (std::size_t i = 0; i < rank; ++i)
          first = first * static_cast<std::uint64_t>(whole[i]) + static_cast<std::uint64_t>(start[i] + (i < rows ? at[i] : 0));
        for (std::int64_t i = 0; i < row; ++i) {
          const auto [a, b] = two_uniform(seed, first + static_cast<std::uint64_t>(i));
          // As many bits as a float has, so that none becomes 1; Box-Muller, where 1 - a is never 0.
          const double uniform = sizeof(T) == 4 ? std::floor(a * 0x1p24) * 0x1p-24 : a;
          to[n++] = static_cast<T>(kind == Make::Kind::uniform ? uniform : std::sqrt(-2 * std::log(1 - a)) * std::cos(2 * std::numbers::pi * b));
        }
        shape::next_index(at, count.first(rows));
      }
    }
  });
}
}  // namespace

runtime::Result<Block> made(const Make& what, Dtype dtype, ShapeView start, ShapeView count, ShapeView whole) {
  using Kind = Make::Kind;
  if (what.kind > Kind::normal) return wrong("there is no such way to make a block");
  const bool is_random = what.kind == Kind::uniform || what.kind == Kind::normal, is_line = what.kind == Kind::range || what.kind == Kind::linspace;
  const std::size_t numbers = what.kind == Kind::full ? 1 : is_line ? 2 : 0, rank = is_line ? 1 : what.kind == Kind::eye ? 2 : count.size();
  if (what.numbers.size() != numbers || count.size() != rank) return wrong("the numbers or the rank do not fit the way to make a block");
  const bool is_float = dtype == Dtype::float32 || dtype == Dtype::float64, is_complex = dtype == Dtype::complex64 || dtype == Dtype::complex128;
  if ((is_random && !is_float) || (what.kind == Kind::linspace && !is_float && !is_complex)) return wrong("only floats are made so");
  return with_type(dtype, [&]<class T>() -> runtime::Result<Block> {
    const auto number = [&](std::size_t i) { return what.numbers[i].template as<T>(); };
    switch (what.kind) {
      case Kind::full: return Block::make<T>(count, [&](std::span<T> to) { std::ranges::fill(to, number(0)); });
      case Kind::range:
        return Block::make<T>(count, [&](std::span<T> to) {
          const T first = number(0), step = number(1);
          for (std::size_t i = 0; i < to.size(); ++i) to[i] = along(first, step, start[0] + static_cast<std::int64_t>(i));
        });
      case Kind::linspace: return linspace(number(0), number(1), whole[0], start, count);
      case Kind::eye: return eye<T>(what.offset, start, count);
      default: return random<T>(what.kind, static_cast<std::uint64_t>(what.offset), start, count, whole);
    }
  });
}
}  // namespace tessera::arrays::expression
