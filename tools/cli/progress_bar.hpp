/// @file
/// How far a long command is, on stderr if that is a terminal.
#pragma once
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tessera::cli {
class ProgressBar {
 public:
  ProgressBar(std::size_t total, const char* of) : total_(total), of_(of) {
    const char* kind = std::getenv("TERM");
    is_shown_ = total > 0 && isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
    show();
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() {
    if (is_shown_) fmt::print(stderr, "\r\033[K");
  }
  void step() {
    ++done_;
    if (is_shown_ && Clock::now() - drawn_ > std::chrono::milliseconds(100)) show();
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t width = 40;
  void show() {
    if (!is_shown_) return;
    drawn_ = Clock::now();
    const double seconds = std::chrono::duration<double>(drawn_ - begin_).count();
    fmt::print(stderr, "\r[{:<{}}] {}/{} {}", std::string(width * done_ / total_, '='), width, done_, total_, of_);
    if (done_ > 0 && seconds > 1) fmt::print(stderr, ", {:.0f} s left", seconds / static_cast<double>(done_) * static_cast<double>(total_ - done_));
    fmt::print(stderr, "\033[K");
    std::fflush(stderr);
  }

  std::size_t total_, done_ = 0;
  const char* of_;
  bool is_shown_ = false;
  Clock::time_point begin_ = Clock::now(), drawn_ = begin_;
};
}  // namespace tessera::cli
