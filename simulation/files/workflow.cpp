#include "simulation/files/workflow.hpp"

#include "simulation/files/json_value.hpp"

#include <map>
#include <set>

namespace tessera::simulation::files {
namespace {
constexpr double mib = 1048576;

/// A graph under way: tasks and files by what the file calls them.
class Maker {
 public:
  explicit Maker(Workflow& workflow) : workflow_(workflow) {}

  std::uint32_t add_task(const Value& id, const std::string& name) {
    const auto place = static_cast<std::uint32_t>(workflow_.graph.tasks.size());
    if (!tasks_.emplace(id.text(), place).second) id.fail("an id that no task before has");
    workflow_.graph.tasks.push_back({name, 0, 1, {}, {}});
    signals_.push_back(none);
    return place;
  }
  /// Another name by which tasks may call it; the first that has it keeps it.
  void also(const std::string& name, std::uint32_t task) { tasks_.emplace(name, task); }
  std::uint32_t task(const Value& id) const {
    const auto at = tasks_.find(id.text());
    if (at == tasks_.end()) id.fail("the id of a task");
    return at->second;
  }
  engine::Task& operator[](std::uint32_t task) { return workflow_.graph.tasks[task]; }

  void add_file(const std::string& id, std::uint64_t bytes) { files_.emplace(id, File{bytes}); }
  void writes(std::uint32_t task, const Value& id) {
    File& file = find(id);
    if (file.object != none && workflow_.graph.objects[file.object].producer == task) return;  // Named twice.
    if (file.object != none)
      id.fail(fmt::format("a file that is written once (task {} writes it, too)", (*this)[workflow_.graph.objects[file.object].producer].name));
    file.object = add_object(static_cast<double>(file.bytes) / mib, task);
    ++workflow_.produced_files;
    workflow_.produced_bytes += file.bytes;
  }
  /// After all `writes`.
  void reads(std::uint32_t task, const Value& id) {
    File& file = find(id);
    if (file.object != none) {
      (*this)[task].inputs.push_back(file.object);
    } else if (!std::exchange(file.is_read, true)) {
      ++workflow_.initial_files;
      workflow_.initial_bytes += file.bytes;
    }
  }
  /// After all `reads`.
  void follows(std::uint32_t task, std::uint32_t parent) {
    const auto is_of_parent = [&](std::uint32_t object) { return workflow_.graph.objects[object].producer == parent; };
    if (std::ranges::any_of((*this)[task].inputs, is_of_parent)) return;
    if (signals_[parent] == none) signals_[parent] = add_object(0, parent);
    (*this)[task].inputs.push_back(signals_[parent]);
  }
  void finish() {
    for (engine::Task& task : workflow_.graph.tasks) {
      std::ranges::sort(task.inputs);
      task.inputs.erase(std::ranges::unique(task.inputs).begin(), task.inputs.end());
    }
  }

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFFu;
  struct File {
    std::uint64_t bytes = 0;
    std::uint32_t object = none;
    bool is_read = false;
  };
  File& find(const Value& id) {
    const auto at = files_.find(id.text());
    if (at == files_.end()) id.fail("the id of a file in the list of files");
    return at->second;
  }
  std::uint32_t add_object(double size, std::uint32_t task) {
    const auto object = static_cast<std::uint32_t>(workflow_.graph.objects.size());
    workflow_.graph.objects.push_back({size, task});
    (*this)[task].outputs.push_back(object);
    return object;
  }

  Workflow& workflow_;
  std::map<std::string, std::uint32_t> tasks_;
  std::map<std::string, File> files_;
  std::vector<std::uint32_t> signals_;   ///< By task: what those wait for that read none of its files.
};

std::vector<Value> optional_list(const Value& value, const char* key) { return value.has(key) ? value[key].list() : std::vector<Value>{}; }
std::uint64_t bytes_of(const Value& value) { return static_cast<std::uint64_t>(value.not_negative()); }
std::uint32_t cores_of(const Value& value) { return static_cast<std::uint32_t>(std::max(1.0, std::ceil(std::min(value.not_negative(), 1e6)))); }

void follow_all(Maker& maker, std::uint32_t task, const Value& one) {
  for (const Value& parent : optional_list(one, "parents")) maker.follows(task, maker.task(parent));
  for (const Value& child : optional_list(one, "children")) maker.follows(maker.task(child), task);
}

/// 1.5 and 1.6: what tasks are, and beside it how they ran.
void take_specification(const Value& flow, Maker& maker) {
  const Value specification = flow["specification"];
  for (const Value& file : optional_list(specification, "files")) maker.add_file(file["id"].text(), bytes_of(file["sizeInBytes"]));
  const auto tasks = specification["tasks"].list();
  for (const Value& one : tasks) {
    const std::uint32_t task = maker.add_task(one["id"], one["name"].text());
    for (const Value& file : optional_list(one, "outputFiles")) maker.writes(task, file);
  }
  for (const Value& one : tasks)
    for (const Value& file : optional_list(one, "inputFiles")) maker.reads(maker.task(one["id"]), file);
  for (const Value& one : tasks) follow_all(maker, maker.task(one["id"]), one);
  std::vector<bool> ran(tasks.size());
  if (!flow.has("execution")) flow.fail("an \"execution\", which says how long tasks take");
  for (const Value& one : flow["execution"]["tasks"].list()) {
    const std::uint32_t task = maker.task(one["id"]);
    if (ran[task]) one["id"].fail("a task once");
    ran[task] = true;
    maker[task].duration = one["runtimeInSeconds"].not_negative();
    if (one.has("coreCount")) maker[task].cpus = cores_of(one["coreCount"]);
  }
  for (const Value& one : tasks)
    if (!ran[maker.task(one["id"])]) one["id"].fail("a task that \"execution\" has, too");
}

/// 1.3 and 1.4: all of a task together; tasks call each other by name, and a file is what its link, name and path say.
void take_tasks(const Value& flow, bool is_13, Maker& maker) {
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
    const std::uint64_t bytes = file.has(size) ? bytes_of(file[size]) : 0;
    maker.add_file(file["name"].text(), bytes);
    return file["name"];
  };
  std::vector<std::uint32_t> places;
  for (const Value& one : tasks) {
    const std::uint32_t task = maker.add_task(one["name"], one["name"].text());
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

runtime::Result<Workflow> parse_workflow(std::string_view text) {
  auto workflow = reading([](const Value& file) {
    Workflow made;
    Maker maker(made);
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
