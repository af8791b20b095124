#include "simulation/files/grid_file.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace tessera::simulation;

namespace {
void refused(const std::string& text, const std::string& why) {
  const auto axes = files::parse_axes(text);
  BOOST_REQUIRE(!axes);
  BOOST_TEST(axes.failure().message.find(why) != std::string::npos, axes.failure().message);
}
const std::string head = R"({"format": "tessera.grid/1", "graphs": [{"generate": "chain"}], "scheduler": ["heft"])";
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_files_grid_file)

BOOST_AUTO_TEST_CASE(a_grid_file_says_what_varies) {
  const auto axes = files::parse_axes(R"({"format": "tessera.grid/1", "graphs": [{"generate": "chain"}, {"workflow": "a.json"}, {"case": "/b.json"}],
    "nodes": ["1x1", "2x2"], "bandwidth": [10, 20.5], "network": ["maxmin"], "information": ["user"], "scheduler": ["heft", "blevel"], "seeds": 3})", "folder");
  BOOST_REQUIRE(bool(axes));
  BOOST_REQUIRE(axes->graphs.size() == 3u);
  BOOST_TEST(axes->graphs[1].text == "folder/a.json");
  BOOST_TEST(axes->graphs[2].text == "/b.json");
  BOOST_TEST((axes->graphs[2].kind == experiment::Source::Kind::case_file));
  BOOST_TEST(axes->bandwidths == (std::vector{10, 20.5}), boost::test_tools::per_element());
  BOOST_TEST(axes->seeds == (std::vector<std::uint64_t>{1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(files::parse_axes(head + R"(, "seeds": [7, 5]})")->seeds == (std::vector<std::uint64_t>{7, 5}), boost::test_tools::per_element());
  BOOST_TEST(files::parse_axes(head + "}")->networks.front() == "simple");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_one_is_said_with_its_place) {
  refused(head + R"(, "clusters": 3})", "the field \"clusters\" is not known");
  refused(head + R"(, "cluster": 3})", "cluster: a list was expected");
  refused(head + R"(, "cluster": ["a.json"], "bandwidth": [3]})", "bandwidth: nothing, as clusters of files have their own,");
  refused(R"({"format": "tessera.grid/2"})", "format: \"tessera.grid/1\" was expected");
  refused(R"({"format": "tessera.grid/1", "graphs": [{"generate": "chain"}]})", "the field \"scheduler\" is missing");
  refused(R"({"format": "tessera.grid/1", "graphs": [{"generate": "chain", "case": "x"}], "scheduler": []})", "graphs[0]: one of \"generate\", \"workflow\" and \"case\" was expected");
  refused(head + R"(, "bandwidth": [-1]})", "bandwidth[0]: a number above 0 was expected");
  refused(head + R"(, "seeds": 0})", "seeds: a whole number of at least 1 was expected");
  refused(head + R"(, "nodes": "4x4"})", "nodes: a list was expected");
}

BOOST_AUTO_TEST_CASE(graphs_that_cannot_be_read_are_named) {
  const auto missing = files::read_graphs({{experiment::Source::Kind::workflow, "nothing.json"}});
  BOOST_REQUIRE(!missing);
  BOOST_TEST(missing.failure().message.find("nothing.json") != std::string::npos);
  const auto unknown = files::read_graphs({{experiment::Source::Kind::recipe, "ring"}});
  BOOST_REQUIRE(!unknown);
  BOOST_TEST(unknown.failure().message.find("ring: there is no family") != std::string::npos, unknown.failure().message);
}

BOOST_AUTO_TEST_SUITE_END()
