/// @file
/// `Result<T>`: a value or an error with a code and a sentence. C++20 has no std::expected.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tessera::runtime {
/// What went wrong, for a caller that acts on it; the words of each are in `runtime/base/errors.def`.
enum class ErrorCode : std::uint8_t {
#define TESSERA_ERROR(name, text) name,
#include "runtime/base/errors.def"
#undef TESSERA_ERROR
};

/// One past the last code; what comes from outside is checked against it.
inline constexpr std::uint8_t error_code_count = 0
#define TESSERA_ERROR(name, text) +1
#include "runtime/base/errors.def"
#undef TESSERA_ERROR
    ;

/// The code's name, e.g. "task_failed".
std::string_view to_string(ErrorCode code);
/// The code's meaning in one sentence.
std::string_view explain(ErrorCode code);

/// A failure: its code, and a sentence that says what, where and what to do.
struct Failure {
  ErrorCode code = ErrorCode::invalid_argument;
  std::string message;
  friend bool operator==(const Failure&, const Failure&) = default;
};

/// A value or a `Failure`. Asking for the one that is not there is a defect and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}
  explicit operator bool() const { return state_.index() == 0; }
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  const Failure& failure() const { return *std::get_if<1>(&state_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Failure> state_;
};

/// Success without a value, or a `Failure`.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Failure failure) : failure_(std::move(failure)) {}
  explicit operator bool() const { return !failure_; }
  const Failure& failure() const { return *failure_; }

 private:
  std::optional<Failure> failure_;
};
}  // namespace tessera::runtime
