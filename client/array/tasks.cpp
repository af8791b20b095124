#include "client/array/tasks.hpp"

#include "arrays/shape/gather.hpp"
#include "client/array/operations.hpp"
#include "client/array/indexing/operations.hpp"
#include "client/array/procedure.hpp"
#include "client/array/unsized.hpp"
#include "serialization/program_codec.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

namespace tessera::detail {
namespace {
using namespace arrays::expression;
using arrays::Block;
using arrays::Shape;
using arrays::shape::Box;
using arrays::shape::Grid;
using arrays::shape::Piece;
using array_operations::Blocks;
using array_operations::Numbers;
using runtime::graph::Index;

/// How many partials one task combines.
constexpr std::size_t fan_in = 8;
/// A chunk of a view is made straight from the chunks that it touches where those are at most so many times as large as it; else each of them
/// is divided first, so that no task has very much more in memory than it makes.
constexpr std::int64_t direct_max = 2;

Deferred<Block> block(Index index) { return {index}; }
std::vector<Deferred<Block>> blocks(std::span<const Index> indices) {
  std::vector<Deferred<Block>> all;
  for (const Index one : indices) all.push_back({one});
  return all;
}
std::vector<Deferred<Blocks>> partials(std::span<const Index> indices) {
  std::vector<Deferred<Blocks>> all;
  for (const Index one : indices) all.push_back({one});
  return all;
}

/// A node while its tasks are added.
struct Chunked {
  explicit Chunked(const Planned& node) : grid(node.chunks), shape(arrays::shape::shape_of(node.chunks)), tasks(grid.size()), needed(grid.size(), false) {}
  Grid grid;
  Shape shape;
  std::vector<Index> tasks;
  std::vector<bool> needed;
  std::vector<std::optional<Grid>> through;  ///< Of the operands of a program that it takes through a view: chunks of the view.
};
/// Of an operand that a program takes: the chunk, and how its elements lie in it.
struct Taken {
  std::size_t chunk;
  arrays::kernels::Layout layout;
};

const std::vector<std::optional<Through>>* through_of(const What& what) {
  if (const auto* apply = std::get_if<Apply>(&what)) return &apply->through;
  if (const auto* partials = std::get_if<Partials>(&what)) return &partials->through;
  return nullptr;
}

class Lowering {
 public:
  Lowering(Graph& graph, const arrays::expression::Plan& plan, const Give& give) : graph_(graph), plan_(plan), give_(give) {
    for (const Planned& node : plan.nodes) {
      auto& its = all_.emplace_back(node);
      if (const auto* through = through_of(node.what))
        for (const auto& one : *through) its.through.push_back(one ? std::optional<Grid>(one->chunks) : std::nullopt);
    }
  }

  std::vector<std::vector<Deferred<Block>>> run() {
    for (const std::size_t one : plan_.wanted) all_[one].needed.assign(all_[one].grid.size(), true);
    for (std::size_t node = plan_.nodes.size(); node-- > 0;)
      each_needed(node, [&](std::size_t chunk) {
        each_input(node, chunk, [&](std::size_t operand, std::size_t its) { all_[plan_.nodes[node].of[operand]].needed[its] = true; });
      });
    for (std::size_t node = 0; node < plan_.nodes.size(); ++node) std::visit([&](const auto& what) { add_all(node, what); }, plan_.nodes[node].what);
    std::vector<std::vector<Deferred<Block>>> results;
    for (const std::size_t one : plan_.wanted) {
      auto& result = results.emplace_back();
      for (std::size_t chunk = 0; chunk < all_[one].tasks.size(); ++chunk) result.push_back(task_of(one, chunk));
    }
    return results;
  }

 private:
  template <class Visit>
  void each_needed(std::size_t node, const Visit& visit) {
    for (std::size_t chunk = 0; chunk < all_[node].needed.size(); ++chunk)
      if (all_[node].needed[chunk]) visit(chunk);
  }
  const Chunked& operand(std::size_t node, std::size_t number) const { return all_[plan_.nodes[node].of[number]]; }

