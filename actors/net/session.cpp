#include "actors/net/session.hpp"

#include <algorithm>
#include <memory>

namespace tessera::actors::net {
bool Session::send(std::vector<std::byte> body) {
  if (body.size() > message_bytes_max || backlog_bytes() + body.size() > outbox_bytes_max) return false;
  outbox_bytes_ += body.size();
  const runtime::SharedBytes whole = runtime::SharedBytes::of(std::move(body));
  std::size_t at = 0;
  do {
    const std::size_t size = std::min(control_payload_max, whole.bytes.size() - at);
    outbox_.push_back({0, at + size < whole.bytes.size(), {whole.owner, whole.bytes.subspan(at, size)}});
    at += size;
  } while (at < whole.bytes.size());
  return true;
}

std::optional<Transmit> Session::next(Instant now) const {
  if (unsent_ < window_.size()) return Transmit{FrameKind::data, window_[unsent_].more, window_[unsent_].seq, window_[unsent_].payload};
  if (!outbox_.empty() && window_has_room()) return Transmit{FrameKind::data, outbox_.front().more, next_seq_, outbox_.front().payload};
  const bool many = received_ - acked_out_ >= ack_every;
  const bool late = received_ > acked_out_ && now - owed_since_ >= times_.ack_after;
  if (many || late || wants_ack_) return Transmit{FrameKind::ack, false, 0, {}};
  if (now - said_ >= times_.heartbeat) return Transmit{FrameKind::heartbeat, false, 0, {}};
  return std::nullopt;
}

void Session::sent(const Transmit& frame, Instant now) {
  said_ = now;
  acked_out_ = received_;
  wants_ack_ = false;
  if (frame.kind != FrameKind::data) return;
  if (unsent_ < window_.size()) {
    ++unsent_;
    return;
  }
  Outgoing outgoing = std::move(outbox_.front());
  outbox_.pop_front();
  outgoing.seq = next_seq_++;
  outbox_bytes_ -= outgoing.payload.bytes.size();
  window_bytes_ += outgoing.payload.bytes.size();
  if (window_.empty()) progress_ = now;
  window_.push_back(std::move(outgoing));
  ++unsent_;
}

void Session::acknowledged(std::uint64_t ack, Instant now) {
  while (!window_.empty() && window_.front().seq <= ack) {
    window_bytes_ -= window_.front().payload.bytes.size();
    window_.pop_front();
    if (unsent_ > 0) --unsent_;
    progress_ = now;
  }
}

bool Session::receive(const Header& header, std::span<const std::byte> payload, Instant now,
                      std::vector<std::vector<std::byte>>& messages) {
  heard_ = now;
  if (header.ack >= next_seq_) return false;
  acknowledged(header.ack, now);
  if (header.kind != FrameKind::data) return true;
  if (payload.size() > control_payload_max || header.seq == 0) return false;
  if (header.seq != received_ + 1) {
    wants_ack_ = true;  // A repeat, or a gap: say again what has arrived.
    return true;
  }
  if (received_ == acked_out_) owed_since_ = now;
  ++received_;
  if (partial_.size() + payload.size() > message_bytes_max) return false;
  if (!header.more && partial_.empty()) {
    messages.emplace_back(payload.begin(), payload.end());
    return true;
  }
  partial_.insert(partial_.end(), payload.begin(), payload.end());
  if (!header.more) messages.push_back(std::exchange(partial_, {}));
  return true;
}

void Session::wire_lost(Instant now) {
  if (!broken_) broken_ = now;
}

void Session::wire_back(Instant now) {
  if (!std::exchange(broken_, std::nullopt)) return;
  resent_ += unsent_;
  unsent_ = 0;
  progress_ = now;
}

std::optional<std::string> Session::tick(Instant now) {
  // This process itself did not run (paused, suspended): that is no silence of the peer.
  if (const Duration gap = now - ticked_; gap > times_.heartbeat) {
    const auto later = [&](Instant since) { return std::min(now, since + gap); };  // What happened after the pause is not put off.
    heard_ = later(heard_);
    progress_ = later(progress_);
    if (broken_) broken_ = later(*broken_);
  }
  ticked_ = now;
  if (now - heard_ >= times_.dead_after) return "it was silent for " + std::to_string(times_.dead_after.ns / 1'000'000) + " ms";
  // A connection that broke between beats was closed by the peer's end; one that broke in silence may come back.
  const bool in_silence = broken_ && *broken_ - heard_ >= times_.heartbeat + times_.heartbeat;
  if (broken_ && !in_silence && now - *broken_ >= times_.lost_wire_after) return "its connection broke and could not be made again";
  if (unsent_ > 0 && !broken_ && now - progress_ >= times_.resend_after) {
    resent_ += unsent_;
    unsent_ = 0;
    progress_ = now;
  }
  return std::nullopt;
}
}  // namespace tessera::actors::net
