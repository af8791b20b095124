#include "runtime/graph/builder.hpp"

#include "runtime/base/assert.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace tessera::runtime::graph {
namespace {
Key key_of(const XXH128_hash_t& hash) { return {hash.high64, hash.low64}; }

/// Hashes short input in one go out of a buffer on the stack, long input as a stream.
class KeyHash {
 public:
  void add(const void* data, std::size_t size) {
    if (size > sizeof buffer_ - used_) {
      if (!streaming_) XXH3_128bits_reset(&state_), streaming_ = true;
      XXH3_128bits_update(&state_, buffer_, used_);
      used_ = 0;
      if (size > sizeof buffer_) {
        XXH3_128bits_update(&state_, data, size);
        return;
      }
    }
    if (size > 0) std::memcpy(buffer_ + used_, data, size);
    used_ += size;
  }
  void add_size(std::uint64_t size) { add(&size, sizeof size); }
  Key finish() {
    if (!streaming_) return key_of(XXH3_128bits(buffer_, used_));
    XXH3_128bits_update(&state_, buffer_, used_);
    return key_of(XXH3_128bits_digest(&state_));
  }

 private:
  unsigned char buffer_[512];
  std::size_t used_ = 0;
  bool streaming_ = false;
  XXH3_state_t state_;
};
}  // namespace

Key content_key(std::string_view operation, std::span<const std::byte> params, std::span<const Key> inputs) {
  KeyHash hash;
  hash.add_size(operation.size());
  hash.add(operation.data(), operation.size());
  hash.add_size(params.size());
  hash.add(params.data(), params.size());
  hash.add_size(inputs.size());
  hash.add(inputs.data(), inputs.size_bytes());
  return hash.finish();
}

Key content_key(const Graph& graph, Index task) {
  std::vector<Key> keys;
  for (const Index input : graph.inputs_of(task)) keys.push_back(graph.key_of(input));
  return content_key(graph.operations[graph.tasks[task].operation], graph.params_of(task), keys);
}

Key named_key(std::string_view name) {
  // Another seed than content keys have: a name can never be taken for a content (K6).
  return key_of(XXH3_128bits_withSeed(name.data(), name.size(), 0x6E616D65u));
}

namespace {
/// Two tasks with one given key and different work (K5); keys of content cannot conflict.
std::optional<Failure> key_conflict(const Graph& graph, std::vector<Index> named) {
  std::sort(named.begin(), named.end(), [&](Index a, Index b) {
    return std::pair(graph.tasks[a].key, a) < std::pair(graph.tasks[b].key, b);
  });
  for (std::size_t i = 1; i < named.size(); ++i) {
    const Index a = named[i - 1], b = named[i];
    if (graph.tasks[a].key != graph.tasks[b].key || content_key(graph, a) == content_key(graph, b)) continue;
    return Failure{ErrorCode::key_conflict,
                   fmt::format("the key {} is given twice in one graph, for task {} ({}) and for other work in task {} ({}): "
                               "choose another key for one of them", to_string(graph.tasks[a].key), a,
                               graph.operations[graph.tasks[a].operation], b, graph.operations[graph.tasks[b].operation])};
  }
  return std::nullopt;
}
}  // namespace

std::uint32_t Builder::operation(std::string_view name) {
  const auto at = std::find(graph_.operations.rbegin(), graph_.operations.rend(), name);
  if (at != graph_.operations.rend()) return static_cast<std::uint32_t>(graph_.operations.rend() - at - 1);
  graph_.operations.emplace_back(name);
  return static_cast<std::uint32_t>(graph_.operations.size() - 1);
}

std::uint32_t Builder::options(const Options& options) {
  const auto at = std::find(graph_.options.begin(), graph_.options.end(), options);
  if (at != graph_.options.end()) return static_cast<std::uint32_t>(at - graph_.options.begin());
  graph_.options.push_back(options);
  return static_cast<std::uint32_t>(graph_.options.size() - 1);
}

Index Builder::external(const Key& key) {
  graph_.externals.push_back(key);
  return external_bit | static_cast<Index>(graph_.externals.size() - 1);
}

