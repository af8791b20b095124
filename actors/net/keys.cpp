#include "actors/net/keys.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <chrono>

namespace tessera::actors::net {
namespace {
constexpr const char* zap_endpoint = "inproc://zeromq.zap.01";
constexpr int handshake_events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                                 ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
std::string text_of(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
}  // namespace

KeyPair make_key_pair() {
  char public_key[41], secret_key[41];
  zmq_curve_keypair(public_key, secret_key);
  return {public_key, secret_key};
}

runtime::Result<Gate> Gate::open(const Context& context, const std::vector<std::string>& allowed) {
  Gate gate;
  gate.socket_ = Socket(context, ZMQ_REP, Lane::control, nullptr);
  // In a context that was used before, the earlier gate's name is freed by libzmq's reaper a moment later.
  int error = gate.socket_ ? gate.socket_.bind(zap_endpoint) : EMFILE;
  for (int i = 0; error == EADDRINUSE && i < 200; ++i) {
    zmq_poll(nullptr, 0, 5);
    error = gate.socket_.bind(zap_endpoint);
  }
  if (error != 0)
    return runtime::Failure{runtime::ErrorCode::refused, "the check of keys could not be set up in this process"};
  gate.allowed_.insert(allowed.begin(), allowed.end());
  return gate;
}

void Gate::serve() {
  for (;;) {
    // version, request id, domain, address, identity, mechanism, and of CURVE the key's 32 bytes.
    std::vector<std::string> parts;
    bool more = true;
    while (more) {
      Part part;
      if (!socket_.receive(part)) break;
      parts.push_back(text_of(part.bytes()));
      more = part.more();
    }
    if (parts.empty()) return;
    bool good = parts.size() == 7 && parts[0] == "1.0" && parts[2] == "tessera" && parts[5] == "CURVE" && parts[6].size() == 32;
    std::string user;
    if (good) {
      char key[41];
      zmq_z85_encode(key, reinterpret_cast<const std::uint8_t*>(parts[6].data()), 32);
      user = key;
      good = allowed_.contains(user);
    }
    if (!good) ++refusals_;
    socket_.send(bytes_of("1.0"), true);
    socket_.send(bytes_of(parts.size() > 1 ? parts[1] : ""), true);
    socket_.send(bytes_of(good ? "200" : "400"), true);
    socket_.send(bytes_of(good ? "OK" : "this key is not on the cluster's list"), true);
    socket_.send(bytes_of(good ? user : ""), true);
    socket_.send(bytes_of(""), false);
  }
}

runtime::Result<void> prove_that_strangers_are_refused(const Context& context, Gate& gate, const std::string& endpoint,
                                                       const Keys& keys) {
  const KeyPair stranger = make_key_pair();
  const Curve curve{"", stranger.public_key, stranger.secret_key, keys.server_public};
  Socket dealer(context, ZMQ_DEALER, Lane::control, &curve);
  if (!dealer) return runtime::Failure{runtime::ErrorCode::refused, "no socket for the self-test of keys: too many open files"};
  dealer.watch(context, handshake_events);
  dealer.connect(endpoint);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (std::chrono::steady_clock::now() < deadline) {
    zmq_pollitem_t items[] = {{gate.socket(), 0, ZMQ_POLLIN, 0}, {dealer.events(), 0, ZMQ_POLLIN, 0}};
    zmq_poll(items, 2, 50);
    gate.serve();
    switch (dealer.next_event().event) {
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return {};
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return runtime::Failure{runtime::ErrorCode::refused,
                                fmt::format("self-test failed: {} lets a random key in; refusing to listen there", endpoint)};
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return runtime::Failure{runtime::ErrorCode::refused,
                                "self-test failed: the cluster's server key pair does not fit together; make the key files "
                                "again with `tessera cluster init`"};
      default: break;
    }
  }
  return runtime::Failure{runtime::ErrorCode::refused, "self-test of keys: no answer from the own listener at " + endpoint};
}
}  // namespace tessera::actors::net
