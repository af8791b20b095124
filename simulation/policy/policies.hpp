/// @file
/// Policies for the engine, by name. Ties are drawn: one seed, one run.
#pragma once
#include "simulation/engine/policy.hpp"

#include <memory>
#include <string_view>

namespace tessera::simulation::policy {
/// Tasks that are ready in the order of a list; each to the node that has enough free cores and the least to fetch (bytes of inputs that it has not; a tenth of those that are
/// on their way to it); where none has, it waits. The lists:
///     blevel   falling b-level: the longest way to an end, the task included, without transfers
///     tlevel   rising t-level: the longest way from a beginning, without the task
///     mcp      rising latest start (ALAP), after Wu and Gajski: Hypertool, IEEE TPDS 1(3), 1990
///     random_ready   any order
/// Others:
///     single   each when it is ready on the node with the most cores, by falling b-level
///     random   all at time 0 on nodes that have enough cores, drawn in proportion to them
/// Null: there is none of that name.
std::unique_ptr<engine::Policy> make(std::string_view name, const engine::Case& what, std::uint64_t seed);
std::span<const std::string_view> names();
}  // namespace tessera::simulation::policy
