#include "client/dlpack.hpp"

#include "arrays/shape/grid.hpp"
#include "client/error.hpp"

#include <dlpack/dlpack.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace tessera {
using arrays::Block;
using arrays::Dtype;
using arrays::Shape;

namespace {
constexpr std::uint8_t dl_bool = 6;  // DLPack 0.8 names it kDLBool; Debian has 0.6.

std::uint8_t code_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::boolean: return dl_bool;
    case Dtype::int8: case Dtype::int16: case Dtype::int32: case Dtype::int64: return kDLInt;
    case Dtype::uint8: case Dtype::uint16: case Dtype::uint32: case Dtype::uint64: return kDLUInt;
    case Dtype::float32: case Dtype::float64: return kDLFloat;
    case Dtype::complex64: case Dtype::complex128: return kDLComplex;
    default: throw Error(ErrorCode::type_mismatch, fmt::format("DLPack has no {}: view the block's nanoseconds as int64 instead", arrays::to_string(dtype)));
  }
}

Dtype dtype_of(const DLDataType& type) {
  for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(Dtype::datetime64); ++i) {
    const auto dtype = static_cast<Dtype>(i);
    if (code_of(dtype) == type.code && 8 * arrays::size_bytes(dtype) == type.bits && type.lanes == 1) return dtype;
  }
  throw Error(ErrorCode::type_mismatch, fmt::format("no dtype has the DLPack code {} with {} bits in {} lanes", type.code, type.bits, type.lanes));
}

/// What a tensor that is lent keeps alive.
struct Lent {
  Block block;
  Shape shape;
  DLManagedTensor tensor{};
};
}  // namespace

DLManagedTensor* to_dlpack(const Block& block) {
  const std::uint8_t code = code_of(block.dtype());
  auto lent = std::make_unique<Lent>(Lent{block, {block.shape().begin(), block.shape().end()}});
  DLTensor& tensor = lent->tensor.dl_tensor;
  tensor.data = const_cast<std::byte*>(block.raw().data());
  tensor.device = {kDLCPU, 0};
  tensor.ndim = static_cast<int>(block.rank());
  tensor.dtype = {code, static_cast<std::uint8_t>(8 * arrays::size_bytes(block.dtype())), 1};
  tensor.shape = lent->shape.data();
  lent->tensor.manager_ctx = lent.get();
  lent->tensor.deleter = [](DLManagedTensor* self) { delete static_cast<Lent*>(self->manager_ctx); };
  return &lent.release()->tensor;
}

Block from_dlpack(DLManagedTensor* managed) {
  if (managed == nullptr) throw Error(ErrorCode::invalid_argument, "there is no tensor");
  const DLTensor& tensor = managed->dl_tensor;
  if (tensor.device.device_type != kDLCPU && tensor.device.device_type != kDLCUDAHost)
    throw Error(ErrorCode::invalid_argument, fmt::format("the tensor is on a device of DLPack's type {}, not in main memory: copy it there first", static_cast<int>(tensor.device.device_type)));
  const Dtype dtype = dtype_of(tensor.dtype);
  const Shape shape(tensor.shape, tensor.shape + std::max(tensor.ndim, 0));
  if (!Block::size_bytes_of(dtype, shape)) throw Error(ErrorCode::invalid_argument, "no block has the tensor's shape " + arrays::to_string(shape));
  arrays::BlockBuilder builder(dtype, shape);
  const auto* from = static_cast<const std::byte*>(tensor.data) + tensor.byte_offset;
  std::byte* to = builder.raw().data();
  const std::size_t each = arrays::size_bytes(dtype);
  if (tensor.strides == nullptr) {
    if (!builder.raw().empty()) std::memcpy(to, from, builder.raw().size());
  } else if (!builder.raw().empty()) {
    Shape at(shape.size(), 0);
    do {
      std::int64_t offset = 0;
      for (std::size_t i = 0; i < at.size(); ++i) offset += at[i] * tensor.strides[i];
      std::memcpy(to, from + offset * static_cast<std::int64_t>(each), each);
      to += each;
    } while (arrays::shape::next_index(at, shape));
  }
  if (dtype == Dtype::boolean)
    for (std::byte& one : builder.raw()) one = one == std::byte{0} ? one : std::byte{1};
  if (managed->deleter != nullptr) managed->deleter(managed);
  return std::move(builder).freeze();
}
}  // namespace tessera
