// What starts first, and what starts nowhere: rules O1 to O8 on the coordinator's core.
#include "desk.hpp"

using namespace tessera::test;
using Task = Plan::Task;

BOOST_AUTO_TEST_SUITE(runtime_coordinator_order)

BOOST_AUTO_TEST_CASE(O1_higher_priority_first_then_older_submission_then_graph_order) {
  Desk desk;
  desk.client(900);
  graph::Options urgent;
  urgent.priority = 1;
  desk.submit(Plan().add("a1").add("a2"), {"a1", "a2"});
  desk.submit(Plan().add("b1").add(Task{.name = "b2", .options = urgent}), {"b1", "b2"});
  same(desk.node(1), {"n1 run b2/1", "n1 run a1/1", "n1 run a2/1", "n1 run b1/1"});
}

BOOST_AUTO_TEST_CASE(O4_a_task_that_is_queued_again_takes_its_place_by_priority) {
  coordinator::Config config;
  config.window.tasks_max = 1;
  Ready desk(1, config);
  graph::Options urgent;
  urgent.priority = 1, urgent.retries = 1;
  same(desk.submit(Plan().add(Task{.name = "high", .options = urgent}).add("low1").add("low2"), {"high", "low1", "low2"}),
       {"n1 run high/1"});
  same(desk.errored("high"), {"n1 run high/2"});
  same(desk.finished("high"), {"n1 run low1/1", "c900 high finished"});
}

BOOST_AUTO_TEST_CASE(O5_what_a_task_submits_goes_ahead_of_its_generation) {
  coordinator::Config config;
  config.window.tasks_max = 1;
  Ready desk(1, config);
  same(desk.submit(Plan().add("p1").add("p2"), {"p1", "p2"}), {"n1 run p1/1"});
  same(desk.delegated("p1", Plan().add("child").add("last", {"child"}), "last"), {"n1 run child/1", "n1 run last/1 child@here"});
  same(desk.finished("child"), {"n1 run p1/2 last@here"});
  same(desk.finished("last"), {"n1 drop child"});
  same(desk.finished("p1"), {"n1 drop last", "n1 run p2/1", "c900 p1 finished"});
}

BOOST_AUTO_TEST_CASE(a_task_that_delegates_to_itself_is_a_cycle) {
  Ready desk;
  desk.submit(Plan().add("a"), {"a"});
  same(desk.delegated("a", Plan().add("a"), "a"), {"c900 a error cycle"});
  desk.release({"a"});
  BOOST_TEST(desk.core.counts().records == 0u);
}

BOOST_AUTO_TEST_CASE(a_delegation_to_an_operation_that_nobody_has_fails_the_task) {
  Ready desk;
  desk.submit(Plan().add("a"), {"a"});
  same(desk.delegated("a", Plan().add(Task{"b", "missing"}), "b"), {"c900 a error unknown_operation"});
}

BOOST_AUTO_TEST_CASE(O7_the_same_events_give_the_same_effects) {
  const auto run = [](const std::string& policy) {
    coordinator::Config config;
    config.policy = policy;
    config.seed = 7;
    Ready desk(3, config);
    Lines all;
    const auto note = [&](const Lines& lines) { all.insert(all.end(), lines.begin(), lines.end()); };
    Plan plan;
    Lines names;
    for (int i = 0; i < 40; ++i) {
      names.push_back("t" + std::to_string(i));
      plan.add(names.back(), i % 3 == 0 ? Lines{} : Lines{names[static_cast<std::size_t>(i / 2)]});
    }
    note(desk.submit(std::move(plan), names));
    for (const std::string& name : names)
      if (desk.sent.contains(name)) note(desk.finished(name));
    note(desk.lose_node(2));
    note(desk.cancel({"t7"}));
    return all;
  };
  for (const char* policy : {"locality", "random", "round_robin"}) same(run(policy), run(policy));
  BOOST_TEST((run("random") != run("round_robin")));
}

// All were booked with what was expected before the first report, at the other node as well.
BOOST_AUTO_TEST_CASE(what_is_learnt_from_one_node_counts_for_what_waits_at_another) {
  Ready desk(2);
  Plan plan;
  Lines names;
  for (int i = 0; i < 40; ++i) names.push_back("t" + std::to_string(i)), plan.add(names.back());
  desk.submit(std::move(plan), names);
  const auto of = [&](std::uint32_t node) {
    Lines all;
    for (const std::string& name : names)
      if (desk.sent.contains(name) && desk.at(name).node.value == node) all.push_back(name);
    return all;
  };
  BOOST_TEST((of(1).size() == 4u && of(2).size() == 4u));  // Of 1 ms each, as long as nothing is known.
  for (const std::uint32_t node : {1u, 2u}) {
    desk.finished(of(node).front());
    BOOST_TEST(of(node).size() == 20u);
  }
}

