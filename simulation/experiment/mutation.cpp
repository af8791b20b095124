#include "simulation/experiment/mutation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tessera::simulation::experiment {
using engine::Case;
using runtime::Rng;

namespace {
double unit(Rng& rng) { return static_cast<double>(rng.next() >> 11) * 0x1p-53; }  // From [0, 1).
double rounded(double value) { return std::round(value * 100) / 100; }
std::uint32_t drawn(std::size_t count, Rng& rng) { return static_cast<std::uint32_t>(rng.below(count)); }

/// Something near it, or anything.
double other(double value, double most, Rng& rng) {
  const double near = value * std::exp2(2 * unit(rng) - 1), any = most * unit(rng);
  return rounded(std::min(most, rng.below(2) == 0 ? near : any));
}

std::uint32_t most_cores(const Case& what) {
  std::uint32_t most = 1;
  for (const engine::Task& task : what.tasks) most = std::max(most, task.cpus);
  return most;
}

/// By task: whether `from` needs it, itself included.
std::vector<bool> needed_by(const Case& what, std::uint32_t from) {
  std::vector<bool> needed(what.tasks.size());
  std::vector<std::uint32_t> left{from};
  while (!left.empty()) {
    const std::uint32_t task = left.back();
    left.pop_back();
    if (needed[task]) continue;
    needed[task] = true;
    for (const std::uint32_t input : what.tasks[task].inputs)
      if (what.objects[input].producer != engine::nobody) left.push_back(what.objects[input].producer);
  }
  return needed;
}

void add_edge(Case& what, std::uint32_t from, std::uint32_t to, const Limits& limits, Rng& rng) {
  if (needed_by(what, from)[to]) return;
  std::vector<std::uint32_t>& outputs = what.tasks[from].outputs;
  if (outputs.empty() || rng.below(2) == 0) {
    outputs.push_back(static_cast<std::uint32_t>(what.objects.size()));
    what.objects.push_back({rounded(limits.seconds * what.bandwidth * unit(rng)), from});
  }
  std::vector<std::uint32_t>& inputs = what.tasks[to].inputs;
  inputs.push_back(outputs[drawn(outputs.size(), rng)]);
  std::ranges::sort(inputs);
  inputs.erase(std::ranges::unique(inputs).begin(), inputs.end());
}

void add_task(Case& what, const Limits& limits, Rng& rng) {
  const auto task = static_cast<std::uint32_t>(what.tasks.size());
  if (task >= limits.tasks) return;
  what.tasks.push_back({fmt::format("{}", task), rounded(limits.seconds * unit(rng)), 1, {}, {}});
  if (task == 0) return;
  const std::uint32_t neighbour = drawn(task, rng);
  if (rng.below(2) == 0) add_edge(what, neighbour, task, limits, rng);
  else add_edge(what, task, neighbour, limits, rng);
}

void change_nodes(Case& what, const Limits& limits, Rng& rng) {
  const std::uint32_t node = drawn(what.cpus.size(), rng), needed = most_cores(what);
  const auto before = what.cpus;
  switch (rng.below(3)) {
    case 0: what.cpus[node] = 1 + drawn(limits.cores, rng); break;
    case 1:
      if (what.cpus.size() < limits.nodes) what.cpus.push_back(1 + drawn(limits.cores, rng));
      break;
    default:
      if (what.cpus.size() > 1) what = without_node(std::move(what), node);
  }
  if (*std::ranges::max_element(what.cpus) < needed) what.cpus = before;
}

/// Objects that no task reads.
void drop_unread(Case& what) {
  std::vector<bool> is_read(what.objects.size());
  for (const engine::Task& task : what.tasks)
    for (const std::uint32_t input : task.inputs) is_read[input] = true;
  std::vector<std::uint32_t> number(what.objects.size());
  std::vector<engine::Object> kept;
  for (std::uint32_t object = 0; object < what.objects.size(); ++object) {
    number[object] = static_cast<std::uint32_t>(kept.size());
    if (is_read[object]) kept.push_back(what.objects[object]);
  }
  for (engine::Task& task : what.tasks)
    for (auto* list : {&task.inputs, &task.outputs}) {
      std::erase_if(*list, [&](std::uint32_t object) { return !is_read[object]; });
      for (std::uint32_t& object : *list) object = number[object];
    }
  what.objects = std::move(kept);
}
}  // namespace

Case without_input(Case what, std::uint32_t task, std::size_t input) {
  auto& inputs = what.tasks[task].inputs;
  inputs.erase(inputs.begin() + static_cast<std::ptrdiff_t>(input));
  drop_unread(what);
  return what;
}

Case without_task(Case what, std::uint32_t task) {
  what.tasks[task].inputs.clear();
  for (engine::Task& one : what.tasks) std::erase_if(one.inputs, [&](std::uint32_t object) { return what.objects[object].producer == task; });
  drop_unread(what);
  what.tasks.erase(what.tasks.begin() + task);
  for (engine::Object& object : what.objects) object.producer -= object.producer != engine::nobody && object.producer > task;
  for (std::size_t i = 0; i < what.tasks.size(); ++i) what.tasks[i].name = fmt::format("{}", i);
  return what;
}

Case without_node(Case what, std::uint32_t node) {
  what.cpus.erase(what.cpus.begin() + node);
  return what;
}

Case mutated(Case what, const Limits& limits, Rng& rng) {
  if (what.tasks.empty()) {
    add_task(what, limits, rng);
    return what;
  }
  const std::uint32_t task = drawn(what.tasks.size(), rng);
  switch (rng.below(7)) {
    case 0:
    case 1: what.tasks[task].duration = what.tasks[task].expected_duration = other(what.tasks[task].duration, limits.seconds, rng); break;
    case 2:
      if (!what.objects.empty()) {
        engine::Object& object = what.objects[drawn(what.objects.size(), rng)];
        object.size = object.expected_size = other(object.size, limits.seconds * what.bandwidth, rng);
      }
      break;
    case 3: add_edge(what, drawn(what.tasks.size(), rng), task, limits, rng); break;
    case 4:
      if (!what.tasks[task].inputs.empty()) what = without_input(std::move(what), task, drawn(what.tasks[task].inputs.size(), rng));
      break;
    case 5:
      if (rng.below(2) == 0) add_task(what, limits, rng);
      else if (what.tasks.size() > 1) what = without_task(std::move(what), task);
      break;
    default: change_nodes(what, limits, rng);
  }
  return what;
}
}  // namespace tessera::simulation::experiment
