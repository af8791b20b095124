// Random expressions: fused or as written, in these chunks or in those, the result has the same bits.
#include "with_cluster.hpp"

#include "client/array.hpp"
#include "client/tessera.hpp"
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>

namespace {
using namespace tessera;
using arrays::Shape;
using runtime::Rng;

using test::cluster;
using test::WithCluster;

/// Makes expressions of arrays that broadcast to (6, 5). The same seed gives the same functions of the same elements, whatever the chunks.
class Expressions {
 public:
  Expressions(std::uint64_t seed, std::uint64_t chunk_seed) : rng_(seed), chunk_rng_(chunk_seed) {
    for (const Shape& shape : {Shape{6, 5}, Shape{6, 5}, Shape{5}, Shape{6, 1}}) pool_.push_back(leaf(shape));
  }
  /// `depth` steps, each of any earlier ones.
  Array make(int depth) {
    for (int i = 0; i < depth; ++i) pool_.push_back(step());
    return pool_.back();
  }

 private:
  std::size_t draw(std::size_t bound) { return static_cast<std::size_t>(rng_.below(bound)); }
  const Array& any() { return pool_[pool_.size() - 1 - draw(std::min<std::size_t>(pool_.size(), 6))]; }
  ChunkSpec chunks(const Shape& shape) {
    std::vector<arrays::shape::DimensionChunks> all;
    for (const std::int64_t length : shape) all.emplace_back(static_cast<std::int64_t>(1 + chunk_rng_.below(static_cast<std::uint64_t>(length))));
    return all;
  }
  /// Small whole numbers, so that sums are exact in any order; some are missing.
  Array leaf(const Shape& shape) {
    const bool floats = draw(3) != 0;
    const auto fill = [&](auto to) {
      using T = typename decltype(to)::value_type;
      for (auto& one : to) one = static_cast<T>(static_cast<std::int64_t>(draw(9)) - 4);
    };
    const Block block = floats ? Block::make<double>(shape, fill) : Block::make<std::int32_t>(shape, fill);
    return xp::asarray(block, chunks(shape));
  }
  Array step() {
    const Array x = any(), y = any();
    switch (draw(16)) {
      case 0: return x + y;
      case 1: return x - y;
      case 2: return x * 0.5;
      case 3: return xp::where(x < y, x, y);
      case 4: return xp::maximum(x, y) - 1;
      case 5: return xp::abs(x);
      case 6: return xp::sign(x) * y;
      case 7: return xp::astype(x, Dtype::float64);
      case 8: return x - xp::sum(x, {.axis = -1, .keepdims = true});
      case 9: return xp::max(x, {.axis = 0, .keepdims = true}) + y;
      case 10: return xp::rechunk(x, chunks(x.shape()));
      case 11: return xp::flip(x);
      case 12: return x.ndim() == 2 ? xp::roll(x, static_cast<std::int64_t>(draw(7)), 1) : xp::negative(x);
      case 13: return xp::floor(x * 0.25);
      case 14: return x[{Ellipsis{}, Slice{{}, {}, -1}}];
      default: return xp::minimum(xp::sum(x != y), 3) + x;
    }
  }
  Rng rng_, chunk_rng_;
  std::vector<Array> pool_;
};

#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t part = 10;
#else
constexpr std::uint64_t part = 1;
#endif
std::uint64_t rounds(std::uint64_t usual) {
  const char* wanted = std::getenv("TESSERA_ARRAY_ROUNDS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : usual / part;
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_array_property, WithCluster)

BOOST_AUTO_TEST_CASE(K7_an_optimised_expression_has_the_bits_of_the_plain_one) {
  for (std::uint64_t seed = 1; seed <= rounds(2000); ++seed) {
    const Array x = Expressions(seed, seed).make(8);
    const Array y = xp::sin(xp::divide(x, 3)) * xp::exp(x * 0.1), total = xp::sum(y), mean = xp::mean(y, {.axis = -1}), deviation = xp::std(y, {.axis = -1});
    const auto plain = xp::compute(cluster(), {x, total, mean, deviation}, {.optimise = false});
    const auto fused = xp::compute(cluster(), {x, total, mean, deviation});
    for (std::size_t i = 0; i < plain.size(); ++i) BOOST_TEST((plain[i] == fused[i]), "result " << i << " of seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(K7_what_programs_make_and_read_transposed_has_the_bits_of_plain_nodes) {
  for (std::uint64_t seed = 1; seed <= rounds(100); ++seed) {
    Rng rng(seed);
    const auto draw = [&](std::int64_t bound) { return static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(bound))); };
    const std::int64_t n = seed % 10 == 0 ? 600 + draw(100) : 1 + draw(40), cut = 1 + draw(n);
    const Dtype dtype = draw(2) == 0 ? Dtype::float64 : Dtype::float32;
    const xp::MakeOptions options{dtype, {n >= 600 ? n : cut, n >= 600 ? n : 1 + draw(n)}}, row{dtype, options.chunks.dimensions()[1].length()};
    const Array x = xp::random::uniform({n, n}, seed, options), noise = xp::random::normal({n, n}, seed + 1, options), one = xp::eye(n, {}, {1, dtype, options.chunks});
    const Array line = xp::arange(static_cast<double>(n), row), grid = line[{Slice{}, NewAxis{}}] * 0.25 + xp::linspace(0, 1, n, {.dtype = dtype, .chunks = row.chunks});
    const Array both = x - x.T() * grid + one, turned = noise[{Slice{{}, {}, -1}}].T() / (grid.T() + 1) + xp::astype(one.T(), Dtype::int8);
    const std::vector<Array> all{both, turned, line * line, xp::sum(both), xp::mean(both, {.axis = 0}), xp::std(turned, {.axis = 1}), xp::argmax(turned + noise)};
    const auto plain = xp::compute(cluster(), all, {.optimise = false}), fused = xp::compute(cluster(), all);
    for (std::size_t i = 0; i < plain.size(); ++i) BOOST_TEST((plain[i] == fused[i]), "result " << i << " of seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(A1_the_chunks_of_the_operands_do_not_change_exact_results) {
  for (std::uint64_t seed = 1; seed <= rounds(2000); ++seed) {
    const auto both = xp::compute(cluster(), {Expressions(seed, seed).make(8), Expressions(seed, seed + 1000000).make(8)});
    BOOST_TEST((both[0] == both[1]), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(A7_a_slice_of_a_result_is_the_result_of_a_slice) {
  for (std::uint64_t seed = 1; seed <= rounds(1000); ++seed) {
    Rng rng(seed);
    const Array x = Expressions(seed, seed).make(8);
    const std::int64_t last = x.shape().back(), first = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(last)));
    const Array part = x[{Ellipsis{}, Slice{first, {}, 2}}];
    const auto both = xp::compute(cluster(), {part, xp::asarray(x.compute(cluster()))[{Ellipsis{}, Slice{first, {}, 2}}]});
    BOOST_TEST((both[0] == both[1]), "seed " << seed);
  }
}
BOOST_AUTO_TEST_SUITE_END()
