#include "actors/disk.hpp"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>

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

bool Disk::run(const runtime::ChunkId& chunk, spill::IoWork& work) {
  std::lock_guard lock(mutex_);
  if (stopped_) return false;
  auto& queue = queues_[std::hash<runtime::ChunkId>()(chunk) % threads];
  if (!queue) queue = std::make_unique<spill::IoThreads>(1, queue_max);
  return queue->run(work);
}

runtime::Result<spill::SpillStore*> Disk::store() {
  std::lock_guard lock(mutex_);
  if (!store_) {
    auto opened = spill::SpillStore::open({.folder = folder_});
    if (!opened) return opened.failure();
    store_ = std::move(*opened);
  }
  return store_.get();
}

spill::SpillCounters Disk::counters() {
  std::lock_guard lock(mutex_);
  return store_ ? store_->counters() : spill::SpillCounters{};
}

void Disk::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  for (auto& queue : queues_)
    if (queue) queue->stop();
  std::lock_guard lock(mutex_);
  store_.reset();
}
}  // namespace tessera::actors
