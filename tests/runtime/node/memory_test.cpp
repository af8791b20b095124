// Admission, spilling and loading in a node's core.
#include "bench.hpp"

using namespace tessera::runtime;
using namespace tessera::runtime::node;
using enum tessera::runtime::protocol::Eviction;

BOOST_AUTO_TEST_SUITE(runtime_node_memory)

BOOST_AUTO_TEST_CASE(M1_room_is_made_before_a_task_starts_and_what_is_needed_comes_back) {
  Bench bench(1, Bytes{100}, {}, /*spills=*/true);
  bench.assign({.name = "a", .rank = 1});
  bench.finish("a", 60);
  same(bench.assign({.name = "b", .rank = 2}), {"spawn b", "spill a"});
  same(bench.spilled("a"), {"unload a", "run b"});
  BOOST_TEST(bench.core.ledger().resident().value == 0u);
  bench.finish("b", 60);
  // Its input and its output go together: 60 and 60 are more than there is, with b still here.
  same(bench.assign({.name = "c", .inputs = {{"a", 0}}, .rank = 3}), {"spawn c", "end c", "errored c/1 out_of_memory"});
  bench.need["c"] = {Bytes{10}, Bytes{0}, true};
  same(bench.assign({.name = "c", .inputs = {{"a", 0}}, .attempt = 2, .rank = 3}), {"spawn c", "spill b"});
  same(bench.spilled("b"), {"unload b", "load a"});
  same(bench.loaded("a"), {"run c"});
  same(bench.finish("c", 10), {"keep c", "finished c/2"});
  same(bench.drop("a"), {"free a"});
  same(bench.drop("b"), {"free b"});
  same(bench.drop("c"), {"free c"});
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(a_file_is_written_once) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.put("a", 60);
  bench.need["big"] = {Bytes{50}, Bytes{0}, true};
  bench.assign({.name = "big", .rank = 4});
  bench.spilled("a");
  bench.finish("big", 50);
  same(bench.ask("a", 7), {"spill big"});
  same(bench.spilled("big"), {"unload big", "load a"});
  same(bench.loaded("a"), {"deliver 7"});
  same(bench.ask("big", 8), {"unload a", "load big"});  // No second file.
  same(bench.loaded("big"), {"deliver 8"});
}

BOOST_AUTO_TEST_CASE(M7_what_is_needed_latest_goes_first_and_what_is_in_use_never) {
  Bench bench(1, Bytes{100}, {}, true);
  for (const char* name : {"a", "b", "c", "d"}) bench.put(name, 20);
  bench.assign({.name = "uses_a", .inputs = {{"a", 0}}, .rank = 1});  // Runs: a is in use.
  bench.assign({{.name = "uses_d", .inputs = {{"d", 0}}, .rank = 5}, {.name = "uses_b", .inputs = {{"b", 0}}, .rank = 9}});
  same(bench.measured(0), nothing);
  bench.finish("uses_a", 5);
  // uses_d runs. For 45 bytes first what nobody needs goes, the latest made before the others; not b, which is needed late, and never d.
  same(bench.assign({.name = "far", .inputs = {{"e", 2}}, .rank = 2}), {"spawn far", "n2 want e"});
  same(bench.offer(2, "e", 45), {"spill uses_a", "spill a", "spill c"});
}

