// The task of a kernel: checks what came, and calls the user's function for the parts of a chunk.
#include "arrays/shape/gather.hpp"
#include "client/array/mapping/plan.hpp"
#include "client/kernel.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::detail {
using arrays::Shape;
using arrays::shape::Box;
using arrays::shape::Piece;

namespace {
__extension__ typedef __int128 Wide;

Shape strides_of(arrays::ShapeView shape) {
  Shape strides(shape.size());
  std::int64_t next = 1;
  for (std::size_t i = shape.size(); i-- > 0; next *= shape[i]) strides[i] = next;
  return strides;
}
std::byte* element(std::span<const std::byte> bytes, std::int64_t at, std::size_t each) {
  return const_cast<std::byte*>(bytes.data()) + static_cast<std::size_t>(at) * each;
}
std::int64_t dot(const Shape& index, const Shape& strides) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < index.size(); ++i) sum += index[i] * strides[i];
  return sum;
}

/// One task.
class Run {
 public:
  Run(const std::string& name, const KernelForm& form, const KernelPlan& plan, std::span<const Block> inputs)
      : name_(name), form_(form), plan_(plan), inputs_(inputs), builder_(form.result.dtype, plan.shape) {}

  /// `operand` is of the declared dtype and rank, and its pieces are of blocks that are there and have the dtype.
  void check(std::size_t number) const {
    const KernelPlan::Operand& operand = plan_.operands[number];
    const std::size_t rank = form_.operands[number].rank;
    if (plan_.kind == KernelPlan::Kind::loops ? operand.extents.size() < rank : operand.extents.size() != rank)
      wrong(fmt::format("operand {} has {} dimensions, not {}", number, operand.extents.size(), rank));
    for (const Piece& piece : operand.pieces) {
      if (piece.chunk >= inputs_.size()) wrong(fmt::format("operand {} is made of input {}, but there are {}", number, piece.chunk, inputs_.size()));
      const Block& block = inputs_[piece.chunk];
      const Dtype dtype = form_.operands[number].dtype;
      if (block.dtype() != dtype)
        wrong(fmt::format("a chunk of operand {} was declared to be {}, but the block that was made is {} of shape {}", number, arrays::to_string(dtype),
                          arrays::to_string(block.dtype()), arrays::to_string(block.shape())));
      const bool is_own = plan_.kind == KernelPlan::Kind::overlap && piece.start == plan_.has_before && piece.count == plan_.shape;
      if (is_own && !std::ranges::equal(block.shape(), plan_.shape)) wrong(other_shape(number, plan_.shape, block));
    }
  }
  static std::string other_shape(std::size_t number, const Shape& declared, const Block& block) {
    return fmt::format("a chunk of operand {} was declared to have the shape {}, but the block that was made has {}", number, arrays::to_string(declared),
                       arrays::to_string(block.shape()));
  }
  [[noreturn]] void wrong(const std::string& what) const {
    throw Error(ErrorCode::type_mismatch, fmt::format("kernel \"{}\", chunk {} of its result: {}", name_, arrays::to_string(plan_.place), what));
  }

  /// The operand as one block that a call sees whole.
  RawView whole(std::size_t number) const {
    const KernelPlan::Operand& operand = plan_.operands[number];
    if (operand.pieces.size() != 1) wrong(fmt::format("operand {} is not one block", number));
    const Block& block = inputs_[operand.pieces[0].chunk];
    if (!std::ranges::equal(block.shape(), operand.extents)) wrong(other_shape(number, operand.extents, block));
    const Shape none(operand.extents.size(), 0);
    return {element(block.raw(), 0, 0), operand.extents, strides_of(operand.extents), none, none};
  }
  RawView result() {
    const Shape none(plan_.shape.size(), 0);
    return {builder_.raw().data(), plan_.shape, strides_of(plan_.shape), none, none};
  }

  /// What a region sees of an operand: where it lies on the inside, else joined in `joined`.
  RawView seen(std::size_t number, const Region& region, std::vector<Block>& joined) const {
    const KernelPlan::Operand& operand = plan_.operands[number];
    const Box box = seen_by(plan_, region);
    const std::size_t each = arrays::size_bytes(form_.operands[number].dtype);
    const std::vector<Piece> pieces = pieces_in(operand, box);
    RawView view{nullptr, region.count, {}, Shape(region.count.size()), Shape(region.count.size())};
    for (std::size_t i = 0; i < region.count.size(); ++i) {
      view.before[i] = region.start[i] + plan_.has_before[i] - box.start[i];
      view.behind[i] = box.count[i] - view.before[i] - region.count[i];
    }
    if (region.is_inside && pieces.size() == 1 && (pieces[0].strides.empty() || pieces[0].strides.back() == 1)) {
      const Block& block = inputs_[pieces[0].chunk];
      Wide last = pieces[0].offset;
      for (std::size_t i = 0; i < box.count.size(); ++i) last += static_cast<Wide>(box.count[i] - 1) * pieces[0].strides[i];
      if (pieces[0].count != box.count || pieces[0].offset < 0 || last >= block.size() || std::ranges::any_of(pieces[0].strides, [](std::int64_t one) { return one < 0; }))
        wrong(fmt::format("operand {} reaches beyond a block of shape {}", number, arrays::to_string(block.shape())));
      view.strides = pieces[0].strides;
      view.data = element(block.raw(), pieces[0].offset + dot(view.before, view.strides), each);
      return view;
    }
    auto block = arrays::shape::gather(inputs_, form_.operands[number].dtype, box.count, pieces);
    if (!block) wrong(block.failure().message);
    view.strides = strides_of(box.count);
    view.data = element(block->raw(), dot(view.before, view.strides), each);
    joined.push_back(std::move(*block));
    return view;
  }

