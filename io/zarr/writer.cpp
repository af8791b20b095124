#include "io/box.hpp"
#include "io/file.hpp"
#include "io/zarr/metadata.hpp"

#include <blosc.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>

namespace tessera::io::zarr {
using arrays::Shape;
using arrays::ShapeView;
using runtime::ErrorCode;
using runtime::Failure;
namespace fs = std::filesystem;

namespace {
/// In the unfinished store while it is to take the place of another one.
constexpr const char* overwrite_mark = ".overwrite";

Failure failed(std::string why) { return {ErrorCode::io_failed, std::move(why)}; }

bool is_store(const fs::path& path) {
  std::error_code error;
  return fs::exists(path / ".zgroup", error) || fs::exists(path / ".zarray", error);
}

/// What is in the way of a store at `path`; a broken-off run is removed if it may be.
runtime::Result<void> make_room(const std::string& path, Existing existing) {
  std::error_code error;
  const std::string name = store_name(path), part = part_name(path);
  const bool there = fs::exists(name, error);
  if (there && !is_store(name))
    return failed(fmt::format("{} is there and is no Zarr store: it stays as it is; choose another name", name));
  if (there && existing == Existing::refuse)
    return failed(fmt::format("the store {} is there: choose another name, remove it, or ask for it to be overwritten", name));
  if (!fs::exists(part, error)) return {};
  if (existing == Existing::refuse || !is_store(part))
    return failed(fmt::format("{} is there: another program writes it, or one was broken off; remove it if none does", part));
  abandon(path);
  if (fs::exists(part, error)) return failed(fmt::format("{} cannot be removed", part));
  return {};
}

runtime::Result<void> check_all(const std::vector<Array>& arrays) {
  std::set<std::string> names;
  std::map<std::string, std::pair<std::int64_t, std::string>> lengths;
  for (const Array& one : arrays) {
    if (const auto sound = check(one); !sound) return sound.failure();
    const auto refuse = [&](const std::string& why) { return Failure{ErrorCode::invalid_argument, why}; };
    if (one.separator != '.') return refuse(fmt::format("the array \"{}\" names its chunks with '{}', not '.'", one.name, one.separator));
    if (!names.insert(one.name).second) return refuse(fmt::format("two arrays have the name \"{}\"", one.name));
    for (std::size_t d = 0; d < one.shape.size(); ++d) {
      const auto [at, added] = lengths.try_emplace(one.dimensions[d], one.shape[d], one.name);
      if (at->second.first != one.shape[d])
        return refuse(fmt::format("dimension {} is {} long in the array {}, but {} in {}", one.dimensions[d], at->second.first,
                                  at->second.second, one.shape[d], one.name));
    }
  }
  return {};
}

runtime::Result<void> describe(const std::string& part, const std::vector<Array>& arrays, const Attributes& attributes,
                               bool overwrite) {
  const auto put = [&](const std::string& name, const std::string& text) { return write_atomically(part + "/" + name, text); };
  if (const auto done = put(".zgroup", group_json()); !done) return done;
  if (const auto done = put(".zattrs", attributes_json(attributes, nullptr)); !done) return done;
  for (const Array& one : arrays) {
    if (const auto done = make_writable_folder(part + "/" + one.name); !done) return done;
    if (const auto done = put(one.name + "/.zarray", array_json(one)); !done) return done;
    if (const auto done = put(one.name + "/.zattrs", attributes_json(one.attributes, &one.dimensions)); !done) return done;
  }
  if (overwrite) return put(overwrite_mark, std::string());
  return {};
}

runtime::Result<std::vector<std::byte>> compress(const Array& array, std::span<const std::byte> values) {
  std::vector<std::byte> packed(values.size() + BLOSC_MAX_OVERHEAD);
  const int bytes = blosc_compress_ctx(/*clevel=*/5, BLOSC_SHUFFLE, arrays::size_bytes(array.dtype), values.size(), values.data(),
                                       packed.data(), packed.size(), BLOSC_LZ4_COMPNAME, /*blocksize=*/0, /*threads=*/1);
  if (bytes <= 0) return failed(fmt::format("Blosc cannot compress a chunk of {}: error {}", array.name, bytes));
  packed.resize(static_cast<std::size_t>(bytes));
  return packed;
}

/// The first chunk that has no file. Files of attempts that died on their way are removed.
runtime::Result<void> check_chunks(const std::string& folder, const Array& array) {
  std::set<std::string> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.ends_with(".part")) fs::remove(at->path(), error);
    else files.insert(name);
  }
  if (error) return failed(fmt::format("cannot list {}: {}", folder, error.message()));
  const Shape grid = array.grid();
  const auto count = arrays::element_count(grid).value_or(0);
  Shape index(grid.size(), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    if (const std::string name = chunk_name(array, index); !files.contains(name))
      return failed(fmt::format("chunk {} of {} was not written: the store is not finished", name, folder));
    for (std::size_t d = grid.size(); d-- > 0 && ++index[d] == grid[d];) index[d] = 0;
  }
  return {};
}

runtime::Result<void> rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return {};
  return failed(fmt::format("cannot rename {} to {}: {}", from, to, std::strerror(errno)));
}
}  // namespace

runtime::Result<void> create(const std::string& path, const std::vector<Array>& arrays, const Attributes& attributes,
                             Existing existing) {
  if (const auto sound = check_all(arrays); !sound) return sound;
  if (const auto room = make_room(path, existing); !room) return room;
  const std::string part = part_name(path);
  const fs::path above = fs::path(part).parent_path();
  std::error_code error;
  if (!above.empty()) {
    if (const auto done = make_writable_folder(above.string()); !done) return done;
  }
  // The one that makes the folder owns it: two that begin one store at a time do not both succeed.
  if (!fs::create_directory(part, error))
    return failed(fmt::format("cannot make the folder {}: {}", part, error ? error.message() : "another program just made it"));
  const auto done = describe(part, arrays, attributes, fs::exists(store_name(path), error));
  if (!done) fs::remove_all(part, error);
  return done;
}

