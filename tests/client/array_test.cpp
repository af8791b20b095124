// Lazy arrays: what they compute, in whatever chunks, and what is refused where it is written.
#include "with_cluster.hpp"

#include "client/array.hpp"
#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cmath>
#include <numeric>

namespace {
using namespace tessera;
using arrays::Shape;

using test::cluster;
using test::WithCluster;
template <class T>
std::vector<T> values(const Array& array, ComputeOptions options = {}) {
  const Block block = array.compute(cluster(), options);
  BOOST_REQUIRE((block.dtype() == arrays::dtype_of<T>()));
  BOOST_REQUIRE(std::ranges::equal(block.shape(), array.shape()));
  return {block.data<T>().begin(), block.data<T>().end()};
}
using Doubles = std::vector<double>;
using Longs = std::vector<std::int64_t>;

/// 0, 1, 2, ... in that shape.
Array counting(const Shape& shape, const ChunkSpec& chunks, Dtype dtype = Dtype::float64) {
  return xp::rechunk(xp::reshape(xp::arange(*arrays::element_count(shape), {.dtype = dtype}), shape), chunks);
}
std::string text(const arrays::shape::Chunks& chunks) { return arrays::shape::to_string(chunks); }

template <class Build>
void refused(const Build& build, const std::string& words, ErrorCode code = ErrorCode::invalid_argument) {
  try {
    build();
    BOOST_ERROR("nothing was refused, but \"" << words << "\" was expected");
  } catch (const Error& error) {
    BOOST_TEST((error.code() == code), error.what());
    BOOST_TEST(std::string(error.what()).find(words) != std::string::npos, error.what());
  }
}

std::atomic<int> reads = 0;
Block array_test_read(const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& count) {
  ++reads;
  return Block::make<double>(count, [&](std::span<double> to) { std::iota(to.begin(), to.end(), static_cast<double>(start[0])); });
}
TESSERA_OPERATION(array_test_read);
Array read(std::int64_t length, std::int64_t each) {
  return xp::from_reader(Dtype::float64, {length}, each, [](Graph& graph, arrays::ShapeView start, arrays::ShapeView count) {
    return graph.add(array_test_read, Shape(start.begin(), start.end()), Shape(count.begin(), count.end()));
  });
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_array, WithCluster)

BOOST_AUTO_TEST_CASE(an_expression_reads_as_in_numpy) {
  const Array x = xp::arange(0.0, 6.0, 1.0, {.chunks = 4});
  BOOST_TEST((values<double>(x * x + 1.0) == Doubles{1, 2, 5, 10, 17, 26}));
  BOOST_TEST((values<double>(2 - -x / 2) == Doubles{2, 2.5, 3, 3.5, 4, 4.5}));
  BOOST_TEST((xp::mean(xp::sqrt(x * x), {.axis = 0}).item<double>(cluster()) == 2.5));
  BOOST_TEST((values<double>(xp::where(x > 2, x, -1)) == Doubles{-1, -1, -1, 3, 4, 5}));
  BOOST_TEST((values<std::int64_t>(xp::arange(5) % 3) == Longs{0, 1, 2, 0, 1}));
}

BOOST_AUTO_TEST_CASE(arrays_are_made_of_numbers_vectors_and_blocks) {
  BOOST_TEST((values<double>(xp::zeros({2, 0}, {.chunks = 1})).empty()));
  BOOST_TEST((values<double>(xp::ones({3}, {.chunks = 2})) == Doubles{1, 1, 1}));
  BOOST_TEST((values<std::int64_t>(xp::full({2}, 7)) == Longs{7, 7}));
  BOOST_TEST((xp::full({2}, true).dtype() == Dtype::boolean));
  BOOST_TEST((values<double>(xp::linspace(0, 1, 5, {.chunks = 2})) == Doubles{0, 0.25, 0.5, 0.75, 1}));
  BOOST_TEST((values<double>(xp::linspace(0, 1, 4, {.endpoint = false, .chunks = 3})) == Doubles{0, 0.25, 0.5, 0.75}));
  BOOST_TEST((values<double>(xp::eye(3, 4, {.k = 1, .chunks = 2})) == Doubles{0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}));
  BOOST_TEST((values<std::int64_t>(xp::arange(10, 0, -3, {.chunks = 3})) == Longs{10, 7, 4, 1}));
  BOOST_TEST((values<double>(xp::asarray(Doubles{3, 1, 2}, 2)) == Doubles{3, 1, 2}));
  BOOST_TEST((values<double>(xp::asarray(Block::of<double>({2, 2}, {1, 2, 3, 4}), {1, 2}).T()) == Doubles{1, 3, 2, 4}));
  BOOST_TEST(xp::asarray(2.5).item<double>(cluster()) == 2.5);
  BOOST_TEST((values<double>(xp::zeros_like(xp::ones({2}, {.chunks = 1}))) == Doubles{0, 0}));
}

BOOST_AUTO_TEST_CASE(A11_random_arrays_depend_on_seed_and_shape_only) {
  const Block whole = xp::random::uniform({20, 30}, 7, {.chunks = -1}).compute(cluster());
  BOOST_TEST((xp::random::uniform({20, 30}, 7, {.chunks = {3, 7}}).compute(cluster()) == whole));
  BOOST_TEST(!(xp::random::uniform({20, 30}, 8).compute(cluster()) == whole));
  const Array normal = xp::random::normal({300, 300}, 1, {.chunks = 100});
  BOOST_TEST(std::abs(xp::mean(normal).item<double>(cluster())) < 0.02);
  BOOST_TEST(std::abs(xp::std(normal).item<double>(cluster()) - 1) < 0.02);
  const Array uniform = xp::random::uniform({1000}, 3, {.dtype = Dtype::float32, .chunks = 100});
  BOOST_TEST(xp::min(uniform).item<float>(cluster()) >= 0);
  BOOST_TEST(xp::max(uniform).item<float>(cluster()) < 1);
  refused([] { xp::random::normal({2}, 1, {.dtype = Dtype::int32}); }, "random numbers are floats, not int32", ErrorCode::type_mismatch);
}

BOOST_AUTO_TEST_CASE(numbers_take_the_dtype_of_the_arrays_they_meet) {
  const Array small = xp::ones({2}, {.dtype = Dtype::int8}), single = xp::ones({2}, {.dtype = Dtype::float32});
  BOOST_TEST(((small + 1).dtype() == Dtype::int8));
  BOOST_TEST(((single * 2.0).dtype() == Dtype::float32));
  BOOST_TEST(((small + 0.5).dtype() == Dtype::float64));
  BOOST_TEST(((small + single).dtype() == Dtype::float32));
  BOOST_TEST(((small == 1).dtype() == Dtype::boolean));
  BOOST_TEST((xp::where(small == 1, 1.0, 0.0).dtype() == Dtype::float64));
  BOOST_TEST((xp::sqrt(2.0).item<double>(cluster()) == std::sqrt(2.0)));
}

BOOST_AUTO_TEST_CASE(A2_chunks_of_every_result_add_up_and_empty_ones_are_legal) {
  const Array x = xp::asarray(Block::of<double>({3}, {1, 2, 3}), {{1, 0, 2}});
  BOOST_TEST((values<double>(x + 1) == Doubles{2, 3, 4}));
  BOOST_TEST(xp::sum(x).item<double>(cluster()) == 6.0);
  BOOST_TEST((values<double>(x[Slice{2, 2}] * 2).empty()));
  BOOST_TEST(xp::sum(x[Slice{0, 0}]).item<double>(cluster()) == 0.0);
  BOOST_TEST((values<double>(xp::concat({x[Slice{0, 0}], x})) == Doubles{1, 2, 3}));
  BOOST_TEST((values<double>(xp::zeros({0, 3}) + xp::ones({3})).empty()));
  BOOST_TEST((xp::sum(xp::zeros({0, 3}), {.axis = 0}).compute(cluster()) == Block::of<double>({3}, {0, 0, 0})));
}

BOOST_AUTO_TEST_CASE(A3_operands_in_other_chunks_meet_at_the_common_refinement) {
  const Array a = xp::arange(0.0, 10.0, 1.0, {.chunks = {{3, 3, 4}}}), b = xp::arange(0.0, 10.0, 1.0, {.chunks = 5});
  BOOST_TEST(text((a + b).chunks()) == "((3, 2, 1, 4))");
  BOOST_TEST((values<double>(a + b) == Doubles{0, 2, 4, 6, 8, 10, 12, 14, 16, 18}));
  const Array column = xp::expand_dims(a, 1), both = column * b;
  BOOST_TEST(text(both.chunks()) == "((3, 3, 4), (5, 5))");
  const Doubles all = values<double>(both);
  for (std::size_t i = 0; i < 100; ++i) BOOST_TEST(all[i] == static_cast<double>(i / 10 * (i % 10)));
}

BOOST_AUTO_TEST_CASE(A4_reductions_have_the_same_bits_whatever_the_lanes) {
  const Array x = xp::sin(xp::arange(0.0, 1000.0, 1.0, {.chunks = 7}));
  auto lonely = Cluster::local({.lanes = 1}), random = Cluster::local({.lanes = 3, .policy = "random"});
  const Block first = xp::sum(x).compute(lonely);
  BOOST_TEST((xp::sum(x).compute(random) == first));
  BOOST_TEST((xp::sum(x).compute(cluster(), {.optimise = false}) == first));
}

BOOST_AUTO_TEST_CASE(A5_reductions_over_axes_are_those_of_numpy) {
  for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec(1), ChunkSpec({1, 2, 3})}) {
    const Array x = counting({2, 3, 4}, chunks);
    BOOST_TEST((values<double>(xp::sum(x, {.axis = 1})) == Doubles{12, 15, 18, 21, 48, 51, 54, 57}));
    BOOST_TEST((values<double>(xp::sum(x, {.axis = {0, -1}})) == Doubles{60, 92, 124}));
    BOOST_TEST((values<double>(xp::max(x, {.axis = {0, 1, 2}})) == Doubles{23}));
    BOOST_TEST((values<double>(xp::mean(x, {.axis = {1, 2}})) == Doubles{5.5, 17.5}));
    BOOST_TEST((values<double>(xp::var(x, {.axis = 0, .correction = 1})) == Doubles(12, 72.0)));
    BOOST_TEST((values<std::int64_t>(xp::argmax(x)) == Longs{23}));
    BOOST_TEST((values<std::int64_t>(xp::argmin(-x, {.axis = 1})) == Longs(8, 2)));
    BOOST_TEST((values<bool>(xp::any(x > 22, {.axis = 0})) == std::vector<bool>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
    const Array kept = xp::min(x, {.axis = 1, .keepdims = true});
    BOOST_TEST((kept.shape() == Shape{2, 1, 4}));
    BOOST_TEST((values<double>(xp::max(x - kept)) == Doubles{8}));
  }
  BOOST_TEST((xp::sum(xp::full({300}, 100, {.dtype = Dtype::int8})).item<std::int64_t>(cluster()) == 30000));
  BOOST_TEST((xp::mean(xp::ones({3}, {.dtype = Dtype::float32})).dtype() == Dtype::float32));
  BOOST_TEST((xp::sum(xp::ones({3}, {.dtype = Dtype::float32}), {.dtype = Dtype::float64}).dtype() == Dtype::float64));
}

BOOST_AUTO_TEST_CASE(A7_a_slice_reads_only_the_chunks_that_it_touches) {
  const auto read_by = [](const Array& array, ComputeOptions options) {
    reads = 0;
    array.compute(cluster(), options);
    return reads.load();
  };
  for (const bool optimise : {false, true}) {
    const ComputeOptions options{optimise};
    BOOST_TEST(read_by(read(100, 10)[Slice{25, 35}], options) == 2);
    BOOST_TEST(read_by((xp::sqrt(read(100, 10)) + 1.0)[Slice{25, 35}], options) == 2);
    BOOST_TEST(read_by(xp::rechunk(read(100, 10), 50)[Slice{30, 40}], options) == 5);  // The chunk of 50 that has it.
    BOOST_TEST(read_by(xp::flip(read(100, 10))[0], options) == 1);
    BOOST_TEST(read_by(xp::concat({read(100, 10), read(50, 5)})[Slice{98, 102}], options) == 2);
    BOOST_TEST(read_by(xp::sum(read(100, 10)[Slice{{}, {}, 10}][Slice{0, 3}]), options) == 3);
  }
  BOOST_TEST((values<double>((read(100, 10) * 2)[Slice{19, 22}]) == Doubles{38, 40, 42}));
}

BOOST_AUTO_TEST_CASE(A9_a_rechunk_is_the_identity_on_values) {
  const Array x = counting({40, 30}, {1, 30});
  const Block expected = x.compute(cluster());
  for (const ChunkSpec& chunks : {ChunkSpec({40, 1}), ChunkSpec({7, 11}), ChunkSpec("auto"), ChunkSpec("100B")})
    BOOST_TEST((xp::rechunk(x, chunks).compute(cluster()) == expected));
  BOOST_TEST((xp::sum(xp::rechunk(x, {40, 1}), {.axis = 0}).compute(cluster()) == xp::sum(xp::rechunk(x, {40, 30}), {.axis = 0}).compute(cluster())));
}

BOOST_AUTO_TEST_CASE(elements_move_as_in_numpy) {
  const Array x = counting({2, 3, 4}, {1, 2, 3});
  BOOST_TEST((values<double>(xp::permute_dims(x, {2, 0, 1})[{1, 1}]) == Doubles{13, 17, 21}));
  BOOST_TEST((xp::moveaxis(x, 0, -1).shape() == Shape{3, 4, 2}));
  BOOST_TEST((xp::matrix_transpose(x).shape() == Shape{2, 4, 3}));
  BOOST_TEST((values<double>(xp::flip(x, -1)[{1, 2}]) == Doubles{23, 22, 21, 20}));
  BOOST_TEST((values<double>(xp::roll(xp::arange(0.0, 5.0, 1.0, {.chunks = 2}), 2, 0)) == Doubles{3, 4, 0, 1, 2}));
  BOOST_TEST((values<double>(xp::roll(xp::arange(0.0, 5.0, 1.0, {.chunks = 2}), -7, 0)) == Doubles{2, 3, 4, 0, 1}));
  BOOST_TEST((xp::squeeze(xp::expand_dims(x, {0, -1}), {0, -1}).shape() == x.shape()));
  BOOST_TEST((values<double>(xp::stack({x[{0, 0}], x[{1, 2}]})) == Doubles{0, 1, 2, 3, 20, 21, 22, 23}));
  BOOST_TEST((values<double>(xp::stack({x[{0, 0}], x[{1, 2}]}, -1)) == Doubles{0, 20, 1, 21, 2, 22, 3, 23}));
  BOOST_TEST(xp::unstack(x, 2).size() == 4u);
  BOOST_TEST((values<double>(xp::broadcast_to(x[{0, Slice{}, Slice{0, 1}}], {3, 2})) == Doubles{0, 0, 4, 4, 8, 8}));
  const auto pair = xp::broadcast_arrays({xp::ones({3, 1}), xp::ones({2})});
  BOOST_TEST((pair[0].shape() == Shape{3, 2} && pair[1].shape() == Shape{3, 2}));
}

BOOST_AUTO_TEST_CASE(any_reshape_keeps_the_order_of_the_elements) {
  const Doubles all = values<double>(xp::arange(24.0));
  for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec(1), ChunkSpec({1, 2, 3})})
    for (const Shape& shape : {Shape{24}, Shape{4, 6}, Shape{6, 4}, Shape{2, 12}, Shape{1, 2, 1, 3, 4, 1}, Shape{3, 8}, Shape{2, 3, 2, 2}, Shape{-1, 4}}) {
      const Array x = xp::reshape(counting({2, 3, 4}, chunks), shape);
      BOOST_TEST((values<double>(x) == all), arrays::to_string(shape));
    }
  BOOST_TEST((xp::reshape(xp::zeros({0, 3}), {3, 0, 2}).compute(cluster()).size() == 0));
  BOOST_TEST((xp::reshape(xp::ones({1, 1}), {}).item<double>(cluster()) == 1.0));
  BOOST_TEST(text(xp::reshape(counting({1000, 6}, {100, 6}), {6000}).chunks()) == "(10 x 600)");
}

