/// @file
/// The adversarial set: graphs of plain operations on blocks whose data is many times the memory limit. Each checks what it computes
/// against arithmetic; all numbers are integers in doubles, so sums are exact in any order.
#pragma once
#include "client/tessera.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::benchmarks::memory_set {
using arrays::Block;

/// How large a graph is made: `chunks` blocks of `elements` doubles.
struct Size {
  std::int64_t chunks = 0;
  std::int64_t elements = 0;
};

/// Throws `std::runtime_error` where a value is wrong.
using Run = void (*)(Cluster&, const Size&);
struct Entry {
  std::string_view name;
  Run run;
};
/// Of one file each.
std::span<const Entry> exchanges();
std::span<const Entry> lifetimes();
std::span<const Entry> reductions();
std::span<const Entry> reference();
std::span<const Entry> sizes();
std::span<const Entry> streams();
/// All of them, in order of files.
std::vector<Entry> all();

// What the graphs share.

/// Elements of data have this period: an expected sum is one over a period, times how often it occurs.
inline constexpr std::int64_t period = 11;
/// Where the numbers of chunk `i` begin.
inline constexpr std::int64_t first_of(std::int64_t i) { return 3 * i; }
/// Element `at` of a chunk that begins with `first`.
inline constexpr double value_at(std::int64_t first, std::int64_t at) { return static_cast<double>((first + at) % period); }

/// The sum of `f(at)` for all elements of a chunk, where `f` has the period of the data.
template <class F>
double sum_over(std::int64_t elements, F f) {
  double sum = 0;
  for (std::int64_t r = 0; r < period; ++r) sum += f(r) * static_cast<double>((elements - r + period - 1) / period);
  return sum;
}
/// Of a chunk that begins with `first`.
inline double sum_of(std::int64_t first, std::int64_t elements) {
  return sum_over(elements, [&](std::int64_t at) { return value_at(first, at); });
}
double sum_of_all(const Size& size);

void expect(double got, double expected, std::string_view what);
void expect(const std::vector<Future<double>>& got, const std::vector<double>& expected, std::string_view what);

/// Computes all chunks and keeps them.
std::vector<Future<Block>> keep_all(Cluster& cluster, const Size& size);
std::vector<Deferred<Block>> add_all(Graph& graph, const Size& size);
/// The sum of blocks, four at a time.
Deferred<Block> add_tree(Graph& graph, std::vector<Deferred<Block>> level);
}  // namespace tessera::benchmarks::memory_set
