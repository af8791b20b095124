/// @file
/// LAPACK for one matrix in C order. It has matrices in columns, so what it sees is the transpose; each function chooses the one of LAPACK that
/// does then what is wanted, instead of turning the matrix. They return what is wrong with the matrix, or nothing.
#pragma once
#include "arrays/linalg/openblas/blas.hpp"
#include "arrays/linalg/openblas/lapack.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <vector>

namespace tessera::arrays::linalg {
/// m x n; right sides have c columns.
struct Shapes {
  std::int64_t m, n, c;
};
template <class T>
struct RealOfImpl { using type = T; };
template <class T>
struct RealOfImpl<std::complex<T>> { using type = T; };
template <class T>
using RealOf = typename RealOfImpl<T>::type;

namespace matrix {
using lapack::Int;
inline Int length(std::int64_t value) { return static_cast<Int>(value); }
inline Int leading(std::int64_t value) { return static_cast<Int>(std::max<std::int64_t>(value, 1)); }
template <class T>
Int asked(const T& work) { return std::max<Int>(static_cast<Int>(std::real(work)), 1); }

template <class T>
bool is_finite(const T* a, std::int64_t count) {
  return std::all_of(a, a + count, [](const T& one) { return std::isfinite(std::real(one)) && std::isfinite(std::imag(one)); });
}
template <class T>
void identity(std::int64_t n, T* to) {
  std::fill(to, to + n * n, T(0));
  for (std::int64_t i = 0; i < n; ++i) to[i * n + i] = T(1);
}
template <class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* from, T* to) {
  constexpr std::int64_t tile = 16;
  for (std::int64_t i = 0; i < rows; i += tile)
    for (std::int64_t j = 0; j < columns; j += tile)
      for (std::int64_t r = i; r < std::min(i + tile, rows); ++r)
        for (std::int64_t c = j; c < std::min(j + tile, columns); ++c) to[c * rows + r] = from[r * columns + c];
}
}  // namespace matrix

template <class T>
T conjugate(const T& value) {
  if constexpr (sizeof(T) != sizeof(RealOf<T>)) return std::conj(value);
  else return value;
}
/// How many reflectors LAPACK applies together.
inline std::int64_t panel_of(std::int64_t m, std::int64_t n) { return std::min<std::int64_t>({m, n, 16}); }

/// QR of a matrix as reflectors: they are n columns, of which the upper triangle is R, and triangles of panels. Turned into columns first: `geqrt`, whose
/// panels are recursive, takes half the time of `gelqf` of the matrix as it lies (10000 x 100, 2026-11-27).
template <class T>
void reflectors(std::int64_t m, std::int64_t n, const T* a, T* columns, T* triangles) {
  using namespace matrix;
  const std::int64_t panel = panel_of(m, n);
  std::vector<T> work(static_cast<std::size_t>(panel * n) + 1);
  transpose(m, n, a, columns);
  Int info = 0;
  if (panel > 0) lapack::geqrt(length(m), length(n), length(panel), columns, leading(m), triangles, leading(panel), work.data(), info);
}
/// R of n rows from k reflectors, row i divided by signs[i].
template <class T>
void upper_triangle(std::int64_t m, std::int64_t n, std::int64_t rows, const T* columns, const std::vector<T>& signs, T* r) {
  const std::int64_t k = std::min(m, n);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < n; ++j) r[i * n + j] = j >= i && i < k ? columns[j * m + i] * conjugate(signs[static_cast<std::size_t>(i)]) : T(0);
}
/// Q X, where X begins with what `x` has and goes on with zeros: m x count, from k reflectors.
template <class T>
void reflect(std::int64_t m, std::int64_t k, std::int64_t panel, std::int64_t count, const T* columns, const T* triangles, std::vector<T>& x, T* to) {
  using namespace matrix;
  std::vector<T> work(static_cast<std::size_t>(panel * count) + 1);
  Int info = 0;
  if (k > 0)
    lapack::gemqrt(length(m), length(count), length(k), length(panel), columns, leading(m), triangles, leading(panel), x.data(), leading(m), work.data(), info);
  transpose(count, m, x.data(), to);
}

