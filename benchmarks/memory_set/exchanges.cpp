// Each result needs something of many inputs, in an order that is not the one in which they are made.
#include "benchmarks/memory_set/operations.hpp"
#include "benchmarks/memory_set/set.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::benchmarks::memory_set {
namespace {
// Blocks of a square matrix, made row by row, read by columns: a(i, j) - transposed(a(j, i)).
void transposed_reads(Cluster& cluster, const Size& size) {
  const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(size.elements)));
  const auto n = static_cast<std::int64_t>(std::sqrt(static_cast<double>(size.chunks)));
  const auto blocks = keep_all(cluster, {n * n, size.elements});
  const auto at = [&](std::int64_t i, std::int64_t j) { return blocks[static_cast<std::size_t>(i * n + j)]; };
  Graph graph;
  std::vector<Deferred<double>> sums;
  std::vector<double> expected;
  for (std::int64_t j = 0; j < n; ++j)
    for (std::int64_t i = 0; i < n; ++i) {
      sums.push_back(graph.add(total, graph.add(minus, at(i, j), graph.add(transposed, at(j, i), side))));
      expected.push_back(sum_of(first_of(i * n + j), size.elements) - sum_of(first_of(j * n + i), size.elements));
    }
  expect(cluster.compute(std::move(graph), sums), expected, "block");
}

// Slabs of time, all space, become slabs of space, all time.
void rechunk_space_to_time(Cluster& cluster, const Size& size) {
  const std::int64_t parts = std::min<std::int64_t>(size.chunks, 32), elements = size.elements / parts / period * parts * period;
  Graph graph;
  const auto blocks = add_all(graph, {size.chunks, elements});
  std::vector<Deferred<double>> sums;
  std::vector<double> expected;
  for (std::int64_t s = 0; s < parts; ++s) {
    std::vector<Deferred<Block>> pieces;
    for (const auto block : blocks) pieces.push_back(graph.add(part, block, s, parts));
    // A slab of space is as large as `chunks / parts` slabs of time: in bunches, so that it fits.
    std::vector<Deferred<double>> of_bunches;
    for (std::size_t i = 0; i < pieces.size(); i += 32)
      of_bunches.push_back(graph.add(total, graph.add(joined, std::vector(pieces.begin() + static_cast<std::ptrdiff_t>(i),
                                                                          pieces.begin() + static_cast<std::ptrdiff_t>(std::min(i + 32, pieces.size()))))));
    sums.push_back(graph.add(sum_numbers, of_bunches));
    // A part has whole periods.
    expected.push_back(static_cast<double>(size.chunks) * sum_of(0, elements / parts));
  }
  expect(cluster.compute(std::move(graph), sums), expected, "slab of space");
}

// The pattern of an FFT: in round k each block meets the one whose number differs in bit k; after all each depends on all.
void all_to_all(Cluster& cluster, const Size& size) {
  std::int64_t n = 1;
  int rounds = 0;
  while (2 * n <= size.chunks) n *= 2, ++rounds;
  Graph graph;
  auto blocks = add_all(graph, {n, size.elements});
  for (std::int64_t bit = 1; bit < n; bit *= 2) {
    std::vector<Deferred<Block>> next;
    for (std::int64_t i = 0; i < n; ++i)
      // Each has itself first: of equal inputs in one order the two would be one task, and all of it a tree.
      next.push_back(graph.add(added, std::vector{blocks[static_cast<std::size_t>(i)],
                                                  graph.add(scaled, blocks[static_cast<std::size_t>(i ^ bit)], 1.0, 0.0)}));
    blocks = std::move(next);
  }
  std::vector<Deferred<double>> sums;
  for (const auto block : blocks) sums.push_back(graph.add(total, block));
  expect(cluster.compute(std::move(graph), sums), std::vector(sums.size(), sum_of_all({n, size.elements})), "block");
}

// Everybody with everybody.
void pairwise_differences(Cluster& cluster, const Size& size) {
  const std::int64_t n = std::min<std::int64_t>(size.chunks, 40);
  Graph graph;
  const Size its{n, size.elements * size.chunks / n > 2 * size.elements ? 2 * size.elements : size.elements};
  const auto blocks = add_all(graph, its);
  std::vector<Deferred<double>> sums;
  std::vector<double> expected;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < i; ++j) {
      sums.push_back(graph.add(total_squared, graph.add(minus, blocks[static_cast<std::size_t>(i)], blocks[static_cast<std::size_t>(j)])));
      expected.push_back(sum_over(its.elements, [&](std::int64_t at) {
        const double d = value_at(first_of(i), at) - value_at(first_of(j), at);
        return d * d;
      }));
    }
  expect(cluster.compute(std::move(graph), sums), expected, "pair");
}

// One block that all others are multiplied with.
void broadcast_one_to_all(Cluster& cluster, const Size& size) {
  const auto one = cluster.submit(ramp, std::int64_t{1}, size.elements);
  const auto blocks = keep_all(cluster, size);
  Graph graph;
  std::vector<Deferred<double>> sums;
  std::vector<double> expected;
  for (std::int64_t i = 0; i < size.chunks; ++i) {
    sums.push_back(graph.add(total, graph.add(times, blocks[static_cast<std::size_t>(i)], one)));
    expected.push_back(sum_over(size.elements, [&](std::int64_t at) { return value_at(first_of(i), at) * value_at(1, at); }));
  }
  expect(cluster.compute(std::move(graph), sums), expected, "product");
}

constexpr Entry entries[] = {{"transposed_reads", transposed_reads},
                             {"rechunk_space_to_time", rechunk_space_to_time},
                             {"all_to_all", all_to_all},
                             {"pairwise_differences", pairwise_differences},
                             {"broadcast_one_to_all", broadcast_one_to_all}};
}  // namespace
std::span<const Entry> exchanges() { return entries; }
}  // namespace tessera::benchmarks::memory_set
