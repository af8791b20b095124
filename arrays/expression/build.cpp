#include "arrays/expression/build.hpp"

#include "arrays/expression/numbers.hpp"
#include "arrays/shape/broadcast.hpp"
#include "arrays/shape/gather.hpp"
#include "arrays/shape/rechunk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace tessera::arrays::expression {
using runtime::ErrorCode;
using runtime::Failure;
using shape::Chunks;

bool operator==(const Given& a, const Given& b) {
  return std::ranges::equal(a.blocks, b.blocks, [](const Block& one, const Block& other) { return one.raw().data() == other.raw().data(); });
}

namespace {
Failure wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

NodeRef node(Dtype dtype, Chunks chunks, What what, std::vector<NodeRef> of = {}) {
  Shape shape = shape::shape_of(chunks);
  return std::make_shared<const Node>(Node{dtype, std::move(shape), std::move(chunks), std::move(what), std::move(of)});
}

std::optional<Failure> check_shape(ShapeView lengths) {
  if (lengths.size() > rank_max) return wrong(fmt::format("the shape {} has {} dimensions; {} is the most", to_string(lengths), lengths.size(), rank_max));
  if (!element_count(lengths)) return wrong(fmt::format("no array has the shape {}: lengths are at least 0, and elements at most 2^63 - 1", to_string(lengths)));
  return std::nullopt;
}

/// Lengths that are unknown may be any.
std::optional<Failure> check_chunks(const Chunks& chunks) {
  Shape shape = shape::shape_of(chunks);
  std::ranges::replace(shape, shape::unknown_length, std::int64_t{0});
  return check_shape(shape);
}

/// The same elements in exactly those chunks.
NodeRef in_chunks(const NodeRef& of, const Chunks& chunks) {
  if (of->chunks == chunks) return of;
  NodeRef result = of;
  for (const Chunks& step : shape::rechunk_steps(of->chunks, chunks)) result = node(of->dtype, step, Viewed{shape::whole(of->shape)}, {result});
  return result;
}

std::string shapes_of(std::span<const NodeRef> nodes) {
  std::string text;
  for (std::size_t i = 0; i < nodes.size(); ++i) text += (i == 0 ? "" : i + 1 < nodes.size() ? ", " : " and ") + to_string(nodes[i]->shape);
  return text;
}

/// The dtype that each operand brings; a number has that of the arrays that it meets, where they have its kind.
runtime::Result<std::vector<Dtype>> dtypes_of(kernels::Op op, std::span<const Operand> operands) {
  const std::size_t first = op == kernels::Op::where ? 1 : 0;  // The condition meets nobody.
  std::optional<Dtype> met;
  for (std::size_t i = first; i < operands.size(); ++i)
    if (const auto* array = std::get_if<NodeRef>(&operands[i])) {
      const auto both = met ? result_type(*met, (*array)->dtype) : runtime::Result<Dtype>((*array)->dtype);
      met = both ? *both : (*array)->dtype;  // What does not go together is refused with the function's name.
    }
  std::vector<Dtype> dtypes;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const auto* number = std::get_if<Number>(&operands[i]);
    if (const auto* array = std::get_if<NodeRef>(&operands[i])) dtypes.push_back((*array)->dtype);
    else if (number == nullptr) dtypes.push_back(std::get<kernels::Scalar>(operands[i]).dtype());
    else if (!met || is_time(*met) || i < first) dtypes.push_back(default_dtype(*number));
    else {
      const auto dtype = result_type(*met, *number);
      if (!dtype) return Failure{dtype.failure().code, fmt::format("{}: {}", kernels::to_string(op), dtype.failure().message)};
      dtypes.push_back(*dtype);
    }
  }
  return dtypes;
}

bool is_division(kernels::Op op) { return op == kernels::Op::floor_divide || op == kernels::Op::remainder; }
}  // namespace

Made given(const Block& block, const shape::ChunkSpec& spec) {
  const auto chunks = shape::chunks_of(spec, block.shape(), size_bytes(block.dtype()));
  if (!chunks) return chunks.failure();
  const shape::Grid grid(*chunks);
  if (grid.size() == 1) return node(block.dtype(), *chunks, Given{{block}});
  Chunks one;
  for (const std::int64_t length : block.shape()) one.push_back({length});
  const shape::Grid whole(one);
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    const shape::Box box = grid.box(grid.at(i));
    auto part = shape::gather({&block, 1}, block.dtype(), box.count, shape::pieces_of(shape::whole(block.shape()), whole, box));
    if (!part) return part.failure();
    blocks.push_back(std::move(*part));
  }
  return node(block.dtype(), *chunks, Given{std::move(blocks)});
}

