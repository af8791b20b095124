#include "tools/cli/simulate_cluster.hpp"

#include "runtime/policy/schedule/plan.hpp"
#include "simulation/engine/cluster.hpp"
#include "simulation/engine/policy.hpp"
#include "simulation/files/cluster_file.hpp"
#include "simulation/generate/generate.hpp"
#include "simulation/live_rules.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>

namespace tessera::cli {
namespace {
namespace engine = simulation::engine;
namespace files = simulation::files;

template <class T>
T value_of(runtime::Result<T> result, const std::string& where = {}) {
  if (!result) throw Error(result.failure().code, where + result.failure().message);
  return std::move(*result);
}

/// "30:FILE" or "30:RECIPE".
void add_job(const std::string& text, engine::Case& all) {
  double arrival = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), arrival);
  const auto parsed = static_cast<std::size_t>(read.ptr - text.data());
  if (read.ec != std::errc() || !(arrival >= 0) || parsed == text.size() || text[parsed] != ':')
    throw Error(ErrorCode::invalid_argument, fmt::format("--job: \"{}\" is not when a job arrives and its graph: for example 30:montage.json or 30:layered:width=4", text));
  const std::string source = text.substr(parsed + 1);
  const bool is_file = std::filesystem::exists(source);
  auto made = is_file ? runtime::Result<engine::Case>(value_of(files::read_workflow(source)).graph) : simulation::generate::generate(source);
  if (!made) throw Error(made.failure().code, fmt::format("--job: {}; and there is no file \"{}\"", made.failure().message, source));
  engine::Case job = std::move(*made);
  job.name = source;
  engine::add_job(all, job, arrival);
}

engine::Outcome outcome_of(const engine::Case& what, const engine::Setting& setting, const std::string& scheduler, const ClusterRuns& wanted) {
  const std::string where = fmt::format("{} with {}: ", what.name, scheduler);
  if (runtime::policy::schedule::find(scheduler) != nullptr) static_cast<void>(value_of(runtime::policy::schedule::costs_of(what)));
  const engine::Case known = engine::known(what, value_of(engine::knowledge_of(wanted.information), "--information: "), wanted.seed);
  const auto policy = runtime::policy::make(scheduler, wanted.seed);
  return value_of(engine::simulate(what, known, *policy, setting), where);
}

nlohmann::ordered_json json_of(const engine::Case& what, const engine::Cluster& cluster, const std::string& scheduler, const engine::Outcome& outcome) {
  nlohmann::ordered_json json{{"scheduler", scheduler}, {"makespan", outcome.makespan}, {"last_task_end", outcome.last_task_end}, {"sum_task_end", outcome.sum_task_end},
                              {"total_transfer", outcome.total_transfer}, {"transfer_count", outcome.transfer_count}, {"cut_short", outcome.cut_short},
                              {"made_again", outcome.made_again}};
  for (const engine::Job& job : what.jobs) {
    double end = 0;
    for (std::uint32_t task = job.first; task < job.end; ++task) end = std::max(end, outcome.tasks[task].end);
    json["jobs"].push_back({{"name", job.name}, {"arrival", job.arrival}, {"end", end}});
  }
  for (std::size_t node = 0; node < outcome.memory.size(); ++node) {
    if (cluster.nodes[node].memory == 0) continue;
    const engine::MemoryUse& its = outcome.memory[node];
    json["memory"].push_back({{"node", cluster.nodes[node].name}, {"peak", its.peak}, {"spilled", its.spilled}, {"loaded", its.loaded}});
  }
  return json;
}

engine::Setting setting_of(const engine::Cluster& cluster, const OnCluster& on, const ClusterRuns& wanted, files::Workflow& workflow) {
  if (cluster.storage != engine::nobody) files::add_initial_files(workflow);
  engine::Case& graph = workflow.graph;
  for (const std::string& job : on.jobs) add_job(job, graph);
  engine::Setting setting = value_of(engine::put_on(cluster, graph), graph.name + ": ");
  for (const std::string& text : on.faults) setting.events = engine::merged(std::move(setting.events), value_of(engine::drawn_events(text, graph.cpus), "--"));
  setting.learns = wanted.information == "learned";
  if (on.measured > 0) {
    setting.clock = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
    setting.clock_factor = on.measured;
  }
  return setting;
}

nlohmann::ordered_json json_of(const std::string& scheduler, const simulation::Outcome& outcome) {
  const auto mib = [](runtime::Bytes bytes) { return static_cast<double>(bytes.value) / 1048576; };
  return {{"scheduler", scheduler}, {"rules", "live"}, {"makespan", static_cast<double>(outcome.makespan.ns) * 1e-9}, {"total_transfer", mib(outcome.moved)},
          {"spilled", mib(outcome.spilled)}, {"loaded", mib(outcome.loaded)}, {"peak_chunks", mib(outcome.peak_chunks)}, {"executions", outcome.executions}};
}

/// Each run on each graph, as JSON and in a table's row after its graph's name.
struct Lines {
  Table table;
  nlohmann::ordered_json graphs = nlohmann::ordered_json::array();
};

