// Index arrays, masks, unknown lengths, and new values at places.
#include "array_values.hpp"

#include <atomic>
#include <numeric>

namespace {
using namespace tessera;
using namespace tessera::test;
using arrays::Shape;

std::atomic<int> reads = 0;
Block indexing_test_read(const std::vector<std::int64_t>& start, const std::vector<std::int64_t>& count) {
  ++reads;
  return Block::make<double>(count, [&](std::span<double> to) { std::iota(to.begin(), to.end(), static_cast<double>(start[0])); });
}
TESSERA_OPERATION(indexing_test_read);
Array read(std::int64_t length, std::int64_t each) {
  return xp::from_reader(Dtype::float64, {length}, each, [](Graph& graph, arrays::ShapeView start, arrays::ShapeView count) {
    return graph.add(indexing_test_read, Shape(start.begin(), start.end()), Shape(count.begin(), count.end()));
  });
}
Array longs(const Longs& values, const ChunkSpec& chunks = {}) { return xp::asarray(values, chunks); }
}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_indexing, WithCluster)

BOOST_AUTO_TEST_CASE(A8_index_arrays_take_what_they_point_to_known_or_not) {
  for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec(1), ChunkSpec({2, 3, 3})})
    for (const ChunkSpec& cut : {ChunkSpec(-1), ChunkSpec(2)})
      for (const bool is_known : {true, false}) {
        const Array x = counting({4, 3, 5}, chunks);
        const auto indices = [&](const Longs& values) { return is_known ? longs(values, cut) : lazy(longs(values, cut)); };
        BOOST_TEST((values<double>(xp::take(counting({7}, 2), indices({6, 0, -2, 6, 3}))) == Doubles{6, 0, 5, 6, 3}));
        BOOST_TEST((values<double>(xp::take(x, indices({2, -3}), 1)[{3, Slice{}, 0}]) == Doubles{55, 45}));
        BOOST_TEST((values<double>(x[{indices({3, 0, 1}), 0, Slice{}}][{Slice{}, 1}]) == Doubles{46, 1, 16}));
        BOOST_TEST((values<double>(x[{indices({3, 0}), indices({1, 2}), indices({4, 0})}]) == Doubles{54, 10}));
        BOOST_TEST((x[{indices({3, 0}), Slice{}, indices({1, 2})}].shape() == Shape{2, 3}));
        BOOST_TEST((values<double>(x[{indices({3, 0}), Slice{}, indices({1, 2})}]) == Doubles{46, 51, 56, 2, 7, 12}));
        BOOST_TEST((values<double>(x[{0, Slice{}, indices({1, 2})}]) == Doubles{1, 6, 11, 2, 7, 12}));
        BOOST_TEST((values<double>(x[{Slice{0, 1}, indices({1, 2}), indices({1, 2})}]) == Doubles{6, 12}));
        const Array square = xp::reshape(indices({0, 1, 2, 2}), {2, 2});
        BOOST_TEST((x[{Slice{}, square}].shape() == Shape{4, 2, 2, 5}));
        BOOST_TEST((values<double>(x[{1, square, 4}]) == Doubles{19, 24, 29, 29}));
        BOOST_TEST((values<double>(x[{xp::expand_dims(indices({0, 3}), 1), indices({0, 2}), 1}]) == Doubles{1, 11, 46, 56}));
        BOOST_TEST(x[{indices({})}].compute(cluster()).size() == 0);
      }
}

BOOST_AUTO_TEST_CASE(A8_take_along_an_axis_takes_of_each_line) {
  const Array x = counting({3, 4}, {2, 3});
  for (const bool is_known : {true, false}) {
    const Array rows = xp::asarray(Block::of<std::int64_t>({3, 2}, {3, 0, -1, 1, 2, 2}), {1, 1}), columns = xp::asarray(Block::of<std::int64_t>({1, 4}, {2, 0, -2, 1}));
    BOOST_TEST((values<double>(xp::take_along_axis(x, is_known ? rows : lazy(rows))) == Doubles{3, 0, 7, 5, 10, 10}));
    BOOST_TEST((values<double>(xp::take_along_axis(x, is_known ? columns : lazy(columns), 0)) == Doubles{8, 1, 6, 7}));
    BOOST_TEST((values<double>(xp::take_along_axis(x, is_known ? columns : lazy(columns))) == Doubles{2, 0, 2, 1, 6, 4, 6, 5, 10, 8, 10, 9}));
  }
}