Made given(std::vector<Block> blocks, Chunks chunks) {
  const shape::Grid grid(chunks);
  if (blocks.size() != grid.size())
    return wrong(fmt::format("{} blocks are given for the {} chunks {}", blocks.size(), grid.size(), shape::to_string(chunks)));
  const Dtype dtype = blocks.front().dtype();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Shape expected = grid.box(grid.at(i)).count;
    if (blocks[i].dtype() != dtype || !std::ranges::equal(blocks[i].shape(), expected))
      return wrong(fmt::format("block {} is {} of shape {}, but chunk {} is {} of shape {}", i, to_string(blocks[i].dtype()), to_string(blocks[i].shape()),
                               to_string(grid.at(i)), to_string(dtype), to_string(expected)));
  }
  return node(dtype, std::move(chunks), Given{std::move(blocks)});
}

Made foreign(Dtype dtype, Chunks chunks, std::shared_ptr<const Source> source) {
  if (const auto failure = check_chunks(chunks)) return *failure;
  return node(dtype, std::move(chunks), Foreign{std::move(source)});
}

Made special(std::shared_ptr<const Procedure> procedure, Dtype dtype, Chunks chunks, std::vector<NodeRef> of) {
  if (const auto failure = check_chunks(chunks)) return *failure;
  for (const NodeRef& one : of)
    if (const auto known = shape::need_known("this function", one->shape); !known && !procedure->takes_unknown()) return known.failure();
  Shape shape = shape::shape_of(chunks);
  return std::make_shared<const Node>(Node{dtype, std::move(shape), std::move(chunks), Special{std::move(procedure)}, std::move(of)});
}

Made make(Make what, Dtype dtype, const Shape& lengths, const shape::ChunkSpec& spec) {
  if (const auto failure = check_shape(lengths)) return *failure;
  auto chunks = shape::chunks_of(spec, lengths, size_bytes(dtype));
  if (!chunks) return chunks.failure();
  return node(dtype, std::move(*chunks), std::move(what));
}

Made apply(kernels::Op op, std::span<const Operand> operands) {
  const auto dtypes = dtypes_of(op, operands);
  if (!dtypes) return dtypes.failure();
  const auto signature = kernels::signature_of(op, *dtypes);
  if (!signature) return signature.failure();

  std::vector<NodeRef> arrays;
  for (const Operand& one : operands)
    if (const auto* array = std::get_if<NodeRef>(&one)) arrays.push_back(*array);
  std::vector<Shape> shapes;
  std::vector<Chunks> chunks;
  for (const NodeRef& one : arrays) shapes.push_back(one->shape), chunks.push_back(one->chunks);
  const bool is_known = std::ranges::none_of(shapes, [](const Shape& shape) { return shape::unknown_dimension(shape).has_value(); });
  const auto unsized = is_known ? std::nullopt : shape::broadcast_unknown(chunks);
  if (!is_known && !unsized)
    return wrong(fmt::format("{} of arrays of the shapes {}: an unknown length (-1) meets only such of chunks as many, or 1, and other dimensions are cut alike; "
                             "call compute_chunk_sizes(cluster) on the arrays first", kernels::to_string(op), shapes_of(arrays)));
  const auto lengths = shape::broadcast(shapes);
  if (!lengths)
    return wrong(fmt::format("{} of arrays of the shapes {}: they do not broadcast; from the last dimension on, lengths are equal or one of them is 1",
                             kernels::to_string(op), shapes_of(arrays)));
  const Chunks common = unsized ? *unsized : shape::broadcast_chunks(chunks, *lengths);
  if (const auto failure = check_chunks(common)) return *failure;

  kernels::Program program;
  std::vector<NodeRef> of;
  std::array<std::uint16_t, 3> registers{};
  for (const NodeRef& one : arrays) {
    program.inputs.push_back(one->dtype);
    of.push_back(in_chunks(one, shape::operand_chunks(common, one->shape)));
  }
  for (std::size_t i = 0, inputs = 0; i < operands.size(); ++i) {
    const Dtype wanted = signature->operands[i];
    if (std::holds_alternative<NodeRef>(operands[i])) {
      registers[i] = static_cast<std::uint16_t>(inputs++);
      continue;
    }
    registers[i] = static_cast<std::uint16_t>(arrays.size() + program.constants.size());
    const auto* number = std::get_if<Number>(&operands[i]);
    if (number != nullptr && i == 1 && is_division(op) && is_integer(wanted) && scalar_of(*number, wanted) == scalar_of(false, wanted))
      return wrong(fmt::format("{} of integers by 0: the array of shape {} is divided by the number 0", kernels::to_string(op), shapes_of(arrays)));
    program.constants.push_back(number != nullptr ? scalar_of(*number, wanted) : std::get<kernels::Scalar>(operands[i]));
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Dtype wanted = signature->operands[i];
    if (program.dtype(registers[i]) == wanted) continue;
    program.steps.push_back({kernels::Op::cast, wanted, {registers[i], 0, 0}});
    registers[i] = static_cast<std::uint16_t>(program.register_count() - 1);
  }
  program.steps.push_back({op, signature->result, registers});
  program.outputs.push_back(static_cast<std::uint16_t>(program.register_count() - 1));
  return node(signature->result, common, Apply{std::move(program)}, std::move(of));
}