  void overlap(const CallKernel& call) {
    const std::size_t each = arrays::size_bytes(form_.result.dtype);
    for (const Region& region : regions_of(plan_)) {
      std::vector<Block> joined;
      std::vector<RawView> operands;
      for (std::size_t i = 0; i < plan_.operands.size(); ++i) operands.push_back(seen(i, region, joined));
      RawView to = result();
      to.data += static_cast<std::size_t>(dot(region.start, to.strides)) * each;
      to.extents = region.count;
      call(operands, to);
    }
  }

  /// A call for each index of the first dimensions, which operands are aligned to at the last of them; a length of 1 stretches.
  void loops(const CallKernel& call) {
    RawView to = result();
    const auto core = static_cast<std::size_t>(plan_.core), loop = to.extents.size() - core;
    struct Moving { RawView view; Shape steps; std::byte* first; std::size_t each; };
    const auto moving = [&](RawView view, std::size_t its_core, Dtype dtype) {
      const std::size_t own = view.extents.size() - its_core;
      if (own > loop) wrong("an operand has more loop dimensions than the result");
      Moving one{{}, Shape(loop, 0), view.data, arrays::size_bytes(dtype)};
      for (std::size_t i = 0; i < own; ++i) {
        const std::int64_t length = to.extents[loop - own + i];
        if (view.extents[i] != length && view.extents[i] != 1) wrong(fmt::format("an operand of shape {} does not broadcast", arrays::to_string(view.extents)));
        if (view.extents[i] != 1) one.steps[loop - own + i] = view.strides[i];
      }
      for (Shape* shape : {&view.extents, &view.strides, &view.before, &view.behind}) shape->erase(shape->begin(), shape->begin() + static_cast<std::ptrdiff_t>(own));
      one.view = std::move(view);
      return one;
    };
    std::vector<Moving> all;
    std::vector<RawView> operands;
    for (std::size_t i = 0; i < plan_.operands.size(); ++i) all.push_back(moving(whole(i), form_.operands[i].rank, form_.operands[i].dtype)), operands.push_back(all[i].view);
    const Shape counts(to.extents.begin(), to.extents.begin() + static_cast<std::ptrdiff_t>(loop));
    if (std::ranges::find(counts, 0) != counts.end()) return;
    Moving written = moving(to, core, form_.result.dtype);
    Shape at(loop, 0);
    do {
      for (std::size_t i = 0; i < all.size(); ++i) operands[i].data = all[i].first + static_cast<std::size_t>(dot(at, all[i].steps)) * all[i].each;
      written.view.data = written.first + static_cast<std::size_t>(dot(at, written.steps)) * written.each;
      call(operands, written.view);
    } while (arrays::shape::next_index(at, counts));
  }

  void blocks(const CallKernel& call) {
    std::vector<RawView> operands;
    for (std::size_t i = 0; i < plan_.operands.size(); ++i) operands.push_back(whole(i));
    call(operands, result());
  }
  Block made() && { return std::move(builder_).freeze(); }

 private:
  const std::string& name_;
  const KernelForm& form_;
  const KernelPlan& plan_;
  std::span<const Block> inputs_;
  arrays::BlockBuilder builder_;
};
}  // namespace

Block run_kernel(const std::string& name, const KernelForm& form, std::span<const std::int64_t> numbers, std::span<const Block> inputs,
                 const std::function<Shape(const std::vector<Shape>&)>& rule, const CallKernel& call) {
  const auto plan = kernel_plan(numbers);
  if (!plan) throw Error(plan.failure());
  if (plan->operands.size() != form.operands.size() || !Block::size_bytes_of(form.result.dtype, plan->shape))
    throw Error(ErrorCode::type_mismatch, fmt::format("kernel \"{}\": its task has {} operands and a result of shape {}", name, plan->operands.size(), arrays::to_string(plan->shape)));
  Run run(name, form, *plan, inputs);
  const bool is_loops = plan->kind == KernelPlan::Kind::loops;
  for (std::size_t i = 0; i < plan->operands.size(); ++i) run.check(i);
  if (plan->shape.size() != form.result.rank + (is_loops ? plan->shape.size() - static_cast<std::size_t>(plan->core) : 0))
    run.wrong(fmt::format("its shape is declared to be {}, but the kernel writes {} dimensions", arrays::to_string(plan->shape), form.result.rank));
  if (plan->kind == KernelPlan::Kind::blocks) {
    std::vector<Shape> shapes;
    for (const KernelPlan::Operand& one : plan->operands) shapes.push_back(one.extents);
    const Shape shape = rule(shapes);
    if (shape != plan->shape)
      run.wrong(fmt::format("its shape was declared to be {}, but on this node the kernel's rule says {}", arrays::to_string(plan->shape), arrays::to_string(shape)));
    run.blocks(call);
  } else if (is_loops) {
    run.loops(call);
  } else {
    run.overlap(call);
  }
  return std::move(run).made();
}

std::optional<Sizes> kernel_sizes(const KernelForm& form, std::span<const std::int64_t> numbers) {
  const auto plan = kernel_plan(numbers);
  if (!plan || plan->operands.size() != form.operands.size()) return std::nullopt;
  Sizes sizes{arrays::Extent::of(form.result.dtype, plan->shape)};
  if (plan->kind != KernelPlan::Kind::overlap) return sizes;
  for (const Region& region : regions_of(*plan)) {
    runtime::Bytes joined{};
    if (region.is_inside) continue;
    for (const auto& operand : form.operands) joined = joined + arrays::Extent::of(operand.dtype, seen_by(*plan, region).count).bytes;
    sizes.scratch = std::max(sizes.scratch, joined);
  }
  return sizes;
}
}  // namespace tessera::detail
