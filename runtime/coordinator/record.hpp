/// @file
/// What the coordinator keeps of one task and of one edge, in arenas with 32-bit indices.
#pragma once
#include "runtime/base/ids.hpp"
#include "runtime/base/units.hpp"
#include "runtime/task/lifecycle.hpp"

#include <cstdint>

namespace tessera::runtime::coordinator {
inline constexpr std::uint32_t nil = 0xFFFFFFFFu;

/// One task. It lives while it is wanted or a record that depends on it lives: the lineage that a recovery needs (W2).
struct Record {
  Key key;
  std::uint64_t rank = 0;             ///< (generation, place in the order of its graph); lower runs first.
  Bytes size;                         ///< Of the result, once there is one.
  std::uint32_t segment = nil;        ///< The submission it came with: parameters, operation and options lie there.
  std::uint32_t local = 0;            ///< Its index in that graph.
  Attempt attempt;                    ///< Of the latest assignment; never goes back, even when the slot is reused.
  NodeId node = no_node;              ///< Where it is assigned.
  NodeId holder = no_node;            ///< One node that has the result; further ones in `Core::replicas_`.
  std::uint32_t missing = 0;          ///< Inputs without a result. Kept only while active.
  std::uint32_t unplaced = 0;         ///< Inputs with neither result nor node. Kept only while active.
  std::uint32_t edges = nil;          ///< First of its input edges; they lie side by side.
  std::uint32_t edge_count = 0;
  std::uint32_t first_dependent = nil;///< Head of the list of edges that name this task as input.
  std::int32_t priority = 0;          ///< As its graph says.
  std::uint32_t needed = 0;           ///< Dependents that are active, hence need the result.
  std::uint32_t wants = 0;            ///< Handles of all clients.
  ClientId client;                    ///< Whose handles `wants` counts first; further ones in `Core::more_wants_`.
  std::uint16_t failures = 0;         ///< Attempts that failed.
  std::uint8_t deaths = 0;            ///< Nodes that died under it.
  task::Phase phase = task::Phase::waiting;
  std::uint8_t evictions = 0;         ///< How often it was evicted,
  std::uint8_t in_vain = 0;           ///< and since a dependent used it. Both stay at their largest.
  std::uint8_t restores = 0;          ///< How often since then a client did not find it where it was said to be, or a node, of what cannot be made again.
  bool live : 1 = false;              ///< The slot is taken.
  bool forward : 1 = false;           ///< It delegated: its result is that of its one input.
  bool data : 1 = false;              ///< Scattered: there is no operation that could make it again.
  bool keep : 1 = false;              ///< Fire and forget: runs without a want.
  bool evicted : 1 = false;           ///< Done, and no node has it: it is made again when it is needed.
  bool restored : 1 = false;          ///< Active, and made again after it was finished, or for one that was: no cancel of what it was made of reaches it.

  bool has_dependents() const { return first_dependent != nil; }
  bool active() const {
    return phase == task::Phase::waiting || phase == task::Phase::ready || phase == task::Phase::assigned;
  }
  bool exists() const { return phase == task::Phase::done && holder != no_node; }
  bool placed() const { return phase == task::Phase::assigned || exists(); }
};

/// An input of `owner`, in the list of `producer`'s dependents.
struct Edge {
  std::uint32_t producer = nil, owner = nil, next = nil, previous = nil;
};
}  // namespace tessera::runtime::coordinator
