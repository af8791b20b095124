#include "simulation/experiment/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tessera::simulation::experiment {
namespace {
constexpr std::size_t exact_max = 50;

struct Rank {
  double size = 0;                       ///< Of the difference.
  bool is_positive = false;
  std::uint64_t doubled = 0;             ///< Shared ranks are halves.
};

/// By size; `ties` becomes the sum of t^3 - t over groups of t equal ones.
std::vector<Rank> ranked(std::span<const double> differences, double& ties) {
  std::vector<Rank> ranks;
  for (const double one : differences)
    if (one != 0) ranks.push_back({std::abs(one), one > 0});
  std::ranges::sort(ranks, {}, &Rank::size);
  for (std::size_t begin = 0, end = 0; begin < ranks.size(); begin = end) {
    while (end < ranks.size() && ranks[end].size == ranks[begin].size) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks[i].doubled = begin + 1 + end;
    const auto t = static_cast<double>(end - begin);
    ties += t * t * t - t;
  }
  return ranks;
}

/// The part of all signs whose sum of positive ranks is as far from the middle as `sum`, on both sides.
double exact(const std::vector<Rank>& ranks, std::uint64_t sum) {
  const std::uint64_t total = ranks.size() * (ranks.size() + 1);
  std::vector<double> ways(total + 1);
  ways[0] = 1;
  for (const Rank& rank : ranks)
    for (std::uint64_t i = total; i >= rank.doubled; --i) ways[i] += ways[i - rank.doubled];
  const std::uint64_t less = std::min(sum, total - sum);
  const double below = std::accumulate(ways.begin(), ways.begin() + static_cast<std::ptrdiff_t>(less) + 1, 0.0);
  return std::min(1.0, 2 * below / std::exp2(static_cast<double>(ranks.size())));
}
}  // namespace

Spread spread_of(std::vector<double> numbers) {
  std::ranges::sort(numbers);
  const std::size_t half = numbers.size() / 2;
  return {numbers.size() % 2 == 1 ? numbers[half] : (numbers[half - 1] + numbers[half]) / 2, numbers.front(), numbers.back()};
}

double signed_rank_p(std::span<const double> differences) {
  double ties = 0;
  const auto ranks = ranked(differences, ties);
  if (ranks.empty()) return 1;
  std::uint64_t sum = 0;
  for (const Rank& rank : ranks) sum += rank.is_positive ? rank.doubled : 0;
  if (ranks.size() <= exact_max) return exact(ranks, sum);
  const auto n = static_cast<double>(ranks.size());
  const double mean = n * (n + 1) / 4, variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48;
  const double distance = std::max(0.0, std::abs(static_cast<double>(sum) / 2 - mean) - 0.5);
  return std::erfc(distance / std::sqrt(2 * variance));
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double most = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    most = std::max(most, std::min(1.0, p[order[i]] * static_cast<double>(p.size() - i)));
    adjusted[order[i]] = most;
  }
  return adjusted;
}
}  // namespace tessera::simulation::experiment
