/// @file
/// One pull of a chunk's bytes: which pieces to ask for, what has come, when to ask again. Pure.
#pragma once
#include "actors/net/frame.hpp"
#include "runtime/base/units.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tessera::actors::net {
using runtime::Duration;
using runtime::Instant;

struct PullTimes {
  Duration again_after = runtime::seconds(1);   ///< A piece that did not come is asked for again.
  Duration stuck_after = runtime::seconds(8);   ///< Without any piece, the pull has failed.
};

class Pull {
 public:
  /// Pieces are of `each` bytes, at most `piece_bytes`; the last may be smaller.
  Pull(std::uint64_t size_bytes, PullTimes times, Instant now, std::uint64_t each = piece_bytes);

  struct Piece {
    std::uint64_t offset = 0;
    std::uint32_t bytes = 0;
  };
  /// The piece to ask for next; nothing where all have come or are in flight. It counts as asked for.
  std::optional<Piece> ask(Instant now);
  /// Whether this piece is one that was asked for and has not come yet; then it is taken to have come.
  bool arrived(std::uint64_t offset, std::size_t bytes, Instant now);
  /// Whoever has it will answer later: it is there, and the pieces are asked for again.
  void not_yet(Instant now) { progress_ = now; }
  /// Pieces that are late go back to be asked for. False: nothing has come for too long.
  [[nodiscard]] bool tick(Instant now);
  bool done() const { return missing_ == 0; }
  std::size_t in_flight() const { return flying_.size(); }

 private:
  enum class State : std::uint8_t { open, asked, here };
  std::uint32_t bytes_of(std::size_t piece) const;

  std::uint64_t size_bytes_, each_;
  PullTimes times_;
  std::vector<State> pieces_;
  std::vector<std::pair<std::size_t, Instant>> flying_;
  std::size_t next_ = 0, missing_;
  Instant progress_;
};
}  // namespace tessera::actors::net