/// Q is m x count; R has as many rows. Signs are chosen so that the diagonal of R is not negative: then the factors are unique.
template <class T>
const char* qr(std::int64_t m, std::int64_t n, std::int64_t count, const T* a, T* q, T* r) {
  const std::int64_t k = std::min(m, n), panel = panel_of(m, n);
  std::vector<T> columns(static_cast<std::size_t>(m * n) + 1), triangles(static_cast<std::size_t>(panel * k) + 1), unit(static_cast<std::size_t>(m * count) + 1, T(0));
  reflectors(m, n, a, columns.data(), triangles.data());
  std::vector<T> signs(static_cast<std::size_t>(count), T(1));
  for (std::int64_t i = 0; i < count; ++i) {
    T& sign = signs[static_cast<std::size_t>(i)];
    if (const T diagonal = i < k ? columns[static_cast<std::size_t>(i * m + i)] : T(0); std::abs(diagonal) > 0) sign = diagonal / std::abs(diagonal);
    unit[static_cast<std::size_t>(i * m + i)] = sign;
  }
  upper_triangle(m, n, count, columns.data(), signs, r);
  reflect(m, k, panel, count, columns.data(), triangles.data(), unit, q);
  return nullptr;
}
/// The same as reflectors, with the signs that they have.
template <class T>
const char* qr_reflectors(std::int64_t m, std::int64_t n, const T* a, T* columns, T* triangles, T* r) {
  reflectors(m, n, a, columns, triangles);
  upper_triangle(m, n, n, columns, std::vector<T>(static_cast<std::size_t>(n), T(1)), r);
  return nullptr;
}
template <class T>
const char* reflected(std::int64_t m, std::int64_t n, std::int64_t count, const T* columns, const T* triangles, const T* x, T* to) {
  std::vector<T> turned(static_cast<std::size_t>(m * count) + 1, T(0));
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < count; ++j) turned[static_cast<std::size_t>(j * m + i)] = x[i * count + j];
  reflect(m, n, panel_of(m, n), count, columns, triangles, turned, to);
  return nullptr;
}

/// Multiplies column i of a matrix by factors[i].
template <class T>
void scale_columns(const std::vector<T>& factors, std::int64_t rows, std::int64_t columns, T* to) {
  if (std::all_of(factors.begin(), factors.end(), [](const T& one) { return one == T(1); })) return;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < factors.size(); ++j) to[i * columns + static_cast<std::int64_t>(j)] *= factors[j];
}

/// Of each pair of singular vectors the shorter one's largest part (the first of about that size) becomes positive: then they are unique where the
/// values are, and do not depend on how they were found.
template <class T>
void choose_signs(std::int64_t m, std::int64_t n, std::int64_t kept_m, T* u, T* v) {
  const std::int64_t k = std::min(m, n);
  const bool is_tall = m >= n;
  std::vector<T> signs(static_cast<std::size_t>(k), T(1));
  for (std::int64_t i = 0; i < k; ++i) {
    const auto part = [&](std::int64_t j) { return is_tall ? v[i * n + j] : u[j * kept_m + i]; };
    RealOf<T> largest = 0;
    for (std::int64_t j = 0; j < k; ++j) largest = std::max(largest, std::abs(part(j)));
    std::int64_t at = 0;
    while (at + 1 < k && std::abs(part(at)) < static_cast<RealOf<T>>(0.999) * largest) ++at;
    T& sign = signs[static_cast<std::size_t>(i)];
    if (const auto modulus = std::abs(part(at)); modulus > 0) sign = part(at) / modulus;
    for (std::int64_t j = 0; j < n; ++j) v[i * n + j] *= is_tall ? conjugate(sign) : sign;
    if (!is_tall) sign = conjugate(sign);
  }
  scale_columns(signs, m, kept_m, u);
}

/// `job` as LAPACK has it: 'S', 'A', or 'N' (values only). The transpose of U S V^H is conj(V) S U^T: both factors come as they are wanted.
template <class T>
const char* svd(char job, std::int64_t m, std::int64_t n, const T* a, T* u, RealOf<T>* s, T* v) {
  using namespace matrix;
  using R = RealOf<T>;
  const std::int64_t k = std::min(m, n), longer = std::max(m, n);
  if (!is_finite(a, m * n)) return "has NaN or infinity";
  if (k == 0) {
    if (job == 'A') identity(m, u), identity(n, v);
    return nullptr;
  }
  std::vector<T> copy(a, a + m * n), work(1);
  std::vector<R> real(sizeof(T) == sizeof(R) ? 1 : static_cast<std::size_t>(std::max(5 * k * k + 5 * k, 2 * longer * k + 2 * k * k + k) + 7 * k));
  std::vector<Int> whole(static_cast<std::size_t>(8 * k));
  const std::int64_t kept_m = job == 'A' ? m : k;
  Int info = 0;
  const auto run = [&](Int size) {
    lapack::gesdd(job, length(n), length(m), copy.data(), leading(n), s, v, leading(n), u, leading(kept_m), work.data(), size, real.data(), whole.data(), info);
  };
  run(-1);
  work.resize(static_cast<std::size_t>(asked(work[0])));
  run(length(static_cast<std::int64_t>(work.size())));
  if (info != 0) return "has singular values that were not found: LAPACK's gesdd did not converge";
  if (job != 'N') choose_signs(m, n, kept_m, u, v);
  return nullptr;
}

