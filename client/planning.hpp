/// @file
/// From declared sizes to what is said of a graph before it runs.
#pragma once
#include "client/plan.hpp"
#include "client/sizes.hpp"
#include "runtime/protocol/messages.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace tessera::detail {
/// Of a graph's externals, in their order; empty where it is not known.
using Extents = std::vector<std::optional<Extent>>;

bool declares_sizes(const runtime::graph::Graph& graph);
/// By task; empty where the operation does not declare it or an input is not known. Costs a call of each declaration.
std::vector<std::optional<Sizes>> sizes_of(const runtime::graph::Graph& graph, const Extents& externals);

/// Marks the tasks that divide a result (`Options::divides`), as far as sizes tell: they are its only readers, none has another input, nobody
/// wants it, and together they make as much as it takes, or a sixteenth more. O(tasks + edges).
void mark_divisions(runtime::graph::Graph& graph, std::span<const std::optional<Sizes>> sizes, std::span<const runtime::graph::Index> wanted);

/// Memory that a node has for tasks and their chunks.
struct Room {
  runtime::Bytes limit, room;
};
/// Of the node with the most; empty where no node has lanes yet.
std::optional<Room> largest_room(const runtime::protocol::Status& status);
/// Why the task that needs the most can never run in that room, in words (M3); empty where all can.
std::optional<std::string> too_large(const runtime::graph::Graph& graph, const std::vector<std::optional<Sizes>>& sizes,
                                     const Extents& externals, const Room& room);

/// `holders`: the node that has each external; where it is none of the status, the first is assumed.
Plan plan_of(const runtime::graph::Graph& graph, std::vector<runtime::graph::Index> wanted, const Extents& externals,
             std::span<const runtime::NodeId> holders, const runtime::protocol::Status& status, const std::string& policy, bool spills);
}  // namespace tessera::detail