  /// Calls `visit(operand, chunk of it)` for all that a chunk is made of.
  template <class Visit>
  void each_input(std::size_t node, std::size_t chunk, const Visit& visit) const {
    const What& what = plan_.nodes[node].what;
    if (std::holds_alternative<Apply>(what) || std::holds_alternative<Partials>(what)) {
      const Shape at = all_[node].grid.at(chunk);
      for (std::size_t i = 0; i < plan_.nodes[node].of.size(); ++i)
        visit(i, is_through(node, i) ? taken(node, i, at).chunk : stretched(operand(node, i).grid, at));
    } else if (std::holds_alternative<Finish>(what)) {
      for (const std::size_t one : reduced(node, chunk)) visit(0, one);
    } else if (const auto* viewed = std::get_if<Viewed>(&what)) {
      for (const Piece& piece : pieces_of(viewed->view, operand(node, 0).grid, box(node, chunk))) visit(0, piece.chunk);
    } else if (const auto* concat = std::get_if<Concat>(&what)) {
      const auto [number, its] = joined(node, chunk, concat->axis);
      visit(number, its);
    } else if (std::holds_alternative<Reshape>(what)) {
      visit(0, chunk);
    } else if (const auto* special = std::get_if<Special>(&what)) {
      procedure(*special).need(calling(node), chunk, visit);
    }
  }
  /// The dimension whose length only tasks know.
  std::optional<std::size_t> unknown(std::size_t node) const { return arrays::shape::unknown_dimension(all_[node].shape); }
  /// Those of a chunk; -1 where it is unknown.
  Numbers lengths(std::size_t node, std::size_t chunk) const {
    Numbers all;
    const Shape at = all_[node].grid.at(chunk);
    for (std::size_t i = 0; i < at.size(); ++i) all.push_back(plan_.nodes[node].chunks[i][static_cast<std::size_t>(at[i])]);
    return all;
  }
  /// The operands that have a dimension of unknown length, too, and do not stretch along it.
  Numbers that_have_it(std::size_t node, std::size_t dimension) const {
    Numbers all;
    const std::size_t from_end = plan_.nodes[node].chunks.size() - dimension;
    for (std::size_t i = 0; i < plan_.nodes[node].of.size(); ++i) {
      const auto& chunks = plan_.nodes[plan_.nodes[node].of[i]].chunks;
      if (chunks.size() >= from_end && arrays::shape::shape_of({chunks[chunks.size() - from_end]})[0] == arrays::shape::unknown_length) all.push_back(static_cast<std::int64_t>(i));
    }
    return all;
  }
  Box box(std::size_t node, std::size_t chunk) const { return all_[node].grid.box(all_[node].grid.at(chunk)); }

