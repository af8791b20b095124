#include "simulation/experiment/grid.hpp"

#include "simulation/experiment/plan.hpp"
#include "simulation/live_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace tessera::simulation::experiment {
using runtime::ErrorCode;
using runtime::Failure;
using runtime::Result;

namespace {
constexpr std::size_t cells_max = 100'000'000;
Failure invalid(std::string why) { return Failure{ErrorCode::invalid_argument, std::move(why)}; }

/// Of what a grid has more than one of, each once.
template <class T>
Result<void> check_axis(const char* name, std::vector<T> all) {
  if (all.empty()) return invalid(fmt::format("{}: at least one was expected, and there is none", name));
  std::ranges::sort(all);
  if (const auto twice = std::ranges::adjacent_find(all); twice != all.end()) return invalid(fmt::format("{}: {} is there twice", name, *twice));
  return {};
}

Result<void> check(const Axes& axes) {
  std::vector<std::string> graphs;
  for (const Source& source : axes.graphs) graphs.push_back(source.text);
  for (auto checked : {check_axis("graphs", graphs), check_axis("nodes", axes.nodes), check_axis("bandwidth", axes.bandwidths), check_axis("network", axes.networks),
                       check_axis("information", axes.informations), check_axis("scheduler", axes.schedulers), check_axis("seeds", axes.seeds),
                       axes.clusters.empty() ? Result<void>() : check_axis("cluster", axes.clusters)})
    if (!checked) return checked;
  for (const std::string& name : axes.networks)
    if (auto found = setting_of(name); !found) return found.failure();
  for (const std::string& name : axes.informations)
    if (auto found = information_of(name); !found) return found.failure();
  for (const std::string& name : axes.schedulers)
    if (auto found = check_scheduler(name); !found) return found;
  for (const double bandwidth : axes.bandwidths)
    if (!(bandwidth > 0)) return invalid(fmt::format("bandwidth: a number above 0 was expected, and there is {}", bandwidth));
  return {};
}
}  // namespace

Result<std::vector<std::uint32_t>> cores_of(const std::string& text) {
  std::uint32_t nodes = 0, cores = 0;
  const char* const last = text.data() + text.size();
  const auto first = std::from_chars(text.data(), last, nodes);
  const auto second = first.ptr != last && *first.ptr == 'x' ? std::from_chars(first.ptr + 1, last, cores) : first;
  constexpr std::uint32_t most = 99'999;
  if (second.ptr != last || second.ec != std::errc() || nodes == 0 || cores == 0 || nodes > most || cores > most)
    return invalid(fmt::format("\"{}\" is not how many nodes of how many cores, at most {} each: for example 4x16", text, most));
  return std::vector<std::uint32_t>(nodes, cores);
}

engine::Case Grid::on_cluster(const Subject& subject) const {
  if (subject.placed) return subject.placed->what;
  engine::Case what = graphs[subject.graph].what;
  what.cpus = subject.cpus, what.bandwidth = subject.bandwidth;
  return what;
}

namespace {
Result<void> add_hosts(Grid& grid, std::span<const Host> hosts) {
  grid.networks = {"own"};
  for (std::uint32_t i = 0; i < grid.graphs.size(); ++i)
    for (const Host& host : hosts) {
      Graph& graph = grid.graphs[i];
      Placed placed{host.cluster.storage != engine::nobody && graph.with_files ? *graph.with_files : graph.what, {}, {}};
      auto setting = engine::put_on(host.cluster, placed.what);
      if (!setting) return Failure{setting.failure().code, fmt::format("{} on {}: {}", graph.label, host.label, setting.failure().message)};
      placed.setting = std::move(*setting);
      if (host.has_live_rules) placed.live = host.cluster;
      grid.subjects.push_back({i, host.label, placed.what.cpus, host.cluster.bandwidth, std::make_shared<const Placed>(std::move(placed))});
    }
  return {};
}

Result<void> add_clusters(Grid& grid, const Axes& axes) {
  for (std::uint32_t i = 0; i < grid.graphs.size(); ++i) {
    const Graph& graph = grid.graphs[i];
    if (graph.has_cluster) {
      grid.subjects.push_back({i, "own", graph.what.cpus, graph.what.bandwidth});
      continue;
    }
    for (const std::string& nodes : axes.nodes) {
      auto cpus = cores_of(nodes);
      if (!cpus) return invalid("nodes: " + cpus.failure().message);
      for (const double bandwidth : axes.bandwidths) grid.subjects.push_back({i, nodes, *cpus, bandwidth});
    }
  }
  for (const Subject& subject : grid.subjects)
    if (auto checked = engine::check(grid.on_cluster(subject)); !checked)
      return Failure{checked.failure().code, fmt::format("{} on {}: {}", grid.graphs[subject.graph].label, subject.nodes, checked.failure().message)};
  return {};
}

Finding live_finding(const Placed& placed, const std::string& scheduler, std::uint64_t seed) {
  const auto outcome = run_by_live_rules(placed.what, *placed.live, scheduler, seed);
  if (!outcome) return {0, 0, 0, outcome.failure().message, {}};
  return {static_cast<double>(outcome->makespan.ns) * 1e-9, static_cast<double>(outcome->moved.value) / 1048576, outcome->transfers, {}, outcome->nonsense};
}
}  // namespace

Result<Grid> make_grid(const Axes& axes, std::vector<Graph> graphs, std::span<const Host> hosts) {
  if (auto checked = check(axes); !checked) return checked.failure();
  Grid grid{std::move(graphs), {}, axes.networks, axes.informations, axes.schedulers, axes.seeds};
  if (auto added = hosts.empty() ? add_clusters(grid, axes) : add_hosts(grid, hosts); !added) return added.failure();
  if (grid.cells() > cells_max) return invalid(fmt::format("{} cells are more than {}", grid.cells(), cells_max));
  return grid;
}

Setting setting(const Grid& grid, std::size_t number) {
  const std::size_t information = number % grid.informations.size(), rest = number / grid.informations.size();
  return {rest / grid.networks.size(), rest % grid.networks.size(), information};
}
Cell cell(const Grid& grid, std::size_t number) {
  const std::size_t seed = number % grid.seeds.size(), rest = number / grid.seeds.size();
  return {rest / grid.schedulers.size(), rest % grid.schedulers.size(), seed};
}
std::size_t number(const Grid& grid, const Cell& cell) { return (cell.setting * grid.schedulers.size() + cell.scheduler) * grid.seeds.size() + cell.seed; }

Finding run_cell(const Grid& grid, std::size_t number) {
  const Cell its = cell(grid, number);
  const Setting where = setting(grid, its.setting);
  const Subject& subject = grid.subjects[where.subject];
  const Plan plan{grid.schedulers[its.scheduler], grid.networks[where.network], grid.informations[where.information], grid.seeds[its.seed]};
  if (subject.placed && subject.placed->live) return live_finding(*subject.placed, plan.scheduler, plan.seed);
  const auto outcome = subject.placed ? carry_out(subject.placed->what, subject.placed->setting, plan) : carry_out(grid.on_cluster(subject), plan);
  if (!outcome) return {0, 0, 0, outcome.failure().message, {}};
  return {outcome->makespan, outcome->total_transfer, outcome->transfer_count, {}, {}};
}
}  // namespace tessera::simulation::experiment
