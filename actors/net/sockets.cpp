#include "actors/net/sockets.hpp"

#include "actors/net/frame.hpp"

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

#include <atomic>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

namespace tessera::actors::net {
namespace {
constexpr int zap_enforce_domain = 93;  // ZMQ_ZAP_ENFORCE_DOMAIN: named in drafts only, but 4.3.4 knows the number.
constexpr std::size_t copy_below_bytes = 2048;
constexpr std::uint64_t affinity_control = 1, affinity_data = 2;  // Which of the two I/O threads serves the socket.

struct ContextStore {
  std::mutex mutex;
  std::vector<void*> free;
};
ContextStore& store() {
  static ContextStore* only = new ContextStore;  // Outlives every static object that may stop a link.
  return *only;
}

/// libzmq passes messages to its threads without a lock that TSan could see: this tells it.
void hand_over([[maybe_unused]] void* what) {
#ifdef __SANITIZE_THREAD__
  __tsan_release(what);
#endif
}
void take_over([[maybe_unused]] void* what) {
#ifdef __SANITIZE_THREAD__
  __tsan_acquire(what);
#endif
}

void set(void* socket, int option, int value) { zmq_setsockopt(socket, option, &value, sizeof value); }
void set(void* socket, int option, const std::string& value) { zmq_setsockopt(socket, option, value.data(), value.size()); }
}  // namespace

Context::Context() {
  std::lock_guard lock(store().mutex);
  if (!store().free.empty()) {
    context_ = store().free.back();
    store().free.pop_back();
    return;
  }
  context_ = zmq_ctx_new();
  zmq_ctx_set(context_, ZMQ_IO_THREADS, 2);
  zmq_ctx_set(context_, ZMQ_MAX_SOCKETS, 16384);
}

Context::~Context() {
  std::lock_guard lock(store().mutex);
  store().free.push_back(context_);
}

Socket::Socket(const Context& context, int type, Lane lane, const Curve* curve) : socket_(zmq_socket(context.get(), type)) {
  if (socket_ == nullptr) return;
  const std::uint64_t affinity = lane == Lane::control ? affinity_control : affinity_data;
  zmq_setsockopt(socket_, ZMQ_AFFINITY, &affinity, sizeof affinity);
  const std::int64_t message_max = static_cast<std::int64_t>(lane == Lane::control ? control_payload_max : piece_bytes) + 4096;
  zmq_setsockopt(socket_, ZMQ_MAXMSGSIZE, &message_max, sizeof message_max);
  set(socket_, ZMQ_LINGER, 0);
  set(socket_, ZMQ_IMMEDIATE, 1);
  set(socket_, ZMQ_SNDHWM, 1024);
  set(socket_, ZMQ_RCVHWM, 1024);
  set(socket_, ZMQ_HANDSHAKE_IVL, 3000);
  set(socket_, ZMQ_HEARTBEAT_IVL, 1000);
  set(socket_, ZMQ_HEARTBEAT_TIMEOUT, 4000);
  set(socket_, ZMQ_CONNECT_TIMEOUT, 3000);
  set(socket_, ZMQ_RECONNECT_IVL, 100);
  set(socket_, ZMQ_RECONNECT_IVL_MAX, 2000);
  set(socket_, ZMQ_TCP_MAXRT, 10000);
  if (type == ZMQ_ROUTER) set(socket_, ZMQ_ROUTER_MANDATORY, 1);
  if (lane == Lane::data) {
    set(socket_, ZMQ_SNDBUF, 4 << 20);
    set(socket_, ZMQ_RCVBUF, 4 << 20);
  }
  if (curve == nullptr) return;
  if (type == ZMQ_ROUTER) {
    set(socket_, ZMQ_CURVE_SERVER, 1);
    set(socket_, ZMQ_CURVE_SECRETKEY, curve->server_secret);
    set(socket_, ZMQ_ZAP_DOMAIN, "tessera");
    set(socket_, zap_enforce_domain, 1);
  } else {
    set(socket_, ZMQ_CURVE_SERVERKEY, curve->server_public);
    set(socket_, ZMQ_CURVE_PUBLICKEY, curve->public_key);
    set(socket_, ZMQ_CURVE_SECRETKEY, curve->secret_key);
  }
}

// IPv6 only where the address is one: with it on, libzmq reports IPv4 addresses in a form that it does not take back.
int Socket::bind(const std::string& endpoint) {
  set(socket_, ZMQ_IPV6, endpoint.find('[') != std::string::npos);
  return zmq_bind(socket_, endpoint.c_str()) == 0 ? 0 : zmq_errno();
}

int Socket::connect(const std::string& endpoint) {
  set(socket_, ZMQ_IPV6, endpoint.find('[') != std::string::npos);
  return zmq_connect(socket_, endpoint.c_str()) == 0 ? 0 : zmq_errno();
}

std::string Socket::last_endpoint() const {
  char text[512];
  std::size_t size = sizeof text;
  return zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, text, &size) == 0 ? std::string(text) : std::string();
}

bool Socket::send(std::span<const std::byte> bytes, bool more) {
  return zmq_send(socket_, bytes.data(), bytes.size(), ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) >= 0;
}

bool Socket::send(const runtime::SharedBytes& bytes, bool more) {
  if (bytes.bytes.size() < copy_below_bytes) return send(bytes.bytes, more);
  auto* owner = new std::shared_ptr<const void>(bytes.owner);
  // The last reference may end on libzmq's thread: what is behind it frees memory and does no more.
  const auto release = [](void*, void* hint) {
    take_over(hint);
    delete static_cast<std::shared_ptr<const void>*>(hint);
  };
  hand_over(owner);
  zmq_msg_t message;
  zmq_msg_init_data(&message, const_cast<std::byte*>(bytes.bytes.data()), bytes.bytes.size(), release, owner);
  if (zmq_msg_send(&message, socket_, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) >= 0) return true;
  zmq_msg_close(&message);
  return false;
}

Socket::~Socket() {
  if (socket_ == nullptr) return;
  // Before the reader of events goes: libzmq would block a thread of its own on the next one.
  if (events_ != nullptr) zmq_socket_monitor(socket_, nullptr, 0);
  zmq_close(socket_);
  if (events_ != nullptr) zmq_close(events_);
}

bool Socket::watch(const Context& context, int events) {
  static std::atomic<std::uint64_t> serial{0};
  const std::string endpoint = "inproc://events-" + std::to_string(serial++);
  if (zmq_socket_monitor(socket_, endpoint.c_str(), events) != 0) return false;
  events_ = zmq_socket(context.get(), ZMQ_PAIR);
  if (events_ == nullptr) return zmq_socket_monitor(socket_, nullptr, 0), false;
  set(events_, ZMQ_LINGER, 0);
  return zmq_connect(events_, endpoint.c_str()) == 0;
}

SocketEvent Socket::next_event() {
  Part event, address;
  if (zmq_msg_recv(event.get(), events_, ZMQ_DONTWAIT) < 0 || event.bytes().size() < 6) return {};
  std::uint16_t id = 0;
  std::int32_t value = 0;
  std::memcpy(&id, event.bytes().data(), sizeof id);
  std::memcpy(&value, event.bytes().data() + sizeof id, sizeof value);
  while (zmq_msg_recv(address.get(), events_, ZMQ_DONTWAIT) >= 0 && address.more()) {
  }
  return {id, value};
}
}  // namespace tessera::actors::net
