// Any bytes as a value of a chunk or parameter. The first byte chooses the type.
#include "serialization/block_codec.hpp"
#include "serialization/cereal.hpp"
#include "serialization/codec.hpp"

#include "fuzz.hpp"

#include <array>
#include <complex>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

namespace {
using namespace tessera;

struct Own {
  std::string name;
  std::vector<double> values;
  std::map<std::string, std::optional<std::int32_t>> counts;
  template <class A>
  void serialize(A& archive) { archive(name, values, counts); }
};

template <class T>
void decode(std::span<const std::byte> bytes) {
  const auto value = serialization::decode_value<T>(runtime::SharedBytes::of({bytes.begin(), bytes.end()}));
  if (!value) return;
  const runtime::SharedBytes once = serialization::encode_value(*value);
  const auto again = serialization::decode_value<T>(once);
  fuzz::require(static_cast<bool>(again), "a value that was read can be sent and read again");
  const runtime::SharedBytes twice = serialization::encode_value(*again);
  fuzz::require(std::equal(once.bytes.begin(), once.bytes.end(), twice.bytes.begin(), twice.bytes.end()), "and is the same");
}

constexpr void (*decoders[])(std::span<const std::byte>) = {
    decode<double>, decode<bool>, decode<std::string>, decode<std::vector<double>>, decode<std::vector<std::string>>,
    decode<std::vector<std::monostate>>, decode<std::vector<bool>>, decode<std::array<std::complex<float>, 3>>,
    decode<std::map<std::string, std::vector<std::int16_t>>>, decode<std::variant<std::int64_t, std::string, std::monostate>>,
    decode<std::tuple<std::optional<std::string>, std::pair<char, std::uint64_t>>>, decode<arrays::Block>,
    decode<std::vector<arrays::Block>>, decode<Own>, decode<std::vector<Own>>,
};
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) decoders[data[0] % std::size(decoders)](fuzz::bytes(data + 1, size - 1));
  return 0;
}
