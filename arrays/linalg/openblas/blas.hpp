/// @file
/// OpenBLAS with one thread a call: lanes are the threads here.
#pragma once
#include <cblas.h>

namespace tessera::arrays::linalg {
/// To be called before the library is used. Debian's serial build has one thread anyway; which build a process gets is the choice of its
/// machine (update-alternatives), and the others would start a thread for each processor in each lane.
inline void one_thread() {
  static const bool is_set = (openblas_set_num_threads(1), true);
  static_cast<void>(is_set);
}
}  // namespace tessera::arrays::linalg