BOOST_AUTO_TEST_CASE(what_is_kept_on_the_cluster_is_not_computed_again) {
  reads = 0;
  const Array kept = (read(40, 10) + 1.0).persist(cluster());
  BOOST_TEST((xp::sum(kept).item<double>(cluster()) == 820.0));
  BOOST_TEST((xp::max(kept * 2).item<double>(cluster()) == 80.0));
  BOOST_TEST(kept.compute(cluster()).size() == 40);
  BOOST_TEST(reads == 4);
}

BOOST_AUTO_TEST_CASE(several_arrays_share_what_they_have_in_common) {
  reads = 0;
  const Array x = read(40, 10);
  const auto both = xp::compute(cluster(), {xp::mean(x), xp::std(x), x[39]});
  BOOST_TEST(both[0].data<double>()[0] == 19.5);
  BOOST_TEST(both[2].data<double>()[0] == 39.0);
  BOOST_TEST(reads == 4);
}

BOOST_AUTO_TEST_CASE(A9_every_task_says_what_it_takes_and_a_rechunk_no_more_than_a_few_chunks) {
  tessera::Plan plan;
  auto planned = Cluster::local({.lanes = 1, .on_plan = [&](const tessera::Plan& one) { plan = one; }});
  const auto plan_of = [&](const Array& array) {
    array.compute(planned);
    BOOST_TEST(plan.undeclared.empty());
    return plan;
  };
  const Array rows = xp::random::uniform({1024, 1024}, 1, {.chunks = {128, -1}});  // 8 MiB in 8 chunks.
  plan_of(xp::std(xp::rechunk(rows, {-1, 128}) + xp::asarray(std::vector<double>(1024, 1.0), 128), {.axis = 0}));
  plan_of(xp::reshape(xp::concat({rows, xp::flip(rows)})[{Slice{100, 1200}}], {-1, 11}));
  const auto direct = plan_of(xp::max(xp::rechunk(rows, {-1, 128})));
  BOOST_TEST(direct.peak.value < runtime::mib(64).value);
  BOOST_TEST(direct.tasks == 8u + 64 + 8 + 8 + 1);  // Each of 8 x 8 pieces is cut, then joined.
}

