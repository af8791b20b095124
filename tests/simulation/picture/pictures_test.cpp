#include "simulation/picture/pictures.hpp"

#include "runs.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace tessera::test;
using nlohmann::json;

namespace {
/// What a name may have that means something in each of the formats.
const std::string wild = "</script><b a=\"1\">&amp;, \xff\n";

std::vector<std::uint8_t> decoded(const std::string& text) {
  static const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<std::uint8_t> bytes;
  unsigned held = 0, bits = 0;
  for (const char one : text.substr(3, text.find('=') - 3)) {
    held = held << 6u | static_cast<unsigned>(letters.find(one));
    if ((bits += 6) >= 8) bytes.push_back(static_cast<std::uint8_t>(held >> (bits -= 8)));
  }
  return bytes;
}
json data_of(const std::string& html) {
  const std::string head = "<script type=\"application/json\" id=\"data\">";
  const auto begin = html.find(head);
  BOOST_REQUIRE(begin != html.npos);
  const auto end = html.find("</script>", begin);
  return json::parse(html.substr(begin + head.size(), end - begin - head.size()));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_picture_pictures)

BOOST_AUTO_TEST_CASE(the_page_needs_nothing_from_elsewhere) {
  const std::vector<picture::Timeline> runs{small_run(wild)};
  const std::string html = picture::html("a title", runs);
  for (const char* reference : {"http:", "https:", " src=", "<link", "@import", "url(", "import(", "fetch(", "XMLHttpRequest", "@page.css@", "@draw.js@", "@data@"})
    BOOST_TEST(html.find(reference) == html.npos, reference);
  BOOST_TEST(html.find("default-src 'none'") != html.npos);
  BOOST_TEST(html.starts_with("<!DOCTYPE html>"));
  BOOST_TEST(html.ends_with("</html>\n"));
}

BOOST_AUTO_TEST_CASE(the_page_holds_the_run_whatever_its_names_are) {
  const std::vector<picture::Timeline> runs{small_run(wild), small_run(wild)};
  const json data = data_of(picture::html("a <title>", runs));
  BOOST_TEST(data.at("title") == "a <title>");
  BOOST_TEST(data.at("span") == 9.0);
  BOOST_TEST(data.at("cases").size() == 2u);
  BOOST_TEST(data["cases"][0]["names"][0].get<std::string>().starts_with("</script><b a=\"1\">&amp;, "));
  BOOST_TEST((decoded(data["cases"][0]["arrays"]["need"]) == std::vector<std::uint8_t>{1, 1, 1, 2}));
  BOOST_TEST((decoded(data["runs"][0]["bars"]["node"]) == std::vector<std::uint8_t>{0, 0, 1, 0}));
  BOOST_TEST((decoded(data["runs"][0]["cameBy"]) == std::vector<std::uint8_t>{1, 0}));  // One more than the transfer; the other was there.
  const auto ends = decoded(data["runs"][0]["bars"]["end"]);  // Parts of the span, little-endian.
  BOOST_REQUIRE(ends.size() == 16u);
  BOOST_TEST((std::vector(ends.begin() + 12, ends.end()) == std::vector<std::uint8_t>(4, 255)));
  BOOST_TEST((std::vector(ends.begin(), ends.begin() + 4) == std::vector<std::uint8_t>{85, 85, 85, 85}));

  const auto twice = runs_of("crossv-2x8-32.json");
  BOOST_TEST(data_of(picture::html("t", std::span(twice).subspan(0, 2))).at("cases").size() == 1u);  // Runs of one case share it.
}

BOOST_AUTO_TEST_CASE(the_drawing_is_xml_with_axis_nodes_and_legend) {
  const std::vector<picture::Timeline> runs{small_run(wild), small_run("first")};
  const std::string svg = picture::svg("a <title> & more", runs);
  pugi::xml_document document;
  const auto parsed = document.load_buffer(svg.data(), svg.size());
  BOOST_REQUIRE_MESSAGE(parsed, parsed.description());
  const pugi::xml_node root = document.child("svg");
  BOOST_TEST(std::string(root.child_value("title")) == "a <title> & more");
  std::multiset<std::string> texts;
  for (const pugi::xml_node& text : root.children("text")) texts.insert(text.child_value());
  for (const char* text : {"small: 9 s", "node 0", "node 1"}) BOOST_TEST(texts.count(text) == 2u, text);
  for (const char* text : {"time, s", "0", "2", "4", "6", "8", "first", "beside", "second", "pair"}) BOOST_TEST(texts.count(text) == 1u, text);
}

BOOST_AUTO_TEST_CASE(a_drawing_of_many_tasks_stays_small) {
  engine::Case what;
  what.cpus = {4}, what.bandwidth = 1;
  engine::Outcome outcome;
  for (std::uint32_t task = 0; task < 40'000; ++task) {
    what.tasks.emplace_back().name = "t";
    outcome.tasks.emplace_back();
    outcome.tasks.back().task = task, outcome.tasks.back().start = task / 4, outcome.tasks.back().end = task / 4 + 1;
  }
  outcome.last_task_end = outcome.makespan = 10'000;
  const std::vector<picture::Timeline> runs{picture::timeline("many", std::make_shared<const engine::Case>(what), outcome)};
  BOOST_TEST(picture::svg("many", runs).size() < 20'000u);
  BOOST_TEST(picture::html("many", runs).size() < 40'000u * 60);
}

BOOST_AUTO_TEST_CASE(the_trace_has_whole_tracks_and_arrows_that_begin_and_end_in_slices) {
  auto runs = runs_of("crossv-2x8-32.json");
  runs.erase(runs.begin() + 1, runs.end());
  runs.push_back(small_run(wild));
  const json trace = json::parse(picture::trace(runs));
  using Track = std::pair<int, int>;
  std::map<Track, std::vector<std::pair<double, double>>> slices;
  std::map<int, std::vector<json>> arrows;
  std::map<std::string, int> counted;
  for (const json& event : trace.at("traceEvents")) {
    const std::string phase = event.at("ph");
    ++counted[phase];
    if (phase == "X") slices[{event.at("pid"), event.at("tid")}].emplace_back(event.at("ts").get<double>(), event.at("ts").get<double>() + event.at("dur").get<double>());
    if (phase == "s" || phase == "t" || phase == "f") arrows[event.at("id")].push_back(event);
  }
  std::size_t cores = 0, inputs = 0, by_transfer = 0, transfers = 0;
  for (const picture::Timeline& run : runs) {
    cores += run.cores.size(), inputs += run.came_by.size(), transfers += run.outcome.transfers.size();
    by_transfer += static_cast<std::size_t>(std::ranges::count_if(run.came_by, [](std::uint32_t one) { return one != picture::none; }));
  }
  BOOST_TEST(counted["X"] == static_cast<int>(cores + transfers));
  BOOST_TEST(counted["s"] == static_cast<int>(inputs));
  BOOST_TEST(counted["t"] == static_cast<int>(by_transfer));
  BOOST_TEST(counted["f"] == static_cast<int>(inputs));
  BOOST_TEST(counted["C"] > 0);
  for (auto& [track, its] : slices) {
    std::ranges::sort(its);
    for (std::size_t i = 1; i < its.size(); ++i) BOOST_TEST(its[i].first >= its[i - 1].second - 0.002);
  }
  for (const auto& [id, steps] : arrows) {
    BOOST_TEST(steps.front().at("ph") == "s");
    BOOST_TEST(steps.back().at("ph") == "f");
    double last = 0;
    for (const json& step : steps) {
      const double time = step.at("ts");
      BOOST_TEST(time >= last - 0.002);
      last = time;
      BOOST_TEST(std::ranges::any_of(slices[{step.at("pid"), step.at("tid")}], [&](const auto& slice) { return time >= slice.first - 0.001 && time <= slice.second + 0.001; }));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_trace_is_in_microseconds) {
  const std::vector<picture::Timeline> runs{small_run()};
  const json trace = json::parse(picture::trace(runs));
  std::map<std::string, json> slices;
  for (const json& event : trace.at("traceEvents"))
    if (event.at("ph") == "X") slices[event.at("name")] = event;
  BOOST_TEST(slices.at("pair").at("ts") == 4e6);
  BOOST_TEST(slices.at("pair").at("dur") == 5e6);
  BOOST_TEST(slices.at("second").at("pid") == 2);
}

BOOST_AUTO_TEST_CASE(the_table_has_a_line_for_each_task_and_transfer) {
  const std::vector<picture::Timeline> runs{small_run("a, \"b\"")};
  const std::string csv = picture::csv(runs);
  BOOST_TEST(csv ==
             "run,what,name,node,cores,from,start_s,end_s,inputs_here_s,cores_here_s,mib\n"
             "small,task,\"a, \"\"b\"\"\",0,0,,0,3,0,0,100\n"
             "small,task,beside,0,1,,0,4,0,0,0\n"
             "small,task,second,1,0,,6,7,5.5,0,0\n"
             "small,task,pair,0,0 1,,4,9,3,4,0\n"
             "small,transfer,\"a, \"\"b\"\"\",1,,0,3.5,5.5,,,100\n");
}

BOOST_AUTO_TEST_SUITE_END()
