// Diagonals, and norms, which are reductions.
#include "client/xp/linalg.hpp"

#include "arrays/promotion.hpp"
#include "client/array/face.hpp"
#include "client/array/linalg/operations.hpp"
#include "client/array/procedure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tessera::xp::linalg {
using arrays::Shape;
using arrays::shape::Cuts;
using runtime::graph::Index;

namespace {
Error wrong(const char* function, const Array& x, const std::string& why) {
  return {ErrorCode::invalid_argument, fmt::format("linalg.{} of the shape {}: {}", function, arrays::to_string(x.shape()), why)};
}
void need_matrix(const char* function, const Array& x) {
  if (x.ndim() < 2) throw wrong(function, x, "a matrix has two dimensions");
}
Array magnitudes(const char* function, const Array& x) {
  if (!arrays::is_real_floating(x.dtype()) && !arrays::is_complex(x.dtype()))
    throw Error(ErrorCode::type_mismatch, fmt::format("linalg.{} takes floats, not {}: astype makes it one", function, to_string(x.dtype())));
  return abs(x);
}

/// Where a diagonal begins, and how long it is.
struct Line {
  std::int64_t row, column, length;
};
Line line_of(const Array& x, std::int64_t offset) {
  const std::int64_t rows = x.shape()[x.ndim() - 2], columns = x.shape()[x.ndim() - 1];
  const std::int64_t row = offset < 0 ? std::min(-std::max(offset, -rows), rows) : 0, column = std::min(std::max<std::int64_t>(offset, 0), columns);
  return {row, column, std::min(rows - row, columns - column)};
}

/// Each chunk of a diagonal lies in one chunk of the matrices.
struct Diagonal : detail::Blockwise {
  explicit Diagonal(Line its_line) : line(its_line) {}
  Line line;

  bool equals(const arrays::expression::Procedure& other) const override {
    const auto* its = dynamic_cast<const Diagonal*>(&other);
    return its != nullptr && its->line.row == line.row && its->line.column == line.column;
  }
  void need(const detail::Calling& call, std::size_t chunk, const detail::Take& take) const override { take(0, call.operands[0]->number(place(call, chunk))); }
  Index task(Graph& graph, const detail::Calling& call, std::size_t chunk, std::span<const Index> inputs) const override {
    const auto box = call.grid.box(call.grid.at(chunk)), from = call.operands[0]->box(place(call, chunk));
    const std::size_t last = box.count.size() - 1;
    const bool is_empty = box.count[last] == 0;
    const std::int64_t row = is_empty ? 0 : box.start[last] + line.row - from.start[last], column = is_empty ? 0 : box.start[last] + line.column - from.start[last + 1];
    return graph.add(array_operations::diagonal, Deferred<Block>{inputs[0]}, row, column, box.count[last]).index;
  }

 private:
  Shape place(const detail::Calling& call, std::size_t chunk) const {
    Shape at = call.grid.at(chunk);
    const auto box = call.grid.box(at);
    const std::size_t last = at.size() - 1;
    at.push_back(0);
    const bool is_empty = box.count[last] == 0;
    at[last] = is_empty ? 0 : call.operands[0]->find(last, box.start[last] + line.row);
    at[last + 1] = is_empty ? 0 : call.operands[0]->find(last + 1, box.start[last] + line.column);
    return at;
  }
};

/// The part of the cuts between `first` and `first + length`.
Cuts within(const Cuts& cuts, std::int64_t first, std::int64_t length) {
  Cuts part;
  std::int64_t at = 0;
  for (const std::int64_t one : cuts) {
    const std::int64_t from = std::max(at, first), to = std::min(at + one, first + length);
    if (to > from) part.push_back(to - from);
    at += one;
  }
  return part;
}
}  // namespace

Array diagonal(const Array& x, const DiagonalOptions& options) {
  need_matrix("diagonal", x);
  const Line line = line_of(x, options.offset);
  arrays::shape::Chunks chunks(x.chunks().begin(), x.chunks().end() - 2);
  const Cuts both[] = {within(x.chunks()[x.ndim() - 2], line.row, line.length), within(x.chunks()[x.ndim() - 1], line.column, line.length)};
  chunks.push_back(arrays::shape::refine(both));
  return detail::made(arrays::expression::special(std::make_shared<Diagonal>(line), x.dtype(), std::move(chunks), {x.node()}));
}

Array trace(const Array& x, const TraceOptions& options) {
  need_matrix("trace", x);
  return sum(diagonal(x, {options.offset}), {.axis = -1, .dtype = options.dtype});
}

Array vector_norm(const Array& x, const VectorNormOptions& o) {
  const Array all = magnitudes("vector_norm", x);
  const Dtype dtype = all.dtype();
  if (std::isnan(o.ord)) throw wrong("vector_norm", x, "there is no order NaN");
  if (std::isinf(o.ord)) return o.ord > 0 ? max(all, {.axis = o.axis, .keepdims = o.keepdims}) : min(all, {.axis = o.axis, .keepdims = o.keepdims});
  const SumOptions over{.axis = o.axis, .dtype = {}, .keepdims = o.keepdims};
  if (o.ord == 0) return astype(count_nonzero(x, {.axis = o.axis, .keepdims = o.keepdims}), dtype);
  if (o.ord == 1) return sum(all, over);
  if (o.ord == 2 && arrays::is_complex(x.dtype())) return sqrt(sum(square(real(x)) + square(imag(x)), over));
  if (o.ord == 2) return sqrt(sum(square(x), over));
  return pow(sum(pow(all, o.ord), over), 1 / o.ord);
}

Array matrix_norm(const Array& x, const MatrixNormOptions& o) {
  need_matrix("matrix_norm", x);
  const Array all = magnitudes("matrix_norm", x);
  const auto* word = std::get_if<std::string>(&o.ord);
  const double order = word != nullptr ? 0 : std::get<double>(o.ord);
  if (word != nullptr && *word == "fro") return vector_norm(x, {.axis = {-2, -1}, .keepdims = o.keepdims, .ord = 2});
  if ((word != nullptr && *word == "nuc") || std::abs(order) == 2) {
    const Array values = svdvals(x);
    const Array norm = word != nullptr ? sum(values, {.axis = -1}) : order > 0 ? max(values, {.axis = -1}) : min(values, {.axis = -1});
    return o.keepdims ? expand_dims(norm, {-2, -1}) : norm;
  }
  if (word != nullptr || (std::abs(order) != 1 && !std::isinf(order)))
    throw wrong("matrix_norm", x,
                fmt::format("there is no order {}: it is \"fro\", \"nuc\", 1, -1, 2, -2 or an infinity", word != nullptr ? "\"" + *word + "\"" : fmt::format("{}", order)));
  const std::int64_t inner = std::isinf(order) ? -1 : -2;
  const Array sums = sum(all, {.axis = inner, .keepdims = true});
  const std::int64_t outer = inner == -1 ? -2 : -1;
  const Array norm = order > 0 ? max(sums, {.axis = outer, .keepdims = true}) : min(sums, {.axis = outer, .keepdims = true});
  return o.keepdims ? norm : squeeze(norm, {-2, -1});
}
}  // namespace tessera::xp::linalg
