/// @file
/// What is run in virtual time: a graph with what each task takes, and the machines.
#pragma once
#include "runtime/base/units.hpp"
#include "runtime/graph/graph.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::simulation {
using runtime::Bytes;
using runtime::Duration;

/// What one task takes besides its inputs.
struct TaskCost {
  Bytes output, scratch;
  Bytes read;                 ///< From files and the like.
  bool is_declared = true;    ///< Else the node learns the size as it does live, and `output` is what comes out.
  std::optional<Duration> takes = {};  ///< On a machine of speed 1; nothing: what it touches at the speed of a lane.
};

/// Data that is there before the graph: `graph.externals`, in their order.
struct External {
  Bytes size;
  std::uint32_t node = 0;     ///< Place in `Machines::nodes`.
};

struct Workload {
  std::shared_ptr<const runtime::graph::Graph> graph;
  std::vector<runtime::graph::Index> wanted;  ///< Kept to the end.
  std::vector<TaskCost> costs;                ///< By task.
  std::vector<External> externals;
  std::vector<External> held = {};            ///< By others; it may go to disk.
};

struct Machine {
  std::uint32_t lanes = 1;    ///< 0: it only has data, as a program's node does, and its memory is not asked about.
  Bytes limit;
  Bytes process;              ///< What the process takes before any work.
  bool spills = true;
  std::vector<std::pair<std::string, std::int64_t>> resources = {};
  double speed = 1;           ///< Of tasks of which it is known what they take.
  double up = 0, down = 0;    ///< Bytes a second to and from other nodes; 0: `Speeds::network`.
};

/// Bytes a second, and what each message and task takes besides.
struct Speeds {
  double lane = 4e9, disk = 1e9, network = 1e9;
  Duration task = runtime::microseconds(2), message = runtime::microseconds(5);
  Duration placing = {};      ///< Of the coordinator, for each task that it gives to a node.
};

struct Machines {
  std::vector<Machine> nodes;
  std::string policy = "locality";
  std::uint64_t seed = 1;
  Speeds speeds;
  double spread = 1;          ///< Tasks take between a `spread`th and `spread` times of what `speeds` say.
};
}  // namespace tessera::simulation
