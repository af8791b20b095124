// Views: any composition of slices, transpositions and new axes takes the elements that indexing one by one takes.
#include "arrays/shape/gather.hpp"
#include "arrays/shape/slice.hpp"
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <numeric>

using namespace tessera::arrays;
using namespace tessera::arrays::shape;
using tessera::runtime::Rng;

namespace {
View view_of(std::initializer_list<Index> brackets, const Shape& shape) {
  auto view = indexed({brackets.begin(), brackets.size()}, shape);
  BOOST_REQUIRE(view);
  return *view;
}
std::string refusal(std::initializer_list<Index> brackets, const Shape& shape) {
  auto view = indexed({brackets.begin(), brackets.size()}, shape);
  BOOST_REQUIRE(!view);
  return view.failure().message;
}
bool contains(const std::string& sentence, const char* part) { return sentence.find(part) != std::string::npos; }

/// Element i is i.
Block counting(const Shape& shape) {
  return Block::make<std::int32_t>(shape, [](std::span<std::int32_t> to) { std::iota(to.begin(), to.end(), 0); });
}
/// The chunk of a counting array.
Block cut(const Grid& grid, std::size_t number, const Shape& shape) {
  const auto box = grid.box(grid.at(number));
  View view{box.count, {}, box.start};
  for (std::size_t i = 0; i < shape.size(); ++i) view.from.push_back({static_cast<std::int32_t>(i), 1});
  const Block all = counting(shape);
  Chunks one;
  for (const auto length : shape) one.push_back({length});
  const auto pieces = pieces_of(view, Grid(one), {Shape(shape.size(), 0), box.count});
  return *gather({&all, 1}, Dtype::int32, box.count, pieces);
}
/// One element after the other.
std::vector<std::int32_t> plain(const View& view, const Shape& source) {
  std::vector<std::int32_t> all;
  if (*element_count(view.shape) == 0) return all;
  Shape at(view.shape.size(), 0);
  do {
    Shape from = view.base;
    for (std::size_t i = 0; i < at.size(); ++i)
      if (view.from[i].axis >= 0) from[static_cast<std::size_t>(view.from[i].axis)] += view.from[i].step * at[i];
    std::int64_t flat = 0;
    for (std::size_t i = 0; i < source.size(); ++i) flat = flat * source[i] + from[i];
    all.push_back(static_cast<std::int32_t>(flat));
  } while (next_index(at, view.shape));
  return all;
}
std::vector<std::int32_t> elements(const Block& block) {
  const auto data = block.data<std::int32_t>();
  return {data.begin(), data.end()};
}

Cuts random_cuts(Rng& rng, std::int64_t length) {
  Cuts cuts;
  for (std::int64_t left = length; left > 0 || cuts.empty();) {
    const auto each = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(left) + 1));
    cuts.push_back(each);
    left -= each;
  }
  return cuts;
}
View random_view(Rng& rng, const Shape& shape) {
  std::vector<Index> brackets;
  for (const std::int64_t length : shape) {
    const auto any = [&] { return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(2 * length + 3))) - length - 1; };
    const std::int64_t step = static_cast<std::int64_t>(1 + rng.below(3)) * (rng.below(3) == 0 ? -1 : 1);
    const auto kind = rng.below(6);
    if (kind == 0 && length > 0) brackets.emplace_back(static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(length))));
    else if (kind == 1) brackets.emplace_back(NewAxis{}), brackets.emplace_back(Slice{});
    else if (kind == 2) brackets.emplace_back(Slice{any(), any(), step});
    else brackets.emplace_back(Slice{{}, {}, step});
  }
  View view = *indexed(brackets, shape);
  for (std::size_t i = view.from.size(); i > 1; --i) {  // And its dimensions in any order.
    const std::size_t other = rng.below(i);
    std::swap(view.from[i - 1], view.from[other]);
    std::swap(view.shape[i - 1], view.shape[other]);
  }
  return view;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_shape_view)

BOOST_AUTO_TEST_CASE(brackets_mean_what_they_do_in_python) {
  BOOST_TEST((plain(view_of({2}, {5}), {5}) == std::vector<std::int32_t>{2}));
  BOOST_TEST((plain(view_of({-1}, {5}), {5}) == std::vector<std::int32_t>{4}));
  BOOST_TEST((plain(view_of({Slice{1, -1}}, {5}), {5}) == std::vector<std::int32_t>{1, 2, 3}));
  BOOST_TEST((plain(view_of({Slice{{}, {}, -2}}, {5}), {5}) == std::vector<std::int32_t>{4, 2, 0}));
  BOOST_TEST((plain(view_of({Slice{-100, 100, 3}}, {5}), {5}) == std::vector<std::int32_t>{0, 3}));
  BOOST_TEST(plain(view_of({Slice{4, 2}}, {5}), {5}).empty());
  BOOST_TEST((view_of({Ellipsis{}, NewAxis{}, 0}, {2, 3, 4}).shape == Shape{2, 3, 1}));
  BOOST_TEST((view_of({}, {2, 3}) == whole(Shape{2, 3})));
}

