#include "io/file.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace tessera::io {
using runtime::ErrorCode;
using runtime::Failure;

namespace {
Failure failed(const char* what, const std::string& path, int error) {
  return {ErrorCode::io_failed, fmt::format("cannot {} {}: {}", what, path, std::strerror(error))};
}
}  // namespace

runtime::Result<File> File::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT)
    return Failure{ErrorCode::bad_input, fmt::format("there is no file {}: check the name", path)};
  if (descriptor < 0) return failed("open", path, errno);
  File file;
  file.descriptor_ = std::shared_ptr<const int>(new int(descriptor), [](const int* it) {
    ::close(*it);
    delete it;
  });
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return failed("look at", path, errno);
  if (!S_ISREG(status.st_mode))
    return Failure{ErrorCode::bad_input, fmt::format("{} is a folder or a device, not a file: name the files in it", path)};
  file.path_ = path;
  file.size_bytes_ = static_cast<std::uint64_t>(status.st_size);
  return file;
}

runtime::Result<void> File::read(std::uint64_t offset, std::span<std::byte> to) const {
  while (!to.empty()) {
    const ssize_t got = ::pread(*descriptor_, to.data(), to.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path_, errno);
    if (got == 0)
      return Failure{ErrorCode::bad_input, fmt::format("{} ends at byte {}, where {} more are needed: it was cut off", path_,
                                                       offset, to.size())};
    offset += static_cast<std::uint64_t>(got);
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return {};
}

runtime::Result<std::vector<std::byte>> File::read(std::uint64_t offset, std::uint64_t bytes) const {
  if (offset > size_bytes_ || bytes > size_bytes_ - offset)  // Before anything so large is allocated.
    return Failure{ErrorCode::bad_input, fmt::format("{} has {} bytes, but {} from byte {} on are needed: it was cut off", path_,
                                                     size_bytes_, bytes, offset)};
  std::vector<std::byte> data(static_cast<std::size_t>(bytes));
  if (const auto done = read(offset, std::span(data)); !done) return done.failure();
  return data;
}

runtime::Result<std::string> read_text(const std::string& path) {
  const auto file = File::open(path);
  if (!file) return file.failure();
  const auto bytes = file->read(0, file->size_bytes());
  if (!bytes) return bytes.failure();
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

std::string temporary_name(const std::string& path) {
  static std::atomic<std::uint64_t> serial{0};
  const std::filesystem::path whole(path);
  return (whole.parent_path() / fmt::format(".{}.{}.{}.part", whole.filename().string(), ::getpid(), serial++)).string();
}

runtime::Result<void> write_atomically(const std::string& path, std::initializer_list<std::span<const std::byte>> parts) {
  const std::string temporary = temporary_name(path);
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return failed("write", path, errno);
  int error = 0;
  for (std::span<const std::byte> bytes : parts) {
    while (!bytes.empty() && error == 0) {
      const ssize_t put = ::write(descriptor, bytes.data(), bytes.size());
      if (put >= 0) bytes = bytes.subspan(static_cast<std::size_t>(put));
      else if (errno != EINTR) error = errno;
    }
  }
  if (::close(descriptor) != 0 && error == 0) error = errno;
  if (error == 0 && std::rename(temporary.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(temporary.c_str());
  return failed("write", path, error);
}

runtime::Result<void> write_atomically(const std::string& path, std::span<const std::byte> bytes) {
  return write_atomically(path, {bytes});
}

runtime::Result<void> write_atomically(const std::string& path, std::string_view text) {
  return write_atomically(path, std::as_bytes(std::span(text)));
}

runtime::Result<void> make_writable_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return failed("make the folder", path, error.value());
  // Whether it can be written is what the first file would tell; a user wants to know before hours of work.
  const std::string probe = temporary_name(path + "/probe");
  if (const auto done = write_atomically(probe, std::string_view()); !done)
    return Failure{ErrorCode::io_failed, fmt::format("the folder {} cannot be written: choose another, or change its rights", path)};
  ::unlink(probe.c_str());
  return {};
}
}  // namespace tessera::io