BOOST_AUTO_TEST_CASE(explain_says_how_many_tasks_the_optimiser_saves) {
  const Array x = xp::arange(0.0, 100.0, 1.0, {.chunks = 10});
  const std::string text = xp::sum(xp::sqrt(x * x + 1.0)).explain();
  BOOST_TEST(text.find("as written: 53 tasks") != std::string::npos, text);  // 10 of each step, 2 that combine, 1 that finishes.
  BOOST_TEST(text.find("optimised: 13 tasks") != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(E7_shapes_that_do_not_go_together_are_refused_where_it_is_written) {
  const Array x = xp::ones({5, 4});
  refused([&] { x + xp::ones({5}); }, "add of arrays of the shapes (5, 4) and (5): they do not broadcast");
  refused([&] { xp::concat({x, xp::ones({4, 5})}); }, "the shapes (5, 4) and (4, 5) differ elsewhere");
  refused([&] { xp::stack({x, xp::ones({4, 5})}); }, "the shapes (5, 4) and (4, 5) differ");
  refused([&] { xp::reshape(x, {3, -1}); }, "the 20 elements of the shape (5, 4) do not fill (3, -1)");
  refused([&] { xp::broadcast_to(x, {5, 5}); }, "an array of shape (5, 4) does not broadcast to (5, 5)");
  refused([&] { xp::zeros({-1}); }, "no array has the shape (-1)");
  refused([&] { xp::zeros(Shape(33, 1)); }, "32 is the most");
  refused([&] { xp::squeeze(x, 0); }, "dimension 0 of the shape (5, 4) has the length 5");
  refused([&] { xp::max(xp::ones({0, 3})); }, "there is no max of nothing");
}

BOOST_AUTO_TEST_CASE(E7_axes_indices_chunks_and_dtypes_that_are_not_there) {
  const Array x = xp::ones({5, 4});
  refused([&] { xp::sum(x, {.axis = 2}); }, "sum: axis 2 is not one of the 2 of the shape (5, 4)");
  refused([&] { xp::sum(x, {.axis = {0, -2}}); }, "axis 0 of the shape (5, 4) is named twice");
  refused([&] { x[{0, 4}]; }, "index 4 is out of range for dimension 1 of the shape (5, 4)");
  refused([&] { x[{0, 0, 0}]; }, "3 indices");
  refused([&] { xp::rechunk(x, {2, 2, 2}); }, "chunks are given for 3 dimensions, but the shape (5, 4) has 2");
  refused([&] { xp::permute_dims(x, {0}); }, "1 axes are given for the 2 of the shape (5, 4)");
  refused([&] { xp::bitwise_and(x, x); }, "bitwise_and takes", ErrorCode::type_mismatch);
  refused([&] { xp::astype(xp::full({1}, std::complex<double>(0, 1)), Dtype::float64); }, "astype does not make float64 of the complex128", ErrorCode::type_mismatch);
  refused([&] { xp::arange(3) % 0; }, "remainder of integers by 0");
  refused([&] { xp::floor_divide(xp::arange(3), 0); }, "floor_divide of integers by 0");
  refused([&] { xp::arange(0, 1, 0); }, "the step is 0");
  refused([&] { x.item<double>(cluster()); }, "item<float64> takes an array of one element");
  refused([&] { xp::ones({2}, {.dtype = Dtype::int8}) + 1000; }, "1000", ErrorCode::type_mismatch);
  refused([&] { xp::finfo(Dtype::int8); }, "finfo is of float32", ErrorCode::type_mismatch);
  refused([&] { xp::iinfo(Dtype::float32); }, "iinfo is of integers, not of float32", ErrorCode::type_mismatch);
  refused([&] { xp::isdtype(Dtype::int8, "whole"); }, "there is no kind \"whole\"");
  refused([&] { xp::result_type({Dtype::int64, Dtype::uint64}); }, "int64", ErrorCode::type_mismatch);
}
BOOST_AUTO_TEST_SUITE_END()
