/// @file
/// The types that elements of a `Block` may have.
#pragma once
#include <compare>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

namespace tessera::arrays {
// clang-format off
/// The numbers are on the wire: append, never renumber.
enum class Dtype : std::uint8_t {
  boolean, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, complex64, complex128, datetime64, timedelta64
};
// clang-format on
inline constexpr std::uint8_t dtype_count = 15;
/// The first so many are real numbers and bool.
inline constexpr std::uint8_t real_dtype_count = 11;

/// A point in time: nanoseconds since 1970-01-01T00:00. `not_a_time` is NumPy's NaT.
struct Datetime {
  std::int64_t ns;
  friend constexpr auto operator<=>(Datetime, Datetime) = default;
};
/// A length of time in nanoseconds.
struct Timedelta {
  std::int64_t ns;
  friend constexpr auto operator<=>(Timedelta, Timedelta) = default;
};
inline constexpr std::int64_t not_a_time = std::numeric_limits<std::int64_t>::min();

/// Bytes of one element.
constexpr std::size_t size_bytes(Dtype dtype) {
  constexpr std::uint8_t sizes[dtype_count] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 8, 16, 8, 8};
  return sizes[static_cast<std::uint8_t>(dtype)];
}
/// NumPy's name, e.g. "float32"; "bool" for `boolean`, "datetime64[ns]" and "timedelta64[ns]" for the two of time.
std::string_view to_string(Dtype dtype);
/// The dtype of that name, if there is one.
std::optional<Dtype> dtype_named(std::string_view name);

template <class T>
concept RealElement = std::same_as<T, bool> || std::same_as<T, float> || std::same_as<T, double> ||
                      (std::integral<T> && sizeof(T) <= 8 && !std::same_as<T, char> && !std::same_as<T, wchar_t>);
template <class T>
concept ComplexElement = std::same_as<T, std::complex<float>> || std::same_as<T, std::complex<double>>;
template <class T>
concept TimeElement = std::same_as<T, Datetime> || std::same_as<T, Timedelta>;
template <class T>
concept Element = RealElement<T> || ComplexElement<T> || TimeElement<T>;

template <Element T>
constexpr Dtype dtype_of() {
  if constexpr (std::same_as<T, bool>) return Dtype::boolean;
  else if constexpr (std::same_as<T, float>) return Dtype::float32;
  else if constexpr (std::same_as<T, double>) return Dtype::float64;
  else if constexpr (std::same_as<T, std::complex<float>>) return Dtype::complex64;
  else if constexpr (std::same_as<T, std::complex<double>>) return Dtype::complex128;
  else if constexpr (std::same_as<T, Datetime>) return Dtype::datetime64;
  else if constexpr (std::same_as<T, Timedelta>) return Dtype::timedelta64;
  else {
    constexpr int log2_bytes = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return static_cast<Dtype>(static_cast<int>(std::is_signed_v<T> ? Dtype::int8 : Dtype::uint8) + log2_bytes);
  }
}

/// Calls `visit.operator()<T>()` with the C++ type of `dtype`, which is one of the first `real_dtype_count`.
template <class Visit>
decltype(auto) with_real_type(Dtype dtype, Visit&& visit) {
  switch (dtype) {
    case Dtype::boolean: return visit.template operator()<bool>();
    case Dtype::int8: return visit.template operator()<std::int8_t>();
    case Dtype::int16: return visit.template operator()<std::int16_t>();
    case Dtype::int32: return visit.template operator()<std::int32_t>();
    case Dtype::int64: return visit.template operator()<std::int64_t>();
    case Dtype::uint8: return visit.template operator()<std::uint8_t>();
    case Dtype::uint16: return visit.template operator()<std::uint16_t>();
    case Dtype::uint32: return visit.template operator()<std::uint32_t>();
    case Dtype::uint64: return visit.template operator()<std::uint64_t>();
    case Dtype::float32: return visit.template operator()<float>();
    default: break;
  }
  return visit.template operator()<double>();
}
/// Calls `visit.operator()<T>()` with the C++ type of `dtype`.
template <class Visit>
decltype(auto) with_type(Dtype dtype, Visit&& visit) {
  switch (dtype) {
    case Dtype::complex64: return visit.template operator()<std::complex<float>>();
    case Dtype::complex128: return visit.template operator()<std::complex<double>>();
    case Dtype::datetime64: return visit.template operator()<Datetime>();
    case Dtype::timedelta64: return visit.template operator()<Timedelta>();
    default: return with_real_type(dtype, visit);
  }
}
}  // namespace tessera::arrays
