// memory.set.NAME: the graphs of benchmarks/memory_set, each in a process of its own, with data of many times the memory limit, in a
// control group whose hard limit is 64 MiB above it (where this machine has none to give: "group" is "none").
//
//     bench_memory_set [NAME...] [--data BYTES] [--chunk BYTES] [--limit BYTES] [--spill-dir FOLDER] [--repeats N] [--memory-log FILE] [--plans] [--processes]
//                      [--spill-compression none|lz4|auto]
//
// The value is the time. NAME.10x has ten times the limit, NAME.peers what benchmarks/peers/memory_set.py gives to others; with sizes
// given there are neither. With --plans each graph is planned before it is sent, and the plan compared. With --processes it runs on two
// node processes with a lane each, for what is moved between them: without a hard limit, and the peak is the program's. With --memory-log each graph
// writes the file anew: name one. Exit code 1 where one had a wrong value, did not end by itself, left something, was killed, or took
// more than its limit.
#include "benchmarks/measure.hpp"
#include "benchmarks/memory_set/child.hpp"
#include "client/processes.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace {
namespace fs = std::filesystem;
using namespace tessera::benchmarks;

std::uint64_t bytes_of(const std::string& text) {
  std::size_t used = 0;
  const std::uint64_t number = std::stoull(text, &used);
  const std::string unit = text.substr(used);
  if (unit == "GiB") return number << 30;
  if (unit == "MiB") return number << 20;
  if (unit == "KiB") return number << 10;
  if (unit.empty()) return number;
  throw std::invalid_argument("\"" + text + "\" is no size: a whole number of bytes, KiB, MiB or GiB");
}
std::string mib_of(std::uint64_t bytes) { return fmt::format("{}MiB", (bytes + (1 << 19)) >> 20); }

constexpr std::uint64_t mib = 1 << 20;
/// One line of the report.
struct Row {
  std::string_view graph;
  std::string suffix;
  std::uint64_t data, limit, chunk;
};

/// What is run unless sizes are given. Twice, four and eight times the limit in turn; the steep ones; those that are run by peers, too.
std::vector<Row> all_rows() {
  std::vector<Row> rows;
  struct Choice { std::uint64_t data, limit; };
  constexpr Choice choices[] = {{512 * mib, 256 * mib}, {512 * mib, 128 * mib}, {1024 * mib, 128 * mib}};
  int next = 0;
  for (const memory_set::Entry& entry : memory_set::all()) {
    const Choice& choice = choices[next++ % 3];
    rows.push_back({entry.name, "", choice.data, choice.limit, 4 * mib});
  }
  struct Steep { std::string_view graph; std::uint64_t times; };
  constexpr Steep steep[] = {{"transposed_reads", 10}, {"rechunk", 10},       {"random_order", 10},  {"sliding_window", 10},
                             {"transposed_reads", 25}, {"anomaly", 25},       {"stencil_1d", 25},    {"fan_in", 25},
                             {"fan_in", 50},           {"slow_consumer", 50}, {"anomaly", 50},       {"persist_sum_twice", 50},
                             {"quadratic_means", 50},  {"climatology", 50},   {"gathered_one_by_one", 50}};
  for (const Steep& one : steep) rows.push_back({one.graph, fmt::format(".{}x", one.times), one.times * 128 * mib, 128 * mib, 4 * mib});
  // A limit in which Python has room to begin: a group of 1 GiB.
  for (const std::string_view graph : {"sum", "climatology", "persist", "rechunk"}) rows.push_back({graph, ".peers", 8192 * mib, 960 * mib, 64 * mib});
  for (const std::string_view graph : {"fan_in", "fan_out", "tree_reduce", "persist_sum_twice", "random_order", "broadcast_one_to_all",
                                       "sliding_window", "stencil_1d", "anomaly", "quadratic_means", "transposed_reads", "all_to_all"})
    rows.push_back({graph, ".peers", 4096 * mib, 960 * mib, 16 * mib});
  return rows;
}

/// "memory.set", "sum", "memory.set.sum" and "memory.set.sum.10x" are asked for; "peers" and "10x" are all of these.
bool is_asked(const Row& row, const std::vector<std::string>& names) {
  const std::string name = fmt::format("memory.set.{}{}", row.graph, row.suffix);
  return names.empty() || std::ranges::any_of(names, [&](const std::string& asked) {
    return asked == row.graph || asked == name || name.starts_with(asked + ".") || "." + asked == row.suffix;
  });
}