/// Values only where `vectors` is nothing. What LAPACK sees of a Hermitian matrix is its conjugate.
template <class T>
const char* eigh(std::int64_t n, const T* a, RealOf<T>* values, T* vectors) {
  using namespace matrix;
  using R = RealOf<T>;
  if (!is_finite(a, n * n)) return "has NaN or infinity";
  if (n == 0) return nullptr;
  std::vector<T> copy(a, a + n * n), work(1);
  std::vector<R> real(1);
  std::vector<Int> whole(1);
  Int info = 0;
  const auto run = [&](Int size, Int real_size, Int whole_size) {
    lapack::heevd(vectors != nullptr ? 'V' : 'N', 'U', length(n), copy.data(), length(n), values, work.data(), size, real.data(), real_size, whole.data(), whole_size, info);
  };
  run(-1, -1, -1);
  work.resize(static_cast<std::size_t>(asked(work[0]))), real.resize(static_cast<std::size_t>(std::max<Int>(asked(real[0]), 1)));
  whole.resize(static_cast<std::size_t>(std::max<Int>(whole[0], 1)));
  run(length(static_cast<std::int64_t>(work.size())), length(static_cast<std::int64_t>(real.size())), length(static_cast<std::int64_t>(whole.size())));
  if (info != 0) return "has eigenvalues that were not found: LAPACK did not converge";
  if (vectors != nullptr) transpose(n, n, copy.data(), vectors);
  if constexpr (sizeof(T) != sizeof(R)) {
    if (vectors != nullptr)
      for (std::int64_t i = 0; i < n * n; ++i) vectors[i] = std::conj(vectors[i]);
  }
  return nullptr;
}

/// Values only where `vectors` is nothing. A pair of conjugate values of a real matrix has the real and the imaginary part of the first one's vector
/// in two columns.
template <class T>
const char* eig(std::int64_t n, const T* a, std::complex<RealOf<T>>* values, std::complex<RealOf<T>>* vectors) {
  using namespace matrix;
  using R = RealOf<T>;
  if (!is_finite(a, n * n)) return "has NaN or infinity";
  if (n == 0) return nullptr;
  const auto count = static_cast<std::size_t>(n);
  std::vector<T> copy(count * count), columns(vectors != nullptr ? count * count : 1), work(1), found(count);
  std::vector<R> imaginary(2 * count, R(0));  // Of complex matrices working space.
  transpose(n, n, a, copy.data());
  Int info = 0;
  const auto run = [&](Int size) {
    lapack::geev(vectors != nullptr ? 'V' : 'N', length(n), copy.data(), leading(n), found.data(), imaginary.data(), columns.data(), leading(n), work.data(), size, info);
  };
  run(-1);
  work.resize(static_cast<std::size_t>(asked(work[0])));
  run(length(static_cast<std::int64_t>(work.size())));
  if (info != 0) return "has eigenvalues that were not found: LAPACK's geev did not converge";
  constexpr bool is_real = sizeof(T) == sizeof(R);
  for (std::int64_t j = 0; j < n; ++j) {
    const R part = is_real ? imaginary[static_cast<std::size_t>(j)] : R(0);
    values[j] = std::complex<R>(found[static_cast<std::size_t>(j)]) + std::complex<R>(0, part);
    const std::int64_t first = part < 0 ? j - 1 : j;
    for (std::int64_t i = 0; vectors != nullptr && i < n; ++i) {
      const std::complex<R> real(columns[static_cast<std::size_t>(first * n + i)]);
      const std::complex<R> other = part != 0 ? std::complex<R>(columns[static_cast<std::size_t>((first + 1) * n + i)]) : std::complex<R>();
      vectors[i * n + j] = real + (part < 0 ? std::complex<R>(0, -1) : std::complex<R>(0, 1)) * other;
    }
  }
  return nullptr;
}

template <class T>
const char* cholesky(std::int64_t n, const T* a, T* to) {
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < n; ++j) to[i * n + j] = j <= i ? a[i * n + j] : T(0);
  matrix::Int info = 0;
  lapack::potrf('U', matrix::length(n), to, matrix::leading(n), info);
  return info == 0 ? nullptr : "is not positive definite";
}

