/// @file
/// sin, cos, exp and log of doubles without a branch, so that loops over them become vectors. After FreeBSD's msun (Copyright (C)
/// 1993 Sun Microsystems, freely granted) and musl: less than 1 ulp off. Included by the files of arrays/kernels/lanes/ only,
/// whose namespace is unnamed: each has its own copy, made with its own instructions.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace {
inline double from_bits(std::uint64_t bits) { return __builtin_bit_cast(double, bits); }
inline std::uint64_t bits_of(double value) { return __builtin_bit_cast(std::uint64_t, value); }

constexpr double to_whole = 0x1.8p52;  ///< Adding it rounds to a whole number, which lies in the last bits then.

/// x - quarters * pi / 2 as `high + low`, in [-pi/4, pi/4].
struct Reduced {
  double high, low;
  std::uint64_t quarters;  ///< The last bits count.
};
inline Reduced reduce_quarters(double x) {
  const double shifted = x * 6.36619772367581382433e-01 + to_whole, n = shifted - to_whole;
  const double t = x - n * 1.57079632673412561417e+00, w = n * 6.07710050630396597660e-11;
  const double r = t - w, tail = n * 2.02226624879595063154e-21 - ((t - r) - w);
  const double high = r - tail;
  return {high, (r - high) - tail, bits_of(shifted)};
}
/// Where three parts of pi / 2 are too few: large arguments, those next to a multiple, infinities and NaN.
inline std::uint64_t needs_libm(double x, const Reduced& reduced) {
  const std::uint64_t is_far = !(__builtin_fabs(x) < 0x1p20), is_reduced = reduced.quarters != bits_of(to_whole), is_near = __builtin_fabs(reduced.high) < 0x1p-25;
  return is_far | (is_reduced & is_near);
}

inline double sine_of(double x, double tail) {
  const double z = x * x, v = z * x;
  const double r = 8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 +
                   z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)));
  return x - ((z * (0.5 * tail - v * r) - tail) - v * -1.66666666666666324348e-01);
}
inline double cosine_of(double x, double tail) {
  const double z = x * x, w = z * z;
  const double r = z * (4.16666666666666019037e-02 + z * (-1.38888888888741095749e-03 + z * 2.48015872894767294178e-05)) +
                   w * w * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11));
  const double half = 0.5 * z, one = 1.0 - half;
  return one + (((1.0 - one) - half) + (z * r - x * tail));
}
/// `quarters_on`: 0 for the sine, 1 for the cosine.
inline double circular(const Reduced& reduced, std::uint64_t quarters_on) {
  const double sine = sine_of(reduced.high, reduced.low), cosine = cosine_of(reduced.high, reduced.low);
  const std::uint64_t quarter = reduced.quarters + quarters_on;
  const std::uint64_t take_cosine = 0 - (quarter & 1);
  return from_bits(((bits_of(sine) & ~take_cosine) | (bits_of(cosine) & take_cosine)) ^ ((quarter & 2) << 62));
}

/// 2^n for a whole n from -1022 to 1023; anything for NaN.
inline double power_of_two(double n) { return from_bits(bits_of(n + (to_whole + 1023)) << 52); }

inline double exponential(double x) {
  const double over = x > 710.0 ? 710.0 : x, inside = over < -746.0 ? -746.0 : over;
  const double k = (inside * 1.44269504088896338700e+00 + to_whole) - to_whole;
  const double high = inside - k * 6.93147180369123816490e-01, low = k * 1.90821492927058770002e-10;
  const double r = high - low, t = r * r;
  const double c = r - t * (1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03 +
                   t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06 + t * 4.13813679705723846039e-08))));
  const double y = 1.0 + ((r * c / (2.0 - c) - low) + high);
  const double half = (k * 0.5 + to_whole) - to_whole;
  return y * power_of_two(half) * power_of_two(k - half);
}

inline double logarithm(double x) {
  const bool is_small = x < 0x1p-1022;
  const double scaled = is_small ? x * 0x1p54 : x;
  const std::uint64_t shifted = bits_of(scaled) + (0x3ff0000000000000 - 0x3fe6a09e00000000);
  const double exponent = from_bits((shifted >> 52) | 0x4330000000000000) - (0x1p52 + 1023);
  const double k = is_small ? exponent - 54.0 : exponent;
  const double f = from_bits((shifted & 0x000fffffffffffff) + 0x3fe6a09e00000000) - 1.0;
  const double half = 0.5 * f * f, s = f / (2.0 + f), z = s * s, w = z * z;
  const double odd = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  const double even = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  const double value = s * (half + (even + odd)) + k * 1.90821492927058770002e-10 - half + f + k * 6.93147180369123816490e-01;
  const double positive = x == 0.0 ? -__builtin_inf() : x > 0x1.fffffffffffffp1023 ? x : value;
  return x < 0.0 || x != x ? __builtin_nan("") : positive;
}
}  // namespace
