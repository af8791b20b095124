#include "client/planning.hpp"

#include "actors/memory_limit.hpp"
#include "runtime/node/core.hpp"
#include "simulation/forecast.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace tessera {
using runtime::Bytes;
namespace graph = runtime::graph;

namespace {
std::string limit_in_words(const std::optional<Bytes>& limit) { return limit ? to_string(*limit) : "no limit is enough"; }
}  // namespace

std::string to_string(const Plan& plan) {
  const std::string around = plan.peak_least == plan.peak_most ? "" : fmt::format(" ({} to {}, as tasks and messages take)", to_string(plan.peak_least), to_string(plan.peak_most));
  std::string text = plan.fits ? fmt::format("{} tasks fit: peak {}{} of {} on {} {}\n", plan.tasks, to_string(plan.peak), around, to_string(plan.limit), plan.nodes,
                                             plan.nodes == 1 ? "node" : "nodes")
                               : fmt::format("{} tasks do not fit {}: {}\n", plan.tasks, to_string(plan.limit), plan.why);
  text += fmt::format("  read {}, moved between nodes {}, spilled {}, loaded {}\n", to_string(plan.read), to_string(plan.moved),
                      to_string(plan.spilled), to_string(plan.loaded));
  text += fmt::format("  smallest --memory-limit of a node: {} with a disk, {} without\n", limit_in_words(plan.smallest_limit),
                      limit_in_words(plan.smallest_limit_in_memory));
  if (!plan.undeclared.empty())
    text += fmt::format("  a guess, as these do not declare their sizes: {}\n", fmt::join(plan.undeclared, ", "));
  return text;
}

