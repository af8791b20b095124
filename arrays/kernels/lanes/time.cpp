// As NumPy 1.24 has it: quotients of a length and a number are cut off, those of two lengths are floored.
#include "arrays/kernels/lanes/time.hpp"

#include "arrays/kernels/lanes/map.hpp"
#include "arrays/promotion.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera::arrays::kernels {
namespace {
constexpr std::int64_t nat = not_a_time;
using I = std::int64_t;  ///< Both kinds of time are their nanoseconds in memory.

std::int64_t wrapped(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::int64_t plus(std::int64_t a, std::int64_t b) { return a == nat || b == nat ? nat : wrapped(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b)); }
std::int64_t minus(std::int64_t a, std::int64_t b) { return a == nat || b == nat ? nat : wrapped(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)); }
std::int64_t times(std::int64_t a, std::int64_t b) { return wrapped(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b)); }
std::int64_t of_double(double value) { return value >= -0x1p63 && value < 0x1p63 ? static_cast<std::int64_t>(value) : nat; }
std::int64_t least(std::int64_t a, std::int64_t b) { return a == nat || b == nat ? nat : std::min(a, b); }
std::int64_t most(std::int64_t a, std::int64_t b) { return a == nat || b == nat ? nat : std::max(a, b); }
std::int64_t length_by_integer(std::int64_t a, std::int64_t b) { return a == nat || b == 0 ? nat : b == -1 ? wrapped(0 - static_cast<std::uint64_t>(a)) : a / b; }
std::int64_t floored(std::int64_t a, std::int64_t b) {
  if (a == nat || b == nat || b == 0) return 0;
  if (b == -1) return wrapped(0 - static_cast<std::uint64_t>(a));
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}
std::int64_t rest(std::int64_t a, std::int64_t b) {
  if (a == nat || b == nat || b == 0) return nat;
  if (b == -1) return 0;
  const std::int64_t left = a % b;
  return left != 0 && (left < 0) != (b < 0) ? left + b : left;
}
double ratio(std::int64_t a, std::int64_t b) {
  if (a == nat || b == nat) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(a) / static_cast<double>(b);
}

Loop product_loop(Dtype a, Dtype b) {
  if (a == Dtype::float64) return map2<double, I, I, [](double x, I y) { return y == nat ? nat : of_double(x * static_cast<double>(y)); }>;
  if (b == Dtype::float64) return map2<I, double, I, [](I x, double y) { return x == nat ? nat : of_double(static_cast<double>(x) * y); }>;
  if (a == Dtype::timedelta64) return map2<I, I, I, [](I x, I y) { return x == nat ? nat : times(x, y); }>;
  return map2<I, I, I, [](I x, I y) { return y == nat ? nat : times(x, y); }>;
}
Loop quotient_loop(Dtype b) {
  if (b == Dtype::timedelta64) return map2<I, I, double, ratio>;
  if (b == Dtype::float64) return map2<I, double, I, [](I x, double y) { return x == nat ? nat : of_double(static_cast<double>(x) / y); }>;
  return map2<I, I, I, length_by_integer>;
}

/// NaT is the least int64 and becomes it; of smaller integers it becomes the last bits.
Loop cast_loop(Dtype from, Dtype to) {
  if (size_bytes(from) == 8 && size_bytes(to) == 8) return map1<I, I, [](I a) { return a; }>;
  return with_real_type(is_time(from) ? to : from, [&]<class T>() -> Loop {
    if constexpr (!std::is_integral_v<T>) return nullptr;
    else if (!is_time(from)) return [](const void* const* in, void* out, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) static_cast<I*>(out)[i] = static_cast<I>(static_cast<const T*>(in[0])[i]);
      return true;
    };
    else return map1<I, T, [](I a) { if constexpr (std::is_same_v<T, bool>) return a != 0; else return static_cast<T>(a); }>;
  });
}
}  // namespace

Loop time_loop(Op op, std::span<const Dtype> operands, Dtype result) {
  switch (op) {
    case Op::cast: return cast_loop(operands[0], result);
    case Op::add: return map2<I, I, I, plus>;
    case Op::subtract: return map2<I, I, I, minus>;
    case Op::multiply: return product_loop(operands[0], operands[1]);
    case Op::divide: return quotient_loop(operands[1]);
    case Op::floor_divide: return operands[1] == Dtype::timedelta64 ? map2<I, I, I, floored> : map2<I, I, I, length_by_integer>;
    case Op::remainder: return map2<I, I, I, rest>;
    case Op::minimum: return map2<I, I, I, least>;
    case Op::maximum: return map2<I, I, I, most>;
    case Op::negative: return map1<I, I, [](I a) { return minus(0, a); }>;
    case Op::positive: return map1<I, I, [](I a) { return a; }>;
    case Op::abs: return map1<I, I, [](I a) { return a < 0 ? minus(0, a) : a; }>;
    case Op::equal: return map2<I, I, bool, [](I a, I b) { return a == b && a != nat; }>;
    case Op::not_equal: return map2<I, I, bool, [](I a, I b) { return a != b || a == nat; }>;
    case Op::less: return map2<I, I, bool, [](I a, I b) { return a < b && a != nat; }>;
    case Op::less_equal: return map2<I, I, bool, [](I a, I b) { return a <= b && a != nat; }>;
    case Op::greater: return map2<I, I, bool, [](I a, I b) { return b < a && b != nat; }>;
    case Op::greater_equal: return map2<I, I, bool, [](I a, I b) { return b <= a && b != nat; }>;
    case Op::isnan: return map1<I, bool, [](I a) { return a == nat; }>;
    case Op::isfinite: return map1<I, bool, [](I a) { return a != nat; }>;
    case Op::isinf: return map1<I, bool, [](I) { return false; }>;
    case Op::where: return choose<I>;
    case Op::clip:
      return [](const void* const* in, void* to, std::size_t n) {
        const auto at = [&](int k, std::size_t i) { return static_cast<const I*>(in[k])[i]; };
        for (std::size_t i = 0; i < n; ++i) static_cast<I*>(to)[i] = least(most(at(0, i), at(1, i)), at(2, i));
        return true;
      };
    default: return nullptr;
  }
}
}  // namespace tessera::arrays::kernels
