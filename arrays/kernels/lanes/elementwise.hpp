/// @file
/// Functions of one dtype as loops that the compiler makes vectors of. Included by the files of arrays/kernels/lanes/ only, whose
/// namespace is unnamed: each has its own copy, made with its own instructions.
#pragma once
#include "arrays/kernels/lanes/functions.hpp"
#include "arrays/kernels/lanes/lanes.hpp"

#include <type_traits>

namespace {
using namespace tessera::arrays;
using kernels::Loop;
using kernels::Op;

template <class T>
inline constexpr bool is_bool = std::is_same_v<T, bool>;
template <class T>
inline constexpr bool is_float = std::is_floating_point_v<T>;
template <class T>
inline constexpr bool is_int = std::is_integral_v<T> && !is_bool<T>;
/// Where integers are computed: without a sign, so that they wrap, and not in the `int` that short ones become.
template <class T>
using Wrapping = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

/// `builtin` of the C library for float and double; integers are what they were.
#define TESSERA_ROUNDING(name, builtin)                                 \
  struct name {                                                         \
    template <class T>                                                  \
    static T of(T a) {                                                  \
      if constexpr (std::is_same_v<T, double>) return builtin(a);       \
      else if constexpr (std::is_same_v<T, float>) return builtin##f(a); \
      else return a;                                                    \
    }                                                                   \
  };
TESSERA_ROUNDING(Floor, __builtin_floor)
TESSERA_ROUNDING(Ceil, __builtin_ceil)
TESSERA_ROUNDING(Trunc, __builtin_trunc)
TESSERA_ROUNDING(Round, __builtin_rint)
TESSERA_ROUNDING(Root, __builtin_sqrt)
TESSERA_ROUNDING(Magnitude, __builtin_fabs)
#undef TESSERA_ROUNDING

template <class T>
Wrapping<T> wrapping(T value) { return static_cast<Wrapping<T>>(value); }

// clang-format off
struct Add {
  template <class T> static T of(T a, T b) {
    if constexpr (is_bool<T>) return a | b;
    else if constexpr (is_float<T>) return a + b;
    else return static_cast<T>(wrapping(a) + wrapping(b));
  }
};
struct Subtract {
  template <class T> static T of(T a, T b) {
    if constexpr (is_float<T>) return a - b;
    else return static_cast<T>(wrapping(a) - wrapping(b));
  }
};
struct Multiply {
  template <class T> static T of(T a, T b) {
    if constexpr (is_bool<T>) return a & b;
    else if constexpr (is_float<T>) return a * b;
    else return static_cast<T>(wrapping(a) * wrapping(b));
  }
};
struct Negative {
  template <class T> static T of(T a) {
    if constexpr (is_float<T>) return -a;
    else return static_cast<T>(0 - wrapping(a));
  }
};
struct Absolute {
  template <class T> static T of(T a) {
    if constexpr (is_float<T>) return Magnitude::of(a);
    else if constexpr (std::is_signed_v<T>) return a < 0 ? Negative::of(a) : a;
    else return a;
  }
};
struct Sign {
  template <class T> static T of(T a) {
    const T sign = static_cast<T>((a > T{}) - (a < T{}));
    return a != a ? a : sign;
  }
};
struct Invert {
  template <class T> static T of(T a) {
    if constexpr (is_bool<T>) return !a;
    else return static_cast<T>(~a);
  }
};
struct IsInf {
  template <class T> static bool of(T a) {
    if constexpr (is_float<T>) return __builtin_fabs(static_cast<double>(a)) > 0x1.fffffffffffffp1023;
    else return false;
  }
};
struct IsFinite {
  template <class T> static bool of(T a) {
    if constexpr (is_float<T>) return __builtin_fabs(static_cast<double>(a)) <= 0x1.fffffffffffffp1023;
    else return true;
  }
};
struct Divide   { template <class T> static T of(T a, T b) { return a / b; } };
struct And      { template <class T> static T of(T a, T b) { return static_cast<T>(a & b); } };
struct Or       { template <class T> static T of(T a, T b) { return static_cast<T>(a | b); } };
struct Xor      { template <class T> static T of(T a, T b) { return static_cast<T>(a ^ b); } };
/// NaN of either; `a` of equal ones.
struct Maximum  { template <class T> static T of(T a, T b) { return a >= b || a != a ? a : b; } };
struct Minimum  { template <class T> static T of(T a, T b) { return a <= b || a != a ? a : b; } };
struct Fmax     { template <class T> static T of(T a, T b) { return a >= b || b != b ? a : b; } };
struct Fmin     { template <class T> static T of(T a, T b) { return a <= b || b != b ? a : b; } };
struct Equal        { template <class T> static bool of(T a, T b) { return a == b; } };
struct NotEqual     { template <class T> static bool of(T a, T b) { return a != b; } };
struct Less         { template <class T> static bool of(T a, T b) { return a < b; } };
struct LessEqual    { template <class T> static bool of(T a, T b) { return a <= b; } };
struct Greater      { template <class T> static bool of(T a, T b) { return a > b; } };
struct GreaterEqual { template <class T> static bool of(T a, T b) { return a >= b; } };
struct LogicalAnd   { template <class T> static bool of(T a, T b) { return (a != T{}) & (b != T{}); } };
struct LogicalOr    { template <class T> static bool of(T a, T b) { return (a != T{}) | (b != T{}); } };
struct LogicalXor   { template <class T> static bool of(T a, T b) { return (a != T{}) ^ (b != T{}); } };
struct LogicalNot   { template <class T> static bool of(T a) { return a == T{}; } };
struct IsNan    { template <class T> static bool of(T a) { return a != a; } };
struct Positive { template <class T> static T of(T a) { return a; } };
struct Square   { template <class T> static T of(T a) { return Multiply::of(a, a); } };
struct Reciprocal { template <class T> static T of(T a) { return T{1} / a; } };
struct Exp      { template <class T> static T of(T a) { return static_cast<T>(exponential(static_cast<double>(a))); } };
struct Log      { template <class T> static T of(T a) { return static_cast<T>(logarithm(static_cast<double>(a))); } };
// clang-format on

/// Floats to integers: cut off; what int64 does not hold becomes its least; then the last bits are taken.
template <class To>
struct Cast {
  template <class T>
  static To of(T a) {
    if constexpr (is_bool<To>) return a != T{};
    else if constexpr (is_float<T> && is_int<To>) {
      if constexpr (std::is_same_v<To, std::uint64_t>)
        if (a >= T{0x1p63} && a < T{0x1p64}) return static_cast<std::uint64_t>(static_cast<std::int64_t>(a - T{0x1p63})) | (std::uint64_t{1} << 63);
      const bool fits = a >= T{-0x1p63} && a < T{0x1p63};
      return static_cast<To>(fits ? static_cast<std::int64_t>(fits ? a : T{0}) : INT64_MIN);
    } else return static_cast<To>(a);
  }
};

template <class F, class A, class R>
bool map1(const void* const* in, void* to, std::size_t n) {
  const A* __restrict a = static_cast<const A*>(in[0]);
  R* __restrict r = static_cast<R*>(to);
  for (std::size_t i = 0; i < n; ++i) r[i] = F::of(a[i]);
  return true;
}
template <class F, class A, class R>
bool map2(const void* const* in, void* to, std::size_t n) {
  const A* __restrict a = static_cast<const A*>(in[0]);
  const A* __restrict b = static_cast<const A*>(in[1]);
  R* __restrict r = static_cast<R*>(to);
  for (std::size_t i = 0; i < n; ++i) r[i] = F::of(a[i], b[i]);
  return true;
}
template <class A>
bool clip(const void* const* in, void* to, std::size_t n) {
  const A* __restrict a = static_cast<const A*>(in[0]);
  const A* __restrict low = static_cast<const A*>(in[1]);
  const A* __restrict high = static_cast<const A*>(in[2]);
  A* __restrict r = static_cast<A*>(to);
  for (std::size_t i = 0; i < n; ++i) r[i] = Minimum::of(Maximum::of(a[i], low[i]), high[i]);
  return true;
}
template <class A>
bool where(const void* const* in, void* to, std::size_t n) {
  const bool* __restrict condition = static_cast<const bool*>(in[0]);
  const A* __restrict a = static_cast<const A*>(in[1]);
  const A* __restrict b = static_cast<const A*>(in[2]);
  A* __restrict r = static_cast<A*>(to);
  for (std::size_t i = 0; i < n; ++i) r[i] = condition[i] ? a[i] : b[i];
  return true;
}
/// sin and cos: all as vectors, then those that need libm one by one.
template <std::uint64_t quarters_on, class A>
bool circular_loop(const void* const* in, void* to, std::size_t n) {
  const A* __restrict a = static_cast<const A*>(in[0]);
  A* __restrict r = static_cast<A*>(to);
  std::uint64_t any = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = static_cast<double>(a[i]);
    const Reduced reduced = reduce_quarters(x);
    any |= needs_libm(x, reduced);
    r[i] = static_cast<A>(circular(reduced, quarters_on));
  }
  if (any == 0) return true;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = static_cast<double>(a[i]);
    if (needs_libm(x, reduce_quarters(x)) != 0) r[i] = static_cast<A>(quarters_on == 0 ? __builtin_sin(x) : __builtin_cos(x));
  }
  return true;
}

