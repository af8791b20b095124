// Sorting, searching, sets and counts over chunks.
#include "array_values.hpp"

#include "client/array/sorting/sorting.hpp"

#include <cmath>
#include <limits>
#include <numeric>

namespace {
using namespace tessera;
using namespace tessera::test;
using arrays::Shape;
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

Doubles shuffled(std::size_t count, std::size_t different) {
  Doubles all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(static_cast<double>(i * 7919 % different));
  return all;
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_sorting, WithCluster)

BOOST_AUTO_TEST_CASE(A1_a_sort_by_merges_of_chunks_is_that_of_whole_lines) {
  for (const std::int64_t each : {1, 3, 7, 10, 32, 100})
    for (const bool is_down : {false, true}) {
      const Doubles all = shuffled(97, 23);
      const Array x = xp::asarray(all, each);
      std::vector<std::int64_t> order(all.size());
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) {
        const double one = all[static_cast<std::size_t>(a)], other = all[static_cast<std::size_t>(b)];
        return is_down ? one > other : one < other;
      });
      Doubles sorted;
      for (const std::int64_t i : order) sorted.push_back(all[static_cast<std::size_t>(i)]);
      for (const std::uint64_t most : {std::uint64_t{8}, std::uint64_t{1} << 20}) {  // Merged from chunks, and as a whole.
        BOOST_TEST((values<double>(detail::sorted(x, 0, is_down, detail::Part::values, most)) == sorted));
        BOOST_TEST((values<std::int64_t>(detail::sorted(x, 0, is_down, detail::Part::positions, most)) == order));
      }
      BOOST_TEST((values<std::int64_t>(xp::argsort(x, {.descending = is_down})) == order));
    }
  const Array cube = xp::random::normal({4, 11, 3}, 5, {.chunks = {2, 3, 2}});
  const Block whole = xp::sort(xp::rechunk(cube, -1), {.axis = 1}).compute(cluster());
  BOOST_TEST((xp::sort(cube, {.axis = 1}).compute(cluster()) == whole));
  BOOST_TEST((detail::sorted(cube, 1, false, detail::Part::values, 8).compute(cluster()) == whole));
  BOOST_TEST((detail::sorted(cube, 1, false, detail::Part::values, 8)[{3, Slice{5, 9}}].compute(cluster()) == xp::asarray(whole)[{3, Slice{5, 9}}].compute(cluster())));
}

BOOST_AUTO_TEST_CASE(a_sort_keeps_the_cuts_of_other_dimensions_where_lines_fit) {
  const Array x = xp::zeros({100, 80}, {.chunks = {10, 20}});
  BOOST_TEST(arrays::shape::to_string(xp::sort(x).chunks()) == "(10 x 10, (80))");
  BOOST_TEST(arrays::shape::to_string(xp::sort(x, {.axis = 0}).chunks()) == "((100), (20, 20, 20, 20))");
  BOOST_TEST(arrays::shape::to_string(detail::sorted(x, 1, false, detail::Part::values, 8).chunks()) == "(10 x 10, (20, 20, 20, 20))");
}

BOOST_AUTO_TEST_CASE(M1_a_sort_by_merges_says_what_it_takes_and_holds_a_few_chunks) {
  tessera::Plan plan;
  auto planned = Cluster::local({.lanes = 1, .on_plan = [&](const tessera::Plan& one) { plan = one; }});
  const Array x = xp::random::uniform({1 << 18}, 1, {.chunks = 1 << 14});  // 16 chunks of 128 kiB.
  const Block sorted = detail::sorted(x, 0, false, detail::Part::values, 8).compute(planned);
  BOOST_TEST(plan.undeclared.empty());
  BOOST_TEST(std::ranges::is_sorted(sorted.data<double>()));
  BOOST_TEST(plan.tasks == 16u + 16 + 2 * 63 + 16 + 1);  // Made, sorted, 63 pairs merged, values, joined.
}

BOOST_AUTO_TEST_CASE(the_first_of_each_line_are_found_without_a_sort) {
  const Block block = Block::of<double>({2, 5}, {3, no_number, 9, 1, 9, 5, 5, 0, 7, 2});
  for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec(1), ChunkSpec({1, 2})}) {
    const Array x = xp::asarray(block, chunks);
    BOOST_TEST((values<double>(xp::topk(x, 2)) == Doubles{9, 9, 7, 5}));
    BOOST_TEST((values<std::int64_t>(xp::argtopk(x, 2)) == Longs{2, 4, 3, 0}));
    BOOST_TEST((values<double>(xp::topk(x, -3)) == Doubles{1, 3, 9, 0, 2, 5}));
    BOOST_TEST((values<std::int64_t>(xp::argtopk(x, -1, 0)) == Longs{0, 1, 1, 0, 1}));
    BOOST_TEST((xp::topk(x, 70).shape() == Shape{2, 5}));
  }
}

BOOST_AUTO_TEST_CASE(different_elements_have_an_unknown_number) {
  const Array x = xp::reshape(xp::asarray(Doubles{4, 1, 4, no_number, 1, 4}, 2), {2, 3});
  const auto all = xp::unique_all(x);
  BOOST_TEST((all.values.shape() == Shape{arrays::shape::unknown_length}));
  BOOST_TEST((values<std::int64_t>(all.counts) == Longs{2, 3, 1}));
  BOOST_TEST((values<std::int64_t>(all.indices) == Longs{1, 0, 3}));
  BOOST_TEST((values<std::int64_t>(all.inverse_indices) == Longs{1, 0, 1, 2, 0, 1}));
  BOOST_TEST((values<double>(xp::unique_values(x[x > 1])) == Doubles{4}));
  BOOST_TEST((values<std::int64_t>(xp::unique_counts(xp::asarray(shuffled(100, 7), 3)).counts) == Longs{15, 14, 15, 14, 14, 14, 14}));
  BOOST_TEST((values<bool>(xp::isin(x, xp::asarray(Longs{4, 9}, 1))) == std::vector<bool>{1, 0, 1, 0, 0, 1}));
  refused([&] { xp::unique_all(x[x > 1]); }, "call compute_chunk_sizes(cluster)");
}

