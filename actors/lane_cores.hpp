/// @file
/// Keeps a process's lanes on cores of their own. Linux likes to wake a thread on the core of its waker, and leaves two there that take turns for
/// milliseconds while another core is idle in between: half of the machine, for tasks of microseconds.
#pragma once
#include <atomic>
#include <cstdint>
#include <sched.h>
#include <unistd.h>
#include <vector>

namespace tessera::actors {
/// Which lane computes on which core. All threads at once; what one reads of another may be a moment old.
class LaneCores {
 public:
  explicit LaneCores(std::uint32_t lanes, std::uint32_t cores = static_cast<std::uint32_t>(sysconf(_SC_NPROCESSORS_CONF)))
      : seats_(lanes), last_(cores) {
    for (auto& lane : last_) lane.store(none, std::memory_order_relaxed);
  }

  /// `lane` begins a task on `core`. True if another lane that computes was last seen there, and `lane` was not told so within a millisecond. O(1).
  bool shares(std::uint32_t lane, std::uint32_t core, std::int64_t now_ns) {
    if (core >= last_.size()) return false;
    Seat& seat = seats_[lane];
    if (seat.core.load(std::memory_order_relaxed) != core) seat.core.store(core, std::memory_order_relaxed);
    const std::uint32_t last = last_[core].load(std::memory_order_relaxed);
    if (last == lane) return false;
    last_[core].store(lane, std::memory_order_relaxed);
    if (last == none || seats_[last].core.load(std::memory_order_relaxed) != core || now_ns < seat.told_again_ns) return false;
    seat.told_again_ns = now_ns + 1'000'000;
    return true;
  }
  /// `lane` has nothing to do.
  void rests(std::uint32_t lane) { seats_[lane].core.store(none, std::memory_order_relaxed); }
  /// Does a lane other than `lane` compute on `core`? O(lanes).
  bool is_taken(std::uint32_t core, std::uint32_t lane) const {
    for (std::uint32_t other = 0; other < seats_.size(); ++other)
      if (other != lane && seats_[other].core.load(std::memory_order_relaxed) == core) return true;
    return false;
  }

  /// By the thread of `lane` when it begins a task: if it shares a core, it goes to one where no other lane computes, if there is one that it may use.
  void settle(std::uint32_t lane, std::int64_t now_ns) {
    const int here = sched_getcpu();
    if (here < 0 || !shares(lane, static_cast<std::uint32_t>(here), now_ns)) return;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    cpu_set_t free = allowed;
    for (std::uint32_t core = 0; core < last_.size() && core < CPU_SETSIZE; ++core)
      if (CPU_ISSET(core, &free) && is_taken(core, lane)) CPU_CLR(core, &free);
    if (CPU_COUNT(&free) == 0) return;
    rests(lane);  // Or the other one would go as well.
    if (sched_setaffinity(0, sizeof free, &free) != 0) return;
    sched_setaffinity(0, sizeof allowed, &allowed);  // It is there now, and bound to nothing.
    if (const int there = sched_getcpu(); there >= 0) shares(lane, static_cast<std::uint32_t>(there), now_ns);
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct alignas(64) Seat {
    std::atomic<std::uint32_t> core{none};
    std::int64_t told_again_ns = INT64_MIN;  ///< Its own lane's.
  };
  std::vector<Seat> seats_;                       ///< By lane.
  std::vector<std::atomic<std::uint32_t>> last_;  ///< By core: the lane that began a task there last.
};
}  // namespace tessera::actors
