/// @file
/// A task graph as it is submitted: one arena, 32-bit indices, edges as CSR; at most 100 bytes a task with three inputs.
/// Immutable once built; `runtime/graph/builder.hpp` makes it and checks it.
#pragma once
#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/base/units.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tessera::runtime::graph {
/// A task's place in its graph.
using Index = std::uint32_t;

/// An input with this bit names `Graph::externals[index & ~external_bit]`: a key that the job knows already.
inline constexpr Index external_bit = 0x80000000u;

/// How often an operation may run (`docs/semantics.md` K8).
enum class Effects : std::uint8_t {
  pure,        ///< Many times, also at once; equal keys share one execution.
  idempotent,  ///< Many times, one at a time; never shared.
  once,        ///< At most once; lost with its node.
};
inline constexpr std::uint8_t effects_count = 3;

/// What a submitter says about a task besides what it computes.
struct Options {
  std::int32_t priority = 0;                                     ///< Higher runs first.
  std::uint32_t retries = 0;                                     ///< Attempts after the first that failed.
  Effects effects = Effects::pure;
  std::vector<std::pair<std::string, std::int64_t>> resources;   ///< Taken on its node while it runs; sorted by name.
  bool divides = false;                                          ///< It and all others that read its only input together make no more than that takes.
  friend bool operator==(const Options&, const Options&) = default;
};

/// One task: 40 bytes, and 4 for each input.
struct Task {
  Key key;
  std::uint64_t params_begin = 0;  ///< In `Graph::params`.
  std::uint32_t params_size = 0;
  std::uint32_t operation = 0;     ///< In `Graph::operations`.
  std::uint32_t options = 0;       ///< In `Graph::options`.
  std::uint32_t inputs_begin = 0;  ///< In `Graph::inputs`; ends where the next task's begin.
};

/// Tasks in topological order: an input that is no external has a smaller index than its task.
struct Graph {
  std::vector<Task> tasks;
  std::vector<Index> inputs;
  std::vector<std::byte> params;
  std::vector<std::string> operations;
  std::vector<Options> options;
  std::vector<Key> externals;

  std::span<const Index> inputs_of(Index task) const {
    const std::uint32_t begin = tasks[task].inputs_begin;
    const std::uint64_t end = task + 1 < tasks.size() ? tasks[task + 1].inputs_begin : inputs.size();
    return {inputs.data() + begin, static_cast<std::size_t>(end - begin)};
  }
  std::span<const std::byte> params_of(Index task) const {
    return {params.data() + tasks[task].params_begin, tasks[task].params_size};
  }
  const Key& key_of(Index input) const {
    return input & external_bit ? externals[input & ~external_bit] : tasks[input].key;
  }
};

/// Whether all indices lie in range and all inputs before their tasks: for a graph that came over a wire. O(tasks + edges).
Result<void> validate(const Graph& graph);
}  // namespace tessera::runtime::graph
