// Products: shapes are checked here, then all become contractions.
#include "client/xp/linalg.hpp"

#include "arrays/expression/numbers.hpp"
#include "arrays/promotion.hpp"
#include "arrays/shape/broadcast.hpp"
#include "client/array/face.hpp"
#include "client/array/linalg/contraction.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::xp {
using arrays::Shape;
using arrays::to_string;
using arrays::linalg::Product;
using arrays::linalg::Side;
using Axes = std::vector<std::int64_t>;

namespace {
Error wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }
std::string both(const Array& x1, const Array& x2) { return to_string(x1.shape()) + " and " + to_string(x2.shape()); }

/// The dtype of a product.
Dtype product_type(const char* function, const Array& x1, const Array& x2) {
  const auto dtype = arrays::result_type(x1.dtype(), x2.dtype());
  if (!dtype) throw Error(dtype.failure().code, fmt::format("{}: {}", function, dtype.failure().message));
  if (arrays::is_time(*dtype)) throw Error(ErrorCode::type_mismatch, fmt::format("{} multiplies numbers, not {}", function, to_string(*dtype)));
  return *dtype;
}

/// An operand that is a transposed array, as that and how it lies: BLAS takes it so, without a copy.
struct Lying {
  Array array;
  Side side = Side::plain;
};
Lying lying(const Array& x) {
  const auto* viewed = std::get_if<arrays::expression::Viewed>(&x.node()->what);
  if (viewed == nullptr || x.ndim() < 2 || arrays::is_integer(x.dtype()) || x.dtype() == Dtype::boolean) return {x};
  const Array source(x.node()->of[0]);
  if (source.ndim() != x.ndim()) return {x};
  const Array turned = matrix_transpose(source);
  if (std::get<arrays::expression::Viewed>(turned.node()->what) != *viewed || turned.chunks() != x.chunks()) return {x};
  return {source, Side::transposed};
}

Array with_rank(const Array& x, std::size_t more) {
  Axes axes;
  for (std::size_t i = 0; i < more; ++i) axes.push_back(static_cast<std::int64_t>(i));
  return axes.empty() ? x : expand_dims(x, axes);
}
Array permuted(const Array& x, const Axes& axes) { return std::ranges::is_sorted(axes) ? x : permute_dims(x, axes); }
}  // namespace

Array matmul(const Array& x1, const Array& x2) {
  const auto refuse = [&](const char* why) { return wrong(fmt::format("matmul of the shapes {}: {}", both(x1, x2), why)); };
  if (x1.ndim() == 0 || x2.ndim() == 0) throw refuse("an array without dimensions is no matrix; multiply it");
  const std::size_t batch1 = x1.ndim() - std::min<std::size_t>(x1.ndim(), 2), batch2 = x2.ndim() - std::min<std::size_t>(x2.ndim(), 2);
  if (x1.shape().back() != x2.shape()[x2.ndim() == 1 ? 0 : x2.ndim() - 2]) throw refuse("the last length of the first and the one before the last of the second differ");
  const Shape batches[] = {Shape(x1.shape().begin(), x1.shape().begin() + static_cast<std::ptrdiff_t>(batch1)),
                           Shape(x2.shape().begin(), x2.shape().begin() + static_cast<std::ptrdiff_t>(batch2))};
  if (!arrays::shape::broadcast(batches)) throw refuse("the dimensions before the matrices do not broadcast");
  const Dtype dtype = product_type("matmul", x1, x2);
  const bool is_flat = batch2 == 0;  // All rows of all matrices are those of one.
  const Lying left = x1.ndim() == 2 || !is_flat ? lying(x1) : Lying{x1}, right = lying(x2);
  const std::size_t batch = is_flat ? 0 : std::max(batch1, batch2);
  const Product how{static_cast<std::int64_t>(batch), static_cast<std::int64_t>(is_flat ? x1.ndim() - 1 : std::min<std::size_t>(x1.ndim() - 1, 1)), 1,
                    x2.ndim() == 1 ? 0 : 1, left.side, right.side};
  const Array a = astype(left.array, dtype), b = astype(right.array, dtype);
  return is_flat ? detail::contracted(a, b, how) : detail::contracted(with_rank(a, batch - batch1), with_rank(b, batch - batch2), how);
}

