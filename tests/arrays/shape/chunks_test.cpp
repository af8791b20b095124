// Chunks: what a specification means, refinements, broadcasting, and plans of rechunks.
#include "arrays/shape/broadcast.hpp"
#include "arrays/shape/rechunk.hpp"
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>

using namespace tessera::arrays;
using namespace tessera::arrays::shape;

namespace {
std::string text(const ChunkSpec& spec, const Shape& shape, std::size_t element_bytes = 8) {
  const auto chunks = chunks_of(spec, shape, element_bytes);
  return chunks ? shape::to_string(*chunks) : chunks.failure().message;
}
std::uint64_t largest_bytes(const Chunks& chunks, std::size_t element_bytes) {
  std::uint64_t bytes = element_bytes;
  for (const Cuts& cuts : chunks) bytes *= static_cast<std::uint64_t>(*std::ranges::max_element(cuts));
  return bytes;
}
bool contains(const std::string& sentence, const char* part) { return sentence.find(part) != std::string::npos; }
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_shape_chunks)

BOOST_AUTO_TEST_CASE(a_specification_says_lengths_one_length_or_no_cut) {
  BOOST_TEST(text({3, -1, {1, 4}}, {10, 7, 5}) == "((3, 3, 3, 1), (7), (1, 4))");
  BOOST_TEST(text(4, {10, 3}) == "((4, 4, 2), (3))");
  BOOST_TEST(text(-1, {10, 3}) == "((10), (3))");
  BOOST_TEST(text(10, {1000}) == "(100 x 10)");
  BOOST_TEST(text(300, {1000}) == "((300, 300, 300, 100))");
  BOOST_TEST(text({}, {}) == "()");
}

BOOST_AUTO_TEST_CASE(automatic_chunks_are_even_and_reach_the_target_but_not_beyond) {
  const std::int64_t million = 1000000;
  BOOST_TEST(text("auto", {8 * million}) == "((8000000))");                       // 61 MiB.
  BOOST_TEST(text("auto", {10 * million}) == "((10000000))");                     // 76 MiB: within the tolerance.
  BOOST_TEST(text("auto", {11 * million}) == "((5500000, 5500000))");
  BOOST_TEST(text("8kB", {100, 100}) == "((25, 25, 25, 25), (34, 34, 32))");
  BOOST_TEST(text({"auto", -1}, {200000, 1000}) == "(23 x 8334 and 8318, (1000))");
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    tessera::runtime::Rng rng(seed);
    Shape lengths(1 + rng.below(4));
    for (auto& length : lengths) length = static_cast<std::int64_t>(1 + rng.below(3000));
    const auto chunks = chunks_of("1MiB", lengths, 8);
    BOOST_REQUIRE(chunks);
    BOOST_TEST((shape_of(*chunks) == lengths), "seed " << seed);
    BOOST_TEST(largest_bytes(*chunks, 8) <= (5u << 20) / 4, "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(A2_dimensions_of_length_0_have_one_empty_chunk) {
  BOOST_TEST(text("auto", {0, 5}) == "((0), (5))");
  BOOST_TEST(text(3, {0}) == "((0))");
  BOOST_TEST(text({{2, 0, 1}}, {3}) == "((2, 0, 1))");
}

BOOST_AUTO_TEST_CASE(E7_a_specification_that_does_not_fit_is_refused_with_the_shape) {
  BOOST_TEST(contains(text({3, 3}, {10}), "chunks are given for 2 dimensions, but the shape (10) has 1"));
  BOOST_TEST(contains(text({{3, 3}}, {10}), "chunks of (3, 3) do not make up dimension 0 of the shape (10)"));
  BOOST_TEST(contains(text({{11, -1}}, {10}), "their lengths are at least 0"));
  BOOST_TEST(contains(text({-2}, {10}), "cannot be cut by \"-2\""));
  BOOST_TEST(contains(text(0 - 5, {10}), "cannot be cut by \"-5\""));
  BOOST_TEST(contains(text("16 parsecs", {10}), "chunks \"16 parsecs\" are not known"));
  BOOST_TEST(contains(text({"16MiB"}, {10}), "cannot be cut by \"16MiB\""));
}

BOOST_AUTO_TEST_CASE(A3_the_refinement_has_the_borders_of_all) {
  const Cuts both[] = {{3, 3, 4}, {5, 5}};
  BOOST_TEST((refine(both) == Cuts{3, 2, 1, 4}));
  const Cuts with_empty[] = {{0, 3, 0, 1}, {4}};
  BOOST_TEST((refine(with_empty) == Cuts{3, 1}));
  const Cuts nothing[] = {{0}, {0, 0}};
  BOOST_TEST((refine(nothing) == Cuts{0}));
}

BOOST_AUTO_TEST_CASE(shapes_broadcast_from_the_last_dimension) {
  const Shape fit[] = {{5, 1, 3}, {4, 1}, {}};
  BOOST_TEST((broadcast(fit) == Shape{5, 4, 3}));
  const Shape differ[] = {{5, 4}, {5}};
  BOOST_TEST(!broadcast(differ));
  const Shape empty[] = {{1}, {0}};
  BOOST_TEST((broadcast(empty) == Shape{0}));
  const Shape not_empty[] = {{2}, {0}};
  BOOST_TEST(!broadcast(not_empty));
}

BOOST_AUTO_TEST_CASE(A3_what_stretches_has_no_say_in_the_chunks) {
  const Chunks operands[] = {{{3, 3, 4}, {1}}, {{2, 2}}, {{5, 5}, {4}}};
  const Chunks result = broadcast_chunks(operands, Shape{10, 4});
  BOOST_TEST(shape::to_string(result) == "((3, 2, 1, 4), (2, 2))");
  BOOST_TEST(shape::to_string(operand_chunks(result, Shape{10, 1})) == "((3, 2, 1, 4), (1))");
  BOOST_TEST(shape::to_string(operand_chunks(result, Shape{4})) == "((2, 2))");
}

BOOST_AUTO_TEST_CASE(A9_a_rechunk_of_many_pieces_goes_through_chunks_between) {
  const Chunks rows{cut_evenly(8000, 1000), {8000}}, columns{{8000}, cut_evenly(8000, 1000)};
  BOOST_TEST(rechunk_steps(rows, columns).size() == 1u);  // 8 pieces each.
  const Chunks thin_rows{cut_evenly(4096, 1), {4096}}, thin_columns{{4096}, cut_evenly(4096, 1)};
  const auto steps = rechunk_steps(thin_rows, thin_columns);
  BOOST_TEST(steps.size() == 2u);
  BOOST_TEST(shape::to_string(steps[0]) == "(64 x 64, 64 x 64)");
  BOOST_TEST((steps.back() == thin_columns));
  for (const Chunks& one : steps) BOOST_TEST(largest_bytes(one, 8) <= 4096u * 8);
}
BOOST_AUTO_TEST_SUITE_END()
