#include "tests/simulation/fault/oracle.hpp"

#include <algorithm>
#include <cstring>

namespace tessera::simulation::fault {
using runtime::ErrorCode;

std::uint64_t Oracle::combine(std::span<const std::byte> params, std::span<const std::uint64_t> inputs) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const std::byte one : params) hash = (hash ^ static_cast<std::uint64_t>(one)) * 1099511628211ull;
  for (const std::uint64_t one : inputs) hash = (hash ^ one) * 1099511628211ull, hash ^= hash >> 29;
  return hash;
}

void Oracle::learn(const graph::Graph& what) {
  for (graph::Index i = 0; i < what.tasks.size(); ++i) {
    const graph::Task& task = what.tasks[i];
    const auto [at, is_new] = specs_.try_emplace(task.key);
    Spec& spec = at->second;
    if (!is_new) {
      ++spec.allowed;  // Submitted again: it may have been forgotten meanwhile.
      // The options are those of the submission that it came with first, as far as the coordinator remembers.
      spec.retries = std::min(spec.retries, what.options[task.options].retries);
      continue;
    }
    spec.operation = what.operations[task.operation];
    spec.params.assign(what.params_of(i).begin(), what.params_of(i).end());
    for (const graph::Index input : what.inputs_of(i)) spec.inputs.push_back(what.key_of(input));
    spec.effects = what.options[task.options].effects;
    spec.retries = what.options[task.options].retries;
    if (spec.operation != split) continue;
    const Delegation delegated = delegation(what.params_of(i));
    specs_.at(task.key).result = delegated.graph->tasks[delegated.result].key;
    learn(*delegated.graph);
  }
}

void Oracle::learn_scattered(const Key& key) {
  Spec& spec = specs_[key];
  spec.is_scattered = true;
  spec.value = key.low * 0x9E3779B97F4A7C15ull;
}

std::uint64_t Oracle::value(const Key& key) {
  std::vector<Key> path{key};
  while (!path.empty()) {
    const Key top = path.back();
    Spec& spec = specs_.at(top);
    bool is_whole = true;
    const auto need = [&](const Key& other) {
      if (!specs_.at(other).value) path.push_back(other), is_whole = false;
    };
    if (!spec.value) {
      if (spec.result) need(*spec.result);
      else
        for (const Key& input : spec.inputs) need(input);
    }
    if (!is_whole) continue;
    if (!spec.value && spec.result) spec.value = specs_.at(*spec.result).value;
    if (!spec.value) {
      std::vector<std::uint64_t> values;
      for (const Key& input : spec.inputs) values.push_back(*specs_.at(input).value);
      spec.value = combine(spec.params, values);
    }
    path.pop_back();
  }
  return *specs_.at(key).value;
}

Bytes Oracle::size(const Key& key) {
  if (const auto& result = specs_.at(key).result) return size(*result);
  if (is_small(key)) return {8 + key.high % 4000};
  return {stage_.chaos.largest.value / 4 + key.high % (stage_.chaos.largest.value * 3 / 4)};
}

