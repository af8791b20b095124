// Data larger than the memory limit, on clusters inside this process: tests/runtime proves the rules of the cores, and this that blocks
// go to disk and come back whole, and that nothing of them stays.
#include "arrays/memory/arena.hpp"
#include "client/cube.hpp"
#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace {
namespace fs = std::filesystem;
using tessera::Cluster;
using tessera::Error;
using tessera::ErrorCode;
using tessera::Future;
using tessera::arrays::Block;
using tessera::runtime::Bytes;

constexpr std::int64_t elements = 1 << 20;  // 8 MiB a block.
constexpr std::int64_t blocks = 64;         // 512 MiB. Impure ones are written; pure ones, being cheap, would be made again (M9).

Block memory_block(std::int64_t number) {
  return Block::make<double>({elements}, [&](std::span<double> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<double>(number) + static_cast<double>(i % 7);
  });
}
double memory_sum(const Block& block) {
  double sum = 0;
  for (const double x : block.data<double>()) sum += x;
  return sum;
}
Block memory_difference(const Block& a, const Block& b) {
  const auto x = a.data<double>(), y = b.data<double>();
  return Block::make<double>({elements}, [&](std::span<double> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = x[i] - y[i];
  });
}
std::int64_t memory_same(std::int64_t x) { return x; }
TESSERA_OPERATION(memory_block);
TESSERA_OPERATION(memory_sum);
TESSERA_OPERATION(memory_difference);
TESSERA_OPERATION(memory_same);

double sum_of(std::int64_t number) {
  double sum = 0;
  for (std::int64_t i = 0; i < elements; ++i) sum += static_cast<double>(number) + static_cast<double>(i % 7);
  return sum;
}

struct Folder {
  std::string path = (fs::temp_directory_path() / ("tessera-memory-" + std::to_string(getpid()))).string();
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  bool is_empty() const { return fs::is_empty(path); }
  std::vector<fs::path> files(std::uint64_t larger_than = elements) const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file() && entry.file_size() > larger_than) all.push_back(entry.path());
    return all;
  }
};
tessera::runtime::protocol::NodeStatus status_of(Cluster& cluster) { return cluster.status().members.at(0).status; }
/// Returns once the cluster has done what this thread asked for before.
void settle(Cluster& cluster) { cluster.submit({.impure = true}, memory_same, std::int64_t{0}).get(); }
}  // namespace

BOOST_AUTO_TEST_SUITE(client_memory)

BOOST_AUTO_TEST_CASE(M1_M4_what_does_not_fit_goes_to_disk_and_comes_back_and_leaves_no_file) {
  Folder folder;
  {
    auto cluster = Cluster::local({.lanes = 2, .memory_limit = "320MiB", .spill_dir = folder.path});
    {
      std::vector<Future<Block>> all;
      for (std::int64_t i = 0; i < blocks; ++i) all.push_back(cluster.submit({.impure = true}, memory_block, i));
      cluster.wait(all);
      BOOST_TEST(status_of(cluster).spilled.value > 150u << 20);
      for (int round = 0; round < 2; ++round) {
        std::vector<Future<double>> sums;
        for (const auto& one : all) sums.push_back(cluster.submit({.impure = true}, memory_sum, one));
        for (std::int64_t i = 0; i < blocks; ++i) BOOST_TEST(sums[static_cast<std::size_t>(i)].get() == sum_of(i));
      }
      const auto status = status_of(cluster);
      BOOST_TEST((status.resident + status.reserved + status.overhead <= status.limit));
      Bytes resident, reserved, spilled;
      for (const auto& one : status.operations) resident += one.resident, reserved += one.reserved, spilled += one.spilled;
      BOOST_TEST((resident == status.resident && reserved == status.reserved && spilled == status.spilled));
      const auto& first = status.operations.front();
      BOOST_TEST(first.name == "memory_block");
      BOOST_TEST(first.done == static_cast<std::uint64_t>(blocks));
      BOOST_TEST(first.largest.value >= elements * sizeof(double));
      BOOST_TEST((all.front().get() == memory_block(0)));
      BOOST_TEST((all.back().get() == memory_block(blocks - 1)));
    }
    settle(cluster);
    settle(cluster);
    BOOST_TEST(status_of(cluster).resident.value < 1000u);
    BOOST_TEST(status_of(cluster).reserved.value == 0u);
    BOOST_TEST(status_of(cluster).spilled.value == 0u);
  }
  BOOST_TEST(folder.is_empty());
}

