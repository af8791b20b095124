/// @file
/// Linear algebra over chunks: the functions of the standard, its extension `linalg`, and `einsum`, triangular solves as in NumPy and SciPy.
/// docs/arrays.md says which need whole matrices in one chunk.
///
///     auto [q, r] = xp::linalg::qr(x);               // x is (100000, 100) in chunks of rows
///     auto gram = xp::matmul(x.T(), x);
///     auto traces = xp::einsum("bii->b", {cube});
#pragma once
#include "client/array.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tessera::xp {
struct VecdotOptions { std::int64_t axis = -1; };

/// The matrix product over the last two dimensions; those before them broadcast, a vector is a row on the left and a column on the right. Dtypes
/// are promoted; integers wrap; of bool it tells whether any pair is true. Sums are taken along the chunks of the inner dimension in their
/// order, one chunk's product at a time in the dtype of the result. Throws where inner lengths differ.
Array matmul(const Array& x1, const Array& x2);
/// The sum of conj(x1) * x2 along an axis that both have in equal length.
Array vecdot(const Array& x1, const Array& x2, const VecdotOptions& options = {});
/// Sums over the last `axes` dimensions of `x1` and the first of `x2`, or over those named.
Array tensordot(const Array& x1, const Array& x2, std::int64_t axes = 2);
Array tensordot(const Array& x1, const Array& x2, const std::vector<std::int64_t>& axes1, const std::vector<std::int64_t>& axes2);
/// Sums of products in Einstein's notation: "ij,jk->ik", without "->" over all labels that are there twice; "..." are dimensions that broadcast.
/// Operands are multiplied from left to right. Of numbers.
Array einsum(const std::string& subscripts, const std::vector<Array>& operands);

namespace linalg {
using xp::matmul;
using xp::matrix_transpose;
using xp::tensordot;
using xp::vecdot;

struct DiagonalOptions { std::int64_t offset = 0; };
struct TraceOptions { std::int64_t offset = 0; std::optional<Dtype> dtype = {}; };
struct CrossOptions { std::int64_t axis = -1; };
struct VectorNormOptions { Axis axis = {}; bool keepdims = false; double ord = 2; };
/// "fro", "nuc", or one of 1, -1, 2, -2 and the infinities.
using MatrixOrder = std::variant<std::string, double>;
struct MatrixNormOptions { bool keepdims = false; MatrixOrder ord = "fro"; };

Array outer(const Array& x1, const Array& x2);
/// Of vectors of length 3 along `axis`.
Array cross(const Array& x1, const Array& x2, const CrossOptions& options = {});
/// Of the last two dimensions; above the main diagonal where `offset` is positive.
Array diagonal(const Array& x, const DiagonalOptions& options = {});
Array trace(const Array& x, const TraceOptions& options = {});
/// Any order: 0 counts what is not 0, the infinities are the largest and the smallest modulus.
Array vector_norm(const Array& x, const VectorNormOptions& options = {});
/// Of the last two dimensions. Orders 2, -2 and "nuc" are of singular values.
Array matrix_norm(const Array& x, const MatrixNormOptions& options = {});

// Factorisations take float32, float64, complex64 and complex128, and refuse others where they are written. What a value hinders, such as a singular
// matrix, fails in the task.

enum class QrMode : std::uint8_t { reduced, complete };
struct QrOptions { QrMode mode = QrMode::reduced; };
struct Qr { Array q, r; };
/// Of a matrix that is taller than wide and cut along its rows: each chunk, then the stacked factors by sixteens (TSQR), and Q keeps
/// those chunks. Others are one chunk a matrix.
Qr qr(const Array& x, const QrOptions& options = {});

struct SvdOptions { bool full_matrices = true; };
struct Svd { Array u, s, vh; };
/// Singular values descend. Without `full_matrices` tall and wide matrices keep their chunks along the longer side, through `qr`.
Svd svd(const Array& x, const SvdOptions& options = {});
Array svdvals(const Array& x);

struct Eigh { Array eigenvalues, eigenvectors; };
/// Of symmetric or Hermitian matrices, whose lower triangle is read. Values ascend.
Eigh eigh(const Array& x);
Array eigvalsh(const Array& x);

struct Eig { Array eigenvalues, eigenvectors; };
/// Of any square matrices; complex, in LAPACK's order, each vector of length 1.
Eig eig(const Array& x);
Array eigvals(const Array& x);

struct CholeskyOptions { bool upper = false; };
/// Of symmetric or Hermitian positive definite matrices, whose lower triangle is read. A single matrix is factored by chunks.
Array cholesky(const Array& x, const CholeskyOptions& options = {});

/// The solution of x1 X = x2; `x2` is a vector or matrices.
Array solve(const Array& x1, const Array& x2);
struct TriangularOptions { bool lower = false; };
/// The same with a triangular `x1`, whose other triangle is not read; a single matrix by chunks. As in SciPy.
Array solve_triangular(const Array& x1, const Array& x2, const TriangularOptions& options = {});
Array inv(const Array& x);
Array det(const Array& x);
struct Slogdet { Array sign, logabsdet; };
Slogdet slogdet(const Array& x);

/// Singular values below `rtol` (the longer side times the dtype's eps) times the largest count as 0.
struct RankOptions { std::optional<double> rtol = {}; };
Array matrix_rank(const Array& x, const RankOptions& options = {});
Array pinv(const Array& x, const RankOptions& options = {});
Array matrix_power(const Array& x, std::int64_t n);
}  // namespace linalg
}  // namespace tessera::xp