BOOST_AUTO_TEST_CASE(M4_a_file_that_is_no_good_is_a_lost_copy) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.assign({.name = "a"});
  bench.finish("a", 60);
  bench.assign({.name = "b", .rank = 1});
  bench.spilled("a");
  bench.finish("b", 50);
  bench.need["c"] = bench.need["d"] = {Bytes{10}, Bytes{0}, true};
  same(bench.assign({{.name = "c", .inputs = {{"a", 0}}, .rank = 2}, {.name = "d", .inputs = {{"a", 0}, {"far", 2}}, .rank = 3}}),
       {"spawn c", "spawn d", "n2 want far", "spill b"});
  same(bench.spilled("b"), {"unload b", "load a"});
  same(bench.loaded("a", /*ok=*/false),
       {"free a", "end c", "n2 unwant far", "end d", "evicted a", "missing c: a@n1", "missing d: a@n1"});
  same(bench.drop("b"), {"free b"});
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(M4_the_coordinator_hears_of_a_bad_file_that_only_a_program_asked_for) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.assign({.name = "a"});
  bench.finish("a", 60);
  bench.assign({.name = "b", .rank = 1});
  bench.spilled("a");
  bench.finish("b", 30);
  bench.drop("b");
  same(bench.ask("a", 7), {"load a"});
  same(bench.loaded("a", /*ok=*/false), {"free a", "deliver nothing 7", "evicted a"});
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(M5_a_full_disk_lets_others_go_on_and_then_fails_who_waits_with_its_words) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.put("a", 60);
  bench.assign({.name = "b", .inputs = {{"a", 0}}, .rank = 1});
  bench.finish("b", 30);
  same(bench.assign({{.name = "c", .rank = 2}, {.name = "waits", .inputs = {{"b", 0}}, .rank = 3}}), {"spawn c", "spawn waits", "spill a"});
  same(bench.spilled("a", /*ok=*/false), nothing);
  for (int i = 0; i < 3; ++i) {
    same(bench.tick(), {"spill a"});  // Room may have come back.
    same(bench.spilled("a", false), nothing);
  }
  same(bench.tick(), {"end c", "spill a", "errored c/1 out_of_disk"});
  same(bench.spilled("a", true), {"unload a", "run waits"});
}

BOOST_AUTO_TEST_CASE(M6_who_does_not_fit_lets_those_pass_that_free_what_it_needs) {
  Bench bench(1, Bytes{100});
  bench.assign({.name = "a", .rank = 0});
  bench.finish("a", 60);
  // The reader is first and needs 60 as well; the consumer of a ends, and a goes.
  bench.need["reader"] = {Bytes{60}, Bytes{0}, true};
  bench.need["consumer"] = {Bytes{5}, Bytes{0}, true};
  same(bench.assign({{.name = "reader", .rank = 1}, {.name = "consumer", .inputs = {{"a", 0}}, .rank = 2}}),
       {"spawn reader", "spawn consumer", "run consumer"});
  same(bench.finish("consumer", 5), {"keep consumer", "finished consumer/1"});
  same(bench.drop("a"), {"free a", "run reader"});
}

BOOST_AUTO_TEST_CASE(a_declared_need_is_reserved_with_scratch_and_given_back) {
  Bench bench(2, Bytes{100});
  bench.need["a"] = {Bytes{30}, Bytes{40}, true};
  bench.need["b"] = {Bytes{20}, Bytes{20}, true};
  same(bench.assign({{.name = "a", .rank = 1}, {.name = "b", .rank = 2}}), {"spawn a", "spawn b", "run a"});
  BOOST_TEST(bench.core.ledger().reserved().value == 70u);
  same(bench.finish("a", 30), {"keep a", "run b", "finished a/1"});
  BOOST_TEST(bench.core.ledger().resident().value == 30u);
  BOOST_TEST(bench.core.ledger().reserved().value == 40u);
  bench.need["huge"] = {Bytes{50}, Bytes{51}, true};
  bench.finish("b", 20);
  same(bench.assign({.name = "huge", .rank = 3}), {"spawn huge", "end huge", "errored huge/1 out_of_memory"});
}

