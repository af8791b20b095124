/// @file
/// How an array is cut into chunks: lengths along each dimension, what a user may say of them, and the common refinement of several.
#pragma once
#include "arrays/block.hpp"

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::arrays::shape {
/// Lengths of the chunks along one dimension: at least one, each at least 0. They add up to the dimension's length (A2).
using Cuts = std::vector<std::int64_t>;
/// Along each dimension.
using Chunks = std::vector<Cuts>;
/// Of a chunk, and of a dimension that has such chunks, where only tasks will tell: of what a mask leaves (A6). An array has one such dimension at most,
/// all of whose chunks may be so.
inline constexpr std::int64_t unknown_length = -1;

inline constexpr std::uint64_t target_bytes_default = 64u << 20;  ///< Of a chunk that is cut automatically.

/// What is said of one dimension: `"auto"` or nothing, `-1` (not cut), a length, or all lengths.
class DimensionChunks {
 public:
  DimensionChunks() = default;
  DimensionChunks(std::integral auto length) : length_(static_cast<std::int64_t>(length)) {}
  DimensionChunks(std::string_view words) : words_(words) {}
  DimensionChunks(const char* words) : words_(words) {}
  DimensionChunks(Cuts lengths) : lengths_(std::move(lengths)) {}
  DimensionChunks(std::initializer_list<std::int64_t> lengths) : lengths_(lengths) {}

  const std::string& words() const { return words_; }
  std::int64_t length() const { return length_; }
  const Cuts& lengths() const { return lengths_; }

 private:
  std::string words_ = "auto";  ///< Meant where neither of the others is set.
  std::int64_t length_ = 0;
  Cuts lengths_;
};

/// What is said of an array's chunks: `"auto"`, the most bytes that one may have ("16MiB"), `-1` (one chunk), a length for all
/// dimensions, or a list with something for each dimension.
class ChunkSpec {
 public:
  ChunkSpec() = default;
  ChunkSpec(std::integral auto length) : all_(length) {}
  ChunkSpec(const char* words) : all_(words) {}
  ChunkSpec(std::string words) : all_(words) {}
  ChunkSpec(std::initializer_list<DimensionChunks> dimensions) : dimensions_(dimensions), is_list_(true) {}
  ChunkSpec(std::vector<DimensionChunks> dimensions) : dimensions_(std::move(dimensions)), is_list_(true) {}
  ChunkSpec(const Chunks& chunks) : dimensions_(chunks.begin(), chunks.end()), is_list_(true) {}

  bool is_list() const { return is_list_; }
  const DimensionChunks& all() const { return all_; }
  const std::vector<DimensionChunks>& dimensions() const { return dimensions_; }

 private:
  DimensionChunks all_;
  std::vector<DimensionChunks> dimensions_;
  bool is_list_ = false;
};

/// The chunks that `spec` means for an array of that shape. What is automatic is cut evenly, so that no chunk exceeds the target (64 MiB, or
/// the bytes that are given), all those dimensions about as long; an array up to 1.25 times the target stays whole.
runtime::Result<Chunks> chunks_of(const ChunkSpec& spec, ShapeView shape, std::size_t element_bytes);

/// The fewest chunks that have all the borders of `all`, which add up to the same: (3,3,4) and (5,5) give (3,2,1,4) (A3).
Cuts refine(std::span<const Cuts> all);
/// `length` in pieces of `each`, the last may be shorter. `each` is at least 1.
Cuts cut_evenly(std::int64_t length, std::int64_t each);

Shape shape_of(const Chunks& chunks);
/// The dimension of unknown length, if there is one.
std::optional<std::size_t> unknown_dimension(ShapeView shape);
/// Refuses a shape with an unknown length, and says what to do.
runtime::Result<void> need_known(std::string_view function, ShapeView shape);
/// "((3, 3, 4), (5, 5))"; many equal lengths become "100 x 64".
std::string to_string(const Chunks& chunks);
}  // namespace tessera::arrays::shape
