// Any bytes as the header of a spill file. Then the same with a digest that is right, which chance would not find.
#include "serialization/spill_file.hpp"

#include "fuzz.hpp"

#include <algorithm>
#include <cstring>

namespace {
using namespace tessera;
using namespace tessera::serialization;

void check(std::span<const std::byte> bytes) {
  const auto header = decode_spill_header(bytes);
  if (!header) {
    fuzz::require(!header.failure().message.empty(), "a refusal says why");
    return;
  }
  SpillBlock again;
  encode_spill_header(*header, again);
  fuzz::require(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()), "a header that was read has one form");
  fuzz::require(spill_file_bytes(header->stored_bytes) > header->stored_bytes, "a file holds what is stored");
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto all = fuzz::bytes(data, size);
  check(all);

  SpillBlock block{};
  std::copy_n(all.begin(), std::min(all.size(), block.size()), block.begin());
  std::memcpy(block.data(), &spill_magic, sizeof spill_magic);
  const SpillDigest digest = spill_digest(std::span(block).first(block.size() - sizeof digest));
  std::memcpy(block.data() + block.size() - sizeof digest, &digest, sizeof digest);
  check(block);
  return 0;
}
