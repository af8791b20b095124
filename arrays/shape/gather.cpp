#include "arrays/shape/gather.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tessera::arrays::shape {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

Failure wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

__extension__ typedef __int128 Wide;

bool is_inside(const Piece& piece, ShapeView shape, std::int64_t elements) {
  Wide low = piece.offset, high = piece.offset;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (piece.start[i] < 0 || piece.count[i] < 1 || piece.count[i] > shape[i] || piece.start[i] > shape[i] - piece.count[i]) return false;
    (piece.strides[i] < 0 ? low : high) += static_cast<Wide>(piece.strides[i]) * (piece.count[i] - 1);
  }
  return low >= 0 && high < elements;
}

/// One dimension of a copy, in elements.
struct Axis { std::int64_t count, from, to; };

/// The dimensions that are left when neighbours that lie behind each other on both sides are one.
std::vector<Axis> merged(const Piece& piece, ShapeView to_strides) {
  std::vector<Axis> axes;
  for (std::size_t i = 0; i < piece.count.size(); ++i) {
    const Axis one{piece.count[i], piece.strides[i], to_strides[i]};
    if (one.count == 1) continue;
    if (!axes.empty() && axes.back().from == one.from * one.count && axes.back().to == one.to * one.count)
      axes.back() = {axes.back().count * one.count, one.from, one.to};
    else axes.push_back(one);
  }
  return axes;
}

template <class T>
void copy_line(const T* from, T* to, const Axis& axis) {
  if (axis.from == 1 && axis.to == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(axis.count) * sizeof(T));
    return;
  }
  for (std::int64_t i = 0; i < axis.count; ++i) to[i * axis.to] = from[i * axis.from];
}

/// Two dimensions, in squares that stay in the first cache whichever way they lie.
template <class T>
void copy_plane(const T* from, T* to, const Axis& outer, const Axis& inner) {
  constexpr std::int64_t side = 32;
  if (inner.from == 1) {
    for (std::int64_t i = 0; i < outer.count; ++i) copy_line(from + i * outer.from, to + i * outer.to, inner);
    return;
  }
  for (std::int64_t i = 0; i < outer.count; i += side)
    for (std::int64_t j = 0; j < inner.count; j += side)
      for (std::int64_t k = i; k < std::min(i + side, outer.count); ++k)
        copy_line(from + k * outer.from + j * inner.from, to + k * outer.to + j * inner.to, {std::min(side, inner.count - j), inner.from, inner.to});
}

template <class T>
void copy(const T* from, T* to, std::span<const Axis> axes) {
  if (axes.empty()) *to = *from;
  else if (axes.size() == 1) copy_line(from, to, axes[0]);
  else if (axes.size() == 2) copy_plane(from, to, axes[0], axes[1]);
  else
    for (std::int64_t i = 0; i < axes[0].count; ++i) copy(from + i * axes[0].from, to + i * axes[0].to, axes.subspan(1));
}

template <class T>
void copy_piece(std::span<const std::byte> from, std::span<std::byte> to, const Piece& piece, ShapeView to_strides) {
  std::int64_t first = 0;
  for (std::size_t i = 0; i < piece.start.size(); ++i) first += piece.start[i] * to_strides[i];
  copy(reinterpret_cast<const T*>(from.data()) + piece.offset, reinterpret_cast<T*>(to.data()) + first, merged(piece, to_strides));
}
}  // namespace

runtime::Result<Block> gather(std::span<const Block> blocks, Dtype dtype, ShapeView shape, std::span<const Piece> pieces) {
  if (!Block::size_bytes_of(dtype, shape)) return wrong("no block has the shape " + arrays::to_string(shape));
  const std::int64_t elements = *element_count(shape);
  std::int64_t filled = 0;
  for (const Piece& piece : pieces) {
    if (piece.chunk >= blocks.size() || blocks[piece.chunk].dtype() != dtype)
      return wrong(fmt::format("a piece of a {} block is of block {}, which is not one of the {} of that dtype", arrays::to_string(dtype), piece.chunk,
                               blocks.size()));
    if (!is_inside(piece, shape, blocks[piece.chunk].size()))
      return wrong(fmt::format("a piece {} at {} of a block of shape {} reaches beyond it, or beyond block {} of shape {}",
                               arrays::to_string(piece.count), arrays::to_string(piece.start), arrays::to_string(shape), piece.chunk,
                               arrays::to_string(blocks[piece.chunk].shape())));
    filled += *element_count(piece.count);
    if (filled > elements) break;
  }
  if (filled != elements) return wrong(fmt::format("the pieces do not fill a block of shape {} once", arrays::to_string(shape)));
  Shape to_strides(shape.size());
  std::int64_t next = 1;
  for (std::size_t i = shape.size(); i-- > 0; next *= shape[i]) to_strides[i] = next;
  BlockBuilder builder(dtype, shape);
  for (const Piece& piece : pieces) {
    const auto from = blocks[piece.chunk].raw();
    switch (arrays::size_bytes(dtype)) {
      case 1: copy_piece<std::uint8_t>(from, builder.raw(), piece, to_strides); break;
      case 2: copy_piece<std::uint16_t>(from, builder.raw(), piece, to_strides); break;
      case 4: copy_piece<std::uint32_t>(from, builder.raw(), piece, to_strides); break;
      case 8: copy_piece<std::uint64_t>(from, builder.raw(), piece, to_strides); break;
      default: copy_piece<std::array<std::uint64_t, 2>>(from, builder.raw(), piece, to_strides);
    }
  }
  return std::move(builder).freeze();
}

std::vector<std::int64_t> packed(std::span<const Piece> pieces) {
  std::vector<std::int64_t> numbers;
  for (const Piece& piece : pieces) {
    numbers.push_back(static_cast<std::int64_t>(piece.chunk));
    numbers.push_back(piece.offset);
    for (const Shape* each : {&piece.start, &piece.count, &piece.strides}) numbers.insert(numbers.end(), each->begin(), each->end());
  }
  return numbers;
}

runtime::Result<std::vector<Piece>> unpacked(std::span<const std::int64_t> numbers, std::size_t rank) {
  const std::size_t each = 2 + 3 * rank;
  if (numbers.size() % each != 0) return wrong(fmt::format("{} numbers are no pieces of rank {}", numbers.size(), rank));
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < numbers.size(); at += each) {
    if (numbers[at] < 0) return wrong("a piece is of a block before the first");
    const auto three = numbers.subspan(at + 2, 3 * rank);
    const auto part = [&](std::size_t i) { return Shape(three.begin() + static_cast<std::ptrdiff_t>(i * rank), three.begin() + static_cast<std::ptrdiff_t>((i + 1) * rank)); };
    pieces.push_back({static_cast<std::size_t>(numbers[at]), part(0), part(1), numbers[at + 1], part(2)});
  }
  return pieces;
}
}  // namespace tessera::arrays::shape
