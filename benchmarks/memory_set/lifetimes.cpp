// What is kept, in which order it is used again, and how it ends.
#include "benchmarks/memory_set/operations.hpp"
#include "benchmarks/memory_set/set.hpp"

#include <algorithm>
#include <exception>
#include <numeric>
#include <random>
#include <stdexcept>
#include <thread>

namespace tessera::benchmarks::memory_set {
namespace {
void use_in_order(Cluster& cluster, const Size& size, const std::vector<Future<Block>>& blocks, const std::vector<std::size_t>& order) {
  std::vector<Future<double>> sums;
  std::vector<double> expected;
  for (const std::size_t i : order) {
    sums.push_back(cluster.submit({.impure = true}, total, blocks[i]));
    expected.push_back(sum_of(first_of(static_cast<std::int64_t>(i)), size.elements));
  }
  expect(sums, expected, "sum");
}
std::vector<std::size_t> ascending(const Size& size) {
  std::vector<std::size_t> order(static_cast<std::size_t>(size.chunks));
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

void persist_sum_twice(Cluster& cluster, const Size& size) {
  const auto blocks = keep_all(cluster, size);
  for (int round = 0; round < 2; ++round) use_in_order(cluster, size, blocks, ascending(size));
}
void reverse_order(Cluster& cluster, const Size& size) {
  const auto blocks = keep_all(cluster, size);
  auto order = ascending(size);
  std::ranges::reverse(order);
  use_in_order(cluster, size, blocks, order);
}
void random_order(Cluster& cluster, const Size& size) {
  const auto blocks = keep_all(cluster, size);
  auto order = ascending(size);
  std::ranges::shuffle(order, std::mt19937_64(1));
  for (int round = 0; round < 2; ++round) use_in_order(cluster, size, blocks, order);
}

// Data of the program itself, which asks nobody before it is there.
void scattered_data(Cluster& cluster, const Size& size) {
  std::vector<Future<Block>> blocks;
  for (std::int64_t i = 0; i < size.chunks; ++i) blocks.push_back(cluster.scatter(ramp(first_of(i), size.elements)));
  use_in_order(cluster, size, blocks, ascending(size));
}

// The program takes each result once, and keeps none.
void gathered_one_by_one(Cluster& cluster, const Size& size) {
  auto blocks = keep_all(cluster, size);
  for (std::int64_t i = 0; i < size.chunks; ++i) {
    const auto future = std::move(blocks[static_cast<std::size_t>(i)]);
    expect(total(future.get()), sum_of(first_of(i), size.elements), "what the program got");
  }
}

void two_jobs_at_once(Cluster& cluster, const Size& size) {
  const Size half{size.chunks / 2, size.elements};
  std::exception_ptr failure;
  std::thread other([&] {
    try {
      Graph graph;
      std::vector<Deferred<Block>> blocks;
      for (std::int64_t i = 0; i < half.chunks; ++i) blocks.push_back(graph.add(scaled, graph.add(ramp, 7 * i, half.elements), 2.0, 0.0));
      const auto kept = cluster.compute(std::move(graph), blocks);
      cluster.wait(kept);
      std::vector<Future<double>> sums;
      std::vector<double> expected;
      for (std::int64_t i = 0; i < half.chunks; ++i) {
        sums.push_back(cluster.submit(total, kept[static_cast<std::size_t>(i)]));
        expected.push_back(2 * sum_of(7 * i, half.elements));
      }
      expect(sums, expected, "the other's sum");
    } catch (...) {
      failure = std::current_exception();
    }
  });
  try {
    use_in_order(cluster, half, keep_all(cluster, half), ascending(half));
  } catch (...) {
    other.join();
    throw;
  }
  other.join();
  if (failure) std::rethrow_exception(failure);
}

// Every second result is cancelled while they are made; the others go on.
void cancelled_half(Cluster& cluster, const Size& size) {
  std::vector<Future<Block>> blocks;
  for (std::int64_t i = 0; i < size.chunks; ++i) {
    const auto source = cluster.submit(ramp, first_of(i), size.elements);
    blocks.push_back(cluster.submit(scaled, source, 2.0, 0.0));
  }
  blocks[static_cast<std::size_t>(size.chunks / 4)].wait_for(std::chrono::minutes(5));
  for (std::size_t i = 1; i < blocks.size(); i += 2) blocks[i].cancel();
  std::vector<Future<double>> sums;
  std::vector<double> expected;
  for (std::size_t i = 0; i < blocks.size(); i += 2) {
    sums.push_back(cluster.submit(total, blocks[i]));
    expected.push_back(2 * sum_of(first_of(static_cast<std::int64_t>(i)), size.elements));
  }
  expect(sums, expected, "sum");
}

// Every third fails, with its inputs in memory.
void failing_third(Cluster& cluster, const Size& size) {
  const auto blocks = keep_all(cluster, size);
  std::vector<Future<double>> sums;
  for (std::int64_t i = 0; i < size.chunks; ++i)
    sums.push_back(cluster.submit(total, cluster.submit(failing, blocks[static_cast<std::size_t>(i)], i)));
  cluster.wait(sums);
  for (std::int64_t i = 0; i < size.chunks; ++i) {
    const auto& one = sums[static_cast<std::size_t>(i)];
    if (i % 3 != 0) {
      expect(one.get(), sum_of(first_of(i), size.elements) + static_cast<double>(i * size.elements), "sum");
      continue;
    }
    try {
      one.get();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::task_failed) continue;
      throw;
    }
    throw std::runtime_error("what fails gave a value");
  }
}

// Tasks that submit tasks, while what is kept fills the memory.
void nested(Cluster& cluster, const Size& size) {
  const Size half{size.chunks / 2, size.elements};
  const auto blocks = keep_all(cluster, half);
  const auto sum = cluster.submit(nested_total, std::int64_t{0}, half.chunks, half.elements);
  expect(sum.get(), 2 * sum_of_all(half) + static_cast<double>(half.chunks * half.elements), "nested sum");
  use_in_order(cluster, half, blocks, ascending(half));
}

constexpr Entry entries[] = {{"persist_sum_twice", persist_sum_twice},
                             {"reverse_order", reverse_order},
                             {"random_order", random_order},
                             {"scattered_data", scattered_data},
                             {"gathered_one_by_one", gathered_one_by_one},
                             {"two_jobs_at_once", two_jobs_at_once},
                             {"cancelled_half", cancelled_half},
                             {"failing_third", failing_third},
                             {"nested", nested}};
}  // namespace
std::span<const Entry> lifetimes() { return entries; }
}  // namespace tessera::benchmarks::memory_set
