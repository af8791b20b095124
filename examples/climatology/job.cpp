#include "examples/climatology/job.hpp"

#include "examples/climatology/interrupt.hpp"
#include "examples/climatology/operations.hpp"
#include "examples/climatology/pictures.hpp"
#include "examples/climatology/progress.hpp"
#include "io/file.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

namespace climatology {
namespace fs = std::filesystem;
namespace zarr = tessera::io::zarr;
using tessera::Cluster;
using tessera::Cube;
using tessera::CubeTasks;
using tessera::Deferred;
using tessera::Error;
using tessera::ErrorCode;
using tessera::Future;
using tessera::Graph;

namespace {
constexpr const char* pictures_folder = "/maps";
/// How long tasks that were cancelled may still be about to write.
constexpr std::chrono::seconds removal_limit(5);

void need(const tessera::runtime::Result<void>& result) {
  if (!result) throw Error(result.failure());
}

zarr::Array array_of(const Field& result) {
  Shape chunks;
  for (const tessera::Dimension& one : result.cube.dimensions()) chunks.push_back(one.chunks.front());
  return zarr::array_of(result.variable, chunks);
}

/// Stores that were begun; those that are not finished go away with this.
class Begun {
 public:
  Begun(const Plan& plan, const std::string& folder, bool overwrite) : folder_(folder), made_(!fs::exists(folder)) {
    try {
      for (const Store& store : plan.stores) begin(store, overwrite ? zarr::Existing::overwrite : zarr::Existing::refuse);
    } catch (...) {
      remove();
      throw;
    }
  }
  ~Begun() { remove(); }
  Begun(const Begun&) = delete;
  Begun& operator=(const Begun&) = delete;

  void finish() {
    for (; !open_.empty(); open_.pop_back()) need(zarr::finish(open_.back()));
  }

