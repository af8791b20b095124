// memory.stream, memory.persist and memory.faults: data much larger than the limit, in one process with two lanes.
#include "benchmarks/measure.hpp"
#include "client/cube.hpp"
#include "client/tessera.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace {
using namespace tessera;
using namespace tessera::benchmarks;
using arrays::Block;
namespace fs = std::filesystem;

constexpr std::int64_t block_mib = 16, elements = block_mib << 17;

Block read_block(std::int64_t number) {
  return Block::make<double>({elements}, [&](std::span<double> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<double>(number);
  });
}
double sum_block(const Block& block, std::int64_t) {
  double sum = 0;
  for (const double x : block.data<double>()) sum += x;
  return sum;
}
Block twice(const Block& block) {
  const auto from = block.data<double>();
  return Block::make<double>({elements}, [&](std::span<double> data) {
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = 2 * from[i];
  });
}

void must(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "memory: {}\n", what);
  std::exit(1);
}
rusage usage() {
  rusage its{};
  getrusage(RUSAGE_SELF, &its);
  return its;
}
double peak_mib() { return static_cast<double>(usage().ru_maxrss) / 1024; }

struct Folder {
  std::string path = (fs::path(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/var/tmp") / fmt::format("tessera-bench-{}", getpid())).string();
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

/// Seconds that a sum over `blocks` takes which are read, added and freed.
double stream(std::int64_t blocks, const char* limit, const std::string& folder) {
  Cluster cluster = Cluster::local({.lanes = 2, .memory_limit = limit, .spill_dir = folder});
  const double begin = seconds_now();
  Graph graph;
  std::vector<Deferred<double>> sums;
  for (std::int64_t i = 0; i < blocks; ++i) sums.push_back(graph.add(sum_block, graph.add(read_block, i), std::int64_t{0}));
  double sum = 0;
  for (const auto& one : cluster.compute(std::move(graph), sums)) sum += one.get();
  const double took = seconds_now() - begin;
  must(sum == static_cast<double>(blocks * (blocks - 1) / 2) * static_cast<double>(elements), "a wrong sum");
  must(fs::is_empty(folder), "a stream was spilled");
  return took;
}

void streaming() {
  const Folder folder;
  constexpr std::int64_t blocks = (8 << 10) / block_mib;
  std::vector<double> little, much, ratio;
  stream(blocks, "512MiB", folder.path);  // Warm: the first touch of memory that the machine has not used lately is slow.
  const double peak = peak_mib();
  for (int i = 0; i < 6; ++i) {
    if (i % 2 == 0) little.push_back(stream(blocks, "512MiB", folder.path));
    much.push_back(stream(blocks, "16GiB", folder.path));
    if (i % 2 == 1) little.push_back(stream(blocks, "512MiB", folder.path));
    ratio.push_back(little.back() / much.back());
  }
  const auto parameters = Parameters().add("gib", 8).add("block_mib", block_mib).add("lanes", 2);
  report("memory.stream", "s", little, Parameters(parameters).add("limit", "512MiB").add("peak_mib", peak).add("spilled", 0));
  report("memory.stream.unlimited", "s", much, Parameters(parameters).add("limit", "16GiB"));
  report("memory.stream.ratio", "ratio", ratio, parameters);
}

/// Bytes a second of one file of 1 GiB, written or read from end to end past the page cache.
double disk_speed(const std::string& path, bool write) {
  constexpr std::size_t size = std::size_t{block_mib} << 20;
  const std::unique_ptr<void, decltype(&std::free)> memory(std::aligned_alloc(4096, size), std::free);
  std::fill_n(static_cast<char*>(memory.get()), size, 'x');
  const int file = open(path.c_str(), (write ? O_WRONLY | O_CREAT : O_RDONLY) | O_DIRECT, 0600);
  must(file >= 0, "no file for the disk's speed");
  const double begin = seconds_now();
  for (int i = 0; i < 64; ++i)
    must((write ? ::write(file, memory.get(), size) : ::read(file, memory.get(), size)) == static_cast<ssize_t>(size), "the disk");
  const double took = seconds_now() - begin;
  close(file);
  return 64.0 * static_cast<double>(size) / took;
}

void persisting() {
  const Folder folder;
  constexpr std::int64_t blocks = (4 << 10) / block_mib;
  std::vector<double> times, ratio, writes, reads;
  double written = 0, read = 0;
  for (int i = 0; i < 5; ++i) {
    writes.push_back(disk_speed(folder.path + "/speed", true));
    reads.push_back(disk_speed(folder.path + "/speed", false));
    fs::remove(folder.path + "/speed");
    // Not compressed: blocks of one number would be nothing on disk.
    Cluster cluster = Cluster::local({.lanes = 2, .memory_limit = "1GiB", .spill_dir = folder.path, .spill_compression = "none"});
    const double begin = seconds_now();
    std::vector<Future<Block>> all;
    for (std::int64_t b = 0; b < blocks; ++b) all.push_back(cluster.submit({.impure = true}, read_block, b));  // Else cheap ones would be made again (M9).
    cluster.wait(all);
    for (std::int64_t round = 0; round < 2; ++round) {
      std::vector<Future<double>> sums;
      double sum = 0;
      for (const auto& one : all) sums.push_back(cluster.submit(sum_block, one, round));
      for (const auto& one : sums) sum += one.get();
      must(sum == static_cast<double>(blocks * (blocks - 1) / 2) * static_cast<double>(elements), "a wrong sum");
    }
    times.push_back(seconds_now() - begin);
    written = static_cast<double>(cluster.counters().spill_written.value), read = static_cast<double>(cluster.counters().spill_read.value);
    ratio.push_back(times.back() / (written / writes.back() + read / reads.back()));
  }
  const auto parameters = Parameters().add("gib", 4).add("block_mib", block_mib).add("limit", "1GiB").add("lanes", 2);
  report("memory.persist", "s", times, Parameters(parameters).add("written_mib", written / (1 << 20)).add("read_mib", read / (1 << 20)).add("peak_mib", peak_mib()));
  report("memory.persist.to_disk", "ratio", ratio, Parameters(parameters).add("what", "to what the disk takes for as many bytes, one file, O_DIRECT"));
  for (double& speed : writes) speed /= 1e9;
  for (double& speed : reads) speed /= 1e9;
  report("memory.persist.disk_write", "GB/s", writes, Parameters());
  report("memory.persist.disk_read", "GB/s", reads, Parameters());
}

void faulting() {
  constexpr std::int64_t blocks = (2 << 10) / block_mib, steps = 4;
  std::vector<double> shares;
  Cluster cluster = Cluster::local({.lanes = 2, .memory_limit = "1GiB", .spill_dir = "none"});
  for (std::int64_t repeat = 0; repeat <= 5; ++repeat) {
    const long before = usage().ru_minflt;
    Graph graph;
    std::vector<Deferred<double>> sums;
    for (std::int64_t i = 0; i < blocks; ++i) {
      auto at = graph.add(read_block, i);
      for (std::int64_t step = 0; step < steps; ++step) at = graph.add(twice, at);
      sums.push_back(graph.add(sum_block, at, repeat));
    }
    for (const auto& one : cluster.compute(std::move(graph), sums)) one.get();
    if (repeat == 0) continue;  // The first takes its memory from the system.
    shares.push_back(100.0 * static_cast<double>(usage().ru_minflt - before) / static_cast<double>((steps + 1) * blocks * (block_mib << 8)));
  }
  report("memory.faults", "% of the pages", shares, Parameters().add("gib", 2).add("block_mib", block_mib).add("steps", steps).add("lanes", 2));
}
}  // namespace
TESSERA_OPERATION(read_block);
TESSERA_OPERATION(sum_block);
TESSERA_OPERATION(twice);

int main(int argc, char** argv) {
  const Menu menu(argc, argv);
  if (menu.has("memory.stream")) streaming();
  if (menu.has("memory.persist")) persisting();
  if (menu.has("memory.faults")) faulting();
}
