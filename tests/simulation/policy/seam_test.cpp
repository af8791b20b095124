// The live coordinator and the engine call one and the same policy: what it is shown is the same, and so is what it answers.
#include "../graphs.hpp"
#include "runtime/policy/policy.hpp"
#include "simulation/engine/policy.hpp"
#include "simulation/world.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::simulation;
namespace policy = tessera::runtime::policy;

namespace {
std::string watched;                      ///< Whom the next watcher hands on to.
std::vector<std::vector<policy::Assignment>> answers;

struct Watcher final : policy::Policy {
  std::unique_ptr<policy::Policy> its;
  explicit Watcher(std::uint64_t seed) : its(policy::make(watched, seed)) {}
  void decide(const policy::View& view, std::vector<policy::Assignment>& out) override {
    its->decide(view, out);
    answers.push_back(out);
  }
};
/// The first answer that says anything.
std::vector<policy::Assignment> first_answer() {
  for (const auto& answer : std::exchange(answers, {}))
    if (!answer.empty()) return answer;
  return {};
}

/// Three levels of tasks, each of which needs two of the level before.
constexpr std::uint32_t width = 6, levels = 3;
std::vector<std::uint32_t> inputs_of(std::uint32_t task) {
  if (task < width) return {};
  const std::uint32_t before = (task / width - 1) * width;
  return {before + task % width, before + (task + 1) % width};
}
Workload live() {
  Sketch sketch;
  for (std::uint32_t task = 0; task < width * levels; ++task) sketch.task(0, inputs_of(task));
  std::vector<Sketch::Index> wanted;
  for (std::uint32_t i = 0; i < width; ++i) wanted.push_back(width * (levels - 1) + i);
  return sketch.workload(wanted);
}
/// As the coordinator knows it before anything has run: a millisecond each.
engine::Case simulated() {
  engine::Case what;
  for (std::uint32_t task = 0; task < width * levels; ++task) {
    what.objects.push_back({0, task});
    what.tasks.push_back({std::to_string(task), 0.001, 1, inputs_of(task), {task}});
  }
  what.cpus = {2, 2, 2};
  what.bandwidth = 100;
  return what;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_policy_seam)

BOOST_AUTO_TEST_CASE(live_coordinator_and_engine_get_the_same_answers_of_the_same_policy) {
  BOOST_REQUIRE(bool(policy::add("watched", [](std::uint64_t seed) -> std::unique_ptr<policy::Policy> { return std::make_unique<Watcher>(seed); })));
  for (const std::string& name : policy::names()) {
    if (name == "watched") continue;
    BOOST_TEST_CONTEXT(name) {
      watched = name;
      Machines its = machines(3, 1000, false);
      its.policy = "watched";
      const Workload workload = live();
      BOOST_TEST(World(workload, its).run().is_done);
      const auto by_coordinator = first_answer();
      const engine::Case what = simulated();
      BOOST_TEST(bool(engine::simulate(what, what, *policy::make("watched", its.seed), {})));
      const auto by_engine = first_answer();
      BOOST_REQUIRE(!by_coordinator.empty());
      BOOST_REQUIRE(by_coordinator.size() == by_engine.size());
      for (std::size_t i = 0; i < by_engine.size(); ++i) {
        BOOST_TEST(by_coordinator[i].task == by_engine[i].task);
        BOOST_TEST(by_coordinator[i].node == by_engine[i].node);
        BOOST_TEST(by_coordinator[i].priority == by_engine[i].priority);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_policy_runs_a_graph_to_its_end_in_both) {
  const Workload workload = live();
  const engine::Case what = simulated();
  for (const std::string& name : policy::names()) {
    if (name == "watched") continue;
    Machines its = machines(3, 1000, false);
    its.policy = name;
    const Outcome outcome = World(workload, its).run();
    BOOST_TEST(outcome.is_done, name << ": " << outcome.why);
    const auto engine = engine::simulate(what, what, *policy::make(name, 1), {});
    BOOST_REQUIRE_MESSAGE(bool(engine), name << ": " << engine.failure().message);
    BOOST_TEST(engine->makespan >= 0.003);
  }
}

BOOST_AUTO_TEST_SUITE_END()
