/// @file
/// Runs as files that other programs show: texts, to be written by who calls.
#pragma once
#include "simulation/picture/timeline.hpp"

#include <span>
#include <string>

namespace tessera::simulation::picture {
/// One page for a browser, which needs nothing but itself: the runs one above the other on one axis of time, with all that can be asked of them (docs/simulation.md). About 70 bytes
/// a task and 20 a transfer.
std::string html(const std::string& title, std::span<const Timeline> runs);

/// For print: the runs one above the other, by node and core, with axis and legend. Made for a column 8 to 9 cm wide.
std::string svg(const std::string& title, std::span<const Timeline> runs);

/// For Perfetto and chrome://tracing: a track for each core and each way into a node, arrows from tasks over transfers to tasks, counters of links and memory.
std::string trace(std::span<const Timeline> runs);

/// A line for each task and each transfer, with a head; seconds and MiB.
std::string csv(std::span<const Timeline> runs);
}  // namespace tessera::simulation::picture