BOOST_AUTO_TEST_CASE(O6_readers_start_one_lane_at_a_time_and_hold_no_memory_before) {
  Bench bench(1, Bytes{1000});
  std::vector<Bench::Task> tasks;
  for (std::uint64_t i = 0; i < 10; ++i) {
    const std::string n = std::to_string(i);
    bench.need["read" + n] = {Bytes{100}, Bytes{0}, true};
    bench.need["use" + n] = {Bytes{1}, Bytes{0}, true};
    tasks.push_back({.name = "read" + n, .rank = 2 * i});
    tasks.push_back({.name = "use" + n, .inputs = {{"read" + n, 0}}, .rank = 2 * i + 1});
  }
  bench.assign(tasks);
  for (std::uint64_t i = 0; i < 10; ++i) {
    const std::string n = std::to_string(i);
    BOOST_TEST(bench.core.ledger().reserved().value == 100u);
    bench.finish("read" + n, 100);
    bench.drop("read" + n);
    bench.finish("use" + n, 1);
    BOOST_TEST(bench.core.ledger().resident().value == i + 1);
  }
}

BOOST_AUTO_TEST_CASE(O6_a_reader_waits_for_what_is_used_for_the_last_time_instead_of_sending_others_to_disk) {
  const auto filled = [](Bench& bench, std::uint8_t uses) {
    for (const char* name : {"a", "b", "c"}) bench.need[name] = {Bytes{40}, Bytes{0}, true};
    bench.need["sum"] = {Bytes{10}, Bytes{0}, true};
    for (const char* name : {"a", "b"}) bench.assign({.name = name, .rank = 1}), bench.finish(name, 40);
    bench.assign({.name = "sum", .inputs = {{"a", 0}}, .rank = 2, .uses = uses});
    return bench.assign({.name = "c", .rank = 3});
  };
  {
    Bench bench(2, Bytes{100}, {}, /*spills=*/true);
    same(filled(bench, 1), {"spawn c"});
    same(bench.finish("sum", 10), {"keep sum", "free a", "run c", "finished sum/1"});
    same(bench.drop("a"), nothing);  // The coordinator hears of it later.
  }
  {  // Others need it, too.
    Bench bench(2, Bytes{100}, {}, /*spills=*/true);
    same(filled(bench, 2), {"spawn c", "spill b"});
  }
}

BOOST_AUTO_TEST_CASE(O6_what_was_used_for_the_last_time_goes_without_a_word_of_the_coordinator) {
  Bench bench(1, Bytes{100}, {}, false, /*value_max=*/Bytes{4});
  bench.put("small", 1), bench.put("kept", 20), bench.put("shared", 20), bench.put("last", 20);
  bench.assign({.name = "x", .inputs = {{"kept", 0}}});
  same(bench.finish("x"), {"keep x", "finished x/1"});
  bench.assign({.name = "y", .inputs = {{"shared", 0}}, .uses = 2});
  same(bench.finish("y"), {"keep y", "finished y/1"});
  bench.assign({.name = "z", .inputs = {{"last", 0}}, .uses = 1});
  same(bench.fail("z"), {"end z", "errored z/1 task_failed"});  // It may be tried again.
  bench.assign({.name = "z", .inputs = {{"last", 0}}, .attempt = 2, .uses = 1});
  same(bench.finish("z"), {"keep z", "free last", "finished z/2"});
}

namespace {
/// Readers of 100 bytes with even ranks, and after each who needs it.
void add_chain(Bench& bench, int first, int last, const std::string& besides) {
  std::vector<Bench::Task> tasks;
  for (int i = first; i <= last; ++i) {
    const std::string n = std::to_string(i);
    bench.need["r" + n] = {Bytes{100}, Bytes{0}, true}, bench.need["c" + n] = {Bytes{10}, Bytes{0}, true};
    std::vector<std::pair<std::string, std::uint32_t>> inputs{{"r" + n, 0}};
    if (besides == "far") inputs.push_back({"far", 2});
    else if (i > 0) inputs.push_back({besides + std::to_string(i - 1), 0});
    tasks.push_back({.name = "r" + n, .rank = static_cast<std::uint64_t>(2 * i)});
    tasks.push_back({.name = "c" + n, .inputs = inputs, .rank = static_cast<std::uint64_t>(2 * i + 1)});
  }
  bench.assign(tasks);
}
}  // namespace