BOOST_AUTO_TEST_CASE(a_memory_log_tells_of_every_block_that_went_and_came) {
  Folder folder;
  const std::string path = folder.path + ".csv";
  std::uint64_t written = 0, read = 0;
  {
    auto cluster = Cluster::local({.lanes = 2, .memory_limit = "320MiB", .spill_dir = folder.path, .memory_log = path});
    std::vector<Future<Block>> all;
    for (std::int64_t i = 0; i < blocks; ++i) all.push_back(cluster.submit({.impure = true}, memory_block, i));
    for (const auto& one : all) BOOST_TEST(cluster.submit({.impure = true}, memory_sum, one).get() > -1);
    all.clear();
    settle(cluster);
    settle(cluster);
    written = cluster.counters().spill_written.value, read = cluster.counters().spill_read.value;
  }
  std::ifstream in(path);
  std::string line, last;
  std::getline(in, line);
  const auto commas = std::ranges::count(line, ',');
  std::uint64_t spilled = 0, loaded = 0, samples = 0, most = 0, drops = 0;
  while (std::getline(in, line)) {
    BOOST_TEST(std::ranges::count(line, ',') == commas);
    std::vector<std::string> fields;
    std::istringstream of_line(line);
    for (std::string field; std::getline(of_line, field, ',');) fields.push_back(field);
    const std::string& event = fields.at(1);
    const std::uint64_t booked = std::stoull(fields.at(2)) + std::stoull(fields.at(3));
    most = std::max(most, booked);
    samples += event == "sample", drops += event == "drop";
    if (event != "sample") BOOST_TEST((fields.at(9) == "memory_block" && std::stoull(fields.at(11)) >= elements * sizeof(double)), line);
    if (event == "spill" || event == "load") (event == "spill" ? spilled : loaded) += std::stoull(fields.at(11));
    last = line;
  }
  BOOST_TEST(spilled > 0u);
  BOOST_TEST((spilled <= written && written < spilled + spilled / 100));  // Files have headers.
  BOOST_TEST((loaded <= read && read < loaded + loaded / 100 + (1 << 20)));
  BOOST_TEST(samples > 10u);
  BOOST_TEST(drops == static_cast<std::uint64_t>(blocks));
  BOOST_TEST((most > 100u << 20 && most < 320u << 20));
  BOOST_TEST(last.find(",sample,") != std::string::npos);
  fs::remove(path);
}

