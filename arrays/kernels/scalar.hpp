/// @file
/// One element of any dtype.
#pragma once
#include "arrays/dtype.hpp"
#include "runtime/base/assert.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <span>

namespace tessera::arrays::kernels {
class Scalar {
 public:
  /// 0.0.
  Scalar() = default;
  template <Element T>
  static Scalar of(T value) {
    Scalar scalar;
    scalar.dtype_ = dtype_of<T>();
    std::memcpy(scalar.bytes_.data(), &value, sizeof value);
    return scalar;
  }
  /// The element of those bytes, as many as `dtype` takes.
  static Scalar of(Dtype dtype, std::span<const std::byte> bytes) {
    TESSERA_ASSERT(bytes.size() == arrays::size_bytes(dtype), "the bytes are no element of the dtype");
    Scalar scalar;
    scalar.dtype_ = dtype;
    std::memcpy(scalar.bytes_.data(), bytes.data(), bytes.size());
    return scalar;
  }
  Dtype dtype() const { return dtype_; }
  std::span<const std::byte> raw() const { return std::span(bytes_).first(arrays::size_bytes(dtype_)); }
  /// `T` must be the dtype's type: anything else is a defect.
  template <Element T>
  T as() const {
    TESSERA_ASSERT(dtype_ == dtype_of<T>(), "a scalar is read as an element of another type");
    T value;
    std::memcpy(&value, bytes_.data(), sizeof value);
    return value;
  }
  /// Same dtype and bits.
  friend bool operator==(const Scalar&, const Scalar&) = default;

 private:
  Dtype dtype_ = Dtype::float64;
  alignas(16) std::array<std::byte, 16> bytes_{};
};
}  // namespace tessera::arrays::kernels
