#include "tests/simulation/actors/operations.hpp"

#include <cstring>

namespace tessera::simulation::shells {
namespace {
World* current = nullptr;  // Operations are functions without a state.

/// Its first word is the value itself.
std::uint64_t word(std::uint64_t value, std::size_t index) { return value + index * 0x9E3779B97F4A7C15ull; }

arrays::Outcome perform(const arrays::Operation& operation, arrays::Call& call) {
  std::vector<std::uint64_t> inputs;
  std::optional<std::uint64_t> value;
  const Key key = call.scope->key;
  try {
    for (const arrays::Payload& input : call.inputs) inputs.push_back(value_of(input));
    value = current->oracle.run(key, operation.name, call.params, inputs);
  } catch (const Violation& seen) {  // The runtime would make an error of the task of it.
    current->wrong = seen.what();
  }
  if (!value) throw std::runtime_error("injected");
  if (operation.name == split) {
    current->stage.saw("delegated");
    Oracle::Delegation its = Oracle::delegation(call.params);
    return arrays::Delegation{std::move(its.graph), its.result};
  }
  return payload_of(*value, current->oracle.size(key));
}
}  // namespace

arrays::Payload payload_of(std::uint64_t value, Bytes size) {
  std::vector<std::byte> bytes(size.value);
  for (std::size_t at = 0; at < bytes.size(); at += sizeof value) {
    const std::uint64_t its = word(value, at / sizeof value);
    std::memcpy(bytes.data() + at, &its, std::min(sizeof value, bytes.size() - at));
  }
  arrays::Payload payload;
  payload.encoded = runtime::SharedBytes::of(std::move(bytes));
  payload.encoded_type = "number";
  return payload;
}

std::uint64_t value_of(const arrays::Payload& payload) {
  const auto bytes = payload.encoded.bytes;
  std::uint64_t value = 0;
  if (payload.encoded_type != "number" || bytes.size() < sizeof value) violated("a value of type \"{}\" and {} bytes came", payload.encoded_type, bytes.size());
  std::memcpy(&value, bytes.data(), sizeof value);
  for (std::size_t at = 0; at < bytes.size(); at += sizeof value) {
    const std::uint64_t its = word(value, at / sizeof value);
    if (std::memcmp(bytes.data() + at, &its, std::min(sizeof value, bytes.size() - at)) != 0) violated("a value of {} bytes came with others from {} on", bytes.size(), at);
  }
  return value;
}

Performance::Performance(World& world) {
  current = &world;
  for (const char* name : {work, flaky, broken, split}) {
    arrays::Operation operation;
    operation.name = name;
    operation.run = perform;
    operation.signature = "number(number...)";
    if (const auto added = arrays::OperationTable::global().add(std::move(operation)); !added) violated("{}", added.failure().message);
  }
}

Performance::~Performance() { current = nullptr; }
}  // namespace tessera::simulation::shells