Duration Oracle::duration(const Key& key) const {
  if (key.low / 100 % 100 < stage_.chaos.cheap_percent) return microseconds(static_cast<std::int64_t>(1 + key.high % 50));
  const std::uint64_t scale = key.high % 10;
  return microseconds(static_cast<std::int64_t>(100 + key.low % (scale == 0 ? 800'000 : scale < 4 ? 60'000 : 3'000)));
}

void Oracle::begins(const Key& key, const std::string& node) {
  Spec& spec = specs_.at(key);
  ++spec.begun;
  ++runs_;
  stage_.trace(key.low);
  if (spec.effects == graph::Effects::once && spec.begun > spec.allowed + spec.thrown)
    violated("K8: {}, which has effects, begins for the {}. time on {}, and {} attempts threw", to_string(key), spec.begun, node, spec.thrown);
}

std::optional<std::uint64_t> Oracle::run(const Key& key, const std::string& operation, std::span<const std::byte> params, std::span<const std::uint64_t> inputs) {
  if (operation == forward) return inputs.front();
  Spec& spec = specs_.at(key);
  if (operation != spec.operation) violated("{} was to run {} and runs {}", to_string(key), spec.operation, operation);
  if (!std::ranges::equal(params, spec.params)) violated("{} got other parameters than were submitted", to_string(key));
  if (inputs.size() != spec.inputs.size()) violated("{} has {} inputs and got {}", to_string(key), spec.inputs.size(), inputs.size());
  if (operation == broken || (operation == flaky && spec.thrown < failures_of(key))) {
    ++spec.thrown;
    return std::nullopt;
  }
  return combine(params, inputs);
}

Oracle::Delegation Oracle::delegation(std::span<const std::byte> params) {
  std::uint64_t salt = 0;
  std::memcpy(&salt, params.data(), std::min(params.size(), sizeof salt));
  runtime::Rng rng(salt ^ combine(params, {}));
  graph::Builder builder;
  const std::uint32_t operation = builder.operation(work), options = builder.options({});
  const std::uint64_t count = 1 + rng.below(5);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::vector<graph::Index> inputs;
    for (std::uint64_t n = i == 0 ? 0 : rng.below(3); n > 0; --n) inputs.push_back(static_cast<graph::Index>(rng.below(i)));
    const std::uint64_t its[] = {rng.next(), i};
    builder.add(operation, inputs, std::as_bytes(std::span(its)), options);
  }
  return {std::make_shared<const graph::Graph>(*builder.build()), static_cast<graph::Index>(count - 1)};
}

bool Oracle::depends(const Key& key, const Key& on) {
  std::vector<Key> all{key};
  std::set<Key> seen{key};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i] == on) return true;
    const auto at = specs_.find(all[i]);
    if (at == specs_.end()) continue;
    const auto take = [&](const Key& other) {
      if (seen.insert(other).second) all.push_back(other);
    };
    for (const Key& input : at->second.inputs) take(input);
    if (at->second.result) take(*at->second.result);
  }
  return false;
}

std::string Oracle::explain(const Key& key, const protocol::Blame& blame) {
  const Chaos& chaos = stage_.chaos;
  if (blame.code == ErrorCode::coordinator_lost) return has_lost_coordinator_ ? "the coordinator was lost" : "";
  const auto at = specs_.find(blame.key);
  if (at == specs_.end() || !depends(key, blame.key)) return "";
  const Spec& culprit = at->second;
  const bool is_memory_short = chaos.is_tight && (!chaos.spills || stage_.full_disks > 0);
  switch (blame.code) {
    case ErrorCode::task_failed:
      if (culprit.thrown > culprit.retries) return "it threw too often";
      return culprit.thrown > 0 && is_memory_short && blame.attempts > culprit.retries ? "it threw, and other attempts did not fit" : "";
    case ErrorCode::cancelled: return cancelled_.contains(blame.key) ? "it was cancelled" : "";
    case ErrorCode::data_lost:
      return (culprit.is_scattered || culprit.effects == graph::Effects::once) && stage_.losses + stage_.bad_files > 0 ? "its only copy was lost" : "";
    case ErrorCode::outcome_unknown: return culprit.effects == graph::Effects::once && stage_.losses > 0 ? "its node was lost" : "";
    case ErrorCode::nodes_lost: return stage_.losses > 3 ? "nodes died under it" : "";
    case ErrorCode::no_eligible_node: return stage_.losses > 0 || chaos.has(Fault::drain) ? "nodes were lost" : "";
    case ErrorCode::out_of_memory: return is_memory_short ? "there is little memory and no disk" : "";
    case ErrorCode::out_of_disk: return stage_.full_disks > 0 ? "the disk was full" : "";
    default: return "";
  }
}

void Oracle::check_runs() const {
  // Each loss of a node, of a file and each eviction may cost one more run, each of the program's releases and cancels, too.
  const std::uint64_t reasons = stage_.losses + stage_.bad_files + stage_.evictions + stage_.cancels + stage_.releases + stage_.retries;
  for (const auto& [key, spec] : specs_)
    if (spec.begun > spec.allowed + spec.thrown + reasons)
      violated("W1: {} began {} times, with {} attempts that threw and {} reasons to run again", to_string(key), spec.begun, spec.thrown, reasons);
}
}  // namespace tessera::simulation::fault
