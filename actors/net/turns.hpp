/// @file
/// In which order pulls from one peer are asked for. Pure.
#pragma once
#include "runtime/memory/ledger.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <vector>

namespace tessera::actors::net {
/// A pull's place: by rank, then in the order in which they were asked for.
struct Turn {
  runtime::memory::Rank rank;
  std::uint64_t id = 0;
  friend bool operator<(const Turn& a, const Turn& b) { return a.rank == b.rank ? a.id < b.id : a.rank < b.rank; }
};

class Turns {
 public:
  static constexpr std::size_t open_usual = 4;
  /// With those before which more urgent ones came. The peer keeps at most 64.
  static constexpr std::size_t open_max = 16;

  void add(Turn turn) {
    waiting_.insert(turn);
    open_more();
  }
  void remove(std::uint64_t id) {
    if (std::erase_if(open_, [&](const Turn& turn) { return turn.id == id; }) == 0) std::erase_if(waiting_, [&](const Turn& turn) { return turn.id == id; });
    open_more();
  }
  /// Those of which pieces are asked for, if the ones before them have no more to ask for.
  std::span<const Turn> open() const { return open_; }

 private:
  void open_more() {
    while (!waiting_.empty()) {
      const Turn first = *waiting_.begin();
      if (open_.size() >= open_usual && (open_.size() >= open_max || open_.front() < first)) return;
      waiting_.erase(waiting_.begin());
      open_.insert(std::ranges::upper_bound(open_, first, std::less<Turn>()), first);
    }
  }

  std::vector<Turn> open_;   ///< By turn.
  std::set<Turn> waiting_;
};
}  // namespace tessera::actors::net
