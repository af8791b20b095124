// Nodes that die under their tasks and data: rules W1 to W5 on the coordinator's core.
#include "desk.hpp"

using namespace tessera::test;
using protocol::FutureState;
using Task = Plan::Task;

BOOST_AUTO_TEST_SUITE(runtime_coordinator_loss)

BOOST_AUTO_TEST_CASE(W1_only_what_had_its_only_copy_on_the_dead_node_and_is_wanted_is_computed_again) {
  coordinator::Config config;
  config.policy = "round_robin";
  Ready desk(2, config);
  for (const char* name : {"a", "b", "c", "d"}) desk.submit(Plan().add(name), {name}), desk.finished(name);
  desk.copied(2, "c");
  desk.submit(Plan().know(desk.keys).add("e", {"a"}), {"e"});
  BOOST_TEST((desk.at("a").node.value == 1u && desk.at("b").node.value == 2u && desk.at("c").node.value == 1u));
  desk.finished("e");
  same(desk.lose_node(1), {"n2 run a/2", "n2 run e/2 a@here", "c900 c finished", "c900 a pending", "c900 e pending"});
  BOOST_TEST(desk.core.counts().recomputed == 2u);
}

BOOST_AUTO_TEST_CASE(W3_whoever_wants_a_value_is_told_where_its_surviving_copy_is) {
  coordinator::Config config;
  config.policy = "round_robin";
  Ready desk(2, config);
  desk.submit(Plan().add("a"), {"a"});
  const std::uint32_t first = desk.at("a").node.value, second = 3 - first;
  desk.finished("a");
  desk.copied(second, "a");
  same(desk.lose_node(first), {"c900 a finished"});
  BOOST_TEST(desk.told("a").holder.value == second);
  BOOST_TEST(desk.core.counts().recomputed == 0u);
}

BOOST_AUTO_TEST_CASE(W2_ancestors_that_were_freed_are_computed_again_and_nothing_else) {
  Ready desk(1);
  desk.submit(Plan().add("a").add("b", {"a"}).add("c", {"b"}).add("side", {"a"}), {"c", "side"});
  for (const char* name : {"a", "b", "c", "side"}) desk.finished(name);
  desk.release({"side"});
  desk.node(2);
  same(desk.lose_node(1), {"n2 run a/2", "n2 run b/2 a@here", "n2 run c/2 b@here", "c900 c pending"});
  BOOST_TEST(desk.core.counts().recomputed == 3u);
}

BOOST_AUTO_TEST_CASE(W3_a_client_that_waits_sees_a_delay_and_no_error) {
  Ready desk(2);
  desk.submit(Plan().add("a").add("b", {"a"}), {"b"});
  desk.finished("a");
  const std::uint32_t dead = desk.at("b").node.value;
  for (const std::string& line : desk.lose_node(dead)) BOOST_TEST(!mentions(line, "error"), line);
  desk.finished("a");
  same(desk.finished("b"), {"n" + std::to_string(3 - dead) + " drop a", "c900 b finished"});
}

BOOST_AUTO_TEST_CASE(W4_scattered_data_without_a_copy_makes_its_future_and_dependents_lost_naming_node_and_key) {
  Desk desk;
  desk.client(900);
  desk.node(900, 0);
  desk.node(1);
  desk.scatter("data");
  BOOST_TEST((desk.told("data").state == FutureState::finished));
  desk.submit(Plan().know(desk.keys).add("a", {"data"}), {"a"});
  desk.lose_node(900);
  for (const char* name : {"data", "a"}) {
    BOOST_TEST((desk.told(name).state == FutureState::lost), name);
    BOOST_TEST((desk.told(name).blame->key == desk.keys.at("data")), name);
    BOOST_TEST(mentions(desk.told(name).blame->message, "n900"), name);
  }
}

BOOST_AUTO_TEST_CASE(W4_data_is_not_lost_where_a_node_only_did_not_reach_who_has_it) {
  Desk desk;
  desk.client(900);
  desk.node(900, 0);
  desk.node(1);
  desk.scatter("data");
  desk.submit(Plan().know(desk.keys).add("a", {"data"}), {"a"});
  for (std::uint32_t attempt = 2; attempt <= 9; ++attempt)
    same(desk.missing("a", "data", 900), {"n1 run a/" + std::to_string(attempt) + " data@n900"});
  BOOST_TEST((desk.told("data").state == FutureState::finished));
  desk.missing("a", "data", 900);  // But not without end.
  BOOST_TEST((desk.told("a").state == FutureState::lost));
}

