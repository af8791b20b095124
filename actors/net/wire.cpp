#include "actors/net/wire.hpp"

#include "actors/net/handshake.hpp"
#include "serialization/codec.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace tessera::actors::net {
using runtime::ErrorCode;
using runtime::Failure;
using serialization::Codec;

namespace {
constexpr int monitor_events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_CLOSED |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                               ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECTED;

/// What a hello and a welcome say of the sender.
struct Introduction {
  std::string endpoint, data_endpoint, name;
  std::vector<std::byte> greeting;
};
std::vector<std::byte> encode(const Introduction& introduction) {
  serialization::Writer writer;
  for (const std::string* text : {&introduction.endpoint, &introduction.data_endpoint, &introduction.name})
    Codec<std::string>::write(writer, *text);
  Codec<std::vector<std::byte>>::write(writer, introduction.greeting);
  return std::move(writer.bytes());
}
std::optional<Introduction> decode_introduction(std::span<const std::byte> bytes) {
  try {
    serialization::Reader reader(bytes);
    Introduction introduction;
    for (std::string* text : {&introduction.endpoint, &introduction.data_endpoint, &introduction.name})
      *text = Codec<std::string>::read(reader);
    introduction.greeting = Codec<std::vector<std::byte>>::read(reader);
    return introduction;
  } catch (const serialization::DecodeError&) {
    return std::nullopt;
  }
}

/// A listener on every address cannot say which one others see: they take the one they see.
std::string reachable(const std::string& endpoint, const std::string& seen_host) {
  auto parsed = parse_endpoint(endpoint);
  if (!parsed || !parsed->is_wildcard() || seen_host.empty()) return endpoint;
  parsed->host = seen_host.find(':') == std::string::npos ? seen_host : "[" + seen_host + "]";
  return parsed->text();
}
}  // namespace

Instant wire_now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

Wire::Wire(LinkOptions options, PeerId self, LinkHandler& handler, Shared& shared)
    : options_(std::move(options)), self_(self), handler_(handler), shared_(shared), next_nonce_(self ^ 0x9E3779B97F4A7C15ull),
      up_(options_.mib_s), down_(options_.mib_s) {
  times_.heartbeat = options_.heartbeat;
  times_.dead_after = options_.dead_after;
}

runtime::Result<Socket> Wire::listen(Lane lane, const std::string& endpoint, std::string& chosen) {
  Socket socket(context_, ZMQ_ROUTER, lane, curve_ ? &*curve_ : nullptr);
  if (!socket) return Failure{ErrorCode::address_in_use, "no socket for " + endpoint + ": too many open files (see ulimit -n)"};
  if (const int error = socket.bind(endpoint); error != 0)
    return Failure{ErrorCode::address_in_use,
                   fmt::format("cannot listen on {}: {}; choose another port, or * for any free one", endpoint,
                               zmq_strerror(error))};
  chosen = socket.last_endpoint();
  return socket;
}

runtime::Result<void> Wire::open() {
  auto where = parse_endpoint(options_.listen);
  if (!where) return where.failure();
  if (where->host == "localhost") where->host = "127.0.0.1";
  if (options_.keys.empty()) {
    if (!where->is_loopback() && !options_.insecure)
      return Failure{ErrorCode::refused,
                     fmt::format("{} can be reached from other machines, and there are no keys: make them with `tessera cluster "
                                 "init` and give the file with --keys, or listen on 127.0.0.1", where->text())};
  } else {
    const Keys& keys = options_.keys;
    for (const std::string* key : {&keys.own_public, &keys.own_secret, &keys.server_public, &keys.server_secret})
      if (std::uint8_t raw[32]; key->size() != 40 || zmq_z85_decode(raw, key->c_str()) == nullptr)
        return Failure{ErrorCode::invalid_argument, "a key is not 40 characters of Z85: the key file is damaged"};
    curve_ = Curve{keys.server_secret, keys.own_public, keys.own_secret, keys.server_public};
    auto gate = Gate::open(context_, keys.allowed);
    if (!gate) return gate.failure();
    gate_.emplace(std::move(*gate));
  }
  auto control = listen(Lane::control, where->text(), endpoint_);
  if (!control) return control.failure();
  control_ = std::move(*control);
  auto data = listen(Lane::data, Endpoint{where->host, "*"}.text(), data_endpoint_);
  if (!data) return data.failure();
  data_ = std::move(*data);
  if (!gate_) return {};
  auto loopback = parse_endpoint(endpoint_);
  if (loopback->is_wildcard()) loopback->host = "127.0.0.1";
  return prove_that_strangers_are_refused(context_, *gate_, loopback->text(), options_.keys);
}

