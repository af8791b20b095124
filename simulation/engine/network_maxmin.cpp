// Max-min fair sharing.
#include "simulation/engine/network.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <map>
#include <utility>

namespace tessera::simulation::engine {
namespace {
/// MiB: of pairs, as in Estee, what has less left when something else begins or ends has ended, too.
constexpr double remainder = 2e-6;

class MaxMin final : public Network {
 public:
  MaxMin(const Links& its, Share share) : latency_(its.latency), rack_(its.rack), nodes_(static_cast<std::uint32_t>(its.up.size())), share_(share) {
    for (const double capacity : its.up) links_.push_back({capacity});
    for (const double capacity : its.down) links_.push_back({capacity});
    for (const Rack& rack : its.racks) links_.push_back({rack.up}), links_.push_back({rack.down});
  }
  void start(Flow flow, const Transfer& transfer) override {
    if (latency_ > 0) coming_.push_back({now_ + latency_, flow, transfer});
    else open(flow, transfer);
  }
  double stop(Flow flow) override {
    if (const auto at = std::ranges::find(flows_, flow, &State::flow); at != flows_.end()) {
      const double left = at->left;
      flows_.erase(at);
      is_stale_ = true;
      return left;
    }
    const auto at = std::ranges::find(coming_, flow, &Coming::flow);
    if (at == coming_.end()) return 0;
    const double left = at->transfer.size;
    coming_.erase(at);
    return left;
  }
  std::optional<double> next_end() override {
    if (flows_.empty() && coming_.empty()) return std::nullopt;
    share();
    double least = std::numeric_limits<double>::infinity();
    for (const State& state : flows_) least = std::min(least, state.left / state.rate);
    return coming_.empty() ? now_ + least : std::min(now_ + least, coming_.front().at);
  }
  std::vector<Flow> advance(double now, double within) override {
    share();
    std::vector<Flow> ended;
    for (State& state : flows_) state.left -= state.rate * (now - now_);
    std::erase_if(flows_, [&](const State& state) {
      if (state.left > state.rate * within && (share_ == Share::flow || state.left >= remainder)) return false;
      ended.push_back(state.flow);
      return true;
    });
    now_ = now;
    is_stale_ |= !ended.empty();
    for (; !coming_.empty() && coming_.front().at <= now + within; coming_.pop_front()) open(coming_.front().flow, coming_.front().transfer);
    return ended;
  }

 private:
  struct State {
    Flow flow;
    Transfer transfer;
    double left, rate = 0;
    std::uint32_t group = 0;
  };
  struct Coming {
    double at;
    Flow flow;
    Transfer transfer;
  };
  /// Those that get one rate together.
  struct Group {
    std::array<std::uint32_t, 4> links;
    std::uint32_t links_count, members = 1;
    double rate = -1;         ///< Below 0: not fixed.
  };
  struct Link {
    double capacity;
    double left = 0;
    std::uint32_t open = 0;   ///< Groups whose rate is not fixed.
  };

  void open(Flow flow, const Transfer& transfer) {
    flows_.push_back({flow, transfer, transfer.size});
    is_stale_ = true;
  }

  Group group_of(const Transfer& transfer) const {
    Group group{{transfer.from, nodes_ + transfer.to}, 2};
    if (!rack_.empty() && rack_[transfer.from] != rack_[transfer.to]) group.links = {transfer.from, nodes_ + transfer.to, 2 * (nodes_ + rack_[transfer.from]), 2 * (nodes_ + rack_[transfer.to]) + 1}, group.links_count = 4;
    return group;
  }
  template <class Do>
  void each_link(const Group& group, const Do& act) {
    for (std::uint32_t i = 0; i < group.links_count; ++i) act(links_[group.links[i]]);
  }

  void regroup() {
    groups_.clear();
    of_pair_.clear();
    for (State& state : flows_) {
      if (share_ == Share::pair) {
        const auto [at, is_new] = of_pair_.try_emplace({state.transfer.from, state.transfer.to}, static_cast<std::uint32_t>(groups_.size()));
        state.group = at->second;
        if (!is_new) {
          ++groups_[at->second].members;
          continue;
        }
      }
      state.group = static_cast<std::uint32_t>(groups_.size());
      groups_.push_back(group_of(state.transfer));
    }
  }

  void share() {
    if (!std::exchange(is_stale_, false)) return;
    regroup();
    for (const Group& group : groups_) each_link(group, [](Link& link) { link.left = link.capacity, link.open = 0; });
    for (const Group& group : groups_) each_link(group, [](Link& link) { ++link.open; });
    for (std::size_t fixed = 0; fixed < groups_.size();) {
      double least = std::numeric_limits<double>::infinity();
      for (const Group& group : groups_)
        if (group.rate < 0) each_link(group, [&](const Link& link) { least = std::min(least, link.left / link.open); });
      full_.clear();
      for (Group& group : groups_) {
        if (group.rate >= 0) continue;
        bool is_full = false;
        each_link(group, [&](const Link& link) { is_full |= link.left / link.open <= least * (1 + 1e-12); });
        if (is_full) full_.push_back(&group);
      }
      // Together, as each of them was compared with what its links had before.
      for (Group* group : full_) {
        group->rate = least;
        each_link(*group, [&](Link& link) { --link.open, link.left -= least; });
      }
      fixed += full_.size();
    }
    for (State& state : flows_) state.rate = groups_[state.group].rate / groups_[state.group].members;
  }

  double latency_;
  std::vector<std::uint32_t> rack_;
  std::uint32_t nodes_;
  std::vector<Link> links_;   ///< Up of each node, down of each, then up and down of each rack.
  Share share_;
  double now_ = 0;
  std::vector<State> flows_;  ///< In their order.
  std::deque<Coming> coming_;
  bool is_stale_ = false;
  std::vector<Group> groups_; ///< This and what follows are of `share`.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> of_pair_;
  std::vector<Group*> full_;
};
}  // namespace

std::unique_ptr<Network> maxmin_network(Links links, Share share) { return std::make_unique<MaxMin>(links, share); }
std::unique_ptr<Network> maxmin_network(std::vector<double> up, std::vector<double> down, Share share) {
  return std::make_unique<MaxMin>(Links{std::move(up), std::move(down)}, share);
}
}  // namespace tessera::simulation::engine
