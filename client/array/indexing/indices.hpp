/// @file
/// Between brackets and tasks: index arrays that the program has, and the nodes that take what they point to.
#pragma once
#include "arrays/kernels/indexing.hpp"
#include "client/array/face.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tessera::detail {
/// The elements of an array of integers that the program has, as int64; empty where they are known when tasks run.
std::optional<Block> known_indices(const Array& indices);
/// Refuses indices out of range for a dimension, which `where` names.
void check_range(const Block& indices, std::int64_t length, const std::string& where);
/// Lengths of chunks, those beyond 1.25 times `longest` cut evenly (A8).
arrays::shape::Cuts cut_to(const arrays::shape::Cuts& cuts, std::int64_t longest);

/// The elements of `x` at places of the dimensions from `axis` on, one index array for each, of equal shape: it takes their place. `function` is
/// for sentences.
Array taken(const char* function, const Array& x, std::size_t axis, std::span<const Array> indices);
/// The rows where the mask is true; its dimensions are those of `x` from `axis` on, and become one of unknown length.
Array masked(const Array& x, std::size_t axis, const Array& mask);
/// From the start; `function` is for the sentence.
std::size_t one_axis(const char* function, const Array& x, std::int64_t axis);
}  // namespace tessera::detail
