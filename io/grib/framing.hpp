/// @file
/// Where the messages of a GRIB file are: found by their own headers, without ecCodes.
#pragma once
#include "io/file.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tessera::io::grib {
struct Message {
  std::uint64_t offset = 0, length = 0;  ///< Bytes from the start of the file.
  int edition = 0;                       ///< 1 or 2.
};
struct Framing {
  std::vector<Message> messages;      ///< In the order of the file.
  std::vector<std::string> warnings;  ///< Messages that are broken or cut off and were stepped over.
};

/// Scans for messages; bytes between them are skipped. `bad_input` if there is no whole message.
runtime::Result<Framing> frame(const File& file);

/// The fields of a message, each as the bytes of a message of its own. GRIB 1 has one; GRIB 2 may repeat sections.
runtime::Result<std::vector<std::vector<std::byte>>> split(std::vector<std::byte> message, const std::string& where);
}  // namespace tessera::io::grib
