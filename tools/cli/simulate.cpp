#include "simulation/files/case_file.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/table.hpp"

#include <nlohmann/json.hpp>

namespace tessera::cli {
namespace {
namespace engine = simulation::engine;
namespace files = simulation::files;

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

int simulate_cases(const std::string& path, bool as_json) {
  auto cases = files::read_cases(path);
  if (!cases) throw error_of(cases.failure());
  auto list = nlohmann::ordered_json::array();
  Table table({"case", "network", "scheduler", "makespan s", "of the file's", "moved MiB", "transfers"}, 3);
  for (const files::CaseRuns& one : *cases) {
    auto runs = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < one.runs.size(); ++i) {
      const files::Run& run = one.runs[i];
      auto outcome = engine::replay(one.what, run.decisions, run.setting);
      if (!outcome) throw Error(outcome.failure().code, fmt::format("{}: run {} of {}: {}", path, i, one.what.name, outcome.failure().message));
      runs.push_back(json_of(run, *outcome));
      table.add({one.what.name, run.network, run.scheduler.empty() ? "-" : run.scheduler, fmt::format("{:.6f}", outcome->makespan),
                 ratio_of(outcome->makespan, run.expected.makespan), fmt::format("{:.0f}", outcome->total_transfer), std::to_string(outcome->transfer_count)});
    }
    list.push_back({{"name", one.what.name}, {"runs", std::move(runs)}});
  }
  if (!as_json) {
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
  auto* command = app.add_subcommand("simulate", "Carries out a scheduler's recorded decisions on virtual nodes (docs/simulation.md)");
  auto path = std::make_shared<std::string>();
  auto output = std::make_shared<std::string>("text");
  command->add_option("--case", *path, "File of format sched-sim-case/1 or sched-sim-micro/1")->required()->type_name("FILE");
  add_output(*command, *output);
  command->callback([path, output, &run] { run = [path, output] { return simulate_cases(*path, *output == "json"); }; });
}
}  // namespace tessera::cli
