/// @file
/// Loops over elements that lie one after the other, compiled for several instruction sets. One set is chosen when the process
/// starts; all give the same bits: every element's value comes from the same IEEE operations in the same order, none contracted.
#pragma once
#include "arrays/kernels/program.hpp"
#include "arrays/kernels/reduction.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace tessera::arrays::kernels {
/// `n` elements: reads `in[0..2]`, writes `to`, which overlaps none of them. False where an element has no value, as 1 / 0 of integers.
using Loop = bool (*)(const void* const* in, void* to, std::size_t n);

/// The associative functions that reductions fold with. `fmin` and `fmax` leave NaN out.
enum class Fold : std::uint8_t { add, multiply, minimum, maximum, fmin, fmax };

struct FoldLoops {
  /// The fold of `n` > 0 elements into one: element i goes to lane i mod 32 in order of i, lanes are folded by halves.
  void (*fold)(const void* from, std::size_t n, void* to);
  /// `to[i] = f(to[i], from[i])`.
  void (*rows)(const void* from, std::size_t n, void* to);
};

struct Lanes {
  std::string_view name;
  /// Whether this processor has the instructions.
  bool (*available)();
  /// Of functions whose operands have one dtype; null where only `scalar_loop` has it.
  Loop (*loop)(Op op, Dtype operand, Dtype result);
  /// Null where the dtype is folded with nothing.
  FoldLoops (*fold)(Fold fold, Dtype dtype);
  /// The sum of (x - mean)^2 of `n` > 0 numbers, in the order of `FoldLoops::fold`.
  double (*squares)(const double* from, std::size_t n, double mean);
  /// Writes `from` with `instead` where it is NaN; how many were not.
  std::size_t (*replace_nan)(const double* from, std::size_t n, double instead, double* to);
  /// `to[i] = first + step * (index + i)`.
  void (*range)(double first, double step, double index, std::size_t n, double* to);
};

/// Of the processor that this runs on; the environment variable TESSERA_LANES names another ("sse2", "avx2", "avx512").
const Lanes& lanes();
/// All that this processor runs, the plainest first.
std::span<const Lanes* const> all_lanes();

/// What is computed one element at a time: functions of libm, complex numbers, time, integer division. Null where a program that
/// passed `check` has no such step.
Loop scalar_loop(Op op, std::span<const Dtype> operands, Dtype result);
/// The loop for a step: that of `lanes`, else the scalar one. Never null for a program that passed `check`.
Loop loop_of(const Lanes& lanes, Op op, std::span<const Dtype> operands, Dtype result);

/// `evaluate` with the instructions of `lanes`; tests compare them.
runtime::Result<std::vector<Block>> evaluate(const Program& program, std::span<const Block> inputs, ShapeView shape, const Lanes& lanes, const Place& place = {},
                                             std::span<const Layout> layouts = {});
runtime::Result<std::vector<Block>> evaluate_and_reduce(const Program& program, std::span<const Block> inputs, ShapeView shape,
                                                        std::span<const Reduction> reductions, std::span<const std::size_t> axes,
                                                        const Place& place, const Lanes& lanes, std::span<const Layout> layouts = {});
}  // namespace tessera::arrays::kernels
