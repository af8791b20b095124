#include "simulation/experiment/account.hpp"

#include "simulation/engine/cluster.hpp"
#include "simulation/experiment/watch.hpp"
#include "simulation/generate/generate.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <string>

using namespace tessera::simulation;
using namespace tessera::simulation::experiment;

namespace {
/// Task 0 (3 s) makes 100 MiB that tasks 1 and 2 (1 s) read; two nodes of one core, 50 MiB/s.
engine::Case fork_of_two() {
  engine::Case what;
  what.name = "fork";
  what.tasks = {{"root", 3, 1, {}, {0}}, {"left", 1, 1, {0}, {}}, {"right", 1, 1, {0}, {}}};
  what.objects = {{100, 0}};
  what.cpus = {1, 1}, what.bandwidth = 50;
  return what;
}
engine::Outcome run(const engine::Case& what, const std::vector<engine::Decision>& decisions, const engine::Setting& setting = {}) {
  const auto outcome = engine::replay(what, decisions, setting);
  BOOST_REQUIRE(bool(outcome));
  return *outcome;
}
double sum(const Waits& waits) { return waits.inputs + waits.lost + waits.scheduler + waits.data + waits.cores; }
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_experiment_account)

BOOST_AUTO_TEST_CASE(a_task_waits_for_inputs_then_the_scheduler_then_data) {
  const auto what = fork_of_two();
  const auto outcome = run(what, {{0, {{0, 0, 0, 0}}}, {3.5, {{1, 1, 0, 0}, {2, 0, 0, 0}}}});
  const Account account(what, outcome);
  const Waits waits = account.waits(1);
  BOOST_TEST(waits.inputs == 3);
  BOOST_TEST(waits.scheduler == 0.5);
  BOOST_TEST(waits.data == 2);
  BOOST_TEST(waits.cores == 0);
  const auto arrivals = account.arrivals(1);
  BOOST_REQUIRE(arrivals.size() == 1u);
  BOOST_TEST(arrivals[0].is_moved);
  BOOST_TEST(arrivals[0].from == 0u);
  BOOST_TEST(arrivals[0].made == 3);
  BOOST_TEST(arrivals[0].begun == 3.5);
  BOOST_TEST(arrivals[0].arrived == 5.5);
  BOOST_TEST(!account.arrivals(2)[0].is_moved);
}

BOOST_AUTO_TEST_CASE(an_input_that_a_task_names_twice_arrives_once) {
  engine::Case what = fork_of_two();
  what.tasks[0].outputs = {0, 1}, what.tasks[2].inputs = {0, 1, 0};
  what.objects = {{100, 0}, {50, 0}};
  Watch watch(2);
  const auto outcome = carry_out(what, {"blevel", "simple", "exact", 1}, &watch);
  BOOST_REQUIRE(bool(outcome));
  const auto arrivals = Account(what, *outcome).arrivals(2);
  BOOST_REQUIRE(arrivals.size() == 2u);
  BOOST_TEST((arrivals[0].object == 0u && arrivals[1].object == 1u));
  const auto& candidates = watch.choices().front().candidates;
  BOOST_TEST(candidates[1 - outcome->tasks[0].node].missing == 150);
}

BOOST_AUTO_TEST_CASE(it_waits_for_cores_on_its_node_and_while_no_node_has_room) {
  const auto what = fork_of_two();
  const auto queued = run(what, {{0, {{0, 0, 0, 0}, {1, 0, 2, 0}, {2, 0, 1, 0}}}});
  BOOST_TEST(Account(what, queued).waits(2).cores == 1);
  engine::Case full = fork_of_two();
  full.cpus = {1};
  const auto held = run(full, {{0, {{0, 0, 0, 0}}}, {3, {{1, 0, 0, 0}}}, {4.25, {{2, 0, 0, 0}}}});
  const Waits waits = Account(full, held).waits(2);
  BOOST_TEST(waits.cores == 1);        // From 3 to 4 the node is full, then it has room.
  BOOST_TEST(waits.scheduler == 0.25);
}

BOOST_AUTO_TEST_CASE(the_critical_path_goes_by_what_arrived_last) {
  const auto what = fork_of_two();
  engine::Setting setting;
  setting.interval = 1, setting.scheduling_time = 0.5;
  const auto outcome = run(what, {{0.5, {{0, 0, 0, 0}}}, {4, {{1, 1, 0, 0}, {2, 0, 0, 0}}}}, setting);
  const Path path = Account(what, outcome).critical_path();
  BOOST_REQUIRE(path.steps.size() == 2u);
  BOOST_TEST(path.steps[0].task == 0u);
  BOOST_TEST(path.steps[1].task == 1u);
  BOOST_TEST(path.steps[1].object.value() == 0u);
  BOOST_TEST(path.compute == 4);
  BOOST_TEST(path.transfer == 2);
  BOOST_TEST(path.after == outcome.makespan - 7);
  BOOST_TEST(path.after > 0);
  BOOST_TEST(path.scheduler == 1 + path.after);
}

