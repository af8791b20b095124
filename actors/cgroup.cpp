#include "actors/cgroup.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string_view>

namespace tessera::actors {
namespace {
/// Version 1 says "none" by the largest multiple of a page.
constexpr std::uint64_t none_from = std::uint64_t{1} << 62;

/// Whether `name` is an element of "a,b,c".
bool has(std::string_view list, std::string_view name) {
  for (;;) {
    const auto end = list.find(',');
    if (list.substr(0, end) == name) return true;
    if (end == std::string_view::npos) return false;
    list.remove_prefix(end + 1);
  }
}

/// The path of this process's group below the mount of `controller`; "" asks for version 2.
std::string group_path(const std::string& root, std::string_view controller) {
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // "4:cpu,cpuacct:/a/b"; version 2: "0::/a/b".
    const std::string_view all = line;
    const auto first = all.find(':'), second = first == std::string_view::npos ? first : all.find(':', first + 1);
    if (second != std::string_view::npos && has(all.substr(first + 1, second - first - 1), controller)) return line.substr(second + 1);
  }
  return {};
}

/// The folders of the group and of all above it. In a container the path may be the host's and is not there, but the
/// container's own group is what is mounted.
std::vector<std::string> folders(const std::string& mount, std::string path) {
  std::vector<std::string> all;
  if (path.find("/..") != std::string::npos) path.clear();  // Outside of what is mounted.
  while (path.size() > 1) {
    all.push_back(mount + path);
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
  all.push_back(mount);
  return all;
}
std::vector<std::string> folders_of_version_1(const std::string& root, const std::string& controller) {
  return folders(root + "/sys/fs/cgroup/" + controller, group_path(root, controller));
}
std::vector<std::string> folders_of_version_2(const std::string& root) {
  const std::string path = group_path(root, "");
  std::vector<std::string> all = folders(root + "/sys/fs/cgroup", path);
  for (std::string& one : folders(root + "/sys/fs/cgroup/unified", path)) all.push_back(std::move(one));
  return all;
}

/// Empty where the file is not there or says "max".
std::optional<std::uint64_t> number_in(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  std::uint64_t value = 0;
  if (!(file >> text)) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}
}  // namespace

std::optional<MemoryGroup> memory_group(const std::string& root) {
  std::optional<MemoryGroup> least;
  const auto look = [&least](const std::string& folder, const char* limit_file, const char* usage_file) {
    const auto limit = number_in(folder + "/" + limit_file);
    if (!limit || *limit >= none_from || (least && least->limit.value <= *limit)) return;
    least = {{*limit}, folder + "/" + limit_file, folder + "/" + usage_file};
  };
  for (const std::string& folder : folders_of_version_2(root))
    for (const char* file : {"memory.max", "memory.high"}) look(folder, file, "memory.current");
  for (const std::string& folder : folders_of_version_1(root, "memory")) look(folder, "memory.limit_in_bytes", "memory.usage_in_bytes");
  return least;
}

std::vector<std::string> memory_group_folders(const std::string& root) {
  std::vector<std::string> all = folders_of_version_2(root);
  for (std::string& one : folders_of_version_1(root, "memory")) all.push_back(std::move(one));
  return all;
}

std::optional<double> group_cpus(const std::string& root) {
  std::optional<double> least;
  const auto look = [&least](double quota, double period) {
    if (quota > 0 && period > 0) least = std::min(least.value_or(quota / period), quota / period);
  };
  for (const std::string& folder : folders_of_version_2(root)) {
    std::ifstream file(folder + "/cpu.max");
    double quota = 0, period = 0;
    if (file >> quota >> period) look(quota, period);
  }
  for (const std::string& folder : folders_of_version_1(root, "cpu")) {
    const auto quota = number_in(folder + "/cpu.cfs_quota_us"), period = number_in(folder + "/cpu.cfs_period_us");
    if (quota && period) look(static_cast<double>(*quota), static_cast<double>(*period));
  }
  return least;
}
}  // namespace tessera::actors