  /// The operand's chunk for the one at `at` of the result, aligned at the last dimension.
  static std::size_t stretched(const Grid& grid, const Shape& at) {
    Shape its(at.end() - static_cast<std::ptrdiff_t>(grid.rank()), at.end());
    for (std::size_t i = 0; i < its.size(); ++i) its[i] = std::min(its[i], grid.counts()[i] - 1);
    return grid.number(its);
  }
  bool is_through(std::size_t node, std::size_t i) const { return i < all_[node].through.size() && all_[node].through[i]; }
  Taken taken(std::size_t node, std::size_t i, const Shape& at) const {
    const Grid& from = operand(node, i).grid;
    Taken taken{};
    Shape count, strides;
    if (is_through(node, i)) {
      const Grid& viewed = *all_[node].through[i];
      const Box its = viewed.box(viewed.at(stretched(viewed, at)));
      const Piece piece = pieces_of((*through_of(plan_.nodes[node].what))[i]->view, from, its).at(0);
      taken = {piece.chunk, {piece.offset, {}}};
      count = its.count, strides = piece.strides;
    } else {
      taken.chunk = stretched(from, at);
      count = from.box(from.at(taken.chunk)).count, strides = strides_of(count);
    }
    taken.layout.strides.assign(at.size() - count.size(), 0);
    for (std::size_t axis = 0; axis < count.size(); ++axis) taken.layout.strides.push_back(count[axis] == 1 ? 0 : strides[axis]);
    return taken;
  }
  /// Nothing where the operands of a program lie as they are.
  Numbers layouts(std::size_t node, std::size_t chunk) const {
    Numbers numbers;
    for (std::size_t i = 0; i < all_[node].through.size(); ++i) {
      const auto layout = taken(node, i, all_[node].grid.at(chunk)).layout;
      numbers.push_back(layout.offset);
      numbers.insert(numbers.end(), layout.strides.begin(), layout.strides.end());
    }
    return numbers;
  }
  /// The chunks that a chunk of a reduction stands for, in C order.
  std::vector<std::size_t> reduced(std::size_t node, std::size_t chunk) const {
    const auto& partial = std::get<Partials>(plan_.nodes[plan_.nodes[node].of[0]].what);
    const Grid& from = operand(node, 0).grid;
    const Shape at = all_[node].grid.at(chunk);
    Shape first(from.rank(), 0), counts(from.rank(), 1);
    for (std::size_t axis = 0, kept = 0; axis < from.rank(); ++axis) {
      const bool is_reduced = std::ranges::binary_search(partial.axes, axis);
      if (is_reduced) counts[axis] = from.counts()[axis];
      else first[axis] = at[kept];
      kept += !is_reduced || std::get<Finish>(plan_.nodes[node].what).keepdims;
    }
    std::vector<std::size_t> all;
    Shape more(from.rank(), 0), here(from.rank());
    do {
      for (std::size_t axis = 0; axis < from.rank(); ++axis) here[axis] = first[axis] + more[axis];
      all.push_back(from.number(here));
    } while (arrays::shape::next_index(more, counts));
    return all;
  }
  /// Which operand has the chunk, and where.
  std::pair<std::size_t, std::size_t> joined(std::size_t node, std::size_t chunk, std::size_t axis) const {
    Shape at = all_[node].grid.at(chunk);
    std::size_t number = 0;
    while (at[axis] >= operand(node, number).grid.counts()[axis]) at[axis] -= operand(node, number++).grid.counts()[axis];
    return {number, operand(node, number).grid.number(at)};
  }

  std::vector<Index> inputs(std::size_t node, std::size_t chunk) const {
    std::vector<Index> all;
    each_input(node, chunk, [&](std::size_t number, std::size_t its) { all.push_back(operand(node, number).tasks[its]); });
    return all;
  }

  void add_all(std::size_t node, const auto& what) {
    each_needed(node, [&](std::size_t chunk) { all_[node].tasks[chunk] = add(node, chunk, what); });
  }
  void add_all(std::size_t node, const Special& what) {
    std::vector<const Tasks*> of;
    for (const std::size_t operand : plan_.nodes[node].of) of.push_back(&all_[operand].tasks);
    procedure(what).add(graph_, calling(node), all_[node].needed, of, all_[node].tasks);
  }
  static const ArrayProcedure& procedure(const Special& what) { return static_cast<const ArrayProcedure&>(*what.procedure); }
  Calling calling(std::size_t node) const {
    Calling call{plan_.nodes[node].dtype, all_[node].grid, {}, {}};
    for (const std::size_t operand : plan_.nodes[node].of) {
      call.operands.push_back(&all_[operand].grid);
      call.dtypes.push_back(plan_.nodes[operand].dtype);
    }
    return call;
  }

