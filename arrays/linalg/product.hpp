/// @file
/// Products of matrices in stacks, and sums of them: OpenBLAS for floats, loops of our own for integers and bool.
#pragma once
#include "arrays/block.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace tessera::arrays::linalg {
/// How a factor lies in memory, seen from the product.
enum class Side : std::uint8_t { plain, transposed, adjoint };

/// What the dimensions of two blocks mean. The left one is (batch..., free..., inner...), or (batch..., inner..., free...) if transposed; the
/// right one (batch..., inner..., free...), or (batch..., free..., inner...). The product is (batch..., left free..., right free...); batch
/// dimensions of length 1 stretch. Only the right one may be adjoint.
struct Product {
  std::int64_t batch = 0, left_free = 1, inner = 1, right_free = 1;
  Side left = Side::plain, right = Side::plain;
  friend bool operator==(const Product&, const Product&) = default;
};

/// `onto` (nothing: zeros) plus the product of each left block with the right one of its number, added in that order; minus where
/// `is_subtracted` (floats). `shape` is that of the result; all have its dtype. One thread.
runtime::Result<Block> sum_of_products(const Product& product, const std::optional<Block>& onto, std::span<const Block> left,
                                       std::span<const Block> right, Dtype dtype, ShapeView shape, bool is_subtracted = false);
}  // namespace tessera::arrays::linalg
