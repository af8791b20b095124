#include "tools/cli/simulate_cluster.hpp"

#include "simulation/files/grid_file.hpp"
#include "simulation/generate/generate.hpp"
#include "simulation/live_rules.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/simulate.hpp"
#include "tools/cli/simulate_explain.hpp"
#include "tools/cli/table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>

namespace tessera::cli {
namespace {
namespace engine = simulation::engine;
namespace experiment = simulation::experiment;
namespace files = simulation::files;
namespace picture = simulation::picture;

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

nlohmann::ordered_json json_of(const engine::Case& what, const engine::Cluster& cluster, const std::string& scheduler, const engine::Outcome& outcome) {
  nlohmann::ordered_json json{{"scheduler", scheduler}, {"makespan", outcome.makespan}, {"last_task_end", outcome.last_task_end}, {"sum_task_end", outcome.sum_task_end},
                              {"total_transfer", outcome.total_transfer}, {"transfer_count", outcome.transfer_count}, {"cut_short", outcome.cut_short},
                              {"made_again", outcome.made_again}, {"not_taken", outcome.not_taken}};
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

/// Puts the graph there, with its further jobs.
engine::Setting setting_of(const experiment::Host& host, const OnCluster& on, files::Workflow& workflow) {
  if (host.cluster.storage != engine::nobody) files::add_initial_files(workflow);
  engine::Case& graph = workflow.graph;
  add_jobs(on, graph);
  engine::Setting setting = value_of(engine::put_on(host.cluster, graph), graph.name + ": ");
  if (on.measured > 0) {
    setting.clock = [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
    setting.clock_factor = on.measured;
  }
  return setting;
}

nlohmann::ordered_json json_of(const std::string& scheduler, const simulation::Outcome& outcome) {
  const auto mib = [](runtime::Bytes bytes) { return static_cast<double>(bytes.value) / 1048576; };
  auto nonsense = nlohmann::ordered_json::object();
  outcome.nonsense.each([&](std::string_view kind, std::string_view, std::uint64_t times) { nonsense[kind] = times; });
  return {{"scheduler", scheduler}, {"rules", "live"}, {"makespan", static_cast<double>(outcome.makespan.ns) * 1e-9}, {"total_transfer", mib(outcome.moved)},
          {"spilled", mib(outcome.spilled)}, {"loaded", mib(outcome.loaded)}, {"peak_chunks", mib(outcome.peak_chunks)}, {"executions", outcome.executions},
          {"policy_nonsense", std::move(nonsense)}};
}

/// Each run on each graph, as JSON and in a table's row after its graph's name.
struct Lines {
  Table table;
  std::string explained = {};
  nlohmann::ordered_json graphs = nlohmann::ordered_json::array();
};

Lines run_live(const experiment::Host& host, const Simulated& wanted, std::vector<files::Workflow>& graphs) {
  Lines lines{Table({"graph", "scheduler", "makespan s", "moved MiB", "spilled MiB", "loaded MiB", "peak MiB", "left out"}, 2)};
  for (files::Workflow& workflow : graphs) {
    setting_of(host, wanted.on, workflow);
    auto runs = nlohmann::ordered_json::array();
    for (const std::string& scheduler : wanted.schedulers) {
      const auto outcome = value_of(simulation::run_by_live_rules(workflow.graph, host.cluster, scheduler, wanted.seed), fmt::format("{} with {}: ", workflow.graph.name, scheduler));
      warn_of(outcome.nonsense, scheduler, outcome.thrown);
      const auto& json = runs.emplace_back(json_of(scheduler, outcome));
      const auto mib = [&](const char* key) { return fmt::format("{:.0f}", double(json[key])); };
      std::uint64_t left_out = 0;
      outcome.nonsense.each([&](std::string_view, std::string_view, std::uint64_t times) { left_out += times; });
      lines.table.add({workflow.graph.name, scheduler, fmt::format("{:.6f}", double(json["makespan"])), mib("total_transfer"), mib("spilled"), mib("loaded"), mib("peak_chunks"),
                       std::to_string(left_out)});
    }
    lines.graphs.push_back({{"name", workflow.graph.name}, {"runs", std::move(runs)}});
  }
  return lines;
}

/// What comes after graph and scheduler.
void add_row(Table& table, const engine::Case& graph, const std::string& scheduler, const engine::Outcome& outcome, bool has_memory) {
  std::vector<std::string> row{graph.name, scheduler, fmt::format("{:.6f}", outcome.makespan), fmt::format("{:.0f}", outcome.total_transfer), std::to_string(outcome.transfer_count),
                               std::to_string(outcome.cut_short), std::to_string(outcome.made_again), std::to_string(outcome.not_taken)};
  if (has_memory) {
    engine::MemoryUse all;
    for (const engine::MemoryUse& its : outcome.memory) all = {std::max(all.peak, its.peak), all.spilled + its.spilled, all.loaded + its.loaded};
    for (const double mib : {all.spilled, all.loaded, all.peak}) row.push_back(fmt::format("{:.0f}", mib));
  }
  table.add(std::move(row));
}

Lines run_engine(const experiment::Host& host, const Simulated& wanted, std::vector<files::Workflow>& graphs) {
  std::vector<std::string> columns{"graph", "scheduler", "makespan s", "moved MiB", "transfers", "cut short", "made again", "not taken"};
  const bool has_memory = std::ranges::any_of(host.cluster.nodes, [](const engine::ClusterNode& node) { return node.memory > 0; });
  if (has_memory) columns.insert(columns.end(), {"spilled MiB", "loaded MiB", "peak MiB"});
  Lines lines{Table(columns, 2)};
  std::vector<picture::Timeline> drawn;
  for (files::Workflow& workflow : graphs) {
    const engine::Setting setting = setting_of(host, wanted.on, workflow);
    const auto graph = std::make_shared<const engine::Case>(std::move(workflow.graph));
    auto runs = nlohmann::ordered_json::array();
    for (const std::string& scheduler : wanted.schedulers) {
      const experiment::Plan plan{scheduler, std::filesystem::path(host.label).filename().string(), wanted.information.front(), wanted.seed};
      Explanation explanation(*graph, wanted);
      engine::Outcome outcome = value_of(experiment::carry_out(*graph, setting, plan, explanation.listener()), fmt::format("{} with {}: ", graph->name, scheduler));
      runs.push_back(json_of(*graph, host.cluster, scheduler, outcome));
      if (wanted.output == "text") lines.explained += explanation.text(plan, outcome);
      else explanation.add_to(runs.back(), plan, outcome);
      add_row(lines.table, *graph, scheduler, outcome, has_memory);
      if (wanted.pictures.is_wanted()) drawn.push_back(picture::timeline(fmt::format("{}, {}", scheduler, plan.network), graph, std::move(outcome)));
    }
    lines.graphs.push_back({{"name", graph->name}, {"runs", std::move(runs)}});
    if (&workflow == &graphs.back() && wanted.pictures.is_wanted()) wanted.pictures.write(graph->name, drawn);
  }
  return lines;
}
}  // namespace

CLI::Option* add_cluster_options(CLI::App& command, OnCluster& on) {
  auto* cluster = command.add_option("--cluster", on.files, "What it runs on: nodes, resources, speeds, network, overheads and what happens to nodes, as a tessera-cluster/1 file says it; may be repeated")
                      ->type_name("FILE")->allow_extra_args(false);
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

std::vector<experiment::Host> hosts_of(const OnCluster& on, const std::vector<std::string>& files) {
  auto hosts = value_of(simulation::files::read_hosts(files));
  for (experiment::Host& host : hosts) {
    host.has_live_rules = on.rules == "live";
    std::vector<std::uint32_t> cpus;
    for (const engine::ClusterNode& node : host.cluster.nodes) cpus.push_back(node.cpus);
    for (const std::string& text : on.faults) host.cluster.events = engine::merged(std::move(host.cluster.events), value_of(engine::drawn_events(text, cpus), "--"));
  }
  return hosts;
}

void add_jobs(const OnCluster& on, engine::Case& graph) {
  for (const std::string& job : on.jobs) add_job(job, graph);
}

void check_cluster_options(const Simulated& wanted) {
  const auto refuse = [](const char* why) { return Error(ErrorCode::invalid_argument, why); };
  if (wanted.on.rules == "engine") return;
  if (!wanted.on.faults.empty() || wanted.on.measured > 0) throw refuse("--rules live knows no --faults and no --measured");
  if (wanted.information != std::vector<std::string>{"exact"}) throw refuse("--rules live knows no --information: a live policy knows what the coordinator has learnt");
  if (!wanted.explain.empty() || wanted.critical_path || wanted.pictures.is_wanted())
    throw refuse("--rules live says how long a run takes, not when each task ran: leave out --explain, --critical-path and pictures, or --rules live");
}

int simulate_on_cluster(const Simulated& wanted, std::vector<files::Workflow> graphs) {
  std::vector<std::string> inputs = wanted.on.files;
  for (const auto* more : {&wanted.cases, &wanted.workflows}) inputs.insert(inputs.end(), more->begin(), more->end());
  wanted.pictures.check(graphs.size() * wanted.schedulers.size(), inputs);
  const experiment::Host host = std::move(hosts_of(wanted.on, wanted.on.files).front());
  Lines lines = (host.has_live_rules ? run_live : run_engine)(host, wanted, graphs);
  if (wanted.output == "text") {
    fmt::print("{}{}", lines.table.text(), lines.explained);
    return done;
  }
  nlohmann::ordered_json json{{"schema", "tessera.simulate/1"}};
  if (lines.graphs.size() == 1) json.update(lines.graphs.front());
  else json["cases"] = std::move(lines.graphs);
  fmt::print("{}\n", json.dump());
  return done;
}

void warn_of(const runtime::policy::NonsenseCounts& nonsense, const std::string& policy, const std::string& thrown) {
  if (nonsense.any())
    fmt::print(stderr, "tessera: the policy \"{}\" decided what can mean nothing, which was left out: {}{}; docs/simulation.md says what it may decide\n", policy, nonsense.text(),
               thrown.empty() ? "" : fmt::format(" (\"{}\")", thrown));
}
}  // namespace tessera::cli
