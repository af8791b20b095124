// recording.cost: bytes an event, and what recording costs a run of empty tasks. recording.replay: recorded runs of tasks that sleep, decided again and carried out by the engine;
// docs/simulation.md has the table.
#include "benchmarks/kernel.h"
#include "benchmarks/run.hpp"
#include "client/processes.hpp"
#include "runtime/coordinator/recording.hpp"
#include "serialization/recording.hpp"
#include "simulation/recorded/verify.hpp"
#include "simulation/recorded/what_if.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <thread>

namespace {
using namespace tessera::benchmarks;
namespace recorded = tessera::simulation::recorded;
namespace coordinator = tessera::runtime::coordinator;
namespace protocol = tessera::runtime::protocol;
using Block = std::vector<double>;
constexpr long small_iterations = 1'500;

std::int64_t empty(const std::vector<std::int64_t>&, std::int64_t) { return 0; }
/// About 20 us, a small task: the kernel of METG.
std::int64_t small(const std::vector<std::int64_t>&, std::int64_t) {
  volatile double sink = 0;
  sink = sink + tessera_kernel(small_iterations);
  return 0;
}
/// 20 to 60 ms, by its number, and 64 KiB.
Block timer(const std::vector<Block>&, std::int64_t number) {
  const auto draw = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15ull >> 40;
  std::this_thread::sleep_for(std::chrono::microseconds(20'000 + draw % 40'000));
  return Block(8192, 1.0);
}

const std::string file = (std::filesystem::temp_directory_path() / ("tessera-recording-" + std::to_string(getpid()))).string();

double cpu_seconds() {
  rusage its{};
  getrusage(RUSAGE_SELF, &its);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
  return seconds(its.ru_utime) + seconds(its.ru_stime);
}

/// What happened: reports and released keys one by one, all else by step; submissions are left out, with their graphs.
struct Events {
  std::uint64_t count = 0, graph_bytes = 0;
};
Events events_of(const coordinator::JobRecording& job) {
  Events events;
  for (const coordinator::Step& step : job.steps) {
    const auto* received = std::get_if<coordinator::Received>(&step.event);
    if (received != nullptr && std::holds_alternative<protocol::Submit>(received->message)) {
      tessera::serialization::RecordingFrame frame;
      coordinator::Step only = step;
      only.placements.clear();
      frame.add(tessera::runtime::JobId{1}, std::move(only));
      events.graph_bytes += frame.bytes();
      ++events.count;
    } else if (received != nullptr && std::holds_alternative<protocol::Reports>(received->message)) {
      events.count += std::get<protocol::Reports>(received->message).reports.size();
    } else if (received != nullptr && std::holds_alternative<protocol::Release>(received->message)) {
      events.count += std::get<protocol::Release>(received->message).keys.size();
    } else {
      ++events.count;
    }
  }
  return events;
}

coordinator::Recording read() {
  auto recording = tessera::serialization::read_recording(file);
  if (!recording) std::fprintf(stderr, "%s\n", recording.failure().message.c_str()), std::exit(1);
  return std::move(*recording);
}

void cost(Function function, const char* task, const char* shape, std::uint32_t a, std::uint32_t b, unsigned processes, int rounds) {
  const Pattern pattern = make_pattern(shape, a, b);
  std::vector<double> wall_ratio, cpu_ratio;
  double bytes = 0;
  static std::int64_t salt = 0;
  for (int i = 0; i < rounds; ++i) {
    double wall[2], cpu[2];
    for (const int which : {i % 2, 1 - i % 2}) {
      const double before = cpu_seconds();
      {
        const std::string record = which == 1 ? file : "";
        tessera::Cluster cluster = processes > 0 ? tessera::Cluster::processes({.processes = processes, .lanes = 1, .record = record})
                                                 : tessera::Cluster::local({.lanes = 2, .record = record});
        wall[which] = run(cluster, pattern, function, ++salt);
      }
      cpu[which] = cpu_seconds() - before;
    }
    wall_ratio.push_back(wall[1] / wall[0]), cpu_ratio.push_back(cpu[1] / cpu[0]);
    const double size = static_cast<double>(std::filesystem::file_size(file));
    const Events events = events_of(read().jobs.front());
    bytes = (size - static_cast<double>(events.graph_bytes)) / static_cast<double>(events.count);
  }
  const Parameters parameters = Parameters().add("pattern", shape).add("tasks", pattern.size()).add("processes", processes).add("task", task);
  report("recording.cost.wall", "of without", wall_ratio, parameters);
  report("recording.cost.cpu", "of without", cpu_ratio, parameters);
  report_line("recording.cost.bytes", "bytes/event", bytes, bytes, bytes, 1, parameters);
}

double run_timers(tessera::Cluster& cluster, const Pattern& pattern, std::int64_t salt) {
  tessera::Graph graph;
  std::vector<tessera::Deferred<Block>> tasks, inputs;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    inputs.clear();
    for (std::uint64_t e = pattern.begin[i]; e < pattern.begin[i + 1]; ++e) inputs.push_back(tasks[pattern.predecessors[e]]);
    tasks.push_back(graph.add(timer, inputs, salt << 32 | static_cast<std::int64_t>(i)));
  }
  const double begin = seconds_now();
  const auto futures = cluster.compute(std::move(graph), tasks);
  cluster.wait(futures);
  return seconds_now() - begin;
}

