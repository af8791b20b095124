/// @file
/// An open file of the operating system, and whole transfers with it.
#pragma once
#include <sys/types.h>
#include <sys/uio.h>

#include <span>
#include <utility>

namespace tessera::actors::spill {
/// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) close(), value_ = std::exchange(other.value_, -1);
    return *this;
  }
  ~Descriptor() { close(); }
  explicit operator bool() const { return value_ >= 0; }
  int get() const { return value_; }
  void release() { value_ = -1; }
  /// 0, or the error that a network's file system reports only now.
  int close();

 private:
  int value_ = -1;
};

/// Writes or reads all `parts` (at most four) from `offset` on. 0 or an error number; ENODATA where the file ends too early. Where
/// the file system refuses a direct transfer, the file is used through the page cache from then on.
int write_parts(const Descriptor& file, std::span<const iovec> parts, off_t offset);
int read_parts(const Descriptor& file, std::span<const iovec> parts, off_t offset);
}  // namespace tessera::actors::spill
