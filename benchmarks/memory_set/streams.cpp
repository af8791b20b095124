// What is made faster than it is used, or used by neighbours.
#include "benchmarks/memory_set/operations.hpp"
#include "benchmarks/memory_set/set.hpp"

namespace tessera::benchmarks::memory_set {
namespace {
// One block, many results that are all kept.
void fan_out(Cluster& cluster, const Size& size) {
  Graph graph;
  const auto source = graph.add(ramp, std::int64_t{0}, size.elements);
  std::vector<Deferred<Block>> results;
  for (std::int64_t i = 0; i < size.chunks; ++i) results.push_back(graph.add(scaled, source, 1.0, static_cast<double>(i)));
  const auto kept = cluster.compute(std::move(graph), results);
  cluster.wait(kept);
  std::vector<Future<double>> sums;
  std::vector<double> expected;
  for (std::int64_t i = 0; i < size.chunks; ++i) {
    sums.push_back(cluster.submit(total, kept[static_cast<std::size_t>(i)]));
    expected.push_back(sum_of(0, size.elements) + static_cast<double>(i * size.elements));
  }
  expect(sums, expected, "result");
}

// Blocks that can all be made at once, and a chain that takes three at a time.
void fan_in(Cluster& cluster, const Size& size) {
  Graph graph;
  const auto blocks = add_all(graph, size);
  Deferred<Block> sum = blocks.front();
  for (std::size_t i = 1; i < blocks.size(); i += 3)
    sum = graph.add(added, [&] {
      std::vector inputs{sum};
      for (std::size_t k = i; k < std::min(i + 3, blocks.size()); ++k) inputs.push_back(blocks[k]);
      return inputs;
    }());
  expect(cluster.compute(std::move(graph), graph.add(total, sum)).get(), sum_of_all(size), "sum");
}

// One to many to one number, which the many need again.
void fan_in_out(Cluster& cluster, const Size& size) {
  Graph graph;
  const auto source = graph.add(ramp, std::int64_t{0}, size.elements);
  std::vector<Deferred<Block>> middle;
  std::vector<Deferred<double>> sums, ends;
  std::vector<double> expected;
  double all = 0;
  for (std::int64_t i = 0; i < size.chunks; ++i) {
    middle.push_back(graph.add(scaled, source, 1.0, static_cast<double>(i)));
    sums.push_back(graph.add(total, middle.back()));
    expected.push_back(sum_of(0, size.elements) + static_cast<double>(i * size.elements));
    all += expected.back();
  }
  const auto sum = graph.add(sum_numbers, sums);
  for (std::size_t i = 0; i < middle.size(); ++i) {
    ends.push_back(graph.add(total_and, middle[i], sum));
    expected[i] += all;
  }
  expect(cluster.compute(std::move(graph), ends), expected, "end");
}

// A chain that takes one block at a time and computes longer than a block takes to be made.
void slow_consumer(Cluster& cluster, const Size& size) {
  Graph graph;
  const auto blocks = add_all(graph, size);
  auto sum = graph.add(total, blocks.front());
  for (std::size_t i = 1; i < blocks.size(); ++i) sum = graph.add(slow_total, blocks[i], sum, std::int64_t{5});
  expect(cluster.compute(std::move(graph), sum).get(), sum_of_all(size), "sum");
}

void sliding_window(Cluster& cluster, const Size& size) {
  const auto blocks = keep_all(cluster, size);
  Graph graph;
  std::vector<Deferred<double>> sums;
  std::vector<double> expected;
  constexpr std::int64_t window = 5;
  for (std::int64_t i = 0; i + window <= size.chunks; ++i) {
    sums.push_back(graph.add(total, graph.add(added, std::vector(blocks.begin() + i, blocks.begin() + i + window))));
    expected.push_back(0);
    for (std::int64_t k = i; k < i + window; ++k) expected.back() += sum_of(first_of(k), size.elements);
  }
  expect(cluster.compute(std::move(graph), sums), expected, "window");
}

// A ring in which each block becomes the sum of itself and its neighbours, step by step.
void stencil_1d(Cluster& cluster, const Size& size) {
  constexpr int steps = 4;
  Graph graph;
  auto blocks = add_all(graph, size);
  const std::size_t n = blocks.size();
  for (int step = 0; step < steps; ++step) {
    std::vector<Deferred<Block>> next;
    for (std::size_t i = 0; i < n; ++i) next.push_back(graph.add(added, std::vector{blocks[(i + n - 1) % n], blocks[i], blocks[(i + 1) % n]}));
    blocks = std::move(next);
  }
  std::vector<Deferred<double>> sums;
  for (const auto block : blocks) sums.push_back(graph.add(total, block));
  const auto sum = graph.add(sum_numbers, sums);
  expect(cluster.compute(std::move(graph), sum).get(), 81 * sum_of_all(size), "sum");
}

// Diamonds side by side, each as long as the others.
void diamond_chain(Cluster& cluster, const Size& size) {
  constexpr int length = 3;
  Graph graph;
  auto blocks = add_all(graph, size);
  for (int step = 0; step < length; ++step)
    for (auto& block : blocks) block = graph.add(minus, graph.add(scaled, block, 3.0, 1.0), graph.add(scaled, block, 2.0, 0.0));
  std::vector<Deferred<double>> sums;
  std::vector<double> expected;
  for (std::int64_t i = 0; i < size.chunks; ++i) {
    sums.push_back(graph.add(total, blocks[static_cast<std::size_t>(i)]));
    expected.push_back(sum_of(first_of(i), size.elements) + static_cast<double>(length * size.elements));
  }
  expect(cluster.compute(std::move(graph), sums), expected, "chain");
}

// Each block is made of one that is read, by a plain operation, and used twice: for the sum of all, and after it. To make it and that one again is less than the disk takes.
void prepared_twice(Cluster& cluster, const Size& size) {
  Graph graph;
  std::vector<Deferred<Block>> blocks;
  std::vector<Deferred<double>> sums, ends;
  for (std::int64_t i = 0; i < size.chunks; ++i) {
    blocks.push_back(graph.add(scaled, graph.add(ramp, first_of(i), size.elements), 2.0, 1.0));
    sums.push_back(graph.add(total, blocks.back()));
  }
  const auto sum = graph.add(sum_numbers, sums);
  for (const auto block : blocks) ends.push_back(graph.add(total_and, block, sum));
  std::vector<double> expected;
  const auto ones = static_cast<double>(size.elements);
  for (std::int64_t i = 0; i < size.chunks; ++i)
    expected.push_back(2 * sum_of(first_of(i), size.elements) + ones + 2 * sum_of_all(size) + static_cast<double>(size.chunks) * ones);
  expect(cluster.compute(std::move(graph), ends), expected, "block");
}

constexpr Entry entries[] = {{"fan_out", fan_out},
                             {"fan_in", fan_in},
                             {"fan_in_out", fan_in_out},
                             {"slow_consumer", slow_consumer},
                             {"sliding_window", sliding_window},
                             {"stencil_1d", stencil_1d},
                             {"diamond_chain", diamond_chain},
                             {"prepared_twice", prepared_twice}};
}  // namespace
std::span<const Entry> streams() { return entries; }
}  // namespace tessera::benchmarks::memory_set
