// What nodes do by themselves.
#include "simulation/engine/run.hpp"

namespace tessera::simulation::engine {
namespace {
/// A task that only lacks what exists already goes before all others, whatever their priority.
constexpr double produced_bonus = 100'000;
}  // namespace

void Run::assign(std::uint32_t which) {
  TaskState& task = tasks_[which];
  task.state = State::assigned;
  task.missing = 0;
  if (!memory_.empty()) task.order = order_++;
  mark(task.node);
  for (const std::uint32_t input : case_.tasks[which].inputs) task.missing += !objects_[input].is_on(task.node);
  if (task.missing == 0) return ready(which);
  for (const std::uint32_t input : case_.tasks[which].inputs)  // Of no size, it is there at once, and the last of them makes the task ready.
    if (objects_[input].exists && !objects_[input].is_on(task.node)) {
      if (case_.objects[input].size == 0) {  // Fetched all the same.
        outcome_.transfers.push_back({input, objects_[input].source, task.node, now_, now_});
        ++outcome_.transfer_count;
      }
      want(task.node, input);
    }
}

void Run::want(std::uint32_t node, std::uint32_t object) {
  if (case_.objects[object].size == 0) return reach(node, object);
  const auto place = objects_[object].at(node);
  if (place != objects_[object].places.end() && place->node == node) return;
  objects_[object].places.insert(place, {node, false});
  nodes_[node].wanted.emplace(object, order_++);
  mark(node);
}

void Run::ready(std::uint32_t which) {
  tasks_[which].state = State::ready;
  tasks_[which].order = order_++;
  nodes_[tasks_[which].node].ready.push_back(which);
  mark(tasks_[which].node);
}

/// The object is on the node now.
void Run::reach(std::uint32_t node, std::uint32_t object) {
  const auto place = objects_[object].at(node);
  if (place == objects_[object].places.end() || place->node != node) objects_[object].places.insert(place, {node, true});
  else if (std::exchange(place->is_here, true)) return;
  nodes_[node].wanted.erase(object);
  for (const std::uint32_t user : objects_[object].users)
    if (tasks_[user].node == node && tasks_[user].state == State::assigned && tasks_[user].missing > 0 && --tasks_[user].missing == 0) ready(user);
}

void Run::start() {
  while (!changed_.empty()) {  // With memory, one node waits for what another reads from its disk.
    starting_.swap(changed_);
    std::ranges::sort(starting_);
    for (const std::uint32_t node : starting_) {
      nodes_[node].changed = false;
      if (has_memory(node)) {
        run_with_memory(node);
        continue;
      }
      start_downloads(node);
      start_tasks(node);
    }
    starting_.clear();
  }
}

/// What waited before this instant gets the cores and the downloads that have become free before the scheduler decides, and before what came in this instant.
void Run::start_earlier() {
  std::ranges::sort(changed_);
  for (std::size_t i = 0; i < changed_.size(); ++i) {  // With memory, others may be added.
    const std::uint32_t node = changed_[i];
    start_downloads(node, earlier_);
    if (has_memory(node)) give_turns(node, earlier_), start_prepared(node);
    else start_tasks(node, earlier_);
  }
}

double Run::urgency(std::uint32_t node, std::uint32_t object) const {
  double most = -never;
  for (const std::uint32_t user : objects_[object].users) {
    const TaskState& task = tasks_[user];
    if (task.node == node && task.state == State::assigned) most = std::max(most, task.priority + (task.unmade == 0 && setting_.downloads != DownloadOrder::preemptive ? produced_bonus : 0));
  }
  return most;
}

void Run::start_downloads(std::uint32_t which, std::uint64_t before) {
  NodeState& node = nodes_[which];
  struct Candidate { double urgency; std::uint64_t order; std::uint32_t object; const Download* paused; };
  const std::vector<Download> paused = node.paused;
  std::vector<Candidate> candidates;
  for (const auto& [object, order] : node.wanted)
    if (order < before) candidates.push_back({setting_.downloads == DownloadOrder::in_order ? 0 : urgency(which, object), order, object, nullptr});
  for (const Download& one : paused)
    if (one.order < before) candidates.push_back({urgency(which, outcome_.transfers[one.flow].object), one.order, outcome_.transfers[one.flow].object, &one});
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) { return a.urgency != b.urgency ? a.urgency > b.urgency : a.order < b.order; });
  for (const Candidate& one : candidates) {
    const std::uint32_t source = one.paused != nullptr ? outcome_.transfers[one.paused->flow].from : objects_[one.object].source;
    const bool is_full = setting_.downloads_max > 0 && node.downloads >= setting_.downloads_max;
    const bool is_full_there = setting_.downloads_per_source_max > 0 && node.sources[source] >= setting_.downloads_per_source_max;
    std::optional<Flow> gives_way;
    if (is_full || is_full_there) {
      gives_way = less_urgent(which, is_full_there ? source : nobody, one.urgency);
      if (!gives_way && is_full) break;
      if (!gives_way) continue;
    }
    if (one.paused == nullptr && !memory_.empty() && !may_fetch(which, one.object, source)) continue;
    if (gives_way) pause(node, *gives_way);
    if (one.paused != nullptr) {
      std::erase_if(node.paused, [&](const Download& its) { return its.flow == one.paused->flow; });
      begin_download(node, *one.paused);
      continue;
    }
    node.wanted.erase(one.object);
    const auto flow = static_cast<Flow>(outcome_.transfers.size());
    if (has_events_) under_way_.insert(flow);
    outcome_.transfers.push_back({one.object, source, which, now_, now_});
    outcome_.total_transfer += case_.objects[one.object].size;
    ++outcome_.transfer_count;
    begin_download(node, {flow, one.order, case_.objects[one.object].size});
  }
}