void Wire::run() {
  for (;;) {
    now_ = wire_now();
    take_orders();
    tick();
    for (auto& peer : peers_) {
      if (peer->gone) continue;
      pump(*peer);
      pump_pulls(*peer);
    }
    bury();
    if (stop_at_) {
      const bool flushed = std::all_of(peers_.begin(), peers_.end(),
                                       [](const auto& peer) { return !peer->session || peer->session->idle(); });
      if (flushed || now_ >= *stop_at_) break;
    }
    items_.clear();
    items_.push_back({nullptr, shared_.wake_fd, ZMQ_POLLIN, 0});
    items_.push_back({control_.get(), 0, ZMQ_POLLIN, 0});
    items_.push_back({data_.get(), 0, ZMQ_POLLIN, 0});
    if (timer_fd_ >= 0) items_.push_back({nullptr, timer_fd_, ZMQ_POLLIN, 0});
    if (gate_) items_.push_back({gate_->socket(), 0, ZMQ_POLLIN, 0});
    for (auto& peer : peers_) {
      items_.push_back({peer->dealer.get(), 0, static_cast<short>(peer->blocked ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN), 0});
      items_.push_back({peer->dealer.events(), 0, ZMQ_POLLIN, 0});
      if (peer->data) items_.push_back({peer->data.get(), 0, static_cast<short>(peer->data_blocked ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN), 0});
    }
    zmq_poll(items_.data(), static_cast<int>(items_.size()), poll_timeout_ms());
    now_ = wire_now();
    if (items_[0].revents != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const auto got = read(shared_.wake_fd, &count, sizeof count);
      shared_.wakeups.fetch_add(1, std::memory_order_relaxed);
    }
    if (gate_) gate_->serve();
    if (items_[1].revents != 0) read_control();
    if (items_[2].revents != 0) read_data_requests();
    do_late();
    const std::size_t known = peers_.size();  // What arrives may add peers, which have nothing to read yet.
    for (std::size_t i = 0; i < known; ++i) {
      read_events(*peers_[i]);
      read_dealer(*peers_[i]);
      read_pieces(*peers_[i]);
    }
  }
  for (auto& peer : peers_) {
    if (peer->is_up && !peer->gone) {
      Header header;
      header.kind = FrameKind::bye;
      header.receiver = peer->id;
      header.session = peer->session_id;
      const int linger = 200;
      zmq_setsockopt(peer->dealer.get(), ZMQ_LINGER, &linger, sizeof linger);
      send_frame(peer->dealer, header, {});
    }
    lose(*peer, ErrorCode::shut_down, "this process stops");
  }
  bury();
}

int Wire::poll_timeout_ms() const {
  for (const auto& peer : peers_) {
    if (peer->gone) return 0;
    if (!peer->is_up && peer->connected) return 2;
    if (peer->session && peer->session->owes_ack()) return 5;
    if (!peer->pulls.empty() && !peer->data) return 2;
  }
  return stop_at_ ? 5 : 50;
}

// ---- orders ----------------------------------------------------------------------------------------------------------

void Wire::take_orders() {
  std::vector<Order> orders;
  {
    std::lock_guard lock(shared_.mutex);
    orders.swap(shared_.orders);
    shared_.woken = false;
  }
  for (Order& order : orders) std::visit([this](auto& one) { obey(std::move(one)); }, order);
}

void Wire::obey(ConnectOrder order) {
  auto parsed = parse_endpoint(order.endpoint);
  if (!parsed) {
    handler_.connect_failed(order.endpoint, parsed.failure());
    return;
  }
  const std::string endpoint = parsed->text();
  for (auto& peer : peers_)
    if (peer->endpoint == endpoint && !peer->gone) {
      peer->asked = true;
      return;
    }
  Peer* peer = dial(endpoint);
  if (peer != nullptr) peer->asked = true;
  else
    handler_.connect_failed(endpoint, {ErrorCode::refused, "no socket to connect to " + endpoint + ": not an address, or too many open files"});
}

