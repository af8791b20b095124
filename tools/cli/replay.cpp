// `tessera simulate replay`: a recording of a live run decided again, carried out by the engine, and under other policies.
#include "runtime/base/version.hpp"
#include "runtime/policy/schedule/plan.hpp"
#include "serialization/recording.hpp"
#include "simulation/engine/policy.hpp"
#include "simulation/files/case_writer.hpp"
#include "simulation/recorded/verify.hpp"
#include "simulation/recorded/what_if.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/simulate.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>

namespace tessera::cli {
namespace {
namespace engine = simulation::engine;
namespace recorded = simulation::recorded;
namespace policy = runtime::policy;
using nlohmann::ordered_json;
using runtime::coordinator::JobRecording;
using runtime::coordinator::Recording;

struct ReplayOptions {
  std::string path, case_path, output = "text";
  std::vector<std::string> schedulers;
  std::uint64_t seed = 1;
  double bandwidth = 1000, latency = 100e-6;
};

/// What one policy, or the recorded decisions, make of the run.
struct Made {
  std::string name;
  double engine = 0, cores = 0;          ///< Makespans, s.
};

double carried_out(const engine::Case& what, const std::string& name, std::uint64_t seed) {
  const auto done = [](runtime::Result<engine::Outcome> outcome) {
    if (!outcome) throw error_of(outcome.failure());
    return outcome->last_task_end;
  };
  return done(engine::simulate(what, what, *policy::make(name, seed), {}));
}

class Replay {
 public:
  Replay(const JobRecording& job, recorded::LiveRun run, const ReplayOptions& options) : job_(job), run_(std::move(run)), options_(options) {
    run_.what.bandwidth = options.bandwidth;
    const auto outcome = engine::replay(run_.what, run_.decisions, {});
    if (!outcome) throw error_of(outcome.failure());
    errors_ = recorded::errors_of(run_, *outcome);
    made_.push_back({"as recorded", outcome->last_task_end, cores(job.config.policy)});
    const recorded::LiveRun anywhere = recorded::without_data(run_);
    for (const std::string& name : options.schedulers) {
      made_.push_back({name, carried_out(anywhere.what, name, options.seed), cores(name)});
    }
  }

  std::string text() const {
    const auto part = [](double error) { return fmt::format("{:.2f} %", error * 100); };
    std::string text = fmt::format("{} tasks of {} submission{} on {} nodes: {:.6f} s live", tasks(), run_.submissions, run_.submissions == 1 ? "" : "s",
                                   run_.nodes.size() - run_.programs.size(), live());
    if (run_.failed + run_.again + run_.lost > 0) text += fmt::format("; {} failed, {} were made again, {} did not end", run_.failed, run_.again, run_.lost);
    text += fmt::format("\nthe recorded decisions in the engine: {:.6f} s, {}{} of the makespan; starts of tasks are off by {} (median), {} (p95), {} (worst) of it\n", made_[0].engine,
                        errors_.makespan < 0 ? "" : "+", part(errors_.makespan), part(errors_.start_median), part(errors_.start_p95), part(errors_.start_worst));
    Table table({"policy", "engine s", "of live", "live cores s", "of live"}, 1);
    for (const Made& one : made_)
      table.add({one.name, fmt::format("{:.6f}", one.engine), fmt::format("{:.4f}", one.engine / live()), fmt::format("{:.6f}", one.cores), fmt::format("{:.4f}", one.cores / live())});
    return text + table.text();
  }
  ordered_json json() const {
    ordered_json json{{"tasks", tasks()}, {"submissions", run_.submissions}, {"nodes", run_.nodes.size() - run_.programs.size()}, {"failed", run_.failed}, {"again", run_.again},
                      {"lost", run_.lost}, {"makespan", live()}, {"makespan_error", errors_.makespan}, {"start_error_median", errors_.start_median},
                      {"start_error_p95", errors_.start_p95}, {"start_error_worst", errors_.start_worst}};
    for (const Made& one : made_) json["policies"].push_back({{"policy", one.name}, {"engine", one.engine}, {"cores", one.cores}});
    return json;
  }
  /// For `tessera simulate --case`.
  std::string case_text() const {
    recorded::LiveRun anywhere = recorded::without_data(run_);
    simulation::files::Run its;
    its.network = "simple", its.scheduler = job_.config.policy, its.decisions = std::move(anywhere.decisions);
    its.expected.makespan = its.expected.last_task_end = anywhere.outcome.last_task_end;
    its.expected.tasks = std::move(anywhere.outcome.tasks), its.expected.transfers = std::move(anywhere.outcome.transfers);
    anywhere.what.name = std::filesystem::path(options_.path).stem().string();
    return simulation::files::case_text({std::move(anywhere.what), {std::move(its)}}, "tessera simulate replay");
  }

