#include "simulation/engine/network.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace tessera::simulation::engine {
namespace {
class Simple final : public Network {
 public:
  explicit Simple(double bandwidth) : bandwidth_(bandwidth) {}
  void start(Flow flow, const Transfer& transfer) override { ends_.emplace(now_ + transfer.size / bandwidth_, flow); }
  std::optional<double> next_end() override {
    if (ends_.empty()) return std::nullopt;
    return ends_.begin()->first;
  }
  std::vector<Flow> advance(double now, double within) override {
    now_ = now;
    std::vector<Flow> ended;
    for (; !ends_.empty() && ends_.begin()->first <= now + within; ends_.erase(ends_.begin())) ended.push_back(ends_.begin()->second);
    std::ranges::sort(ended);
    return ended;
  }

 private:
  double bandwidth_, now_ = 0;
  std::set<std::pair<double, Flow>> ends_;
};

class MaxMin final : public Network {
 public:
  MaxMin(std::vector<double> up, std::vector<double> down, Share share) : up_(std::move(up)), down_(std::move(down)), share_(share) {}
  void start(Flow flow, const Transfer& transfer) override {
    flows_.emplace(flow, State{transfer, transfer.size, 0});
    is_stale_ = true;
  }
  std::optional<double> next_end() override {
    if (flows_.empty()) return std::nullopt;
    share();
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [flow, state] : flows_) least = std::min(least, state.left / state.rate);
    return now_ + least;
  }
  std::vector<Flow> advance(double now, double within) override {
    share();
    std::vector<Flow> ended;
    for (auto& [flow, state] : flows_) state.left -= state.rate * (now - now_);
    std::erase_if(flows_, [&](const auto& one) {
      if (one.second.left > one.second.rate * within) return false;
      ended.push_back(one.first);
      return true;
    });
    now_ = now;
    is_stale_ |= !ended.empty();
    return ended;
  }

 private:
  struct State {
    Transfer transfer;
    double left, rate;
  };
  /// Those that get one rate together.
  struct Group {
    std::uint32_t from, to;
    std::vector<State*> members;
    bool is_fixed = false;
  };
  struct Link {
    double left;
    std::uint32_t open = 0;   ///< Groups whose rate is not fixed.
  };

  void share() {
    if (!std::exchange(is_stale_, false)) return;
    std::vector<Group> groups;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> of_pair;
    for (auto& [flow, state] : flows_) {
      const std::pair pair(state.transfer.from, state.transfer.to);
      const auto [at, is_new] = of_pair.try_emplace(pair, groups.size());
      if (!is_new && share_ == Share::pair) {
        groups[at->second].members.push_back(&state);
        continue;
      }
      groups.push_back({pair.first, pair.second, {&state}});
    }
    std::vector<Link> up, down;
    for (const double capacity : up_) up.push_back({capacity});
    for (const double capacity : down_) down.push_back({capacity});
    for (const Group& group : groups) ++up[group.from].open, ++down[group.to].open;
    for (std::size_t fixed = 0; fixed < groups.size();) {
      double least = std::numeric_limits<double>::infinity();
      for (const auto* links : {&up, &down})
        for (const Link& link : *links)
          if (link.open > 0) least = std::min(least, link.left / link.open);
      for (Group& group : groups) {
        if (group.is_fixed) continue;
        const auto is_full = [&](const Link& link) { return link.left / link.open <= least * (1 + 1e-12); };
        group.is_fixed = is_full(up[group.from]) || is_full(down[group.to]);
        if (!group.is_fixed) continue;
        ++fixed;
        for (State* member : group.members) member->rate = least / static_cast<double>(group.members.size());
      }
      // Together, as each of them was compared with what its links had before.
      for (auto* links : {&up, &down})
        for (Link& link : *links) link.open = 0, link.left = 0;
      for (std::size_t i = 0; i < up.size(); ++i) up[i].left = up_[i], down[i].left = down_[i];
      for (const Group& group : groups) {
        if (!group.is_fixed) {
          ++up[group.from].open, ++down[group.to].open;
          continue;
        }
        double rate = 0;
        for (const State* member : group.members) rate += member->rate;
        up[group.from].left -= rate, down[group.to].left -= rate;
      }
    }
  }

  std::vector<double> up_, down_;
  Share share_;
  double now_ = 0;
  std::map<Flow, State> flows_;
  bool is_stale_ = false;
};
}  // namespace

std::unique_ptr<Network> simple_network(double bandwidth) { return std::make_unique<Simple>(bandwidth); }
std::unique_ptr<Network> maxmin_network(std::vector<double> up, std::vector<double> down, Share share) {
  return std::make_unique<MaxMin>(std::move(up), std::move(down), share);
}
}  // namespace tessera::simulation::engine
