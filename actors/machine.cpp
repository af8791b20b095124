#include "actors/machine.hpp"

#include "actors/cgroup.hpp"

#include <fmt/format.h>

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace tessera::actors {
std::uint32_t usable_cpus() {
  cpu_set_t set;
  std::uint32_t cpus = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = static_cast<std::uint32_t>(CPU_COUNT(&set));
  if (const auto quota = group_cpus(); quota && *quota < cpus) cpus = static_cast<std::uint32_t>(std::lround(*quota));
  return std::max(1u, cpus);
}

runtime::Result<std::uint32_t> lanes_of(std::uint32_t wanted) {
  if (wanted > lanes_max)
    return runtime::Failure{runtime::ErrorCode::invalid_argument,
                            fmt::format("{} lanes are too many: a node has at most {}, and more than its {} CPUs compute nothing faster",
                                        wanted, lanes_max, usable_cpus())};
  return wanted == 0 ? usable_cpus() : wanted;
}

runtime::Result<void> check_threads(std::uint32_t count) {
  std::mutex held;
  std::vector<std::thread> threads;
  runtime::Result<void> result;
  {
    std::lock_guard lock(held);
    try {
      while (threads.size() < count) threads.emplace_back([&held] { std::lock_guard until_all_are_there(held); });
    } catch (const std::system_error& error) {
      result = runtime::Failure{runtime::ErrorCode::io_failed,
                                fmt::format("this process cannot start the {} threads that it needs, only {}: {}; see ulimit -u, ulimit -v "
                                            "and the cgroup's pids.max", count, threads.size(), error.what())};
    }
  }
  for (std::thread& thread : threads) thread.join();
  return result;
}

std::string process_name() {
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  return std::string(host) + ":" + std::to_string(getpid());
}
}  // namespace tessera::actors
