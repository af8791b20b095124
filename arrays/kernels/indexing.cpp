#include "arrays/kernels/indexing.hpp"

#include "arrays/kernels/layout.hpp"
#include "arrays/shape/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

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

/// The rows at the targets, whose chunks are counted in `blocks`.
Block rows_of(std::span<const Block> blocks, std::span<const Target> rows, std::size_t axis, std::size_t dimensions) {
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
      for (const Target& row : rows) {
        const auto block = static_cast<std::size_t>(row.chunk);
        const T* source = data[block] + o * lengths[block] + row.row * inner;
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

/// The same with chunks counted in `blocks`; of what was picked, the next row of each.
runtime::Result<std::vector<Target>> within(std::span<const Block> blocks, std::span<const std::int64_t> numbers, std::vector<Target> targets, Source source) {
  if (blocks.empty() || blocks.size() != numbers.size()) return wrong(fmt::format("{} blocks are given for {} chunks", blocks.size(), numbers.size()));
  for (const Block& one : blocks)
    if (one.dtype() != blocks.front().dtype() || one.rank() != blocks.front().rank()) return wrong("blocks to take from differ in dtype or rank");
  const Finder find(numbers);
  std::vector<std::int64_t> next(blocks.size(), 0);
  for (Target& target : targets) {
    const std::size_t block = find(target.chunk);
    if (block == Finder::none) return wrong(fmt::format("an index points to chunk {}, which is not given", target.chunk));
    target = {static_cast<std::int64_t>(block), source == Source::whole ? target.row : next[block]++};
  }
  return targets;
}

std::optional<Failure> check_rows(std::span<const Block> blocks, std::span<const Target> rows, std::size_t axis, std::size_t dimensions) {
  std::vector<std::int64_t> lengths;
  for (const Block& one : blocks) {
    const ShapeView shape = one.shape(), first = blocks.front().shape();
    if (axis + dimensions > shape.size() || !std::ranges::equal(shape.first(axis), first.first(axis)) ||
        !std::ranges::equal(shape.subspan(axis + dimensions), first.subspan(axis + dimensions)))
      return wrong(fmt::format("blocks of the shapes {} and {} are not cut along {} dimensions from {} on", to_string(first), to_string(shape), dimensions, axis));
    lengths.push_back(product(shape.subspan(axis, dimensions)));
  }
  for (const Target& row : rows)
    if (row.row >= lengths[static_cast<std::size_t>(row.chunk)]) return wrong(fmt::format("row {} is beyond its block", row.row));
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

/// `shape` is that of the places along `axis` of a block.
std::optional<Failure> check_along(const Block& block, ShapeView shape, std::size_t axis) {
  bool fits = axis < shape.size() && block.rank() == shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i) fits = i == axis || block.shape()[i] == shape[i];
  if (fits) return std::nullopt;
  return wrong(fmt::format("places of the shape {} along axis {} do not fit a block of shape {}", to_string(shape), axis, to_string(block.shape())));
}

std::optional<Failure> check_indices(const Block& indices, const shape::Chunks& indexed) {
  if (indices.dtype() == Dtype::int64 && !indexed.empty() && indices.size() % static_cast<std::int64_t>(indexed.size()) == 0) return std::nullopt;
  return wrong(fmt::format("{} of shape {} are no indices of {} dimensions", to_string(indices.dtype()), to_string(indices.shape()), indexed.size()));
}

/// The indices that point into one chunk. Of those out of range, in no chunk, `targets_of` tells.
class Inside {
 public:
  static runtime::Result<Inside> of(const Block& indices, const shape::Chunks& indexed, std::int64_t number) {
    if (const auto failure = check_indices(indices, indexed)) return *failure;
    const shape::Grid grid(indexed);
    if (number < 0 || static_cast<std::size_t>(number) >= grid.size()) return wrong(fmt::format("there is no chunk {}", number));
    return Inside(indices, grid.box(grid.at(static_cast<std::size_t>(number))), shape::shape_of(indexed));
  }
  std::size_t count() const { return count_; }
  /// The row of the chunk that index `i` points to; -1 where it does not.
  std::int64_t row(std::size_t i) const {
    std::int64_t row = 0;
    for (std::size_t axis = 0; axis < lengths_.size(); ++axis) {
      const std::int64_t index = indices_[axis * count_ + i], at = (index < 0 ? index + lengths_[axis] : index) - box_.start[axis];
      if (at < 0 || at >= box_.count[axis]) return -1;
      row = row * box_.count[axis] + at;
    }
    return row;
  }

 private:
  Inside(const Block& indices, shape::Box box, Shape lengths)
      : indices_(indices.data<std::int64_t>()), box_(std::move(box)), lengths_(std::move(lengths)), count_(indices_.size() / lengths_.size()) {}
  std::span<const std::int64_t> indices_;
  shape::Box box_;
  Shape lengths_;
  std::size_t count_;
};
}  // namespace

runtime::Result<std::vector<Target>> targets_of(const Block& indices, const shape::Chunks& indexed) {
  if (const auto failure = check_indices(indices, indexed)) return *failure;
  const shape::Grid grid(indexed);
  const Shape lengths = shape::shape_of(indexed);
  const std::size_t count = static_cast<std::size_t>(indices.size()) / indexed.size();
  std::vector<Target> targets(count);
  const auto numbers = indices.data<std::int64_t>();
  for (std::size_t axis = 0; axis < indexed.size(); ++axis)
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t index = numbers[axis * count + i], position = index < 0 ? index + lengths[axis] : index;
      if (position < 0 || position >= lengths[axis]) return wrong(fmt::format("index {} is out of range for a dimension of length {}", index, lengths[axis]));
      const std::int64_t chunk = grid.counts()[axis] == 1 ? 0 : grid.find(axis, position);
      targets[i].chunk = targets[i].chunk * grid.counts()[axis] + chunk;
      targets[i].row = targets[i].row * grid.length(axis, chunk) + position - grid.start(axis, chunk);
    }
  return targets;
}

