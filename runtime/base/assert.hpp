/// @file
/// Defects abort, in every build: a state that cannot be must not be computed with.
#pragma once

namespace tessera::runtime {
/// Prints the place and the sentence to stderr and aborts.
[[noreturn]] void defect(const char* condition, const char* what, const char* file, int line);
}  // namespace tessera::runtime

#define TESSERA_ASSERT(condition, what) \
  ((condition) ? void(0) : ::tessera::runtime::defect(#condition, what, __FILE__, __LINE__))
