#include "runtime/graph/order.hpp"

#include "runtime/base/rng.hpp"
#include "runtime/graph/builder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>

using namespace tessera::runtime;
using namespace tessera::runtime::graph;

namespace {
struct Maker {
  Builder builder;
  std::uint32_t operation = builder.operation("work"), options = builder.options({}), count = 0;
  Index add(std::vector<Index> inputs = {}, bool divides = false) {
    const std::uint32_t params[] = {count++};
    Options its;
    its.divides = divides;
    return builder.add(operation, inputs, std::as_bytes(std::span(params)), divides ? builder.options(its) : options);
  }
  Graph build() {
    auto built = builder.build();
    BOOST_REQUIRE(static_cast<bool>(built));
    return std::move(*built);
  }
};

/// The most results alive at once when tasks run one by one in that order and each is freed with its last reader; final ones stay.
std::size_t peak_live(const Graph& graph, const std::vector<std::uint32_t>& rank, bool with_final = true) {
  std::vector<Index> at(rank.size());
  for (Index i = 0; i < rank.size(); ++i) at[rank[i]] = i;
  std::vector<std::size_t> readers(rank.size());
  for (const Index input : graph.inputs) ++readers[input];
  std::size_t live = 0, peak = 0;
  for (const Index task : at) {
    if (with_final || readers[task] > 0) peak = std::max(peak, ++live);
    for (const Index input : graph.inputs_of(task)) live -= --readers[input] == 0;
  }
  return peak;
}
/// Breadth first, as the graph was written down: the order to beat.
std::vector<std::uint32_t> graph_order(const Graph& graph) {
  std::vector<std::uint32_t> rank(graph.tasks.size());
  std::iota(rank.begin(), rank.end(), 0u);
  return rank;
}
Graph tree(std::uint32_t leaves) {
  Maker maker;
  std::vector<Index> level;
  for (std::uint32_t i = 0; i < leaves; ++i) level.push_back(maker.add());
  while (level.size() > 1) {
    std::vector<Index> above;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) above.push_back(maker.add({level[i], level[i + 1]}));
    level = above;
  }
  return maker.build();
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_graph_order)

BOOST_AUTO_TEST_CASE(O1_the_order_is_a_permutation_that_respects_the_edges) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      Rng rng(seed);
      Maker maker;
      for (Index i = 0; i < 80; ++i) {
        std::vector<Index> inputs;
        for (std::uint64_t n = i == 0 ? 0 : rng.below(4); n > 0; --n) inputs.push_back(static_cast<Index>(rng.below(i)));
        maker.add(inputs);
      }
      const Graph graph = maker.build();
      const std::vector<std::uint32_t> rank = depth_first_order(graph);
      std::vector<std::uint32_t> sorted = rank;
      std::sort(sorted.begin(), sorted.end());
      BOOST_REQUIRE(sorted == graph_order(graph));
      for (Index i = 0; i < rank.size(); ++i)
        for (const Index input : graph.inputs_of(i)) BOOST_REQUIRE(rank[input] < rank[i]);
      BOOST_REQUIRE(rank == depth_first_order(graph));  // O7
    }
  }
}

BOOST_AUTO_TEST_CASE(O6_a_reduction_tree_holds_a_logarithm_of_its_leaves) {
  const Graph graph = tree(1024);
  BOOST_TEST(peak_live(graph, graph_order(graph)) >= 1024u);
  BOOST_TEST(peak_live(graph, depth_first_order(graph)) <= 12u);  // log2(1024) + 2
}

BOOST_AUTO_TEST_CASE(O6_a_consumer_comes_right_after_its_reader) {
  Maker maker;
  std::vector<Index> reads, uses;
  for (int i = 0; i < 100; ++i) reads.push_back(maker.add());
  for (int i = 0; i < 100; ++i) uses.push_back(maker.add({reads[static_cast<std::size_t>(i)]}));
  maker.add(uses);
  const Graph graph = maker.build();
  const std::vector<std::uint32_t> rank = depth_first_order(graph);
  for (std::size_t i = 0; i < 100; ++i) BOOST_TEST(rank[uses[i]] == rank[reads[i]] + 1);
}

BOOST_AUTO_TEST_CASE(O6_two_reductions_of_the_same_data_read_it_once) {
  Maker maker;
  std::vector<Index> sums, squares;
  for (int i = 0; i < 256; ++i) {
    const Index x = maker.add();
    sums.push_back(maker.add({x})), squares.push_back(maker.add({x}));
  }
  const auto reduce = [&](std::vector<Index> level) {
    while (level.size() > 1) {
      std::vector<Index> above;
      for (std::size_t i = 0; i + 1 < level.size(); i += 2) above.push_back(maker.add({level[i], level[i + 1]}));
      level = above;
    }
  };
  reduce(sums), reduce(squares);
  const Graph graph = maker.build();
  BOOST_TEST(peak_live(graph, depth_first_order(graph)) <= 20u);  // Two trees: twice log2(256) + 2; reading for one after the other holds 256.
}

