/// @file
/// Recordings as bytes: a header, then frames with checksums, each a sequence of entries. docs/protocol.md has the layout.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/coordinator/recording.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::serialization {
inline constexpr std::uint32_t recording_version = 2;

/// What a file begins with. `version` is the program's.
std::vector<std::byte> recording_header(std::string_view version);

/// Gathers entries, and gives them as one frame.
class RecordingFrame {
 public:
  void add(const runtime::coordinator::Config& config);
  /// Values of results are left out: nothing is decided by them.
  void add(runtime::JobId job, runtime::coordinator::Step step);
  std::size_t bytes() const { return payload_.size(); }
  /// The frame of all that was added since the last one.
  std::vector<std::byte> take();

 private:
  std::vector<std::byte> payload_, message_;
  std::int64_t time_ns_ = 0;             ///< Of the entry before.
};

/// Reads a whole file's bytes. What is missing at the end of it is counted in `bytes_lost`; all else that is wrong is refused with `bad_input`: what, and at which byte.
runtime::Result<runtime::coordinator::Recording> decode_recording(std::span<const std::byte> bytes);
/// The same of a file; `io_failed` where it cannot be read.
runtime::Result<runtime::coordinator::Recording> read_recording(const std::string& path);
}  // namespace tessera::serialization
