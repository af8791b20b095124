#include "tools/cli/simulate_results.hpp"

#include "runtime/base/version.hpp"
#include "tools/cli/exit_code.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace tessera::cli {
namespace {
using nlohmann::ordered_json;
using simulation::experiment::Finding;

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

/// All that a run may depend on: a field that is added is named here, or this does not compile.
std::string fingerprint(const simulation::engine::Case& what) {
  Hash hash;
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
  return hash.text();
}

const std::string& head() {
  static const std::string line = ordered_json{{"schema", "tessera.results/1"}, {"version", TESSERA_VERSION}}.dump();
  return line;
}
constexpr std::size_t key_fields = 8;
}  // namespace

Results::Results(const std::string& path, const simulation::experiment::Grid& grid) : path_(path), grid_(grid) {
  for (const auto& graph : grid.graphs) graphs_.push_back(fingerprint(graph.what));
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
  for (ssize_t n; (n = ::read(file_, bytes, sizeof bytes)) > 0;) text.append(bytes, static_cast<std::size_t>(n));
  const std::size_t whole = text.rfind('\n') == text.npos ? 0 : text.rfind('\n') + 1;
  // Only a file of this kind may be cut.
  if (whole == 0 ? !head().starts_with(text) : text.substr(0, text.find('\n')) != head())
    throw Error(ErrorCode::bad_input, fmt::format("--results {}: its first line is not {}: another version's findings are not mixed with these; name another file", path_, head()));
  if (whole < text.size() && ftruncate(file_, static_cast<off_t>(whole)) != 0) throw Error(ErrorCode::io_failed, fmt::format("--results {}: {}", path_, std::strerror(errno)));
  lseek(file_, 0, SEEK_END);
  if (whole == 0) append(head());
  std::size_t line = 1;
  for (std::size_t begin = text.find('\n') + 1, end; whole > 0 && begin < whole; begin = end + 1) {
    end = text.find('\n', begin), ++line;
    try {
      const auto json = ordered_json::parse(text.substr(begin, end - begin));
      ordered_json its;
      for (auto field = json.begin(); its.size() < key_fields && field != json.end(); ++field) its[field.key()] = field.value();
      Finding& finding = found_[its.dump()];
      if (json.contains("failed")) finding.failed = json["failed"];
      else finding = {json.at("makespan_s"), json.at("moved_mib"), json.at("transfers"), {}};
    } catch (const nlohmann::json::exception&) {
      throw Error(ErrorCode::bad_input, fmt::format("--results {}: line {} is not one that `tessera simulate` writes; take it out, or name another file", path_, line));
    }
  }
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
  const ordered_json key{{"graph", grid_.graphs[subject.graph].label}, {"hash", graphs_[subject.graph]}, {"nodes", subject.nodes}, {"bandwidth_mib_s", subject.bandwidth},
                         {"network", grid_.networks[where.network]}, {"information", grid_.informations[where.information]},
                         {"scheduler", grid_.schedulers[cell.scheduler]}, {"seed", grid_.seeds[cell.seed]}};
  return key.dump();
}

const Finding* Results::find(std::size_t cell) const {
  const auto at = found_.find(key(cell));
  return at == found_.end() ? nullptr : &at->second;
}

void Results::add(std::size_t cell, const Finding& finding) {
  ordered_json line = ordered_json::parse(key(cell));
  if (finding.failed.empty()) line["makespan_s"] = finding.makespan, line["moved_mib"] = finding.total_transfer, line["transfers"] = finding.transfer_count;
  else line["failed"] = finding.failed;
  append(line.dump());
}
}  // namespace tessera::cli
