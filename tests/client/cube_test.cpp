// Lazy cubes: what metadata tells is checked when an expression is built (E7), and chunks compute what one piece would.
#include "client/cube.hpp"
#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>
#include <numeric>

namespace {
using namespace tessera;
using arrays::Block;
using arrays::Dtype;
using arrays::Shape;

/// The value at (i, j, k) is 100 i^2 + 10 j + k, missing where i == 1 and k == 2.
Block read_test(const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& count) {
  return Block::make<double>(count, [&](std::span<double> to) {
    Shape at(count.size(), 0);
    std::size_t n = 0;
    do {
      const auto i = static_cast<double>(start[0] + at[0]), j = static_cast<double>(start[1] + at[1]), k = static_cast<double>(start[2] + at[2]);
      to[n++] = i == 1 && k == 2 ? std::numeric_limits<double>::quiet_NaN() : 100 * i * i + 10 * j + k;
    } while (next_index(at, count));
  });
}
TESSERA_OPERATION(read_test);

std::vector<double> ramp(std::int64_t n) {
  std::vector<double> all(static_cast<std::size_t>(n));
  std::iota(all.begin(), all.end(), 0.0);
  return all;
}
Deferred<Block> read_box(Graph& graph, arrays::ShapeView start, arrays::ShapeView count) {
  return graph.add(read_test, Shape(start.begin(), start.end()), Shape(count.begin(), count.end()));
}
using Chunks = std::vector<std::int64_t>;
/// 12 x 4 x 3: (time, y, x).
Cube cube(const Chunks& time = {12}, const Chunks& y = {4}, const Chunks& x = {3}, Dtype dtype = Dtype::float64) {
  return Cube::source("f", dtype, {{"time", ramp(12), time}, {"y", ramp(4), y}, {"x", ramp(3), x}}, read_box);
}
Grouping seasons(std::int64_t length = 12) {
  Grouping groups{"season", {1, 2, 3, 4}, {}};
  for (std::int64_t i = 0; i < length; ++i) groups.of.push_back(static_cast<std::int32_t>(i % 4));
  return groups;
}

/// All of a cube, in one piece.
Block whole(Cube value) {
  for (const Dimension& one : std::vector<Dimension>(value.dimensions())) value = value.rechunk(one.name, one.length());
  auto cluster = Cluster::local({.lanes = 2});
  Graph graph;
  CubeTasks tasks(graph);
  const auto chunks = tasks.chunks(value);
  BOOST_REQUIRE(chunks.size() == 1u);
  return cluster.compute(std::move(graph), chunks.front()).get();
}
double value_at(const Block& block, std::size_t index) { return block.data<double>()[index]; }

/// Building throws a sentence with these words.
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
}  // namespace

BOOST_AUTO_TEST_SUITE(client_cube)

BOOST_AUTO_TEST_CASE(E7_a_dimension_that_is_not_there) {
  const Cube f = cube();
  refused([&] { f.mean("level"); }, "there is no such dimension; it has (time, y, x)");
  refused([&] { f.deviation("level"); }, "the standard deviation of f along level");
  refused([&] { f.grouped_mean("level", seasons()); }, "the grouped mean of f along level");
  refused([&] { f.at("level", 0); }, "a slab of f along level");
  refused([&] { f.rechunk("level", 1); }, "chunks of f along level");
  refused([&] { f.mean("time").mean("time"); }, "it has (y, x)");
}

BOOST_AUTO_TEST_CASE(E7_dimensions_that_no_cube_has) {
  refused([] { Cube::source("f", Dtype::float32, {{"x", {1}, {1}}, {"x", {1}, {1}}}, read_box); }, "two dimensions are called x");
  refused([] { Cube::source("f", Dtype::float32, {{"x", {}, {}}}, read_box); }, "the dimension x is empty");
  refused([] { Cube::source("f", Dtype::float32, std::vector<Dimension>(40, {"x", {1}, {1}}), read_box); }, "32 is the most");
}

BOOST_AUTO_TEST_CASE(E7_a_shape_that_does_not_fit) {
  const Cube shorter = Cube::source("g", Dtype::float64, {{"y", ramp(3), {3}}, {"x", ramp(3), {3}}}, read_box);
  refused([&] { cube() - shorter; }, "f - g: along y they have 4 and 3 elements");
  const Cube longer = Cube::source("g", Dtype::float64, {{"time", ramp(13), {13}}}, read_box);
  const Cube groups = longer.grouped_mean("time", seasons(13));
  refused([&] { cube() - groups; }, "season groups the 13 elements of time, but here time has 12");
  refused([&] { cube().mean("time") - groups; }, "the second has a dimension season, the first only (y, x)");
  refused([&] { cube().mean("time") - cube(); }, "the second has a dimension time");
}

BOOST_AUTO_TEST_CASE(E7_dimensions_in_another_order) {
  const Cube turned = Cube::source("g", Dtype::float64, {{"x", ramp(3), {3}}, {"y", ramp(4), {4}}}, read_box);
  refused([&] { cube() - turned; }, "(x, y) of the second are not in the order (time, y, x)");
}

BOOST_AUTO_TEST_CASE(E7_a_dtype_that_has_no_mean) {
  const Cube whole_numbers = cube({12}, {4}, {3}, Dtype::int32);
  refused([&] { whole_numbers.mean("x"); }, "f is int32", ErrorCode::type_mismatch);
  refused([&] { whole_numbers.deviation("x"); }, "f is int32", ErrorCode::type_mismatch);
  refused([&] { whole_numbers.grouped_mean("time", seasons()); }, "f is int32", ErrorCode::type_mismatch);
  refused([&] { whole_numbers - whole_numbers; }, "f is int32", ErrorCode::type_mismatch);
  refused([&] { cube() - cube({12}, {4}, {3}, Dtype::float32); }, "one is float64, the other float32", ErrorCode::type_mismatch);
}

