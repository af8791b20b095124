#include "runtime/policy/schedule/plan.hpp"
#include "simulation/engine/policy.hpp"

#include <boost/test/unit_test.hpp>

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

BOOST_AUTO_TEST_CASE(a_task_of_several_cores_is_refused_by_name) {
  engine::Case what = chains();
  what.tasks[4].cpus = 2;
  const auto decisions = schedule::plan_of(what, schedule::heft);
  BOOST_REQUIRE(!decisions);
  BOOST_TEST(decisions.failure().message.find("task 4 (\"t4\") takes 2 cores") != std::string::npos, decisions.failure().message);
}

BOOST_AUTO_TEST_SUITE_END()