BOOST_AUTO_TEST_CASE(a_memory_log_that_cannot_be_written_is_refused_where_it_is_given) {
  BOOST_CHECK_EXCEPTION(static_cast<void>(Cluster::local({.memory_log = "/nowhere/at/all.csv"})), Error, [](const Error& error) {
    return error.code() == ErrorCode::io_failed && std::string(error.what()).find("/nowhere/at/all.csv") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(what_the_program_scatters_goes_to_disk_too_and_waits_for_room) {
  Folder folder;
  auto cluster = Cluster::local({.lanes = 2, .memory_limit = "320MiB", .spill_dir = folder.path});
  std::vector<Future<Block>> all;
  for (std::int64_t i = 0; i < blocks; ++i) {
    all.push_back(cluster.scatter(memory_block(i)));
    const auto status = status_of(cluster);
    // A block that the program had made and not given yet asked for no room: where it was measured then, it is in the book beyond the limit
    // until something has gone for it (tests/runtime/node/memory_test.cpp: what_the_process_itself_takes_is_off_the_limit).
    BOOST_TEST((status.resident + status.reserved + status.overhead <= status.limit + Bytes{8u * elements}));
    BOOST_TEST(status.operations.front().name == "scatter");
  }
  BOOST_TEST(tessera::arrays::memory::counters().in_use.value < 320u << 20);
  for (auto& future : all) {  // A future keeps what the program got of it.
    const auto one = std::move(future);
    BOOST_TEST((one.get() == memory_block(&future - all.data())));
  }
}

BOOST_AUTO_TEST_CASE(O6_a_stream_of_blocks_through_little_memory_spills_nothing) {
  Folder folder;
  auto cluster = Cluster::local({.lanes = 2, .memory_limit = "256MiB", .spill_dir = folder.path});
  tessera::Graph graph;
  std::vector<tessera::Deferred<double>> sums;
  for (std::int64_t i = 0; i < 3 * blocks; ++i)
    sums.push_back(graph.add(memory_sum, graph.add(memory_difference, graph.add(memory_block, i), graph.add(memory_block, i + 1000))));
  for (const auto& one : cluster.compute(std::move(graph), sums)) BOOST_TEST(one.get() == -1000.0 * elements);
  BOOST_TEST(folder.is_empty());
}

BOOST_AUTO_TEST_CASE(M4_a_flipped_bit_in_a_file_is_a_lost_copy_and_is_computed_again) {
  Folder folder;
  auto cluster = Cluster::local({.lanes = 2, .memory_limit = "320MiB", .spill_dir = folder.path, .spill_compression = "none"});
  std::vector<Future<Block>> all;
  for (std::int64_t i = 0; i < blocks; ++i) all.push_back(cluster.submit({.impure = true}, memory_block, i));
  cluster.wait(all);
  const auto files = folder.files();
  BOOST_REQUIRE(files.size() > 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    std::fstream file(files[i], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(elements);
    file.put('!');
  }
  std::vector<Future<double>> sums;
  for (const auto& one : all) sums.push_back(cluster.submit(memory_sum, one));
  for (std::int64_t i = 0; i < blocks; ++i) BOOST_TEST(sums[static_cast<std::size_t>(i)].get() == sum_of(i));
  BOOST_TEST(cluster.counters().recomputed > 0u);
}

BOOST_AUTO_TEST_CASE(M9_without_a_disk_what_can_be_made_again_gives_room) {
  auto cluster = Cluster::local({.lanes = 2, .memory_limit = "320MiB", .spill_dir = "none"});
  {
    std::vector<Future<Block>> all;
    for (std::int64_t i = 0; i < blocks; ++i) all.push_back(cluster.submit(memory_block, i));
    cluster.wait(all);
    std::vector<Future<double>> sums;
    for (const auto& one : all) sums.push_back(cluster.submit(memory_sum, one));
    for (std::int64_t i = 0; i < blocks; ++i) BOOST_TEST(sums[static_cast<std::size_t>(i)].get() == sum_of(i));
    BOOST_TEST((all.front().get() == memory_block(0)));
    BOOST_TEST(cluster.counters().executed > static_cast<std::uint64_t>(2 * blocks));
  }
  settle(cluster);
  settle(cluster);
  BOOST_TEST(status_of(cluster).resident.value < 1000u);
}

BOOST_AUTO_TEST_CASE(M3_what_can_never_fit_says_what_it_needs) {
  auto cluster = Cluster::local({.lanes = 1, .memory_limit = "320MiB", .spill_dir = "none"});
  std::vector<Future<Block>> all;
  for (std::int64_t i = 0; i < blocks; ++i) all.push_back(cluster.submit({.impure = true}, memory_block, i));
  try {
    for (const auto& one : all) one.get();
    BOOST_FAIL("512 MiB were kept in 320 MiB");
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ErrorCode::out_of_memory));
    BOOST_TEST(std::string(error.what()).find("--spill-dir") != std::string::npos, error.what());
  }
}

BOOST_AUTO_TEST_CASE(spilled_blocks_are_compressed_where_that_is_asked_for) {
  for (const bool is_packed : {false, true}) {
    Folder folder;
    auto cluster = Cluster::local({.lanes = 2, .memory_limit = "320MiB", .spill_dir = folder.path, .spill_compression = is_packed ? "lz4" : "none"});
    std::vector<Future<Block>> all;
    for (std::int64_t i = 0; i < blocks; ++i) all.push_back(cluster.submit({.impure = true}, memory_block, i));
    cluster.wait(all);
    std::uint64_t on_disk = 0;
    for (const fs::path& file : folder.files(/*larger_than=*/4096)) on_disk += fs::file_size(file);
    const std::uint64_t written = cluster.counters().spill_written.value;
    BOOST_TEST(written > 100u << 20);  // What was given to the disk, whatever it made of it.
    BOOST_TEST((is_packed ? on_disk < written / 2 : on_disk >= written), on_disk << " of " << written);
    BOOST_TEST(status_of(cluster).spilled.value >= 100u << 20);  // As large as it is in memory.
    BOOST_TEST((all.front().get() == memory_block(0)));
    BOOST_TEST((all.back().get() == memory_block(blocks - 1)));
  }
  BOOST_CHECK_EXCEPTION(static_cast<void>(Cluster::local({.spill_compression = "zip"})), Error, [](const Error& error) {
    return error.code() == ErrorCode::invalid_argument && std::string(error.what()).find("\"zip\"") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(a_spill_folder_that_cannot_be_used_is_refused_where_it_is_given) {
  for (const char* folder : {"/nowhere/at/all", "relative", "/proc"})
    BOOST_CHECK_EXCEPTION(static_cast<void>(Cluster::local({.spill_dir = folder})), Error, [&](const Error& error) {
      return std::string(error.what()).find(folder) != std::string::npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
