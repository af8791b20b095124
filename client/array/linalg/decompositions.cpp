// Factorisations and what follows from them: what is checked where it is written, and in which chunks it is done.
#include "client/xp/linalg.hpp"

#include "arrays/promotion.hpp"
#include "arrays/shape/broadcast.hpp"
#include "client/array/face.hpp"
#include "client/array/linalg/blocked.hpp"
#include "client/array/linalg/contraction.hpp"
#include "client/array/linalg/factors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tessera::xp::linalg {
using arrays::Shape;
using arrays::linalg::Factor;
using arrays::shape::Chunks;
using arrays::shape::Cuts;
using detail::factored;

namespace {
/// How many triangular factors of chunks of rows are stacked and factored by one task.
constexpr std::int64_t fan_in = 16;

void check(Factor factor, const std::vector<Array>& operands) {
  std::vector<Shape> shapes;
  for (const Array& one : operands) shapes.push_back(one.shape());
  (void)detail::need(arrays::linalg::results_of(factor, operands[0].dtype(), shapes));
}
/// Each matrix in one chunk.
Array whole(const Array& x) {
  Chunks chunks = x.chunks();
  for (std::size_t i = x.ndim() - 2; i < x.ndim(); ++i) chunks[i] = {x.shape()[i]};
  return rechunk(x, chunks);
}
std::vector<Array> of_whole(Factor factor, const Array& x) {
  check(factor, {x});
  return factored(factor, {whole(x)});
}
Array adjoint(const Array& x) { return matrix_transpose(arrays::is_complex(x.dtype()) ? conj(x) : x); }

/// Chunks of rows, none shorter than `least`.
Cuts merged(const Cuts& rows, std::int64_t least) {
  Cuts all;
  std::int64_t open = 0;
  for (const std::int64_t one : rows) {
    open += one;
    if (open >= std::max<std::int64_t>(least, 1)) all.push_back(std::exchange(open, 0));
  }
  if (all.empty()) return {open};
  all.back() += open;
  return all;
}
/// QR of a matrix that has as many rows as columns or more, by chunks of rows: each, then their stacked triangular factors by sixteens, and so on (TSQR).
class TallQr {
 public:
  explicit TallQr(const Array& x) {
    const std::int64_t n = x.shape()[1];
    Array rest = rechunk(x, Chunks{merged(x.chunks()[0], n), {n}});
    while (rest.chunks()[0].size() > 1) {
      levels_.push_back(detail::qr_of_rows(rest));
      const Array& stacked = levels_.back().r;
      rest = rechunk(stacked, Chunks{arrays::shape::cut_evenly(stacked.shape()[0], fan_in * n), {n}});
    }
    last_ = factored(Factor::qr, {rest});
  }
  const Array& r() const { return last_[1]; }
  Array q() const { return spread(last_[0]); }
  Array q_times(const Array& x) const { return spread(detail::contracted(last_[0], x, {})); }

 private:
  Array spread(Array y) const {
    for (std::size_t i = levels_.size(); i-- > 0;) y = detail::reflected(levels_[i], rechunk(y, levels_[i].r.chunks()));
    return y;
  }
  std::vector<detail::RowFactors> levels_;
  std::vector<Array> last_;
};
bool is_tall(const Array& x) { return x.ndim() == 2 && x.shape()[0] >= x.shape()[1] && x.shape()[1] > 0 && x.chunks()[0].size() > 1; }

/// Operands of one dtype, their dimensions before the matrices broadcast and cut alike, each matrix in one chunk.
std::array<Array, 2> met(const char* function, const Array& x1, const Array& x2) {
  const auto dtype = arrays::result_type(x1.dtype(), x2.dtype());
  if (!dtype) throw Error(dtype.failure().code, fmt::format("linalg.{}: {}", function, dtype.failure().message));
  std::array<Array, 2> both{astype(x1, *dtype), astype(x2, *dtype)};
  Shape batches[2];
  for (std::size_t i = 0; i < 2; ++i) batches[i].assign(both[i].shape().begin(), both[i].shape().end() - std::min<std::ptrdiff_t>(2, std::ssize(both[i].shape())));
  const auto batch = arrays::shape::broadcast(batches);
  if (!batch || x1.ndim() < 2 || x2.ndim() < 2)
    throw Error(ErrorCode::invalid_argument, fmt::format("linalg.{} of the shapes {} and {}: {}", function, arrays::to_string(x1.shape()), arrays::to_string(x2.shape()),
                                                         batch ? "both are matrices" : "the dimensions before the matrices do not broadcast"));
  Chunks cut[2];
  for (std::size_t i = 0; i < 2; ++i) {
    Shape shape = *batch;
    shape.insert(shape.end(), both[i].shape().end() - 2, both[i].shape().end());
    both[i] = broadcast_to(both[i], shape);
    cut[i].assign(both[i].chunks().begin(), both[i].chunks().end() - 2);
  }
  const Chunks common = arrays::shape::broadcast_chunks(cut, *batch);
  for (Array& one : both) {
    Chunks chunks = common;
    for (std::size_t i = one.ndim() - 2; i < one.ndim(); ++i) chunks.push_back({one.shape()[i]});
    one = rechunk(one, chunks);
  }
  return both;
}
double tolerance_of(const Array& x, const RankOptions& options) {
  const double eps = arrays::finfo(x.dtype())->eps;
  return options.rtol.value_or(static_cast<double>(std::max(x.shape()[x.ndim() - 2], x.shape()[x.ndim() - 1])) * eps);
}
/// Which singular values count.
Array counting(const Array& values, double rtol) { return values > max(values, {.axis = -1, .keepdims = true}) * rtol; }
}  // namespace

