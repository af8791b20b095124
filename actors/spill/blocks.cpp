#include "actors/spill/blocks.hpp"

#include "serialization/spill_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tessera::actors::spill {
int BlockWriter::add(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t step = std::min(bytes.size(), room_.size() - used_);
    std::memcpy(room_.data() + used_, bytes.data(), step);
    used_ += step;
    bytes = bytes.subspan(step);
    if (used_ < room_.size()) continue;
    if (const int error = flush(); error != 0) return error;
  }
  return 0;
}

int BlockWriter::finish() {
  constexpr std::size_t block = serialization::spill_block_bytes;
  const std::size_t whole = (used_ + block - 1) / block * block;
  std::fill(room_.begin() + static_cast<std::ptrdiff_t>(used_), room_.begin() + static_cast<std::ptrdiff_t>(whole), std::byte{0});
  used_ = whole;
  return flush();
}

int BlockWriter::flush() {
  const std::array part{iovec{room_.data(), used_}};
  const int error = write_parts(file_, part, at_);
  at_ += static_cast<off_t>(used_);
  used_ = 0;
  return error;
}

int BlockReader::take(std::span<std::byte> to) {
  while (!to.empty()) {
    if (left_.empty()) {
      const auto size = std::min<std::size_t>(room_.size(), static_cast<std::size_t>(end_ - at_));
      if (size == 0) return ENODATA;
      const std::array part{iovec{room_.data(), size}};
      if (const int error = read_parts(file_, part, at_); error != 0) return error;
      at_ += static_cast<off_t>(size);
      left_ = room_.first(size);
    }
    const std::size_t step = std::min(to.size(), left_.size());
    std::memcpy(to.data(), left_.data(), step);
    to = to.subspan(step);
    left_ = left_.subspan(step);
  }
  return 0;
}
}  // namespace tessera::actors::spill
