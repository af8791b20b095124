#include "arrays/kernels/reduce.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

/// A block seen as (outer, axis, inner).
struct Extent {
  std::int64_t outer = 1, length = 0, inner = 1;
};
Extent extent_of(ShapeView shape, std::size_t axis) {
  Extent extent;
  for (std::size_t i = 0; i < axis; ++i) extent.outer *= shape[i];
  extent.length = shape[axis];
  for (std::size_t i = axis + 1; i < shape.size(); ++i) extent.inner *= shape[i];
  return extent;
}

bool is_float(Dtype dtype) { return dtype == Dtype::float32 || dtype == Dtype::float64; }
Failure not_float(Dtype dtype) {
  return {ErrorCode::type_mismatch, "a reduction takes float32 or float64, not " + std::string(to_string(dtype))};
}
std::optional<Failure> check(const Block& block, std::size_t axis) {
  if (!is_float(block.dtype())) return not_float(block.dtype());
  if (axis >= block.rank())
    return Failure{ErrorCode::invalid_argument, "axis " + std::to_string(axis) + " is not one of the shape " +
                                                    to_string(block.shape())};
  return std::nullopt;
}
std::optional<Failure> check_partials(std::span<const Block> partials, std::int64_t leading) {
  if (partials.empty()) return Failure{ErrorCode::invalid_argument, "there is no partial to combine"};
  for (const Block& one : partials) {
    if (one.dtype() != Dtype::float64 || one.rank() == 0 || one.shape()[0] != leading)
      return Failure{ErrorCode::type_mismatch, "a partial is float64 with " + std::to_string(leading) +
                                                   " planes, not " + std::string(to_string(one.dtype())) + " " +
                                                   to_string(one.shape())};
    if (!std::ranges::equal(one.shape(), partials.front().shape()))
      return Failure{ErrorCode::invalid_argument, "partials of the shapes " + to_string(partials.front().shape()) +
                                                      " and " + to_string(one.shape()) + " do not combine"};
  }
  return std::nullopt;
}
Shape with_leading(std::int64_t leading, ShapeView rest) {
  Shape shape{leading};
  shape.insert(shape.end(), rest.begin(), rest.end());
  return shape;
}
Shape without(ShapeView shape, std::size_t axis) {
  Shape rest(shape.begin(), shape.end());
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(axis));
  return rest;
}

/// Columns of a tile: the accumulators of all levels of the recursion stay in the first cache.
constexpr std::int64_t tile = 256;
constexpr std::size_t run = 8;  ///< Rows that are added one after the other.

/// Adds rows `rows` of `data` (stride `stride`) pairwise into `sum` and `count`, `width` columns of them, after `map(x, column)`.
template <class T, class Map>
void add_rows(const T* data, std::int64_t stride, std::span<const std::int64_t> rows, std::int64_t width, const Map& map,
              double* sum, double* count) {
  if (rows.size() <= run) {
    std::fill_n(sum, width, 0.0);
    std::fill_n(count, width, 0.0);
    for (const std::int64_t row : rows) {
      const T* values = data + row * stride;
      for (std::int64_t i = 0; i < width; ++i) {
        const double value = static_cast<double>(values[i]);
        const bool there = value == value;
        sum[i] += there ? map(value, i) : 0.0;
        count[i] += there ? 1.0 : 0.0;
      }
    }
    return;
  }
  const std::size_t half = rows.size() / 2;
  double right_sum[tile], right_count[tile];
  add_rows(data, stride, rows.first(half), width, map, sum, count);
  add_rows(data, stride, rows.subspan(half), width, map, right_sum, right_count);
  for (std::int64_t i = 0; i < width; ++i) sum[i] += right_sum[i], count[i] += right_count[i];
}

constexpr auto same = [](double value, std::int64_t) { return value; };

/// Combines `partials` pairwise with `merge(a, b, to)`.
template <class Merge>
Block combine(std::span<const Block> partials, const Merge& merge) {
  if (partials.size() == 1) return partials.front();
  const std::size_t half = partials.size() / 2;
  const Block a = combine(partials.first(half), merge), b = combine(partials.subspan(half), merge);
  return Block::make<double>(a.shape(), [&](std::span<double> to) { merge(a.data<double>(), b.data<double>(), to); });
}

/// A block of `shape` whose element i is `value(i)`, computed in float64.
template <class Value>
Block computed(ShapeView shape, Dtype dtype, const Value& value) {
  const auto fill = [&](auto to) {
    using T = typename decltype(to)::value_type;
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<T>(value(i));
  };
  return dtype == Dtype::float32 ? Block::make<float>(shape, fill) : Block::make<double>(shape, fill);
}

template <class T>
Block grouped_sums_of(const Block& block, const Extent& extent, ShapeView shape,
                      const std::vector<std::vector<std::int64_t>>& rows) {
  const T* data = block.data<T>().data();
  const auto groups = static_cast<std::int64_t>(rows.size());
  return Block::make<double>(shape, [&](std::span<double> to) {
    double* sum = to.data();
    double* count = to.data() + to.size() / 2;
    for (std::int64_t o = 0; o < extent.outer; ++o)
      for (std::int64_t g = 0; g < groups; ++g)
        for (std::int64_t i = 0; i < extent.inner; i += tile) {
          const std::int64_t at = (o * groups + g) * extent.inner + i;
          add_rows(data + o * extent.length * extent.inner + i, extent.inner, rows[static_cast<std::size_t>(g)],
                   std::min(tile, extent.inner - i), same, sum + at, count + at);
        }
  });
}