Qr qr(const Array& x, const QrOptions& options) {
  const Factor factor = options.mode == QrMode::complete ? Factor::qr_complete : Factor::qr;
  check(factor, {x});
  if (factor == Factor::qr && is_tall(x)) {
    const TallQr tall(x);
    return {tall.q(), tall.r()};
  }
  const auto parts = factored(factor, {whole(x)});
  return {parts[0], parts[1]};
}

Svd svd(const Array& x, const SvdOptions& options) {
  check(Factor::svd, {x});
  if (!options.full_matrices && is_tall(x)) {
    const TallQr tall(x);
    const auto parts = factored(Factor::svd, {tall.r()});
    return {tall.q_times(parts[0]), parts[1], parts[2]};
  }
  if (!options.full_matrices && x.ndim() == 2 && x.shape()[0] < x.shape()[1] && is_tall(matrix_transpose(x))) {
    const Svd turned = svd(matrix_transpose(x), options);
    return {matrix_transpose(turned.vh), turned.s, matrix_transpose(turned.u)};
  }
  const auto parts = factored(options.full_matrices ? Factor::svd_full : Factor::svd, {whole(x)});
  return {parts[0], parts[1], parts[2]};
}

Array svdvals(const Array& x) {
  check(Factor::svdvals, {x});
  if (is_tall(x)) return factored(Factor::svdvals, {TallQr(x).r()})[0];
  if (x.ndim() == 2 && is_tall(matrix_transpose(x))) return svdvals(matrix_transpose(x));
  return factored(Factor::svdvals, {whole(x)})[0];
}

Eigh eigh(const Array& x) {
  const auto parts = of_whole(Factor::eigh, x);
  return {parts[0], parts[1]};
}
Array eigvalsh(const Array& x) { return of_whole(Factor::eigvalsh, x)[0]; }
Eig eig(const Array& x) {
  const auto parts = of_whole(Factor::eig, x);
  return {parts[0], parts[1]};
}
Array eigvals(const Array& x) { return of_whole(Factor::eigvals, x)[0]; }
Array inv(const Array& x) { return of_whole(Factor::inv, x)[0]; }
Array det(const Array& x) { return of_whole(Factor::det, x)[0]; }
Slogdet slogdet(const Array& x) {
  const auto parts = of_whole(Factor::slogdet, x);
  return {parts[0], parts[1]};
}

Array cholesky(const Array& x, const CholeskyOptions& options) {
  check(Factor::cholesky, {x});
  const Array lower = x.ndim() == 2 && x.chunks()[0].size() > 1 ? detail::cholesky_by_chunks(x) : factored(Factor::cholesky, {whole(x)})[0];
  return options.upper ? adjoint(lower) : lower;
}

Array solve(const Array& x1, const Array& x2) {
  if (x2.ndim() == 1) return squeeze(solve(x1, expand_dims(x2, 1)), -1);
  const auto both = met("solve", x1, x2);
  check(Factor::solve, {both[0], both[1]});
  return factored(Factor::solve, {both[0], both[1]})[0];
}

Array solve_triangular(const Array& x1, const Array& x2, const TriangularOptions& options) {
  if (x2.ndim() == 1) return squeeze(solve_triangular(x1, expand_dims(x2, 1), options), -1);
  const Factor factor = options.lower ? Factor::solve_lower : Factor::solve_upper;
  const auto both = met("solve_triangular", x1, x2);
  check(factor, {both[0], both[1]});
  if (x1.ndim() == 2 && x2.ndim() == 2 && x1.chunks()[0].size() > 1) return detail::solve_by_chunks(astype(x1, both[0].dtype()), astype(x2, both[0].dtype()), options.lower);
  return factored(factor, {both[0], both[1]})[0];
}

Array matrix_rank(const Array& x, const RankOptions& options) {
  const Array values = svdvals(x);
  if (values.shape().back() == 0) return zeros(Shape(values.shape().begin(), values.shape().end() - 1), {.dtype = Dtype::int64});
  return count_nonzero(counting(values, tolerance_of(x, options)), {.axis = -1});
}

Array pinv(const Array& x, const RankOptions& options) {
  const auto [u, s, vh] = svd(x, {.full_matrices = false});
  if (s.shape().back() == 0) return adjoint(x);
  const Array inverse = where(counting(s, tolerance_of(x, options)), 1 / s, 0);
  return matmul(adjoint(vh) * expand_dims(inverse, -2), adjoint(u));
}

Array matrix_power(const Array& x, std::int64_t n) {
  check(Factor::inv, {x});
  if (n < 0) return matrix_power(inv(x), -n);
  if (n == 0) return rechunk(broadcast_to(eye(x.shape().back(), {}, {.dtype = x.dtype()}), x.shape()), x.chunks());
  std::optional<Array> power;
  for (Array square = x;; square = matmul(square, square)) {
    if (n % 2 == 1) power = power ? matmul(*power, square) : square;
    if ((n /= 2) == 0) return *power;
  }
}
}  // namespace tessera::xp::linalg