BOOST_AUTO_TEST_CASE(W5_a_task_under_which_nodes_die_fails_after_three_and_what_was_only_queued_is_not_blamed) {
  coordinator::Config config;
  config.deaths_max = 3;
  Ready desk(1, config);
  // One lane: `poison` runs, the others only wait behind it.
  graph::Options urgent;
  urgent.priority = 1;
  Plan plan;
  plan.add(Task{.name = "poison", .options = urgent});
  Lines others;
  for (int i = 0; i < 3; ++i) others.push_back("q" + std::to_string(i)), plan.add(others.back());
  Lines wants = others;
  wants.push_back("poison");
  desk.submit(std::move(plan), wants);
  std::uint32_t node = 1, deaths = 0;
  while (desk.told("poison").state == FutureState::pending && deaths < 20) {
    const Desk::Sent killer = desk.at("poison");
    desk.node(++node);
    desk.lose_node(killer.node.value);
    ++deaths;
    if (desk.told("poison").state == FutureState::pending && desk.at("poison").attempt == killer.attempt)
      desk.node(++node);  // Each node tries another suspect: the next one tries the killer.
  }
  BOOST_TEST(deaths == 4u);
  BOOST_TEST((desk.told("poison").blame->code == ErrorCode::nodes_lost));
  BOOST_TEST((desk.told("poison").blame->key == desk.keys.at("poison")));
  for (const std::string& name : others) BOOST_TEST((desk.told(name).state == FutureState::pending), name);
  for (int round = 0; round < 3; ++round)
    for (const std::string& name : others)
      if (desk.told(name).state == FutureState::pending) desk.finished(name);
  for (const std::string& name : others) BOOST_TEST((desk.told(name).state == FutureState::finished), name);
}

BOOST_AUTO_TEST_CASE(a_lost_node_is_answered_no_more) {
  Ready desk(2);
  desk.submit(Plan().add("a"), {"a"});
  const Desk::Sent old = desk.at("a");
  desk.lose_node(old.node.value);
  same(desk.report(old.node.value, protocol::Finished{old.task, old.attempt, {}, {}, {}}), nothing);
  BOOST_TEST((desk.told("a").state == FutureState::pending));
}

BOOST_AUTO_TEST_CASE(M9_what_was_evicted_stays_finished_and_is_made_again_when_its_value_is_asked_for) {
  Ready desk(1);
  desk.submit(Plan().add("a"), {"a"});
  BOOST_TEST((desk.eviction("a") == protocol::Eviction::if_cheaper));
  desk.finished("a");
  same(desk.evicted(1, "a"), {"c900 a finished"});
  BOOST_TEST((desk.told("a").holder == no_node));
  same(desk.restore("a"), {"n1 run a/2", "c900 a pending"});
  same(desk.restore("a"), nothing);
  same(desk.finished("a"), {"c900 a finished"});
  BOOST_TEST((desk.told("a").holder == NodeId{1}));
  same(desk.release({"a"}), {"n1 drop a"});
  BOOST_TEST(desk.core.counts().records == 0u);
}

BOOST_AUTO_TEST_CASE(M9_what_was_evicted_is_made_again_once_it_is_all_that_a_dependent_lacks) {
  Ready desk(1);
  desk.submit(Plan().add("a"), {"a"});
  desk.finished("a");
  desk.evicted(1, "a");
  same(desk.submit(Plan().know(desk.keys).add("b").add("c", {"a", "b"}), {"c"}), {"n1 run b/1"});
  same(desk.finished("b"), {"n1 run a/2", "n1 run c/1 a@here b@here", "c900 a pending"});
  desk.finished("a");
  same(desk.finished("c"), {"n1 drop b", "c900 c finished"});
}

BOOST_AUTO_TEST_CASE(M9_who_was_assigned_waits_again_and_nobody_is_blamed) {
  Ready desk(1);
  desk.submit(Plan().add("a"), {"a"});
  desk.finished("a");
  desk.submit(Plan().know(desk.keys).add("b", {"a"}), {"b"});
  // It was sent before the node said that it had made room; the node then says that it lacks it.
  same(desk.evicted(1, "a"), {"n1 run a/2", "n1 redirect a@n1", "c900 a finished", "c900 a pending"});
  same(desk.missing("b", "a", 1), {"n1 run b/2 a@here"});
  desk.finished("a");
  same(desk.finished("b"), {"c900 b finished"});
  BOOST_TEST(desk.core.counts().failed == 0u);
}

