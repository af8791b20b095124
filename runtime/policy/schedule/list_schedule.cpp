#include "runtime/policy/schedule/list_schedule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <queue>
#include <unordered_set>
#include <utility>

namespace tessera::runtime::policy::schedule {
namespace {
using Index = std::uint32_t;
constexpr double infinity = std::numeric_limits<double>::infinity();
/// Sums that should be equal differ in the last bits.
bool is_less(double a, double b) { return a < b - 1e-9 * std::max(1.0, std::min(std::abs(a), std::abs(b))); }
bool equal(double a, double b) { return !is_less(a, b) && !is_less(b, a); }

double mean(const std::vector<double>& costs) { return std::accumulate(costs.begin(), costs.end(), 0.0) / static_cast<double>(costs.size()); }
double median(std::vector<double> costs) {
  std::ranges::sort(costs);
  const std::size_t half = costs.size() / 2;
  return costs.size() % 2 == 1 ? costs[half] : (costs[half - 1] + costs[half]) / 2;
}

/// The edges of each task, and the tasks in an order that respects them.
struct Links {
  std::vector<std::vector<Edge>> in, out;
  std::vector<Index> order;
  explicit Links(const Costs& costs) : in(costs.cost.size()), out(costs.cost.size()) {
    std::vector<Index> waits(costs.cost.size());
    for (const Edge& edge : costs.edges) in[edge.to].push_back(edge), out[edge.from].push_back(edge), ++waits[edge.to];
    for (Index task = 0; task < waits.size(); ++task)
      if (waits[task] == 0) order.push_back(task);
    for (std::size_t i = 0; i < order.size(); ++i)
      for (const Edge& edge : out[order[i]])
        if (--waits[edge.to] == 0) order.push_back(edge.to);
  }
};

std::vector<double> upward(const Costs& costs, const Links& links) {
  std::vector<double> rank(costs.cost.size());
  for (auto task = links.order.rbegin(); task != links.order.rend(); ++task) {
    double rest = 0;
    for (const Edge& edge : links.out[*task]) rest = std::max(rest, edge.time + rank[edge.to]);
    rank[*task] = mean(costs.cost[*task]) + rest;
  }
  return rank;
}
std::vector<double> downward(const Costs& costs, const Links& links) {
  std::vector<double> rank(costs.cost.size());
  for (const Index task : links.order)
    for (const Edge& edge : links.in[task]) rank[task] = std::max(rank[task], rank[edge.from] + mean(costs.cost[edge.from]) + edge.time);
  return rank;
}

/// Places one task after the other.
class Board {
 public:
  Board(const Costs& costs, const Links& links) : costs_(costs), links_(links), busy_(costs.places.size()), waits_(costs.cost.size()) {
    schedule_.slots.resize(costs.cost.size());
    for (const Given& one : costs.given) given_.resize(costs.cost.size()), given_[one.to].push_back(&one);
    for (Index processor = 0; processor < costs.free_from.size(); ++processor)
      if (costs.free_from[processor] > 0) busy_[processor].push_back({processor, 0, costs.free_from[processor]});
    for (Index task = 0; task < waits_.size(); ++task)
      if ((waits_[task] = static_cast<Index>(links.in[task].size())) == 0) ready_.push_back(task);
  }
  const std::vector<Index>& ready() const { return ready_; }
  Index processors() const { return static_cast<Index>(costs_.places.size()); }

