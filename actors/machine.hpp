/// @file
/// What this process may use of its machine: CPUs and threads.
#pragma once
#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>

namespace tessera::actors {
/// As many as affinity and the control groups allow, at least 1.
std::uint32_t usable_cpus();
/// How many lanes a node may have: each is a thread, and more than the CPUs compute nothing faster.
inline constexpr std::uint32_t lanes_max = 1024;
/// What was asked for; 0: as many as the CPUs. `invalid_argument` above `lanes_max`.
runtime::Result<std::uint32_t> lanes_of(std::uint32_t wanted);
/// Whether this process may have `count` more threads, by having them for a moment (some 0.1 ms): CAF does not survive it
/// when it cannot start its own. `io_failed` says what to do.
runtime::Result<void> check_threads(std::uint32_t count);
/// Threads of a session or node besides its lanes: CAF's, the link's, libzmq's.
inline constexpr std::uint32_t threads_besides_lanes = 8;
/// "host:pid".
std::string process_name();
}  // namespace tessera::actors
