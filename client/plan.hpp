/// @file
/// Will it fit? What a graph will take, found by running it in virtual time with the coordinator and the nodes that run it live.
#pragma once
#include "runtime/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tessera {
/// What `Cluster::plan` answers: as if nothing else ran, and all that is wanted were kept.
struct Plan {
  bool fits = false;
  std::string why;                                ///< Where it does not: which task, what it needs, the limit, what to do.
  std::uint64_t tasks = 0;                        ///< That run.
  std::uint32_t nodes = 0;
  runtime::Bytes limit;                           ///< Of the smallest node.
  runtime::Bytes peak;                            ///< The most that one node's process takes.
  runtime::Bytes peak_least, peak_most;           ///< The same where tasks are less or more even, and messages later, than is assumed.
  runtime::Bytes read, moved;                     ///< From outside, as declared; between nodes.
  runtime::Bytes spilled, loaded;                 ///< Written to disk and read back.
  std::optional<runtime::Bytes> smallest_limit;   ///< Of each node, with a folder to spill to; empty where none is enough.
  std::optional<runtime::Bytes> smallest_limit_in_memory;  ///< Without one.
  /// Operations of tasks whose sizes nobody declared (`client/sizes.hpp`): taken as large as their inputs together, so that what is said
  /// of memory is a guess.
  std::vector<std::string> undeclared;
};

/// A few lines for people.
std::string to_string(const Plan& plan);
}  // namespace tessera
