#include "simulation/experiment/summary.hpp"
#include "simulation/files/grid_file.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/parallel.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/simulate.hpp"
#include "tools/cli/simulate_results.hpp"
#include "tools/cli/table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <set>

namespace tessera::cli {
namespace {
namespace experiment = simulation::experiment;
using experiment::Finding;
using experiment::Grid;
using nlohmann::ordered_json;

constexpr std::size_t label_max = 50;    ///< Of a graph, in text.

/// "layered:width=8 on 4x4, 100 MiB/s, simple, exact"; on a cluster of a file "layered:width=8 on cluster.json, exact".
std::string setting_text(const Grid& grid, std::size_t number) {
  const auto where = experiment::setting(grid, number);
  const auto& subject = grid.subjects[where.subject];
  if (subject.placed)
    return fmt::format("{} on {}, {}", shortened(grid.graphs[subject.graph].label, label_max), shortened(subject.nodes, label_max), grid.informations[where.information]);
  return fmt::format("{} on {}, {:.6g} MiB/s, {}, {}", shortened(grid.graphs[subject.graph].label, label_max), subject.nodes, subject.bandwidth, grid.networks[where.network],
                     grid.informations[where.information]);
}

std::string rows_text(const Grid& grid, const experiment::Summary& summary, std::size_t setting) {
  Table table({"  scheduler", "median s", "min s", "max s", "of bound", "of best", "failed"}, 1);
  for (std::size_t scheduler = 0; scheduler < grid.schedulers.size(); ++scheduler) {
    const auto& row = summary.rows[setting * grid.schedulers.size() + scheduler];
    const std::string name = "  " + grid.schedulers[scheduler], failed = row.failed > 0 ? fmt::format("{} of {}", row.failed, grid.seeds.size()) : "";
    if (row.makespan)
      table.add({name, fmt::format("{:.3f}", row.makespan->median), fmt::format("{:.3f}", row.makespan->min), fmt::format("{:.3f}", row.makespan->max),
                 fmt::format("{:.3f}", row.of_bound), fmt::format("{:.3f}", row.of_best), failed});
    else table.add({name, "-", "-", "-", "-", "-", failed});
  }
  return table.text();
}

std::string text_of(const Grid& grid, const experiment::Summary& summary) {
  std::string text;
  for (std::size_t setting = 0; setting < grid.settings(); ++setting) {
    const auto& bound = summary.bounds[experiment::setting(grid, setting).subject];
    text += fmt::format("{}\n  takes at least {:.3f} s ({})\n{}\n", setting_text(grid, setting), bound.seconds(),
                        bound.critical_path >= bound.work ? "critical path" : "work / cores", rows_text(grid, summary, setting));
  }
  if (grid.settings() > 1) {
    Table table({"all settings", "of best, mean", "of best, worst", "is best in"}, 1);
    for (const auto& one : summary.overall) {
      const auto ratio = [&](double value) { return one.settings > 0 ? fmt::format("{:.3f}", value) : std::string("-"); };
      table.add({grid.schedulers[one.scheduler], ratio(one.mean_of_best), ratio(one.worst_of_best), fmt::format("{} of {}", one.best, one.settings)});
    }
    text += table.text() + "\n";
  }
  if (summary.duels.empty()) return text;
  Table table({"A", "B", "A wins", "equal", "B wins", "A / B", "p", "p (Holm)"}, 2);
  for (const auto& duel : summary.duels) {
    const bool has_pairs = duel.wins + duel.ties + duel.losses > 0;
    table.add({grid.schedulers[duel.first], grid.schedulers[duel.second], std::to_string(duel.wins), std::to_string(duel.ties), std::to_string(duel.losses),
               has_pairs ? fmt::format("{:.3f}", duel.ratio) : "-", fmt::format("{:.2g}", duel.p), fmt::format("{:.2g}", duel.adjusted_p)});
  }
  return text + fmt::format("{}Pairs are {}; A / B is the median ratio of makespans;\np is of Wilcoxon's signed-rank test, two-sided, and by Holm for all lines of this table.\n", table.text(),
                            summary.pairs_are_settings ? "medians over seeds in each setting" : "runs of one seed");
}

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\n") == field.npos) return field;
  std::string text = "\"";
  for (const char one : field) text += one == '"' ? "\"\"" : std::string(1, one);
  return text + '"';
}

/// A line a cell.
std::string csv_of(const Grid& grid, const experiment::Summary& summary, const std::vector<Finding>& findings) {
  std::string text = "graph,nodes,bandwidth_mib_s,network,information,scheduler,seed,makespan_s,lower_bound_s,moved_mib,transfers,failed\n";
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const auto cell = experiment::cell(grid, i);
    const auto where = experiment::setting(grid, cell.setting);
    const auto& subject = grid.subjects[where.subject];
    text += fmt::format("{},{},{},{},{},{},{},", quoted(grid.graphs[subject.graph].label), quoted(subject.nodes), subject.bandwidth, grid.networks[where.network],
                        grid.informations[where.information], grid.schedulers[cell.scheduler], grid.seeds[cell.seed]);
    const Finding& finding = findings[i];
    const double bound = summary.bounds[where.subject].seconds();
    if (finding.failed.empty()) text += fmt::format("{},{},{},{},\n", finding.makespan, bound, finding.total_transfer, finding.transfer_count);
    else text += fmt::format(",{},,,{}\n", bound, quoted(finding.failed));
  }
  return text;
}

