#include "actors/spill/store.hpp"

#include "actors/spill/blocks.hpp"
#include "actors/spill/frames.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>

namespace tessera::actors::spill {
using runtime::ChunkId;
using runtime::ErrorCode;
using runtime::Failure;
using runtime::Result;
using serialization::SpillCodec;
using serialization::SpillHeader;

namespace {
constexpr std::size_t block = serialization::spill_block_bytes, frame_bytes = serialization::spill_frame_bytes;
using Block = std::span<std::byte, block>;

class Stopwatch {
 public:
  std::uint64_t ns() const {
    const auto passed = std::chrono::steady_clock::now() - start_;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count());
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

bool is_aligned(const void* data) { return reinterpret_cast<std::uintptr_t>(data) % block == 0; }
bool is_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

/// Reserves the space, where the file system can.
int allocate(const Descriptor& file, std::uint64_t bytes) {
  while (::fallocate(file.get(), 0, 0, static_cast<off_t>(bytes)) != 0) {
    if (errno == EINTR) continue;
    return errno == EOPNOTSUPP || errno == ENOSYS ? 0 : errno;
  }
  return 0;
}

/// Header, whole blocks and the rest in one transfer, from where they are.
int write_in_place(const Descriptor& file, Block header, Block last, std::span<const std::byte> payload) {
  const std::size_t rest = payload.size() % block;
  const auto body = payload.first(payload.size() - rest);
  std::copy(payload.end() - static_cast<std::ptrdiff_t>(rest), payload.end(), last.begin());
  std::fill(last.begin() + static_cast<std::ptrdiff_t>(rest), last.end(), std::byte{0});
  const std::array parts{iovec{header.data(), block}, iovec{const_cast<std::byte*>(body.data()), body.size()},
                         iovec{last.data(), rest == 0 ? 0 : block}};
  return write_parts(file, parts, 0);
}

/// The same way back.
int read_in_place(const Descriptor& file, Block header, Block last, std::span<std::byte> payload) {
  const std::size_t rest = payload.size() % block;
  const std::array parts{iovec{header.data(), block}, iovec{payload.data(), payload.size() - rest},
                         iovec{last.data(), rest == 0 ? 0 : block}};
  if (const int error = read_parts(file, parts, 0); error != 0) return error;
  std::copy_n(last.begin(), rest, payload.end() - static_cast<std::ptrdiff_t>(rest));
  return 0;
}

Failure no_room(const ChunkId& chunk) {
  return {ErrorCode::out_of_memory, fmt::format("there is no memory for moving chunk {} to or from disk", to_string(chunk.key))};
}
Failure full(const std::string& path, std::uint64_t need, const std::string& free) {
  return {ErrorCode::out_of_disk, fmt::format("{} has no room: {} bytes are needed, {}", path, need, free)};
}
Failure read_failure(int error) {
  if (error == ENODATA) return {ErrorCode::data_lost, "it ends too early"};
  if (error == ENOENT) return {ErrorCode::data_lost, "it is gone"};
  return {may_pass(error) ? ErrorCode::io_failed : ErrorCode::data_lost, std::strerror(error)};
}
Failure lost(std::string why) { return {ErrorCode::data_lost, std::move(why)}; }
Failure changed() { return lost("its bytes are not those that were written"); }

/// Writes the frames behind the header's block, and their size and digest into `header`. 0 or an error number.
int write_frames(const Descriptor& file, SpillHeader& header, std::span<const std::byte> payload, std::span<std::byte> room,
                 std::span<std::byte> frame_room, std::uint64_t& packing_ns) {
  BlockWriter writer(file, room, block, 0);
  serialization::SpillHash hash;
  for (std::size_t at = 0; at < payload.size(); at += frame_bytes) {
    const Stopwatch watch;
    const std::size_t size = pack_frame(payload.subspan(at, std::min(frame_bytes, payload.size() - at)), frame_room);
    packing_ns += watch.ns();
    const auto frame = frame_room.first(size);
    hash.add(frame);
    header.stored_bytes += size;
    if (const int error = writer.add(frame); error != 0) return error;
  }
  header.digest = hash.digest();
  return writer.finish();
}

/// Fills `into`; `reader` is behind the header.
Result<void> read_frames(BlockReader& reader, const SpillHeader& header, std::span<std::byte> into, std::span<std::byte> room) {
  serialization::SpillHash hash;
  std::uint64_t stored = 0;
  for (std::size_t at = 0; at < into.size(); at += frame_bytes) {
    const auto payload = into.subspan(at, std::min(frame_bytes, into.size() - at));
    std::array<std::byte, frame_head_bytes> head_bytes{};
    if (const int error = reader.take(head_bytes); error != 0) return read_failure(error);
    const FrameHead head = read_frame_head(head_bytes);
    if (head.bytes > payload.size()) return changed();
    const auto body = room.first(head.bytes);
    if (const int error = reader.take(body); error != 0) return read_failure(error);
    hash.add(head_bytes);
    hash.add(body);
    if (!unpack_frame(head, body, payload)) return changed();
    stored += frame_head_bytes + body.size();
  }
  if (stored != header.stored_bytes || hash.digest() != header.digest) return changed();
  return {};
}
}  // namespace

/// What one call needs besides the caller's memory: two blocks, a megabyte, and where the store compresses one frame.
class SpillStore::Room {
 public:
  explicit Room(bool frames) : memory_(take(size)), frame_(frames ? take(frame_size) : nullptr), frames_(frames) {}
  bool is_whole() const { return memory_ != nullptr && (frame_ != nullptr || !frames_); }
  Block last() const { return Block(memory_.get(), block); }
  Block header() const { return Block(memory_.get() + block, block); }
  std::span<std::byte> body() const { return {memory_.get() + 2 * block, size - 2 * block}; }
  std::span<std::byte> header_and_body() const { return {memory_.get() + block, size - block}; }
  std::span<std::byte> frame() const { return {frame_.get(), frame_size}; }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { ::operator delete(bytes, std::align_val_t{block}); }
  };
  using Memory = std::unique_ptr<std::byte, Free>;
  static constexpr std::size_t size = (1 << 20) + 2 * block, frame_size = frame_head_bytes + frame_bytes;
  static Memory take(std::size_t bytes) {
    return Memory(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{block}, std::nothrow)));
  }
  Memory memory_, frame_;
  bool frames_;
};