template <class T>
Block moments_of(const Block& block, const Extent& extent, ShapeView shape) {
  const T* data = block.data<T>().data();
  std::vector<std::int64_t> rows(static_cast<std::size_t>(extent.length));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  return Block::make<double>(shape, [&](std::span<double> to) {
    const auto plane = static_cast<std::int64_t>(to.size() / 3);
    for (std::int64_t o = 0; o < extent.outer; ++o)
      for (std::int64_t i = 0; i < extent.inner; i += tile) {
        const std::int64_t at = o * extent.inner + i, width = std::min(tile, extent.inner - i);
        const T* from = data + o * extent.length * extent.inner + i;
        double* count = to.data() + at;
        double* mean = count + plane;
        double* squares = mean + plane;
        add_rows(from, extent.inner, rows, width, same, mean, count);
        for (std::int64_t k = 0; k < width; ++k) mean[k] = count[k] > 0 ? mean[k] / count[k] : 0.0;
        double again[tile];
        add_rows(from, extent.inner, rows, width,
                 [mean](double value, std::int64_t k) { return (value - mean[k]) * (value - mean[k]); }, squares, again);
      }
  });
}
}  // namespace

runtime::Result<Block> grouped_sums(const Block& block, std::size_t axis, std::span<const std::int32_t> group_of,
                                    std::int32_t group_count) {
  if (const auto failure = check(block, axis)) return *failure;
  const Extent extent = extent_of(block.shape(), axis);
  if (static_cast<std::int64_t>(group_of.size()) != extent.length || group_count < 0)
    return Failure{ErrorCode::invalid_argument, std::to_string(group_of.size()) + " groups are given for an axis of length " +
                                                    std::to_string(extent.length)};
  std::vector<std::vector<std::int64_t>> rows(static_cast<std::size_t>(group_count));
  for (std::size_t i = 0; i < group_of.size(); ++i) {
    if (group_of[i] < 0 || group_of[i] >= group_count)
      return Failure{ErrorCode::invalid_argument, "group " + std::to_string(group_of[i]) + " is not one of " +
                                                      std::to_string(group_count)};
    rows[static_cast<std::size_t>(group_of[i])].push_back(static_cast<std::int64_t>(i));
  }
  Shape shape = with_leading(2, block.shape());
  shape[axis + 1] = group_count;
  return block.dtype() == Dtype::float32 ? grouped_sums_of<float>(block, extent, shape, rows)
                                         : grouped_sums_of<double>(block, extent, shape, rows);
}

runtime::Result<Block> sums(const Block& block, std::size_t axis) {
  if (const auto failure = check(block, axis)) return *failure;
  const Extent extent = extent_of(block.shape(), axis);
  std::vector<std::vector<std::int64_t>> rows(1);
  for (std::int64_t i = 0; i < extent.length; ++i) rows[0].push_back(i);
  const Shape shape = with_leading(2, without(block.shape(), axis));
  return block.dtype() == Dtype::float32 ? grouped_sums_of<float>(block, extent, shape, rows)
                                         : grouped_sums_of<double>(block, extent, shape, rows);
}

runtime::Result<Block> combine_sums(std::span<const Block> partials) {
  if (const auto failure = check_partials(partials, 2)) return *failure;
  return combine(partials, [](auto a, auto b, auto to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = a[i] + b[i];
  });
}

runtime::Result<Block> mean_of_sums(const Block& partial, Dtype dtype) {
  if (const auto failure = check_partials({&partial, 1}, 2)) return *failure;
  if (!is_float(dtype)) return not_float(dtype);
  const auto all = partial.data<double>();
  const auto sum = all.first(all.size() / 2), count = all.subspan(all.size() / 2);
  return computed(partial.shape().subspan(1), dtype, [&](std::size_t i) {
    return count[i] > 0 ? sum[i] / count[i] : std::numeric_limits<double>::quiet_NaN();
  });
}

runtime::Result<Block> moments(const Block& block, std::size_t axis) {
  if (const auto failure = check(block, axis)) return *failure;
  const Extent extent = extent_of(block.shape(), axis);
  const Shape shape = with_leading(3, without(block.shape(), axis));
  return block.dtype() == Dtype::float32 ? moments_of<float>(block, extent, shape)
                                         : moments_of<double>(block, extent, shape);
}

runtime::Result<Block> combine_moments(std::span<const Block> partials) {
  if (const auto failure = check_partials(partials, 3)) return *failure;
  return combine(partials, [](auto a, auto b, auto to) {
    const std::size_t plane = to.size() / 3;
    for (std::size_t i = 0; i < plane; ++i) {
      const double count_a = a[i], count_b = b[i], count = count_a + count_b;
      const double share = count > 0 ? count_b / count : 0.0;
      const double step = b[i + plane] - a[i + plane];
      to[i] = count;
      to[i + plane] = a[i + plane] + step * share;
      to[i + 2 * plane] = a[i + 2 * plane] + b[i + 2 * plane] + step * step * count_a * share;
    }
  });
}

runtime::Result<Block> deviation_of_moments(const Block& partial, int ddof, Dtype dtype) {
  if (const auto failure = check_partials({&partial, 1}, 3)) return *failure;
  if (!is_float(dtype)) return not_float(dtype);
  const auto all = partial.data<double>();
  const std::size_t plane = all.size() / 3;
  return computed(partial.shape().subspan(1), dtype, [&](std::size_t i) {
    const double left = all[i] - ddof;
    return left > 0 ? std::sqrt(all[i + 2 * plane] / left) : std::numeric_limits<double>::quiet_NaN();
  });
}
}  // namespace tessera::arrays::kernels
