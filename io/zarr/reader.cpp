#include "arrays/memory/arena.hpp"
#include "io/box.hpp"
#include "io/file.hpp"
#include "io/zarr/metadata.hpp"

#include <blosc.h>
#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <new>
#include <utility>

namespace tessera::io::zarr {
using arrays::Block;
using arrays::Shape;
using arrays::ShapeView;
using runtime::ErrorCode;
using runtime::Failure;
namespace fs = std::filesystem;

namespace {
Failure refuse(std::string why) { return {ErrorCode::bad_input, std::move(why)}; }

/// The metadata of a store without `.zmetadata`, from its folders.
runtime::Result<std::map<std::string, std::string>> walk(const std::string& path) {
  std::map<std::string, std::string> texts;
  std::error_code error;
  std::vector<std::string> names{".zgroup", ".zattrs"};
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error))
    for (const char* file : {".zarray", ".zattrs"}) names.push_back(at->path().filename().string() + "/" + file);
  if (error) return Failure{ErrorCode::io_failed, fmt::format("cannot list {}: {}", path, error.message())};
  for (const std::string& name : names) {
    if (!fs::exists(path + "/" + name, error)) continue;
    auto text = read_text(path + "/" + name);
    if (!text) return text.failure();
    texts.emplace(name, std::move(*text));
  }
  return texts;
}

runtime::Result<std::map<std::string, std::string>> metadata_of(const std::string& path) {
  std::error_code error;
  const fs::path folder(path);
  if (!fs::exists(folder, error)) {
    if (fs::exists(part_name(path), error))
      return refuse(fmt::format("the store {} is not finished: {} is what there is of it", path, part_name(path)));
    return refuse(fmt::format("there is no store {}: check the name", path));
  }
  if (!fs::is_directory(folder, error)) return refuse(fmt::format("{} is a file; a Zarr store is a folder", path));
  if (fs::exists(folder / "zarr.json", error)) return refuse(fmt::format("{} is a store of Zarr version 3; version 2 is read", path));
  if (fs::exists(folder / ".zarray", error))
    return refuse(fmt::format("{} is a single Zarr array: name the folder of the group that it is in", path));
  if (!fs::exists(folder / ".zgroup", error)) return refuse(fmt::format("{} is no Zarr store: it has no .zgroup", path));
  if (!fs::exists(folder / ".zmetadata", error)) return walk(path);
  const auto text = read_text(path + "/.zmetadata");
  if (!text) return text.failure();
  auto texts = consolidated(*text);
  if (!texts) return refuse(fmt::format("{}: {}", path, texts.failure().message));
  return texts;
}

/// A whole chunk from its file. Nothing of its size is allocated before the file is known to hold as much.
runtime::Result<arrays::BlockBuilder> unpack(const Array& array, const File& file, const std::string& where) {
  const auto bytes = static_cast<std::size_t>(chunk_elements(array)) * arrays::size_bytes(array.dtype);
  const auto stored = static_cast<std::size_t>(file.size_bytes());
  std::size_t packed_bytes = stored;
  std::shared_ptr<std::byte> packed;
  if (array.compressed) {
    packed = arrays::memory::allocate(stored);
    if (!packed) throw std::bad_alloc();
    if (const auto done = file.read(0, {packed.get(), stored}); !done) return done.failure();
    if (blosc_cbuffer_validate(packed.get(), stored, &packed_bytes) != 0)
      return refuse(fmt::format("the chunk {} is broken or cut off: Blosc does not understand its {} bytes", where, stored));
  }
  if (packed_bytes != bytes)
    return refuse(fmt::format("the chunk {} holds {} bytes, not the {} of its shape {}: it is broken or cut off", where, packed_bytes,
                              bytes, arrays::to_string(array.chunks)));
  arrays::BlockBuilder values(array.dtype, array.chunks);
  if (!array.compressed) {
    if (const auto done = file.read(0, values.raw()); !done) return done.failure();
  } else if (blosc_decompress_ctx(packed.get(), values.raw().data(), bytes, /*threads=*/1) != static_cast<int>(bytes)) {
    return refuse(fmt::format("the chunk {} is broken: Blosc cannot unpack it", where));
  }
  if (array.dtype == arrays::Dtype::boolean)
    for (std::byte& one : values.raw()) one = one == std::byte{0} ? std::byte{0} : std::byte{1};
  return values;
}

