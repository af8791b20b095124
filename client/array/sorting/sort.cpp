// Sorting along an axis: lines in one chunk, or chunks merged by pairs in a network; and the first of each line.
#include "arrays/kernels/sorting.hpp"
#include "client/array/indexing/indices.hpp"
#include "client/array/sorting/operations.hpp"
#include "client/array/sorting/sorting.hpp"
#include "client/xp/sorting.hpp"

#include <fmt/format.h>

#include <limits>

namespace tessera {
namespace detail {
namespace {
namespace expression = arrays::expression;
using array_operations::Blocks;
using arrays::Shape;
using arrays::shape::Chunks;
using arrays::shape::Grid;
using runtime::graph::Index;

/// What all of them are told.
struct Lines {
  std::size_t axis = 0;
  bool is_down = false;
  Part part = Part::values;
  friend bool operator==(const Lines&, const Lines&) = default;
  std::int64_t along() const { return static_cast<std::int64_t>(axis); }
  std::uint8_t order() const { return static_cast<std::uint8_t>(is_down); }
  std::int64_t which() const { return static_cast<std::int64_t>(part); }
};

struct SortLines : Blockwise {
  Lines lines;
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const SortLines*>(&other);
    return its != nullptr && its->lines == lines;
  }
  void need(const Calling&, std::size_t chunk, const Take& take) const override { take(0, chunk); }
  Index task(Graph& graph, const Calling&, std::size_t, std::span<const Index> inputs) const override {
    return graph.add(array_operations::sort, Deferred<Block>{inputs[0]}, lines.along(), lines.order(), lines.which()).index;
  }
};

/// The chunks of a column of the operand along the axis, for a chunk of the result.
std::vector<std::size_t> column_of(const Grid& from, Shape at, std::size_t axis) {
  std::vector<std::size_t> all;
  for (at[axis] = 0; at[axis] < from.counts()[axis]; ++at[axis]) all.push_back(from.number(at));
  return all;
}

/// The elements or the positions of what is sorted.
Index part_of(Graph& graph, const Calling& call, std::size_t chunk, Deferred<Blocks> sorted, const Lines& lines) {
  return graph.add(array_operations::part, std::vector{sorted}, lines.which(), call.dtype, call.grid.box(call.grid.at(chunk)).count).index;
}

/// Chunks along the axis are equal, but for the last, which may be shorter: then a network of merges that keep their lengths sorts them.
struct SortNetwork : ArrayProcedure {
  Lines lines;
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const SortNetwork*>(&other);
    return its != nullptr && its->lines == lines;
  }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    for (const std::size_t one : column_of(*call.operands[0], call.grid.at(chunk), lines.axis)) take(0, one);
  }
  void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override {
    for (std::size_t chunk = 0; chunk < wanted.size(); ++chunk) {
      if (call.grid.at(chunk)[lines.axis] != 0) continue;
      const std::vector<std::size_t> column = column_of(call.grid, call.grid.at(chunk), lines.axis);
      if (std::ranges::none_of(column, [&](std::size_t one) { return wanted[one]; })) continue;
      std::vector<Deferred<Blocks>> parts;
      for (std::size_t i = 0; i < column.size(); ++i)
        parts.push_back(graph.add(array_operations::sorted, Deferred<Block>{(*of[0])[column[i]]}, lines.along(), lines.order(), start(call, i), start(call, i + 1) - start(call, i)));
      network(graph, call, parts);
      for (std::size_t i = 0; i < column.size(); ++i) tasks[column[i]] = part_of(graph, call, column[i], parts[i], lines);
    }
  }

 private:
  std::int64_t start(const Calling& call, std::size_t i) const { return call.grid.start(lines.axis, static_cast<std::int64_t>(i)); }
  /// Batcher's odd-even merge sort, for any number of parts (Knuth, 5.2.2, algorithm M).
  void network(Graph& graph, const Calling& call, std::vector<Deferred<Blocks>>& parts) const {
    std::size_t top = 1;
    while (top * 2 < parts.size()) top *= 2;
    if (parts.size() < 2) return;
    for (std::size_t p = top; p > 0; p /= 2)
      for (std::size_t q = top, r = 0, distance = p;; distance = q - p, q /= 2, r = p) {
        for (std::size_t i = 0; i + distance < parts.size(); ++i)
          if ((i & p) == r) merge(graph, call, parts, i, i + distance);
        if (q == p) break;
      }
  }
  void merge(Graph& graph, const Calling& call, std::vector<Deferred<Blocks>>& parts, std::size_t low, std::size_t high) const {
    const std::vector<Deferred<Blocks>> both{parts[low], parts[high]};
    const std::int64_t first = start(call, low + 1) - start(call, low), rest = start(call, high + 1) - start(call, high);
    parts[low] = graph.add(array_operations::merge_sorted, both, lines.along(), lines.order(), std::int64_t{0}, first);
    parts[high] = graph.add(array_operations::merge_sorted, both, lines.along(), lines.order(), first, rest);
  }
};

