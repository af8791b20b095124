/// @file
/// What is known of a value without having it, so that memory is reserved before anything is made.
#pragma once
#include "arrays/block.hpp"
#include "runtime/base/units.hpp"

#include <optional>

namespace tessera::arrays {
/// The size of a value; of a block also dtype and shape.
struct Extent {
  runtime::Bytes bytes;
  std::optional<Dtype> dtype = {};  ///< Of blocks.
  Shape shape = {};

  /// Of a block, header included. Throws `std::invalid_argument` where a length is negative or the size exceeds 2^63 - 1.
  static Extent of(Dtype dtype, Shape shape);
  static Extent of(const Block& block);
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// What one task takes while it runs, besides its inputs.
struct Sizes {
  Extent output;
  runtime::Bytes scratch = {};  ///< Memory that is allocated and freed again while it runs.
  runtime::Bytes read = {};     ///< From files and the like; for `Cluster::plan`.
};
}  // namespace tessera::arrays
