#include "runtime/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace tessera::runtime {
void defect(const char* condition, const char* what, const char* file, int line) {
  std::fprintf(stderr, "tessera: defect at %s:%d: %s (%s). Please report it with the lines above.\n", file, line, what,
               condition);
  std::abort();
}
}  // namespace tessera::runtime
