// Kernels of users over chunks: what they compute, in whatever chunks, and what is refused where it is written.
#include "tests/client/with_cluster.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using namespace tessera;
using arrays::Shape;

namespace {
using test::cluster;
using test::WithCluster;
using Doubles = std::vector<double>;

void mapping_test_scale(View<const float, 3> x, double by, View<float, 3> y) {
  for (std::int64_t i = 0; i < x.extent(0); ++i)
    for (std::int64_t j = 0; j < x.extent(1); ++j)
      for (std::int64_t k = 0; k < x.extent(2); ++k) y(i, j, k) = static_cast<float>(x(i, j, k) * by);
}
TESSERA_KERNEL(mapping_test_scale);

Shape pooled(const std::vector<Shape>& x, const std::int64_t& by) {
  if (by < 1) throw Error(ErrorCode::invalid_argument, "a pool is of at least 1");
  return {x[0][0] / by};
}
void mapping_test_pool(View<const double, 1> x, std::int64_t by, View<double, 1> y) {
  for (std::int64_t i = 0; i < y.extent(0); ++i) {
    y(i) = x(i * by);
    for (std::int64_t k = 1; k < by; ++k) y(i) = std::max(y(i), x(i * by + k));
  }
}
TESSERA_KERNEL_SHAPED(mapping_test_pool, pooled);

void mapping_test_outer(View<const std::int32_t, 2> a, View<const double, 1> b, View<bool, 2> greater) {
  for (std::int64_t i = 0; i < a.extent(0); ++i)
    for (std::int64_t j = 0; j < a.extent(1); ++j) greater(i, j) = a(i, j) > b(j);
}
TESSERA_KERNEL(mapping_test_outer);

/// Weights that no symmetry hides, and asymmetric reach: 2 before and 1 behind along rows, 1 before and 3 behind along columns.
void mapping_test_stencil(View<const double, 2> x, View<double, 2> y) {
  for (std::int64_t i = 0; i < y.extent(0); ++i)
    for (std::int64_t j = 0; j < y.extent(1); ++j) {
      double sum = 0;
      for (std::int64_t di = -2; di <= 1; ++di)
        for (std::int64_t dj = -1; dj <= 3; ++dj) {
          const bool is_there = i + di >= x.begin(0) && i + di < x.end(0) && j + dj >= x.begin(1) && j + dj < x.end(1);
          if (is_there) sum += static_cast<double>(10 * (di + 3) + dj + 2) * x(i + di, j + dj);
        }
      y(i, j) = sum;
    }
}
TESSERA_KERNEL(mapping_test_stencil);

void mapping_test_difference(View<const double, 1> a, View<const double, 1> b, View<double, 1> y) {
  for (std::int64_t i = 0; i < y.extent(0); ++i) y(i) = a(i + 1) - b(i - 1);
}
TESSERA_KERNEL(mapping_test_difference);

void mapping_test_times(View<const double, 2> a, View<const double, 1> x, View<double, 1> y) {
  for (std::int64_t i = 0; i < a.extent(0); ++i) {
    y(i) = 0;
    for (std::int64_t j = 0; j < a.extent(1); ++j) y(i) += a(i, j) * x(j);
  }
}
TESSERA_KERNEL(mapping_test_times);
void mapping_test_largest(View<const double, 1> x, View<double, 0> y) {
  y() = x(0);
  for (std::int64_t i = 1; i < x.extent(0); ++i) y() = std::max(y(), x(i));
}
TESSERA_KERNEL(mapping_test_largest);
void mapping_test_powers(View<const double, 0> x, View<double, 1> y) {
  for (std::int64_t i = 0; i < y.extent(0); ++i) y(i) = std::pow(x(), static_cast<double>(i));
}
TESSERA_KERNEL(mapping_test_powers);
void mapping_test_unregistered(View<const double, 1>, View<double, 1>) {}
void mapping_test_throws(View<const double, 1>, View<double, 1>) { throw std::runtime_error("no"); }
TESSERA_KERNEL(mapping_test_throws);

/// Says what is not true: a block of another shape, or of another dtype.
Block mapping_test_liar(const std::string& how) {
  if (how == "dtype") return Block::of<float>({4}, {1, 2, 3, 4});
  return Block::of<double>({3}, {1, 2, 3});
}
TESSERA_OPERATION(mapping_test_liar);
Array liar(const std::string& how) {
  return xp::from_reader(Dtype::float64, {8}, 4, [how](Graph& graph, arrays::ShapeView, arrays::ShapeView) { return graph.add(mapping_test_liar, how); });
}

template <class T>
std::vector<T> values(const Array& array, ComputeOptions options = {}) {
  const Block block = array.compute(cluster(), options);
  BOOST_REQUIRE((block.dtype() == arrays::dtype_of<T>()));
  BOOST_REQUIRE(std::ranges::equal(block.shape(), array.shape()));
  return {block.data<T>().begin(), block.data<T>().end()};
}
Array counting(const Shape& shape, const ChunkSpec& chunks, Dtype dtype = Dtype::float64) {
  return xp::rechunk(xp::reshape(xp::arange(*arrays::element_count(shape), {.dtype = dtype}), shape), chunks);
}
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

/// Where the element at `i` beyond an edge comes from; nothing where it is a number.
std::optional<std::int64_t> beyond(std::int64_t i, std::int64_t length, const Boundary& boundary) {
  if (i >= 0 && i < length) return i;
  if (boundary.number() || boundary.edge() == Edge::none) return std::nullopt;
  const auto modulo = [](std::int64_t a, std::int64_t b) { return ((a % b) + b) % b; };
  if (boundary.edge() == Edge::periodic) return modulo(i, length);
  if (boundary.edge() == Edge::nearest) return std::clamp(i, std::int64_t{0}, length - 1);
  const std::int64_t at = modulo(i, 2 * length);
  return at < length ? at : 2 * length - 1 - at;
}
/// The stencil on the whole array, element by element.
Doubles stencil_of(const Block& x, const Boundary& boundary) {
  const std::int64_t rows = x.shape()[0], columns = x.shape()[1];
  Doubles all;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (std::int64_t di = -2; di <= 1; ++di)
        for (std::int64_t dj = -1; dj <= 3; ++dj) {
          const auto at = beyond(i + di, rows, boundary), from = beyond(j + dj, columns, boundary);
          const bool is_there = at && from;
          if (!is_there && !boundary.number()) continue;
          const double value = is_there ? x.data<double>()[static_cast<std::size_t>(*at * columns + *from)] : 7.0;
          sum += static_cast<double>(10 * (di + 3) + dj + 2) * value;
        }
      all.push_back(sum);
    }
  return all;
}
const xp::PerDimension<Depth> reach{Depth{2, 1}, Depth{1, 3}};
}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_xp_mapping, WithCluster)

