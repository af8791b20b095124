#include "io/box.hpp"
#include "io/file.hpp"
#include "io/npy/npy.hpp"
#include "io/npy/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace tessera::io::npy {
using arrays::Block;
using arrays::BlockBuilder;
using arrays::Shape;
using runtime::ErrorCode;
using runtime::Failure;
static_assert(std::endian::native == std::endian::little);

namespace {
/// Calls `visit.operator()<bytes>()` with the bytes of an element as a constant.
template <class Visit>
void with_size(std::size_t bytes, Visit&& visit) {
  switch (bytes) {
    case 1: return visit.template operator()<1>();
    case 2: return visit.template operator()<2>();
    case 4: return visit.template operator()<4>();
    case 8: return visit.template operator()<8>();
    default: return visit.template operator()<16>();
  }
}

/// Turns the bytes of each number around.
void swap_bytes(std::span<std::byte> values, std::size_t number_bytes) {
  for (std::size_t at = 0; at < values.size(); at += number_bytes) std::ranges::reverse(values.subspan(at, number_bytes));
}

/// Elements with the first dimension fastest to elements with the last one fastest, in squares of both that fit a cache.
template <std::size_t bytes>
void transpose(arrays::ShapeView shape, const std::byte* from, std::byte* to) {
  constexpr std::size_t tile = 32;
  const auto first = static_cast<std::size_t>(shape.front()), last = static_cast<std::size_t>(shape.back());
  const arrays::ShapeView between = shape.subspan(1, shape.size() - 2);
  const auto middles = static_cast<std::size_t>(*arrays::element_count(between));
  for (std::size_t middle = 0; middle < middles; ++middle) {
    std::size_t reversed = 0, rest = middle, stride = middles;  // The same index, first dimension fastest.
    for (const std::int64_t length : between) {
      stride /= static_cast<std::size_t>(length);
      reversed += rest / stride * (middles / stride / static_cast<std::size_t>(length));
      rest %= stride;
    }
    for (std::size_t i0 = 0; i0 < first; i0 += tile)
      for (std::size_t j0 = 0; j0 < last; j0 += tile)
        for (std::size_t i = i0; i < std::min(i0 + tile, first); ++i)
          for (std::size_t j = j0; j < std::min(j0 + tile, last); ++j)
            std::memcpy(to + ((i * middles + middle) * last + j) * bytes, from + (i + first * (reversed + middles * j)) * bytes, bytes);
  }
}
}  // namespace

runtime::Result<Block> arrange(const Header& header, BlockBuilder as_stored, const std::string& where) {
  const std::size_t bytes = arrays::size_bytes(header.dtype);
  if (header.big_endian && bytes > 1) swap_bytes(as_stored.raw(), number_bytes(header.dtype));
  if (header.dtype == arrays::Dtype::boolean) {
    const auto wrong = std::ranges::find_if(as_stored.raw(), [](std::byte one) { return one > std::byte{1}; });
    if (wrong != as_stored.raw().end())
      return Failure{ErrorCode::bad_input, fmt::format("{} has a bool of {} at byte {} of its values: 0 and 1 are bools", where,
                                                       std::to_integer<int>(*wrong), wrong - as_stored.raw().begin())};
  }
  if (!header.fortran_order || header.shape.size() < 2 || header.values_bytes == 0) return std::move(as_stored).freeze();
  BlockBuilder ordered(header.dtype, header.shape);
  with_size(bytes, [&]<std::size_t size>() { transpose<size>(header.shape, as_stored.raw().data(), ordered.raw().data()); });
  return std::move(ordered).freeze();
}

namespace {
/// Before anything is allocated: whether the values, and nothing else, follow the header.
runtime::Result<void> check_length(const Header& header, std::uint64_t bytes, const std::string& where) {
  const std::uint64_t there = bytes - header.values_at;
  if (there == header.values_bytes) return {};
  if (there < header.values_bytes)
    return Failure{ErrorCode::bad_input, fmt::format("{} has the shape {}, which takes {} bytes, but only {} follow its header: it was cut off",
                                                     where, arrays::to_string(header.shape), header.values_bytes, there)};
  return Failure{ErrorCode::bad_input,
                 fmt::format("{} has {} bytes behind its array: of several arrays in one file none is read; save them with np.savez", where,
                             there - header.values_bytes)};
}
}  // namespace

runtime::Result<Block> decode(std::span<const std::byte> bytes, const std::string& where) {
  const auto header = parse_header(bytes, where);
  if (!header) return header.failure();
  if (const auto whole = check_length(*header, bytes.size(), where); !whole) return whole.failure();
  BlockBuilder values(header->dtype, header->shape);
  std::ranges::copy(bytes.subspan(header->values_at), values.raw().begin());
  return arrange(*header, std::move(values), where);
}

namespace {
runtime::Result<Header> header_in(const File& file) {
  const auto beginning = file.read(0, std::min<std::uint64_t>(file.size_bytes(), beginning_bytes_max));
  if (!beginning) return beginning.failure();
  auto header = parse_header(*beginning, file.path());
  if (!header) return header;
  if (const auto whole = check_length(*header, file.size_bytes(), file.path()); !whole) return whole.failure();
  return header;
}

runtime::Result<Block> read_box(const File& file, const Header& header, Shape start, Shape count) {
  Header box = header;
  box.shape = count;
  box.values_bytes = static_cast<std::uint64_t>(*arrays::element_count(count)) * arrays::size_bytes(header.dtype);
  BlockBuilder values(box.dtype, box.shape);
  Shape whole = header.shape;
  if (header.fortran_order)
    for (Shape* one : {&whole, &start, &count}) std::ranges::reverse(*one);
  const std::size_t bytes = arrays::size_bytes(header.dtype);
  runtime::Result<void> done;
  for_each_run(count, whole, start, count, Shape(count.size(), 0), [&](std::size_t from, std::size_t to, std::size_t run) {
    if (done) done = file.read(header.values_at + from * bytes, values.raw().subspan(to * bytes, run * bytes));
  });
  if (!done) return done.failure();
  return arrange(box, std::move(values), file.path());
}
}  // namespace

runtime::Result<Header> describe(const std::string& path) {
  const auto file = File::open(path);
  if (!file) return file.failure();
  return header_in(*file);
}

runtime::Result<Block> read(const std::string& path) {
  const auto file = File::open(path);
  if (!file) return file.failure();
  const auto header = header_in(*file);
  if (!header) return header.failure();
  return read_box(*file, *header, Shape(header->shape.size(), 0), header->shape);
}

runtime::Result<Block> read(const std::string& path, arrays::ShapeView start, arrays::ShapeView count) {
  const auto file = File::open(path);
  if (!file) return file.failure();
  const auto header = header_in(*file);
  if (!header) return header.failure();
  if (!lies_in(start, count, header->shape))
    return Failure{ErrorCode::invalid_argument, fmt::format("{} has the shape {}: no box of {} lies in it from {} on", path,
                                                            arrays::to_string(header->shape), arrays::to_string(count), arrays::to_string(start))};
  return read_box(*file, *header, {start.begin(), start.end()}, {count.begin(), count.end()});
}

runtime::Result<void> write(const std::string& path, const Block& block) {
  const std::string header = header_of(block.dtype(), block.shape());
  return write_atomically(path, {std::as_bytes(std::span(header)), block.raw()});
}
}  // namespace tessera::io::npy
