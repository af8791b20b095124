#include "tools/cli/simulate.hpp"

#include "client/plugin.hpp"
#include "simulation/experiment/plan.hpp"
#include "simulation/files/case_file.hpp"
#include "simulation/files/workflow.hpp"
#include "simulation/generate/generate.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/simulate_explain.hpp"
#include "tools/cli/table.hpp"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace tessera::cli {
namespace {
namespace engine = simulation::engine;
namespace files = simulation::files;
namespace experiment = simulation::experiment;

nlohmann::ordered_json json_of(const files::Run& run, const engine::Outcome& outcome) {
  nlohmann::ordered_json json{{"netmodel", run.network}};
  if (!run.scheduler.empty()) json["scheduler"] = run.scheduler;
  json["makespan"] = outcome.makespan;
  json["last_task_end"] = outcome.last_task_end;
  json["sum_task_end"] = outcome.sum_task_end;
  json["total_transfer"] = outcome.total_transfer;
  json["transfer_count"] = outcome.transfer_count;
  return json;
}

std::string label_of(const files::Run& run) { return fmt::format("{}, {}", run.scheduler.empty() ? "recorded" : run.scheduler, run.network); }

std::string ratio_of(double makespan, double expected) { return expected > 0 ? fmt::format("{:.6f}", makespan / expected) : "-"; }

experiment::Plan plan_of(const files::Run& run, const Simulated& wanted) {
  return {wanted.schedulers.empty() ? "" : run.scheduler, run.network, wanted.information.front(), wanted.seed};
}

/// As the file's decisions, or the scheduler, have it.
runtime::Result<engine::Outcome> outcome_of(const engine::Case& what, const files::Run& run, const Simulated& wanted, experiment::Listener* listener) {
  if (wanted.schedulers.empty()) return engine::replay(what, run.decisions, run.setting);
  return experiment::carry_out(what, plan_of(run, wanted), listener);
}

/// Runs of the schedulers that are asked for, instead of the recorded ones.
std::vector<files::Run> runs_of(const Simulated& wanted) {
  std::vector<files::Run> runs;
  for (const std::string& name : wanted.schedulers) {
    runs.emplace_back();
    runs.back().network = wanted.networks.front(), runs.back().scheduler = name;
  }
  return runs;
}

nlohmann::ordered_json json_of(const files::Facts& facts) {
  return {{"tasks", facts.tasks}, {"task_edges", facts.task_edges}, {"produced_files", facts.produced_files}, {"all_files", facts.all_files},
          {"produced_bytes", facts.produced_bytes}, {"all_bytes", facts.all_bytes}, {"sum_runtime_s", facts.sum_runtime},
          {"critical_path_runtime_s", facts.critical_path_runtime}, {"levels", facts.levels}, {"widest_level", facts.widest_level},
          {"source_tasks", facts.source_tasks}, {"sink_tasks", facts.sink_tasks}};
}

/// From a file, or made.
runtime::Result<files::Workflow> workflow_of(const Simulated& wanted) {
  if (wanted.recipes.empty()) return files::read_workflow(wanted.workflows.front());
  auto graph = simulation::generate::generate(wanted.recipes.front());
  if (!graph) return runtime::Failure{graph.failure().code, "--generate: " + graph.failure().message};
  files::Workflow made;
  made.graph = std::move(*graph);
  made.produced_files = made.graph.objects.size();
  double bytes = 0;
  for (const engine::Object& object : made.graph.objects) bytes += object.size * 1048576;
  made.produced_bytes = static_cast<std::uint64_t>(std::min(bytes, 1e19));
  return made;
}

/// For a cluster of a file: of a file of several cases each.
std::vector<files::Workflow> graphs_of(const Simulated& wanted) {
  std::vector<files::Workflow> graphs;
  if (wanted.cases.empty()) {
    auto workflow = workflow_of(wanted);
    if (!workflow) throw error_of(workflow.failure());
    graphs.push_back(std::move(*workflow));
    return graphs;
  }
  auto cases = files::read_cases(wanted.cases.front());
  if (!cases) throw error_of(cases.failure());
  for (files::CaseRuns& one : *cases) graphs.emplace_back().graph = std::move(one.what);
  return graphs;
}

int simulate_workflow(const Simulated& wanted) {
  wanted.pictures.check(wanted.schedulers.size(), wanted.workflows);
  if (wanted.schedulers.empty() && (!wanted.explain.empty() || wanted.critical_path))
    throw Error(ErrorCode::invalid_argument, "simulate: --explain and --critical-path look into a run, and this graph has none: name a --scheduler");
  auto workflow = workflow_of(wanted);
  if (!workflow) throw error_of(workflow.failure());
  engine::Case& graph = workflow->graph;
  auto cpus = experiment::cores_of(wanted.nodes.front());
  if (!cpus) throw Error(ErrorCode::invalid_argument, "--nodes: " + cpus.failure().message);
  graph.cpus = std::move(*cpus);
  graph.bandwidth = wanted.bandwidths.front();
  if (auto checked = engine::check(graph); !checked) throw Error(checked.failure().code, graph.name + ": " + checked.failure().message);
  const files::Facts facts = files::facts_of(*workflow);
  const bool is_text = wanted.output == "text";
  std::string explained;
  auto runs = nlohmann::ordered_json::array();
  Table table({"network", "scheduler", "makespan s", "of the critical path", "moved MiB", "transfers"}, 2);
  const auto shared = wanted.pictures.is_wanted() ? std::make_shared<const engine::Case>(graph) : nullptr;
  std::vector<simulation::picture::Timeline> drawn;
  for (const files::Run& run : runs_of(wanted)) {
    Explanation explanation(graph, wanted);
    auto outcome = outcome_of(graph, run, wanted, explanation.listener());
    if (!outcome) throw error_of(outcome.failure());
    runs.push_back(json_of(run, *outcome));
    if (is_text) explained += explanation.text(plan_of(run, wanted), *outcome);
    else explanation.add_to(runs.back(), plan_of(run, wanted), *outcome);
    table.add({run.network, run.scheduler, fmt::format("{:.6f}", outcome->makespan), ratio_of(outcome->makespan, facts.critical_path_runtime),
               fmt::format("{:.0f}", outcome->total_transfer), std::to_string(outcome->transfer_count)});
    if (wanted.pictures.is_wanted()) drawn.push_back(simulation::picture::timeline(label_of(run), shared, std::move(*outcome)));
  }
  if (wanted.pictures.is_wanted()) wanted.pictures.write(graph.name, drawn);
  if (!is_text) {
    nlohmann::ordered_json json{{"schema", "tessera.simulate/1"}, {"name", graph.name}, {"facts", json_of(facts)}, {"runs", std::move(runs)}};
    fmt::print("{}\n", json.dump());
    return done;
  }
  fmt::print("{}: {} tasks, {} edges, {} levels of at most {}; {:.1f} s of work, {:.1f} s on the critical path; {} files of {:.1f} MiB are made, {} of {:.1f} MiB were there\n",
             graph.name, facts.tasks, facts.task_edges, facts.levels, facts.widest_level, facts.sum_runtime, facts.critical_path_runtime, facts.produced_files,
             static_cast<double>(facts.produced_bytes) / 1048576, workflow->initial_files, static_cast<double>(workflow->initial_bytes) / 1048576);
  if (!runs.empty()) fmt::print("{}{}", table.text(), explained);
  return done;
}

int simulate_cases(const Simulated& wanted) {
  auto cases = files::read_cases(wanted.cases.front());
  if (!cases) throw error_of(cases.failure());
  std::size_t count = 0;
  for (const files::CaseRuns& one : *cases) count += wanted.schedulers.empty() ? one.runs.size() : wanted.schedulers.size();
  wanted.pictures.check(count, wanted.cases);
  std::vector<simulation::picture::Timeline> drawn;
  const bool is_text = wanted.output == "text";
  std::string explained;
  auto list = nlohmann::ordered_json::array();
  Table table({"case", "network", "scheduler", "makespan s", "of the file's", "moved MiB", "transfers"}, 3);
  for (files::CaseRuns& one : *cases) {
    if (!wanted.schedulers.empty()) one.runs = runs_of(wanted);
    auto runs = nlohmann::ordered_json::array();
    const auto shared = wanted.pictures.is_wanted() ? std::make_shared<const engine::Case>(one.what) : nullptr;
    for (std::size_t i = 0; i < one.runs.size(); ++i) {
      const files::Run& run = one.runs[i];
      Explanation explanation(one.what, wanted);
      auto outcome = outcome_of(one.what, run, wanted, explanation.listener());
      if (!outcome) throw Error(outcome.failure().code, fmt::format("{}: run {} of {}: {}", wanted.cases.front(), i, one.what.name, outcome.failure().message));
      runs.push_back(json_of(run, *outcome));
      if (is_text) explained += explanation.text(plan_of(run, wanted), *outcome);
      else explanation.add_to(runs.back(), plan_of(run, wanted), *outcome);
      table.add({one.what.name, run.network, run.scheduler.empty() ? "-" : run.scheduler, fmt::format("{:.6f}", outcome->makespan),
                 ratio_of(outcome->makespan, run.expected.makespan), fmt::format("{:.0f}", outcome->total_transfer), std::to_string(outcome->transfer_count)});
      if (wanted.pictures.is_wanted()) drawn.push_back(simulation::picture::timeline(label_of(run), shared, std::move(*outcome)));
    }
    list.push_back({{"name", one.what.name}, {"runs", std::move(runs)}});
  }
  if (wanted.pictures.is_wanted()) wanted.pictures.write(cases->front().what.name, drawn);
  if (is_text) {
    fmt::print("{}{}", table.text(), explained);
    return done;
  }
  nlohmann::ordered_json json{{"schema", "tessera.simulate/1"}};
  if (list.size() == 1) json.update(list.front());
  else json["cases"] = std::move(list);
  fmt::print("{}\n", json.dump());
  return done;
}

/// Anything of which there are several, beside schedulers.
bool is_grid(const Simulated& wanted) {
  return !wanted.grid.empty() || !wanted.results.empty() || wanted.on.files.size() > 1 || wanted.seeds > 0 || wanted.output == "csv" || wanted.cases.size() + wanted.workflows.size() + wanted.recipes.size() > 1 ||
         wanted.nodes.size() > 1 || wanted.bandwidths.size() > 1 || wanted.networks.size() > 1 || wanted.information.size() > 1;
}

int simulate(const Simulated& wanted) {
  const auto refuse = [](std::string why) { return Error(ErrorCode::invalid_argument, std::move(why)); };
  if (wanted.grid.empty() && wanted.cases.empty() && wanted.workflows.empty() && wanted.recipes.empty())
    throw refuse("simulate: a graph was expected: --case FILE, --workflow FILE, --generate RECIPE or --grid FILE; `tessera simulate --help` has the rest");
  if (!wanted.on.files.empty()) check_cluster_options(wanted);
  if (!is_grid(wanted)) {
    if (!wanted.on.files.empty()) return simulate_on_cluster(wanted, graphs_of(wanted));
    return wanted.cases.empty() ? simulate_workflow(wanted) : simulate_cases(wanted);
  }
  if (wanted.on.measured > 0) throw refuse("simulate: --measured is for single runs: they are never the same twice, and what a grid says is");
  if (wanted.pictures.is_wanted()) throw refuse("simulate: pictures are of one run or of two: leave out what makes a grid of it");
  if (!wanted.explain.empty() || wanted.critical_path) throw refuse("simulate: --explain and --critical-path look into one run of each --scheduler: leave out what makes a grid of it");
  if (wanted.grid.empty() && wanted.schedulers.empty()) throw refuse("simulate: a grid of runs needs at least one --scheduler");
  return simulate_grid(wanted);
}
}  // namespace