Result<std::unique_ptr<SpillStore>> SpillStore::open(SpillOptions options) {
  auto folder = OwnFolder::make(options.folder);
  if (!folder) return folder.failure();
  return std::unique_ptr<SpillStore>(new SpillStore(std::move(options), std::move(*folder)));
}

SpillStore::SpillStore(SpillOptions options, OwnFolder folder) : options_(std::move(options)), folder_(std::move(folder)), packing_(options_.disk_bytes_per_second) {
  counters_.folders_swept = folder_.swept();
}
SpillStore::~SpillStore() = default;

std::shared_ptr<SpillStore::Room> SpillStore::room() {
  std::unique_ptr<Room> room;
  {
    std::lock_guard lock(mutex_);
    if (!spare_.empty()) room = std::move(spare_.back()), spare_.pop_back();
  }
  if (room == nullptr) room = std::make_unique<Room>(options_.compression != SpillCompression::none);
  if (!room->is_whole()) return nullptr;
  return {room.release(), [this](Room* it) {
            std::lock_guard lock(mutex_);
            spare_.emplace_back(it);
          }};
}

Descriptor SpillStore::open_file(const std::string& name, int flags) {
  flags |= O_NOFOLLOW | O_CLOEXEC;
  const bool direct = direct_;
  Descriptor file(::openat(folder_.descriptor().get(), name.c_str(), flags | (direct ? O_DIRECT : 0), 0600));
  if (file || !direct || errno != EINVAL) return file;
  if ((flags & O_CREAT) != 0) {
    direct_ = false;
    ::unlinkat(folder_.descriptor().get(), name.c_str(), 0);  // Some file systems make the file before they refuse.
  }
  return Descriptor(::openat(folder_.descriptor().get(), name.c_str(), flags, 0600));
}

Result<void> SpillStore::reserve(std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  const std::uint64_t limit = options_.limit_bytes, used = counters_.bytes_on_disk;
  if (limit != 0 && (used > limit || bytes > limit - used)) {
    ++counters_.write_errors;
    return full(folder_.path(), bytes,
                fmt::format("{} of its limit of {} are free: raise the limit", limit - std::min(used, limit), limit));
  }
  counters_.bytes_on_disk += bytes;
  return {};
}

Failure SpillStore::write_failure(const std::string& name, std::uint64_t need, int error) {
  if (error != ENOSPC && error != EDQUOT)
    return {ErrorCode::io_failed, fmt::format("spill file {} cannot be written: {}", path(name), std::strerror(error))};
  struct statvfs disk{};
  const std::uint64_t available = ::fstatvfs(folder_.descriptor().get(), &disk) == 0 ? disk.f_bavail * disk.f_frsize : 0;
  return full(path(name), need, fmt::format("{} are free{}: free some, or name another spill folder", available,
                                            error == EDQUOT ? " but for the user's quota" : ""));
}

