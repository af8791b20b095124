// Windows, cumulative sums, differences and arrangements: chunk rules, passes, and refusals; values are in the oracle corpus.
#include "tests/client/with_cluster.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <numeric>

using namespace tessera;
using arrays::Shape;

namespace {
using test::cluster;
using test::WithCluster;
using Doubles = std::vector<double>;

template <class T>
std::vector<T> values(const Array& array) {
  const Block block = array.compute(cluster());
  BOOST_REQUIRE((block.dtype() == arrays::dtype_of<T>()));
  return {block.data<T>().begin(), block.data<T>().end()};
}
std::string text(const Array& array) { return arrays::shape::to_string(array.chunks()); }
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
Block windows_test_read(const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& count) {
  ++reads;
  return Block::make<double>(count, [&](std::span<double> to) { std::iota(to.begin(), to.end(), static_cast<double>(start[0])); });
}
TESSERA_OPERATION(windows_test_read);
Array read(std::int64_t length, std::int64_t each) {
  return xp::from_reader(Dtype::float64, {length}, each, [](Graph& graph, arrays::ShapeView start, arrays::ShapeView count) {
    return graph.add(windows_test_read, Shape(start.begin(), start.end()), Shape(count.begin(), count.end()));
  });
}
int reads_of(const Array& array) {
  reads = 0;
  array.compute(cluster());
  return reads;
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_xp_windows, WithCluster)

BOOST_AUTO_TEST_CASE(A2_chunks_of_windows_begin_where_those_of_the_array_do) {
  const Array x = xp::arange(0.0, 10.0, 1.0, {.chunks = 4});
  const Array windows = xp::sliding_window_view(x, {4});
  BOOST_TEST(text(windows) == "((4, 3), (4))");
  BOOST_TEST((values<double>(windows[6]) == Doubles{6, 7, 8, 9}));
  BOOST_TEST((values<double>(xp::mean(windows, {.axis = -1})) == Doubles{1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5}));
  // 16 MB, and each window is 64 times as large: chunks stay below 64 MiB.
  const Array large = xp::sliding_window_view(xp::zeros({2'000'000}, {.chunks = 1'000'000}), {64});
  BOOST_TEST(*std::ranges::max_element(large.chunks()[0]) * 64 * 8 <= (64 << 20));
  BOOST_TEST(text(xp::pad(x, {Depth{3, 1}}, {.mode = xp::PadMode::reflect})) == "(5 of at most 4)");
}

BOOST_AUTO_TEST_CASE(A7_windows_and_differences_read_only_what_they_touch) {
  BOOST_TEST(reads_of(xp::sliding_window_view(read(100, 10), {5})[20]) == 2);  // Its chunk has the windows from 20 to 29.
  BOOST_TEST(reads_of(xp::cumulative_sum(read(100, 10))[35]) == 9);  // All totals are cumulated at once, but nothing reads the last chunk.
  BOOST_TEST(reads_of(xp::diff(read(100, 10))[Slice{3, 5}]) == 2);
  BOOST_TEST(reads_of(xp::pad(read(100, 10), 3, {.mode = xp::PadMode::edge})[0]) == 1);
}

BOOST_AUTO_TEST_CASE(A5_cumulative_sums_widen_small_integers_and_add_float32_in_float64) {
  const Array ones = xp::full({70'000}, true, {.chunks = 9'000});
  BOOST_TEST((values<std::int64_t>(xp::cumsum(xp::full({2, 2}, 3, {.chunks = 1}))) == std::vector<std::int64_t>{3, 6, 9, 12}));
  BOOST_TEST((values<std::int64_t>(xp::cumprod(xp::full({2, 2}, 3), {.axis = 0})) == std::vector<std::int64_t>{3, 3, 9, 9}));
  BOOST_TEST(xp::cumulative_sum(ones)[-1].item<std::int64_t>(cluster()) == 70'000);
  BOOST_TEST((xp::cumulative_sum(xp::astype(ones, Dtype::uint8)).dtype() == Dtype::uint64));
  BOOST_TEST(xp::cumulative_sum(ones, {.dtype = Dtype::int8})[-1].item<std::int8_t>(cluster()) == 112);  // 70,000 modulo 256.
  // In float32 2^24 + 1 is 2^24 again.
  const Array x = xp::concat({xp::full({1}, 16'777'216.0, {.dtype = Dtype::float32}), xp::full({100}, 1.0, {.dtype = Dtype::float32, .chunks = 7})});
  BOOST_TEST(xp::cumulative_sum(x)[-1].item<float>(cluster()) == 16'777'316.0f);
}

BOOST_AUTO_TEST_CASE(K7_a_cumulative_sum_takes_a_total_and_a_task_for_each_chunk) {
  tessera::Plan plan;
  auto planned = Cluster::local({.lanes = 1, .on_plan = [&](const tessera::Plan& one) { plan = one; }});
  const Array x = xp::random::uniform({8, 1000}, 1, {.chunks = {8, 100}});
  xp::max(xp::cumulative_sum(x, {.axis = 1})).compute(planned);
  BOOST_TEST(plan.undeclared.empty());
  BOOST_TEST(plan.tasks == 10u + 9 + 1 + 1 + 10 + 10 + 2 + 1);  // Chunks, totals of all but the last, joined and cumulated, sums, and a maximum of ten.
  BOOST_TEST((xp::cumulative_sum(x, {.axis = 1}).compute(cluster()) == xp::cumulative_sum(x, {.axis = 1}).compute(cluster(), {.optimise = false})));
}

BOOST_AUTO_TEST_CASE(K7_only_windows_and_sums_of_the_same_kind_are_one) {
  const Array x = xp::random::uniform({6, 6}, 4, {.chunks = 2});
  const std::vector<Array> all{xp::cumulative_sum(x, {.axis = 0}), xp::cumulative_sum(x, {.axis = 1}), xp::cumulative_prod(x, {.axis = 0}),
                               xp::sliding_window_view(x, {2}, 0), xp::sliding_window_view(x, {2}, 1), xp::sliding_window_view(x, {3}, 0), xp::sliding_window_view(x, {2}, 0)};
  const auto optimised = xp::compute(cluster(), all), plain = xp::compute(cluster(), all, {.optimise = false});
  for (std::size_t i = 0; i < all.size(); ++i) BOOST_TEST((optimised[i] == plain[i]), i);
  BOOST_TEST(!(optimised[0] == optimised[1]));
  BOOST_TEST(!(optimised[0] == optimised[2]));
}

BOOST_AUTO_TEST_CASE(blocks_of_any_reduction_become_one_element_each) {
  const Array x = xp::reshape(xp::arange(24.0, {.chunks = 5}), {4, 6});
  const auto mean = [](const Array& a, const xp::Axis& axis) { return xp::mean(a, {.axis = axis}); };
  BOOST_TEST((values<double>(xp::coarsen(mean, x, {{0, 2}, {1, 3}})) == Doubles{4, 7, 16, 19}));
  BOOST_TEST((values<double>(xp::coarsen(mean, x, {{1, 4}}, {.trim_excess = true})) == Doubles{1.5, 7.5, 13.5, 19.5}));
  refused([&] { xp::coarsen(mean, x, {{1, 4}}); }, "dimension 1 of the shape (4, 6) is no multiple of 4");
  refused([&] { xp::coarsen(mean, x, {{0, 2}, {-2, 2}}); }, "is named twice");
}

BOOST_AUTO_TEST_CASE(copies_of_an_array_share_its_chunks) {
  BOOST_TEST(reads_of(xp::tile(read(40, 10), {3})) == 4);
  BOOST_TEST((values<double>(xp::tile(xp::arange(3.0), {2, 2})) == Doubles{0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2}));
  BOOST_TEST((values<double>(xp::repeat(xp::arange(3.0, {.chunks = 2}), {2, 0, 1})) == Doubles{0, 0, 2}));
  BOOST_TEST((values<double>(xp::clip(xp::arange(4.0), {.min = 1, .max = 2})) == Doubles{1, 1, 2, 2}));
  BOOST_TEST((xp::empty_like(xp::ones({2, 3}, {.chunks = 1})).compute(cluster()) == xp::zeros({2, 3}).compute(cluster())));
}

BOOST_AUTO_TEST_CASE(E7_what_shapes_do_not_allow_is_refused_where_it_is_written) {
  const Array x = xp::ones({3, 4}, {.chunks = 2});
  refused([&] { xp::pad(x, {1, 1, 1}); }, "3 widths are given for the 2 dimensions of the shape (3, 4)");
  refused([&] { xp::pad(x, -1); }, "the widths (-1, -1) of dimension 0 are below 0");
  refused([&] { xp::pad(xp::ones({0}), 1, {.mode = xp::PadMode::wrap}); }, "dimension 0 of the shape (0) is empty");
  refused([&] { xp::pad(xp::ones({3}, {.dtype = Dtype::int32}), 1, {.constant_value = 0.5}); }, "an array of int32 is none of its elements", ErrorCode::type_mismatch);
  refused([&] { xp::sliding_window_view(x, {5}, 1); }, "a window of 5 does not fit dimension 1 of the shape (3, 4)");
  refused([&] { xp::sliding_window_view(x, {2}); }, "1 lengths of windows are given for 2 axes");
  refused([&] { xp::cumulative_sum(x); }, "cumulative_sum of an array of shape (3, 4): name one of its axes");
  refused([&] { xp::cumulative_prod(xp::asarray(1.0)); }, "of shape ()");
  refused([&] { xp::cumulative_sum(x, {.axis = 0, .dtype = Dtype::boolean}); }, "cumulative_sum", ErrorCode::type_mismatch);
  refused([&] { xp::diff(x, {.n = -1}); }, "-1 times is below 0");
  refused([&] { xp::diff(x, {.axis = 2}); }, "diff");
  refused([&] { xp::gradient(x); }, "gradient of an array of shape (3, 4): name one of its axes");
  refused([&] { xp::gradient(x, {.axis = 0, .edge_order = 3}); }, "the order 3 at the edge is neither 1 nor 2");
  refused([&] { xp::repeat(x, std::vector<std::int64_t>{1, 2}, {.axis = 1}); }, "2 numbers are given for the 4 elements along dimension 1");
  refused([&] { xp::repeat(x, -1); }, "an element cannot be there -1 times");
  refused([&] { xp::tile(x, {-2}); }, "cannot be there -2 times");
  refused([&] { xp::meshgrid({x}); }, "has more than one dimension");
  refused([&] { xp::tril(x[0]); }, "tril: the shape (4) has fewer than two dimensions");
}

BOOST_AUTO_TEST_SUITE_END()
