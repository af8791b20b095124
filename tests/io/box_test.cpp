#include "io/box.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <set>

using namespace tessera::io;
using tessera::arrays::Shape;

namespace {
std::size_t offset(const Shape& shape, const Shape& start, const Shape& at) {
  std::int64_t sum = 0;
  for (std::size_t d = 0; d < shape.size(); ++d) sum = sum * shape[d] + start[d] + at[d];
  return static_cast<std::size_t>(sum);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(io_box)

BOOST_AUTO_TEST_CASE(runs_visit_each_pair_of_elements_once) {
  std::mt19937 random(7);
  const auto below = [&](std::int64_t bound) { return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random); };
  for (int round = 0; round < 500; ++round) {
    const auto rank = static_cast<std::size_t>(below(5));
    Shape a, b, count, start_a, start_b;
    for (std::size_t d = 0; d < rank; ++d) {
      a.push_back(1 + below(4));
      b.push_back(below(2) == 0 ? a[d] : 1 + below(4));
      count.push_back(below(8) == 0 ? 0 : 1 + below(std::min(a[d], b[d])));
      start_a.push_back(below(a[d] - count[d] + 1)), start_b.push_back(below(b[d] - count[d] + 1));
    }
    std::set<std::pair<std::size_t, std::size_t>> visited, expected;
    std::size_t steps = 0;
    for_each_run(count, a, start_a, b, start_b, [&](std::size_t from, std::size_t to, std::size_t run) {
      for (std::size_t i = 0; i < run; ++i, ++steps) visited.emplace(from + i, to + i);
    });
    const auto total = static_cast<std::size_t>(*tessera::arrays::element_count(count));
    Shape at(rank, 0);
    for (std::size_t i = 0; i < total; ++i) {
      expected.emplace(offset(a, start_a, at), offset(b, start_b, at));
      for (std::size_t d = rank; d-- > 0 && ++at[d] == count[d];) at[d] = 0;
    }
    BOOST_TEST((visited == expected));
    BOOST_TEST(steps == total);
  }
}

BOOST_AUTO_TEST_CASE(what_is_whole_behind_the_first_dimension_is_one_run) {
  int runs = 0;
  for_each_run(Shape{2, 3, 4}, Shape{9, 3, 4}, Shape{5, 0, 0}, Shape{2, 3, 4}, Shape{0, 0, 0},
               [&](std::size_t from, std::size_t to, std::size_t run) {
                 ++runs;
                 BOOST_TEST(from == 60u);
                 BOOST_TEST(to == 0u);
                 BOOST_TEST(run == 24u);
               });
  BOOST_TEST(runs == 1);
}

BOOST_AUTO_TEST_CASE(a_box_lies_in_an_array_or_it_does_not) {
  BOOST_TEST(lies_in(Shape{1, 2}, Shape{2, 3}, Shape{3, 5}));
  BOOST_TEST(lies_in(Shape{3}, Shape{0}, Shape{3}));
  BOOST_TEST(lies_in(Shape{}, Shape{}, Shape{}));
  for (const auto& [start, count] : {std::pair<Shape, Shape>{{1}, {3}}, {{-1}, {1}}, {{0}, {-1}}, {{4}, {0}}, {{0, 0}, {1, 1}},
                                     {{std::numeric_limits<std::int64_t>::max()}, {1}}, {{1}, {std::numeric_limits<std::int64_t>::max()}}})
    BOOST_TEST(!lies_in(start, count, Shape{3}));
}

BOOST_AUTO_TEST_SUITE_END()
