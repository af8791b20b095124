#include "simulation/files/case_file.hpp"
#include "simulation/files/workflow.hpp"
#include "simulation/generate/generate.hpp"
#include "simulation/policy/policies.hpp"
#include "simulation/schedule/case_schedule.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>

namespace tessera::cli {
namespace {
namespace engine = simulation::engine;
namespace files = simulation::files;
namespace schedule = simulation::schedule;

struct Wanted {
  std::string path, workflow, recipe, nodes = "4x4", network = "simple", information = "exact", output = "text";
  double bandwidth = 100;
  std::uint64_t seed = 1;
  std::vector<std::string> schedulers;
};

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

std::string ratio_of(double makespan, double expected) { return expected > 0 ? fmt::format("{:.6f}", makespan / expected) : "-"; }

/// As the file's, or the policy's, decisions have it.
runtime::Result<engine::Outcome> outcome_of(const engine::Case& what, const files::Run& run, const Wanted& wanted) {
  if (wanted.schedulers.empty()) return engine::replay(what, run.decisions, run.setting);
  using enum engine::Information;
  const engine::Case known = engine::known(what, wanted.information == "user" ? user : wanted.information == "mean" ? mean : exact);
  const auto policy = simulation::policy::make(run.scheduler, known, wanted.seed);
  return policy ? engine::simulate(what, known, *policy, run.setting) : engine::replay(what, run.decisions, run.setting);
}

/// Runs of the schedulers that are asked for, instead of the recorded ones.
std::vector<files::Run> runs_of(const engine::Case& what, const Wanted& wanted) {
  std::vector<files::Run> runs;
  for (const std::string& name : wanted.schedulers) {
    files::Run run;
    if (const auto scheduler = schedule::find(name)) {
      auto decisions = schedule::decisions_of(what, scheduler);
      if (!decisions) throw error_of(decisions.failure());
      run.decisions = std::move(*decisions);
    }
    run.network = wanted.network, run.scheduler = name;
    if (wanted.network == "maxmin") run.setting = {engine::NetworkModel::maxmin, 4, 2, 0, 0};
    runs.push_back(std::move(run));
  }
  return runs;
}

/// "4x16": four nodes of 16 cores.
std::vector<std::uint32_t> cores_of(const std::string& text) {
  unsigned nodes = 0, cores = 0;
  int end = 0;
  if (std::sscanf(text.c_str(), "%5ux%5u%n", &nodes, &cores, &end) != 2 || static_cast<std::size_t>(end) != text.size() || nodes == 0 || cores == 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("--nodes: \"{}\" is not how many nodes of how many cores: for example 4x16", text));
  return std::vector<std::uint32_t>(nodes, cores);
}

nlohmann::ordered_json json_of(const files::Facts& facts) {
  return {{"tasks", facts.tasks}, {"task_edges", facts.task_edges}, {"produced_files", facts.produced_files}, {"all_files", facts.all_files},
          {"produced_bytes", facts.produced_bytes}, {"all_bytes", facts.all_bytes}, {"sum_runtime_s", facts.sum_runtime},
          {"critical_path_runtime_s", facts.critical_path_runtime}, {"levels", facts.levels}, {"widest_level", facts.widest_level},
          {"source_tasks", facts.source_tasks}, {"sink_tasks", facts.sink_tasks}};
}

/// From a file, or made.
runtime::Result<files::Workflow> workflow_of(const Wanted& wanted) {
  if (wanted.recipe.empty()) return files::read_workflow(wanted.workflow);
  auto graph = simulation::generate::generate(wanted.recipe);
  if (!graph) return runtime::Failure{graph.failure().code, "--generate: " + graph.failure().message};
  files::Workflow made;
  made.graph = std::move(*graph);
  made.produced_files = made.graph.objects.size();
  double bytes = 0;
  for (const engine::Object& object : made.graph.objects) bytes += object.size * 1048576;
  made.produced_bytes = static_cast<std::uint64_t>(std::min(bytes, 1e19));
  return made;
}

int simulate_workflow(const Wanted& wanted) {
  auto workflow = workflow_of(wanted);
  if (!workflow) throw error_of(workflow.failure());
  engine::Case& graph = workflow->graph;
  graph.cpus = cores_of(wanted.nodes);
  graph.bandwidth = wanted.bandwidth;
  if (auto checked = engine::check(graph); !checked) throw Error(checked.failure().code, graph.name + ": " + checked.failure().message);
  const files::Facts facts = files::facts_of(*workflow);
  auto runs = nlohmann::ordered_json::array();
  Table table({"network", "scheduler", "makespan s", "of the critical path", "moved MiB", "transfers"}, 2);
  for (const files::Run& run : runs_of(graph, wanted)) {
    const auto outcome = outcome_of(graph, run, wanted);
    if (!outcome) throw error_of(outcome.failure());
    runs.push_back(json_of(run, *outcome));
    table.add({run.network, run.scheduler, fmt::format("{:.6f}", outcome->makespan), ratio_of(outcome->makespan, facts.critical_path_runtime),
               fmt::format("{:.0f}", outcome->total_transfer), std::to_string(outcome->transfer_count)});
  }
  if (wanted.output != "text") {
    nlohmann::ordered_json json{{"schema", "tessera.simulate/1"}, {"name", graph.name}, {"facts", json_of(facts)}, {"runs", std::move(runs)}};
    fmt::print("{}\n", json.dump());
    return done;
  }
  fmt::print("{}: {} tasks, {} edges, {} levels of at most {}; {:.1f} s of work, {:.1f} s on the critical path; {} files of {:.1f} MiB are made, {} of {:.1f} MiB were there\n",
             graph.name, facts.tasks, facts.task_edges, facts.levels, facts.widest_level, facts.sum_runtime, facts.critical_path_runtime, facts.produced_files,
             static_cast<double>(facts.produced_bytes) / 1048576, workflow->initial_files, static_cast<double>(workflow->initial_bytes) / 1048576);
  if (!runs.empty()) fmt::print("{}", table.text());
  return done;
}

int simulate_cases(const Wanted& wanted) {
  auto cases = files::read_cases(wanted.path);
  if (!cases) throw error_of(cases.failure());
  auto list = nlohmann::ordered_json::array();
  Table table({"case", "network", "scheduler", "makespan s", "of the file's", "moved MiB", "transfers"}, 3);
  for (files::CaseRuns& one : *cases) {
    if (!wanted.schedulers.empty()) one.runs = runs_of(one.what, wanted);
    auto runs = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < one.runs.size(); ++i) {
      const files::Run& run = one.runs[i];
      auto outcome = outcome_of(one.what, run, wanted);
      if (!outcome) throw Error(outcome.failure().code, fmt::format("{}: run {} of {}: {}", wanted.path, i, one.what.name, outcome.failure().message));
      runs.push_back(json_of(run, *outcome));
      table.add({one.what.name, run.network, run.scheduler.empty() ? "-" : run.scheduler, fmt::format("{:.6f}", outcome->makespan),
                 ratio_of(outcome->makespan, run.expected.makespan), fmt::format("{:.0f}", outcome->total_transfer), std::to_string(outcome->transfer_count)});
    }
    list.push_back({{"name", one.what.name}, {"runs", std::move(runs)}});
  }
  if (wanted.output == "text") {
    fmt::print("{}", table.text());
    return done;
  }
  nlohmann::ordered_json json{{"schema", "tessera.simulate/1"}};
  if (list.size() == 1) json.update(list.front());
  else json["cases"] = std::move(list);
  fmt::print("{}\n", json.dump());
  return done;
}
}  // namespace

