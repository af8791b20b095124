#include "actors/spill/descriptor.hpp"

#include "runtime/base/assert.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace tessera::actors::spill {
namespace {
/// Whether the file was used directly until now.
bool leave_direct(int file) {
  const int flags = ::fcntl(file, F_GETFL);
  return flags >= 0 && (flags & O_DIRECT) != 0 && ::fcntl(file, F_SETFL, flags & ~O_DIRECT) == 0;
}

template <class Move>
int all(int file, std::span<const iovec> parts, off_t offset, const Move& move) {
  std::array<iovec, 4> left{};
  TESSERA_ASSERT(parts.size() <= left.size(), "too many parts of one transfer");
  std::copy(parts.begin(), parts.end(), left.begin());
  for (std::size_t first = 0;;) {
    while (first < parts.size() && left[first].iov_len == 0) ++first;
    if (first == parts.size()) return 0;
    const ssize_t moved = move(file, left.data() + first, static_cast<int>(parts.size() - first), offset);
    if (moved < 0 && (errno == EINTR || (errno == EINVAL && leave_direct(file)))) continue;
    if (moved < 0) return errno;
    if (moved == 0) return ENODATA;
    offset += moved;
    for (std::size_t i = first, done = static_cast<std::size_t>(moved); done > 0; ++i) {
      const std::size_t step = std::min(done, left[i].iov_len);
      left[i] = {static_cast<std::byte*>(left[i].iov_base) + step, left[i].iov_len - step};
      done -= step;
    }
  }
}
}  // namespace

int Descriptor::close() {
  const int value = std::exchange(value_, -1);
  return value >= 0 && ::close(value) != 0 && errno != EINTR ? errno : 0;
}

int write_parts(const Descriptor& file, std::span<const iovec> parts, off_t offset) {
  return all(file.get(), parts, offset, ::pwritev);
}
int read_parts(const Descriptor& file, std::span<const iovec> parts, off_t offset) {
  return all(file.get(), parts, offset, ::preadv);
}
}  // namespace tessera::actors::spill
