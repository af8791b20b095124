#include "arrays/linalg/factor.hpp"

#include "arrays/linalg/openblas/matrix.hpp"
#include "arrays/promotion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace tessera::arrays::linalg {
using runtime::ErrorCode;
using arrays::to_string;
using runtime::Failure;

namespace {
constexpr std::string_view names[factor_count] = {"qr", "qr", "svd", "svd", "svdvals", "eigh", "eigvalsh", "cholesky", "inv", "det", "slogdet", "solve",
                                                  "solve_triangular", "solve_triangular", "cholesky", "qr", "qr", "eig", "eigvals"};
bool is_rectangular(Factor factor) { return factor <= Factor::svdvals || factor == Factor::reflectors || factor == Factor::reflect; }

std::int64_t batch_of(ShapeView shape) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape.first(shape.size() - 2)) count *= length;
  return count;
}

/// Of one matrix; `shapes` fit.
template <class T>
const char* factor_one(Factor factor, const Shapes& s, std::span<const std::byte* const> from, std::span<std::byte* const> to) {
  using R = RealOf<T>;
  const auto* a = reinterpret_cast<const T*>(from[0]);
  const auto* b = from.size() > 1 ? reinterpret_cast<const T*>(from[1]) : nullptr;
  const auto as = [&](std::size_t i) { return reinterpret_cast<T*>(to[i]); };
  const auto real = [&](std::size_t i) { return reinterpret_cast<R*>(to[i]); };
  switch (factor) {
    case Factor::qr: return qr(s.m, s.n, std::min(s.m, s.n), a, as(0), as(1));
    case Factor::qr_complete: return qr(s.m, s.n, s.m, a, as(0), as(1));
    case Factor::svd: return svd('S', s.m, s.n, a, as(0), real(1), as(2));
    case Factor::svd_full: return svd('A', s.m, s.n, a, as(0), real(1), as(2));
    case Factor::svdvals: return svd<T>('N', s.m, s.n, a, nullptr, real(0), nullptr);
    case Factor::eigh: return eigh(s.n, a, real(0), as(1));
    case Factor::eigvalsh: return eigh<T>(s.n, a, real(0), nullptr);
    case Factor::cholesky: return cholesky(s.n, a, as(0));
    case Factor::inv: return inverse(s.n, a, as(0));
    case Factor::det: return determinant<T>(s.n, a, as(0), nullptr);
    case Factor::slogdet: return determinant(s.n, a, as(0), real(1));
    case Factor::solve: return solve(s.n, s.c, a, b, as(0));
    case Factor::solve_lower: return solve_triangular(s.n, s.c, 'L', a, b, as(0));
    case Factor::solve_upper: return solve_triangular(s.n, s.c, 'U', a, b, as(0));
    case Factor::divide_lower: return divide_lower(s.n, s.c, a, b, as(0));
    case Factor::eig: return eig(s.n, a, reinterpret_cast<std::complex<R>*>(to[0]), reinterpret_cast<std::complex<R>*>(to[1]));
    case Factor::eigvals: return eig(s.n, a, reinterpret_cast<std::complex<R>*>(to[0]), static_cast<std::complex<R>*>(nullptr));
    case Factor::reflectors: return qr_reflectors(s.m, s.n, a, as(0), as(1), as(2));
    case Factor::reflect: return reflected(s.n, s.m, s.c, a, b, reinterpret_cast<const T*>(from[2]), as(0));  // Reflectors lie turned.
  }
  return "has no such factorisation";
}
}  // namespace

std::string_view to_string(Factor factor) { return names[static_cast<std::size_t>(factor)]; }

