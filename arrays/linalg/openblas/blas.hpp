/// @file
/// OpenBLAS with one thread a call: lanes are the threads here.
#pragma once
#include <cblas.h>

#include <mutex>

namespace tessera::arrays::linalg {
/// To be held while the library is used. Which of its builds a process gets is the choice of its machine (update-alternatives). The one with POSIX threads, which
/// scripts/setup installs, is told to use one and may be called by many lanes at once. The others may not: Debian's serial build shares buffers
/// without a lock, and results were wrong (0.3.21, seen 2026-11-27), so there one lane uses it at a time.
class Turn {
 public:
  Turn() {
    static const bool is_set = (openblas_set_num_threads(1), true);
    static std::mutex turn;
    if (is_set && openblas_get_parallel() != OPENBLAS_THREAD) lock_ = std::unique_lock(turn);
  }

 private:
  std::unique_lock<std::mutex> lock_;
};
}  // namespace tessera::arrays::linalg
