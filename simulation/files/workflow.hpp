/// @file
/// Workflows as files: WfFormat 1.3 to 1.6 (github.com/wfcommons/WfFormat), the format of the WfInstances traces, and DAX, the XML of Pegasus.
#pragma once
#include "simulation/engine/replay.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::simulation::files {
/// WfFormat: a task's duration is its `runtimeInSeconds`, its cores are its `coreCount`, rounded up, 1 where there is none. Each file that a task writes is an object, in order of
/// appearance; a file that none writes is everywhere at no cost. A parent of whose files a task reads none gives it an object of no size. What else the format knows
/// (memory, machines, commands, metrics) is not used.
/// DAX: the same with each job's `runtime` and `cores`, and what it `uses`; a `child` follows each `parent`.
struct Workflow {
  engine::Case graph;                    ///< Without nodes and network.
  std::uint64_t produced_files = 0, produced_bytes = 0;
  std::uint64_t initial_files = 0, initial_bytes = 0;  ///< Read, and written by no task.
  double makespan = 0;                   ///< Seconds that the recorded run took, with its own waiting times; 0: not said.
};
/// `bad_input`: where, what was wrong and what there should be; other versions, files and tasks that are named and not there, two writers of one file; `cycle`. O(tasks + files).
runtime::Result<Workflow> parse_workflow(std::string_view text);
runtime::Result<Workflow> read_workflow(const std::string& path);

/// What a graph looks like.
struct Facts {
  std::uint64_t tasks = 0, task_edges = 0;         ///< Edges: pairs of tasks.
  std::uint64_t produced_files = 0, all_files = 0, produced_bytes = 0, all_bytes = 0;
  double sum_runtime = 0, critical_path_runtime = 0;  ///< Seconds.
  std::uint64_t levels = 0, widest_level = 0;      ///< By the longest way from a source, in tasks.
  std::uint64_t source_tasks = 0, sink_tasks = 0;
};
Facts facts_of(const Workflow& workflow);
}  // namespace tessera::simulation::files
