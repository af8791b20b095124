#include "arrays/kernels/layout.hpp"

#include <algorithm>
#include <cstring>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

Failure wrong(std::string sentence) { return {ErrorCode::invalid_argument, std::move(sentence)}; }

std::int64_t product(ShapeView shape) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape) count *= length;
  return count;
}

/// Joins blocks: for each of `outer` indices, a piece of each block in turn.
Block join(std::span<const Block> blocks, ShapeView shape, std::int64_t outer) {
  BlockBuilder builder(blocks.front().dtype(), shape);
  std::byte* to = builder.raw().data();
  for (std::int64_t o = 0; o < outer; ++o)
    for (const Block& one : blocks) {
      const std::size_t bytes = one.raw().size() / static_cast<std::size_t>(outer);
      if (bytes > 0) std::memcpy(to, one.raw().data() + static_cast<std::size_t>(o) * bytes, bytes);
      to += bytes;
    }
  return std::move(builder).freeze();
}

std::optional<Failure> check_joined(std::span<const Block> blocks) {
  if (blocks.empty()) return wrong("there is no block to join");
  for (const Block& one : blocks) {
    if (one.dtype() != blocks.front().dtype())
      return Failure{ErrorCode::type_mismatch, "blocks of " + std::string(to_string(blocks.front().dtype())) + " and " +
                                                   std::string(to_string(one.dtype())) + " do not join"};
    if (one.rank() != blocks.front().rank())
      return wrong("blocks of the shapes " + to_string(blocks.front().shape()) + " and " + to_string(one.shape()) +
                   " do not join");
  }
  return std::nullopt;
}

/// Copies rows of a hyper-rectangle, dimension by dimension; the last is contiguous.
void copy_slice(const std::byte* from, std::byte*& to, ShapeView shape, ShapeView start, ShapeView count, std::size_t each) {
  const std::size_t inner = static_cast<std::size_t>(product(shape.subspan(1))) * each;
  from += static_cast<std::size_t>(start[0]) * inner;
  if (shape.size() == 1 || std::ranges::equal(shape.subspan(1), count.subspan(1))) {
    const std::size_t bytes = static_cast<std::size_t>(count[0]) * inner;
    if (bytes > 0) std::memcpy(to, from, bytes);
    to += bytes;
    return;
  }
  for (std::int64_t i = 0; i < count[0]; ++i, from += inner)
    copy_slice(from, to, shape.subspan(1), start.subspan(1), count.subspan(1), each);
}

/// Strides in elements of `shape` aligned to the last dimensions of `to`; 0 where it stretches. Empty if it does not fit.
std::optional<Shape> broadcast_strides(ShapeView shape, ShapeView to) {
  Shape strides(to.size(), 0);
  std::int64_t stride = 1;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::size_t from_end = shape.size() - 1 - i, at = to.size() - 1 - i;
    if (shape[from_end] != to[at] && shape[from_end] != 1) return std::nullopt;
    strides[at] = shape[from_end] == 1 ? 0 : stride;
    stride *= shape[from_end];
  }
  return strides;
}

template <class T>
void subtract_rows(const T* a, const T* b, T*& to, ShapeView shape, ShapeView a_strides, ShapeView b_strides) {
  if (shape.empty()) {
    *to++ = *a - *b;
  } else if (shape.size() == 1) {
    const std::int64_t n = shape[0];
    if (a_strides[0] == 1 && b_strides[0] == 1)
      for (std::int64_t i = 0; i < n; ++i) to[i] = a[i] - b[i];
    else
      for (std::int64_t i = 0; i < n; ++i) to[i] = a[i * a_strides[0]] - b[i * b_strides[0]];
    to += n;
  } else {
    for (std::int64_t i = 0; i < shape[0]; ++i)
      subtract_rows(a + i * a_strides[0], b + i * b_strides[0], to, shape.subspan(1), a_strides.subspan(1),
                    b_strides.subspan(1));
  }
}

template <class T>
Block subtract_of(const Block& a, const Block& b, ShapeView shape, ShapeView a_strides, ShapeView b_strides) {
  return Block::make<T>(shape, [&](std::span<T> data) {
    T* to = data.data();
    if (!data.empty()) subtract_rows(a.data<T>().data(), b.data<T>().data(), to, shape, a_strides, b_strides);
  });
}
}  // namespace

runtime::Result<Block> concatenate(std::span<const Block> blocks, std::size_t axis) {
  if (const auto failure = check_joined(blocks)) return *failure;
  const ShapeView first = blocks.front().shape();
  if (axis >= first.size()) return wrong("axis " + std::to_string(axis) + " is not one of the shape " + to_string(first));
  Shape shape(first.begin(), first.end());
  shape[axis] = 0;
  for (const Block& one : blocks) {
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (i != axis && one.shape()[i] != shape[i])
        return wrong("blocks of the shapes " + to_string(first) + " and " + to_string(one.shape()) +
                     " do not join along axis " + std::to_string(axis));
    shape[axis] += one.shape()[axis];
  }
  return join(blocks, shape, product(first.first(axis)));
}

