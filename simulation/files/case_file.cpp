#include "simulation/files/case_file.hpp"

#include "simulation/files/graph_maker.hpp"
#include "simulation/files/json_value.hpp"
#include "simulation/files/workflow.hpp"

#include <filesystem>

namespace tessera::simulation::files {
using runtime::Result;

namespace {
/// `id` says the place in the list.
void expect_place(const Value& one, std::size_t place) {
  if (one["id"].count(0) != place) one["id"].fail(fmt::format("{}, its place in the list", place));
}

/// Nodes and network.
void take_cluster(const Value& value, engine::Case& what) {
  what.bandwidth = value["bandwidth"].positive();
  const Value cluster = value["cluster"];
  cluster.only({"name", "workers"});
  const auto workers = cluster["workers"].list();
  if (workers.empty()) cluster["workers"].fail("at least one worker");
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i].only({"id", "cpus", "resources"});
    expect_place(workers[i], i);
    what.cpus.push_back(workers[i]["cpus"].count(1));
  }
}

/// Amounts of resources that each of `owners` names; a resource has the place in which it was named first.
std::vector<std::vector<std::uint32_t>> amounts_of(const std::vector<Value>& owners, engine::Case& what) {
  std::vector<std::vector<std::uint32_t>> all(owners.size());
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (!owners[i].has("resources")) continue;
    for (const auto& [name, amount] : owners[i]["resources"].fields()) {
      auto at = std::ranges::find(what.resources, name);
      if (at == what.resources.end()) at = what.resources.insert(at, name);
      const auto place = static_cast<std::size_t>(at - what.resources.begin());
      all[i].resize(std::max(all[i].size(), place + 1));
      all[i][place] = amount.count(1);
    }
  }
  return all;
}

void take_resources(const std::vector<Value>& tasks, const std::vector<Value>& workers, engine::Case& what) {
  what.needs = amounts_of(tasks, what);
  what.amounts = amounts_of(workers, what);
  if (what.resources.empty()) what.needs.clear(), what.amounts.clear();
  for (auto* rows : {&what.needs, &what.amounts})
    for (auto& row : *rows) row.resize(what.resources.size());
}

/// When tasks become known.
void take_reveals(const std::vector<Value>& tasks, engine::Case& what) {
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!tasks[i].has("after")) continue;
    what.revealed_by.resize(tasks.size(), engine::nobody);
    what.revealed_by[i] = tasks[i]["after"].index(tasks.size(), "a task");
  }
}

void take_jobs(const Value& graph, engine::Case& what) {
  std::uint32_t next = 0;
  for (const Value& one : graph["jobs"].list()) {
    one.only({"name", "arrival", "tasks"});
    const auto range = one["tasks"].list(2);
    engine::Job job{one["name"].text(), one["arrival"].not_negative(), range[0].index(what.tasks.size(), "a task"), range[1].index(what.tasks.size(), "a task") + 1};
    if (job.first < next || job.end <= job.first) one["tasks"].fail("the first and the last task of a job, after those of the job before");
    next = job.end;
    what.jobs.push_back(std::move(job));
  }
}

engine::Case case_of(const Value& value) {
  engine::Case what;
  what.name = value["name"].text();
  take_cluster(value, what);
  const Value graph = value["graph"];
  graph.only({"tasks", "objects", "jobs"});
  const auto tasks = graph["tasks"].list(), objects = graph["objects"].list();
  for (std::size_t i = 0; i < objects.size(); ++i) {
    objects[i].only({"id", "size", "expected_size", "producer", "home"});
    expect_place(objects[i], i);
    what.objects.push_back({objects[i]["size"].not_negative(), engine::nobody});
    if (objects[i].has("home")) what.objects.back().home = objects[i]["home"].index(what.cpus.size(), "a worker");
    else what.objects.back().producer = objects[i]["producer"].index(tasks.size(), "a task");
    if (objects[i].has("home") && objects[i].has("producer")) objects[i]["home"].fail("nothing, as it has a producer,");
    if (objects[i].has("expected_size")) what.objects.back().expected_size = objects[i]["expected_size"].not_negative();
  }
  Kinds kinds(what);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].only({"id", "name", "kind", "duration", "expected_duration", "cpus", "resources", "inputs", "outputs", "after"});
    expect_place(tasks[i], i);
    engine::Task task;
    task.name = tasks[i]["name"].text();
    task.duration = tasks[i]["duration"].not_negative();
    task.expected_duration = tasks[i].has("expected_duration") ? tasks[i]["expected_duration"].not_negative() : task.duration;
    task.cpus = tasks[i]["cpus"].count(1);
    task.kind = kinds[tasks[i].has("kind") ? tasks[i]["kind"].text() : kind_of(task.name)];
    for (const Value& input : tasks[i]["inputs"].list()) task.inputs.push_back(input.index(objects.size(), "an object"));
    for (const Value& output : tasks[i]["outputs"].list()) {
      task.outputs.push_back(output.index(objects.size(), "an object"));
      if (what.objects[task.outputs.back()].producer != i) output.fail(fmt::format("an object whose producer is task {}", i));
    }
    std::ranges::sort(task.inputs);
    task.inputs.erase(std::ranges::unique(task.inputs).begin(), task.inputs.end());
    what.tasks.push_back(std::move(task));
  }
  take_resources(tasks, value["cluster"]["workers"].list(), what);
  take_reveals(tasks, what);
  if (graph.has("jobs")) take_jobs(graph, what);
  for (std::size_t i = 0; i < objects.size(); ++i)
    if (what.objects[i].producer != engine::nobody && std::ranges::count(what.tasks[what.objects[i].producer].outputs, static_cast<std::uint32_t>(i)) != 1)
      objects[i]["producer"].fail("a task that names the object once among its outputs");
  return what;
}