BOOST_AUTO_TEST_CASE(searches_count_over_the_chunks_of_what_is_searched) {
  Doubles sorted = shuffled(50, 11);
  std::ranges::sort(sorted);
  const Array wanted = xp::asarray(Doubles{-1, 0, 5, 5.5, 10, 11, no_number}, 2);
  for (const xp::Side side : {xp::Side::left, xp::Side::right}) {
    const auto whole = values<std::int64_t>(xp::searchsorted(xp::asarray(sorted), wanted, {.side = side}));
    for (const std::int64_t each : {1, 7, 50}) BOOST_TEST((values<std::int64_t>(xp::searchsorted(xp::asarray(sorted, each), wanted, {.side = side})) == whole));
  }
  BOOST_TEST((values<std::int64_t>(xp::digitize(wanted, xp::asarray(Doubles{0, 5, 10}))) == Longs{0, 1, 2, 2, 3, 3, 3}));
  BOOST_TEST((values<std::int64_t>(xp::digitize(wanted, xp::asarray(Doubles{10, 5, 0}, 2), true)) == Longs{3, 3, 2, 1, 1, 0, 0}));
}

BOOST_AUTO_TEST_CASE(histograms_and_counts_add_over_chunks) {
  const Array x = xp::asarray(Doubles{0, 1, 2, 3, 4, 4, 2.5, 1}, 3);
  const auto found = xp::histogram(x, 4);
  BOOST_TEST((values<double>(found.edges) == Doubles{0, 1, 2, 3, 4}));
  BOOST_TEST((values<std::int64_t>(found.counts) == Longs{1, 2, 2, 3}));
  BOOST_TEST((values<std::int64_t>(xp::histogram(x, 2, {.range = std::pair(1.0, 3.0)}).counts) == Longs{2, 3}));
  BOOST_TEST((values<double>(xp::histogram(x, xp::asarray(Doubles{0, 2, 4}, 1), {.weights = x}).counts) == Doubles{2, 15.5}));
  BOOST_TEST((values<double>(xp::histogram(x, 2, {.density = true}).counts) == Doubles{3. / 2 / 8, 5. / 2 / 8}));
  BOOST_TEST((values<std::int64_t>(xp::histogram(x[x > 2], 2).counts) == Longs{2, 2}));
  BOOST_TEST((values<std::int64_t>(xp::histogram(xp::ones({5}), 2).counts) == Longs{0, 5}));
  BOOST_TEST((values<std::int64_t>(xp::histogram(xp::ones({0}), 2).counts) == Longs{0, 0}));
  const Array numbers = xp::asarray(Longs{3, 0, 3, 1}, 2);
  BOOST_TEST((values<std::int64_t>(xp::bincount(numbers)) == Longs{1, 1, 0, 2}));
  BOOST_TEST((values<std::int64_t>(xp::bincount(numbers, {.minlength = 6})) == Longs{1, 1, 0, 2, 0, 0}));
  BOOST_TEST((values<double>(xp::bincount(numbers, {.weights = xp::asarray(Doubles{1, 2, 4, 8}, 3)})) == Doubles{2, 8, 0, 5}));
}

BOOST_AUTO_TEST_CASE(E7_what_cannot_be_sorted_searched_or_counted_is_refused_where_it_is_written) {
  const Array x = xp::ones({3, 4}), waves = xp::full({3}, std::complex<double>(0, 1));
  refused([&] { xp::sort(waves); }, "sort takes what has an order: real numbers, bool and time, not complex128", ErrorCode::type_mismatch);
  refused([&] { xp::unique_values(waves); }, "unique_values takes what has an order", ErrorCode::type_mismatch);
  refused([&] { xp::sort(x, {.axis = 2}); }, "sort: axis 2 is not one of the 2 of the shape (3, 4)");
  refused([&] { xp::sort(xp::asarray(1.0)); }, "axis -1");
  refused([&] { xp::topk(x, 0); }, "topk: k is 0");
  refused([&] { xp::searchsorted(x, x); }, "what is searched is of one dimension, not of the shape (3, 4)");
  refused([&] { xp::digitize(x, xp::asarray(Doubles{0, 2, 1})); }, "the 3 bins neither increase nor decrease");
  refused([&] { xp::histogram(x, 0); }, "0 bins are asked for");
  refused([&] { xp::histogram(x, 2, {.range = std::pair(2.0, 1.0)}); }, "the range 2 to 1 is none");
  refused([&] { xp::histogram(x, xp::asarray(1.0)); }, "edges are of one dimension");
  refused([&] { xp::histogram(xp::asarray(Doubles{1, no_number}), 2).counts.compute(cluster()); }, "edge 0 of a histogram, nan, is NaN", ErrorCode::task_failed);
  refused([&] { xp::bincount(x); }, "bincount takes integers of one dimension, not float64 of shape (3, 4)");
  refused([&] { xp::bincount(xp::asarray(Longs{0, -2})).compute(cluster()); }, "bincount meets the number -2", ErrorCode::task_failed);
  refused([&] { xp::sort(xp::arange(4.0)[xp::arange(4.0) > 1]); }, "call compute_chunk_sizes(cluster)");
}

BOOST_AUTO_TEST_SUITE_END()