Array vecdot(const Array& x1, const Array& x2, const VecdotOptions& options) {
  const Dtype dtype = product_type("vecdot", x1, x2);
  const std::int64_t wanted[] = {options.axis};
  const auto length = [&](const Array& x) { return x.shape()[detail::need(arrays::expression::axes_in_order("vecdot", x.shape(), wanted))[0]]; };
  if (length(x1) != length(x2)) throw wrong(fmt::format("vecdot of the shapes {} along axis {}: the lengths differ", both(x1, x2), options.axis));
  return sum((arrays::is_complex(x1.dtype()) ? conj(x1) : x1) * x2, {.axis = options.axis, .dtype = dtype});
}

Array tensordot(const Array& x1, const Array& x2, std::int64_t axes) {
  const auto rank1 = static_cast<std::int64_t>(x1.ndim()), rank2 = static_cast<std::int64_t>(x2.ndim());
  if (axes < 0 || axes > std::min(rank1, rank2)) throw wrong(fmt::format("tensordot of the shapes {} over {} axes: there are not so many", both(x1, x2), axes));
  Axes axes1, axes2;
  for (std::int64_t i = 0; i < axes; ++i) axes1.push_back(rank1 - axes + i), axes2.push_back(i);
  return tensordot(x1, x2, axes1, axes2);
}

Array tensordot(const Array& x1, const Array& x2, const Axes& axes1, const Axes& axes2) {
  const auto order = [](const Array& x, const Axes& axes) {
    Axes all;
    for (const std::int64_t axis : axes) {
      const std::int64_t one[] = {axis};
      all.push_back(static_cast<std::int64_t>(detail::need(arrays::expression::axes_in_order("tensordot", x.shape(), one))[0]));
    }
    (void)detail::need(arrays::expression::axes_in_order("tensordot", x.shape(), axes));  // None twice.
    return all;
  };
  const Axes inner1 = order(x1, axes1), inner2 = order(x2, axes2);
  bool agree = inner1.size() == inner2.size();
  for (std::size_t i = 0; agree && i < inner1.size(); ++i) agree = x1.shape()[static_cast<std::size_t>(inner1[i])] == x2.shape()[static_cast<std::size_t>(inner2[i])];
  if (!agree) throw wrong(fmt::format("tensordot of the shapes {} over the axes {} and {}: the lengths differ", both(x1, x2), to_string(axes1), to_string(axes2)));
  const Dtype dtype = product_type("tensordot", x1, x2);
  const auto free = [](const Array& x, const Axes& inner) {
    Axes all;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(x.ndim()); ++i)
      if (std::ranges::find(inner, i) == inner.end()) all.push_back(i);
    return all;
  };
  Axes left = free(x1, inner1), right = inner2;
  const Axes columns = free(x2, inner2);
  const Product how{0, static_cast<std::int64_t>(left.size()), static_cast<std::int64_t>(inner1.size()), static_cast<std::int64_t>(columns.size())};
  left.insert(left.end(), inner1.begin(), inner1.end());
  right.insert(right.end(), columns.begin(), columns.end());
  return detail::contracted(astype(permuted(x1, left), dtype), astype(permuted(x2, right), dtype), how);
}

namespace linalg {
Array outer(const Array& x1, const Array& x2) {
  if (x1.ndim() != 1 || x2.ndim() != 1) throw wrong(fmt::format("linalg.outer of the shapes {}: both are vectors", both(x1, x2)));
  return expand_dims(x1, 1) * expand_dims(x2, 0);
}

Array cross(const Array& x1, const Array& x2, const CrossOptions& options) {
  const std::int64_t wanted[] = {options.axis};
  const auto axis_of = [&](const Array& x) { return detail::need(arrays::expression::axes_in_order("linalg.cross", x.shape(), wanted))[0]; };
  const auto parts = [&](const Array& x) {
    if (x.shape()[axis_of(x)] != 3) throw wrong(fmt::format("linalg.cross of the shapes {} along axis {}: vectors have the length 3", both(x1, x2), options.axis));
    return unstack(x, options.axis);
  };
  const auto a = parts(x1), b = parts(x2);
  return stack({a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}, options.axis);
}
}  // namespace linalg
}  // namespace tessera::xp