BOOST_AUTO_TEST_CASE(A12_a_kernel_over_typed_views_gives_the_same_in_any_chunks) {
  const Array x = counting({4, 3, 5}, -1, Dtype::float32);
  const auto expected = values<float>(x * 2.0);
  for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec(1), ChunkSpec({3, 2, 2})})
    for (const bool optimise : {false, true})
      BOOST_TEST((values<float>(xp::map_blocks(mapping_test_scale, xp::rechunk(x, chunks), 2.0), {optimise}) == expected));
  BOOST_TEST((xp::sum(xp::map_blocks(mapping_test_scale, x + 1.0, 1) - 1.0).item<float>(cluster()) == 1770.0f));
}

BOOST_AUTO_TEST_CASE(A12_a_shape_rule_says_the_shape_of_each_chunk) {
  const Array x = counting({12}, {{4, 2, 6}});
  const Array pooled = xp::map_blocks(mapping_test_pool, x, 2);
  BOOST_TEST(arrays::shape::to_string(pooled.chunks()) == "((2, 1, 3))");
  BOOST_TEST((values<double>(pooled) == Doubles{1, 3, 5, 7, 9, 11}));
  refused([&] { xp::map_blocks(mapping_test_pool, x, 0); }, "a pool is of at least 1");
}

