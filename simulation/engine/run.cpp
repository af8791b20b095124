#include "simulation/engine/run.hpp"

#include <fmt/format.h>

namespace tessera::simulation::engine {
using runtime::ErrorCode;
using runtime::Failure;
using runtime::Result;

Failure invalid(std::string why) { return Failure{ErrorCode::invalid_argument, std::move(why)}; }

namespace {
std::unique_ptr<Network> network_of(const Case& what, const Setting& setting) {
  Links links = setting.links;
  const double bandwidth = setting.network == NetworkModel::none ? never : what.bandwidth;
  links.latency += setting.overheads.node_message;
  if (setting.network == NetworkModel::none || (setting.network == NetworkModel::simple && links.up.empty() && links.latency == 0)) return simple_network(bandwidth);
  if (links.up.empty()) links.up = links.down = std::vector<double>(what.cpus.size(), bandwidth);
  return setting.network == NetworkModel::simple ? simple_network(std::move(links)) : maxmin_network(std::move(links), setting.share);
}
}  // namespace

Run::Run(const Case& what, std::vector<Decision> decisions, Policy* policy, const Case& known, const Setting& setting)
    : case_(what), known_(known), decisions_(std::move(decisions)), policy_(policy), setting_(setting), network_(network_of(what, setting)), tasks_(what.tasks.size()),
      objects_(what.objects.size()), nodes_(what.cpus.size()), left_(what.tasks.size()), has_events_(!setting.events.empty()) {
  outcome_.tasks.resize(tasks_.size());
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    nodes_[node].free = what.cpus[node];
    if (what.resources.empty()) continue;
    nodes_[node].free_amounts.assign(what.amounts[node].begin(), what.amounts[node].end());
    nodes_[node].promised_amounts.resize(what.resources.size());
  }
  for (std::size_t i = setting.events.size(); i-- > 0;) nodes_[setting.events[i].node].is_live = setting.events[i].what != NodeEvent::What::join;
  for (std::uint32_t object = 0; object < objects_.size(); ++object)
    if (what.objects[object].producer == nobody) {
      objects_[object].exists = true;
      objects_[object].source = what.objects[object].home;
      objects_[object].places.push_back({what.objects[object].home, true});
    }
  if (!what.jobs.empty() || !what.revealed_by.empty()) hidden_.resize(tasks_.size());
  for (std::uint32_t i = 0; i < what.jobs.size(); ++i) {
    if (what.jobs[i].arrival <= 0) continue;
    arrivals_.emplace_back(what.jobs[i].arrival, i);
    for (std::uint32_t task = what.jobs[i].first; task < what.jobs[i].end; ++task) ++hidden_[task];
  }
  std::ranges::sort(arrivals_);
  for (std::uint32_t task = 0; task < what.revealed_by.size(); ++task)
    if (what.revealed_by[task] != nobody) ++hidden_[task], reveals_[what.revealed_by[task]].push_back(task);
  for (std::uint32_t task = 0; task < tasks_.size(); ++task) {
    for (const std::uint32_t object : what.tasks[task].inputs) {
      objects_[object].users.push_back(task);
      tasks_[task].unmade += objects_[object].exists ? 0 : 1;
    }
    if (!hidden_.empty()) tasks_[task].unmade += hidden_[task];
    if (hidden_.empty() || hidden_[task] == 0) newly_known_.push_back(task);
    if (tasks_[task].unmade == 0) tell_ready(task);
  }
  begin_memory();
  if (setting.learns) {
    const std::size_t kinds = std::max<std::size_t>(1, what.kinds.size());
    durations_.assign(kinds, runtime::policy::Estimator(static_cast<std::int64_t>(unknown_duration * 1e9)));
    sizes_.assign(kinds, runtime::policy::Estimator(static_cast<std::int64_t>(unknown_size * 1048576)));
  }
}

/// Where doubles are 1 ns apart: 97 days.
constexpr double latest = 8'388'608;

