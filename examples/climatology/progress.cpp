#include "examples/climatology/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>

namespace climatology {
namespace {
using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds between_lines(10);
constexpr std::chrono::milliseconds between_frames(100);
constexpr std::chrono::seconds between_questions(1);
constexpr std::size_t bar_most = 40, bar_least = 8;

std::string duration(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(std::ceil(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

std::size_t width_of_terminal() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}
/// "1.2" and "GiB".
struct Size {
  explicit Size(std::uint64_t bytes) : value(static_cast<double>(bytes)) {
    constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t at = 0;
    for (; value >= 999.5 && at + 1 < std::size(units); ++at) value /= 1024;
    unit = units[at];
  }
  std::string number() const { return fmt::format("{:.{}f}", value, value < 99.95 && *unit != 'B' ? 1 : 0); }
  std::string text() const { return fmt::format("{} {}", number(), unit); }
  double value;
  const char* unit;
};

/// "1.2 of 2.0 GiB".
std::string part(std::uint64_t part_bytes, std::uint64_t whole_bytes) {
  const Size part(part_bytes), whole(whole_bytes);
  const bool is_alike = std::string_view(part.unit) == whole.unit;
  return fmt::format("{} of {}", is_alike ? part.number() : part.text(), whole.text());
}

std::string memory_text(const Memory& memory, bool in_full) {
  const std::uint64_t taken = memory.chunks_bytes + memory.reserved_bytes + memory.unmanaged_bytes;
  std::string text = ", " + part(taken, memory.limit_bytes);
  if (in_full)
    text += fmt::format(" in memory ({} chunks, {} reserved, {} unmanaged)", Size(memory.chunks_bytes).text(), Size(memory.reserved_bytes).text(),
                        Size(memory.unmanaged_bytes).text());
  if (memory.spilled_bytes > 0) text += fmt::format(", {} on disk", Size(memory.spilled_bytes).text());
  return text;
}

std::string count_text(const Count& count) {
  std::string text = fmt::format("{}/{} chunks stored", count.done, count.total);
  const double rate = count.seconds > 0 ? static_cast<double>(count.done) / count.seconds : 0;
  if (rate <= 0) return text;
  text += fmt::format(", {:.{}f}/s", rate, rate < 10 ? 1 : 0);
  if (count.done < count.total) return text + fmt::format(", {} left", duration(static_cast<double>(count.total - count.done) / rate));
  return text + fmt::format(", in {}", duration(count.seconds));
}

}  // namespace

std::string line(const Count& count) {
  return count_text(count) + (count.memory ? memory_text(*count.memory, /*in_full=*/true) : "");
}

std::string bar(const Count& count, std::size_t width, bool coloured) {
  std::string text = count_text(count);
  // The last column stays free: a full line would wrap in some terminals.
  const std::size_t room = width > 0 ? width - 1 : 0;
  if (count.memory)
    if (const std::string memory = memory_text(*count.memory, /*in_full=*/false); text.size() + memory.size() <= room) text += memory;
  if (text.size() > room) {
    text = fmt::format("{}/{}", count.done, count.total);
    return text.substr(0, room);
  }
  if (text.size() + 3 + bar_least > room) return text;
  const std::size_t length = std::min(bar_most, room - text.size() - 3);
  const std::size_t full = count.total > 0 ? length * count.done / count.total : length;
  const char *begin = coloured ? "\033[32m" : "", *end = coloured ? "\033[0m" : "";
  return fmt::format("[{}{:=<{}}{}{: <{}}] {}", begin, "", full, end, "", length - full, text);
}

Progress::Progress(std::size_t total, AskMemory memory)
    : total_(total), ask_memory_(std::move(memory)), start_(Clock::now()), told_(start_), asked_(start_) {
  const char* kind = std::getenv("TERM");
  terminal_ = isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
  coloured_ = terminal_ && !is_set("NO_COLOR");
}

Progress::~Progress() {
  if (drawn_) fmt::print(stderr, "\n");
}

double Progress::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

void Progress::show(std::size_t done) {
  if (done < total_ && Clock::now() - asked_ >= between_questions) {
    memory_ = ask_memory_();
    asked_ = Clock::now();
  }
  // At the end nothing is left to be told of.
  const Count count{done, total_, seconds(), done < total_ ? memory_ : std::nullopt};
  if (terminal_) {
    if (drawn_ && done < total_ && Clock::now() - told_ < between_frames) return;
    told_ = Clock::now();
    fmt::print(stderr, "\r{}\033[K", bar(count, width_of_terminal(), coloured_));
    std::fflush(stderr);
    drawn_ = true;
  } else if (Clock::now() - told_ >= between_lines) {
    told_ = Clock::now();
    fmt::print(stderr, "{}\n", line(count));
  }
}

void Progress::finish(std::size_t done) {
  if (terminal_) show(done);
  else fmt::print(stderr, "{}\n", line({done, total_, seconds()}));
}
}  // namespace climatology
