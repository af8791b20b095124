#include "simulation/picture/timeline.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::simulation::picture {
namespace {
/// Changes at times, summed up.
Series sums(std::vector<std::pair<double, double>> changes) {
  std::ranges::sort(changes, {}, [](const auto& one) { return one.first; });
  Series series{{0, 0}};
  double value = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    value += changes[i].second;
    if (std::abs(value) < 1e-9) value = 0;  // What is left of sums and differences.
    if (i + 1 < changes.size() && changes[i + 1].first == changes[i].first) continue;
    if (series.back().first == changes[i].first) series.back().second = value;
    else series.emplace_back(changes[i].first, value);
  }
  return series;
}

using Changes = std::vector<std::vector<std::pair<double, double>>>;

void add(Changes& changes, std::uint32_t node, const engine::TransferTimes& transfer, double rate) {
  changes[node].emplace_back(transfer.start, rate);
  changes[node].emplace_back(transfer.end, -rate);
}
}  // namespace

std::vector<Load> loads(const Timeline& timeline) {
  Changes down(timeline.rows.size()), up(timeline.rows.size());
  for (const engine::TransferTimes& transfer : timeline.outcome.transfers) {
    if (transfer.end <= transfer.start) continue;
    const double rate = timeline.what->objects[transfer.object].size / (transfer.end - transfer.start);
    add(down, transfer.to, transfer, rate);
    add(up, transfer.from, transfer, rate);
  }
  std::vector<Load> loads;
  for (std::size_t node = 0; node < timeline.rows.size(); ++node) loads.push_back({sums(std::move(down[node])), sums(std::move(up[node]))});
  return loads;
}

std::vector<Series> memory(const Timeline& timeline) {
  Changes changes(timeline.rows.size());
  const auto& objects = timeline.what->objects;
  for (std::uint32_t object = 0; object < objects.size(); ++object)
    if (const std::uint32_t maker = timeline.made_by[object]; maker != none) changes[timeline.bars[maker].node].emplace_back(timeline.bars[maker].end, objects[object].size);
  for (const engine::TransferTimes& transfer : timeline.outcome.transfers) changes[transfer.to].emplace_back(transfer.end, objects[transfer.object].size);
  std::vector<Series> all;
  for (auto& node : changes) all.push_back(sums(std::move(node)));
  return all;
}
}  // namespace tessera::simulation::picture