Index Builder::add(std::uint32_t operation, std::span<const Index> inputs, std::span<const std::byte> params,
                   std::uint32_t options, std::optional<Key> key) {
  const Index index = static_cast<Index>(graph_.tasks.size());
  Task task;
  task.params_begin = graph_.params.size();
  task.params_size = static_cast<std::uint32_t>(params.size());
  task.operation = operation;
  task.options = options;
  task.inputs_begin = static_cast<std::uint32_t>(graph_.inputs.size());
  graph_.inputs.insert(graph_.inputs.end(), inputs.begin(), inputs.end());
  graph_.params.insert(graph_.params.end(), params.begin(), params.end());
  bool computable = true;
  for (const Index input : inputs) {
    if (input & external_bit) {
      if ((input & ~external_bit) >= graph_.externals.size()) computable = false;  // `build` refuses it.
      continue;
    }
    if (input >= index) sorted_ = computable = false;
    else if (!has_key_.empty() && !has_key_[input]) computable = false;
  }
  if (key) {
    task.key = *key;
    named_.push_back(index);
  } else if (computable) {
    Key keys[16];
    std::vector<Key> more;
    if (inputs.size() > 16) more.resize(inputs.size());
    Key* of = more.empty() ? keys : more.data();
    for (std::size_t i = 0; i < inputs.size(); ++i) of[i] = graph_.key_of(inputs[i]);
    task.key = content_key(graph_.operations[operation], params, {of, inputs.size()});
  }
  graph_.tasks.push_back(task);
  const bool has_key = key || computable;
  if (!has_key && has_key_.empty()) has_key_.assign(index, true);
  if (!has_key_.empty() || !has_key) has_key_.push_back(has_key);
  return index;
}

Result<Graph> Builder::build() {
  if (graph_.options.empty()) graph_.options.emplace_back();
  Graph graph = std::move(graph_);
  graph_ = {};
  const std::vector<bool> has_key = std::exchange(has_key_, {});
  const bool sorted = std::exchange(sorted_, true);
  std::vector<Index> named = std::exchange(named_, {});
  const Index count = static_cast<Index>(graph.tasks.size());
  for (Index i = 0; i < count; ++i)
    for (const Index input : graph.inputs_of(i))
      if (input & external_bit ? (input & ~external_bit) >= graph.externals.size() : input >= count)
        return Failure{ErrorCode::dangling_input,
                       fmt::format("task {} ({}) has the input {}, but the graph has {} tasks: add the input first, or "
                                   "name it with external()", i, graph.operations[graph.tasks[i].operation],
                                   input & ~external_bit, count)};
  if (sorted) {
    if (auto conflict = key_conflict(graph, std::move(named))) return std::move(*conflict);
    return graph;
  }

  std::vector<Index> order, lacking(count), at(count);
  std::vector<std::vector<Index>> dependents(count);
  for (Index i = 0; i < count; ++i)
    for (const Index input : graph.inputs_of(i))
      if (!(input & external_bit)) dependents[input].push_back(i), ++lacking[i];
  std::vector<Index> heap;  // Lowest index first: graph order where the edges leave a choice.
  const auto push = [&](Index i) { heap.push_back(i), std::push_heap(heap.begin(), heap.end(), std::greater<>{}); };
  for (Index i = 0; i < count; ++i)
    if (lacking[i] == 0) push(i);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>{});
    const Index i = heap.back();
    heap.pop_back();
    at[i] = static_cast<Index>(order.size());
    order.push_back(i);
    for (const Index dependent : dependents[i])
      if (--lacking[dependent] == 0) push(dependent);
  }
  if (order.size() < count) {
    Index i = 0;
    while (lacking[i] == 0) ++i;
    const auto before = [&](Index task) {
      for (const Index input : graph.inputs_of(task))
        if (!(input & external_bit) && lacking[input] > 0) return input;
      return task;
    };
    for (Index step = 0; step < count; ++step) i = before(i);  // Now on the cycle.
    std::string names = fmt::format("{} ({})", i, graph.operations[graph.tasks[i].operation]);
    Index shown = 0;
    for (Index j = before(i); j != i && shown < 8; j = before(j), ++shown)
      names += fmt::format(" <- {} ({})", j, graph.operations[graph.tasks[j].operation]);
    return Failure{ErrorCode::cycle, "the graph has a cycle, so no task of it could ever start: " + names};
  }
  Builder again;
  again.graph_.operations = graph.operations;
  again.graph_.options = graph.options;
  again.graph_.externals = graph.externals;
  std::vector<Index> inputs;
  for (const Index i : order) {
    inputs.clear();
    for (const Index input : graph.inputs_of(i)) inputs.push_back(input & external_bit ? input : at[input]);
    const bool keep = has_key.empty() || has_key[i];
    again.add(graph.tasks[i].operation, inputs, graph.params_of(i), graph.tasks[i].options,
              keep ? std::optional(graph.tasks[i].key) : std::nullopt);
  }
  for (Index& index : named) index = at[index];
  if (auto conflict = key_conflict(again.graph_, std::move(named))) return std::move(*conflict);
  return std::move(again.graph_);
}
}  // namespace tessera::runtime::graph
