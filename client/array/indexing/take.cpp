// Index arrays: what chunks of the result take of which chunks of the operand.
#include "arrays/expression/numbers.hpp"
#include "client/array/indexing/indices.hpp"
#include "client/array/indexing/operations.hpp"
#include "client/array/procedure.hpp"
#include "client/xp/indexing.hpp"
#include "serialization/block_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace tessera {
namespace detail {
namespace {
namespace expression = arrays::expression;
namespace kernels = arrays::kernels;
using array_operations::Blocks;
using array_operations::Numbers;
using arrays::Shape;
using arrays::shape::Chunks;
using arrays::shape::Cuts;
using arrays::shape::Grid;
using runtime::graph::Index;

/// A chunk is taken straight from chunks that are together at most so many times as large; else what lies in each is picked first.
constexpr std::int64_t direct_max = 2;

/// Which chunks the indices of one chunk point to, counted in the dimensions that are indexed, and how many of them to each.
using Hits = std::map<std::int64_t, std::int64_t>;

/// Operands: what is indexed, and the indices. `along`: as `take_along_axis`, where indices have a place for each element.
struct Taking : ArrayProcedure {
  std::size_t axis = 0, dimensions = 1;
  bool along = false;
  std::vector<Hits> hits;  ///< By chunk of the indices; empty where nobody knows them.

  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const Taking*>(&other);
    return its != nullptr && its->axis == axis && its->dimensions == dimensions && its->along == along && its->hits == hits;
  }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    take(1, indices_of(call, chunk));
    for (const auto& [number, rows] : touched(call, chunk)) take(0, source_of(call, chunk, number));
  }
  void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override {
    for (std::size_t chunk = 0; chunk < wanted.size(); ++chunk)
      if (wanted[chunk]) tasks[chunk] = task(graph, call, chunk, of);
  }

 private:
  Index task(Graph& graph, const Calling& call, std::size_t chunk, std::span<const Tasks* const> of) const {
    const Deferred<Block> indices{(*of[1])[indices_of(call, chunk)]};
    const Shape shape = call.grid.box(call.grid.at(chunk)).count;
    const Numbers cuts = packed(*call.operands[0]);
    const auto kind = static_cast<std::uint8_t>(along);
    std::vector<Deferred<Block>> sources;
    Numbers numbers;
    std::int64_t elements = 0;
    const Hits its = touched(call, chunk);
    for (const auto& [number, rows] : its) {
      const std::size_t source = source_of(call, chunk, number);
      elements += *arrays::element_count(call.operands[0]->box(call.operands[0]->at(source)).count);
      sources.push_back({(*of[0])[source]});
      numbers.push_back(number);
    }
    const bool is_direct = sources.size() == 1 || elements / direct_max <= *arrays::element_count(shape);
    if (!is_direct)
      for (std::size_t i = 0; i < sources.size(); ++i)
        sources[i] = graph.add(array_operations::index_pick, sources[i], indices, numbers[i], cuts, kind, static_cast<std::int64_t>(axis), shape, its.at(numbers[i]));
    return graph.add(array_operations::index_take, sources, indices, numbers, cuts, kind, !is_direct, static_cast<std::int64_t>(axis), shape).index;
  }
  std::size_t indices_of(const Calling& call, std::size_t chunk) const { return along ? chunk : static_cast<std::size_t>(call.grid.at(chunk)[axis]); }
  std::size_t source_of(const Calling& call, std::size_t chunk, std::int64_t number) const {
    const Grid& from = *call.operands[0];
    const Shape to = call.grid.at(chunk);
    Shape at(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(axis));
    at.resize(axis + dimensions);
    for (std::size_t i = axis + dimensions; i-- > axis; number /= from.counts()[i]) at[i] = number % from.counts()[i];
    at.insert(at.end(), to.begin() + static_cast<std::ptrdiff_t>(axis) + 1, to.end());
    return from.number(at);
  }
  Hits touched(const Calling& call, std::size_t chunk) const {
    if (!hits.empty()) return hits[indices_of(call, chunk)];
    Hits all;
    std::int64_t count = 1;
    for (std::size_t i = axis; i < axis + dimensions; ++i) count *= call.operands[0]->counts()[i];
    for (std::int64_t number = 0; number < count; ++number) all[number] = -1;
    return all;
  }
  Numbers packed(const Grid& grid) const {
    Numbers cuts;
    for (std::size_t i = axis; i < axis + dimensions; ++i) {
      cuts.push_back(grid.counts()[i]);
      for (std::int64_t at = 0; at < grid.counts()[i]; ++at) cuts.push_back(grid.length(i, at));
    }
    return cuts;
  }
};

