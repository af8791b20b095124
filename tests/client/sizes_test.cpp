// Operations that declare what they take, and what is known of a graph before it runs.
#include "client/cube/operations.hpp"
#include "client/planning.hpp"
#include "client/tessera.hpp"
#include "serialization/block_codec.hpp"

#include <boost/test/unit_test.hpp>

namespace {
using namespace tessera;
using arrays::Block;
using arrays::Dtype;
using runtime::mib;

Block sized_block(std::int64_t elements) {
  return Block::make<double>({elements}, [](std::span<double> data) { std::ranges::fill(data, 1.0); });
}
Block sized_sum(const Block& a, const Block& b) {
  return Block::make<double>({a.size()}, [&](std::span<double> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = a.data<double>()[i] + b.data<double>()[i];
  });
}
double sized_total(const std::vector<Block>& blocks, Context&) {
  double sum = 0;
  for (const Block& block : blocks)
    for (const double x : block.data<double>()) sum += x;
  return sum;
}
Block sized_throws(std::int64_t elements) { return sized_block(elements); }
Block unsized(const Block& block) { return block; }

Sizes sized_block_sizes(const Given<std::int64_t>& elements) {
  return {Extent::of(Dtype::float64, {elements.value()}), runtime::Bytes{100}, runtime::Bytes{8 * static_cast<std::uint64_t>(elements.value())}};
}
Sizes sized_sum_sizes(const Given<Block>& a, const Given<Block>& b) {
  if (a.extent().shape != b.extent().shape) throw std::invalid_argument("shapes");
  return {a.extent()};
}
Sizes sized_throws_sizes(const Given<std::int64_t>&) { throw std::runtime_error("no idea"); }
TESSERA_OPERATION_SIZED(sized_block, sized_block_sizes);
TESSERA_OPERATION_SIZED(sized_sum, sized_sum_sizes);
TESSERA_OPERATION_SIZED(sized_total, number_sizes<double, std::vector<Block>>);
TESSERA_OPERATION_SIZED(sized_throws, sized_throws_sizes);
TESSERA_OPERATION(unsized);

Block sized_part(const Block& block, std::int64_t parts) { return sized_block(block.size() / parts); }
Sizes sized_part_sizes(const Given<Block>& block, const Given<std::int64_t>& parts) {
  return {Extent::of(Dtype::float64, {block.extent().shape.front() / parts.value()})};
}
TESSERA_OPERATION_SIZED(sized_part, sized_part_sizes);

std::vector<std::string> seen;  // By the only lane.
Block seen_block(std::int64_t number, std::int64_t elements) {
  seen.push_back("block " + std::to_string(number));
  return sized_block(elements);
}
Block seen_part(const Block& block, std::int64_t, std::int64_t parts) {
  seen.push_back("part");
  return sized_part(block, parts);
}
Sizes seen_block_sizes(const Given<std::int64_t>&, const Given<std::int64_t>& elements) { return {Extent::of(Dtype::float64, {elements.value()})}; }
Sizes seen_part_sizes(const Given<Block>& block, const Given<std::int64_t>&, const Given<std::int64_t>& parts) { return sized_part_sizes(block, parts); }
TESSERA_OPERATION_SIZED(seen_block, seen_block_sizes);
TESSERA_OPERATION_SIZED(seen_part, seen_part_sizes);

std::vector<std::optional<Sizes>> sizes_of(Graph& graph) { return detail::sizes_of(*graph.builder().build(), {}); }
std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ErrorCode::out_of_memory));
    return error.what();
  }
  return "nothing was thrown";
}
}  // namespace

BOOST_AUTO_TEST_SUITE(client_sizes)

BOOST_AUTO_TEST_CASE(extents_of_blocks_are_those_of_the_blocks) {
  const Block block = Block::of<float>({3, 5}, std::vector<float>(15, 1.f));
  BOOST_TEST((Extent::of(block) == Extent::of(Dtype::float32, {3, 5})));
  BOOST_TEST(Extent::of(block).bytes.value == block.size_bytes());
  BOOST_CHECK_THROW(Extent::of(Dtype::float64, {std::int64_t{1} << 62}), std::invalid_argument);
  BOOST_CHECK_THROW(Extent::of(Dtype::float64, {-1}), std::invalid_argument);
  const arrays::Payload encoded{nullptr, nullptr, block.encoded(), Block::type_name};
  BOOST_TEST((encoded.extent() == Extent::of(block)));
}

