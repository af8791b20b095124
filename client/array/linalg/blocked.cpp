#include "client/array/linalg/blocked.hpp"

#include "arrays/linalg/factor.hpp"
#include "client/array/face.hpp"
#include "client/array/linalg/contraction.hpp"
#include "client/array/linalg/operations.hpp"
#include "client/array/procedure.hpp"

#include <map>

namespace tessera::detail {
using arrays::Shape;
using arrays::linalg::Factor;
using arrays::linalg::Product;
using arrays::linalg::Side;
using runtime::graph::Index;

namespace {
Index factor(Graph& graph, Factor which, std::initializer_list<Index> operands) {
  std::vector<Deferred<Block>> all;
  for (const Index one : operands) all.push_back({one});
  return graph.add(array_operations::factor_one, all, static_cast<std::uint8_t>(which)).index;
}

/// What the tasks of one call have in common. Chunks of the result are made when one asks for them, so that nothing is that nobody needs.
class Chunked {
 public:
  Chunked(Graph& its_graph, const Calling& call, std::span<const Tasks* const> of) : graph(its_graph), call_(call), of_(of) {}

  Graph& graph;
  Index input(std::size_t operand, std::int64_t row, std::int64_t column) const {
    const std::int64_t at[] = {row, column};
    return (*of_[operand])[call_.operands[operand]->number(at)];
  }
  /// `from` minus the products of pairs, in their order.
  Index subtracted(Index from, const Tasks& left, const Tasks& right, const Product& how, std::int64_t row, std::int64_t column) const {
    if (left.empty()) return from;
    const std::int64_t at[] = {row, column};
    const Shape shape = call_.grid.box(at).count;
    // Chunks along both sides are the rows'; the first are about as long as the others.
    const std::int64_t inner = call_.operands[0]->length(1, 0), each = static_cast<std::int64_t>(arrays::size_bytes(call_.dtype));
    return add_products(graph, how, {from}, left, right, (shape[0] + shape[1]) * inner * each, call_.dtype, shape, true);
  }
  std::int64_t count() const { return call_.operands[0]->counts()[0]; }

 private:
  const Calling& call_;
  std::span<const Tasks* const> of_;
};

/// L_ij is A_ij minus the sum of L_ik L_jk^H over k < j, factored where i is j, else divided by the adjoint of L_jj. Above it there are zeros.
struct Cholesky : ArrayProcedure {
  bool equals(const arrays::expression::Procedure& other) const override { return dynamic_cast<const Cholesky*>(&other) != nullptr; }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    const Shape at = call.grid.at(chunk);
    if (at[1] > at[0]) return;
    for (std::int64_t row = 0; row <= at[0]; ++row)
      for (std::int64_t column = 0; column <= std::min(row, at[1]) && (row <= at[1] || row == at[0]); ++column) {
        const std::int64_t one[] = {row, column};
        take(0, call.operands[0]->number(one));
      }
  }
  void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override {
    const Chunked chunked(graph, call, of);
    std::map<std::pair<std::int64_t, std::int64_t>, Index> made;
    for (std::size_t chunk = 0; chunk < wanted.size(); ++chunk) {
      if (!wanted[chunk]) continue;
      const Shape at = call.grid.at(chunk);
      tasks[chunk] = at[1] > at[0] ? zeros(graph, call, at) : factored(chunked, made, at[0], at[1]);
    }
  }

