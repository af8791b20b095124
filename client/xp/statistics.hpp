/// @file
/// Medians and quantiles of integers and floats, with NumPy's names and meaning. They need all elements of a result in one place: the chunks of an array
/// that is cut along the axes are first cut along the others, which is one more pass over the data; a task holds the pieces behind each other along
/// the axes, together as large as one chunk.
/// NaN among the elements makes NaN, but in the `nan` functions. Other dtypes, a share out of range and an empty axis are refused with `Error`.
///
///     auto x = xp::random::normal({8760, 90, 360}, 1, {.dtype = Dtype::float32});
///     auto bounds = xp::percentile(x, {10, 50, 90}, {.axis = 0});  // Of shape (3, 90, 360).
#pragma once
#include "client/array.hpp"

#include <vector>

namespace tessera::xp {
/// What a quantile is that lies between two elements. The last three are elements, and of the array's dtype; the others are floats.
enum class Method { linear, midpoint, lower, higher, nearest };
struct QuantileOptions { Axis axis = {}; Method method = Method::linear; bool keepdims = false; };

/// Of floats, of their dtype; of integers, float64. Of the shape without the axes.
Array median(const Array& x, const ReduceOptions& options = {});
Array nanmedian(const Array& x, const ReduceOptions& options = {});

/// Shares from 0 to 1, percents from 0 to 100. Of one the shape without the axes; of several a first dimension more, as long as there are.
Array quantile(const Array& x, double share, const QuantileOptions& options = {});
Array quantile(const Array& x, const std::vector<double>& shares, const QuantileOptions& options = {});
Array percentile(const Array& x, double percent, const QuantileOptions& options = {});
Array percentile(const Array& x, const std::vector<double>& percents, const QuantileOptions& options = {});
Array nanquantile(const Array& x, double share, const QuantileOptions& options = {});
Array nanquantile(const Array& x, const std::vector<double>& shares, const QuantileOptions& options = {});
}  // namespace tessera::xp
