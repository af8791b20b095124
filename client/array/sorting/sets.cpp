// Different elements, and searches: what each element of an array is in another.
#include "arrays/kernels/sorting.hpp"
#include "arrays/promotion.hpp"
#include "client/array/indexing/indices.hpp"
#include "client/array/sorting/operations.hpp"
#include "client/array/sorting/sorting.hpp"
#include "client/xp/indexing.hpp"
#include "client/xp/sorting.hpp"

#include <fmt/format.h>

namespace tessera {
namespace {
namespace expression = arrays::expression;
using array_operations::Blocks;
using arrays::Shape;
using arrays::shape::Chunks;
using arrays::shape::unknown_length;
using detail::Calling;
using detail::Take;
using detail::Tasks;
using runtime::graph::Index;

Error wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

/// One chunk, whose task gives values, places and counts: only the procedures here take it.
struct Uniques : detail::ArrayProcedure {
  bool equals(const Procedure& other) const override { return dynamic_cast<const Uniques*>(&other) != nullptr; }
  bool takes_unknown() const override { return true; }
  void need(const Calling& call, std::size_t, const Take& take) const override {
    for (std::size_t chunk = 0; chunk < call.operands[0]->size(); ++chunk) take(0, chunk);
  }
  void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override {
    if (!wanted[0]) return;
    std::vector<Deferred<Blocks>> parts;
    for (std::size_t chunk = 0; chunk < of[0]->size(); ++chunk)
      parts.push_back(graph.add(array_operations::uniques, Deferred<Block>{(*of[0])[chunk]}, call.operands[0]->start(0, static_cast<std::int64_t>(chunk))));
    tasks[0] = detail::in_a_tree(parts, [&](const auto& some) { return graph.add(array_operations::merge_uniques, some); }).index;
  }
};

/// Of those: 0 values, 1 places, 2 counts.
struct PartOf : detail::Blockwise {
  std::int64_t which = 0;
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const PartOf*>(&other);
    return its != nullptr && its->which == which;
  }
  bool takes_unknown() const override { return true; }
  void need(const Calling&, std::size_t, const Take& take) const override { take(0, 0); }
  Index task(Graph& graph, const Calling& call, std::size_t, std::span<const Index> inputs) const override {
    return graph.add(array_operations::part, std::vector{Deferred<Blocks>{inputs[0]}}, which, call.dtype, array_operations::Numbers{unknown_length}).index;
  }
};

/// What each element is in different ones, the second operand: which of them, or (`is_in`) whether it is one.
struct FoundIn : detail::Blockwise {
  bool is_in = false;
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const FoundIn*>(&other);
    return its != nullptr && its->is_in == is_in;
  }
  bool takes_unknown() const override { return true; }
  void need(const Calling&, std::size_t chunk, const Take& take) const override {
    take(0, chunk);
    take(1, 0);
  }
  Index task(Graph& graph, const Calling& call, std::size_t chunk, std::span<const Index> inputs) const override {
    const Deferred<Block> block{inputs[0]};
    const std::vector of{Deferred<Blocks>{inputs[1]}};
    if (is_in) return graph.add(array_operations::is_in, block, of).index;
    return graph.add(array_operations::unique_inverse, block, call.operands[0]->start(0, static_cast<std::int64_t>(chunk)), of).index;
  }
};

/// The sums of where each value belongs in each chunk of what is sorted.
struct Search : detail::ArrayProcedure {
  xp::Side side = xp::Side::left;
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const Search*>(&other);
    return its != nullptr && its->side == side;
  }
  bool takes_unknown() const override { return true; }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    for (std::size_t one = 0; one < call.operands[0]->size(); ++one) take(0, one);
    take(1, chunk);
  }
  void add(Graph& graph, const Calling&, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override {
    for (std::size_t chunk = 0; chunk < wanted.size(); ++chunk) {
      if (!wanted[chunk]) continue;
      std::vector<Deferred<Block>> parts;
      for (const Index one : *of[0])
        parts.push_back(graph.add(array_operations::search, Deferred<Block>{one}, Deferred<Block>{(*of[1])[chunk]}, static_cast<std::uint8_t>(side)));
      tasks[chunk] = detail::in_a_tree(parts, [&](const auto& some) { return graph.add(array_operations::added, some); }).index;
    }
  }
};