runtime::Result<std::vector<Described>> results_of(Factor factor, Dtype dtype, std::span<const Shape> operands) {
  const auto name = to_string(factor);
  if (!is_real_floating(dtype) && !is_complex(dtype))
    return Failure{ErrorCode::type_mismatch, fmt::format("linalg.{} takes float32, float64, complex64 or complex128, not {}: astype makes it one of them", name, to_string(dtype))};
  const auto wrong = [&](const std::string& why) {
    std::string shapes = to_string(operands[0]);
    for (std::size_t i = 1; i < operands.size(); ++i) shapes += " and " + to_string(operands[i]);
    return Failure{ErrorCode::invalid_argument, fmt::format("linalg.{} of the shape{} {}: {}", name, operands.size() > 1 ? "s" : "", shapes, why)};
  };
  const Shape& a = operands[0];
  if (operands.size() != operand_count(factor)) return wrong("it takes another number of operands");
  if (a.size() < 2) return wrong("a matrix has two dimensions");
  const std::int64_t m = a[a.size() - 2], n = a[a.size() - 1], k = std::min(m, n);
  if (std::max(m, n) > std::numeric_limits<std::int32_t>::max()) return wrong("the matrix is too long for LAPACK");
  if (!is_rectangular(factor) && m != n) return wrong("its matrices are square");
  const auto shape = [&](std::initializer_list<std::int64_t> last) {
    Shape all(a.begin(), a.end() - 2);
    all.insert(all.end(), last);
    return all;
  };
  const Dtype real = component_of(dtype), complex = real == Dtype::float32 ? Dtype::complex64 : Dtype::complex128;
  if ((factor == Factor::reflectors && m < n) || (factor == Factor::reflect && m > n)) return wrong("it is of matrices with as many rows as columns or more");
  if (factor == Factor::reflect) {
    const Shape &triangles = operands[1], &x = operands[2];
    const bool fits = triangles == shape({m, panel_of(m, n)}) && x.size() == a.size() && std::equal(x.begin(), x.end() - 1, a.begin());
    if (!fits) return wrong("they do not belong together");
    return std::vector<Described>{{dtype, shape({n, x.back()})}};
  }
  if (operand_count(factor) == 2) {
    const Shape& b = operands[1];
    const std::size_t meeting = factor == Factor::divide_lower ? 1 : 2;
    if (b.size() != a.size() || !std::equal(a.begin(), a.end() - 2, b.begin())) return wrong("both have a matrix in each place of the stack");
    if (b[b.size() - meeting] != n) return wrong("the lengths of the matrix and of the right side differ");
    return std::vector<Described>{{dtype, b}};
  }
  switch (factor) {
    case Factor::qr: return std::vector<Described>{{dtype, shape({m, k})}, {dtype, shape({k, n})}};
    case Factor::qr_complete: return std::vector<Described>{{dtype, shape({m, m})}, {dtype, shape({m, n})}};
    case Factor::svd: return std::vector<Described>{{dtype, shape({m, k})}, {real, shape({k})}, {dtype, shape({k, n})}};
    case Factor::svd_full: return std::vector<Described>{{dtype, shape({m, m})}, {real, shape({k})}, {dtype, shape({n, n})}};
    case Factor::svdvals: return std::vector<Described>{{real, shape({k})}};
    case Factor::eigh: return std::vector<Described>{{real, shape({n})}, {dtype, shape({n, n})}};
    case Factor::eigvalsh: return std::vector<Described>{{real, shape({n})}};
    case Factor::det: return std::vector<Described>{{dtype, shape({})}};
    case Factor::slogdet: return std::vector<Described>{{dtype, shape({})}, {real, shape({})}};
    case Factor::eig: return std::vector<Described>{{complex, shape({n})}, {complex, shape({n, n})}};
    case Factor::eigvals: return std::vector<Described>{{complex, shape({n})}};
    case Factor::reflectors: return std::vector<Described>{{dtype, shape({n, m})}, {dtype, shape({n, panel_of(m, n)})}, {dtype, shape({n, n})}};
    default: return std::vector<Described>{{dtype, a}};  // cholesky, inv
  }
}

std::int64_t scratch_bytes(Factor factor, Dtype dtype, std::span<const Shape> operands) {
  const Shape& a = operands[0];
  const std::int64_t m = a[a.size() - 2], n = a[a.size() - 1], k = std::min(m, n), longer = std::max(m, n), each = static_cast<std::int64_t>(size_bytes(dtype));
  std::int64_t elements = m * n + 128 * (m + n) + 1024;  // A copy, and the columns that LAPACK takes together.
  if (factor == Factor::svd || factor == Factor::svd_full || factor == Factor::svdvals) elements += 8 * k * k + 2 * longer * k;
  if (factor == Factor::eigh || factor == Factor::eigvalsh || factor == Factor::eig || factor == Factor::eigvals) elements += 6 * n * n;
  if (factor == Factor::qr || factor == Factor::qr_complete) elements += m * (factor == Factor::qr ? k : m);
  if (factor == Factor::reflect) return (n * operands[2].back() + 128 * operands[2].back()) * each;
  for (const Shape& one : operands.subspan(1)) elements += one[one.size() - 2] * one[one.size() - 1];
  return elements * each;
}

runtime::Result<std::vector<Block>> factored(Factor factor, std::span<const Block> operands) {
  std::vector<Shape> shapes;
  for (const Block& one : operands) shapes.emplace_back(one.shape().begin(), one.shape().end());
  if (static_cast<std::uint8_t>(factor) >= factor_count || shapes.empty()) return Failure{ErrorCode::invalid_argument, "there is no such factorisation"};
  const Dtype dtype = operands[0].dtype();
  const auto results = results_of(factor, dtype, shapes);
  if (!results) return results.failure();
  for (const Block& one : operands)
    if (one.dtype() != dtype) return Failure{ErrorCode::type_mismatch, fmt::format("linalg.{} takes operands of one dtype", to_string(factor))};
  std::vector<BlockBuilder> builders;
  for (const Described& one : *results) builders.emplace_back(one.dtype, one.shape);
  const Shape& a = shapes[0];
  Shapes its{a[a.size() - 2], a[a.size() - 1], 0};
  if (shapes.size() > 1) its.c = factor == Factor::divide_lower ? shapes[1][shapes[1].size() - 2] : shapes.back().back();
  const Turn turn;
  const std::int64_t batch = batch_of(a);
  for (std::int64_t matrix = 0; matrix < batch; ++matrix) {
    const auto part = [&](auto raw) { return raw.data() + static_cast<std::ptrdiff_t>(raw.size()) / batch * matrix; };
    std::vector<std::byte*> to;
    for (BlockBuilder& one : builders) to.push_back(part(one.raw()));
    std::vector<const std::byte*> from;
    for (const Block& one : operands) from.push_back(part(one.raw()));
    const char* why = nullptr;
    const auto run = [&]<class T>(T) { why = factor_one<T>(factor, its, from, to); };
    switch (dtype) {
      case Dtype::float32: run(float()); break;
      case Dtype::float64: run(double()); break;
      case Dtype::complex64: run(std::complex<float>()); break;
      default: run(std::complex<double>());
    }
    if (why != nullptr)
      return Failure{ErrorCode::invalid_argument, fmt::format("linalg.{}: matrix {} of a block of the shape {} {}", to_string(factor), matrix, to_string(a), why)};
  }
  std::vector<Block> all;
  for (BlockBuilder& one : builders) all.push_back(std::move(one).freeze());
  return all;
}
}  // namespace tessera::arrays::linalg
