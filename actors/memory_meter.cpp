#include "actors/memory_meter.hpp"

#include "actors/cgroup.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <utility>

namespace tessera::actors {
namespace {
int open_file(const std::string& path) { return open(path.c_str(), O_RDONLY | O_CLOEXEC); }

/// The first numbers of a file, as many as are there.
template <std::size_t count>
std::size_t numbers_of(int file, std::array<std::uint64_t, count>& numbers) {
  std::array<char, 256> text;
  const ssize_t got = file < 0 ? 0 : pread(file, text.data(), text.size(), 0);
  std::size_t read = 0;
  for (const char *at = text.data(), *end = at + (got > 0 ? got : 0); at < end && read < count;) {
    const auto [rest, error] = std::from_chars(at, end, numbers[read]);
    if (error != std::errc{}) break;
    ++read;
    at = rest + 1;
  }
  return read;
}
std::optional<runtime::Bytes> number_of(int file) {
  std::array<std::uint64_t, 1> number{};
  if (numbers_of(file, number) == 0) return std::nullopt;
  return runtime::Bytes{number[0]};
}
}  // namespace

MemoryMeter::MemoryMeter(const std::string& root) : process_(open_file(root + "/proc/self/statm")) {
  const auto group = memory_group(root);
  if (!group) return;
  usage_ = open_file(group->usage_file);
  limit_ = open_file(group->limit_file);
}
MemoryMeter::MemoryMeter(MemoryMeter&& other) noexcept
    : process_(std::exchange(other.process_, -1)), usage_(std::exchange(other.usage_, -1)), limit_(std::exchange(other.limit_, -1)) {}
MemoryMeter& MemoryMeter::operator=(MemoryMeter&& other) noexcept {
  std::swap(process_, other.process_);
  std::swap(usage_, other.usage_);
  std::swap(limit_, other.limit_);
  return *this;
}
MemoryMeter::~MemoryMeter() {
  for (const int file : {process_, usage_, limit_})
    if (file >= 0) close(file);
}

ProcessMemory MemoryMeter::read() const {
  ProcessMemory memory;
  std::array<std::uint64_t, 3> pages{};  // Of the address space, resident, shared.
  if (numbers_of(process_, pages) == pages.size()) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    memory.resident = {pages[1] * page};
    memory.shared = {pages[2] * page};
  }
  const auto usage = number_of(usage_), limit = number_of(limit_);
  if (usage && limit) memory.group_usage = usage, memory.group_limit = limit;
  return memory;
}

void return_freed_memory() {
  // Once set, glibc no longer raises the thresholds up to 32 and 64 MiB as large blocks come and go: what libraries free would lie
  // in the heap below something small, and stay. Lower ones cost page faults: 256 KiB made `tasks.independent` a quarter slower.
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 16 << 20);
  // Each heap keeps its own free memory. A thread's own cache serves most of what tasks allocate, so few heaps suffice.
  mallopt(M_ARENA_MAX, 4);
}

void release_freed_memory() { malloc_trim(0); }
}  // namespace tessera::actors
