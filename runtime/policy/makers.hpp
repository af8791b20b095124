/// @file
/// The policies of this library, each in a file of its own; `make` in policy.hpp knows them by name.
#pragma once
#include "runtime/policy/policy.hpp"
#include "runtime/policy/schedule/list_schedule.hpp"

namespace tessera::runtime::policy {
/// Tasks that are ready in the order of a list; each to the node that has enough free cores and the least to fetch (bytes of inputs that it has not; a tenth of those that are
/// on their way to it); where none has, it waits. Ties are drawn.
enum class List : std::uint8_t {
  bottom,                                ///< Falling b-level.
  top,                                   ///< Rising t-level.
  any,                                   ///< As drawn.
};
std::unique_ptr<Policy> by_list(List list, std::uint64_t seed);

/// A static schedule of what is known, and again of what is left of it when nodes come or go and when the graph grows.
std::unique_ptr<Policy> planned(schedule::Scheduler scheduler);

/// One task after the other by a function of the nodes and its inputs.
enum class Homes : std::uint8_t { no, yes };
std::unique_ptr<Policy> placing(Place place, Homes homes, std::uint64_t seed);

/// All at once, on nodes that have enough cores, drawn in proportion to them.
std::unique_ptr<Policy> at_random(std::uint64_t seed);

/// All that is ready on the node with the most cores, by falling b-level.
std::unique_ptr<Policy> on_one_node();

/// Each task when it is ready where the least is to fetch, whatever waits there; nodes with free cores take from those that have more than they have cores.
std::unique_ptr<Policy> work_stealing(std::uint64_t seed);

/// As dask.distributed does: tasks without inputs wait for a node with room, others go where they are expected to start first, and idle nodes steal what is cheap to move.
std::unique_ptr<Policy> like_dask();
}  // namespace tessera::runtime::policy