ordered_json cells_of(const Grid& grid, const std::vector<Finding>& findings, std::size_t setting, std::size_t scheduler) {
  auto list = ordered_json::array();
  for (std::size_t seed = 0; seed < grid.seeds.size(); ++seed) {
    const Finding& finding = findings[experiment::number(grid, {setting, scheduler, seed})];
    ordered_json one{{"seed", grid.seeds[seed]}};
    if (finding.failed.empty()) one["makespan_s"] = finding.makespan, one["moved_mib"] = finding.total_transfer, one["transfers"] = finding.transfer_count;
    else one["failed"] = finding.failed;
    finding.nonsense.each([&](std::string_view kind, std::string_view, std::uint64_t times) { one["policy_nonsense"][std::string(kind)] = times; });
    list.push_back(std::move(one));
  }
  return list;
}

ordered_json json_of(const Grid& grid, const experiment::Summary& summary, const std::vector<Finding>& findings) {
  ordered_json json{{"schema", "tessera.simulate.grid/1"}};
  auto& settings = json["settings"] = ordered_json::array();
  for (std::size_t i = 0; i < grid.settings(); ++i) {
    const auto where = experiment::setting(grid, i);
    const auto& subject = grid.subjects[where.subject];
    const auto& bound = summary.bounds[where.subject];
    ordered_json one{{"graph", grid.graphs[subject.graph].label}, {"nodes", subject.nodes}, {"bandwidth_mib_s", subject.bandwidth}, {"network", grid.networks[where.network]},
                     {"information", grid.informations[where.information]}, {"critical_path_s", bound.critical_path}, {"work_over_cores_s", bound.work},
                     {"lower_bound_s", bound.seconds()}};
    auto& schedulers = one["schedulers"] = ordered_json::array();
    for (std::size_t scheduler = 0; scheduler < grid.schedulers.size(); ++scheduler) {
      const auto& row = summary.rows[i * grid.schedulers.size() + scheduler];
      ordered_json its{{"scheduler", grid.schedulers[scheduler]}, {"failed", row.failed}};
      if (row.makespan)
        its.update({{"median_s", row.makespan->median}, {"min_s", row.makespan->min}, {"max_s", row.makespan->max}, {"of_bound", row.of_bound}, {"of_best", row.of_best}});
      its["runs"] = cells_of(grid, findings, i, scheduler);
      schedulers.push_back(std::move(its));
    }
    settings.push_back(std::move(one));
  }
  auto& overall = json["overall"] = ordered_json::array();
  for (const auto& one : summary.overall) {
    overall.push_back({{"scheduler", grid.schedulers[one.scheduler]}, {"settings", one.settings}, {"best", one.best}});
    if (one.settings > 0) overall.back().update({{"mean_of_best", one.mean_of_best}, {"worst_of_best", one.worst_of_best}});
  }
  json["pairs"] = summary.pairs_are_settings ? "settings" : "seeds";
  auto& duels = json["duels"] = ordered_json::array();
  for (const auto& duel : summary.duels)
    duels.push_back({{"first", grid.schedulers[duel.first]}, {"second", grid.schedulers[duel.second]}, {"wins", duel.wins}, {"ties", duel.ties}, {"losses", duel.losses},
                     {"ratio", duel.ratio}, {"p", duel.p}, {"adjusted_p", duel.adjusted_p}});
  return json;
}

