#include "tools/cli/simulate_results.hpp"

#include "runtime/base/version.hpp"
#include "tools/cli/exit_code.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

namespace tessera::cli {
namespace {
using nlohmann::ordered_json;
namespace engine = simulation::engine;
namespace experiment = simulation::experiment;
namespace policy = runtime::policy;
using experiment::Finding;

const std::string& head() {
  static const std::string line = ordered_json{{"schema", "tessera.results/2"}, {"version", TESSERA_VERSION}}.dump();
  return line;
}
constexpr std::size_t key_fields = 9;
constexpr std::string_view check_field = ",\"check\":";

/// FNV-1a (Fowler, Noll, Vo; RFC 9923).
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) value_ = (value_ ^ static_cast<unsigned char>(byte)) * 0x100000001B3ull;
  }
  void add(double number) { add(std::bit_cast<std::uint64_t>(number)); }
  void add(std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8) value_ = (value_ ^ (number >> shift & 0xFF)) * 0x100000001B3ull;
  }
  std::string text() const { return fmt::format("{:016x}", value_); }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325ull;
};

std::string checksum(std::string_view bytes) {
  Hash hash;
  hash.add(bytes);
  return hash.text();
}

/// All that a run may depend on: a field that is added is named here, or this does not compile.
void add(Hash& hash, const engine::Case& what) {
  const auto& [case_name, tasks, objects, cpus, bandwidth, kinds, times, resources, needs, amounts, jobs, revealed_by] = what;  // Names change nothing, and the bandwidth is in the key.
  for (const auto& [name, duration, cores, inputs, outputs, expected_duration, kind] : tasks) {
    hash.add(duration), hash.add(std::uint64_t{cores}), hash.add(expected_duration), hash.add(std::uint64_t{kind});
    for (const auto* list : {&inputs, &outputs}) {
      hash.add(list->size());
      for (const std::uint32_t object : *list) hash.add(std::uint64_t{object});
    }
  }
  for (const auto& [size, producer, home, expected_size] : objects) hash.add(size), hash.add(std::uint64_t{producer}), hash.add(std::uint64_t{home}), hash.add(expected_size);
  for (const std::uint32_t cores : cpus) hash.add(std::uint64_t{cores});
  for (const auto& row : times)
    for (const double time : row) hash.add(time);
  for (const auto* table : {&needs, &amounts})
    for (const auto& row : *table)
      for (const std::uint32_t amount : row) hash.add(std::uint64_t{amount});
  hash.add(kinds.size()), hash.add(resources.size());
  for (const auto& [name, arrival, first, end] : jobs) hash.add(arrival), hash.add(std::uint64_t{first}), hash.add(std::uint64_t{end});
  for (const std::uint32_t task : revealed_by) hash.add(std::uint64_t{task});
}

void add(Hash& hash, const engine::Setting& setting) {
  const auto& [network, downloads, downloads_per_source, download_order, interval, scheduling_time, links, share, overheads, events, memory, one_by_one, learns, clock, clock_factor] = setting;
  const auto& [up, down, latency, rack, racks] = links;
  const auto& [message, scheduler_message, scheduler_task, node_message, node_task] = overheads;
  for (const auto number : {std::uint64_t(network), std::uint64_t{downloads}, std::uint64_t{downloads_per_source}, std::uint64_t(download_order), std::uint64_t(share), std::uint64_t{one_by_one}})
    hash.add(number);
  for (const double number : {interval, scheduling_time, latency, message, scheduler_message, scheduler_task, node_message, node_task}) hash.add(number);
  for (const auto* rates : {&up, &down})
    for (const double rate : *rates) hash.add(rate);
  for (const auto& [rack_up, rack_down] : racks) hash.add(rack_up), hash.add(rack_down);
  for (const std::uint32_t which : rack) hash.add(std::uint64_t{which});
  for (const auto& [time, node, what, speed] : events) hash.add(time), hash.add(std::uint64_t{node}), hash.add(std::uint64_t(what)), hash.add(speed);
  for (const auto& [limit, disk] : memory) hash.add(limit), hash.add(disk);
}

std::vector<std::string> fingerprints(const experiment::Grid& grid) {
  std::vector<std::string> all;
  for (const experiment::Subject& subject : grid.subjects) {
    Hash hash;
    add(hash, subject.placed ? subject.placed->what : grid.graphs[subject.graph].what);
    if (subject.placed) add(hash, subject.placed->setting);
    if (subject.placed && subject.placed->live) hash.add("live rules");
    all.push_back(hash.text());
  }
  return all;
}

std::string fingerprint_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return checksum(std::string{std::istreambuf_iterator<char>(in), {}});
}

/// What the line says, and from where on its checksum stands; nothing: it is no line of results, or not as it was written.
std::optional<ordered_json> checked(std::string_view line) {
  const std::size_t at = line.rfind(check_field);
  if (at == line.npos) return {};
  ordered_json json = ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || json["check"] != checksum(line.substr(0, at))) return {};
  return json;
}

Finding finding_of(const ordered_json& json) {
  Finding finding;
  if (json.contains("failed")) finding.failed = json["failed"];
  else finding = {json.at("makespan_s"), json.at("moved_mib"), json.at("transfers"), {}, {}};
  if (!json.contains("policy_nonsense")) return finding;
  for (const auto& [kind, times] : json["policy_nonsense"].items()) {
    const auto at = std::ranges::find(policy::nonsense_names, kind, [](const auto& one) { return one.first; });
    if (at != policy::nonsense_names.end()) finding.nonsense.add(static_cast<policy::Nonsense>(at - policy::nonsense_names.begin()), times);
  }
  return finding;
}
}  // namespace