Wire::Peer* Wire::dial(const std::string& endpoint) {
  auto peer = std::make_unique<Peer>();
  peer->endpoint = endpoint;
  peer->nonce = next_nonce_++;
  peer->since = peer->next_hello = now_;
  peer->dealer = Socket(context_, ZMQ_DEALER, Lane::control, curve_ ? &*curve_ : nullptr);
  if (!peer->dealer) return nullptr;
  if (!peer->dealer.watch(context_, monitor_events) || peer->dealer.connect(endpoint) != 0) return nullptr;
  peers_.push_back(std::move(peer));
  return peers_.back().get();
}

void Wire::obey(SendOrder order) {
  Peer* peer = find(order.peer);
  const std::uint64_t size = order.body.size();
  if (peer != nullptr && peer->is_up && !peer->gone) {
    if (!peer->session->send(std::move(order.body)))
      lose(*peer, ErrorCode::peer_lost, "it does not read what is sent to it");
    shared_.messages_sent.fetch_add(1, std::memory_order_relaxed);
    order.backlog->in_session.store(peer->session->backlog_bytes());
  }
  order.backlog->queued.fetch_sub(size);
}

void Wire::obey(PullOrder order) {
  Peer* peer = find(order.peer);
  if (peer == nullptr || !peer->is_up || peer->gone) {
    order.done(Failure{ErrorCode::peer_lost, "the peer that holds the data is gone"});
    return;
  }
  const std::uint64_t size = order.into.size();
  if (size == 0) return order.done({});
  const std::uint64_t id = next_pull_++;
  peer->turns.add({order.rank, id});
  peer->pulls.emplace(id, PullJob{std::move(order), Pull(size, PullTimes{}, now_, down_.is_on() ? slow_piece_bytes : piece_bytes)});
}

void Wire::obey(DisconnectOrder order) {
  Peer* peer = find(order.peer);
  if (peer == nullptr || peer->gone) return;
  Header header;
  header.kind = FrameKind::bye;
  header.receiver = peer->id;
  header.session = peer->session_id;
  const int linger = 200;
  zmq_setsockopt(peer->dealer.get(), ZMQ_LINGER, &linger, sizeof linger);
  send_frame(peer->dealer, header, {});
  lose(*peer, ErrorCode::peer_lost, "this process ended the connection");
}

void Wire::obey(StopOrder order) {
  if (!stop_at_) stop_at_ = now_ + order.flush;
}

// ---- peers -----------------------------------------------------------------------------------------------------------

Wire::Peer* Wire::find(PeerId id) {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : at->second;
}

bool Wire::same_cluster(const Header& header) const {
  const bool theirs_open = header.cluster_high == 0 && header.cluster_low == 0;
  const bool ours_open = options_.cluster_high == 0 && options_.cluster_low == 0;
  return theirs_open || ours_open || (header.cluster_high == options_.cluster_high && header.cluster_low == options_.cluster_low);
}

bool Wire::send_frame(Socket& socket, Header header, const runtime::SharedBytes& payload) {
  header.cluster_high = options_.cluster_high;
  header.cluster_low = options_.cluster_low;
  header.sender = self_;
  header.payload_bytes = static_cast<std::uint32_t>(payload.bytes.size());
  if (header.kind != FrameKind::piece) header.payload_hash = hash_bytes(payload.bytes);
  const HeaderBytes bytes = encode_header(header);
  return socket.send(bytes, /*more=*/true) && socket.send(payload, /*more=*/false);
}

bool Wire::say_hello(Peer& peer, FrameKind kind, std::uint64_t nonce) {
  Introduction own{endpoint_, data_endpoint_, options_.name, {}};
  {
    std::lock_guard lock(shared_.mutex);
    own.greeting = shared_.greeting;
  }
  Header header;
  header.kind = kind;
  header.receiver = peer.id;
  header.seq = nonce;
  header.ack = kind == FrameKind::welcome ? peer.their_nonce : 0;
  header.session = peer.session_id;
  const bool sent = send_frame(peer.dealer, header, runtime::SharedBytes::of(encode(own)));
  peer.next_hello = now_ + (sent ? runtime::milliseconds(100) : runtime::milliseconds(2));
  return sent;
}