BOOST_AUTO_TEST_CASE(A8_known_indices_read_only_the_chunks_that_they_point_to) {
  const auto read_by = [](const Array& array) {
    reads = 0;
    array.compute(cluster());
    return reads.load();
  };
  BOOST_TEST(read_by(xp::take(read(100, 10), longs({35, 31, 39}))) == 1);
  BOOST_TEST(read_by(xp::take(read(100, 10), longs({35, -1, 39, 98}))) == 2);
  BOOST_TEST(read_by(xp::take(read(100, 10), longs({35, 5, 98, 12}, 2))[Slice{2, 4}]) == 2);
  BOOST_TEST(read_by(xp::take(read(100, 10), lazy(longs({35})))) == 10);
}

BOOST_AUTO_TEST_CASE(A8_chunks_of_the_result_are_no_larger_than_those_of_the_operand) {
  Longs many(1000);
  std::iota(many.begin(), many.end(), 0);
  const Array x = counting({1000}, 100), taken = xp::take(x, longs(many));
  BOOST_TEST(arrays::shape::to_string(taken.chunks()) == "(10 x 100)");
  BOOST_TEST(arrays::shape::to_string(xp::take(x, longs(Longs(120, 3))).chunks()) == "((120))");  // 1.25 times as long is one chunk.
  BOOST_TEST((values<double>(taken) == Doubles(many.begin(), many.end())));
}

BOOST_AUTO_TEST_CASE(A8_indices_that_point_everywhere_are_taken_within_bounds) {
  tessera::Plan plan;
  auto planned = Cluster::local({.lanes = 1, .on_plan = [&](const tessera::Plan& one) { plan = one; }});
  Longs at(1000);
  for (std::size_t i = 0; i < at.size(); ++i) at[i] = static_cast<std::int64_t>(i * 7919 % 1000);
  const Array x = xp::random::uniform({1000, 1000}, 1, {.chunks = {50, -1}});  // 20 chunks of 400 kB; every one has something for every chunk of the result.
  const Block all = xp::take(x, longs(at), 0).compute(planned);
  BOOST_TEST(plan.undeclared.empty());
  BOOST_TEST(plan.tasks == 20u + 20 * 20 + 20 + 1);  // Each makes its part for each; those become chunks.
  const Block whole = x.compute(planned);
  for (const std::size_t i : {0u, 1u, 999u}) BOOST_TEST(all.data<double>()[i * 1000 + 5] == whole.data<double>()[static_cast<std::size_t>(at[i]) * 1000 + 5]);
}

BOOST_AUTO_TEST_CASE(E7_indices_that_are_known_are_refused_where_they_are_written_others_when_the_task_runs) {
  const Array x = counting({5, 4}, {2, 2});
  refused([&] { xp::take(x, longs({0, 4}), 1); }, "index 4 is out of range for dimension 1 of the shape (5, 4)");
  refused([&] { x[{longs({0, -6})}]; }, "index -6 is out of range for dimension 0 of the shape (5, 4)");
  refused([&] { xp::take_along_axis(x, xp::asarray(Block::of<std::int64_t>({1, 4}, {0, 0, 5, 0})), 0); }, "index 5 is out of range for dimension 0 of the shape (5, 4)");
  refused([&] { xp::take(x, lazy(longs({0, 4})), 1).compute(cluster()); }, "index 4 is out of range for a dimension of length 4", ErrorCode::task_failed);
  refused([&] { xp::take(x, lazy(longs({0, 9})), 0)[Slice{0, 1}].compute(cluster()); }, "index 9 is out of range for a dimension of length 5", ErrorCode::task_failed);
  refused([&] { xp::take(x, longs({0})); }, "say which axis");
  refused([&] { xp::take(x, xp::asarray(Doubles{0.5}), 0); }, "take takes integers as indices, not float64 of shape (1)", ErrorCode::type_mismatch);
  refused([&] { x[{longs({0}), longs({0}), 0}]; }, "3 indices and 0 ellipses are given for the shape (5, 4)");
  refused([&] { x[{Ellipsis{}, longs({0}), Ellipsis{}}]; }, "1 indices and 2 ellipses are given for the shape (5, 4)");
  refused([&] { x[{0, xp::asarray(std::vector<bool>{1, 0, 1, 0})}]; }, "a mask is the only array or integer between the brackets");
  refused([&] { x[{longs({0, 1}), longs({0, 1, 2})}]; }, "do not broadcast");
  refused([&] { xp::take_along_axis(x, longs({0})); }, "different numbers of dimensions");
}