Results::Results(const std::string& path, const experiment::Grid& grid, const PluginPolicies& plugins) : path_(path), grid_(grid), subjects_(fingerprints(grid)) {
  for (const std::string& name : grid.schedulers) {
    const auto plugin = plugins.find(name);
    policies_.push_back(plugin == plugins.end() ? "" : fingerprint_of_file(plugin->second));
  }
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file_ < 0) throw Error(ErrorCode::io_failed, fmt::format("--results {}: {}", path, std::strerror(errno)));
  try {
    if (flock(file_, LOCK_EX | LOCK_NB) != 0) throw Error(ErrorCode::io_failed, fmt::format("--results {}: another process writes to it; wait, or name another file", path));
    read();
  } catch (...) {
    close(file_);
    throw;
  }
}
Results::~Results() { close(file_); }

void Results::read() {
  std::string text;
  char bytes[65536];
  ssize_t n = 0;
  while ((n = ::read(file_, bytes, sizeof bytes)) > 0) text.append(bytes, static_cast<std::size_t>(n));
  if (n < 0) throw Error(ErrorCode::io_failed, fmt::format("--results {}: {}", path_, std::strerror(errno)));
  const std::size_t whole = text.rfind('\n') == text.npos ? 0 : text.rfind('\n') + 1;
  // Only a file of this kind may be cut.
  if (whole == 0 ? !head().starts_with(text) : text.substr(0, text.find('\n')) != head())
    throw Error(ErrorCode::bad_input, fmt::format("--results {}: its first line is not {}: another version's findings are not mixed with these; name another file", path_, head()));
  std::size_t line = 1;
  for (std::size_t begin = text.find('\n') + 1, end; whole > 0 && begin < whole; begin = end + 1) {
    end = text.find('\n', begin);
    take(std::string_view(text).substr(begin, end - begin), ++line);
  }
  check_grid();
  if (whole < text.size() && ftruncate(file_, static_cast<off_t>(whole)) != 0) throw Error(ErrorCode::io_failed, fmt::format("--results {}: {}", path_, std::strerror(errno)));
  lseek(file_, 0, SEEK_END);
  if (whole == 0) append(head());
}

void Results::take(std::string_view line, std::size_t number) {
  const auto refuse = [&](const std::string& why) { return Error(ErrorCode::bad_input, fmt::format("--results {}: line {} {}", path_, number, why)); };
  const auto json = checked(line);
  if (!json) throw refuse("was changed or damaged since `tessera simulate` wrote it, as its \"check\" does not fit; take the line out, and its run is made again, or name another file");
  ordered_json its;
  for (auto field = json->begin(); its.size() < key_fields && field != json->end(); ++field) its[field.key()] = field.value();
  try {
    const auto [at, is_new] = found_.try_emplace(its.dump(), Known{finding_of(*json), number});
    if (!is_new) throw refuse(fmt::format("is of the same run as line {}; take one of them out, or name another file", at->second.line));
  } catch (const nlohmann::json::exception&) {
    throw refuse("is not one that `tessera simulate` writes; take it out, or name another file");
  }
}

/// A file that shares no run with this grid was named by mistake.
void Results::check_grid() {
  if (found_.empty()) return;
  others_ = found_.size();
  for (std::size_t cell = 0; cell < grid_.cells(); ++cell) others_ -= find(cell) != nullptr;
  if (others_ < found_.size()) return;
  const auto first = std::ranges::min_element(found_, {}, [](const auto& one) { return one.second.line; });
  const auto its = ordered_json::parse(first->first);
  throw Error(ErrorCode::bad_input, fmt::format("--results {}: none of its {} runs is of this grid (line {}: {} on {}, {}, seed {}, or what these names stand for has changed); "
                                                "another grid's findings are not mixed with these: name another file",
                                                path_, found_.size(), first->second.line, its["graph"].dump(), its["nodes"].dump(), its["scheduler"].dump(), its["seed"].dump()));
}

void Results::append(const std::string& line) {
  const std::string bytes = line + '\n';
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = write(file_, bytes.data() + at, bytes.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(ErrorCode::io_failed, fmt::format("--results {}: {}", path_, std::strerror(errno)));
    at += static_cast<std::size_t>(n);
  }
}

std::string Results::key(std::size_t number) const {
  const auto cell = simulation::experiment::cell(grid_, number);
  const auto where = simulation::experiment::setting(grid_, cell.setting);
  const auto& subject = grid_.subjects[where.subject];
  const ordered_json key{{"graph", grid_.graphs[subject.graph].label}, {"hash", subjects_[where.subject]}, {"nodes", subject.nodes}, {"bandwidth_mib_s", subject.bandwidth},
                         {"network", grid_.networks[where.network]}, {"information", grid_.informations[where.information]},
                         {"scheduler", grid_.schedulers[cell.scheduler]}, {"plugin", policies_[cell.scheduler]}, {"seed", grid_.seeds[cell.seed]}};
  return key.dump();
}

const Finding* Results::find(std::size_t cell) const {
  const auto at = found_.find(key(cell));
  return at == found_.end() ? nullptr : &at->second.finding;
}

void Results::add(std::size_t cell, const Finding& finding) {
  ordered_json line = ordered_json::parse(key(cell));
  if (finding.failed.empty()) line["makespan_s"] = finding.makespan, line["moved_mib"] = finding.total_transfer, line["transfers"] = finding.transfer_count;
  else line["failed"] = finding.failed;
  finding.nonsense.each([&](std::string_view kind, std::string_view, std::uint64_t times) { line["policy_nonsense"][std::string(kind)] = times; });
  const std::string text = line.dump(), open = text.substr(0, text.size() - 1);
  append(fmt::format("{}{}\"{}\"}}", open, check_field, checksum(open)));
}
}  // namespace tessera::cli
