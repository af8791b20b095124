/// @file
/// What the functions that users call throw.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/protocol/messages.hpp"

#include <stdexcept>
#include <string>

namespace tessera {
using runtime::ErrorCode;

/// Any failure: a code to act on, and a sentence that says what, where and what to do. For a failed task it is the same at its
/// own future and at each dependent, with the culprit's key (rule E1).
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  explicit Error(const runtime::Failure& failure) : Error(failure.code, failure.message) {}
  explicit Error(const runtime::protocol::Blame& blame);

  ErrorCode code() const { return code_; }
  /// The task's key, operation and node; empty where there is none.
  const std::string& key() const { return key_; }
  const std::string& operation() const { return operation_; }
  const std::string& node() const { return node_; }
  /// The C++ type of what the operation threw, and its own words.
  const std::string& thrown_type() const { return type_; }
  const std::string& thrown_message() const { return thrown_; }
  /// How often the task was tried.
  unsigned attempts() const { return attempts_; }

 private:
  ErrorCode code_;
  std::string key_, operation_, node_, type_, thrown_;
  unsigned attempts_ = 0;
};
}  // namespace tessera