runtime::Result<Block> take(std::span<const Block> blocks, std::span<const std::int64_t> numbers, std::vector<Target> targets, std::size_t axis,
                            std::size_t dimensions, Source source) {
  if (source == Source::picked) dimensions = 1;
  const auto rows = within(blocks, numbers, std::move(targets), source);
  if (!rows) return rows.failure();
  if (const auto failure = check_rows(blocks, *rows, axis, dimensions)) return *failure;
  return rows_of(blocks, *rows, axis, dimensions);
}

runtime::Result<Block> pick(const Block& block, const Block& indices, const shape::Chunks& indexed, std::int64_t number, std::size_t axis) {
  const auto inside = Inside::of(indices, indexed, number);
  if (!inside) return inside.failure();
  std::vector<Target> targets;
  for (std::size_t i = 0; i < inside->count(); ++i)
    if (const std::int64_t row = inside->row(i); row >= 0) targets.push_back({0, row});
  if (const auto failure = check_rows({&block, 1}, targets, axis, indexed.size())) return *failure;
  return rows_of({&block, 1}, targets, axis, indexed.size());
}

runtime::Result<Block> take_along(std::span<const Block> blocks, std::span<const std::int64_t> numbers, std::vector<Target> targets, std::size_t axis,
                                  ShapeView shape, Source source) {
  if (axis >= shape.size() || element_count(shape) != static_cast<std::int64_t>(targets.size()))
    return wrong(fmt::format("{} targets do not fill the shape {}", targets.size(), to_string(shape)));
  for (const Block& one : blocks)
    if (source == Source::whole)
      if (const auto failure = check_along(one, shape, axis)) return *failure;
  const auto rows = within(blocks, numbers, std::move(targets), source);
  if (!rows) return rows.failure();
  std::vector<std::int64_t> lengths;
  for (const Block& one : blocks) lengths.push_back(source == Source::picked ? one.size() : one.shape()[axis]);
  for (const Target& row : *rows)
    if (row.row >= lengths[static_cast<std::size_t>(row.chunk)]) return wrong(fmt::format("row {} is beyond its block", row.row));
  const std::int64_t inner = product(shape.subspan(axis + 1));
  BlockBuilder builder(blocks.front().dtype(), shape);
  with_size(size_bytes(blocks.front().dtype()), [&]<class T>() {
    std::vector<const T*> data;
    for (const Block& one : blocks) data.push_back(reinterpret_cast<const T*>(one.raw().data()));
    T* to = reinterpret_cast<T*>(builder.raw().data());
    each_element(axis, shape, [&](std::size_t element, std::int64_t o, std::int64_t i) {
      const Target& row = (*rows)[element];
      const auto block = static_cast<std::size_t>(row.chunk);
      to[element] = data[block][source == Source::picked ? row.row : (o * lengths[block] + row.row) * inner + i];
    });
  });
  return std::move(builder).freeze();
}

