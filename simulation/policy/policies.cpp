#include "simulation/policy/policies.hpp"

#include "runtime/base/rng.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace tessera::simulation::policy {
namespace {
using engine::Assignment;
using engine::Case;
using engine::View;
using runtime::Rng;

/// Tasks, each after those that it needs.
std::vector<std::uint32_t> in_order(const Case& what) {
  std::vector<std::uint32_t> waits(what.tasks.size()), order;
  std::vector<std::vector<std::uint32_t>> users(what.tasks.size());
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task) {
    for (const std::uint32_t input : what.tasks[task].inputs)
      if (what.objects[input].producer != engine::nobody) users[what.objects[input].producer].push_back(task), ++waits[task];
    if (waits[task] == 0) order.push_back(task);
  }
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const std::uint32_t user : users[order[i]])
      if (--waits[user] == 0) order.push_back(user);
  return order;
}

/// While the first is placed it is known that the second needs what it makes.
bool is_seen(const Case& what, std::uint32_t producer, std::uint32_t user) {
  return producer != engine::nobody && (what.revealed_by.empty() || what.revealed_by[user] == what.revealed_by[producer]);
}

std::vector<double> b_levels(const Case& what) {
  std::vector<double> after(what.tasks.size());  // Without the task, then with it.
  const auto order = in_order(what);
  for (auto task = order.rbegin(); task != order.rend(); ++task) {
    after[*task] += what.tasks[*task].duration;
    for (const std::uint32_t input : what.tasks[*task].inputs) {
      if (!is_seen(what, what.objects[input].producer, *task)) continue;
      double& before = after[what.objects[input].producer];
      before = std::max(before, after[*task]);
    }
  }
  return after;
}

std::vector<double> t_levels(const Case& what) {
  std::vector<double> level(what.tasks.size());
  for (const std::uint32_t task : in_order(what))
    for (const std::uint32_t input : what.tasks[task].inputs) {
      const std::uint32_t producer = what.objects[input].producer;
      if (producer == engine::nobody) continue;
      level[task] = std::max(level[task], level[producer] + what.tasks[producer].duration);
    }
  return level;
}

/// Takes what is ready in the order of a list, smallest key first.
class ByList final : public engine::Policy {
 public:
  ByList(std::vector<double> keys, std::uint64_t seed) : keys_(std::move(keys)), rng_(seed) {}

  void decide(const View& view, std::vector<Assignment>& out) override {
    if (free_.empty()) {
      free_.resize(view.what().cpus.size());
      at_.resize(free_.size(), nowhere);
      amounts_.resize(free_.size(), std::vector<std::int64_t>(view.what().resources.size()));
      for (std::uint32_t node = 0; node < free_.size(); ++node) look_at(view, node);
    }
    for (const std::uint32_t node : view.newly_free()) look_at(view, node);
    for (const std::uint32_t task : view.newly_ready()) waiting_.insert({keys_[task], rng_.next(), task});
    for (auto at = waiting_.begin(); at != waiting_.end() && !available_.empty();) {
      const std::uint32_t task = std::get<2>(*at);
      const std::uint32_t node = place(view, task);
      if (node == nowhere) {
        ++at;
        continue;
      }
      set_free(node, free_[node] - view.what().tasks[task].cpus);
      if (!view.what().needs.empty())
        for (std::size_t i = 0; i < amounts_[node].size(); ++i) amounts_[node][i] -= view.what().needs[task][i];
      out.push_back({task, node, 0, 0});
      at = waiting_.erase(at);
    }
  }

 private:
  static constexpr std::uint32_t nowhere = 0xFFFFFFFFu;

  void look_at(const View& view, std::uint32_t node) {
    set_free(node, view.free_cores(node));
    for (std::uint32_t i = 0; i < amounts_[node].size(); ++i) amounts_[node][i] = view.free_amount(node, i);
  }

  bool has_room(const Case& what, std::uint32_t node, std::uint32_t task) const {
    if (free_[node] < static_cast<std::int64_t>(what.tasks[task].cpus)) return false;
    if (what.needs.empty()) return true;
    for (std::size_t i = 0; i < amounts_[node].size(); ++i)
      if (amounts_[node][i] < what.needs[task][i]) return false;
    return true;
  }

  /// `available_` are those with free cores, in no order.
  void set_free(std::uint32_t node, std::int64_t cores) {
    free_[node] = cores;
    if (cores > 0 && at_[node] == nowhere) {
      at_[node] = static_cast<std::uint32_t>(available_.size());
      available_.push_back(node);
    } else if (cores <= 0 && at_[node] != nowhere) {
      const std::uint32_t hole = std::exchange(at_[node], nowhere);
      if (available_.back() != node) at_[available_.back()] = hole;
      available_[hole] = available_.back();
      available_.pop_back();
    }
  }