BOOST_AUTO_TEST_CASE(A6_a_mask_leaves_an_array_of_unknown_length_that_goes_on) {
  for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec(1), ChunkSpec({2, 3})}) {
    const Array x = counting({5, 4}, chunks), rows = x[xp::asarray(std::vector<bool>{1, 0, 0, 1, 1}, 2)], some = x[x > 13];
    BOOST_TEST((rows.shape() == Shape{arrays::shape::unknown_length, 4}));
    BOOST_TEST((values<double>(rows) == Doubles{0, 1, 2, 3, 12, 13, 14, 15, 16, 17, 18, 19}));
    BOOST_TEST((values<double>(x[{Slice{}, xp::asarray(std::vector<bool>{0, 1, 0, 1})}]) == Doubles{1, 3, 5, 7, 9, 11, 13, 15, 17, 19}));
    BOOST_TEST((values<double>(some) == Doubles{14, 15, 16, 17, 18, 19}));
    BOOST_TEST((values<double>(some * some + 1) == Doubles{197, 226, 257, 290, 325, 362}));
    BOOST_TEST((values<double>(rows * 3 - xp::sum(rows, {.axis = 0, .keepdims = true})) == Doubles{-28, -28, -28, -28, 8, 8, 8, 8, 20, 20, 20, 20}));
    BOOST_TEST((values<double>(rows + xp::asarray(Doubles{10, 20, 30, 40}, 3))[5] == 33.0));
    BOOST_TEST((values<double>(some[some > 17]) == Doubles{18, 19}));
    BOOST_TEST((values<double>(xp::concat({some, xp::asarray(Doubles{1, 2}), some})) == Doubles{14, 15, 16, 17, 18, 19, 1, 2, 14, 15, 16, 17, 18, 19}));
    BOOST_TEST((values<double>(xp::sum(xp::concat({some, xp::asarray(Doubles{1, 2})}))) == Doubles{102}));
    BOOST_TEST((values<double>(xp::sum(some)) == Doubles{99}));
    BOOST_TEST((values<double>(xp::max(rows, {.axis = 1})) == Doubles{3, 15, 19}));
    BOOST_TEST((values<double>(xp::min(rows, {.axis = 0, .keepdims = true})) == Doubles{0, 1, 2, 3}));
    BOOST_TEST((values<std::int64_t>(xp::argmax(-rows, {.axis = 1})) == Longs{0, 0, 0}));
    BOOST_TEST((values<double>(xp::std(some)) == values<double>(xp::std(xp::asarray(Doubles{14, 15, 16, 17, 18, 19})))));
    BOOST_TEST(x[x > 100].compute(cluster()).size() == 0);
    BOOST_TEST(xp::sum(x[x > 100]).item<double>(cluster()) == 0.0);
    BOOST_TEST((values<double>(some.persist(cluster()) + 1)[0] == 15.0));
    BOOST_TEST((some.persist(cluster()).compute(cluster()).size() == 6));
  }
}

