// Arithmetic is NumPy's, step by step; other functions are the C++ library's, of complex64 in complex128.
#include "arrays/kernels/lanes/complex.hpp"

#include "arrays/kernels/lanes/map.hpp"

#include <cmath>
#include <complex>
#include <type_traits>

namespace tessera::arrays::kernels {
namespace {
using Complex = std::complex<double>;

template <class T>
std::complex<T> multiply(std::complex<T> a, std::complex<T> b) {
  return {a.real() * b.real() - a.imag() * b.imag(), a.real() * b.imag() + a.imag() * b.real()};
}
/// Smith's.
template <class T>
std::complex<T> divide(std::complex<T> a, std::complex<T> b) {
  const T real = std::abs(b.real()), imag = std::abs(b.imag());
  if (real >= imag) {
    if (real == 0 && imag == 0) return {a.real() / real, a.imag() / real};
    const T ratio = b.imag() / b.real(), scale = T{1} / (b.real() + b.imag() * ratio);
    return {(a.real() + a.imag() * ratio) * scale, (a.imag() - a.real() * ratio) * scale};
  }
  const T ratio = b.real() / b.imag(), scale = T{1} / (b.imag() + b.real() * ratio);
  return {(a.real() * ratio + a.imag()) * scale, (a.imag() * ratio - a.real()) * scale};
}
template <class T>
std::complex<T> reciprocal(std::complex<T> a) {
  if (std::abs(a.imag()) <= std::abs(a.real())) {
    const T ratio = a.imag() / a.real(), divisor = a.real() + a.imag() * ratio;
    return {T{1} / divisor, -ratio / divisor};
  }
  const T ratio = a.real() / a.imag(), divisor = a.real() * ratio + a.imag();
  return {ratio / divisor, T{-1} / divisor};
}
/// Whole powers by squaring, as NumPy has them; others by the library.
Complex power(Complex a, Complex b) {
  if (b == Complex(0)) return 1;
  if (a == Complex(0)) return b.real() > 0 && b.imag() == 0 ? Complex(0) : Complex(std::nan(""), std::nan(""));
  if (b.imag() == 0 && b.real() == std::trunc(b.real()) && std::abs(b.real()) < 100) {
    if (b.real() == 1) return a;
    if (b.real() == 2) return multiply(a, a);
    Complex product = 1, factor = a;
    for (auto left = static_cast<unsigned>(std::abs(b.real())); left != 0; left >>= 1, factor = multiply(factor, factor))
      if ((left & 1) != 0) product = multiply(product, factor);
    return b.real() < 0 ? divide(Complex(1), product) : product;
  }
  return std::pow(a, b);
}
Complex expm1(Complex a) {
  const double sine = std::sin(a.imag() / 2);
  return {std::expm1(a.real()) * std::cos(a.imag()) - 2 * sine * sine, std::exp(a.real()) * std::sin(a.imag())};
}
Complex log1p(Complex a) { return {std::log(std::hypot(a.real() + 1, a.imag())), std::atan2(a.imag(), a.real() + 1)}; }
/// A logarithm of another base, `scale` times the natural one.
Complex scaled_log(Complex a, double scale) {
  const Complex natural = std::log(a);
  return {natural.real() * scale, natural.imag() * scale};
}
Complex sign(Complex a) {
  const double length = std::hypot(a.real(), a.imag());
  return length == 0 ? Complex(0) : Complex(a.real() / length, a.imag() / length);
}

/// What both precisions compute in complex128.
template <class C>
Loop function_loop(Op op) {
#define TESSERA_COMPLEX(name) \
  case Op::name: return map1<C, C, [](Complex a) { return std::name(a); }>
  switch (op) {
    TESSERA_COMPLEX(acos);
    TESSERA_COMPLEX(acosh);
    TESSERA_COMPLEX(asin);
    TESSERA_COMPLEX(asinh);
    TESSERA_COMPLEX(atan);
    TESSERA_COMPLEX(atanh);
    TESSERA_COMPLEX(cos);
    TESSERA_COMPLEX(cosh);
    TESSERA_COMPLEX(exp);
    TESSERA_COMPLEX(log);
    TESSERA_COMPLEX(sin);
    TESSERA_COMPLEX(sinh);
    TESSERA_COMPLEX(sqrt);
    TESSERA_COMPLEX(tan);
    TESSERA_COMPLEX(tanh);
    case Op::expm1: return map1<C, C, expm1>;
    case Op::log1p: return map1<C, C, log1p>;
    case Op::log2: return map1<C, C, [](Complex a) { return scaled_log(a, 0x1.71547652b82fep+0); }>;
    case Op::log10: return map1<C, C, [](Complex a) { return scaled_log(a, 0x1.bcb7b1526e50ep-2); }>;
    case Op::pow: return map2<C, C, C, power>;
    case Op::sign: return map1<C, C, sign>;
    default: return nullptr;
  }
#undef TESSERA_COMPLEX
}

template <class T>
Loop arithmetic_loop(Op op) {
  using C = std::complex<T>;
  switch (op) {
    case Op::add: return map2<C, C, C, [](C a, C b) { return C(a.real() + b.real(), a.imag() + b.imag()); }>;
    case Op::subtract: return map2<C, C, C, [](C a, C b) { return C(a.real() - b.real(), a.imag() - b.imag()); }>;
    case Op::multiply: return map2<C, C, C, multiply<T>>;
    case Op::divide: return map2<C, C, C, divide<T>>;
    case Op::reciprocal: return map1<C, C, reciprocal<T>>;
    case Op::square: return map1<C, C, [](C a) { return multiply(a, a); }>;
    case Op::negative: return map1<C, C, [](C a) { return C(-a.real(), -a.imag()); }>;
    case Op::positive: return map1<C, C, [](C a) { return a; }>;
    case Op::conj: return map1<C, C, [](C a) { return C(a.real(), -a.imag()); }>;
    case Op::round: return map1<C, C, [](C a) { return C(std::rint(a.real()), std::rint(a.imag())); }>;
    case Op::abs: return map1<C, T, [](C a) { return std::hypot(static_cast<double>(a.real()), static_cast<double>(a.imag())); }>;
    case Op::real: return map1<C, T, [](C a) { return a.real(); }>;
    case Op::imag: return map1<C, T, [](C a) { return a.imag(); }>;
    case Op::equal: return map2<C, C, bool, [](C a, C b) { return a == b; }>;
    case Op::not_equal: return map2<C, C, bool, [](C a, C b) { return a != b; }>;
    case Op::logical_and: return map2<C, C, bool, [](C a, C b) { return a != C{} && b != C{}; }>;
    case Op::logical_or: return map2<C, C, bool, [](C a, C b) { return a != C{} || b != C{}; }>;
    case Op::logical_xor: return map2<C, C, bool, [](C a, C b) { return (a != C{}) != (b != C{}); }>;
    case Op::logical_not: return map1<C, bool, [](C a) { return a == C{}; }>;
    case Op::isnan: return map1<C, bool, [](C a) { return std::isnan(a.real()) || std::isnan(a.imag()); }>;
    case Op::isinf: return map1<C, bool, [](C a) { return std::isinf(a.real()) || std::isinf(a.imag()); }>;
    case Op::isfinite: return map1<C, bool, [](C a) { return std::isfinite(a.real()) && std::isfinite(a.imag()); }>;
    case Op::where: return choose<C>;
    default: return function_loop<C>(op);
  }
}

Loop cast_loop(Dtype from, Dtype to) {
  return with_type(from, [&]<class T>() -> Loop {
    return with_type(to, []<class R>() -> Loop {
      if constexpr (RealElement<T> && ComplexElement<R>) return map1<T, R, [](T a) { return R(static_cast<typename R::value_type>(a)); }>;
      else if constexpr (ComplexElement<T> && ComplexElement<R>) return map1<T, R, [](T a) { return R(a); }>;
      else if constexpr (ComplexElement<T> && std::is_same_v<R, bool>) return map1<T, R, [](T a) { return a != T{}; }>;
      else return nullptr;
    });
  });
}
}  // namespace

Loop complex_loop(Op op, Dtype operand, Dtype result) {
  if (op == Op::cast) return cast_loop(operand, result);
  return operand == Dtype::complex64 ? arithmetic_loop<float>(op) : arithmetic_loop<double>(op);
}
}  // namespace tessera::arrays::kernels