  /// When all inputs of the task are there.
  double data_at(Index task, Index processor) const {
    double at = 0;
    for (const Edge& edge : links_.in[task]) {
      const Slot& from = schedule_.slots[edge.from];
      at = std::max(at, from.end + (costs_.places[from.processor] == costs_.places[processor] ? 0 : edge.time));
    }
    if (!given_.empty())
      for (const Given* one : given_[task]) at = std::max(at, one->from + (std::ranges::find(one->places, costs_.places[processor]) != one->places.end() ? 0 : one->time));
    return at;
  }
  double last_end(Index processor) const { return busy_[processor].empty() ? 0 : busy_[processor].back().end; }
  /// The first gap that is long enough.
  Slot earliest(Index task, Index processor) const {
    const double cost = costs_.cost[task][processor];
    double start = data_at(task, processor);
    for (const Slot& taken : busy_[processor]) {
      if (!is_less(taken.start, start + cost)) break;
      start = std::max(start, taken.end);
    }
    return {processor, start, start + cost};
  }
  /// The earliest end with what `besides` adds to it.
  template <class Besides>
  Slot best(Index task, Besides besides) const {
    Slot best;
    double least = infinity;
    for (Index processor = 0; processor < processors(); ++processor) {
      const Slot slot = earliest(task, processor);
      const double value = slot.end + besides(processor);
      if (is_less(value, least)) best = slot, least = value;
    }
    return best;
  }
  void place(Index task, const Slot& slot) {
    schedule_.slots[task] = slot;
    schedule_.order.push_back(task);
    schedule_.makespan = std::max(schedule_.makespan, slot.end);
    auto& busy = busy_[slot.processor];
    busy.insert(std::ranges::upper_bound(busy, slot.start, {}, &Slot::start), slot);
    std::erase(ready_, task);
    for (const Edge& edge : links_.out[task])
      if (--waits_[edge.to] == 0) ready_.insert(std::ranges::upper_bound(ready_, edge.to), edge.to);
  }
  /// Of those that are ready the one with the highest priority.
  Index first_ready(const std::vector<double>& priority) const {
    Index first = ready_.front();
    for (const Index task : ready_)
      if (is_less(priority[first], priority[task])) first = task;
    return first;
  }
  Schedule take() { return std::move(schedule_); }