// Our dealer may still be connecting: the welcome follows when it is, and before any message, which would come from a stranger.
void Wire::say_welcome(Peer& peer) {
  if (peer.welcome && say_hello(peer, FrameKind::welcome, *peer.welcome)) peer.welcome.reset();
}

void Wire::reject(std::span<const std::byte> route, Socket& router, std::uint64_t nonce, const std::string& why) {
  Header header;
  header.kind = FrameKind::reject;
  header.seq = nonce;
  std::vector<std::byte> text(why.size());
  std::memcpy(text.data(), why.data(), why.size());
  if (router.send(route, /*more=*/true)) send_frame(router, header, runtime::SharedBytes::of(std::move(text)));
}

void Wire::come_up(Peer& peer, PeerId id, std::uint64_t session) {
  peer.id = id;
  peer.session_id = session;
  peer.session.emplace(times_, now_);
  peer.is_up = true;
  peer.backlog = std::make_shared<Backlog>();
  by_id_[peer.id] = &peer;
  std::lock_guard lock(shared_.mutex);
  shared_.up[peer.id] = peer.backlog;
}

void Wire::lose(Peer& peer, ErrorCode code, std::string why) {
  if (peer.gone) return;
  peer.gone = true;
  peer.why = {code, std::move(why)};
}

// Peers are buried in one place, at the end of a turn, so that nothing that handles one finds it gone under its hands.
void Wire::bury() {
  for (std::size_t i = 0; i < peers_.size();) {
    if (!peers_[i]->gone) {
      ++i;
      continue;
    }
    const std::unique_ptr<Peer> peer = std::move(peers_[i]);
    peers_.erase(peers_.begin() + static_cast<std::ptrdiff_t>(i));
    if (peer->session) shared_.resent += peer->session->resent();
    if (peer->is_up) {
      by_id_.erase(peer->id);
      std::lock_guard lock(shared_.mutex);
      shared_.up.erase(peer->id);
    }
    const Failure lost{ErrorCode::peer_lost, fmt::format("{} is gone: {}", peer->endpoint, peer->why.message)};
    for (auto& [id, job] : peer->pulls) job.order.done(lost);
    if (peer->is_up) handler_.peer_down(peer->id, peer->endpoint, peer->why);
    else if (peer->asked) handler_.connect_failed(peer->endpoint, peer->why);
  }
}

void Wire::tick() {
  for (auto& one : peers_) {
    Peer& peer = *one;
    if (peer.gone) continue;
    if (!peer.is_up) {
      if (now_ - peer.since >= options_.dead_after)
        lose(peer, peer.trouble.empty() ? ErrorCode::timeout : ErrorCode::refused,
             fmt::format("no answer from {} in {} s{}", peer.endpoint, options_.dead_after.ns / 1'000'000'000,
                         peer.trouble.empty() ? ": nobody listens there; is the address right, and the coordinator started?"
                                              : ": " + peer.trouble));
      else if (now_ >= peer.next_hello && !peer.gone) say_hello(peer, FrameKind::hello, peer.nonce);
      continue;
    }
    say_welcome(peer);
    if (auto why = peer.session->tick(now_)) lose(peer, ErrorCode::peer_lost, *why);
    if (std::exchange(peer.answers, false))
      for (auto& [id, job] : peer.pulls) job.state.not_yet(now_);  // Who gets nothing waits for others' turns.
    for (auto at = peer.pulls.begin(); at != peer.pulls.end();) {
      const auto job = at++;
      if (!job->second.state.tick(now_))
        finish_pull(peer, job, Failure{ErrorCode::timeout, "the data did not come from " + peer.endpoint});
    }
    std::erase_if(peer.provided, [&](const auto& entry) {
      if (now_ - entry.second.used <= runtime::seconds(2)) return false;
      handler_.served(peer.id, entry.second.name);
      return true;
    });
    std::erase_if(peer.early, [&](const Early& entry) { return now_ - entry.since > runtime::seconds(2); });
  }
}

