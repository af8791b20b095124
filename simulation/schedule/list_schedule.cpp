#include "simulation/schedule/list_schedule.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace tessera::simulation::schedule {
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
  explicit Links(const Problem& problem) : in(problem.cost.size()), out(problem.cost.size()) {
    std::vector<Index> waits(problem.cost.size());
    for (const Edge& edge : problem.edges) in[edge.to].push_back(edge), out[edge.from].push_back(edge), ++waits[edge.to];
    for (Index task = 0; task < waits.size(); ++task)
      if (waits[task] == 0) order.push_back(task);
    for (std::size_t i = 0; i < order.size(); ++i)
      for (const Edge& edge : out[order[i]])
        if (--waits[edge.to] == 0) order.push_back(edge.to);
  }
};

std::vector<double> upward(const Problem& problem, const Links& links) {
  std::vector<double> rank(problem.cost.size());
  for (auto task = links.order.rbegin(); task != links.order.rend(); ++task) {
    double rest = 0;
    for (const Edge& edge : links.out[*task]) rest = std::max(rest, edge.time + rank[edge.to]);
    rank[*task] = mean(problem.cost[*task]) + rest;
  }
  return rank;
}
std::vector<double> downward(const Problem& problem, const Links& links) {
  std::vector<double> rank(problem.cost.size());
  for (const Index task : links.order)
    for (const Edge& edge : links.in[task]) rank[task] = std::max(rank[task], rank[edge.from] + mean(problem.cost[edge.from]) + edge.time);
  return rank;
}

/// Places one task after the other.
class Board {
 public:
  Board(const Problem& problem, const Links& links) : problem_(problem), links_(links), busy_(problem.places.size()), waits_(problem.cost.size()) {
    schedule_.slots.resize(problem.cost.size());
    for (Index task = 0; task < waits_.size(); ++task)
      if ((waits_[task] = static_cast<Index>(links.in[task].size())) == 0) ready_.push_back(task);
  }
  const std::vector<Index>& ready() const { return ready_; }
  Index processors() const { return static_cast<Index>(problem_.places.size()); }

  /// When all inputs of the task are there.
  double data_at(Index task, Index processor) const {
    double at = 0;
    for (const Edge& edge : links_.in[task]) {
      const Slot& from = schedule_.slots[edge.from];
      at = std::max(at, from.end + (problem_.places[from.processor] == problem_.places[processor] ? 0 : edge.time));
    }
    return at;
  }
  double last_end(Index processor) const { return busy_[processor].empty() ? 0 : busy_[processor].back().end; }
  /// The first gap that is long enough.
  Slot earliest(Index task, Index processor) const {
    const double cost = problem_.cost[task][processor];
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
  const Problem& problem_;
  const Links& links_;
  std::vector<std::vector<Slot>> busy_;   ///< By their start.
  std::vector<Index> waits_;
  std::vector<Index> ready_;              ///< Sorted.
  Schedule schedule_;
};
}  // namespace

std::vector<double> upward_ranks(const Problem& problem) { return upward(problem, Links(problem)); }
std::vector<double> downward_ranks(const Problem& problem) { return downward(problem, Links(problem)); }

std::vector<std::vector<double>> optimistic_costs(const Problem& problem) {
  const Links links(problem);
  const std::size_t processors = problem.places.size();
  std::vector<std::vector<double>> table(problem.cost.size(), std::vector<double>(processors));
  for (auto task = links.order.rbegin(); task != links.order.rend(); ++task)
    for (std::size_t here = 0; here < processors; ++here)
      for (const Edge& edge : links.out[*task]) {
        double least = infinity;
        for (std::size_t there = 0; there < processors; ++there)
          least = std::min(least, table[edge.to][there] + problem.cost[edge.to][there] + (problem.places[here] == problem.places[there] ? 0 : edge.time));
        table[*task][here] = std::max(table[*task][here], least);
      }
  return table;
}

Schedule heft(const Problem& problem) {
  const Links links(problem);
  const std::vector<double> rank = upward(problem, links);
  Board board(problem, links);
  while (!board.ready().empty()) {  // A task has a higher rank than what follows it: the first that is ready is the first of all.
    const Index task = board.first_ready(rank);
    board.place(task, board.best(task, [](Index) { return 0.0; }));
  }
  return board.take();
}

Schedule cpop(const Problem& problem) {
  const Links links(problem);
  const std::vector<double> up = upward(problem, links), down = downward(problem, links);
  std::vector<double> priority(up.size());
  for (std::size_t i = 0; i < up.size(); ++i) priority[i] = up[i] + down[i];
  Board board(problem, links);
  std::vector<bool> is_critical(up.size());
  std::vector<double> sums(problem.places.size());
  if (!up.empty()) {
    Index at = board.first_ready(priority);
    for (const double length = priority[at];;) {
      is_critical[at] = true;
      for (std::size_t processor = 0; processor < sums.size(); ++processor) sums[processor] += problem.cost[at][processor];
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

Schedule peft(const Problem& problem) {
  const Links links(problem);
  const auto table = optimistic_costs(problem);
  std::vector<double> rank;
  for (const auto& row : table) rank.push_back(mean(row));
  Board board(problem, links);
  while (!board.ready().empty()) {
    const Index task = board.first_ready(rank);
    board.place(task, board.best(task, [&](Index processor) { return table[task][processor]; }));
  }
  return board.take();
}

Schedule dls(const Problem& problem) {
  const Links links(problem);
  std::vector<double> middle, level(problem.cost.size());
  for (const auto& costs : problem.cost) middle.push_back(median(costs));
  for (auto task = links.order.rbegin(); task != links.order.rend(); ++task) {
    for (const Edge& edge : links.out[*task]) level[*task] = std::max(level[*task], level[edge.to]);
    level[*task] += middle[*task];
  }
  Board board(problem, links);
  while (!board.ready().empty()) {
    Index best = board.ready().front();
    Slot slot;
    double most = -infinity;
    for (const Index task : board.ready())
      for (Index processor = 0; processor < board.processors(); ++processor) {
        const double start = std::max(board.data_at(task, processor), board.last_end(processor)), cost = problem.cost[task][processor];
        const double value = level[task] - start + middle[task] - cost;
        if (is_less(most, value)) most = value, best = task, slot = {processor, start, start + cost};
      }
    board.place(best, slot);
  }
  return board.take();
}

namespace {
constexpr std::array<std::string_view, 4> all_names{"heft", "cpop", "peft", "dls"};
constexpr std::array<Scheduler, 4> all{heft, cpop, peft, dls};
}  // namespace

Scheduler find(std::string_view name) {
  const auto at = std::ranges::find(all_names, name);
  return at == all_names.end() ? nullptr : all[static_cast<std::size_t>(at - all_names.begin())];
}
std::span<const std::string_view> names() { return all_names; }
}  // namespace tessera::simulation::schedule
