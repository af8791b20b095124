/// @file
/// Functions that arrange elements: copies of an array, grids, triangles; and small ones of the standard.
#pragma once
#include "client/array.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tessera::xp {
/// The standard's: the array so many times along each dimension. No copy: chunks are there several times.
Array tile(const Array& x, const std::vector<std::int64_t>& repetitions);
/// The standard's: each element so many times, or as often as its number says, along an axis; without one along all elements in C order. Two copies.
struct RepeatOptions { std::optional<std::int64_t> axis = {}; };
Array repeat(const Array& x, std::int64_t repeats, const RepeatOptions& options = {});
Array repeat(const Array& x, const std::vector<std::int64_t>& repeats, const RepeatOptions& options = {});

/// `roll`, `moveaxis` and `concat` of the standard with several axes or none, which means all elements in C order. As cheap as with one.
Array roll(const Array& x, std::int64_t shift);
Array roll(const Array& x, const std::vector<std::int64_t>& shifts, const std::vector<std::int64_t>& axes);
Array moveaxis(const Array& x, const std::vector<std::int64_t>& source, const std::vector<std::int64_t>& destination);
Array concat(const std::vector<Array>& arrays, std::nullopt_t axis);

enum class Indexing { xy, ij };
struct MeshgridOptions { Indexing indexing = Indexing::xy; };
/// The standard's: coordinates of one dimension stretched over the grid of all. One task a chunk each.
std::vector<Array> meshgrid(const std::vector<Array>& arrays, const MeshgridOptions& options = {});

struct TriangleOptions { std::int64_t k = 0; };
/// The standard's: the last two dimensions with zeros above, below diagonal `k`. Fused with its neighbours as an element-wise function.
Array tril(const Array& x, const TriangleOptions& options = {});
Array triu(const Array& x, const TriangleOptions& options = {});

/// `clip(x, min, max)` with one limit or none: `clip(x, {.min = 0})`.
struct ClipOptions { std::optional<Operand> min = {}, max = {}; };
Array clip(const Operand& x, const ClipOptions& limits);

/// The standard's. Elements are zeros, as an array's are the same each time.
Array empty(const arrays::Shape& shape, const MakeOptions& options = {});
Array empty_like(const Array& x, std::optional<Dtype> dtype = {});
}  // namespace tessera::xp
