#include "io/grib/framing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace tessera::io::grib {
using runtime::ErrorCode;
using runtime::Failure;

namespace {
using Bytes = std::vector<std::byte>;
constexpr std::size_t indicator_bytes = 16;  ///< Enough for the lengths of both editions.
constexpr std::uint64_t split_bytes_max = std::uint64_t{1} << 30;  ///< A small hostile message may repeat a long section in many fields.

std::uint64_t big_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (const std::byte one : bytes) value = value << 8 | std::to_integer<std::uint64_t>(one);
  return value;
}

/// GRIB 1 has 24 bits for its length. Beyond 8 MB the first of them says that the length is in units of 120 bytes, less what
/// the length of section 4, which is less than 120 then, says.
runtime::Result<std::uint64_t> large_length(const File& file, std::uint64_t offset, std::uint64_t stated) {
  std::array<std::byte, 8> head;
  std::uint64_t at = offset + 8;
  if (const auto done = file.read(at, head); !done) return done.failure();
  const auto flags = std::to_integer<unsigned>(head[7]);
  at += big_endian(std::span(head).first(3));
  for (const unsigned present : {flags & 0x80U, flags & 0x40U}) {  // Grid description, bitmap.
    if (present == 0) continue;
    if (const auto done = file.read(at, std::span(head).first(3)); !done) return done.failure();
    at += big_endian(std::span(head).first(3));
  }
  if (const auto done = file.read(at, std::span(head).first(3)); !done) return done.failure();
  const std::uint64_t section4 = big_endian(std::span(head).first(3));
  if (section4 >= 120) return stated;
  return (stated & 0x7fffff) * 120 - section4 + 4;
}

/// The message at `offset`, where "GRIB" stands; or why it is none.
runtime::Result<Message> message_at(const File& file, std::uint64_t offset) {
  std::array<std::byte, indicator_bytes> head;
  if (const auto done = file.read(offset, head); !done) return done.failure();
  Message message{offset, 0, std::to_integer<int>(head[7])};
  if (message.edition == 1) {
    message.length = big_endian(std::span(head).subspan(4, 3));
    if (message.length & 0x800000) {
      const auto length = large_length(file, offset, message.length);
      if (!length) return length.failure();
      message.length = *length;
    }
  } else if (message.edition == 2) {
    message.length = big_endian(std::span(head).subspan(8, 8));
  } else {
    return Failure{ErrorCode::bad_input, fmt::format("edition {} is not known", message.edition)};
  }
  if (message.length < indicator_bytes + 4)
    return Failure{ErrorCode::bad_input, fmt::format("a length of {} bytes is too short", message.length)};
  if (message.length > file.size_bytes() - offset)
    return Failure{ErrorCode::bad_input, fmt::format("it has {} bytes, but the file ends after {}: it was cut off",
                                                     message.length, file.size_bytes() - offset)};
  std::array<std::byte, 4> end;
  if (const auto done = file.read(offset + message.length - 4, end); !done) return done.failure();
  if (std::memcmp(end.data(), "7777", 4) != 0) return Failure{ErrorCode::bad_input, "it does not end with 7777"};
  return message;
}

/// The next "GRIB" at or behind `offset`.
runtime::Result<std::optional<std::uint64_t>> find_magic(const File& file, std::uint64_t offset) {
  constexpr std::string_view magic = "GRIB";
  // Messages mostly follow each other: look a little ahead first, further where there is junk.
  for (std::uint64_t window = 64; offset + magic.size() <= file.size_bytes(); window = std::min<std::uint64_t>(window * 2, 65536)) {
    const auto bytes = file.read(offset, std::min(window, file.size_bytes() - offset));
    if (!bytes) return bytes.failure();
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (const auto at = text.find(magic); at != std::string_view::npos) return std::optional(offset + at);
    offset += bytes->size() - (magic.size() - 1);
  }
  return std::optional<std::uint64_t>();
}
}  // namespace

runtime::Result<Framing> frame(const File& file) {
  Framing framing;
  for (std::uint64_t offset = 0;;) {
    const auto found = find_magic(file, offset);
    if (!found) return found.failure();
    if (!*found) break;
    const auto message = message_at(file, **found);
    if (message) {
      framing.messages.push_back(*message);
      offset = message->offset + message->length;
    } else {
      framing.warnings.push_back(
          fmt::format("{}: the message at byte {} is left out: {}", file.path(), **found, message.failure().message));
      offset = **found + 4;
    }
  }
  if (!framing.messages.empty()) return framing;
  if (framing.warnings.empty())
    return Failure{ErrorCode::bad_input, fmt::format("{} is not GRIB: it holds no message", file.path())};
  return Failure{ErrorCode::bad_input, fmt::format("{} holds no whole GRIB message; {}", file.path(), framing.warnings.front())};
}

runtime::Result<std::vector<Bytes>> split(Bytes message, const std::string& where) {
  const auto broken = [&](const char* why) {
    return Failure{ErrorCode::bad_input, fmt::format("{}: the sections of the GRIB 2 message are broken: {}", where, why)};
  };
  if (message.size() < indicator_bytes + 4 || std::to_integer<int>(message[7]) != 2) return std::vector<Bytes>{std::move(message)};
  std::array<std::span<const std::byte>, 8> last;
  std::span<const std::byte> last_bitmap;
  std::vector<std::array<std::span<const std::byte>, 8>> fields;
  const std::size_t end = message.size() - 4;
  for (std::size_t at = indicator_bytes; at < end;) {
    if (end - at < 6) return broken("a section is cut off");
    const std::uint64_t length = big_endian(std::span(message).subspan(at, 4));
    const auto number = std::to_integer<std::size_t>(message[at + 4]);
    if (length < 6 || length > end - at) return broken("a section's length is wrong");
    if (number < 1 || number > 7) return broken("a section's number is not known");
    last[number] = std::span(message).subspan(at, static_cast<std::size_t>(length));
    if (number == 6) {
      if (last[6][5] == std::byte{254}) last[6] = last_bitmap;  // "As defined before in this message".
      else if (last[6][5] == std::byte{0}) last_bitmap = last[6];
      if (last[6].empty()) return broken("a bitmap is referred to that is not there");
    }
    if (number == 7) fields.push_back(last);
    at += static_cast<std::size_t>(length);
  }
  if (fields.empty()) return broken("there is no field");
  std::uint64_t sum = 0;
  for (const auto& field : fields)
    for (const auto section : field) sum += section.size();
  if (sum > split_bytes_max && sum / 4 > message.size()) return broken("its fields repeat more than 1 GiB of sections");
  std::vector<Bytes> messages;
  if (fields.size() == 1) {
    messages.push_back(std::move(message));
    return messages;
  }
  for (const auto& field : fields) {
    Bytes& one = messages.emplace_back(message.begin(), message.begin() + indicator_bytes);
    for (const auto section : field) one.insert(one.end(), section.begin(), section.end());
    for (const char seven : {'7', '7', '7', '7'}) one.push_back(static_cast<std::byte>(seven));
    for (std::size_t i = 0; i < 8; ++i) one[8 + i] = static_cast<std::byte>(one.size() >> (8 * (7 - i)));
  }
  return messages;
}
}  // namespace tessera::io::grib
