/// @file
/// What a coordinator's core took, step by step, so that another core can be given the same (docs/simulation.md, "Record and replay").
#pragma once
#include "runtime/coordinator/core.hpp"

#include <span>

namespace tessera::runtime::coordinator {
/// A message of a node or of the client that has the same number.
struct Received {
  NodeId from;
  protocol::Message message;
};
using Event = std::variant<Tick, NodeJoined, NodeLost, NodeDraining, ClientJoined, ClientLost, Received>;

/// A task was given to a node.
struct Placement {
  Key key;
  TaskId task;
  NodeId node;
  std::int32_t priority = 0;
  std::uint64_t rank = 0;                ///< Lower runs first among equal priority.
  friend bool operator==(const Placement&, const Placement&) = default;
};

struct Step {
  Instant time;
  Event event;
  std::uint64_t digest = 0;              ///< `digest_of` its effects.
  std::vector<Placement> placements;     ///< In the order in which they were made.
};
struct JobRecording {
  Config config;
  std::vector<Step> steps;
};
struct Recording {
  std::string version;                   ///< Of the program that wrote it.
  std::vector<JobRecording> jobs;        ///< In the order in which they began.
  std::uint64_t bytes_lost = 0;          ///< At the end, of a frame that was not written whole.
};

/// Gives the message to the core's step that is meant for it; one that no coordinator takes is dropped.
void step(Core& core, NodeId from, const protocol::Message& message, Instant now, Effects& out);
void step(Core& core, const Event& event, Instant now, Effects& out);

/// A hash of what is decided: which tasks go where and how, and what is withdrawn, dropped, redirected and told. Values and words of errors are not in it.
std::uint64_t digest_of(std::span<const Effect> effects);
/// Appends the placements that are among the effects.
void append_placements(std::span<const Effect> effects, std::vector<Placement>& out);
}  // namespace tessera::runtime::coordinator
