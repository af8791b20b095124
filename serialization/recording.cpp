#include "serialization/recording.hpp"

#include "runtime/policy/policy.hpp"
#include "serialization/bounded_archive.hpp"
#include "serialization/message.hpp"

#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace tessera::serialization {
using namespace runtime::coordinator;
using runtime::ErrorCode;
using runtime::Failure;
using runtime::JobId;
using runtime::Result;

namespace {
constexpr std::uint32_t file_magic = 0x43455254, frame_magic = 0x46455254;  // "TREC", "TREF"
constexpr std::size_t header_bytes_min = 16, frame_header_bytes = 24;
constexpr std::uint8_t job_entry = 0, step_entry = 1;
constexpr std::uint64_t version_bytes_max = 64;

std::uint64_t hash_of(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

/// Seven bits a byte, the lowest first: most numbers here are small.
template <class T>
struct Short {
  T& value;
  template <class A>
  void save(A& archive) const {
    std::uint8_t bytes[10];
    std::size_t size = 0;
    std::uint64_t left = value;
    for (; left >= 0x80; left >>= 7) bytes[size++] = static_cast<std::uint8_t>(left | 0x80);
    bytes[size++] = static_cast<std::uint8_t>(left);
    archive.put(bytes, size);
  }
  template <class A>
  void load(A& archive) {
    std::uint64_t all = 0;
    std::uint8_t byte = 0x80;
    for (int shift = 0; byte & 0x80; shift += 7) {
      archive(byte);
      if (shift > 63 || (shift == 63 && byte > 1)) throw cereal::Exception("a number is too long");
      all |= std::uint64_t{byte & 0x7Fu} << shift;
    }
    value = static_cast<T>(all);
    if (value != all) throw cereal::Exception("a number is too large");
  }
};
template <class T>
Short<T> in_short(T& value) { return {value}; }
template <class T>
Short<const T> in_short(const T& value) { return {value}; }

/// Small numbers of both signs as small numbers.
std::uint64_t zigzag(std::int64_t value) { return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63); }
std::int64_t unzigzag(std::uint64_t value) { return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1))); }

template <class A, class C>
void fields(A& archive, C& config) {
  archive(config.job.value, config.policy, config.seed, config.no_node_timeout.ns, config.deaths_max, config.evictions_max, config.evictions_in_vain_max,
          config.window.tasks_max, config.window.per_lane.ns);
}
template <class A>
void fields_of(A&, Tick&) {}
template <class A>
void fields_of(A& archive, NodeJoined& event) {
  archive(event.node.value, event.name, event.lanes, event.limit.value, event.resources, event.operations);
}
template <class A>
void fields_of(A& archive, NodeLost& event) { archive(event.node.value); }
template <class A>
void fields_of(A& archive, NodeDraining& event) { archive(event.node.value); }
template <class A>
void fields_of(A& archive, ClientJoined& event) { archive(event.client.value, event.node.value); }
template <class A>
void fields_of(A& archive, ClientLost& event) { archive(event.client.value); }
template <class A>
void fields_of(A& archive, Placement& one) {
  std::uint64_t priority = zigzag(one.priority);
  archive(one.key.high, one.key.low, in_short(one.task.value), in_short(one.node.value), in_short(priority), in_short(one.rank));
  one.priority = static_cast<std::int32_t>(unzigzag(priority));
}

void leave_out_values(Event& event) {
  auto* received = std::get_if<Received>(&event);
  auto* reports = received == nullptr ? nullptr : std::get_if<runtime::protocol::Reports>(&received->message);
  if (reports == nullptr) return;
  for (runtime::protocol::Report& one : reports->reports)
    if (auto* finished = std::get_if<runtime::protocol::Finished>(&one)) finished->value.reset();
}

/// Entries of one frame, which follow each other.
class FrameReader {
 public:
  FrameReader(Recording& recording, std::map<JobId, std::size_t>& jobs, std::span<const std::byte> bytes) : recording_(recording), jobs_(jobs), archive_(bytes) {}

