// simulation.validation: live runs against simulated ones. V1: the recorded events decide the same again. V2: the recorded decisions in the engine. V3: the policy in virtual time, on a
// cluster measured apart. V4: the order of the policies. docs/simulation.md has the table.
#include "benchmarks/measure.hpp"
#include "benchmarks/validation/graphs.hpp"
#include "benchmarks/validation/live.hpp"
#include "client/tessera.hpp"
#include "runtime/base/rng.hpp"
#include "simulation/engine/policy.hpp"
#include "simulation/experiment/agreement.hpp"
#include "simulation/files/cluster_file.hpp"
#include "simulation/live_rules.hpp"
#include "simulation/recorded/verify.hpp"
#include "simulation/recorded/what_if.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>

namespace {
using namespace tessera::benchmarks;
namespace engine = tessera::simulation::engine;
namespace recorded = tessera::simulation::recorded;
namespace experiment = tessera::simulation::experiment;
using tessera::runtime::coordinator::JobRecording;

struct Options {
  std::vector<std::string> figures, graphs, policies;
  std::string keep;
  int repeats = 3;
};
constexpr std::uint64_t seed = 1;

template <class T>
T value_of(tessera::runtime::Result<T> result) {
  if (!result) throw tessera::Error(result.failure());
  return std::move(*result);
}

std::vector<std::string> all_graphs() {
  return {"tree:width=256", "stencil_1d:width=24,steps=20", "fft:width=32,steps=15", "random_nearest:width=24,steps=20", "layered:width=24,steps=20,degree=3", "crossv:inner=40", "gridcat:count=22",
          "montage:width=200", "cybershake:width=230", "conflux:depth=8", "grid:count=22", TESSERA_SOURCE_DIR "/tests/data/wfformat/epigenomics-chameleon-hep-1seq-100k-001.json"};
}
std::vector<std::string> all_policies() { return {"locality", "round_robin", "random", "blevel", "heft", "work_stealing"}; }

/// The graph with the durations that its tasks had in a live run.
engine::Case as_recorded(engine::Case what, const recorded::LiveRun& run, const std::vector<tessera::runtime::Key>& keys) {
  std::map<tessera::runtime::Key, double> durations;
  for (std::size_t task = 0; task < run.keys.size(); ++task) durations[run.keys[task]] = run.what.tasks[task].duration;
  for (std::size_t task = 0; task < keys.size(); ++task) what.tasks[task].duration = durations.at(keys[task]);
  return what;
}
/// What a policy comes to, in the mean over the durations of several live runs: where two decisions lie near each other, a small difference may choose, as live.
template <class Makespan>
double predicted(const std::vector<engine::Case>& cases, Makespan&& makespan) {
  double sum = 0;
  for (const engine::Case& what : cases) sum += makespan(what);
  return sum / static_cast<double>(cases.size());
}
/// Messages take now less, now more, which virtual time does not know: here tasks do, by up to a message, at most a hundredth.
double by_live_rules(const std::vector<engine::Case>& cases, const engine::Cluster& cluster, const std::string& policy) {
  constexpr std::uint64_t runs = 3;
  tessera::runtime::Rng rng(1);
  return predicted(cases, [&](const engine::Case& what) {
    double sum = 0;
    for (std::uint64_t run = 0; run < runs; ++run) {
      engine::Case its = what;
      for (engine::Task& task : its.tasks) task.duration += std::min(cluster.overheads.message, task.duration / 100) * (static_cast<double>(rng.next() >> 11) * 0x1p-52 - 1);
      sum += static_cast<double>(value_of(tessera::simulation::run_by_live_rules(its, cluster, policy, seed)).makespan.ns) * 1e-9;
    }
    return sum / runs;
  });
}
/// By rules of the engine, with what the live coordinator would have learnt.
double by_engine(const std::vector<engine::Case>& cases, const engine::Cluster& cluster, const std::string& policy) {
  return predicted(cases, [&](engine::Case what) {
    engine::Setting setting = value_of(engine::put_on(cluster, what));
    setting.learns = true;
    return value_of(engine::simulate(what, engine::known(what, engine::Information::learned), *tessera::runtime::policy::make(policy, seed), setting)).last_task_end;
  });
}

/// Percentages, without sign.
struct Errors {
  std::vector<double> replay, starts, prediction, engine;
  std::vector<double> each_start;        ///< Of all tasks of at least 20 ms.
};
class Validation {
 public:
  explicit Validation(const Options& options) : options_(options) {
    folder_ = options.keep.empty() ? (std::filesystem::temp_directory_path() / fmt::format("tessera-validation-{}", getpid())).string() : options.keep;
    std::filesystem::create_directories(folder_);
    cluster_ = calibrate(machines_);
    if (!options.keep.empty()) std::ofstream(folder_ + "/cluster.json") << tessera::simulation::files::text_of(cluster_);
    report_line("simulation.validation.calibration", "MiB/s", cluster_.bandwidth, cluster_.bandwidth, cluster_.bandwidth, 1,
                machines().add("link_MiB_s", machines_.mib_s).add("message_us", cluster_.overheads.message * 1e6).add("transfer_us", cluster_.latency * 1e6).add("lane_us_a_task", cluster_.overheads.node_task * 1e6)
                    .add("shared_us_a_task", cluster_.overheads.scheduler_task * 1e6));
  }
  ~Validation() {
    if (options_.keep.empty()) std::filesystem::remove_all(folder_);
  }