  Index add(std::size_t, std::size_t chunk, const arrays::expression::Given& its) { return give_(graph_, its.blocks[chunk]); }
  Index add(std::size_t node, std::size_t chunk, const Foreign& its) {
    return static_cast<const ChunkSource&>(*its.source).chunk(graph_, chunk, box(node, chunk));
  }
  Index add(std::size_t node, std::size_t chunk, const Make& its) {
    const Box here = box(node, chunk);
    array_operations::Bytes numbers;
    for (const auto& one : its.numbers) numbers.insert(numbers.end(), one.raw().begin(), one.raw().end());
    return graph_.add(array_operations::make, plan_.nodes[node].dtype, static_cast<std::uint8_t>(its.kind), numbers, its.offset, here.start, here.count,
                      all_[node].shape).index;
  }
  Index add(std::size_t node, std::size_t chunk, const Apply& its) {
    if (const auto dimension = unknown(node))
      return graph_.add(array_operations::apply_unsized, blocks(inputs(node, chunk)), encoded(node, its.program), plan_.nodes[node].dtype, lengths(node, chunk),
                        that_have_it(node, *dimension)).index;
    const Box here = box(node, chunk);
    const bool makes = !its.program.makes.empty();  // Without, equal chunks are one task wherever they lie (K1).
    return graph_.add(array_operations::apply, blocks(inputs(node, chunk)), encoded(node, its.program), plan_.nodes[node].dtype, here.count,
                      makes ? here.start : Numbers(), makes ? all_[node].shape : Numbers(), layouts(node, chunk)).index;
  }
  Index add(std::size_t node, std::size_t chunk, const Partials& its) {
    const Box here = box(node, chunk);
    if (const auto dimension = unknown(node))
      return graph_.add(array_operations::reduce_unsized, blocks(inputs(node, chunk)), encoded(node, its.program), its.reductions, lengths(node, chunk),
                        Numbers(its.axes.begin(), its.axes.end()), here.start, all_[node].shape, that_have_it(node, *dimension)).index;
    return graph_.add(array_operations::reduce, blocks(inputs(node, chunk)), encoded(node, its.program), its.reductions, here.count,
                      Numbers(its.axes.begin(), its.axes.end()), here.start, all_[node].shape, layouts(node, chunk)).index;
  }
  Index add(std::size_t node, std::size_t chunk, const Finish& its) {
    const std::size_t operand = plan_.nodes[node].of[0];
    const auto& partial = std::get<Partials>(plan_.nodes[operand].what);
    const std::vector<std::size_t> chunks = reduced(node, chunk);
    if (const auto dimension = unknown(operand))
      return graph_.add(array_operations::finish_unsized, partials(combined(operand, chunks, partial)), partial.reductions, static_cast<std::int64_t>(its.which),
                        lengths(node, chunk), static_cast<std::int64_t>(*dimension)).index;
    return graph_.add(array_operations::finish, partials(combined(operand, chunks, partial)), partial.reductions[its.which],
                      static_cast<std::int64_t>(its.which), box(node, chunk).count).index;
  }
  Index add(std::size_t node, std::size_t chunk, const Viewed& its) {
    const Box here = box(node, chunk);
    return gathered(node, here.count, pieces_of(its.view, operand(node, 0).grid, here));
  }
  Index add(std::size_t node, std::size_t chunk, const Concat&) { return inputs(node, chunk)[0]; }
  Index add(std::size_t node, std::size_t chunk, const Reshape&) {
    return graph_.add(array_operations::reshape, block(inputs(node, chunk)[0]), box(node, chunk).count).index;
  }

  /// At most `fan_in` partials that stand for all of these chunks. Nodes that finish several reductions of one chunk share them.
  std::vector<Index> combined(std::size_t node, const std::vector<std::size_t>& chunks, const Partials& its) {
    const auto [known, is_new] = combined_.try_emplace({node, chunks.front()});
    if (!is_new) return known->second;
    std::vector<Index> left;
    for (const std::size_t one : chunks) left.push_back(all_[node].tasks[one]);
    while (left.size() > fan_in) {
      std::vector<Index> next;
      for (std::size_t i = 0; i < left.size(); i += fan_in) {
        const auto some = std::span(left).subspan(i, std::min(fan_in, left.size() - i));
        const auto combine = unknown(node) ? array_operations::combine_unsized : array_operations::combine;
        next.push_back(some.size() == 1 ? some[0] : graph_.add(combine, partials(some), its.reductions).index);
      }
      left = std::move(next);
    }
    return known->second = left;
  }

