#include "runtime/policy/schedule/plan.hpp"
#include "simulation/engine/policy.hpp"
#include "simulation/generate/generate.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>

using namespace tessera::simulation;
namespace policy = tessera::runtime::policy;
namespace schedule = tessera::runtime::policy::schedule;

namespace {
/// Two chains of three tasks that move 1000 MiB from each to the next, and who needs both; two nodes of one core, 10 MiB/s.
engine::Case chains() {
  engine::Case what;
  what.name = "chains";
  what.bandwidth = 10;
  what.cpus = {1, 1};
  for (std::uint32_t i = 0; i < 6; ++i) {
    what.objects.push_back({i == 2 || i == 5 ? 10.0 : 1000.0, i});
    what.tasks.push_back({"t" + std::to_string(i), 2, 1, {}, {i}});
    if (i % 3 > 0) what.tasks[i].inputs = {i - 1};
  }
  what.tasks.push_back({"both", 1, 1, {2, 5}, {}});
  return what;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_policy_plan)

BOOST_AUTO_TEST_CASE(chains_stay_where_their_data_is) {
  const engine::Case what = chains();
  for (const std::string_view name : schedule::names()) {
    BOOST_TEST_CONTEXT(name) {
      const auto decisions = schedule::plan_of(what, schedule::find(name));
      BOOST_REQUIRE(bool(decisions));
      const auto outcome = engine::replay(what, {{0, *decisions}}, {});
      BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
      BOOST_TEST(outcome->makespan == 8);  // Three tasks of 2 s, 10 MiB in 1 s, and the last.
      BOOST_TEST(outcome->transfer_count == 1u);
    }
  }
}

BOOST_AUTO_TEST_CASE(cores_of_a_node_are_processors_of_one_place) {
  engine::Case what = chains();
  what.cpus = {2};
  const auto costs = schedule::costs_of(what);
  BOOST_REQUIRE(bool(costs));
  BOOST_TEST(costs->places == (std::vector<std::uint32_t>{0, 0}), boost::test_tools::per_element());
  const auto outcome = engine::replay(what, {{0, *schedule::plan_of(what, schedule::heft)}}, {});
  BOOST_REQUIRE(bool(outcome));
  BOOST_TEST(outcome->makespan == 7);
}

namespace {
/// Asks another, and for each answer but the first makes the same of what the view says by itself.
struct Watched final : policy::Policy {
  explicit Watched(std::string_view name) : its(policy::make(name, 1)), scheduler(schedule::find(name)) {}
  void decide(const policy::View& view, std::vector<policy::Assignment>& out) override {
    const policy::Problem& what = view.what();
    ended.resize(what.tasks.size()), node_of.resize(what.tasks.size());
    for (const std::uint32_t task : view.newly_ended()) ended[task] = true;
    its->decide(view, out);
    if (out.empty()) return;
    if (++answers > 1) compare(view, out);
    for (const policy::Assignment& one : out) node_of[one.task] = one.node;
  }
  void compare(const policy::View& view, const std::vector<policy::Assignment>& out) {
    const policy::Problem& what = view.what();
    std::vector<bool> is_left(what.tasks.size());
    std::vector<schedule::Running> running;
    for (auto task = static_cast<std::uint32_t>(what.tasks.size()); task-- > 0;) {  // Here each task needs only tasks of lower numbers.
      if (!view.is_known(task)) continue;
      const bool runs = !ended[task] && view.has_node(task) && !view.is_movable(task);
      if (runs) running.push_back({task, node_of[task]});
      else if (!ended[task]) is_left[task] = true;
      if (!is_left[task]) continue;
      for (const std::uint32_t input : what.tasks[task].inputs)
        if (const std::uint32_t producer = what.objects[input].producer; ended[producer] && view.places(input).empty()) is_left[producer] = true, ended[producer] = false;
    }
    std::vector<std::uint32_t> left;
    for (std::uint32_t task = 0; task < is_left.size(); ++task)
      if (is_left[task]) left.push_back(task);
    std::ranges::reverse(running);
    const auto expected = schedule::plan_rest(view, left, running, scheduler);
    BOOST_REQUIRE(bool(expected));
    BOOST_TEST(std::ranges::equal(out, *expected, [](const auto& a, const auto& b) { return a.task == b.task && a.node == b.node && a.priority == b.priority; }));
    most_left = std::max(most_left, left.size());
  }
  std::unique_ptr<policy::Policy> its;
  schedule::Scheduler scheduler;
  std::vector<bool> ended;
  std::vector<std::uint32_t> node_of;
  int answers = 0;
  std::size_t most_left = 0;
};
engine::Case layers(int seed) {
  auto what = generate::generate("layered:width=6,steps=8,degree=3,size=40,seed=" + std::to_string(seed));
  BOOST_REQUIRE(bool(what));
  what->cpus = {2, 1, 2, 2};
  what->bandwidth = 50;
  return std::move(*what);
}
}  // namespace

BOOST_AUTO_TEST_CASE(what_is_left_is_planned_anew_when_a_node_crashes_or_joins) {
  for (const std::string_view name : schedule::names())
    for (int seed = 1; seed <= 4; ++seed) {
      const engine::Case what = layers(seed);
      engine::Setting setting;
      setting.network = engine::NetworkModel::maxmin;
      setting.events = {{3.2, 0, engine::NodeEvent::What::crash}, {5, 3, engine::NodeEvent::What::join}};
      Watched policy(name);
      const auto outcome = engine::simulate(what, what, policy, setting);
      BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
      BOOST_TEST(policy.answers >= 3);
      BOOST_TEST(policy.most_left > 20u);
      const auto ran = [&](std::uint32_t node) { return std::ranges::count(outcome->tasks, node, &engine::TaskTimes::node); };
      BOOST_TEST(ran(3) > 5);  // It was not there when all was planned first.
    }
}

BOOST_AUTO_TEST_CASE(what_is_left_is_planned_anew_when_the_graph_grows) {
  engine::Case what = layers(9);
  what.revealed_by.assign(what.tasks.size(), policy::nobody);
  for (std::uint32_t task = 24; task < what.tasks.size(); ++task) what.revealed_by[task] = what.objects[what.tasks[task].inputs.front()].producer;
  Watched policy("heft");
  const auto outcome = engine::simulate(what, what, policy, {});
  BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
  BOOST_TEST(policy.answers > 10);
}

// Two tasks of 4 s on one core; at 1 s a node joins and gets the one that waits.
BOOST_AUTO_TEST_CASE(what_runs_stays_and_its_core_is_taken) {
  engine::Case what;
  what.tasks = {{"first", 4, 1, {}, {}}, {"second", 4, 1, {}, {}}};
  what.cpus = {1, 1};
  what.bandwidth = 1;
  engine::Setting setting;
  setting.events = {{1, 1, engine::NodeEvent::What::join}};
  const auto outcome = engine::simulate(what, what, *policy::make("heft", 1), setting);
  BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
  BOOST_TEST((outcome->tasks[0].node == 0u && outcome->tasks[0].start == 0));
  BOOST_TEST((outcome->tasks[1].node == 1u && outcome->tasks[1].start == 1));
  BOOST_TEST(outcome->makespan == 5);
}

BOOST_AUTO_TEST_CASE(a_task_of_several_cores_is_refused_by_name) {
  engine::Case what = chains();
  what.tasks[4].cpus = 2;
  const auto decisions = schedule::plan_of(what, schedule::heft);
  BOOST_REQUIRE(!decisions);
  BOOST_TEST(decisions.failure().message.find("task 4 (\"t4\") takes 2 cores") != std::string::npos, decisions.failure().message);
}

BOOST_AUTO_TEST_SUITE_END()
