/// @file
/// The limits of the control groups that this process is in, of version 1 and 2. A group's limit holds for all below it, so
/// each one up to the root is looked at. What the kernel's files say is believed only where it can be read.
#pragma once
#include "runtime/base/units.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tessera::actors {
/// The group whose memory is the least.
struct MemoryGroup {
  runtime::Bytes limit;
  std::string limit_file;  ///< What says so: `memory.max`, `memory.high` or `memory.limit_in_bytes`.
  std::string usage_file;  ///< What the group's processes take: `memory.current` or `memory.usage_in_bytes`.
};
/// Empty where no group is limited. `root` stands before `/proc` and `/sys`.
std::optional<MemoryGroup> memory_group(const std::string& root = {});
/// The folders of this process's memory groups and of all above them, the innermost of a version first. Not all need be there.
std::vector<std::string> memory_group_folders(const std::string& root = {});
/// CPUs at a time, at least 0; empty where no group is limited.
std::optional<double> group_cpus(const std::string& root = {});
}  // namespace tessera::actors