  /// Throws `cereal::Exception`.
  void read() {
    while (archive_.left() > 0) {
      std::uint8_t kind = 0;
      archive_(kind);
      if (kind == job_entry) job();
      else if (kind == step_entry) step();
      else throw cereal::Exception("an entry is of no kind that there is");
    }
  }

 private:
  void job() {
    Config config;
    fields(archive_, config);
    if (const auto known = runtime::policy::check(config.policy); !known) throw cereal::Exception(known.failure().message);
    if (!jobs_.try_emplace(config.job, recording_.jobs.size()).second) throw cereal::Exception("a job begins twice");
    recording_.jobs.push_back({config, {}});
  }
  void step() {
    JobId job;
    std::uint64_t delta = 0, count = 0;
    std::uint8_t index = 0;
    Step step;
    archive_(in_short(job.value), in_short(delta), index, step.digest, in_short(count));
    const auto its = jobs_.find(job);
    if (its == jobs_.end()) throw cereal::Exception("a step is of a job that did not begin");
    step.time.ns = time_ns_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(time_ns_) + static_cast<std::uint64_t>(unzigzag(delta)));
    archive_.check_length(count, 20);
    for (; count > 0; --count) fields_of(archive_, step.placements.emplace_back());
    read_event(index, step.event);
    recording_.jobs[its->second].steps.push_back(std::move(step));
  }
  void read_event(std::uint8_t index, Event& event) {
    switch (index) {
      case 0: return fields_of(archive_, event.emplace<Tick>());
      case 1: return fields_of(archive_, event.emplace<NodeJoined>());
      case 2: return fields_of(archive_, event.emplace<NodeLost>());
      case 3: return fields_of(archive_, event.emplace<NodeDraining>());
      case 4: return fields_of(archive_, event.emplace<ClientJoined>());
      case 5: return fields_of(archive_, event.emplace<ClientLost>());
      case 6: return received(event.emplace<Received>());
      default: throw cereal::Exception("a step has no event that there is");
    }
  }
  void received(Received& event) {
    std::uint64_t size = 0;
    archive_(in_short(event.from.value), in_short(size));
    archive_.check_length(size, 1);
    message_.resize(static_cast<std::size_t>(size));
    archive_.take(message_.data(), message_.size());
    auto message = decode(message_);
    if (!message) throw cereal::Exception(message.failure().message);
    event.message = std::move(*message);
  }

  Recording& recording_;
  std::map<JobId, std::size_t>& jobs_;
  BoundedInput archive_;
  std::vector<std::byte> message_;
  std::int64_t time_ns_ = 0;
};
static_assert(std::variant_size_v<Event> == 7, "a new event: a case in read_event, and a new recording_version");

Failure bad(std::string why) { return {ErrorCode::bad_input, std::move(why)}; }

struct FrameHeader {
  std::uint64_t bytes = 0, digest = 0;
};
/// Nothing where the bytes are no header: they were changed.
std::optional<FrameHeader> frame_header(std::span<const std::byte> bytes) {
  std::uint32_t magic = 0, size = 0;
  std::uint64_t digest = 0, own = 0;
  BoundedInput archive(bytes);
  archive(magic, size, digest, own);
  if (magic != frame_magic || own != hash_of(bytes.first(frame_header_bytes - 8))) return std::nullopt;
  return FrameHeader{size, digest};
}

/// How many bytes the header has, once it is one.
Result<std::size_t> read_header(std::span<const std::byte> bytes, Recording& recording) {
  std::uint32_t magic = 0, version = 0;
  std::uint64_t length = 0;
  if (bytes.size() < header_bytes_min) return bad("it is no recording: it is shorter than the header of one");
  BoundedInput archive(bytes);
  archive(magic, version, length);
  if (magic != file_magic) return bad("it is no recording: it does not begin with TREC");
  if (version != recording_version)
    return bad(fmt::format("it is a recording of version {}, and this program reads version {}: replay it with the program that made it", version, recording_version));
  if (length > version_bytes_max || length > archive.left()) return bad("its header was changed");
  recording.version.resize(static_cast<std::size_t>(length));
  archive.take(recording.version.data(), recording.version.size());
  return bytes.size() - archive.left();
}
}  // namespace

