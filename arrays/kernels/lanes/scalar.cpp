// What is computed one element at a time. Functions of float32 are computed in float64 and rounded once, those of complex64 in
// complex128.
#include "arrays/kernels/lanes/complex.hpp"
#include "arrays/kernels/lanes/lanes.hpp"
#include "arrays/kernels/lanes/map.hpp"
#include "arrays/kernels/lanes/time.hpp"
#include "arrays/promotion.hpp"

#include <cmath>

namespace tessera::arrays::kernels {
namespace {
double logaddexp(double a, double b) {
  if (a == b) return a + 0x1.62e42fefa39efp-1;
  const double step = a - b;
  if (step > 0) return a + std::log1p(std::exp(-step));
  return step <= 0 ? b + std::log1p(std::exp(step)) : step;
}

/// Python's: the remainder has the sign of `b`.
template <class T>
T float_remainder(T a, T b) {
  const T rest = std::fmod(a, b);
  if (b == 0) return rest;
  if (rest == 0) return std::copysign(T{0}, b);
  return (b < 0) != (rest < 0) ? rest + b : rest;
}
template <class T>
T float_floor_divide(T a, T b) {
  if (b == 0) return a / b;
  const T rest = std::fmod(a, b);
  T quotient = (a - rest) / b;
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  if (quotient == 0) return std::copysign(T{0}, a / b);
  const T whole = std::floor(quotient);
  return quotient - whole > T{0.5} ? whole + 1 : whole;
}

/// Division of the least integer by -1 wraps. False where an element is divided by zero.
template <class T, bool is_remainder>
bool integer_divide(const void* const* in, void* to, std::size_t n) {
  const T* a = static_cast<const T*>(in[0]);
  const T* b = static_cast<const T*>(in[1]);
  for (std::size_t i = 0; i < n; ++i) {
    if (b[i] == 0) return false;
    T quotient = 0, rest = 0;
    if (std::is_signed_v<T> && b[i] == static_cast<T>(-1)) {
      quotient = static_cast<T>(0 - static_cast<std::uint64_t>(a[i]));
    } else {
      quotient = static_cast<T>(a[i] / b[i]), rest = static_cast<T>(a[i] % b[i]);
      if (rest != 0 && (rest < 0) != (b[i] < 0)) --quotient, rest = static_cast<T>(rest + b[i]);
    }
    static_cast<T*>(to)[i] = is_remainder ? rest : quotient;
  }
  return true;
}
/// By squaring; wraps. False where an exponent is negative.
template <class T>
bool integer_pow(const void* const* in, void* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const T exponent = static_cast<const T*>(in[1])[i];
    if (exponent < 0) return false;
    auto factor = static_cast<std::uint64_t>(static_cast<const T*>(in[0])[i]);
    std::uint64_t product = 1;
    for (auto left = static_cast<std::uint64_t>(exponent); left != 0; left >>= 1, factor *= factor)
      if ((left & 1) != 0) product *= factor;
    static_cast<T*>(to)[i] = static_cast<T>(product);
  }
  return true;
}
/// As NumPy: a shift by the width or more, or by less than zero, leaves nothing but the sign.
template <class T>
T left_shift(T a, T b) {
  return b < 0 || static_cast<std::uint64_t>(b) >= 8 * sizeof(T) ? T{0} : static_cast<T>(static_cast<std::uint64_t>(a) << b);
}
template <class T>
T right_shift(T a, T b) {
  if (b < 0 || static_cast<std::uint64_t>(b) >= 8 * sizeof(T)) return a < 0 ? static_cast<T>(-1) : T{0};
  return static_cast<T>(a >> b);
}
/// Squares are exact products, as in NumPy; libm's pow need not be.
template <class T>
T power(T a, T b) {
  return b == 2 ? a * a : static_cast<T>(std::pow(static_cast<double>(a), static_cast<double>(b)));
}
/// Most powers are squares of a whole tile.
template <class T>
bool powers(const void* const* in, void* to, std::size_t n) {
  const T* exponents = static_cast<const T*>(in[1]);
  bool is_square = true;
  for (std::size_t i = 0; i < n; ++i) is_square &= exponents[i] == 2;
  return is_square ? map1<T, T, [](T a) { return a * a; }>(in, to, n) : map2<T, T, T, power<T>>(in, to, n);
}

template <class T>
Loop integer_loop(Op op) {
  switch (op) {
    case Op::floor_divide: return integer_divide<T, false>;
    case Op::remainder: return integer_divide<T, true>;
    case Op::pow: return integer_pow<T>;
    case Op::bitwise_left_shift: return map2<T, T, T, left_shift<T>>;
    case Op::bitwise_right_shift: return map2<T, T, T, right_shift<T>>;
    default: return nullptr;
  }
}

template <class T>
Loop float_loop(Op op) {
#define TESSERA_REAL(name, function) \
  case Op::name: return map1<T, T, [](double x) { return std::function(x); }>
  switch (op) {
    TESSERA_REAL(acos, acos);
    TESSERA_REAL(acosh, acosh);
    TESSERA_REAL(asin, asin);
    TESSERA_REAL(asinh, asinh);
    TESSERA_REAL(atan, atan);
    TESSERA_REAL(atanh, atanh);
    TESSERA_REAL(cosh, cosh);
    TESSERA_REAL(expm1, expm1);
    TESSERA_REAL(log1p, log1p);
    TESSERA_REAL(log2, log2);
    TESSERA_REAL(log10, log10);
    TESSERA_REAL(sinh, sinh);
    TESSERA_REAL(tan, tan);
    TESSERA_REAL(tanh, tanh);
    case Op::atan2: return map2<T, T, T, [](double a, double b) { return std::atan2(a, b); }>;
    case Op::hypot: return map2<T, T, T, [](double a, double b) { return std::hypot(a, b); }>;
    case Op::logaddexp: return map2<T, T, T, logaddexp>;
    case Op::copysign: return map2<T, T, T, [](T a, T b) { return std::copysign(a, b); }>;
    case Op::nextafter: return map2<T, T, T, [](T a, T b) { return std::nextafter(a, b); }>;
    case Op::signbit: return map1<T, bool, [](T a) { return std::signbit(a); }>;
    case Op::floor_divide: return map2<T, T, T, float_floor_divide<T>>;
    case Op::remainder: return map2<T, T, T, float_remainder<T>>;
    case Op::pow: return powers<T>;
    default: return nullptr;
  }
#undef TESSERA_REAL
}
}  // namespace

Loop scalar_loop(Op op, std::span<const Dtype> operands, Dtype result) {
  for (const Dtype one : operands)
    if (is_time(one)) return time_loop(op, operands, result);
  if (is_time(result)) return time_loop(op, operands, result);
  const Dtype operand = operands.back();
  if (is_complex(operand) || is_complex(result)) return complex_loop(op, operand, result);
  if (is_integer(operand))
    return with_real_type(operand, [&]<class T>() -> Loop {
      if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) return integer_loop<T>(op);
      else return nullptr;
    });
  if (operand == Dtype::float32) return float_loop<float>(op);
  return operand == Dtype::float64 ? float_loop<double>(op) : nullptr;
}
}  // namespace tessera::arrays::kernels
