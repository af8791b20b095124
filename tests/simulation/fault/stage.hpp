/// @file
/// What all parts of a simulated cluster share: virtual time, the seed's generator, what the seed drew, what has happened so far.
#pragma once
#include "runtime/base/rng.hpp"
#include "runtime/base/units.hpp"
#include "tests/simulation/fault/chaos.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <queue>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::simulation::fault {
using runtime::Bytes;
using runtime::Duration;
using runtime::Instant;
using runtime::microseconds;
using runtime::milliseconds;
using runtime::seconds;
using Deed = std::function<void()>;

/// A check that failed; the words say which, and of what.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};
template <class... Args>
[[noreturn]] void violated(fmt::format_string<Args...> format, Args&&... args) {
  throw Violation(fmt::format(format, std::forward<Args>(args)...));
}

/// Deeds in the order of their time; those of one instant in the order in which they were asked for.
class Timeline {
 public:
  Instant now() const { return now_; }
  void after(Duration delay, Deed deed);
  /// When the next one happens.
  Instant next() const { return queue_.empty() ? now_ + seconds(1) : queue_.top().at; }
  /// One deed; where there is none (all processes have ended), a second passes.
  void step();

 private:
  struct Entry {
    Instant at;
    std::uint64_t order;
    std::uint32_t place;
    friend bool operator<(const Entry& a, const Entry& b) { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };
  Instant now_;
  std::uint64_t order_ = 0;
  std::vector<Deed> deeds_;
  std::vector<std::uint32_t> free_;
  std::priority_queue<Entry> queue_;
};

class Stage {
 public:
  explicit Stage(const Chaos& what) : chaos(what), rng(what.seed ^ 0xC4A05ull) {}

  const Chaos chaos;
  Timeline time;
  runtime::Rng rng;

  bool chance(std::uint32_t percent) { return percent > 0 && rng.below(100) < percent; }
  Duration between(Duration least, Duration most) { return {least.ns + static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(most.ns - least.ns) + 1))}; }

  /// A way of recovery that was taken. Over many seeds each must be.
  void saw(std::string_view what) { ++seen[std::string(what)]; }
  std::map<std::string, std::uint64_t> seen;

  /// Something other than a heartbeat has happened.
  void progress() { progressed = time.now(); }
  Instant progressed;
  /// Of all that happens: the same seed gives the same number.
  void trace(std::uint64_t value) { hash = (hash ^ value ^ static_cast<std::uint64_t>(time.now().ns)) * 1099511628211ull; }
  std::uint64_t hash = 1469598103934665603ull, events = 0;

  /// A line for the person who replays the seed.
  template <class... Args>
  void tell(fmt::format_string<Args...> format, Args&&... args) {
    if (!tells) return;
    story.push_back(fmt::format("{:>10.6f} ", static_cast<double>(time.now().ns) * 1e-9) + fmt::format(format, std::forward<Args>(args)...));
    if (story.size() > chaos.story_lines) story.erase(story.begin());
    if (prints) fmt::print(stderr, "{}\n", story.back());
  }
  bool tells = false, prints = false;
  std::vector<std::string> story;

  // What has happened that explains errors and repeated runs.
  std::uint64_t losses = 0;        ///< Nodes that the coordinator gave up.
  std::uint64_t bad_files = 0, full_disks = 0, evictions = 0, cancels = 0, releases = 0, retries = 0;
  Instant last_fault;
};

/// A process of the cluster: what is to happen in it waits while it is paused, and never happens once it has ended.
class Process {
 public:
  Process(Stage& stage, std::uint64_t its_id, std::string its_name) : id(its_id), name(std::move(its_name)), stage_(stage) {}
  virtual ~Process() = default;
  Process(const Process&) = delete;

  void after(Duration delay, Deed deed) {
    stage_.time.after(delay, [this, deed = std::move(deed)]() mutable { happen(std::move(deed)); });
  }
  bool is_paused() const { return stage_.time.now() < paused_until; }
  bool alive = true;
  std::uint64_t deeds = 0;  ///< That have happened in it.
  Instant paused_until;
  const std::uint64_t id;   ///< Its incarnation, and its address.
  const std::string name;

 protected:
  Stage& stage() { return stage_; }

 private:
  void happen(Deed deed) {
    if (!alive) return;
    if (!is_paused()) {
      ++deeds;
      return deed();
    }
    after(paused_until - stage_.time.now(), std::move(deed));
  }
  Stage& stage_;
};
}  // namespace tessera::simulation::fault
