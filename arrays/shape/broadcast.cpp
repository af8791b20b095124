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

std::optional<Chunks> broadcast_unknown(std::span<const Chunks> operands) {
  std::vector<Shape> shapes;
  for (const Chunks& one : operands) shapes.push_back(shape_of(one));
  const auto shape = broadcast(shapes);
  if (!shape) return std::nullopt;
  Chunks result;
  for (std::size_t axis = 0; axis < shape->size(); ++axis) {
    std::vector<Cuts> meet, fixed;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (shapes[i].size() + axis < shape->size()) continue;
      const std::size_t its = shapes[i].size() + axis - shape->size();
      if (shapes[i][its] == (*shape)[axis]) (unknown_dimension(shapes[i]) ? fixed : meet).push_back(operands[i][its]);
    }
    if (!std::ranges::all_of(fixed, [&](const Cuts& cuts) { return cuts == fixed.front(); })) return std::nullopt;
    result.push_back(fixed.empty() ? refine(meet) : fixed.front());
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
