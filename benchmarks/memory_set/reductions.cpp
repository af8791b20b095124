// What is reduced, and then used again with what it was made from.
#include "benchmarks/memory_set/operations.hpp"
#include "benchmarks/memory_set/set.hpp"

namespace tessera::benchmarks::memory_set {
namespace {
// sum((n u - sum u)(n v - sum v)) over time: each block of u and v is needed before and after the sums over all times.
void quadratic_means(Cluster& cluster, const Size& size) {
  const std::int64_t n = size.chunks / 2;
  const auto factor = static_cast<double>(n);
  constexpr std::int64_t others = period << 40;  // Where no block of v is one of u.
  Graph graph;
  std::vector<Deferred<Block>> u, v;
  for (std::int64_t t = 0; t < n; ++t) {
    u.push_back(graph.add(ramp, first_of(t), size.elements));
    v.push_back(graph.add(ramp, 5 * t + 1 + others, size.elements));
  }
  const auto sum_u = add_tree(graph, u), sum_v = add_tree(graph, v);
  std::vector<Deferred<double>> uu, uv, vv;
  for (std::size_t t = 0; t < u.size(); ++t) {
    uu.push_back(graph.add(covariance_of, u[t], sum_u, u[t], sum_u, factor));
    uv.push_back(graph.add(covariance_of, u[t], sum_u, v[t], sum_v, factor));
    vv.push_back(graph.add(covariance_of, v[t], sum_v, v[t], sum_v, factor));
  }
  const std::vector all{graph.add(sum_numbers, uu), graph.add(sum_numbers, uv), graph.add(sum_numbers, vv)};
  const auto expected = [&](std::int64_t step_a, std::int64_t first_a, std::int64_t step_b, std::int64_t first_b) {
    return sum_over(size.elements, [&](std::int64_t at) {
      double a = 0, b = 0, ab = 0;
      for (std::int64_t t = 0; t < n; ++t) {
        const double x = value_at(step_a * t + first_a, at), y = value_at(step_b * t + first_b, at);
        a += x, b += y, ab += x * y;
      }
      return factor * factor * ab - factor * a * b;
    });
  };
  expect(cluster.compute(std::move(graph), all), {expected(3, 0, 3, 0), expected(3, 0, 5, 1), expected(5, 1, 5, 1)}, "mean");
}

// Days less the mean of their month over all years: days are read in another order than they are made, twice.
void anomaly(Cluster& cluster, const Size& size) {
  constexpr std::int64_t months = 12;
  const std::int64_t n = size.chunks / months * months;
  const auto years = static_cast<double>(n / months);
  Graph graph;
  const auto days = add_all(graph, {n, size.elements});
  std::vector<Deferred<Block>> climatology;
  for (std::int64_t m = 0; m < months; ++m) {
    std::vector<Deferred<Block>> of_month;
    for (std::int64_t t = m; t < n; t += months) of_month.push_back(days[static_cast<std::size_t>(t)]);
    climatology.push_back(add_tree(graph, of_month));
  }
  std::vector<Deferred<double>> sums;
  std::vector<double> expected;
  for (std::int64_t t = 0; t < n; ++t) {
    const std::int64_t m = t % months;
    sums.push_back(graph.add(total_squared, graph.add(anomaly_of, days[static_cast<std::size_t>(t)], years, climatology[static_cast<std::size_t>(m)])));
    expected.push_back(sum_over(size.elements, [&](std::int64_t at) {
      double mean = 0;
      for (std::int64_t other = m; other < n; other += months) mean += value_at(first_of(other), at);
      const double x = years * value_at(first_of(t), at) - mean;
      return x * x;
    }));
  }
  expect(cluster.compute(std::move(graph), sums), expected, "day");
}

// A matrix of many rows and few columns: its Gram matrix from all blocks of rows, then each block times that.
void tall_skinny_svd(Cluster& cluster, const Size& size) {
  constexpr std::int64_t columns = period;  // So all rows of a block are equal.
  const std::int64_t rows = size.elements / columns;
  const auto blocks = keep_all(cluster, {size.chunks, rows * columns});
  Graph graph;
  std::vector<Deferred<Block>> grams;
  for (const auto& block : blocks) grams.push_back(graph.add(gram, block, columns));
  const auto matrix = add_tree(graph, grams);
  std::vector<Deferred<double>> sums;
  std::vector<double> expected;
  double sum_of_row[columns] = {};
  for (std::int64_t i = 0; i < columns; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      for (std::int64_t k = 0; k < size.chunks; ++k)
        sum_of_row[i] += static_cast<double>(rows) * value_at(first_of(k), i) * value_at(first_of(k), j);
  for (std::int64_t k = 0; k < size.chunks; ++k) {
    sums.push_back(graph.add(total, graph.add(multiplied, blocks[static_cast<std::size_t>(k)], matrix, columns)));
    double sum = 0;
    for (std::int64_t i = 0; i < columns; ++i) sum += value_at(first_of(k), i) * sum_of_row[i];
    expected.push_back(static_cast<double>(rows) * sum);
  }
  expect(cluster.compute(std::move(graph), sums), expected, "block of rows");
}

void tree_reduce(Cluster& cluster, const Size& size) {
  const auto blocks = keep_all(cluster, size);
  Graph graph;
  std::vector<Deferred<Block>> level;
  for (const auto& block : blocks) level.push_back(graph.add(scaled, block, 2.0, 0.0));
  const auto root = graph.add(total, add_tree(graph, level));
  expect(cluster.compute(std::move(graph), root).get(), 2 * sum_of_all(size), "sum");
}

// Sums of all blocks up to each one; the last is wanted first.
void prefix_sums(Cluster& cluster, const Size& size) {
  Graph graph;
  const auto blocks = add_all(graph, size);
  std::vector<Deferred<Block>> sums{blocks.front()};
  for (std::size_t i = 1; i < blocks.size(); ++i) sums.push_back(graph.add(added, std::vector{sums.back(), blocks[i]}));
  std::vector<Deferred<double>> totals;
  std::vector<double> expected(sums.size());
  for (std::size_t i = sums.size(); i-- > 0;) totals.push_back(graph.add(total, graph.add(minus, sums.back(), sums[i])));
  for (std::size_t i = 1; i < sums.size(); ++i)
    expected[i] = expected[i - 1] + sum_of(first_of(size.chunks - static_cast<std::int64_t>(i)), size.elements);
  expect(cluster.compute(std::move(graph), totals), expected, "sum");
}

constexpr Entry entries[] = {{"quadratic_means", quadratic_means},
                             {"anomaly", anomaly},
                             {"tall_skinny_svd", tall_skinny_svd},
                             {"tree_reduce", tree_reduce},
                             {"prefix_sums", prefix_sums}};
}  // namespace
std::span<const Entry> reductions() { return entries; }
}  // namespace tessera::benchmarks::memory_set
