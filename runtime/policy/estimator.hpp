/// @file
/// What something is expected to take, from what it took. The coordinator learns durations of operations by it, and so do virtual schedulers.
#pragma once
#include <cstdint>

namespace tessera::runtime::policy {
/// A moving mean: the first value, then seven parts of what was expected and one of each further value.
class Estimator {
 public:
  explicit constexpr Estimator(std::int64_t unknown) : expected_(unknown) {}
  constexpr std::int64_t expected() const { return expected_; }
  constexpr void take(std::int64_t value) {
    expected_ = is_known_ ? (expected_ * 7 + value) / 8 : value;
    is_known_ = true;
  }

 private:
  std::int64_t expected_;
  bool is_known_ = false;     ///< At least one value.
};
}  // namespace tessera::runtime::policy