BOOST_AUTO_TEST_CASE(arrays_of_fewer_dimensions_and_in_one_chunk_go_with_all_chunks) {
  const Array a = counting({4, 6}, {2, 4}, Dtype::int32), b = xp::rechunk(xp::full({6}, 11.0), 3);
  const Array greater = xp::map_blocks(mapping_test_outer, a, b);
  BOOST_TEST(arrays::shape::to_string(greater.chunks()) == "((2, 2), (3, 1, 2))");
  BOOST_TEST((greater.compute(cluster()) == (a > 11).compute(cluster())));
}

BOOST_AUTO_TEST_CASE(A12_what_views_do_not_fit_is_refused_at_the_call) {
  const Array x = counting({2, 3, 4}, -1);
  refused([&] { xp::map_blocks(mapping_test_scale, x, 2.0); }, "map_blocks(mapping_test_scale): array 0 is float64 of shape (2, 3, 4), but the kernel takes a view of float32",
          ErrorCode::type_mismatch);
  refused([&] { xp::map_blocks(mapping_test_scale, xp::astype(x[0], Dtype::float32), 2.0); }, "a view of float32 with 3 dimensions", ErrorCode::type_mismatch);
  refused([&] { xp::map_blocks(mapping_test_unregistered, x[{0, 0}]); }, "", ErrorCode::unknown_operation);
  refused([&] { xp::map_blocks(mapping_test_largest, x[{0, 0}]); }, "apply_gufunc");
  refused([&] { xp::map_blocks(mapping_test_difference, counting({6}, 2), counting({8}, 2)); }, "have 3 and 4 chunks along dimension 0");
}

BOOST_AUTO_TEST_CASE(A12_a_block_of_another_shape_or_dtype_is_an_error_that_names_the_chunk) {
  refused([&] { xp::map_blocks(mapping_test_pool, liar("shape"), 2).compute(cluster()); },
          "kernel \"mapping_test_pool\", chunk (0) of its result: a chunk of operand 0 was declared to have the shape (4), but the block that was made has (3)",
          ErrorCode::task_failed);
  refused([&] { xp::map_blocks(mapping_test_pool, liar("dtype"), 2).compute(cluster()); }, "was declared to be float64, but the block that was made is float32",
          ErrorCode::task_failed);
  refused([&] { xp::map_overlap(mapping_test_difference, {.depth = 0}, liar("shape"), liar("shape")).compute(cluster()); }, "was declared to have the shape (4)",
          ErrorCode::task_failed);
}

BOOST_AUTO_TEST_CASE(what_a_kernel_throws_is_the_error_of_the_result) {
  try {
    xp::map_blocks(mapping_test_throws, counting({4}, 2)).compute(cluster());
    BOOST_ERROR("nothing was thrown");
  } catch (const Error& error) {
    BOOST_TEST(error.thrown_message() == "no");
    BOOST_TEST(error.operation() == "mapping_test_throws");
  }
}

BOOST_AUTO_TEST_CASE(A10_an_overlap_equals_the_stencil_on_the_whole_array_for_every_boundary) {
  const Block block = xp::random::uniform({9, 11}, 5, {.chunks = -1}).compute(cluster());
  const Array whole = xp::floor(xp::asarray(block) * 100.0);  // Sums of whole numbers are exact.
  const Block x = whole.compute(cluster());
  for (const Boundary& boundary : {Boundary(Edge::none), Boundary(Edge::reflect), Boundary(Edge::periodic), Boundary(Edge::nearest), Boundary(7.0)}) {
    const Doubles expected = stencil_of(x, boundary);
    for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec({9, 4}), ChunkSpec({5, 6}), ChunkSpec({3, 3}), ChunkSpec({{1, 7, 1}, {0, 2, 9}}), ChunkSpec(1)})
      for (const bool optimise : {false, true}) {
        const Array result = xp::map_overlap(mapping_test_stencil, {.depth = reach, .boundary = boundary}, xp::rechunk(whole, chunks));
        BOOST_TEST((values<double>(result, {optimise}) == expected));
      }
  }
}