BOOST_AUTO_TEST_CASE(M9_after_two_times_a_result_is_written_and_after_many_in_vain_it_stays) {
  coordinator::Config config;
  config.evictions_max = 2, config.evictions_in_vain_max = 4;
  Ready desk(1, config);
  desk.submit(Plan().add("a"), {"a"});
  const auto again = [&] {
    desk.finished("a");
    desk.evicted(1, "a");
    desk.restore("a");
    return desk.eviction("a");
  };
  BOOST_TEST((again() == protocol::Eviction::if_cheaper));
  BOOST_TEST((again() == protocol::Eviction::if_stuck));
  BOOST_TEST((again() == protocol::Eviction::if_stuck));
  BOOST_TEST((again() == protocol::Eviction::never));
  desk.finished("a");
  desk.submit(Plan().know(desk.keys).add("b", {"a"}), {"b"});
  desk.finished("b");  // It was of use: it may be dropped again where nothing else helps.
  BOOST_TEST((again() == protocol::Eviction::if_stuck));
}

BOOST_AUTO_TEST_CASE(M9_only_what_is_pure_may_be_evicted) {
  Ready desk(1);
  graph::Options once, idempotent;
  once.effects = graph::Effects::once, idempotent.effects = graph::Effects::idempotent;
  desk.submit(Plan().add("a").add("b", {"a"}).add(Task{.name = "c", .options = once}).add(Task{.name = "d", .options = idempotent}), {"b", "c", "d"});
  desk.finished("a");
  for (const char* name : {"a", "b"}) BOOST_TEST((desk.eviction(name) == protocol::Eviction::if_cheaper), name);
  for (const char* name : {"c", "d"}) BOOST_TEST((desk.eviction(name) == protocol::Eviction::never), name);
}

BOOST_AUTO_TEST_CASE(M9_what_has_inputs_is_made_again_with_them_and_after_two_times_it_stays) {
  Ready desk(1);
  desk.submit(Plan().add("a").add("b", {"a"}), {"b"});
  desk.finished("a");
  same(desk.finished("b"), {"n1 drop a", "c900 b finished"});
  for (int i = 2; i <= 3; ++i) {
    same(desk.evicted(1, "b"), {"c900 b finished"});
    BOOST_TEST((desk.eviction("b") == protocol::Eviction::if_cheaper));
    const std::string n = "/" + std::to_string(i);
    same(desk.restore("b"), {"n1 run a" + n, "n1 run b" + n + " a@here", "c900 b pending"});
    desk.finished("a");
    same(desk.finished("b"), {"n1 drop a", "c900 b finished"});
  }
  BOOST_TEST((desk.eviction("b") == protocol::Eviction::never));
  desk.release({"b"});
  BOOST_TEST(desk.core.counts().records == 0u);
}

BOOST_AUTO_TEST_CASE(M9_what_is_made_again_for_a_user_has_its_turn_and_all_that_goes_into_it_too) {
  Ready desk(1);
  desk.submit(Plan().add("a").add("b", {"a"}), {"b"});
  desk.finished("a"), desk.finished("b");
  desk.evicted(1, "b");
  const auto rank = [&](const std::string& name) { return desk.rank(name); };
  const auto before = rank("a");
  desk.submit(Plan().know(desk.keys).add("c", {"b"}), {"c"});
  BOOST_TEST(rank("a") > before);
  BOOST_TEST(rank("a") == rank("c"));
  BOOST_TEST(rank("b") == rank("c"));
  desk.finished("a"), desk.finished("b");
  same(desk.finished("c"), {"c900 c finished"});
}

BOOST_AUTO_TEST_CASE(M9_what_it_was_made_of_stays_cancelled_and_is_made_again_all_the_same) {
  Ready desk(1);
  desk.client(901);
  desk.submit(Plan().add("a").add("b", {"a"}), {"a", "b"});
  desk.submit(Plan().add("a"), {"a"}, 901);
  desk.finished("a"), desk.finished("b");
  desk.evicted(1, "b");
  same(desk.cancel({"a"}, 900, /*force=*/true), {"n1 drop a", "c900 a cancelled cancelled", "c901 a cancelled cancelled"});
  same(desk.restore("b"), {"n1 run a/2", "n1 run b/2 a@here", "c900 b pending"});
  desk.finished("a");
  same(desk.finished("b"), {"n1 drop a", "c900 b finished"});
  // It is as it was: what is submitted on top of it is cancelled, and its futures are there until they are released.
  same(desk.submit(Plan().know(desk.keys).add("c", {"a"}), {"c"}), {"c900 c cancelled cancelled"});
  desk.release({"a", "b", "c"});
  BOOST_TEST(desk.core.counts().records == 1u);
  desk.release({"a"}, 901);
  BOOST_TEST(desk.core.counts().records == 0u);
}

