/// @file
/// What one call of a user's kernel is to do: which pieces of its inputs are its operands, and what it writes. It travels in the task's
/// parameters as numbers.
#pragma once
#include "arrays/shape/view.hpp"

#include <cstdint>
#include <vector>

namespace tessera::detail {
struct KernelPlan {
  enum class Kind : std::int64_t {
    blocks,   ///< One call for whole chunks.
    overlap,  ///< Calls for parts of a chunk, whose operands have halos.
    loops,    ///< A call for each index of the dimensions that are no core dimensions.
  };
  struct Operand {
    arrays::Shape extents;                    ///< With its halo.
    std::vector<arrays::shape::Piece> pieces; ///< `chunk` counts the inputs of the task.
  };
  Kind kind{};
  arrays::Shape place;          ///< The chunk of the result, for sentences.
  arrays::Shape shape;          ///< Of what is written.
  std::int64_t core = 0;        ///< How many last dimensions of the result are core dimensions (`loops`).
  std::vector<Operand> operands;
  arrays::Shape before, behind; ///< How far a kernel looks (`overlap`).
  arrays::Shape has_before, has_behind;  ///< How much of that there is: less where nothing lies beyond the array's edge.
};

std::vector<std::int64_t> packed(const KernelPlan& plan);
runtime::Result<KernelPlan> kernel_plan(std::span<const std::int64_t> numbers);

/// Part of a chunk: on the inside all that its kernel looks at is in the chunk itself.
struct Region {
  arrays::Shape start, count;
  bool is_inside = true;
};
/// Parts that make up the chunk: at most two for each dimension along its border, and the inside, where there is any. Empty ones are left out.
std::vector<Region> regions_of(const KernelPlan& plan);
/// The part of an operand that a region looks at: a box of the operand with its halo.
arrays::shape::Box seen_by(const KernelPlan& plan, const Region& region);
/// The part of each of the operand's pieces that lies in the box, as pieces of the box.
std::vector<arrays::shape::Piece> pieces_in(const KernelPlan::Operand& operand, const arrays::shape::Box& box);
}  // namespace tessera::detail
