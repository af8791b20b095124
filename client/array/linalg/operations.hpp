/// @file
/// The operations behind products and factorisations of matrices. What comes in a task's parameters is checked here.
#pragma once
#include "arrays/linalg/factor.hpp"
#include "arrays/linalg/product.hpp"
#include "client/array/operations.hpp"

namespace tessera::array_operations {
Numbers packed(const arrays::linalg::Product& product);
/// `onto`, which is one block or none, plus (or minus) products of pairs (`arrays/linalg/product.hpp`).
Block product(const Numbers& how, const Blocks& onto, const Blocks& left, const Blocks& right, Dtype dtype, const Numbers& shape, bool is_subtracted);
/// What a factorisation of operands gives, one block or several (`arrays/linalg/factor.hpp`).
Blocks factor(const Blocks& operands, std::uint8_t which);
/// The only one of a factorisation.
Block factor_one(const Blocks& operands, std::uint8_t which);
/// Of each matrix of a block: `count` elements from (row, column) on along the diagonal.
Block diagonal(const Block& block, std::int64_t row, std::int64_t column, std::int64_t count);
}  // namespace tessera::array_operations