Run run_of(const Value& value, const engine::Case& what) {
  value.only({"netmodel", "scheduler", "imode", "seed", "max_downloads", "max_downloads_per_source", "min_scheduling_interval", "scheduling_time", "decisions", "makespan",
              "makespan_ready_set_order", "last_task_end", "sum_task_end", "total_transfer", "transfer_count", "tasks", "transfers", "order_robust", "reproduced_by",
              "one_by_one"});
  Run run;
  run.network = value["netmodel"].text();
  if (run.network == "maxmin") run.setting.network = engine::NetworkModel::maxmin;
  else if (run.network != "simple") value["netmodel"].fail("\"simple\" or \"maxmin\"");
  if (value.has("scheduler")) run.scheduler = value["scheduler"].text();
  if (value.has("max_downloads")) run.setting.downloads_max = value["max_downloads"].count(1);
  if (value.has("max_downloads_per_source")) run.setting.downloads_per_source_max = value["max_downloads_per_source"].count(1);
  if (value.has("min_scheduling_interval")) run.setting.interval = value["min_scheduling_interval"].not_negative();
  if (value.has("scheduling_time")) run.setting.scheduling_time = value["scheduling_time"].not_negative();
  run.setting.one_by_one = !value.has("one_by_one") || value["one_by_one"].flag();
  double last = 0;
  for (const Value& one : value["decisions"].list()) {
    const auto parts = one.list(2);
    engine::Decision decision{parts[0].not_negative(), {}};
    if (decision.time < last) parts[0].fail(fmt::format("a time of at least {}, that of the decision before", last));
    last = decision.time;
    for (const Value& assignment : parts[1].list()) {
      const auto fields = assignment.list(4);
      decision.assignments.push_back({fields[0].index(what.tasks.size(), "a task"), fields[1].index(what.cpus.size(), "a worker"), fields[2].number(), fields[3].number()});
    }
    run.decisions.push_back(std::move(decision));
  }
  Expected& expected = run.expected;
  if (value.has("makespan")) expected.makespan = value["makespan"].not_negative();
  if (value.has("last_task_end")) expected.last_task_end = value["last_task_end"].not_negative();
  if (value.has("total_transfer")) expected.total_transfer = value["total_transfer"].not_negative();
  if (value.has("transfer_count")) expected.transfer_count = value["transfer_count"].count(0);
  if (value.has("sum_task_end")) expected.has_sum = true, expected.sum_task_end = value["sum_task_end"].not_negative();
  if (value.has("order_robust")) run.order_robust = value["order_robust"].flag();
  if (value.has("makespan_ready_set_order")) run.makespan_ready_set_order = value["makespan_ready_set_order"].not_negative();
  if (value.has("tasks"))
    for (const Value& one : value["tasks"].list()) {
      const auto fields = one.list(4);
      expected.tasks.push_back({fields[0].index(what.tasks.size(), "a task"), fields[1].index(what.cpus.size(), "a worker"), fields[2].not_negative(), fields[3].not_negative()});
    }
  if (value.has("transfers"))
    for (const Value& one : value["transfers"].list()) {
      const auto fields = one.list(5);
      expected.transfers.push_back({fields[0].index(what.objects.size(), "an object"), fields[1].index(what.cpus.size(), "a worker"), fields[2].index(what.cpus.size(), "a worker"),
                                    fields[3].not_negative(), fields[4].not_negative()});
    }
  return run;
}

CaseRuns runs_of(const Value& value, engine::Case what) {
  CaseRuns all{std::move(what), {}};
  if (auto checked = engine::check(all.what); !checked) throw Wrong{all.what.name + ": " + checked.failure().message};
  for (const Value& run : value["runs"].list()) all.runs.push_back(run_of(run, all.what));
  return all;
}
/// Of a workflow that lies in a file beside.
CaseRuns workflow_runs_of(const Value& value, const std::string& folder) {
  value.only({"file", "facts", "cluster", "bandwidth", "statistics", "runs"});
  auto workflow = read_workflow((std::filesystem::path(folder) / value["file"].text()).string());
  if (!workflow) throw Wrong{workflow.failure().message};
  take_cluster(value, workflow->graph);
  return runs_of(value, std::move(workflow->graph));
}
}  // namespace

Result<std::vector<CaseRuns>> parse_cases(std::string_view text, const std::string& folder) {
  return reading_json([&](const Value& file) {
    const std::string format = file["format"].text();
    std::vector<CaseRuns> cases;
    if (format == "sched-sim-micro/1") {
      file.only({"format", "units", "cases"});
      for (const Value& one : file["cases"].list()) {
        one.only({"name", "checks", "graph", "cluster", "bandwidth", "reassign_when_finished", "runs"});
        cases.push_back(runs_of(one, case_of(one)));
      }
    } else if (format == "sched-sim-case/1") {
      file.only({"format", "name", "units", "generator", "graph", "cluster", "bandwidth", "lower_bounds", "left_out", "runs", "statistics"});
      cases.push_back(runs_of(file, case_of(file)));
    } else if (format == "wfformat-expected/1") {
      file.only({"format", "units", "files"});
      for (const Value& one : file["files"].list()) cases.push_back(workflow_runs_of(one, folder));
    } else {
      file["format"].fail("\"sched-sim-case/1\", \"sched-sim-micro/1\" or \"wfformat-expected/1\"");
    }
    return cases;
  }, text);
}

Result<std::vector<CaseRuns>> read_cases(const std::string& path) {
  return read_file(path, [&](std::string_view text) { return parse_cases(text, std::filesystem::path(path).parent_path().string()); });
}
}  // namespace tessera::simulation::files
