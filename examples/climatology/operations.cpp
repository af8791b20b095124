#include "examples/climatology/operations.hpp"

#include "arrays/kernels/layout.hpp"

#include <algorithm>

namespace climatology {
namespace {
template <class T>
T need(tessera::runtime::Result<T> result) {
  if (!result) throw tessera::Error(result.failure());
  return std::move(*result);
}
}  // namespace

Block read_fields(const std::vector<tessera::io::grib::Field>& fields, const Shape& shape) {
  if (shape.size() < 2) throw tessera::Error(tessera::ErrorCode::invalid_argument, "fields have two dimensions at least");
  const Block block = need(tessera::io::grib::read(fields, shape[shape.size() - 2], shape.back()));
  return need(tessera::arrays::kernels::reshape(block, shape));
}

Block read_slabs(const std::vector<tessera::io::netcdf::Slab>& slabs, const Shape& shape, tessera::arrays::Dtype) {
  return need(tessera::io::netcdf::read(slabs, shape));
}

void write_chunk(const std::string& store, const tessera::io::zarr::Array& array, const Shape& index, const Block& block) {
  if (const auto done = tessera::io::zarr::write_chunk(store, array, index, block); !done) throw tessera::Error(done.failure());
}

namespace {
using tessera::Extent;
using tessera::Given;
using tessera::Sizes;
using tessera::arrays::Dtype;
using tessera::runtime::Bytes;

Sizes read_fields_sizes(const Given<std::vector<tessera::io::grib::Field>>& fields, const Given<Shape>& shape) {
  const Extent block = Extent::of(Dtype::float32, shape.value());
  std::uint64_t message = 0, all = 0;
  for (const auto& field : fields.value()) message = std::max(message, field.length), all += field.length;
  const std::uint64_t of_one = fields.value().empty() ? 0 : 2 * block.bytes.value / fields.value().size();  // ecCodes decodes to doubles.
  return {block, block.bytes + Bytes{message + of_one}, {all}};  // The block, before it has its shape.
}
Sizes read_slabs_sizes(const Given<std::vector<tessera::io::netcdf::Slab>>&, const Given<Shape>& shape, const Given<Dtype>& dtype) {
  const Extent block = Extent::of(dtype.value(), shape.value());
  return {block, block.bytes, block.bytes};  // As it is stored; what is packed takes less.
}
Sizes write_chunk_sizes(const Given<std::string>&, const Given<tessera::io::zarr::Array>&, const Given<Shape>&, const Given<Block>& block) {
  return {{{sizeof(std::monostate)}}, block.extent().bytes};  // Compressed.
}
}  // namespace

TESSERA_OPERATION_SIZED_AS(read_fields, "climatology.read_fields", tessera::Effects::pure, read_fields_sizes);
TESSERA_OPERATION_SIZED_AS(read_slabs, "climatology.read_slabs", tessera::Effects::pure, read_slabs_sizes);
TESSERA_OPERATION_SIZED_AS(write_chunk, "climatology.write_chunk", tessera::Effects::idempotent, write_chunk_sizes);
}  // namespace climatology
