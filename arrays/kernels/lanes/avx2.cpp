// Compiled with -mavx2.
#include "arrays/kernels/lanes/folds.hpp"
#include "arrays/kernels/lanes/sets.hpp"

namespace tessera::arrays::kernels {
namespace {
bool available() { return __builtin_cpu_supports("avx2") != 0; }
}  // namespace
const Lanes& avx2_lanes() {
  static constexpr Lanes lanes{"avx2", available, loop, folds<xsimd::avx2>, squares<xsimd::avx2>, replace_nan, range};
  return lanes;
}
}  // namespace tessera::arrays::kernels
