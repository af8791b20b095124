#include "tests/tools/command.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>

using namespace tessera::test;

namespace {
const std::string grid = "simulate --generate layered:width=4,steps=4,size=30 --generate chain:tasks=6 --nodes 2x1,2x2 --network simple --network maxmin "
                         "--scheduler heft,random --scheduler blevel --seeds 4 ";
constexpr std::size_t cells = 2 * 2 * 2 * 3 * 4;

std::size_t lines(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }
void is_narrow(const std::string& text) {
  for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
    end = text.find('\n', begin);
    BOOST_TEST(end - begin <= 100u, text.substr(begin, end - begin));
  }
}
void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
}  // namespace

BOOST_AUTO_TEST_SUITE(tools_simulate_grid)

BOOST_AUTO_TEST_CASE(a_grid_prints_the_same_whatever_the_number_of_threads) {
  for (const char* output : {"text", "csv", "json"}) {
    const Ended one = run(grid + "--threads 1 --output " + output), four = run(grid + "--threads 4 --output " + output);
    BOOST_TEST(one.code == 0, one.text);
    BOOST_TEST(one.text == four.text);
  }
  BOOST_TEST(lines(run(grid + "--output csv").text) == 1 + cells);
}

BOOST_AUTO_TEST_CASE(a_grids_text_has_medians_ratios_and_who_beats_whom_in_100_columns) {
  const Ended text = run(grid);
  for (const char* part : {"layered:width=4,steps=4,size=30 on 2x1, 100 MiB/s, maxmin, exact", "median s", "of bound", "of best", "critical path", "all settings", "A wins", "p (Holm)", "signed-rank"})
    BOOST_TEST(says(text, part), part);
  is_narrow(text.text);
  const auto json = nlohmann::json::parse(run(grid + "--output json").text);
  BOOST_TEST(json.at("schema") == "tessera.simulate.grid/1");
  BOOST_TEST(json.at("settings").size() == 8u);
  BOOST_TEST(json.at("duels").size() == 3u);
  for (const auto& setting : json.at("settings"))
    for (const auto& one : setting.at("schedulers")) {
      BOOST_TEST(one.at("runs").size() == 4u);
      BOOST_TEST(one.at("of_best").get<double>() >= 1);
      BOOST_TEST(one.at("of_bound").get<double>() >= 1);
    }
}

BOOST_AUTO_TEST_CASE(a_second_call_goes_on_with_what_a_file_has) {
  const Folder folder;
  const std::string file = folder / "results", with = grid + "--results " + file, whole = run(grid).text;
  BOOST_TEST(run(with).text == whole);
  const std::string all = content(file);
  BOOST_TEST(lines(all) == 1 + cells);
  // As a process that was killed leaves it, half a line at its end.
  const std::size_t half = all.find('\n', all.size() / 2);
  write(file, all.substr(0, half + 20));
  BOOST_TEST(run(with).text == whole);
  BOOST_TEST(lines(content(file)) == 1 + cells);
  BOOST_TEST(content(file).starts_with(all.substr(0, half + 1)));
  // What is there is used, not run again.
  std::string other = all;
  const auto at = other.find("\"makespan_s\":") + 13;
  other.replace(at, other.find(',', at) - at, "12345.5");
  write(file, other);
  BOOST_TEST(says(run(with), "12345.5"));
  BOOST_TEST(content(file) == other);
}