BOOST_AUTO_TEST_CASE(M9_a_cancel_of_what_it_is_made_of_does_not_reach_what_is_made_again) {
  Ready desk(1);
  desk.submit(Plan().add("a").add("b", {"a"}), {"a", "b"});
  desk.finished("a"), desk.finished("b");
  desk.evicted(1, "b");
  same(desk.restore("b"), {"n1 run b/2 a@here", "c900 b pending"});
  desk.submit(Plan().know(desk.keys).add("c", {"a"}).add("d", {"b"}), {"c", "d"});
  same(desk.cancel({"a"}), {"n1 withdraw c/1", "c900 a cancelled cancelled", "c900 c cancelled cancelled"});
  same(desk.finished("b"), {"n1 drop a", "c900 b finished"});
  same(desk.finished("d"), {"c900 d finished"});
  desk.release({"a", "b", "c", "d"});
  BOOST_TEST(desk.core.counts().records == 0u);
}

BOOST_AUTO_TEST_CASE(a_copy_that_made_room_is_no_holder_any_more) {
  Ready desk(2);
  desk.submit(Plan().add("a"), {"a"});
  const std::uint32_t first = desk.at("a").node.value, second = 3 - first;
  desk.finished("a");
  desk.copied(second, "a");
  same(desk.evicted(second, "a"), nothing);
  same(desk.evicted(second, "a"), nothing);
  same(desk.evicted(first, "a"), {"c900 a finished"});
  BOOST_TEST((desk.told("a").holder == no_node));
}

BOOST_AUTO_TEST_CASE(W3_a_value_that_its_holder_lacks_is_made_again_and_not_without_end) {
  Ready desk(1);
  desk.submit(Plan().add("a").add("b", {"a"}), {"b"});
  desk.finished("a"), desk.finished("b");
  for (std::uint32_t attempt = 2; attempt <= 9; ++attempt) {
    const std::string n = "/" + std::to_string(attempt);
    same(desk.restore("b", NodeId{1}), {"n1 drop b", "n1 run a" + n, "n1 run b" + n + " a@here", "c900 b pending"});
    desk.finished("a"), desk.finished("b");
  }
  same(desk.restore("b", NodeId{1}), nothing);
  same(desk.restore("b", NodeId{2}), nothing);
}

BOOST_AUTO_TEST_CASE(W3_what_a_node_does_not_reach_is_made_where_it_is_needed) {
  for (const char* policy : {"locality", "round_robin", "heft", "blevel"}) {
    BOOST_TEST_CONTEXT(policy) {
      coordinator::Config config;
      config.policy = policy;
      Desk desk(config);
      desk.client(900);
      desk.node(1, 4);
      graph::Options hungry;
      hungry.resources = {{"gpu", 1}};
      desk.submit(Plan().add("a"), {"a"});
      desk.finished("a");
      desk.node(2, 1, {"work"}, {{"gpu", 1}});
      same(desk.submit(Plan().know(desk.keys).add(Task{.name = "b", .options = hungry}, {"a"}), {"b"}), {"n2 run b/1 a@n1"});
      desk.missing("b", "a", 1);
      BOOST_TEST((desk.at("a").node == NodeId{2} && desk.at("a").attempt == Attempt{2}));
      desk.finished("a");
      same(desk.finished("b"), {"c900 b finished"});
    }
  }
}

BOOST_AUTO_TEST_CASE(W3_what_is_never_reached_and_cannot_be_made_where_it_is_needed_is_not_made_without_end) {
  Desk desk;
  desk.client(900);
  desk.node(1, 1, {"other"});
  desk.node(2, 1, {"work"});
  desk.submit(Plan().add(Task{.name = "a", .operation = "other"}).add("b", {"a"}), {"b"});
  for (int i = 0; i < 8; ++i) {
    desk.finished("a");
    BOOST_TEST(mentions(desk.missing("b", "a", 1).at(1), "n1 run a/"));
  }
  desk.finished("a");
  same(desk.missing("b", "a", 1), {"n1 drop a", "c900 b error no_eligible_node"});
  for (const char* name : {"\"n1\"", "\"n2\""}) BOOST_TEST(mentions(desk.told("b").blame->message, name));
}

BOOST_AUTO_TEST_SUITE_END()