BOOST_AUTO_TEST_CASE(A6_what_needs_the_length_refuses_and_says_what_to_do) {
  const Array x = counting({6}, 2), some = x[x > 2];
  const std::string remedy = "call compute_chunk_sizes(cluster)";
  refused([&] { some[0]; }, remedy);
  refused([&] { some[{0, xp::asarray(std::vector<bool>{true})}]; }, "indices and 0 ellipses");
  refused([&] { x[{xp::asarray(std::vector<bool>{1, 0, 0, 0, 0, 1})}][{longs({0})}]; }, remedy);
  refused([&] { some.size(); }, remedy);
  refused([&] { xp::reshape(some, {2, -1}); }, remedy);
  refused([&] { xp::rechunk(some, 2); }, remedy);
  refused([&] { xp::argmax(some); }, remedy);
  refused([&] { some + x; }, remedy);
  refused([&] { xp::take(some, longs({0})); }, remedy);
  refused([&] { xp::flip(some); }, remedy);
  refused([&] { xp::broadcast_to(some, {2, 3}); }, remedy);
  refused([&] { xp::stack({some, some}); }, remedy);
  refused([&] { xp::nonzero(some); }, remedy);
  refused([&] { xp::set(some, {0}, 1); }, remedy);
  refused([&] { (some + x[x > 3]).compute(cluster()); }, "chunks of the lengths 1 and 0 meet, which were unknown before", ErrorCode::task_failed);
  refused([&] { xp::max(x[x > 100]).compute(cluster()); }, "there is no max of nothing", ErrorCode::task_failed);
  refused([&] { x[xp::asarray(std::vector<bool>{true})]; }, "a mask of shape (1) does not fit the shape (6) from dimension 0 on");
}

BOOST_AUTO_TEST_CASE(A6_compute_chunk_sizes_makes_lengths_known) {
  const Array x = counting({6, 3}, {2, 2}), some = x[xp::asarray(std::vector<bool>{0, 1, 1, 1, 0, 0})].compute_chunk_sizes(cluster());
  BOOST_TEST(arrays::shape::to_string(some.chunks()) == "((1, 2, 0), (2, 1))");
  BOOST_TEST((values<double>(some[{-1, Slice{}}]) == Doubles{9, 10, 11}));
  BOOST_TEST((values<double>(xp::reshape(some, {9})) == Doubles{3, 4, 5, 6, 7, 8, 9, 10, 11}));
  BOOST_TEST((x.compute_chunk_sizes(cluster()).node() == x.node()));
}

BOOST_AUTO_TEST_CASE(A6_nonzero_and_argwhere_give_places_in_order) {
  for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec(1), ChunkSpec({1, 3})}) {
    const Array x = xp::rechunk(xp::asarray(Block::of<double>({2, 3}, {0, 5, -0.0, 1, 0, 2})), chunks);
    const auto places = xp::nonzero(x);
    BOOST_TEST((values<std::int64_t>(places[0]) == Longs{0, 1, 1}));
    BOOST_TEST((values<std::int64_t>(places[1]) == Longs{1, 0, 2}));
    BOOST_TEST((values<std::int64_t>(xp::argwhere(x)) == Longs{0, 1, 1, 0, 1, 2}));
  }
  refused([] { xp::nonzero(xp::asarray(1.0)); }, "at least one dimension");
}

BOOST_AUTO_TEST_CASE(A8_set_gives_a_new_array_with_values_at_slices) {
  for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec(1), ChunkSpec({2, 3})}) {
    const Array x = counting({3, 4}, chunks);
    BOOST_TEST((values<double>(xp::set(x, {1}, -1)) == Doubles{0, 1, 2, 3, -1, -1, -1, -1, 8, 9, 10, 11}));
    BOOST_TEST((values<double>(xp::set(x, {Slice{0, 2}, Slice{1, {}}}, xp::asarray(Doubles{20, 21, 22}))) == Doubles{0, 20, 21, 22, 4, 20, 21, 22, 8, 9, 10, 11}));
    BOOST_TEST((values<double>(xp::set(x, {Slice{{}, {}, 2}, Slice{{}, {}, -3}}, xp::asarray(Block::of<double>({2, 2}, {1, 2, 3, 4}), 1))) ==
                Doubles{2, 1, 2, 1, 4, 5, 6, 7, 4, 9, 10, 3}));
    BOOST_TEST((values<double>(xp::set(x, {Ellipsis{}, -1}, xp::asarray(Doubles{-1, -2, -3}))) == Doubles{0, 1, 2, -1, 4, 5, 6, -2, 8, 9, 10, -3}));
    BOOST_TEST((values<double>(xp::set(x, {Slice{}}, xp::asarray(Doubles{7, 8, 9, 10}))) == Doubles{7, 8, 9, 10, 7, 8, 9, 10, 7, 8, 9, 10}));
    BOOST_TEST((values<double>(xp::set(x, {Slice{2, 2}}, 7)) == values<double>(x)));
    BOOST_TEST((xp::set(x, {1}, -1).chunks() == x.chunks()));
    BOOST_TEST((xp::set(x, {Slice{0, 2}, Slice{1, {}}}, counting({2, 3}, 1)).chunks() == x.chunks()));
  }
  BOOST_TEST((values<double>(xp::set(xp::asarray(5.0), {}, 7)) == Doubles{7}));
}

