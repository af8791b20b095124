// Nodes come and go.
#include "simulation/engine/run.hpp"

namespace tessera::simulation::engine {
void Run::happen(const NodeEvent& event) {
  NodeState& node = nodes_[event.node];
  switch (event.what) {
    case NodeEvent::What::join: node.is_live = true, node.leaves = false; break;
    case NodeEvent::What::leave: node.leaves = true; break;
    case NodeEvent::What::crash: if (node.is_live) lose(event.node); break;
    case NodeEvent::What::slow: if (node.is_live) slow_down(event.node, event.speed); break;
  }
  newly_free_.push_back(event.node);
  call(now_);
}

void Run::slow_down(std::uint32_t which, double speed) {
  NodeState& node = nodes_[which];
  for (std::uint32_t task = 0; task < tasks_.size(); ++task) {
    TaskState& state = tasks_[task];
    if (state.state != State::running || state.node != which) continue;
    running_.erase({state.end, task});
    state.end = now_ + (state.end - now_) * node.speed / speed;
    running_.emplace(state.end, task);
  }
  node.speed = speed;
}

void Run::lose(std::uint32_t which) {
  lose_tasks(which);
  lose_transfers(which);
  lose_memory(which);
  lose_objects(which);
  NodeState fresh;
  fresh.free = case_.cpus[which];
  fresh.changed = nodes_[which].changed;
  fresh.is_live = false;
  if (!case_.resources.empty()) {
    fresh.free_amounts.assign(case_.amounts[which].begin(), case_.amounts[which].end());
    fresh.promised_amounts.resize(case_.resources.size());
  }
  nodes_[which] = std::move(fresh);
}

void Run::lose_tasks(std::uint32_t node) {
  for (std::uint32_t task = 0; task < tasks_.size(); ++task) {
    TaskState& state = tasks_[task];
    if (state.node != node || state.state == State::done) continue;
    if (state.state == State::running) {
      running_.erase({state.end, task});
      ++outcome_.cut_short;
      outcome_.lost.push_back({outcome_.tasks[task], now_, false});
      outcome_.lost.back().end = now_;
    }
    if (state.state != State::unassigned) newly_lost_.push_back(task);
    state.state = State::unassigned;
    state.node = nobody;
    if (state.unmade == 0) tell_ready(task);
  }
}

void Run::lose_transfers(std::uint32_t node) {
  std::erase_if(under_way_, [&](Flow flow) {
    TransferTimes& transfer = outcome_.transfers[flow];
    if (transfer.from != node && transfer.to != node) return false;
    network_->stop(flow);
    transfer.end = now_;
    outcome_.total_transfer -= case_.objects[transfer.object].size;
    --outcome_.transfer_count;
    NodeState& target = nodes_[transfer.to];
    const auto is_it = [&](const Download& one) { return one.flow == flow; };
    if (std::erase_if(target.paused, is_it) == 0) --target.downloads, --target.sources[transfer.from];
    std::erase_if(target.begun, is_it);
    fetched(transfer, false);
    ObjectState& object = objects_[transfer.object];
    const auto place = object.at(transfer.to);  // Who still needs it wants it again, if there is another copy.
    if (place != object.places.end() && place->node == transfer.to && !place->is_here) object.places.erase(place);
    mark(transfer.to);
    return true;
  });
}

void Run::lose_objects(std::uint32_t node) {
  std::vector<std::uint32_t> gone;
  for (std::uint32_t which = 0; which < objects_.size(); ++which) {
    ObjectState& object = objects_[which];
    if (const auto at = object.at(node); at != object.places.end() && at->node == node) object.places.erase(at);
    if (!object.exists) continue;
    const auto copy = std::ranges::find(object.places, true, &Place::is_here);
    if (copy == object.places.end()) {
      gone.push_back(which);
    } else if (object.source == node) {
      object.source = copy->node;
      if (has_memory(copy->node))
        if (NodeMemory::Held* const held = memory_[copy->node]->find(which)) held->is_copy = false;
    }
  }
  for (const std::uint32_t which : gone) lose_object(which);
  for (const std::uint32_t which : gone)
    if (std::ranges::any_of(objects_[which].users, [&](std::uint32_t user) { return tasks_[user].state != State::done; })) make_again(which);
  // Downloads that were cut short, from other copies.
  for (std::uint32_t task = 0; task < tasks_.size(); ++task)
    if (tasks_[task].state == State::assigned)
      for (const std::uint32_t input : case_.tasks[task].inputs)
        if (objects_[input].exists && !objects_[input].is_on(tasks_[task].node)) want(tasks_[task].node, input);
}

/// No copy is left.
void Run::lose_object(std::uint32_t which) {
  ObjectState& object = objects_[which];
  object.exists = false;
  for (const Place& place : object.places) unwant(place.node, which);
  object.places.clear();
  for (const std::uint32_t user : object.users) tasks_[user].unmade += tasks_[user].state != State::done;
}

/// Its task runs again, and those before it whose results are gone, too.
void Run::make_again(std::uint32_t first) {
  std::vector<std::uint32_t> needed{first};
  while (!needed.empty()) {
    const std::uint32_t which = case_.objects[needed.back()].producer;
    needed.pop_back();
    if (which == nobody || tasks_[which].state != State::done) continue;
    TaskState& task = tasks_[which];
    task.state = State::unassigned;
    task.node = nobody;
    ++left_;
    ++outcome_.made_again;
    outcome_.lost.push_back({outcome_.tasks[which], now_, true});
    outcome_.sum_task_end -= outcome_.tasks[which].end;
    for (const std::uint32_t input : case_.tasks[which].inputs) {
      if (!memory_.empty()) ++uses_[input];
      if (objects_[input].exists) continue;
      ++task.unmade;
      needed.push_back(input);
    }
    if (task.unmade == 0) tell_ready(which);
  }
}
}  // namespace tessera::simulation::engine
