/// @file
/// ZeroMQ sockets as the link needs them: owned, with one set of options for all, and contexts that are used again.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/base/shared_bytes.hpp"

#include <zmq.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace tessera::actors::net {
/// A received part of a message, or one to send.
class Part {
 public:
  Part() { zmq_msg_init(&message_); }
  ~Part() { zmq_msg_close(&message_); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  zmq_msg_t* get() { return &message_; }
  std::span<const std::byte> bytes() {
    return {static_cast<const std::byte*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
  }
  bool more() { return zmq_msg_more(&message_) != 0; }
  /// A property of the connection that it came over, e.g. "User-Id"; empty where there is none.
  std::string property(const char* name) {
    const char* text = zmq_msg_gets(&message_, name);
    return text == nullptr ? std::string() : std::string(text);
  }

 private:
  zmq_msg_t message_;
};

/// A ZeroMQ context, taken from the process's store and given back; never terminated, as libzmq 4.3.4 may crash where a second
/// context ends under CURVE.
class Context {
 public:
  Context();
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  void* get() const { return context_; }

 private:
  void* context_;
};

enum class Lane : std::uint8_t { control, data };

/// The security of a socket: a server's secret, or a client's pair and the server's public key; all Z85.
struct Curve {
  std::string server_secret, public_key, secret_key, server_public;
};

/// One event of a watched socket; 0 if there is none.
struct SocketEvent {
  int event = 0;
  int value = 0;
};

class Socket {
 public:
  Socket() = default;
  /// With the options that every socket of the project has (`docs/protocol.md`). Null (see `operator bool`) if the process is out of
  /// descriptors.
  Socket(const Context& context, int type, Lane lane, const Curve* curve);
  Socket(Socket&& other) noexcept : socket_(std::exchange(other.socket_, nullptr)), events_(std::exchange(other.events_, nullptr)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(events_, other.events_);
    return *this;
  }
  ~Socket();
  explicit operator bool() const { return socket_ != nullptr; }
  void* get() const { return socket_; }

  /// 0 or an errno.
  int bind(const std::string& endpoint);
  int connect(const std::string& endpoint);
  std::string last_endpoint() const;
  /// False where the wire takes nothing now, or the receiver is unknown.
  bool send(std::span<const std::byte> bytes, bool more);
  /// Without a copy where the bytes are many.
  bool send(const runtime::SharedBytes& bytes, bool more);
  bool receive(Part& part) { return zmq_msg_recv(part.get(), socket_, ZMQ_DONTWAIT) >= 0; }

  /// Reports what happens to its connections (a mask of ZMQ_EVENT_…) from now on. False without descriptors.
  bool watch(const Context& context, int events);
  /// To poll for events.
  void* events() const { return events_; }
  SocketEvent next_event();

 private:
  void* socket_ = nullptr;
  void* events_ = nullptr;
};
}  // namespace tessera::actors::net
