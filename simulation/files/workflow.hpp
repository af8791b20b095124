/// @file
/// Workflows as files: WfFormat 1.3 to 1.6 (github.com/wfcommons/WfFormat), the format of the WfInstances traces, DAX, the XML of Pegasus, and DOT.
#pragma once
#include "simulation/engine/replay.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::simulation::files {
struct InitialFile {
  double size = 0;                       ///< MiB.
  std::vector<std::uint32_t> readers;    ///< Tasks.
};
/// WfFormat: a task's duration is its `runtimeInSeconds`, its cores are its `coreCount`, rounded up, 1 where there is none. Each file that a task writes is an object, in order of
/// appearance; a file that none writes is everywhere at no cost. A parent of whose files a task reads none gives it an object of no size. What else the format knows
/// (memory, machines, commands, metrics) is not used.
/// DOT: a digraph as SimGrid and DSLab read them: `size` of a task is floating-point operations at 1e9 a second, unless it has a `duration` in seconds, and it may have `cores`; each edge has
/// `size` bytes of its own, and without any the second only follows. Attributes of pictures may be there; subgraphs may not.
/// DAX: the same with each job's `runtime` and `cores`, and what it `uses`; a `child` follows each `parent`.
struct Workflow {
  engine::Case graph;                    ///< Without nodes and network.
  std::uint64_t produced_files = 0, produced_bytes = 0;
  std::uint64_t initial_files = 0, initial_bytes = 0;  ///< Read, and written by no task.
  std::vector<InitialFile> initial;      ///< These.
  double makespan = 0;                   ///< Seconds that the recorded run took, with its own waiting times; 0: not said.
};
/// `bad_input`: where, what was wrong and what there should be; other versions, files and tasks that are named and not there, two writers of one file; `cycle`. O(tasks + files).
runtime::Result<Workflow> parse_workflow(std::string_view text);
runtime::Result<Workflow> read_workflow(const std::string& path);

/// From now on files that no task writes are objects of the graph, made by nobody; `engine::put_on` says where they are. Call it once.
void add_initial_files(Workflow& workflow);

/// A task's name without what counts it: "mDiffFit-12", "mDiffFit_ID0000012" and "mDiffFit" are of one kind.
std::string kind_of(const std::string& name);

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
