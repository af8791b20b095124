/// @file
/// What a node's memory holds over time, as a CSV file that is written while the node works (docs/memory.md says what its columns are).
#pragma once
#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/base/units.hpp"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace tessera::actors {
/// The node's book at one moment.
struct MemorySample {
  runtime::Bytes resident, reserved, unmanaged, spilled, limit;
  std::uint64_t queued = 0;   ///< Attempts that have their inputs and wait for a lane or for memory.
  std::uint64_t waiting = 0;  ///< Requests that wait for memory: of attempts, of pulls, of loads.
  friend bool operator==(const MemorySample&, const MemorySample&) = default;
};

/// Something that happened to one chunk.
struct MemoryEvent {
  enum class Kind : std::uint8_t { spill, spill_failed, unload, load, load_failed, drop };
  Kind kind = Kind::spill;
  std::uint32_t operation = 0;  ///< As `MemoryLog::operation` gave it.
  runtime::Key key;
  runtime::Bytes size;
  runtime::Duration took;       ///< On the disk's thread; 0 where it was not there.
};

/// Takes samples and events and writes them on a thread of its own. Calls come from one thread at a time and only append to a bounded
/// buffer: what does not fit is counted, and a line says how many are missing.
class MemoryLog {
 public:
  /// Makes or empties the file. `io_failed` where it cannot be written.
  static runtime::Result<std::unique_ptr<MemoryLog>> open(const std::string& path);
  /// Writes what is left.
  ~MemoryLog();
  MemoryLog(const MemoryLog&) = delete;

  /// Keeps `sample` if it is another than before: at most one in 10 ms, and the last before a pause.
  void sample(std::int64_t now_ns, const MemorySample& sample);
  void event(std::int64_t now_ns, const MemorySample& sample, const MemoryEvent& event);
  /// A number for that name, for events.
  std::uint32_t operation(const std::string& name);
  /// A last line; nothing may follow.
  void finish(std::int64_t now_ns, const MemorySample& sample);

 private:
  struct Line {
    std::int64_t time_ns;
    bool is_event;
    MemorySample sample;
    MemoryEvent event;
  };
  static constexpr std::size_t lines_max = 1 << 15;

  MemoryLog(std::string path, int file);
  void append(const Line& line);
  void serve();
  void format(const Line& line, const std::vector<std::string>& names, std::string& text) const;
  void write(const std::string& text);

  const std::string path_;
  const int file_;
  const std::int64_t wall_offset_ns_;  ///< From the monotonic clock to the time of day.
  // The caller's.
  MemorySample last_;
  std::optional<Line> held_;           ///< Came too soon after `written_ns_`.
  std::int64_t written_ns_ = 0;
  bool has_written_ = false;
  std::unordered_map<std::string, std::uint32_t> numbers_;

  std::mutex mutex_;                   ///< Guards what follows.
  std::condition_variable filled_;
  std::vector<Line> lines_;
  std::vector<std::string> new_names_;
  std::uint64_t missing_ = 0;
  bool stopping_ = false;
  bool is_broken_ = false;             ///< The writer's: the disk took no more.
  std::thread writer_;
};

/// The file of one of several nodes: "memory.csv" is "memory-node1.csv" for node1.
std::string memory_log_of(const std::string& path, const std::string& node);
}  // namespace tessera::actors
