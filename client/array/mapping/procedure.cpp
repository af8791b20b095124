#include "client/array/mapping/procedure.hpp"

#include "arrays/shape/gather.hpp"
#include "client/array/operations.hpp"
#include "serialization/block_codec.hpp"

#include <algorithm>

namespace tessera::detail {
using arrays::Shape;
using arrays::shape::Box;
using arrays::shape::Grid;
using arrays::shape::Piece;

namespace {
Shape strides_of(const Shape& count) {
  Shape strides(count.size());
  std::int64_t next = 1;
  for (std::size_t i = count.size(); i-- > 0; next *= count[i]) strides[i] = next;
  return strides;
}
std::int64_t elements(const Shape& count) { return *arrays::element_count(count); }

KernelPlan::Operand whole_chunk(const Grid& grid, const Shape& at) {
  const Shape count = grid.box(at).count;
  return {count, {{grid.number(at), Shape(count.size(), 0), count, 0, strides_of(count)}}};
}
/// The last numbers of `at`, as many as `rank`; the only chunk where there is one.
Shape aligned(const Grid& grid, const Shape& at, std::size_t rank) {
  Shape its(at.end() - static_cast<std::ptrdiff_t>(rank), at.end());
  for (std::size_t i = 0; i < rank; ++i) its[i] = std::min(its[i], grid.counts()[i] - 1);
  return its;
}
}  // namespace

bool Mapped::equals(const Procedure& other) const {
  const auto* its = dynamic_cast<const Mapped*>(&other);
  return its != nullptr && its->kernel_ == kernel_;
}

KernelPlan Mapped::plan(const Calling& call, std::size_t chunk) const {
  KernelPlan plan;
  plan.kind = kernel_.kind;
  plan.core = static_cast<std::int64_t>(kernel_.core);
  plan.place = call.grid.at(chunk);
  const Box own = call.grid.box(plan.place);
  plan.shape = own.count;
  if (kernel_.kind == KernelPlan::Kind::blocks) {
    for (const Grid* grid : call.operands) plan.operands.push_back(whole_chunk(*grid, aligned(*grid, plan.place, grid->rank())));
    return plan;
  }
  if (kernel_.kind == KernelPlan::Kind::loops) {
    const Shape loop(plan.place.begin(), plan.place.end() - static_cast<std::ptrdiff_t>(kernel_.core));
    for (std::size_t i = 0; i < call.operands.size(); ++i) {
      Shape at = aligned(*call.operands[i], loop, call.operands[i]->rank() - kernel_.cores[i]);
      at.resize(call.operands[i]->rank(), 0);
      plan.operands.push_back(whole_chunk(*call.operands[i], at));
    }
    return plan;
  }
  plan.before = kernel_.before, plan.behind = kernel_.behind, plan.has_before = plan.before, plan.has_behind = plan.behind;
  Box box = own;
  for (std::size_t i = 0; i < own.count.size(); ++i) {
    if (!kernel_.is_padded[i]) {
      const std::int64_t length = call.grid.start(i, call.grid.counts()[i]);
      plan.has_before[i] = std::min(plan.before[i], own.start[i]);
      plan.has_behind[i] = std::min(plan.behind[i], length - own.start[i] - own.count[i]);
      box.start[i] -= plan.has_before[i];
    }
    box.count[i] += plan.has_before[i] + plan.has_behind[i];
  }
  const bool is_empty = elements(own.count) == 0;
  for (const Grid* grid : call.operands) {
    Shape whole(grid->rank());
    for (std::size_t i = 0; i < whole.size(); ++i) whole[i] = grid->start(i, grid->counts()[i]);
    plan.operands.push_back({box.count, is_empty ? std::vector<Piece>() : pieces_of(arrays::shape::whole(whole), *grid, box)});
  }
  return plan;
}

void Mapped::need(const Calling& call, std::size_t chunk, const Take& take) const {
  const KernelPlan its = plan(call, chunk);
  for (std::size_t i = 0; i < its.operands.size(); ++i)
    for (const Piece& piece : its.operands[i].pieces) take(i, piece.chunk);
}

void Mapped::add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const {
  const std::uint32_t operation = graph.builder().operation(kernel_.name), options = graph.builder().options({});
  std::vector<runtime::graph::Index> inputs;
  for (std::size_t chunk = 0; chunk < wanted.size(); ++chunk) {
    if (!wanted[chunk]) continue;
    KernelPlan its = plan(call, chunk);
    inputs.clear();
    for (std::size_t i = 0; i < its.operands.size(); ++i)
      for (Piece& piece : its.operands[i].pieces) {
        runtime::graph::Index input = (*of[i])[piece.chunk];
        // Where less than half of a chunk is looked at, only that travels, and the chunk may go.
        if (2 * elements(piece.count) < elements(call.operands[i]->box(call.operands[i]->at(piece.chunk)).count)) {
          const Piece edge{0, Shape(piece.start.size(), 0), piece.count, piece.offset, piece.strides};
          input = graph.add(array_operations::gather, std::vector<Deferred<arrays::Block>>{{input}}, call.dtypes[i], piece.count, arrays::shape::packed({&edge, 1})).index;
          piece.offset = 0, piece.strides = strides_of(piece.count);
        }
        piece.chunk = inputs.size();
        inputs.push_back(input);
      }
    serialization::Writer writer;
    writer.number(kernel_.mark);
    serialization::Codec<std::vector<std::int64_t>>::write(writer, packed(its));
    writer.raw(kernel_.values.data(), kernel_.values.size());
    tasks[chunk] = graph.builder().add(operation, inputs, writer.bytes(), options);
  }
}
}  // namespace tessera::detail