/// The first of each line in order.
struct Top : ArrayProcedure {
  Lines lines;
  std::int64_t count = 0;
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const Top*>(&other);
    return its != nullptr && its->lines == lines && its->count == count;
  }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    for (const std::size_t one : column_of(*call.operands[0], call.grid.at(chunk), lines.axis)) take(0, one);
  }
  void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override {
    const Grid& from = *call.operands[0];
    for (std::size_t chunk = 0; chunk < wanted.size(); ++chunk) {
      if (!wanted[chunk]) continue;
      std::vector<Deferred<Blocks>> parts;
      for (const std::size_t one : column_of(from, call.grid.at(chunk), lines.axis)) {
        const std::int64_t start = from.start(lines.axis, from.at(one)[lines.axis]);
        parts.push_back(graph.add(array_operations::sorted, Deferred<Block>{(*of[0])[one]}, lines.along(), lines.order(), start, count));
      }
      const auto first = in_a_tree(parts, [&](const std::vector<Deferred<Blocks>>& some) {
        return graph.add(array_operations::merge_sorted, some, lines.along(), lines.order(), std::int64_t{0}, count);
      });
      tasks[chunk] = part_of(graph, call, chunk, first, lines);
    }
  }
};

Array top(const char* function, const Array& x, std::int64_t k, std::int64_t axis, Part part) {
  need(arrays::shape::need_known(function, x.shape()));
  need(arrays::kernels::need_order(function, x.dtype()));
  if (k == 0) throw Error(ErrorCode::invalid_argument, fmt::format("{}: k is 0; it is how many are taken, the greatest, or if it is negative the least", function));
  auto procedure = std::make_shared<Top>();
  procedure->lines = {one_axis(function, x, axis), k > 0, part};
  procedure->count = std::min(k > 0 ? k : -std::max(k, -std::numeric_limits<std::int64_t>::max()), x.shape()[procedure->lines.axis]);
  Chunks chunks = x.chunks();
  chunks[procedure->lines.axis] = {procedure->count};
  return made(expression::special(procedure, part == Part::values ? x.dtype() : Dtype::int64, std::move(chunks), {x.node()}));
}
}  // namespace

Array sorted(const Array& x, std::size_t axis, bool is_down, Part part, std::uint64_t line_bytes_max) {
  const Lines lines{axis, is_down, part};
  const std::uint64_t each = arrays::size_bytes(x.dtype());
  const Dtype dtype = part == Part::values ? x.dtype() : Dtype::int64;
  Chunks chunks = x.chunks();
  const std::int64_t length = x.shape()[axis];
  if (chunks[axis].size() > 1 && static_cast<std::uint64_t>(length) > line_bytes_max / each) {
    chunks[axis] = arrays::shape::cut_evenly(length, std::max<std::int64_t>(*std::ranges::max_element(chunks[axis]), 1));
    auto procedure = std::make_shared<SortNetwork>();
    procedure->lines = lines;
    return made(expression::special(procedure, dtype, chunks, {xp::rechunk(x, chunks).node()}));
  }
  Array whole = x;
  if (chunks[axis].size() > 1) {
    std::uint64_t elements = line_bytes_max / each / static_cast<std::uint64_t>(std::max<std::int64_t>(length, 1));
    std::vector<arrays::shape::DimensionChunks> spec(chunks.size());
    bool fits = true;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      if (i == axis) continue;
      spec[i] = chunks[i];
      const auto longest = static_cast<std::uint64_t>(std::max<std::int64_t>(*std::ranges::max_element(chunks[i]), 1));
      fits &= longest <= elements;
      elements /= longest;
    }
    if (!fits) spec.assign(chunks.size(), {});  // Cut automatically.
    spec[axis] = -1;
    whole = xp::rechunk(x, spec);
  }
  auto procedure = std::make_shared<SortLines>();
  procedure->lines = lines;
  return made(expression::special(procedure, dtype, whole.chunks(), {whole.node()}));
}
}  // namespace detail

namespace xp {
namespace {
Array in_order(const char* function, const Array& x, const SortOptions& options, detail::Part part) {
  detail::need(arrays::shape::need_known(function, x.shape()));
  detail::need(arrays::kernels::need_order(function, x.dtype()));
  return detail::sorted(x, detail::one_axis(function, x, options.axis), options.descending, part);
}
}  // namespace

Array sort(const Array& x, const SortOptions& options) { return in_order("sort", x, options, detail::Part::values); }
Array argsort(const Array& x, const SortOptions& options) { return in_order("argsort", x, options, detail::Part::positions); }
Array topk(const Array& x, std::int64_t k, std::int64_t axis) { return detail::top("topk", x, k, axis, detail::Part::values); }
Array argtopk(const Array& x, std::int64_t k, std::int64_t axis) { return detail::top("argtopk", x, k, axis, detail::Part::positions); }
}  // namespace xp
}  // namespace tessera
