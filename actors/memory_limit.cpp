#include "actors/memory_limit.hpp"

#include "arrays/memory/arena.hpp"

#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <utility>
#include <vector>

namespace tessera::actors {
using runtime::Bytes;
using runtime::ErrorCode;
using runtime::Failure;
using runtime::to_string;

namespace {
constexpr const char* known = "say auto, a size such as 2GiB or 500MB, or a part such as 60%";

/// One thing that limits memory.
struct Bound {
  Bytes bytes;
  Bytes automatic;  ///< What `auto` takes of it.
  bool is_shared;   ///< By all processes together, or a process each.
  std::string name;
};
Bytes part(Bytes whole, std::uint64_t numerator, std::uint64_t denominator) {
  return {whole.value / denominator * numerator + whole.value % denominator * numerator / denominator};
}
std::vector<Bound> all_of(const MemoryBounds& bounds) {
  std::vector<Bound> all{{bounds.machine, part(bounds.machine, 6, 10), true, "the machine's memory"}};
  if (bounds.group)
    all.push_back({bounds.group->limit, part(bounds.group->limit, 15, 16), true, "the control group's limit (" + bounds.group->limit_file + ")"});
  if (bounds.address_space) all.push_back({*bounds.address_space, part(*bounds.address_space, 6, 10), false, "this process's ulimit -v"});
  if (bounds.data) all.push_back({*bounds.data, part(*bounds.data, 6, 10), false, "this process's ulimit -d"});
  return all;
}

std::string whole_mib(Bytes bytes) { return fmt::format("{}MiB", bytes.value >> 20); }
std::string enough_mib(Bytes bytes) { return whole_mib(bytes + Bytes{(1u << 20) - 1}); }
Failure refuse(std::string why) { return {ErrorCode::invalid_argument, std::move(why)}; }

/// "60%" of what all may have together.
runtime::Result<Bytes> part_of_whole(std::string_view wanted, const std::vector<Bound>& bounds) {
  double percent = 0;
  const char* end = wanted.data() + wanted.size() - 1;
  const auto [rest, error] = std::from_chars(wanted.data(), end, percent);
  if (error != std::errc{} || rest != end || !(percent == percent)) return refuse(fmt::format("the memory limit \"{}\" is not understood: {}", wanted, known));
  const Bound* whole = nullptr;
  for (const Bound& one : bounds)
    if (one.is_shared && (whole == nullptr || one.bytes < whole->bytes)) whole = &one;
  if (percent > 100)
    return refuse(fmt::format("the memory limit {} is more than the whole; 100% is {} here, {}", wanted, to_string(whole->bytes), whole->name));
  if (percent < 0) return refuse(fmt::format("the memory limit {} is below 0: {}", wanted, known));
  const double bytes = static_cast<double>(whole->bytes.value) / 100 * percent;
  return percent == 100 ? whole->bytes : std::min(whole->bytes, Bytes{static_cast<std::uint64_t>(bytes)});
}

runtime::Result<Bytes> size_of(std::string_view wanted, const std::vector<Bound>& bounds) {
  runtime::Result<Bytes> size = Bytes{};
  if (!wanted.empty() && wanted.back() == '%') {
    size = part_of_whole(wanted, bounds);
  } else if (const auto parsed = runtime::parse_bytes(wanted)) {
    size = *parsed;
  } else if (!wanted.empty() && wanted.front() == '-' && runtime::parse_bytes(wanted.substr(1))) {
    size = refuse(fmt::format("the memory limit {} is below 0: {}", wanted, known));
  } else {
    size = refuse(fmt::format("the memory limit \"{}\" is not understood: {}", wanted, known));
  }
  if (size && size->value == 0) return refuse(fmt::format("a memory limit of {} leaves nothing to compute with: {}", wanted, known));
  return size;
}

/// The least of what the bounds give by themselves.
std::pair<Bytes, const Bound*> automatic(const std::vector<Bound>& bounds, std::uint32_t processes) {
  std::pair<Bytes, const Bound*> least{{}, nullptr};
  for (const Bound& one : bounds) {
    const Bytes mine{one.is_shared ? one.automatic.value / processes : one.automatic.value};
    if (least.second == nullptr || mine < least.first) least = {mine, &one};
  }
  return least;
}

runtime::Result<Bytes> limit_of(std::string_view wanted, const MemoryBounds& of, std::uint32_t processes, Bytes taken) {
  const std::vector<Bound> bounds = all_of(of);
  const std::string each = processes > 1 ? fmt::format(" for each of {} processes", processes) : std::string();
  const Bytes needed = taken + node_memory_min;
  const std::string too_small =
      taken.value > 0 ? fmt::format("is too small: this process takes {} already and needs at least {} more", to_string(taken), to_string(node_memory_min))
                      : fmt::format("is too small: a node needs at least {} besides its program", to_string(node_memory_min));
  if (wanted == "auto") {
    const auto [limit, least] = automatic(bounds, processes);
    const Bytes most{least->is_shared ? least->bytes.value / processes : least->bytes.value};
    const std::string remedy = most < needed ? "there must be more memory" : "name a limit of at least " + enough_mib(needed);
    if (limit < needed)
      return refuse(fmt::format("a memory limit of {}{}, which is what auto takes of {} of {}, {}; {}", to_string(limit), each, least->name,
                                to_string(least->bytes), too_small, remedy));
    return limit;
  }
  auto size = size_of(wanted, bounds);
  if (!size) return size;
  for (const Bound& one : bounds) {
    const Bytes most{one.is_shared ? one.bytes.value / processes : one.bytes.value};
    if (*size > most)
      return refuse(fmt::format("a memory limit of {}{} is above {}, which is {}; give at most {}, or auto", to_string(*size), each, one.name,
                                to_string(one.bytes), whole_mib(most)));
  }
  if (*size < needed) return refuse(fmt::format("a memory limit of {}{} {}; give at least {}", to_string(*size), each, too_small, enough_mib(needed)));
  return size;
}
}  // namespace

MemoryBounds memory_bounds(const std::string& root) {
  MemoryBounds bounds;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  bounds.machine = {static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page};
  std::string name, unit;
  std::uint64_t kib = 0;
  if (std::ifstream file(root + "/proc/meminfo"); file >> name >> kib >> unit && name == "MemTotal:" && unit == "kB") bounds.machine = runtime::kib(kib);
  bounds.group = memory_group(root);
  const auto limit = [](auto which) -> std::optional<Bytes> {
    rlimit is{};
    if (getrlimit(which, &is) != 0 || is.rlim_cur == RLIM_INFINITY) return std::nullopt;
    return Bytes{is.rlim_cur};
  };
  bounds.address_space = limit(RLIMIT_AS);
  bounds.data = limit(RLIMIT_DATA);
  std::uint64_t pages = 0, resident = 0;
  if (std::ifstream file(root + "/proc/self/statm"); file >> pages >> resident) bounds.resident = {resident * page};
  return bounds;
}

MemoryBounds own_memory_bounds() {
  MemoryBounds bounds = memory_bounds();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static const Bytes at_first = bounds.resident;
  bounds.resident = std::min(bounds.resident, at_first);
#else
  bounds.resident = {bounds.resident.value - std::min(bounds.resident.value, arrays::memory::counters().kept.value)};
#endif
  return bounds;
}

runtime::Result<Bytes> memory_limit_of(std::string_view wanted, const MemoryBounds& bounds) { return limit_of(wanted, bounds, 1, bounds.resident); }
runtime::Result<Bytes> memory_limit_of_each(std::string_view wanted, std::uint32_t processes, const MemoryBounds& bounds) {
  return limit_of(wanted, bounds, std::max(1u, processes), {});
}
}  // namespace tessera::actors