BOOST_AUTO_TEST_CASE(O6_anomalies_come_as_soon_as_there_is_their_climatology) {
  constexpr std::uint32_t months = 12, years = 20;
  Maker maker;
  std::vector<Index> days, climatology;
  for (std::uint32_t t = 0; t < months * years; ++t) days.push_back(maker.add());
  for (std::uint32_t m = 0; m < months; ++m) {
    std::vector<Index> of_month;
    for (std::uint32_t t = m; t < days.size(); t += months) of_month.push_back(days[t]);
    climatology.push_back(maker.add(of_month));
  }
  for (std::uint32_t t = 0; t < days.size(); ++t) maker.add({maker.add({days[t], climatology[t % months]})});
  const Graph graph = maker.build();
  BOOST_TEST(peak_live(graph, depth_first_order(graph), false) <= years + 2u);  // In the order of the final tasks it would be all days.
}

// A matrix in slabs of rows becomes slabs of columns, each of which has a piece of every slab of rows.
BOOST_AUTO_TEST_CASE(O6_what_divides_a_result_comes_at_once_and_then_whatever_is_complete) {
  constexpr std::uint32_t slabs = 16, groups = 4;
  for (const bool divides : {false, true}) {
    Maker maker;
    std::vector<Index> joined;
    std::vector<std::uint32_t> size;  // Of a piece: 1.
    for (std::uint32_t group = 0; group < groups; ++group) {
      std::vector<Index> rows;
      for (std::uint32_t i = 0; i < slabs; ++i) rows.push_back(maker.add()), size.push_back(slabs);
      for (std::uint32_t k = 0; k < slabs; ++k) {
        std::vector<Index> pieces;
        for (const Index row : rows) pieces.push_back(maker.add({row}, divides)), size.push_back(1);
        const Index columns = maker.add(pieces);
        joined.push_back(maker.add({columns})), size.push_back(slabs), size.push_back(0);
      }
    }
    maker.add(joined), size.push_back(0);
    const Graph graph = maker.build();
    const std::vector<std::uint32_t> rank = depth_first_order(graph);
    std::vector<Index> at(rank.size());
    for (Index i = 0; i < rank.size(); ++i) at[rank[i]] = i;
    // The most that is made between a slab of rows and the last piece of it.
    std::vector<std::uint32_t> made(rank.size());
    std::uint32_t sum = 0, reused_after = 0;
    for (const Index task : at) {
      for (const Index input : graph.inputs_of(task))
        if (size[input] == slabs && size[task] == 1) reused_after = std::max(reused_after, sum - made[input]);
      made[task] = sum += size[task];
    }
    if (!divides) {
      BOOST_TEST(reused_after > 2 * slabs * slabs);
    } else {
      BOOST_TEST(reused_after == slabs * slabs - 1);  // Each piece of the last slab of rows completes a slab of columns.
      for (std::uint32_t group = 0; group < groups; ++group) BOOST_TEST(rank[joined[group * slabs + slabs - 1]] < (group + 1) * graph.tasks.size() / groups);
    }
  }
}

BOOST_AUTO_TEST_CASE(O1_an_input_that_is_named_twice_counts_once) {
  Maker maker;
  const Index x = maker.add(), square = maker.add({x, x}), y = maker.add();
  maker.add({y, square, y});
  const std::vector<std::uint32_t> rank = depth_first_order(maker.build());
  BOOST_TEST(rank[square] == rank[x] + 1);
}

BOOST_AUTO_TEST_CASE(the_heavier_side_goes_first) {
  Maker maker;
  const Index light = maker.add();
  const Index deep = maker.add(), deeper = maker.add({deep}), deepest = maker.add({deeper});
  maker.add({light, deepest});
  const std::vector<std::uint32_t> rank = depth_first_order(maker.build());
  BOOST_TEST(rank[light] > rank[deepest]);
}

BOOST_AUTO_TEST_CASE(O3_independent_tasks_and_equal_inputs_keep_graph_order) {
  Maker apart;
  for (int i = 0; i < 50; ++i) apart.add();
  const Graph graph = apart.build();
  BOOST_TEST((depth_first_order(graph) == graph_order(graph)));
  Maker together;
  std::vector<Index> all;
  for (int i = 0; i < 50; ++i) all.push_back(together.add());
  together.add(all);
  const Graph reduced = together.build();
  BOOST_TEST((depth_first_order(reduced) == graph_order(reduced)));
}

BOOST_AUTO_TEST_CASE(a_chain_of_a_million_does_not_recurse) {
  Maker maker;
  Index last = maker.add();
  for (int i = 1; i < 1'000'000; ++i) last = maker.add({last});
  const std::vector<std::uint32_t> rank = depth_first_order(maker.build());
  BOOST_TEST(rank[last] == 999'999u);
}

BOOST_AUTO_TEST_SUITE_END()
