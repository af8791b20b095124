// simulation.heft: a static schedule of a random layered graph. simulation.replay: its decisions carried out, tasks a second of one core.
// simulation.blevel: the same with a policy that decides while the graph runs; with 10,000 tasks the graph that other simulators were measured with.
#include "benchmarks/measure.hpp"
#include "runtime/policy/schedule/plan.hpp"
#include "simulation/engine/policy.hpp"
#include "simulation/generate/generate.hpp"

#include <fstream>

namespace {
using namespace tessera::benchmarks;
namespace simulation = tessera::simulation;
namespace policy = tessera::runtime::policy;
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

/// Lines of duration, size, count of inputs, inputs; the first is how many. 32 nodes of 4 cores, 1000 MB/s.
simulation::engine::Case l10k() {
  std::ifstream file(TESSERA_SOURCE_DIR "/tests/data/simulation/speed/l10k.txt");
  simulation::engine::Case what;
  what.name = "l10k";
  what.cpus.assign(32, 4);
  what.bandwidth = 1000;
  std::uint32_t count = 0;
  file >> count;
  for (std::uint32_t i = 0; i < count; ++i) {
    simulation::engine::Task task{fmt::format("{}", i), 0, 1, {}, {i}};
    double size = 0;
    std::size_t inputs = 0;
    file >> task.duration >> size >> inputs;
    for (std::uint32_t input = 0; inputs > 0 && file >> input; --inputs) task.inputs.push_back(input);
    std::ranges::sort(task.inputs);
    task.inputs.erase(std::ranges::unique(task.inputs).begin(), task.inputs.end());
    what.objects.push_back({size, i});
    what.tasks.push_back(std::move(task));
  }
  if (!file || count != 10'000) {
    fmt::print(stderr, "tests/data/simulation/speed/l10k.txt cannot be read\n");
    std::exit(1);
  }
  return what;
}

void measure_blevel(const simulation::engine::Case& what, simulation::engine::NetworkModel network, int times) {
  simulation::engine::Setting setting;
  const bool is_shared = network == simulation::engine::NetworkModel::maxmin;
  if (is_shared) setting = {network, 4, 2};
  std::vector<double> all;
  double makespan = 0;
  for (int i = 0; i < times; ++i) {
    const double begin = seconds_now();
    const auto policy = policy::make("blevel", 1);
    makespan = value_of(simulation::engine::simulate(what, what, *policy, setting)).makespan;
    all.push_back(static_cast<double>(what.tasks.size()) / (seconds_now() - begin));
  }
  report("simulation.blevel", "tasks/s", all,
         Parameters().add("graph", std::string_view(what.name)).add("network", is_shared ? "maxmin" : "simple").add("tasks", what.tasks.size())
             .add("nodes", what.cpus.size()).add("makespan", makespan));
}

void measure_heft() {
  constexpr std::uint32_t nodes = 16, cores = 8;
  const auto what = layered(100, nodes, cores);
  const auto costs = value_of(policy::schedule::costs_of(what));
  std::vector<double> all;
  for (int i = 0; i < repeats; ++i) {
    const double begin = seconds_now();
    const auto schedule = policy::schedule::heft(costs);
    all.push_back(seconds_now() - begin);
    if (schedule.makespan <= 0) std::exit(1);
  }
  report("simulation.heft", "s", all, Parameters().add("tasks", what.tasks.size()).add("edges", costs.edges.size()).add("cores", nodes * cores));
}

void measure_replay(std::uint32_t steps, simulation::engine::NetworkModel network, std::string_view name) {
  const auto what = layered(steps, 16, 8);
  const auto decisions = value_of(policy::schedule::plan_of(what, policy::schedule::heft));
  simulation::engine::Setting setting;
  setting.network = network;
  std::vector<double> all;
  for (int i = 0; i < repeats; ++i) {
    const double begin = seconds_now();
    value_of(simulation::engine::replay(what, {{0, decisions}}, setting));
    all.push_back(static_cast<double>(what.tasks.size()) / (seconds_now() - begin));
  }
  report("simulation.replay", "tasks/s", all, Parameters().add("network", name).add("tasks", what.tasks.size()));
}
}  // namespace

int main(int argc, char** argv) {
  const Menu menu(argc, argv);
  if (menu.has("simulation.heft")) measure_heft();
  if (menu.has("simulation.blevel")) {
    using enum simulation::engine::NetworkModel;
    const auto small = l10k(), large = layered(1000, 32, 4), huge = layered(10'000, 1000, 4);
    for (const auto network : {simple, maxmin}) measure_blevel(small, network, repeats);
    for (const auto network : {simple, maxmin}) measure_blevel(large, network, repeats);
    measure_blevel(huge, simple, 5);
  }
  if (!menu.has("simulation.replay")) return 0;
  for (const std::uint32_t steps : {100u, 1000u}) measure_replay(steps, simulation::engine::NetworkModel::simple, "simple");
  measure_replay(100, simulation::engine::NetworkModel::maxmin, "maxmin");
}
