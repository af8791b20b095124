#include "arrays/kernels/indexing.hpp"

#include "arrays/kernels/layout.hpp"
#include "arrays/shape/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

Failure wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

std::int64_t product(ShapeView shape) {
  std::int64_t count = 1;
  for (const std::int64_t length : shape) count *= length;
  return count;
}

/// Calls `visit.operator()<T>()` with something of that size.
template <class Visit>
void with_size(std::size_t bytes, const Visit& visit) {
  switch (bytes) {
    case 1: return visit.template operator()<std::uint8_t>();
    case 2: return visit.template operator()<std::uint16_t>();
    case 4: return visit.template operator()<std::uint32_t>();
    case 8: return visit.template operator()<std::uint64_t>();
    default: return visit.template operator()<std::array<std::uint64_t, 2>>();
  }
}

/// One row of the result, from its block.
struct Row {
  std::size_t block;
  std::int64_t at;
};

/// Rows of blocks of `outer` groups of rows of `inner` elements.
Block rows_of(std::span<const Block> blocks, std::span<const Row> rows, std::size_t axis, std::size_t dimensions) {
  const ShapeView from = blocks.front().shape();
  const std::int64_t outer = product(from.first(axis)), inner = product(from.subspan(axis + dimensions));
  Shape shape(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(axis));
  shape.push_back(static_cast<std::int64_t>(rows.size()));
  shape.insert(shape.end(), from.begin() + static_cast<std::ptrdiff_t>(axis + dimensions), from.end());
  std::vector<std::int64_t> lengths;  // Elements of one group, by block.
  for (const Block& one : blocks) lengths.push_back(product(one.shape().subspan(axis, dimensions)) * inner);
  BlockBuilder builder(blocks.front().dtype(), shape);
  if (builder.raw().empty()) return std::move(builder).freeze();
  with_size(size_bytes(blocks.front().dtype()), [&]<class T>() {
    std::vector<const T*> data;
    for (const Block& one : blocks) data.push_back(reinterpret_cast<const T*>(one.raw().data()));
    T* to = reinterpret_cast<T*>(builder.raw().data());
    for (std::int64_t o = 0; o < outer; ++o)
      for (const Row& row : rows) {
        const T* source = data[row.block] + o * lengths[row.block] + row.at * inner;
        if (inner == 1) *to = *source;
        else std::memcpy(to, source, static_cast<std::size_t>(inner) * sizeof(T));
        to += inner;
      }
  });
  return std::move(builder).freeze();
}

/// Which block has a chunk.
class Finder {
 public:
  explicit Finder(std::span<const std::int64_t> numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] < 0) continue;
      if (static_cast<std::size_t>(numbers[i]) >= at_.size()) at_.resize(static_cast<std::size_t>(numbers[i]) + 1, none);
      at_[static_cast<std::size_t>(numbers[i])] = i;
    }
  }
  std::size_t operator()(std::int64_t number) const { return static_cast<std::size_t>(number) < at_.size() ? at_[static_cast<std::size_t>(number)] : none; }
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

 private:
  std::vector<std::size_t> at_;
};

/// The rows of blocks that the places mean: of what was picked, the next of each block.
runtime::Result<std::vector<Row>> rows_at(std::span<const Block> blocks, std::span<const std::int64_t> numbers, std::span<const Target> places, Source source) {
  if (blocks.empty() || blocks.size() != numbers.size()) return wrong(fmt::format("{} blocks are given for {} chunks", blocks.size(), numbers.size()));
  for (const Block& one : blocks)
    if (one.dtype() != blocks.front().dtype() || one.rank() != blocks.front().rank()) return wrong("blocks to take from differ in dtype or rank");
  const Finder find(numbers);
  std::vector<std::int64_t> next(blocks.size(), 0);
  std::vector<Row> rows;
  rows.reserve(places.size());
  for (const Target& place : places) {
    const std::size_t block = find(place.chunk);
    if (block == Finder::none) return wrong(fmt::format("an index points to chunk {}, which is not given", place.chunk));
    rows.push_back({block, source == Source::whole ? place.row : next[block]++});
  }
  return rows;
}

std::optional<Failure> check_rows(std::span<const Block> blocks, std::span<const Row> rows, std::size_t axis, std::size_t dimensions) {
  std::vector<std::int64_t> lengths;
  for (const Block& one : blocks) {
    const ShapeView shape = one.shape(), first = blocks.front().shape();
    if (axis + dimensions > shape.size() || !std::ranges::equal(shape.first(axis), first.first(axis)) ||
        !std::ranges::equal(shape.subspan(axis + dimensions), first.subspan(axis + dimensions)))
      return wrong(fmt::format("blocks of the shapes {} and {} are not cut along {} dimensions from {} on", to_string(first), to_string(shape), dimensions, axis));
    lengths.push_back(product(shape.subspan(axis, dimensions)));
  }
  for (const Row& row : rows)
    if (row.at >= lengths[row.block]) return wrong(fmt::format("row {} is beyond a block of shape {}", row.at, to_string(blocks[row.block].shape())));
  return std::nullopt;
}