void replay() {
  struct Case { const char* pattern; std::uint32_t a, b; };
  constexpr Case cases[] = {{"independent", 160, 0}, {"tree", 64, 0}, {"stencil_1d", 12, 12}, {"fft", 16, 8}, {"random_nearest", 12, 12}};
  std::vector<double> errors, cores, starts;
  std::int64_t salt = 1'000;
  tessera::simulation::Speeds speeds;
  speeds.message = tessera::runtime::microseconds(100);
  for (const Case& one : cases)
    for (const char* policy : {"locality", "random", "round_robin"}) {
      const Pattern pattern = make_pattern(one.pattern, one.a, one.b);
      double seen = 0;                   // By the program.
      {
        tessera::Cluster cluster = tessera::Cluster::processes({.processes = 2, .lanes = 4, .record = file, .policy = policy});
        seen = run_timers(cluster, pattern, ++salt);
      }
      const coordinator::Recording recording = read();
      const recorded::Verdict verdict = recorded::verify(recording.jobs.front());
      auto run = recorded::live_run(recording.jobs.front());
      if (!run) std::fprintf(stderr, "%s\n", run.failure().message.c_str()), std::exit(1);
      run->what.bandwidth = 1000;
      const auto outcome = tessera::simulation::engine::replay(run->what, run->decisions, {});
      if (!outcome) std::fprintf(stderr, "%s\n", outcome.failure().message.c_str()), std::exit(1);
      const recorded::Errors error = recorded::errors_of(*run, *outcome);
      const auto predicted = recorded::run_by_cores(*run, policy, recording.jobs.front().config.seed, speeds);
      const double live = run->outcome.last_task_end, of_cores = predicted ? static_cast<double>(predicted->makespan.ns) * 1e-9 / live - 1 : NAN;
      errors.push_back(std::abs(error.makespan) * 100), cores.push_back(std::abs(of_cores) * 100), starts.push_back(error.start_p95 * 100);
      report_line("recording.replay.run", "s", live, live, live, 1,
                  Parameters().add("pattern", one.pattern).add("tasks", pattern.size()).add("policy", policy).add("seen_s", seen).add("decisions", verdict.decisions)
                      .add("identical", verdict.difference.empty() ? std::string_view("yes") : std::string_view(verdict.difference)).add("makespan_error_%", error.makespan * 100)
                      .add("start_p95_%", error.start_p95 * 100).add("start_worst_%", error.start_worst * 100).add("cores_error_%", of_cores * 100));
    }
  const Parameters parameters = Parameters().add("runs", errors.size()).add("processes", 2).add("lanes", 4);
  report("recording.replay.makespan", "% off, engine", errors, parameters);
  report("recording.replay.start_p95", "% of the makespan, engine", starts, parameters);
  report("recording.replay.prediction", "% off, live cores", cores, parameters);
}
}  // namespace
TESSERA_OPERATION(empty);
TESSERA_OPERATION(small);
TESSERA_OPERATION(timer);

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  const Menu menu(argc, argv);
  if (menu.has("recording.cost")) {
    cost(empty, "empty", "independent", 300'000, 0, 0, 9);
    cost(empty, "empty", "random_nearest", 64, 3'000, 0, 9);
    cost(empty, "empty", "random_nearest", 64, 200, 2, 9);
    cost(small, "20 us", "independent", 50'000, 0, 0, 9);
    cost(small, "20 us", "random_nearest", 64, 800, 0, 9);
  }
  if (menu.has("recording.replay")) replay();
  std::filesystem::remove(file);
}
