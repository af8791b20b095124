/// @file
/// The book of one node's memory. Every byte is admitted before it is allocated:
/// `resident + reserved + overhead <= limit` at every moment (rule M1).
#pragma once
#include "runtime/base/units.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tessera::runtime::memory {
/// Who asks: a number that the owner of the ledger chooses, unique among open requests.
using RequestId = std::uint64_t;

/// A place in the queue: higher priority goes first, then lower order.
struct Rank {
  constexpr Rank(std::uint64_t its_order = 0, std::int32_t its_priority = 0) : priority(its_priority), order(its_order) {}
  std::int32_t priority;
  std::uint64_t order;
  friend constexpr bool operator==(const Rank&, const Rank&) = default;
  friend constexpr bool operator<(const Rank& a, const Rank& b) {
    return a.priority != b.priority ? a.priority > b.priority : a.order < b.order;
  }
};

/// What became of a request.
enum class Verdict : std::uint8_t {
  granted,  ///< Reserved.
  waits,    ///< Does not fit now; it is in the queue and a later call grants it.
  never,    ///< Larger than the limit: it can never fit, while what the process takes besides may become less. Nothing was recorded.
};

/// Sums, a queue of requests that wait, and nothing else. Pure; one owner; all calls O(log waiting).
///
/// Waiting requests are granted in rank order, and none is overtaken by a later rank: a small request behind a large one
/// waits, so that the large one is not starved. A request of 0 bytes is always granted.
class Ledger {
 public:
  explicit Ledger(Bytes limit) : limit_(limit) {}

  /// Asks for `amount` whole. `granted` only if nothing of a lower rank waits.
  Verdict request(RequestId id, Bytes amount, Rank rank);
  /// Takes a waiting request out of the queue; false if it does not wait. Others may become granted: see `settle`.
  bool withdraw(RequestId id);

  /// Turns `reserved` bytes of a grant into `actual` resident ones. `actual` may be more: an overrun is booked at once.
  void commit(Bytes reserved, Bytes actual);
  /// Gives a reservation back unused.
  void unreserve(Bytes amount);
  /// Reserves at once, also beyond the limit.
  void force(Bytes amount) { reserved_ += amount, note_peak(); }
  /// Books bytes that are resident already and asked nobody (scattered by the program).
  void adopt(Bytes amount) { resident_ += amount, note_peak(); }
  /// Resident bytes were freed or written to disk.
  void free(Bytes amount);
  /// Memory of the process that the ledger does not know, as measured.
  void set_overhead(Bytes amount) { overhead_ = amount; }
  void set_limit(Bytes limit) { limit_ = limit; }

  /// Grants, in rank order, what fits now; appends the ids to `granted`. Call it after anything was given back.
  void settle(std::vector<RequestId>& granted);

  /// Bytes that the first waiting request lacks, and those of an overrun; 0 if neither is. What eviction has to free.
  Bytes shortfall() const;
  /// The first that waits, and its rank; nothing if none does.
  std::optional<RequestId> first() const;
  std::optional<Rank> first_rank() const;

  Bytes limit() const { return limit_; }
  Bytes resident() const { return resident_; }
  Bytes reserved() const { return reserved_; }
  Bytes overhead() const { return overhead_; }
  /// The most that was resident and reserved so far.
  Bytes peak() const { return peak_; }
  Bytes available() const;
  std::size_t waiting() const { return by_rank_.size(); }
  bool waits(RequestId id) const { return rank_of_.contains(id); }
  /// Bytes by which overruns and overhead exceed the limit at this moment; 0 when the invariant holds strictly.
  Bytes overrun() const;
  /// Asserts that sums and queue agree. O(waiting).
  void check() const;

 private:
  struct Waiting {
    RequestId id;
    Bytes amount;
  };
  void note_peak() {
    if (resident_ + reserved_ > peak_) peak_ = resident_ + reserved_;
  }
  Bytes limit_, resident_, reserved_, overhead_, peak_;
  std::map<std::pair<Rank, RequestId>, Waiting> by_rank_;
  std::unordered_map<RequestId, Rank> rank_of_;
};
}  // namespace tessera::runtime::memory