runtime::Result<void> write_chunk(const std::string& path, const Array& array, ShapeView index, const arrays::Block& block) {
  const auto refuse = [&](const std::string& why) {
    return Failure{ErrorCode::invalid_argument, fmt::format("chunk {} of {}: {}", arrays::to_string(index), array.name, why)};
  };
  if (const auto sound = check(array); !sound) return sound;
  if (!is_chunk(array, index)) return refuse(fmt::format("the array has {} chunks", arrays::to_string(array.grid())));
  const Shape shape = array.chunk_shape(index);
  if (block.dtype() != array.dtype || !std::ranges::equal(block.shape(), shape))
    return refuse(fmt::format("the block is {} of the shape {}, the chunk {} of {}", arrays::to_string(block.dtype()),
                              arrays::to_string(block.shape()), arrays::to_string(array.dtype), arrays::to_string(shape)));
  std::span<const std::byte> values = block.raw();
  std::optional<arrays::BlockBuilder> padded;
  if (shape != array.chunks) {  // Chunks at the edge are stored whole.
    const Shape zero(shape.size(), 0);
    const std::size_t bytes = arrays::size_bytes(array.dtype);
    put_fill(array, padded.emplace(array.dtype, array.chunks).raw());
    for_each_run(shape, shape, zero, array.chunks, zero, [&](std::size_t from, std::size_t to, std::size_t run) {
      std::memcpy(padded->raw().data() + to * bytes, values.data() + from * bytes, run * bytes);
    });
    values = padded->raw();
  }
  const std::string folder = part_name(path) + "/" + array.name, file = folder + "/" + chunk_name(array, index);
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return failed(fmt::format("there is no unfinished store with an array {} at {}: create begins one, finish ends it", array.name,
                              store_name(path)));
  if (!array.compressed) return write_atomically(file, values);
  const auto packed = compress(array, values);
  if (!packed) return packed.failure();
  return write_atomically(file, *packed);
}

runtime::Result<void> write(const std::string& path, const Array& array, const arrays::Block& block) {
  if (const auto sound = check(array); !sound) return sound;
  if (!std::ranges::equal(block.shape(), array.shape))
    return Failure{ErrorCode::invalid_argument, fmt::format("the array {} has the shape {}, not {}", array.name,
                                                            arrays::to_string(array.shape), arrays::to_string(block.shape()))};
  const Shape grid = array.grid();
  const std::int64_t count = arrays::element_count(grid).value_or(0);
  const std::size_t bytes = arrays::size_bytes(block.dtype());
  Shape index(grid.size(), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    const Shape start = array.chunk_start(index), shape = array.chunk_shape(index), zero(grid.size(), 0);
    arrays::BlockBuilder chunk(block.dtype(), shape);
    for_each_run(shape, array.shape, start, shape, zero, [&](std::size_t from, std::size_t to, std::size_t run) {
      std::memcpy(chunk.raw().data() + to * bytes, block.raw().data() + from * bytes, run * bytes);
    });
    if (const auto done = write_chunk(path, array, index, std::move(chunk).freeze()); !done) return done;
    for (std::size_t d = grid.size(); d-- > 0 && ++index[d] == grid[d];) index[d] = 0;
  }
  return {};
}

runtime::Result<void> finish(const std::string& path) {
  const std::string name = store_name(path), part = part_name(path);
  std::error_code error;
  if (!is_store(part)) return failed(fmt::format("there is no unfinished store {}: create begins one", part));
  std::map<std::string, std::string> texts;
  const auto take = [&](const std::string& file) -> runtime::Result<void> {
    auto text = read_text(part + "/" + file);
    if (!text) return failed(text.failure().message);
    texts.emplace(file, std::move(*text));
    return {};
  };
  for (const char* file : {".zgroup", ".zattrs"})
    if (const auto done = take(file); !done) return done;
  std::vector<std::string> folders;
  for (fs::directory_iterator at(part, error), end; !error && at != end; at.increment(error))
    if (at->is_directory(error)) folders.push_back(at->path().filename().string());
  if (error) return failed(fmt::format("cannot list {}: {}", part, error.message()));
  for (const std::string& folder : folders) {
    for (const char* file : {"/.zarray", "/.zattrs"})
      if (const auto done = take(folder + file); !done) return done;
    const auto array = parse_array(folder, texts.at(folder + "/.zarray"), texts.at(folder + "/.zattrs"));
    if (!array) return failed(fmt::format("{}: {}", part, array.failure().message));
    if (const auto whole = check_chunks(part + "/" + folder, *array); !whole) return whole;
  }
  const auto metadata = consolidate(texts);
  if (!metadata) return metadata.failure();
  if (const auto done = write_atomically(part + "/.zmetadata", *metadata); !done) return done;
  if (!fs::remove(part + "/" + overwrite_mark, error)) return rename(part, name);
  const std::string old = temporary_name(name);
  if (const auto done = rename(name, old); !done) return done;
  if (const auto done = rename(part, name); !done) {
    (void)rename(old, name);
    return done;
  }
  fs::remove_all(old, error);
  return {};
}

void abandon(const std::string& path) {
  std::error_code error;
  if (is_store(part_name(path))) fs::remove_all(part_name(path), error);
}
}  // namespace tessera::io::zarr
