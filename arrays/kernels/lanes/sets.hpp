/// @file
/// The instruction sets that were compiled; arrays/CMakeLists.txt says which.
#pragma once
#include "arrays/kernels/lanes/lanes.hpp"

namespace tessera::arrays::kernels {
const Lanes& sse2_lanes();
const Lanes& avx2_lanes();
const Lanes& avx512_lanes();
}  // namespace tessera::arrays::kernels
