/// @file
/// Sorting, searching, sets and counts: of real numbers, bool and time; complex numbers have no order and are refused (`type_mismatch`). NaN and NaT are
/// last, up and down. docs/arrays.md has the chunk rules.
#pragma once
#include "client/array.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace tessera::xp {
/// `stable` is for the standard's sake: equal elements always keep their order.
struct SortOptions { std::int64_t axis = -1; bool descending = false; bool stable = true; };
/// The lines along the axis in order, and the positions that sort them. One pass where a line fits a chunk (64 MiB and a quarter), after a rechunk that
/// makes lines whole; else chunks are sorted and merged by pairs, in a network of `p` log2(p)^2 / 4 merges for each `p` chunks along the axis, each of
/// which holds a few chunks. Chunks along the axis are whole lines, or equal ones.
Array sort(const Array& x, const SortOptions& options = {});
Array argsort(const Array& x, const SortOptions& options = {});
/// Dask's: the `k` greatest along the axis, the greatest first; of a negative `k` the least, the least first; NaN after all others. As many as there
/// are where those are fewer. One pass; partials are merged by eights, and the result is not cut along the axis.
Array topk(const Array& x, std::int64_t k, std::int64_t axis = -1);
/// Their positions; of equal elements the first.
Array argtopk(const Array& x, std::int64_t k, std::int64_t axis = -1);

enum class Side : std::uint8_t { left, right };
struct SearchOptions { Side side = Side::left; std::optional<Array> sorter = {}; };
/// Where each of `x2` belongs in `x1`, which is of one dimension and sorted up, by `sorter` (from `argsort`) where there is one. Has the shape and chunks of
/// `x2`; each reads all chunks of `x1`.
Array searchsorted(const Array& x1, const Array& x2, const SearchOptions& options = {});
/// NumPy's: in which of the bins, one dimension that increases or (if the program has it) decreases, each of `x` is; `right`: bins have their upper edge.
Array digitize(const Array& x, const Array& bins, bool right = false);

/// The different elements in order, of unknown length (A6), in one chunk, which one task must hold; partials are merged by eights. Each NaN is one.
/// `indices` are the places where each is first, and `inverse_indices`, of the shape of `x`, which of them each element is: both need lengths that are known.
struct UniqueAll { Array values, indices, inverse_indices, counts; };
struct UniqueCounts { Array values, counts; };
struct UniqueInverse { Array values, inverse_indices; };
Array unique_values(const Array& x);
UniqueCounts unique_counts(const Array& x);
UniqueInverse unique_inverse(const Array& x);
UniqueAll unique_all(const Array& x);
/// Whether each of `x1` is one of `x2`; of no NaN. `invert`: whether it is none.
struct IsinOptions { bool invert = false; };
Array isin(const Array& x1, const Array& x2, const IsinOptions& options = {});

struct HistogramOptions { std::optional<std::pair<double, double>> range = {}; std::optional<Array> weights = {}; bool density = false; };
struct Histogram { Array counts, edges; };
/// NumPy's: how many elements are in each bin, the last of which has both of its ends: int64, with weights or as a density float64. `bins` of equal width
/// in the range, or from the least to the greatest element, which costs a pass of its own and fails where one is NaN; or given edges, which increase.
Histogram histogram(const Array& x, std::int64_t bins = 10, const HistogramOptions& options = {});
Histogram histogram(const Array& x, const Array& edges, const HistogramOptions& options = {});
/// NumPy's: how often each number from 0 on is in `x`, integers of one dimension; with weights their sums, float64. Of unknown length (A6), one chunk.
struct BincountOptions { std::optional<Array> weights = {}; std::int64_t minlength = 0; };
Array bincount(const Array& x, const BincountOptions& options = {});
}  // namespace tessera::xp
