#include "simulation/files/workflow.hpp"

#include "simulation/files/formats.hpp"
#include "simulation/files/wrong.hpp"

#include <algorithm>
#include <set>

namespace tessera::simulation::files {
runtime::Result<Workflow> parse_workflow(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  const char begin = first == text.npos ? '{' : text[first];
  const bool is_dot = begin == 's' || begin == 'd' || begin == 'S' || begin == 'D' || begin == '/' || begin == '#';  // strict, digraph, or a comment.
  auto workflow = begin == '<' ? parse_dax(text) : is_dot ? parse_dot(text) : parse_wfformat(text);
  const bool is_any = begin == '{' || begin == '<' || text.find("graph") != text.npos;
  if (!workflow && !is_any)
    return runtime::Failure{workflow.failure().code, "it is no workflow in JSON (WfFormat), XML (DAX) or DOT (a digraph): " + workflow.failure().message};
  if (!workflow) return workflow;
  engine::Case there = workflow->graph;
  there.cpus = {0xFFFFFFFFu};
  if (auto checked = engine::check(there); !checked) return checked.failure();
  return workflow;
}

runtime::Result<Workflow> read_workflow(const std::string& path) { return read_file(path, parse_workflow); }

void add_initial_files(Workflow& workflow) {
  engine::Case& graph = workflow.graph;
  for (const InitialFile& file : workflow.initial) {
    for (const std::uint32_t task : file.readers) graph.tasks[task].inputs.push_back(static_cast<std::uint32_t>(graph.objects.size()));
    graph.objects.push_back({file.size, engine::nobody});
  }
}

std::string kind_of(const std::string& name) {
  auto end = name.find_last_not_of("0123456789");
  if (end == name.npos || end + 1 == name.size()) return end == name.npos ? "" : name;
  if (name.substr(0, end + 1).ends_with("_ID")) end -= 2;
  if (end > 0 && (name[end] == '-' || name[end] == '_' || name[end] == '.')) --end;
  return name.substr(0, end + 1);
}

Facts facts_of(const Workflow& workflow) {
  const engine::Case& graph = workflow.graph;
  Facts facts;
  facts.tasks = graph.tasks.size();
  facts.produced_files = workflow.produced_files;
  facts.all_files = workflow.produced_files + workflow.initial_files;
  facts.produced_bytes = workflow.produced_bytes, facts.all_bytes = workflow.produced_bytes + workflow.initial_bytes;
  std::vector<std::set<std::uint32_t>> parents(graph.tasks.size());
  std::vector<std::vector<std::uint32_t>> children(graph.tasks.size());
  std::vector<std::size_t> left(graph.tasks.size());
  std::vector<std::uint32_t> order;
  for (std::uint32_t task = 0; task < graph.tasks.size(); ++task) {
    for (const std::uint32_t input : graph.tasks[task].inputs)
      if (graph.objects[input].producer != engine::nobody && parents[task].insert(graph.objects[input].producer).second) children[graph.objects[input].producer].push_back(task);
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