  void graph(const std::string& text) {
    const engine::Case what = graph_of(text, {.lanes = machines_.processes * machines_.lanes});
    std::vector<experiment::Contender> contenders;
    std::vector<engine::Case> cases;
    std::vector<Replays> replays;
    for (const std::string& policy : options_.policies) {
      experiment::Contender its{policy, {}, 0};
      replays.push_back(run(what, its, cases));
      contenders.push_back(std::move(its));
    }
    for (std::size_t i = 0; i < contenders.size(); ++i) predict(what, contenders[i], cases, replays[i]);
    const experiment::Agreement its = experiment::agreement_of(contenders);
    pairs_ += its.pairs, same_ += its.same, inverted_ += its.inverted.size();
    std::string names;
    for (const auto& [faster, slower] : its.inverted) names += fmt::format("{}{} < {}", names.empty() ? "" : ", ", faster, slower);
    const double tau = experiment::tau(its.same, its.inverted.size(), its.pairs);
    taus_.push_back(tau);
    report_line("simulation.validation.order", "tau", tau, tau, tau, 1,
                Parameters().add("graph", std::string_view(what.name)).add("noise_s", its.noise).add("pairs", its.pairs).add("same", its.same).add("inverted", std::string_view(names)));
  }

  /// Tasks of a millisecond: how many a second. To wake a thread takes a part of a millisecond, which their recorded durations have.
  void throughput(const std::string& text) {
    const engine::Case what = even_graph_of(text, 1e-3, 0.001);
    const double tasks = static_cast<double>(what.tasks.size());
    std::vector<double> rates;
    std::vector<engine::Case> cases;
    double sum = 0;
    constexpr int runs = 5;
    for (int i = 0; i < runs; ++i) {
      const Live live = run_live(what, machines_, "locality", seed, folder_ + "/throughput.tsrec");
      const recorded::LiveRun run = value_of(recorded::live_run(live.job));
      rates.push_back(tasks / run.outcome.last_task_end);
      cases.push_back(as_recorded(what, run, live.keys));
      for (const engine::Task& task : run.what.tasks) sum += task.duration;
    }
    const double duration = sum / tasks / runs, predicted = tasks / by_live_rules(cases, cluster_, "locality");
    std::vector<double> errors;
    for (const double rate : rates) errors.push_back((predicted / rate - 1) * 100);
    report("simulation.validation.throughput", "tasks/s", rates, machines().add("graph", std::string_view(what.name)).add("task_us", duration * 1e6).add("predicted", predicted).add("error_%", median(errors)));
  }

