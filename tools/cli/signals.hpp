/// @file
/// Ctrl-C and SIGTERM as events that a command waits for.
#pragma once
#include <chrono>

namespace tessera::cli {
enum class Event { interrupt, woken, timeout };

/// Made before any thread: signals are blocked for all of them, and read here.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  /// SIGINT and SIGTERM are an `interrupt`.
  Event wait(std::chrono::milliseconds limit = std::chrono::milliseconds(-1));
  /// From any thread: makes `wait` give `woken`.
  void wake();

 private:
  int signals_ = -1, woken_ = -1;
};
}  // namespace tessera::cli
