#include "benchmarks/validation/graphs.hpp"

#include "client/tessera.hpp"
#include "simulation/files/workflow.hpp"
#include "simulation/generate/generate.hpp"

#include <algorithm>
#include <cmath>
#include <queue>

namespace tessera::benchmarks {
namespace engine = simulation::engine;

namespace {
template <class T>
T value_of(runtime::Result<T> result) {
  if (!result) throw Error(result.failure());
  return std::move(*result);
}

engine::Case read(const std::string& text) {
  if (text.ends_with(".json")) return value_of(simulation::files::read_workflow(text)).graph;
  return value_of(simulation::generate::generate(text));
}

std::vector<std::vector<std::uint32_t>> producers_of(const engine::Case& what) {
  std::vector<std::vector<std::uint32_t>> all(what.tasks.size());
  for (std::size_t task = 0; task < all.size(); ++task) {
    for (const std::uint32_t object : what.tasks[task].inputs)
      if (what.objects[object].producer != engine::nobody) all[task].push_back(what.objects[object].producer);
    std::ranges::sort(all[task]);
    all[task].erase(std::ranges::unique(all[task]).begin(), all[task].end());
  }
  return all;
}

/// Each task after its inputs, else by number.
std::vector<std::uint32_t> order_of(const std::vector<std::vector<std::uint32_t>>& producers) {
  std::vector<std::vector<std::uint32_t>> users(producers.size());
  std::vector<std::size_t> open(producers.size());
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> next;
  for (std::uint32_t task = 0; task < producers.size(); ++task) {
    for (const std::uint32_t producer : producers[task]) users[producer].push_back(task);
    if ((open[task] = producers[task].size()) == 0) next.push(task);
  }
  std::vector<std::uint32_t> order;
  while (!next.empty()) {
    order.push_back(next.top());
    next.pop();
    for (const std::uint32_t user : users[order.back()])
      if (--open[user] == 0) next.push(user);
  }
  return order;
}

/// Task `i` makes object `i`.
engine::Case plain(const std::string& text) {
  const engine::Case from = read(text);
  const auto producers = producers_of(from);
  const auto order = order_of(producers);
  std::vector<std::uint32_t> place(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  engine::Case what;
  what.name = text.ends_with(".json") ? text.substr(text.rfind('/') + 1) : text;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    const engine::Task& its = from.tasks[order[i]];
    engine::Task task{std::to_string(i), its.duration, 1, {}, {i}};
    for (const std::uint32_t producer : producers[order[i]]) task.inputs.push_back(place[producer]);
    std::ranges::sort(task.inputs);
    double size = 0;
    for (const std::uint32_t object : its.outputs) size += from.objects[object].size;
    what.tasks.push_back(std::move(task));
    what.objects.push_back({size, i});
  }
  return what;
}

double critical_path(const engine::Case& what) {
  std::vector<double> ends;
  for (const engine::Task& task : what.tasks) {
    double start = 0;
    for (const std::uint32_t input : task.inputs) start = std::max(start, ends[input]);
    ends.push_back(start + task.duration);
  }
  return *std::ranges::max_element(ends);
}

/// Live they are whole microseconds and numbers of eight bytes.
void settle(engine::Case& what) {
  for (engine::Task& task : what.tasks) task.expected_duration = task.duration = std::max(1e-3, std::round(task.duration * 1e6) * 1e-6);
  for (engine::Object& object : what.objects) object.expected_size = object.size = std::floor(object.size * 131072) / 131072;
}
}  // namespace

engine::Case graph_of(const std::string& text, const Scale& scale) {
  engine::Case what = plain(text);
  double work = 0, data = 0;
  for (const engine::Task& task : what.tasks) work += task.duration;
  for (const engine::Object& object : what.objects) data += object.size;
  const double longer = scale.seconds / std::max(critical_path(what), work / scale.lanes), larger = data > 0 ? scale.mib / data : 0;
  for (engine::Task& task : what.tasks) task.duration *= longer;
  for (engine::Object& object : what.objects) object.size = std::min(scale.result_mib_max, object.size * larger);
  settle(what);
  return what;
}

engine::Case even_graph_of(const std::string& text, double seconds, double mib) {
  engine::Case what = plain(text);
  for (engine::Task& task : what.tasks) task.duration = seconds;
  for (engine::Object& object : what.objects) object.size = mib;
  settle(what);
  return what;
}
}  // namespace tessera::benchmarks
