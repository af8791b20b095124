/// @file
/// A strong type for each thing that has a number, so that one can never stand for another.
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace tessera::runtime {
/// A number that names one kind of thing; `Tag` keeps kinds apart.
template <class Tag, class Rep>
struct Id {
  Rep value{};
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

using TaskId = Id<struct TaskTag, std::uint32_t>;          ///< Index in one job's arena; reused after the task is freed.
using JobId = Id<struct JobTag, std::uint32_t>;            ///< One coordinator of a deployment.
using NodeId = Id<struct NodeTag, std::uint32_t>;          ///< One incarnation of a node; never given twice.
using ClientId = Id<struct ClientTag, std::uint32_t>;      ///< One connected program.
using Attempt = Id<struct AttemptTag, std::uint32_t>;      ///< Counts the assignments of one task slot; 0 is none.
using OperationId = Id<struct OperationTag, std::uint32_t>;///< Index in one job's table of operation names.

inline constexpr NodeId no_node{0xFFFFFFFFu};

/// The name of a task and of its result: a 128-bit hash of what is computed (rules K1, K4).
struct Key {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr auto operator<=>(const Key&, const Key&) = default;
};

/// A key within one job; what nodes call a task and its chunk.
struct ChunkId {
  Key key;
  JobId job;
  friend constexpr auto operator<=>(const ChunkId&, const ChunkId&) = default;
};

/// 32 lower-case hexadecimal digits.
std::string to_string(const Key& key);
}  // namespace tessera::runtime

template <class Tag, class Rep>
struct std::hash<tessera::runtime::Id<Tag, Rep>> {
  std::size_t operator()(tessera::runtime::Id<Tag, Rep> id) const noexcept { return id.value; }
};
template <>
struct std::hash<tessera::runtime::Key> {
  std::size_t operator()(const tessera::runtime::Key& key) const noexcept { return key.low; }
};
template <>
struct std::hash<tessera::runtime::ChunkId> {
  std::size_t operator()(const tessera::runtime::ChunkId& id) const noexcept {
    return id.key.low ^ (std::uint64_t{id.job.value} * 0x9E3779B97F4A7C15ull);
  }
};
