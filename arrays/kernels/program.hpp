/// @file
/// Element-wise programs: chains of the standard's functions, evaluated tile by tile in the first caches, so that a chain costs
/// one pass over memory and no temporary of a chunk's size. docs/arrays.md tells how.
#pragma once
#include "arrays/block.hpp"
#include "arrays/kernels/make.hpp"
#include "arrays/kernels/scalar.hpp"
#include "runtime/base/result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tessera::arrays::kernels {
/// The functions of one element of each operand, by the standard's names. The numbers are on the wire.
enum class Op : std::uint8_t {
#define TESSERA_OP(name, operands, takes, gives) name,
#include "arrays/kernels/ops.def"
#undef TESSERA_OP
};
inline constexpr std::uint8_t op_count = 0
#define TESSERA_OP(name, operands, takes, gives) +1
#include "arrays/kernels/ops.def"
#undef TESSERA_OP
    ;

/// The name in the standard, e.g. "floor_divide".
std::string_view to_string(Op op);
std::optional<Op> op_named(std::string_view name);
/// How many operands it takes: 1, 2 or 3.
std::size_t operand_count(Op op);

/// What a function does with operands of some dtypes: the dtypes that they are cast to first, and that of the result.
struct Signature {
  std::array<Dtype, 3> operands{};
  Dtype result{};
};
/// For every function but `cast`. `type_mismatch` is a sentence for who called it: "sin takes ..., not datetime64[ns]". A signature's
/// own operands give that signature again.
runtime::Result<Signature> signature_of(Op op, std::span<const Dtype> operands);

/// One application. Its operands are registers: the inputs, then the constants, then the results of the steps before.
struct Step {
  Op op{};
  Dtype dtype{};                      ///< Of the result.
  std::array<std::uint16_t, 3> in{};  ///< 0 where `op` takes fewer.
  friend bool operator==(const Step&, const Step&) = default;
};

struct Program {
  std::vector<Dtype> inputs;
  std::vector<Scalar> constants;
  std::vector<Step> steps;
  std::vector<std::uint16_t> outputs;  ///< Registers, at least one.
  std::vector<Make> makes = {};        ///< The last of the inputs: no blocks, but elements made where they are used.

  std::size_t block_count() const { return inputs.size() - makes.size(); }
  std::size_t register_count() const { return inputs.size() + constants.size() + steps.size(); }
  /// The dtype of a register of a program that passed `check`.
  Dtype dtype(std::size_t index) const;
  friend bool operator==(const Program&, const Program&) = default;
};
inline constexpr std::size_t steps_max = 4096;
inline constexpr std::size_t registers_max = 8192;
inline constexpr std::size_t outputs_max = 64;

/// Whether every register is there before it is used and every step has the signature of its function: `invalid_argument` or
/// `type_mismatch` names the step.
runtime::Result<void> check(const Program& program);

/// As parameters of a task. Little-endian: counts of inputs, constants, steps, outputs and makes (2 bytes each); dtypes of the inputs;
/// constants, each its dtype and element; steps, each op, dtype and three registers (2 bytes each); outputs (2 bytes each); makes, each kind,
/// count of numbers (1 byte), offset (8 bytes) and numbers, elements of the input's dtype.
std::vector<std::byte> encode(const Program& program);
/// The program of such bytes, which may come from anybody: `bad_message` says what is wrong. It has passed `check`.
runtime::Result<Program> decode(std::span<const std::byte> bytes);

/// Where the elements of a block lie that a program takes in another order: element (i, j, ...) of the shape is the block's at
/// `offset` + i * `strides[0]` + j * `strides[1]` + ...
struct Layout {
  std::int64_t offset = 0;
  Shape strides;
  friend bool operator==(const Layout&, const Layout&) = default;
};

/// The outputs, each of the shape. Inputs broadcast against `shape`: aligned at the last dimension, a length of 1 stretches; or they lie
/// as `layouts` says, if there is one for each block. `place` is asked for by what is made.
/// `invalid_argument` where inputs do not fit, and for integers divided by zero or raised to a negative power.
///
/// Bits depend on the elements alone, not on tiles, other steps or the processor.
runtime::Result<std::vector<Block>> evaluate(const Program& program, std::span<const Block> inputs, ShapeView shape, const Place& place = {},
                                             std::span<const Layout> layouts = {});
}  // namespace tessera::arrays::kernels
