#include "io/netcdf/classic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

namespace tessera::io::netcdf {
using runtime::ErrorCode;
using runtime::Failure;

namespace {
/// Numbers of a header, big-endian. Behind the end everything is 0, and `ended` tells.
class Header {
 public:
  Header(std::vector<std::byte> bytes, int version) : bytes_(std::move(bytes)), version_(version) {}
  bool ended() const { return ended_; }
  void skip(std::uint64_t bytes) {
    if (bytes > bytes_.size() - at_) ended_ = true, at_ = bytes_.size();
    else at_ += static_cast<std::size_t>(bytes);
  }
  std::uint64_t number(int bytes) {
    const std::size_t from = at_;
    skip(static_cast<std::uint64_t>(bytes));
    std::uint64_t value = 0;
    if (!ended_)
      for (std::size_t i = from; i < at_; ++i) value = value << 8 | std::to_integer<std::uint64_t>(bytes_[i]);
    return value;
  }
  std::uint64_t count() { return number(version_ == 5 ? 8 : 4); }
  std::uint64_t offset() { return number(version_ == 1 ? 4 : 8); }
  /// Padded to 4 bytes, as names and values of attributes are.
  void skip_padded(std::uint64_t bytes) { skip(bytes > bytes_.size() ? bytes : (bytes + 3) / 4 * 4); }
  void skip_name() { skip_padded(count()); }

 private:
  std::vector<std::byte> bytes_;
  std::size_t at_ = 4;  // Behind the magic number.
  int version_;
  bool ended_ = false;
};

std::uint64_t type_bytes(std::uint64_t type) {
  constexpr std::uint64_t sizes[] = {0, 1, 1, 2, 4, 4, 8, 1, 2, 4, 8, 8};
  return type < std::size(sizes) ? sizes[type] : 0;
}

void skip_attributes(Header& header) {
  header.number(4);
  for (std::uint64_t left = header.count(); left > 0 && !header.ended(); --left) {
    header.skip_name();
    const std::uint64_t bytes = type_bytes(header.number(4));
    const std::uint64_t count = header.count();
    header.skip_padded(count > std::numeric_limits<std::uint32_t>::max() ? count : bytes * count);
  }
}

struct Extent {
  std::uint64_t begin = 0, bytes = 0;  ///< Of one record, where it is a variable of records.
  bool records = false;
};

/// Where the data that `header` tells of ends; empty if the header goes on behind its bytes or counts more than there can be.
std::optional<std::uint64_t> end_of_data(Header& header, int version) {
  std::uint64_t records = header.count();
  if (version != 5 && records == 0xffffffff) records = 0;  // "Streaming": the number is to be told from the file's length.
  std::vector<std::uint64_t> lengths;
  header.number(4);
  for (std::uint64_t left = header.count(); left > 0 && !header.ended(); --left) {
    header.skip_name();
    lengths.push_back(header.count());
  }
  skip_attributes(header);
  std::vector<Extent> variables;
  header.number(4);
  bool sound = true;
  for (std::uint64_t left = header.count(); left > 0 && !header.ended(); --left) {
    header.skip_name();
    Extent one;
    one.bytes = 1;
    for (std::uint64_t rank = header.count(), d = 0; d < rank && !header.ended(); ++d) {
      const std::uint64_t dimension = header.count();
      if (dimension >= lengths.size()) return std::nullopt;
      if (d == 0 && lengths[dimension] == 0) one.records = true;
      else sound = sound && !__builtin_mul_overflow(one.bytes, lengths[dimension], &one.bytes);
    }
    skip_attributes(header);
    sound = sound && !__builtin_mul_overflow(one.bytes, type_bytes(header.number(4)), &one.bytes);
    header.count();  // Its size, which is wrong for large variables.
    one.begin = header.offset();
    variables.push_back(one);
  }
  if (header.ended() || !sound) return std::nullopt;
  const auto of_records = std::ranges::count(variables, true, &Extent::records);
  std::uint64_t record_bytes = 0, end = 0;
  for (const Extent& one : variables)  // A lone variable of records is not padded.
    if (one.records) record_bytes += of_records == 1 ? one.bytes : (one.bytes + 3) / 4 * 4;
  for (const Extent& one : variables) {
    std::uint64_t before = 0;
    if (one.records && records == 0) continue;
    if (one.records && __builtin_mul_overflow(records - 1, record_bytes, &before)) return std::nullopt;
    if (__builtin_add_overflow(before, one.begin, &before) || __builtin_add_overflow(before, one.bytes, &before))
      return std::nullopt;
    end = std::max(end, before);
  }
  return end;
}
}  // namespace

runtime::Result<void> check_whole(const File& file) {
  if (file.size_bytes() < 8) return {};
  // Headers are a few kilobytes mostly; a longer one is read again, whole.
  for (std::uint64_t bytes = std::min<std::uint64_t>(file.size_bytes(), 65536);;) {
    auto head = file.read(0, bytes);
    if (!head) return head.failure();
    const int version = std::to_integer<int>((*head)[3]);
    if (std::memcmp(head->data(), "CDF", 3) != 0 || (version != 1 && version != 2 && version != 5)) return {};
    Header header(std::move(*head), version);
    const auto end = end_of_data(header, version);
    if (end && *end <= file.size_bytes()) return {};
    if (end)
      return Failure{ErrorCode::bad_input, fmt::format("{} has {} bytes, but its header tells of {}: it was cut off",
                                                       file.path(), file.size_bytes(), *end)};
    if (bytes == file.size_bytes())
      return Failure{ErrorCode::bad_input,
                     fmt::format("the netCDF header of {} is broken or cut off, after {} bytes", file.path(), bytes)};
    bytes = std::min(file.size_bytes(), bytes * 64);
  }
}
}  // namespace tessera::io::netcdf
