/// @file
/// How much memory a node may take: what a person asked for, against what limits this process.
#pragma once
#include "actors/cgroup.hpp"
#include "runtime/base/result.hpp"
#include "runtime/base/units.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tessera::actors {
/// What limits this process's memory, and what it takes of it.
struct MemoryBounds {
  runtime::Bytes machine;
  std::optional<MemoryGroup> group;
  std::optional<runtime::Bytes> address_space;  ///< `ulimit -v`
  std::optional<runtime::Bytes> data;           ///< `ulimit -d`
  runtime::Bytes resident;                      ///< At this moment.
};
/// `root` stands before `/proc` and `/sys`; what `ulimit` says is this process's in any case.
MemoryBounds memory_bounds(const std::string& root = {});
/// Of this process, where `resident` is without what earlier nodes of it freed and the arena keeps. Under sanitizers it never grows:
/// their shadow and their quarantine are not the program's.
MemoryBounds own_memory_bounds();
/// What a node needs besides what its process takes when it starts: stacks, buffers of the link, chunks to compute with.
inline constexpr runtime::Bytes node_memory_min = runtime::mib(32);
/// The memory limit that `wanted` means for this process: "auto", a size ("2GiB", "500MB", "4096"), or a part ("60%") of the
/// smaller of the machine's memory and its control group's.
///
/// `auto` is the least of 60 % of the machine, 15/16 of the control group (which is charged with page tables and sockets too, in
/// no process's resident set) and 60 % of each `ulimit` (of address space, stacks and heaps take much that is never touched).
/// `invalid_argument` says what does not fit, where that bound comes from and what to give.
runtime::Result<runtime::Bytes> memory_limit_of(std::string_view wanted, const MemoryBounds& bounds = own_memory_bounds());
/// The same for each of `processes` that this one starts: `auto` is a share, and a size must fit so many times. What each takes
/// when it starts is for it to compare.
runtime::Result<runtime::Bytes> memory_limit_of_each(std::string_view wanted, std::uint32_t processes,
                                                     const MemoryBounds& bounds = own_memory_bounds());
}  // namespace tessera::actors