// The input from node 1 is made at 1 and moved from 2 on, when the other is made and the policy gives the task away.
BOOST_AUTO_TEST_CASE(a_transfer_that_began_with_the_decision_waited_for_what_the_decision_waited_for) {
  engine::Case what;
  what.tasks = {{"far", 1, 1, {}, {0}}, {"near", 2, 1, {}, {1}}, {"sum", 1, 1, {0, 1}, {}}};
  what.objects = {{50, 0}, {10, 1}};
  what.cpus = {1, 1}, what.bandwidth = 50;
  const auto late = run(what, {{0, {{0, 1, 0, 0}, {1, 0, 0, 0}}}, {2, {{2, 0, 0, 0}}}});
  const Path path = Account(what, late).critical_path();
  BOOST_REQUIRE(path.steps.size() == 2u);
  BOOST_TEST(path.steps[0].task == 1u);
  BOOST_TEST(path.steps[1].last.value() == 0u);
  BOOST_TEST(path.steps[1].transfer == 1);
  BOOST_TEST(path.scheduler == 0);
  // Known early, it is moved early, and then only the other is waited for.
  const auto early = run(what, {{0, {{0, 1, 0, 0}, {1, 0, 0, 0}, {2, 0, 0, 0}}}});
  BOOST_TEST(Account(what, early).critical_path().compute == 3);
  BOOST_TEST(early.makespan == 3);
}

BOOST_AUTO_TEST_CASE(a_step_that_waits_for_cores_names_the_task_that_held_them) {
  const auto what = fork_of_two();
  const Path path = Account(what, run(what, {{0, {{0, 0, 0, 0}, {1, 0, 2, 0}, {2, 0, 1, 0}}}})).critical_path();
  BOOST_REQUIRE(path.steps.size() == 2u);
  BOOST_TEST(path.steps[1].task == 2u);
  BOOST_TEST(path.steps[1].cores == 1);
  BOOST_TEST(path.steps[1].held_by.value() == 1u);
  BOOST_TEST(!path.steps[0].held_by);
}

BOOST_AUTO_TEST_CASE(waits_sum_to_the_start_and_shares_to_the_makespan_whatever_ran) {
  for (const char* recipe : {"layered:width=8,steps=8,size=60", "fft:width=8,steps=6,size=30", "tree:width=32,size=40", "independent:tasks=30"})
    for (const char* network : {"simple", "maxmin"})
      for (const std::string& scheduler : schedulers()) {
        auto what = *generate::generate(recipe);
        what.cpus = {2, 1, 1}, what.bandwidth = 100;
        const auto outcome = carry_out(what, {scheduler, network, "exact", 3});
        BOOST_REQUIRE(bool(outcome));
        const Account account(what, *outcome);
        for (const auto& task : outcome->tasks) {
          const Waits waits = account.waits(task.task);
          BOOST_TEST(std::abs(sum(waits) - task.start) < 1e-9);
          BOOST_TEST(std::min({waits.inputs, waits.scheduler, waits.data, waits.cores}) > -1e-9);
        }
        const Path path = account.critical_path();
        BOOST_TEST(std::abs(path.compute + path.transfer + path.cores + path.scheduler - outcome->makespan) < 1e-9);
        BOOST_TEST(std::min({path.compute, path.transfer, path.cores, path.scheduler}) > -1e-9);
        for (std::size_t i = 1; i < path.steps.size(); ++i)
          BOOST_TEST(what.objects[path.steps[i].object.value()].producer == path.steps[i - 1].task);
        BOOST_TEST(!path.steps.front().object);
      }
}

