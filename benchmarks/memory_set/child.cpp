#include "benchmarks/memory_set/child.hpp"

#include "actors/child_process.hpp"
#include "benchmarks/measure.hpp"
#include "benchmarks/memory_set/hard_limit.hpp"
#include "benchmarks/memory_set/operations.hpp"
#include "runtime/node/core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <thread>

namespace tessera::benchmarks::memory_set {
namespace {
namespace fs = std::filesystem;
constexpr std::string_view child_flag = "--memory-set-child", no_group = "-", with_plans = "plans", with_processes = "processes";

/// The number behind `name` in a file of lines "name: number unit".
std::uint64_t number_in(const char* path, const std::string& name) {
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    std::uint64_t number = 0;
    if (word == name + ":" && file >> number) return number;
  }
  return 0;
}

/// What all nodes hold and have received.
runtime::protocol::NodeStatus sum_of_nodes(Cluster& cluster) {
  runtime::protocol::NodeStatus sum;
  for (const auto& member : cluster.status().members) {
    if (member.lanes == 0) continue;
    sum.resident += member.status.resident, sum.reserved += member.status.reserved;
    sum.spilled += member.status.spilled, sum.received += member.status.received;
  }
  return sum;
}

Cluster cluster_for(std::uint64_t limit_bytes, const std::string& folder, const How& how, std::function<void(const Plan&)> on_plan) {
  if (how.processes)
    return Cluster::processes({.memory_limit = limit_bytes, .spill_dir = folder, .spill_compression = how.spill_compression, .memory_log = how.memory_log, .on_plan = std::move(on_plan)});
  return Cluster::local({.lanes = 2, .memory_limit = limit_bytes, .spill_dir = folder, .spill_compression = how.spill_compression, .memory_log = how.memory_log, .on_plan = std::move(on_plan)});
}

/// What was dropped is given back a little later: messages go from the program over the coordinator to the node.
void expect_nothing_booked(Cluster& cluster) {
  runtime::protocol::NodeStatus status;
  const double end = seconds_now() + 10;
  do {
    cluster.submit({.impure = true}, sum_two, 0.0, 0.0).get();
    status = sum_of_nodes(cluster);
    if (status.resident.value < 4096 && status.reserved.value == 0 && status.spilled.value == 0) return;
  } while (seconds_now() < end);
  throw std::runtime_error(fmt::format("at the end {} are resident, {} reserved, {} spilled", to_string(status.resident),
                                       to_string(status.reserved), to_string(status.spilled)));
}

double run_here(const std::string& name, const Size& size, std::uint64_t limit_bytes, const std::string& folder, const How& how,
                Outcome::Planned& planned) {
  const auto entries = all();
  const auto entry = std::ranges::find_if(entries, [&](const Entry& one) { return one.name == name; });
  if (entry == entries.end()) throw std::runtime_error("no graph is called so");
  double seconds = 0;
  {
    std::function<void(const Plan&)> on_plan;
    if (how.plans)
      on_plan = [&planned](const Plan& plan) {
        planned.peak_bytes = std::max(planned.peak_bytes, plan.peak.value);
        planned.peak_least_bytes = std::max(planned.peak_least_bytes, plan.peak_least.value);
        planned.peak_most_bytes = std::max(planned.peak_most_bytes, plan.peak_most.value);
        planned.spilled_bytes += plan.spilled.value;
        planned.moved_bytes += plan.moved.value;
        planned.misfits += !plan.fits;
      };
    Cluster cluster = cluster_for(limit_bytes, folder, how, std::move(on_plan));
    const std::uint64_t overhead = cluster.status().members.at(0).status.overhead.value, margin = runtime::node::margin_of({limit_bytes}).value;
    const double begin = seconds_now();
    entry->run(cluster, size);
    seconds = seconds_now() - begin;
    const auto counters = cluster.counters();
    if (!how.processes) planned.booked_peak_bytes = overhead - margin + counters.booked_peak.value;
    planned.really_spilled_bytes = counters.spill_written.value;
    if (how.processes) std::this_thread::sleep_for(std::chrono::milliseconds(2'500));  // They tell each second what they hold.
    expect_nothing_booked(cluster);
    planned.really_moved_bytes = sum_of_nodes(cluster).received.value;
  }
  if (!fs::is_empty(folder)) throw std::runtime_error("files are left in " + folder);
  return seconds;
}
}  // namespace

std::optional<int> child_main(int argc, char** argv) {
  if (argc != 13 || argv[1] != child_flag) return std::nullopt;
  std::string ended = "right";
  double seconds = 0;
  Outcome::Planned planned;
  try {
    if (argv[8] != no_group && !join(argv[8])) throw std::runtime_error(fmt::format("it cannot be put into {}", argv[8]));
    seconds = run_here(argv[2], {std::stoll(argv[3]), std::stoll(argv[4])}, std::stoull(argv[5]), argv[6],
                       {.memory_log = argv[9], .plans = argv[10] == with_plans, .spill_compression = argv[12], .processes = argv[11] == with_processes}, planned);
  } catch (const std::exception& error) {
    ended = error.what();
    std::ranges::replace(ended, '\n', ' ');
  }
  std::ofstream(argv[7]) << seconds << ' ' << number_in("/proc/self/status", "VmHWM") * 1024 << ' '
                         << number_in("/proc/self/io", "wchar") << ' ' << planned.peak_bytes << ' ' << planned.peak_least_bytes << ' '
                         << planned.peak_most_bytes << ' '
                         << planned.booked_peak_bytes << ' ' << planned.spilled_bytes << ' ' << planned.really_spilled_bytes << ' '
                         << planned.moved_bytes << ' ' << planned.really_moved_bytes << ' '
                         << planned.misfits << ' ' << ended << '\n';
  return ended == "right" ? 0 : 1;
}

Outcome run_child(const std::string& name, const Size& size, std::uint64_t limit_bytes, const std::string& folder, const How& how) {
  const std::string result = folder + ".result";
  Outcome outcome;
  const std::uint64_t hard_bytes = limit_bytes + hard_limit_slack_bytes;
  const auto group = how.hard == Hard::where_possible ? HardLimit::make(hard_bytes, outcome.why_no_group) : std::nullopt;
  auto child = actors::ChildProcess::start({actors::own_program(), std::string(child_flag), name, std::to_string(size.chunks),
                                            std::to_string(size.elements), std::to_string(limit_bytes), folder, result, group ? group->folder() : std::string(no_group), how.memory_log, std::string(how.plans ? with_plans : no_group),
                                            std::string(how.processes ? with_processes : no_group), how.spill_compression});
  if (!child) {
    outcome.ended = child.failure().message;
    return outcome;
  }
  const auto code = child->wait(runtime::seconds(300));
  if (!code) {
    outcome.ended = "not after 300 s";
  } else {
    std::ifstream file(result);
    Outcome::Planned planned;
    file >> outcome.seconds >> outcome.peak_bytes >> outcome.written_bytes >> planned.peak_bytes >> planned.peak_least_bytes >> planned.peak_most_bytes >> planned.booked_peak_bytes >>
        planned.spilled_bytes >> planned.really_spilled_bytes >> planned.moved_bytes >> planned.really_moved_bytes >> planned.misfits >> std::ws;
    if (how.plans) outcome.planned = planned;
    if (!std::getline(file, outcome.ended)) outcome.ended = fmt::format("the process ended with {}", *code);
  }
  if (group) outcome.group = {hard_bytes, group->peak_bytes(), group->times_full(), group->kills()};
  std::error_code ignored;
  fs::remove(result, ignored);
  return outcome;
}
}  // namespace tessera::benchmarks::memory_set
