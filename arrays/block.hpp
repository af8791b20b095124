/// @file
/// `Block`: one n-dimensional piece of data in memory, shared and immutable; `BlockBuilder` fills one before that.
#pragma once
#include "arrays/dtype.hpp"
#include "runtime/base/result.hpp"
#include "runtime/base/shared_bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tessera::arrays {
/// Lengths of the dimensions in elements, the last one fastest.
using Shape = std::vector<std::int64_t>;
using ShapeView = std::span<const std::int64_t>;
inline constexpr std::size_t rank_max = 32;

/// The product of the lengths; empty if one is negative or the product exceeds 2^63 - 1.
std::optional<std::int64_t> element_count(ShapeView shape);
/// "(10, 61, 120)".
std::string to_string(ShapeView shape);

/// An immutable array in C order. Copies share the data: they cost a reference count.
///
/// In memory lie a header and the data behind it, so that what travels is the block itself, without a copy:
/// magic "TBLK", version, dtype, rank, padding (8 bytes); bytes of data (8); the shape (8 each); zeros up to a multiple of
/// 64; data. All little-endian.
class Block {
 public:
  static constexpr const char* type_name = "block";  ///< As a value of a chunk.
  /// Shape (0), float64.
  Block();

  /// Makes a block and has `fill(std::span<T>)` write it, in C order. The data is not initialised before.
  template <Element T, class Fill>
  static Block make(ShapeView shape, Fill&& fill);
  template <Element T, class Fill>
  static Block make(std::initializer_list<std::int64_t> shape, Fill&& fill) {
    return make<T>(ShapeView(shape.begin(), shape.size()), std::forward<Fill>(fill));
  }
  /// A copy of `values`, whose number must be that of the shape's elements.
  template <Element T>
  static Block of(std::initializer_list<std::int64_t> shape, const std::vector<T>& values);

  Dtype dtype() const;
  ShapeView shape() const;
  std::size_t rank() const { return shape().size(); }
  /// Number of elements.
  std::int64_t size() const { return static_cast<std::int64_t>(raw().size() / arrays::size_bytes(dtype())); }
  /// Bytes held in memory, header included; those that travel.
  std::uint64_t size_bytes() const { return bytes_.bytes.size(); }

  /// The elements. `T` must be the dtype's type: anything else is a defect. 64-byte aligned if made here, else 8.
  template <Element T>
  std::span<const T> data() const {
    return {reinterpret_cast<const T*>(checked(dtype_of<T>())), static_cast<std::size_t>(size())};
  }
  std::span<const std::byte> raw() const;

  /// `size_bytes()` of a block of that shape; empty where there is none.
  static std::optional<std::uint64_t> size_bytes_of(Dtype dtype, ShapeView shape);

  /// Header and data, shared with this block.
  const runtime::SharedBytes& encoded() const { return bytes_; }
  /// The block of such bytes, which may come from anybody: `bad_message` says what is wrong. Shares them if they lie at a
  /// multiple of 8, else copies.
  static runtime::Result<Block> decode(const runtime::SharedBytes& bytes);

  /// Same dtype, shape and bits: a NaN equals itself.
  friend bool operator==(const Block& a, const Block& b);

 private:
  friend class BlockBuilder;
  explicit Block(runtime::SharedBytes bytes) : bytes_(std::move(bytes)) {}
  const std::byte* checked(Dtype wanted) const;
  runtime::SharedBytes bytes_;
};

/// A block that is still being written. The shape must have an `element_count` that fits memory; the data is not initialised.
class BlockBuilder {
 public:
  BlockBuilder(Dtype dtype, ShapeView shape);
  template <Element T>
  std::span<T> data() {
    return {reinterpret_cast<T*>(checked(dtype_of<T>())), raw().size() / sizeof(T)};
  }
  std::span<std::byte> raw() { return {data_, data_bytes_}; }
  /// The block; this builder is empty then.
  Block freeze() &&;

 private:
  std::byte* checked(Dtype wanted) const;
  std::shared_ptr<std::byte> memory_;
  std::byte* data_;
  std::size_t data_bytes_;
  Dtype dtype_;
};

template <Element T, class Fill>
Block Block::make(ShapeView shape, Fill&& fill) {
  BlockBuilder builder(dtype_of<T>(), shape);
  std::forward<Fill>(fill)(builder.data<T>());
  return std::move(builder).freeze();
}

template <Element T>
Block Block::of(std::initializer_list<std::int64_t> shape, const std::vector<T>& values) {
  return make<T>(shape, [&](std::span<T> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = values.at(i);
  });
}
}  // namespace tessera::arrays