BOOST_AUTO_TEST_CASE(A10_a_depth_beyond_the_length_of_the_array_is_no_other_case) {
  for (const Shape& shape : {Shape{1, 1}, Shape{2, 2}, Shape{1, 5}, Shape{0, 3}})
    for (const Boundary& boundary : {Boundary(Edge::none), Boundary(Edge::reflect), Boundary(Edge::periodic), Boundary(Edge::nearest), Boundary(7.0)}) {
      const Array x = counting(shape, 1);
      const Array result = xp::map_overlap(mapping_test_stencil, {.depth = reach, .boundary = boundary}, x);
      BOOST_TEST((values<double>(result) == stencil_of(x.compute(cluster()), boundary)));
    }
}

BOOST_AUTO_TEST_CASE(A10_a_depth_of_any_length_ends_where_the_array_does) {
  const Array x = counting({3, 2}, 1);
  constexpr std::int64_t far = std::numeric_limits<std::int64_t>::max();
  BOOST_TEST((values<double>(xp::map_overlap(mapping_test_stencil, {.depth = far, .boundary = Edge::none}, x)) == stencil_of(x.compute(cluster()), Edge::none)));
  refused([&] { xp::map_overlap(mapping_test_stencil, {.depth = far, .boundary = 0.0}, x); }, "9223372036854775807");
}

BOOST_AUTO_TEST_CASE(A10_several_arrays_overlap_alike_and_boundaries_may_differ_by_dimension) {
  const Array a = counting({8}, 3), b = xp::rechunk(a * a, 4);
  const Doubles expected{1 - 0.0, 2 - 0.0, 3 - 1.0, 4 - 4.0, 5 - 9.0, 6 - 16.0, 7 - 25.0, 7 - 36.0};
  BOOST_TEST((values<double>(xp::map_overlap(mapping_test_difference, {.depth = {1}, .boundary = {Edge::nearest}}, a, b)) == expected));
  const Array x = counting({6, 5}, {2, 2});
  const Array mixed = xp::map_overlap(mapping_test_stencil, {.depth = reach, .boundary = {Edge::periodic, 7.0}}, x);
  const Array padded = xp::concat({xp::full({10, 1}, 7.0), xp::concat({x[{Slice{4, 6}}], x, x[{Slice{0, 2}}]}), xp::full({10, 3}, 7.0)}, 1);
  const Array same = xp::map_overlap(mapping_test_stencil, {.depth = reach, .boundary = Edge::none}, padded)[{Slice{2, 8}, Slice{1, 6}}];
  BOOST_TEST((mixed.compute(cluster()) == same.compute(cluster())));
}

BOOST_AUTO_TEST_CASE(A10_a_chunk_takes_the_edges_of_its_neighbours_not_the_neighbours) {
  tessera::Plan plan;
  auto planned = Cluster::local({.lanes = 1, .on_plan = [&](const tessera::Plan& one) { plan = one; }});
  const Array x = xp::random::uniform({768, 768}, 1, {.chunks = 256});  // 0.5 MiB each.
  xp::max(xp::map_overlap(mapping_test_stencil, {.depth = reach, .boundary = Edge::none}, x)).compute(planned);
  BOOST_TEST(plan.undeclared.empty());
  BOOST_TEST(plan.tasks == 9u + 40 + 9 + 9 + 1 + 1);  // Chunks, edges and corners, calls, and a maximum of nine.
}

BOOST_AUTO_TEST_CASE(K7_only_calls_with_the_same_values_and_reach_are_one) {
  const Array y = counting({2, 3, 4}, 2, Dtype::float32), z = counting({6, 5}, 2);
  const auto overlap = [&](const Depth& depth, const Boundary& edge) { return xp::map_overlap(mapping_test_stencil, {.depth = {depth, Depth{1, 3}}, .boundary = edge}, z); };
  const std::vector<Array> all{xp::map_blocks(mapping_test_scale, y, 2.0), xp::map_blocks(mapping_test_scale, y, 3.0), xp::map_blocks(mapping_test_scale, y, 2.0),
                               xp::map_blocks(mapping_test_pool, counting({12}, 6), 2), xp::map_blocks(mapping_test_pool, counting({12}, 6), 3),
                               overlap({2, 1}, Edge::reflect), overlap({2, 1}, Edge::periodic), overlap({3, 1}, Edge::none), overlap({2, 1}, Edge::none)};
  const auto optimised = xp::compute(cluster(), all), plain = xp::compute(cluster(), all, {.optimise = false});
  for (std::size_t i = 0; i < all.size(); ++i) BOOST_TEST((optimised[i] == plain[i]), i);
  BOOST_TEST(!(optimised[0] == optimised[1]));
  BOOST_TEST(!(optimised[5] == optimised[6]));
}

