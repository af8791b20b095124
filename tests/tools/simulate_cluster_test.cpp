#include "command.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <string>
#include <utility>

namespace {
using namespace tessera::test;
const std::string data = std::string(TESSERA_SOURCE_DIR) + "/tests/data/";
}  // namespace

BOOST_AUTO_TEST_SUITE(tools_simulate_cluster)

BOOST_AUTO_TEST_CASE(simulate_runs_graphs_on_the_cluster_of_a_file) {
  const std::string command = "simulate --generate crossv:inner=3 --cluster " + data + "simulation/cluster.json --scheduler blevel --scheduler random --output json";
  const Ended calm = run(command);
  BOOST_REQUIRE_MESSAGE(calm.code == 0, calm.text);
  const auto json = nlohmann::json::parse(calm.text);
  BOOST_REQUIRE(json["runs"].size() == 2u);
  BOOST_TEST((json["runs"][0]["scheduler"] == "blevel" && json["runs"][0]["made_again"] == 0));
  const std::string dangerous = command + " --faults crash:mtbf=300,repair=30,seed=4 --job 30:fork1:count=3 --information noisy:0.5";
  const Ended once = run(dangerous);
  BOOST_REQUIRE_MESSAGE(once.code == 0, once.text);
  BOOST_TEST(once.text == run(dangerous).text);
  const auto lost = nlohmann::json::parse(once.text)["runs"][0];
  BOOST_TEST(int(lost["cut_short"]) > 0);
  BOOST_TEST((lost["jobs"][0]["arrival"] == 30 && double(lost["jobs"][0]["end"]) > 40));
  for (const char* information : {"blind", "learned", "mean"}) BOOST_TEST(run(command + " --information " + information).code == 0);
}

// Its files lie on the disk, which sends 500 MiB a second: 1,500 MiB and more take some seconds.
BOOST_AUTO_TEST_CASE(files_that_no_task_makes_come_from_storage) {
  const std::string command = "simulate --workflow " + data + "wfformat/srasearch-chameleon-10a-001.json --scheduler blevel --output json";
  const Ended there = run(command + " --cluster " + data + "simulation/cluster.json"), everywhere = run(command + " --nodes 6x4");
  BOOST_REQUIRE_MESSAGE(there.code == 0, there.text);
  BOOST_TEST(double(nlohmann::json::parse(there.text)["runs"][0]["total_transfer"]) > double(nlohmann::json::parse(everywhere.text)["runs"][0]["total_transfer"]));
}

// 16 leaves of 50 MiB on two nodes: what nodes of 4,000 MiB keep, those of 200 MiB write.
BOOST_AUTO_TEST_CASE(live_rules_have_the_live_nodes_memory) {
  Folder folder;
  const auto outcome = [&](int memory, const std::string& disk = {}) {
    const std::string path = folder / "cluster.json";
    std::ofstream(path) << R"({"schema": "tessera-cluster/1", "nodes": [{"name": "n", "count": 2, "cpus": 2, "memory": )" << memory << disk
                        << R"(}], "network": {"bandwidth": 100}, "overheads": {"node_task_s": 0.001}})";
    const Ended ended = run("simulate --generate tree:width=16,size=50,spread=0,duration=2 --scheduler locality --rules live --output json --cluster " + path);
    BOOST_REQUIRE_MESSAGE(ended.code == 0, ended.text);
    return nlohmann::json::parse(ended.text)["runs"][0];
  };
  const auto large = outcome(4000), small = outcome(200);
  BOOST_TEST((large["rules"] == "live" && large["executions"] == 31));
  BOOST_TEST(double(large["makespan"]) >= 16);  // 31 tasks of 2 s on four lanes, five levels.
  BOOST_TEST(double(large["makespan"]) < 40);
  BOOST_TEST(large["spilled"] == 0);
  BOOST_TEST(double(small["spilled"]) > 0);
  BOOST_TEST(double(outcome(200, R"(, "disk": 10)")["makespan"]) > double(small["makespan"]) + 5);
  BOOST_TEST(double(small["peak_chunks"]) <= 200);
  BOOST_TEST(says(run("simulate --generate chain --scheduler locality --rules live --cluster " + data + "simulation/cluster.json"), "live rules do not know events of nodes"));
  BOOST_TEST(run("simulate --generate chain --scheduler locality --cluster " + data + "simulation/cluster.json").code == 0);
}