Array flat(const Array& x) { return x.ndim() == 1 ? x : xp::reshape(x, {-1}); }
Array uniques(const char* function, const Array& x) {
  detail::need(arrays::kernels::need_order(function, x.dtype()));
  return detail::made(expression::special(std::make_shared<Uniques>(), x.dtype(), {{unknown_length}}, {flat(x).node()}));
}
Array part_of(const Array& uniques, std::int64_t which) {
  auto procedure = std::make_shared<PartOf>();
  procedure->which = which;
  return detail::made(expression::special(procedure, which == 0 ? uniques.dtype() : Dtype::int64, uniques.chunks(), {uniques.node()}));
}
Array inverse(const Array& x, const Array& uniques) {
  const Array line = flat(x);
  const Array found = detail::made(expression::special(std::make_shared<FoundIn>(), Dtype::int64, line.chunks(), {line.node(), uniques.node()}));
  return x.ndim() == 1 ? found : xp::reshape(found, x.shape());
}
/// In the dtype that both have together.
std::pair<Array, Array> promoted(const char* function, const Array& a, const Array& b) {
  const auto dtype = arrays::result_type(a.dtype(), b.dtype());
  if (!dtype) throw Error(dtype.failure().code, fmt::format("{}: {}", function, dtype.failure().message));
  detail::need(arrays::kernels::need_order(function, *dtype));
  return {xp::astype(a, *dtype), xp::astype(b, *dtype)};
}
Array searched(const Array& in_order, const Array& values, xp::Side side) {
  auto procedure = std::make_shared<Search>();
  procedure->side = side;
  return detail::made(expression::special(procedure, Dtype::int64, values.chunks(), {in_order.node(), values.node()}));
}
}  // namespace

namespace xp {
Array unique_values(const Array& x) { return part_of(uniques("unique_values", x), 0); }
UniqueCounts unique_counts(const Array& x) {
  const Array all = uniques("unique_counts", x);
  return {part_of(all, 0), part_of(all, 2)};
}
UniqueInverse unique_inverse(const Array& x) {
  detail::need(arrays::shape::need_known("unique_inverse", x.shape()));
  const Array all = uniques("unique_inverse", x);
  return {part_of(all, 0), inverse(x, all)};
}
UniqueAll unique_all(const Array& x) {
  detail::need(arrays::shape::need_known("unique_all", x.shape()));
  const Array all = uniques("unique_all", x);
  return {part_of(all, 0), part_of(all, 1), inverse(x, all), part_of(all, 2)};
}

Array isin(const Array& x1, const Array& x2, const IsinOptions& options) {
  const auto [elements, of] = promoted("isin", x1, x2);
  auto procedure = std::make_shared<FoundIn>();
  procedure->is_in = true;
  const Array found = detail::made(expression::special(procedure, Dtype::boolean, elements.chunks(), {elements.node(), uniques("isin", of).node()}));
  return options.invert ? logical_not(found) : found;
}

Array searchsorted(const Array& x1, const Array& x2, const SearchOptions& options) {
  if (x1.ndim() != 1) throw wrong(fmt::format("searchsorted: what is searched is of one dimension, not of the shape {}", arrays::to_string(x1.shape())));
  if (options.sorter && options.sorter->shape() != x1.shape())
    throw wrong(fmt::format("searchsorted: the sorter of shape {} does not fit the shape {}", arrays::to_string(options.sorter->shape()), arrays::to_string(x1.shape())));
  const auto [in_order, values] = promoted("searchsorted", options.sorter ? take(x1, *options.sorter) : x1, x2);
  return searched(in_order, values, options.side);
}

Array digitize(const Array& x, const Array& bins, bool right) {
  if (bins.ndim() != 1) throw wrong(fmt::format("digitize: bins are of one dimension, not of the shape {}", arrays::to_string(bins.shape())));
  const auto [edges, values] = promoted("digitize", bins, x);
  const Side side = right ? Side::left : Side::right;
  const auto* given = std::get_if<expression::Given>(&bins.node()->what);
  if (given == nullptr) return searched(edges, values, side);
  const Block known = detail::need(arrays::kernels::joined(given->blocks, arrays::shape::Grid(bins.chunks()).counts()));
  const bool is_up = detail::need(arrays::kernels::sort(known, 0, arrays::kernels::Order::up)) == known;
  if (is_up) return searched(edges, values, side);
  if (!(detail::need(arrays::kernels::sort(known, 0, arrays::kernels::Order::down)) == known))
    throw wrong(fmt::format("digitize: the {} bins neither increase nor decrease", known.size()));
  return subtract(bins.size(), searched(flip(edges), values, side));
}
}  // namespace xp
}  // namespace tessera