Result<Outcome> Run::go() {
  call(0);
  pass_outside(instant);
  while (left_ > 0) {
    double at = std::min({next_end(), call_at_, next_outside()});
    if (next_decision_ < decisions_.size() && decisions_[next_decision_].time + instant < at) at = std::max(now_, decisions_[next_decision_].time);
    if (at == never && unstick()) continue;
    if (at == never) return stuck();
    if (at > latest) return invalid(fmt::format("the run comes to {} s; times beyond {} s cannot be told apart to 2 ns: take another unit", at, latest));
    if (at > now_ + instant) earlier_ = order_;
    const double begin = now_ = at;
    bool is_decided = false;
    if (policy_ != nullptr) {
      pass_events(begin + instant);
      if (next_decision_ == decisions_.size())  // Not before its last answer is applied.
        if (auto asked = ask(); !asked) return asked.failure();
    }
    const auto is_due = [&](std::size_t decision) { return decision < decisions_.size() && decisions_[decision].time <= begin + instant; };
    for (;;) {
      // Calls of the scheduler at one instant were made between events of that instant, whose order is that of their exact times.
      const bool is_last = !is_due(next_decision_ + 1);
      if (!is_last && next_end() <= begin + instant) now_ = std::max(now_, next_end());
      pass_events(is_last ? begin + instant : now_);
      if (!is_due(next_decision_)) break;
      start_earlier();
      is_decided = true;
      if (auto applied = apply(decisions_[next_decision_++]); !applied) return applied.failure();
      if (is_last) break;
      start();
    }
    if (setting_.one_by_one) start_earlier();
    start();
    if (!is_decided) earlier_ = order_;  // What takes no time ends in the same instant, and then all that came is there.
  }
  note_memory();
  outcome_.makespan = call_at_ == never ? answered_ : call_at_ + setting_.scheduling_time;
  return std::move(outcome_);
}

double Run::next_end() const {
  double at = never;
  if (!running_.empty()) at = running_.begin()->first;
  if (const auto end = network_->next_end()) at = std::min(at, *end);
  if (!disk_ends_.empty()) at = std::min(at, std::get<0>(*disk_ends_.begin()));
  return at;
}

/// What neither nodes nor the network do by themselves.
double Run::next_outside() const {
  double at = never;
  if (next_node_event_ < setting_.events.size()) at = setting_.events[next_node_event_].time;
  if (next_arrival_ < arrivals_.size()) at = std::min(at, arrivals_[next_arrival_].first);
  if (!deliveries_.empty()) at = std::min(at, deliveries_.front().time);
  return at;
}

/// Ends of transfers and tasks until then, and what comes from outside.
void Run::pass_events(double until) {
  for (const Flow flow : network_->advance(now_, until - now_)) arrive(flow);
  while (!running_.empty() && running_.begin()->first <= until) {
    const std::uint32_t task = running_.begin()->second;
    running_.erase(running_.begin());
    end(task);
  }
  pass_disk(until);
  if (next_outside() <= until) pass_outside(until);
}

void Run::pass_outside(double until) {
  const auto later = [](const Delivery& a, const Delivery& b) { return a.time != b.time ? a.time > b.time : a.order > b.order; };
  while (!deliveries_.empty() && deliveries_.front().time <= until) {
    std::ranges::pop_heap(deliveries_, later);
    const Delivery one = deliveries_.back();
    deliveries_.pop_back();
    if (tasks_[one.what.task].state == State::sent && tasks_[one.what.task].order == one.order) assign(one.what.task);
  }
  for (; next_arrival_ < arrivals_.size() && arrivals_[next_arrival_].first <= until; ++next_arrival_) {
    const Job& job = case_.jobs[arrivals_[next_arrival_].second];
    for (std::uint32_t task = job.first; task < job.end; ++task) reveal(task);
    call(now_);
  }
  for (; next_node_event_ < setting_.events.size() && setting_.events[next_node_event_].time <= until; ++next_node_event_) happen(setting_.events[next_node_event_]);
  refused_ = 0;
}

