// oneTBB on the patterns: a flow graph of continue nodes, which is what it offers for a graph known beforehand, and a task group
// with a counter a task, which is the least that its scheduler can do.
#include "benchmarks/peers/cases.hpp"

#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_group.h>

#include <atomic>
#include <deque>
#include <memory>

namespace {
using namespace tessera::benchmarks;

double run_flow_graph(const Pattern& pattern, long iterations) {
  const double begin = seconds_now();
  using Node = tbb::flow::continue_node<tbb::flow::continue_msg>;
  tbb::flow::graph graph;
  std::deque<Node> nodes;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    nodes.emplace_back(graph, [iterations](const tbb::flow::continue_msg&) { do_work(iterations); });
  for (std::size_t i = 0; i < pattern.size(); ++i)
    for (std::uint64_t e = pattern.begin[i]; e < pattern.begin[i + 1]; ++e) make_edge(nodes[pattern.predecessors[e]], nodes[i]);
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (pattern.begin[i] == pattern.begin[i + 1]) nodes[i].try_put(tbb::flow::continue_msg());
  graph.wait_for_all();
  return seconds_now() - begin;
}

struct Counters {
  Counters(const Pattern& pattern, long its_iterations)
      : iterations(its_iterations), left(new std::atomic<std::uint32_t>[pattern.size()]), begin(pattern.size() + 1) {
    for (std::size_t i = 0; i < pattern.size(); ++i)
      left[i].store(static_cast<std::uint32_t>(pattern.begin[i + 1] - pattern.begin[i]), std::memory_order_relaxed);
    for (const std::uint32_t producer : pattern.predecessors) ++begin[producer + 1];
    for (std::size_t i = 0; i < pattern.size(); ++i) begin[i + 1] += begin[i];
    dependents.resize(pattern.predecessors.size());
    std::vector<std::uint32_t> at(begin.begin(), begin.end() - 1);
    for (std::size_t i = 0; i < pattern.size(); ++i)
      for (std::uint64_t e = pattern.begin[i]; e < pattern.begin[i + 1]; ++e)
        dependents[at[pattern.predecessors[e]]++] = static_cast<std::uint32_t>(i);
  }
  void execute(std::uint32_t task) {
    do_work(iterations);
    for (std::uint32_t e = begin[task]; e < begin[task + 1]; ++e)
      if (const std::uint32_t next = dependents[e]; left[next].fetch_sub(1, std::memory_order_acq_rel) == 1)
        group.run([this, next] { execute(next); });
  }
  long iterations;
  std::unique_ptr<std::atomic<std::uint32_t>[]> left;
  std::vector<std::uint32_t> begin, dependents;
  tbb::task_group group;
};

double run_task_group(const Pattern& pattern, long iterations) {
  const double begin = seconds_now();
  Counters counters(pattern, iterations);
  for (std::uint32_t i = 0; i < pattern.size(); ++i)
    if (pattern.begin[i] == pattern.begin[i + 1]) counters.group.run([&counters, i] { counters.execute(i); });
  counters.group.wait();
  return seconds_now() - begin;
}
}  // namespace

int main() {
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, cores);
  measure_peer("tbb_flow_graph", run_flow_graph);
  measure_peer("tbb_task_group", run_task_group);
}
