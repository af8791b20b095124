#include "simulation/engine/replay.hpp"

#include "simulation/engine/network.hpp"
#include "simulation/engine/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace tessera::simulation::engine {
using runtime::ErrorCode;
using runtime::Failure;
using runtime::Result;

namespace {
constexpr std::uint32_t nowhere = 0xFFFFFFFFu;
/// Times in files have nine decimals: so near is the same instant.
constexpr double instant = 2e-9;
/// A task that only lacks what exists already goes before all others, whatever their priority.
constexpr double produced_bonus = 100'000;

Failure invalid(std::string why) { return Failure{ErrorCode::invalid_argument, std::move(why)}; }

class Run final : public View {
 public:
  /// What the policy decides follows the decisions; null: there is none.
  Run(const Case& what, std::vector<Decision> decisions, Policy* policy, const Case& known, const Setting& setting)
      : case_(what), known_(known), decisions_(std::move(decisions)), policy_(policy), setting_(setting), tasks_(what.tasks.size()), objects_(what.objects.size()), nodes_(what.cpus.size()) {
    const std::vector<double> capacities(nodes_.size(), what.bandwidth);
    network_ = setting.network == NetworkModel::simple ? simple_network(what.bandwidth) : maxmin_network(capacities, capacities, Share::pair);
    for (std::size_t node = 0; node < nodes_.size(); ++node) nodes_[node].free = what.cpus[node];
    for (std::size_t task = 0; task < tasks_.size(); ++task) {
      tasks_[task].unmade = static_cast<std::uint32_t>(what.tasks[task].inputs.size());
      for (const std::uint32_t object : what.tasks[task].inputs) objects_[object].users.push_back(static_cast<std::uint32_t>(task));
      if (what.tasks[task].inputs.empty()) newly_ready_.push_back(static_cast<std::uint32_t>(task));
    }
  }

  Result<Outcome> go() {
    std::size_t next_decision = 0, left = tasks_.size();
    call(0);
    while (left > 0) {
      double at = std::min(next_event(), call_at_);
      if (next_decision < decisions_.size() && decisions_[next_decision].time + instant < at) at = std::max(now_, decisions_[next_decision].time);
      if (at == std::numeric_limits<double>::infinity()) return stuck();
      const double begin = now_ = at;
      if (policy_ != nullptr) {
        left -= pass_events(begin + instant);
        start();
        if (next_decision == decisions_.size()) ask();  // Not before its last answer is applied.
      }
      const auto is_due = [&](std::size_t decision) { return decision < decisions_.size() && decisions_[decision].time <= begin + instant; };
      for (;;) {
        // Calls of the scheduler at one instant were made between events of that instant, whose order is that of their exact times.
        const bool is_last = !is_due(next_decision + 1);
        if (!is_last && next_event() <= begin + instant) now_ = std::max(now_, next_event());
        left -= pass_events(is_last ? begin + instant : now_);
        start();  // Nodes do not wait for the scheduler's answer.
        if (!is_due(next_decision)) break;
        if (auto applied = apply(decisions_[next_decision++]); !applied) return applied.failure();
        if (is_last) break;
      }
      start();
    }
    outcome_.makespan = answered_;
    return std::move(outcome_);
  }

 private:
  double next_event() const {
    double at = std::numeric_limits<double>::infinity();
    if (!running_.empty()) at = running_.begin()->first;
    if (const auto end = network_->next_end()) at = std::min(at, *end);
    return at;
  }
  /// Ends of transfers and tasks until then. How many tasks ended.
  std::size_t pass_events(double until) {
    std::size_t ended = 0;
    for (const Flow flow : network_->advance(now_, until - now_)) arrive(flow);
    for (; !running_.empty() && running_.begin()->first <= until; ++ended) {
      const std::uint32_t task = running_.begin()->second;
      running_.erase(running_.begin());
      end(task);
    }
    return ended;
  }

  enum class State : std::uint8_t { unassigned, assigned, ready, running, done };
  struct TaskState {
    State state = State::unassigned;
    std::uint32_t node = nowhere;
    double priority = 0, blocking = 0, start = 0;
    std::uint32_t unmade = 0;            ///< Inputs that do not exist yet.
    std::uint32_t missing = 0;           ///< Inputs that are not on its node.
    std::uint64_t order = 0;             ///< In which it became ready.
  };
  struct ObjectState {
    bool exists = false;
    std::uint32_t source = nowhere;      ///< Where it was made.
    std::vector<Place> places;           ///< By node.
    /// Where the node is, or would be.
    std::vector<Place>::iterator at(std::uint32_t node) { return std::ranges::lower_bound(places, node, {}, &Place::node); }
    bool is_on(std::uint32_t node) const {
      const auto found = std::ranges::lower_bound(places, node, {}, &Place::node);
      return found != places.end() && found->node == node && found->is_here;
    }
    std::vector<std::uint32_t> users;    ///< Tasks, each as often as it names it.
  };
  struct NodeState {
    std::uint32_t free = 0;
    std::int64_t promised = 0;           ///< Cores of all tasks that it was given and that have not ended.
    bool changed = false;
    std::vector<std::uint32_t> ready;
    std::map<std::uint32_t, std::uint64_t> wanted;   ///< Objects that exist and are neither here nor on their way; in which order they were asked for.
    std::map<std::uint32_t, std::uint32_t> sources;  ///< Downloads under way from each.
    std::uint32_t downloads = 0;
  };

