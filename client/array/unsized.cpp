#include "client/array/unsized.hpp"

#include "arrays/kernels/layout.hpp"
#include "client/array/sizes.hpp"
#include "client/operation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>

namespace tessera::array_operations {
namespace {
/// `shape_of(input)` is the shape of an input.
template <class ShapeOf>
Numbers resolved(Numbers shape, const Numbers& unknown, std::size_t inputs, const ShapeOf& shape_of) {
  const auto at = std::ranges::find(shape, -1);
  if (at == shape.end()) return shape;
  std::optional<std::int64_t> length;
  for (const std::int64_t input : unknown) {
    if (input < 0 || static_cast<std::size_t>(input) >= inputs) throw Error(ErrorCode::invalid_argument, "a task names an input that it does not have");
    const auto its = shape_of(static_cast<std::size_t>(input));
    const auto from_end = static_cast<std::size_t>(shape.end() - at);
    if (from_end > its.size()) throw Error(ErrorCode::invalid_argument, "an input has fewer dimensions than its task says");
    const std::int64_t here = its[its.size() - from_end];
    if (length && *length != here)
      throw Error(ErrorCode::invalid_argument, fmt::format("chunks of the lengths {} and {} meet, which were unknown before: the arrays do not have the same shape", *length, here));
    length = here;
  }
  if (!length) throw Error(ErrorCode::invalid_argument, "no input tells the length that is unknown");
  *at = *length;
  return shape;
}
Numbers resolved(const Numbers& shape, const Numbers& unknown, const Blocks& inputs) {
  return resolved(shape, unknown, inputs.size(), [&](std::size_t i) { return inputs[i].shape(); });
}
Numbers resolved(const Given<Numbers>& shape, const Given<Numbers>& unknown, const Given<Blocks>& inputs) {
  const auto extents = inputs.extents();
  return resolved(shape.value(), unknown.value(), extents.size(), [&](std::size_t i) { return std::span<const std::int64_t>(extents[i].shape); });
}
std::vector<Blocks> without_counts(const std::vector<Blocks>& partials) {
  std::vector<Blocks> all = partials;
  for (Blocks& one : all) {
    if (one.empty() || one.back().dtype() != Dtype::int64 || one.back().size() != 1) throw Error(ErrorCode::invalid_argument, "partials do not tell of how many elements they are");
    one.pop_back();
  }
  return all;
}
std::int64_t total(const std::vector<Blocks>& partials) {
  std::int64_t sum = 0;
  for (const Blocks& one : partials) sum += one.back().data<std::int64_t>()[0];
  return sum;
}
bool needs_one(arrays::kernels::Reducer by) { return by == arrays::kernels::Reducer::min || by == arrays::kernels::Reducer::max; }

Sizes apply_unsized_sizes(const Given<Blocks>& inputs, const Given<Bytes>&, const Given<Dtype>& dtype, const Given<Numbers>& shape, const Given<Numbers>& unknown) {
  return {Extent::of(dtype.value(), resolved(shape, unknown, inputs))};
}
Sizes reduce_unsized_sizes(const Given<Blocks>& inputs, const Given<Bytes>&, const Given<Reductions>& reductions, const Given<Numbers>& shape,
                           const Given<Numbers>& axes, const Given<Numbers>&, const Given<Numbers>&, const Given<Numbers>& unknown) {
  Numbers left = resolved(shape, unknown, inputs);
  for (const std::int64_t axis : axes.value()) left.at(static_cast<std::size_t>(axis)) = 1;
  std::uint64_t bytes = sizeof(Blocks) + 128;
  for (const Reduction& one : reductions.value()) {
    Numbers planes{arrays::kernels::partial_form(one).planes};
    planes.insert(planes.end(), left.begin(), left.end());
    bytes += Extent::of(arrays::kernels::partial_form(one).dtype, planes).bytes.value;
  }
  return {{{bytes}}};
}
runtime::Bytes levels(const Given<std::vector<Blocks>>& partials) {
  return {partials.extent().bytes.value * static_cast<std::uint64_t>(std::bit_width(partials.extents().size() - 1))};
}
Sizes combine_unsized_sizes(const Given<std::vector<Blocks>>& partials, const Given<Reductions>&) { return {{partials.extent().bytes}, levels(partials)}; }
Sizes finish_unsized_sizes(const Given<std::vector<Blocks>>& partials, const Given<Reductions>&, const Given<std::int64_t>&, const Given<Numbers>&,
                           const Given<std::int64_t>&) {
  return {{partials.extent().bytes}, levels(partials) + partials.extent().bytes};  // The most that it may be.
}
}  // namespace

Block apply_unsized(const Blocks& inputs, const Bytes& program, Dtype dtype, const Numbers& shape, const Numbers& unknown) {
  return apply(inputs, program, dtype, resolved(shape, unknown, inputs), {}, {}, {});
}

Blocks reduce_unsized(const Blocks& inputs, const Bytes& program, const Reductions& reductions, const Numbers& shape, const Numbers& axes, const Numbers& start,
                      const Numbers& whole, const Numbers& unknown) {
  const Numbers known = resolved(shape, unknown, inputs);
  Numbers from = start, all = whole;
  for (std::size_t i = 0; i < known.size() && i < from.size() && i < all.size(); ++i)
    if (all[i] == -1) from[i] = 0, all[i] = known[i];  // No reduction that tells a place goes along it.
  Blocks partials = reduce(inputs, program, reductions, known, axes, from, all, {});
  std::int64_t elements = 1;
  for (const std::int64_t axis : axes) elements *= known[static_cast<std::size_t>(axis)];
  partials.push_back(Block::of<std::int64_t>({1}, {elements}));
  return partials;
}

Blocks combine_unsized(const std::vector<Blocks>& partials, const Reductions& reductions) {
  Blocks combined = combine(without_counts(partials), reductions);
  combined.push_back(Block::of<std::int64_t>({1}, {total(partials)}));
  return combined;
}

Block finish_unsized(const std::vector<Blocks>& partials, const Reductions& reductions, std::int64_t which, const Numbers& shape, std::int64_t axis) {
  const auto its = without_counts(partials);
  if (which < 0 || static_cast<std::size_t>(which) >= reductions.size() || its.empty() || static_cast<std::size_t>(which) >= its[0].size())
    throw Error(ErrorCode::invalid_argument, "there is no such reduction");
  const Reduction& reduction = reductions[static_cast<std::size_t>(which)];
  Numbers known = shape;
  const auto at = std::ranges::find(known, -1);
  if (at == known.end() && needs_one(reduction.by) && total(partials) == 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("{} of a dimension of unknown length: it turned out to be empty, and there is no {} of nothing",
                                                         arrays::kernels::to_string(reduction.by), arrays::kernels::to_string(reduction.by)));
  if (at != known.end()) {
    const auto form = its[0][static_cast<std::size_t>(which)].shape();
    if (axis < 0 || static_cast<std::size_t>(axis) + 1 >= form.size()) throw Error(ErrorCode::invalid_argument, "partials do not have the dimension of unknown length");
    *at = form[static_cast<std::size_t>(axis) + 1];  // Behind the planes.
  }
  return finish(its, reduction, which, known);
}

TESSERA_OPERATION_SIZED_AS(apply_unsized, "tessera.array.apply_unsized", Effects::pure, apply_unsized_sizes);
TESSERA_OPERATION_SIZED_AS(reduce_unsized, "tessera.array.reduce_unsized", Effects::pure, reduce_unsized_sizes);
TESSERA_OPERATION_SIZED_AS(combine_unsized, "tessera.array.combine_unsized", Effects::pure, combine_unsized_sizes);
TESSERA_OPERATION_SIZED_AS(finish_unsized, "tessera.array.finish_unsized", Effects::pure, finish_unsized_sizes);
}  // namespace tessera::array_operations
