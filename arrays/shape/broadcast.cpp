#include "arrays/shape/broadcast.hpp"

#include <algorithm>

namespace tessera::arrays::shape {
std::optional<Shape> broadcast(std::span<const Shape> shapes) {
  std::size_t rank = 0;
  for (const Shape& one : shapes) rank = std::max(rank, one.size());
  Shape result(rank, 1);
  for (const Shape& one : shapes)
    for (std::size_t i = 0; i < one.size(); ++i) {
      std::int64_t& length = result[rank - one.size() + i];
      if (length == 1) length = one[i];
      else if (one[i] != 1 && one[i] != length) return std::nullopt;
    }
  return result;
}

Chunks broadcast_chunks(std::span<const Chunks> operands, ShapeView shape) {
  Chunks result;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    std::vector<Cuts> meet;
    for (const Chunks& one : operands) {
      if (one.size() + axis < shape.size()) continue;
      const Cuts& cuts = one[one.size() + axis - shape.size()];
      const bool stretches = shape_of({cuts}).front() != shape[axis];
      if (!stretches) meet.push_back(cuts);
    }
    const bool agree = std::ranges::all_of(meet, [&](const Cuts& cuts) { return cuts == meet.front(); });
    result.push_back(agree && !meet.empty() ? meet.front() : refine(meet));
  }
  return result;
}

Chunks operand_chunks(const Chunks& result, ShapeView operand) {
  const Shape shape = shape_of(result);
  Chunks chunks;
  for (std::size_t i = 0; i < operand.size(); ++i) {
    const std::size_t axis = shape.size() - operand.size() + i;
    if (operand[i] == shape[axis]) chunks.push_back(result[axis]);
    else chunks.push_back({operand[i]});
  }
  return chunks;
}
}  // namespace tessera::arrays::shape