Grid grid_of(const Simulated& wanted) {
  const auto axes = wanted.grid.empty() ? wanted.axes() : simulation::files::read_axes(wanted.grid);
  if (!axes) throw error_of(axes.failure());
  const auto refuse = [&](const runtime::Failure& failure) { return wanted.grid.empty() ? error_of(failure) : Error(ErrorCode::bad_input, wanted.grid + ": " + failure.message); };
  const auto hosts = hosts_of(wanted.on, axes->clusters);
  const bool has_storage = std::ranges::any_of(hosts, [](const experiment::Host& host) { return host.cluster.storage != simulation::engine::nobody; });
  auto graphs = simulation::files::read_graphs(axes->graphs, has_storage ? simulation::files::InitialFiles::kept : simulation::files::InitialFiles::left_out);
  if (!graphs) throw refuse(graphs.failure());
  for (experiment::Graph& graph : *graphs) {
    add_jobs(wanted.on, graph.what);
    if (graph.with_files) add_jobs(wanted.on, *graph.with_files);
  }
  auto grid = experiment::make_grid(*axes, std::move(*graphs), hosts);
  if (!grid) throw refuse(grid.failure());
  return std::move(*grid);
}

/// Those that are not there are run. False: Ctrl-C.
bool find_all(const Grid& grid, const Simulated& wanted, std::vector<Finding>& findings) {
  const auto results = wanted.results.empty() ? nullptr : std::make_unique<Results>(wanted.results, grid, *wanted.plugins);
  if (results && results->others() > 0) fmt::print(stderr, "tessera: {} has {} runs more, which are not of this grid and not used\n", wanted.results, results->others());
  std::vector<std::size_t> left;
  for (std::size_t cell = 0; cell < findings.size(); ++cell) {
    if (const Finding* known = results ? results->find(cell) : nullptr) findings[cell] = *known;
    else left.push_back(cell);
  }
  ProgressBar bar(left.size(), "runs");
  return in_parallel(left, wanted.threads, [&](std::size_t cell) { findings[cell] = experiment::run_cell(grid, cell); },
                     [&](std::size_t cell) {
                       if (results) results->add(cell, findings[cell]);
                       bar.step();
                     });
}

/// Each policy once.
void warn_of(const Grid& grid, const std::vector<Finding>& findings) {
  std::vector<runtime::policy::NonsenseCounts> nonsense(grid.schedulers.size());
  for (std::size_t i = 0; i < findings.size(); ++i) nonsense[experiment::cell(grid, i).scheduler].add(findings[i].nonsense);
  for (std::size_t scheduler = 0; scheduler < nonsense.size(); ++scheduler) cli::warn_of(nonsense[scheduler], grid.schedulers[scheduler], {});
}

/// Each reason once.
bool report_failures(const std::vector<Finding>& findings) {
  std::set<std::string> reasons;
  for (const Finding& finding : findings)
    if (!finding.failed.empty()) reasons.insert(finding.failed);
  for (const std::string& reason : reasons) fmt::print(stderr, "tessera: a run failed: {}\n", reason);
  return !reasons.empty();
}
}  // namespace

int simulate_grid(const Simulated& wanted) {
  const Grid grid = grid_of(wanted);
  std::vector<Finding> findings(grid.cells());
  if (!find_all(grid, wanted, findings)) {
    fmt::print(stderr, "tessera: ended before all runs were there; {}\n",
               wanted.results.empty() ? "with --results FILE they would have been kept" : "the same command goes on with what is in " + wanted.results);
    return interrupted;
  }
  const auto summary = experiment::summarise(grid, findings);
  if (wanted.output == "csv") fmt::print("{}", csv_of(grid, summary, findings));
  else if (wanted.output == "json") fmt::print("{}\n", json_of(grid, summary, findings).dump());
  else fmt::print("{}", text_of(grid, summary));
  warn_of(grid, findings);
  return report_failures(findings) ? failed : done;
}
}  // namespace tessera::cli
