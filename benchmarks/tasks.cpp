// Overhead of an empty task: making the graph from predecessor lists, submitting it, running it, in microseconds a task.
#include "benchmarks/patterns.hpp"
#include "client/tessera.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

namespace {
/// A task of no work with any number of inputs.
std::int64_t empty(const std::vector<std::int64_t>&) { return 0; }

struct Case {
  const char* pattern;
  std::uint32_t a, b;
};

double run_once(tessera::Cluster& cluster, const tessera::benchmarks::Pattern& pattern, std::int64_t salt) {
  using namespace tessera;
  const auto begin = std::chrono::steady_clock::now();
  Graph graph;
  std::vector<Deferred<std::int64_t>> tasks, inputs;
  std::vector<bool> has_dependent(pattern.size());
  tasks.reserve(pattern.size());
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    inputs.clear();
    for (std::uint64_t e = pattern.begin[i]; e < pattern.begin[i + 1]; ++e) {
      inputs.push_back(tasks[pattern.predecessors[e]]);
      has_dependent[pattern.predecessors[e]] = true;
    }
    if (inputs.empty()) tasks.push_back(graph.add(empty, std::vector<std::int64_t>{salt, static_cast<std::int64_t>(i)}));
    else tasks.push_back(graph.add(empty, inputs));
  }
  std::vector<Deferred<std::int64_t>> finals;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (!has_dependent[i]) finals.push_back(tasks[i]);
  const auto futures = cluster.compute(std::move(graph), finals);
  cluster.wait(futures);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  return took.count() / static_cast<double>(pattern.size());
}
}  // namespace
TESSERA_OPERATION(empty);

int main(int argc, char** argv) {
  const std::string only = argc > 1 ? argv[1] : "";
  const int repeats = argc > 2 ? std::atoi(argv[2]) : 5;
  const Case cases[] = {{"independent", 10'000, 0}, {"independent", 100'000, 0}, {"independent", 1'000'000, 0},
                        {"chain", 10'000, 0},       {"chain", 100'000, 0},       {"tree", 1 << 14, 0},
                        {"stencil_1d", 64, 200},    {"fft", 64, 200},            {"random_nearest", 64, 200}};
  std::int64_t salt = 0;
  for (const Case& one : cases) {
    if (!only.empty() && only != one.pattern && only != std::string("tasks.") + one.pattern) continue;
    const auto pattern = tessera::benchmarks::make_pattern(one.pattern, one.a, one.b);
    std::vector<double> all;
    for (int i = 0; i < repeats; ++i) {
      auto cluster = tessera::Cluster::local({.lanes = 2});
      all.push_back(run_once(cluster, pattern, ++salt));
    }
    std::sort(all.begin(), all.end());
    fmt::print("{{\"name\": \"tasks.{}\", \"value\": {:.3f}, \"unit\": \"us/task\", \"min\": {:.3f}, \"max\": {:.3f}, "
               "\"n\": {}, \"params\": {{\"tasks\": {}, \"lanes\": 2}}}}\n",
               one.pattern, all[all.size() / 2], all.front(), all.back(), repeats, pattern.size());
    std::fflush(stdout);
  }
}