  void summary() const {
    const Parameters parameters = machines().add("graphs", taus_.size()).add("policies", options_.policies.size()).add("repeats", options_.repeats);
    report_line("simulation.validation.decisions", "% the same", 100.0 * static_cast<double>(decisions_same_) / static_cast<double>(std::max<std::uint64_t>(1, decisions_)), 0, 100, decisions_, parameters);
    summary("replay", "% off", errors_.replay, parameters);
    summary("starts", "% of the makespan, 95th percentile of a run", errors_.starts, parameters);
    summary("starts.all", "% of the makespan, tasks of 20 ms and more", errors_.each_start, parameters);
    summary("prediction", "% off, live rules", errors_.prediction, parameters);
    summary("prediction.engine", "% off, engine", errors_.engine, parameters);
    for (const auto& [policy, errors] : bias_)
      report_line("simulation.validation.bias", "% off, with sign, mean over graphs", std::accumulate(errors.begin(), errors.end(), 0.0) / static_cast<double>(errors.size()), quantile(errors, 0), quantile(errors, 1),
                  errors.size(), Parameters().add("policy", std::string_view(policy)).add("median", median(errors)));
    if (taus_.empty()) return;
    const double tau = experiment::tau(same_, inverted_, pairs_);
    report_line("simulation.validation.ranking", "tau", tau, *std::ranges::min_element(taus_), *std::ranges::max_element(taus_), pairs_, Parameters(parameters).add("same", same_).add("inverted", inverted_));
  }

 private:
  Parameters machines() const { return Parameters().add("processes", machines_.processes).add("lanes", machines_.lanes); }
  static void summary(const char* name, const char* unit, const std::vector<double>& errors, Parameters parameters) {
    if (errors.empty()) return;
    report_line(fmt::format("simulation.validation.{}", name), unit, median(errors), quantile(errors, 0), quantile(errors, 1), errors.size(), parameters.add("p90", quantile(errors, 0.9)).add("p95", quantile(errors, 0.95)));
  }

  /// Percentages: of each live run the makespan, and the 95th percentile of starts.
  struct Replays { std::vector<double> makespan, starts; };

  /// Live, and each run replayed. Adds the graph as each of them recorded it to `cases`.
  Replays run(const engine::Case& what, experiment::Contender& its, std::vector<engine::Case>& cases) {
    Replays all;
    for (int i = 0; i < options_.repeats; ++i) {
      const std::string file = options_.keep.empty() ? "run" : fmt::format("{}-{}-{}", what.name.substr(0, what.name.find(':')), its.name, i);
      const Live live = run_live(what, machines_, its.name, seed, fmt::format("{}/{}.tsrec", folder_, file));
      const recorded::Verdict verdict = recorded::verify(live.job);
      recorded::LiveRun run = value_of(recorded::live_run(live.job));
      decisions_ += run.what.tasks.size(), decisions_same_ += verdict.difference.empty() ? run.what.tasks.size() : 0;
      if (!verdict.difference.empty()) fmt::print(stderr, "{}\n", verdict.difference);
      its.live.push_back(run.outcome.last_task_end);
      cases.push_back(as_recorded(what, run, live.keys));
      const recorded::Errors replayed = replay(run, errors_.each_start);
      all.makespan.push_back(std::abs(replayed.makespan) * 100), all.starts.push_back(replayed.start_p95 * 100);
    }
    errors_.replay.insert(errors_.replay.end(), all.makespan.begin(), all.makespan.end()), errors_.starts.insert(errors_.starts.end(), all.starts.begin(), all.starts.end());
    return all;
  }