BOOST_AUTO_TEST_CASE(E7_chunks_that_do_not_fit) {
  refused([] { cube({5, 5}); }, "chunks of (5, 5) do not make up the dimension time of 12");
  refused([] { cube({12, 0}); }, "chunks of (12, 0)");
  refused([] { cube({13, -1}); }, "chunks of (13, -1)");
  refused([] { cube({6, 6}) - cube({4, 8}); }, "along time they are cut differently: (6, 6) and (4, 8); rechunk one of them");
  refused([] { cube().rechunk("x", 0); }, "their length is at least 1, not 0");
}

BOOST_AUTO_TEST_CASE(E7_labels_that_do_not_fit) {
  const Cube elsewhere = Cube::source("g", Dtype::float64, {{"y", {0, 1, 2.5, 3}, {4}}}, read_box);
  refused([&] { cube() - elsewhere; }, "along y their labels differ: 2 and 2.5 at index 2");
  refused([] { cube().at("y", 4); }, "f has 4 elements along y: there is no index 4");
  refused([] { cube().at("y", -1); }, "there is no index -1");
  refused([] { cube().deviation("x", -1); }, "ddof is at least 0");
}

BOOST_AUTO_TEST_CASE(E7_groups_that_do_not_fit) {
  refused([] { cube().grouped_mean("time", seasons(11)); }, "12 elements lie along time, but groups are given for 11");
  Grouping far = seasons();
  far.of[3] = 4;
  refused([&] { cube().grouped_mean("time", far); }, "there is no group 4; 4 are labelled");
  Grouping same = seasons();
  same.name = "y";
  refused([&] { cube().grouped_mean("time", same); }, "it has a dimension y already");
  const Cube twice = cube().grouped_mean("time", {"month", {0}, std::vector<std::int32_t>(12, 0)}).grouped_mean("y", {"row", {0}, {0, 0, 0, 0}});
  refused([&] { cube() - twice; }, "groups along two dimensions");
}

BOOST_AUTO_TEST_CASE(a_mean_leaves_missing_values_out) {
  const Block mean = whole(cube({5, 7}, {2, 2}).mean("time"));
  BOOST_TEST(arrays::to_string(mean.shape()) == "(4, 3)");
  BOOST_TEST(value_at(mean, 4) == 100 * 506.0 / 12 + 11, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(value_at(mean, 5) == 100 * 505.0 / 11 + 12, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(a_difference_finds_the_group_of_each_element) {
  const Cube f = cube({5, 7}, {1, 3}, {2, 1});
  const Cube anomaly = f - f.grouped_mean("time", seasons());
  BOOST_TEST(anomaly.dimensions()[0].name == "time");
  const Block all = whole(anomaly);
  // Of the third season i is 2, 6, 10: squares 4, 36, 100 with a mean of 140 / 3.
  for (const auto& [i, square] : {std::pair<std::size_t, double>{2, 4}, {6, 36}, {10, 100}})
    for (std::size_t jk = 0; jk < 12; ++jk)
      BOOST_TEST(value_at(all, i * 12 + jk) == 100 * (square - 140.0 / 3), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(std::isnan(value_at(all, 1 * 12 + 2)));
}

BOOST_AUTO_TEST_CASE(a_difference_stretches_what_lacks_a_dimension) {
  const Block all = whole(cube({3, 9}) - cube({3, 9}).mean("y"));
  for (std::size_t j = 0; j < 4; ++j) BOOST_TEST(value_at(all, 7 * 12 + j * 3) == 10 * static_cast<double>(j) - 15, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(a_deviation_of_many_chunks_is_that_of_one) {
  const Block many = whole(cube(Chunks(12, 1)).deviation("time", 1)), one = whole(cube().deviation("time", 1));
  for (std::size_t i = 0; i < 12; ++i) BOOST_TEST(value_at(many, i) == value_at(one, i), boost::test_tools::tolerance(1e-13));
  double squares = 0;
  for (double i = 0; i < 12; ++i) squares += std::pow(100 * i * i - 100 * 506.0 / 12, 2);
  BOOST_TEST(value_at(one, 0) == std::sqrt(squares / 11), boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(slabs_and_other_chunks_hold_the_same_elements) {
  const Cube f = cube({1, 4, 2, 5}, {3, 1}, {2, 1});
  BOOST_TEST((whole(f.at("time", 6).at("x", 1)) == Block::of<double>({4}, {3601, 3611, 3621, 3631})));
  BOOST_TEST((whole(f.rechunk("time", 5).rechunk("y", 2)) == whole(cube())));
}

BOOST_AUTO_TEST_CASE(what_expressions_share_is_one_task) {
  Graph graph;
  CubeTasks tasks(graph);
  const Cube f = cube({6, 6});
  const Cube anomaly = f - f.mean("time");
  tasks.chunks(anomaly);
  const std::size_t before = graph.size();
  BOOST_TEST(before == 2u + 2 + 1 + 2);  // Reads, sums, the mean, differences.
  tasks.chunks(f);
  tasks.chunks(anomaly);
  BOOST_TEST(graph.size() == before);
}
BOOST_AUTO_TEST_SUITE_END()
