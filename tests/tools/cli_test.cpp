// The binary as a user meets it: what it prints, what it refuses and with which exit code, how it ends.
#include "command.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

namespace {
using namespace tessera::test;

/// This process has the name, the plug-in the function.
std::int64_t plugged(std::int64_t) { throw std::logic_error("must run on a node"); }
TESSERA_OPERATION(plugged);
std::int64_t recorded(std::int64_t n) { return n + 1; }
TESSERA_OPERATION(recorded);

/// The processes whose parent is `pid`.
std::vector<int> children_of(int pid) {
  std::vector<int> all;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string stat = content(entry.path() / "stat");
    const auto at = stat.rfind(')');
    if (at == std::string::npos) continue;
    char state = 0;
    int parent = 0;
    if (std::sscanf(stat.c_str() + at + 1, " %c %d", &state, &parent) == 2 && parent == pid && state != 'Z') all.push_back(std::stoi(name));
  }
  return all;
}

bool gone(int pid) {
  for (int i = 0; i < 2000 && ::kill(pid, 0) == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return ::kill(pid, 0) != 0;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(tools_cli)

BOOST_AUTO_TEST_CASE(it_says_its_version_and_its_commands) {
  const Ended version = run("version --output json");
  BOOST_TEST(version.code == 0);
  BOOST_TEST(nlohmann::json::parse(version.text).at("schema") == "tessera.version/1");
  const Ended help = run("--help");
  BOOST_TEST(help.code == 0);
  BOOST_TEST(says(run("node --help"), "--memory-log"));
  for (const char* command : {"coordinator", "node", "local", "status", "cluster", "simulate", "version"}) BOOST_TEST(says(help, command));
}

BOOST_AUTO_TEST_CASE(a_wrong_command_line_ends_with_2_and_says_what_is_wrong) {
  const auto refused = [](const std::string& arguments, const std::string& words) {
    const Ended ended = run(arguments);
    BOOST_TEST(ended.code == 2, arguments << " ended with " << ended.code);
    BOOST_TEST(says(ended, words), arguments << " said: " << ended.text);
  };
  refused("", "subcommand is required");
  refused("frobnicate", "no command 'frobnicate'");
  refused("node", "address is required");
  refused("coordinator --policy best", "no policy \"best\"; there are: blevel, cpop");
  refused("coordinator --listen nonsense", "nonsense");
  refused("node tcp://127.0.0.1:1 --resource gpu", "NAME=AMOUNT");
  refused("node tcp://127.0.0.1:1 --resource gpu=1 --resource gpu=2", "twice");
  refused("node tcp://127.0.0.1:1 --memory-limit 3xx", "not understood");
  refused("local --nodes 0", "nodes");
  for (const char* command : {"node tcp://127.0.0.1:1", "local --listen '127.0.0.1:*'"}) {
    refused(std::string(command) + " --spill-compression zip", "--spill-compression: \"zip\" is no compression of spilled chunks: none, lz4 or auto");
    const auto limit = [&](const std::string& wanted, const std::string& words) { refused(std::string(command) + " --memory-limit " + wanted, words); };
    limit("'2 potatoes'", "2GiB");
    limit("0", "nothing to compute with");
    limit("-1GiB", "below 0");
    limit("101%", "more than the whole");
    limit("4000TiB", "the machine's memory");
    limit("1MiB", "at least 32.0 MiB");
  }
  refused("local --nodes 2 --listen '127.0.0.1:*' --memory-limit 60%", "for each of 2 processes");
  refused("cluster init /tmp --member ../x", "file's name");
  refused("status --output yaml", "output");
}

BOOST_AUTO_TEST_CASE(a_memory_log_that_cannot_be_written_is_refused_at_the_start) {
  for (const char* command : {"node tcp://127.0.0.1:1", "local --listen '127.0.0.1:*'"}) {
    const Ended ended = run(std::string(command) + " --memory-log /nowhere/m.csv");
    BOOST_TEST(ended.code == 5, command << " ended with " << ended.code);
    BOOST_TEST(says(ended, "/nowhere/m"), ended.text);
    BOOST_TEST(says(ended, "No such file or directory"), ended.text);
  }
}

BOOST_AUTO_TEST_CASE(a_memory_limit_below_what_the_node_takes_is_refused_with_both_numbers) {
  const Ended ended = run("node tcp://127.0.0.1:1 --memory-limit 3MiB");
  BOOST_TEST(ended.code == 2);
  BOOST_TEST(says(ended, "this process takes "), ended.text);
  BOOST_TEST(says(ended, "needs at least 32.0 MiB more"), ended.text);
}

// A control group of 64 MiB, as a mount namespace of its own shows it: nothing of this machine changes.
BOOST_AUTO_TEST_CASE(in_a_control_group_the_group_is_the_limit) {
  Folder folder;
  std::ofstream(folder / "in_group") << "mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/memory &&\n"
                                        "echo $1 >/sys/fs/cgroup/memory/memory.limit_in_bytes && shift && exec \"$@\"\n";
  const auto in_group = [&](std::uint64_t limit) { return "unshare -m sh " + (folder / "in_group") + " " + std::to_string(limit) + " "; };
  if (std::system((in_group(1) + "true 2>/dev/null").c_str()) != 0) {
    BOOST_TEST_MESSAGE("this user makes no mount namespace");
    return;
  }
  const Ended above = run("node tcp://127.0.0.1:1 --memory-limit 1GiB", in_group(64u << 20));
  BOOST_TEST(above.code == 2);
  BOOST_TEST(says(above, "memory.limit_in_bytes"), above.text);
  BOOST_TEST(says(above, "give at most 64MiB"), above.text);
  for (const char* command : {"node tcp://127.0.0.1:1", "local --listen '127.0.0.1:*' --nodes 4"}) {
    const Ended small = run(command, in_group(40u << 20));
    BOOST_TEST(small.code == 2);
    BOOST_TEST(says(small, "of 40.0 MiB"), small.text);
    BOOST_TEST(says(small, "at least 32.0 MiB"), small.text);
  }
}

#if !defined(__SANITIZE_ADDRESS__)  // Its shadow alone is terabytes of addresses.
BOOST_AUTO_TEST_CASE(ulimit_is_a_limit_and_is_named) {
  const Ended above = run("node tcp://127.0.0.1:1 --memory-limit 4GiB", "ulimit -v 3145728; ");
  BOOST_TEST(above.code == 2);
  BOOST_TEST(says(above, "ulimit -v, which is 3.0 GiB"), above.text);
  const Ended data = run("node tcp://127.0.0.1:1 --memory-limit 4GiB", "ulimit -d 3145728; ");
  BOOST_TEST(data.code == 2);
  BOOST_TEST(says(data, "ulimit -d, which is 3.0 GiB"), data.text);
}
#endif

BOOST_AUTO_TEST_CASE(beyond_this_machine_it_wants_keys) {
  const Ended open = run("coordinator --listen 0.0.0.0:0");
  BOOST_TEST(open.code == 4);
  BOOST_TEST(says(open, "cluster init"));
  const Ended missing = run("coordinator --keys /nowhere/a.keys");
  BOOST_TEST(missing.code == 5);
  BOOST_TEST(says(missing, "/nowhere/a.keys"));
}

BOOST_AUTO_TEST_CASE(nobody_there_is_3_after_a_bounded_time) {
  const Ended ended = run("status tcp://127.0.0.1:1");
  BOOST_TEST(ended.code == 3);
  BOOST_TEST(says(ended, "nobody listens there"));
}

BOOST_AUTO_TEST_CASE(plugins_that_do_not_fit_are_refused_before_their_code_runs) {
  Folder folder;
  const auto refused = [](const std::string& plugin, const std::string& words) {
    const Ended ended = run("node tcp://127.0.0.1:1 --plugin " + plugin);
    BOOST_TEST(ended.code == 4, plugin << " ended with " << ended.code);
    BOOST_TEST(says(ended, words), ended.text);
  };
  refused("/nowhere/plugin.so", "no such file");
  refused(TESSERA_PLUGIN_EMPTY, "no Tessera operation or policy");
  std::string bytes = content(TESSERA_PLUGIN_GOOD);
  const std::string marker = "TESSERA-PLUGIN-STAMP\n";
  const auto at = bytes.find(marker);
  BOOST_REQUIRE(at != std::string::npos);
  bytes.replace(at + marker.size(), 5, "9.9.9");
  std::ofstream(folder / "other.so", std::ios::binary) << bytes;
  refused(folder / "other.so", "built for Tessera 9.9.9");
  std::ofstream(folder / "torn.so", std::ios::binary) << content(TESSERA_PLUGIN_GOOD).substr(0, at + 100);
  refused(folder / "torn.so", "a part of one");
  refused("/etc/passwd", "no shared library");
}

BOOST_AUTO_TEST_CASE(a_coordinator_and_a_node_with_a_plugin_and_keys_serve_a_program) {
  Folder folder;
  BOOST_TEST(run("cluster init " + folder.path.string() + " --name lab --member head --member worker --member me").code == 0);
  const auto keys = [&](const std::string& member) { return " --keys " + (folder / (member + ".keys")); };
  const Ended again = run("cluster init " + folder.path.string() + " --member head");
  BOOST_TEST(again.code == 5);
  BOOST_TEST(says(again, "never overwritten"));

  Running head(folder, "head", "coordinator --name lab --listen '127.0.0.1:*' --output json" + keys("head"));
  const std::string address = head.address();
  Running worker(folder, "worker", "node " + address + " --name w --threads 1 --memory-limit 1GB --output json --plugin " TESSERA_PLUGIN_GOOD + keys("worker"));
  BOOST_TEST(nlohmann::json::parse(worker.first_line()).at("cluster") == "lab");
  {
    auto cluster = tessera::Cluster::connect(address, {.keys = folder / "me.keys"});
    BOOST_TEST(cluster.submit(plugged, std::int64_t{14}).get() == 42);
    const auto status = nlohmann::json::parse(run("status --output json " + address + keys("me")).text);
    BOOST_TEST(status.at("cluster") == "lab");
    BOOST_TEST(status.at("jobs") == 1);
    BOOST_TEST(status.at("members").size() == 2u);
    BOOST_TEST(status.at("members").at(0).at("memory_limit") == 1'000'000'000u);
  }
  BOOST_TEST(run("status " + address).code != 0);  // Without keys.

  worker.interrupt();
  BOOST_TEST(worker.end() == 0);
  head.interrupt();
  BOOST_TEST(head.end() == 0);
}

BOOST_AUTO_TEST_CASE(a_node_where_the_name_means_another_function_fails_the_task_and_says_both) {
  Folder folder;
  Running head(folder, "head", "coordinator --listen '127.0.0.1:*' --output json");
  Running worker(folder, "worker", "node " + head.address() + " --name w --threads 1 --output json --plugin " TESSERA_PLUGIN_OTHER);
  worker.first_line();
  {
    auto cluster = tessera::Cluster::connect(head.address());
    for (const std::int64_t number : {1, 2}) {  // The node lives on.
      const auto future = cluster.submit(plugged, number);
      BOOST_CHECK_EXCEPTION(future.get(), tessera::Error, [](const tessera::Error& error) {
        const std::string words = error.what();
        return error.code() == tessera::ErrorCode::type_mismatch && words.find("\"plugged\"") != std::string::npos &&
               words.find("float64(float64, float64)") != std::string::npos && words.find("node \"w\"") != std::string::npos &&
               words.find("from the same sources") != std::string::npos;
      });
    }
  }
  worker.interrupt();
  BOOST_TEST(worker.end() == 0);
  head.interrupt();
  BOOST_TEST(head.end() == 0);
}

BOOST_AUTO_TEST_CASE(status_says_what_operations_take_over_all_nodes_and_each_node_has_a_log) {
  Folder folder;
  Running local(folder, "local", "local --nodes 2 --threads 1 --memory-limit 1GiB --listen '127.0.0.1:*' --output json --plugin " TESSERA_PLUGIN_GOOD
                                 " --memory-log " + (folder / "memory.csv"));
  const std::string address = local.address();
  {
    auto cluster = tessera::Cluster::connect(address);
    std::vector<tessera::Future<std::int64_t>> all;
    for (std::int64_t i = 0; i < 40; ++i) all.push_back(cluster.submit(plugged, i));
    cluster.wait(all);
    nlohmann::json status, operations;
    for (int i = 0; i < 500; ++i) {  // Nodes tell once a second.
      status = nlohmann::json::parse(run("status --output json " + address).text);
      operations = status.at("operations");
      if (!operations.empty() && operations.at(0).at("done") == 40u) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    BOOST_REQUIRE(operations.size() == 1u);
    BOOST_TEST(operations.at(0).at("name") == "plugged");
    BOOST_TEST(operations.at(0).at("done") == 40u);
    BOOST_TEST(operations.at(0).at("memory_resident") == 320u);
    BOOST_TEST(operations.at(0).at("largest") == 8u);
    std::uint64_t done = 0;
    for (const auto& member : status.at("members"))
      for (const auto& one : member.at("operations")) done += one.at("done").get<std::uint64_t>();
    BOOST_TEST(done == 40u);

    const Ended text = run("status " + address);
    BOOST_TEST(says(text, "\noperation  done  running  chunks  reserved  spilled  largest\nplugged      40        0   320 B       0 B      0 B      8 B\n"), text.text);
    std::istringstream lines(text.text);
    for (std::string line; std::getline(lines, line);) BOOST_TEST(line.size() <= 100u, line);
  }
  local.interrupt();
  BOOST_TEST(local.end() == 0);
  for (const char* name : {"memory-node1.csv", "memory-node2.csv"}) {
    const std::string log = content(folder / name);
    BOOST_TEST(log.starts_with("time_s,event,"), name);
    BOOST_TEST(log.find(",sample,") != std::string::npos, name);
  }
}

BOOST_AUTO_TEST_CASE(a_live_cluster_takes_a_policy_of_a_plugin) {
  Folder folder;
  Running local(folder, "local", "local --nodes 2 --threads 1 --listen '127.0.0.1:*' --output json --policy emptiest --plugin " TESSERA_PLUGIN_POLICY
                                 " --plugin " TESSERA_PLUGIN_GOOD);
  {
    auto cluster = tessera::Cluster::connect(local.address());
    std::vector<tessera::Future<std::int64_t>> all;
    for (std::int64_t i = 0; i < 40; ++i) all.push_back(cluster.submit(plugged, i));
    for (std::int64_t i = 0; i < 40; ++i) BOOST_TEST(all[static_cast<std::size_t>(i)].get() == 3 * i);
  }
  local.interrupt();
  BOOST_TEST(local.end() == 0);
  const Ended unknown = run("coordinator --policy emptiest");
  BOOST_TEST(unknown.code == 2);
  BOOST_TEST(says(unknown, "no policy \"emptiest\"; there are: blevel, "), unknown.text);
  BOOST_TEST(says(run("coordinator --policy blevel --plugin " TESSERA_PLUGIN_EMPTY), "no Tessera operation or policy"));
}

BOOST_AUTO_TEST_CASE(status_counts_what_a_policy_decided_that_means_nothing) {
  Folder folder;
  Running local(folder, "local", "local --nodes 2 --threads 1 --listen '127.0.0.1:*' --output json --policy astray --plugin " TESSERA_PLUGIN_POLICY " --plugin " TESSERA_PLUGIN_GOOD);
  {
    auto cluster = tessera::Cluster::connect(local.address());
    BOOST_TEST(cluster.submit(plugged, std::int64_t{2}).get() == 6);
    nlohmann::json nonsense;
    for (int i = 0; i < 500 && nonsense.empty(); ++i) {  // The job tells once a second.
      nonsense = nlohmann::json::parse(run("status --output json " + local.address()).text).at("policy_nonsense");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    BOOST_TEST(nonsense.dump() == R"({"unknown_node":1})");
    BOOST_TEST(says(run("status " + local.address()), "policies decided what can mean nothing, which was left out: a node that is not there (1 time)\n"));
    BOOST_TEST((cluster.status().nonsense == std::vector<std::pair<std::string, std::uint64_t>>{{"unknown_node", 1}}));
  }
  BOOST_TEST(local.errors().find("the policy \"astray\" decided what can mean nothing, which is left out: a node that is not there; ") != std::string::npos, local.errors());
  local.interrupt();
  BOOST_TEST(local.end() == 0);
}

BOOST_AUTO_TEST_CASE(a_port_in_use_is_told) {
  Folder folder;
  Running one(folder, "one", "coordinator --listen '127.0.0.1:*' --output json");
  const Ended two = run("coordinator --listen " + one.address());
  BOOST_TEST(two.code == 2);
  BOOST_TEST(says(two, "in use"), two.text);
  one.interrupt();
  BOOST_TEST(one.end() == 0);
}

BOOST_AUTO_TEST_CASE(local_drains_at_the_first_ctrl_c_and_stops_at_the_second) {
  Folder folder;
  Running local(folder, "local", "local --nodes 2 --threads 1 --listen '127.0.0.1:*' --output json --plugin " TESSERA_PLUGIN_GOOD);
  const std::string address = local.address();
  const std::vector<int> nodes = children_of(local.pid());
  BOOST_TEST(nodes.size() == 2u);
  auto cluster = tessera::Cluster::connect(address);
  BOOST_TEST(cluster.submit(plugged, std::int64_t{2}).get() == 6);
  local.interrupt();
  for (int i = 0; i < 6000 && local.errors().find("draining: 1 job") == std::string::npos; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  BOOST_REQUIRE(local.errors().find("draining: 1 job") != std::string::npos);
  BOOST_TEST(cluster.submit(plugged, std::int64_t{3}).get() == 9);  // What has begun goes on.
  local.interrupt();
  BOOST_TEST(local.end() == 130);
  for (const int node : nodes) BOOST_TEST(gone(node));
  BOOST_CHECK_THROW(cluster.submit(plugged, std::int64_t{4}).get(), tessera::Error);
}

BOOST_AUTO_TEST_CASE(nodes_of_a_local_cluster_that_is_killed_end_too) {
  Folder folder;
  Running local(folder, "local", "local --nodes 2 --listen '127.0.0.1:*' --output json");
  local.address();
  const std::vector<int> nodes = children_of(local.pid());
  BOOST_TEST(nodes.size() == 2u);
  local.kill();
  BOOST_TEST(local.end() == 137);
  for (const int node : nodes) BOOST_TEST(gone(node));
}

BOOST_AUTO_TEST_CASE(a_node_whose_coordinator_is_gone_ends_with_3) {
  Folder folder;
  Running head(folder, "head", "coordinator --listen '127.0.0.1:*' --output json");
  Running node(folder, "node", "node " + head.address() + " --output json");
  node.first_line();
  head.interrupt();
  BOOST_TEST(head.end() == 0);
  BOOST_TEST(node.end() == 3);
  BOOST_TEST(node.errors().find("coordinator") != std::string::npos);
}
BOOST_AUTO_TEST_CASE(a_recording_is_replayed_and_tried_with_other_policies) {
  Folder folder;
  const std::string file = folder / "run.tsrec";
  {
    auto cluster = tessera::Cluster::local({.lanes = 2, .record = file});
    cluster.wait(cluster.map(recorded, std::vector<std::int64_t>{1, 2, 3, 4, 5}));
  }
  const Ended replayed = run("simulate replay " + file + " --scheduler random,heft --write-case " + (folder / "case.json") + " --output json");
  BOOST_REQUIRE_MESSAGE(replayed.code == 0, replayed.text);
  const auto json = nlohmann::json::parse(replayed.text);
  BOOST_TEST(json["schema"] == "tessera.replay/1");
  const auto job = json["jobs"][0];
  BOOST_TEST(job["identical"] == true);
  BOOST_TEST(job["decisions"] == 5);
  BOOST_TEST(job["tasks"] == 5);
  BOOST_REQUIRE(job["policies"].size() == 3u);
  BOOST_TEST((job["policies"][1].contains("engine") && job["policies"][1].contains("cores") && job["policies"][2].contains("cores")));
  BOOST_TEST(says(run("simulate replay " + file), "5 decisions in"));
  const Ended again = run("simulate --case " + (folder / "case.json") + " --output json");
  BOOST_REQUIRE_MESSAGE(again.code == 0, again.text);
  BOOST_TEST(double(nlohmann::json::parse(again.text)["runs"][0]["makespan"]) > 0);

  const std::string whole = content(file);
  std::ofstream(file, std::ios::binary) << whole + whole.substr(21, 30);
  const Ended torn = run("simulate replay " + file);
  BOOST_TEST(torn.code == 0);
  BOOST_TEST(says(torn, "no whole frame"));
  std::string bad = whole;
  bad[60] ^= 1;
  bad += whole.substr(21);
  std::ofstream(file, std::ios::binary) << bad;
  const Ended damaged = run("simulate replay " + file);
  BOOST_TEST(damaged.code == 5);
  BOOST_TEST(says(damaged, "damaged"));
  std::ofstream(file, std::ios::binary) << "something else altogether";
  BOOST_TEST(says(run("simulate replay " + file), "it is no recording"));
  BOOST_TEST(run("simulate replay " + (folder / "nothing")).code == 5);
  BOOST_TEST(run("simulate replay").code == 2);
}

BOOST_AUTO_TEST_CASE(calibrate_writes_a_cluster_file_of_what_is_there) {
  Folder folder;
  Running local(folder, "local", "local --nodes 2 --threads 1 --listen '127.0.0.1:*' --output json");
  const Ended calibrated = run("simulate calibrate --cluster " + local.address() + " --write " + (folder / "cluster.json"));
  BOOST_REQUIRE_MESSAGE(calibrated.code == 0, calibrated.text);
  const auto json = nlohmann::json::parse(content(folder / "cluster.json"));
  BOOST_TEST(json["schema"] == "tessera-cluster/1");
  for (const char* field : {"latency_s", "bandwidth"}) BOOST_TEST(json["network"][field].get<double>() > 0, field);
  for (const char* field : {"message_s", "node_task_s", "node_message_s"}) BOOST_TEST(json["overheads"][field].get<double>() > 0, field);
  BOOST_REQUIRE(json["nodes"].size() == 2u);
  BOOST_TEST(json["nodes"][0]["cpus"] == 1);
  for (const char* rules : {"", " --rules live"})
    BOOST_TEST(run("simulate --generate tree:width=8 --scheduler locality --cluster " + (folder / "cluster.json") + rules).code == 0, rules);
  BOOST_TEST(run("simulate calibrate --cluster " + local.address() + " --write /nowhere/c.json").code == 5);
  local.interrupt();
  BOOST_TEST(local.end() == 0);
}

BOOST_AUTO_TEST_CASE(a_cluster_records_its_jobs_and_says_where_it_cannot) {
  Folder folder;
  Running local(folder, "local", "local --nodes 2 --threads 1 --listen '127.0.0.1:*' --output json --record " + (folder / "run.tsrec"));
  const std::string address = local.address();
  local.interrupt();
  BOOST_TEST(local.end() == 0);
  const Ended nothing = run("simulate replay " + (folder / "run.tsrec"));
  BOOST_TEST(nothing.code == 5);
  BOOST_TEST(says(nothing, "it has no job"));
  for (const char* command : {"local --nodes 1", "coordinator"}) {
    const Ended refused = run(std::string(command) + " --listen '127.0.0.1:*' --record /nowhere/run.tsrec");
    BOOST_TEST(refused.code == 5);
    BOOST_TEST(says(refused, "the recording /nowhere/run.tsrec cannot be written"));
  }
}

BOOST_AUTO_TEST_CASE(simulate_takes_workflows_and_graphs_made_by_rule) {
  const std::string data = std::string(TESSERA_SOURCE_DIR) + "/tests/data/wfformat/";
  const Ended looks = run("simulate --workflow " + data + "srasearch-chameleon-10a-001.json");
  BOOST_TEST(looks.code == 0);
  BOOST_TEST(says(looks, "22 tasks, 30 edges, 3 levels of at most 11"));
  const Ended runs = run("simulate --workflow " + data + "srasearch-chameleon-10a-001.json --scheduler blevel --scheduler heft --nodes 2x8 --bandwidth 50 --output json");
  BOOST_TEST(runs.code == 0);
  const auto json = nlohmann::json::parse(runs.text);
  BOOST_TEST(json["facts"]["produced_bytes"] == 10686723449);
  BOOST_REQUIRE(json["runs"].size() == 2u);
  const double bound = json["facts"]["critical_path_runtime_s"];
  for (const auto& one : json["runs"]) BOOST_TEST(double(one["makespan"]) >= bound);
  BOOST_TEST(says(run("simulate --case " + data + "expected.json"), "genome-dax-0"));

  const std::string recipe = "simulate --generate layered:width=9,steps=9 --scheduler random_ready --network maxmin --output json";
  const Ended first = run(recipe + " --seed 3");
  BOOST_TEST(first.code == 0);
  BOOST_TEST(first.text == run(recipe + " --seed 3").text);
  BOOST_TEST(first.text != run(recipe + " --seed 4").text);

  BOOST_TEST(says(run("simulate --generate ring"), "there is no family of graphs \"ring\""));
  BOOST_TEST(says(run("simulate --generate chain --nodes four"), "--nodes: \"four\" is not how many nodes of how many cores"));
  BOOST_TEST(says(run("simulate --generate chain --nodes 2x2x2"), "--nodes"));
  BOOST_TEST(run("simulate --generate chain --workflow x").code == 2);
  BOOST_TEST(run("simulate --case x --nodes 2x2").code == 2);
  BOOST_TEST(run("simulate --generate chain --seed 3").code == 2);
  const Ended missing = run("simulate --workflow nothing.json");
  BOOST_TEST(missing.code != 0);
  BOOST_TEST(says(missing, "nothing.json cannot be read"));
}

BOOST_AUTO_TEST_CASE(simulate_draws_one_run_or_two) {
  const Folder folder;
  const std::string graph = "simulate --generate layered:width=9,steps=9 --network maxmin ", two = graph + "--scheduler heft --scheduler blevel ";
  const Ended drawn = run(two + "--html " + (folder / "a.html") + " --svg " + (folder / "a.svg") + " --trace " + (folder / "a.json") + " --csv " + (folder / "a.csv") + " --output json");
  BOOST_REQUIRE_MESSAGE(drawn.code == 0, drawn.text);
  BOOST_TEST(nlohmann::json::parse(drawn.text).at("runs").size() == 2u);
  const std::string page = content(folder / "a.html"), table = content(folder / "a.csv");
  BOOST_TEST(page.find("\"label\":\"heft, maxmin\"") != page.npos);
  BOOST_TEST(page.find("\"label\":\"blevel, maxmin\"") != page.npos);
  BOOST_TEST(content(folder / "a.svg").starts_with("<svg"));
  BOOST_TEST(!nlohmann::json::parse(content(folder / "a.json")).at("traceEvents").empty());
  BOOST_TEST(table.find("\"blevel, maxmin\",task,") != table.npos);
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder.path)) files += entry.is_regular_file() ? 1 : 0;
  BOOST_TEST(files == 4u);  // Nothing temporary is left.

  const auto refused = [&](const std::string& arguments, const std::string& why) {
    const Ended ended = run(arguments);
    BOOST_TEST(ended.code != 0);
    BOOST_TEST(says(ended, why), ended.text);
    BOOST_TEST(!says(ended, "makespan"));
  };
  refused(two + "--scheduler peft --svg " + (folder / "b.svg"), "3 runs do not go into one picture");
  refused("simulate --generate chain --html " + (folder / "b.html"), "there is no run to draw");
  refused(two + "--html " + (folder / "nothing/b.html"), "no file can be written there");
  refused(two + "--html " + folder.path.string(), "this is a folder");
  refused(two + "--html " + (folder / "b") + " --csv " + (folder / "./b"), "another option names the same file");
  refused("simulate --case " TESSERA_SOURCE_DIR "/tests/data/simulation/micro.json --html " + (folder / "b.html"), "runs do not go into one picture");
}

BOOST_AUTO_TEST_CASE(simulate_carries_out_recorded_decisions) {
  const std::string data = TESSERA_SOURCE_DIR "/tests/data/simulation/";
  const Ended one = run("simulate --case " + data + "montage-8x4-16.json --output json");
  BOOST_REQUIRE(one.code == 0);
  const auto json = nlohmann::json::parse(one.text);
  const auto file = nlohmann::json::parse(content(data + "montage-8x4-16.json"));
  BOOST_REQUIRE(json.at("runs").size() == file.at("runs").size());
  for (std::size_t i = 0; i < json.at("runs").size(); ++i)
    for (const char* field : {"makespan", "sum_task_end", "total_transfer", "transfer_count"}) {
      const double real = json["runs"][i].at(field), expected = file["runs"][i].at(field);
      BOOST_TEST(std::abs(real - expected) <= 1e-5 * std::max(1.0, expected), field << " of run " << i);
    }
  BOOST_TEST(says(run("simulate --case " + data + "micro.json"), "steal-cancels-download"));
  const Ended planned = run("simulate --case " + data + "merge_neighbours-4x4-100.json --scheduler heft --scheduler dls --network maxmin --output json");
  BOOST_REQUIRE(planned.code == 0);
  const auto runs = nlohmann::json::parse(planned.text).at("runs");
  BOOST_REQUIRE(runs.size() == 2u);
  const double bound = nlohmann::json::parse(content(data + "merge_neighbours-4x4-100.json")).at("lower_bounds").at("critical_path");
  for (const auto& its : runs) BOOST_TEST(its.at("makespan").get<double>() >= bound - 1e-9);  // The file has nine decimals.
  BOOST_TEST(run("simulate --case " + data + "micro.json --scheduler fastest").code == 2);
  const Ended missing = run("simulate --case nothing.json");
  BOOST_TEST(missing.code == 5);
  BOOST_TEST(says(missing, "nothing.json cannot be read"));
  BOOST_TEST(run("simulate").code == 2);
}

BOOST_AUTO_TEST_SUITE_END()
