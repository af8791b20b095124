// Any bytes as a GRIB file (G8): its messages lie inside of it, and each splits into messages that are whole, or is refused.
#include "io/grib/framing.hpp"

#include "fuzz.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace {
using namespace tessera;

void check_split(std::vector<std::byte> message) {
  const std::size_t bytes = message.size();
  const auto fields = io::grib::split(std::move(message), "fuzzed");
  if (!fields) return;
  fuzz::require(!fields->empty(), "a message has a field");
  for (const auto& field : *fields) fuzz::require(field.size() <= bytes, "a field's message is no longer than all of them");
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_split(fuzz::copy(data, size));
  static const int descriptor = memfd_create("grib", 0);
  fuzz::require(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, data, size, 0) == static_cast<ssize_t>(size), "the file is written");
  const auto file = io::File::open("/proc/self/fd/" + std::to_string(descriptor));
  fuzz::require(static_cast<bool>(file), "the file opens");
  const auto framing = io::grib::frame(*file);
  if (!framing) return 0;
  std::uint64_t end = 0;
  for (const auto& message : framing->messages) {
    fuzz::require(message.offset >= end && message.length <= size - message.offset, "messages follow each other inside of the file");
    end = message.offset + message.length;
    auto bytes = file->read(message.offset, message.length);
    fuzz::require(static_cast<bool>(bytes), "a message can be read");
    check_split(std::move(*bytes));
  }
  return 0;
}