BOOST_AUTO_TEST_CASE(sizes_follow_the_graph_and_stay_unknown_behind_what_nobody_declares) {
  Graph graph;
  const auto a = graph.add(sized_block, std::int64_t{10}), b = graph.add(sized_block, std::int64_t{10});
  const auto sum = graph.add(sized_sum, a, b);
  const auto total = graph.add(sized_total, std::vector{a, sum});
  const auto by_value = graph.add(sized_sum, Block::of<double>({1}, {1.0}), Block::of<double>({1}, {2.0}));
  const auto unknown = graph.add(unsized, sum), behind = graph.add(sized_sum, unknown, sum);
  const auto other_shape = graph.add(sized_sum, by_value, sum), throws = graph.add(sized_throws, std::int64_t{1});
  const auto sizes = sizes_of(graph);
  BOOST_TEST((sizes[a.index]->output == Extent::of(Dtype::float64, {10})));
  BOOST_TEST(sizes[a.index]->scratch.value == 100u);
  BOOST_TEST((sizes[sum.index]->output == sizes[a.index]->output));
  BOOST_TEST(sizes[total.index]->output.bytes.value == sizeof(double));
  BOOST_TEST((sizes[by_value.index]->output == Extent::of(Dtype::float64, {1})));
  for (const auto task : {unknown.index, behind.index, other_shape.index, throws.index}) BOOST_TEST(!sizes[task].has_value());
}

BOOST_AUTO_TEST_CASE(tasks_that_divide_a_result_are_marked_and_no_others) {
  Graph graph;
  std::int64_t elements = 8000;
  const auto block = [&] { return graph.add(sized_block, ++elements); };  // Each another one.
  // As many parts as `count`, of as many to a whole.
  const auto parts = [&](Deferred<Block> of, std::int64_t count, std::int64_t to_a_whole) {
    std::vector<Deferred<Block>> all;
    for (std::int64_t i = 0; i < count; ++i) all.push_back(graph.add(TaskOptions{.key = "part " + std::to_string(of.index) + "." + std::to_string(i)}, sized_part, of, to_a_whole));
    return all;
  };
  std::vector<std::vector<Deferred<Block>>> marked{parts(block(), 8, 8), parts(block(), 2, 100)}, others{parts(block(), 8, 7), parts(block(), 1, 8)};
  const auto wanted = block(), with_another = block(), with_unknown = block();
  others.push_back(parts(wanted, 8, 8));
  others.push_back(parts(with_another, 8, 8));
  others.back().push_back(graph.add(sized_sum, with_another, with_another));
  others.push_back(parts(with_unknown, 4, 8));
  others.back().push_back(graph.add(unsized, with_unknown));
  auto built = *graph.builder().build();
  const auto sizes = detail::sizes_of(built, {});
  detail::mark_divisions(built, sizes, std::vector{wanted.index});
  const auto divides = [&](Deferred<Block> task) { return built.options[built.tasks[task.index].options].divides; };
  for (const auto& all : marked)
    for (const auto one : all) BOOST_TEST(divides(one));
  for (const auto& all : others)
    for (const auto one : all) BOOST_TEST(!divides(one));
  BOOST_TEST(built.options.size() == 2u);
}

