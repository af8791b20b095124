// The optimiser: which nodes are left, and what the programs of those are.
#include "arrays/expression/build.hpp"
#include "arrays/expression/plan.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace tessera::arrays;
using namespace tessera::arrays::expression;
using kernels::Op;
using kernels::Reducer;
using kernels::Scalar;

namespace {
NodeRef must(Made made) {
  BOOST_REQUIRE_MESSAGE(made, (made ? "" : made.failure().message));
  return *made;
}
NodeRef range(std::int64_t length, std::int64_t each) { return must(make({Make::Kind::range, {Scalar::of(0.0), Scalar::of(1.0)}}, Dtype::float64, {length}, each)); }
NodeRef unary(Op op, const NodeRef& x) { return must(expression::apply(op, std::vector<Operand>{x})); }
NodeRef binary(Op op, const Operand& a, const Operand& b) { return must(expression::apply(op, std::vector<Operand>{a, b})); }
NodeRef sum(const NodeRef& x) { return must(reduce(Reducer::sum, x, {}, false)); }
Plan optimised_plan(std::vector<NodeRef> wanted) { return optimised(plan_of(wanted)); }
template <class T>
std::vector<const Planned*> all(const Plan& plan) {
  std::vector<const Planned*> found;
  for (const Planned& one : plan.nodes)
    if (std::holds_alternative<T>(one.what)) found.push_back(&one);
  return found;
}
std::vector<Op> ops(const kernels::Program& program) {
  std::vector<Op> all;
  for (const auto& step : program.steps) all.push_back(step.op);
  return all;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_expression_plan)

BOOST_AUTO_TEST_CASE(a_plan_has_every_node_once_and_operands_first) {
  const NodeRef x = range(10, 4), square = binary(Op::multiply, x, x);
  const Plan plan = plan_of(std::vector{binary(Op::add, square, x), square});
  BOOST_TEST(plan.nodes.size() == 3u);
  BOOST_TEST((plan.wanted == std::vector<std::size_t>{2, 1}));
  for (std::size_t i = 0; i < plan.nodes.size(); ++i)
    for (const std::size_t operand : plan.nodes[i].of) BOOST_TEST(operand < i);
}

BOOST_AUTO_TEST_CASE(a_chain_of_element_wise_steps_and_the_reduction_behind_it_are_one_program) {
  const NodeRef x = range(10, 4), y = range(10, 4);
  const NodeRef root = unary(Op::sqrt, binary(Op::add, binary(Op::multiply, x, x), Number(1.0)));
  const Plan plan = optimised_plan({sum(binary(Op::multiply, root, binary(Op::add, y, Number(2.0))))});
  BOOST_TEST(all<Apply>(plan).empty());
  BOOST_REQUIRE(all<Partials>(plan).size() == 1u);
  const Planned& node = *all<Partials>(plan)[0];
  const auto& program = std::get<Partials>(node.what).program;
  BOOST_TEST((ops(program) == std::vector<Op>{Op::multiply, Op::add, Op::sqrt, Op::add, Op::multiply}));
  BOOST_TEST(node.of.empty());
  BOOST_TEST(program.makes.size() == 1u);  // Both ranges are equal: one node.
  BOOST_TEST(static_cast<bool>(kernels::check(program)));
}

BOOST_AUTO_TEST_CASE(what_several_chains_need_is_made_once) {
  const NodeRef x = unary(Op::sin, range(10, 4));
  const Plan plan = optimised_plan({sum(x), sum(binary(Op::multiply, x, x))});
  BOOST_TEST(all<Apply>(plan).size() == 1u);
  BOOST_TEST(all<Partials>(plan).size() == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_wanted_itself_is_not_fused_away) {
  const NodeRef x = unary(Op::sin, range(10, 4));
  BOOST_TEST(all<Apply>(optimised_plan({x, unary(Op::cos, x)})).size() == 2u);
  BOOST_TEST(all<Apply>(optimised_plan({unary(Op::cos, x)})).size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_stretches_is_not_computed_again_for_each_chunk) {
  const NodeRef matrix = must(make({Make::Kind::eye, {}, 0}, Dtype::float64, {10, 10}, 4)), row = unary(Op::sin, range(10, 4));
  const Plan plan = optimised_plan({binary(Op::add, matrix, row)});
  BOOST_TEST(all<Apply>(plan).size() == 2u);
}

BOOST_AUTO_TEST_CASE(reductions_of_the_same_are_one_first_stage) {
  const NodeRef x = unary(Op::sin, range(10, 4));
  const Plan plan = optimised_plan({must(reduce(Reducer::mean, x, {}, false)), must(reduce(Reducer::std, x, {}, true)), must(reduce(Reducer::mean, x, {}, false))});
  BOOST_REQUIRE(all<Partials>(plan).size() == 1u);
  const auto& partials = std::get<Partials>(all<Partials>(plan)[0]->what);
  BOOST_TEST(partials.reductions.size() == 2u);
  BOOST_TEST(partials.program.outputs.size() == 2u);
  BOOST_TEST(all<Finish>(plan).size() == 2u);
  BOOST_TEST(plan.wanted[0] == plan.wanted[2]);
}

BOOST_AUTO_TEST_CASE(arrays_full_of_one_number_become_constants) {
  const NodeRef ones = must(make({Make::Kind::full, {Scalar::of(1.0)}}, Dtype::float64, {10}, 4));
  const Plan plan = optimised_plan({binary(Op::add, range(10, 4), ones)});
  BOOST_TEST(all<Make>(plan).empty());
  BOOST_TEST(std::get<Apply>(all<Apply>(plan)[0]->what).program.constants.size() == 1u);
}

BOOST_AUTO_TEST_CASE(elements_known_from_their_index_are_made_by_the_program_that_uses_them) {
  const NodeRef x = range(10, 4), noise = must(make({Make::Kind::uniform, {}, 7}, Dtype::float64, {10}, 4));
  const Plan plan = optimised_plan({binary(Op::add, x, noise)});
  BOOST_REQUIRE(plan.nodes.size() == 1u);
  const auto& program = std::get<Apply>(plan.nodes[0].what).program;
  BOOST_TEST(program.makes.size() == 2u);
  BOOST_TEST(program.block_count() == 0u);
  // Random numbers that two programs use are made once, and so is what is cut otherwise than its user.
  BOOST_TEST(all<Make>(optimised_plan({unary(Op::sin, noise), sum(noise), unary(Op::sin, x), sum(x)})).size() == 1u);
  const NodeRef column = must(expand(range(10, 4), std::vector<std::int64_t>{1}));
  BOOST_TEST(all<Make>(optimised_plan({binary(Op::add, column, x)})).size() == 1u);
}

BOOST_AUTO_TEST_CASE(programs_read_transposed_operands_where_they_lie_but_not_small_parts) {
  const NodeRef x = must(make({Make::Kind::uniform, {}, 7}, Dtype::float64, {10, 10}, 4));
  const NodeRef transposed = must(permute(x, std::vector<std::int64_t>{1, 0}));
  const Plan plan = optimised_plan({sum(binary(Op::add, x, transposed))});
  BOOST_TEST(all<Viewed>(plan).empty());
  const Planned& node = *all<Partials>(plan).at(0);
  const auto& through = std::get<Partials>(node.what).through;
  BOOST_REQUIRE(through.size() == 2u);
  BOOST_TEST(!through[0].has_value());
  BOOST_TEST(through[1].has_value());
  BOOST_TEST(node.of[0] == node.of[1]);
  const shape::Index corner[] = {shape::Slice{0, 4}, shape::Slice{0, 4}};
  BOOST_TEST(all<Viewed>(optimised_plan({sum(must(expression::index(transposed, corner)))})).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_view_of_a_view_is_one_but_chunks_between_stay) {
  const NodeRef x = range(100, 10);
  const shape::Index slice[] = {shape::Slice{10, 50}};
  const NodeRef twice = must(expression::index(must(expression::index(x, slice)), std::vector<shape::Index>{shape::Slice{{}, {}, -3}}));
  BOOST_TEST(all<Viewed>(optimised_plan({twice})).size() == 1u);
  const NodeRef between = must(rechunk(must(rechunk(x, 7)), 10));
  BOOST_TEST(all<Viewed>(optimised_plan({between})).size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_part_of_a_chain_is_the_chain_of_parts) {
  const NodeRef column = must(expand(range(50, 10), std::vector<std::int64_t>{1})), sum_of_both = binary(Op::add, column, range(100, 10));
  const shape::Index place[] = {shape::Slice{20, 30}, 7};
  const NodeRef part = must(expression::index(unary(Op::sin, sum_of_both), place));
  const Plan plan = optimised_plan({part});
  BOOST_REQUIRE(all<Apply>(plan).size() == 1u);
  BOOST_TEST((shape::shape_of(all<Apply>(plan)[0]->chunks) == Shape{10}));
  BOOST_TEST(all<Viewed>(plan).size() == 2u);
  for (const Planned* one : all<Viewed>(plan)) BOOST_TEST(*element_count(std::get<Viewed>(one->what).view.shape) <= 10);
  BOOST_TEST(all<Apply>(optimised_plan({part, sum_of_both})).size() == 2u);  // Of what is wanted as a whole, the part is taken.
}

BOOST_AUTO_TEST_CASE(chains_stay_small_enough_for_their_operands_to_be_in_memory) {
  NodeRef total = range(10, 4);
  for (int i = 1; i < 60; ++i) total = binary(Op::add, total, must(make({Make::Kind::range, {Scalar::of(0.0 + i), Scalar::of(1.0)}}, Dtype::float64, {10}, 4)));
  const Plan plan = optimised_plan({total});
  BOOST_TEST(all<Apply>(plan).size() < 8u);
  for (const Planned* one : all<Apply>(plan)) BOOST_TEST(one->of.size() <= fused_operands_max);
}

BOOST_AUTO_TEST_CASE(a_long_chain_is_several_programs_of_bounded_length) {
  NodeRef x = range(10, 4);
  for (int i = 0; i < 3000; ++i) x = binary(Op::add, x, Number(1.0));
  const Plan plan = optimised_plan({x});
  BOOST_TEST(all<Apply>(plan).size() == 3u);
  for (const Planned* one : all<Apply>(plan)) BOOST_TEST(static_cast<bool>(kernels::check(std::get<Apply>(one->what).program)));
}
BOOST_AUTO_TEST_SUITE_END()
