// The main job as a user runs it: its values against xarray's, the same bits on every kind of cluster, what it refuses.
#include "io/zarr/store.hpp"
#include "tests/examples/programs.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <cmath>
#include <sstream>

namespace {
using namespace programs;
namespace zarr = tessera::io::zarr;
using tessera::arrays::Shape;

const std::string job = CLIMATOLOGY;
const std::string data = TESSERA_SOURCE_DIR "/examples/data";

/// A coordinator and nodes, by the binary.
struct Machines {
  Folder folder;
  Running head{folder, "head", TESSERA_CLI " coordinator --listen '127.0.0.1:*' --output json"};
  std::string address = nlohmann::json::parse(head.first_line()).at("address");
  std::vector<std::unique_ptr<Running>> nodes;

  void add_node(const std::string& options) {
    const std::string name = "node" + std::to_string(nodes.size());
    nodes.push_back(std::make_unique<Running>(folder, name, TESSERA_CLI " node " + address + " --name " + name + " --threads 1 --output json " + options));
    nodes.back()->first_line();
  }
  void kill_last() {
    nodes.back()->kill();
    BOOST_TEST(nodes.back()->end() == 128 + SIGKILL);
    nodes.pop_back();
  }
  ~Machines() {
    for (const auto& node : nodes) node->interrupt();
    for (const auto& node : nodes) node->ends_with(0);
    head.interrupt();
    head.ends_with(0);
  }
};

void same_files(const std::map<std::string, std::string>& a, const std::map<std::string, std::string>& b) {
  BOOST_TEST(a.size() == b.size());
  for (const auto& [name, bytes] : a) {
    const auto at = b.find(name);
    BOOST_TEST((at != b.end() && at->second == bytes), name << " differs");
  }
}

/// It ends with that code and those words, and leaves nothing.
void refused(const std::string& arguments, int code, const std::string& words) {
  Folder folder;
  const Ended ended = run(job + " --output " + (folder / "out") + " " + arguments);
  BOOST_TEST(ended.code == code, arguments << " ended with " << ended.code << ": " << ended.text);
  BOOST_TEST(ended.says(words), arguments << " said: " << ended.text);
  BOOST_TEST(!fs::exists(folder / "out"), arguments << " left a folder");
}
}  // namespace

BOOST_AUTO_TEST_SUITE(examples_climatology)

BOOST_AUTO_TEST_CASE(a_plan_says_what_the_job_takes_and_writes_nothing) {
  Folder folder;
  const std::string out = folder / "out";
  const Ended ended = run(job + " --local 2 --plan --output " + out);
  BOOST_TEST(ended.code == 0, ended.text);
  for (const char* words : {" tasks fit: peak ", " on 1 node", "read ", "spilled 0 B", "smallest --memory-limit of a node: "})
    BOOST_TEST(ended.says(words), ended.text);
  BOOST_TEST(!ended.says("do not declare"), ended.text);
  BOOST_TEST(!fs::exists(out));
  const Ended two = run(job + " --processes 2 --plan --output " + out);
  BOOST_TEST(two.code == 0, two.text);
  BOOST_TEST(two.says(" on 2 nodes"), two.text);
}

