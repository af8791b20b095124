#include "simulation/files/case_writer.hpp"

#include <nlohmann/json.hpp>

namespace tessera::simulation::files {
using nlohmann::ordered_json;

namespace {
ordered_json graph_of(const engine::Case& what) {
  ordered_json graph{{"tasks", ordered_json::array()}, {"objects", ordered_json::array()}};
  for (std::size_t i = 0; i < what.tasks.size(); ++i) {
    const auto& task = what.tasks[i];
    graph["tasks"].push_back({{"id", i}, {"name", task.name}, {"duration", task.duration}, {"expected_duration", task.expected_duration}, {"cpus", task.cpus},
                              {"inputs", task.inputs}, {"outputs", task.outputs}});
  }
  for (std::size_t i = 0; i < what.objects.size(); ++i) {
    const auto& object = what.objects[i];
    graph["objects"].push_back({{"id", i}, {"size", object.size}, {"expected_size", object.expected_size}, {"producer", object.producer}});
  }
  return graph;
}

ordered_json run_of(const Run& run) {
  ordered_json json{{"netmodel", run.network}, {"scheduler", run.scheduler}};
  if (run.setting.downloads_max > 0) json["max_downloads"] = run.setting.downloads_max;
  if (run.setting.downloads_per_source_max > 0) json["max_downloads_per_source"] = run.setting.downloads_per_source_max;
  if (!run.setting.one_by_one) json["one_by_one"] = false;
  json["min_scheduling_interval"] = run.setting.interval, json["scheduling_time"] = run.setting.scheduling_time;
  auto& decisions = json["decisions"] = ordered_json::array();
  for (const auto& decision : run.decisions) {
    auto assignments = ordered_json::array();
    for (const auto& one : decision.assignments) assignments.push_back({one.task, one.node, one.priority, one.blocking});
    decisions.push_back({decision.time, std::move(assignments)});
  }
  json["makespan"] = run.expected.makespan, json["last_task_end"] = run.expected.last_task_end;
  json["total_transfer"] = run.expected.total_transfer, json["transfer_count"] = run.expected.transfer_count;
  for (const auto& one : run.expected.tasks) json["tasks"].push_back({one.task, one.node, one.start, one.end});
  for (const auto& one : run.expected.transfers) json["transfers"].push_back({one.object, one.from, one.to, one.start, one.end});
  return json;
}
}  // namespace

std::string case_text(const CaseRuns& all, const std::string& generator) {
  ordered_json workers = ordered_json::array(), runs = ordered_json::array();
  for (std::size_t i = 0; i < all.what.cpus.size(); ++i) workers.push_back({{"id", i}, {"cpus", all.what.cpus[i]}});
  for (const Run& run : all.runs) runs.push_back(run_of(run));
  const ordered_json json{{"format", "sched-sim-case/1"}, {"name", all.what.name}, {"units", {{"time", "s"}, {"size", "MiB"}, {"bandwidth", "MiB/s"}}}, {"generator", generator},
                          {"graph", graph_of(all.what)}, {"cluster", {{"name", "own"}, {"workers", std::move(workers)}}}, {"bandwidth", all.what.bandwidth}, {"runs", std::move(runs)}};
  return json.dump(1) + "\n";
}
}  // namespace tessera::simulation::files
