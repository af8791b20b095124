/// @file
/// A place for spill folders that is gone afterwards, and chunks to put there.
#pragma once
#include "actors/spill/store.hpp"
#include "runtime/base/rng.hpp"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace tessera::test {
struct Place {
  std::filesystem::path path;

  explicit Place(const std::filesystem::path& in = std::filesystem::temp_directory_path()) {
    std::string name = (in / "tessera-test-XXXXXX").string();
    path = ::mkdtemp(name.data()) != nullptr ? name : "";
  }
  ~Place() {
    std::error_code none;
    if (!path.empty()) std::filesystem::remove_all(path, none);
  }
  Place(const Place&) = delete;
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  /// What is in it, or in a folder of it.
  static std::vector<std::string> names(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename().string());
    return names;
  }
  std::vector<std::string> names() const { return names(path); }
};

inline std::unique_ptr<actors::spill::SpillStore> open_store(actors::spill::SpillOptions options) {
  auto store = actors::spill::SpillStore::open(std::move(options));
  return store ? std::move(*store) : nullptr;
}

inline runtime::ChunkId chunk(std::uint64_t number) { return {{number * 0x9E3779B97F4A7C15ull, number}, {1}}; }

/// Bytes for chunks, `offset` beyond a multiple of 4096.
struct Memory {
  std::shared_ptr<std::byte> owner;
  std::span<std::byte> bytes;

  explicit Memory(std::size_t size, std::size_t offset = 0) {
    constexpr std::align_val_t block{4096};
    owner = {static_cast<std::byte*>(::operator new(offset + size + 1, block)), [](std::byte* p) { ::operator delete(p, block); }};
    bytes = {owner.get() + offset, size};
  }
  runtime::SharedBytes shared() const { return {owner, bytes}; }
};
enum class Content { random, repeating };
inline Memory memory_of(Content content, std::size_t size, std::uint64_t seed, std::size_t offset = 0) {
  Memory memory(size, offset);
  runtime::Rng rng(seed);
  for (std::size_t i = 0; i < size; ++i)
    memory.bytes[i] = static_cast<std::byte>(content == Content::random ? rng.next() >> 24 : (seed + i / 64) & 0xff);
  return memory;
}
}  // namespace tessera::test