 private:
  const Costs& costs_;
  const Links& links_;
  std::vector<std::vector<Slot>> busy_;   ///< By their start.
  std::vector<std::vector<const Given*>> given_;  ///< By task; empty: there are none.
  std::vector<Index> waits_;
  std::vector<Index> ready_;              ///< Sorted.
  Schedule schedule_;
};
}  // namespace

std::vector<double> upward_ranks(const Costs& costs) { return upward(costs, Links(costs)); }
std::vector<double> downward_ranks(const Costs& costs) { return downward(costs, Links(costs)); }

std::vector<std::vector<double>> optimistic_costs(const Costs& costs) {
  const Links links(costs);
  const std::size_t processors = costs.places.size();
  std::vector<std::vector<double>> table(costs.cost.size(), std::vector<double>(processors));
  for (auto task = links.order.rbegin(); task != links.order.rend(); ++task)
    for (std::size_t here = 0; here < processors; ++here)
      for (const Edge& edge : links.out[*task]) {
        double least = infinity;
        for (std::size_t there = 0; there < processors; ++there)
          least = std::min(least, table[edge.to][there] + costs.cost[edge.to][there] + (costs.places[here] == costs.places[there] ? 0 : edge.time));
        table[*task][here] = std::max(table[*task][here], least);
      }
  return table;
}

Schedule heft(const Costs& costs) {
  const Links links(costs);
  const std::vector<double> rank = upward(costs, links);
  Board board(costs, links);
  while (!board.ready().empty()) {  // A task has a higher rank than what follows it: the first that is ready is the first of all.
    const Index task = board.first_ready(rank);
    board.place(task, board.best(task, [](Index) { return 0.0; }));
  }
  return board.take();
}

Schedule cpop(const Costs& costs) {
  const Links links(costs);
  const std::vector<double> up = upward(costs, links), down = downward(costs, links);
  std::vector<double> priority(up.size());
  for (std::size_t i = 0; i < up.size(); ++i) priority[i] = up[i] + down[i];
  Board board(costs, links);
  std::vector<bool> is_critical(up.size());
  std::vector<double> sums(costs.places.size());
  if (!up.empty()) {
    Index at = board.first_ready(priority);
    for (const double length = priority[at];;) {
      is_critical[at] = true;
      for (std::size_t processor = 0; processor < sums.size(); ++processor) sums[processor] += costs.cost[at][processor];
      const auto next = std::ranges::find_if(links.out[at], [&](const Edge& edge) { return equal(priority[edge.to], length); });
      if (next == links.out[at].end()) break;
      at = next->to;
    }
  }
  const auto its = static_cast<Index>(std::ranges::min_element(sums) - sums.begin());
  while (!board.ready().empty()) {
    const Index task = board.first_ready(priority);
    board.place(task, is_critical[task] ? board.earliest(task, its) : board.best(task, [](Index) { return 0.0; }));
  }
  return board.take();
}

Schedule peft(const Costs& costs) {
  const Links links(costs);
  const auto table = optimistic_costs(costs);
  std::vector<double> rank;
  rank.reserve(table.size());
  for (const auto& row : table) rank.push_back(mean(row));
  Board board(costs, links);
  while (!board.ready().empty()) {
    const Index task = board.first_ready(rank);
    board.place(task, board.best(task, [&](Index processor) { return table[task][processor]; }));
  }
  return board.take();
}

namespace {
/// Places the pair of a ready task and a processor first that `value_of` makes greatest, behind what the processor has.
template <class ValueOf>
Schedule by_pairs(const Costs& costs, ValueOf value_of) {
  const Links links(costs);
  std::vector<double> middle, level(costs.cost.size());
  for (const auto& row : costs.cost) middle.push_back(median(row));
  for (auto task = links.order.rbegin(); task != links.order.rend(); ++task) {
    for (const Edge& edge : links.out[*task]) level[*task] = std::max(level[*task], level[edge.to]);
    level[*task] += middle[*task];
  }
  Board board(costs, links);
  while (!board.ready().empty()) {
    Index best = board.ready().front();
    Slot slot;
    std::pair<double, double> most{-infinity, -infinity};
    for (const Index task : board.ready())
      for (Index processor = 0; processor < board.processors(); ++processor) {
        const double start = std::max(board.data_at(task, processor), board.last_end(processor)), cost = costs.cost[task][processor];
        const std::pair<double, double> value = value_of(level[task], start, middle[task], cost);
        if (is_less(most.first, value.first) || (!is_less(value.first, most.first) && is_less(most.second, value.second)))
          most = value, best = task, slot = {processor, start, start + cost};
      }
    board.place(best, slot);
  }
  return board.take();
}
}  // namespace

Schedule dls(const Costs& costs) {
  return by_pairs(costs, [](double level, double start, double middle, double cost) { return std::pair{level - start + middle - cost, 0.0}; });
}

Schedule etf(const Costs& costs) {
  return by_pairs(costs, [](double level, double start, double, double) { return std::pair{-start, level}; });
}

namespace {
/// The latest starts of the task and of what follows it, in rising order, as whole parts of the longest way: sums that should be equal are.
std::vector<std::int64_t> latest_starts(Index task, const Links& links, const std::vector<std::int64_t>& latest) {
  constexpr std::size_t length_max = 256;
  using Entry = std::pair<std::int64_t, Index>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  std::unordered_set<Index> seen{task};
  std::vector<std::int64_t> list;
  for (open.emplace(latest[task], task); !open.empty() && list.size() < length_max;) {
    const Index one = open.top().second;
    open.pop();
    list.push_back(latest[one]);
    for (const Edge& edge : links.out[one])
      if (seen.insert(edge.to).second) open.emplace(latest[edge.to], edge.to);
  }
  return list;
}
}  // namespace

Schedule mcp(const Costs& costs) {
  const Links links(costs);
  const std::vector<double> up = upward(costs, links);
  const double length = up.empty() ? 0 : *std::ranges::max_element(up);
  std::vector<std::int64_t> latest;
  latest.reserve(up.size());
  for (const double rank : up) latest.push_back(length > 0 ? std::llround((length - rank) / length * 1e12) : 0);
  std::vector<Index> order(up.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](Index task) { return latest[task]; });
  for (auto first = order.begin(); first != order.end();) {  // Only where the first of the lists are equal the rest matters.
    const auto last = std::find_if(first, order.end(), [&](Index task) { return latest[task] != latest[*first]; });
    if (last - first > 1) {
      std::vector<std::pair<std::vector<std::int64_t>, Index>> lists;
      for (auto at = first; at != last; ++at) lists.emplace_back(latest_starts(*at, links, latest), *at);
      std::ranges::sort(lists);
      std::ranges::transform(lists, first, [](const auto& one) { return one.second; });
    }
    first = last;
  }
  std::vector<double> rank(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = -static_cast<double>(i);
  Board board(costs, links);
  while (!board.ready().empty()) {
    const Index task = board.first_ready(rank);
    board.place(task, board.best(task, [&](Index processor) { return -costs.cost[task][processor]; }));
  }
  return board.take();
}

namespace {
constexpr std::array<std::string_view, 6> all_names{"heft", "cpop", "peft", "dls", "etf", "mcp"};
constexpr std::array<Scheduler, 6> all{heft, cpop, peft, dls, etf, mcp};
}  // namespace

Scheduler find(std::string_view name) {
  const auto at = std::ranges::find(all_names, name);
  return at == all_names.end() ? nullptr : all[static_cast<std::size_t>(at - all_names.begin())];
}
std::span<const std::string_view> names() { return all_names; }
}  // namespace tessera::runtime::policy::schedule
