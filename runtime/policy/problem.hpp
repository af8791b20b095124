/// @file
/// What a policy knows of a graph and of the nodes. Indices count tasks, objects and nodes from 0.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tessera::runtime::policy {
/// In place of a task or node: there is none.
constexpr std::uint32_t nobody = 0xFFFFFFFFu;

/// What a task makes and others need.
struct Object {
  double size = 0;                       ///< MiB.
  std::uint32_t producer = 0;            ///< A task; `nobody`: it is there from the beginning.
  std::uint32_t home = nobody;           ///< Where it is then.
  double expected_size = size;           ///< As its user thinks.
};
struct Task {
  std::string name;
  double duration = 0;                   ///< Seconds, but for `Problem::times`.
  std::uint32_t cpus = 1;
  std::vector<std::uint32_t> inputs, outputs;  ///< Objects.
  double expected_duration = duration;   ///< As its user thinks.
  std::uint32_t kind = 0;                ///< Those of one kind do the same; its place in `Problem::kinds`.
};
/// Tasks of which nobody knows before it arrives.
struct Job {
  std::string name;
  double arrival = 0;                    ///< Seconds.
  std::uint32_t first = 0, end = 0;      ///< Its tasks: from `first` to before `end`.
};
/// Live, a task's index is used again when it is gone; what is gone has neither inputs nor duration.
struct Problem {
  std::string name;
  std::vector<Task> tasks;
  std::vector<Object> objects;
  std::vector<std::uint32_t> cpus;       ///< Of each node; 0: it takes no tasks.
  double bandwidth = 0;                  ///< MiB/s.
  std::vector<std::string> kinds = {};   ///< Names; empty: all tasks are of one kind.
  std::vector<std::vector<double>> times = {};             ///< By kind and node: a task takes its duration times this. Empty: 1.
  std::vector<std::string> resources = {};                 ///< Names of what tasks take besides cores.
  std::vector<std::vector<std::uint32_t>> needs = {};      ///< By task: of each resource. Empty: none need any.
  std::vector<std::vector<std::uint32_t>> amounts = {};    ///< By node: of each resource.
  std::vector<Job> jobs = {};                              ///< Tasks of none are known from the beginning.
  std::vector<std::uint32_t> revealed_by = {};             ///< By task: known only from the end of that task on, or `nobody`. Empty: all are `nobody`.

  double duration_on(std::uint32_t task, std::uint32_t node) const { return times.empty() ? tasks[task].duration : tasks[task].duration * times[tasks[task].kind][node]; }
  /// The node has as many cores, and as much of each resource.
  bool fits(std::uint32_t task, std::uint32_t node) const;
  /// The place of that name in `kinds`, where it is added if need be.
  std::uint32_t kind(const std::string& its);
};
}  // namespace tessera::runtime::policy