BOOST_AUTO_TEST_CASE(A8_set_takes_masks_and_index_arrays) {
  for (const ChunkSpec& chunks : {ChunkSpec(-1), ChunkSpec(1), ChunkSpec({2, 3})})
    for (const bool is_known : {true, false}) {
      const Array x = counting({3, 4}, chunks);
      const auto indices = [&](const Longs& values) { return is_known ? longs(values, 2) : lazy(longs(values, 2)); };
      BOOST_TEST((values<double>(xp::set(x, {x > 8}, 0)) == Doubles{0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0}));
      BOOST_TEST((values<double>(xp::set(x, {xp::asarray(std::vector<bool>{1, 0, 1})}, xp::asarray(Doubles{6, 7, 8, 9}))) == Doubles{6, 7, 8, 9, 4, 5, 6, 7, 6, 7, 8, 9}));
      BOOST_TEST((values<double>(xp::set(x, {indices({2, 0})}, -1)) == Doubles{-1, -1, -1, -1, 4, 5, 6, 7, -1, -1, -1, -1}));
      BOOST_TEST((values<double>(xp::set(x, {indices({-1, 0, 2}), Slice{1, 3}}, counting({3, 2}, 1) + 20)) == Doubles{0, 22, 23, 3, 4, 5, 6, 7, 8, 24, 25, 11}));
      BOOST_TEST((values<double>(xp::set(x, {Slice{1, 2}, indices({3, 1, 3})}, xp::asarray(Doubles{1, 2, 3}))) == Doubles{0, 1, 2, 3, 4, 2, 6, 3, 8, 9, 10, 11}));
      BOOST_TEST((values<double>(xp::set(x, {indices({})}, 1)) == values<double>(x)));
    }
  const Array some = counting({4}, 2)[counting({4}, 2) > 0];
  BOOST_TEST((values<double>(xp::set(some, {some > 2}, 0)) == Doubles{1, 2, 0}));
}

BOOST_AUTO_TEST_CASE(E7_set_refuses_what_does_not_fit) {
  const Array x = counting({3, 4}, 2), small = xp::ones({3}, {.dtype = Dtype::int32});
  refused([&] { xp::set(x, {3}, 1); }, "index 3 is out of range");
  refused([&] { xp::set(x, {0, 0, 0}, 1); }, "set: 3 indices are given for the shape (3, 4)");
  refused([&] { xp::set(x, {longs({3})}, 1); }, "index 3 is out of range for dimension 0 of the shape (3, 4)");
  refused([&] { xp::set(x, {Slice{0, 2}}, xp::asarray(Doubles{1, 2, 3})); }, "do not broadcast");
  refused([&] { xp::set(small, {0}, 0.5); }, "the values do not fit an array of int32", ErrorCode::type_mismatch);
  refused([&] { xp::set(x, {x > 1}, xp::asarray(Doubles{1, 2})); }, "values of shape (2) do not broadcast to (), the dimensions behind the mask");
  refused([&] { xp::set(x, {xp::asarray(std::vector<bool>{true})}, 1); }, "a mask of shape (1) does not fit the shape (3, 4)");
  refused([&] { xp::set(x, {longs({0}), longs({0})}, 1); }, "one array of indices");
  refused([&] { xp::set(x, {NewAxis{}}, 1); }, "leave it out");
  refused([&] { xp::set(x, {lazy(longs({0, 7}))}, 1).compute(cluster()); }, "index 7 is out of range for a dimension of length 3", ErrorCode::task_failed);
}

BOOST_AUTO_TEST_SUITE_END()
