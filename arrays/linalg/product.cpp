#include "arrays/linalg/product.hpp"

#include "arrays/linalg/openblas/blas.hpp"
#include "arrays/promotion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <complex>
#include <cstring>
#include <limits>
#include <type_traits>

namespace tessera::arrays::linalg {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

/// Of one matrix product: m x k by k x n.
struct Lengths {
  std::int64_t m, k, n;
};

CBLAS_TRANSPOSE of(Side side) { return side == Side::plain ? CblasNoTrans : side == Side::transposed ? CblasTrans : CblasConjTrans; }
blasint leading(std::int64_t length) { return static_cast<blasint>(std::max<std::int64_t>(length, 1)); }

/// c += sign * a b.
template <class T>
void multiply(const Product& how, const Lengths& l, double sign, const T* a, const T* b, T* c) {
  const auto left = of(how.left), right = of(how.right);
  const auto m = static_cast<blasint>(l.m), n = static_cast<blasint>(l.n), k = static_cast<blasint>(l.k);
  const blasint lda = leading(how.left == Side::plain ? l.k : l.m), ldb = leading(how.right == Side::plain ? l.n : l.k), ldc = leading(l.n);
  const T alpha(static_cast<float>(sign)), one(1);
  if constexpr (std::is_same_v<T, float>) TESSERA_BLAS(cblas_sgemm)(CblasRowMajor, left, right, m, n, k, alpha, a, lda, b, ldb, one, c, ldc);
  else if constexpr (std::is_same_v<T, double>) TESSERA_BLAS(cblas_dgemm)(CblasRowMajor, left, right, m, n, k, alpha, a, lda, b, ldb, one, c, ldc);
  else if constexpr (std::is_same_v<T, std::complex<float>>) TESSERA_BLAS(cblas_cgemm)(CblasRowMajor, left, right, m, n, k, &alpha, a, lda, b, ldb, &one, c, ldc);
  else TESSERA_BLAS(cblas_zgemm)(CblasRowMajor, left, right, m, n, k, &alpha, a, lda, b, ldb, &one, c, ldc);
}

/// The same of integers as unsigned ones, which wrap alike; of bool (as bytes) whether any pair is true.
template <class T, bool is_bool>
void multiply_whole(const Product& how, const Lengths& l, const T* a, const T* b, T* c) {
  using Wide = std::conditional_t<(sizeof(T) < 4), std::uint32_t, T>;
  const std::int64_t a_row = how.left == Side::plain ? l.k : 1, a_inner = how.left == Side::plain ? 1 : l.m;
  const std::int64_t b_inner = how.right == Side::plain ? l.n : 1, b_column = how.right == Side::plain ? 1 : l.k;
  constexpr std::int64_t columns = 1024, inners = 64;  // A part of `b` that stays in the second cache.
  const auto row = [&](T* to, Wide factor, const T* from, std::int64_t count, auto step) {
    for (std::int64_t j = 0; j < count; ++j) {
      if constexpr (is_bool) to[j] = static_cast<T>(to[j] | (factor & from[j * step]));
      else to[j] = static_cast<T>(to[j] + factor * from[j * step]);
    }
  };
  for (std::int64_t j = 0; j < l.n; j += columns)
    for (std::int64_t p = 0; p < l.k; p += inners)
      for (std::int64_t i = 0; i < l.m; ++i)
        for (std::int64_t q = p; q < std::min(p + inners, l.k); ++q) {
          const Wide factor = a[i * a_row + q * a_inner];
          const T* from = b + q * b_inner + j * b_column;
          const std::int64_t count = std::min(columns, l.n - j);
          if (b_column == 1) row(c + i * l.n + j, factor, from, count, std::integral_constant<std::int64_t, 1>());
          else row(c + i * l.n + j, factor, from, count, b_column);
        }
}

void multiply(Dtype dtype, const Product& how, const Lengths& l, double sign, const std::byte* a, const std::byte* b, std::byte* c) {
  const auto as = [&]<class T>(std::type_identity<T>) { multiply(how, l, sign, reinterpret_cast<const T*>(a), reinterpret_cast<const T*>(b), reinterpret_cast<T*>(c)); };
  const auto whole = [&]<class T, bool is_bool>(std::type_identity<T>, std::bool_constant<is_bool>) {
    multiply_whole<T, is_bool>(how, l, reinterpret_cast<const T*>(a), reinterpret_cast<const T*>(b), reinterpret_cast<T*>(c));
  };
  switch (dtype) {
    case Dtype::float32: return as(std::type_identity<float>());
    case Dtype::float64: return as(std::type_identity<double>());
    case Dtype::complex64: return as(std::type_identity<std::complex<float>>());
    case Dtype::complex128: return as(std::type_identity<std::complex<double>>());
    case Dtype::boolean: return whole(std::type_identity<std::uint8_t>(), std::true_type());
    default: break;
  }
  switch (size_bytes(dtype)) {
    case 1: return whole(std::type_identity<std::uint8_t>(), std::false_type());
    case 2: return whole(std::type_identity<std::uint16_t>(), std::false_type());
    case 4: return whole(std::type_identity<std::uint32_t>(), std::false_type());
    default: return whole(std::type_identity<std::uint64_t>(), std::false_type());
  }
}

std::int64_t product_of(ShapeView lengths) {
  std::int64_t count = 1;
  for (const std::int64_t length : lengths) count *= length;
  return count;
}

/// What the shapes of one pair say; empty if they do not fit the result's.
std::optional<Lengths> lengths_of(const Product& how, ShapeView left, ShapeView right, ShapeView shape) {
  const auto batch = static_cast<std::size_t>(how.batch), inner = static_cast<std::size_t>(how.inner);
  const auto left_free = static_cast<std::size_t>(how.left_free), right_free = static_cast<std::size_t>(how.right_free);
  if (left.size() != batch + left_free + inner || right.size() != batch + inner + right_free || shape.size() != batch + left_free + right_free) return std::nullopt;
  for (std::size_t i = 0; i < batch; ++i)
    if ((left[i] != shape[i] && left[i] != 1) || (right[i] != shape[i] && right[i] != 1)) return std::nullopt;
  left = left.subspan(batch), right = right.subspan(batch), shape = shape.subspan(batch);
  const ShapeView rows = how.left == Side::plain ? left.first(left_free) : left.last(left_free);
  const ShapeView left_inner = how.left == Side::plain ? left.last(inner) : left.first(inner);
  const ShapeView columns = how.right == Side::plain ? right.last(right_free) : right.first(right_free);
  const ShapeView right_inner = how.right == Side::plain ? right.first(inner) : right.last(inner);
  if (!std::ranges::equal(rows, shape.first(left_free)) || !std::ranges::equal(columns, shape.last(right_free)) || !std::ranges::equal(left_inner, right_inner))
    return std::nullopt;
  return Lengths{product_of(rows), product_of(left_inner), product_of(columns)};
}

/// The matrix of a stack for the one at `at` of the result.
std::int64_t matrix_at(ShapeView at, ShapeView batch) {
  std::int64_t number = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) number = number * batch[i] + (batch[i] == 1 ? 0 : at[i]);
  return number;
}

