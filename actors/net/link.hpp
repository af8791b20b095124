/// @file
/// The wire of one process: one thread that owns every ZeroMQ socket, sessions that lose nothing silently, and chunk bytes
/// pulled in bounded pieces that control never waits behind. Knows bytes and peers, not messages or actors.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/base/shared_bytes.hpp"
#include "runtime/base/units.hpp"
#include "runtime/memory/ledger.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tessera::actors::net {
/// One incarnation of another process: drawn at random at its start, never used again.
using PeerId = std::uint64_t;

using Buffer = runtime::SharedBytes;

/// CURVE keys in Z85 (40 characters). Empty: no keys, allowed on loopback only.
struct Keys {
  std::string own_public, own_secret;         ///< Of this member.
  std::string server_public, server_secret;   ///< Of the cluster: what its members listen with, and know each other's listeners by.
  std::vector<std::string> allowed;   ///< Public keys that may connect to this process.
  bool empty() const { return own_public.empty(); }
};

struct LinkOptions {
  std::string listen = "tcp://127.0.0.1:*";  ///< For control; the data socket takes another port of the same host.
  std::uint64_t cluster_low = 0, cluster_high = 0;  ///< The cluster's id; 0: the one of whom it connects to first.
  Keys keys;
  std::string name;                          ///< For sentences that a person reads.
  bool insecure = false;                     ///< Listen beyond loopback without keys, because the user said so.
  runtime::Duration heartbeat = runtime::seconds(1);
  runtime::Duration suspect_after = runtime::seconds(3);
  runtime::Duration dead_after = runtime::seconds(8);
  /// For tests: chunks' bytes go at most so fast in each direction, MiB/s, whoever they come from and go to. 0: what TESSERA_LINK_MIB_S in the environment says, else as fast as it
  /// goes. Below a few MiB/s pieces come so late that they are asked for again.
  double mib_s = 0;
};

/// What the link tells its process. Called on the link's thread: must return at once and must not call `Link::stop`.
class LinkHandler {
 public:
  virtual ~LinkHandler() = default;
  /// A session with this peer is up; `greeting` is what the peer set with `Link::set_greeting`.
  virtual void peer_up(PeerId peer, const std::string& endpoint, std::span<const std::byte> greeting) = 0;
  /// The peer is gone for good: refused, closed, silent for `dead_after`, or replaced by a new incarnation. Exactly once.
  virtual void peer_down(PeerId peer, const std::string& endpoint, const runtime::Failure& why) = 0;
  /// A control message: in order, no gaps, no repeats within the session.
  virtual void message(PeerId peer, std::span<const std::byte> body) = 0;
  /// A peer pulls the bytes that it knows as `name`; null owner and no bytes: not here (the pull fails with `data_lost`); nothing: not
  /// yet (it is asked again after `Link::look_again`, or in a second).
  virtual std::optional<Buffer> provide(PeerId peer, std::span<const std::byte> name) = 0;
  /// What `provide` gave was asked for to its end, or not for 2 s.
  virtual void served(PeerId peer, std::span<const std::byte> name) = 0;
  /// A session to `endpoint` could not be made (refused, wrong key, other version, no answer): nothing was up.
  virtual void connect_failed(const std::string& endpoint, const runtime::Failure& why) = 0;
};

/// Counters, for tests and benchmarks.
struct LinkCounters {
  std::uint64_t messages_sent = 0, messages_received = 0, frames_dropped = 0, resent = 0, wakeups = 0, bytes_pulled = 0;
  std::uint64_t peers = 0, outbox_bytes = 0;
};

/// One a process. All functions may be called from any thread. Destruction stops it: bounded, at most 2 s.
class Link {
 public:
  /// Binds and starts the thread. Fails with `address_in_use` or `refused` (keys missing off loopback, self-test not passed).
  static runtime::Result<std::unique_ptr<Link>> start(LinkOptions options, LinkHandler& handler);
  virtual ~Link() = default;

  virtual PeerId self() const = 0;
  /// Where others connect: "tcp://host:port" with the port that was chosen.
  virtual const std::string& endpoint() const = 0;
  /// Bytes that peers get with the handshake; set before the first `connect`.
  virtual void set_greeting(std::vector<std::byte> greeting) = 0;
  /// Starts a session; answered by `peer_up` or `connect_failed` within `dead_after`. A second one to the same endpoint
  /// while one lives changes nothing.
  virtual void connect(const std::string& endpoint) = 0;
  /// Queues a control message of at most 256 MiB (longer ones travel in several frames). False if the peer is not up, or if
  /// more than `outbox_bytes_max` wait for it: a slow consumer slows its producers, nothing is dropped silently.
  [[nodiscard]] virtual bool send(PeerId peer, std::vector<std::byte> body) = 0;
  /// Bytes that wait for this peer, unacknowledged ones included.
  virtual std::uint64_t backlog_bytes(PeerId peer) const = 0;

  /// Pulls what `peer` provides as `name` into `into`, which `keep` keeps alive until `done` was called, exactly once, on the
  /// link's thread: with `into.size()` bytes in place, or with a failure. At most 4 MiB of one pull are in flight. Of one peer, the lowest
  /// `rank` comes first, also before the rest of one that has begun; else they come one after the other.
  virtual void pull(PeerId peer, std::vector<std::byte> name, std::span<std::byte> into, std::shared_ptr<void> keep, runtime::memory::Rank rank,
                    std::function<void(runtime::Result<void>)> done) = 0;
  /// What `provide` did not have yet is there now, or will never be: it is asked for again at once.
  virtual void look_again() = 0;
  /// Says goodbye and forgets the peer; `peer_down` follows.
  virtual void disconnect(PeerId peer) = 0;
  virtual LinkCounters counters() const = 0;
  /// Sends what is queued for up to `flush`, says goodbye to all, joins the thread. Idempotent.
  virtual void stop(runtime::Duration flush = runtime::milliseconds(500)) = 0;
};

/// Starts a link: `Link::start`, or one over a simulated network.
using StartLink = std::function<runtime::Result<std::unique_ptr<Link>>(LinkOptions, LinkHandler&)>;

/// A new CURVE key pair.
struct KeyPair {
  std::string public_key, secret_key;
};
KeyPair make_key_pair();
}  // namespace tessera::actors::net
