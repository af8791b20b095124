/// @file
/// A graph under way: tasks and files by what a file calls them. Only for what reads files here: `files/*.cpp`.
#pragma once
#include "simulation/files/workflow.hpp"
#include "simulation/files/wrong.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace tessera::simulation::files {
/// Kinds of tasks by name.
class Kinds {
 public:
  explicit Kinds(engine::Case& what) : case_(what) {}
  std::uint32_t operator[](const std::string& name) {
    const auto [at, is_new] = places_.emplace(name, static_cast<std::uint32_t>(case_.kinds.size()));
    if (is_new) case_.kinds.push_back(name);
    return at->second;
  }

 private:
  engine::Case& case_;
  std::map<std::string, std::uint32_t> places_;
};

class GraphMaker {
 public:
  explicit GraphMaker(Workflow& workflow) : workflow_(workflow), kinds_(workflow.graph) {}

  std::uint32_t add_task(const Named& id, const std::string& name) {
    const auto place = static_cast<std::uint32_t>(workflow_.graph.tasks.size());
    if (!tasks_.emplace(id.name, place).second) id.fail("an id that no task before has");
    workflow_.graph.tasks.push_back({name, 0, 1, {}, {}});
    workflow_.graph.tasks.back().kind = kinds_[kind_of(name)];
    signals_.push_back(none);
    return place;
  }
  /// Another name by which tasks may call it; the first that has it keeps it.
  void also(const std::string& name, std::uint32_t task) { tasks_.emplace(name, task); }
  std::uint32_t task(const Named& id) const {
    const auto at = tasks_.find(id.name);
    if (at == tasks_.end()) id.fail("the id of a task");
    return at->second;
  }
  engine::Task& operator[](std::uint32_t task) { return workflow_.graph.tasks[task]; }

  /// The first size counts.
  void add_file(const std::string& id, std::uint64_t bytes) { files_.emplace(id, File{bytes}); }
  void writes(std::uint32_t task, const Named& id) {
    File& file = find(id);
    if (file.object != none && workflow_.graph.objects[file.object].producer == task) return;  // Named twice.
    if (file.object != none)
      id.fail(fmt::format("a file that is written once (task {} writes it, too)", (*this)[workflow_.graph.objects[file.object].producer].name));
    file.object = add_object(static_cast<double>(file.bytes) / 1048576, task);
    ++workflow_.produced_files;
    workflow_.produced_bytes += file.bytes;
  }
  /// After all `writes`.
  void reads(std::uint32_t task, const Named& id) {
    File& file = find(id);
    if (file.object != none) {
      (*this)[task].inputs.push_back(file.object);
      return;
    }
    if (file.initial == none) {
      file.initial = static_cast<std::uint32_t>(workflow_.initial.size());
      workflow_.initial.push_back({static_cast<double>(file.bytes) / 1048576, {}});
      ++workflow_.initial_files;
      workflow_.initial_bytes += file.bytes;
    }
    auto& readers = workflow_.initial[file.initial].readers;
    if (readers.empty() || readers.back() != task) readers.push_back(task);
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
    std::uint32_t object = none, initial = none;
  };
  File& find(const Named& id) {
    const auto at = files_.find(id.name);
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
  Kinds kinds_;
  std::map<std::string, std::uint32_t> tasks_;
  std::map<std::string, File> files_;
  std::vector<std::uint32_t> signals_;   ///< By task: what those wait for that read none of its files.
};
}  // namespace tessera::simulation::files