BOOST_AUTO_TEST_CASE(O6_a_result_is_divided_before_the_next_one_is_made) {
  auto cluster = Cluster::local({.lanes = 1, .memory_limit = "256MiB", .spill_dir = "none"});
  constexpr std::int64_t parts = 4;
  Graph graph;
  const std::vector blocks{graph.add(seen_block, std::int64_t{1}, std::int64_t{8000}), graph.add(seen_block, std::int64_t{2}, std::int64_t{8000})};
  std::vector<Deferred<double>> totals;
  for (std::int64_t k = 0; k < parts; ++k)
    totals.push_back(graph.add(sized_total, std::vector{graph.add(seen_part, blocks[0], k, parts), graph.add(seen_part, blocks[1], k, parts)}));
  seen.clear();
  for (const auto& one : cluster.compute(std::move(graph), totals)) BOOST_TEST(one.get() == 4000.0);
  const std::vector<std::string> expected{"block 1", "part", "part", "part", "part", "block 2", "part", "part", "part", "part"};
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_the_operations_of_cubes_declare_is_what_they_make) {
  namespace cube = cube_operations;
  const auto check = [](const char* name, auto operation, const auto&... arguments) {
    Graph graph;
    const auto task = graph.add(operation, arguments...);
    const auto sizes = sizes_of(graph);
    BOOST_REQUIRE_MESSAGE(sizes[task.index].has_value(), name);
    BOOST_TEST((sizes[task.index]->output == Extent::of(operation(arguments...))), name);
  };
  const Block block = Block::make<float>({4, 5, 6}, [](std::span<float> data) { std::ranges::fill(data, 2.f); });
  const std::vector<std::int32_t> groups{0, 1, 0, 1, 2};
  for (std::int64_t axis = 0; axis < 3; ++axis) {
    check("sums", cube::sums, block, axis);
    check("moments", cube::moments, block, axis);
    check("slab", cube::slab, block, axis, std::int64_t{1});
  }
  check("grouped_sums", cube::grouped_sums, block, std::int64_t{1}, groups, std::int32_t{3});
  const std::vector<Block> sums(3, cube::sums(block, 0)), moments(5, cube::moments(block, 2));
  check("combine_sums", cube::combine_sums, sums);
  check("combine_moments", cube::combine_moments, moments);
  check("mean", cube::mean, sums, std::string("float32"));
  check("deviation", cube::deviation, moments, std::int64_t{1}, std::string("float64"));
  const Block mean = cube::mean(sums, "float32");
  check("subtract", cube::subtract, block, mean, cube::Numbers{1, 5, 6});
  const Block by_group = cube::mean({cube::grouped_sums(block, 1, groups, 3)}, "float32");
  check("subtract_groups", cube::subtract_groups, block, by_group, std::int64_t{1}, groups, cube::Numbers{4, 5, 6});
  check("join", cube::join, std::vector<Block>{block, block}, std::int64_t{1}, cube::Numbers{0, 2}, cube::Numbers{5, 3});
}

BOOST_AUTO_TEST_CASE(M3_what_can_never_fit_is_refused_when_it_is_submitted) {
  auto cluster = Cluster::local({.lanes = 1, .memory_limit = "256MiB", .spill_dir = "none"});
  constexpr std::int64_t large = 20 << 20;  // 160 MiB each, of which two do not fit.
  const std::string why = refusal([&] {
    Graph graph;
    const auto sum = graph.add(sized_sum, graph.add(sized_block, large), graph.add(sized_block, large));
    cluster.compute(std::move(graph), sum);
  });
  // Equal blocks are one chunk.
  BOOST_TEST(why.find("a task of \"sized_sum\"") != std::string::npos, why);
  BOOST_TEST(why.find("needs 320.0 MiB at once (160.0 MiB of inputs, 160.0 MiB for its output, 0 B of scratch)") != std::string::npos, why);
  BOOST_TEST(why.find("limit of 256.0 MiB") != std::string::npos, why);
  BOOST_TEST(why.find("use chunks of at most") != std::string::npos, why);
  // Nothing of it was begun, and the cluster works.
  BOOST_TEST(cluster.status().tasks_waiting + cluster.status().tasks_assigned == 0u);
  const auto block = cluster.submit(sized_block, std::int64_t{1} << 20);
  BOOST_TEST(cluster.submit(sized_total, std::vector{block, block}).get() == 2.0 * (1 << 20));
}

BOOST_AUTO_TEST_CASE(M3_what_a_future_will_hold_is_known_before_it_is_there) {
  auto cluster = Cluster::local({.lanes = 1, .memory_limit = "256MiB", .spill_dir = "none"});
  const auto block = cluster.submit(sized_block, std::int64_t{20} << 20);
  const std::string why = refusal([&] { cluster.submit(sized_sum, block, block); });
  BOOST_TEST(why.find("160.0 MiB of inputs, 160.0 MiB for its output") != std::string::npos, why);
}

