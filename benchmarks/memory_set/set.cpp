#include "benchmarks/memory_set/set.hpp"

#include "benchmarks/memory_set/operations.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace tessera::benchmarks::memory_set {
std::vector<Entry> all() {
  std::vector<Entry> entries;
  for (const auto part_of : {exchanges(), lifetimes(), reductions(), reference(), sizes(), streams()})
    entries.insert(entries.end(), part_of.begin(), part_of.end());
  return entries;
}

double sum_of_all(const Size& size) {
  double sum = 0;
  for (std::int64_t i = 0; i < size.chunks; ++i) sum += sum_of(first_of(i), size.elements);
  return sum;
}

void expect(double got, double expected, std::string_view what) {
  if (got != expected) throw std::runtime_error(fmt::format("{}: {} instead of {}", what, got, expected));
}
void expect(const std::vector<Future<double>>& got, const std::vector<double>& expected, std::string_view what) {
  expect(static_cast<double>(got.size()), static_cast<double>(expected.size()), "how many");
  for (std::size_t i = 0; i < got.size(); ++i) expect(got[i].get(), expected[i], fmt::format("{} {}", what, i));
}

std::vector<Deferred<Block>> add_all(Graph& graph, const Size& size) {
  std::vector<Deferred<Block>> blocks;
  for (std::int64_t i = 0; i < size.chunks; ++i) blocks.push_back(graph.add(ramp, first_of(i), size.elements));
  return blocks;
}
std::vector<Future<Block>> keep_all(Cluster& cluster, const Size& size) {
  Graph graph;
  std::vector<Deferred<Block>> blocks;  // Not pure: it is written, where it would be cheaper to make it again.
  for (std::int64_t i = 0; i < size.chunks; ++i) blocks.push_back(graph.add(TaskOptions{.impure = true}, ramp, first_of(i), size.elements));
  auto futures = cluster.compute(std::move(graph), blocks);
  cluster.wait(futures);
  return futures;
}

Deferred<Block> add_tree(Graph& graph, std::vector<Deferred<Block>> level) {
  while (level.size() > 1) {
    std::vector<Deferred<Block>> next;
    for (std::size_t i = 0; i < level.size(); i += 4)
      next.push_back(graph.add(added, std::vector(level.begin() + static_cast<std::ptrdiff_t>(i),
                                                  level.begin() + static_cast<std::ptrdiff_t>(std::min(i + 4, level.size())))));
    level = std::move(next);
  }
  return level.front();
}
}  // namespace tessera::benchmarks::memory_set