Failure no_box(const Array& array, ShapeView start, ShapeView count) {
  return {ErrorCode::invalid_argument, fmt::format("the array {} has the shape {}; there is no box of {} at {} in it", array.name,
                                                   arrays::to_string(array.shape), arrays::to_string(count), arrays::to_string(start))};
}
}  // namespace

runtime::Result<Store> open(const std::string& path) {
  const std::string name = store_name(path);
  const auto texts = metadata_of(name);
  if (!texts) return texts.failure();
  const auto text = [&](const std::string& key) {
    const auto at = texts->find(key);
    return at == texts->end() ? std::string("{}") : at->second;
  };
  Store store;
  auto attributes = parse_attributes(text(".zattrs"));
  if (!attributes) return refuse(fmt::format("{}: {}", name, attributes.failure().message));
  store.attributes = std::move(*attributes);
  for (const auto& [key, zarray] : *texts) {
    if (!key.ends_with("/.zarray")) continue;
    const std::string array_name = key.substr(0, key.size() - std::string_view("/.zarray").size());
    auto array = parse_array(array_name, zarray, text(array_name + "/.zattrs"));
    if (array) store.arrays.push_back(std::move(*array));
    else store.warnings.push_back(fmt::format("{}: {}", name, array.failure().message));
  }
  return store;
}

runtime::Result<Block> read_chunk(const std::string& path, const Array& array, ShapeView index) {
  if (const auto sound = check(array); !sound) return sound.failure();
  if (!is_chunk(array, index))
    return Failure{ErrorCode::invalid_argument, fmt::format("there is no chunk {} in {}, which has {}", arrays::to_string(index),
                                                            array.name, arrays::to_string(array.grid()))};
  const std::string folder = store_name(path) + "/" + array.name, where = folder + "/" + chunk_name(array, index);
  const Shape shape = array.chunk_shape(index), zero(shape.size(), 0);
  std::error_code error;
  if (!fs::exists(where, error)) {
    if (!fs::is_directory(folder, error)) return refuse(fmt::format("there is no array {} in the store {}", array.name, path));
    arrays::BlockBuilder block(array.dtype, shape);
    put_fill(array, block.raw());
    return std::move(block).freeze();
  }
  const auto file = File::open(where);
  if (!file) return file.failure();
  auto whole = unpack(array, *file, where);
  if (!whole) return whole.failure();
  if (shape == array.chunks) return std::move(*whole).freeze();
  arrays::BlockBuilder block(array.dtype, shape);
  const std::size_t bytes = arrays::size_bytes(array.dtype);
  for_each_run(shape, array.chunks, zero, shape, zero, [&](std::size_t from, std::size_t to, std::size_t run) {
    std::memcpy(block.raw().data() + to * bytes, whole->raw().data() + from * bytes, run * bytes);
  });
  return std::move(block).freeze();
}

runtime::Result<Block> read(const std::string& path, const Array& array, ShapeView start, ShapeView count) {
  if (const auto sound = check(array); !sound) return sound.failure();
  if (!lies_in(start, count, array.shape)) return no_box(array, start, count);
  const std::size_t rank = array.shape.size(), bytes = arrays::size_bytes(array.dtype);
  arrays::BlockBuilder block(array.dtype, count);
  Shape first(rank), last(rank);  // Chunks that the box touches.
  for (std::size_t d = 0; d < rank; ++d) {
    if (count[d] == 0) return std::move(block).freeze();
    first[d] = start[d] / array.chunks[d], last[d] = (start[d] + count[d] - 1) / array.chunks[d];
  }
  for (Shape index = first;;) {
    const auto chunk = read_chunk(path, array, index);
    if (!chunk) return chunk.failure();
    const Shape chunk_start = array.chunk_start(index), chunk_shape = array.chunk_shape(index);
    Shape from(rank), to(rank), lengths(rank);
    for (std::size_t d = 0; d < rank; ++d) {
      const std::int64_t begin = std::max(start[d], chunk_start[d]);
      lengths[d] = std::min(start[d] + count[d], chunk_start[d] + chunk_shape[d]) - begin;
      from[d] = begin - chunk_start[d], to[d] = begin - start[d];
    }
    for_each_run(lengths, chunk_shape, from, count, to, [&](std::size_t at_chunk, std::size_t at_block, std::size_t run) {
      std::memcpy(block.raw().data() + at_block * bytes, chunk->raw().data() + at_chunk * bytes, run * bytes);
    });
    std::size_t d = rank;
    while (d > 0 && ++index[d - 1] > last[d - 1]) --d, index[d] = first[d];
    if (d == 0) return std::move(block).freeze();
  }
}
}  // namespace tessera::io::zarr
