/// @file
/// Elements as unsigned numbers of their size and in their order.
#pragma once
#include "arrays/block.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace tessera::arrays::kernels {
/// `U` has the size of the dtype's elements.
template <class U>
class Keys {
 public:
  static constexpr U last = std::numeric_limits<U>::max();  ///< Of NaN and NaT.

  /// `zeros_are_equal`: those of both signs have one key.
  Keys(Dtype dtype, bool is_down, bool zeros_are_equal) : is_down_(is_down), zeros_are_equal_(zeros_are_equal) {
    if (dtype == Dtype::float32 || dtype == Dtype::float64) kind_ = Kind::floating;
    else if (dtype == Dtype::datetime64 || dtype == Dtype::timedelta64) kind_ = Kind::time;
    else if (dtype >= Dtype::int8 && dtype <= Dtype::int64) kind_ = Kind::signed_number;
    if (dtype == Dtype::float32) infinity_ = static_cast<U>(0x7f800000u);
    if constexpr (sizeof(U) == 8)
      if (dtype == Dtype::float64) infinity_ = 0x7ff0000000000000u;
  }
  bool is_missing(U bits) const {
    if (kind_ == Kind::floating) return static_cast<U>(bits & static_cast<U>(~sign)) > infinity_;
    return kind_ == Kind::time && bits == sign;
  }
  U operator()(U bits) const {
    if (is_missing(bits)) return last;
    U key = bits;
    if (kind_ == Kind::floating) {
      if (zeros_are_equal_ && bits == sign) key = 0;
      key = static_cast<U>((key & sign) != 0 ? ~key : key | sign);
    } else if (kind_ != Kind::number) {
      key = static_cast<U>(bits ^ sign);
    }
    return is_down_ ? static_cast<U>(~key) : key;
  }
  /// The element of a key; of `last` a NaN or NaT where the dtype has one.
  U element(U key) const {
    if (kind_ == Kind::floating && key == last) return static_cast<U>(infinity_ | (infinity_ >> 1));
    if (kind_ == Kind::time && key == last) return sign;
    if (is_down_) key = static_cast<U>(~key);
    if (kind_ == Kind::floating) return static_cast<U>((key & sign) != 0 ? key & static_cast<U>(~sign) : ~key);
    return kind_ == Kind::number ? key : static_cast<U>(key ^ sign);
  }

 private:
  enum class Kind { number, signed_number, floating, time };
  static constexpr U sign = static_cast<U>(U{1} << (sizeof(U) * 8 - 1));
  Kind kind_ = Kind::number;
  bool is_down_, zeros_are_equal_;
  U infinity_ = 0;
};

/// Calls `visit.operator()<U>()` with the unsigned type of the dtype's size, which is not that of complex numbers.
template <class Visit>
decltype(auto) with_key_type(Dtype dtype, const Visit& visit) {
  switch (size_bytes(dtype)) {
    case 1: return visit.template operator()<std::uint8_t>();
    case 2: return visit.template operator()<std::uint16_t>();
    case 4: return visit.template operator()<std::uint32_t>();
    default: return visit.template operator()<std::uint64_t>();
  }
}
template <class U>
const U* bits_of(const Block& block) { return reinterpret_cast<const U*>(block.raw().data()); }
}  // namespace tessera::arrays::kernels
