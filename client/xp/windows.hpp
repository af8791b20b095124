/// @file
/// Functions of neighbours along dimensions: windows, blocks of them, cumulative sums, differences, and what lies beyond the edge. What dtypes
/// and shapes do not allow is refused where it is written (E7).
#pragma once
#include "client/xp/mapping.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace tessera::xp {
/// What `pad` puts beyond the edge of `a b c d`.
enum class PadMode {
  constant,   ///< `constant_value`.
  edge,       ///< `a a | a b c d | d d`.
  reflect,    ///< `c b | a b c d | c b`.
  symmetric,  ///< `b a | a b c d | d c`.
  wrap,       ///< `c d | a b c d | a b`.
};
struct PadOptions { PadMode mode = PadMode::constant; Operand constant_value = 0; };
/// NumPy's: `pad(x, 2)`, `pad(x, {Depth{1, 0}, 3}, {.mode = PadMode::wrap})`. Chunks stay, what is added are others before and behind them: the
/// array itself is not copied.
Array pad(const Array& x, const PerDimension<Depth>& widths, const PadOptions& options = {});

/// NumPy's: new last dimensions with the elements of each window, of as many lengths as axes; without axes one for each dimension. It is
/// a copy, as many times as large as the window: chunks are cut so that they stay at the automatic size.
Array sliding_window_view(const Array& x, const std::vector<std::int64_t>& window, const Axis& axis = {});

/// Dask's: reduces blocks of `factor` elements along axes: `coarsen([](const Array& x, const Axis& axis) { return mean(x, {.axis = axis}); }, x, {{0, 2}})`.
/// Lengths are multiples of the factor, or what is left at the end is left out. One copy, and the reduction.
struct CoarsenOptions { bool trim_excess = false; };
using Reduce = std::function<Array(const Array& x, const Axis& axis)>;
Array coarsen(const Reduce& reduce, const Array& x, const std::vector<std::pair<std::int64_t, std::int64_t>>& factors, const CoarsenOptions& options = {});

/// The standard's. The axis may be left out where there is one. Small integers widen as in `sum`; float32 is added up in float64. Two passes over the
/// chunks where the axis is cut: totals of all but the last, for a part of the result, too; then each chunk from the total of those before it.
struct CumulativeOptions { std::optional<std::int64_t> axis = {}; std::optional<Dtype> dtype = {}; bool include_initial = false; };
Array cumulative_sum(const Array& x, const CumulativeOptions& options = {});
Array cumulative_prod(const Array& x, const CumulativeOptions& options = {});
/// NumPy's names of them: without an axis over all elements in C order.
Array cumsum(const Array& x, const CumulativeOptions& options = {});
Array cumprod(const Array& x, const CumulativeOptions& options = {});

/// The standard's: `n` times the differences of neighbours, of bool whether they differ. A copy and a subtraction each time.
struct DiffOptions { std::int64_t axis = -1; std::int64_t n = 1; std::optional<Array> prepend = {}, append = {}; };
Array diff(const Array& x, const DiffOptions& options = {});

/// NumPy's along one axis, which may be left out where there is one: central differences, at the ends one-sided ones of `edge_order` 1 or 2.
/// `spacing` is a distance, or the place of each element. Integers give float64.
struct GradientOptions { std::optional<std::int64_t> axis = {}; std::variant<double, std::vector<double>> spacing = 1.0; int edge_order = 1; };
Array gradient(const Array& x, const GradientOptions& options = {});
}  // namespace tessera::xp
