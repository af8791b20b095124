#include "actors/recorder.hpp"

#include "runtime/base/version.hpp"
#include "serialization/recording.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

namespace tessera::actors {
using runtime::coordinator::Config;
using runtime::coordinator::Received;
using runtime::coordinator::Step;

namespace {
constexpr std::chrono::milliseconds between_writes(200);

/// Why not all was written; empty if it was.
std::string write_all(int file, const std::vector<std::byte>& bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t wrote = ::write(file, bytes.data() + at, bytes.size() - at);
    if (wrote > 0) at += static_cast<std::size_t>(wrote);
    else if (wrote == 0 || errno != EINTR) return std::strerror(errno);
  }
  return {};
}
}  // namespace

runtime::Result<std::shared_ptr<Recorder>> Recorder::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  std::string why = file < 0 ? std::strerror(errno) : write_all(file, serialization::recording_header(TESSERA_VERSION));
  if (why.empty()) {
    try {
      return std::shared_ptr<Recorder>(new Recorder(path, file));
    } catch (const std::system_error& error) {
      why = fmt::format("there is no thread for it ({})", error.what());
    }
  }
  if (file >= 0) close(file);
  return runtime::Failure{runtime::ErrorCode::io_failed, fmt::format("the recording {} cannot be written: {}; name a file in a folder that is there, that this user may write, "
                                                                     "and that has room", path, why)};
}

Recorder::Recorder(std::string path, int file) : path_(std::move(path)), file_(file), writer_([this] { serve(); }) {}

void Recorder::finish() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(is_stopping_, true)) return;
  }
  filled_.notify_one();
  writer_.join();
  close(file_);
}

void Recorder::begin(const Config& config) { push({config.job, std::make_unique<const Config>(config), {}}, 0); }

void Recorder::take(runtime::JobId job, Step step) {
  const auto* received = std::get_if<Received>(&step.event);
  const auto* reports = received == nullptr ? nullptr : std::get_if<runtime::protocol::Reports>(&received->message);
  const std::size_t count = reports == nullptr ? 0 : reports->reports.size();
  push({job, nullptr, std::move(step)}, count);
}

void Recorder::push(Entry entry, std::size_t reports) {
  bool is_much = false;
  {
    std::lock_guard lock(mutex_);
    if (is_full_ || is_stopping_) return;
    if (entries_.size() >= entries_max || reports_ + reports > reports_max) {
      is_full_ = true;  // A recording with a gap cannot be replayed.
    } else {
      const bool was_much = entries_.size() >= entries_max / 16 || reports_ >= reports_max / 16;
      entries_.push_back(std::move(entry));
      reports_ += reports;
      is_much = !was_much && (entries_.size() >= entries_max / 16 || reports_ >= reports_max / 16);
    }
  }
  if (is_much) filled_.notify_one();
}

void Recorder::serve() {
  std::vector<Entry> entries;
  serialization::RecordingFrame frame;
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait_for(lock, between_writes, [this] { return is_stopping_ || entries_.size() >= entries_max / 16 || reports_ >= reports_max / 16; });
    entries.swap(entries_);
    reports_ = 0;
    const bool is_last = is_stopping_, is_full = is_full_;
    lock.unlock();
    for (Entry& entry : entries) {
      if (entry.begins) frame.add(*entry.begins);
      else frame.add(entry.job, std::move(entry.step));
      if (frame.bytes() > std::numeric_limits<std::uint32_t>::max()) end("a graph is too large for it");
      if (is_broken_) break;
      if (frame.bytes() >= frame_bytes) write(frame.take());
    }
    entries.clear();
    if (!is_broken_ && frame.bytes() > 0) write(frame.take());
    if (is_full) end("it cannot be written as fast as things happen");
    if (is_last) return;
    lock.lock();
  }
}

void Recorder::write(const std::vector<std::byte>& bytes) {
  if (const std::string why = write_all(file_, bytes); !why.empty()) end(why);
}

void Recorder::end(const std::string& why) {
  if (std::exchange(is_broken_, true)) return;
  fmt::print(stderr, "the recording {} ends here: {}; what runs goes on\n", path_, why);
  std::lock_guard lock(mutex_);
  is_full_ = true;
}
}  // namespace tessera::actors