BOOST_AUTO_TEST_CASE(O8_a_task_that_no_node_can_run_is_reported_after_the_timeout_with_the_reason) {
  coordinator::Config config;
  config.no_node_timeout = seconds(10);
  Ready desk(1, config);
  graph::Options hungry;
  hungry.resources = {{"gpu", 2}};
  same(desk.submit(Plan().add(Task{.name = "a", .options = hungry}).add("b", {"a"}), {"b"}), nothing);
  for (int i = 0; i < 9; ++i) same(desk.tick(), nothing);
  same(desk.tick(), {"c900 b error no_eligible_node"});
  BOOST_TEST(mentions(desk.told("b").blame->message, "gpu=2"));
  BOOST_TEST(mentions(desk.told("b").blame->message, "\"n1\""));
}

BOOST_AUTO_TEST_CASE(O8_without_any_node_a_task_is_reported_too) {
  coordinator::Config config;
  config.no_node_timeout = seconds(10);
  Desk desk(config);
  desk.client(900);
  desk.submit(Plan().add("a"), {"a"});
  for (int i = 0; i < 9; ++i) same(desk.tick(), nothing);
  same(desk.tick(), {"c900 a error no_eligible_node"});
  BOOST_TEST(mentions(desk.told("a").blame->message, "tessera node"));
}

BOOST_AUTO_TEST_CASE(O8_nodes_that_come_and_cannot_run_it_do_not_put_the_report_off) {
  coordinator::Config config;
  config.no_node_timeout = seconds(10);
  Ready desk(1, config);
  graph::Options hungry;
  hungry.resources = {{"gpu", 2}};
  desk.submit(Plan().add(Task{.name = "a", .options = hungry}), {"a"});
  for (std::uint32_t i = 0; i < 9; ++i) same(desk.tick(), nothing), same(desk.node(10 + i), nothing);
  same(desk.tick(), {"c900 a error no_eligible_node"});
}

BOOST_AUTO_TEST_CASE(O8_suspects_that_wait_for_their_turn_are_reported_when_the_last_node_dies) {
  coordinator::Config config;
  config.no_node_timeout = seconds(10);
  Ready desk(1, config);
  const Lines names{"a", "b", "c", "d", "e"};
  Plan plan;
  for (const std::string& name : names) plan.add(name);
  desk.submit(std::move(plan), names);
  desk.node(2);
  desk.lose_node(1);
  BOOST_TEST(desk.at("a").node.value == 2u);  // The others wait for the end of its try.
  desk.lose_node(2);
  for (int i = 0; i < 10; ++i) desk.tick();
  for (const std::string& name : names) BOOST_TEST((desk.told(name).blame && desk.told(name).blame->code == ErrorCode::no_eligible_node), name);
}

BOOST_AUTO_TEST_CASE(O8_who_waits_for_a_turn_at_a_node_that_came_is_not_reported) {
  coordinator::Config config;
  config.no_node_timeout = seconds(10);
  Ready desk(1, config);
  desk.submit(Plan().add("a").add("b"), {"a", "b"});
  desk.lose_node(1);
  same(desk.node(2), {"n2 run a/2"});  // A node tries one suspect at a time.
  for (int i = 0; i < 20; ++i) same(desk.tick(), nothing);
  same(desk.finished("a"), {"n2 run b/2", "c900 a finished"});
  desk.lose_node(2);
  for (int i = 0; i < 9; ++i) same(desk.tick(), nothing);  // Its time begins anew.
  same(desk.tick(), {"c900 a error no_eligible_node", "c900 b error no_eligible_node"});
}

BOOST_AUTO_TEST_CASE(O8_a_node_that_only_ends_its_own_work_does_not_put_the_report_off) {
  coordinator::Config config;
  config.no_node_timeout = seconds(10);
  Ready desk(1, config);
  desk.submit(Plan().add("a"), {"a"});
  desk.drain_node(1);
  same(desk.submit(Plan().add("b"), {"b"}), nothing);
  for (int i = 0; i < 9; ++i) same(desk.tick(), nothing);
  same(desk.tick(), {"c900 b error no_eligible_node"});
}

BOOST_AUTO_TEST_CASE(O8_a_node_that_can_run_it_takes_it_when_it_comes) {
  Ready desk(1);
  graph::Options hungry;
  hungry.resources = {{"gpu", 2}};
  desk.submit(Plan().add(Task{.name = "a", .options = hungry}), {"a"});
  same(desk.tick(), nothing);
  same(desk.node(2, 1, {"work"}, {{"gpu", 1}}), nothing);
  same(desk.node(3, 1, {"work"}, {{"gpu", 2}}), {"n3 run a/1"});
  for (int i = 0; i < 100; ++i) same(desk.tick(), nothing);
}

BOOST_AUTO_TEST_SUITE_END()