  /// The scheduler is called as soon as it may be, at `now` or later.
  void call(double now) {
    if (now + instant < answered_) return;  // It is at work.
    const double called = is_called_ ? std::max(now, answered_ + setting_.interval) : now;
    is_called_ = true;
    if (policy_ != nullptr) call_at_ = called;
    answered_ = called + setting_.scheduling_time;
  }

  /// The policy, if it is time.
  void ask() {
    if (call_at_ > now_ + instant) return;
    call_at_ = std::numeric_limits<double>::infinity();
    Decision decision{now_ + setting_.scheduling_time, {}};
    std::ranges::sort(newly_ready_);
    policy_->decide(*this, decision.assignments);
    newly_ready_.clear();
    newly_free_.clear();
    if (!decision.assignments.empty()) decisions_.push_back(std::move(decision));
  }

  const Case& what() const override { return known_; }
  double now() const override { return now_; }
  std::span<const std::uint32_t> newly_ready() const override { return newly_ready_; }
  std::int64_t free_cores(std::uint32_t node) const override { return static_cast<std::int64_t>(case_.cpus[node]) - nodes_[node].promised; }
  std::span<const std::uint32_t> newly_free() const override { return newly_free_; }
  std::span<const Place> places(std::uint32_t object) const override { return objects_[object].places; }

  Result<void> apply(const Decision& decision) {
    std::vector<Assignment> batch = decision.assignments;
    std::ranges::stable_sort(batch, std::greater{}, &Assignment::priority);
    for (const Assignment& one : batch) {
      if (one.task >= tasks_.size()) return invalid(fmt::format("the decision at {} s names task {}, and there are {}", decision.time, one.task, tasks_.size()));
      if (one.node >= nodes_.size()) return invalid(fmt::format("the decision at {} s names node {}, and there are {}", decision.time, one.node, nodes_.size()));
      if (case_.tasks[one.task].cpus > case_.cpus[one.node])
        return invalid(fmt::format("task {} (\"{}\") needs {} cores, and node {} has {}", one.task, case_.tasks[one.task].name, case_.tasks[one.task].cpus, one.node,
                                   case_.cpus[one.node]));
      TaskState& task = tasks_[one.task];
      if (task.state == State::running || task.state == State::done) continue;  // Too late: it stays where it is.
      if (task.state != State::unassigned) take_back(one.task);
      assign(one);
    }
    return {};
  }

  void assign(const Assignment& one) {
    TaskState& task = tasks_[one.task];
    task.state = State::assigned;
    outcome_.tasks[one.task].assigned = now_;
    task.node = one.node, task.priority = one.priority, task.blocking = one.blocking;
    nodes_[one.node].promised += case_.tasks[one.task].cpus;
    task.missing = 0;
    for (const std::uint32_t input : case_.tasks[one.task].inputs) {
      if (objects_[input].is_on(one.node)) continue;
      ++task.missing;
      if (objects_[input].exists) want(one.node, input);
    }
    mark(one.node);
    if (task.missing == 0) ready(one.task);
  }

  void take_back(std::uint32_t which) {
    TaskState& task = tasks_[which];
    NodeState& node = nodes_[task.node];
    std::erase(node.ready, which);
    const std::uint32_t from = std::exchange(task.node, nowhere);
    node.promised -= case_.tasks[which].cpus;
    task.state = State::unassigned;
    for (const std::uint32_t input : case_.tasks[which].inputs)
      if (std::ranges::none_of(objects_[input].users, [&](std::uint32_t user) { return tasks_[user].node == from && tasks_[user].state == State::assigned; }))
        if (node.wanted.erase(input) > 0) objects_[input].places.erase(objects_[input].at(from));
    mark(from);
  }

  void want(std::uint32_t node, std::uint32_t object) {
    if (case_.objects[object].size == 0) return reach(node, object);
    const auto place = objects_[object].at(node);
    if (place != objects_[object].places.end() && place->node == node) return;
    objects_[object].places.insert(place, {node, false});
    nodes_[node].wanted.emplace(object, order_++);
    mark(node);
  }

