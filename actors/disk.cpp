#include "actors/disk.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <utility>

namespace tessera::actors {
namespace {
constexpr std::size_t queue_max = 1u << 20;

bool is_fit(const std::string& folder) {
  struct statfs what {};
  return !folder.empty() && folder.front() == '/' && access(folder.c_str(), W_OK | X_OK) == 0 && statfs(folder.c_str(), &what) == 0 &&
         what.f_type != TMPFS_MAGIC && what.f_type != RAMFS_MAGIC;
}
}  // namespace

runtime::Result<std::string> spill_folder_of(const std::string& wanted) {
  if (wanted == "none") return std::string();
  if (wanted != "auto") {
    auto store = spill::SpillStore::open({.folder = wanted});
    if (!store) return store.failure();
    return wanted;
  }
  const char* own = std::getenv("TMPDIR");
  for (const std::string& folder : {std::string(own == nullptr ? "" : own), std::string("/var/tmp"), std::string("/tmp")})
    if (is_fit(folder)) return folder;
  return std::string();
}

namespace {
class FolderDisk final : public Disk {
 public:
  FolderDisk(std::string folder, spill::SpillCompression compression) : folder_(std::move(folder)), compression_(compression) {}
  ~FolderDisk() override { end(); }

  bool run(const runtime::ChunkId& chunk, spill::IoWork& work) override {
    std::lock_guard lock(mutex_);
    if (stopped_) return false;
    auto& queue = queues_[std::hash<runtime::ChunkId>()(chunk) % threads];
    if (!queue) queue = std::make_unique<spill::IoThreads>(1, queue_max);
    return queue->run(work);
  }
  runtime::Result<void> write(const runtime::ChunkId& chunk, std::string_view type, const runtime::SharedBytes& payload) override {
    const auto its = store();
    if (!its) return its.failure();
    const auto written = (*its)->write(chunk, type, payload);
    if (!written) return written.failure();
    return {};
  }
  runtime::Result<void> read(const runtime::ChunkId& chunk, std::span<std::byte> into) override {
    const auto its = store();
    if (!its) return its.failure();
    return (*its)->read(chunk, into);
  }
  void remove(const runtime::ChunkId& chunk) override {
    if (const auto its = store()) (*its)->remove(chunk);
  }
  spill::SpillCounters counters() override {
    std::lock_guard lock(mutex_);
    return store_ ? store_->counters() : spill::SpillCounters{};
  }
  void stop() override { end(); }

 private:
  runtime::Result<spill::SpillStore*> store() {
    std::lock_guard lock(mutex_);
    if (!store_) {
      auto opened = spill::SpillStore::open({.folder = folder_, .compression = compression_});
      if (!opened) return opened.failure();
      store_ = std::move(*opened);
    }
    return store_.get();
  }
  void end() {
    {
      std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    for (auto& queue : queues_)
      if (queue) queue->stop();
    std::lock_guard lock(mutex_);
    store_.reset();
  }

  static constexpr std::size_t threads = 2;
  const std::string folder_;
  const spill::SpillCompression compression_;
  std::mutex mutex_;
  std::unique_ptr<spill::SpillStore> store_;
  std::unique_ptr<spill::IoThreads> queues_[threads];  ///< A thread each, so that what is asked for one chunk keeps its order.
  bool stopped_ = false;
};
}  // namespace

std::unique_ptr<Disk> disk_in(const std::string& folder, spill::SpillCompression compression) {
  return folder.empty() ? nullptr : std::make_unique<FolderDisk>(folder, compression);
}
}  // namespace tessera::actors
