/// @file
/// Files as the format readers need them: read at an offset from several threads, written whole or not at all.
#pragma once
#include "runtime/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tessera::io {
/// A file open for reading. Thread-safe: there is no position.
class File {
 public:
  /// `bad_input` if it is missing or a folder, `io_failed` if it cannot be read.
  static runtime::Result<File> open(const std::string& path);
  const std::string& path() const { return path_; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  /// All of `to`; `bad_input` if the file ends before.
  runtime::Result<void> read(std::uint64_t offset, std::span<std::byte> to) const;
  runtime::Result<std::vector<std::byte>> read(std::uint64_t offset, std::uint64_t bytes) const;

 private:
  std::shared_ptr<const int> descriptor_;
  std::string path_;
  std::uint64_t size_bytes_ = 0;
};

/// All of a file.
runtime::Result<std::string> read_text(const std::string& path);
/// Writes to a name of its own beside `path` and renames: whoever looks sees the old file or the new one, whole. `io_failed`.
runtime::Result<void> write_atomically(const std::string& path, std::initializer_list<std::span<const std::byte>> parts);
runtime::Result<void> write_atomically(const std::string& path, std::span<const std::byte> bytes);
runtime::Result<void> write_atomically(const std::string& path, std::string_view text);
/// A name beside `path` that no other thread or process uses.
std::string temporary_name(const std::string& path);
/// The folder and those above it. `io_failed`, also if it is there but cannot be written.
runtime::Result<void> make_writable_folder(const std::string& path);
}  // namespace tessera::io
