/// @file
/// Lists of what operations take, of one node or of several.
#pragma once
#include "runtime/protocol/messages.hpp"

#include <cstddef>
#include <vector>

namespace tessera::runtime::node {
/// One entry for each name, the most bytes first; beyond `count_max` one more, of all others. O(n log n).
std::vector<protocol::OperationStatus> largest_first(std::vector<protocol::OperationStatus> all, std::size_t count_max);
}  // namespace tessera::runtime::node