BOOST_AUTO_TEST_CASE(its_values_are_those_of_xarray) {
  Folder folder;
  const std::string out = folder / "out";
  const Ended ended = run(job + " --local 2 --output " + out);
  BOOST_REQUIRE_MESSAGE(ended.code == 0, ended.text);
  std::ifstream in(TESSERA_SOURCE_DIR "/tests/examples/climatology.json");
  const auto oracle = nlohmann::json::parse(in);
  BOOST_TEST(oracle.size() == 8u);
  for (const auto& [key, expected] : oracle.items()) {
    BOOST_TEST_CONTEXT(key) {
      const auto slash = key.find('/');
      const std::string path = out + "/" + key.substr(0, slash), name = key.substr(slash + 1);
      const auto store = zarr::open(path);
      BOOST_REQUIRE(store);
      const auto array = std::ranges::find(store->arrays, name, &zarr::Array::name);
      BOOST_REQUIRE((array != store->arrays.end()));
      BOOST_TEST(array->shape == expected["shape"].get<Shape>(), boost::test_tools::per_element());
      BOOST_TEST(array->dimensions == expected["dimensions"].get<std::vector<std::string>>(), boost::test_tools::per_element());
      const auto block = zarr::read(path, *array, Shape(array->shape.size(), 0), array->shape);
      BOOST_REQUIRE(block);
      const auto values = block->data<float>();
      const double tolerance = expected["tolerance"];
      double sum = 0, least = values[0], most = values[0];
      for (const float value : values) {
        sum += value;
        least = std::min<double>(least, value);
        most = std::max<double>(most, value);
      }
      BOOST_TEST(std::abs(sum / static_cast<double>(values.size()) - expected["mean"].get<double>()) <= tolerance);
      BOOST_TEST(std::abs(least - expected["least"].get<double>()) <= tolerance);
      BOOST_TEST(std::abs(most - expected["most"].get<double>()) <= tolerance);
      for (const auto& [index, value] : expected["points"].items()) {
        std::istringstream words(index);
        std::int64_t flat = 0, i = 0;
        for (std::size_t d = 0; words >> i; ++d) flat = flat * array->shape[d] + i;
        BOOST_TEST(std::abs(values[static_cast<std::size_t>(flat)] - value.get<double>()) <= tolerance, index);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(lanes_processes_and_clusters_give_the_same_bits) {
  Folder folder;
  const auto results = [&](const std::string& name, const std::string& where) {
    const Ended ended = run(job + " " + where + " --output " + (folder / name));
    BOOST_REQUIRE_MESSAGE(ended.code == 0, ended.text);
    return tree(folder / name);
  };
  const auto one = results("one", "--local 1");
  BOOST_TEST(std::ranges::count_if(one, [](const auto& file) { return file.first.ends_with(".png"); }) == 14);
  BOOST_TEST(std::ranges::none_of(one, [](const auto& file) { return file.first.find(".part") != std::string::npos; }));
  same_files(one, results("two", "--local 2"));
  same_files(one, results("processes", "--processes 2"));
  Machines machines;
  machines.add_node("--plugin " CLIMATOLOGY_PLUGIN);
  machines.add_node("--plugin " CLIMATOLOGY_PLUGIN);
  same_files(one, results("cluster", "--cluster " + machines.address));
  BOOST_TEST(ends([] { return runs(CLIMATOLOGY); }));
}

BOOST_AUTO_TEST_CASE(files_of_unequal_length_are_cut_evenly_where_they_are_stored) {
  Folder folder;
  const std::string path = TESSERA_SOURCE_DIR "/tests/data/netcdf/pr_Amon_HadGEM3-GC31-MM_dcppA-hindcast_s2004-r3i1p1f2_gn_";
  const Ended ended = run(job + " --netcdf " + path + "200411-200412.nc " + path + "200501-200512.nc --output " + (folder / "out"));
  BOOST_REQUIRE_MESSAGE(ended.code == 0, ended.text);
  BOOST_TEST(ended.says("pr_anomaly        (14, 4, 5) in 2 chunks"), ended.text);
  for (const char* picture : {"pr-january.png", "pr-july.png", "pr-anomaly.png"}) BOOST_TEST(fs::exists((folder / "out/maps/") + picture));
  const auto store = zarr::open(folder / "out/monthly.zarr");
  BOOST_REQUIRE(store);
  const auto array = std::ranges::find(store->arrays, "pr_anomaly", &zarr::Array::name);
  BOOST_REQUIRE((array != store->arrays.end()));
  const auto block = zarr::read(folder / "out/monthly.zarr", *array, Shape(3, 0), array->shape);
  BOOST_REQUIRE(block);
  const auto values = block->data<float>();
  // Only November and December occur twice, at indices 0, 12 and 1, 13: half of their difference is each one's anomaly.
  for (std::size_t i = 2 * 20; i < 12 * 20; ++i) BOOST_TEST(values[i] == 0.0f);
  for (std::size_t i = 0; i < 2 * 20; ++i) BOOST_TEST(std::abs(values[i] + values[i + 12 * 20]) <= 5e-11);
  BOOST_TEST(std::ranges::any_of(values.first(40), [](float value) { return std::abs(value) > 1e-6f; }));
}

BOOST_AUTO_TEST_CASE(a_node_that_is_killed_changes_no_bit) {
  Folder folder;
  BOOST_REQUIRE(run(job + " --local 2 --output " + (folder / "whole")).code == 0);
  Machines machines;
  machines.add_node("--plugin " CLIMATOLOGY_PLUGIN);
  machines.add_node("--plugin " CLIMATOLOGY_PLUGIN);
  Running computing(folder, "job", job + " --cluster " + machines.address + " --output " + (folder / "out"));
  BOOST_TEST(ends([&] { return !fs::exists(folder / "out/ensemble.zarr.part/t_mean/0.0.0.0") && !fs::exists(folder / "out/ensemble.zarr"); }));
  machines.kill_last();
  computing.ends_with(0);
  same_files(tree(folder / "whole"), tree(folder / "out"));
}

BOOST_AUTO_TEST_CASE(results_that_are_there_stay_unless_it_is_told_to_overwrite) {
  Folder folder;
  const std::string out = folder / "out";
  BOOST_TEST(run(job + " --output " + out).code == 0);
  const auto first = tree(out);
  const Ended again = run(job + " --output " + out);
  BOOST_TEST(again.code == 5);
  BOOST_TEST(again.says("ensemble.zarr is there already"), again.text);
  BOOST_TEST(again.says("--overwrite"), again.text);
  same_files(first, tree(out));
  BOOST_TEST(run(job + " --chunk-bytes 200KiB --overwrite --output " + out).code == 0);
  BOOST_TEST((first != tree(out)));
  BOOST_TEST(run(job + " --overwrite --output " + out).code == 0);
  same_files(first, tree(out));
}

BOOST_AUTO_TEST_CASE(bad_input_is_told_and_leaves_nothing) {
  Folder folder;
  std::ofstream(folder / "text.grib") << "no GRIB, but longer than any header of one would have to be\n";
  std::ofstream(folder / "text.nc") << "no netCDF, but longer than any header of one would have to be\n";
  fs::create_directory(folder / "empty");
  refused("--grib /nowhere/a.grib", 5, "/nowhere/a.grib");
  refused("--grib " + (folder / "text.grib"), 5, "text.grib");
  refused("--grib " + (folder / "empty"), 5, "empty");
  refused("--grib " TESSERA_SOURCE_DIR "/tests/data/grib/regular_ll_sfc.grib", 2, "along number: there is no such dimension");
  refused("--netcdf /nowhere", 5, "/nowhere");
  refused("--netcdf " + (folder / "empty"), 5, "no file *.nc");
  refused("--netcdf " + (folder / "text.nc"), 5, "text.nc");
  refused("--netcdf " + data + "/era5-levels-members.grib", 5, "era5-levels-members.grib");
  refused("--local 2 --processes 2", 2, "excludes");
  refused("--local 2 --memory-limit 1MiB", 2, "is too small");
  refused("--cluster tcp://127.0.0.1:1 --memory-limit 1GiB", 2, "excludes");
  refused("--local 0", 2, "--local");
  refused("--keys a.keys", 2, "--cluster");
  refused("--chunk-bytes lots", 2, "--chunk-bytes");
  const Ended file = run(job + " --output " + (folder / "text.nc"));
  BOOST_TEST(file.code == 5);
  BOOST_TEST(file.says("--output takes a folder"), file.text);
}

BOOST_AUTO_TEST_CASE(a_cluster_that_cannot_serve_it_is_told_and_leaves_nothing) {
  refused("--cluster tcp://127.0.0.1:1", 3, "127.0.0.1:1");
  refused("--cluster tcp://127.0.0.1:1 --keys /nowhere/me.keys", 5, "/nowhere/me.keys");
  Machines machines;
  machines.add_node("");
  refused("--cluster " + machines.address, 4, "tessera node " + machines.address + " --plugin " CLIMATOLOGY_PLUGIN);
}

BOOST_AUTO_TEST_CASE(ctrl_c_leaves_no_half_written_store) {
  Machines machines;  // Without a node: the job waits.
  Folder folder;
  const std::string out = folder / "out";
  Running waiting(folder, "job", job + " --cluster " + machines.address + " --output " + out);
  BOOST_TEST(ends([&] { return !fs::exists(out + "/monthly.zarr.part"); }));
  waiting.interrupt();
  waiting.ends_with(130);
  BOOST_TEST(!fs::exists(out));
  BOOST_TEST(waiting.errors().find("interrupted: nothing was stored") != std::string::npos, waiting.errors());
}

BOOST_AUTO_TEST_CASE(ctrl_c_while_it_computes_leaves_all_or_nothing) {
  Folder folder;
  const std::string out = folder / "out";
  Running computing(folder, "job", job + " --processes 2 --output " + out);
  BOOST_TEST(ends([&] { return !fs::exists(out + "/ensemble.zarr.part") && !fs::exists(out + "/ensemble.zarr"); }));
  computing.interrupt();
  const int code = computing.end();
  BOOST_TEST((code == 130 || code == 0), computing.errors());
  BOOST_TEST(fs::exists(out) == (code == 0));
  BOOST_TEST(!fs::exists(out + "/ensemble.zarr.part"));
  BOOST_TEST(ends([] { return runs(CLIMATOLOGY); }));
}

BOOST_AUTO_TEST_CASE(on_a_terminal_it_draws_a_bar_that_fits) {
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  BOOST_REQUIRE((terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0));
  const winsize size{24, 60, 0, 0};
  BOOST_REQUIRE(ioctl(terminal, TIOCSWINSZ, &size) == 0);
  Folder folder;
  const std::string side = ptsname(terminal);
  const int keep = open(side.c_str(), O_RDWR | O_NOCTTY);  // What was written stays readable.
  auto process = tessera::actors::ChildProcess::start(
      {"/bin/sh", "-c", "TERM=xterm NO_COLOR=1 exec " + job + " --output " + (folder / "out") + " >/dev/null 2>" + side});
  BOOST_REQUIRE(process);
  std::string text;
  std::optional<int> code;
  for (bool more = true; more || !code;) {
    if (!code) code = process->wait(tessera::runtime::milliseconds(5));
    pollfd its{terminal, POLLIN, 0};
    more = poll(&its, 1, 0) == 1;
    std::array<char, 4096> bytes;
    if (more) text.append(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(read(terminal, bytes.data(), bytes.size()), 0)));
  }
  BOOST_TEST(*code == 0, text);
  close(keep);
  close(terminal);
  BOOST_TEST(text.find("] 223/223 chunks stored") != std::string::npos, text);
  BOOST_TEST(text.find("\033[32m") == std::string::npos);
  std::istringstream frames(text);
  for (std::string frame; std::getline(frames, frame, '\r');) {
    if (const auto end = frame.find("\033[K"); end != std::string::npos) frame.resize(end);
    BOOST_TEST(frame.size() < 60u, frame);
  }
}

BOOST_AUTO_TEST_CASE(elsewhere_it_writes_lines_without_control_characters) {
  Folder folder;
  const Ended ended = run(job + " --output " + (folder / "out"));
  BOOST_TEST(ended.code == 0);
  BOOST_TEST(ended.says("223/223 chunks stored"));
  BOOST_TEST(ended.text.find_first_of("\r\033") == std::string::npos);
  BOOST_TEST(ended.says("t_spread"));
  BOOST_TEST(ended.says("t-500hPa-anomaly.png"));
}

BOOST_AUTO_TEST_CASE(the_example_of_the_readme_is_the_one_that_runs) {
  BOOST_TEST(run(HELLO).code == 0);
  BOOST_TEST(content(TESSERA_SOURCE_DIR "/README.md").find(content(TESSERA_SOURCE_DIR "/examples/hello/main.cpp")) != std::string::npos);
}
BOOST_AUTO_TEST_SUITE_END()
