/// @file
/// Factorisations and what follows from them, of each matrix in a stack, by OpenBLAS's LAPACK. One thread.
#pragma once
#include "arrays/block.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tessera::arrays::linalg {
/// The numbers are on the wire. Operands and results are of float32, float64, complex64 or complex128; `r` is their real dtype, k is min(m, n).
enum class Factor : std::uint8_t {
  qr,            ///< (m, n): Q (m, k), R (k, n).
  qr_complete,   ///< (m, n): Q (m, m), R (m, n).
  svd,           ///< (m, n): U (m, k), S (k) of `r`, the adjoint of V (k, n).
  svd_full,      ///< (m, n): U (m, m), S (k) of `r`, the adjoint of V (n, n).
  svdvals,       ///< (m, n): S (k) of `r`.
  eigh,          ///< (n, n), of which the lower triangle is read: values (n) of `r`, ascending, vectors (n, n).
  eigvalsh,      ///< (n, n): the values.
  cholesky,      ///< (n, n), of which the lower triangle is read: L (n, n).
  inv,           ///< (n, n): (n, n).
  det,           ///< (n, n): ().
  slogdet,       ///< (n, n): sign (), logarithm of the modulus () of `r`.
  solve,         ///< (n, n) and (n, c): (n, c).
  solve_lower,   ///< The same, of which the lower triangle is read.
  solve_upper,   ///< The same, of which the upper triangle is read.
  divide_lower,  ///< (n, n), of which the lower triangle L is read, and (c, n): X (c, n) with X L^H = B.
  reflectors,    ///< (m, n), m >= n: Q as reflectors (n, m) and their triangles (n, p), which only `reflect` reads, and R (n, n).
  reflect,       ///< Those two, and X (n, c): Q X (m, c).
  eig,           ///< (n, n): values (n) and vectors (n, n), both complex.
  eigvals,       ///< (n, n): the values.
};
inline constexpr std::uint8_t factor_count = 19;
std::string_view to_string(Factor factor);
constexpr std::size_t operand_count(Factor factor) {
  return factor == Factor::reflect ? 3 : factor >= Factor::solve && factor <= Factor::divide_lower ? 2 : 1;
}

struct Described {
  Dtype dtype{};
  Shape shape;
};
/// What is made of operands of that dtype, with dimensions before the matrices' that agree. `invalid_argument` where a shape does not fit,
/// `type_mismatch` where there is no LAPACK for the dtype: sentences for who called it.
runtime::Result<std::vector<Described>> results_of(Factor factor, Dtype dtype, std::span<const Shape> operands);
/// Memory that it takes besides operands and results: an estimate of LAPACK's working space from above.
std::int64_t scratch_bytes(Factor factor, Dtype dtype, std::span<const Shape> operands);

/// Fails where a matrix is singular, not positive definite, or has NaN or infinity where that hinders.
runtime::Result<std::vector<Block>> factored(Factor factor, std::span<const Block> operands);
}  // namespace tessera::arrays::linalg
