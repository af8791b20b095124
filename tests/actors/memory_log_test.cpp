// What the memory log writes, and what it does where it cannot.
#include "actors/memory_log.hpp"

#include <boost/test/unit_test.hpp>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {
namespace fs = std::filesystem;
using namespace tessera::actors;
using tessera::runtime::Bytes;

constexpr std::int64_t ms = 1'000'000;

struct File {
  std::string path = (fs::temp_directory_path() / ("tessera-memory-log-" + std::to_string(getpid()) + ".csv")).string();
  ~File() { fs::remove(path); }
  std::vector<std::string> lines() const {
    std::ifstream in(path);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
  /// Without the time.
  std::vector<std::string> rows() const {
    std::vector<std::string> all = lines();
    all.erase(all.begin());
    for (std::string& row : all) row.erase(0, row.find(',') + 1);
    return all;
  }
};
MemorySample resident(std::uint64_t bytes) { return {{bytes}, {1}, {2}, {3}, {100}, 4, 5}; }
std::string row(std::uint64_t bytes) { return "sample," + std::to_string(bytes) + ",1,2,3,100,4,5,,,,"; }
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_memory_log)

BOOST_AUTO_TEST_CASE(samples_are_10_ms_apart_and_the_last_before_a_pause_is_kept) {
  File file;
  {
    auto log = std::move(*MemoryLog::open(file.path));
    log->sample(0, resident(10));
    log->sample(1 * ms, resident(11));
    log->sample(2 * ms, resident(12));
    log->sample(3 * ms, resident(12));
    log->sample(50 * ms, resident(20));
    log->sample(51 * ms, resident(21));
    log->sample(60 * ms, resident(22));  // 21 was there for less than a sample.
    log->sample(200 * ms, resident(22));
    log->sample(201 * ms, resident(22));
    log->sample(202 * ms, resident(23));
    log->sample(203 * ms, resident(24));
    log->finish(204 * ms, resident(25));
  }
  BOOST_TEST(file.lines().front() == "time_s,event,resident,reserved,unmanaged,spilled,limit,queued,waiting,operation,key,bytes,took_s");
  const std::vector<std::string> expected{row(10), row(12), row(20), row(22), row(23), row(24), row(25)};
  BOOST_TEST(file.rows() == expected, boost::test_tools::per_element());
  // Seconds since 1970, to the microsecond.
  const auto time = [&](std::size_t i) { return std::stod(file.lines()[i].substr(4)); };
  BOOST_TEST(std::abs(time(2) - time(1) - 0.002) < 1e-4);
  BOOST_TEST(std::abs(time(3) - time(1) - 0.05) < 1e-4);
}

BOOST_AUTO_TEST_CASE(events_have_operation_key_bytes_and_duration) {
  File file;
  {
    auto log = std::move(*MemoryLog::open(file.path));
    const auto norm = log->operation("norm"), odd = log->operation("map<int, \"x\">");
    BOOST_TEST(log->operation("norm") == norm);
    log->event(0, resident(10), {MemoryEvent::Kind::spill, norm, {1, 0xab}, Bytes{4096}, {2 * ms}});
    log->event(1, resident(10), {MemoryEvent::Kind::unload, norm, {1, 0xab}, Bytes{4096}, {}});
    log->event(2, resident(10), {MemoryEvent::Kind::load_failed, odd, {2, 0}, Bytes{5}, {1500 * ms}});
  }
  const std::vector<std::string> expected{
      "spill,10,1,2,3,100,4,5,norm,000000000000000100000000000000ab,4096,0.002000",
      "unload,10,1,2,3,100,4,5,norm,000000000000000100000000000000ab,4096,0.000000",
      "load_failed,10,1,2,3,100,4,5,\"map<int, \"\"x\"\">\",00000000000000020000000000000000,5,1.500000"};
  BOOST_TEST(file.rows() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_too_much_is_counted_and_said) {
  File file;
  constexpr std::uint64_t count = 500'000;
  {
    auto log = std::move(*MemoryLog::open(file.path));
    const auto norm = log->operation("norm");
    for (std::uint64_t i = 0; i < count; ++i) log->event(static_cast<std::int64_t>(i), resident(i), {MemoryEvent::Kind::drop, norm, {}, Bytes{1}, {}});
  }
  std::uint64_t written = 0, missing = 0;
  for (const std::string& one : file.rows()) {
    BOOST_REQUIRE(std::ranges::count(one, ',') == 11);
    if (one.starts_with("missing")) missing += std::stoull(one.substr(std::string("missing,,,,,,,,,,").size()));
    else ++written;
  }
  BOOST_TEST(written + missing == count);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_is_refused_with_its_name_and_why) {
  for (const char* path : {"/nowhere/at/all.csv", "/tmp", "/dev/full"}) {
    const auto log = MemoryLog::open(path);
    BOOST_REQUIRE(!log);
    BOOST_TEST((log.failure().code == tessera::runtime::ErrorCode::io_failed));
    BOOST_TEST(log.failure().message.find(path) != std::string::npos);
  }
  BOOST_TEST(MemoryLog::open("/nowhere/at/all.csv").failure().message.find("No such file or directory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_of_several_nodes_has_a_file_of_its_own) {
  BOOST_TEST(memory_log_of("/tmp/memory.csv", "node2") == "/tmp/memory-node2.csv");
  BOOST_TEST(memory_log_of("memory", "node2") == "memory-node2");
  BOOST_TEST(memory_log_of("a.b/m.x.csv", "n") == "a.b/m.x-n.csv");
  BOOST_TEST(memory_log_of("", "node2") == "");
}

BOOST_AUTO_TEST_SUITE_END()
