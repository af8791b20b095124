// Compiled with -mavx512f -mavx512dq -mavx512bw -mavx512vl.
#include "arrays/kernels/lanes/folds.hpp"
#include "arrays/kernels/lanes/sets.hpp"

namespace tessera::arrays::kernels {
namespace {
bool available() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
}
}  // namespace
const Lanes& avx512_lanes() {
  static constexpr Lanes lanes{"avx512", available, loop, folds<xsimd::avx512f>, squares<xsimd::avx512f>, replace_nan, range};
  return lanes;
}
}  // namespace tessera::arrays::kernels
