#include "simulation/policy/policies.hpp"

#include "runtime/base/rng.hpp"

#include <algorithm>
#include <array>
#include <queue>
#include <set>
#include <tuple>

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
    for (const std::uint32_t input : what.tasks[task].inputs) users[what.objects[input].producer].push_back(task), ++waits[task];
    if (waits[task] == 0) order.push_back(task);
  }
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const std::uint32_t user : users[order[i]])
      if (--waits[user] == 0) order.push_back(user);
  return order;
}

std::vector<double> b_levels(const Case& what) {
  std::vector<double> after(what.tasks.size());  // Without the task, then with it.
  const auto order = in_order(what);
  for (auto task = order.rbegin(); task != order.rend(); ++task) {
    after[*task] += what.tasks[*task].duration;
    for (const std::uint32_t input : what.tasks[*task].inputs) {
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
      level[task] = std::max(level[task], level[producer] + what.tasks[producer].duration);
    }
  return level;
}

/// Takes what is ready in the order of a list, smallest key first.
class ByList final : public engine::Policy {
 public:
  ByList(std::vector<double> keys, std::uint64_t seed) : keys_(std::move(keys)), rng_(seed) {}

  void decide(const View& view, std::vector<Assignment>& out) override {
    if (free_.empty())
      for (std::uint32_t node = 0; node < view.what().cpus.size(); ++node) free_.push_back(0);
    for (std::uint32_t node = 0; node < free_.size(); ++node) free_[node] = view.free_cores(node);
    for (const std::uint32_t task : view.newly_ready()) waiting_.insert({keys_[task], rng_.next(), task});
    std::int64_t most = *std::ranges::max_element(free_);
    for (auto at = waiting_.begin(); at != waiting_.end() && most > 0;) {
      const std::uint32_t task = std::get<2>(*at);
      const std::int64_t cpus = view.what().tasks[task].cpus;
      const std::uint32_t node = cpus > most ? nowhere : place(view, task);
      if (node == nowhere) {
        ++at;
        continue;
      }
      free_[node] -= cpus;
      most = *std::ranges::max_element(free_);
      out.push_back({task, node, 0, 0});
      at = waiting_.erase(at);
    }
  }

 private:
  static constexpr std::uint32_t nowhere = 0xFFFFFFFFu;

  std::uint32_t place(const View& view, std::uint32_t task) {
    std::uint32_t best = nowhere;
    double least = 0;
    std::uint64_t equals = 0;
    for (std::uint32_t node = 0; node < free_.size(); ++node) {
      if (free_[node] < static_cast<std::int64_t>(view.what().tasks[task].cpus)) continue;
      double fetch = 0;
      for (const std::uint32_t input : view.what().tasks[task].inputs) {
        const View::Where where = view.where(input, node);
        if (where != View::Where::here) fetch += view.what().objects[input].size * (where == View::Where::coming ? 0.1 : 1);
      }
      if (best == nowhere || fetch < least) equals = 0;
      else if (fetch > least) continue;
      if (rng_.below(++equals) == 0) best = node;
      least = fetch;
    }
    return best;
  }

  std::vector<double> keys_;
  Rng rng_;
  std::set<std::tuple<double, std::uint64_t, std::uint32_t>> waiting_;
  std::vector<std::int64_t> free_;
};

/// Places all at time 0.
class AtOnce final : public engine::Policy {
 public:
  explicit AtOnce(std::vector<Assignment> all) : all_(std::move(all)) {}
  void decide(const View&, std::vector<Assignment>& out) override { out = std::exchange(all_, {}); }

 private:
  std::vector<Assignment> all_;
};

/// All that is ready on one node.
class OnTheLargest final : public engine::Policy {
 public:
  explicit OnTheLargest(const Case& what) : levels_(b_levels(what)), node_(static_cast<std::uint32_t>(std::ranges::max_element(what.cpus) - what.cpus.begin())) {}
  void decide(const View& view, std::vector<Assignment>& out) override {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, node_, levels_[task], 0});
  }

 private:
  std::vector<double> levels_;
  std::uint32_t node_;
};

std::vector<Assignment> anywhere(const Case& what, Rng& rng) {
  std::vector<Assignment> all;
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task) {
    std::uint64_t sum = 0;
    for (const std::uint32_t cpus : what.cpus) sum += cpus >= what.tasks[task].cpus ? cpus : 0;
    std::uint64_t drawn = rng.below(sum);
    for (std::uint32_t node = 0; node < what.cpus.size(); ++node) {
      const std::uint64_t weight = what.cpus[node] >= what.tasks[task].cpus ? what.cpus[node] : 0;
      if (drawn < weight) {
        all.push_back({task, node, 0, 0});
        break;
      }
      drawn -= weight;
    }
  }
  return all;
}

constexpr std::array<std::string_view, 6> known = {"blevel", "tlevel", "mcp", "random_ready", "single", "random"};
}  // namespace

std::unique_ptr<engine::Policy> make(std::string_view name, const Case& what, std::uint64_t seed) {
  Rng rng(seed);
  if (name == "single") return std::make_unique<OnTheLargest>(what);
  if (name == "random") return std::make_unique<AtOnce>(anywhere(what, rng));
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