/// Calls `visit(element of the result, group, position within the group)` in C order.
template <class Visit>
void each_element(std::size_t axis, ShapeView shape, const Visit& visit) {
  const std::int64_t outer = product(shape.first(axis)), count = shape[axis], inner = product(shape.subspan(axis + 1));
  std::size_t element = 0;
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t k = 0; k < count; ++k)
      for (std::int64_t i = 0; i < inner; ++i) visit(element++, o, i);
}

std::optional<Failure> check_along(const Block& block, std::span<const Target> places, std::size_t axis, ShapeView shape) {
  bool fits = axis < shape.size() && block.rank() == shape.size() && element_count(shape) == static_cast<std::int64_t>(places.size());
  for (std::size_t i = 0; fits && i < shape.size(); ++i) fits = i == axis || block.shape()[i] == shape[i];
  if (fits) return std::nullopt;
  return wrong(fmt::format("{} places along axis {} of the shape {} do not fit a block of shape {}", places.size(), axis, to_string(shape), to_string(block.shape())));
}
}  // namespace

runtime::Result<std::vector<Target>> targets_of(const Block& indices, const shape::Chunks& indexed) {
  if (indices.dtype() != Dtype::int64 || indexed.empty() || indices.size() % static_cast<std::int64_t>(indexed.size()) != 0)
    return wrong(fmt::format("{} of shape {} are no indices of {} dimensions", to_string(indices.dtype()), to_string(indices.shape()), indexed.size()));
  const shape::Grid grid(indexed);
  const Shape lengths = shape::shape_of(indexed);
  const std::size_t count = static_cast<std::size_t>(indices.size()) / indexed.size();
  std::vector<Target> places(count);
  const auto numbers = indices.data<std::int64_t>();
  for (std::size_t axis = 0; axis < indexed.size(); ++axis)
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t index = numbers[axis * count + i], position = index < 0 ? index + lengths[axis] : index;
      if (position < 0 || position >= lengths[axis]) return wrong(fmt::format("index {} is out of range for a dimension of length {}", index, lengths[axis]));
      const std::int64_t chunk = grid.counts()[axis] == 1 ? 0 : grid.find(axis, position);
      places[i].chunk = places[i].chunk * grid.counts()[axis] + chunk;
      places[i].row = places[i].row * grid.length(axis, chunk) + position - grid.start(axis, chunk);
    }
  return places;
}

runtime::Result<Block> take(std::span<const Block> blocks, std::span<const std::int64_t> numbers, std::span<const Target> places, std::size_t axis,
                            std::size_t dimensions, Source source) {
  if (source == Source::picked) dimensions = 1;
  const auto rows = rows_at(blocks, numbers, places, source);
  if (!rows) return rows.failure();
  if (const auto failure = check_rows(blocks, *rows, axis, dimensions)) return *failure;
  return rows_of(blocks, *rows, axis, dimensions);
}

runtime::Result<Block> pick(const Block& block, std::int64_t number, std::span<const Target> places, std::size_t axis, std::size_t dimensions) {
  std::vector<Row> rows;
  for (const Target& place : places)
    if (place.chunk == number) rows.push_back({0, place.row});
  if (const auto failure = check_rows({&block, 1}, rows, axis, dimensions)) return *failure;
  return rows_of({&block, 1}, rows, axis, dimensions);
}

runtime::Result<Block> take_along(std::span<const Block> blocks, std::span<const std::int64_t> numbers, std::span<const Target> places, std::size_t axis,
                                  ShapeView shape, Source source) {
  const auto rows = rows_at(blocks, numbers, places, source);
  if (!rows) return rows.failure();
  for (const Block& one : blocks)
    if (source == Source::whole)
      if (const auto failure = check_along(one, places, axis, shape)) return *failure;
  if (axis >= shape.size() || element_count(shape) != static_cast<std::int64_t>(places.size()))
    return wrong(fmt::format("{} places do not fill the shape {}", places.size(), to_string(shape)));
  for (const Row& row : *rows)
    if (row.at >= (source == Source::picked ? blocks[row.block].size() : blocks[row.block].shape()[axis]))
      return wrong(fmt::format("place {} is beyond a block of shape {}", row.at, to_string(blocks[row.block].shape())));
  const std::int64_t inner = product(shape.subspan(axis + 1));
  BlockBuilder builder(blocks.front().dtype(), shape);
  with_size(size_bytes(blocks.front().dtype()), [&]<class T>() {
    std::vector<const T*> data;
    for (const Block& one : blocks) data.push_back(reinterpret_cast<const T*>(one.raw().data()));
    T* to = reinterpret_cast<T*>(builder.raw().data());
    each_element(axis, shape, [&](std::size_t element, std::int64_t o, std::int64_t i) {
      const Row& row = (*rows)[element];
      to[element] = data[row.block][source == Source::picked ? row.at : (o * blocks[row.block].shape()[axis] + row.at) * inner + i];
    });
  });
  return std::move(builder).freeze();
}

