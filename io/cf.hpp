/// @file
/// Packed and masked values of the CF conventions, decoded by xarray's rules for types and rounding.
#pragma once
#include "io/variable.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace tessera::io {
/// What attributes say about how values are stored. A fill that no attribute names masks nothing.
struct Packing {
  arrays::Dtype seen_as = arrays::Dtype::float32;  ///< The stored dtype, with `_Unsigned` obeyed.
  std::vector<double> fills;                       ///< Values that mean "missing"; none of them is NaN.
  std::optional<double> scale, offset;
  arrays::Dtype decoded = arrays::Dtype::float32;  ///< What values become.
};

/// Takes `_Unsigned`, `_FillValue`, `missing_value`, `scale_factor` and `add_offset` out of the attributes; `bad_input` if one
/// of them is not what it should be.
runtime::Result<Packing> take_packing(Attributes& attributes, arrays::Dtype stored);

/// Stored values as `packing.decoded`: NaN where one equals a fill, else scaled, then moved by the offset, in that type.
/// As many elements in both, each aligned to its type.
void decode(const Packing& packing, std::span<const std::byte> stored, std::span<std::byte> decoded);
arrays::Block decode(const Packing& packing, const arrays::Block& stored);
}  // namespace tessera::io