BOOST_AUTO_TEST_CASE(O6_who_reads_starts_only_when_what_it_feeds_can_follow) {
  Bench bench(2, Bytes{1000}, {}, false, /*value_max=*/Bytes{4});
  add_chain(bench, 0, 9, "c");
  same(bench.finish("r0", 100), {"keep r0", "run c0", "finished r0/1"});
  same(bench.finish("r1", 100), {"keep r1", "run r2", "finished r1/1"});
  same(bench.finish("r2", 100), {"keep r2", "run r3", "finished r2/1"});
  same(bench.finish("r3", 100), {"keep r3", "finished r3/1"});  // A result for each lane, and more, wait for the chain.
  bench.need["urgent"] = {Bytes{100}, Bytes{0}, true};
  same(bench.assign({.name = "urgent", .priority = 1, .rank = 99}), {"spawn urgent", "run urgent"});
  bench.finish("urgent", 100);
  same(bench.finish("c0"), {"keep c0", "run c1", "run r4", "finished c0/1"});
  same(bench.finish("r4", 100), {"keep r4", "finished r4/1"});
  same(bench.withdraw("c2"), {"end c2", "run r5"});  // Nobody waits for r2 any more.
}

BOOST_AUTO_TEST_CASE(O6_what_the_next_one_needs_is_read_however_much_it_is) {
  Bench bench(2, Bytes{1000}, {}, false, /*value_max=*/Bytes{4});
  std::vector<Bench::Task> tasks;
  Bench::Task all{.name = "all", .rank = 9};
  for (std::uint64_t i = 0; i < 7; ++i) {
    const std::string name = "r" + std::to_string(i);
    bench.need[name] = {Bytes{100}, Bytes{0}, true};
    tasks.push_back({.name = name, .rank = i});
    all.inputs.push_back({name, 0});
  }
  tasks.push_back(all);
  bench.assign(tasks);
  for (int i = 0; i < 5; ++i) {
    const std::string n = std::to_string(i);
    same(bench.finish("r" + n, 100), {"keep r" + n, "run r" + std::to_string(i + 2), "finished r" + n + "/1"});
  }
  bench.finish("r5", 100);
  same(bench.finish("r6", 100), {"keep r6", "run all", "finished r6/1"});
}

BOOST_AUTO_TEST_CASE(O6_readers_go_on_one_at_a_time_where_the_next_one_waits_for_another_node) {
  Bench bench(2, Bytes{1000}, {}, false, /*value_max=*/Bytes{4});
  add_chain(bench, 0, 9, "far");
  for (const char* name : {"r0", "r1", "r2"}) bench.finish(name, 100);
  same(bench.finish("r3", 100), {"keep r3", "run r4", "finished r3/1"});
  same(bench.finish("r4", 100), {"keep r4", "run r5", "finished r4/1"});
}

BOOST_AUTO_TEST_CASE(M2_what_is_reserved_and_not_touched_hides_nothing_that_the_process_takes) {
  Bench bench(1, Bytes{1000});
  bench.need["a"] = {Bytes{300}, Bytes{0}, true};
  bench.assign({.name = "a"});
  bench.measured(250, 0);
  BOOST_TEST(bench.core.ledger().overhead().value == 250u);
  bench.measured(250, 200);  // The task has filled 200 of its 300.
  BOOST_TEST(bench.core.ledger().overhead().value == 50u);
  bench.measured(250);       // Nobody knows what of it is the task's.
  BOOST_TEST(bench.core.ledger().overhead().value == 0u);
  bench.finish("a", 300);
  bench.measured(350, 100);  // 300 are the result's, which is no block.
  BOOST_TEST(bench.core.ledger().overhead().value == 50u);
}

