/// @file
/// Algorithms over the chunks of one matrix: a task for each chunk of the result, and one or more for what is subtracted from it.
#pragma once
#include "client/array.hpp"

namespace tessera::detail {
/// The lower factor; chunks along both sides are those of the rows of `x`.
Array cholesky_by_chunks(const Array& x);
/// X of x1 X = x2, cut along both sides of `x1` as its rows are.
Array solve_by_chunks(const Array& x1, const Array& x2, bool lower);
}  // namespace tessera::detail
