// Whose memory is whose, by operation; that the entries add up to the node's own numbers is asserted after each step of every test on a bench.
#include "runtime/node/usage.hpp"

#include "bench.hpp"

using namespace tessera::runtime;
using namespace tessera::runtime::node;
using protocol::OperationStatus;

namespace {
/// "name done/running resident+reserved+spilled largest", largest first.
Lines usage(const Core& core) {
  const auto name_of = [](JobId job, OperationId operation) { return "op" + std::to_string(job.value) + "." + std::to_string(operation.value); };
  Lines lines;
  for (const OperationStatus& one : largest_first(core.by_operation(name_of), 9))
    lines.push_back(one.name + " " + std::to_string(one.done) + "/" + std::to_string(one.running) + " " + std::to_string(one.resident.value) + "+" +
                    std::to_string(one.reserved.value) + "+" + std::to_string(one.spilled.value) + " " + std::to_string(one.largest.value));
  return lines;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_node_usage)

BOOST_AUTO_TEST_CASE(results_count_for_the_operation_that_made_them_and_data_for_scatter) {
  Bench bench(1, Bytes{1000});
  same(usage(bench.core), nothing);
  bench.put("data", 50);
  bench.need["a"] = bench.need["b"] = {Bytes{30}, Bytes{5}, true};
  bench.assign({{.name = "a", .inputs = {{"data", 0}}, .rank = 1, .operation = 3}, {.name = "b", .inputs = {{"a", 0}}, .rank = 2, .operation = 4}});
  same(usage(bench.core), {"scatter 0/0 50+0+0 0", "op1.3 0/1 0+35+0 0"});
  bench.finish("a", 20);
  same(usage(bench.core), {"scatter 0/0 50+0+0 0", "op1.4 0/1 0+35+0 0", "op1.3 1/0 20+0+0 20"});
  bench.finish("b", 40);
  bench.drop("a");
  same(usage(bench.core), {"scatter 0/0 50+0+0 0", "op1.4 1/0 40+0+0 40", "op1.3 1/0 0+0+0 20"});
  bench.assign({.name = "c", .rank = 3, .operation = 3});
  bench.finish("c", 7);
  bench.drop("data");
  same(usage(bench.core), {"op1.4 1/0 40+0+0 40", "op1.3 2/0 7+0+0 20"});
}

BOOST_AUTO_TEST_CASE(what_fails_is_not_done_and_holds_nothing) {
  Bench bench(1, Bytes{1000});
  bench.assign({.name = "a", .operation = 3});
  bench.fail("a");
  same(usage(bench.core), nothing);
}

BOOST_AUTO_TEST_CASE(on_disk_and_on_its_way_back_it_stays_its_operations) {
  Bench bench(1, Bytes{100}, {}, /*spills=*/true);
  bench.assign({.name = "a", .rank = 1, .operation = 3});
  bench.finish("a", 60);
  bench.need["b"] = {Bytes{50}, Bytes{0}, true};
  bench.assign({.name = "b", .rank = 2, .operation = 4});
  same(usage(bench.core), {"op1.3 1/0 60+0+0 60"});  // It is being written, and in memory.
  bench.spilled("a");
  same(usage(bench.core), {"op1.3 1/0 0+0+60 60", "op1.4 0/1 0+50+0 0"});
  bench.finish("b", 30);
  bench.ask("a", 7);
  same(usage(bench.core), {"op1.3 1/0 0+60+60 60", "op1.4 1/0 30+0+0 30"});
  bench.loaded("a");
  same(usage(bench.core), {"op1.3 1/0 60+0+0 60", "op1.4 1/0 30+0+0 30"});
}

BOOST_AUTO_TEST_CASE(what_other_nodes_made_are_copies_from_the_first_byte_on) {
  Bench bench(1, Bytes{1000});
  bench.assign({.name = "a", .inputs = {{"far", 2}}, .operation = 3});
  bench.offer(2, "far", 70);
  same(usage(bench.core), {"copies 0/0 0+70+0 0"});
  bench.need["a"] = {Bytes{30}, Bytes{0}, true};
  bench.pulled("far");
  same(usage(bench.core), {"copies 0/0 70+0+0 0", "op1.3 0/1 0+30+0 0"});
  bench.finish("a", 10);
  bench.drop("far");
  same(usage(bench.core), {"op1.3 1/0 10+0+0 10"});
}

BOOST_AUTO_TEST_CASE(a_job_that_ends_takes_its_numbers_along) {
  Bench bench(2, Bytes{100}, {}, true);
  bench.assign({{.name = "a", .rank = 1, .operation = 3}, {.name = "runs", .rank = 2, .operation = 5}});
  bench.finish("a", 80);
  bench.need["b"] = {Bytes{50}, Bytes{0}, true};
  bench.assign({.name = "b", .rank = 3, .operation = 4});
  bench.end_job();
  // The disk still writes a, and the lane is busy until the operation returns.
  same(usage(bench.core), {"op1.5 0/1 0+6+0 0", "others 0/0 80+0+0 0"});
  bench.spilled("a");
  bench.finish("runs", 5);
  same(usage(bench.core), nothing);
  bench.assign({.name = "c", .operation = 6});
  bench.finish("c", 5);
  same(usage(bench.core), {"op1.6 1/0 5+0+0 5"});
}

BOOST_AUTO_TEST_CASE(of_more_operations_than_places_the_last_are_others) {
  Bench bench(1, gib(1));
  std::vector<Bench::Task> tasks;
  Core& core = bench.core;
  protocol::Assign batch;
  batch.job = Bench::job;
  constexpr std::uint32_t count = 70'000;
  for (std::uint32_t i = 0; i < count; ++i) {
    protocol::Assignment one;
    one.key = {1, i + 1}, one.task = TaskId{i}, one.attempt = Attempt{1}, one.operation = OperationId{i}, one.rank = i;
    batch.tasks.push_back(one);
  }
  Effects effects;
  core.step(std::make_shared<const protocol::Assign>(std::move(batch)), effects);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto run = std::find_if(effects.begin(), effects.end(), [](const Effect& one) { return std::holds_alternative<RunTask>(one); });
    BOOST_REQUIRE((run != effects.end()));
    const TaskSlot task = std::get<RunTask>(*run).task;
    effects.clear();
    core.step(LaneFinished{task, Bytes{8}, microseconds(1), {}}, effects);
  }
  BOOST_TEST(adds_up(core));
  const auto all = core.by_operation([](JobId, OperationId operation) { return std::to_string(operation.value); });
  const auto others = std::ranges::find(all, std::string(protocol::other_operations), &OperationStatus::name);
  BOOST_REQUIRE((others != all.end()));
  BOOST_TEST(others->done == count - 0xFFFEu);
  BOOST_TEST(others->resident.value == 8u * (count - 0xFFFEu));
}