// ---- control ---------------------------------------------------------------------------------------------------------

void Wire::read_control() {
  for (int i = 0; i < frames_a_turn; ++i) {
    Part route, header_part, payload;
    if (!control_.receive(route)) return;
    Header header;
    bool good = route.more() && control_.receive(header_part) && header_part.more() && control_.receive(payload);
    if (good && payload.more()) {
      good = false;
      for (Part rest; control_.receive(rest) && rest.more();) {
      }
    }
    const FrameError error = good ? decode_header(header_part.bytes(), payload.bytes(), header) : FrameError::wrong_size;
    if (error == FrameError::wrong_version)
      reject(route.bytes(), control_, header.seq,
             fmt::format("it speaks version {} of the link and this process version {}: install the same Tessera on both",
                         link_version, header.version));
    if (error != FrameError::none) shared_.frames_dropped.fetch_add(1, std::memory_order_relaxed);
    else on_control(route.bytes(), header, payload);
  }
}

void Wire::on_control(std::span<const std::byte> route, const Header& header, Part& payload) {
  if (!same_cluster(header)) {
    reject(route, control_, header.seq, "it belongs to another cluster");
    return;
  }
  switch (header.kind) {
    case FrameKind::hello: return on_hello(route, header, payload);
    case FrameKind::welcome: return on_welcome(header, payload);
    case FrameKind::data:
    case FrameKind::ack:
    case FrameKind::heartbeat:
    case FrameKind::bye: return on_session_frame(route, header, payload);
    default: shared_.frames_dropped.fetch_add(1, std::memory_order_relaxed);
  }
}

