#include "tests/tools/command.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
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
/// The line, after some before it, with the checksum that it would have been written with: FNV-1a.
std::string with_check(const std::string& text) {
  const auto begin = text.rfind('\n') == text.npos ? 0 : text.rfind('\n') + 1, at = text.rfind(",\"check\":");
  std::uint64_t hash = 0xCBF29CE484222325ull;
  for (const char byte : text.substr(begin, at - begin)) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3ull;
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.substr(0, at) + ",\"check\":\"" + hex.data() + "\"}";
}
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
  std::string line = all.substr(0, all.find('\n', all.find('\n') + 1)), other = all.substr(line.size());
  const auto at = line.find("\"makespan_s\":") + 13;
  line.replace(at, line.find(',', at) - at, "12345.5");
  write(file, with_check(line) + other);
  BOOST_TEST(says(run(with), "12345.5"));
  BOOST_TEST(content(file) == with_check(line) + other);
}

BOOST_AUTO_TEST_CASE(cells_of_another_grid_stay_and_are_not_used) {
  const Folder folder;
  const std::string file = folder / "results", chain = "simulate --generate chain:tasks=3 --scheduler heft --results " + file;
  BOOST_TEST(run(chain + " --seeds 2").code == 0);
  const std::string first = content(file);
  const Ended overlapping = run(chain + " --seed 2 --seeds 2");
  BOOST_TEST(overlapping.code == 0);
  BOOST_TEST(says(overlapping, "results has 1 runs more, which are not of this grid and not used"), overlapping.text);
  BOOST_TEST(content(file).starts_with(first));
  BOOST_TEST(lines(content(file)) == 4u);
  // What has nothing in common with it was named by mistake.
  const std::string before = content(file);
  const Ended foreign = run(chain + " --seed 7");
  BOOST_TEST(foreign.code == 5);
  // Two threads ran the first two: either may have ended first.
  const std::string second = before.substr(before.find('\n') + 1), seed = second.substr(second.find("\"seed\":") + 7, 1);
  BOOST_TEST(says(foreign, "none of its 3 runs is of this grid (line 2: \"chain:tasks=3\" on \"4x4\", \"heft\", seed " + seed + ","), foreign.text);
  BOOST_TEST(content(file) == before);
}

BOOST_AUTO_TEST_CASE(a_graph_a_plugin_or_a_cluster_that_changed_is_another_one_whatever_its_name) {
  const Folder folder;
  const std::string file = folder / "results";
  const std::string data = std::string(TESSERA_SOURCE_DIR) + "/tests/data/simulation/";
  std::string text = content(data + "fork1-3x2-50.json");
  write(folder / "case.json", text);
  const std::string changing = "simulate --generate chain:tasks=3 --case " + folder / "case.json" + " --scheduler heft --results " + file;
  BOOST_TEST(run(changing).code == 0);
  BOOST_TEST(run(changing).code == 0);
  BOOST_TEST(lines(content(file)) == 3u);
  text.replace(text.find("\"duration\":"), 11, "\"duration\":1");
  write(folder / "case.json", text);
  BOOST_TEST(run(changing).code == 0);
  BOOST_TEST(lines(content(file)) == 4u);

  const auto plugged = [&] { return run("simulate --plugin " + folder / "policy.so" + " --generate chain --scheduler emptiest,blevel --results " + folder / "plugged"); };
  fs::copy(TESSERA_PLUGIN_POLICY, folder / "policy.so");
  BOOST_TEST(plugged().code == 0);
  BOOST_TEST(plugged().code == 0);
  BOOST_TEST(lines(content(folder / "plugged")) == 3u);
  std::ofstream(folder / "policy.so", std::ios::app) << "built again";
  BOOST_TEST(plugged().code == 0);
  BOOST_TEST(lines(content(folder / "plugged")) == 4u);

  const auto placed = [&](const std::string& latency) {
    write(folder / "cluster.json", R"({"schema": "tessera-cluster/1", "nodes": [{"name": "n", "cpus": 2}], "network": {"bandwidth": 100, "latency_s": )" + latency + "}}");
    return run("simulate --generate chain --scheduler blevel --cluster " + folder / "cluster.json" + " --results " + folder / "placed");
  };
  BOOST_TEST(placed("0.1").code == 0);
  BOOST_TEST(placed("0.1").code == 0);
  BOOST_TEST(says(placed("0.2"), "none of its 1 runs is of this grid"));
}

BOOST_AUTO_TEST_CASE(results_that_were_changed_are_refused_with_their_line_and_left_as_they_are) {
  const Folder folder;
  const std::string file = folder / "results", with = grid + "--results " + file;
  BOOST_TEST(run(with).code == 0);
  const std::string all = content(file);
  const auto refused = [&](const std::string& text, const std::string& why) {
    write(file, text);
    const Ended ended = run(with);
    BOOST_TEST(ended.code == 5);
    BOOST_TEST(says(ended, why), ended.text);
    BOOST_TEST(content(file) == text);
  };
  std::string changed = all;
  const auto digit = changed.find("\"makespan_s\":") + 13;
  changed[digit] = changed[digit] == '9' ? '8' : '9';
  refused(changed, "line 2 was changed or damaged");
  refused(changed + "{\"graph\":\"half", "line 2 was changed or damaged");
  const std::string second = all.substr(all.find('\n') + 1, all.find('\n', all.find('\n') + 1) - all.find('\n'));
  refused(all + second, "line " + std::to_string(cells + 2) + " is of the same run as line 2");
  refused(all + with_check(R"({"graph":"chain","makespan_s":"long","moved_mib":0,"transfers":0,"check":"0"})") + "\n", "line " + std::to_string(cells + 2) + " is not one that");
  write(file, all);
  BOOST_TEST(run(with).code == 0);
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
  BOOST_TEST(says(refused, "line " + std::to_string(cells + 2) + " was changed or damaged"), refused.text);
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
  // All that it needs of one task is one line.
  const Folder folder;
  write(folder / "twice.json", R"({"format": "sched-sim-case/1", "name": "twice", "units": {"time": "s", "size": "MiB", "bandwidth": "MiB/s"}, "bandwidth": 10,
    "cluster": {"name": "2x1", "workers": [{"id": 0, "cpus": 1}, {"id": 1, "cpus": 1}]}, "runs": [],
    "graph": {"tasks": [{"id": 0, "name": "maker", "duration": 1, "cpus": 1, "inputs": [], "outputs": [0, 1]},
                        {"id": 1, "name": "user", "duration": 1, "cpus": 1, "inputs": [0, 1, 0, 2], "outputs": []}],
              "objects": [{"id": 0, "size": 3, "producer": 0}, {"id": 1, "size": 4, "producer": 0}, {"id": 2, "size": 5, "home": 1}]}})");
  const Ended twice = run("simulate --case " + folder / "twice.json" + " --scheduler blevel --explain user");
  BOOST_TEST(twice.text.find("0 maker") == twice.text.rfind("0 maker"), twice.text);
  BOOST_TEST(says(twice, "0 maker (2 results)         7.0 "), twice.text);
  BOOST_TEST(says(twice, "(there from the beginning)  5.0 "), twice.text);
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
