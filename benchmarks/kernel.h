/* A compute-bound kernel, the same for all peers: 16 independent 4-wide FMA chains, 128 flops an iteration, registers only.
   C, as Python loads it through ctypes, which drops the GIL around it. */
#ifndef TESSERA_BENCHMARKS_KERNEL_H
#define TESSERA_BENCHMARKS_KERNEL_H
#ifdef __cplusplus
extern "C"
#endif
__attribute__((noinline)) double tessera_kernel(long iterations) {
  typedef double lanes __attribute__((vector_size(32)));
  const lanes factor = {0.999, 0.998, 0.997, 0.996}, term = {1e-3, 2e-3, 3e-3, 4e-3};
  lanes a[16];
  for (int i = 0; i < 16; ++i) { /* All different, or the compiler folds them. */
    const lanes first = {1.0 + i, 0.5 + i, 0.25 + i, 0.125 + i};
    a[i] = first;
  }
  for (long k = 0; k < iterations; ++k)
    for (int i = 0; i < 16; ++i) a[i] = a[i] * factor + term;
  for (int i = 1; i < 16; ++i) a[0] += a[i];
  return a[0][0] + a[0][1] + a[0][2] + a[0][3];
}
#endif
