// simulation.heft: a static schedule of a random layered graph. simulation.replay: its decisions carried out, tasks a second of one core.
#include "benchmarks/measure.hpp"
#include "simulation/generate/generate.hpp"
#include "simulation/schedule/case_schedule.hpp"

namespace {
using namespace tessera::benchmarks;
namespace simulation = tessera::simulation;
constexpr int repeats = 7;

/// The value, or the end of the program with what went wrong.
template <class T>
T value_of(tessera::runtime::Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "{}\n", result.failure().message);
  std::exit(1);
}

simulation::engine::Case layered(std::uint32_t steps, std::uint32_t nodes, std::uint32_t cores) {
  auto made = value_of(simulation::generate::generate(fmt::format("layered:width=100,steps={},degree=3", steps)));
  made.cpus.assign(nodes, cores);
  made.bandwidth = 100;
  return made;
}

void measure_heft() {
  constexpr std::uint32_t nodes = 16, cores = 8;
  const auto what = layered(100, nodes, cores);
  const auto problem = value_of(simulation::schedule::problem_of(what));
  std::vector<double> all;
  for (int i = 0; i < repeats; ++i) {
    const double begin = seconds_now();
    const auto schedule = simulation::schedule::heft(problem);
    all.push_back(seconds_now() - begin);
    if (schedule.makespan <= 0) std::exit(1);
  }
  report("simulation.heft", "s", all, Parameters().add("tasks", what.tasks.size()).add("edges", problem.edges.size()).add("cores", nodes * cores));
}

void measure_replay(std::uint32_t steps, simulation::engine::NetworkModel network, std::string_view name) {
  const auto what = layered(steps, 16, 8);
  const auto decisions = value_of(simulation::schedule::decisions_of(what, simulation::schedule::heft));
  simulation::engine::Setting setting;
  setting.network = network;
  std::vector<double> all;
  for (int i = 0; i < repeats; ++i) {
    const double begin = seconds_now();
    value_of(simulation::engine::replay(what, decisions, setting));
    all.push_back(static_cast<double>(what.tasks.size()) / (seconds_now() - begin));
  }
  report("simulation.replay", "tasks/s", all, Parameters().add("network", name).add("tasks", what.tasks.size()));
}
}  // namespace

int main(int argc, char** argv) {
  const Menu menu(argc, argv);
  if (menu.has("simulation.heft")) measure_heft();
  if (!menu.has("simulation.replay")) return 0;
  for (const std::uint32_t steps : {100u, 1000u}) measure_replay(steps, simulation::engine::NetworkModel::simple, "simple");
  measure_replay(100, simulation::engine::NetworkModel::maxmin, "maxmin");
}
