#include "runtime/policy/schedule/list_schedule.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

using namespace tessera::runtime::policy::schedule;

namespace {
/// The examples of the papers: tasks and processors are numbered from 1 there.
Costs costs_of(const nlohmann::json& example) {
  Costs costs;
  costs.cost = example["cost"].get<std::vector<std::vector<double>>>();
  for (const auto& edge : example["edges"]) costs.edges.push_back({edge[0].get<std::uint32_t>() - 1, edge[1].get<std::uint32_t>() - 1, edge[2]});
  for (std::uint32_t i = 0; i < example["processors"]; ++i) costs.places.push_back(i);
  return costs;
}
void same(const std::vector<double>& real, const nlohmann::json& expected) {
  BOOST_REQUIRE(real.size() == expected.size());
  for (std::size_t i = 0; i < real.size(); ++i) BOOST_TEST(std::abs(real[i] - expected[i].get<double>()) < 1e-3);
}
/// No task before its inputs, no two on a processor at once.
void check(const Costs& costs, const Schedule& schedule) {
  for (const Edge& edge : costs.edges) {
    const Slot &from = schedule.slots[edge.from], &to = schedule.slots[edge.to];
    const bool is_apart = costs.places[from.processor] != costs.places[to.processor];
    BOOST_TEST(to.start >= from.end + (is_apart ? edge.time : 0) - 1e-9);
  }
  for (std::size_t i = 0; i < schedule.slots.size(); ++i) {
    const Slot& one = schedule.slots[i];
    BOOST_TEST(std::abs(one.end - one.start - costs.cost[i][one.processor]) < 1e-9);
    for (std::size_t j = 0; j < i; ++j) {
      const Slot& other = schedule.slots[j];
      BOOST_TEST((one.processor != other.processor || one.start >= other.end - 1e-9 || other.start >= one.end - 1e-9));
    }
  }
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_policy_schedule_list_schedule)

BOOST_AUTO_TEST_CASE(the_examples_of_the_papers_give_their_schedules) {
  std::ifstream file(TESSERA_SOURCE_DIR "/tests/data/simulation/textbook.json");
  const auto json = nlohmann::json::parse(file);
  int compared = 0;
  for (const auto& example : json["examples"]) {
    const Costs costs = costs_of(example);
    for (const auto& expected : example["algorithms"]) {
      std::string name = expected["algorithm"];
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      BOOST_TEST_CONTEXT(name << " on " << example["name"].get<std::string>()) {
        const Scheduler scheduler = find(name);
        BOOST_REQUIRE(scheduler != nullptr);
        const Schedule schedule = scheduler(costs);
        check(costs, schedule);
        BOOST_TEST(schedule.makespan == expected["makespan"].get<double>());
        BOOST_TEST(schedule.makespan >= example["optimum_makespan"].get<double>());
        for (const auto& one : expected["schedule"]) {
          const Slot& slot = schedule.slots[one[0].get<std::size_t>() - 1];
          BOOST_TEST(slot.processor + 1 == one[1].get<std::uint32_t>());
          BOOST_TEST(slot.start == one[2].get<double>());
          BOOST_TEST(slot.end == one[3].get<double>());
        }
        if (expected.contains("rank_u")) same(upward_ranks(costs), expected["rank_u"]);
        if (expected.contains("rank_d")) same(downward_ranks(costs), expected["rank_d"]);
        if (expected.contains("oct")) {
          const auto table = optimistic_costs(costs);
          for (std::size_t task = 0; task < table.size(); ++task) same(table[task], expected["oct"][task]);
        }
        ++compared;
      }
    }
  }
  BOOST_TEST(compared == 8);
}

BOOST_AUTO_TEST_CASE(processors_of_one_place_exchange_data_in_no_time) {
  Costs costs;
  costs.cost = {{2, 2, 2}, {2, 2, 2}, {2, 2, 2}};
  costs.edges = {{0, 1, 10}, {0, 2, 10}};
  costs.places = {0, 0, 1};
  for (const std::string_view name : names()) {
    const Schedule schedule = find(name)(costs);
    check(costs, schedule);
    BOOST_TEST(schedule.makespan == 4);
  }
}

BOOST_AUTO_TEST_CASE(a_gap_before_what_is_placed_is_used) {
  // Task 2 is placed after task 1, whose input keeps its processor free for a while.
  Costs costs;
  costs.cost = {{1, 10}, {10, 10}, {50, 2}};
  costs.edges = {{0, 1, 5}};
  costs.places = {0, 1};
  const Schedule schedule = heft(costs);
  check(costs, schedule);
  BOOST_TEST(schedule.makespan == 11);
  BOOST_TEST(schedule.slots[2].start == 0);
}

// Latest starts: a 0, b 0, c 3, d 3, e 5, f 4. a's list is 0 3 5, b's 0 3 4: b goes first, though both may start as late and a has the lower number.
BOOST_AUTO_TEST_CASE(mcp_goes_by_the_latest_starts_of_tasks_and_of_all_that_follow_them) {
  enum { a, b, c, d, e, f };
  Costs costs;
  costs.cost = {{2, 2}, {2, 2}, {3, 3}, {3, 3}, {1, 1}, {2, 2}};
  costs.edges = {{a, c, 1}, {a, e, 0}, {b, d, 1}, {b, f, 0}};
  costs.places = {0, 1};
  const Schedule schedule = mcp(costs);
  check(costs, schedule);
  BOOST_TEST(schedule.order == (std::vector<std::uint32_t>{b, a, c, d, f, e}), boost::test_tools::per_element());
  const std::vector<std::uint32_t> processors = {1, 0, 1, 0, 1, 0};
  const std::vector<double> starts = {0, 0, 2, 2, 5, 5};
  for (std::uint32_t task = 0; task < 6; ++task) BOOST_TEST((schedule.slots[task].processor == processors[task] && schedule.slots[task].start == starts[task]), task);
  BOOST_TEST(schedule.makespan == 7);
}

// c, which needs a and b of both processors, may start as late as d and has the lower number: it is placed from 7 to 9, and d in the gap before it.
BOOST_AUTO_TEST_CASE(mcp_uses_gaps) {
  Costs costs;
  costs.cost = {{4, 4}, {4, 4}, {2, 2}, {2, 2}};
  costs.edges = {{0, 2, 3}, {1, 2, 3}};
  costs.places = {0, 1};
  const Schedule schedule = mcp(costs);
  check(costs, schedule);
  BOOST_TEST((schedule.slots[2].processor == 0 && schedule.slots[2].start == 7));
  BOOST_TEST((schedule.slots[3].processor == 0 && schedule.slots[3].start == 4));
}

// The first processor is taken until 5; what task 0 needs is on the second, and would be on the first at 4.
BOOST_AUTO_TEST_CASE(processors_may_be_taken_and_data_there_before) {
  Costs costs;
  costs.cost = {{2, 2}, {2, 2}};
  costs.places = {0, 1};
  costs.free_from = {5, 0};
  costs.given = {{0, {1}, 1, 3}};
  for (const std::string_view name : names()) {
    if (name == "cpop") continue;  // It keeps what is critical on one processor, taken or not.
    const Schedule schedule = find(name)(costs);
    BOOST_TEST((schedule.slots[0].processor == 1 && schedule.slots[1].processor == 1), name);
    BOOST_TEST(std::max(schedule.slots[0].end, schedule.slots[1].end) <= 5, name);
  }
  costs.free_from = {3, 20};
  const Schedule schedule = heft(costs);
  BOOST_TEST((schedule.slots[0].processor == 0 && schedule.slots[0].start == 4));
}

BOOST_AUTO_TEST_CASE(there_may_be_no_tasks_and_unknown_names) {
  for (const std::string_view name : names()) BOOST_TEST(find(name)({{}, {}, {0, 1}}).makespan == 0);
  BOOST_TEST((find("fastest") == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