template <class T>
const char* inverse(std::int64_t n, const T* a, T* to) {
  using namespace matrix;
  std::copy(a, a + n * n, to);
  std::vector<Int> pivots(static_cast<std::size_t>(n) + 1);
  std::vector<T> work(1);
  Int info = 0;
  lapack::getrf(length(n), to, leading(n), pivots.data(), info);
  if (info > 0) return "is singular";
  lapack::getri(length(n), to, leading(n), pivots.data(), work.data(), -1, info);
  work.resize(static_cast<std::size_t>(asked(work[0])));
  lapack::getri(length(n), to, leading(n), pivots.data(), work.data(), length(static_cast<std::int64_t>(work.size())), info);
  return info > 0 ? "is singular" : nullptr;
}

/// The determinant; where `logarithm` is something, its sign and the logarithm of its modulus.
template <class T>
const char* determinant(std::int64_t n, const T* a, T* to, RealOf<T>* logarithm) {
  using namespace matrix;
  using R = RealOf<T>;
  std::vector<T> copy(a, a + n * n);
  std::vector<Int> pivots(static_cast<std::size_t>(n) + 1);
  Int info = 0;
  lapack::getrf(length(n), copy.data(), leading(n), pivots.data(), info);
  T sign(1);
  R log = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const T one = copy[static_cast<std::size_t>(i * n + i)];
    if (pivots[static_cast<std::size_t>(i)] != i + 1) sign = -sign;
    if (logarithm == nullptr) sign *= one;
    else if (const R modulus = std::abs(one); modulus == 0) sign = T(0), log = -std::numeric_limits<R>::infinity();
    else sign *= one / modulus, log += std::log(modulus);
  }
  *to = sign;
  if (logarithm != nullptr) *logarithm = log;
  return nullptr;
}

template <class T>
const char* solve(std::int64_t n, std::int64_t columns, const T* a, const T* b, T* to) {
  using namespace matrix;
  std::vector<T> copy(a, a + n * n), right(static_cast<std::size_t>(n * columns) + 1);
  std::vector<Int> pivots(static_cast<std::size_t>(n) + 1);
  Int info = 0;
  lapack::getrf(length(n), copy.data(), leading(n), pivots.data(), info);
  if (info > 0) return "is singular";
  transpose(n, columns, b, right.data());
  lapack::getrs('T', length(n), length(columns), copy.data(), leading(n), pivots.data(), right.data(), leading(n), info);
  transpose(columns, n, right.data(), to);
  return nullptr;
}

template <class T>
void divide(CBLAS_SIDE side, CBLAS_UPLO triangle, CBLAS_TRANSPOSE turned, std::int64_t m, std::int64_t n, const T* a, std::int64_t lda, T* b) {
  const auto rows = static_cast<blasint>(m), columns = static_cast<blasint>(n), leading_a = matrix::leading(lda), leading_b = matrix::leading(n);
  const T one(1);
  if constexpr (std::is_same_v<T, float>) TESSERA_BLAS(cblas_strsm)(CblasRowMajor, side, triangle, turned, CblasNonUnit, rows, columns, one, a, leading_a, b, leading_b);
  else if constexpr (std::is_same_v<T, double>) TESSERA_BLAS(cblas_dtrsm)(CblasRowMajor, side, triangle, turned, CblasNonUnit, rows, columns, one, a, leading_a, b, leading_b);
  else if constexpr (std::is_same_v<T, std::complex<float>>)
    TESSERA_BLAS(cblas_ctrsm)(CblasRowMajor, side, triangle, turned, CblasNonUnit, rows, columns, &one, a, leading_a, b, leading_b);
  else TESSERA_BLAS(cblas_ztrsm)(CblasRowMajor, side, triangle, turned, CblasNonUnit, rows, columns, &one, a, leading_a, b, leading_b);
}

template <class T>
const char* solve_triangular(std::int64_t n, std::int64_t columns, char triangle, const T* a, const T* b, T* to) {
  for (std::int64_t i = 0; i < n; ++i)
    if (a[i * n + i] == T(0)) return "is singular: there is a 0 in its diagonal";
  std::copy(b, b + n * columns, to);
  divide(CblasLeft, triangle == 'L' ? CblasLower : CblasUpper, CblasNoTrans, n, columns, a, n, to);
  return nullptr;
}

/// X of X L^H = B.
template <class T>
const char* divide_lower(std::int64_t n, std::int64_t rows, const T* a, const T* b, T* to) {
  std::copy(b, b + n * rows, to);
  divide(CblasRight, CblasLower, CblasConjTrans, rows, n, a, n, to);
  return nullptr;
}
}  // namespace tessera::arrays::linalg
