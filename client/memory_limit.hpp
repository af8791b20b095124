/// @file
/// `MemoryLimit`: the memory that a cluster's option asks for.
#pragma once
#include <concepts>
#include <string>
#include <utility>

namespace tessera {
/// A number of bytes, or the words that `tessera node --memory-limit` knows: "auto"; a size such as "2GiB" or "500MB"; a part such
/// as "60%" of the smaller of the machine's memory and the control group's. `auto` is the least of 60 % of the machine, 15/16 of
/// the control group and 60 % of `ulimit -v` and `-d`. What does not fit is refused where the cluster is made.
///
///     auto cluster = Cluster::local({.memory_limit = "2GiB"});
struct MemoryLimit {
  std::string wanted = "auto";
  MemoryLimit() = default;
  MemoryLimit(std::integral auto bytes) : wanted(std::to_string(bytes)) {}
  MemoryLimit(const char* words) : wanted(words) {}
  MemoryLimit(std::string words) : wanted(std::move(words)) {}
};
}  // namespace tessera
