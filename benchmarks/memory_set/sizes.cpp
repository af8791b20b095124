// Chunks that are not of one size.
#include "benchmarks/memory_set/operations.hpp"
#include "benchmarks/memory_set/set.hpp"

namespace tessera::benchmarks::memory_set {
namespace {
// One chunk of sixteen others among them, used at the beginning and at the end.
void huge_chunk(Cluster& cluster, const Size& size) {
  const std::int64_t elements = 16 * size.elements;
  const auto huge = cluster.submit(ramp, std::int64_t{0}, elements);
  expect(cluster.submit(total, huge).get(), sum_of(0, elements), "the huge one");
  const auto blocks = keep_all(cluster, size);
  std::vector<Future<double>> sums;
  std::vector<double> expected;
  for (std::int64_t i = 0; i < size.chunks; ++i) {
    if (i % 16 == 0) {
      sums.push_back(cluster.submit({.impure = true}, total, huge));
      expected.push_back(sum_of(0, elements));
    }
    sums.push_back(cluster.submit(total, blocks[static_cast<std::size_t>(i)]));
    expected.push_back(sum_of(first_of(i), size.elements));
  }
  expect(sums, expected, "sum");
}

// What an operation makes is larger each time, up to eight times, so what was learnt of it is too little.
void growing_outputs(Cluster& cluster, const Size& size) {
  std::vector<Future<Block>> blocks;
  std::vector<Future<double>> sums;
  std::vector<double> expected;
  std::int64_t left = size.chunks * size.elements;
  const auto seed = cluster.submit(ramp, std::int64_t{0}, period);
  for (std::int64_t i = 0; left > 0; ++i) {
    const std::int64_t elements = size.elements / 8 + size.elements * 8 * i / size.chunks;
    blocks.push_back(cluster.submit(resized, seed, std::min(elements, 8 * size.elements)));
    expected.push_back(sum_of(0, std::min(elements, 8 * size.elements)));
    left -= elements;
  }
  cluster.wait(blocks);
  for (const auto& block : blocks) sums.push_back(cluster.submit(total, block));
  expect(sums, expected, "sum");
}

// The other way round: what was learnt is too much.
void shrinking_outputs(Cluster& cluster, const Size& size) {
  std::vector<Future<Block>> blocks;
  std::vector<Future<double>> sums;
  std::vector<double> expected;
  const auto seed = cluster.submit(ramp, std::int64_t{0}, period);
  for (std::int64_t elements = 8 * size.elements, left = size.chunks * size.elements; left > 0; left -= elements) {
    blocks.push_back(cluster.submit({.impure = true}, resized, seed, elements));
    expected.push_back(sum_of(0, elements));
    elements = std::max(size.elements / 4, elements * 15 / 16);
  }
  cluster.wait(blocks);
  for (const auto& block : blocks) sums.push_back(cluster.submit(total, block));
  expect(sums, expected, "sum");
}

void many_small_chunks(Cluster& cluster, const Size& size) {
  const Size its{32 * size.chunks, size.elements / 32};
  const auto blocks = keep_all(cluster, its);
  Graph graph;
  std::vector<Deferred<double>> sums;
  for (const auto& block : blocks) sums.push_back(graph.add(total, block));
  const auto sum = graph.add(sum_numbers, sums);
  expect(cluster.compute(std::move(graph), sum).get(), sum_of_all(its), "sum");
}

constexpr Entry entries[] = {{"huge_chunk", huge_chunk},
                             {"growing_outputs", growing_outputs},
                             {"shrinking_outputs", shrinking_outputs},
                             {"many_small_chunks", many_small_chunks}};
}  // namespace
std::span<const Entry> sizes() { return entries; }
}  // namespace tessera::benchmarks::memory_set
