/// @file
/// OpenBLAS with one thread a call: lanes are the threads here. It is loaded with the first call: a process that has no matrices has neither its
/// threads nor its memory.
#pragma once
#include <cblas.h>

#include <mutex>

namespace tessera::arrays::linalg {
/// The function of the library by that name. Throws `std::runtime_error` where the library is not installed.
void* blas_symbol(const char* name);

/// Calls like the function that a header declares.
#define TESSERA_BLAS(name) (*[] { static const auto at = reinterpret_cast<decltype(&::name)>(::tessera::arrays::linalg::blas_symbol(#name)); return at; }())

/// To be held while the library is used. Which of its builds a process gets is the choice of its machine (update-alternatives). The one with POSIX threads, which
/// scripts/setup installs, is told to use one and may be called by many lanes at once. The others may not: Debian's serial build shares buffers
/// without a lock, and results were wrong (0.3.21, seen 2026-11-27), so there one lane uses it at a time.
class Turn {
 public:
  Turn() {
    static const bool may_be_shared = (TESSERA_BLAS(openblas_set_num_threads)(1), TESSERA_BLAS(openblas_get_parallel)() == OPENBLAS_THREAD);
    static std::mutex turn;
    if (!may_be_shared) lock_ = std::unique_lock(turn);
  }

 private:
  std::unique_lock<std::mutex> lock_;
};
}  // namespace tessera::arrays::linalg