  void predict(const engine::Case& what, experiment::Contender& its, const std::vector<engine::Case>& cases, const Replays& replays) {
    its.simulated = by_live_rules(cases, cluster_, its.name);
    const double by_its_engine = by_engine(cases, cluster_, its.name);
    for (const double live : its.live) errors_.prediction.push_back(std::abs(its.simulated / live - 1) * 100), errors_.engine.push_back(std::abs(by_its_engine / live - 1) * 100);
    const auto [least, most] = std::ranges::minmax(its.live);
    const double live = std::accumulate(its.live.begin(), its.live.end(), 0.0) / static_cast<double>(its.live.size()), error = (its.simulated / live - 1) * 100;
    bias_[its.name].push_back(error);
    report_line("simulation.validation.run", "s", live, least, most, its.live.size(),
                Parameters().add("graph", std::string_view(what.name)).add("tasks", what.tasks.size()).add("policy", std::string_view(its.name)).add("simulated_s", its.simulated).add("engine_s", by_its_engine)
                    .add("simulated_%", error).add("engine_%", (by_its_engine / live - 1) * 100).add("replay_%", quantile(replays.makespan, 1)).add("starts_%", quantile(replays.starts, 1)));
  }

  /// The recorded decisions on the measured network.
  recorded::Errors replay(recorded::LiveRun& run, std::vector<double>& starts) const {
    engine::Cluster cluster = cluster_;
    cluster.nodes.clear();
    for (std::size_t node = 0; node < run.nodes.size(); ++node) cluster.nodes.push_back({.name = run.nodes[node], .cpus = run.what.cpus[node]});
    cluster.scheduling_time = 0, cluster.overheads = {.message = cluster_.overheads.message, .node_task = cluster_.overheads.node_task};
    const engine::Setting setting = value_of(engine::put_on(cluster, run.what));
    double free = 0;
    for (engine::Decision& one : run.decisions)  // Recorded when the coordinator began.
      one.time = free = std::max(one.time, free) + cluster_.overheads.scheduler_task * static_cast<double>(one.assignments.size());
    const engine::Outcome outcome = value_of(engine::replay(run.what, run.decisions, setting));
    for (std::size_t task = 0; task < run.what.tasks.size(); ++task)
      if (run.what.tasks[task].duration >= 0.02) starts.push_back(std::abs(outcome.tasks[task].start - run.outcome.tasks[task].start) / run.outcome.last_task_end * 100);
    return recorded::errors_of(run, outcome);
  }

  const Options& options_;
  Machines machines_;
  engine::Cluster cluster_;
  std::string folder_;
  Errors errors_;
  std::map<std::string, std::vector<double>> bias_;  ///< By policy, of each graph: percentages with sign.
  std::vector<double> taus_;
  std::uint64_t decisions_ = 0, decisions_same_ = 0, pairs_ = 0, same_ = 0, inverted_ = 0;
};
}  // namespace

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  Options options;
  CLI::App app("Live runs against simulated ones");
  app.add_option("FIGURE", options.figures, "simulation.validation");
  app.add_option("--graph", options.graphs, "A recipe or workflow file instead of all; may be repeated")->type_name("GRAPH");
  app.add_option("--policy", options.policies, "Instead of all; may be repeated")->type_name("NAME");
  app.add_option("--repeats", options.repeats, "Live runs of each graph and policy")->check(CLI::Range(2, 100))->capture_default_str();
  app.add_option("--keep", options.keep, "Keeps recordings and the measured cluster there")->type_name("FOLDER");
  CLI11_PARSE(app, argc, argv);
  try {
    const bool is_all = options.graphs.empty();
    if (options.policies.empty()) options.policies = all_policies();
    Validation validation(options);
    if (is_all)
      for (const char* text : {"independent:tasks=8000", "stencil_1d:width=16,steps=250"}) validation.throughput(text);
    for (const std::string& text : is_all ? all_graphs() : options.graphs) validation.graph(text);
    validation.summary();
  } catch (const tessera::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
