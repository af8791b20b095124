/// @file
/// Lazy arrays: expressions as graphs of nodes, each an array in chunks that nobody has computed. `build.hpp` makes and checks them,
/// `plan.hpp` orders and improves them, the client turns them into tasks.
#pragma once
#include "arrays/kernels/program.hpp"
#include "arrays/kernels/reduction.hpp"
#include "arrays/shape/view.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace tessera::arrays::expression {
/// Blocks that the program has, one a chunk, in C order.
struct Given {
  std::vector<Block> blocks;
  friend bool operator==(const Given& a, const Given& b);  ///< Whether it is the same memory.
};
/// Chunks from elsewhere, such as files and futures: the client knows how.
struct Source {
  virtual ~Source() = default;
};
struct Foreign {
  std::shared_ptr<const Source> source;
  friend bool operator==(const Foreign&, const Foreign&) = default;
};
using kernels::Make;
/// How a program takes an operand that it does not take as it is: as a view of the node, cut into those chunks, each of which lies in one of the node's.
struct Through {
  shape::View view;
  shape::Chunks chunks;
  friend bool operator==(const Through&, const Through&) = default;
};
/// A program of the operands, which broadcast; its chunks are those of the operands where they do not stretch.
struct Apply {
  kernels::Program program;
  std::vector<std::optional<Through>> through = {};  ///< Of each operand; nothing if all are taken as they are.
  friend bool operator==(const Apply&, const Apply&) = default;
};
/// The first stage of reductions: of each chunk of the operands' common shape the partials of the program's outputs. Shape and chunks of the
/// node are those of what is reduced.
struct Partials {
  kernels::Program program;
  std::vector<kernels::Reduction> reductions;
  std::vector<std::size_t> axes;  ///< Sorted.
  std::vector<std::optional<Through>> through = {};  ///< As of `Apply`.
  friend bool operator==(const Partials&, const Partials&) = default;
};
/// The last stages of one of them: partials are combined along the axes in the order of chunks, and finished.
struct Finish {
  std::size_t which = 0;
  bool keepdims = false;
  friend bool operator==(const Finish&, const Finish&) = default;
};
/// Elements of the operand at other places, or in other chunks.
struct Viewed {
  shape::View view;
  friend bool operator==(const Viewed&, const Viewed&) = default;
};
/// The operands behind each other along an axis; each chunk is one of theirs.
struct Concat {
  std::size_t axis = 0;
  friend bool operator==(const Concat&, const Concat&) = default;
};
/// The operand's elements in another shape; each chunk is one of the operand's in another shape.
struct Reshape {
  friend bool operator==(const Reshape&, const Reshape&) = default;
};
/// A function whose chunks and tasks are its own: the client knows which (`client/array/procedure.hpp`).
struct Procedure {
  virtual ~Procedure() = default;
  virtual bool equals(const Procedure& other) const = 0;  ///< Whether it makes the same of the same operands.
  virtual bool takes_unknown() const { return false; }    ///< Whether operands may have an unknown length; else they are refused.
};
struct Special {
  std::shared_ptr<const Procedure> procedure;
  friend bool operator==(const Special& a, const Special& b) { return a.procedure == b.procedure || a.procedure->equals(*b.procedure); }
};
using What = std::variant<Given, Foreign, Make, Apply, Partials, Finish, Viewed, Concat, Reshape, Special>;

struct Node {
  Dtype dtype{};
  Shape shape;
  shape::Chunks chunks;
  What what;
  std::vector<std::shared_ptr<const Node>> of = {};  ///< Operands.
};
using NodeRef = std::shared_ptr<const Node>;
}  // namespace tessera::arrays::expression
