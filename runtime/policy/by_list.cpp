#include "runtime/base/rng.hpp"
#include "runtime/policy/free_nodes.hpp"
#include "runtime/policy/levels.hpp"
#include "runtime/policy/makers.hpp"

#include <map>
#include <set>
#include <tuple>

namespace tessera::runtime::policy {
namespace {
class ByList final : public Policy {
 public:
  ByList(List list, std::uint64_t seed) : list_(list), rng_(seed) {}

  void decide(const View& view, std::vector<Assignment>& out) override {
    for (const std::uint32_t task : view.newly_ended()) forget(task);
    learn(view);
    nodes_.update(view);
    for (const std::uint32_t task : view.newly_ready()) wait(task);
    for (auto at = waiting_.begin(); at != waiting_.end() && !nodes_.available().empty();) {
      const std::uint32_t task = std::get<2>(*at);
      const std::uint32_t node = place(view, task);
      if (node == nowhere) {
        ++at;
        continue;
      }
      nodes_.take(view.what(), node, task);
      out.push_back({task, node, 0, 0});
      is_waiting_[task] = false;
      at = waiting_.erase(at);
    }
  }

 private:
  using Entry = std::tuple<double, std::uint64_t, std::uint32_t>;

  void learn(const View& view) {
    if (view.newly_known().empty()) return;
    const std::size_t count = view.what().tasks.size();
    keys_.resize(count), ties_.resize(count), is_waiting_.resize(count);
    std::vector<std::uint32_t> raised;
    if (list_ == List::bottom) bottom_.add(view, view.newly_known(), raised);
    if (list_ == List::top) top_.add(view, view.newly_known());
    for (const std::uint32_t task : view.newly_known()) is_waiting_[task] = false, keys_[task] = key_of(task);
    for (const std::uint32_t task : raised) {
      const bool waits = is_waiting_[task];
      if (waits) waiting_.erase(entry_of(task));
      keys_[task] = key_of(task);
      if (waits) waiting_.insert(entry_of(task));
    }
  }

  double key_of(std::uint32_t task) const { return list_ == List::bottom ? -bottom_[task] : list_ == List::top ? top_[task] : 0; }
  Entry entry_of(std::uint32_t task) const { return {keys_[task], ties_[task], task}; }

  void wait(std::uint32_t task) {
    if (is_waiting_[task]) return;
    ties_[task] = rng_.next();
    is_waiting_[task] = true;
    waiting_.insert(entry_of(task));
  }
  void forget(std::uint32_t task) {
    if (!is_waiting_[task]) return;
    is_waiting_[task] = false;
    waiting_.erase(entry_of(task));
  }

  /// Nodes that have nothing of the inputs all have the same to fetch: one of them is drawn, the others are looked at.
  std::uint32_t place(const View& view, std::uint32_t task) {
    const Task& its = view.what().tasks[task];
    saved_.clear();
    for (const std::uint32_t input : its.inputs)
      for (const Location& one : view.places(input)) saved_[one.node] += view.size(input) * (one.is_here ? 1 : 0.9);
    std::uint32_t best = nowhere;
    double most = 0;
    std::uint64_t equals = 0;
    for (const auto& [node, saved] : saved_) {
      if (saved < most || saved == 0 || !nodes_.has_room(view.what(), node, task)) continue;
      if (saved > most) equals = 0;
      most = saved;
      if (rng_.below(++equals) == 0) best = node;
    }
    if (best != nowhere) return best;
    if (its.cpus == 1 && view.what().needs.empty()) return nodes_.available()[rng_.below(nodes_.available().size())];
    for (const std::uint32_t node : nodes_.available())
      if (nodes_.has_room(view.what(), node, task) && rng_.below(++equals) == 0) best = node;
    return best;
  }

  List list_;
  Rng rng_;
  BottomLevels bottom_;
  TopLevels top_;
  std::vector<double> keys_;             ///< Smallest first,
  std::vector<std::uint64_t> ties_;      ///< then these.
  std::vector<bool> is_waiting_;
  std::set<Entry> waiting_;
  FreeNodes nodes_;
  std::map<std::uint32_t, double> saved_;  ///< Scratch of `place`.
};
}  // namespace

std::unique_ptr<Policy> by_list(List list, std::uint64_t seed) { return std::make_unique<ByList>(list, seed); }
}  // namespace tessera::runtime::policy
