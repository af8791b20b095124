/// @file
/// Factorisations chunk by chunk: of each chunk, which has its matrices whole, one task makes all parts, and a node for each part takes it out.
#pragma once
#include "arrays/linalg/factor.hpp"
#include "client/array.hpp"

#include <vector>

namespace tessera::detail {
/// The parts of the factorisation of operands whose last two dimensions are whole, their other chunks equal. `operands` have one dtype.
std::vector<Array> factored(arrays::linalg::Factor factor, const std::vector<Array>& operands);
/// The same of the rows of a matrix whose columns are whole: Q (m, n) and R with n rows for each chunk of rows, which has at least n.
std::vector<Array> qr_of_rows(const Array& x);
/// Chunk i of the result is the product of chunk i of `x` and chunk i of `y`, both cut along their rows only.
Array row_products(const Array& x, const Array& y);
}  // namespace tessera::detail