BOOST_AUTO_TEST_CASE(a_result_whose_copy_is_on_disk_already_is_thrown_away) {
  Bench bench(1, Bytes{100}, {}, /*spills=*/true);
  bench.need["a"] = {Bytes{10}, Bytes{0}, true};
  bench.assign({.name = "a"});
  bench.assign({.name = "b", .inputs = {{"a", 0}}, .rank = 1});
  same(bench.redirect("a", 2), {"n2 want a"});
  bench.offer(2, "a", 40);
  bench.pulled("a");
  same(bench.measured(120), {"spill a"});
  same(bench.spilled("a"), {"unload a"});
  const Lines lines = bench.finish("a", 10);
  BOOST_TEST(text(lines).find("end a") != std::string::npos, text(lines));
  BOOST_TEST(text(lines).find("keep a") == std::string::npos, text(lines));
  BOOST_TEST(bench.core.ledger().resident().value == 0u);
}

BOOST_AUTO_TEST_CASE(a_more_urgent_task_takes_the_turn_of_one_that_waits_for_memory) {
  Bench bench(2, Bytes{100});
  bench.need["runs"] = {Bytes{80}, Bytes{0}, true};
  bench.need["large"] = {Bytes{60}, Bytes{0}, true};
  bench.need["urgent"] = {Bytes{10}, Bytes{0}, true};
  bench.need["small"] = {Bytes{10}, Bytes{0}, true};
  bench.assign({{.name = "runs", .rank = 1}, {.name = "large", .rank = 2}});
  same(bench.assign({.name = "small", .rank = 3}), {"spawn small"});  // The large one is not overtaken.
  same(bench.assign({.name = "urgent", .priority = 1, .rank = 9}), {"spawn urgent", "run urgent"});
}

namespace {
/// `a` is on disk, for `b`, which takes its room.
void send_to_disk(Bench& bench) {
  bench.put("a", 60);
  bench.need["b"] = {Bytes{50}, Bytes{0}, true};
  bench.assign({.name = "b", .rank = 1});
  bench.spilled("a");
  bench.finish("b", 50);
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_peer_that_pulls_what_is_on_disk_gets_it_into_memory) {
  Bench bench(1, Bytes{100}, {}, true);
  send_to_disk(bench);
  same(bench.want(3, "a"), {"offer a to n3"});
  BOOST_TEST(bench.core.find_resident({graph::named_key("a"), Bench::job}) == nil);
  same(bench.provide("a"), {"spill b"});
  same(bench.spilled("b"), {"unload b", "load a"});
  same(bench.loaded("a"), {"provided a"});
  BOOST_TEST(bench.core.find_resident({graph::named_key("a"), Bench::job}) != nil);
}

BOOST_AUTO_TEST_CASE(what_a_peer_pulls_stays_until_it_is_served_whoever_waits_for_its_room) {
  Bench bench(1, Bytes{100}, {}, true);
  send_to_disk(bench);
  bench.provide("a");
  bench.spilled("b");
  bench.need["c"] = {Bytes{80}, Bytes{0}, true};
  bench.assign({.name = "c", .rank = 2});
  same(bench.loaded("a"), {"provided a"});  // It was unloaded here at once, and the peer asked again, and so on.
  same(bench.provide("a"), nothing);
  same(bench.tick(), nothing);
  same(bench.served("a"), {"unload a", "run c"});
  same(bench.served("a"), nothing);
}

BOOST_AUTO_TEST_CASE(what_a_peer_pulls_and_does_not_take_makes_room_after_some_ticks) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.put("a", 60);
  bench.provide("a");
  bench.need["c"] = {Bytes{80}, Bytes{0}, true};
  same(bench.assign({.name = "c", .rank = 2}), {"spawn c"});
  for (int i = 0; i < 2; ++i) same(bench.tick(), nothing);
  same(bench.tick(), {"spill a"});
  same(bench.spilled("a"), {"unload a", "run c"});
}