 private:
  static Index factored(const Chunked& chunked, std::map<std::pair<std::int64_t, std::int64_t>, Index>& made, std::int64_t row, std::int64_t column) {
    if (const auto known = made.find({row, column}); known != made.end()) return known->second;
    Tasks left, right;
    for (std::int64_t k = 0; k < column; ++k) left.push_back(factored(chunked, made, row, k)), right.push_back(factored(chunked, made, column, k));
    const Index rest = chunked.subtracted(chunked.input(0, row, column), left, right, {0, 1, 1, 1, Side::plain, Side::adjoint}, row, column);
    const Index task = row == column ? factor(chunked.graph, Factor::cholesky, {rest})
                                     : factor(chunked.graph, Factor::divide_lower, {factored(chunked, made, column, column), rest});
    return made[{row, column}] = task;
  }
  static Index zeros(Graph& graph, const Calling& call, const Shape& at) {
    const auto box = call.grid.box(at);
    const Shape whole{call.grid.start(0, call.grid.counts()[0]), call.grid.start(1, call.grid.counts()[1])};
    const array_operations::Bytes zero(arrays::size_bytes(call.dtype));
    return graph.add(array_operations::make, call.dtype, static_cast<std::uint8_t>(arrays::expression::Make::Kind::full), zero, 0, box.start, box.count, whole).index;
  }
};

/// X_i is B_i minus the sum of A_ik X_k over those before (behind, of an upper triangle), divided by A_ii.
struct Substitution : ArrayProcedure {
  explicit Substitution(bool is_lower) : lower(is_lower) {}
  bool lower;

  bool equals(const arrays::expression::Procedure& other) const override {
    const auto* its = dynamic_cast<const Substitution*>(&other);
    return its != nullptr && its->lower == lower;
  }
  void need(const Calling& call, std::size_t chunk, const Take& take) const override {
    const Shape at = call.grid.at(chunk);
    const std::int64_t count = call.operands[0]->counts()[0];
    for (std::int64_t row = lower ? 0 : at[0]; row < (lower ? at[0] + 1 : count); ++row) {
      const std::int64_t right[] = {row, at[1]};
      take(1, call.operands[1]->number(right));
      for (std::int64_t column = lower ? 0 : row; column < (lower ? row + 1 : count); ++column) {
        const std::int64_t one[] = {row, column};
        take(0, call.operands[0]->number(one));
      }
    }
  }
  void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override {
    const Chunked chunked(graph, call, of);
    for (std::int64_t column = 0; column < call.grid.counts()[1]; ++column) {
      const auto number = [&](std::int64_t row) {
        const std::int64_t at[] = {row, column};
        return call.grid.number(at);
      };
      const std::int64_t count = chunked.count();
      std::int64_t last = -1;  // As far as somebody needs it.
      for (std::int64_t i = 0; i < count; ++i)
        if (wanted[number(lower ? i : count - 1 - i)]) last = i;
      Tasks solved;
      for (std::int64_t i = 0; i <= last; ++i) {
        const std::int64_t row = lower ? i : count - 1 - i;
        Tasks left;
        for (std::int64_t k = 0; k < i; ++k) left.push_back(chunked.input(0, row, lower ? k : count - 1 - k));
        const Index rest = chunked.subtracted(chunked.input(1, row, column), left, solved, {}, row, column);
        solved.push_back(factor(graph, lower ? Factor::solve_lower : Factor::solve_upper, {chunked.input(0, row, row), rest}));
        tasks[number(row)] = solved.back();
      }
    }
  }
};

/// Both sides of a square matrix cut as its rows are.
Array cut_as_rows(const Array& x) {
  const arrays::shape::Cuts rows[] = {x.chunks()[0]};
  const arrays::shape::Cuts cuts = arrays::shape::refine(rows);  // Without empty ones.
  return xp::rechunk(x, arrays::shape::Chunks{cuts, cuts});
}
}  // namespace

Array cholesky_by_chunks(const Array& x) {
  const Array cut = cut_as_rows(x);
  return made(arrays::expression::special(std::make_shared<Cholesky>(), x.dtype(), cut.chunks(), {cut.node()}));
}

Array solve_by_chunks(const Array& x1, const Array& x2, bool lower) {
  const Array matrix = cut_as_rows(x1), right = xp::rechunk(x2, arrays::shape::Chunks{matrix.chunks()[0], x2.chunks()[1]});
  return made(arrays::expression::special(std::make_shared<Substitution>(lower), x1.dtype(), right.chunks(), {matrix.node(), right.node()}));
}
}  // namespace tessera::detail