  void ready(std::uint32_t which) {
    tasks_[which].state = State::ready;
    tasks_[which].order = order_++;
    nodes_[tasks_[which].node].ready.push_back(which);
    mark(tasks_[which].node);
  }

  /// The object is on the node now.
  void reach(std::uint32_t node, std::uint32_t object) {
    const auto place = objects_[object].at(node);
    if (place == objects_[object].places.end() || place->node != node) objects_[object].places.insert(place, {node, true});
    else if (std::exchange(place->is_here, true)) return;
    nodes_[node].wanted.erase(object);
    for (const std::uint32_t user : objects_[object].users)
      if (tasks_[user].node == node && tasks_[user].state == State::assigned && tasks_[user].missing > 0 && --tasks_[user].missing == 0) ready(user);
  }

  void end(std::uint32_t which) {
    TaskState& task = tasks_[which];
    task.state = State::done;
    nodes_[task.node].free += case_.tasks[which].cpus;
    nodes_[task.node].promised -= case_.tasks[which].cpus;
    if (policy_ != nullptr) newly_free_.push_back(task.node);
    mark(task.node);
    outcome_.last_task_end = std::max(outcome_.last_task_end, now_);
    outcome_.sum_task_end += now_;
    outcome_.tasks[which].end = now_;
    for (const std::uint32_t object : case_.tasks[which].outputs) {
      objects_[object].exists = true;
      objects_[object].source = task.node;
      for (const std::uint32_t user : objects_[object].users)
        if (--tasks_[user].unmade == 0) newly_ready_.push_back(user);
      reach(task.node, object);
      for (const std::uint32_t user : objects_[object].users) {
        if (tasks_[user].state != State::assigned) continue;
        mark(tasks_[user].node);
        if (!objects_[object].is_on(tasks_[user].node)) want(tasks_[user].node, object);
      }
    }
    call(now_);
  }

  void arrive(Flow flow) {
    TransferTimes& transfer = outcome_.transfers[flow];
    transfer.end = now_;
    NodeState& node = nodes_[transfer.to];
    --node.downloads;
    --node.sources[transfer.from];
    mark(transfer.to);
    reach(transfer.to, transfer.object);
    call(now_);
  }

  /// Something may start there.
  void mark(std::uint32_t node) {
    if (!std::exchange(nodes_[node].changed, true)) changed_.push_back(node);
  }

  void start() {
    std::ranges::sort(changed_);
    for (const std::uint32_t node : changed_) {
      nodes_[node].changed = false;
      start_downloads(node);
      start_tasks(node);
    }
    changed_.clear();
  }

  double urgency(std::uint32_t node, std::uint32_t object) const {
    double most = -std::numeric_limits<double>::infinity();
    for (const std::uint32_t user : objects_[object].users) {
      const TaskState& task = tasks_[user];
      if (task.node == node && task.state == State::assigned) most = std::max(most, task.priority + (task.unmade == 0 ? produced_bonus : 0));
    }
    return most;
  }

