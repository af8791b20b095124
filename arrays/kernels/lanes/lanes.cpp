#include "arrays/kernels/lanes/lanes.hpp"

#include "arrays/kernels/lanes/sets.hpp"
#include "runtime/base/assert.hpp"

#include <cstdlib>
#include <vector>

namespace tessera::arrays::kernels {
std::span<const Lanes* const> all_lanes() {
  static const std::vector<const Lanes*> all = [] {
    std::vector<const Lanes*> runnable;
    for (const Lanes* one : {&sse2_lanes(), &avx2_lanes(), &avx512_lanes()})
      if (one->available()) runnable.push_back(one);
    return runnable;
  }();
  return all;
}

const Lanes& lanes() {
  static const Lanes& chosen = *[] {
    const char* asked = std::getenv("TESSERA_LANES");
    for (const Lanes* one : all_lanes())
      if (asked != nullptr && one->name == asked) return one;
    return all_lanes().back();
  }();
  return chosen;
}

Loop loop_of(const Lanes& lanes, Op op, std::span<const Dtype> operands, Dtype result) {
  const Dtype operand = op == Op::where ? operands[1] : operands[0];
  Loop found = nullptr;
  if (op == Op::where || operands.back() == operand) found = lanes.loop(op, operand, result);
  if (found == nullptr) found = scalar_loop(op, operands, result);
  TESSERA_ASSERT(found != nullptr, "a function has no loop for a dtype that it takes");
  return found;
}
}  // namespace tessera::arrays::kernels
