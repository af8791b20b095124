// WfFormat 1.3 to 1.6.
#include "simulation/files/formats.hpp"
#include "simulation/files/graph_maker.hpp"
#include "simulation/files/json_value.hpp"

#include <cmath>

namespace tessera::simulation::files {
namespace {
std::vector<Value> optional_list(const Value& value, const char* key) { return value.has(key) ? value[key].list() : std::vector<Value>{}; }
std::uint64_t bytes_of(const Value& value) {
  if (value.not_negative() > file_bytes_max) value.fail("at most 1e18 bytes");
  return static_cast<std::uint64_t>(value.number());
}
std::uint32_t cores_of(const Value& value) { return static_cast<std::uint32_t>(std::max(1.0, std::ceil(std::min(value.not_negative(), 1e6)))); }

void follow_all(GraphMaker& maker, std::uint32_t task, const Value& one) {
  for (const Value& parent : optional_list(one, "parents")) maker.follows(task, maker.task(parent.named()));
  for (const Value& child : optional_list(one, "children")) maker.follows(maker.task(child.named()), task);
}

/// 1.5 and 1.6: what tasks are, and beside it how they ran.
void take_specification(const Value& flow, GraphMaker& maker) {
  const Value specification = flow["specification"];
  for (const Value& file : optional_list(specification, "files")) maker.add_file(file["id"].text(), bytes_of(file["sizeInBytes"]));
  const auto tasks = specification["tasks"].list();
  for (const Value& one : tasks) {
    const std::uint32_t task = maker.add_task(one["id"].named(), one["name"].text());
    for (const Value& file : optional_list(one, "outputFiles")) maker.writes(task, file.named());
  }
  for (const Value& one : tasks)
    for (const Value& file : optional_list(one, "inputFiles")) maker.reads(maker.task(one["id"].named()), file.named());
  for (const Value& one : tasks) follow_all(maker, maker.task(one["id"].named()), one);
  std::vector<bool> ran(tasks.size());
  if (!flow.has("execution")) flow.fail("an \"execution\", which says how long tasks take");
  for (const Value& one : flow["execution"]["tasks"].list()) {
    const std::uint32_t task = maker.task(one["id"].named());
    if (ran[task]) one["id"].fail("a task once");
    ran[task] = true;
    maker[task].duration = one["runtimeInSeconds"].not_negative();
    if (one.has("coreCount")) maker[task].cpus = cores_of(one["coreCount"]);
  }
  for (const Value& one : tasks)
    if (!ran[maker.task(one["id"].named())]) one["id"].fail("a task that \"execution\" has, too");
}

/// 1.3 and 1.4: all of a task together; tasks call each other by name, and a file is what its path and name say.
void take_tasks(const Value& flow, bool is_13, GraphMaker& maker) {
  const char *runtime = is_13 ? "runtime" : "runtimeInSeconds", *size = is_13 ? "size" : "sizeInBytes";
  const auto tasks = flow["tasks"].list();
  const auto files_of = [&](const Value& task, std::string_view link) {
    std::vector<Value> all;
    for (const Value& file : optional_list(task, "files")) {
      const std::string its = file["link"].text();
      if (its != "input" && its != "output") file["link"].fail("\"input\" or \"output\"");
      if (its == link) all.push_back(file);
    }
    return all;
  };
  const auto add = [&](const Value& file) {
    Named its = file["name"].named();
    if (file.has("path")) its.name = file["path"].text() + its.name;
    maker.add_file(its.name, file.has(size) ? bytes_of(file[size]) : 0);
    return its;
  };
  std::vector<std::uint32_t> places;
  for (const Value& one : tasks) {
    const std::uint32_t task = maker.add_task(one["name"].named(), one["name"].text());
    places.push_back(task);
    maker[task].duration = one.has(runtime) ? one[runtime].not_negative() : 0;
    if (one.has("cores")) maker[task].cpus = cores_of(one["cores"]);
    for (const Value& file : files_of(one, "output")) maker.writes(task, add(file));
  }
  for (std::size_t i = 0; i < tasks.size(); ++i)
    if (tasks[i].has("id")) maker.also(tasks[i]["id"].text(), places[i]);
  for (std::size_t i = 0; i < tasks.size(); ++i)
    for (const Value& file : files_of(tasks[i], "input")) maker.reads(places[i], add(file));
  for (std::size_t i = 0; i < tasks.size(); ++i) follow_all(maker, places[i], tasks[i]);
}
}  // namespace

runtime::Result<Workflow> parse_wfformat(std::string_view text) {
  return reading_json([](const Value& file) {
    Workflow made;
    GraphMaker maker(made);
    const std::string version = file["schemaVersion"].text();
    const bool is_13 = version == "1.3";
    made.graph.name = file["name"].text();
    const Value flow = file["workflow"];
    const char* makespan = is_13 ? "makespan" : "makespanInSeconds";
    if (version == "1.5" || version == "1.6") {
      take_specification(flow, maker);
      if (flow["execution"].has(makespan)) made.makespan = flow["execution"][makespan].not_negative();
    } else if (is_13 || version == "1.4") {
      take_tasks(flow, is_13, maker);
      if (flow.has(makespan)) made.makespan = flow[makespan].not_negative();
    } else {
      file["schemaVersion"].fail("\"1.3\", \"1.4\", \"1.5\" or \"1.6\"");
    }
    maker.finish();
    return made;
  }, text);
}
}  // namespace tessera::simulation::files
