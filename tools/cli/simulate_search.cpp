#include "simulation/experiment/search.hpp"
#include "simulation/files/case_writer.hpp"
#include "simulation/files/grid_file.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/parallel.hpp"
#include "tools/cli/progress_bar.hpp"
#include "tools/cli/simulate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <memory>

namespace tessera::cli {
namespace {
namespace experiment = simulation::experiment;
namespace files = simulation::files;
using experiment::Found;

/// Annealed one beside the other, whatever the number of threads.
constexpr std::size_t chains = 4;
/// Of the evaluations, at most so many are for making the case smaller.
constexpr double part_to_shrink = 0.25;

struct Searched {
  std::string policy, against, network = "simple", information = "exact", recipe = "layered:width=3,steps=3,degree=2", path, nodes = "3x1", save, output = "text";
  double bandwidth = 100;
  std::uint64_t seed = 1, seeds = 5;
  std::size_t evaluations = 4000;
  unsigned threads = 0;
  experiment::Limits limits;
};

simulation::engine::Case start_of(const Searched& wanted) {
  using Kind = experiment::Source::Kind;
  experiment::Axes axes;
  axes.graphs.push_back(wanted.path.empty() ? experiment::Source{Kind::recipe, wanted.recipe} : experiment::Source{Kind::case_file, wanted.path});
  axes.nodes = {wanted.nodes}, axes.bandwidths = {wanted.bandwidth}, axes.schedulers = {wanted.policy};
  auto graphs = files::read_graphs(axes.graphs);
  if (!graphs) throw error_of(graphs.failure());
  graphs->resize(1);
  const auto grid = experiment::make_grid(axes, std::move(*graphs));
  if (!grid) throw error_of(grid.failure());
  return grid->on_cluster(grid->subjects.front());
}

experiment::Contest contest_of(const Searched& wanted) {
  experiment::Contest contest{{wanted.policy, wanted.network, wanted.information, 1}, {wanted.against, wanted.network, wanted.information, 1}, {}, wanted.limits};
  for (std::uint64_t seed = 1; seed <= wanted.seeds; ++seed) contest.seeds.push_back(seed);
  return contest;
}

/// The case with a run of each, as the first seed has it.
files::CaseRuns with_runs(const Found& found, const experiment::Contest& contest) {
  files::CaseRuns all{found.what, {}};
  all.what.name = fmt::format("{}-against-{}", contest.loser.scheduler, contest.winner.scheduler);
  for (const experiment::Plan& plan : {contest.loser, contest.winner}) {
    auto decisions = experiment::decisions_of(found.what, plan);
    const auto outcome = experiment::carry_out(found.what, plan);
    if (!decisions || !outcome) throw error_of(decisions ? outcome.failure() : decisions.failure());
    files::Run run;
    run.network = plan.network, run.scheduler = plan.scheduler, run.setting = *experiment::setting_of(plan.network), run.decisions = std::move(*decisions);
    run.expected.makespan = outcome->makespan, run.expected.last_task_end = outcome->last_task_end;
    run.expected.total_transfer = outcome->total_transfer, run.expected.transfer_count = outcome->transfer_count;
    all.runs.push_back(std::move(run));
  }
  return all;
}

void save(const Searched& wanted, const Found& found, const experiment::Contest& contest) {
  std::ofstream file(wanted.save, std::ios::binary);
  file << files::case_text(with_runs(found, contest), fmt::format("tessera simulate search --policy {} --against {} --seed {}", wanted.policy, wanted.against, wanted.seed));
  if (!file.flush()) throw Error(ErrorCode::io_failed, fmt::format("--save {}: cannot be written; name a file that this user may write", wanted.save));
}

std::string text_of(const Searched& wanted, const Found& first, const Found& best, const Found& small) {
  const auto shape = [](const simulation::engine::Case& what) {
    std::size_t edges = 0;
    for (const auto& task : what.tasks) edges += task.inputs.size();
    return fmt::format("{} tasks and {} edges on nodes of {} cores", what.tasks.size(), edges, fmt::join(what.cpus, ", "));
  };
  std::string text = fmt::format("{} takes {:.3f} times as long as {} on what the search began with: {}\n", wanted.policy, first.ratio, wanted.against, shape(first.what));
  text += fmt::format("{:.3f} times on the worst of {} cases: {}\n", best.ratio, small.evaluations, shape(best.what));
  text += fmt::format("{:.3f} times once that is made smaller: {}\n", small.ratio, shape(small.what));
  if (!wanted.save.empty())
    text += fmt::format("tessera simulate --case {} --scheduler {} --scheduler {} --network {} --information {} --seeds {}\n", wanted.save, wanted.policy, wanted.against, wanted.network,
                        wanted.information, wanted.seeds);
  return text;
}

nlohmann::ordered_json json_of(const Searched& wanted, const Found& first, const Found& best, const Found& small) {
  return {{"schema", "tessera.simulate.search/1"}, {"policy", wanted.policy}, {"against", wanted.against}, {"evaluations", small.evaluations}, {"start_ratio", first.ratio},
          {"found_ratio", best.ratio}, {"ratio", small.ratio}, {"tasks", small.what.tasks.size()}, {"nodes", small.what.cpus}, {"saved", wanted.save}};
}

int search(const Searched& wanted) {
  if (!wanted.save.empty()) check_output("--save", wanted.save, std::span(&wanted.path, 1));
  const auto contest = contest_of(wanted);
  const Found first{start_of(wanted), 0, 0};
  for (const experiment::Plan& plan : {contest.loser, contest.winner})
    if (const auto outcome = experiment::carry_out(first.what, plan); !outcome) throw Error(outcome.failure().code, plan.scheduler + ": " + outcome.failure().message);
  std::vector<Found> found(chains);
  const std::size_t to_shrink = static_cast<std::size_t>(part_to_shrink * static_cast<double>(wanted.evaluations)), each = (wanted.evaluations - to_shrink) / chains;
  {
    ProgressBar bar(chains, "chains");
    const bool is_whole = in_parallel({0, 1, 2, 3}, wanted.threads, [&](std::size_t i) { found[i] = experiment::anneal(first.what, contest, each, wanted.seed * chains + i); },
                                      [&](std::size_t) { bar.step(); });
    if (!is_whole) {
      fmt::print(stderr, "tessera: ended before the search was over; nothing is saved\n");
      return interrupted;
    }
  }
  Found best = *std::ranges::max_element(found, {}, &Found::ratio);
  best.evaluations = each * chains;
  const Found small = experiment::shrunk(best, contest, to_shrink);
  const Found begun{first.what, experiment::ratio_of(first.what, contest), 1};
  if (!wanted.save.empty()) save(wanted, small, contest);
  if (wanted.output == "text") fmt::print("{}", text_of(wanted, begun, best, small));
  else fmt::print("{}\n", json_of(wanted, begun, best, small).dump());
  return done;
}
}  // namespace

void add_simulate_search(CLI::App& simulate, Run& run) {
  auto* command = simulate.add_subcommand("search", "Looks for a graph and a cluster on which one policy is much slower than another");
  auto wanted = std::make_shared<Searched>();
  add_plugin_option(*command);
  command->add_option("--policy", wanted->policy, "The one that shall be slow; as --scheduler")->check(known(experiment::check_scheduler))->type_name("NAME")->required();
  command->add_option("--against", wanted->against, "The one that shall be fast")->check(known(experiment::check_scheduler))->type_name("NAME")->required();
  command->add_option("--network", wanted->network, "simple or maxmin")->check(known(experiment::setting_of))->type_name("NAME")->capture_default_str();
  command->add_option("--information", wanted->information, "What both know")->check(known(experiment::information_of))->type_name("NAME")->capture_default_str();
  auto* recipe = command->add_option("--generate", wanted->recipe, "The graph to begin with, made by rule")->type_name("RECIPE")->capture_default_str();
  auto* path = command->add_option("--case", wanted->path, "The first case of this file to begin with, nodes too")->type_name("FILE")->excludes(recipe);
  command->add_option("--nodes", wanted->nodes, "How many nodes of how many cores to begin with")->type_name("NxCORES")->excludes(path)->capture_default_str();
  command->add_option("--bandwidth", wanted->bandwidth, "Of each node, MiB/s")->check(above_zero())->excludes(path)->capture_default_str();
  command->add_option("--tasks-max", wanted->limits.tasks, "No more tasks than these")->check(CLI::Range(1u, 100'000u))->capture_default_str();
  command->add_option("--nodes-max", wanted->limits.nodes, "No more nodes than these")->check(CLI::Range(1u, 10'000u))->capture_default_str();
  command->add_option("--cores-max", wanted->limits.cores, "No more cores of a node than these")->check(CLI::Range(1u, 1024u))->capture_default_str();
  command->add_option("--evaluations", wanted->evaluations, "How many cases are tried, each with all seeds of both policies")->check(CLI::Range(4u, 1'000'000'000u))->capture_default_str();
  command->add_option("--seeds", wanted->seeds, "Medians over so many seeds of what policies draw")->check(CLI::Range(1u, 10'000u))->capture_default_str();
  command->add_option("--seed", wanted->seed, "Of the search; same seed, same case")->capture_default_str();
  command->add_option("--save", wanted->save, "Writes the case here, as `tessera simulate --case` reads it; overwritten")->type_name("FILE");
  command->add_option("--threads", wanted->threads, "0: as many as there are CPUs")->check(CLI::Range(0u, 1024u))->capture_default_str();
  command->add_option("--output", wanted->output, "`text` for people, `json` for programs")->check(CLI::IsMember({"text", "json"}));
  command->callback([wanted, &run] { run = [wanted] { return search(*wanted); }; });
}
}  // namespace tessera::cli