BOOST_AUTO_TEST_CASE(M4_a_peer_that_waits_for_a_file_that_is_no_good_hears_of_it) {
  Bench bench(1, Bytes{100}, {}, true);
  send_to_disk(bench);
  bench.drop("b");
  same(bench.provide("a"), {"load a"});
  same(bench.loaded("a", false), {"provided a", "free a", "evicted a"});
}

BOOST_AUTO_TEST_CASE(what_the_process_itself_takes_is_off_the_limit) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.measured(20);
  BOOST_TEST(bench.core.ledger().overhead().value == 20u);
  bench.put("a", 40);
  bench.measured(90);  // Some library keeps 50.
  BOOST_TEST(bench.core.ledger().overhead().value == 50u);
  same(bench.measured(130), {"spill a"});
  BOOST_TEST(bench.core.ledger().overrun().value == 30u);  // Nobody asked for it: it is booked, and room is made.
  same(bench.spilled("a"), {"unload a"});
  BOOST_TEST(bench.core.ledger().overrun().value == 0u);
  bench.measured(60);
  BOOST_TEST(bench.core.ledger().overhead().value == 60u);
}

BOOST_AUTO_TEST_CASE(the_margin_is_off_the_limit_before_anything_is_measured_and_after) {
  Config config;
  config.lanes = 1, config.limit = Bytes{100}, config.margin = Bytes{8};
  Core core(config);
  Effects out;
  BOOST_TEST(core.ledger().available().value == 92u);
  core.step(Measured{Bytes{20}}, out);
  BOOST_TEST(core.ledger().available().value == 72u);
  core.step(Measured{Bytes{30}}, out);
  BOOST_TEST(core.ledger().overhead().value == 38u);
  core.step(Measured{Bytes{10}}, out);
  BOOST_TEST(core.ledger().overhead().value == 18u);
}

BOOST_AUTO_TEST_CASE(what_the_process_takes_for_a_while_makes_others_wait_and_ends_nothing) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.measured(10);
  bench.put("a", 60);
  bench.need["b"] = {Bytes{40}, Bytes{0}, true};
  bench.assign({.name = "b", .rank = 1});
  same(bench.spilled("a"), {"unload a", "run b"});
  bench.finish("b", 40);
  bench.measured(140);  // The program holds the value that it was given.
  same(bench.assign({.name = "c", .inputs = {{"b", 0}}, .rank = 2}), {"spawn c"});
  same(bench.ask("a", 7), nothing);
  bench.measured(60);
  same(bench.spilled("b"), {"unload b", "load a"});
  same(bench.loaded("a"), {"deliver 7", "unload a", "load b"});
  same(bench.loaded("b"), {"run c"});
}

BOOST_AUTO_TEST_CASE(a_pull_that_never_gets_room_is_given_up_and_said) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.measured(10);
  same(bench.assign({.name = "b", .inputs = {{"far", 2}}}), {"spawn b", "n2 want far"});
  same(bench.offer(2, "far", 95), {"n2 unwant far", "end b", "errored b/1 out_of_memory"});
  bench.put("x", 1);
  bench.measured(61);  // And so it stays.
  same(bench.assign({.name = "c", .inputs = {{"far", 2}}}), {"spawn c", "n2 want far"});
  same(bench.offer(2, "far", 50), {"spill x"});
  same(bench.spilled("x"), {"unload x"});
  for (int i = 0; i < 3; ++i) same(bench.tick(), nothing);
  same(bench.tick(), {"n2 unwant far", "end c", "errored c/1 out_of_memory"});
  bench.drop("x");
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(C6_a_job_that_ends_while_the_disk_works_leaves_nothing) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.put("a", 60);
  bench.need["b"] = bench.need["c"] = {Bytes{30}, Bytes{0}, true};
  bench.assign({.name = "b", .rank = 1});
  bench.finish("b", 30);
  same(bench.assign({.name = "c", .rank = 2}), {"spawn c", "spill b"});
  bench.end_job();
  same(bench.spilled("b"), {"free b"});
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(M9_what_is_cheaper_to_make_again_than_to_write_and_read_is_dropped_and_said) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.assign({.name = "quick", .rank = 1, .eviction = if_cheaper});
  bench.finish("quick", 50, Duration{80});  // At 1 MiB each millisecond 50 bytes take 47 ns there and as much back.
  bench.need["next"] = bench.need["more"] = {Bytes{60}, Bytes{0}, true};
  same(bench.assign({.name = "next", .rank = 2, .eviction = if_cheaper}), {"spawn next", "free quick", "run next", "evicted quick"});
  bench.finish("next", 60, Duration{200});
  same(bench.assign({.name = "more", .rank = 3}), {"spawn more", "spill next"});
}

