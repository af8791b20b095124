/// @file
/// The makers of nodes. Each checks what metadata tells and refuses with the shapes in the sentence (rule E7).
#pragma once
#include "arrays/expression/node.hpp"
#include "arrays/promotion.hpp"
#include "arrays/shape/slice.hpp"

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tessera::arrays::expression {
using Made = runtime::Result<NodeRef>;

/// `block` cut into those chunks.
Made given(const Block& block, const shape::ChunkSpec& chunks);
/// Blocks that are the chunks already, in C order.
Made given(std::vector<Block> blocks, shape::Chunks chunks);
Made foreign(Dtype dtype, shape::Chunks chunks, std::shared_ptr<const Source> source);
Made special(std::shared_ptr<const Procedure> procedure, Dtype dtype, shape::Chunks chunks, std::vector<NodeRef> of);
Made make(Make what, Dtype dtype, const Shape& shape, const shape::ChunkSpec& chunks);

/// An array, or a number of the program: one without a dtype of its own, or one of time.
using Operand = std::variant<NodeRef, Number, kernels::Scalar>;
/// The function of the operands: they are promoted, broadcast, and cut alike (A3).
Made apply(kernels::Op op, std::span<const Operand> operands);
Made cast(const NodeRef& node, Dtype dtype);

/// Axes of an array as the standard counts them: from the end where negative; nothing means all.
using Axes = std::optional<std::vector<std::int64_t>>;
Made reduce(kernels::Reducer by, const NodeRef& node, const Axes& axes, bool keepdims, std::optional<Dtype> dtype = {}, double correction = 0);

Made view(const NodeRef& node, const shape::View& view);
Made index(const NodeRef& node, std::span<const shape::Index> brackets);
Made rechunk(const NodeRef& node, const shape::ChunkSpec& chunks);
Made broadcast_to(const NodeRef& node, const Shape& shape);
Made permute(const NodeRef& node, std::span<const std::int64_t> axes);
Made expand(const NodeRef& node, std::span<const std::int64_t> axes);
Made squeeze(const NodeRef& node, std::span<const std::int64_t> axes);
Made flip(const NodeRef& node, const Axes& axes);
Made concat(std::span<const NodeRef> nodes, std::int64_t axis);
/// One length may be -1: what is left.
Made reshape(const NodeRef& node, Shape shape);
}  // namespace tessera::arrays::expression
