// Any bytes as a control message (N3): refused with a sentence, or a message that encodes to what decodes to the same again.
#include "serialization/message.hpp"

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tessera;
  const auto message = serialization::decode(fuzz::bytes(data, size));
  if (!message) {
    fuzz::require(!message.failure().message.empty(), "a refusal says why");
    return 0;
  }
  const auto once = serialization::encode(*message);
  const auto again = serialization::decode(once);
  fuzz::require(static_cast<bool>(again) && serialization::encode(*again) == once, "a message that was read can be sent and read again");
  return 0;
}
