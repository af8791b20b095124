/// @file
/// Functions of complex numbers, one at a time.
#pragma once
#include "arrays/kernels/lanes/lanes.hpp"

namespace tessera::arrays::kernels {
/// Null where there is none. Casts also from real numbers and to bool.
Loop complex_loop(Op op, Dtype operand, Dtype result);
}  // namespace tessera::arrays::kernels