BOOST_AUTO_TEST_CASE(a_task_that_declares_too_little_is_booked_for_what_it_made) {
  auto cluster = Cluster::local({.lanes = 1, .memory_limit = "256MiB", .spill_dir = "none"});
  const auto block = cluster.submit(sized_throws, std::int64_t{1} << 20);
  block.get();
  BOOST_TEST(cluster.status().members.at(0).status.resident.value > 8u << 20);
}

BOOST_AUTO_TEST_CASE(a_plan_says_what_a_graph_takes_and_whether_it_fits) {
  auto cluster = Cluster::local({.lanes = 2, .memory_limit = "256MiB"});
  Graph graph;
  std::vector<Deferred<Block>> blocks;
  for (std::int64_t i = 0; i < 64; ++i) blocks.push_back(graph.add(TaskOptions{.key = "block " + std::to_string(i), .impure = true}, sized_block, std::int64_t{1} << 20));
  const Plan plan = cluster.plan(graph, blocks);
  BOOST_TEST(plan.fits, plan.why);
  BOOST_TEST(plan.tasks == 64u);
  BOOST_TEST(plan.nodes == 1u);
  BOOST_TEST(plan.limit.value == mib(256).value);
  BOOST_TEST(plan.peak.value <= mib(256).value);
  BOOST_TEST(plan.peak.value >= mib(200).value);
  BOOST_TEST(plan.read.value == mib(512).value);
  BOOST_TEST(plan.moved.value == 0u);
  BOOST_TEST(plan.spilled.value >= mib(256).value);
  BOOST_TEST(plan.undeclared.empty());
  BOOST_REQUIRE(plan.smallest_limit.has_value());
  BOOST_REQUIRE(plan.smallest_limit_in_memory.has_value());
  BOOST_TEST(plan.smallest_limit->value < mib(256).value);
  BOOST_TEST(plan.smallest_limit_in_memory->value > mib(512).value);
  const std::string text = to_string(plan);
  BOOST_TEST(text.find("64 tasks fit: peak ") == 0u, text);
  BOOST_TEST(text.find("smallest --memory-limit of a node: ") != std::string::npos, text);
  // The plan ran nothing, and the graph is still there.
  BOOST_TEST(cluster.counters().executed == 0u);
  BOOST_TEST(cluster.compute(std::move(graph), blocks).front().get().size() == 1 << 20);
}

BOOST_AUTO_TEST_CASE(a_plan_without_a_disk_says_why_it_does_not_fit_and_names_who_declares_nothing) {
  auto cluster = Cluster::local({.lanes = 2, .memory_limit = "256MiB", .spill_dir = "none"});
  Graph graph;
  std::vector<Deferred<Block>> blocks;
  for (std::int64_t i = 0; i < 64; ++i)
    blocks.push_back(graph.add(unsized, graph.add(TaskOptions{.key = "block " + std::to_string(i), .impure = true}, sized_block, std::int64_t{1} << 20)));
  const Plan plan = cluster.plan(std::move(graph), blocks);
  BOOST_TEST(!plan.fits);
  BOOST_TEST(plan.why.find("there is no folder to spill to") != std::string::npos, plan.why);
  BOOST_TEST((plan.undeclared == std::vector<std::string>{"unsized"}));
  BOOST_TEST(to_string(plan).find("do not declare their sizes: unsized") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_plan_of_tasks_with_resources_takes_them_as_there) {
  auto cluster = Cluster::local({.lanes = 2, .memory_limit = "256MiB", .resources = {{"gpu", 1}}});
  Graph graph;
  const auto block = graph.add(TaskOptions{.resources = {{"gpu", 1}}}, sized_block, std::int64_t{1} << 20);
  const Plan plan = cluster.plan(std::move(graph), block);
  BOOST_TEST(plan.fits, plan.why);
}

BOOST_AUTO_TEST_CASE(each_graph_is_planned_before_it_is_sent_where_that_is_asked_for) {
  std::vector<Plan> plans;
  auto cluster = Cluster::local({.lanes = 1, .memory_limit = "256MiB", .on_plan = [&](const Plan& plan) { plans.push_back(plan); }});
  const auto block = cluster.submit(sized_block, std::int64_t{1} << 20);
  cluster.submit(sized_total, std::vector{block}).get();
  BOOST_REQUIRE(plans.size() == 2u);
  BOOST_TEST(plans[0].peak.value > mib(8).value);
  BOOST_TEST(plans[1].tasks == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