Made cast(const NodeRef& of, Dtype dtype) {
  if (of->dtype == dtype) return of;
  if (!can_convert(of->dtype, dtype))
    return Failure{ErrorCode::type_mismatch, fmt::format("astype does not make {} of the {} of an array of shape {}", to_string(dtype), to_string(of->dtype),
                                                         to_string(of->shape))};
  return node(dtype, of->chunks, Apply{{{of->dtype}, {}, {{kernels::Op::cast, dtype, {}}}, {1}}}, {of});
}

Made reduce(kernels::Reducer by, const NodeRef& of, const Axes& axes, bool keepdims, std::optional<Dtype> dtype, double correction) {
  const auto reduction = kernels::reduction_of(by, of->dtype, dtype, correction);
  if (!reduction) return reduction.failure();
  if (of->shape.size() >= rank_max)
    return wrong(fmt::format("{} of an array of shape {}: it has {} dimensions, {} is the most", kernels::to_string(by), to_string(of->shape), of->shape.size(), rank_max - 1));
  const auto along = axes_of(kernels::to_string(by), of->shape, axes);
  if (!along) return along.failure();
  const bool needs_one = by == kernels::Reducer::min || by == kernels::Reducer::max || by == kernels::Reducer::argmin || by == kernels::Reducer::argmax ||
                         by == kernels::Reducer::nanmin || by == kernels::Reducer::nanmax || by == kernels::Reducer::nanargmin || by == kernels::Reducer::nanargmax;
  for (const std::size_t axis : *along)
    if (needs_one && of->shape[axis] == 0)
      return wrong(fmt::format("{} of an array of shape {} over dimension {}: it is empty, and there is no {} of nothing", kernels::to_string(by),
                               to_string(of->shape), axis, kernels::to_string(by)));
  const bool tells_place = by == kernels::Reducer::argmin || by == kernels::Reducer::argmax || by == kernels::Reducer::nanargmin || by == kernels::Reducer::nanargmax;
  if (const auto dimension = shape::unknown_dimension(of->shape); dimension && tells_place && std::ranges::binary_search(*along, *dimension))
    return shape::need_known(kernels::to_string(by), of->shape).failure();
  auto elements = cast(of, reduction->elements);
  if (!elements) return elements.failure();
  const NodeRef partials = node(reduction->elements, of->chunks, Partials{{{reduction->elements}, {}, {}, {0}}, {*reduction}, *along}, {*elements});
  Chunks left;
  for (std::size_t axis = 0; axis < of->shape.size(); ++axis) {
    if (!std::ranges::binary_search(*along, axis)) left.push_back(of->chunks[axis]);
    else if (keepdims) left.push_back({1});
  }
  return node(reduction->result, std::move(left), Finish{0, keepdims}, {partials});
}
}  // namespace tessera::arrays::expression