void add_simulate(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("simulate", "Carries out a scheduler's decisions on virtual nodes (docs/simulation.md)")->require_subcommand(0, 1);
  auto wanted = std::make_shared<Wanted>();
  auto* source = command->add_option_group("graph")->require_option(0, 1);
  auto* cases = source->add_option("--case", wanted->path, "File of format sched-sim-case/1, sched-sim-micro/1 or wfformat-expected/1")->type_name("FILE");
  source->add_option("--workflow", wanted->workflow, "File in WfFormat 1.3 to 1.6 or DAX; without --scheduler only what it looks like")->type_name("FILE");
  source->add_option("--generate", wanted->recipe, "A graph made by rule, for example stencil_1d:width=64,steps=200 or layered:width=20,seed=3 (docs/simulation.md)")
      ->type_name("RECIPE");
  command->add_option("--nodes", wanted->nodes, "How many nodes of how many cores, for --workflow and --generate")->type_name("NxCORES")->excludes(cases)->capture_default_str();
  command->add_option("--bandwidth", wanted->bandwidth, "Of each node, MiB/s, for --workflow and --generate")->check(CLI::PositiveNumber)->excludes(cases)->capture_default_str();
  std::vector<std::string> known(schedule::names().begin(), schedule::names().end());
  known.insert(known.end(), simulation::policy::names().begin(), simulation::policy::names().end());
  auto* schedulers = command->add_option("--scheduler", wanted->schedulers, "A static schedule of the graph, or a policy that decides while it runs, instead of recorded decisions; may be repeated")
                         ->check(CLI::IsMember(std::move(known)));
  command->add_option("--network", wanted->network, "For --scheduler; recorded decisions have their own")->check(CLI::IsMember({"simple", "maxmin"}))->needs(schedulers)
      ->capture_default_str();
  command->add_option("--information", wanted->information, "What policies know of durations and sizes: all, what is expected of each (of a case), or one mean of all")
      ->check(CLI::IsMember({"exact", "user", "mean"}))->needs(schedulers)->capture_default_str();
  command->add_option("--seed", wanted->seed, "Of what policies draw")->needs(schedulers)->capture_default_str();
  add_output(*command, wanted->output);
  command->callback([wanted, command, source, &run] {
    if (!command->get_subcommands().empty()) return;
    if (source->count_all() == 0) throw CLI::RequiredError("simulate: --case FILE, --workflow FILE or --generate RECIPE");
    run = [wanted] { return wanted->path.empty() ? simulate_workflow(*wanted) : simulate_cases(*wanted); };
  });
  add_simulate_calibrate(*command, run);
  add_simulate_replay(*command, run);
}
}  // namespace tessera::cli