bool SpillStore::shall_pack(std::span<const std::byte> payload, const Room& room) {
  if (options_.compression == SpillCompression::none || payload.empty()) return false;
  if (options_.compression == SpillCompression::lz4) return true;
  {
    std::lock_guard lock(mutex_);
    if (!packing_.wants_sample()) return false;
  }
  const Stopwatch watch;
  Sample sample = sample_of(payload, room.body());
  sample.ns = watch.ns();
  std::lock_guard lock(mutex_);
  return packing_.pays(sample);
}

/// Makes the file, and completes what `file` says of it. 0 or an error number.
int SpillStore::write_file(File& file, SpillHeader header, std::span<const std::byte> payload, const Room& room, std::uint64_t& packing_ns) {
  Descriptor out = open_file(file.name, O_RDWR | O_CREAT | O_EXCL);
  int error = out ? allocate(out, file.file_bytes) : errno;
  if (error != 0) return error;
  const auto put_header = [&] {
    encode_spill_header(header, room.header());
    file.header = serialization::spill_header_digest(room.header());
  };
  if (header.codec == SpillCodec::none) {
    header.stored_bytes = payload.size();
    header.digest = serialization::spill_digest(payload);
    put_header();
    if (is_aligned(payload.data()) || !direct_) {
      error = write_in_place(out, room.header(), room.last(), payload);
    } else {
      BlockWriter writer(out, room.header_and_body(), 0, block);
      error = writer.add(payload);
      if (error == 0) error = writer.finish();
    }
  } else {
    error = write_frames(out, header, payload, room.body(), room.frame(), packing_ns);
    if (error == 0) {
      put_header();
      file.file_bytes = serialization::spill_file_bytes(header.stored_bytes);
      error = write_parts(out, std::array{iovec{room.header().data(), block}}, 0);
    }
    if (error == 0 && ::ftruncate(out.get(), static_cast<off_t>(file.file_bytes)) != 0) error = errno;
  }
  const int at_close = out.close();
  return error != 0 ? error : at_close;
}

Result<std::uint64_t> SpillStore::write(const ChunkId& chunk, std::string_view type, const runtime::SharedBytes& payload) {
  const std::uint64_t size = payload.bytes.size();
  if (type.size() > serialization::spill_type_bytes_max || size > serialization::spill_payload_bytes_max)
    return Failure{ErrorCode::invalid_argument, fmt::format("chunk {} cannot be spilled: its type name has {} bytes (at most {}), "
                                                            "its value {} (at most {})", to_string(chunk.key), type.size(),
                                                            serialization::spill_type_bytes_max, size,
                                                            serialization::spill_payload_bytes_max)};
  {
    std::lock_guard lock(mutex_);
    if (const auto at = files_.find(chunk); at != files_.end()) {
      if (at->second.payload_bytes == size) return at->second.file_bytes;
      return Failure{ErrorCode::key_conflict, fmt::format("chunk {} was spilled with {} bytes, and now has {}",
                                                          to_string(chunk.key), at->second.payload_bytes, size)};
    }
  }
  const auto own = room();
  if (own == nullptr) return no_room(chunk);
  const Stopwatch watch;
  const bool packed = shall_pack(payload.bytes, *own);
  const std::uint64_t need = serialization::spill_file_bytes(packed ? serialization::spill_framed_bytes_max(size) : size);
  if (const auto reserved = reserve(need); !reserved) return reserved.failure();

  File file{random_name(), packed ? SpillCodec::lz4 : SpillCodec::none, size, need, {}};
  std::uint64_t packing_ns = 0;
  const Stopwatch of_disk;
  const int error = write_file(file, {chunk, type, file.codec, size, 0, {}}, payload.bytes, *own, packing_ns);
  const std::uint64_t disk_ns = of_disk.ns() - packing_ns;
  if (error != 0) {
    ::unlinkat(folder_.descriptor().get(), file.name.c_str(), 0);
    std::lock_guard lock(mutex_);
    counters_.bytes_on_disk -= need;
    ++counters_.write_errors;
    return write_failure(file.name, need, error);
  }
  std::lock_guard lock(mutex_);
  counters_.bytes_on_disk -= need - file.file_bytes;
  counters_.bytes_written += size;
  writes_.add(size, watch.ns());
  packing_.wrote(file.file_bytes, disk_ns);
  const std::uint64_t on_disk = file.file_bytes;
  const auto [at, is_new] = files_.emplace(chunk, file);
  if (!is_new) {  // Written by two at once: either will do.
    ::unlinkat(folder_.descriptor().get(), file.name.c_str(), 0);
    counters_.bytes_on_disk -= on_disk;
    return at->second.file_bytes;
  }
  return on_disk;
}

