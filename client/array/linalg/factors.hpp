/// @file
/// Factorisations chunk by chunk: of each chunk, which has its matrices whole, one task makes all parts, and a node for each part takes it out.
#pragma once
#include "arrays/linalg/factor.hpp"
#include "client/array.hpp"

#include <vector>

namespace tessera::detail {
/// The parts of the factorisation of operands whose last two dimensions are whole, their other chunks equal. `operands` have one dtype.
std::vector<Array> factored(arrays::linalg::Factor factor, const std::vector<Array>& operands);
/// QR of each chunk of rows of a matrix whose columns are whole; none has less rows than columns. Q stays as reflectors, which `reflected` applies.
struct RowFactors {
  arrays::shape::Cuts rows;
  Array reflectors, triangles;
  Array r;  ///< One above the other, a chunk each.
};
RowFactors qr_of_rows(const Array& x);
/// Chunk i of the result is Q of chunk i times chunk i of `y`, which is cut as `r` is along its rows.
Array reflected(const RowFactors& factors, const Array& y);
}  // namespace tessera::detail