BOOST_AUTO_TEST_CASE(M9_what_has_inputs_is_dropped_where_making_all_that_it_is_made_of_again_is_cheaper_too) {
  for (const std::int64_t last : {10, 20}) {  // 50 bytes take 95 ns there and back: c takes 40 + 40 + 10, or as much as that.
    Bench bench(1, Bytes{100}, {}, true);
    bench.need["b"] = {Bytes{5}, Bytes{0}, true};
    bench.need["c"] = {Bytes{50}, Bytes{0}, true};
    bench.need["next"] = {Bytes{60}, Bytes{0}, true};
    bench.assign({.name = "a", .rank = 1, .eviction = if_cheaper});
    bench.finish("a", 2, Duration{20});
    bench.assign({.name = "b", .inputs = {{"a", 0}, {"a", 0}}, .rank = 1, .eviction = if_cheaper});  // What is used twice counts twice.
    bench.finish("b", 5, Duration{40});
    bench.assign({.name = "c", .inputs = {{"b", 0}}, .rank = 1, .eviction = if_cheaper});
    bench.drop("a"), bench.finish("c", 50, Duration{last}), bench.drop("b");
    same(bench.assign({.name = "next", .rank = 2}),
         last == 10 ? Lines{"spawn next", "free c", "run next", "evicted c"} : Lines{"spawn next", "spill c"});
  }
}

BOOST_AUTO_TEST_CASE(M9_what_was_not_made_here_alone_of_pure_results_of_known_size_is_written) {
  enum class How { pure, impure, put, copy, unknown_size, no_disk, large_input };
  for (const How how : {How::pure, How::impure, How::put, How::copy, How::unknown_size, How::no_disk, How::large_input}) {
    Bench bench(2, Bytes{100}, {}, how != How::no_disk, Bytes{0});
    bench.need["a"] = {Bytes{5}, Bytes{0}, true};
    if (how != How::unknown_size) bench.need["b"] = {Bytes{40}, Bytes{0}, true};
    bench.need["next"] = {Bytes{70}, Bytes{0}, true};
    if (how == How::put) bench.put("a", 5);
    if (how != How::put && how != How::copy) bench.assign({.name = "a", .rank = 1, .eviction = how == How::impure ? never : if_cheaper}), bench.finish("a", how == How::large_input ? 45 : 5, Duration{1});
    bench.assign({.name = "b", .inputs = {{"a", how == How::copy ? 2u : 0u}}, .rank = 1, .eviction = if_cheaper});
    if (how == How::copy) bench.offer(2, "a", 5), bench.pulled("a");
    bench.finish("b", 40, Duration{1});
    bench.drop("a");
    const Lines lines = bench.assign({.name = "next", .rank = 2});
    BOOST_TEST((std::ranges::count(lines, "free b") == 1) == (how == How::pure), text(lines));
    BOOST_TEST((std::ranges::count(lines, "spill b") == 1) == (how != How::pure && how != How::no_disk), text(lines));
  }
}

BOOST_AUTO_TEST_CASE(M9_the_cost_of_the_disk_is_what_it_took) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.need["b"] = bench.need["c"] = {Bytes{60}, Bytes{0}, true};
  bench.put("a", 50);
  bench.assign({.name = "b", .rank = 2, .eviction = if_cheaper});
  bench.spilled("a", true, milliseconds(500));  // A slow one: 50 bytes in half a second.
  bench.finish("b", 60, microseconds(20));
  same(bench.assign({.name = "c", .rank = 3}), {"spawn c", "free b", "run c", "evicted b"});
}

