#include "simulation/files/cluster_file.hpp"
#include "tests/simulation/engine/cases.hpp"

using namespace tessera::simulation;
using namespace tessera::simulation::files;

namespace {
const std::string good = R"({"schema": "tessera-cluster/1", "name": "lab", "about": "two racks and a disk",
  "nodes": [{"name": "n", "count": 2, "cpus": 4, "rack": "a"},
            {"name": "gpu", "cpus": 2, "speed": 2, "resources": {"gpu": 1}, "up": 200, "rack": "b"},
            {"name": "disk", "cpus": 0, "rack": "a"}],
  "network": {"model": "maxmin", "bandwidth": 100, "latency_s": 0.5, "racks": {"a": {"up": 300, "down": 400}, "b": {"up": 500, "down": 600}}, "downloads_max": 4, "downloads": "in_order"},
  "overheads": {"scheduler_call_s": 0.25, "node_task_s": 0.125},
  "times": {"train": {"gpu": 0.1}},
  "needs": {"train": {"gpu": 1}},
  "storage": "disk",
  "events": [{"time": 1, "node": "n1", "what": "slow", "speed": 0.5}, {"time": 2, "node": "n1", "what": "crash"}]})";
std::string with(std::string text, const std::string& what, const std::string& instead) {
  const auto at = text.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), instead);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_files_cluster_file)

BOOST_AUTO_TEST_CASE(a_file_says_what_a_graph_runs_on) {
  const auto cluster = parse_cluster(good);
  BOOST_REQUIRE_MESSAGE(bool(cluster), cluster.failure().message);
  engine::Case what = engine::pair_of_tasks();
  what.kinds = {"split", "train"};
  what.tasks[1].kind = 1;
  what.objects.push_back({10, engine::nobody});
  what.tasks[0].inputs = {1};
  const auto setting = engine::put_on(*cluster, what);
  BOOST_REQUIRE_MESSAGE(bool(setting), setting.failure().message);
  BOOST_TEST(what.cpus == (std::vector<std::uint32_t>{4, 4, 2, 0}), boost::test_tools::per_element());
  BOOST_TEST(what.duration_on(0, 0) == 3);
  BOOST_TEST(what.duration_on(0, 2) == 1.5);
  BOOST_TEST(what.duration_on(1, 2) == 0.1);
  BOOST_TEST((!what.fits(1, 0) && what.fits(1, 2) && what.fits(0, 0)));
  BOOST_TEST(what.objects[1].home == 3u);
  BOOST_TEST((setting->network == engine::NetworkModel::maxmin && setting->share == engine::Share::flow && setting->downloads_max == 4 && setting->downloads == engine::DownloadOrder::in_order));
  BOOST_TEST(setting->links.up == (std::vector<double>{100, 100, 200, 100}), boost::test_tools::per_element());
  BOOST_TEST(setting->links.rack == (std::vector<std::uint32_t>{0, 0, 1, 0}), boost::test_tools::per_element());
  BOOST_TEST((setting->links.racks[1].up == 500 && setting->links.latency == 0.5 && setting->scheduling_time == 0.25 && setting->overheads.node_task == 0.125));
  BOOST_TEST((setting->events.size() == 2 && setting->events[0].node == 1 && setting->events[0].speed == 0.5));
  // The disk sends 10 MiB at 100 MiB/s after 0.5 s; then 0.125 and 3 s. Half a node from 1 on, nothing of it from 2 on: n0 does not care.
  engine::Lambda policy(engine::to_the_first);
  engine::Setting calm = *setting;
  calm.scheduling_time = 0;
  const auto outcome = engine::done(engine::simulate(what, what, policy, calm));
  BOOST_TEST(outcome.tasks[0].start == 0.6);
  BOOST_TEST(outcome.tasks[0].end == 3.725);
  BOOST_TEST(outcome.tasks[1].node == 2u);
  BOOST_TEST(outcome.tasks[1].start == 3.725 + 0.5 + 1, boost::test_tools::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_the_same) {
  engine::Cluster calibrated = *parse_cluster(good);
  for (const auto order : {engine::DownloadOrder::by_priority, engine::DownloadOrder::preemptive}) {
    calibrated.downloads = order;
    BOOST_TEST((parse_cluster(text_of(calibrated))->downloads == order));
  }
  const std::string once = text_of(*parse_cluster(good));
  const auto again = parse_cluster(once);
  BOOST_REQUIRE_MESSAGE(bool(again), again.failure().message);
  BOOST_TEST(text_of(*again) == once);
  BOOST_TEST(again->nodes[1].name == "n1");
  BOOST_TEST(again->events[1].time == 2);
  BOOST_TEST(again->overheads.node_task == 0.125);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_file_is_said_with_its_place) {
  using engine::fails;
  fails(parse_cluster("{}"), "the field \"schema\" is missing");
  fails(parse_cluster(with(good, "tessera-cluster/1", "cluster/9")), "schema: \"tessera-cluster/1\" was expected, and there is \"cluster/9\"");
  fails(parse_cluster(with(good, "\"about\"", "\"color\"")), "the file: the field \"color\" is not known");
  fails(parse_cluster(with(good, "\"cpus\": 4", "\"cores\": 4")), "nodes[0]: the field \"cores\" is not known");
  fails(parse_cluster(with(good, "\"cpus\": 4", "\"cpus\": -4")), "nodes[0].cpus: a whole number of at least 0");
  fails(parse_cluster(with(good, "\"speed\": 2", "\"speed\": 0")), "nodes[1].speed: a number above 0 was expected, and there is 0");
  fails(parse_cluster(with(good, "\"name\": \"gpu\"", "\"name\": \"n0\"")), "nodes[1].name: a name that no node before has");
  fails(parse_cluster(with(good, "\"rack\": \"b\"", "\"rack\": \"c\"")), "nodes[1]: a rack of network.racks was expected");
  fails(parse_cluster(with(good, ", \"rack\": \"b\"", "")), "nodes[1]: a \"rack\", as the network has racks was expected");
  fails(parse_cluster(with(good, "\"maxmin\"", "\"fast\"")), "network.model: one of \"simple\", \"maxmin\", \"none\" was expected, and there is \"fast\"");
  fails(parse_cluster(with(good, "\"bandwidth\": 100, ", "")), "network: the field \"bandwidth\" is missing");
  fails(parse_cluster(with(good, "\"latency_s\": 0.5", "\"latency_s\": -0.5")), "network.latency_s: a number of at least 0");
  fails(parse_cluster(with(good, "\"storage\": \"disk\"", "\"storage\": \"tape\"")), "storage: the name of a node was expected, and there is \"tape\"");
  fails(parse_cluster(with(good, "{\"gpu\": 0.1}", "{\"tpu\": 0.1}")), "times.train: the name of a node was expected, and there is \"tpu\"");
  fails(parse_cluster(with(good, "\"crash\"", "\"burn\"")), "events[1].what: one of \"join\", \"leave\", \"crash\", \"slow\" was expected");
  fails(parse_cluster(with(good, "\"time\": 2", "\"time\": 0.5")), "events[1].time: a time of at least 1, that of the event before");
  fails(read_cluster("nothing.json"), "nothing.json cannot be read");
  engine::Case what = engine::pair_of_tasks();
  what.kinds = {"train"};
  fails(engine::put_on(*parse_cluster(with(good, "\"train\": {\"gpu\": 1}", "\"train\": {\"gpu\": 2}")), what), "task 0 (\"first\") needs 1 cores, 2 gpu, and no node has all of that");
}

BOOST_AUTO_TEST_SUITE_END()
