/// @file
/// Operations: named C++ functions that tasks apply, and the values that they take and make. Type-erased here; the typed face
/// is `client/operation.hpp`.
#pragma once
#include "arrays/extent.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/base/shared_bytes.hpp"
#include "runtime/graph/builder.hpp"
#include "runtime/protocol/messages.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace tessera::arrays {
/// How one C++ type becomes bytes and comes back.
struct ValueType {
  std::string name;
  runtime::SharedBytes (*encode)(const void* value);
  runtime::Result<std::shared_ptr<const void>> (*decode)(const runtime::SharedBytes& bytes);
  std::uint64_t (*size_bytes)(const void* value);
  Extent (*extent)(const void* value);
};

/// What a chunk holds: a value of a known type, or the bytes of one that nobody here has needed yet. Shared, immutable.
struct Payload {
  std::shared_ptr<const void> value;
  const ValueType* type = nullptr;
  runtime::SharedBytes encoded;      ///< Set where `value` is not.
  std::string encoded_type;

  const std::string& type_name() const { return type != nullptr ? type->name : encoded_type; }
  std::uint64_t size_bytes() const { return value ? type->size_bytes(value.get()) : encoded.bytes.size(); }
  runtime::SharedBytes bytes() const { return value ? type->encode(value.get()) : encoded; }
  /// The value as `wanted`; decodes where it came over a wire. `type_mismatch` names both types.
  runtime::Result<std::shared_ptr<const void>> as(const ValueType& wanted) const;
  /// Of encoded values other than blocks: the bytes alone.
  Extent extent() const;
};

/// What an operation may know and do besides its arguments.
struct Scope {
  const std::atomic<bool>* stop = nullptr;      ///< Raised when nobody wants the result any more.
  std::uint32_t attempt = 1;
  runtime::Key key;
  std::string node;
  runtime::graph::Builder builder;              ///< Tasks that the operation submits.
  std::uint64_t impure = 0;                     ///< Counts keys that must be unique.
};

/// The graph that stands for the result, instead of a value.
struct Delegation {
  std::shared_ptr<const runtime::graph::Graph> graph;
  runtime::graph::Index result = 0;
};
using Outcome = std::variant<Payload, Delegation, runtime::protocol::Blame>;

struct Call {
  std::span<const std::byte> params;
  std::span<const Payload> inputs;
  Scope* scope = nullptr;
};

/// One registered function.
struct Operation {
  std::string name;
  const void* function = nullptr;
  Outcome (*run)(const Operation& operation, Call& call) = nullptr;
  std::string signature;                        ///< For sentences: "double(Block, int64)".
  runtime::graph::Effects effects = runtime::graph::Effects::pure;
  std::uint32_t mark = 0;                       ///< Of the signature; leads the parameters of every task.
  const void* sizes_function = nullptr;
  /// What a task with these takes; nothing where an input is not known well enough, or the declaration does not fit the arguments.
  std::optional<Sizes> (*sizes)(const Operation& operation, std::span<const std::byte> params,
                                std::span<const Extent> inputs) = nullptr;
};

/// All operations of a process. Filled before `main` and by plug-ins; thread-safe.
class OperationTable {
 public:
  static OperationTable& global();
  /// Two functions under one name are a `key_conflict`; the same one twice changes nothing.
  runtime::Result<void> add(Operation operation);
  const Operation* find(std::string_view name) const;
  const Operation* find(const void* function) const;
  /// Sorted.
  std::vector<std::string> names() const;
  /// Registrations that failed before `main`, as sentences.
  std::vector<std::string> conflicts() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::unique_ptr<const Operation>> by_name_;
  std::unordered_map<const void*, const Operation*> by_function_;
  std::vector<std::string> conflicts_;
};
}  // namespace tessera::arrays
