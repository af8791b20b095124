/// @file
/// What memory this process really holds, and how what is free in it goes back to the system.
#pragma once
#include "runtime/base/units.hpp"

#include <optional>
#include <string>

namespace tessera::actors {
struct ProcessMemory {
  runtime::Bytes resident;  ///< Pages of this process that are in memory, those of files and of shared memory included.
  runtime::Bytes shared;    ///< Those of them that are of files and of shared memory.
  std::optional<runtime::Bytes> group_usage;  ///< Of the control group that is limited the most, all its processes and files.
  std::optional<runtime::Bytes> group_limit;  ///< Both are there or none.
};

/// Keeps the kernel's files open, so that a reading is one system call a number and allocates nothing. Movable; its readings are
/// safe from any thread.
class MemoryMeter {
 public:
  /// `root` stands before `/proc` and `/sys`.
  explicit MemoryMeter(const std::string& root = {});
  MemoryMeter(MemoryMeter&& other) noexcept;
  MemoryMeter& operator=(MemoryMeter&& other) noexcept;
  ~MemoryMeter();
  /// What cannot be read is 0 or empty. The kernel counts pages a CPU, so a number may be some hundred KiB off.
  ProcessMemory read() const;

 private:
  int process_ = -1, usage_ = -1, limit_ = -1;
};

/// Has `malloc` give what is freed back to the system soon. Changes it for the whole process and for good: only for a process
/// whose `main` is ours, or whose owner asks.
void return_freed_memory();
/// Gives the system what `malloc` keeps. Takes milliseconds where much is free.
void release_freed_memory();
}  // namespace tessera::actors
