/// @file
/// What a policy knows of a graph and of the nodes. Indices count tasks, objects and nodes from 0.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace tessera::runtime::policy {
/// What a task makes and others need.
struct Object {
  double size = 0;                       ///< MiB.
  std::uint32_t producer = 0;            ///< A task.
  double expected_size = size;           ///< As its user thinks.
};
struct Task {
  std::string name;
  double duration = 0;                   ///< Seconds, on any node.
  std::uint32_t cpus = 1;
  std::vector<std::uint32_t> inputs, outputs;  ///< Objects.
  double expected_duration = duration;   ///< As its user thinks.
};
/// Live, a task's index is used again when it is gone; what is gone has neither inputs nor duration.
struct Problem {
  std::string name;
  std::vector<Task> tasks;
  std::vector<Object> objects;
  std::vector<std::uint32_t> cpus;       ///< Of each node; 0: it is gone, or takes no tasks.
  double bandwidth = 0;                  ///< MiB/s.
};
}  // namespace tessera::runtime::policy
