#include "simulation/engine/information.hpp"
#include "simulation/engine/cluster.hpp"
#include "tests/simulation/engine/cases.hpp"

#include <algorithm>
#include <cmath>

using namespace tessera::simulation::engine;

namespace {
Outcome run(const Case& what, const Setting& setting) {
  Lambda policy(to_the_first);
  return done(simulate(what, what, policy, setting));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_engine_scheduler)

// Estee stops here: the second task ends while the scheduler is at work, and nobody tells it.
BOOST_AUTO_TEST_CASE(what_happens_during_a_call_calls_again) {
  Case what;
  what.name = "during";
  what.tasks = {{"short", 0.03, 1, {}, {}}, {"long", 0.05, 1, {}, {0}}, {"user", 0.01, 1, {0}, {}}};
  what.objects = {{1, 1}};
  what.cpus = {2};
  what.bandwidth = 1;
  Setting setting;
  setting.scheduling_time = 0.05;
  const Outcome outcome = run(what, setting);
  BOOST_TEST(std::abs(outcome.tasks[2].start - 0.18) < 1e-9);  // Called at 0, at 0.08 by the short one, at 0.13 by the long one.
  BOOST_TEST(std::abs(outcome.makespan - 0.24) < 1e-9);
}

BOOST_AUTO_TEST_CASE(messages_and_tasks_cost_the_scheduler_time) {
  Setting setting;
  setting.overheads.scheduler_message = 2, setting.overheads.scheduler_task = 1;
  const Outcome outcome = run(pair_of_tasks(), setting);
  BOOST_TEST(outcome.tasks[0].start == 1);  // One task.
  BOOST_TEST(outcome.tasks[1].start == 7);  // One end, one task.
}

BOOST_AUTO_TEST_CASE(nodes_handle_one_message_after_the_other_and_prepare_each_task) {
  Case what = pair_of_tasks();
  what.tasks = {{"a", 3, 1, {}, {}}, {"b", 3, 1, {}, {}}};
  what.objects.clear();
  what.cpus = {2};
  Setting setting;
  setting.overheads = {0.5, 0, 0, 0.25, 0.125};
  const Outcome outcome = run(what, setting);
  BOOST_TEST(outcome.tasks[0].start == 0.75);
  BOOST_TEST(outcome.tasks[1].start == 1);
  BOOST_TEST(outcome.tasks[1].end == 4.125);
  const Outcome moved = done(replay(pair_of_tasks(), {{0, {{0, 0, 0, 0}, {1, 1, 0, 0}}}}, setting));
  BOOST_TEST(moved.tasks[0].end == 3.875);
  BOOST_TEST(moved.tasks[1].start == 6.125);  // 0.25 and 2 s later.
}

BOOST_AUTO_TEST_CASE(a_task_is_taken_back_from_an_assignment_on_its_way) {
  Case what = pair_of_tasks();
  Setting setting;
  setting.overheads.message = 1;
  const Outcome outcome = done(replay(what, {{0, {{0, 0, 0, 0}}}, {0.5, {{0, 1, 0, 0}, {1, 1, 0, 0}}}}, setting));
  BOOST_TEST(outcome.tasks[0].node == 1u);
  BOOST_TEST(outcome.tasks[0].start == 1.5);
}

BOOST_AUTO_TEST_CASE(measured_time_is_scheduling_time) {
  Setting setting;
  double clock = 10;
  setting.clock = [&] { return clock += 0.25; };
  setting.clock_factor = 2;
  const Outcome outcome = run(pair_of_tasks(), setting);
  BOOST_TEST(outcome.tasks[0].start == 0.5);
  BOOST_TEST(outcome.tasks[1].start == 4);
}

BOOST_AUTO_TEST_CASE(the_blind_know_constants_and_noise_is_drawn_by_seed) {
  Case what = pair_of_tasks();
  const Case blind = known(what, Information::blind);
  BOOST_TEST((blind.tasks[0].duration == 1 && blind.tasks[1].duration == 1 && blind.objects[0].size == 1));
  what.tasks.assign(4001, {"same", 2, 1, {}, {}});
  const auto noisy = [&](double sigma, std::uint64_t seed) { return known(what, Knowledge{Information::noisy, sigma}, seed); };
  Case seen = noisy(0.5, 7);
  BOOST_TEST(seen.tasks[9].duration == noisy(0.5, 7).tasks[9].duration);
  BOOST_TEST(seen.tasks[9].duration != noisy(0.5, 8).tasks[9].duration);
  BOOST_TEST(noisy(0, 7).tasks[9].duration == 2);
  std::vector<double> logs;
  for (const Task& task : seen.tasks) logs.push_back(std::log(task.duration / 2));
  double squares = 0;
  for (const double one : logs) squares += one * one / static_cast<double>(logs.size());
  std::ranges::sort(logs);
  BOOST_TEST(std::abs(logs[2000]) < 0.03);
  BOOST_TEST(std::abs(std::sqrt(squares) - 0.5) < 0.02);
}

BOOST_AUTO_TEST_CASE(information_is_named) {
  BOOST_TEST((knowledge_of("learned")->mode == Information::learned));
  BOOST_TEST((knowledge_of("noisy:0.25")->mode == Information::noisy && knowledge_of("noisy:0.25")->sigma == 0.25));
  for (const char* text : {"noisy", "noisy:", "noisy:-1", "noisy:x", "noisy:1x", "all"}) fails(knowledge_of(text), "is not what a policy may know: exact, user");
}

// Means of one kind as the live coordinator has them: the first, then a part of eight.
BOOST_AUTO_TEST_CASE(a_scheduler_that_learns_expects_what_it_has_seen) {
  Case what;
  what.name = "learning";
  what.kinds = {"a", "b"};
  what.tasks = {{"a0", 3, 1, {}, {0}}, {"a1", 1, 1, {}, {1}}, {"a2", 1, 1, {0, 1}, {2}}, {"b", 1, 1, {}, {}}};
  what.tasks[3].kind = 1;
  what.objects = {{8, 0}, {16, 1}, {5, 2}};
  what.cpus = {1};
  what.bandwidth = 1;
  std::vector<std::vector<double>> seen;
  Lambda policy([&](const View& view, std::vector<Assignment>& out) {
    seen.push_back({view.duration(0), view.duration(2), view.duration(3), view.size(0), view.size(2)});
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, 0, 10.0 - task, 0});
  });
  Setting setting;
  setting.learns = true;
  done(simulate(what, known(what, Information::learned), policy, setting));
  BOOST_REQUIRE(seen.size() >= 3u);
  BOOST_TEST(seen[0] == (std::vector<double>{0.001, 0.001, 0.001, 1, 1}), boost::test_tools::per_element());
  BOOST_TEST(seen[1] == (std::vector<double>{3, 3, 0.001, 8, 8}), boost::test_tools::per_element());
  BOOST_TEST(seen[2] == (std::vector<double>{3, 2.75, 0.001, 8, 9}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nobody_knows_of_a_job_before_it_arrives) {
  Case all = pair_of_tasks();
  add_job(all, pair_of_tasks(), 2);
  BOOST_TEST(all.tasks[3].inputs == std::vector<std::uint32_t>{1}, boost::test_tools::per_element());
  BOOST_TEST(all.objects[1].producer == 2u);
  std::vector<std::pair<double, std::size_t>> told;
  Lambda policy([&](const View& view, std::vector<Assignment>& out) {
    if (!view.newly_known().empty()) told.emplace_back(view.now(), view.newly_known().size());
    BOOST_TEST(view.is_known(3) == (view.now() >= 2));
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, task / 2, 0, 0});
  });
  const Outcome outcome = done(simulate(all, all, policy, {}));
  BOOST_TEST((told == std::vector<std::pair<double, std::size_t>>{{0, 2}, {2, 2}}));
  BOOST_TEST(outcome.tasks[2].start == 2);
  BOOST_TEST(outcome.tasks[3].end == 6);
  Lambda seer([](const View&, std::vector<Assignment>& out) { out.push_back({2, 0, 0, 0}); });
  fails(simulate(all, all, seer, {}), "names task 2 (\"first\"), of which nobody knows yet");
}

BOOST_AUTO_TEST_CASE(a_graph_grows_when_a_task_ends) {
  Case what = pair_of_tasks();
  what.tasks.push_back({"grown", 2, 1, {}, {}});
  what.tasks.push_back({"grown too", 1, 1, {0}, {}});
  what.revealed_by = {nobody, nobody, 0, 1};
  std::vector<std::uint32_t> known_at_first;
  Lambda policy([&](const View& view, std::vector<Assignment>& out) {
    if (view.now() == 0)
      for (std::uint32_t task = 0; task < 4; ++task)
        if (view.is_known(task)) known_at_first.push_back(task);
    to_the_first(view, out);
  });
  const Outcome outcome = done(simulate(what, what, policy, {}));
  BOOST_TEST(known_at_first == (std::vector<std::uint32_t>{0, 1}), boost::test_tools::per_element());
  BOOST_TEST(outcome.tasks[1].start == 3);  // All on one core.
  BOOST_TEST(outcome.tasks[2].start == 4);
  BOOST_TEST(outcome.tasks[3].start == 6);
}

BOOST_AUTO_TEST_SUITE_END()
