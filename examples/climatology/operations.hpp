/// @file
/// What tasks of this job do with files: built into the program, and as the plug-in that nodes of a cluster load. Paths are
/// absolute; every node sees the same files.
#pragma once
#include "client/operation.hpp"
#include "client/sizes.hpp"
#include "io/grib/cube.hpp"
#include "io/netcdf/cube.hpp"
#include "io/zarr/store.hpp"
#include "serialization/block_codec.hpp"
#include "serialization/cereal.hpp"

namespace climatology {
using tessera::arrays::Block;
using tessera::arrays::Shape;

/// Decodes fields of `rows` x `columns` and gives them as a block of `shape`.
Block read_fields(const std::vector<tessera::io::grib::Field>& fields, const Shape& shape);
/// `dtype` is what the slabs hold once they are decoded, so that it is known how large the block will be.
Block read_slabs(const std::vector<tessera::io::netcdf::Slab>& slabs, const Shape& shape, tessera::arrays::Dtype dtype);
/// Writes one chunk of a store that was begun. Idempotent: once more, and the same bytes lie there.
void write_chunk(const std::string& store, const tessera::io::zarr::Array& array, const Shape& index, const Block& block);
}  // namespace climatology
