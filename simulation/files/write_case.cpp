#include "simulation/files/write_case.hpp"

#include <nlohmann/json.hpp>

namespace tessera::simulation::files {
namespace {
using Json = nlohmann::ordered_json;

Json graph_of(const engine::Case& what) {
  Json tasks = Json::array(), objects = Json::array();
  for (std::size_t i = 0; i < what.tasks.size(); ++i) {
    const engine::Task& task = what.tasks[i];
    tasks.push_back({{"id", i}, {"name", task.name}, {"duration", task.duration}, {"expected_duration", task.expected_duration}, {"cpus", task.cpus}, {"inputs", task.inputs}, {"outputs", task.outputs}});
  }
  for (std::size_t i = 0; i < what.objects.size(); ++i) {
    const engine::Object& object = what.objects[i];
    objects.push_back({{"id", i}, {"size", object.size}, {"expected_size", object.expected_size}, {"producer", object.producer}});
  }
  return {{"tasks", std::move(tasks)}, {"objects", std::move(objects)}};
}

Json run_of(const Run& run) {
  Json decisions = Json::array(), tasks = Json::array(), transfers = Json::array();
  for (const engine::Decision& decision : run.decisions) {
    Json assignments = Json::array();
    for (const engine::Assignment& one : decision.assignments) assignments.push_back({one.task, one.node, one.priority, one.blocking});
    decisions.push_back({decision.time, std::move(assignments)});
  }
  for (const engine::TaskTimes& one : run.expected.tasks) tasks.push_back({one.task, one.node, one.start, one.end});
  for (const engine::TransferTimes& one : run.expected.transfers) transfers.push_back({one.object, one.from, one.to, one.start, one.end});
  return {{"netmodel", run.network}, {"scheduler", run.scheduler}, {"makespan", run.expected.makespan}, {"last_task_end", run.expected.last_task_end},
          {"decisions", std::move(decisions)}, {"tasks", std::move(tasks)}, {"transfers", std::move(transfers)}};
}
}  // namespace

std::string case_text(const CaseRuns& what) {
  Json workers = Json::array(), runs = Json::array();
  for (std::size_t i = 0; i < what.what.cpus.size(); ++i) workers.push_back({{"id", i}, {"cpus", what.what.cpus[i]}});
  for (const Run& run : what.runs) runs.push_back(run_of(run));
  return Json{{"format", "sched-sim-case/1"}, {"name", what.what.name}, {"units", {{"time", "s"}, {"size", "MiB"}, {"bandwidth", "MiB/s"}}}, {"graph", graph_of(what.what)},
              {"cluster", {{"workers", std::move(workers)}}}, {"bandwidth", what.what.bandwidth}, {"runs", std::move(runs)}}.dump() + "\n";
}
}  // namespace tessera::simulation::files