BOOST_AUTO_TEST_CASE(core_dimensions_are_whole_and_the_others_broadcast) {
  const Array a = counting({3, 2, 4}, {1, 2, 3}), x = counting({2, 1, 4}, 1);  // Loops (3) and (2, 1).
  const Array y = xp::apply_gufunc(mapping_test_times, "(i,j), (j) -> (i)", {}, a, x);
  BOOST_TEST((y.shape() == Shape{2, 3, 2}));
  const Array same = xp::sum(a * xp::expand_dims(x, 2), {.axis = -1});
  BOOST_TEST((y.compute(cluster()) == same.compute(cluster())));
  BOOST_TEST((values<double>(xp::apply_gufunc(mapping_test_largest, "(i)->()", {}, a)) == values<double>(xp::max(a, {.axis = -1}))));
  BOOST_TEST((values<double>(xp::apply_gufunc(mapping_test_powers, "()->(k)", {.sizes = {{"k", 3}}}, counting({3}, 2))) == Doubles{1, 0, 0, 1, 1, 1, 1, 2, 4}));
  BOOST_TEST((xp::apply_gufunc(mapping_test_times, "(i,j),(j)->(i)", {}, counting({0, 2, 4}, 1), x[{0, 0}]).compute(cluster()).size() == 0));
}

BOOST_AUTO_TEST_CASE(E7_signatures_that_do_not_fit_are_refused_where_they_are_written) {
  const Array a = counting({3, 2, 4}, 1), x = counting({4}, 1);
  for (const char* signature : {"", "(i,j)", "(i,j),(j)", "(i,j)(j)->(i)", "(i,j),(j)->(i)->(i)", "(i,j),(j->(i)", "(i,j)->(i)"})
    refused([&] { xp::apply_gufunc(mapping_test_times, signature, {}, a, x); }, "is not one of 2 operands and a result");
  refused([&] { xp::apply_gufunc(mapping_test_times, "(i),(i)->(i)", {}, a, x); }, "names 1 core dimensions where the kernel's view has 2", ErrorCode::type_mismatch);
  refused([&] { xp::apply_gufunc(mapping_test_times, "(i,j),(j)->(i)", {}, a, counting({5}, 1)); }, "\"j\" has the lengths 4 and 5");
  refused([&] { xp::apply_gufunc(mapping_test_times, "(i,j),(j)->(k)", {}, a, x); }, "give its length in `sizes`");
  refused([&] { xp::apply_gufunc(mapping_test_times, "(i,j),(j)->(i)", {}, a, counting({2, 4}, 1)); }, "do not broadcast before their core dimensions");
  refused([&] { xp::map_overlap(mapping_test_stencil, {.depth = {1}}, a[0]); }, "1 depths and 1 boundaries are given for the 2 dimensions");
  refused([&] { xp::map_overlap(mapping_test_stencil, {.depth = -1}, a[0]); }, "the depth (-1, -1) of dimension 0 is below 0");
  refused([&] { xp::map_overlap(mapping_test_difference, {.depth = 1}, x, counting({5}, 1)); }, "the shapes (4), (5) differ");
}

BOOST_AUTO_TEST_CASE(a_view_shows_the_elements_of_a_block_without_a_copy) {
  const Block block = counting({2, 3}, 1).compute(cluster());
  const View<const double, 2> view(block);
  BOOST_TEST(view.data() == block.data<double>().data());
  BOOST_TEST(view(1, 2) == 5.0);
  BOOST_TEST(view.row(1)[1] == 4.0);
  BOOST_TEST(view.is_contiguous());
  refused([&] { View<const float, 2>{block}; }, "a view of 2 dimensions of float32 does not show a block of float64 of shape (2, 3)", ErrorCode::type_mismatch);
  refused([&] { View<const double, 1>{block}; }, "a view of 1 dimensions", ErrorCode::type_mismatch);
}

BOOST_AUTO_TEST_SUITE_END()
