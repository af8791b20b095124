/// @file
/// What fails for a moment is tried again, a few times and by the thread that waits for the disk: no lane waits, and the node's core gets one answer.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/base/units.hpp"

#include <functional>
#include <optional>

namespace tessera::actors::spill {
/// How long the calling thread waits; tests have their own.
using Pause = std::function<void(runtime::Duration)>;
void sleep_for(runtime::Duration time);

/// Whether the system's error may pass by itself: what the process lacks for now, and what a disk or its network did not do once.
bool may_pass(int error);

/// How long to wait before the next try after so many failures, of which this is the last; nothing: it will not help. What may pass
/// (`io_failed`, `out_of_memory`) gets three more tries, over 210 ms; bytes that are wrong are read once more, at once.
std::optional<runtime::Duration> next_try(const runtime::Failure& failure, int failures);

/// Does it until it succeeds or another try will not help; what it came to last.
template <class Do>
runtime::Result<void> with_tries(const Do& one_try, const Pause& pause) {
  for (int failures = 1;; ++failures) {
    runtime::Result<void> done = one_try();
    if (done) return done;
    const auto wait = next_try(done.failure(), failures);
    if (!wait) return done;
    pause(*wait);
  }
}
}  // namespace tessera::actors::spill