  /// Nodes that have nothing of the inputs all have the same to fetch: one of them is drawn, the others are looked at.
  std::uint32_t place(const View& view, std::uint32_t task) {
    const engine::Task& its = view.what().tasks[task];
    saved_.clear();
    for (const std::uint32_t input : its.inputs)
      for (const engine::Place& one : view.places(input)) saved_[one.node] += view.size(input) * (one.is_here ? 1 : 0.9);
    std::uint32_t best = nowhere;
    double most = 0;
    std::uint64_t equals = 0;
    for (const auto& [node, saved] : saved_) {
      if (saved < most || saved == 0 || !has_room(view.what(), node, task)) continue;
      if (saved > most) equals = 0;
      most = saved;
      if (rng_.below(++equals) == 0) best = node;
    }
    if (best != nowhere) return best;
    if (its.cpus == 1 && view.what().needs.empty()) return available_[rng_.below(available_.size())];
    for (const std::uint32_t node : available_)
      if (has_room(view.what(), node, task) && rng_.below(++equals) == 0) best = node;
    return best;
  }

  std::vector<double> keys_;
  Rng rng_;
  std::set<std::tuple<double, std::uint64_t, std::uint32_t>> waiting_;
  std::vector<std::int64_t> free_;
  std::vector<std::uint32_t> available_, at_;
  std::vector<std::vector<std::int64_t>> amounts_;  ///< Free of each resource, by node.
  std::map<std::uint32_t, double> saved_;  ///< Scratch of `place`.
};

/// A node that takes tasks and has what this one needs; `engine::nobody`: there is none now.
template <class Choose>
std::uint32_t choose(const View& view, std::uint32_t task, const Choose& choose) {
  std::uint32_t best = engine::nobody;
  for (std::uint32_t node = 0; node < view.what().cpus.size(); ++node)
    if (view.takes_tasks(node) && view.what().fits(task, node) && choose(node, best)) best = node;
  return best;
}

/// All that is ready on one node, while it is there.
class OnTheLargest final : public engine::Policy {
 public:
  explicit OnTheLargest(const Case& what) : levels_(b_levels(what)) {}
  void decide(const View& view, std::vector<Assignment>& out) override {
    waiting_.insert(waiting_.end(), view.newly_ready().begin(), view.newly_ready().end());
    const auto& cpus = view.what().cpus;
    std::erase_if(waiting_, [&](std::uint32_t task) {
      if (node_ == engine::nobody || !view.takes_tasks(node_) || !view.what().fits(task, node_))
        node_ = choose(view, task, [&](std::uint32_t node, std::uint32_t best) { return best == engine::nobody || cpus[node] > cpus[best]; });
      if (node_ != engine::nobody) out.push_back({task, node_, levels_[task], 0});
      return node_ != engine::nobody;
    });
  }

 private:
  std::vector<double> levels_;
  std::vector<std::uint32_t> waiting_;
  std::uint32_t node_ = engine::nobody;
};

/// Each as soon as it is known, on any node; again, if that is lost.
class Anywhere final : public engine::Policy {
 public:
  explicit Anywhere(std::uint64_t seed) : rng_(seed) {}
  void decide(const View& view, std::vector<Assignment>& out) override {
    if (!std::exchange(is_begun_, true))
      for (std::uint32_t task = 0; task < view.what().tasks.size(); ++task)
        if (view.is_known(task)) waiting_.push_back(task);
    waiting_.insert(waiting_.end(), view.newly_known().begin(), view.newly_known().end());
    for (const std::uint32_t task : view.newly_ready())
      if (!view.has_node(task)) waiting_.push_back(task);
    std::ranges::sort(waiting_);
    waiting_.erase(std::ranges::unique(waiting_).begin(), waiting_.end());
    std::erase_if(waiting_, [&](std::uint32_t task) {
      const std::uint32_t node = drawn(view, task);
      if (node != engine::nobody) out.push_back({task, node, 0, 0});
      return node != engine::nobody;
    });
  }

 private:
  std::uint32_t drawn(const View& view, std::uint32_t task) {
    const auto& cpus = view.what().cpus;
    std::uint64_t sum = 0;
    choose(view, task, [&](std::uint32_t node, std::uint32_t) { return sum += cpus[node], false; });
    if (sum == 0) return engine::nobody;
    std::uint64_t left = rng_.below(sum);
    return choose(view, task, [&](std::uint32_t node, std::uint32_t best) {
      if (best != engine::nobody) return false;
      const bool is_it = left < cpus[node];
      left -= is_it ? 0 : cpus[node];
      return is_it;
    });
  }

  Rng rng_;
  bool is_begun_ = false;
  std::vector<std::uint32_t> waiting_;
};

constexpr std::array<std::string_view, 6> known = {"blevel", "tlevel", "mcp", "random_ready", "single", "random"};
}  // namespace

std::unique_ptr<engine::Policy> make(std::string_view name, const Case& what, std::uint64_t seed) {
  if (name == "single") return std::make_unique<OnTheLargest>(what);
  if (name == "random") return std::make_unique<Anywhere>(seed);
  std::vector<double> keys;
  if (name == "tlevel") {
    keys = t_levels(what);
  } else if (name == "blevel" || name == "mcp") {
    keys = b_levels(what);
    const double longest = keys.empty() ? 0 : *std::ranges::max_element(keys);
    for (double& key : keys) key = name == "mcp" ? longest - key : -key;
  } else if (name == "random_ready") {
    keys.resize(what.tasks.size());
  } else {
    return nullptr;
  }
  return std::make_unique<ByList>(std::move(keys), seed);
}

std::span<const std::string_view> names() { return known; }
}  // namespace tessera::simulation::policy