Hits hits_of(const Block& indices, const Chunks& indexed) {
  std::vector<std::int64_t> counts(Grid(indexed).size(), 0);
  for (const kernels::Target& target : need(kernels::targets_of(indices, indexed))) ++counts[static_cast<std::size_t>(target.chunk)];
  Hits hits;
  for (std::size_t number = 0; number < counts.size(); ++number)
    if (counts[number] > 0) hits[static_cast<std::int64_t>(number)] = counts[number];
  if (hits.empty()) hits[0] = 0;  // Of nothing, too, somebody tells the dtype.
  return hits;
}
std::vector<Hits> hits_of(const Array& indices, const Chunks& indexed) {
  std::vector<Hits> all;
  if (const auto* given = std::get_if<expression::Given>(&indices.node()->what))
    for (const Block& one : given->blocks) all.push_back(hits_of(one, indexed));
  return all;
}

void need_integers(const char* function, const Array& indices) {
  if (!arrays::is_integer(indices.dtype()))
    throw Error(ErrorCode::type_mismatch, fmt::format("{} takes integers as indices, not {} of shape {}", function, arrays::to_string(indices.dtype()),
                                                      arrays::to_string(indices.shape())));
}

/// One of one dimension for each dimension that is indexed, in chunks: of two dimensions where there are several.
Array together(std::span<const Array> indices, const Cuts& cuts, std::span<const std::optional<Block>> known) {
  const auto rows = static_cast<std::int64_t>(indices.size());
  const bool is_known = std::ranges::all_of(known, [](const auto& one) { return one.has_value(); });
  const Chunks chunks = rows == 1 ? Chunks{cuts} : Chunks{{rows}, cuts};
  if (is_known) {
    const Shape shape = arrays::shape::shape_of(chunks);
    return xp::asarray(Block::make<std::int64_t>(arrays::ShapeView(shape), [&](std::span<std::int64_t> to) {
      auto next = to.begin();
      for (const auto& one : known) next = std::ranges::copy(one->data<std::int64_t>(), next).out;
    }), chunks);
  }
  std::vector<Array> flat;
  for (const Array& one : indices) flat.push_back(xp::astype(one.ndim() == 1 ? one : xp::reshape(one, {-1}), Dtype::int64));
  return xp::rechunk(rows == 1 ? flat[0] : xp::stack(flat), chunks);
}
}  // namespace

std::optional<Block> known_indices(const Array& indices) {
  const auto* given = std::get_if<expression::Given>(&indices.node()->what);
  if (given == nullptr || !arrays::is_integer(indices.dtype())) return std::nullopt;
  const Block whole = need(kernels::joined(given->blocks, Grid(indices.chunks()).counts()));
  if (whole.dtype() == Dtype::int64) return whole;
  return arrays::with_real_type(whole.dtype(), [&]<class T>() {
    return Block::make<std::int64_t>(whole.shape(), [&](std::span<std::int64_t> to) {
      std::ranges::transform(whole.data<T>(), to.begin(), [](T value) { return static_cast<std::int64_t>(value); });
    });
  });
}

void check_range(const Block& indices, std::int64_t length, const std::string& where) {
  for (const std::int64_t index : indices.data<std::int64_t>())
    if (index < -length || index >= length) throw Error(ErrorCode::invalid_argument, fmt::format("index {} is out of range for {}", index, where));
}

Cuts cut_to(const Cuts& cuts, std::int64_t longest) {
  longest = std::max<std::int64_t>(longest, 1);
  Cuts result;
  for (const std::int64_t length : cuts) {
    const Cuts parts = length - longest > longest / 4 ? arrays::shape::cut_evenly(length, longest) : Cuts{length};
    result.insert(result.end(), parts.begin(), parts.end());
  }
  return result;
}

std::size_t one_axis(const char* function, const Array& x, std::int64_t axis) {
  const std::int64_t wanted[] = {axis};
  return need(expression::axes_in_order(function, x.shape(), wanted))[0];
}

