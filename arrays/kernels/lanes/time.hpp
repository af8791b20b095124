/// @file
/// Functions of datetime64 and timedelta64, one at a time. NaT makes NaT; compared with anything it is unequal.
#pragma once
#include "arrays/kernels/lanes/lanes.hpp"

namespace tessera::arrays::kernels {
/// Null where there is none. Casts also from and to integers.
Loop time_loop(Op op, std::span<const Dtype> operands, Dtype result);
}  // namespace tessera::arrays::kernels
