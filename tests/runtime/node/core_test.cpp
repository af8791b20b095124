// A node's core alone: events in, effects and reports compared whole.
#include "bench.hpp"

using namespace tessera::runtime;
using namespace tessera::runtime::node;

BOOST_AUTO_TEST_SUITE(runtime_node_core)

BOOST_AUTO_TEST_CASE(a_task_runs_its_result_is_kept_and_a_chain_goes_on_without_the_coordinator) {
  Bench bench;
  same(bench.assign({{.name = "a"}, {.name = "b", .inputs = {{"a", 0}}}}), {"spawn a", "spawn b", "run a"});
  same(bench.finish("a"), {"keep a", "run b", "finished a/1"});
  same(bench.finish("b"), {"keep b", "finished b/1"});
  same(bench.drop("a"), {"free a"});
  same(bench.drop("b"), {"free b"});
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(O1_a_lane_takes_higher_priority_then_lower_rank) {
  Bench bench;
  same(bench.assign({{.name = "a", .rank = 9}, {.name = "b", .rank = 5}, {.name = "c", .priority = 1, .rank = 7}, {.name = "d", .rank = 5}}),
       {"spawn a", "spawn b", "spawn c", "spawn d", "run c"});
  same(bench.finish("c"), {"keep c", "run b", "finished c/1"});
  same(bench.finish("b"), {"keep b", "run d", "finished b/1"});
  same(bench.finish("d"), {"keep d", "run a", "finished d/1"});
}

BOOST_AUTO_TEST_CASE(O4_a_higher_priority_does_not_interrupt_what_runs) {
  Bench bench;
  bench.assign({.name = "low"});
  same(bench.assign({.name = "high", .priority = 9}), {"spawn high"});
  same(bench.finish("low"), {"keep low", "run high", "finished low/1"});
}

BOOST_AUTO_TEST_CASE(O6_a_consumer_that_became_ready_goes_before_readers_of_a_later_rank) {
  Bench bench;
  bench.assign({{.name = "read1", .rank = 0}, {.name = "use1", .inputs = {{"read1", 0}}, .rank = 1}, {.name = "read2", .rank = 2}, {.name = "read3", .rank = 4}});
  same(bench.finish("read1"), {"keep read1", "run use1", "finished read1/1"});
  same(bench.finish("use1"), {"keep use1", "run read2", "finished use1/1"});
}

BOOST_AUTO_TEST_CASE(C1_a_withdrawn_task_that_waits_never_starts) {
  Bench bench;
  bench.assign({{.name = "a"}, {.name = "b"}, {.name = "c", .inputs = {{"far", 2}}}});
  same(bench.withdraw("b"), {"end b"});
  same(bench.withdraw("c"), {"n2 unwant far", "end c"});
  same(bench.finish("a"), {"keep a", "finished a/1"});
  bench.drop("a");
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(C3_a_running_task_is_told_to_stop_keeps_its_lane_and_its_result_is_thrown_away) {
  Bench bench;
  bench.assign({{.name = "a"}, {.name = "b", .rank = 1}});
  same(bench.withdraw("a"), {"stop a"});
  BOOST_TEST(bench.core.running() == 1u);  // The lane is busy until the operation returns: `b` does not start.
  same(bench.withdraw("a"), nothing);
  same(bench.finish("a"), {"end a", "run b"});
  same(bench.finish("b"), {"keep b", "finished b/1"});
  bench.drop("b");
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(C3_a_new_attempt_starts_beside_the_old_one_whose_end_does_not_touch_it) {
  Bench bench(2);
  bench.assign({.name = "a", .attempt = 1});
  bench.withdraw("a");
  same(bench.assign({.name = "a", .attempt = 2}), {"spawn a", "run a"});
  same(bench.withdraw("a", 1), nothing);  // Late.
  same(bench.finish("a"), {"keep a", "finished a/2"});
  BOOST_TEST(bench.core.running() == 1u);
}

BOOST_AUTO_TEST_CASE(S4_a_withdrawal_of_an_earlier_attempt_changes_nothing) {
  Bench bench;
  bench.assign({.name = "a", .attempt = 2});
  same(bench.withdraw("a", 1), nothing);
  same(bench.finish("a"), {"keep a", "finished a/2"});
  same(bench.withdraw("a", 1), nothing);
  BOOST_TEST((bench.core.chunks() == 1u));
}

BOOST_AUTO_TEST_CASE(E9_an_operation_that_throws_leaves_the_lane_and_no_reservation) {
  Bench bench;
  bench.assign({.name = "size"});
  bench.finish("size", 100);  // From here on 100 bytes are reserved for each of its kind.
  bench.assign({{.name = "a"}, {.name = "b"}});
  BOOST_TEST(bench.core.ledger().reserved().value == 100u);  // Only what runs holds memory.
  same(bench.fail("a"), {"end a", "run b", "errored a/1 task_failed"});
  BOOST_TEST(bench.core.ledger().reserved().value == 100u);
  bench.finish("b"), bench.drop("b"), bench.drop("size");
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(an_input_elsewhere_is_asked_for_reserved_and_pulled) {
  Bench bench(1, Bytes{100});
  same(bench.assign({.name = "a", .inputs = {{"far", 2}}}), {"spawn a", "n2 want far"});
  same(bench.offer(2, "far", 60), {"pull far from n2"});
  BOOST_TEST(bench.core.ledger().reserved().value == 60u);
  same(bench.pulled("far"), {"run a", "copied far"});
  BOOST_TEST(bench.core.ledger().resident().value == 60u);
  bench.finish("a"), bench.drop("a"), bench.drop("far");
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(a_small_value_comes_with_its_offer) {
  Bench bench;
  bench.assign({.name = "a", .inputs = {{"far", 2}}});
  same(bench.offer(2, "far", 8, /*with_value=*/true), {"adopt far", "run a", "copied far"});
}

BOOST_AUTO_TEST_CASE(one_transfer_serves_several_tasks) {
  Bench bench(2);
  same(bench.assign({{.name = "a", .inputs = {{"far", 2}}}, {.name = "b", .inputs = {{"far", 3}, {"far", 2}}}}),
       {"spawn a", "n2 want far", "spawn b"});
  bench.offer(2, "far");
  same(bench.pulled("far"), {"run a", "run b", "copied far"});
}

BOOST_AUTO_TEST_CASE(a_pull_has_the_rank_of_the_first_attempt_that_lacks_it_whichever_offer_comes_first) {
  for (const bool is_near_first : {false, true}) {
    Bench bench;
    bench.assign({{.name = "a", .inputs = {{"far", 2}}, .rank = 7}, {.name = "b", .inputs = {{"far", 2}, {"near", 2}}, .rank = 3}, {.name = "c", .inputs = {{"near", 2}}, .priority = 1, .rank = 9}});
    bench.offer(2, is_near_first ? "near" : "far");
    bench.offer(2, is_near_first ? "far" : "near");
    BOOST_TEST((bench.pull_ranks.at("far") == memory::Rank(3)));
    BOOST_TEST((bench.pull_ranks.at("near") == memory::Rank(9, 1)));
  }
}

BOOST_AUTO_TEST_CASE(a_holder_that_lacks_the_input_is_reported_and_the_attempt_forgotten) {
  Bench bench;
  bench.assign({.name = "a", .inputs = {{"far", 2}}});
  same(bench.absent(2, "far"), {"end a", "missing a: far@n2"});
  BOOST_TEST(bench.is_clean());
  bench.assign({.name = "a", .inputs = {{"far", 2}}, .attempt = 2});
  bench.offer(2, "far");
  same(bench.pulled("far", /*ok=*/false), {"end a", "missing a: far@n2"});
  BOOST_TEST(bench.is_clean());
  bench.assign({.name = "a", .inputs = {{"far", 2}}, .attempt = 3});
  same(bench.lose(2), {"end a", "missing a: far@n2"});
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(a_redirected_input_comes_from_the_new_holder) {
  Bench bench;
  bench.assign({.name = "a", .inputs = {{"far", 2}}});
  same(bench.redirect("far", 3), {"n2 unwant far", "n3 want far"});
  same(bench.offer(2, "far"), nothing);
  same(bench.offer(3, "far"), {"pull far from n3"});
  same(bench.pulled("far"), {"run a", "copied far"});
}

BOOST_AUTO_TEST_CASE(a_peer_that_asks_early_is_answered_when_the_result_is_there_or_after_some_ticks) {
  Bench bench;
  bench.want(2, "a");
  bench.assign({.name = "a"});
  for (int i = 0; i < 10; ++i) same(bench.tick(), nothing);
  same(bench.finish("a"), {"keep a", "offer a to n2", "finished a/1"});
  same(bench.want(2, "a"), {"offer a to n2"});
  same(bench.want(2, "never"), nothing);
  same(bench.tick(), nothing);
  same(bench.tick(), nothing);
  same(bench.tick(), {"n2 absent never"});
}

BOOST_AUTO_TEST_CASE(a_dropped_input_stays_until_the_task_that_reads_it_ends) {
  Bench bench;
  bench.put("x");
  bench.assign({.name = "a", .inputs = {{"x", 0}}});
  same(bench.drop("x"), nothing);
  same(bench.finish("a"), {"keep a", "free x", "finished a/1"});
}

BOOST_AUTO_TEST_CASE(a_result_that_is_here_already_is_reported_without_a_run) {
  Bench bench;
  bench.assign({.name = "a"});
  bench.finish("a");
  same(bench.assign({.name = "a", .attempt = 2}), {"finished a/2"});
}

BOOST_AUTO_TEST_CASE(resources_are_taken_while_a_task_runs_and_others_pass_by) {
  Bench bench(3, gib(1), {{"gpu", 2}});
  same(bench.assign({{.name = "a", .rank = 1, .resources = {{"gpu", 2}}}, {.name = "b", .rank = 2, .resources = {{"gpu", 1}}}, {.name = "c", .rank = 3}}),
       {"spawn a", "spawn b", "spawn c", "run a", "run c"});
  same(bench.finish("a"), {"keep a", "run b", "finished a/1"});
}

BOOST_AUTO_TEST_CASE(what_can_never_fit_fails_with_numbers_and_what_waits_for_ever_fails_after_some_ticks) {
  Bench bench(1, Bytes{100});
  bench.assign({.name = "a"});
  bench.finish("a", 80);
  bench.assign({.name = "b"});  // Needs 80 as well, and 20 are left.
  BOOST_TEST(bench.core.ledger().waiting() == 1u);
  same(bench.tick(), nothing);
  same(bench.tick(), nothing);
  same(bench.tick(), nothing);
  same(bench.tick(), {"end b", "errored b/1 out_of_memory"});
  bench.drop("a");
  BOOST_TEST(bench.is_clean());
  bench.assign({.name = "c", .inputs = {{"huge", 2}}});
  same(bench.offer(2, "huge", 101), {"n2 unwant huge", "end c", "errored c/1 out_of_memory"});
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(room_that_a_drop_makes_goes_to_who_waits) {
  Bench bench(1, Bytes{100});
  bench.assign({.name = "a"});
  bench.finish("a", 80);
  bench.assign({.name = "b"});
  same(bench.drop("a"), {"free a", "run b"});
}

BOOST_AUTO_TEST_CASE(C6_the_end_of_a_job_leaves_nothing_but_what_runs_and_that_leaves_with_its_end) {
  Bench bench;
  bench.put("x", 1000);
  bench.want(2, "later");
  bench.assign({{.name = "a", .inputs = {{"x", 0}}}, {.name = "b"}, {.name = "c", .inputs = {{"far", 2}}}});
  bench.end_job();
  BOOST_TEST(bench.core.tasks() == 1u);
  same(bench.finish("a"), {"free x", "end a"});
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(O7_the_same_events_give_the_same_effects) {
  const auto run = [] {
    Bench bench(2, Bytes{400});
    Lines all;
    const auto note = [&](const Lines& lines) { all.insert(all.end(), lines.begin(), lines.end()); };
    for (int i = 0; i < 30; ++i)
      note(bench.assign({.name = "t" + std::to_string(i), .inputs = i % 4 == 3 ? std::vector<std::pair<std::string, std::uint32_t>>{{"t" + std::to_string(i - 1), 0}} : std::vector<std::pair<std::string, std::uint32_t>>{}}));
    for (int i = 0; i < 30; ++i) {
      const std::string name = "t" + std::to_string(i);
      bool runs = false;
      for (const std::string& line : all) runs |= line == "run " + name;
      if (runs) note(bench.finish(name, 20));
    }
    return all;
  };
  same(run(), run());
}

BOOST_AUTO_TEST_CASE(what_is_made_here_while_it_is_pulled_and_goes_is_not_pulled_twice) {
  Bench bench(2);
  bench.assign({.name = "a", .inputs = {{"far", 2}}});
  same(bench.offer(2, "far", 5000), {"pull far from n2"});
  bench.assign({.name = "far"});
  bench.finish("far", 5000), bench.finish("a");
  bench.drop("far"), bench.drop("a");
  same(bench.assign({.name = "b", .inputs = {{"far", 2}}}), {"spawn b", "n2 want far"});
  same(bench.offer(2, "far", 5000), nothing);  // The pull is still under way.
  same(bench.pulled("far"), {"run b", "copied far"});
  bench.finish("b");
  bench.drop("far"), bench.drop("b");
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(what_is_made_here_while_it_is_pulled_may_go_to_disk_and_come_back_before_the_pull_answers) {
  Bench bench(1, Bytes{20'000}, {}, /*spills=*/true);
  bench.need["a"] = bench.need["far"] = {Bytes{10}, Bytes{0}, true};
  bench.assign({.name = "a", .inputs = {{"far", 2}}});
  bench.offer(2, "far", 6000);
  bench.assign({.name = "far"});
  bench.finish("far", 6000), bench.finish("a");
  bench.need["big"] = {Bytes{10'000}, Bytes{0}, true};
  bench.assign({.name = "big", .rank = 9});
  same(bench.spilled("far"), {"unload far", "run big"});
  bench.finish("big");
  same(bench.ask("far", 7), {"load far"});
  bench.core.check();
  bench.pulled("far");
  bench.core.check();
  same(bench.loaded("far"), {"deliver 7"});
  for (const char* name : {"far", "a", "big"}) bench.drop(name);
  bench.spilled("a");  // It went with the other, and answers now.
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_SUITE_END()