BOOST_AUTO_TEST_CASE(M9_what_is_named_here_or_offered_or_may_not_be_made_again_is_written) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.need["use"] = {Bytes{1}, Bytes{0}, true};
  bench.need["big"] = {Bytes{90}, Bytes{0}, true};
  for (const auto& [name, how] : {std::pair{"named", if_cheaper}, {"offered", if_cheaper}, {"often", if_stuck}, {"once", never}}) {
    bench.need[name] = {Bytes{20}, Bytes{0}, true};
    bench.assign({.name = name, .rank = 1, .eviction = how});
    bench.finish(name, 20, Duration{1});
  }
  same(bench.want(2, "offered"), {"offer offered to n2"});
  bench.assign({.name = "far", .inputs = {{"named", 0}, {"elsewhere", 3}}, .rank = 9});
  same(bench.assign({.name = "big", .rank = 2}), {"spawn big", "spill offered", "spill often", "spill once", "spill named"});
}

BOOST_AUTO_TEST_CASE(M9_where_nothing_can_be_written_what_can_be_made_again_makes_room_for_who_waits) {
  Bench bench(1, Bytes{100}, {}, false, /*value_max=*/Bytes{0});
  for (const char* name : {"a", "b", "c", "d"}) {
    bench.need[name] = {Bytes{20}, Bytes{0}, true};
    bench.assign({.name = name, .rank = 1, .eviction = name[0] == 'a' ? never : if_stuck});
    bench.finish(name, 20, seconds(9));
  }
  bench.need["next"] = {Bytes{50}, Bytes{0}, true};
  bench.need["huge"] = {Bytes{90}, Bytes{0}, true};
  // Of two that an attempt names, the one that is needed later than the first that waits: its attempt is given back.
  bench.assign({{.name = "early", .inputs = {{"b", 0}, {"x", 2}}, .rank = 2}, {.name = "late", .inputs = {{"c", 0}, {"x", 2}}, .rank = 9}});
  same(bench.assign({.name = "next", .rank = 5}),
       {"spawn next", "free d", "end late", "free c", "run next", "evicted d", "evicted c", "missing late: c@n1"});
  bench.finish("next", 50);
  // What would not be enough stays.
  same(bench.assign({.name = "huge", .rank = 6}), {"spawn huge"});
}

BOOST_AUTO_TEST_CASE(M9_a_full_disk_fails_nobody_while_something_can_be_made_again) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.need["a"] = bench.need["b"] = {Bytes{60}, Bytes{0}, true};
  bench.assign({.name = "a", .rank = 1, .eviction = if_stuck});
  bench.finish("a", 60, seconds(9));
  same(bench.assign({.name = "b", .rank = 2}), {"spawn b", "spill a"});
  same(bench.spilled("a", /*ok=*/false), {"free a", "run b", "evicted a"});
  bench.finish("b", 60);
  bench.drop("b");
  BOOST_TEST(bench.is_clean());
}

BOOST_AUTO_TEST_CASE(a_copy_that_makes_room_is_said) {
  Bench bench(1, Bytes{100}, {}, true);
  bench.assign({.name = "a", .inputs = {{"far", 2}}, .rank = 1});
  bench.offer(2, "far", 30);
  bench.need["a"] = {Bytes{1}, Bytes{0}, true};
  bench.need["b"] = {Bytes{80}, Bytes{0}, true};
  same(bench.pulled("far"), {"run a", "copied far"});
  bench.finish("a", 1);
  same(bench.assign({.name = "b", .rank = 2}), {"spawn b", "spill a", "free far", "run b", "evicted far"});
}

BOOST_AUTO_TEST_SUITE_END()
