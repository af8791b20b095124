#include "io/grib/handle.hpp"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

namespace tessera::io::grib {
using runtime::ErrorCode;
using runtime::Failure;

namespace {
/// Of a field; a header that tells of more is broken.
constexpr std::size_t values_max = std::size_t{1} << 28;

/// ecCodes reads its definitions with the first handle of the process; from then on handles are independent.
codes_handle* new_handle(const std::vector<std::byte>& bytes) {
  static std::mutex first;
  static std::atomic<bool> warm{false};
  std::unique_lock lock(first, std::defer_lock);
  if (!warm) {
    lock.lock();
    // What is wrong with a message is told by a `Failure`; a library does not write to a program's stderr.
    codes_context_set_logging_proc(codes_context_get_default(), [](const codes_context*, int, const char*) {});
  }
  codes_handle* handle = codes_handle_new_from_message(nullptr, bytes.data(), bytes.size());
  if (handle != nullptr && !warm) {
    char name[64];
    std::size_t size = sizeof name;
    (void)codes_get_string(handle, "shortName", name, &size);  // Concepts are read with the first such key.
    warm = true;
  }
  return handle;
}
}  // namespace

runtime::Result<Handle> Handle::of(std::vector<std::byte> message, const std::string& where) {
  Handle handle;
  handle.bytes_ = std::move(message);
  handle.where_ = where;
  handle.handle_.reset(new_handle(handle.bytes_));
  if (!handle.handle_) return Failure{ErrorCode::bad_input, fmt::format("{}: ecCodes does not understand the message", where)};
  return handle;
}

std::optional<std::int64_t> Handle::integer(const char* key) const {
  long value = 0;
  if (codes_get_long(handle_.get(), key, &value) != CODES_SUCCESS || value == CODES_MISSING_LONG) return std::nullopt;
  return value;
}

std::optional<double> Handle::number(const char* key) const {
  double value = 0;
  if (codes_get_double(handle_.get(), key, &value) != CODES_SUCCESS) return std::nullopt;
  return value;
}

std::string Handle::text(const char* key) const {
  char value[512];
  std::size_t size = sizeof value;
  if (codes_get_string(handle_.get(), key, value, &size) != CODES_SUCCESS) return "undef";
  return value;
}

runtime::Result<std::vector<double>> Handle::numbers(const char* key) const {
  const auto failed = [&](int error) {
    return Failure{ErrorCode::bad_input, fmt::format("{}: cannot decode {}: {}", where_, key, codes_get_error_message(error))};
  };
  std::size_t size = 0;
  if (const int error = codes_get_size(handle_.get(), key, &size); error != CODES_SUCCESS) return failed(error);
  if (size > values_max) return failed(CODES_OUT_OF_MEMORY);
  std::vector<double> values(size);
  if (const int error = codes_get_double_array(handle_.get(), key, values.data(), &size); error != CODES_SUCCESS)
    return failed(error);
  values.resize(size);
  return values;
}
}  // namespace tessera::io::grib