Lines run_live(const engine::Cluster& cluster, const OnCluster& on, std::vector<files::Workflow>& graphs, const ClusterRuns& wanted) {
  Lines lines{Table({"graph", "scheduler", "makespan s", "moved MiB", "spilled MiB", "loaded MiB", "peak MiB"}, 2)};
  if (!on.faults.empty() || on.measured > 0) throw Error(ErrorCode::invalid_argument, "--rules live knows no --faults and no --measured");
  for (files::Workflow& workflow : graphs) {
    setting_of(cluster, on, wanted, workflow);
    auto runs = nlohmann::ordered_json::array();
    for (const std::string& scheduler : wanted.schedulers) {
      const auto outcome = value_of(simulation::run_by_live_rules(workflow.graph, cluster, scheduler, wanted.seed), fmt::format("{} with {}: ", workflow.graph.name, scheduler));
      const auto& json = runs.emplace_back(json_of(scheduler, outcome));
      const auto mib = [&](const char* key) { return fmt::format("{:.0f}", double(json[key])); };
      lines.table.add({workflow.graph.name, scheduler, fmt::format("{:.6f}", double(json["makespan"])), mib("total_transfer"), mib("spilled"), mib("loaded"), mib("peak_chunks")});
    }
    lines.graphs.push_back({{"name", workflow.graph.name}, {"runs", std::move(runs)}});
  }
  return lines;
}

Lines run_engine(const engine::Cluster& cluster, const OnCluster& on, std::vector<files::Workflow>& graphs, const ClusterRuns& wanted) {
  std::vector<std::string> columns{"graph", "scheduler", "makespan s", "moved MiB", "transfers", "cut short", "made again"};
  const bool has_memory = std::ranges::any_of(cluster.nodes, [](const engine::ClusterNode& node) { return node.memory > 0; });
  if (has_memory) columns.insert(columns.end(), {"spilled MiB", "loaded MiB", "peak MiB"});
  Lines lines{Table(columns, 2)};
  for (files::Workflow& workflow : graphs) {
    const engine::Setting setting = setting_of(cluster, on, wanted, workflow);
    auto runs = nlohmann::ordered_json::array();
    for (const std::string& scheduler : wanted.schedulers) {
      const engine::Outcome outcome = outcome_of(workflow.graph, setting, scheduler, wanted);
      runs.push_back(json_of(workflow.graph, cluster, scheduler, outcome));
      std::vector<std::string> row{workflow.graph.name, scheduler, fmt::format("{:.6f}", outcome.makespan), fmt::format("{:.0f}", outcome.total_transfer),
                                   std::to_string(outcome.transfer_count), std::to_string(outcome.cut_short), std::to_string(outcome.made_again)};
      if (has_memory) {
        engine::MemoryUse all;
        for (const engine::MemoryUse& its : outcome.memory) all = {std::max(all.peak, its.peak), all.spilled + its.spilled, all.loaded + its.loaded};
        for (const double mib : {all.spilled, all.loaded, all.peak}) row.push_back(fmt::format("{:.0f}", mib));
      }
      lines.table.add(row);
    }
    lines.graphs.push_back({{"name", workflow.graph.name}, {"runs", std::move(runs)}});
  }
  return lines;
}
}  // namespace

CLI::Option* add_cluster_options(CLI::App& command, OnCluster& on) {
  auto* cluster = command.add_option("--cluster", on.file, "What it runs on: nodes, resources, speeds, network, overheads and what happens to nodes, as a tessera-cluster/1 file says it")
                      ->type_name("FILE");
  command.add_option("--faults", on.faults, "Nodes that fail by chance, for example crash:mtbf=300,repair=60,seed=1 or slow:mtbf=300,speed=0.5; may be repeated")
      ->type_name("RULE")->needs(cluster);
  command.add_option("--job", on.jobs, "A further graph and when it arrives, for example 30:montage.json or 30:layered:width=4; may be repeated")
      ->type_name("SECONDS:GRAPH")->needs(cluster);
  command.add_option("--measured", on.measured, "What policies really take, times this, is scheduling time: such runs are never the same twice")
      ->type_name("FACTOR")->check(above_zero())->needs(cluster);
  command.add_option("--rules", on.rules, "Whose rules nodes follow: the engine's, or those of the live cores, with their queues, too (policies of `tessera local` only)")
      ->check(CLI::IsMember({"engine", "live"}))->needs(cluster)->capture_default_str();
  return cluster;
}

int simulate_on_cluster(const OnCluster& on, std::vector<files::Workflow> graphs, const ClusterRuns& wanted) {
  const engine::Cluster cluster = value_of(files::read_cluster(on.file));
  Lines lines = (on.rules == "live" ? run_live : run_engine)(cluster, on, graphs, wanted);
  if (wanted.output == "text") {
    fmt::print("{}", lines.table.text());
    return done;
  }
  nlohmann::ordered_json json{{"schema", "tessera.simulate/1"}};
  if (lines.graphs.size() == 1) json.update(lines.graphs.front());
  else json["cases"] = std::move(lines.graphs);
  fmt::print("{}\n", json.dump());
  return done;
}
}  // namespace tessera::cli
