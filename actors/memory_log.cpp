#include "actors/memory_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

namespace tessera::actors {
namespace {
constexpr std::int64_t between_samples_ns = 10'000'000;
constexpr std::chrono::milliseconds between_writes(200);
constexpr const char* header = "time_s,event,resident,reserved,unmanaged,spilled,limit,queued,waiting,operation,key,bytes,took_s\n";

const char* word(MemoryEvent::Kind kind) {
  switch (kind) {
    case MemoryEvent::Kind::spill: return "spill";
    case MemoryEvent::Kind::spill_failed: return "spill_failed";
    case MemoryEvent::Kind::unload: return "unload";
    case MemoryEvent::Kind::load: return "load";
    case MemoryEvent::Kind::load_failed: return "load_failed";
    case MemoryEvent::Kind::drop: return "drop";
  }
  return "?";
}

std::int64_t wall_offset() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count() - std::chrono::duration_cast<std::chrono::nanoseconds>(steady).count();
}

/// With microseconds; a double would not hold them since 1970.
std::string seconds(std::int64_t ns) { return fmt::format("{}.{:06}", ns / 1'000'000'000, ns / 1000 % 1'000'000); }

/// Quoted where a comma or a quote is part of it.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}
}  // namespace

runtime::Result<std::unique_ptr<MemoryLog>> MemoryLog::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const std::size_t size = std::strlen(header);
  if (file < 0 || ::write(file, header, size) != static_cast<ssize_t>(size)) {
    const std::string why = std::strerror(errno);
    if (file >= 0) close(file);
    return runtime::Failure{runtime::ErrorCode::io_failed, fmt::format("the memory log {} cannot be written: {}; name a file in a folder that is there and that "
                                                                       "this user may write", path, why)};
  }
  try {
    return std::unique_ptr<MemoryLog>(new MemoryLog(path, file));
  } catch (const std::system_error& error) {
    close(file);
    return runtime::Failure{runtime::ErrorCode::io_failed, fmt::format("the memory log {} has no thread to write it: {}", path, error.what())};
  }
}

MemoryLog::MemoryLog(std::string path, int file) : path_(std::move(path)), file_(file), wall_offset_ns_(wall_offset()) {
  lines_.reserve(256);
  writer_ = std::thread([this] { serve(); });
}

MemoryLog::~MemoryLog() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_one();
  writer_.join();
  close(file_);
}

std::uint32_t MemoryLog::operation(const std::string& name) {
  const auto [at, is_new] = numbers_.try_emplace(name, static_cast<std::uint32_t>(numbers_.size()));
  if (is_new) {
    std::lock_guard lock(mutex_);
    new_names_.push_back(field(name));
  }
  return at->second;
}

void MemoryLog::sample(std::int64_t now_ns, const MemorySample& sample) {
  if (has_written_ && sample == last_) return;
  last_ = sample;
  const Line line{now_ns, false, sample, {}};
  if (has_written_ && now_ns - written_ns_ < between_samples_ns) {
    held_ = line;
    return;
  }
  // What was before the pause is where this one's change begins.
  if (held_ && now_ns - held_->time_ns >= between_samples_ns) append(*held_);
  held_.reset();
  append(line);
  written_ns_ = now_ns;
  has_written_ = true;
}

void MemoryLog::event(std::int64_t now_ns, const MemorySample& sample, const MemoryEvent& event) {
  append({now_ns, true, sample, event});
}

void MemoryLog::finish(std::int64_t now_ns, const MemorySample& sample) {
  if (std::exchange(held_, std::nullopt)) append({now_ns, false, last_, {}});
  append({now_ns, false, sample, {}});
}

void MemoryLog::append(const Line& line) {
  std::lock_guard lock(mutex_);
  if (lines_.size() >= lines_max) {
    ++missing_;
    return;
  }
  lines_.push_back(line);
  if (lines_.size() == lines_max / 2) filled_.notify_one();
}

void MemoryLog::serve() {
  std::vector<Line> lines;
  std::vector<std::string> names;
  std::string text;
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait_for(lock, between_writes, [this] { return stopping_ || lines_.size() >= lines_max / 2; });
    lines.swap(lines_);
    const std::uint64_t missing = std::exchange(missing_, 0);
    const bool is_last = stopping_;
    for (std::string& name : new_names_) names.push_back(std::move(name));
    new_names_.clear();
    lock.unlock();
    for (const Line& line : lines) format(line, names, text);
    if (missing > 0) text += fmt::format("{},missing{}{},\n", seconds(lines.back().time_ns + wall_offset_ns_), std::string(10, ','), missing);
    write(text);
    text.clear();
    lines.clear();
    if (is_last) return;
    lock.lock();
  }
}

void MemoryLog::format(const Line& line, const std::vector<std::string>& names, std::string& text) const {
  const MemorySample& s = line.sample;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{},{},{},{},{},{},{},{},{},", seconds(line.time_ns + wall_offset_ns_), line.is_event ? word(line.event.kind) : "sample",
                 s.resident.value, s.reserved.value, s.unmanaged.value, s.spilled.value, s.limit.value, s.queued, s.waiting);
  if (line.is_event)
    fmt::format_to(out, "{},{},{},{}\n", names[line.event.operation], to_string(line.event.key), line.event.size.value,
                   seconds(line.event.took.ns));
  else
    text += ",,,\n";
}

void MemoryLog::write(const std::string& text) {
  for (std::size_t at = 0; at < text.size() && !is_broken_;) {
    const ssize_t wrote = ::write(file_, text.data() + at, text.size() - at);
    if (wrote > 0) {
      at += static_cast<std::size_t>(wrote);
    } else if (wrote == 0 || errno != EINTR) {
      is_broken_ = true;
      fmt::print(stderr, "the memory log {} ends here: {}\n", path_, std::strerror(errno));
    }
  }
}

std::string memory_log_of(const std::string& path, const std::string& node) {
  if (path.empty()) return {};
  const std::filesystem::path whole(path);
  return (whole.parent_path() / (whole.stem().string() + "-" + node + whole.extension().string())).string();
}
}  // namespace tessera::actors
