#include "simulation/engine/network.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tessera::simulation::engine {
namespace {
class Simple final : public Network {
 public:
  Simple(Links links, double bandwidth) : links_(std::move(links)), bandwidth_(bandwidth) {}
  void start(Flow flow, const Transfer& transfer) override {
    const double end = now_ + links_.latency + transfer.size / rate(transfer);
    ends_.emplace(end, flow);
    if (flow >= transfers_.size()) transfers_.resize(flow + 1);
    transfers_[flow] = transfer;
  }
  double stop(Flow flow) override {
    const auto at = std::ranges::find(ends_, flow, &std::pair<double, Flow>::second);
    if (at == ends_.end()) return 0;
    const double left = std::min(transfers_[flow].size, (at->first - now_) * rate(transfers_[flow]));
    ends_.erase(at);
    return left;
  }
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
  double rate(const Transfer& transfer) const {
    if (links_.up.empty()) return bandwidth_;
    double least = std::min(links_.up[transfer.from], links_.down[transfer.to]);
    if (!links_.rack.empty() && links_.rack[transfer.from] != links_.rack[transfer.to])
      least = std::min({least, links_.racks[links_.rack[transfer.from]].up, links_.racks[links_.rack[transfer.to]].down});
    return least;
  }

  Links links_;
  double bandwidth_, now_ = 0;
  std::set<std::pair<double, Flow>> ends_;
  std::vector<Transfer> transfers_;  ///< By flow.
};
}  // namespace

std::unique_ptr<Network> simple_network(Links links) { return std::make_unique<Simple>(std::move(links), 0); }
std::unique_ptr<Network> simple_network(double bandwidth) { return std::make_unique<Simple>(Links{}, bandwidth); }
}  // namespace tessera::simulation::engine
