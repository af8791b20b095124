/// @file
/// A control group with a hard limit for one process, where the machine lets this one make it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace tessera::benchmarks::memory_set {
/// A group of version 1 or 2 below this process's own, or below one above that. Removed with its owner; what is left in it is killed.
class HardLimit {
 public:
  /// Memory and swap together. Empty where no group can be made: `why_not` says what was tried.
  static std::optional<HardLimit> make(std::uint64_t bytes, std::string& why_not);
  HardLimit(HardLimit&& other) noexcept;
  HardLimit& operator=(HardLimit&&) = delete;
  ~HardLimit();

  const std::string& folder() const { return folder_; }
  /// The most that the group took: pages of its processes, page cache and the kernel's. 0 where the kernel does not say.
  std::uint64_t peak_bytes() const;
  /// How often the limit was met, and room made or refused.
  std::uint64_t times_full() const;
  /// Processes that the kernel ended for it.
  std::uint64_t kills() const;

 private:
  explicit HardLimit(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
};
/// Puts this process into a group. What it has touched already stays where it is.
bool join(const std::string& folder);
}  // namespace tessera::benchmarks::memory_set
