#include "arrays/extent.hpp"

#include <stdexcept>

namespace tessera::arrays {
Extent Extent::of(Dtype dtype, Shape shape) {
  const auto bytes = Block::size_bytes_of(dtype, shape);
  if (!bytes) throw std::invalid_argument("no block has the shape " + to_string(shape));
  return {{*bytes}, dtype, std::move(shape)};
}

Extent Extent::of(const Block& block) {
  const ShapeView shape = block.shape();
  return {{block.size_bytes()}, block.dtype(), Shape(shape.begin(), shape.end())};
}
}  // namespace tessera::arrays