 private:
  double live() const { return run_.outcome.last_task_end; }
  std::size_t tasks() const { return run_.what.tasks.size() - static_cast<std::size_t>(std::ranges::count(run_.is_data, true)); }
  double cores(const std::string& name) const {
    simulation::Speeds speeds;
    speeds.network = options_.bandwidth * 1048576, speeds.message = {std::llround(options_.latency * 1e9)};
    const auto outcome = recorded::run_by_cores(run_, name, options_.seed, speeds);
    if (!outcome) throw error_of(outcome.failure());
    warn_of(outcome->nonsense, name, outcome->thrown);
    return static_cast<double>(outcome->makespan.ns) * 1e-9;
  }

  const JobRecording& job_;
  recorded::LiveRun run_;
  const ReplayOptions& options_;
  recorded::Errors errors_;
  std::vector<Made> made_;
};

void write_case(const ReplayOptions& options, const std::vector<Replay>& replays) {
  if (replays.size() > 1) throw Error(ErrorCode::invalid_argument, fmt::format("--write-case: {} has {} jobs with tasks, and a case is one", options.path, replays.size()));
  check_output("--write-case", options.case_path, std::span(&options.path, 1));
  std::ofstream file(options.case_path);
  file << replays.front().case_text() << std::flush;
  if (!file) throw Error(ErrorCode::io_failed, fmt::format("--write-case: {} cannot be written", options.case_path));
}

int replay(const ReplayOptions& options) {
  const auto recording = serialization::read_recording(options.path);
  if (!recording) throw error_of(recording.failure());
  const bool is_text = options.output == "text";
  ordered_json json{{"schema", "tessera.replay/1"}, {"version", recording->version}, {"bytes_lost", recording->bytes_lost}, {"jobs", ordered_json::array()}};
  std::vector<Replay> replays;
  bool is_same = true;
  std::string text, why = "it has no job";
  if (recording->bytes_lost > 0) {
    const std::string torn = fmt::format("the recording ends in the middle: its last {} bytes are no whole frame and are left out", recording->bytes_lost);
    text += torn + '\n';
    why += "; " + torn;
  }
  if (recording->version != TESSERA_VERSION)
    fmt::print(stderr, "tessera: {} was recorded by tessera {}, and this is {}: its policies may decide otherwise\n", options.path, recording->version, TESSERA_VERSION);
  for (const JobRecording& job : recording->jobs) {
    const recorded::Verdict verdict = recorded::verify(job);
    is_same = is_same && verdict.difference.empty();
    text += fmt::format("job {} ({}, seed {}): ", job.config.job.value, job.config.policy, job.config.seed);
    text += verdict.difference.empty() ? fmt::format("{} decisions in {} steps, 100 % the same again\n", verdict.decisions, verdict.steps)
                                       : fmt::format("DIFFERENT after {} decisions in {} steps that are the same: {}\n", verdict.decisions, verdict.steps, verdict.difference);
    ordered_json its{{"job", job.config.job.value}, {"policy", job.config.policy}, {"seed", job.config.seed}, {"steps", verdict.steps}, {"decisions", verdict.decisions},
                     {"identical", verdict.difference.empty()}};
    if (!verdict.difference.empty()) its["difference"] = verdict.difference;
    if (auto run = recorded::live_run(job)) {
      replays.emplace_back(job, std::move(*run), options);
      text += replays.back().text();
      its.update(replays.back().json());
    } else {
      why = run.failure().message;
    }
    json["jobs"].push_back(std::move(its));
  }
  if (replays.empty()) throw Error(ErrorCode::bad_input, fmt::format("{}: {}", options.path, why));
  if (!options.case_path.empty()) write_case(options, replays);
  if (is_text) fmt::print("{}", text);
  else fmt::print("{}\n", json.dump());
  return is_same ? done : failed;
}
}  // namespace

void add_simulate_replay(CLI::App& simulate, Run& run) {
  auto* command = simulate.add_subcommand("replay", "A recording of a live run (--record): the same decisions again? how near is the engine? what if another policy had decided?");
  auto options = std::make_shared<ReplayOptions>();
  command->add_option("FILE", options->path, "Made by --record of tessera local, tessera coordinator or a program")->type_name("FILE")->required();
  add_plugin_option(*command);
  command->add_option("--scheduler", options->schedulers, "Another policy for the same tasks; may be repeated")->check(known(policy::check))->delimiter(',')->type_name("NAME");
  command->add_option("--seed", options->seed, "Of what policies draw")->capture_default_str();
  command->add_option("--bandwidth", options->bandwidth, "Of each node, MiB/s")->check(above_zero())->capture_default_str();
  command->add_option("--latency", options->latency, "Of each message, s")->check(from_zero())->capture_default_str();
  command->add_option("--write-case", options->case_path, "Writes graph, decisions and what happened as a file for `tessera simulate --case`")->type_name("FILE");
  add_output(*command, options->output);
  command->callback([options, &run] { run = [options] { return replay(*options); }; });
}
}  // namespace tessera::cli
