/// @file
/// Kernels that sort, search and count. They work on keys: unsigned numbers of the size of the elements and in their order, so that there are four of each
/// and not fifteen. NaN and NaT are last, up and down; zeros of both signs are equal, except that `sort` puts the negative one before.
#pragma once
#include "arrays/block.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tessera::arrays::kernels {
enum class Order : std::uint8_t { up, down };
enum class Side : std::uint8_t { left, right };

/// Real numbers, bool and time have an order; `type_mismatch` names the function.
runtime::Result<void> need_order(std::string_view function, Dtype dtype);

/// Each line along the axis in order.
runtime::Result<Block> sort(const Block& block, std::size_t axis, Order order);
/// The positions that sort it; of equal elements the first comes first.
runtime::Result<Block> argsort(const Block& block, std::size_t axis, Order order);

/// Two blocks: elements in order along the axis, and their positions, `start` more; the first `most` of each line.
using Sorted = std::vector<Block>;
runtime::Result<Sorted> sorted(const Block& block, std::size_t axis, Order order, std::int64_t start, std::int64_t most);
/// Of all elements of the parts in order the `count` from `first` on, or what there is; of equal ones the lower position comes first.
runtime::Result<Sorted> merged(std::span<const Sorted> parts, std::size_t axis, Order order, std::int64_t first, std::int64_t count);

/// Where each value belongs in what is sorted up, of one dimension and the same dtype.
runtime::Result<Block> search(const Block& in_order, const Block& values, Side side);

/// Three blocks of one dimension: the different elements in order, where each is first (C order, `start` more), and how many there are. Each NaN is one.
using Uniques = std::vector<Block>;
runtime::Result<Uniques> uniques(const Block& block, std::int64_t start);
runtime::Result<Uniques> merged_uniques(std::span<const Uniques> parts);
/// Which of them each element is; the first lies at `start` of what they are of.
runtime::Result<Block> inverse(const Block& block, std::int64_t start, const Uniques& of);
/// Whether each element is one of them. NaN is not.
runtime::Result<Block> is_in(const Block& block, const Uniques& of);

/// Of float64 elements, how many are in each bin, in the shape (1, bins): int64, or with weights, float64 of as many elements, their sums. Edges are
/// float64 and increase; the last bin has both of its ends. NaN is in none.
runtime::Result<Block> histogram(const Block& block, const Block& edges, const Block* weights);
/// How often each number from 0 on is there, int64, or the sums of weights; at least `least` long.
runtime::Result<Block> bincount(const Block& block, const Block* weights, std::int64_t least);
/// Sums of int64 or float64 of the same shape, or of one dimension, where shorter ones end with zeros; in the order given.
runtime::Result<Block> added(std::span<const Block> blocks);
}  // namespace tessera::arrays::kernels
