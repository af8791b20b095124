/// @file
/// More elements at both ends of a dimension: views of the array, before and behind it.
#pragma once
#include "client/xp/windows.hpp"

#include <optional>

namespace tessera::detail {
using Padding = xp::PadMode;
/// Chunks stay as they are, what is added is another before and behind them, at most. Refuses a dimension that is empty, but for a constant.
Array padded(const Array& x, std::size_t axis, std::int64_t before, std::int64_t behind, Padding how, const std::optional<Operand>& number = {});
}  // namespace tessera::detail
