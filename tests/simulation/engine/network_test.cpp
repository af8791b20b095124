#include "simulation/engine/network.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <string>

using namespace tessera::simulation::engine;

namespace {
struct Timed {
  double start;
  Transfer transfer;
};
/// When each ends.
std::vector<double> ends_of(Network& network, const std::vector<Timed>& flows) {
  std::vector<std::size_t> order(flows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return flows[i].start; });
  std::vector<double> ends(flows.size());
  std::size_t next = 0;
  for (std::size_t left = flows.size(); left > 0;) {
    auto at = network.next_end();
    if (next < order.size() && (!at || flows[order[next]].start < *at)) at = flows[order[next]].start;
    for (const Flow flow : network.advance(*at)) ends[flow] = *at, --left;
    for (; next < order.size() && flows[order[next]].start <= *at; ++next) network.start(static_cast<Flow>(order[next]), flows[order[next]].transfer);
  }
  return ends;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_engine_network)

BOOST_AUTO_TEST_CASE(simple_transfers_do_not_know_of_each_other) {
  const auto network = simple_network(50);
  const auto ends = ends_of(*network, {{0, {0, 1, 100}}, {1, {0, 1, 100}}});
  BOOST_TEST(ends == (std::vector<double>{2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pairs_share_as_one_or_each_flow_for_itself) {
  const std::vector<Timed> flows{{0, {0, 2, 30}}, {0, {0, 2, 30}}, {0, {1, 2, 30}}};  // 90 to a node that receives 30 a second.
  const auto by_flow = maxmin_network({60, 60, 60}, {60, 60, 30}, Share::flow);
  BOOST_TEST(ends_of(*by_flow, flows) == (std::vector<double>{3, 3, 3}), boost::test_tools::per_element());
  const auto by_pair = maxmin_network({60, 60, 60}, {60, 60, 30}, Share::pair);
  BOOST_TEST(ends_of(*by_pair, flows) == (std::vector<double>{3, 3, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_slower_end_and_latency_count) {
  const auto simple = simple_network({{100, 50}, {100, 25}, 0.5});
  BOOST_TEST(ends_of(*simple, {{0, {0, 1, 100}}, {1, {1, 0, 100}}}) == (std::vector<double>{4.5, 3.5}), boost::test_tools::per_element());
  // Nothing of the receiving end is taken before a second has passed; then the two share it, and the third finds it free.
  const auto maxmin = maxmin_network({{60, 60, 60}, {60, 60, 30}, 1}, Share::flow);
  BOOST_TEST(ends_of(*maxmin, {{0, {0, 2, 30}}, {0, {1, 2, 30}}, {2, {0, 2, 30}}}) == (std::vector<double>{3, 3, 4}), boost::test_tools::per_element());
}

// Two transfers of 30 cross from a rack that lets 30 a second out; one of 85 stays inside and has what is left of its source.
BOOST_AUTO_TEST_CASE(what_leaves_a_rack_shares_its_link) {
  const Links links{{100, 100, 100, 100}, {100, 100, 100, 100}, 0, {0, 0, 1, 1}, {{30, 1000}, {1000, 1000}}};
  const std::vector<Timed> flows{{0, {0, 2, 30}}, {0, {1, 3, 30}}, {0, {0, 1, 85}}};
  const auto maxmin = maxmin_network(links, Share::flow);
  BOOST_TEST(ends_of(*maxmin, flows) == (std::vector<double>{2, 2, 1}), boost::test_tools::per_element());
  const auto simple = simple_network(links);
  BOOST_TEST(ends_of(*simple, flows) == (std::vector<double>{1, 1, 0.85}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_that_stops_leaves_its_share_to_others) {
  const auto network = maxmin_network({60, 60, 60}, {60, 60, 30}, Share::flow);
  network->start(0, {0, 2, 30});
  network->start(1, {1, 2, 30});
  BOOST_TEST(network->advance(1).empty());
  network->stop(0);
  BOOST_TEST(*network->next_end() == 1.5);
  BOOST_TEST(network->advance(1.5) == std::vector<Flow>{1}, boost::test_tools::per_element());
  BOOST_TEST(!network->next_end());
}

BOOST_AUTO_TEST_CASE(maxmin_rates_are_those_that_other_simulators_give) {
  std::ifstream file(TESSERA_SOURCE_DIR "/tests/data/simulation/maxmin_flows.json");
  const auto json = nlohmann::json::parse(file);
  BOOST_REQUIRE(json["cases"].size() == 6u);
  for (const auto& one : json["cases"]) {
    BOOST_TEST_CONTEXT(one["name"].get<std::string>()) {
      std::vector<Timed> flows;
      std::vector<double> expected;
      for (const auto& flow : one["flows"]) {
        flows.push_back({flow["start"], {flow["src"], flow["dst"], flow["size"]}});
        expected.push_back(flow["end"]);
      }
      for (const Share share : {Share::flow, Share::pair}) {  // There is one flow a pair.
        const auto network = maxmin_network(one["up"], one["down"], share);
        const auto ends = ends_of(*network, flows);
        for (std::size_t i = 0; i < ends.size(); ++i) BOOST_TEST(std::abs(ends[i] - expected[i]) < 1e-6);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