bool measure(const Row& row, int repeats, const std::string& folder, const memory_set::How& how) {
  const memory_set::Size size{static_cast<std::int64_t>(row.data / row.chunk), static_cast<std::int64_t>(row.chunk / sizeof(double))};
  std::vector<double> seconds;
  memory_set::Outcome worst;
  bool is_good = true;
  for (int i = 0; i < repeats && is_good; ++i) {
    fs::create_directories(folder);
    const auto outcome = memory_set::run_child(std::string(row.graph), size, row.limit, folder, how);
    fs::remove_all(folder);
    seconds.push_back(outcome.seconds);
    is_good = outcome.is_right() && outcome.peak_bytes <= row.limit && (!outcome.group || outcome.group->kills == 0);
    if (i == 0 || !is_good || outcome.peak_bytes > worst.peak_bytes) worst = outcome;
  }
  Parameters parameters;
  parameters.add("data", std::string_view(mib_of(row.data))).add("chunk", std::string_view(mib_of(row.chunk))).add("limit", std::string_view(mib_of(row.limit)))
      .add("ratio", static_cast<double>(row.data) / static_cast<double>(row.limit)).add("peak", std::string_view(mib_of(worst.peak_bytes)))
      .add("spilled", std::string_view(mib_of(worst.written_bytes)));
  if (worst.group)
    parameters.add("group", std::string_view(mib_of(worst.group->limit_bytes))).add("group_peak", std::string_view(mib_of(worst.group->peak_bytes)))
        .add("times_full", worst.group->times_full).add("oom_kills", worst.group->kills);
  else
    parameters.add("group", "none").add("why", std::string_view(worst.why_no_group));
  if (worst.planned) {
    const auto& planned = *worst.planned;
    parameters.add("planned_peak", std::string_view(mib_of(planned.peak_bytes)));
    parameters.add("planned_from", std::string_view(mib_of(planned.peak_least_bytes)));
    parameters.add("planned_to", std::string_view(mib_of(planned.peak_most_bytes)));
    if (planned.booked_peak_bytes > 0) parameters.add("booked_peak", std::string_view(mib_of(planned.booked_peak_bytes)));
    parameters.add("planned_spilled", std::string_view(mib_of(planned.spilled_bytes))).add("really_spilled", std::string_view(mib_of(planned.really_spilled_bytes)))
        .add("planned_moved", std::string_view(mib_of(planned.moved_bytes))).add("really_moved", std::string_view(mib_of(planned.really_moved_bytes)))
        .add("misfits", planned.misfits);
  }
  parameters.add("ended", std::string_view(worst.ended)).add("good", is_good);
  report_line(fmt::format("memory.set.{}{}", row.graph, row.suffix), "s", median(seconds), quantile(seconds, 0), quantile(seconds, 1), seconds.size(), parameters);
  return is_good;
}
}  // namespace

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  if (const auto code = memory_set::child_main(argc, argv)) return *code;
  std::vector<std::string> names;
  std::uint64_t data = 0, chunk = 0, limit = 0, repeats = 1;
  std::string parent = fs::temp_directory_path();
  memory_set::How how{.hard = memory_set::Hard::where_possible};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) names.push_back(word);
    else if (word == "--plans") how.plans = true;
    else if (word == "--processes") how.processes = true, how.hard = memory_set::Hard::no;
    else if (i + 1 == argc) return fmt::print(stderr, "{} takes a value\n", word), 2;
    else if (word == "--data") data = bytes_of(argv[++i]);
    else if (word == "--chunk") chunk = bytes_of(argv[++i]);
    else if (word == "--limit") limit = bytes_of(argv[++i]);
    else if (word == "--repeats") repeats = std::max<std::uint64_t>(1, std::stoull(argv[++i]));
    else if (word == "--spill-dir") parent = argv[++i];
    else if (word == "--spill-compression") how.spill_compression = argv[++i];
    else if (word == "--memory-log") how.memory_log = argv[++i];
    else return fmt::print(stderr, "there is no option {}\n", word), 2;
  }
  const std::string folder = parent + "/tessera-memory-set-" + std::to_string(getpid());
  const bool is_sized = data > 0 || chunk > 0 || limit > 0;
  int failed = 0;
  for (Row row : all_rows()) {
    if (!is_asked(row, names) || (is_sized && !row.suffix.empty())) continue;
    if (data > 0) row.data = data;
    if (chunk > 0) row.chunk = chunk;
    if (limit > 0) row.limit = limit;
    failed += !measure(row, static_cast<int>(repeats), folder, how);
  }
  return failed > 0 ? 1 : 0;
}
