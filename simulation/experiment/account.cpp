#include "simulation/experiment/account.hpp"

#include <algorithm>
#include <set>

namespace tessera::simulation::experiment {
namespace {
/// Events so near to each other are of one instant.
constexpr double instant = 1e-8;

/// A node's cores are a task's from the moment that it is given to the node.
std::vector<std::pair<double, std::int64_t>> room_of(const engine::Case& what, const engine::Outcome& outcome) {
  std::vector<std::tuple<double, std::uint32_t, std::int64_t>> changes;
  const auto add = [&](const engine::TaskTimes& one) {
    changes.emplace_back(one.end, one.node, what.tasks[one.task].cpus);
    changes.emplace_back(one.assigned, one.node, -std::int64_t{what.tasks[one.task].cpus});
  };
  std::ranges::for_each(outcome.tasks, add);
  std::ranges::for_each(outcome.lost, add);
  std::ranges::sort(changes);
  std::vector<std::int64_t> free(what.cpus.begin(), what.cpus.end());
  std::multiset<std::int64_t> by_free(free.begin(), free.end());
  std::vector<std::pair<double, std::int64_t>> room{{0, *by_free.rbegin()}};
  for (const auto& [time, node, cores] : changes) {
    by_free.erase(by_free.find(free[node]));
    by_free.insert(free[node] += cores);
    if (time > room.back().first) room.emplace_back(time, 0);
    room.back().second = *by_free.rbegin();
  }
  return room;
}
}  // namespace

Account::Account(const engine::Case& what, const engine::Outcome& outcome) : what_(what), outcome_(outcome), room_(room_of(what, outcome)) {
  for (std::size_t i = 0; i < outcome.transfers.size(); ++i) transfers_[{outcome.transfers[i].object, outcome.transfers[i].to}].push_back(i);
  for (const auto& task : outcome.tasks) ends_.emplace_back(task.node, task.end, task.task);
  for (const auto& one : outcome.lost) {
    ends_.emplace_back(one.node, one.end, one.task);
    earlier_[one.task].push_back(&one);
  }
  std::ranges::sort(ends_);
}

double Account::without_room(double from, double to, std::uint32_t cpus) const {
  double seconds = 0;
  auto at = std::ranges::upper_bound(room_, from, {}, &std::pair<double, std::int64_t>::first) - 1;
  for (; at != room_.end() && at->first < to; ++at) {
    const double end = at + 1 == room_.end() ? to : std::min(to, (at + 1)->first);
    if (at->second < std::int64_t{cpus}) seconds += end - std::max(from, at->first);
  }
  return std::min(seconds, to - from);
}

const engine::TaskTimes& Account::made_by(std::uint32_t task, double until) const {
  const engine::TaskTimes* last = &outcome_.tasks[task];
  if (last->end <= until + instant) return *last;
  if (const auto earlier = earlier_.find(task); earlier != earlier_.end())
    for (const engine::LostExecution* one : earlier->second)
      if (one->has_ended && one->end <= until + instant) last = one;
  return *last;
}

double Account::lost_before(const engine::TaskTimes& its) const {
  double last = 0;
  if (const auto earlier = earlier_.find(its.task); earlier != earlier_.end())
    for (const engine::LostExecution* one : earlier->second)
      if (one->lost <= its.start + instant && one->end <= its.start + instant) last = std::max(last, one->lost);
  return last;
}

std::vector<Arrival> Account::arrivals(const engine::TaskTimes& user) const {
  std::vector<Arrival> all;
  std::set<std::uint32_t> seen;
  for (const std::uint32_t object : what_.tasks[user.task].inputs) {
    if (!seen.insert(object).second) continue;
    const engine::Object& its = what_.objects[object];
    Arrival one{object, its.home, its.size, 0, 0, 0, false};
    if (its.producer != engine::nobody) {
      const auto& maker = made_by(its.producer, user.start);
      one = {object, maker.node, its.size, maker.end, maker.end, maker.end, false};
    }
    if (const auto moved = transfers_.find({object, user.node}); moved != transfers_.end() && one.from != user.node)
      for (const std::size_t which : moved->second)
        if (const auto& transfer = outcome_.transfers[which]; transfer.end <= user.start + instant)
          one.from = transfer.from, one.begun = transfer.start, one.arrived = transfer.end, one.is_moved = true;
    all.push_back(one);
  }
  return all;
}

Waits Account::waits(const engine::TaskTimes& its) const {
  double last_made = 0, arrived = 0;
  for (const Arrival& one : arrivals(its)) last_made = std::max(last_made, one.made), arrived = std::max(arrived, one.arrived);
  const double made = std::min(last_made, its.start), given = std::clamp(its.assigned, made, its.start), there = std::clamp(arrived, given, its.start);
  const double lost = std::clamp(lost_before(its), made, given), no_room = without_room(lost, given, what_.tasks[its.task].cpus);
  return {made, lost - made, given - lost - no_room, there - given, its.start - there + no_room};
}

std::optional<std::uint32_t> Account::ended_there(const engine::TaskTimes& its, double at) const {
  auto after = std::ranges::upper_bound(ends_, std::tuple(its.node, at + instant, its.task));
  while (after != ends_.begin()) {
    const auto& [node, end, other] = *--after;
    if (node != its.node || end < at - instant) break;
    if (other != its.task) return other;
  }
  return {};
}

Step Account::step(const engine::TaskTimes& its, const std::vector<Arrival>& inputs) const {
  Step step{its.task, its.node, 0, 0, 0, 0, its.end - its.start, its.end, {}, {}, {}};
  double before = 0, begun = its.assigned, arrived = 0;
  bool is_given_late = true;             // Its data had been there, or would have come, earlier.
  if (!inputs.empty()) {
    const Arrival& last = *std::ranges::max_element(inputs, {}, [](const Arrival& one) { return std::tuple(one.arrived, one.made); });
    begun = last.begun, arrived = last.arrived;
    is_given_late = its.assigned > last.made && (begun + instant >= its.assigned || arrived <= its.assigned);
    const Arrival* cause = &last;
    for (const Arrival& one : inputs)
      if (is_given_late && one.made <= its.assigned + instant && one.made > cause->made) cause = &one;
    step.object = cause->object, step.last = last.object, before = std::min(cause->made, its.start);
  }
  // What was moved here for another task may have begun, or be there, before this one was given to the node.
  const double given = std::clamp(its.assigned, before, its.start), ready = std::max(given, std::min(arrived, its.start));
  const double unasked = is_given_late ? given : std::clamp(begun, before, given), lost = std::clamp(lost_before(its), before, unasked);
  const double no_room = without_room(lost, unasked, what_.tasks[its.task].cpus);
  step.lost = lost - before;
  step.scheduler = unasked - lost - no_room;
  step.transfer = ready - unasked;
  step.cores = its.start - ready + no_room;
  if (step.cores > instant) step.held_by = ended_there(its, its.start - ready > instant ? its.start : its.assigned);
  return step;
}

Path Account::critical_path() const {
  Path path;
  if (outcome_.tasks.empty()) return path;
  const auto last = std::ranges::max_element(outcome_.tasks, {}, &engine::TaskTimes::end);
  path.after = outcome_.makespan - last->end;
  for (const engine::TaskTimes* its = &*last;;) {
    path.steps.push_back(step(*its, arrivals(*its)));
    const Step& one = path.steps.back();
    path.scheduler += one.scheduler, path.transfer += one.transfer, path.cores += one.cores, path.compute += one.compute, path.lost += one.lost;
    if (!one.object || what_.objects[*one.object].producer == engine::nobody) break;
    its = &made_by(what_.objects[*one.object].producer, its->start);
  }
  path.scheduler += path.after;
  std::ranges::reverse(path.steps);
  return path;
}
}  // namespace tessera::simulation::experiment
