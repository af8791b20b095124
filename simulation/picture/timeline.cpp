#include "simulation/picture/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

namespace tessera::simulation::picture {
namespace {
/// What is nearer than this is one instant of the engine.
constexpr double instant = 2e-9;

/// Where `count` free cores lie side by side, else the lowest that are free; more than the node has where too few are.
std::vector<std::uint32_t> lowest_free(const std::vector<double>& free_at, std::uint32_t count, double now) {
  std::vector<std::uint32_t> free;
  if (count == 0) return free;
  for (std::uint32_t core = 0; core < free_at.size(); ++core) {
    if (free_at[core] > now + instant) continue;
    free.push_back(core);
    if (free.size() >= count && core - free[free.size() - count] == count - 1) return {free.end() - count, free.end()};
  }
  for (auto more = static_cast<std::uint32_t>(free_at.size()); free.size() < count; ++more) free.push_back(more);
  free.resize(count);
  return free;
}

/// Gives cores to the bars of a node, in the order of their starts.
class Cores {
 public:
  explicit Cores(std::uint32_t count) : free_at_(count, 0), last_(count, none) {}

  void take(Timeline& timeline, std::uint32_t which) {
    Bar& bar = timeline.bars[which];
    const std::uint32_t count = timeline.what->tasks[bar.task].cpus;
    const std::vector<std::uint32_t> taken = lowest_free(free_at_, count, bar.start);
    if (count > 0 && taken.back() >= free_at_.size()) free_at_.resize(taken.back() + 1, 0), last_.resize(taken.back() + 1, none);
    wait(bar, count);
    bar.first_core = static_cast<std::uint32_t>(timeline.cores.size());
    for (const std::uint32_t core : taken) {
      timeline.cores.push_back(core);
      free_at_[core] = std::max(free_at_[core], bar.end);
      last_[core] = which;
    }
  }
  std::uint32_t rows() const { return static_cast<std::uint32_t>(free_at_.size()); }

 private:
  /// It waited until `count` cores were free, which need not be those that it is drawn on.
  void wait(Bar& bar, std::uint32_t count) {
    if (count == 0) return;
    by_time_.clear();
    for (std::uint32_t core = 0; core < free_at_.size(); ++core) by_time_.emplace_back(free_at_[core], core);
    std::ranges::nth_element(by_time_, by_time_.begin() + (count - 1));
    const auto [time, core] = by_time_[count - 1];
    bar.cores_here = std::min(time, bar.start);
    bar.blocker = last_[core];
  }