experiment::Axes Simulated::axes() const {
  using Kind = experiment::Source::Kind;
  experiment::Axes axes{{}, nodes, bandwidths, networks, information, schedulers, {}, on.files};
  for (const std::string& path : cases) axes.graphs.push_back({Kind::case_file, path});
  for (const std::string& path : workflows) axes.graphs.push_back({Kind::workflow, path});
  for (const std::string& recipe : recipes) axes.graphs.push_back({Kind::recipe, recipe});
  for (std::uint64_t i = 0; i < std::max<std::uint64_t>(seeds, 1); ++i) axes.seeds.push_back(seed + i);
  return axes;
}

std::shared_ptr<const PluginPolicies> add_plugin_option(CLI::App& command) {
  auto paths = std::make_shared<std::vector<std::string>>();
  auto policies = std::make_shared<PluginPolicies>();
  command.add_option("--plugin", *paths, "Shared library with policies; may be repeated")->type_name("FILE")->allow_extra_args(false)->each([paths, policies](const std::string& path) {
    for (const std::string& name : load_plugin(path)) policies->emplace(name, path);
  });
  return policies;
}

void add_simulate(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("simulate", "Runs graphs on virtual nodes: what schedulers make of them (docs/simulation.md)")->require_subcommand(0, 1);
  auto wanted = std::make_shared<Simulated>();
  wanted->plugins = add_plugin_option(*command);
  auto* cases = command->add_option("--case", wanted->cases, "File of format sched-sim-case/1, sched-sim-micro/1 or wfformat-expected/1")->type_name("FILE");
  auto* workflows = command->add_option("--workflow", wanted->workflows, "File in WfFormat 1.3 to 1.6 or DAX; without --scheduler only what it looks like")->type_name("FILE");
  auto* recipes = command->add_option("--generate", wanted->recipes, "A graph made by rule, for example stencil_1d:width=64,steps=200 or layered:width=20,seed=3 (docs/simulation.md). Families: " +
                                                                           simulation::generate::family_names())
                      ->type_name("RECIPE");
  auto* nodes = command->add_option("--nodes", wanted->nodes, "How many nodes of how many cores, for --workflow and --generate")->type_name("NxCORES")->delimiter(',')
                    ->excludes(cases)->capture_default_str();
  auto* bandwidths = command->add_option("--bandwidth", wanted->bandwidths, "Of each node, MiB/s, for --workflow and --generate")->check(above_zero())->delimiter(',')
                         ->excludes(cases)->capture_default_str();
  auto* schedulers = command->add_option("--scheduler", wanted->schedulers, fmt::format("A static schedule of the graph, or a policy that decides while it runs, instead of recorded decisions: {}, or a plug-in's",
                                                                                         fmt::join(experiment::schedulers(), ", ")))
                         ->check(known(experiment::check_scheduler))->delimiter(',')->type_name("NAME");
  auto* networks = command->add_option("--network", wanted->networks, "For --scheduler: simple, maxmin, none; recorded decisions have their own")->check(known(experiment::setting_of))->delimiter(',')
                       ->needs(schedulers)->type_name("NAME")->capture_default_str();
  auto* information = command->add_option("--information", wanted->information, "What schedulers know of durations and sizes: exact, user (what is expected of each), mean (of all), blind, learned, or noisy:SIGMA")
                          ->check(known(experiment::information_of))->delimiter(',')->needs(schedulers)->type_name("NAME")->capture_default_str();
  auto* seed = command->add_option("--seed", wanted->seed, "Of what policies draw")->needs(schedulers)->capture_default_str();
  auto* seeds = command->add_option("--seeds", wanted->seeds, "Runs of each with so many seeds, from --seed")->check(CLI::Range(1, 1'000'000))->needs(schedulers);
  auto* grid = command->add_option("--grid", wanted->grid, "All of the above from a file of format tessera.grid/1")->type_name("FILE");
  for (auto* axis : {cases, workflows, recipes, nodes, bandwidths, schedulers, networks, information, seed, seeds}) grid->excludes(axis);
  command->add_option("--explain", wanted->explain, "Why this task ran where and when it did: its candidates, inputs and waits; a name, or its number from 0")->type_name("TASK");
  command->add_flag("--critical-path", wanted->critical_path, "The chain of tasks that made the run as long as it is, and what it waited for");
  wanted->pictures.add(*command);
  command->add_option("--results", wanted->results, "Keeps each run's result here, and does not run again what is there")->type_name("FILE");
  command->add_option("--threads", wanted->threads, "For a grid; 0: as many as there are CPUs")->check(CLI::Range(0u, 1024u))->capture_default_str();
  command->add_option("--output", wanted->output, "`text` for people, `json` for programs, `csv` with a line a run")->check(CLI::IsMember({"text", "json", "csv"}));
  add_cluster_options(*command, wanted->on)->needs(schedulers)->excludes(nodes)->excludes(bandwidths)->excludes(networks)->excludes(grid);
  add_simulate_search(*command, run);
  add_simulate_replay(*command, run);
  add_simulate_calibrate(*command, run);
  command->footer("Graphs, --cluster, --nodes, --bandwidth, --network, --scheduler and --information may be repeated, all but graphs and --cluster be lists (a,b): each combination is run.");
  command->callback([wanted, command, &run] {
    if (command->get_subcommands().empty()) run = [wanted] { return simulate(*wanted); };
  });
}
}  // namespace tessera::cli
