/// @file
/// The actor of one attempt of a task, from its assignment to its report. A lane resumes it once: it runs the operation.
#pragma once
#include "actors/caf.hpp"
#include "arrays/operation.hpp"
#include "runtime/node/core.hpp"

#include <vector>

namespace tessera::actors {
/// What an attempt needs to run; the node fills it under its lock, the lane reads it without.
struct Work {
  const arrays::Operation* operation = nullptr;
  std::string operation_name;  ///< Where `operation` is not known here.
  std::span<const std::byte> params;
  std::vector<arrays::Payload> inputs;
  runtime::ChunkId id;
  runtime::Attempt attempt;
  bool report_value = false;
};

class TaskActor final : public SlimActor {
 public:
  explicit TaskActor(caf::actor_config& config) : SlimActor(config) {}
  const char* name() const override { return "task"; }
  Work& work() { return work_; }
  arrays::Outcome& outcome() { return outcome_; }
  /// Runs the operation; whatever it throws becomes a `Blame` in `outcome`. Called on a lane.
  resume_result resume(caf::execution_unit* lane, std::size_t) override;

 private:
  Work work_;
  arrays::Outcome outcome_;
};

/// The exception under way as a blame: its type, demangled, and its words (E8).
runtime::protocol::Blame blame_current_exception();
}  // namespace tessera::actors
