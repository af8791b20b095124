/// @file
/// Between the face of arrays and their nodes.
#pragma once
#include "arrays/expression/build.hpp"
#include "client/array.hpp"

#include <span>
#include <vector>

namespace tessera::detail {
/// Throws what was refused.
template <class T>
T need(runtime::Result<T> result) {
  if (!result) throw Error(result.failure());
  return std::move(*result);
}
inline void need(runtime::Result<void> result) {
  if (!result) throw Error(result.failure());
}
inline Array made(arrays::expression::Made node) { return Array(need(std::move(node))); }

arrays::expression::Operand node_of(const Operand& operand);
std::vector<arrays::expression::NodeRef> nodes_of(std::span<const Array> arrays);
Array indexed(const Array& x, std::span<const Bracket> brackets);
/// The array in one chunk, of a length that only its task tells.
Array in_one_chunk(const Array& x);
}  // namespace tessera::detail
