/// @file
/// `View`: the elements of a block, typed and indexed, without a copy. What kernels of users take and write (`client/kernel.hpp`).
#pragma once
#include "arrays/block.hpp"
#include "client/error.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

namespace tessera {
/// `N` dimensions of elements that somebody else owns, in the manner of `std::mdspan`: `x(i, j)`. `T` is const where they are only read.
/// Elements that differ in the last index lie side by side, which the compiler knows: a loop over it becomes vectors.
///
/// A view may have a halo: elements before index 0 and behind the extent that may be read, too. `x(-1, j)` is the neighbour above.
template <class T, std::size_t N>
class View {
 public:
  using Lengths = std::array<std::int64_t, N>;

  /// `data` is the element at index 0; `strides` are in elements, the last is 1; `before` and `behind` lengths of the halo.
  View(T* data, const Lengths& extents, const Lengths& strides, const Lengths& before = {}, const Lengths& behind = {})
      : data_(data), extents_(extents), strides_(strides), before_(before), behind_(behind) {}
  /// The elements of a block, which must outlive the view. Throws `type_mismatch` where dtype or rank are others. O(1).
  explicit View(const arrays::Block& block)
    requires(std::is_const_v<T>)
      : data_(nullptr) {
    constexpr arrays::Dtype dtype = arrays::dtype_of<std::remove_const_t<T>>();
    if (block.dtype() != dtype || block.rank() != N)
      throw Error(ErrorCode::type_mismatch, "a view of " + std::to_string(N) + " dimensions of " + std::string(arrays::to_string(dtype)) + " does not show a block of " +
                                                std::string(arrays::to_string(block.dtype())) + " of shape " + arrays::to_string(block.shape()));
    data_ = block.data<std::remove_const_t<T>>().data();
    std::int64_t stride = 1;
    for (std::size_t i = N; i-- > 0; stride *= extents_[i]) extents_[i] = block.shape()[i], strides_[i] = stride;
  }

  static constexpr std::size_t rank() { return N; }
  std::int64_t extent(std::size_t dimension) const { return extents_[dimension]; }
  const Lengths& extents() const { return extents_; }
  const Lengths& strides() const { return strides_; }
  /// Number of elements, without the halo.
  std::int64_t size() const {
    std::int64_t count = 1;
    for (const std::int64_t length : extents_) count *= length;
    return count;
  }
  /// The first index that may be read, 0 or less, and the one behind the last.
  std::int64_t begin(std::size_t dimension) const { return -before_[dimension]; }
  std::int64_t end(std::size_t dimension) const { return extents_[dimension] + behind_[dimension]; }

  template <std::convertible_to<std::int64_t>... I>
    requires(sizeof...(I) == N)
  T& operator()(I... index) const {
    return data_[offset({static_cast<std::int64_t>(index)...})];
  }
  /// Where a row begins: all indices but the last.
  template <std::convertible_to<std::int64_t>... I>
    requires(N > 0 && sizeof...(I) + 1 == N)
  T* row(I... index) const {
    return data_ + offset({static_cast<std::int64_t>(index)..., 0});
  }
  T* data() const { return data_; }
  /// Whether all elements lie behind each other in C order from `data()` on.
  bool is_contiguous() const {
    std::int64_t stride = 1;
    for (std::size_t i = N; i-- > 0; stride *= extents_[i])
      if (extents_[i] != 1 && strides_[i] != stride) return false;
    return true;
  }

 private:
  std::int64_t offset(const Lengths& index) const {
    if constexpr (N == 0) return 0;
    else {
      std::int64_t sum = index[N - 1];
      for (std::size_t i = 0; i + 1 < N; ++i) sum += index[i] * strides_[i];
      return sum;
    }
  }

  T* data_;
  Lengths extents_{}, strides_{}, before_{}, behind_{};
};
}  // namespace tessera
