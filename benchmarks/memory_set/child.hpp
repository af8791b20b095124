/// @file
/// One graph of the set in a process of its own, so that the peak of its memory is the graph's alone, and may have a hard limit.
#pragma once
#include "benchmarks/memory_set/set.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tessera::benchmarks::memory_set {
struct Outcome {
  std::string ended;               ///< "right"; else what went wrong, in words.
  double seconds = 0;              ///< Of the graph, without start and end of the process.
  std::uint64_t peak_bytes = 0;    ///< The most that was resident, all pages of the process.
  std::uint64_t written_bytes = 0; ///< What the process wrote, to disk that is: it writes nothing else to speak of.
  /// Of the control group: empty where there was none.
  struct Group {
    std::uint64_t limit_bytes = 0;
    std::uint64_t peak_bytes = 0;  ///< Page cache and the kernel's memory included.
    std::uint64_t times_full = 0;  ///< Page cache that is given back for the process's own pages counts.
    std::uint64_t kills = 0;
  };
  std::optional<Group> group;
  /// What was planned of each graph before it was sent, and what came of it.
  struct Planned {
    std::uint64_t peak_bytes = 0, peak_least_bytes = 0, peak_most_bytes = 0;  ///< Of a process: the most of all plans.
    std::uint64_t booked_peak_bytes = 0;                  ///< By the node's book; 0 with processes, whose books do not tell.
    std::uint64_t spilled_bytes = 0, really_spilled_bytes = 0;
    std::uint64_t moved_bytes = 0, really_moved_bytes = 0;  ///< Between nodes.
    std::uint64_t misfits = 0;                            ///< Plans that said it would not fit.
  };
  std::optional<Planned> planned;
  std::string why_no_group;
  bool is_right() const { return ended == "right"; }
};

/// What `main` begins with: the exit code where this process was started as a child, else nothing.
std::optional<int> child_main(int argc, char** argv);
/// What a process may take beyond its node's limit before the kernel ends it.
inline constexpr std::uint64_t hard_limit_slack_bytes = 64 << 20;
enum class Hard { no, where_possible };
struct How {
  Hard hard = Hard::no;
  std::string memory_log = {};     ///< Empty: none.
  bool plans = false;              ///< Each graph is planned before it is sent.
  std::string spill_compression = "none";  ///< Else little is written: numbers of a short period become a hundredth.
  bool processes = false;          ///< On two node processes with a lane each, instead of one with two.
};
/// Starts this program again for one graph, on a cluster of two lanes, each node within `limit_bytes`. `folder`, an existing one, is where it
/// spills; nothing may be left there. Ended means: values right, no memory still booked, no file left, by itself. With a hard limit the
/// process is in a control group of `limit_bytes` and the slack, memory and swap, before it begins. There is no `ulimit -v` in its
/// stead: stacks and arenas reserve address space that they never touch, so that says nothing about memory.
Outcome run_child(const std::string& name, const Size& size, std::uint64_t limit_bytes, const std::string& folder, const How& how);
}  // namespace tessera::benchmarks::memory_set
