/// @file
/// What happened in a run, ready to be drawn: who ran where on which cores, what each task waited for, what links and memories held. Made from a
/// case and an outcome, whoever made those: the engine, or a recording.
#pragma once
#include "simulation/engine/replay.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tessera::simulation::picture {
inline constexpr std::uint32_t none = 0xFFFFFFFFu;

/// One execution of a task.
struct Bar {
  std::uint32_t task = 0, node = 0;
  double start = 0, end = 0;             ///< Seconds.
  std::uint32_t first_core = 0;          ///< In `Timeline::cores`, as many as the task needs.
  double inputs_here = 0;                ///< When the last input was on the node.
  double cores_here = 0;                 ///< Since when as many cores as it needs were free.
  std::uint32_t last_input = none;       ///< The object that came last,
  std::uint32_t last_transfer = none;    ///< and how, if it was not made there.
  std::uint32_t first_input = 0;         ///< In `Timeline::came_by`, as many as the task has inputs.
  std::uint32_t blocker = none;          ///< The bar whose end freed the last of the cores.

  /// From then on nothing but the scheduler, or what a node needs to begin, kept it.
  double could_start() const { return inputs_here > cores_here ? inputs_here : cores_here; }
};

/// Values from each time on.
using Series = std::vector<std::pair<double, double>>;

/// A piece of the critical path.
struct Step {
  enum class Kind : std::uint8_t {
    compute,                             ///< `index` is a bar.
    transfer,                            ///< A transfer.
    queue,                               ///< The object was there, and its transfer had not begun: other downloads, or no decision yet. A transfer.
    scheduler,                           ///< Inputs and cores were there, and the task had not begun. A bar.
    lost,                                ///< An execution before this one had not come to nothing yet, as its node was lost later. A bar.
  };
  Kind kind = Kind::compute;
  std::uint32_t index = 0;
  double start = 0, end = 0;
};

struct Timeline {
  std::string label;
  std::shared_ptr<const engine::Case> what;
  engine::Outcome outcome;
  std::vector<Bar> bars;                 ///< Those of `outcome.lost`, then those of `outcome.tasks`.
  std::vector<std::uint32_t> cores;      ///< Of all bars; counted within their node.
  std::vector<std::uint32_t> rows;       ///< Of each node: its cores, or more where more ran at once than it has.
  std::vector<std::uint32_t> made_by;    ///< Of each object: a bar, or `none` where no task made it.
  std::vector<std::uint32_t> came_by;    ///< Of each input of each bar: the transfer, or `none` where it was on the node without.
  std::vector<Step> critical_path;       ///< From time 0 to the last end, without holes.
  double utilisation = 0;                ///< Part of all cores' time until the last end in which tasks ran.

  std::span<const std::uint32_t> cores_of(const Bar& bar) const { return std::span(cores).subspan(bar.first_core, what->tasks[bar.task].cpus); }
};

/// Bars of a node never share a core at one time; the lowest free ones are taken, side by side where there are such. O(n log n) in tasks and transfers.
Timeline timeline(std::string label, std::shared_ptr<const engine::Case> what, engine::Outcome outcome);

/// Seconds of the critical path, by `Step::Kind`.
std::vector<double> shares(const Timeline& timeline);

/// What each node receives and sends, MiB/s. A transfer counts with its mean rate from its begin to its end.
struct Load { Series down, up; };
std::vector<Load> loads(const Timeline& timeline);
/// MiB of objects on each node: made there, or arrived.
std::vector<Series> memory(const Timeline& timeline);

/// Tasks of one kind have one colour.
struct Kinds {
  std::vector<std::string> names;        ///< Those with the most work first; at most `colour_count`, then "other" where there are more.
  std::vector<std::uint32_t> of_task;
  static constexpr std::size_t colour_count = 7;
};
/// By names without their numbers ("mProject_ID0000007": "mProject"), cut at the first digit where that leaves too many.
Kinds kinds(const engine::Case& what);
}  // namespace tessera::simulation::picture
