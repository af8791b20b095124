#include "client/array/sizes.hpp"

#include "arrays/shape/chunks.hpp"

#include <bit>

namespace tessera::array_operations {
namespace {
/// What combining holds besides its end: a partial for each level of the tree.
runtime::Bytes levels(const Given<std::vector<Blocks>>& partials) {
  return {partials.extent().bytes.value * static_cast<std::uint64_t>(std::bit_width(partials.extents().size() - 1))};
}
}  // namespace

Sizes apply_sizes(const Given<Blocks>&, const Given<Bytes>&, const Given<Dtype>& dtype, const Given<Numbers>& shape, const Given<Numbers>&, const Given<Numbers>&,
                  const Given<Numbers>&) {
  return {Extent::of(dtype.value(), shape.value())};
}

Sizes reduce_sizes(const Given<Blocks>&, const Given<Bytes>&, const Given<Reductions>& reductions, const Given<Numbers>& shape,
                   const Given<Numbers>& axes, const Given<Numbers>&, const Given<Numbers>&, const Given<Numbers>&) {
  Numbers left = shape.value();
  for (const std::int64_t axis : axes.value()) left.at(static_cast<std::size_t>(axis)) = 1;
  std::uint64_t bytes = sizeof(Blocks);
  for (const Reduction& one : reductions.value()) {
    const auto form = arrays::kernels::partial_form(one);
    Numbers planes{form.planes};
    planes.insert(planes.end(), left.begin(), left.end());
    bytes += Extent::of(form.dtype, planes).bytes.value;
  }
  return {{{bytes}}};
}

Sizes combine_sizes(const Given<std::vector<Blocks>>& partials, const Given<Reductions>&) { return {{partials.extent().bytes}, levels(partials)}; }

Sizes finish_sizes(const Given<std::vector<Blocks>>& partials, const Given<Reduction>& reduction, const Given<std::int64_t>&, const Given<Numbers>& shape) {
  const Extent result = Extent::of(reduction.value().result, shape.value());
  return {result, levels(partials) + partials.extent().bytes + result.bytes};
}

Sizes gather_sizes(const Given<Blocks>&, const Given<Dtype>& dtype, const Given<Numbers>& shape, const Given<Numbers>&) {
  return {Extent::of(dtype.value(), shape.value())};
}

Sizes part_sizes(const Given<std::vector<Blocks>>& of, const Given<std::int64_t>&, const Given<Dtype>& dtype, const Given<Numbers>& shape) {
  const bool is_known = !arrays::shape::unknown_dimension(shape.value());
  return {is_known ? Extent::of(dtype.value(), shape.value()) : Extent{of.extent().bytes}};
}

Sizes reshape_sizes(const Given<Block>& block, const Given<Numbers>& shape) { return {Extent::of(block.extent().dtype.value(), shape.value())}; }

Sizes make_sizes(const Given<Dtype>& dtype, const Given<std::uint8_t>&, const Given<Bytes>&, const Given<std::int64_t>&,
                 const Given<Numbers>&, const Given<Numbers>& count, const Given<Numbers>&) {
  return {Extent::of(dtype.value(), count.value())};
}
}  // namespace tessera::array_operations
