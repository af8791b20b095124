/// @file
/// What this process may use of its machine: CPUs and memory, as limited by cgroups, affinity and `ulimit -v`.
#pragma once
#include "runtime/base/units.hpp"

#include <cstdint>

namespace tessera::actors {
std::uint32_t usable_cpus();
/// The smallest of the machine's memory, the cgroup's limit and `ulimit -v`.
runtime::Bytes usable_memory();
}  // namespace tessera::actors