BOOST_AUTO_TEST_CASE(waits_and_shares_are_those_of_what_ran_when_nodes_were_lost) {
  std::uint64_t again = 0, cut_short = 0;
  double lost = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) BOOST_TEST_CONTEXT("seed " << seed) {
    auto what = *generate::generate("layered:width=8,steps=8,size=60");
    what.cpus = {2, 1, 1}, what.bandwidth = 100;
    engine::Setting setting;
    setting.events = *engine::drawn_events("crash:mtbf=25,repair=5,seed=" + std::to_string(seed), what.cpus);
    const auto outcome = carry_out(what, setting, {"blevel", "", "exact", seed});
    BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
    BOOST_TEST(outcome->lost.size() == outcome->made_again + outcome->cut_short);
    again += outcome->made_again, cut_short += outcome->cut_short;
    const Account account(what, *outcome);
    for (const auto& task : outcome->tasks) {
      const Waits waits = account.waits(task.task);
      BOOST_TEST(std::abs(sum(waits) - task.start) < 1e-9);
      BOOST_TEST(std::min({waits.inputs, waits.lost, waits.scheduler, waits.data, waits.cores}) > -1e-9);
      for (const Arrival& one : account.arrivals(task.task)) BOOST_TEST((one.made <= task.start + 1e-8 && one.arrived <= task.start + 1e-8));
    }
    const Path path = account.critical_path();
    BOOST_TEST(std::abs(path.compute + path.transfer + path.cores + path.scheduler + path.lost - outcome->makespan) < 1e-6);
    lost += path.lost;
  }
  BOOST_TEST((again > 20 && cut_short > 20 && lost > 20));
}

BOOST_AUTO_TEST_CASE(a_watch_is_told_of_nonsense_and_looks_at_it_no_further) {
  engine::Case what = fork_of_two();
  struct Wild final : engine::Policy {
    Watch watch{1};
    void decide(const engine::View& view, std::vector<engine::Assignment>& out) override {
      out = {{1'000'000, 0, 2, 0}, {1, 7, 1, 0}};
      watch.decided(view, out);
    }
  } policy;
  const Watch& watch = policy.watch;
  BOOST_TEST(!engine::simulate(what, what, policy, {}));
  BOOST_REQUIRE(watch.choices().size() == 1u);
  BOOST_TEST(!watch.choices()[0].is_taken);
}

BOOST_AUTO_TEST_CASE(a_watch_sees_what_the_policy_sees) {
  engine::Case what = fork_of_two();
  Watch watch(2);
  const auto outcome = carry_out(what, {"blevel", "simple", "exact", 1}, &watch);
  BOOST_REQUIRE(bool(outcome));
  BOOST_REQUIRE(watch.choices().size() == 1u);
  const Choice& choice = watch.choices().front();
  BOOST_TEST(choice.time == 3);
  BOOST_TEST(choice.given.node == outcome->tasks[2].node);
  BOOST_REQUIRE(choice.candidates.size() == 2u);
  const std::uint32_t there = outcome->tasks[0].node, other = 1 - there;
  BOOST_TEST(choice.candidates[there].missing == 0);
  BOOST_TEST(choice.candidates[other].missing == 100);
  BOOST_TEST(choice.candidates[other].seconds == 2);
  // Task 1 or this one was first; the second finds one node full.
  BOOST_TEST(choice.candidates[there].free_cores + choice.candidates[other].free_cores == (outcome->tasks[1].node == there ? 1 : 2));
}

BOOST_AUTO_TEST_CASE(a_watch_listens_and_changes_nothing) {
  auto what = *generate::generate("layered:width=8,steps=8,size=60");
  what.cpus = {2, 2}, what.bandwidth = 100;
  Watch watch(40);
  const Plan plan{"random_ready", "maxmin", "exact", 9};
  BOOST_TEST(carry_out(what, plan, &watch)->makespan == carry_out(what, plan)->makespan);
}

BOOST_AUTO_TEST_CASE(a_static_schedule_says_what_it_planned) {
  const auto what = fork_of_two();
  const auto said = planned(what, {"heft", "simple", "exact", 1}, 0);
  BOOST_REQUIRE(said.has_value());
  BOOST_TEST(said->start == 0);
  BOOST_TEST(said->end == 3);
  BOOST_TEST(said->place == 0u);
  BOOST_TEST(!planned(what, {"blevel", "simple", "exact", 1}, 0));
}

BOOST_AUTO_TEST_CASE(tasks_are_found_by_name_then_number) {
  engine::Case what = fork_of_two();
  BOOST_TEST(*find_task(what, "right") == 2u);
  BOOST_TEST(*find_task(what, "1") == 1u);
  const auto refused = [&](const char* name, const std::string& why) {
    const auto found = find_task(what, name);
    BOOST_REQUIRE(!found);
    BOOST_TEST(found.failure().message.find(why) != std::string::npos, found.failure().message);
  };
  refused("rigth", "fork has no task \"rigth\"; near it are \"right\"");
  refused("3", "there is no task 3; fork has 3");
  what.tasks[1].name = "right";
  refused("right", "2 tasks have the name \"right\": say its number, 1, 2");
  what.tasks[0].name = "1";
  BOOST_TEST(*find_task(what, "1") == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
