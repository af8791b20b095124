#include "benchmarks/memory_set/hard_limit.hpp"

#include "actors/cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>

namespace tessera::benchmarks::memory_set {
namespace {
namespace fs = std::filesystem;
constexpr std::string_view prefix = "tessera-memory-set-";

/// Only into what is there: where version 1 is mounted, version 2's folder is an ordinary one, in which anything can be made.
bool write_to(const std::string& path, std::uint64_t number) {
  const int file = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const std::string text = std::to_string(number);
  const bool is_good = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int why = errno;
  close(file);
  errno = why;
  return is_good;
}
std::uint64_t number_in(const std::string& path) {
  std::uint64_t number = 0;
  std::ifstream(path) >> number;
  return number;
}
/// The number behind `name` in a file of lines "name number".
std::uint64_t number_in(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  std::string word;
  for (std::uint64_t number = 0; file >> word >> number;)
    if (word == name) return number;
  return 0;
}

void remove_group(const std::string& folder) {
  // The kernel takes a while to let go of a process that was killed.
  for (int round = 0; round < 500; ++round) {
    std::ifstream processes(folder + "/cgroup.procs");
    for (pid_t pid = 0; processes >> pid;) kill(pid, SIGKILL);
    if (rmdir(folder.c_str()) == 0 || errno == ENOENT) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

/// What an owner that was killed has left.
void remove_orphans(const std::string& parent) {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(prefix)) continue;
    pid_t owner = 0;
    std::from_chars(name.data() + prefix.size(), name.data() + name.size(), owner);
    if (owner > 0 && kill(owner, 0) != 0 && errno == ESRCH) remove_group(entry.path());
  }
}

bool set_limit(const std::string& folder, std::uint64_t bytes) {
  if (access((folder + "/memory.max").c_str(), W_OK) == 0) {  // Version 2.
    const std::string swap = folder + "/memory.swap.max";
    return write_to(folder + "/memory.max", bytes) && (access(swap.c_str(), F_OK) != 0 || write_to(swap, 0));
  }
  // Where swap is not counted, there is none or nobody may know.
  const std::string both = folder + "/memory.memsw.limit_in_bytes";
  return write_to(folder + "/memory.limit_in_bytes", bytes) && (access(both.c_str(), F_OK) != 0 || write_to(both, bytes));
}
}  // namespace

std::optional<HardLimit> HardLimit::make(std::uint64_t bytes, std::string& why_not) {
  static int count = 0;
  why_not = "no control group for memory is mounted";
  for (const std::string& parent : actors::memory_group_folders()) {
    if (access(parent.c_str(), W_OK) != 0) {
      if (errno != ENOENT) why_not = parent + ": " + std::strerror(errno);
      continue;
    }
    remove_orphans(parent);
    const std::string folder = parent + "/" + std::string(prefix) + std::to_string(getpid()) + "-" + std::to_string(count++);
    if (mkdir(folder.c_str(), 0755) == 0 && set_limit(folder, bytes)) return HardLimit(folder);
    why_not = folder + ": " + std::strerror(errno);
    rmdir(folder.c_str());
  }
  return std::nullopt;
}

HardLimit::HardLimit(HardLimit&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
HardLimit::~HardLimit() {
  if (!folder_.empty()) remove_group(folder_);
}

std::uint64_t HardLimit::peak_bytes() const {
  return std::max(number_in(folder_ + "/memory.max_usage_in_bytes"), number_in(folder_ + "/memory.peak"));
}
std::uint64_t HardLimit::times_full() const {
  return number_in(folder_ + "/memory.failcnt") + number_in(folder_ + "/memory.events", "max");
}
std::uint64_t HardLimit::kills() const {
  return number_in(folder_ + "/memory.oom_control", "oom_kill") + number_in(folder_ + "/memory.events", "oom_kill");
}
bool join(const std::string& folder) { return write_to(folder + "/cgroup.procs", static_cast<std::uint64_t>(getpid())); }
}  // namespace tessera::benchmarks::memory_set
