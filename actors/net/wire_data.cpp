// The data lane of the wire: pieces of chunks, asked for by whoever pulls and sent as they are.
#include "actors/net/wire.hpp"

#include "serialization/codec.hpp"

namespace tessera::actors::net {
using runtime::ErrorCode;
using runtime::Failure;

namespace {
/// Of all pulls from one peer: enough that both sides' threads copy at once, and so few that they do not keep every core from the
/// threads that carry control (docs/benchmarks.md, link.control).
constexpr std::size_t pieces_in_flight = 2;
constexpr std::size_t provided_a_peer = 64;
}  // namespace

void Wire::pump_pulls(Peer& peer) {
  peer.data_blocked = false;
  if (peer.pulls.empty()) return;
  if (!peer.data) {
    peer.data = Socket(context_, ZMQ_DEALER, Lane::data, curve_ ? &*curve_ : nullptr);
    if (!peer.data || peer.data.connect(peer.data_endpoint) != 0)
      return lose(peer, ErrorCode::peer_lost, "its data address " + peer.data_endpoint + " cannot be connected to");
  }
  const std::size_t in_flight_max = down_.is_on() ? slow_pieces_in_flight : pieces_in_flight;
  std::size_t in_flight = 0;
  for (const Turn& turn : peer.turns.open()) in_flight += peer.pulls.at(turn.id).state.in_flight();
  for (const Turn& turn : peer.turns.open()) {
    PullJob& job = peer.pulls.at(turn.id);
    for (; in_flight < in_flight_max; ++in_flight) {
      int events = 0;
      std::size_t size = sizeof events;
      zmq_getsockopt(peer.data.get(), ZMQ_EVENTS, &events, &size);
      if (peer.data_blocked = (events & ZMQ_POLLOUT) == 0; peer.data_blocked) return;  // It is connecting, for example.
      const auto piece = job.state.ask(now_);
      if (!piece) break;
      Header header;
      header.kind = FrameKind::want_piece;
      header.receiver = peer.id;
      header.session = peer.session_id;
      header.seq = turn.id;
      header.ack = piece->offset;
      serialization::Writer writer;
      writer.number(piece->bytes);
      writer.number(static_cast<std::uint64_t>(job.order.into.size()));
      writer.raw(job.order.name.data(), job.order.name.size());
      send_frame(peer.data, header, runtime::SharedBytes::of(std::move(writer.bytes())));
    }
  }
}

void Wire::read_data_requests() {
  for (int i = 0; i < frames_a_turn; ++i) {
    Part route, header_part, payload;
    if (!data_.receive(route)) return;
    Header header;
    bool good = route.more() && data_.receive(header_part) && header_part.more() && data_.receive(payload);
    if (good && payload.more()) {
      good = false;
      for (Part rest; data_.receive(rest) && rest.more();) {
      }
    }
    good = good && decode_header(header_part.bytes(), payload.bytes(), header) == FrameError::none &&
           header.kind == FrameKind::want_piece && header.receiver == self_;
    Peer* peer = good ? find(header.sender) : nullptr;
    if (peer == nullptr || peer->gone || header.session != peer->session_id ||
        (gate_ && payload.property("User-Id") != peer->user)) {
      shared_.frames_dropped.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    provide_piece(route.bytes(), header, payload.bytes());
  }
}

void Wire::provide_piece(std::span<const std::byte> route, const Header& header, std::span<const std::byte> payload) {
  Peer& peer = *find(header.sender);
  runtime::SharedBytes piece;
  Header answer;
  answer.kind = find_piece(peer, header, payload, piece);
  answer.receiver = header.sender;
  answer.session = header.session;
  answer.seq = header.seq;
  answer.ack = header.ack;
  std::erase_if(peer.early, [&](const Early& one) { return one.header.seq == header.seq && one.header.ack == header.ack; });
  if (answer.kind == FrameKind::not_yet && peer.early.size() < provided_a_peer)
    peer.early.push_back({{route.begin(), route.end()}, {payload.begin(), payload.end()}, header, now_});
  if (up_.is_on() && answer.kind == FrameKind::piece) send_late(route, answer, piece);
  else if (data_.send(route, /*more=*/true)) send_frame(data_, answer, piece);
  else shared_.frames_dropped.fetch_add(1, std::memory_order_relaxed);  // Asked for again after a second.
}

FrameKind Wire::find_piece(Peer& peer, const Header& header, std::span<const std::byte> payload, runtime::SharedBytes& piece) {
  constexpr std::size_t fixed = sizeof(std::uint32_t) + sizeof(std::uint64_t);
  if (payload.size() <= fixed) return FrameKind::no_piece;
  serialization::Reader reader(payload);
  const auto bytes = reader.number<std::uint32_t>();
  const auto total = reader.number<std::uint64_t>();
  const auto name = payload.subspan(fixed);
  auto at = peer.provided.find(header.seq);
  if (at == peer.provided.end()) {
    if (peer.provided.size() >= provided_a_peer) return FrameKind::no_piece;
    auto buffer = handler_.provide(peer.id, name);
    if (!buffer) return FrameKind::not_yet;
    at = peer.provided.emplace(header.seq, Provided{std::move(*buffer), {name.begin(), name.end()}, now_}).first;
  }
  const Buffer& whole = at->second.buffer;
  at->second.used = now_;
  const bool is_good = whole.bytes.size() == total && header.ack <= total && bytes <= total - header.ack && bytes <= piece_bytes;
  if (is_good) piece = {whole.owner, whole.bytes.subspan(header.ack, bytes)};
  if (!is_good || header.ack + bytes == total) {
    peer.provided.erase(at);
    handler_.served(peer.id, name);
  }
  return is_good ? FrameKind::piece : FrameKind::no_piece;
}

void Wire::obey(LookAgainOrder) {
  for (const auto& peer : peers_) {
    if (peer->gone) continue;
    for (const Early& one : std::exchange(peer->early, {})) provide_piece(one.route, one.header, one.payload);
  }
}

void Wire::read_pieces(Peer& peer) {
  if (!peer.data) return;
  for (int i = 0; i < pieces_a_turn; ++i) {
    Part header_part, payload;
    if (!peer.data.receive(header_part)) return;
    if (!header_part.more() || !peer.data.receive(payload)) continue;
    Header header;
    if (decode_header(header_part.bytes(), payload.bytes(), header) != FrameError::none || header.session != peer.session_id) {
      shared_.frames_dropped.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    const auto at = peer.pulls.find(header.seq);
    if (at == peer.pulls.end()) continue;
    peer.answers = true;
    if (header.kind == FrameKind::not_yet) {
      at->second.state.not_yet(now_);
    } else if (header.kind == FrameKind::no_piece) {
      finish_pull(peer, at, Failure{ErrorCode::data_lost, peer.endpoint + " does not have the data any more"});
    } else if (header.kind == FrameKind::piece) {
      if (down_.is_on()) take_late(peer, header.seq, header.ack, payload.bytes());
      else take_piece(peer, at, header.ack, payload.bytes());
    }
  }
}

void Wire::take_piece(Peer& peer, std::map<std::uint64_t, PullJob>::iterator at, std::uint64_t offset, std::span<const std::byte> bytes) {
  PullJob& job = at->second;
  if (!job.state.arrived(offset, bytes.size(), now_)) return;
  std::memcpy(job.order.into.data() + offset, bytes.data(), bytes.size());
  shared_.bytes_pulled.fetch_add(bytes.size(), std::memory_order_relaxed);
  if (job.state.done()) finish_pull(peer, at, {});
  else pump_pulls(peer);
}

void Wire::finish_pull(Peer& peer, std::map<std::uint64_t, PullJob>::iterator at, runtime::Result<void> result) {
  PullJob job = std::move(at->second);
  peer.turns.remove(at->first);
  peer.pulls.erase(at);
  job.order.done(std::move(result));
}
}  // namespace tessera::actors::net
