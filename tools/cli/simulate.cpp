#include "simulation/files/case_file.hpp"
#include "simulation/schedule/case_schedule.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/table.hpp"

#include <nlohmann/json.hpp>

namespace tessera::cli {
namespace {
namespace engine = simulation::engine;
namespace files = simulation::files;
namespace schedule = simulation::schedule;

struct Wanted {
  std::string path, network = "simple", output = "text";
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

/// Runs of the schedulers that are asked for, instead of the recorded ones.
std::vector<files::Run> runs_of(const engine::Case& what, const Wanted& wanted) {
  std::vector<files::Run> runs;
  for (const std::string& name : wanted.schedulers) {
    auto decisions = schedule::decisions_of(what, schedule::find(name));
    if (!decisions) throw error_of(decisions.failure());
    files::Run run;
    run.network = wanted.network, run.scheduler = name;
    if (wanted.network == "maxmin") run.setting = {engine::NetworkModel::maxmin, 4, 2, 0, 0};
    run.decisions = std::move(*decisions);
    runs.push_back(std::move(run));
  }
  return runs;
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
      auto outcome = engine::replay(one.what, run.decisions, run.setting);
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
  auto* command = app.add_subcommand("simulate", "Carries out a scheduler's decisions on virtual nodes (docs/simulation.md)");
  auto wanted = std::make_shared<Wanted>();
  command->add_option("--case", wanted->path, "File of format sched-sim-case/1 or sched-sim-micro/1")->required()->type_name("FILE");
  std::vector<std::string> known(schedule::names().begin(), schedule::names().end());
  auto* schedulers = command->add_option("--scheduler", wanted->schedulers, "A static schedule of the case's graph instead of the recorded decisions; may be repeated")
                         ->check(CLI::IsMember(std::move(known)));
  command->add_option("--network", wanted->network, "For --scheduler; recorded decisions have their own")->check(CLI::IsMember({"simple", "maxmin"}))->needs(schedulers)
      ->capture_default_str();
  add_output(*command, wanted->output);
  command->callback([wanted, &run] { run = [wanted] { return simulate_cases(*wanted); }; });
}
}  // namespace tessera::cli
