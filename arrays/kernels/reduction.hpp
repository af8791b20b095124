/// @file
/// Reductions in parts: each chunk gives a partial, partials are combined, the last step makes the result. The order of all
/// additions depends on shapes alone (rule A4), so the same chunks give the same bits wherever and whenever they are computed.
#pragma once
#include "arrays/block.hpp"
#include "arrays/kernels/program.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tessera::arrays::kernels {
/// As in NumPy; those with `nan` leave NaN out. The numbers are on the wire.
enum class Reducer : std::uint8_t {
  // clang-format off
  sum, prod, min, max, mean, var, std, any, all, argmin, argmax, count_nonzero,
  nansum, nanprod, nanmin, nanmax, nanmean, nanvar, nanstd, nanargmin, nanargmax
  // clang-format on
};
inline constexpr std::uint8_t reducer_count = 21;
std::string_view to_string(Reducer reducer);
std::optional<Reducer> reducer_named(std::string_view name);

/// A reducer of elements of some dtype.
struct Reduction {
  Reducer by{};
  Dtype elements{};
  Dtype result{};
  double correction = 0;  ///< Of `var` and `std`: what is subtracted from the count.
  friend bool operator==(const Reduction&, const Reduction&) = default;
};
/// `dtype` is the argument of `sum` and `prod`: elements are cast to it first, by a step of a program; default as in NumPy: small
/// integers widen to int64 or uint64 (rule A5). `type_mismatch` is a sentence for who called it.
runtime::Result<Reduction> reduction_of(Reducer by, Dtype elements, std::optional<Dtype> dtype = {}, double correction = 0);
/// Whether it is one that `reduction_of` makes; what comes from outside is checked with this.
runtime::Result<void> check(const Reduction& reduction);

/// What partials are: blocks of `dtype` and of the shape (planes, the chunk's shape with 1 for each axis that is reduced).
struct PartialForm {
  Dtype dtype{};
  std::int64_t planes = 1;
};
PartialForm partial_form(const Reduction& reduction);

/// The partial of one chunk over `axes`, which are sorted, without repetition, and may be none or all. Of at most 31 dimensions.
runtime::Result<Block> reduce(const Reduction& reduction, const Block& chunk, std::span<const std::size_t> axes,
                              const Place& place = {});
/// The partials of a program's outputs, one a reduction, in one pass and without the outputs in memory: bit for bit those of
/// `reduce` of each output of `evaluate`. Only the arg-functions and elements that the program makes ask for the place; without it the chunk is the whole.
runtime::Result<std::vector<Block>> evaluate_and_reduce(const Program& program, std::span<const Block> inputs, ShapeView shape,
                                                        std::span<const Reduction> reductions, std::span<const std::size_t> axes,
                                                        const Place& place = {}, std::span<const Layout> layouts = {});
/// The partial of all that `partials` stand for: at least one, equal shapes, pairwise in the order given.
runtime::Result<Block> combine(const Reduction& reduction, std::span<const Block> partials);
/// The result, of the shape of the partial without its planes: axes that were reduced have the length 1.
runtime::Result<Block> finish(const Reduction& reduction, const Block& partial);
}  // namespace tessera::arrays::kernels
