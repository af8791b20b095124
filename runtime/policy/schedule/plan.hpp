/// @file
/// A static schedule as assignments.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/policy/policy.hpp"
#include "runtime/policy/schedule/list_schedule.hpp"

namespace tessera::runtime::policy::schedule {
/// Some tasks of a problem as list schedulers see them, in that order: each core is a processor, the cores of a node are of one place, and each object is an edge to each of
/// its users that takes size / bandwidth; what is made by other tasks is everywhere. `invalid_argument` where a task needs more than one core, or other resources: they place
/// tasks on one processor each.
Result<Costs> costs_of(const Problem& what, std::span<const std::uint32_t> tasks);
Result<Costs> costs_of(const Problem& what);
/// A task has the higher priority the earlier the scheduler placed it. Nodes are eager: they do not keep the planned times.
Result<std::vector<Assignment>> plan_of(const Problem& what, std::span<const std::uint32_t> tasks, Scheduler scheduler);
Result<std::vector<Assignment>> plan_of(const Problem& what, Scheduler scheduler);

/// What runs where.
struct Running { std::uint32_t task = 0, node = 0; };
/// The rest of a graph that runs, on the nodes that take tasks now. What runs stays where it is and is taken to have just begun; what other tasks made is where the view says.
Result<Costs> costs_of_rest(const View& view, std::span<const std::uint32_t> tasks, std::span<const Running> running);
Result<std::vector<Assignment>> plan_rest(const View& view, std::span<const std::uint32_t> tasks, std::span<const Running> running, Scheduler scheduler);
}  // namespace tessera::runtime::policy::schedule
