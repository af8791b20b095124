#include "client/array/fft/operations.hpp"

#include "arrays/fft/transform.hpp"
#include "client/operation.hpp"
#include "client/sizes.hpp"
#include "serialization/block_codec.hpp"

namespace tessera::array_operations {
namespace {
Sizes fft_sizes(const Given<Block>& block, const Given<std::uint8_t>& transform, const Given<std::int64_t>& axis, const Given<std::int64_t>& n, const Given<double>&) {
  const auto its = static_cast<arrays::fft::Transform>(transform.value());
  arrays::Shape shape = block.extent().shape;
  shape.at(static_cast<std::size_t>(axis.value())) = arrays::fft::length_of(its, n.value());
  return {Extent::of(arrays::fft::result_of(its, block.extent().dtype.value()), shape), {static_cast<std::uint64_t>(arrays::fft::scratch_bytes(n.value()))}};
}
}  // namespace

Block fft(const Block& block, std::uint8_t transform, std::int64_t axis, std::int64_t n, double scale) {
  if (axis < 0) throw Error(ErrorCode::invalid_argument, "there is no axis before the first");
  auto result = arrays::fft::transformed(static_cast<arrays::fft::Transform>(transform), block, static_cast<std::size_t>(axis), n, scale);
  if (!result) throw Error(result.failure());
  return std::move(*result);
}

TESSERA_OPERATION_SIZED_AS(fft, "tessera.array.fft", Effects::pure, fft_sizes);
}  // namespace tessera::array_operations