runtime::Result<Block> pick_along(const Block& block, const Block& indices, const shape::Cuts& cuts, std::int64_t number, std::size_t axis) {
  const auto inside = Inside::of(indices, {cuts}, number);
  if (!inside) return inside.failure();
  const ShapeView shape = indices.shape();
  if (const auto failure = check_along(block, shape, axis)) return *failure;
  const std::int64_t inner = product(shape.subspan(axis + 1)), length = block.shape()[axis];
  std::int64_t count[] = {0};
  for (std::size_t i = 0; i < inside->count(); ++i) {
    const std::int64_t row = inside->row(i);
    if (row >= length) return wrong(fmt::format("row {} is beyond its block", row));
    count[0] += row >= 0;
  }
  BlockBuilder builder(block.dtype(), count);
  with_size(size_bytes(block.dtype()), [&]<class T>() {
    const T* from = reinterpret_cast<const T*>(block.raw().data());
    T* to = reinterpret_cast<T*>(builder.raw().data());
    each_element(axis, shape, [&](std::size_t element, std::int64_t o, std::int64_t i) {
      if (const std::int64_t row = inside->row(element); row >= 0) *to++ = from[(o * length + row) * inner + i];
    });
  });
  return std::move(builder).freeze();
}

runtime::Result<Block> compress(const Block& block, const Block& mask, std::size_t axis) {
  if (mask.dtype() != Dtype::boolean || mask.rank() != 1 || axis >= block.rank() || mask.size() != block.shape()[axis])
    return wrong(fmt::format("a mask of {} of shape {} does not fit axis {} of a chunk of shape {}", to_string(mask.dtype()), to_string(mask.shape()), axis,
                             to_string(block.shape())));
  const auto is_taken = mask.data<bool>();
  Shape shape(block.shape().begin(), block.shape().end());
  shape[axis] = std::ranges::count(is_taken, true);
  const std::int64_t outer = product(block.shape().first(axis)), inner = product(block.shape().subspan(axis + 1));
  BlockBuilder builder(block.dtype(), shape);
  if (builder.raw().empty()) return std::move(builder).freeze();
  with_size(size_bytes(block.dtype()), [&]<class T>() {
    const T* from = reinterpret_cast<const T*>(block.raw().data());
    T* to = reinterpret_cast<T*>(builder.raw().data());
    for (std::int64_t o = 0; o < outer; ++o)
      for (const bool is_one : is_taken) {
        if (is_one) to = std::copy_n(from, inner, to);
        from += inner;
      }
  });
  return std::move(builder).freeze();
}

Block flat_nonzero(const Block& block, std::int64_t start) {
  return with_type(block.dtype(), [&]<class T>() {
    const auto elements = block.data<T>();
    const auto is_found = [](const T& element) { return element != T{}; };
    const std::int64_t count[] = {std::ranges::count_if(elements, is_found)};
    return Block::make<std::int64_t>(ShapeView(count), [&](std::span<std::int64_t> to) {
      auto next = to.begin();
      for (std::size_t i = 0; i < elements.size(); ++i)
        if (is_found(elements[i])) *next++ = start + static_cast<std::int64_t>(i);
    });
  });
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
  const auto targets = targets_of(indices, {{length}});
  if (!targets) return targets.failure();
  const std::int64_t shape[] = {count};
  if (!Block::size_bytes_of(Dtype::int64, shape)) return wrong("no block has " + std::to_string(count) + " elements");
  return Block::make<std::int64_t>(ShapeView(shape), [&](std::span<std::int64_t> to) {
    std::ranges::fill(to, -1);
    for (std::size_t k = 0; k < targets->size(); ++k) {
      const std::int64_t at = (*targets)[k].row - start;
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
