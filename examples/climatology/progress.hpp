/// @file
/// What is told on stderr while the job runs.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace climatology {
/// Of all nodes together.
struct Memory {
  std::uint64_t chunks_bytes = 0, reserved_bytes = 0, unmanaged_bytes = 0, limit_bytes = 0, spilled_bytes = 0;
};
struct Count {
  std::size_t done = 0, total = 0;
  double seconds = 0;  ///< Since the start.
  std::optional<Memory> memory = {};
};

/// "12/216 chunks stored, 31/s, 7 s left, 1.2 of 2.0 GiB, 3.4 GiB on disk", as the whole line of a terminal of `width` columns, with what
/// memory holds and a bar where there is room.
std::string bar(const Count& count, std::size_t width, bool coloured);
/// The same for a log, with what memory holds in full.
std::string line(const Count& count);

/// On a terminal a bar that is drawn again and again; else a line every 10 s. NO_COLOR takes the colour, a terminal that is
/// "dumb" takes the bar.
class Progress {
 public:
  /// `memory` is asked once a second at most, and may take a while: it is another thread's time that it takes.
  using AskMemory = std::function<std::optional<Memory>()>;
  Progress(std::size_t total, AskMemory memory);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(std::size_t done);
  /// Ends it with a line that stays.
  void finish(std::size_t done);

 private:
  double seconds() const;
  std::size_t total_;
  AskMemory ask_memory_;
  std::optional<Memory> memory_;
  bool terminal_, coloured_, drawn_ = false;
  std::chrono::steady_clock::time_point start_, told_, asked_;
};
}  // namespace climatology
