#include "simulation/files/workflow.hpp"

#include "simulation/files/formats.hpp"
#include "simulation/files/wrong.hpp"

#include <algorithm>
#include <set>

namespace tessera::simulation::files {
runtime::Result<Workflow> parse_workflow(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  auto workflow = first != text.npos && text[first] == '<' ? parse_dax(text) : parse_wfformat(text);
  if (!workflow) return workflow;
  engine::Case there = workflow->graph;
  there.cpus = {0xFFFFFFFFu};
  if (auto checked = engine::check(there); !checked) return checked.failure();
  return workflow;
}

runtime::Result<Workflow> read_workflow(const std::string& path) { return read_file(path, parse_workflow); }

Facts facts_of(const Workflow& workflow) {
  const auto& [graph, produced_files, produced_bytes, initial_files, initial_bytes, makespan] = workflow;
  Facts facts;
  facts.tasks = graph.tasks.size();
  facts.produced_files = produced_files;
  facts.all_files = facts.produced_files + initial_files;
  facts.produced_bytes = produced_bytes, facts.all_bytes = produced_bytes + initial_bytes;
  std::vector<std::set<std::uint32_t>> parents(graph.tasks.size());
  std::vector<std::vector<std::uint32_t>> children(graph.tasks.size());
  std::vector<std::size_t> left(graph.tasks.size());
  std::vector<std::uint32_t> order;
  for (std::uint32_t task = 0; task < graph.tasks.size(); ++task) {
    for (const std::uint32_t input : graph.tasks[task].inputs)
      if (parents[task].insert(graph.objects[input].producer).second) children[graph.objects[input].producer].push_back(task);
    left[task] = parents[task].size();
    facts.task_edges += left[task];
    if (left[task] == 0) order.push_back(task);
    facts.sum_runtime += graph.tasks[task].duration;
  }
  facts.source_tasks = order.size();
  std::vector<double> path(graph.tasks.size());
  std::vector<std::size_t> level(graph.tasks.size());
  std::vector<std::uint64_t> width;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint32_t task = order[i];
    path[task] += graph.tasks[task].duration;
    facts.critical_path_runtime = std::max(facts.critical_path_runtime, path[task]);
    width.resize(std::max(width.size(), level[task] + 1));
    facts.widest_level = std::max(facts.widest_level, ++width[level[task]]);
    facts.sink_tasks += children[task].empty();
    for (const std::uint32_t child : children[task]) {
      path[child] = std::max(path[child], path[task]);
      level[child] = std::max(level[child], level[task] + 1);
      if (--left[child] == 0) order.push_back(child);
    }
  }
  facts.levels = width.size();
  return facts;
}
}  // namespace tessera::simulation::files
