#include "tests/simulation/fault/link.hpp"

#include "actors/net/handshake.hpp"
#include "serialization/codec.hpp"

#include <algorithm>

namespace tessera::simulation::fault {
using net::FrameKind;
using net::Header;
using runtime::SharedBytes;

namespace {
constexpr Duration dead_after = seconds(8);
constexpr std::size_t pulls_a_peer = 4, pieces_in_flight = 2;
}  // namespace

Link::Link(Stage& stage, Network& network, Process& process, LinkHandler& handler)
    : stage_(stage), network_(network), process_(process), handler_(handler), next_nonce_(process.id << 32) {
  network_.attach(process, *this);
  turn_in(milliseconds(50));
}

// ---- turns: what the link's thread does ------------------------------------------------------------------------------

void Link::order(Deed deed) {
  orders_.push_back(std::move(deed));
  turn_in(microseconds(static_cast<std::int64_t>(1 + stage_.rng.below(30))));
}

void Link::turn_in(Duration delay) {
  const Instant at = stage_.time.now() + delay;
  if (is_turn_asked_ && turn_at_ <= at) return;
  is_turn_asked_ = true;
  turn_at_ = at;
  process_.after(delay, [this, number = ++turns_] {
    if (number == turns_) turn();
  });
}

void Link::turn() {
  is_turn_asked_ = false;
  for (Deed& deed : std::exchange(orders_, {})) deed();
  for (auto& [id, peer] : peers_)
    if (!peer.gone) tick(id, peer);
  settle();
}

void Link::settle() {
  for (auto& [id, peer] : peers_) {
    if (peer.gone) continue;
    pump(id, peer);
    pump_pulls(id, peer);
  }
  bury();
  Duration next = milliseconds(100);
  for (const auto& [id, peer] : peers_)
    if (peer.session && peer.session->owes_ack()) next = milliseconds(5);
  turn_in(next);
}

void Link::tick(PeerId id, Peer& peer) {
  const Instant now = stage_.time.now();
  if (!peer.is_up) {
    if (now - peer.since >= dead_after) return lose(peer, "no answer");
    if (now >= peer.next_hello) say_hello(id, peer, FrameKind::hello, peer.nonce);
    return;
  }
  say_welcome(id, peer);
  if (auto why = peer.session->tick(now)) lose(peer, *why);
  for (auto at = peer.active.begin(); at != peer.active.end();) {
    const auto job = at++;
    if (!job->second.state.tick(now)) stage_.saw("pull given up"), finish_pull(peer, job->first, false);
  }
  std::erase_if(peer.provided, [&](const auto& entry) {
    if (now - entry.second.used <= seconds(2)) return false;
    handler_.served(entry.second.chunk);
    return true;
  });
  std::erase_if(peer.early, [&](const Early& entry) { return now - entry.since > seconds(2); });
}

bool Link::is_idle() const {
  return std::ranges::all_of(peers_, [](const auto& entry) {
    return (!entry.second.session || entry.second.session->idle()) && entry.second.active.empty() && entry.second.waiting.empty();
  });
}

// ---- peers -----------------------------------------------------------------------------------------------------------

Link::Peer* Link::find_up(PeerId id) {
  const auto at = peers_.find(id);
  return at == peers_.end() || !at->second.is_up ? nullptr : &at->second;
}

Link::Peer& Link::dial(PeerId to) {
  Peer& peer = peers_[to];
  peer.nonce = next_nonce_++;
  peer.since = peer.next_hello = stage_.time.now();
  network_.dial(process_.id, to, Lane::control);
  return peer;
}

void Link::obey_connect(PeerId to) {
  if (const auto at = peers_.find(to); at != peers_.end() && !at->second.gone) {
    at->second.asked = true;
    return;
  }
  bury();
  dial(to).asked = true;
}

bool Link::send(PeerId to, std::vector<std::byte> body) {
  const Peer* peer = find_up(to);
  if (peer == nullptr || peer->gone) return false;
  order([this, to, sent = std::move(body)]() mutable {
    Peer* its = find_up(to);
    if (its == nullptr || its->gone) return;
    if (!its->session->send(std::move(sent))) lose(*its, "it does not read what is sent to it");
  });
  return true;
}

void Link::obey_disconnect(PeerId to) {
  Peer* peer = find_up(to);
  if (peer == nullptr || peer->gone) return;
  Header header;
  header.kind = FrameKind::bye;
  header.session = peer->session_id;
  send_frame(to, Lane::control, header, {});
  lose(*peer, "this process ended the connection");
}

void Link::stop() {
  for (auto& [id, peer] : peers_) {
    if (!peer.is_up || peer.gone) continue;
    Header header;
    header.kind = FrameKind::bye;
    header.session = peer.session_id;
    send_frame(id, Lane::control, header, {});
  }
}

bool Link::send_frame(PeerId to, Lane lane, Header header, const SharedBytes& payload, Bytes size) {
  header.sender = process_.id;
  header.receiver = to;
  header.payload_bytes = static_cast<std::uint32_t>(payload.bytes.size());
  if (header.kind != FrameKind::piece) header.payload_hash = net::hash_bytes(payload.bytes);
  return network_.send(process_.id, to, lane, {net::encode_header(header), payload}, size);
}

void Link::answer_frame(PeerId to, Lane lane, Header header, const SharedBytes& payload, Bytes size) {
  header.sender = process_.id;
  header.receiver = to;
  header.payload_bytes = static_cast<std::uint32_t>(payload.bytes.size());
  if (header.kind != FrameKind::piece) header.payload_hash = net::hash_bytes(payload.bytes);
  network_.answer(process_.id, to, lane, {net::encode_header(header), payload}, size);
}

bool Link::say_hello(PeerId to, Peer& peer, FrameKind kind, std::uint64_t nonce) {
  Header header;
  header.kind = kind;
  header.seq = nonce;
  header.ack = kind == FrameKind::welcome ? peer.their_nonce : 0;
  header.session = peer.session_id;
  const bool sent = send_frame(to, Lane::control, header, {});
  peer.next_hello = stage_.time.now() + milliseconds(sent ? 100 : 2);
  return sent;
}

void Link::say_welcome(PeerId to, Peer& peer) {
  if (peer.welcome && say_hello(to, peer, FrameKind::welcome, *peer.welcome)) peer.welcome.reset();
}

void Link::come_up(Peer& peer, std::uint64_t session) {
  peer.session_id = session;
  peer.session.emplace(net::SessionTimes{}, stage_.time.now());
  peer.is_up = true;
  stage_.saw("session begun");
}

void Link::lose(Peer& peer, std::string why) {
  if (std::exchange(peer.gone, true)) return;
  peer.why = std::move(why);
}

void Link::bury() {
  for (auto at = peers_.begin(); at != peers_.end();) {
    if (!at->second.gone) {
      ++at;
      continue;
    }
    const PeerId id = at->first;
    auto node = peers_.extract(at++);
    Peer& peer = node.mapped();
    network_.hang_up(process_.id, id, Lane::control);
    network_.hang_up(process_.id, id, Lane::data);
    if (peer.session && peer.session->resent() > 0) stage_.saw("frames sent again");
    stage_.tell("{} gives up {}: {}", process_.name, id, peer.why);
    for (auto* jobs : {&peer.active, &peer.waiting})
      for (auto& [number, job] : *jobs) job.done(std::nullopt);
    if (peer.is_up) stage_.saw("session ended"), handler_.peer_down(id, peer.why);
    else if (peer.asked) stage_.saw("connect failed"), handler_.connect_failed(id);
  }
}

// ---- what comes in ---------------------------------------------------------------------------------------------------

void Link::connected(PeerId to, Lane lane) {
  const auto at = peers_.find(to);
  if (lane == Lane::data || at == peers_.end()) return settle();
  at->second.next_hello = stage_.time.now();
  if (at->second.session) at->second.session->wire_back(stage_.time.now());
  turn_in({});
}

void Link::disconnected(PeerId to, Lane lane) {
  const auto at = peers_.find(to);
  if (lane == Lane::data || at == peers_.end()) return;
  if (at->second.session) at->second.session->wire_lost(stage_.time.now());
  turn_in({});
}

void Link::arrived(PeerId from, Lane lane, const Frame& frame) {
  Header header;
  if (net::decode_header(frame.header, frame.payload.bytes, header) != net::FrameError::none) return stage_.saw("frame refused");
  stage_.trace(header.seq * 31 + header.ack * 7 + static_cast<std::uint64_t>(header.kind) + from * 1009 + process_.id * 8191);
  if (lane == Lane::data) {
    const Peer* peer = find_up(from);
    if (header.kind != FrameKind::want_piece || peer == nullptr || peer->gone || header.session != peer->session_id) return;
    provide_piece(from, header, frame.payload);
  } else if (header.kind == FrameKind::hello) {
    on_hello(header);
  } else if (header.kind == FrameKind::welcome) {
    on_welcome(header);
  } else {
    on_session_frame(from, header, frame.payload.bytes);
  }
  settle();
}

void Link::on_hello(const Header& header) {
  const PeerId id = header.sender;
  auto at = peers_.find(id);
  const bool is_new = at == peers_.end() || !at->second.is_up;
  if (is_new) {
    if (at != peers_.end() && at->second.gone) bury(), at = peers_.end();
    const std::optional<std::uint64_t> own = at == peers_.end() ? std::nullopt : std::optional(at->second.nonce);
    if (own) stage_.saw("both sides called");
    Peer& peer = own ? at->second : dial(id);
    come_up(peer, net::session_id(process_.id, own, id, header.seq));
    peer.their_nonce = header.seq;
    at = peers_.find(id);
  } else if (at->second.gone) {
    return;
  } else {
    stage_.saw("hello of a peer that is up");
  }
  at->second.welcome = header.seq;
  say_welcome(id, at->second);
  if (is_new) handler_.peer_up(id);
}

void Link::on_welcome(const Header& header) {
  const auto at = peers_.find(header.sender);
  if (at == peers_.end() || at->second.nonce != header.seq || at->second.is_up || at->second.gone) return;
  if (net::is_of_earlier_session(header, at->second.nonce)) {
    stage_.saw("earlier session ended by its heir");
    Header over;
    over.kind = FrameKind::bye;
    over.session = header.session;
    send_frame(header.sender, Lane::control, over, {});
    return;
  }
  come_up(at->second, header.session);
  handler_.peer_up(header.sender);
}

void Link::on_session_frame(PeerId from, const Header& header, std::span<const std::byte> payload) {
  Peer* peer = find_up(from);
  if (peer == nullptr) {
    const bool expecting = std::ranges::any_of(peers_, [](const auto& entry) { return !entry.second.is_up; });
    if (expecting || header.kind == FrameKind::bye) return;
    Header reject;
    reject.kind = FrameKind::reject;
    stage_.saw("session rejected");
    return answer_frame(from, Lane::control, reject, {});
  }
  if (peer->gone || header.session != peer->session_id) return;
  if (header.kind == FrameKind::bye) return lose(*peer, "it left");
  std::vector<std::vector<std::byte>> messages;
  const bool good = peer->session->receive(header, payload, stage_.time.now(), messages);
  for (const auto& message : messages) handler_.message(from, message);
  if (!good) stage_.saw("protocol of the link broken"), lose(*peer, "it broke the protocol of the link");
}

void Link::answered(PeerId by, Lane lane, const Frame& frame) {
  const auto at = peers_.find(by);
  Header header;
  if (at == peers_.end() || net::decode_header(frame.header, frame.payload.bytes, header) != net::FrameError::none) return;
  if (lane == Lane::data) on_piece(by, header, frame.payload.bytes);
  else if (header.kind == FrameKind::reject) lose(at->second, "the session is over");
  settle();
}

void Link::pump(PeerId id, Peer& peer) {
  if (!peer.is_up || peer.welcome) return;
  while (auto frame = peer.session->next(stage_.time.now())) {
    Header header;
    header.kind = frame->kind;
    header.more = frame->more;
    header.session = peer.session_id;
    header.seq = frame->seq;
    header.ack = peer.session->ack();
    if (!send_frame(id, Lane::control, header, frame->payload)) return;
    peer.session->sent(*frame, stage_.time.now());
  }
}

// ---- pieces, as in actors/net/wire_data.cpp --------------------------------------------------------------------------

void Link::pull(PeerId from, const runtime::ChunkId& chunk, Bytes size, Pulled done) {
  order([this, from, chunk, size, done = std::move(done)] {
    Peer* peer = find_up(from);
    if (peer == nullptr || peer->gone) return done(std::nullopt);
    peer->waiting.emplace(next_pull_++, PullJob{chunk, size, done, net::Pull(size.value, {}, stage_.time.now()), {}});
  });
}

void Link::pump_pulls(PeerId id, Peer& peer) {
  while (!peer.waiting.empty() && peer.active.size() < pulls_a_peer) peer.active.insert(peer.waiting.extract(peer.waiting.begin()));
  if (peer.active.empty()) return;
  if (!std::exchange(peer.has_data, true)) network_.dial(process_.id, id, Lane::data);
  std::size_t in_flight = 0;
  for (const auto& [number, job] : peer.active) in_flight += job.state.in_flight();
  for (auto& [number, job] : peer.active) {
    for (; in_flight < pieces_in_flight; ++in_flight) {
      const auto piece = job.state.ask(stage_.time.now());
      if (!piece) break;
      Header header;
      header.kind = FrameKind::want_piece;
      header.session = peer.session_id;
      header.seq = number;
      header.ack = piece->offset;
      serialization::Writer writer;
      writer.number(piece->bytes), writer.number(job.size.value);
      writer.number(job.chunk.key.high), writer.number(job.chunk.key.low), writer.number(job.chunk.job.value);
      send_frame(id, Lane::data, header, SharedBytes::of(std::move(writer.bytes())));
    }
  }
}

void Link::provide_piece(PeerId to, const Header& header, const SharedBytes& payload) {
  Peer& peer = *find_up(to);
  serialization::Reader reader(payload.bytes);
  const auto bytes = reader.number<std::uint32_t>();
  const auto total = reader.number<std::uint64_t>();
  runtime::ChunkId chunk;
  chunk.key.high = reader.number<std::uint64_t>(), chunk.key.low = reader.number<std::uint64_t>(), chunk.job.value = reader.number<std::uint32_t>();
  Header answer;
  answer.session = header.session;
  answer.seq = header.seq;
  answer.ack = header.ack;
  std::erase_if(peer.early, [&](const Early& one) { return one.header.seq == header.seq && one.header.ack == header.ack; });
  auto at = peer.provided.find(header.seq);
  if (at == peer.provided.end()) {
    Whole whole;
    const auto found = handler_.provide(chunk, whole);
    if (found == LinkHandler::Answer::not_yet) {
      stage_.saw("piece not yet there");
      peer.early.push_back({header, payload, stage_.time.now()});
      answer.kind = FrameKind::not_yet;
      return answer_frame(to, Lane::data, answer, {});
    }
    if (found == LinkHandler::Answer::absent) whole = {};
    at = peer.provided.emplace(header.seq, Provided{chunk, whole, stage_.time.now()}).first;
  }
  at->second.used = stage_.time.now();
  const bool is_good = at->second.whole.size.value == total && header.ack <= total && bytes <= total - header.ack;
  answer.kind = is_good ? FrameKind::piece : FrameKind::no_piece;
  SharedBytes piece;
  if (is_good) {
    serialization::Writer writer;
    writer.number(at->second.whole.value), writer.number(bytes);
    piece = SharedBytes::of(std::move(writer.bytes()));
  } else {
    stage_.saw("piece absent");
  }
  if (!is_good || header.ack + bytes == total) {
    peer.provided.erase(at);
    handler_.served(chunk);
  }
  answer_frame(to, Lane::data, answer, piece, {is_good ? bytes : 0});
}

void Link::obey_look_again() {
  for (auto& [id, peer] : peers_) {
    if (peer.gone) continue;
    for (const Early& one : std::exchange(peer.early, {})) provide_piece(id, one.header, one.payload);
  }
}

void Link::on_piece(PeerId by, const Header& header, std::span<const std::byte> payload) {
  Peer& peer = peers_.at(by);
  const auto at = peer.active.find(header.seq);
  if (at == peer.active.end() || header.session != peer.session_id) return;
  PullJob& job = at->second;
  if (header.kind == FrameKind::not_yet) job.state.not_yet(stage_.time.now());
  else if (header.kind == FrameKind::no_piece) finish_pull(peer, header.seq, false);
  else if (header.kind == FrameKind::piece) {
    serialization::Reader reader(payload);
    const auto value = reader.number<std::uint64_t>();
    const auto bytes = reader.number<std::uint32_t>();
    if (!job.state.arrived(header.ack, bytes, stage_.time.now())) return;
    if (job.value && *job.value != value) violated("pieces of one pull of {} are of different values", to_string(job.chunk.key));
    job.value = value;
    if (job.state.done()) finish_pull(peer, header.seq, true);
  }
}

void Link::finish_pull(Peer& peer, std::uint64_t id, bool ok) {
  PullJob job = std::move(peer.active.extract(id).mapped());
  job.done(ok ? job.value : std::nullopt);
}
}  // namespace tessera::simulation::fault
