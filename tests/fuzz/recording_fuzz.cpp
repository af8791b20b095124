// Any bytes as a recording. Then the same as the payload of a frame whose checksums are right, which chance would not find.
#include "serialization/recording.hpp"

#include "fuzz.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstring>

namespace {
using namespace tessera;

void check(std::span<const std::byte> bytes) {
  const auto recording = serialization::decode_recording(bytes);
  if (!recording) {
    fuzz::require(!recording.failure().message.empty(), "a refusal says why");
    return;
  }
  // What was read can be written and read again.
  std::vector<std::byte> again = serialization::recording_header(recording->version);
  serialization::RecordingFrame frame;
  std::size_t steps = 0;
  for (const auto& job : recording->jobs) {
    frame.add(job.config);
    for (const auto& step : job.steps) frame.add(job.config.job, step), ++steps;
  }
  const auto payload = frame.take();
  again.insert(again.end(), payload.begin(), payload.end());
  const auto back = serialization::decode_recording(again);
  fuzz::require(static_cast<bool>(back), "what was written can be read");
  for (const auto& job : back->jobs) steps -= job.steps.size();
  fuzz::require(steps == 0, "no step is lost");
}

/// With the checksums of a whole frame.
std::vector<std::byte> framed(std::span<const std::byte> payload) {
  std::vector<std::byte> bytes = serialization::recording_header("0");
  const std::size_t at = bytes.size();
  serialization::RecordingFrame empty;
  const auto header = empty.take();
  bytes.insert(bytes.end(), header.begin(), header.end());
  const auto size = static_cast<std::uint32_t>(payload.size());
  const std::uint64_t digest = XXH3_64bits(payload.data(), payload.size());
  std::memcpy(bytes.data() + at + 4, &size, 4);
  std::memcpy(bytes.data() + at + 8, &digest, 8);
  const std::uint64_t own = XXH3_64bits(bytes.data() + at, 16);
  std::memcpy(bytes.data() + at + 16, &own, 8);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto all = fuzz::bytes(data, size);
  check(all);
  check(framed(all));
  return 0;
}