// 16 leaves of 50 MiB on one node, which has room for six: what is over goes to its disk. Without a disk nothing can move.
BOOST_AUTO_TEST_CASE(nodes_of_the_engine_have_memory_and_a_disk) {
  Folder folder;
  const std::string path = folder / "cluster.json", command = "simulate --generate tree:width=16,size=50,spread=0 --scheduler blevel --cluster " + path;
  const auto write = [&](const std::string& limits) {
    std::ofstream(path) << R"({"schema": "tessera-cluster/1", "nodes": [{"name": "n", "cpus": 4)" << limits << R"(}], "network": {"bandwidth": 100}})";
  };
  write(R"(, "memory": 320, "disk": 100)");
  const Ended small = run(command + " --output json");
  BOOST_REQUIRE_MESSAGE(small.code == 0, small.text);
  const auto its = nlohmann::json::parse(small.text)["runs"][0];
  BOOST_TEST((its["memory"].size() == 1u && its["memory"][0]["node"] == "n"));
  BOOST_TEST((double(its["memory"][0]["peak"]) <= 320 && double(its["memory"][0]["spilled"]) >= 450 && double(its["memory"][0]["loaded"]) >= 450));
  BOOST_TEST(says(run(command), "spilled MiB"));
  write("");
  BOOST_TEST(!says(run(command), "spilled MiB"));
  BOOST_TEST(!nlohmann::json::parse(run(command + " --output json").text)["runs"][0].contains("memory"));
  write(R"(, "memory": 320)");
  BOOST_TEST(says(run(command), "50.0 MiB of node 0, of whose 320.0 MiB 300.0 MiB hold results and 0 B are reserved, and which has no disk"));
  write(R"(, "memory": 120, "disk": 100)");
  BOOST_TEST(says(run(command), "needs 150.0 MiB at once (100.0 MiB of inputs, 50.0 MiB for what it makes), and no node that has its cores and resources has more than 120.0 MiB of memory"));
  write(R"(, "disk": 100)");
  BOOST_TEST(says(run(command), "a \"memory\", as it has a \"disk\""));
}

BOOST_AUTO_TEST_CASE(a_grid_runs_on_the_clusters_of_files) {
  Folder folder;
  for (const auto& [name, cpus] : {std::pair("small", 1), {"large", 4}})
    std::ofstream(folder / (name + std::string(".json"))) << R"({"schema": "tessera-cluster/1", "nodes": [{"name": "n", "count": 2, "memory": 4000, "cpus": )" << cpus
                                                          << R"(}], "network": {"model": "maxmin", "bandwidth": 100}})";
  const std::string of_both = " --cluster " + folder / "small.json" + " --cluster " + folder / "large.json";
  const std::string grid = "simulate --generate layered:width=4,steps=4,size=30 --scheduler blevel,random --seeds 3" + of_both;
  const Ended text = run(grid);
  BOOST_REQUIRE_MESSAGE(text.code == 0, text.text);
  BOOST_TEST(says(text, "large.json, exact"), text.text);
  const auto json = nlohmann::json::parse(run(grid + " --output json").text);
  BOOST_REQUIRE(json.at("settings").size() == 2u);
  BOOST_TEST(json["settings"][0]["nodes"] == folder / "small.json");
  const auto one = nlohmann::json::parse(run("simulate --generate layered:width=4,steps=4,size=30 --scheduler random --seed 3 --output json --cluster " + folder / "large.json").text);
  BOOST_TEST(json["settings"][1]["schedulers"][1]["runs"][2]["makespan_s"] == one["runs"][0]["makespan"]);
  BOOST_TEST(run(grid + " --threads 1 --output csv").text == run(grid + " --threads 4 --output csv").text);

  const auto of_file = [&](const std::string& fields) {
    std::ofstream(folder / "grid.json") << R"({"format": "tessera.grid/1", "graphs": [{"generate": "layered:width=4,steps=4,size=30"}], "scheduler": ["blevel", "random"], "seeds": 3, )" << fields << "}";
    return run("simulate --grid " + folder / "grid.json");
  };
  BOOST_TEST(of_file(R"("cluster": ["small.json", "large.json"])").text == text.text);
  BOOST_TEST(says(of_file(R"("cluster": ["small.json"], "nodes": ["2x2"])"), "nodes: nothing, as clusters of files have their own"));
  BOOST_TEST(says(of_file(R"("cluster": ["none.json"])"), "none.json cannot be read"));

  // What happens there and whose rules it is go along.
  const auto with_faults = nlohmann::json::parse(run(grid + " --faults crash:mtbf=20,repair=5 --job 3:chain --output json").text);
  BOOST_TEST(with_faults["settings"][0]["schedulers"][0]["median_s"].get<double>() > json["settings"][0]["schedulers"][0]["median_s"].get<double>());
  const auto live = nlohmann::json::parse(run(grid + " --rules live --output json").text);
  BOOST_TEST(live["settings"][1]["schedulers"][0]["runs"][0]["transfers"].get<int>() > 0);
  BOOST_TEST(says(run(grid + " --measured 1"), "--measured is for single runs"));
}