std::vector<std::byte> recording_header(std::string_view version) {
  std::vector<std::byte> bytes;
  BoundedOutput archive(bytes);
  archive(file_magic, recording_version, std::string(version));
  return bytes;
}

void RecordingFrame::add(const Config& config) {
  BoundedOutput archive(payload_);
  archive(job_entry);
  fields(archive, config);
}

void RecordingFrame::add(JobId job, Step step) {
  leave_out_values(step.event);
  BoundedOutput archive(payload_);
  const std::uint64_t delta = zigzag(step.time.ns - time_ns_), count = step.placements.size();
  time_ns_ = step.time.ns;
  archive(step_entry, in_short(job.value), in_short(delta), static_cast<std::uint8_t>(step.event.index()), step.digest, in_short(count));
  for (Placement& one : step.placements) fields_of(archive, one);
  std::visit([&]<class E>(E& event) {
    if constexpr (std::is_same_v<E, Received>) {
      message_.clear();
      encode(event.message, message_);
      const std::uint64_t size = message_.size();
      archive(in_short(event.from.value), in_short(size));
      archive.put(message_.data(), message_.size());
    } else {
      fields_of(archive, event);
    }
  }, step.event);
}

std::vector<std::byte> RecordingFrame::take() {
  std::vector<std::byte> bytes;
  bytes.reserve(frame_header_bytes + payload_.size());
  BoundedOutput archive(bytes);
  archive(frame_magic, static_cast<std::uint32_t>(payload_.size()), hash_of(payload_));
  archive(hash_of(bytes));
  archive.put(payload_.data(), payload_.size());
  payload_.clear();
  time_ns_ = 0;
  return bytes;
}

Result<Recording> decode_recording(std::span<const std::byte> bytes) {
  Recording recording;
  const auto header = read_header(bytes, recording);
  if (!header) return header.failure();
  std::map<JobId, std::size_t> jobs;
  for (std::size_t at = *header; at < bytes.size();) {
    const std::size_t left = bytes.size() - at;
    recording.bytes_lost = left;
    if (left < frame_header_bytes) break;
    const auto frame = frame_header(bytes.subspan(at, frame_header_bytes));
    if (!frame) return bad(fmt::format("it is damaged at byte {} of {}: what lies there is not the beginning of a frame", at, bytes.size()));
    if (frame->bytes > left - frame_header_bytes) break;
    const auto payload = bytes.subspan(at + frame_header_bytes, static_cast<std::size_t>(frame->bytes));
    const bool is_last = payload.size() == left - frame_header_bytes;
    if (hash_of(payload) != frame->digest) {
      if (is_last) break;
      return bad(fmt::format("it is damaged between byte {} and byte {} of {}: a checksum does not fit", at, at + frame_header_bytes + payload.size(), bytes.size()));
    }
    try {
      FrameReader(recording, jobs, payload).read();
    } catch (const cereal::Exception& error) {
      return bad(fmt::format("the frame at byte {} has a checksum that fits and no meaning: {}", at, error.what()));
    }
    at += frame_header_bytes + payload.size();
    recording.bytes_lost = 0;
  }
  return recording;
}

Result<Recording> read_recording(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return Failure{ErrorCode::bad_input, fmt::format("{} cannot be read: it is a folder", path)};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Failure{ErrorCode::io_failed, fmt::format("{} cannot be read: {}", path, std::strerror(errno))};
  std::vector<std::byte> bytes;
  file.seekg(0, std::ios::end);
  if (const auto size = file.tellg(); size > 0) bytes.resize(static_cast<std::size_t>(size));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) return Failure{ErrorCode::io_failed, fmt::format("{} cannot be read: {}", path, std::strerror(errno))};
  auto recording = decode_recording(bytes);
  if (!recording) return Failure{recording.failure().code, fmt::format("{}: {}", path, recording.failure().message)};
  return recording;
}
}  // namespace tessera::serialization
