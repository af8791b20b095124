// The four cases in which other systems were measured first: 8 GB through 1 GB, where they are whole.
#include "benchmarks/memory_set/operations.hpp"
#include "benchmarks/memory_set/set.hpp"

#include <algorithm>

namespace tessera::benchmarks::memory_set {
namespace {
// x^2 + (20 - x)^2: six operations a chunk, each with a result of its own.
Deferred<Block> chain(Graph& graph, std::int64_t i, std::int64_t elements) {
  const auto x = graph.add(ramp, first_of(i), elements);
  const auto y = graph.add(scaled, x, -1.0, 20.0);
  return graph.add(added, std::vector{graph.add(times, x, x), graph.add(times, y, y)});
}
double sum_of_chain(std::int64_t i, std::int64_t elements) {
  return sum_over(elements, [&](std::int64_t at) {
    const double x = value_at(first_of(i), at), y = 20 - x;
    return x * x + y * y;
  });
}
double sum_of_chains(const Size& size) {
  double sum = 0;
  for (std::int64_t i = 0; i < size.chunks; ++i) sum += sum_of_chain(i, size.elements);
  return sum;
}

void sum(Cluster& cluster, const Size& size) {
  Graph graph;
  std::vector<Deferred<double>> sums;
  for (std::int64_t i = 0; i < size.chunks; ++i) sums.push_back(graph.add(total, chain(graph, i, size.elements)));
  const auto all = graph.add(sum_numbers, sums);
  expect(cluster.compute(std::move(graph), all).get(), sum_of_chains(size), "sum");
}

void persist(Cluster& cluster, const Size& size) {
  Graph graph;
  std::vector<Deferred<Block>> results;
  for (std::int64_t i = 0; i < size.chunks; ++i) results.push_back(chain(graph, i, size.elements));
  const auto kept = cluster.compute(std::move(graph), results);
  cluster.wait(kept);
  for (int round = 0; round < 2; ++round) {
    std::vector<Future<double>> sums;
    std::vector<double> expected;
    for (std::int64_t i = 0; i < size.chunks; ++i) {
      sums.push_back(cluster.submit({.impure = true}, total, kept[static_cast<std::size_t>(i)]));
      expected.push_back(sum_of_chain(i, size.elements));
    }
    expect(sums, expected, "sum");
  }
}

// The squares of what differs from the mean of the month over all years. A chunk is rows of time of one month; the sums over time are
// small, but each chunk is needed once before and once after them.
void climatology(Cluster& cluster, const Size& size) {
  constexpr std::int64_t months = 12, rows = 128;
  const std::int64_t cells = size.elements / rows / period * period;  // Whole periods: all rows of a chunk are equal.
  Graph graph;
  const auto blocks = add_all(graph, {size.chunks, rows * cells});
  std::vector<Deferred<double>> squares;
  double expected = 0;
  for (std::int64_t month = 0; month < months; ++month) {
    std::vector<Deferred<Block>> sums;
    for (std::int64_t i = month; i < size.chunks; i += months) sums.push_back(graph.add(sum_of_rows, blocks[static_cast<std::size_t>(i)], cells));
    if (sums.empty()) continue;
    const auto times_of_month = static_cast<double>(static_cast<std::int64_t>(sums.size()) * rows);
    const auto of_month = add_tree(graph, sums);
    for (std::int64_t i = month; i < size.chunks; i += months)
      squares.push_back(graph.add(total_squared, graph.add(anomaly_of_rows, blocks[static_cast<std::size_t>(i)], times_of_month, of_month)));
    expected += static_cast<double>(rows) * sum_over(cells, [&](std::int64_t at) {
      double mean = 0, all = 0;
      for (std::int64_t i = month; i < size.chunks; i += months) mean += static_cast<double>(rows) * value_at(first_of(i), at);
      for (std::int64_t i = month; i < size.chunks; i += months) {
        const double x = times_of_month * value_at(first_of(i), at) - mean;
        all += x * x;
      }
      return all;
    });
  }
  const auto sum_of_squares = graph.add(sum_numbers, squares);
  expect(cluster.compute(std::move(graph), sum_of_squares).get(), expected, "squares");
}

// A matrix in slabs of rows becomes slabs of columns, each of which has a piece of every slab of rows.
void rechunk(Cluster& cluster, const Size& size) {
  const std::int64_t slabs = std::min<std::int64_t>(size.chunks, 32), across = size.chunks / slabs;
  const std::int64_t width = size.elements >= 1 << 20 ? 8192 : 1024, elements = size.elements / width * width;
  Graph graph;
  const auto blocks = add_all(graph, {slabs * across, elements});
  std::vector<Deferred<double>> sums;
  for (std::int64_t j = 0; j < across; ++j)
    for (std::int64_t k = 0; k < slabs; ++k) {
      std::vector<Deferred<Block>> pieces;
      for (std::int64_t i = 0; i < slabs; ++i) pieces.push_back(graph.add(columns_of, blocks[static_cast<std::size_t>(i * across + j)], width, k, slabs));
      sums.push_back(graph.add(total, graph.add(joined, pieces)));
    }
  const auto all = graph.add(sum_numbers, sums);
  expect(cluster.compute(std::move(graph), all).get(), sum_of_all({slabs * across, elements}), "sum");
}

constexpr Entry entries[] = {{"sum", sum}, {"climatology", climatology}, {"persist", persist}, {"rechunk", rechunk}};
}  // namespace
std::span<const Entry> reference() { return entries; }
}  // namespace tessera::benchmarks::memory_set
