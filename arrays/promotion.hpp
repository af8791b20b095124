/// @file
/// What becomes of dtypes that meet: promotion, casts, limits. As the Python array API standard 2025.12 says; what it leaves
/// open (integers with floats, bool with numbers, time) is as in NumPy 1.24.
#pragma once
#include "arrays/dtype.hpp"
#include "runtime/base/result.hpp"

#include <complex>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace tessera::arrays {
enum class Kind : std::uint8_t { boolean, signed_integer, unsigned_integer, real_floating, complex_floating, datetime, timedelta };

constexpr Kind kind_of(Dtype dtype) {
  constexpr Kind kinds[dtype_count] = {
      Kind::boolean,          Kind::signed_integer,   Kind::signed_integer,   Kind::signed_integer, Kind::signed_integer,
      Kind::unsigned_integer, Kind::unsigned_integer, Kind::unsigned_integer, Kind::unsigned_integer,
      Kind::real_floating,    Kind::real_floating,    Kind::complex_floating, Kind::complex_floating, Kind::datetime, Kind::timedelta};
  return kinds[static_cast<std::uint8_t>(dtype)];
}
constexpr bool is_integer(Dtype dtype) { return kind_of(dtype) == Kind::signed_integer || kind_of(dtype) == Kind::unsigned_integer; }
constexpr bool is_real_floating(Dtype dtype) { return kind_of(dtype) == Kind::real_floating; }
constexpr bool is_complex(Dtype dtype) { return kind_of(dtype) == Kind::complex_floating; }
constexpr bool is_time(Dtype dtype) { return kind_of(dtype) == Kind::datetime || kind_of(dtype) == Kind::timedelta; }
/// The standard's `isdtype(dtype, kind)`: "bool", "signed integer", "unsigned integer", "integral", "real floating",
/// "complex floating", "numeric"; empty where there is no such kind.
std::optional<bool> is_dtype(Dtype dtype, std::string_view kind);

/// The dtype that holds values of both. `type_mismatch` where there is none: int64 with uint64, time with anything but itself.
runtime::Result<Dtype> result_type(Dtype a, Dtype b);
/// Of at least one, in turn.
runtime::Result<Dtype> result_type(std::span<const Dtype> dtypes);

/// A number as a program writes it, without a dtype of its own.
using Number = std::variant<bool, std::int64_t, double, std::complex<double>>;
/// The dtype of an array of `dtype` with a number of the program: the array's, where it has the kind; else the default of the
/// number's kind (float64), or complex of the array's precision. `type_mismatch` for an integer that `dtype` does not hold.
runtime::Result<Dtype> result_type(Dtype dtype, const Number& number);

/// Whether every value of `from` is one of `to`, the standard's `can_cast`; int64 and uint64 to float64 count, as in NumPy.
bool can_cast(Dtype from, Dtype to);
/// Whether `astype` and `Op::cast` may do it, losing what does not fit: not from complex to real, nor between time and floats.
bool can_convert(Dtype from, Dtype to);

/// The float of as many bits as a part of `dtype`: float32 of complex64. Others are what they were.
Dtype component_of(Dtype dtype);
/// What a function of floats makes of integers and bool: float32 of 8 and 16 bits, else float64. Floats are what they were.
Dtype floating_of(Dtype dtype);

/// Limits of float32 and float64, of complex by their parts; empty for others.
struct FloatInfo {
  int bits;
  double eps, max, min, smallest_normal;
  Dtype dtype;
};
std::optional<FloatInfo> finfo(Dtype dtype);
/// Limits of integers; empty for others.
struct IntegerInfo {
  int bits;
  std::int64_t min;
  std::uint64_t max;
  Dtype dtype;
};
std::optional<IntegerInfo> iinfo(Dtype dtype);
}  // namespace tessera::arrays
