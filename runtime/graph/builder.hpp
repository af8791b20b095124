/// @file
/// Makes a `Graph`: tasks may be added in any order and name inputs that come later; `build` refuses cycles and dangling
/// inputs, sorts, and gives each task its key.
#pragma once
#include "runtime/graph/graph.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace tessera::runtime::graph {
/// The key of a pure task: XXH3-128 over operation, params and input keys, each with its length (rules K1, K4, K6).
Key content_key(std::string_view operation, std::span<const std::byte> params, std::span<const Key> inputs);

/// The content key of a task of a graph, whatever key it was given.
Key content_key(const Graph& graph, Index task);

/// The key of a name that a user gave (rule K5).
Key named_key(std::string_view name);

/// Collects tasks. Adding is O(inputs + params); nothing is checked before `build`.
class Builder {
 public:
  /// The index of `name` in the operation table; the same name gives the same index. O(1) expected.
  std::uint32_t operation(std::string_view name);
  /// The index of `options` in the options table; equal options share one. Linear in distinct options: they are few.
  std::uint32_t options(const Options& options);
  /// An input that names a key which the job knows already.
  Index external(const Key& key);
  /// Adds a task; its index is the number of tasks added before. `key`: empty asks for the content key.
  Index add(std::uint32_t operation, std::span<const Index> inputs, std::span<const std::byte> params,
            std::uint32_t options, std::optional<Key> key = std::nullopt);
  std::size_t size() const { return graph_.tasks.size(); }
  const Graph& so_far() const { return graph_; }

  /// The key of task `index`; computed as tasks are added when their inputs come before them (the usual case).
  Key key(Index index) const { return graph_.tasks[index].key; }

  /// Checks, sorts topologically if needed (stable: graph order otherwise), computes keys that are still missing, and
  /// leaves the builder empty. `cycle` names the tasks of one cycle, `dangling_input` the task and the index,
  /// `key_conflict` the two tasks that were given one key for different work (K5).
  Result<Graph> build();

 private:
  Graph graph_;
  std::vector<bool> has_key_;  ///< Filled only once a task without a computable key was added.
  std::vector<Index> named_;   ///< Tasks whose key was given.
  bool sorted_ = true;
};
}  // namespace tessera::runtime::graph
