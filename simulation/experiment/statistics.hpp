/// @file
/// Numbers of several runs, and whether two policies differ by more than chance.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace tessera::simulation::experiment {
struct Spread {
  double median = 0, min = 0, max = 0;
};
/// Of at least one number; the median of an even count is the mean of the middle two.
Spread spread_of(std::vector<double> numbers);

/// The two-sided p of Wilcoxon's signed-rank test (Individual comparisons by ranking methods, Biometrics Bulletin 1(6), 1945): how likely ranks of the differences are so one-sided
/// by chance. Differences of 0 do not count, equal ones share their ranks. Up to 50 differences the exact distribution over all signs; beyond, the normal approximation with
/// correction for ties and continuity. 1 where none counts.
double signed_rank_p(std::span<const double> differences);

/// Each p as it is once the number of tests is allowed for (Holm: A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6(2), 1979).
std::vector<double> holm(const std::vector<double>& p);
}  // namespace tessera::simulation::experiment