template <class T>
Loop float_loop(Op op) {
  switch (op) {
    case Op::divide: return map2<Divide, T, T>;
    case Op::reciprocal: return map1<Reciprocal, T, T>;
    case Op::sqrt: return map1<Root, T, T>;
    case Op::sin: return circular_loop<0, T>;
    case Op::cos: return circular_loop<1, T>;
    case Op::exp: return map1<Exp, T, T>;
    case Op::log: return map1<Log, T, T>;
    default: return nullptr;
  }
}
template <class T>
Loop number_loop(Op op) {
  switch (op) {
    case Op::subtract: return map2<Subtract, T, T>;
    case Op::positive:
    case Op::conj:
    case Op::real: return map1<Positive, T, T>;
    case Op::negative: return map1<Negative, T, T>;
    case Op::sign: return map1<Sign, T, T>;
    case Op::square: return map1<Square, T, T>;
    case Op::clip: return clip<T>;
    case Op::floor: return map1<Floor, T, T>;
    case Op::ceil: return map1<Ceil, T, T>;
    case Op::trunc: return map1<Trunc, T, T>;
    case Op::round: return map1<Round, T, T>;
    default: break;
  }
  if constexpr (is_float<T>) return float_loop<T>(op);
  else return nullptr;
}
template <class T>
Loop bits_loop(Op op) {
  switch (op) {
    case Op::bitwise_and: return map2<And, T, T>;
    case Op::bitwise_or: return map2<Or, T, T>;
    case Op::bitwise_xor: return map2<Xor, T, T>;
    case Op::bitwise_invert: return map1<Invert, T, T>;
    default: return nullptr;
  }
}
template <class T>
Loop real_loop(Op op) {
  switch (op) {
    case Op::add: return map2<Add, T, T>;
    case Op::multiply: return map2<Multiply, T, T>;
    case Op::abs: return map1<Absolute, T, T>;
    case Op::maximum: return map2<Maximum, T, T>;
    case Op::minimum: return map2<Minimum, T, T>;
    case Op::equal: return map2<Equal, T, bool>;
    case Op::not_equal: return map2<NotEqual, T, bool>;
    case Op::less: return map2<Less, T, bool>;
    case Op::less_equal: return map2<LessEqual, T, bool>;
    case Op::greater: return map2<Greater, T, bool>;
    case Op::greater_equal: return map2<GreaterEqual, T, bool>;
    case Op::logical_and: return map2<LogicalAnd, T, bool>;
    case Op::logical_or: return map2<LogicalOr, T, bool>;
    case Op::logical_xor: return map2<LogicalXor, T, bool>;
    case Op::logical_not: return map1<LogicalNot, T, bool>;
    case Op::isnan: return map1<IsNan, T, bool>;
    case Op::isinf: return map1<IsInf, T, bool>;
    case Op::isfinite: return map1<IsFinite, T, bool>;
    case Op::where: return where<T>;
    default: break;
  }
  Loop loop = nullptr;
  if constexpr (!is_float<T>) loop = bits_loop<T>(op);
  if constexpr (!is_bool<T>)
    if (loop == nullptr) loop = number_loop<T>(op);
  return loop;
}

Loop loop(Op op, Dtype operand, Dtype result) {
  if (static_cast<std::uint8_t>(operand) >= real_dtype_count || static_cast<std::uint8_t>(result) >= real_dtype_count) return nullptr;
  return with_real_type(operand, [&]<class T>() -> Loop {
    if (op != Op::cast) return real_loop<T>(op);
    return with_real_type(result, []<class To>() -> Loop { return map1<Cast<To>, T, To>; });
  });
}
}  // namespace
