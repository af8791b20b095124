#include "runtime/graph/order.hpp"

#include <algorithm>

namespace tessera::runtime::graph {
namespace {
constexpr std::uint32_t unranked = 0xFFFFFFFFu;

/// Work behind each task: its own and its inputs', shared ones counted each time, saturating.
std::vector<std::uint32_t> weights(const Graph& graph) {
  std::vector<std::uint32_t> weight(graph.tasks.size(), 1);
  for (Index i = 0; i < graph.tasks.size(); ++i) {
    std::uint64_t sum = 1;
    for (const Index input : graph.inputs_of(i))
      if (!(input & external_bit)) sum += weight[input];
    weight[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(sum, 0xFFFFFFFFu));
  }
  return weight;
}

/// Ranks one task after the other, and at once each that can run then and frees a result, alone or with the others that divide it: no more memory is taken than given back.
class Ranking {
 public:
  explicit Ranking(const Graph& graph)
      : graph_(graph), rank_(graph.tasks.size(), unranked), waits_(graph.tasks.size()), needed_(graph.tasks.size()), met_(graph.tasks.size(), unranked),
        readers_begin_(graph.tasks.size() + 1) {
    const Index count = static_cast<Index>(graph.tasks.size());
    for (Index task = 0; task < count; ++task)
      each_input(task, [&](Index input) { ++waits_[task], ++needed_[input], ++readers_begin_[input + 1]; });
    for (Index task = 0; task < count; ++task) readers_begin_[task + 1] += readers_begin_[task];
    readers_.resize(readers_begin_[count]);
    std::vector<std::uint32_t> end(readers_begin_.begin(), readers_begin_.end() - 1);
    std::ranges::fill(met_, unranked);
    for (Index task = 0; task < count; ++task) each_input(task, [&](Index input) { readers_[end[input]++] = task; });
    std::ranges::fill(met_, unranked);
  }

  bool is_ranked(Index task) const { return rank_[task] != unranked; }
  bool is_final(Index task) const { return readers_of(task).empty(); }
  std::vector<std::uint32_t> take() { return std::move(rank_); }

  void add(Index task) {
    at_once_.push_back(task);
    while (!at_once_.empty()) {
      const Index one = at_once_.back();
      at_once_.pop_back();
      if (!is_ranked(one)) rank(one);
    }
  }

 private:
  std::span<const Index> readers_of(Index task) const {
    return {readers_.data() + readers_begin_[task], readers_begin_[task + 1] - readers_begin_[task]};
  }
  /// Of this graph, each once.
  template <class What>
  void each_input(Index task, What what) {
    for (const Index input : graph_.inputs_of(task)) {
      if ((input & external_bit) || met_[input] == task) continue;
      met_[input] = task;
      what(input);
    }
  }
  bool divides(Index task) const { return !graph_.options.empty() && graph_.options[graph_.tasks[task].options].divides; }
  bool is_last_reader_of_one(Index task) const {
    return std::ranges::any_of(graph_.inputs_of(task), [&](Index input) { return !(input & external_bit) && needed_[input] == 1; });
  }
  void rank(Index task) {
    rank_[task] = next_++;
    const std::size_t before = at_once_.size();
    for (const Index reader : readers_of(task))
      if (--waits_[reader] == 0 && (divides(reader) || is_last_reader_of_one(reader))) at_once_.push_back(reader);
    each_input(task, [&](Index input) {
      if (--needed_[input] != 1) return;
      const auto readers = readers_of(input);
      const Index last = *std::ranges::find_if(readers, [&](Index reader) { return !is_ranked(reader); });
      if (waits_[last] == 0) at_once_.push_back(last);
    });
    std::sort(at_once_.begin() + static_cast<std::ptrdiff_t>(before), at_once_.end(), std::greater{});  // The first of the graph lies on top.
  }

  const Graph& graph_;
  std::vector<std::uint32_t> rank_;
  std::vector<std::uint32_t> waits_;    ///< Inputs without a rank.
  std::vector<std::uint32_t> needed_;   ///< Readers without one.
  std::vector<Index> met_;              ///< The last task that `each_input` met it for.
  std::vector<std::uint32_t> readers_begin_;
  std::vector<Index> readers_;
  std::vector<Index> at_once_;
  std::uint32_t next_ = 0;
};
}  // namespace

std::vector<std::uint32_t> depth_first_order(const Graph& graph) {
  const Index count = static_cast<Index>(graph.tasks.size());
  Ranking ranking(graph);
  const std::vector<std::uint32_t> weight = weights(graph);
  std::vector<Index> stack;
  for (Index final = 0; final < count; ++final) {
    if (!ranking.is_final(final)) continue;
    stack.push_back(final);
    while (!stack.empty()) {
      const Index task = stack.back();
      if (ranking.is_ranked(task)) {
        stack.pop_back();
        continue;
      }
      const std::size_t before = stack.size();
      for (const Index input : graph.inputs_of(task))
        if (!(input & external_bit) && !ranking.is_ranked(input)) stack.push_back(input);
      if (stack.size() == before) {
        stack.pop_back();
        ranking.add(task);
        continue;
      }
      // The heaviest input lies on top: it holds little for long, the light ones come when it is done.
      std::sort(stack.begin() + static_cast<std::ptrdiff_t>(before), stack.end(), [&](Index a, Index b) {
        return weight[a] != weight[b] ? weight[a] < weight[b] : a > b;
      });
    }
  }
  return ranking.take();
}
}  // namespace tessera::runtime::graph