Array taken(const char* function, const Array& x, std::size_t axis, std::span<const Array> given) {
  need(arrays::shape::need_known(function, x.shape()));
  std::vector<Array> indices(given.begin(), given.end());
  if (indices.size() > 1) indices = xp::broadcast_arrays(indices);
  std::vector<std::optional<Block>> known;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    need_integers(function, given[i]);
    need(arrays::shape::need_known(function, given[i].shape()));
    const auto block = known_indices(given[i]);
    if (block)
      check_range(*block, x.shape()[axis + i], fmt::format("dimension {} of the shape {}", axis + i, arrays::to_string(x.shape())));
    known.push_back(given[i].shape() == indices[i].shape() ? block : std::nullopt);
    if (!known.back() && block && block->size() == 1)
      known.back() = Block::make<std::int64_t>(arrays::ShapeView(indices[i].shape()), [&](std::span<std::int64_t> to) { std::ranges::fill(to, block->data<std::int64_t>()[0]); });
  }
  const Shape& shape = indices[0].shape();
  std::int64_t longest = 1;
  Chunks indexed(x.chunks().begin() + static_cast<std::ptrdiff_t>(axis), x.chunks().begin() + static_cast<std::ptrdiff_t>(axis + indices.size()));
  for (const Cuts& cuts : indexed) longest *= *std::ranges::max_element(cuts);
  const Cuts cuts = cut_to(shape.size() == 1 ? indices[0].chunks()[0] : Cuts{indices[0].size()}, longest);
  const Array all = together(indices, cuts, known);
  auto taking = std::make_shared<Taking>();
  taking->axis = axis, taking->dimensions = indices.size(), taking->hits = hits_of(all, indexed);
  Chunks chunks(x.chunks().begin(), x.chunks().begin() + static_cast<std::ptrdiff_t>(axis));
  chunks.push_back(cuts);
  chunks.insert(chunks.end(), x.chunks().begin() + static_cast<std::ptrdiff_t>(axis + indices.size()), x.chunks().end());
  const Array flat = made(expression::special(taking, x.dtype(), std::move(chunks), {x.node(), all.node()}));
  if (shape.size() == 1) return flat;
  Shape result = flat.shape();
  result.erase(result.begin() + static_cast<std::ptrdiff_t>(axis));
  result.insert(result.begin() + static_cast<std::ptrdiff_t>(axis), shape.begin(), shape.end());
  return xp::reshape(flat, result);
}
}  // namespace detail

namespace xp {
Array take(const Array& x, const Array& indices, std::optional<std::int64_t> axis) {
  if (!axis && x.ndim() != 1)
    throw Error(ErrorCode::invalid_argument, fmt::format("take: the shape {} has {} dimensions: say which axis", arrays::to_string(x.shape()), x.ndim()));
  return detail::taken("take", x, detail::one_axis("take", x, axis.value_or(0)), {&indices, 1});
}

Array take_along_axis(const Array& x, const Array& indices, std::int64_t axis) {
  const std::size_t along = detail::one_axis("take_along_axis", x, axis);
  for (const Array* one : {&x, &indices}) detail::need(arrays::shape::need_known("take_along_axis", one->shape()));
  detail::need_integers("take_along_axis", indices);
  arrays::Shape from = x.shape(), to = indices.shape();
  if (from.size() != to.size())
    throw Error(ErrorCode::invalid_argument, fmt::format("take_along_axis: the shapes {} and {} have different numbers of dimensions", arrays::to_string(from), arrays::to_string(to)));
  if (const auto known = detail::known_indices(indices))
    detail::check_range(*known, from[along], fmt::format("dimension {} of the shape {}", along, arrays::to_string(from)));
  const std::int64_t length = from[along], count = to[along];
  from[along] = to[along] = 1;
  arrays::Shape common = broadcast_shapes({from, to});
  common[along] = length;
  const Array source = broadcast_to(x, common);
  common[along] = count;
  const Array places = broadcast_to(indices.dtype() == Dtype::int64 ? indices : astype(indices, Dtype::int64), common);
  // Elsewhere both are cut alike, in the chunks of the operand.
  arrays::shape::Chunks chunks = source.chunks();
  chunks[along] = places.chunks()[along];
  const Array cut = places.chunks() == chunks ? places : rechunk(places, chunks);
  auto taking = std::make_shared<detail::Taking>();
  taking->axis = along, taking->along = true, taking->hits = detail::hits_of(cut, {source.chunks()[along]});
  return detail::made(arrays::expression::special(taking, x.dtype(), std::move(chunks), {source.node(), cut.node()}));
}
}  // namespace xp
}  // namespace tessera