namespace detail {
bool declares_sizes(const graph::Graph& graph) {
  const auto& table = arrays::OperationTable::global();
  return std::ranges::any_of(graph.operations, [&](const std::string& name) {
    const arrays::Operation* operation = table.find(name);
    return operation != nullptr && operation->sizes != nullptr;
  });
}

std::vector<std::optional<Sizes>> sizes_of(const graph::Graph& graph, const Extents& externals) {
  std::vector<const arrays::Operation*> operations;
  for (const std::string& name : graph.operations) operations.push_back(arrays::OperationTable::global().find(name));
  std::vector<std::optional<Sizes>> all(graph.tasks.size());
  std::vector<Extent> inputs;
  for (graph::Index task = 0; task < graph.tasks.size(); ++task) {
    const arrays::Operation* operation = operations[graph.tasks[task].operation];
    if (operation == nullptr || operation->sizes == nullptr) continue;
    inputs.clear();
    bool is_known = true;
    for (const graph::Index input : graph.inputs_of(task)) {
      const Extent* extent = nullptr;
      if (input & graph::external_bit) {
        const auto& one = externals[input & ~graph::external_bit];
        if (one) extent = &*one;
      } else if (all[input]) {
        extent = &all[input]->output;
      }
      if (extent == nullptr) {
        is_known = false;
        break;
      }
      inputs.push_back(*extent);
    }
    if (is_known) all[task] = operation->sizes(*operation, graph.params_of(task), inputs);
  }
  return all;
}

void mark_divisions(graph::Graph& graph, std::span<const std::optional<Sizes>> sizes, std::span<const graph::Index> wanted) {
  struct Parts {
    std::uint32_t count = 0;
    Bytes bytes;
    bool is_all = true;  // Nothing else is done with it.
  };
  std::vector<Parts> parts_of(graph.tasks.size());
  for (const graph::Index want : wanted) parts_of[want].is_all = false;
  for (graph::Index task = 0; task < graph.tasks.size(); ++task) {
    const auto inputs = graph.inputs_of(task);
    for (const graph::Index input : inputs) {
      if (input & graph::external_bit) continue;
      Parts& parts = parts_of[input];
      ++parts.count;
      if (inputs.size() == 1 && sizes[task]) parts.bytes += sizes[task]->output.bytes;
      else parts.is_all = false;
    }
  }
  std::vector<std::optional<std::uint32_t>> marked(graph.options.size());
  for (graph::Index task = 0; task < graph.tasks.size(); ++task) {
    const auto inputs = graph.inputs_of(task);
    if (inputs.size() != 1 || (inputs.front() & graph::external_bit) || !sizes[inputs.front()]) continue;
    const Parts& parts = parts_of[inputs.front()];
    const Bytes whole = sizes[inputs.front()]->output.bytes;
    if (!parts.is_all || parts.count < 2 || parts.bytes.value > whole.value + whole.value / 16) continue;
    std::uint32_t& options = graph.tasks[task].options;
    if (!marked[options]) {
      marked[options] = static_cast<std::uint32_t>(graph.options.size());
      graph::Options its = graph.options[options];
      its.divides = true;
      graph.options.push_back(std::move(its));
    }
    options = *marked[options];
  }
}

namespace {
/// What a task holds at once.
struct Held {
  Bytes inputs, output, scratch;
  Bytes largest;              ///< Of its chunks.
  Bytes all() const { return inputs + output + scratch; }
};
/// An input that is named more than once counts once where `once`.
Held held_by(const graph::Graph& graph, graph::Index task, const std::vector<std::optional<Sizes>>& sizes, const Extents& externals, bool once) {
  const Sizes& its = *sizes[task];
  Held held{{}, its.output.bytes, its.scratch, its.output.bytes};
  const auto all = graph.inputs_of(task);
  std::vector<graph::Index> inputs(all.begin(), all.end());
  if (once) {
    std::ranges::sort(inputs, {}, [&](graph::Index input) { return graph.key_of(input); });
    const auto same = std::ranges::unique(inputs, {}, [&](graph::Index input) { return graph.key_of(input); });
    inputs.erase(same.begin(), same.end());
  }
  for (const graph::Index input : inputs) {
    const Bytes bytes = input & graph::external_bit ? externals[input & ~graph::external_bit]->bytes : sizes[input]->output.bytes;
    held.inputs += bytes;
    held.largest = std::max(held.largest, bytes);
  }
  return held;
}
}  // namespace

std::optional<Room> largest_room(const runtime::protocol::Status& status) {
  std::optional<Room> most;
  for (const auto& member : status.members) {
    if (member.lanes == 0) continue;
    const auto& its = member.status;
    // What a process that works takes besides may become less.
    const bool is_idle = its.resident.value == 0 && its.reserved.value == 0;
    const Bytes taken = is_idle ? its.overhead : runtime::node::margin_of(its.limit);
    const Room room{its.limit, its.limit > taken ? its.limit - taken : Bytes{}};
    if (!most || room.room > most->room) most = room;
  }
  return most;
}

std::optional<std::string> too_large(const graph::Graph& graph, const std::vector<std::optional<Sizes>>& sizes, const Extents& externals,
                                     const Room& room) {
  std::optional<std::pair<graph::Index, Held>> worst;
  for (graph::Index task = 0; task < graph.tasks.size(); ++task) {
    if (!sizes[task]) continue;
    if (held_by(graph, task, sizes, externals, false).all() <= room.room) continue;
    const Held held = held_by(graph, task, sizes, externals, true);
    if (held.all() > room.room && (!worst || held.all() > worst->second.all())) worst = {task, held};
  }
  if (!worst) return std::nullopt;
  const auto& [task, held] = *worst;
  const double part = static_cast<double>(room.room.value) / static_cast<double>(held.all().value);
  const Bytes fitting{static_cast<std::uint64_t>(static_cast<double>(held.largest.value) * part)};
  return fmt::format(
      "a task of \"{}\" ({}) needs {} at once ({} of inputs, {} for its output, {} of scratch), and of the largest node's limit of {} tasks "
      "can have {}: use chunks of at most {} instead of {}, or raise --memory-limit",
      graph.operations[graph.tasks[task].operation], to_string(graph.tasks[task].key), to_string(held.all()), to_string(held.inputs),
      to_string(held.output), to_string(held.scratch), to_string(room.limit), to_string(room.room), to_string(fitting),
      to_string(held.largest));
}

namespace {
simulation::Workload workload_of(const graph::Graph& graph, std::vector<graph::Index> wanted, const Extents& externals,
                                 std::vector<std::string>& undeclared_names) {
  simulation::Workload workload{std::make_shared<const graph::Graph>(graph), std::move(wanted), {}, {}, {}};
  const auto sizes = sizes_of(graph, externals);
  std::vector<bool> undeclared(graph.operations.size());
  for (graph::Index task = 0; task < graph.tasks.size(); ++task) {
    simulation::TaskCost cost;
    if (sizes[task]) {
      cost = {sizes[task]->output.bytes, sizes[task]->scratch, sizes[task]->read, true};
    } else {
      cost.is_declared = false;
      for (const graph::Index input : graph.inputs_of(task)) {
        if (!(input & graph::external_bit)) cost.output += workload.costs[input].output;
        else if (const auto& one = externals[input & ~graph::external_bit]) cost.output += one->bytes;
      }
      undeclared[graph.tasks[task].operation] = true;
    }
    workload.costs.push_back(cost);
  }
  for (const auto& external : externals) workload.externals.push_back({external ? external->bytes : Bytes{}, 0});
  for (std::size_t i = 0; i < undeclared.size(); ++i)
    if (undeclared[i]) undeclared_names.push_back(graph.operations[i]);
  std::ranges::sort(undeclared_names);
  return workload;
}
}  // namespace

Plan plan_of(const graph::Graph& graph, std::vector<graph::Index> wanted, const Extents& externals,
             std::span<const runtime::NodeId> holders, const runtime::protocol::Status& status, const std::string& policy, bool spills) {
  Plan plan;
  simulation::Workload workload = workload_of(graph, std::move(wanted), externals, plan.undeclared);
  simulation::Machines machines;
  machines.policy = policy;
  // What nodes have of these is not known here: as much as the task that takes the most.
  std::map<std::string, std::int64_t> resources;
  for (const graph::Options& options : graph.options)
    for (const auto& [name, amount] : options.resources) resources[name] = std::max(resources[name], amount);
  for (const auto& member : status.members) {
    Bytes own;  // Of what the graph reads.
    for (std::size_t i = 0; i < holders.size(); ++i)
      if (holders[i] == member.node) {
        workload.externals[i].node = static_cast<std::uint32_t>(machines.nodes.size());
        own += workload.externals[i].size;
      }
    if (member.lanes == 0 && own.value == 0) continue;  // What programs hold besides is no matter of this graph.
    const Bytes limit = member.status.limit, margin = runtime::node::margin_of(limit);
    const Bytes process = member.status.overhead > margin ? member.status.overhead - margin : Bytes{};
    Bytes held = member.status.resident + member.status.spilled;
    held = held > own ? held - own : Bytes{};
    if (held.value > 0) workload.held.push_back({held, static_cast<std::uint32_t>(machines.nodes.size())});
    machines.nodes.push_back({member.lanes, limit, process, spills, {resources.begin(), resources.end()}});
    if (member.lanes > 0 && (plan.nodes++ == 0 || limit < plan.limit)) plan.limit = limit;
  }
  const simulation::Outcome outcome = simulation::World(workload, machines).run();
  plan.fits = outcome.is_done && outcome.why.empty();
  plan.why = outcome.why;
  plan.tasks = outcome.executions;
  const simulation::Peaks peaks = simulation::peaks_of(workload, machines, outcome.peak);
  plan.peak = peaks.expected, plan.peak_least = peaks.least, plan.peak_most = peaks.most;
  plan.read = outcome.read, plan.moved = outcome.moved;
  plan.spilled = outcome.spilled, plan.loaded = outcome.loaded;
  const simulation::Limits limits = simulation::smallest_limits(workload, machines);
  Bytes least;
  for (const auto& machine : machines.nodes)
    if (machine.lanes > 0) least = std::max(least, machine.process + actors::node_memory_min);
  const auto accepted = [&](const std::optional<Bytes>& limit) { return limit ? std::optional(std::max(*limit, least)) : std::nullopt; };
  plan.smallest_limit = accepted(limits.with_disk);
  plan.smallest_limit_in_memory = accepted(limits.in_memory);
  return plan;
}
}  // namespace detail
}  // namespace tessera