  void start_downloads(std::uint32_t which) {
    NodeState& node = nodes_[which];
    struct Candidate { double urgency; std::uint64_t order; std::uint32_t object; };
    std::vector<Candidate> candidates;
    for (const auto& [object, order] : node.wanted) candidates.push_back({urgency(which, object), order, object});
    std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) { return a.urgency != b.urgency ? a.urgency > b.urgency : a.order < b.order; });
    for (const Candidate& one : candidates) {
      const std::uint32_t source = objects_[one.object].source;
      if (setting_.downloads_max > 0 && node.downloads >= setting_.downloads_max) break;
      std::uint32_t& from_there = node.sources[source];
      if (setting_.downloads_per_source_max > 0 && from_there >= setting_.downloads_per_source_max) continue;
      ++from_there, ++node.downloads;
      node.wanted.erase(one.object);
      network_->start(static_cast<Flow>(outcome_.transfers.size()), {source, which, case_.objects[one.object].size});
      outcome_.transfers.push_back({one.object, source, which, now_, now_});
      outcome_.total_transfer += case_.objects[one.object].size;
      ++outcome_.transfer_count;
    }
  }

  void start_tasks(std::uint32_t which) {
    NodeState& node = nodes_[which];
    std::ranges::sort(node.ready, [&](std::uint32_t a, std::uint32_t b) {
      return tasks_[a].priority != tasks_[b].priority ? tasks_[a].priority > tasks_[b].priority : tasks_[a].order < tasks_[b].order;
    });
    double least = -std::numeric_limits<double>::infinity();  // Of the priorities that may start.
    std::erase_if(node.ready, [&](std::uint32_t task) {
      TaskState& state = tasks_[task];
      if (state.priority < least) return false;
      if (case_.tasks[task].cpus > node.free) {
        least = std::max(least, state.blocking);
        return false;
      }
      node.free -= case_.tasks[task].cpus;
      state.state = State::running;
      outcome_.tasks[task] = {task, which, now_, now_, outcome_.tasks[task].assigned};
      running_.emplace(now_ + case_.tasks[task].duration, task);
      return true;
    });
  }

  Failure stuck() const {
    std::string list;
    int named = 0;
    for (std::uint32_t task = 0; task < tasks_.size(); ++task) {
      const TaskState& state = tasks_[task];
      if (state.state == State::done || ++named > 5) continue;
      std::string why = "no decision gives it a node";
      if (state.state == State::ready) why = fmt::format("it waits for {} cores of node {}", case_.tasks[task].cpus, state.node);
      for (const std::uint32_t input : case_.tasks[task].inputs)
        if (state.state == State::assigned && !objects_[input].is_on(state.node)) why = fmt::format("it waits for object {} of task {}", input, case_.objects[input].producer);
      list += fmt::format("; task {} (\"{}\"): {}", task, case_.tasks[task].name, why);
    }
    if (named > 5) list += fmt::format("; and {} more", named - 5);
    return Failure{ErrorCode::invalid_argument, fmt::format("nothing moves any more at {} s{}", now_, list)};
  }

  const Case& case_;
  const Case& known_;                    ///< To the policy.
  std::vector<Decision> decisions_;
  Policy* policy_;
  double call_at_ = std::numeric_limits<double>::infinity();  ///< Of the policy.
  std::vector<std::uint32_t> newly_ready_, newly_free_;
  const Setting& setting_;
  std::unique_ptr<Network> network_;
  std::vector<TaskState> tasks_;
  std::vector<ObjectState> objects_;
  std::vector<NodeState> nodes_;
  std::vector<std::uint32_t> changed_;
  std::set<std::pair<double, std::uint32_t>> running_;  ///< By their end.
  double now_ = 0, answered_ = 0;
  bool is_called_ = false;
  std::uint64_t order_ = 0;
  Outcome outcome_ = with_tasks(tasks_.size());

  static Outcome with_tasks(std::size_t count) {
    Outcome outcome;
    outcome.tasks.resize(count);
    return outcome;
  }
};
}  // namespace

Result<void> check(const Case& what) {
  const std::uint32_t most = what.cpus.empty() ? 0 : *std::ranges::max_element(what.cpus);
  for (std::size_t task = 0; task < what.tasks.size(); ++task)
    if (what.tasks[task].cpus > most)
      return Failure{ErrorCode::no_eligible_node, fmt::format("task {} (\"{}\") needs {} cores, and no node has more than {}", task, what.tasks[task].name, what.tasks[task].cpus, most)};
  std::vector<std::uint32_t> waits(what.tasks.size());
  std::vector<std::vector<std::uint32_t>> users(what.tasks.size());
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task)
    for (const std::uint32_t input : what.tasks[task].inputs) ++waits[task], users[what.objects[input].producer].push_back(task);
  std::vector<std::uint32_t> free;
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task)
    if (waits[task] == 0) free.push_back(task);
  for (std::size_t i = 0; i < free.size(); ++i)
    for (const std::uint32_t user : users[free[i]])
      if (--waits[user] == 0) free.push_back(user);
  if (free.size() == what.tasks.size()) return {};
  const auto at = std::ranges::find_if(waits, [](std::uint32_t one) { return one > 0; });
  const auto task = static_cast<std::size_t>(at - waits.begin());
  return Failure{ErrorCode::cycle, fmt::format("the graph has a cycle: task {} (\"{}\") depends on itself, or on tasks that do", task, what.tasks[task].name)};
}

Result<Outcome> replay(const Case& what, const std::vector<Decision>& decisions, const Setting& setting) { return Run(what, decisions, nullptr, what, setting).go(); }

Result<Outcome> simulate(const Case& what, const Case& known, Policy& policy, const Setting& setting) { return Run(what, {}, &policy, known, setting).go(); }

Case known(Case what, Information information) {
  double duration = 0, size = 0;
  for (const Task& task : what.tasks) duration += task.duration / static_cast<double>(what.tasks.size());
  for (const Object& object : what.objects) size += object.size / static_cast<double>(what.objects.size());
  for (Task& task : what.tasks) task.duration = information == Information::user ? task.expected_duration : information == Information::mean ? duration : task.duration;
  for (Object& object : what.objects) object.size = information == Information::user ? object.expected_size : information == Information::mean ? size : object.size;
  return what;
}
}  // namespace tessera::simulation::engine