 private:
  void remove() {
    if (open_.empty()) return;
    const auto end = std::chrono::steady_clock::now() + removal_limit;
    for (const std::string& path : open_)
      do zarr::abandon(path);
      while (fs::exists(path + ".part") && std::chrono::steady_clock::now() < end);
    std::error_code not_empty;
    if (made_) fs::remove(folder_, not_empty);
  }
  void begin(const Store& store, zarr::Existing existing) {
    std::vector<zarr::Array> arrays;
    std::map<std::string, tessera::io::Coordinate> coordinates;
    for (const Field& result : store.results) {
      arrays.push_back(array_of(result));
      for (const auto& one : result.variable.dimensions) coordinates.emplace(one.name, one);
    }
    for (const auto& [name, one] : coordinates) arrays.push_back(zarr::array_of(one));
    need(zarr::create(store.path, arrays, {{"title", store.title}}, existing));
    open_.push_back(store.path);
    for (const auto& [name, one] : coordinates) need(zarr::write(store.path, zarr::array_of(one), one.values));
  }
  std::string folder_;
  bool made_;  ///< The folder was not there before.
  std::vector<std::string> open_;
};

/// One task for each storage chunk.
std::vector<Deferred<std::monostate>> writes_of(const Plan& plan, Graph& graph, CubeTasks& tasks) {
  std::vector<Deferred<std::monostate>> writes;
  for (const Store& store : plan.stores)
    for (const Field& result : store.results) {
      zarr::Array array = array_of(result);
      array.attributes.clear();  // Tasks write bytes: what describes them is written already.
      const auto& chunks = tasks.chunks(result.cube);
      const Shape grid = result.cube.grid();
      Shape at(grid.size(), 0);
      std::size_t next = 0;
      do writes.push_back(graph.add(write_chunk, store.path, array, at, chunks[next++]));
      while (tessera::next_index(at, grid));
    }
  return writes;
}

/// What became of the writes so far.
struct Written {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t done = 0;
  std::optional<Error> failed;
};

/// Of all nodes together, as far as they are known.
std::optional<Memory> memory_of(Cluster& cluster) {
  try {
    Memory sum;
    for (const auto& member : cluster.status().members) {
      const auto& its = member.status;
      if (its.lanes == 0) continue;  // A program's own data.
      sum.chunks_bytes += its.resident.value, sum.reserved_bytes += its.reserved.value, sum.unmanaged_bytes += its.overhead.value;
      sum.limit_bytes += its.limit.value, sum.spilled_bytes += its.spilled.value;
    }
    return sum.limit_bytes > 0 ? std::optional(sum) : std::nullopt;
  } catch (const Error&) {  // The writes say what is wrong.
    return std::nullopt;
  }
}

/// False if it was interrupted.
bool wait(const std::vector<Future<std::monostate>>& writes, Cluster& cluster) {
  const auto written = std::make_shared<Written>();
  for (const auto& write : writes)
    write.then([written](const Future<std::monostate>& one) {
      std::optional<Error> failed;
      try {
        one.get();
      } catch (const Error& error) {
        failed = error;
      }
      std::lock_guard lock(written->mutex);
      if (!failed) ++written->done;
      else if (!written->failed) written->failed = failed;
      written->changed.notify_one();
    });
  Progress progress(writes.size(), [&] { return memory_of(cluster); });
  std::unique_lock lock(written->mutex);
  while (written->done < writes.size()) {
    const std::size_t done = written->done;
    lock.unlock();
    progress.show(done);
    lock.lock();
    if (interrupted()) return false;
    if (written->failed) throw *written->failed;
    if (written->done > done) continue;
    written->changed.wait_for(lock, std::chrono::milliseconds(100));
  }
  progress.finish(written->done);
  return true;
}

template <class T>
void cancel(const std::vector<Future<T>>& futures) {
  for (const Future<T>& one : futures) one.cancel();
}
}  // namespace

void check_output(const Plan& plan, const std::string& folder, bool overwrite) {
  if (fs::exists(folder) && !fs::is_directory(folder))
    throw Error(ErrorCode::io_failed, fmt::format("{} is a file; --output takes a folder for the results", folder));
  if (fs::exists(folder + pictures_folder) && !fs::is_directory(folder + pictures_folder))
    throw Error(ErrorCode::io_failed, fmt::format("{} is a file, and the maps' folder has that name", folder + pictures_folder));
  if (overwrite) return;
  const auto refuse = [](const std::string& path) {
    if (fs::exists(path)) throw Error(ErrorCode::io_failed, fmt::format("{} is there already; name another folder with --output, or say --overwrite", path));
  };
  for (const Store& store : plan.stores) refuse(store.path);
  for (const Picture& picture : plan.pictures) refuse(folder + pictures_folder + "/" + picture.file);
}

tessera::Plan forecast(const Plan& plan, Cluster& cluster) {
  Graph graph;
  CubeTasks tasks(graph);
  const auto writes = writes_of(plan, graph, tasks);
  return cluster.plan(std::move(graph), writes);
}

bool run(const Plan& plan, Cluster& cluster, const std::string& folder, bool overwrite) {
  Graph graph;
  CubeTasks tasks(graph);
  const auto writes = writes_of(plan, graph, tasks);
  std::vector<Deferred<Block>> drawn;
  for (const Picture& picture : plan.pictures) drawn.push_back(tasks.chunks(picture.values).front());
  hold_interrupts();
  Begun stores(plan, folder, overwrite);
  const auto [written, values] = cluster.compute(std::move(graph), writes, drawn);
  try {
    if (!wait(written, cluster) || interrupted()) {
      cancel(written);
      cancel(values);
      cluster.close();
      return false;
    }
    const std::vector<Block> blocks = cluster.gather(values);
    stores.finish();
    need(tessera::io::make_writable_folder(folder + pictures_folder));
    for (std::size_t i = 0; i < blocks.size(); ++i) draw(plan.pictures[i], blocks[i], folder + pictures_folder);
  } catch (...) {
    cancel(written);
    cancel(values);
    cluster.close();
    throw;
  }
  return true;
}
}  // namespace climatology
