/// @file
/// Indexing beyond slices: index arrays, masks, and new values at places. What stands between brackets is in `client/array.hpp`; docs/arrays.md has the
/// chunk rules.
///
/// Indices count from the end where negative. One out of range is refused where it is written if the program has the indices (`asarray` of data); else
/// the task that meets it fails, with the index and the length in the sentence.
#pragma once
#include "client/array.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

namespace tessera::xp {
/// The rows of `x` at `indices`, integers, along `axis`, which may be left out of one dimension. Their shape, which may be of several dimensions,
/// takes the place of the axis. Chunks along it are those of the indices, those longer than 1.25 times the longest of `x` cut evenly (A8). A chunk
/// reads the chunks of `x` that its indices point to where the program has them, else all along the axis; costs one copy where they are not many times
/// as large as it, else one more of what is taken.
Array take(const Array& x, const Array& indices, std::optional<std::int64_t> axis = {});
/// Of each line along `axis` the elements at the indices of the same line; other dimensions broadcast. Chunks along the axis are those of the indices.
Array take_along_axis(const Array& x, const Array& indices, std::int64_t axis = -1);

/// `x` with `value`, which broadcasts to `x[brackets]`, there: what NumPy writes `x[brackets] = value`, but arrays do not change, so it is a function and a
/// new array. `brackets` are integers and slices, or one mask or one array of indices of one dimension and slices; of indices that are named
/// twice the last counts. `value` is cast to the dtype of `x`, whose kind it must have. One pass over `x`, and one more over an array of values.
Array set(const Array& x, std::initializer_list<Bracket> brackets, const Operand& value);

/// Where elements are not 0, in C order: an array of indices for each dimension, of unknown length (A6), a chunk for each of `x`.
std::vector<Array> nonzero(const Array& x);
/// The same as rows, of shape (unknown, dimensions).
Array argwhere(const Array& x);
}  // namespace tessera::xp