  Index gathered(std::size_t node, const Shape& count, std::vector<Piece> pieces) {
    const Grid& from = operand(node, 0).grid;
    const arrays::Dtype dtype = plan_.nodes[node].dtype;
    const auto task = [&](std::size_t chunk) { return operand(node, 0).tasks[chunk]; };
    if (pieces.size() == 1 && is_all_of(pieces[0], from.box(from.at(pieces[0].chunk)).count)) return task(pieces[0].chunk);
    std::vector<std::size_t> touched;
    for (const Piece& piece : pieces) touched.push_back(piece.chunk);
    std::ranges::sort(touched);
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    std::int64_t elements = 0;
    for (const std::size_t one : touched) elements += *arrays::element_count(from.box(from.at(one)).count);
    std::vector<Index> sources;
    if (touched.size() == 1 || elements / direct_max <= *arrays::element_count(count)) {
      for (Piece& piece : pieces) piece.chunk = static_cast<std::size_t>(std::ranges::lower_bound(touched, piece.chunk) - touched.begin());
      for (const std::size_t one : touched) sources.push_back(task(one));
    } else {
      for (std::size_t i = 0; i < pieces.size(); ++i) {
        sources.push_back(part(dtype, task(pieces[i].chunk), pieces[i]));
        pieces[i].chunk = i, pieces[i].offset = 0, pieces[i].strides = strides_of(pieces[i].count);
      }
    }
    return graph_.add(array_operations::gather, blocks(sources), dtype, count, arrays::shape::packed(pieces)).index;
  }
  /// The piece as a block of its own.
  Index part(arrays::Dtype dtype, Index from, Piece piece) {
    piece.chunk = 0, piece.start.assign(piece.start.size(), 0);
    return graph_.add(array_operations::gather, blocks({&from, 1}), dtype, piece.count, arrays::shape::packed({&piece, 1})).index;
  }
  static Shape strides_of(const Shape& count) {
    Shape strides(count.size());
    std::int64_t next = 1;
    for (std::size_t i = count.size(); i-- > 0; next *= count[i]) strides[i] = next;
    return strides;
  }
  static bool is_all_of(const Piece& piece, const Shape& chunk) {
    return piece.count == chunk && piece.offset == 0 && std::ranges::count(piece.start, 0) == static_cast<std::ptrdiff_t>(chunk.size()) &&
           piece.strides == strides_of(chunk);
  }

  /// What is wanted is a task's result: a chunk that is none is copied.
  Deferred<Block> task_of(std::size_t node, std::size_t chunk) {
    const Index task = all_[node].tasks[chunk];
    if (!(task & runtime::graph::external_bit)) return {task};
    if (unknown(node)) return graph_.add(array_operations::join, blocks({&task, 1}), Numbers(all_[node].grid.rank(), 1));
    const Shape count = box(node, chunk).count;
    const Piece whole{0, Shape(count.size(), 0), count, 0, strides_of(count)};
    const bool is_empty = arrays::element_count(count) == 0;
    return graph_.add(array_operations::gather, blocks({&task, 1}), plan_.nodes[node].dtype, count,
                      is_empty ? Numbers() : arrays::shape::packed({&whole, 1}));
  }

  const array_operations::Bytes& encoded(std::size_t node, const arrays::kernels::Program& program) {
    if (encoded_of_ != node) encoded_ = arrays::kernels::encode(program), encoded_of_ = node;
    return encoded_;
  }

  Graph& graph_;
  const arrays::expression::Plan& plan_;
  const Give& give_;
  std::vector<Chunked> all_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<Index>> combined_;  ///< By node of partials and first chunk.
  std::size_t encoded_of_ = static_cast<std::size_t>(-1);
  array_operations::Bytes encoded_;
};
}  // namespace

std::vector<std::vector<Deferred<Block>>> add_tasks(Graph& graph, const arrays::expression::Plan& plan, const Give& give) {
  return Lowering(graph, plan, give).run();
}
}  // namespace tessera::detail