BOOST_AUTO_TEST_CASE(cells_of_another_grid_stay_and_are_not_used) {
  const Folder folder;
  const std::string file = folder / "results";
  BOOST_TEST(run("simulate --generate chain:tasks=3 --scheduler heft --results " + file).code == 0);
  const std::string first = content(file);
  BOOST_TEST(run("simulate --generate chain:tasks=3 --scheduler heft --seed 2 --results " + file).code == 0);
  BOOST_TEST(content(file).starts_with(first));
  BOOST_TEST(lines(content(file)) == 3u);
  // A workflow that changed is another one, whatever its name.
  const std::string data = std::string(TESSERA_SOURCE_DIR) + "/tests/data/simulation/";
  std::string text = content(data + "fork1-3x2-50.json");
  write(folder / "case.json", text);
  const std::string changing = "simulate --case " + folder / "case.json" + " --scheduler heft --results " + file;
  BOOST_TEST(run(changing).code == 0);
  BOOST_TEST(run(changing).code == 0);
  BOOST_TEST(lines(content(file)) == 4u);
  text.replace(text.find("\"duration\":"), 11, "\"duration\":1");
  write(folder / "case.json", text);
  BOOST_TEST(run(changing).code == 0);
  BOOST_TEST(lines(content(file)) == 5u);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_one_of_results_is_left_as_it_is) {
  const Folder folder;
  const std::string with = grid + "--results " + folder / "results";
  for (const std::string text : {"no results", "no results\n", "{\"schema\":\"tessera.results/0\"}\n"}) {
    write(folder / "results", text);
    const Ended refused = run(with);
    BOOST_TEST(refused.code == 5);
    BOOST_TEST(says(refused, "its first line is not"), refused.text);
    BOOST_TEST(content(folder / "results") == text);
  }
  fs::remove(folder / "results");
  BOOST_TEST(run(with).code == 0);
  write(folder / "results", content(folder / "results") + "nothing\n");
  const Ended refused = run(with);
  BOOST_TEST(refused.code == 5);
  BOOST_TEST(says(refused, "line " + std::to_string(cells + 2) + " is not one that"), refused.text);
}

BOOST_AUTO_TEST_CASE(ctrl_c_leaves_a_file_to_go_on_with) {
  const Folder folder;
  const std::string file = folder / "results";
  const std::string command = "simulate --generate layered:width=50,steps=40 --nodes 8x4,4x4 --scheduler blevel,random_ready,heft --network maxmin --threads 1 --seeds 2000 --results " + file;
  Running running(folder, "grid", command);
  for (int i = 0; i < 3000 && lines(fs::exists(file) ? content(file) : "") < 5; ++i) usleep(2000);
  running.interrupt();
  BOOST_TEST(running.end() == 130);
  BOOST_TEST(running.errors().find("the same command goes on with what is in " + file) != std::string::npos, running.errors());
  const std::string text = content(file);
  BOOST_TEST(lines(text) >= 5u);
  BOOST_TEST(text.ends_with("}\n"));
}

BOOST_AUTO_TEST_CASE(a_grid_from_a_file_is_the_grid_of_its_options) {
  const Folder folder;
  write(folder / "grid.json", R"({"format": "tessera.grid/1", "graphs": [{"generate": "layered:width=4,steps=4,size=30"}, {"generate": "chain:tasks=6"}],
    "nodes": ["2x1", "2x2"], "network": ["simple", "maxmin"], "scheduler": ["heft", "random", "blevel"], "seeds": 4})");
  BOOST_TEST(run("simulate --grid " + folder / "grid.json").text == run(grid).text);
  BOOST_TEST(run("simulate --grid " + folder / "grid.json" + " --scheduler heft").code == 2);
  write(folder / "grid.json", R"({"format": "tessera.grid/1", "graphs": [{"generate": "chain"}], "scheduler": ["fast"]})");
  BOOST_TEST(says(run("simulate --grid " + folder / "grid.json"), "there is no scheduler \"fast\""));
  write(folder / "grid.json", R"({"format": "tessera.grid/1", "graph": []})");
  BOOST_TEST(says(run("simulate --grid " + folder / "grid.json"), "the field \"graph\" is not known"));
}

