// embed local|processes ROUNDS [PLUGIN]: starts and stops a cluster ROUNDS times. Rule N1: afterwards this process has no thread,
// child, descriptor, shared memory or byte more than before. Rule N2: signal handlers, locale, stdout and folder are as before.
// stdout must be a file.
#include "operations.hpp"
#include "snapshot.hpp"

#include <tessera/client/plugin.hpp>

#include <malloc.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>

#if !defined(__SANITIZE_ADDRESS__)
// Every allocation of the process and its libraries, counted exactly. With ASan, LeakSanitizer counts at the end instead.
namespace {
std::atomic<std::int64_t> live_bytes, live_blocks;
/// What C code has allocated besides; to within what the allocator caches.
std::int64_t other_bytes() {
  const struct mallinfo2 all = mallinfo2();
  return static_cast<std::int64_t>(all.uordblks + all.hblkhd) - live_bytes;
}
void* counted(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  live_bytes += static_cast<std::int64_t>(malloc_usable_size(block));
  ++live_blocks;
  return block;
}
void uncount(void* block) {
  if (block == nullptr) return;
  live_bytes -= static_cast<std::int64_t>(malloc_usable_size(block));
  --live_blocks;
  std::free(block);
}
}  // namespace
void* operator new(std::size_t size) { return counted(std::malloc(size)); }
void* operator new(std::size_t size, std::align_val_t align) {
  const auto unit = static_cast<std::size_t>(align);
  return counted(std::aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void operator delete(void* block) noexcept { uncount(block); }
void operator delete(void* block, std::size_t) noexcept { uncount(block); }
void operator delete(void* block, std::align_val_t) noexcept { uncount(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { uncount(block); }
#else
namespace {
const std::int64_t live_bytes = 0, live_blocks = 0;
std::int64_t other_bytes() { return 0; }
}
#endif

namespace {
void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "embed: not so: %s\n", what);
  std::exit(1);
}

/// Work that ends, and its result.
void compute(tessera::Cluster& cluster) {
  std::vector<tessera::Future<double>> means;
  for (const char* name : {"Oslo", "Lima", "Cairo"}) means.push_back(cluster.submit(mean, cluster.submit(measure, std::string(name), 101)));
  require(cluster.submit(sum, means).get() == 150.0, "the sum of three means is 150");
}

/// One life of a cluster, of four kinds.
void live(int round) {
  auto cluster = tessera::Cluster::local({.lanes = 2});
  compute(cluster);
  if (round % 4 == 1) {  // Closed while work runs and its future lives.
    const auto future = cluster.submit(until_stopped);
    cluster.close();
    require(future.done(), "a future of a closed cluster is done");
  } else if (round % 4 == 2) {  // Gone while work runs and more waits.
    const auto values = cluster.scatter(std::vector<double>(1000, 1.0));
    for (int i = 0; i < 8; ++i) cluster.fire_and_forget(cluster.submit({.impure = true}, until_stopped));
    cluster.submit(sum, values).then([](const tessera::Future<double>&) {});
  } else if (round % 4 == 3) {
    cluster.close();
  }
}

/// The same with a node in a process of its own, over sockets.
void live_with_processes(int round) {
  auto cluster = tessera::Cluster::processes({.processes = 1});
  compute(cluster);
  if (round % 2 == 1) {
    const auto future = cluster.submit(until_stopped);
    cluster.close();
    require(future.done(), "a future of a closed cluster is done");
  }
}

/// Waits until nothing changes any more: the kernel puts joined threads away, and libzmq closed sockets, a moment later.
void settle() {
  Holdings last;
  std::int64_t last_blocks = 0;
  for (int i = 0, still = 0; i < 500 && still < 10; ++i) {
    usleep(10'000);
    const std::int64_t blocks = live_blocks;
    Holdings now = Holdings::now();
    still = now == last && blocks == last_blocks ? still + 1 : 0;
    last = std::move(now);
    last_blocks = blocks;
  }
}

void in_order(const Holdings& before) {
  const Holdings after = Holdings::now();
  if (before == after) return;
  std::fprintf(stderr, "embed: %zu threads before, %zu after\n", before.threads, after.threads);
  for (const auto& [number, what] : after.descriptors)
    if (!before.descriptors.contains(number)) std::fprintf(stderr, "embed: descriptor %s is left: %s\n", number.c_str(), what.c_str());
  require(false, "N1: no thread, child, descriptor or shared memory is left");
}
}  // namespace

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  require(argc >= 3, "embed local|processes ROUNDS [PLUGIN]");
  const auto life = std::string(argv[1]) == "local" ? live : live_with_processes;
  const int rounds = std::atoi(argv[2]);
  if (argc > 3) require(tessera::load_plugin(argv[3]) == std::vector<std::string>{"halve"}, "the plug-in brings one operation");
  for (int i = 0; i < 4; ++i) life(i);  // What is made once a process, is made now.

  const Surroundings around = Surroundings::now();
  settle();
  const Holdings before = Holdings::now();
  const std::int64_t bytes = live_bytes, blocks = live_blocks, other = other_bytes();
  for (int i = 0; i < rounds; ++i) life(i);
  settle();
  const std::int64_t more_bytes = live_bytes - bytes, more_blocks = live_blocks - blocks, more_other = other_bytes() - other;
  in_order(before);
  std::fprintf(stderr, "embed: %d rounds; after them %ld bytes in %ld blocks more of C++, %ld bytes more of C\n", rounds,
               static_cast<long>(more_bytes), static_cast<long>(more_blocks), static_cast<long>(more_other));
  // The allocator may give a block that lives on a few bytes more than were asked for.
  require(more_blocks == 0 && more_bytes < 1 << 10, "N1: no byte is left");
  require(more_other < 64 << 10, "N1: C code leaves no bytes");
  require(around == Surroundings::now(), "N2: signals, locale, stdout and folder are as before");
}
