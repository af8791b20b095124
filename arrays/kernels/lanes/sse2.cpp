// What every x86-64 processor has.
#include "arrays/kernels/lanes/folds.hpp"
#include "arrays/kernels/lanes/sets.hpp"

namespace tessera::arrays::kernels {
namespace {
bool available() { return true; }
}  // namespace
const Lanes& sse2_lanes() {
  static constexpr Lanes lanes{"sse2", available, loop, folds<xsimd::sse2>, squares<xsimd::sse2>, replace_nan, range};
  return lanes;
}
}  // namespace tessera::arrays::kernels