BOOST_AUTO_TEST_CASE(runs_on_the_cluster_of_a_file_are_explained_and_drawn) {
  Folder folder;
  const std::string command = "simulate --generate crossv:inner=3 --cluster " + data + "simulation/cluster.json --faults crash:mtbf=300,repair=30,seed=4 --scheduler blevel";
  const Ended text = run(command + ",dask --explain 5 --critical-path --html " + folder / "a.html" + " --svg " + folder / "a.svg" + " --trace " + folder / "a.trace" + " --csv " + folder / "a.csv");
  BOOST_REQUIRE_MESSAGE(text.code == 0, text.text);
  for (const char* part : {"blevel, cluster.json: task 5 merge4 ran on node", "the policy chose node", "are on the critical path", "lost with nodes", "not taken"}) BOOST_TEST(says(text, part), text.text);
  for (const char* name : {"a.html", "a.svg", "a.trace"}) BOOST_TEST(fs::file_size(folder / name) > 1000u);
  const auto json = nlohmann::json::parse(run(command + " --critical-path --explain 5 --output json").text)["runs"][0];
  double sum = 0;
  for (const char* share : {"compute_s", "transfer_s", "cores_s", "scheduler_s", "lost_s"}) sum += json["critical_path"][share].get<double>();
  BOOST_TEST(std::abs(sum - json["makespan"].get<double>()) < 1e-6);
  BOOST_TEST(json["explain"]["choices"].size() >= 1u);
  // Executions that came to nothing are in the pictures, too.
  const std::string table = content(folder / "a.csv"), begin = "\n\"blevel, cluster.json\",task,";
  std::size_t bars = 0;
  for (std::size_t at = 0; (at = table.find(begin, at)) != table.npos; ++at) ++bars;
  const std::size_t tasks = nlohmann::json::parse(run("simulate --generate crossv:inner=3 --output json").text)["facts"]["tasks"];
  BOOST_TEST(bars == tasks + json["cut_short"].get<std::size_t>() + json["made_again"].get<std::size_t>());
  BOOST_TEST(json["cut_short"].get<int>() > 0);
}

BOOST_AUTO_TEST_CASE(what_live_rules_cannot_say_is_refused_by_name) {
  const std::string command = "simulate --generate chain --scheduler locality --rules live --cluster " + data + "simulation/cluster.json ";
  for (const char* option : {"--explain 1", "--critical-path", "--html a.html"}) {
    const Ended ended = run(command + option);
    BOOST_TEST(ended.code == 2);
    BOOST_TEST(says(ended, "--rules live says how long a run takes, not when each task ran"), ended.text);
  }
  BOOST_TEST(says(run(command + "--information blind"), "--rules live knows no --information"));
}

// The engine ends such a run; the live cores leave out what means nothing, and say so.
BOOST_AUTO_TEST_CASE(what_a_policy_decides_that_means_nothing_is_counted_and_said) {
  Folder folder;
  std::ofstream(folder / "cluster.json") << R"({"schema": "tessera-cluster/1", "nodes": [{"name": "n", "count": 2, "cpus": 2, "memory": 4000}], "network": {"bandwidth": 100}})";
  const std::string command = "simulate --plugin " TESSERA_PLUGIN_POLICY " --generate chain:tasks=5 --cluster " + folder / "cluster.json" + " --scheduler astray";
  const Ended engine = run(command);
  BOOST_TEST(engine.code == 2);
  BOOST_TEST(says(engine, "names node 99, and there are 2"), engine.text);
  const Ended live = run(command + " --rules live");
  BOOST_TEST(live.code == 0);
  BOOST_TEST(says(live, "tessera: the policy \"astray\" decided what can mean nothing, which was left out: a node that is not there (5 times)"), live.text);
  BOOST_TEST(says(live, "left out"));
  const std::string json = run(command + " --rules live --output json 2>/dev/null").text;
  BOOST_TEST(nlohmann::json::parse(json.substr(json.find('{')))["runs"][0]["policy_nonsense"]["unknown_node"] == 5);
  const Ended grid = run(command + ",locality --rules live --seeds 2");
  BOOST_TEST(grid.code == 0);
  BOOST_TEST(says(grid, "a node that is not there (10 times)"), grid.text);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_cluster_is_said) {
  const std::string command = "simulate --generate chain:tasks=5 --scheduler blevel --cluster " + data + "simulation/cluster.json";
  BOOST_TEST(says(run("simulate --generate chain --scheduler blevel --cluster nothing.json"), "nothing.json cannot be read"));
  BOOST_TEST(says(run("simulate --generate chain --scheduler blevel --cluster " + data + "simulation/micro.json"), "schema"));
  BOOST_TEST(says(run(command + " --faults fire:mtbf=1"), "--faults: \"crash\" or \"slow\" was expected"));
  BOOST_TEST(says(run(command + " --job soon"), "--job: \"soon\" is not when a job arrives and its graph"));
  BOOST_TEST(says(run(command + " --job 3:ring"), "--job: there is no family of graphs \"ring\""));
  BOOST_TEST(says(run(command + " --information all"), "--information: \"all\" is not what a policy may know"));
  BOOST_TEST(says(run("simulate --generate triplets:cpus=9 --scheduler blevel --cluster " + data + "simulation/cluster.json"), "needs 9 cores, and no node has more than 4"));
  BOOST_TEST(run(command + " --nodes 2x2").code == 2);
  BOOST_TEST(run(command + " --measured 0").code == 2);
  BOOST_TEST(run("simulate --generate chain --cluster x").code == 2);
  BOOST_TEST(run("simulate --generate chain --scheduler blevel --faults crash:mtbf=1").code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
