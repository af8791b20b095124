/// @file
/// What a reduction does with elements: how a run or rows of them become the state of cells, and how states merge.
#pragma once
#include "arrays/kernels/lanes/lanes.hpp"
#include "arrays/kernels/lanes/tiles.hpp"
#include "arrays/kernels/reduction.hpp"

#include <functional>
#include <memory>

namespace tessera::arrays::kernels {
/// The most cells and rows that are folded at once. To change them changes the bits of sums.
inline constexpr std::size_t columns_max = 512;
inline constexpr std::size_t rows_max = 8;
static_assert(columns_max <= tile_elements);

/// States are planes of elements of the partial's dtype, each plane as long as there are cells: plane p of cell c at
/// p * `stride` + c. A state that was merged or made is never empty, except by `identity`.
class Algebra {
 public:
  virtual ~Algebra() = default;
  /// The state of one cell from `n` > 0 elements, at most a tile. `index` is where element 0 lies in C order of the chunk.
  virtual void run(const void* elements, std::size_t n, std::int64_t index, std::byte* state) = 0;
  /// Row `row` < `rows_max`, of `width` cells; the first begins the state.
  virtual void row(const void* elements, std::size_t row, std::size_t width, std::int64_t index, std::byte* state) = 0;
  /// After the last of `rows` rows.
  virtual void end_rows(std::size_t /*rows*/, std::size_t /*width*/, std::byte* /*state*/) {}
  /// Appends what `next` stands for to `state`.
  virtual void merge(std::byte* state, const std::byte* next, std::size_t width) = 0;
  /// The state of cells without an element.
  virtual void identity(std::byte* state, std::size_t width) = 0;

  /// Bytes of the state of `width` cells.
  std::size_t state_bytes(std::size_t width) const { return static_cast<std::size_t>(form.planes) * width * size_bytes(form.dtype); }
  PartialForm form;
};

/// Index in the whole of the reduced axes of the element at an index in C order of the chunk.
using IndexOf = std::function<std::int64_t(std::int64_t)>;

std::unique_ptr<Algebra> algebra_of(const Reduction& reduction, const Lanes& lanes, IndexOf index_of);
/// Parts of it: folds with one function, sums with counts, moments, and the places of extremes.
std::unique_ptr<Algebra> fold_algebra(const Reduction& reduction, const Lanes& lanes);
std::unique_ptr<Algebra> mean_algebra(const Reduction& reduction, const Lanes& lanes);
std::unique_ptr<Algebra> moments_algebra(const Reduction& reduction, const Lanes& lanes);
std::unique_ptr<Algebra> place_algebra(const Reduction& reduction, IndexOf index_of);

/// Index of a cell of `place_algebra` that has seen no element that counts.
inline constexpr std::int64_t no_place = std::int64_t{1} << 53;
bool leaves_nan_out(Reducer by);

/// Casts tiles of elements to the dtype of a partial, where they are not of it already.
class Widening {
 public:
  Widening(const Lanes& lanes, Dtype from, Dtype to);
  /// Through bool: counts what is not zero.
  Widening(const Lanes& lanes, Dtype from, Dtype by, Dtype to);
  const void* of(const void* elements, std::size_t n);

 private:
  std::vector<Loop> loops_;
  alignas(64) std::byte buffers_[2][tile_elements * 16];
};
}  // namespace tessera::arrays::kernels
