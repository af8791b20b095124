#include "benchmarks/memory_set/operations.hpp"

#include "benchmarks/memory_set/set.hpp"

#include <algorithm>
#include <stdexcept>

namespace tessera::benchmarks::memory_set {
namespace {
template <class F>
Block block_of(std::int64_t elements, F value) {
  return Block::make<double>({elements}, [&](std::span<double> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = value(i);
  });
}
}  // namespace

Block ramp(std::int64_t first, std::int64_t elements) {
  return block_of(elements, [at = first % period](std::size_t) mutable {
    const auto value = static_cast<double>(at);
    at = at + 1 == period ? 0 : at + 1;
    return value;
  });
}
double total(const Block& block) {
  double sum = 0;
  for (const double x : block.data<double>()) sum += x;
  return sum;
}
double total_squared(const Block& block) {
  double sum = 0;
  for (const double x : block.data<double>()) sum += x * x;
  return sum;
}
double sum_numbers(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double x : numbers) sum += x;
  return sum;
}
Block added(const std::vector<Block>& blocks) {
  return Block::make<double>({blocks.front().size()}, [&](std::span<double> data) {
    std::ranges::fill(data, 0);
    for (const Block& block : blocks) {
      const auto x = block.data<double>();
      for (std::size_t i = 0; i < data.size(); ++i) data[i] += x[i];
    }
  });
}
Block minus(const Block& a, const Block& b) {
  const auto x = a.data<double>(), y = b.data<double>();
  return block_of(a.size(), [&](std::size_t i) { return x[i] - y[i]; });
}
Block times(const Block& a, const Block& b) {
  const auto x = a.data<double>(), y = b.data<double>();
  return block_of(a.size(), [&](std::size_t i) { return x[i] * y[i]; });
}
Block scaled(const Block& a, double factor, double summand) {
  const auto x = a.data<double>();
  return block_of(a.size(), [&](std::size_t i) { return factor * x[i] + summand; });
}
Block anomaly_of(const Block& a, double factor, const Block& b) {
  const auto x = a.data<double>(), y = b.data<double>();
  return block_of(a.size(), [&](std::size_t i) { return factor * x[i] - y[i]; });
}
double covariance_of(const Block& a, const Block& sum_a, const Block& b, const Block& sum_b, double factor) {
  const auto x = a.data<double>(), sum_x = sum_a.data<double>(), y = b.data<double>(), sum_y = sum_b.data<double>();
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += (factor * x[i] - sum_x[i]) * (factor * y[i] - sum_y[i]);
  return sum;
}
Block sum_of_rows(const Block& block, std::int64_t cells) {
  const auto x = block.data<double>();
  return Block::make<double>({cells}, [&](std::span<double> data) {
    std::ranges::fill(data, 0);
    for (std::size_t row = 0; row + data.size() <= x.size(); row += data.size())
      for (std::size_t i = 0; i < data.size(); ++i) data[i] += x[row + i];
  });
}
Block anomaly_of_rows(const Block& block, double factor, const Block& sums) {
  const auto x = block.data<double>(), sum = sums.data<double>();
  return Block::make<double>({block.size()}, [&](std::span<double> data) {
    for (std::size_t row = 0; row + sum.size() <= x.size(); row += sum.size())
      for (std::size_t i = 0; i < sum.size(); ++i) data[row + i] = factor * x[row + i] - sum[i];
  });
}
Block columns_of(const Block& block, std::int64_t width, std::int64_t index, std::int64_t parts) {
  const auto x = block.data<double>();
  const auto begin = width * index / parts, count = width * (index + 1) / parts - begin;
  return Block::make<double>({block.size() / width * count}, [&](std::span<double> data) {
    auto at = data.begin();
    for (auto from = begin; at != data.end(); from += width)
      at = std::ranges::copy(x.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count)), at).out;
  });
}
Block part(const Block& block, std::int64_t index, std::int64_t parts) {
  const auto x = block.data<double>();
  const auto begin = static_cast<std::size_t>(block.size() * index / parts);
  return block_of(block.size() * (index + 1) / parts - static_cast<std::int64_t>(begin), [&](std::size_t i) { return x[begin + i]; });
}
Block joined(const std::vector<Block>& blocks) {
  std::int64_t elements = 0;
  for (const Block& block : blocks) elements += block.size();
  return Block::make<double>({elements}, [&](std::span<double> data) {
    auto at = data.begin();
    for (const Block& block : blocks) at = std::ranges::copy(block.data<double>(), at).out;
  });
}
Block transposed(const Block& block, std::int64_t side) {
  const auto x = block.data<double>();
  const auto n = static_cast<std::size_t>(side);
  return Block::make<double>({block.size()}, [&](std::span<double> data) {
    constexpr std::size_t tile = 16;
    for (std::size_t rows = 0; rows < n; rows += tile)
      for (std::size_t column = 0; column < n; ++column)
        for (std::size_t row = rows; row < std::min(n, rows + tile); ++row) data[row * n + column] = x[column * n + row];
    for (std::size_t i = n * n; i < data.size(); ++i) data[i] = x[i];
  });
}
Block resized(const Block& block, std::int64_t elements) {
  const auto x = block.data<double>();
  return block_of(elements, [&](std::size_t i) { return x[i % x.size()]; });
}
Block gram(const Block& rows, std::int64_t columns) {
  const auto x = rows.data<double>();
  const auto n = static_cast<std::size_t>(columns);
  return Block::make<double>({columns * columns}, [&](std::span<double> data) {
    std::ranges::fill(data, 0);
    for (std::size_t row = 0; row + n <= x.size(); row += n)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) data[i * n + j] += x[row + i] * x[row + j];
  });
}
Block multiplied(const Block& rows, const Block& matrix, std::int64_t columns) {
  const auto x = rows.data<double>(), m = matrix.data<double>();
  const auto n = static_cast<std::size_t>(columns);
  return Block::make<double>({rows.size()}, [&](std::span<double> data) {
    std::ranges::fill(data, 0);
    for (std::size_t row = 0; row + n <= x.size(); row += n)
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) data[row + j] += x[row + i] * m[i * n + j];
  });
}
double slow_total(const Block& block, double before, std::int64_t passes) {
  double sum = before;
  for (std::int64_t pass = 0; pass < passes; ++pass)
    for (const double x : block.data<double>()) sum += pass % 2 == 0 ? x : -x;
  return sum;
}
double total_and(const Block& block, double before) { return before + total(block); }
Block failing(const Block& block, std::int64_t number) {
  if (number % 3 == 0) throw std::runtime_error("every third fails");
  return scaled(block, 1, static_cast<double>(number));
}
double sum_two(double a, double b) { return a + b; }

