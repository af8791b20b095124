#include "actors/net/pull.hpp"

#include <algorithm>

namespace tessera::actors::net {
Pull::Pull(std::uint64_t size_bytes, PullTimes times, Instant now, std::uint64_t each)
    : size_bytes_(size_bytes), each_(each), times_(times), pieces_((size_bytes + each - 1) / each, State::open),
      missing_(pieces_.size()), progress_(now) {}

std::uint32_t Pull::bytes_of(std::size_t piece) const {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(each_, size_bytes_ - piece * each_));
}

std::optional<Pull::Piece> Pull::ask(Instant now) {
  while (next_ < pieces_.size() && pieces_[next_] != State::open) ++next_;
  if (next_ == pieces_.size()) return std::nullopt;
  pieces_[next_] = State::asked;
  flying_.emplace_back(next_, now);
  return Piece{next_ * each_, bytes_of(next_)};
}

bool Pull::arrived(std::uint64_t offset, std::size_t bytes, Instant now) {
  const std::size_t piece = offset / each_;
  if (offset % each_ != 0 || piece >= pieces_.size() || pieces_[piece] == State::here || bytes != bytes_of(piece))
    return false;
  pieces_[piece] = State::here;
  std::erase_if(flying_, [&](const auto& one) { return one.first == piece; });
  --missing_;
  progress_ = now;
  return true;
}

bool Pull::tick(Instant now) {
  std::erase_if(flying_, [&](const auto& one) {
    if (now - one.second < times_.again_after) return false;
    pieces_[one.first] = State::open;
    next_ = std::min(next_, one.first);
    return true;
  });
  return done() || now - progress_ < times_.stuck_after;
}
}  // namespace tessera::actors::net