void Wire::on_hello(std::span<const std::byte> route, const Header& header, Part& payload) {
  const auto introduction = decode_introduction(payload.bytes());
  if (!introduction) {
    shared_.frames_dropped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (header.sender == self_) return reject(route, control_, header.seq, "it is this very process");
  const std::string host = payload.property("Peer-Address"), user = payload.property("User-Id");
  const std::string endpoint = reachable(introduction->endpoint, host);
  Peer* peer = find(header.sender);
  const bool is_new = peer == nullptr;
  if (is_new) {
    for (auto& other : peers_) {
      if (other->endpoint != endpoint || other->gone) continue;
      if (other->is_up) lose(*other, ErrorCode::peer_lost, "it was started anew");
      else peer = other.get();
    }
    const std::optional<std::uint64_t> own = peer == nullptr ? std::nullopt : std::optional(peer->nonce);
    if (peer == nullptr) peer = dial(endpoint);
    if (peer == nullptr) return reject(route, control_, header.seq, "its address " + endpoint + " cannot be connected to");
    come_up(*peer, header.sender, session_id(self_, own, header.sender, header.seq));
    peer->their_nonce = header.seq;
    peer->user = user;
    peer->name = introduction->name;
    peer->data_endpoint = reachable(introduction->data_endpoint, host);
  } else if (peer->gone || peer->user != user) {
    return;
  }
  peer->welcome = header.seq;
  say_welcome(*peer);
  if (is_new) handler_.peer_up(peer->id, peer->endpoint, introduction->greeting);
}

void Wire::on_welcome(const Header& header, Part& payload) {
  const auto introduction = decode_introduction(payload.bytes());
  if (!introduction || header.receiver != self_) return;
  const auto at = std::find_if(peers_.begin(), peers_.end(), [&](const auto& peer) {
    return peer->nonce == header.seq && !peer->is_up && !peer->gone;
  });
  if (at == peers_.end()) return;  // Answered already, or both sides called at once.
  Peer& peer = **at;
  if (Peer* known = find(header.sender)) {
    known->asked |= peer.asked;  // Two names of one process.
    peer.asked = false;
    return lose(peer, ErrorCode::peer_lost, "connected under another address");
  }
  if (options_.cluster_high == 0 && options_.cluster_low == 0) {
    options_.cluster_high = header.cluster_high;
    options_.cluster_low = header.cluster_low;
  }
  if (is_of_earlier_session(header, peer.nonce)) {
    Header over;
    over.kind = FrameKind::bye;
    over.receiver = header.sender;
    over.session = header.session;
    send_frame(peer.dealer, over, {});  // And the hello goes on.
    return;
  }
  come_up(peer, header.sender, header.session);
  peer.user = payload.property("User-Id");
  peer.name = introduction->name;
  peer.data_endpoint = reachable(introduction->data_endpoint, payload.property("Peer-Address"));
  handler_.peer_up(peer.id, peer.endpoint, introduction->greeting);
}

void Wire::on_session_frame(std::span<const std::byte> route, const Header& header, Part& payload) {
  Peer* peer = find(header.sender);
  if (peer == nullptr) {
    // Perhaps its welcome has not arrived yet: then it sends again. Else it does not know that it was given up.
    const bool expecting = std::any_of(peers_.begin(), peers_.end(), [](const auto& one) { return !one->is_up; });
    if (!expecting && header.kind != FrameKind::bye) reject(route, control_, 0, "the session is over");
    return;
  }
  if (peer->gone || header.receiver != self_ || header.session != peer->session_id ||
      (gate_ && peer->user != payload.property("User-Id"))) {
    shared_.frames_dropped.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (header.kind == FrameKind::bye) return lose(*peer, ErrorCode::peer_lost, "it left");
  messages_.clear();
  const bool good = peer->session->receive(header, payload.bytes(), now_, messages_);
  for (const auto& message : messages_) {
    shared_.messages_received.fetch_add(1, std::memory_order_relaxed);
    handler_.message(peer->id, message);
  }
  if (!good) lose(*peer, ErrorCode::peer_lost, "it broke the protocol of the link");
}

// What comes back over our own dealer: refusals.
void Wire::read_dealer(Peer& peer) {
  for (int i = 0; i < frames_a_turn; ++i) {
    Part header_part, payload;
    if (!peer.dealer.receive(header_part)) return;
    if (!header_part.more() || !peer.dealer.receive(payload)) continue;
    Header header;
    const FrameError error = decode_header(header_part.bytes(), payload.bytes(), header);
    if (header.kind != FrameKind::reject || (error != FrameError::none && error != FrameError::wrong_version)) continue;
    const std::string why(reinterpret_cast<const char*>(payload.bytes().data()), payload.bytes().size());
    if (peer.is_up) lose(peer, ErrorCode::peer_lost, why);
    else lose(peer, ErrorCode::refused, fmt::format("{} refused the connection: {}", peer.endpoint, why));
  }
}

void Wire::read_events(Peer& peer) {
  for (SocketEvent event = peer.dealer.next_event(); event.event != 0; event = peer.dealer.next_event()) {
    switch (event.event) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        peer.connected = true;
        peer.next_hello = now_;
        if (peer.session) peer.session->wire_back(now_);
        break;
      case ZMQ_EVENT_DISCONNECTED:
        if (!peer.connected && peer.trouble.empty())
          peer.trouble = gate_ ? "the connection was closed at once: its keys do not fit the cluster's"
                               : "the connection was closed at once: it asks for keys (--keys), or is no Tessera";
        peer.connected = false;
        if (peer.session) peer.session->wire_lost(now_);
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        lose(peer, peer.is_up ? ErrorCode::peer_lost : ErrorCode::refused,
             fmt::format("{} refused this process's key: it is not on the cluster's list", peer.endpoint));
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        peer.trouble = gate_ ? "the key exchange failed: its keys are of another cluster, or it has none"
                             : "the handshake failed: it asks for keys (--keys), or is no Tessera";
        break;
      default: break;
    }
  }
}

void Wire::pump(Peer& peer) {
  if (!peer.is_up || peer.welcome) return;
  peer.blocked = false;
  while (auto frame = peer.session->next(now_)) {
    Header header;
    header.kind = frame->kind;
    header.more = frame->more;
    header.receiver = peer.id;
    header.session = peer.session_id;
    header.seq = frame->seq;
    header.ack = peer.session->ack();
    if (!send_frame(peer.dealer, header, frame->payload)) {
      peer.blocked = peer.connected;
      break;
    }
    peer.session->sent(*frame, now_);
  }
  peer.backlog->in_session.store(peer.session->backlog_bytes());
}
}  // namespace tessera::actors::net