  std::vector<double> free_at_;
  std::vector<std::uint32_t> last_;      ///< Who had it last.
  std::vector<std::pair<double, std::uint32_t>> by_time_;
};

void place_on_cores(Timeline& timeline) {
  std::vector<Cores> nodes(timeline.what->cpus.begin(), timeline.what->cpus.end());
  std::vector<std::uint32_t> order(timeline.bars.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::sort(order, {}, [&](std::uint32_t one) { return std::tuple(timeline.bars[one].start, timeline.bars[one].end, one); });
  for (const std::uint32_t one : order) nodes[timeline.bars[one].node].take(timeline, one);
  for (const Cores& node : nodes) timeline.rows.push_back(node.rows());
}

/// How an object came to a node by a time: by the last transfer that had ended, as earlier ones may have been lost.
class Arrivals {
 public:
  explicit Arrivals(const std::vector<engine::TransferTimes>& transfers) {
    for (std::uint32_t which = 0; which < transfers.size(); ++which) all_.push_back({transfers[which].object, transfers[which].to, transfers[which].end, which});
    std::ranges::sort(all_);
  }
  std::uint32_t find(std::uint32_t object, std::uint32_t node, double until) const {
    const auto after = std::ranges::upper_bound(all_, Arrival{object, node, until + instant, none});
    if (after == all_.begin()) return none;
    const auto& [its_object, its_node, end, which] = *std::prev(after);
    return its_object == object && its_node == node ? which : none;
  }

 private:
  using Arrival = std::tuple<std::uint32_t, std::uint32_t, double, std::uint32_t>;
  std::vector<Arrival> all_;
};

/// Whose results others had, where tasks ran again as nodes were lost.
class Makers {
 public:
  explicit Makers(const Timeline& timeline) : timeline_(timeline) {
    for (std::uint32_t bar = 0; bar < timeline.outcome.lost.size(); ++bar) earlier_[timeline.bars[bar].task].push_back(bar);
  }
  /// The last execution that had made the object by then; the last of all if none had.
  std::uint32_t find(std::uint32_t object, double until) const {
    std::uint32_t last = timeline_.made_by[object];
    if (last == none || timeline_.bars[last].end <= until + instant) return last;
    for (const std::uint32_t bar : earlier(timeline_.bars[last].task))
      if (timeline_.outcome.lost[bar].has_ended && timeline_.bars[bar].end <= until + instant) last = bar;
    return last;
  }
  /// When the last of its executions before had come to nothing; 0: there was none.
  double lost_before(const Bar& its) const {
    double last = 0;
    for (const std::uint32_t bar : earlier(its.task))
      if (timeline_.outcome.lost[bar].lost <= its.start + instant) last = std::max(last, timeline_.outcome.lost[bar].lost);
    return last;
  }

 private:
  std::span<const std::uint32_t> earlier(std::uint32_t task) const {
    const auto found = earlier_.find(task);
    return found == earlier_.end() ? std::span<const std::uint32_t>() : found->second;
  }
  const Timeline& timeline_;
  std::map<std::uint32_t, std::vector<std::uint32_t>> earlier_;  ///< Bars, by task.
};

void find_inputs(Timeline& timeline) {
  const engine::Case& what = *timeline.what;
  std::vector<std::uint32_t> bar_of_task(what.tasks.size(), none);
  for (std::uint32_t bar = 0; bar < timeline.bars.size(); ++bar) bar_of_task[timeline.bars[bar].task] = bar;
  for (const engine::Object& object : what.objects) timeline.made_by.push_back(object.producer < what.tasks.size() ? bar_of_task[object.producer] : none);
  const Arrivals arrivals(timeline.outcome.transfers);
  const Makers makers(timeline);
  for (Bar& bar : timeline.bars) {
    bar.first_input = static_cast<std::uint32_t>(timeline.came_by.size());
    for (const std::uint32_t object : what.tasks[bar.task].inputs) {
      const std::uint32_t maker = makers.find(object, bar.start);
      const bool is_made_here = maker != none && timeline.bars[maker].node == bar.node;
      const std::uint32_t transfer = is_made_here ? none : arrivals.find(object, bar.node, bar.start);
      timeline.came_by.push_back(transfer);
      const double there = transfer != none ? timeline.outcome.transfers[transfer].end : maker == none ? 0 : timeline.bars[maker].end;
      if (bar.last_input != none && there <= bar.inputs_here) continue;
      bar.inputs_here = there;
      bar.last_input = object;
      bar.last_transfer = transfer;
    }
    bar.inputs_here = std::min(bar.inputs_here, bar.start);  // Clocks of a recording may differ.
  }
}

/// Backwards from the last end, by what each task waited for last.
class PathFinder {
 public:
  explicit PathFinder(Timeline& timeline)
      : timeline_(timeline), makers_(timeline), has_bar_(timeline.bars.size()), has_transfer_(timeline.outcome.transfers.size()), bars_(timeline.rows.size()), transfers_(timeline.rows.size()) {
    for (std::uint32_t bar = 0; bar < timeline.bars.size(); ++bar) bars_[timeline.bars[bar].node].emplace_back(timeline.bars[bar].end, bar);
    for (std::uint32_t transfer = 0; transfer < timeline.outcome.transfers.size(); ++transfer) transfers_[of(transfer).to].emplace_back(of(transfer).end, transfer);
    for (auto* nodes : {&bars_, &transfers_})
      for (auto& ends : *nodes) std::ranges::sort(ends);
  }

  void find() {
    if (timeline_.bars.empty()) return;
    const auto last = std::ranges::max_element(timeline_.bars, {}, &Bar::end);
    at_ = last->end;
    for (auto bar = static_cast<std::uint32_t>(last - timeline_.bars.begin()); bar != none && !has_bar_[bar]; bar = before_bar(bar)) has_bar_[bar] = true;
    if (at_ > instant && !timeline_.outcome.lost.empty()) add(Step::Kind::lost, timeline_.critical_path.front().index, 0);
    std::ranges::reverse(timeline_.critical_path);
  }

 private:
  using Ends = std::vector<std::pair<double, std::uint32_t>>;
  const engine::TransferTimes& of(std::uint32_t transfer) const { return timeline_.outcome.transfers[transfer]; }

  /// The bar that it waited for.
  std::uint32_t before_bar(std::uint32_t which) {
    const Bar& bar = timeline_.bars[which];
    add(Step::Kind::compute, which, bar.start);
    const double again = std::max(bar.could_start(), makers_.lost_before(bar));
    if (bar.start - again > instant) add(Step::Kind::scheduler, which, again);
    if (again - bar.could_start() > instant) add(Step::Kind::lost, which, bar.could_start());
    if (bar.last_input == none || bar.cores_here > bar.inputs_here + instant) return bar.blocker;
    return bar.last_transfer == none ? makers_.find(bar.last_input, bar.start) : before_transfer(bar.last_transfer, bar);
  }
  /// A transfer that does not begin when its object is made began when another one's end made room for it, or when another input made its task ready, or when cores became free
  /// on its node, and the scheduler gave them to the task.
  std::uint32_t before_transfer(std::uint32_t which, const Bar& needs) {
    for (;;) {
      has_transfer_[which] = true;
      add(Step::Kind::transfer, which, of(which).start);
      const std::uint32_t maker = makers_.find(of(which).object, of(which).start);
      const double made = maker == none ? 0 : timeline_.bars[maker].end;
      if (at_ - made <= instant) return maker;
      if (const std::uint32_t other = ending(transfers_[of(which).to]); other != none && !has_transfer_[other]) {
        which = other;
        continue;
      }
      for (const std::uint32_t input : timeline_.what->tasks[needs.task].inputs)
        if (const std::uint32_t bar = makers_.find(input, at_); bar != none && std::abs(timeline_.bars[bar].end - at_) <= instant) return bar;
      if (const std::uint32_t bar = ending(bars_[of(which).to]); bar != none) return bar;
      add(Step::Kind::queue, which, made);
      return maker;
    }
  }
  /// What ends where the path has come to.
  std::uint32_t ending(const Ends& ends) const {
    const auto found = std::ranges::lower_bound(ends, at_ - instant, {}, &Ends::value_type::first);
    return found != ends.end() && found->first <= at_ + instant ? found->second : none;
  }
  /// From `start` to where the path has come to.
  void add(Step::Kind kind, std::uint32_t index, double start) {
    start = std::min(start, at_);
    timeline_.critical_path.push_back({kind, index, start, at_});
    at_ = start;
  }

  Timeline& timeline_;
  Makers makers_;
  std::vector<bool> has_bar_, has_transfer_;  ///< Tasks of no length could wait for each other.
  std::vector<Ends> bars_, transfers_;   ///< Of each node: when they end.
  double at_ = 0;
};
}  // namespace

Timeline timeline(std::string label, std::shared_ptr<const engine::Case> what, engine::Outcome outcome) {
  Timeline made;
  made.label = std::move(label), made.what = std::move(what), made.outcome = std::move(outcome);
  double busy = 0;
  const auto add = [&](const engine::TaskTimes& one) {
    Bar bar;
    bar.task = one.task, bar.node = one.node, bar.start = one.start, bar.end = one.end;
    made.bars.push_back(bar);
    busy += (one.end - one.start) * made.what->tasks[one.task].cpus;
  };
  std::ranges::for_each(made.outcome.lost, add);
  std::ranges::for_each(made.outcome.tasks, add);
  place_on_cores(made);
  find_inputs(made);
  PathFinder(made).find();
  const double all = made.outcome.last_task_end * std::accumulate(made.what->cpus.begin(), made.what->cpus.end(), 0.0);
  if (all > 0) made.utilisation = busy / all;
  return made;
}

std::vector<double> shares(const Timeline& timeline) {
  std::vector<double> seconds(5);
  for (const Step& step : timeline.critical_path) seconds[static_cast<std::size_t>(step.kind)] += step.end - step.start;
  return seconds;
}
}  // namespace tessera::simulation::picture