bool advance(Shape& at, ShapeView counts) {
  for (std::size_t i = counts.size(); i-- > 0;) {
    if (++at[i] < counts[i]) return true;
    at[i] = 0;
  }
  return false;
}
}  // namespace

runtime::Result<Block> sum_of_products(const Product& how, const std::optional<Block>& onto, std::span<const Block> left, std::span<const Block> right,
                                       Dtype dtype, ShapeView shape, bool is_subtracted) {
  const auto wrong = [](std::string sentence) { return Failure{ErrorCode::invalid_argument, std::move(sentence)}; };
  const bool is_float = is_real_floating(dtype) || is_complex(dtype);
  if (is_time(dtype) || (is_subtracted && !is_float)) return wrong(fmt::format("there are no such products of {}", to_string(dtype)));
  if (how.batch < 0 || how.left_free < 0 || how.inner < 0 || how.right_free < 0 || how.left == Side::adjoint || left.size() != right.size() ||
      !Block::size_bytes_of(dtype, shape))
    return wrong("a product is not one of pairs of blocks");
  if (onto && (onto->dtype() != dtype || !std::ranges::equal(onto->shape(), shape)))
    return wrong(fmt::format("products of the shape {} are not added to a block of the shape {}", to_string(shape), to_string(onto->shape())));
  const Turn turn;
  BlockBuilder builder(dtype, shape);
  if (onto) std::ranges::copy(onto->raw(), builder.raw().begin());
  else if (!builder.raw().empty()) std::memset(builder.raw().data(), 0, builder.raw().size());
  const ShapeView batch = shape.first(std::min(static_cast<std::size_t>(how.batch), shape.size()));
  for (std::size_t pair = 0; pair < left.size(); ++pair) {
    const Block &a = left[pair], &b = right[pair];
    const auto lengths = lengths_of(how, a.shape(), b.shape(), shape);
    if (!lengths || a.dtype() != dtype || b.dtype() != dtype)
      return wrong(fmt::format("blocks of {} of the shapes {} and {} do not make a product of {} of the shape {}", to_string(a.dtype()), to_string(a.shape()),
                               to_string(b.shape()), to_string(dtype), to_string(shape)));
    const auto [m, k, n] = *lengths;
    if (std::max({m, k, n}) > std::numeric_limits<blasint>::max())
      return wrong(fmt::format("the shapes {} and {} are too long for one product: cut them", to_string(a.shape()), to_string(b.shape())));
    if (builder.raw().empty() || k == 0) continue;
    const auto each = static_cast<std::int64_t>(size_bytes(dtype));
    Shape at(batch.size(), 0);
    std::byte* to = builder.raw().data();
    do {
      multiply(dtype, how, *lengths, is_subtracted ? -1 : 1, a.raw().data() + matrix_at(at, a.shape().first(batch.size())) * m * k * each,
               b.raw().data() + matrix_at(at, b.shape().first(batch.size())) * k * n * each, to);
      to += m * n * each;
    } while (advance(at, batch));
  }
  return std::move(builder).freeze();
}
}  // namespace tessera::arrays::linalg