BOOST_AUTO_TEST_CASE(E7_brackets_that_do_not_fit_are_refused_with_the_shape) {
  BOOST_TEST(contains(refusal({5}, {5, 2}), "index 5 is out of range for dimension 0 of the shape (5, 2)"));
  BOOST_TEST(contains(refusal({0, -3}, {5, 2}), "index -3 is out of range for dimension 1"));
  BOOST_TEST(contains(refusal({0}, {0}), "index 0 is out of range for dimension 0 of the shape (0)"));
  BOOST_TEST(contains(refusal({Slice{{}, {}, 0}}, {5}), "has the step 0"));
  BOOST_TEST(contains(refusal({0, 0}, {5}), "2 indices and 0 ellipses are given for the shape (5)"));
  BOOST_TEST(contains(refusal({Ellipsis{}, Ellipsis{}}, {5}), "2 ellipses"));
}

BOOST_AUTO_TEST_CASE(a_chunk_of_a_view_is_gathered_from_the_chunks_that_it_touches_and_no_other) {
  const Chunks source{{4, 4, 4}};
  const Grid grid(source);
  const View view = view_of({Slice{5, 7}}, {12});
  const auto pieces = pieces_of(view, grid, {{0}, {2}});
  BOOST_TEST(pieces.size() == 1u);
  BOOST_TEST(pieces[0].chunk == 1u);
  BOOST_TEST(pieces[0].offset == 1);
  BOOST_TEST((natural_chunks(view_of({Slice{1, {}, 2}}, {12}), source) == Chunks{{2, 2, 2}}));
  BOOST_TEST((natural_chunks(view_of({Slice{{}, {}, -5}}, {12}), source) == Chunks{{1, 1, 1}}));
}

BOOST_AUTO_TEST_CASE(random_views_of_random_chunks_take_the_elements_of_plain_indexing) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Rng rng(seed);
    Shape shape(rng.below(4));
    for (auto& length : shape) length = static_cast<std::int64_t>(rng.below(8));
    Chunks source;
    for (const auto length : shape) source.push_back(random_cuts(rng, length));
    const Grid grid(source);
    const View first = random_view(rng, shape), second = random_view(rng, first.shape), view = compose(second, first);
    BOOST_TEST_CONTEXT("seed " << seed) {
      const auto of_first = plain(first, shape);
      std::vector<std::int32_t> expected;
      for (const std::int32_t i : plain(second, first.shape)) expected.push_back(of_first[static_cast<std::size_t>(i)]);
      BOOST_TEST((plain(view, shape) == expected));
      std::vector<Block> blocks;
      for (std::size_t i = 0; i < grid.size(); ++i) blocks.push_back(cut(grid, i, shape));
      Chunks target;
      for (const auto length : view.shape) target.push_back(random_cuts(rng, length));
      const Grid result(rng.below(2) == 0 ? target : natural_chunks(view, source));
      std::vector<std::int32_t> whole_result(expected.size());
      for (std::size_t i = 0; i < result.size(); ++i) {
        const Box box = result.box(result.at(i));
        const auto again = unpacked(packed(pieces_of(view, grid, box)), view.shape.size());
        BOOST_REQUIRE(again);
        const auto block = gather(blocks, Dtype::int32, box.count, *again);
        BOOST_REQUIRE(block);
        View part{box.count, {}, box.start};
        for (std::size_t d = 0; d < view.shape.size(); ++d) part.from.push_back({static_cast<std::int32_t>(d), 1});
        BOOST_TEST((elements(*block) == plain(compose(part, view), shape)));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(pieces_from_elsewhere_are_checked_before_anything_is_copied) {
  const Block block = counting({4});
  const auto refused = [&](const Piece& piece, const char* words) {
    const auto result = gather({&block, 1}, Dtype::int32, Shape{4}, {&piece, 1});
    BOOST_REQUIRE(!result);
    BOOST_TEST(contains(result.failure().message, words), result.failure().message);
  };
  BOOST_TEST((*gather({&block, 1}, Dtype::int32, Shape{4}, std::vector<Piece>{{0, {0}, {4}, 3, {-1}}}) == Block::of<std::int32_t>({4}, {3, 2, 1, 0})));
  refused({1, {0}, {4}, 0, {1}}, "block 1");
  refused({0, {0}, {4}, 1, {1}}, "reaches beyond");
  refused({0, {0}, {4}, 2, {-1}}, "reaches beyond");
  refused({0, {1}, {4}, 0, {1}}, "reaches beyond");
  refused({0, {-1}, {4}, 0, {1}}, "reaches beyond");
  refused({0, {0}, {4}, 0, {INT64_MAX}}, "reaches beyond");
  refused({0, {0}, {3}, 0, {1}}, "do not fill");
  BOOST_TEST(!gather({&block, 1}, Dtype::float32, Shape{4}, std::vector<Piece>{{0, {0}, {4}, 0, {1}}}));
  BOOST_TEST(!unpacked(std::vector<std::int64_t>{0, 0, 0}, 1));
  BOOST_TEST(!unpacked(std::vector<std::int64_t>{-1, 0, 0, 1, 1}, 1));
}
BOOST_AUTO_TEST_SUITE_END()
