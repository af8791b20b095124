/// @file
/// Writes what coordinators take to a file, while they run (docs/simulation.md, "Record and replay").
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/coordinator/recording.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tessera::actors {
/// Steps come from any thread and only go into a bounded queue; a thread of its own makes bytes of them and writes. Where that fails or is too slow for the queue, the
/// recording ends with a line on stderr, and who records goes on. What is written is always readable: whole frames, at most 0.2 s late.
class Recorder {
 public:
  /// Makes or empties the file. `io_failed` where it cannot be written.
  static runtime::Result<std::shared_ptr<Recorder>> open(const std::string& path);
  ~Recorder() { finish(); }
  Recorder(const Recorder&) = delete;

  /// Before the first step of the job.
  void begin(const runtime::coordinator::Config& config);
  void take(runtime::JobId job, runtime::coordinator::Step step);
  /// Writes what is left; what comes later is dropped. Idempotent.
  void finish();

 private:
  struct Entry {
    runtime::JobId job;
    std::unique_ptr<const runtime::coordinator::Config> begins;  ///< Else it is a step.
    runtime::coordinator::Step step;
  };
  static constexpr std::size_t entries_max = 1 << 18, reports_max = 1 << 20, frame_bytes = 1 << 16;

  Recorder(std::string path, int file);
  void push(Entry entry, std::size_t reports);
  void serve();
  void write(const std::vector<std::byte>& bytes);
  void end(const std::string& why);

  const std::string path_;
  const int file_;
  bool is_broken_ = false;             ///< The writer's.

  std::mutex mutex_;                   ///< Guards what follows.
  std::condition_variable filled_;
  std::vector<Entry> entries_;
  std::size_t reports_ = 0;            ///< In `entries_`.
  bool is_full_ = false, is_stopping_ = false;
  std::thread writer_;
};
}  // namespace tessera::actors
