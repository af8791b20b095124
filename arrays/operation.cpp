#include "arrays/operation.hpp"

#include <algorithm>

namespace tessera::arrays {
using runtime::ErrorCode;
using runtime::Failure;

runtime::Result<std::shared_ptr<const void>> Payload::as(const ValueType& wanted) const {
  if (type_name() != wanted.name)
    return Failure{ErrorCode::type_mismatch,
                   "the value is of type " + type_name() + ", but " + wanted.name + " was asked for"};
  if (value) return value;
  return wanted.decode(encoded);
}

Extent Payload::extent() const {
  if (value) return type->extent(value.get());
  if (encoded_type == Block::type_name)
    if (const auto block = Block::decode(encoded)) return Extent::of(*block);
  return {{encoded.bytes.size()}};
}

namespace {
/// Hands its one input on: what a task becomes that delegated to others.
Outcome forward(const Operation&, Call& call) { return call.inputs.front(); }
std::optional<Sizes> forward_sizes(const Operation&, std::span<const std::byte>, std::span<const Extent> inputs) {
  if (inputs.empty()) return std::nullopt;
  return Sizes{inputs.front()};
}
}  // namespace

OperationTable& OperationTable::global() {
  static OperationTable& table = *[] {
    auto* made = new OperationTable;  // Lives as long as the process: plug-ins register late.
    (void)made->add({"tessera.forward", nullptr, forward, "T(T)", runtime::graph::Effects::pure, 0, nullptr, forward_sizes});
    return made;
  }();
  return table;
}

runtime::Result<void> OperationTable::add(Operation operation) {
  std::lock_guard lock(mutex_);
  const auto at = by_name_.find(operation.name);
  if (at != by_name_.end()) {
    if (at->second->function == operation.function) return {};
    Failure failure{ErrorCode::key_conflict, "two functions are registered as the operation \"" + operation.name +
                                                 "\": " + at->second->signature + " and " + operation.signature +
                                                 "; rename one of them"};
    conflicts_.push_back(failure.message);
    return failure;
  }
  const std::string name = operation.name;
  const auto& kept = by_name_[name] = std::make_unique<const Operation>(std::move(operation));
  if (kept->function != nullptr) by_function_[kept->function] = kept.get();
  return {};
}

const Operation* OperationTable::find(std::string_view name) const {
  std::lock_guard lock(mutex_);
  const auto at = by_name_.find(std::string(name));
  return at == by_name_.end() ? nullptr : at->second.get();
}

const Operation* OperationTable::find(const void* function) const {
  std::lock_guard lock(mutex_);
  const auto at = by_function_.find(function);
  return at == by_function_.end() ? nullptr : at->second;
}

std::vector<std::string> OperationTable::names() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, operation] : by_name_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> OperationTable::conflicts() const {
  std::lock_guard lock(mutex_);
  return conflicts_;
}
}  // namespace tessera::arrays