BOOST_AUTO_TEST_CASE(a_list_merges_names_and_has_a_bound) {
  std::vector<OperationStatus> all;
  for (std::uint64_t i = 0; i < 10; ++i) all.push_back({.name = "op" + std::to_string(i), .done = 1, .resident = Bytes{i}, .largest = Bytes{i}});
  all.push_back({.name = "op2", .done = 5, .running = 1, .spilled = Bytes{100}, .largest = Bytes{50}});
  all.push_back({.name = protocol::other_operations, .done = 4, .reserved = Bytes{3}});
  const auto list = largest_first(all, 3);
  BOOST_REQUIRE(list.size() == 4u);
  BOOST_TEST(list[0].name == "op2");
  BOOST_TEST(list[0].done == 6u);
  BOOST_TEST(list[0].resident.value == 2u);
  BOOST_TEST(list[0].spilled.value == 100u);
  BOOST_TEST(list[0].largest.value == 50u);
  BOOST_TEST(list[1].name == "op9");
  BOOST_TEST(list[2].name == "op8");
  BOOST_TEST(list[3].name == "others");
  BOOST_TEST(list[3].done == 4u + 7u);
  BOOST_TEST(list[3].resident.value == 0u + 1 + 3 + 4 + 5 + 6 + 7);
  BOOST_TEST(list[3].largest.value == 7u);
  BOOST_TEST(largest_first(list, 3).back().done == 11u);  // Merged again, over nodes.
  BOOST_TEST(largest_first({}, 3).empty());
}

BOOST_AUTO_TEST_SUITE_END()