runtime::Result<Block> stack(std::span<const Block> blocks, std::size_t axis) {
  if (const auto failure = check_joined(blocks)) return *failure;
  const ShapeView first = blocks.front().shape();
  if (axis > first.size() || first.size() == rank_max)
    return wrong("a new axis " + std::to_string(axis) + " does not fit the shape " + to_string(first));
  for (const Block& one : blocks)
    if (!std::ranges::equal(one.shape(), first))
      return wrong("blocks of the shapes " + to_string(first) + " and " + to_string(one.shape()) + " do not stack");
  Shape shape(first.begin(), first.end());
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axis), static_cast<std::int64_t>(blocks.size()));
  return join(blocks, shape, product(first.first(axis)));
}

runtime::Result<Block> slice(const Block& block, ShapeView start, ShapeView count) {
  const ShapeView shape = block.shape();
  bool fits = start.size() == shape.size() && count.size() == shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i)
    fits = start[i] >= 0 && count[i] >= 0 && count[i] <= shape[i] && start[i] <= shape[i] - count[i];
  if (!fits)
    return wrong(to_string(count) + " elements from " + to_string(start) + " are not within the shape " + to_string(shape));
  if (shape.empty()) return block;
  BlockBuilder builder(block.dtype(), count);
  std::byte* to = builder.raw().data();
  if (!builder.raw().empty()) copy_slice(block.raw().data(), to, shape, start, count, size_bytes(block.dtype()));
  return std::move(builder).freeze();
}

runtime::Result<Block> take(const Block& block, std::size_t axis, std::span<const std::int32_t> indices) {
  const ShapeView from = block.shape();
  if (axis >= from.size()) return wrong("axis " + std::to_string(axis) + " is not one of the shape " + to_string(from));
  for (const std::int32_t index : indices)
    if (index < 0 || index >= from[axis])
      return wrong("index " + std::to_string(index) + " is not on axis " + std::to_string(axis) + " of the shape " +
                   to_string(from));
  Shape shape(from.begin(), from.end());
  shape[axis] = static_cast<std::int64_t>(indices.size());
  const std::size_t inner = static_cast<std::size_t>(product(from.subspan(axis + 1))) * size_bytes(block.dtype());
  BlockBuilder builder(block.dtype(), shape);
  std::byte* to = builder.raw().data();
  if (!builder.raw().empty())
    for (std::int64_t o = 0; o < product(from.first(axis)); ++o)
      for (const std::int32_t index : indices) {
        std::memcpy(to, block.raw().data() + static_cast<std::size_t>(o * from[axis] + index) * inner, inner);
        to += inner;
      }
  return std::move(builder).freeze();
}

runtime::Result<Block> reshape(const Block& block, ShapeView shape) {
  const auto count = element_count(shape);
  if (shape.size() > rank_max || !count || *count != block.size())
    return wrong("the shape " + to_string(block.shape()) + " does not become " + to_string(shape));
  BlockBuilder builder(block.dtype(), shape);
  std::ranges::copy(block.raw(), builder.raw().begin());
  return std::move(builder).freeze();
}

runtime::Result<Block> subtract(const Block& a, const Block& b) {
  if (a.dtype() != b.dtype() || (a.dtype() != Dtype::float32 && a.dtype() != Dtype::float64))
    return Failure{ErrorCode::type_mismatch, "subtract takes two blocks of float32 or two of float64, not " +
                                                 std::string(to_string(a.dtype())) + " and " +
                                                 std::string(to_string(b.dtype()))};
  const ShapeView longer = a.rank() >= b.rank() ? a.shape() : b.shape(), shorter = a.rank() >= b.rank() ? b.shape() : a.shape();
  Shape shape(longer.begin(), longer.end());
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& length = shape[shape.size() - 1 - i];
    if (length == 1) length = shorter[shorter.size() - 1 - i];
  }
  const auto a_strides = broadcast_strides(a.shape(), shape), b_strides = broadcast_strides(b.shape(), shape);
  if (!a_strides || !b_strides)
    return wrong("the shapes " + to_string(a.shape()) + " and " + to_string(b.shape()) + " do not broadcast");
  return a.dtype() == Dtype::float32 ? subtract_of<float>(a, b, shape, *a_strides, *b_strides)
                                     : subtract_of<double>(a, b, shape, *a_strides, *b_strides);
}
}  // namespace tessera::arrays::kernels
