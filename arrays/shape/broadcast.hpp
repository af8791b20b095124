/// @file
/// Broadcasting as the array API standard says it: shapes are aligned at the last dimension, and a length of 1 stretches.
#pragma once
#include "arrays/shape/chunks.hpp"

#include <optional>
#include <span>

namespace tessera::arrays::shape {
/// The shape that all stretch to; empty where two lengths differ and neither is 1.
std::optional<Shape> broadcast(std::span<const Shape> shapes);
/// Where two dimensions of operands meet, the common refinement of their chunks (A3); a length of 1 that stretches has no say.
Chunks broadcast_chunks(std::span<const Chunks> operands, ShapeView shape);
/// The same where a length is unknown: such an array cannot be cut otherwise, so the others take its chunks. Nothing where two of them differ, or
/// an unknown length meets another one.
std::optional<Chunks> broadcast_unknown(std::span<const Chunks> operands);
/// The chunks that an operand has to have for that: those of the result at its dimensions, one where it stretches.
Chunks operand_chunks(const Chunks& result, ShapeView operand);
}  // namespace tessera::arrays::shape