runtime::Result<Block> pick_along(const Block& block, std::int64_t number, std::span<const Target> places, std::size_t axis, ShapeView shape) {
  if (const auto failure = check_along(block, places, axis, shape)) return *failure;
  const std::int64_t count[] = {std::ranges::count(places, number, &Target::chunk)};
  const std::int64_t inner = product(shape.subspan(axis + 1)), length = block.shape()[axis];
  for (const Target& place : places)
    if (place.chunk == number && place.row >= length) return wrong(fmt::format("place {} is beyond a block of shape {}", place.row, to_string(block.shape())));
  BlockBuilder builder(block.dtype(), count);
  with_size(size_bytes(block.dtype()), [&]<class T>() {
    const T* from = reinterpret_cast<const T*>(block.raw().data());
    T* to = reinterpret_cast<T*>(builder.raw().data());
    each_element(axis, shape, [&](std::size_t element, std::int64_t o, std::int64_t i) {
      if (places[element].chunk == number) *to++ = from[(o * length + places[element].row) * inner + i];
    });
  });
  return std::move(builder).freeze();
}

runtime::Result<Block> compress(const Block& block, const Block& mask, std::size_t axis) {
  if (mask.dtype() != Dtype::boolean || mask.rank() != 1 || axis >= block.rank() || mask.size() != block.shape()[axis])
    return wrong(fmt::format("a mask of {} of shape {} does not fit axis {} of a chunk of shape {}", to_string(mask.dtype()), to_string(mask.shape()), axis,
                             to_string(block.shape())));
  std::vector<Row> rows;
  const auto is_taken = mask.data<bool>();
  for (std::size_t i = 0; i < is_taken.size(); ++i)
    if (is_taken[i]) rows.push_back({0, static_cast<std::int64_t>(i)});
  return rows_of({&block, 1}, rows, axis, 1);
}

Block flat_nonzero(const Block& block, std::int64_t start) {
  std::vector<std::int64_t> found;
  with_type(block.dtype(), [&]<class T>() {
    const auto elements = block.data<T>();
    for (std::size_t i = 0; i < elements.size(); ++i)
      if (elements[i] != T{}) found.push_back(start + static_cast<std::int64_t>(i));
  });
  return Block::of<std::int64_t>({static_cast<std::int64_t>(found.size())}, found);
}

runtime::Result<Block> unravelled(const Block& positions, ShapeView shape) {
  if (positions.dtype() != Dtype::int64 || positions.rank() != 1) return wrong("positions are int64, of one dimension");
  const std::int64_t rows[] = {positions.size(), static_cast<std::int64_t>(shape.size())};
  return Block::make<std::int64_t>(rows, [&](std::span<std::int64_t> to) {
    const auto from = positions.data<std::int64_t>();
    for (std::size_t i = 0; i < from.size(); ++i) {
      std::int64_t left = from[i];
      for (std::size_t axis = shape.size(); axis-- > 0;) {
        const std::int64_t length = std::max<std::int64_t>(shape[axis], 1);
        to[i * shape.size() + axis] = left % length;
        left /= length;
      }
    }
  });
}

runtime::Result<Block> last_written(const Block& indices, std::int64_t start, std::int64_t count, std::int64_t length) {
  const auto places = targets_of(indices, {{length}});
  if (!places) return places.failure();
  const std::int64_t shape[] = {count};
  if (!Block::size_bytes_of(Dtype::int64, shape)) return wrong("no block has " + std::to_string(count) + " elements");
  return Block::make<std::int64_t>(ShapeView(shape), [&](std::span<std::int64_t> to) {
    std::ranges::fill(to, -1);
    for (std::size_t k = 0; k < places->size(); ++k) {
      const std::int64_t at = (*places)[k].row - start;
      if (at >= 0 && at < count) to[static_cast<std::size_t>(at)] = static_cast<std::int64_t>(k);
    }
  });
}

runtime::Result<Block> joined(std::span<const Block> blocks, ShapeView counts) {
  if (element_count(counts) != static_cast<std::int64_t>(blocks.size()) || blocks.empty())
    return wrong(fmt::format("{} blocks do not fill a grid {}", blocks.size(), to_string(counts)));
  std::vector<Block> left(blocks.begin(), blocks.end());
  for (std::size_t axis = counts.size(); axis-- > 0;) {
    const auto each = static_cast<std::size_t>(counts[axis]);
    if (each == 1) continue;
    std::vector<Block> next;
    for (std::size_t i = 0; i < left.size(); i += each) {
      auto one = concatenate(std::span(left).subspan(i, each), axis);
      if (!one) return one.failure();
      next.push_back(std::move(*one));
    }
    left = std::move(next);
  }
  return left.front();
}
}  // namespace tessera::arrays::kernels
