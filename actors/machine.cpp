#include "actors/machine.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace tessera::actors {
namespace {
std::uint64_t number_in(const std::string& path, std::uint64_t otherwise) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? value : otherwise;
}
}  // namespace

std::uint32_t usable_cpus() {
  cpu_set_t set;
  std::uint32_t cpus = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = static_cast<std::uint32_t>(CPU_COUNT(&set));
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (file >> quota >> period && quota > 0 && period > 0)
    cpus = std::min(cpus, std::max(1u, static_cast<std::uint32_t>(std::lround(quota / period))));
  return std::max(1u, cpus);
}

runtime::Bytes usable_memory() {
  const std::uint64_t pages = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES));
  std::uint64_t bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  bytes = std::min(bytes, number_in("/sys/fs/cgroup/memory.max", bytes));
  bytes = std::min(bytes, number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes", bytes));
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    bytes = std::min<std::uint64_t>(bytes, limit.rlim_cur);
  return {bytes};
}
}  // namespace tessera::actors
