/// @file
/// What two processes agree on when one of them calls, or both do at once. Pure.
#pragma once
#include "actors/net/frame.hpp"

#include <algorithm>
#include <optional>

namespace tessera::actors::net {
/// The id of a session between two incarnations: with the nonce of the hello that began it, so that one that begins anew between the
/// same two is another one, and nothing of the earlier is taken for its own. When both have called, the hello of the smaller counts.
inline std::uint64_t session_id(std::uint64_t self, std::optional<std::uint64_t> own_nonce, std::uint64_t peer, std::uint64_t their_nonce) {
  const std::uint64_t parts[] = {std::min(self, peer), std::max(self, peer), own_nonce && self < peer ? *own_nonce : their_nonce};
  return hash_bytes(std::as_bytes(std::span(parts)));
}

/// A welcome names the hello of ours that its session began with. Another one: the peer has not noticed yet that the session before is
/// over, and is to be told.
inline bool is_of_earlier_session(const Header& welcome, std::uint64_t own_nonce) { return welcome.ack != own_nonce; }
}  // namespace tessera::actors::net