Result<void> SpillStore::read(const ChunkId& chunk, std::span<std::byte> into) {
  File file;
  {
    std::lock_guard lock(mutex_);
    const auto at = files_.find(chunk);
    if (at == files_.end())
      return lost(fmt::format("chunk {} has no spill file in {}", to_string(chunk.key), folder_.path()));
    file = at->second;
  }
  if (into.size() != file.payload_bytes)
    return Failure{ErrorCode::invalid_argument, fmt::format("chunk {} has {} bytes on disk, and was to be read into {}",
                                                            to_string(chunk.key), file.payload_bytes, into.size())};
  const Stopwatch watch;
  const auto done = with_tries([&]() -> Result<void> {
    const auto own = room();
    return own == nullptr ? no_room(chunk) : read_file(file, chunk, into, *own);
  }, options_.pause);
  if (!done) {
    Failure failure = done.failure();
    failure.message = fmt::format("spill file {} of chunk {}: {}", path(file.name), to_string(chunk.key), failure.message);
    if (failure.code == ErrorCode::data_lost) forget(chunk, file.name);
    return failure;
  }
  std::lock_guard lock(mutex_);
  counters_.bytes_read += into.size();
  reads_.add(into.size(), watch.ns());
  return {};
}

Result<void> SpillStore::read_file(const File& file, const ChunkId& chunk, std::span<std::byte> into, const Room& room) {
  const Descriptor in = open_file(file.name, O_RDONLY | O_NONBLOCK);
  struct stat status{};
  if (!in || ::fstat(in.get(), &status) != 0) return read_failure(errno);
  if (!S_ISREG(status.st_mode)) return lost("it is no file any more");
  if (static_cast<std::uint64_t>(status.st_size) != file.file_bytes)
    return lost(fmt::format("it has {} bytes instead of {}", status.st_size, file.file_bytes));

  const Block head = room.header();
  BlockReader reader(in, room.body(), static_cast<off_t>(file.file_bytes));
  const bool in_place = file.codec == SpillCodec::none && (is_aligned(into.data()) || !direct_);
  int error = in_place ? read_in_place(in, head, room.last(), into) : reader.take(head);
  if (error != 0) return read_failure(error);
  const auto header = serialization::decode_spill_header(head);
  if (!header) return lost(header.failure().message);
  if (header->chunk != chunk)
    return lost(fmt::format("it holds chunk {} of job {}", to_string(header->chunk.key), header->chunk.job.value));
  if (serialization::spill_header_digest(head) != file.header) return lost("it is another file of that chunk");

  if (file.codec == SpillCodec::lz4) {
    if (const auto done = read_frames(reader, *header, into, room.frame()); !done) return done;
  } else {
    if (!in_place) error = reader.take(into);
    if (error != 0) return read_failure(error);
    if (serialization::spill_digest(into) != header->digest) return changed();
  }
  const std::size_t rest = into.size() % block;
  const auto padding = !in_place ? reader.left() : rest == 0 ? std::span<const std::byte>() : room.last().subspan(rest);
  return is_zero(padding) ? Result<void>() : changed();
}

void SpillStore::forget(const ChunkId& chunk, const std::string& name) {
  {
    std::lock_guard lock(mutex_);
    const auto at = files_.find(chunk);
    if (at == files_.end() || at->second.name != name) return;
    counters_.bytes_on_disk -= at->second.file_bytes;
    ++counters_.chunks_lost;
    files_.erase(at);
  }
  ::unlinkat(folder_.descriptor().get(), name.c_str(), 0);
}

void SpillStore::remove(const ChunkId& chunk) {
  File file;
  {
    std::lock_guard lock(mutex_);
    const auto at = files_.find(chunk);
    if (at == files_.end()) return;
    file = std::move(at->second);
    files_.erase(at);
  }
  // The space counts until it is free.
  ::unlinkat(folder_.descriptor().get(), file.name.c_str(), 0);
  std::lock_guard lock(mutex_);
  counters_.bytes_on_disk -= file.file_bytes;
}

SpillCounters SpillStore::counters() const {
  std::lock_guard lock(mutex_);
  SpillCounters now = counters_;
  now.files = files_.size();
  now.write_bytes_per_second = writes_.per_second();
  now.read_bytes_per_second = reads_.per_second();
  return now;
}
}  // namespace tessera::actors::spill