BOOST_AUTO_TEST_CASE(runs_that_fail_are_counted_and_said) {
  const std::string data = std::string(TESSERA_SOURCE_DIR) + "/tests/data/simulation/";
  const Ended mixed = run("simulate --case " + data + "crossv-2x8-32.json --scheduler heft,blevel --seeds 2");
  BOOST_TEST(mixed.code == 1);
  BOOST_TEST(says(mixed, "2 of 2"));
  BOOST_TEST(says(mixed, "tessera: a run failed: crossv-2x8-32: task"));
  BOOST_TEST(run("simulate --generate chain --generate tree").code == 2);
  BOOST_TEST(run("simulate --generate chain --scheduler heft --seeds 2 --explain 1").code == 2);
}

BOOST_AUTO_TEST_CASE(a_run_is_explained) {
  const std::string one = "simulate --generate layered:width=5,steps=6,size=80 --nodes 3x1 --network maxmin --critical-path --explain 17 --scheduler ";
  const Ended text = run(one + "blevel --scheduler heft");
  for (const char* part : {"task 17 ran on node", "the policy chose node", "free cores", "the plan said: node", "transfer begins s", "for the scheduler", "on the critical path", "cores held by"})
    BOOST_TEST(says(text, part), part);
  is_narrow(text.text.substr(text.text.find('\n')));
  const auto json = nlohmann::json::parse(run(one + "blevel --output json").text).at("runs").at(0);
  const auto& waits = json.at("explain").at("waits");
  double sum = 0;
  for (const auto& [name, seconds] : waits.items()) sum += seconds.get<double>();
  BOOST_TEST(std::abs(sum - json["explain"]["start_s"].get<double>()) < 1e-9);
  BOOST_TEST(json["explain"]["choices"].at(0).at("candidates").size() == 3u);
  const auto& path = json.at("critical_path");
  sum = 0;
  for (const char* share : {"compute_s", "transfer_s", "cores_s", "scheduler_s"}) sum += path.at(share).get<double>();
  BOOST_TEST(std::abs(sum - json["makespan"].get<double>()) < 1e-9);

  const std::string data = std::string(TESSERA_SOURCE_DIR) + "/tests/data/simulation/";
  BOOST_TEST(says(run("simulate --case " + data + "montage-8x4-16.json --explain mDiffFit-3"), "a recorded decision gave it to node"));
  const Ended unknown = run("simulate --case " + data + "montage-8x4-16.json --explain mDifFit-3");
  BOOST_TEST(unknown.code == 2);
  BOOST_TEST(says(unknown, "has no task \"mDifFit-3\"; near it are \"mDiffFit-3\""), unknown.text);
}

BOOST_AUTO_TEST_CASE(a_search_saves_a_case_that_shows_what_it_found) {
  const Folder folder;
  const std::string search = "simulate search --policy blevel --against heft --evaluations 800 --seeds 3 --output json --save ";
  const Ended first = run(search + folder / "a.json --threads 1");
  BOOST_REQUIRE_EQUAL(first.code, 0);
  const auto found = nlohmann::json::parse(first.text);
  BOOST_TEST(found.at("ratio").get<double>() > 1.5);
  BOOST_TEST(found.at("evaluations").get<int>() <= 800);
  run(search + folder / "b.json --threads 3");
  BOOST_TEST(content(folder / "a.json") == content(folder / "b.json"));
  const auto again = nlohmann::json::parse(run("simulate --case " + folder / "a.json" + " --scheduler blevel --scheduler heft --seeds 3 --output json").text);
  BOOST_TEST(again.at("duels").size() == 1u);
  const auto& schedulers = again.at("settings").at(0).at("schedulers");
  BOOST_TEST(schedulers[0]["median_s"].get<double>() / schedulers[1]["median_s"].get<double>() == found["ratio"].get<double>());
  BOOST_TEST(says(run("simulate --case " + folder / "a.json"), "1.000000"));
  BOOST_TEST(run("simulate search --policy blevel").code == 2);
  BOOST_TEST(says(run("simulate search --policy blevel --against fast"), "there is no scheduler \"fast\""));
}

BOOST_AUTO_TEST_SUITE_END()
