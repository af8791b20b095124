#include "simulation/experiment/agreement.hpp"

#include <cmath>
#include <numeric>

namespace tessera::simulation::experiment {
namespace {
double mean(const std::vector<double>& all) { return std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size()); }

double pooled_deviation(std::span<const Contender> contenders) {
  double squares = 0, freedom = 0;
  for (const Contender& one : contenders) {
    const double middle = mean(one.live);
    for (const double its : one.live) squares += (its - middle) * (its - middle);
    freedom += static_cast<double>(one.live.size()) - 1;
  }
  return freedom > 0 ? std::sqrt(squares / freedom) : 0;
}
}  // namespace

Agreement agreement_of(std::span<const Contender> contenders) {
  Agreement its;
  its.noise = pooled_deviation(contenders);
  for (std::size_t a = 0; a < contenders.size(); ++a)
    for (std::size_t b = a + 1; b < contenders.size(); ++b) {
      const double live = mean(contenders[b].live) - mean(contenders[a].live), simulated = contenders[b].simulated - contenders[a].simulated;
      if (std::abs(live) <= 2 * its.noise) continue;
      ++its.pairs;
      if (live * simulated > 0) ++its.same;
      else if (live * simulated < 0) its.inverted.emplace_back(contenders[live > 0 ? a : b].name, contenders[live > 0 ? b : a].name);
    }
  return its;
}

double tau(std::uint64_t same, std::uint64_t inverted, std::uint64_t pairs) {
  return pairs == 0 ? 1 : (static_cast<double>(same) - static_cast<double>(inverted)) / static_cast<double>(pairs);
}
}  // namespace tessera::simulation::experiment