void Run::end(std::uint32_t which) {
  TaskState& task = tasks_[which];
  NodeState& node = nodes_[task.node];
  task.state = State::done;
  --left_;
  occupy(node, which, 1);
  give_back(which, task.node);
  mark(task.node);
  outcome_.last_task_end = std::max(outcome_.last_task_end, now_);
  outcome_.sum_task_end += now_;
  outcome_.tasks[which].end = now_;
  if (setting_.learns) learn(which);
  if (policy_ != nullptr) newly_ended_.push_back(which);
  if (!memory_.empty()) keep_results(which);
  for (const std::uint32_t object : case_.tasks[which].outputs) made(object, task.node);
  if (!memory_.empty()) used(which);
  if (!reveals_.empty())
    if (const auto at = reveals_.find(which); at != reveals_.end()) {
      for (const std::uint32_t revealed : std::exchange(at->second, {})) reveal(revealed);
    }
  ++messages_;
  refused_ = 0;
  call(now_);
}

void Run::made(std::uint32_t which, std::uint32_t node) {
  ObjectState& object = objects_[which];
  if (object.exists) return reach(node, which);  // It was made again together with another that was lost.
  object.exists = true;
  object.source = node;
  for (const std::uint32_t user : object.users)
    if (tasks_[user].state != State::done && --tasks_[user].unmade == 0) tell_ready(user);
  reach(node, which);
  for (const std::uint32_t user : object.users) {
    if (tasks_[user].state != State::assigned) continue;
    mark(tasks_[user].node);
    if (!object.is_on(tasks_[user].node)) want(tasks_[user].node, which);
  }
}

void Run::arrive(Flow flow) {
  TransferTimes& transfer = outcome_.transfers[flow];
  transfer.end = now_;
  NodeState& node = nodes_[transfer.to];
  --node.downloads;
  --node.sources[transfer.from];
  std::erase_if(node.begun, [&](const Download& one) { return one.flow == flow; });
  if (has_events_) under_way_.erase(flow);
  mark(transfer.to);
  fetched(transfer, true);
  if (objects_[transfer.object].exists) reach(transfer.to, transfer.object);
  ++messages_;
  refused_ = 0;
  call(now_);
}

void Run::reveal(std::uint32_t task) {
  if (--hidden_[task] == 0) newly_known_.push_back(task);
  if (--tasks_[task].unmade == 0) tell_ready(task);
}

std::string Run::why_waits(std::uint32_t task) const {
  const TaskState& state = tasks_[task];
  const auto fits_somewhere = [&] {
    for (std::uint32_t node = 0; node < nodes_.size(); ++node)
      if (takes_tasks(node) && case_.fits(task, node)) return true;
    return false;
  };
  if (!is_known(task)) return "nobody knows of it yet";
  if (state.state == State::ready) {
    const NodeMemory::Turn* turn = has_memory(state.node) ? memory_[state.node]->turn_of(task) : nullptr;
    if (turn != nullptr && turn->phase == NodeMemory::Phase::admitting) return "it waits for " + why_no_memory(state.node, turn->reserved);
    return fmt::format("it waits for {} cores of node {}", case_.tasks[task].cpus, state.node);
  }
  for (const std::uint32_t input : case_.tasks[task].inputs) {
    if (case_.objects[input].producer == nobody && !objects_[input].exists)
      return fmt::format("it needs object {}, which was only on node {}, and that was lost", input, case_.objects[input].home);
    if (state.state != State::assigned || objects_[input].is_on(state.node)) continue;
    if (has_memory(state.node) && memory_[state.node]->ledger.waits(NodeMemory::object_bit | input))
      return fmt::format("it waits for object {}, for which there must be {}", input, why_no_memory(state.node, bytes(case_.objects[input].size)));
    if (case_.objects[input].producer == nobody) return fmt::format("it waits for object {} of node {}", input, case_.objects[input].home);
    return fmt::format("it waits for object {} of task {}", input, case_.objects[input].producer);
  }
  if (!fits_somewhere()) return "no node that is left takes it";
  return "no decision gives it a node";
}

Failure Run::stuck() const {
  std::string list;
  int named = 0;
  for (std::uint32_t task = 0; task < tasks_.size(); ++task) {
    if (tasks_[task].state == State::done || ++named > 5) continue;
    list += fmt::format("; task {} (\"{}\"): {}", task, case_.tasks[task].name, why_waits(task));
  }
  if (named > 5) list += fmt::format("; and {} more", named - 5);
  return invalid(fmt::format("nothing moves any more at {} s{}", now_, list));
}
}  // namespace tessera::simulation::engine