/// Or goes on with it.
void Run::begin_download(NodeState& node, const Download& download) {
  const TransferTimes& its = outcome_.transfers[download.flow];
  ++node.sources[its.from], ++node.downloads;
  if (setting_.downloads == DownloadOrder::preemptive) node.begun.push_back(download);
  network_->start(download.flow, {its.from, its.to, download.left});
}

/// The least urgent download of what has begun, from `source` or, with `nobody`, from anywhere, if it may give way to what is so urgent.
std::optional<Flow> Run::less_urgent(std::uint32_t which, std::uint32_t source, double than) const {
  std::optional<Flow> least;
  for (const Download& one : nodes_[which].begun) {
    const TransferTimes& its = outcome_.transfers[one.flow];
    if (source != nobody && its.from != source) continue;
    if (const double its_urgency = urgency(which, its.object); its_urgency < than) than = its_urgency, least = one.flow;
  }
  return least;
}

void Run::pause(NodeState& node, Flow flow) {
  const auto at = std::ranges::find(node.begun, flow, &Download::flow);
  at->left = network_->stop(flow);
  node.paused.push_back(*at);
  node.begun.erase(at);
  --node.downloads, --node.sources[outcome_.transfers[flow].from];
}

bool Run::has_room(const NodeState& node, std::uint32_t task) const {
  if (case_.tasks[task].cpus > node.free) return false;
  if (case_.needs.empty()) return true;
  for (std::size_t i = 0; i < node.free_amounts.size(); ++i)
    if (case_.needs[task][i] > node.free_amounts[i]) return false;
  return true;
}

/// Takes what the task needs, or gives it back: `sign` is -1 or 1.
void Run::occupy(NodeState& node, std::uint32_t task, int sign) {
  node.free = static_cast<std::uint32_t>(static_cast<std::int64_t>(node.free) + sign * static_cast<std::int64_t>(case_.tasks[task].cpus));
  if (case_.needs.empty()) return;
  for (std::size_t i = 0; i < node.free_amounts.size(); ++i) node.free_amounts[i] += sign * static_cast<std::int64_t>(case_.needs[task][i]);
}

void Run::start_tasks(std::uint32_t which, std::uint64_t before) {
  NodeState& node = nodes_[which];
  if (node.ready.empty()) return;
  std::ranges::sort(node.ready, [&](std::uint32_t a, std::uint32_t b) {
    if (setting_.one_by_one) {
      const bool x = tasks_[a].order < earlier_, y = tasks_[b].order < earlier_;
      if (x != y) return x;
      if (!x) return tasks_[a].order < tasks_[b].order;
    }
    return tasks_[a].priority != tasks_[b].priority ? tasks_[a].priority > tasks_[b].priority : tasks_[a].order < tasks_[b].order;
  });
  double least = -never;  // Of the priorities that may start.
  std::erase_if(node.ready, [&](std::uint32_t task) {
    TaskState& state = tasks_[task];
    if (state.priority < least || state.order >= before) return false;
    if (!has_room(node, task)) {
      least = std::max(least, state.blocking);
      return false;
    }
    begin(which, task);
    return true;
  });
}

void Run::begin(std::uint32_t which, std::uint32_t task) {
  NodeState& node = nodes_[which];
  TaskState& state = tasks_[task];
  occupy(node, task, -1);
  state.state = State::running;
  outcome_.tasks[task] = {task, which, now_, now_, outcome_.tasks[task].assigned};
  state.end = now_ + (setting_.overheads.node_task + case_.duration_on(task, which)) / node.speed;
  running_.emplace(state.end, task);
}
}  // namespace tessera::simulation::engine
