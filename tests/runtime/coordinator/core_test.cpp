// The coordinator's core alone: events in, effects compared whole.
#include "desk.hpp"

using namespace tessera::test;
using protocol::FutureState;
using Task = Plan::Task;

namespace {
graph::Options with(graph::Effects effects) {
  graph::Options options;
  options.effects = effects;
  return options;
}
graph::Options with_retries(std::uint32_t retries) {
  graph::Options options;
  options.retries = retries;
  return options;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_coordinator_core)

BOOST_AUTO_TEST_CASE(a_chain_is_assigned_ahead_and_told_once) {
  Ready desk;
  same(desk.submit(Plan().add("a").add("b", {"a"}), {"b"}), {"n1 run a/1", "n1 run b/1 a@here"});
  same(desk.finished("a"), nothing);
  same(desk.finished("b"), {"n1 drop a", "c900 b finished"});
  same(desk.release({"b"}), {"n1 drop b"});
  BOOST_TEST(desk.core.counts().records == 0u);
}

BOOST_AUTO_TEST_CASE(what_no_want_needs_is_not_run) {
  Ready desk;
  same(desk.submit(Plan().add("a").add("other").add("b", {"a"}), {"b"}), {"n1 run a/1", "n1 run b/1 a@here"});
}

BOOST_AUTO_TEST_CASE(K1_equal_submissions_of_two_clients_share_one_run) {
  Ready desk;
  desk.client(901);
  same(desk.submit(Plan().add("a"), {"a"}), {"n1 run a/1"});
  same(desk.submit(Plan().add("a"), {"a"}, 901), nothing);
  same(desk.finished("a"), {"c900 a finished", "c901 a finished"});
  same(desk.submit(Plan().add("a"), {"a"}, 901), {"c901 a finished"});
  BOOST_TEST(desk.core.counts().executions == 1u);
  same(desk.release({"a"}), nothing);
  same(desk.release({"a"}, 901), nothing);
  same(desk.release({"a"}, 901), {"n1 drop a"});
}

BOOST_AUTO_TEST_CASE(W2_what_is_submitted_on_top_of_a_result_that_is_there_runs_none_of_its_inputs_again) {
  Ready desk;
  desk.submit(Plan().add("a").add("b", {"a"}), {"b"});
  desk.finished("a"), desk.finished("b");  // `a` was dropped.
  same(desk.submit(Plan().add("a").add("b", {"a"}).add("c", {"b"}), {"c"}), {"n1 run c/1 b@here"});
  BOOST_TEST(desk.core.counts().recomputed == 0u);
  desk.core.check();
}

BOOST_AUTO_TEST_CASE(W2_the_inputs_of_what_delegated_are_not_run_again_when_it_is_submitted_again) {
  Ready desk;
  desk.submit(Plan().add("a").add("t", {"a"}).add("d", {"t"}), {"d"});
  desk.finished("a");
  desk.delegated("t", Plan().add("c"), "c");
  desk.finished("c"), desk.finished("t"), desk.finished("d");  // Of all but `d` the data is dropped.
  desk.submit(Plan().add("a").add("t", {"a"}).add("e", {"t"}), {"e"});
  desk.core.check();
  BOOST_TEST(desk.at("a").attempt.value == 1u);
  desk.finished("c"), desk.finished("t"), desk.finished("e");
  BOOST_TEST((desk.told("e").state == FutureState::finished));
}

BOOST_AUTO_TEST_CASE(C1_what_was_cancelled_with_its_inputs_is_made_with_them_when_it_is_submitted_again) {
  Ready desk;
  desk.submit(Plan().add("a").add("b", {"a"}), {"a", "b"});
  desk.cancel({"a"});
  BOOST_TEST((desk.told("b").state == FutureState::cancelled));
  desk.submit(Plan().add("a").add("b", {"a"}), {"b"});
  desk.finished("a"), desk.finished("b");
  BOOST_TEST((desk.told("b").state == FutureState::finished));
}

BOOST_AUTO_TEST_CASE(K3_the_last_want_and_the_last_dependent_free_a_result_and_a_new_want_runs_it_again) {
  Ready desk;
  desk.submit(Plan().add("a").add("b", {"a"}), {"a", "b"});
  desk.finished("a");
  same(desk.release({"a"}), nothing);  // `b` needs it.
  same(desk.finished("b"), {"n1 drop a", "c900 b finished"});
  same(desk.submit(Plan().add("a"), {"a"}), {"n1 run a/2"});
  same(desk.finished("a"), {"c900 a finished"});
  same(desk.release({"b"}), {"n1 drop b"});
  same(desk.release({"a"}), {"n1 drop a"});
  same(desk.submit(Plan().add("a"), {"a"}), {"n1 run a/3"});
}

BOOST_AUTO_TEST_CASE(K5_a_key_in_use_for_other_work_is_refused_with_both_names_whoever_gave_it) {
  Ready desk;
  desk.client(901);
  desk.submit(Plan().add(Task{.name = "mine", .operation = "work", .named = true}), {"mine"});
  same(desk.submit(Plan().add(Task{.name = "mine", .operation = "other", .named = true}), {"mine"}, 901),
       {"c901 refused key_conflict mine"});
  BOOST_TEST(mentions(desk.refused[0].blame.message, "work"));
  BOOST_TEST(mentions(desk.refused[0].blame.message, "other"));
  same(desk.finished("mine"), {"c900 mine finished"});  // The first is not touched.
  BOOST_TEST(desk.core.counts().rejected == 1u);
}

BOOST_AUTO_TEST_CASE(K8_an_operation_with_effects_is_not_run_again_when_its_node_dies) {
  Ready desk(2);
  desk.submit(Plan().add(Task{"a", "once", with(graph::Effects::once)}).add("b", {"a"}).add("c"), {"b", "c"});
  const std::uint32_t died = desk.at("a").node.value;
  desk.finished("c");
  desk.lose_node(died);
  BOOST_TEST((desk.told("b").state == FutureState::lost));
  BOOST_TEST((desk.told("b").blame->code == ErrorCode::outcome_unknown));
  BOOST_TEST((desk.told("b").blame->key == desk.keys.at("a")));
  BOOST_TEST((desk.told("c").state == FutureState::finished));
  BOOST_TEST(desk.at("a").attempt.value == 1u);
}

BOOST_AUTO_TEST_CASE(K8_an_operation_declared_repeatable_is_run_again) {
  Ready desk(2);
  desk.submit(Plan().add(Task{"a", "once", with(graph::Effects::idempotent)}), {"a"});
  desk.lose_node(desk.at("a").node.value);
  BOOST_TEST(desk.at("a").attempt.value == 2u);
  same(desk.finished("a"), {"c900 a finished"});
}

BOOST_AUTO_TEST_CASE(K8_the_result_of_an_operation_with_effects_that_is_lost_with_its_only_copy_is_lost) {
  Ready desk(2);
  desk.submit(Plan().add(Task{"a", "once", with(graph::Effects::once)}), {"a"});
  desk.finished("a");
  desk.lose_node(desk.at("a").node.value);
  BOOST_TEST((desk.told("a").state == FutureState::lost));
  BOOST_TEST(desk.core.counts().executions == 1u);
}

BOOST_AUTO_TEST_CASE(K8_the_result_of_an_operation_with_effects_is_lost_when_its_only_holder_says_that_it_has_it_no_more) {
  Ready desk(1);
  desk.submit(Plan().add(Task{"a", "once", with(graph::Effects::once)}), {"a"});
  desk.finished("a");
  same(desk.evicted(1, "a"), {"c900 a lost data_lost"});
  BOOST_TEST(desk.core.counts().executions == 1u);
}

BOOST_AUTO_TEST_CASE(K8_a_copy_that_a_holder_lacks_is_no_reason_to_run_an_operation_with_effects_again) {
  Ready desk(2);
  desk.submit(Plan().add(Task{"a", "once", with(graph::Effects::once)}), {"a"});
  desk.finished("a");
  const std::uint32_t holder = desk.at("a").node.value;
  desk.submit(Plan().know(desk.keys).add("b", {"a"}), {"b"});
  desk.missing("b", "a", holder);
  BOOST_TEST(desk.at("a").attempt.value == 1u);
  BOOST_TEST((desk.told("b").state == FutureState::lost));
}

BOOST_AUTO_TEST_CASE(K8_an_operation_with_effects_is_not_run_again_for_a_dependent_that_is_computed_again) {
  Ready desk(1);
  desk.submit(Plan().add(Task{"a", "once", with(graph::Effects::once)}).add("b", {"a"}), {"b"});
  same(desk.finished("a"), nothing);
  same(desk.finished("b"), {"c900 b finished"});  // `a` is kept: nobody could make it again.
  desk.node(2);
  same(desk.lose_node(1), {"c900 b pending", "c900 b lost data_lost"});
  BOOST_TEST((desk.told("b").blame->key == desk.keys.at("a")));
  desk.release({"b"});
  BOOST_TEST(desk.core.counts().records == 0u);
}

BOOST_AUTO_TEST_CASE(K8_a_kept_result_of_an_operation_with_effects_serves_a_dependent_that_is_computed_again) {
  coordinator::Config config;
  config.policy = "round_robin";
  Ready desk(2, config);
  desk.submit(Plan().add(Task{"a", "once", with(graph::Effects::once)}).add("b", {"a"}), {"b"});
  desk.finished("a"), desk.finished("b");
  same(desk.lose_node(2), {"n1 run b/2 a@here", "c900 b pending"});
  same(desk.finished("b"), {"c900 b finished"});
  same(desk.release({"b"}), {"n1 drop b", "n1 drop a"});  // K3: with its last dependent.
  BOOST_TEST(desk.core.counts().executions == 3u);
}

BOOST_AUTO_TEST_CASE(what_a_client_is_told_says_how_many_of_its_submissions_were_taken) {
  Ready desk;
  desk.submit(Plan().add("a"), {"a"});
  desk.submit(Plan().add("b"), {"b"});
  coordinator::Effects effects;
  desk.core.step(ClientId{900}, protocol::Cancel{JobId{1}, {desk.keys.at("a")}, false, ""}, desk.now, effects);
  std::vector<std::uint64_t> told;
  for (const auto& effect : effects)
    if (const auto* to_client = std::get_if<coordinator::ToClient>(&effect))
      told.push_back(std::get<protocol::Updates>(to_client->message).submissions);
  BOOST_TEST(told == std::vector<std::uint64_t>{2}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(S1_what_a_client_is_told_is_exactly_one_of_the_five_states) {
  Ready desk(2);
  desk.submit(Plan().add("fine"), {"fine"});
  desk.submit(Plan().add("bad"), {"bad"});
  desk.submit(Plan().add("unwanted"), {"unwanted"});
  desk.submit(Plan().add(Task{"gone", "once", with(graph::Effects::once)}), {"gone"});
  BOOST_TEST((desk.told("fine").state == FutureState::pending));
  desk.finished("fine"), desk.errored("bad"), desk.cancel({"unwanted"});
  desk.finished("gone");
  const auto state = [&](const char* name) { return desk.told(name).state; };
  BOOST_TEST((state("fine") == FutureState::finished && state("bad") == FutureState::error));
  BOOST_TEST((state("unwanted") == FutureState::cancelled));
  desk.lose_node(desk.at("gone").node.value);
  BOOST_TEST((state("gone") == FutureState::lost));
  BOOST_TEST((state("bad") == FutureState::error));
}

BOOST_AUTO_TEST_CASE(S2_messages_that_fit_no_state_are_counted_and_change_nothing) {
  Ready desk;
  desk.submit(Plan().add("a"), {"a"});
  desk.finished("a");
  const auto counted = [&] { return desk.core.counts().stale + desk.core.counts().rejected; };
  std::uint64_t before = counted();
  const auto is_rejected = [&](const Lines& lines) {
    same(lines, nothing);
    BOOST_TEST(counted() == ++before);
  };
  is_rejected(desk.finished("a"));                                                     // Done already.
  is_rejected(desk.report(1, protocol::Finished{TaskId{77}, Attempt{1}, {}, {}, {}})); // No such task.
  is_rejected(desk.report(9, protocol::Finished{desk.at("a").task, Attempt{1}, {}, {}, {}}));  // No such node.
  is_rejected(desk.retry({"a"}));                                                      // It has not failed.
  desk.keys["nobody"] = graph::named_key("nobody");
  is_rejected(desk.release({"nobody"}));
  is_rejected(desk.cancel({"nobody"}));
  is_rejected(desk.retry({"nobody"}));
  is_rejected(desk.lose_node(9));
  BOOST_TEST((desk.told("a").state == FutureState::finished));
}

BOOST_AUTO_TEST_CASE(S3_a_finished_key_has_a_holder_and_a_running_task_one_attempt) {
  Ready desk(2);
  desk.submit(Plan().add("a"), {"a"});
  desk.finished("a");
  BOOST_TEST((desk.told("a").holder == desk.at("a").node));
  const std::uint32_t first = desk.at("a").node.value, second = 3 - first;
  desk.submit(Plan().know(desk.keys).add("b", {"a"}), {"b"});
  desk.copied(second, "a");
  desk.lose_node(first);  // Another holder is left: no attempt is needed.
  BOOST_TEST(desk.at("a").attempt.value == 1u);
  desk.core.check();
}

BOOST_AUTO_TEST_CASE(S4_an_answer_to_an_earlier_attempt_changes_nothing) {
  Ready desk(1);
  desk.submit(Plan().add(Task{.name = "a", .options = with_retries(1)}), {"a"});
  const Attempt first = desk.at("a").attempt;
  same(desk.errored("a"), {"n1 run a/2"});
  same(desk.finished("a", first), nothing);
  BOOST_TEST(desk.core.counts().stale == 1u);
  BOOST_TEST((desk.told("a").state == FutureState::pending));
  same(desk.finished("a"), {"c900 a finished"});
}

BOOST_AUTO_TEST_CASE(S4_an_answer_for_a_slot_that_another_task_took_changes_nothing) {
  Ready desk(1);
  desk.submit(Plan().add("a"), {"a"});
  const Desk::Sent old = desk.at("a");
  desk.release({"a"});
  desk.submit(Plan().add("b"), {"b"});
  BOOST_TEST((desk.at("b").task == old.task));  // The slot is used again, the attempt goes on counting.
  same(desk.report(1, protocol::Finished{old.task, old.attempt, {}, {}, {}}), nothing);
  BOOST_TEST((desk.told("b").state == FutureState::pending));
}

BOOST_AUTO_TEST_CASE(E1_an_error_reaches_every_transitive_dependent_with_the_culprits_key) {
  Ready desk;
  desk.submit(Plan().add("a").add("b", {"a"}).add("c", {"b"}).add("free"), {"a", "b", "c", "free"});
  desk.errored("a", "boom 1");
  for (const char* name : {"a", "b", "c"}) {
    BOOST_TEST((desk.told(name).state == FutureState::error), name);
    BOOST_TEST((*desk.told(name).blame == *desk.told("a").blame), name);
    BOOST_TEST((desk.told(name).blame->key == desk.keys.at("a")), name);
    BOOST_TEST(desk.told(name).blame->message == "boom 1");
    BOOST_TEST(desk.told(name).blame->node == "n1");
  }
  same(desk.finished("free"), {"c900 free finished"});  // E2
}

BOOST_AUTO_TEST_CASE(E1_what_is_submitted_on_top_of_a_failed_task_fails_the_same_way) {
  Ready desk;
  desk.submit(Plan().add("a"), {"a"});
  desk.errored("a");
  same(desk.submit(Plan().know(desk.keys).add("b", {"a"}).add("c", {"b"}), {"c"}), {"c900 c error task_failed"});
  BOOST_TEST((desk.told("c").blame->key == desk.keys.at("a")));
}

BOOST_AUTO_TEST_CASE(E1_what_is_submitted_on_top_of_a_refused_task_fails_the_same_way) {
  Ready desk;
  same(desk.submit(Plan().add(Task{"a", "missing"}), {"a"}), {"c900 refused unknown_operation a"});
  same(desk.submit(Plan().know(desk.keys).add("b", {"a"}), {"b"}), {"c900 refused unknown_operation b"});
  same(desk.submit(Plan().know(desk.keys).add("c", {"b"}), {"c"}), {"c900 refused unknown_operation c"});
  for (const auto& refused : desk.refused) BOOST_TEST((refused.blame.key == desk.keys.at("a")));
  same(desk.retry({"a"}), {"c900 refused unknown_operation a"});
}

BOOST_AUTO_TEST_CASE(E5_retries_give_that_many_further_attempts_and_the_last_error_with_its_count) {
  Ready desk;
  same(desk.submit(Plan().add(Task{.name = "a", .options = with_retries(2)}), {"a"}), {"n1 run a/1"});
  same(desk.errored("a", "first"), {"n1 run a/2"});
  same(desk.errored("a", "second"), {"n1 run a/3"});
  same(desk.errored("a", "third"), {"c900 a error task_failed"});
  BOOST_TEST(desk.told("a").blame->attempts == 3u);
  BOOST_TEST(desk.told("a").blame->message == "third");
}

BOOST_AUTO_TEST_CASE(E6_retry_runs_the_culprit_and_resets_what_failed_because_of_it_and_nothing_else) {
  Ready desk;
  desk.submit(Plan().add("a").add("b", {"a"}).add("c", {"b"}).add("x").add("y", {"x"}), {"b", "c", "y"});
  desk.errored("a");
  desk.errored("x");
  same(desk.retry({"c"}), {"n1 run a/2", "n1 run b/2 a@here", "n1 run c/2 b@here", "c900 b pending", "c900 c pending"});
  BOOST_TEST((desk.told("y").state == FutureState::error));
  desk.finished("a"), desk.finished("b"), desk.finished("c");
  BOOST_TEST((desk.told("b").state == FutureState::finished));
  BOOST_TEST((desk.told("c").state == FutureState::finished));
}

BOOST_AUTO_TEST_CASE(E6_a_task_with_two_failed_inputs_fails_by_the_other_when_one_is_retried) {
  Ready desk;
  desk.submit(Plan().add("a").add("x").add("both", {"a", "x"}), {"both", "a", "x"});
  desk.errored("a");
  desk.errored("x");
  BOOST_TEST((desk.told("both").blame->key == desk.keys.at("a")));
  desk.retry({"both"});
  BOOST_TEST((desk.told("both").state == FutureState::error));
  BOOST_TEST((desk.told("both").blame->key == desk.keys.at("x")));
  desk.retry({"both"});
  desk.finished("x"), desk.finished("a"), desk.finished("both");
  BOOST_TEST((desk.told("both").state == FutureState::finished));
}

BOOST_AUTO_TEST_CASE(E6_a_retry_of_many_dependents_is_linear) {
  Ready desk;
  Plan plan;
  plan.add("a");
  Lines wants;
  for (int i = 0; i < 3000; ++i) plan.add("d" + std::to_string(i), {"a"}), wants.push_back("d" + std::to_string(i));
  desk.submit(std::move(plan), wants);
  desk.errored("a");
  desk.retry({"d7"});
  std::size_t pending = 0;
  for (const std::string& name : wants) pending += desk.told(name).state == FutureState::pending;
  BOOST_TEST(pending == wants.size());
}

BOOST_AUTO_TEST_CASE(C1_a_cancelled_pending_task_never_starts_and_its_dependents_are_cancelled_with_the_reason) {
  Desk desk;
  desk.client(900);
  desk.submit(Plan().add("a").add("b", {"a"}).add("c", {"b"}), {"a", "c"});
  same(desk.cancel({"a"}, 900, false, "not needed"), {"c900 a cancelled cancelled", "c900 c cancelled cancelled"});
  for (const char* name : {"a", "c"}) {
    BOOST_TEST(desk.told(name).blame->message == "not needed");
    BOOST_TEST((desk.told(name).blame->key == desk.keys.at("a")));
  }
  same(desk.node(1), nothing);
}

BOOST_AUTO_TEST_CASE(C2_a_cancel_is_the_clients_own_when_another_wants_the_key) {
  Ready desk;
  desk.client(901);
  desk.submit(Plan().add("a"), {"a"});
  desk.submit(Plan().add("a"), {"a"}, 901);
  same(desk.cancel({"a"}), {"c900 a cancelled cancelled"});
  same(desk.finished("a"), {"c901 a finished"});  // S1: who cancelled is told nothing more.
  BOOST_TEST((desk.told("a").state == FutureState::cancelled));
  same(desk.release({"a"}), nothing);
  same(desk.release({"a"}, 901), {"n1 drop a"});
  BOOST_TEST(desk.core.counts().records == 0u);
}

// Its program holds the future still, and may name it: what the other one does with the result changes nothing for it.
BOOST_AUTO_TEST_CASE(C2_what_builds_on_an_own_cancelled_future_is_cancelled_when_nobody_else_wants_it_any_more) {
  for (const bool is_done : {false, true}) {
    Ready desk;
    desk.client(901);
    desk.submit(Plan().add("a"), {"a"});
    desk.submit(Plan().add("a"), {"a"}, 901);
    same(desk.cancel({"a"}), {"c900 a cancelled cancelled"});
    if (is_done) same(desk.finished("a"), {"c901 a finished"});
    desk.release({"a"}, 901);
    same(desk.submit(Plan().know(desk.keys).add("b", {"a"}).add("c"), {"b", "c"}), {"n1 run c/1", "c900 b cancelled cancelled"});
    same(desk.release({"a", "b"}), nothing);
    same(desk.finished("c"), {"c900 c finished"});
    same(desk.release({"c"}), {"n1 drop c"});
    BOOST_TEST(desk.core.counts().records == 0u);
  }
}

BOOST_AUTO_TEST_CASE(C2_the_first_client_keeps_it_when_the_second_cancels) {
  Ready desk;
  desk.client(901);
  desk.submit(Plan().add("a"), {"a"});
  desk.submit(Plan().add("a"), {"a"}, 901);
  same(desk.cancel({"a"}, 901), {"c901 a cancelled cancelled"});
  same(desk.finished("a"), {"c900 a finished"});
  same(desk.release({"a"}, 901), nothing);
  same(desk.release({"a"}), {"n1 drop a"});
}

BOOST_AUTO_TEST_CASE(C2_force_cancels_it_for_all) {
  Ready desk;
  desk.client(901);
  desk.submit(Plan().add("a"), {"a"});
  desk.submit(Plan().add("a"), {"a"}, 901);
  same(desk.cancel({"a"}, 901, /*force=*/true),
       {"n1 withdraw a/1", "c900 a cancelled cancelled", "c901 a cancelled cancelled"});
}

BOOST_AUTO_TEST_CASE(C2_an_input_of_what_another_client_wants_is_still_computed) {
  Ready desk;
  desk.client(901);
  desk.submit(Plan().add("a").add("mine", {"a"}), {"a", "mine"});
  desk.submit(Plan().add("a").add("theirs", {"a"}), {"theirs"}, 901);
  desk.cancel({"a"});
  BOOST_TEST((desk.told("a").state == FutureState::cancelled));
  BOOST_TEST((desk.told("mine").state == FutureState::cancelled));
  BOOST_TEST((desk.told("theirs", 901).state == FutureState::pending));
  desk.finished("a"), desk.finished("theirs");
  BOOST_TEST((desk.told("theirs", 901).state == FutureState::finished));
  BOOST_TEST((desk.told("a").state == FutureState::cancelled));
  desk.release({"a", "mine"});
  desk.release({"theirs"}, 901);
  BOOST_TEST(desk.core.counts().records == 0u);
}

BOOST_AUTO_TEST_CASE(C3_cancelling_a_running_task_withdraws_it_and_a_late_result_is_thrown_away) {
  Ready desk;
  desk.submit(Plan().add("a"), {"a"});
  same(desk.cancel({"a"}), {"n1 withdraw a/1", "c900 a cancelled cancelled"});
  same(desk.finished("a"), nothing);
  BOOST_TEST((desk.told("a").state == FutureState::cancelled));
}

BOOST_AUTO_TEST_CASE(C4_cancelling_a_finished_key_drops_its_data_and_a_second_cancel_does_nothing) {
  Ready desk;
  desk.submit(Plan().add("a"), {"a"});
  desk.finished("a");
  same(desk.cancel({"a"}), {"n1 drop a", "c900 a cancelled cancelled"});
  same(desk.cancel({"a"}), nothing);
  same(desk.cancel({"a"}, 900, /*force=*/true), nothing);
}

BOOST_AUTO_TEST_CASE(C5_releasing_the_last_handle_of_an_unstarted_task_removes_it_and_what_only_it_needs) {
  Desk desk;
  desk.client(900);
  desk.submit(Plan().add("a").add("b", {"a"}).add("shared").add("c", {"shared"}), {"b", "c"});
  same(desk.release({"b"}), nothing);
  BOOST_TEST(desk.core.counts().records == 2u);
  same(desk.node(1), {"n1 run shared/1", "n1 run c/1 shared@here"});
}

BOOST_AUTO_TEST_CASE(C6_a_cancelled_job_leaves_no_task_and_drops_all_data) {
  Ready desk;
  desk.submit(Plan().add("a").add("b", {"a"}).add("c", {"b"}), {"a", "b", "c"});
  desk.finished("a");
  same(desk.cancel({"a", "b", "c"}), {"n1 withdraw b/1", "n1 withdraw c/1", "n1 drop a", "c900 a cancelled cancelled",
                                      "c900 b cancelled cancelled", "c900 c cancelled cancelled"});
  desk.release({"a", "b", "c"});
  BOOST_TEST(desk.core.counts().records == 0u);
}

BOOST_AUTO_TEST_CASE(W12_the_loss_of_a_client_releases_what_it_wants) {
  Ready desk;
  desk.client(901);
  desk.submit(Plan().add("a"), {"a"});
  desk.submit(Plan().add("b"), {"b"}, 901);
  same(desk.lose_client(901), {"n1 withdraw b/1"});
  same(desk.finished("a"), {"c900 a finished"});
  BOOST_TEST(desk.core.counts().records == 1u);
}

BOOST_AUTO_TEST_CASE(a_submission_that_names_what_the_job_does_not_know_is_refused_whole) {
  Ready desk;
  desk.keys["gone"] = graph::named_key("gone");
  same(desk.submit(Plan().know(desk.keys).add("a").add("b", {"a", "gone"}), {"a", "b"}), {"c900 refused dangling_input a b"});
  same(desk.submit(Plan().add(Task{"x", "missing"}), {"x"}), {"c900 refused unknown_operation x"});
  BOOST_TEST(mentions(desk.refused[1].blame.message, "\"missing\""));
  BOOST_TEST(mentions(desk.refused[1].blame.message, "\"n1\""));
  BOOST_TEST(desk.core.counts().records == 0u);
  BOOST_TEST(desk.core.counts().rejected == 2u);
}

BOOST_AUTO_TEST_CASE(data_that_came_late_to_a_key_nobody_wants_is_dropped) {
  Ready desk(2);
  desk.submit(Plan().add("a"), {"a"});
  desk.finished("a");
  desk.release({"a"});
  same(desk.copied(2, "a"), {"n2 drop a"});
}

BOOST_AUTO_TEST_SUITE_END()
