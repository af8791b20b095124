/// @file
/// One session: two incarnations, one order of messages each way, nothing lost and nothing twice, over a wire that loses and
/// repeats. Pure: events and time in, orders out. What is sent stays here until the other side has acknowledged it.
#pragma once
#include "actors/net/frame.hpp"
#include "runtime/base/shared_bytes.hpp"
#include "runtime/base/units.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace tessera::actors::net {
using runtime::Duration;
using runtime::Instant;

struct SessionTimes {
  Duration heartbeat = runtime::seconds(1);
  Duration dead_after = runtime::seconds(8);
  Duration resend_after = runtime::milliseconds(500);   ///< Without progress of acks.
  Duration lost_wire_after = runtime::milliseconds(500);///< From a connection that the peer's end broke to giving it up.
  Duration ack_after = runtime::milliseconds(5);
};

inline constexpr std::size_t window_frames_max = 4096;
inline constexpr std::uint64_t window_bytes_max = 8 << 20;
inline constexpr std::uint64_t message_bytes_max = 256 << 20;
inline constexpr std::uint64_t outbox_bytes_max = 512 << 20;
inline constexpr std::uint64_t ack_every = 64;

/// A frame to put on the wire.
struct Transmit {
  FrameKind kind = FrameKind::heartbeat;
  bool more = false;
  std::uint64_t seq = 0;
  runtime::SharedBytes payload;
};

class Session {
 public:
  Session(SessionTimes times, Instant now) : times_(times), heard_(now), said_(now), progress_(now), ticked_(now) {}

  /// Queues a message; false if too much waits already (the caller slows its producers) or it is too long.
  [[nodiscard]] bool send(std::vector<std::byte> body);
  /// The next frame for the wire, or nothing: then the window is full, or everything was sent. The caller says `sent` if the wire
  /// took it, and asks again later if not.
  std::optional<Transmit> next(Instant now) const;
  void sent(const Transmit& frame, Instant now);

  /// A data, ack or heartbeat frame of this session arrived; messages that are whole are appended. False: the peer breaks the
  /// protocol, end the session.
  [[nodiscard]] bool receive(const Header& header, std::span<const std::byte> payload, Instant now,
                             std::vector<std::vector<std::byte>>& messages);
  /// The connection broke, or is there again.
  void wire_lost(Instant now);
  void wire_back(Instant now);
  /// Time passed. A reason if the peer is to be given up.
  std::optional<std::string> tick(Instant now);

  /// What acknowledges all that came so far; the header of any frame carries it.
  std::uint64_t ack() const { return received_; }
  /// Bytes not acknowledged yet.
  std::uint64_t backlog_bytes() const { return outbox_bytes_ + window_bytes_; }
  bool owes_ack() const { return received_ > acked_out_ || wants_ack_; }
  bool idle() const { return outbox_.empty() && window_.empty(); }
  std::uint64_t resent() const { return resent_; }
  bool is_suspect(Instant now, Duration after) const { return now - heard_ >= after; }

 private:
  struct Outgoing {
    std::uint64_t seq = 0;
    bool more = false;
    runtime::SharedBytes payload;
  };
  bool window_has_room() const { return window_.size() < window_frames_max && window_bytes_ < window_bytes_max; }
  void acknowledged(std::uint64_t ack, Instant now);

  SessionTimes times_;
  std::deque<Outgoing> outbox_;   ///< Not numbered yet.
  std::deque<Outgoing> window_;   ///< Numbered, not acknowledged.
  std::size_t unsent_ = 0;        ///< The first in `window_` that the wire has not taken (again).
  std::uint64_t outbox_bytes_ = 0, window_bytes_ = 0, next_seq_ = 1, received_ = 0, acked_out_ = 0, resent_ = 0;
  std::vector<std::byte> partial_;
  bool wants_ack_ = false;
  Instant heard_, said_, progress_, ticked_, owed_since_;
  std::optional<Instant> broken_;
};
}  // namespace tessera::actors::net