namespace {
Sizes doubles(std::int64_t elements) { return {Extent::of(arrays::Dtype::float64, {elements})}; }
Sizes ramp_sizes(const Given<std::int64_t>&, const Given<std::int64_t>& elements) { return doubles(elements.value()); }
Sizes added_sizes(const Given<std::vector<Block>>& blocks) { return {blocks.extents().front()}; }
Sizes joined_sizes(const Given<std::vector<Block>>& blocks) {
  std::int64_t elements = 0;
  for (const Extent& block : blocks.extents()) elements += block.shape.front();
  return doubles(elements);
}
Sizes part_sizes(const Given<Block>& block, const Given<std::int64_t>& index, const Given<std::int64_t>& parts) {
  const std::int64_t elements = block.extent().shape.front(), i = index.value(), n = parts.value();
  return doubles(elements * (i + 1) / n - elements * i / n);
}
Sizes sum_of_rows_sizes(const Given<Block>&, const Given<std::int64_t>& cells) { return doubles(cells.value()); }
Sizes columns_of_sizes(const Given<Block>& block, const Given<std::int64_t>& width, const Given<std::int64_t>& index,
                       const Given<std::int64_t>& parts) {
  const std::int64_t w = width.value(), i = index.value(), n = parts.value();
  return doubles(block.extent().shape.front() / w * (w * (i + 1) / n - w * i / n));
}
Sizes resized_sizes(const Given<Block>&, const Given<std::int64_t>& elements) { return doubles(elements.value()); }
Sizes gram_sizes(const Given<Block>&, const Given<std::int64_t>& columns) { return doubles(columns.value() * columns.value()); }
}  // namespace

#define MEMORY_SET_OPERATION(function, ...) TESSERA_OPERATION_SIZED_AS(function, "memory_set." #function, Effects::pure, __VA_ARGS__)
MEMORY_SET_OPERATION(ramp, ramp_sizes);
MEMORY_SET_OPERATION(total, number_sizes<double, Block>);
MEMORY_SET_OPERATION(total_squared, number_sizes<double, Block>);
MEMORY_SET_OPERATION(sum_numbers, number_sizes<double, std::vector<double>>);
MEMORY_SET_OPERATION(added, added_sizes);
MEMORY_SET_OPERATION(minus, like_first_sizes<Block, Block>);
MEMORY_SET_OPERATION(times, like_first_sizes<Block, Block>);
MEMORY_SET_OPERATION(scaled, like_first_sizes<Block, double, double>);
MEMORY_SET_OPERATION(anomaly_of, like_first_sizes<Block, double, Block>);
MEMORY_SET_OPERATION(covariance_of, number_sizes<double, Block, Block, Block, Block, double>);
MEMORY_SET_OPERATION(sum_of_rows, sum_of_rows_sizes);
MEMORY_SET_OPERATION(anomaly_of_rows, like_first_sizes<Block, double, Block>);
MEMORY_SET_OPERATION(columns_of, columns_of_sizes);
MEMORY_SET_OPERATION(part, part_sizes);
MEMORY_SET_OPERATION(joined, joined_sizes);
MEMORY_SET_OPERATION(transposed, like_first_sizes<Block, std::int64_t>);
MEMORY_SET_OPERATION(resized, resized_sizes);
MEMORY_SET_OPERATION(gram, gram_sizes);
MEMORY_SET_OPERATION(multiplied, like_first_sizes<Block, Block, std::int64_t>);
MEMORY_SET_OPERATION(slow_total, number_sizes<double, Block, double, std::int64_t>);
MEMORY_SET_OPERATION(total_and, number_sizes<double, Block, double>);
MEMORY_SET_OPERATION(failing, like_first_sizes<Block, std::int64_t>);
MEMORY_SET_OPERATION(sum_two, number_sizes<double, double, double>);
TESSERA_OPERATION_AS(nested_total, "memory_set.nested_total", Effects::pure);  // It answers with a graph.

Deferred<double> nested_total(Context& context, std::int64_t begin, std::int64_t end, std::int64_t elements) {
  if (end - begin == 1) return context.submit(total, context.submit(scaled, context.submit(ramp, first_of(begin), elements), 2.0, 1.0));
  const std::int64_t middle = (begin + end) / 2;
  return context.submit(sum_two, context.submit(nested_total, begin, middle, elements), context.submit(nested_total, middle, end, elements));
}
}  // namespace tessera::benchmarks::memory_set
