// A coordinator and two nodes on three hosts, with keys; a fourth host that has none. The program runs beside the coordinator.
#include "hosts/network.hpp"
#include "hosts/operations.hpp"
#include "tests/tools/command.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <chrono>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <thread>

namespace {
using namespace tessera::test;
using tessera::Cluster;
using tessera::Deferred;
using Block = std::vector<double>;

std::unique_ptr<Network> network;

/// Three hosts at work.
struct Hosts {
  Folder folder;
  std::unique_ptr<Running> head, a, b;
  std::string address;

  Hosts() {
    BOOST_REQUIRE(run("cluster init " + folder.path.string() + " --member head --member a --member b --member me").code == 0);
    head = std::make_unique<Running>(folder, "head", "coordinator --policy round_robin --output json --listen '" +
                                                         network->address("head") + ":*'" + keys("head"), network->on("head"));
    address = head->address();
    a = node("a");
    b = node("b");
    a->first_line();
    b->first_line();
  }
  std::unique_ptr<Running> node(const std::string& name, const std::string& files = {}) {
    const std::string arguments = "node " + address + " --name " + name + keys(name) +
                                  " --threads 1 --memory-limit 1GB --output json --plugin " TESSERA_PLUGIN_HOSTS;
    return std::make_unique<Running>(folder, files.empty() ? name : files, arguments, network->on(name));
  }
  std::string keys(const std::string& member) const { return " --keys " + (folder / (member + ".keys")); }
  Cluster connect() const { return Cluster::connect(address, {.keys = folder / "me.keys"}); }
  /// How often each task ran, and in which processes.
  std::map<std::int64_t, std::vector<int>> log(const std::string& name) const {
    std::map<std::int64_t, std::vector<int>> runs;
    std::istringstream lines(content(folder / name));
    for (std::int64_t what = 0, process = 0; lines >> what >> process;) runs[what].push_back(static_cast<int>(process));
    return runs;
  }
};

std::size_t nodes_of(Cluster& cluster) {
  std::size_t nodes = 0;
  for (const auto& member : cluster.status().members) nodes += member.role == tessera::runtime::protocol::Role::node;
  return nodes;
}

/// A reduction whose blocks of 800 kB travel between the nodes.
double reduction(Cluster& cluster) {
  tessera::Graph graph;
  std::vector<Deferred<Block>> level;
  for (int i = 0; i < 16; ++i) level.push_back(graph.add(host_ramp, std::int64_t{100'000}, 0.1 * i));
  while (level.size() > 1) {
    std::vector<Deferred<Block>> next;
    for (std::size_t i = 0; i < level.size(); i += 2) next.push_back(graph.add(host_mix, level[i], level[i + 1]));
    level = std::move(next);
  }
  const auto sum = graph.add(host_total, level[0]);
  return cluster.compute(std::move(graph), sum).get();
}

std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }
}  // namespace

BOOST_AUTO_TEST_SUITE(hosts_hosts)

BOOST_AUTO_TEST_CASE(three_hosts_give_the_bits_of_one_process_and_let_no_stranger_in) {
  Hosts hosts;
  {
    Cluster cluster = hosts.connect();
    BOOST_TEST(nodes_of(cluster) == 2u);
    Cluster local = Cluster::local({.lanes = 2});
    BOOST_TEST(bits(reduction(cluster)) == bits(reduction(local)));
    std::vector<std::int64_t> numbers(50);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::int64_t>(i);
    const auto where = cluster.gather(cluster.map(host_process, numbers));
    BOOST_TEST((std::set<std::int64_t>(where.begin(), where.end()) == std::set<std::int64_t>{hosts.a->pid(), hosts.b->pid()}));

    // Keys of another cluster, and none, from a host that reaches the port.
    const std::string foreign = (hosts.folder.path / "foreign").string();
    BOOST_TEST(run("cluster init " + foreign + " --member x").code == 0);
    const auto refused = [&](const std::string& command, const std::string& words) {
      const Ended ended = run(command, network->on("stranger"));
      BOOST_TEST(ended.code == 4, command << " ended with " << ended.code << ": " << ended.text);
      BOOST_TEST(says(ended, words), ended.text);
    };
    refused("status " + hosts.address + " --keys " + foreign + "/x.keys", "keys");
    refused("node " + hosts.address + " --keys " + foreign + "/x.keys --threads 1", "keys");
    refused("status " + hosts.address + " --insecure", "--keys");
    // It is the key that counts, not the host.
    BOOST_TEST(run("status " + hosts.address + hosts.keys("me"), network->on("stranger")).code == 0);
    BOOST_TEST(nodes_of(cluster) == 2u);
    BOOST_TEST(bits(reduction(cluster)) == bits(reduction(local)));
  }
  for (Running* node : {hosts.a.get(), hosts.b.get(), hosts.head.get()}) {
    node->interrupt();
    BOOST_TEST(node->end() == 0);
  }
}

BOOST_AUTO_TEST_CASE(a_cable_that_is_out_for_a_moment_loses_nothing) {
  Hosts hosts;
  Cluster cluster = hosts.connect();
  const std::string log = hosts.folder / "log";
  tessera::Graph graph;
  std::vector<Deferred<Block>> row;
  std::int64_t what = 0;
  for (; what < 8; ++what) row.push_back(graph.add(host_noted_ramp, log, what, std::int64_t{20'000}));
  for (int step = 0; step < 10; ++step)
    for (std::size_t i = 0; i + 1 < row.size(); ++i) row[i] = graph.add(host_slow_mix, log, what++, row[i], row[i + 1]);
  const auto sum = graph.add(host_total, row[0]);
  auto result = cluster.compute(std::move(graph), sum);
  while (hosts.log("log").size() < 20) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  BOOST_REQUIRE(network->cut("b"));
  std::this_thread::sleep_for(std::chrono::seconds(3));
  BOOST_REQUIRE(network->mend("b"));
  const double remote = result.get();

  std::vector<Block> same;
  for (std::int64_t i = 0; i < 8; ++i) same.push_back(host_ramp(20'000, static_cast<double>(i) + 0.5));
  for (int step = 0; step < 10; ++step)
    for (std::size_t i = 0; i + 1 < same.size(); ++i) same[i] = host_mix(same[i], same[i + 1]);
  BOOST_TEST(bits(remote) == bits(host_total(same[0])));
  BOOST_TEST(nodes_of(cluster) == 2u);
  std::size_t again = 0;
  std::set<int> processes;
  for (const auto& [task, runs] : hosts.log("log")) {
    again += runs.size() - 1;
    processes.insert(runs.begin(), runs.end());
  }
  BOOST_TEST(again == 0u);
  BOOST_TEST(processes.size() == 2u);
}

BOOST_AUTO_TEST_CASE(W1_W3_a_host_that_is_cut_off_is_given_up_and_exactly_its_work_is_done_again) {
  Hosts hosts;
  Cluster cluster = hosts.connect();
  const std::string log = hosts.folder / "log";
  std::vector<tessera::Future<Block>> blocks;
  for (std::int64_t i = 0; i < 12; ++i) blocks.push_back(cluster.submit(host_noted_ramp, log, i, std::int64_t{50'000}));
  cluster.wait(blocks);
  BOOST_REQUIRE(network->cut("b"));
  // It waits for blocks that only the other host has, while that is found to be gone.
  const auto mixed = cluster.submit(host_mix, blocks[0], blocks[1]), more = cluster.submit(host_mix, blocks[2], blocks[3]);
  BOOST_TEST(bits(mixed.get()[4711]) == bits(host_mix(host_ramp(50'000, 0.5), host_ramp(50'000, 1.5))[4711]));
  more.get();
  for (std::size_t i = 0; i < blocks.size(); ++i)
    BOOST_TEST((blocks[i].get() == host_ramp(50'000, static_cast<double>(i) + 0.5)));
  BOOST_TEST(nodes_of(cluster) == 1u);
  std::size_t lost = 0;
  for (const auto& [task, runs] : hosts.log("log")) {
    const bool was_there = runs.front() == hosts.b->pid();
    lost += was_there;
    BOOST_TEST(runs.size() == (was_there ? 2u : 1u), "task " << task);
    BOOST_TEST(runs.back() == hosts.a->pid());
  }
  BOOST_TEST(lost > 0u);
  BOOST_TEST(lost < blocks.size());
  BOOST_TEST(hosts.b->end() == 3);  // It knows that it is alone.
  BOOST_REQUIRE(network->mend("b"));
  hosts.b = hosts.node("b", "again");
  BOOST_TEST(!hosts.b->first_line().empty());
  BOOST_TEST(nodes_of(cluster) == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

int main(int argc, char** argv) {
  network = std::make_unique<Network>(std::vector<std::string>{"head", "a", "b", "stranger"});
  if (!network->allowed()) {
    std::puts("skipped: this user or kernel makes no network namespaces (root and iproute2 are needed)");
    return 77;
  }
  int code = 1;
  if (network->ok() && network->enter("head")) code = boost::unit_test::unit_test_main([] { return true; }, argc, argv);
  else std::puts("the hosts could not be joined by a bridge");
  network.reset();
  return code;
}
