/// @file
/// The link of one process as `actors/net/wire.cpp` keeps it, over the simulated network: handshake, sessions and pulls are the live
/// `net::Session` and `net::Pull`, frames are encoded and checked. What Wire decides around them is written again here.
#pragma once
#include "actors/net/pull.hpp"
#include "actors/net/session.hpp"
#include "runtime/base/ids.hpp"
#include "tests/simulation/fault/network.hpp"

#include <map>
#include <optional>
#include <vector>

namespace tessera::simulation::fault {
/// A chunk's bytes: what a value is here, and how many bytes it stands for.
struct Whole {
  std::uint64_t value = 0;
  Bytes size;
};

/// What the link tells its process, as `net::LinkHandler`: must only enqueue, but for `provide` and `served`.
class LinkHandler {
 public:
  virtual ~LinkHandler() = default;
  virtual void peer_up(PeerId peer) = 0;
  virtual void peer_down(PeerId peer, const std::string& why) = 0;
  virtual void connect_failed(PeerId peer) = 0;
  virtual void message(PeerId peer, std::span<const std::byte> body) = 0;
  enum class Answer : std::uint8_t { here, not_yet, absent };
  virtual Answer provide(const runtime::ChunkId& chunk, Whole& whole) = 0;
  virtual void served(const runtime::ChunkId& chunk) = 0;
};

class Link final : public Port {
 public:
  Link(Stage& stage, Network& network, Process& process, LinkHandler& handler);

  void connect(PeerId to) { order([this, to] { obey_connect(to); }); }
  /// False if the peer is not up.
  bool send(PeerId to, std::vector<std::byte> body);
  void disconnect(PeerId to) { order([this, to] { obey_disconnect(to); }); }
  using Pulled = std::function<void(std::optional<std::uint64_t>)>;
  void pull(PeerId from, const runtime::ChunkId& chunk, Bytes size, Pulled done);
  void look_again() { order([this] { obey_look_again(); }); }
  /// Goodbye to all; the process ends.
  void stop();

  bool is_idle() const;

  void connected(PeerId to, Lane lane) override;
  void disconnected(PeerId to, Lane lane) override;
  void arrived(PeerId from, Lane lane, const Frame& frame) override;
  void answered(PeerId by, Lane lane, const Frame& frame) override;

 private:
  struct PullJob {
    runtime::ChunkId chunk;
    Bytes size;
    Pulled done;
    net::Pull state;
    std::optional<std::uint64_t> value;
  };
  struct Provided {
    runtime::ChunkId chunk;
    Whole whole;
    Instant used;
  };
  struct Early {
    net::Header header;
    runtime::SharedBytes payload;
    Instant since;
  };
  struct Peer {
    std::uint64_t session_id = 0, nonce = 0, their_nonce = 0;
    std::optional<net::Session> session;
    std::optional<std::uint64_t> welcome;  ///< The nonce that it answers; to be sent once there is a connection.
    bool is_up = false, gone = false, asked = false;
    Instant since, next_hello;
    std::string why;
    bool has_data = false;
    std::map<std::uint64_t, PullJob> active, waiting;
    std::map<std::uint64_t, Provided> provided;
    std::vector<Early> early;
  };

  void order(Deed deed);
  void obey_connect(PeerId to);
  void obey_disconnect(PeerId to);
  void obey_look_again();
  void turn();
  void turn_in(Duration delay);
  void settle();
  void tick(PeerId id, Peer& peer);
  Peer* find_up(PeerId id);
  Peer& dial(PeerId to);
  bool send_frame(PeerId to, Lane lane, net::Header header, const runtime::SharedBytes& payload, Bytes size = {});
  void answer_frame(PeerId to, Lane lane, net::Header header, const runtime::SharedBytes& payload, Bytes size = {});
  bool say_hello(PeerId to, Peer& peer, net::FrameKind kind, std::uint64_t nonce);
  void say_welcome(PeerId to, Peer& peer);
  void come_up(Peer& peer, std::uint64_t session);
  void lose(Peer& peer, std::string why);
  void bury();
  void pump(PeerId id, Peer& peer);
  void pump_pulls(PeerId id, Peer& peer);
  void on_hello(const net::Header& header);
  void on_welcome(const net::Header& header);
  void on_session_frame(PeerId from, const net::Header& header, std::span<const std::byte> payload);
  void provide_piece(PeerId to, const net::Header& header, const runtime::SharedBytes& payload);
  void on_piece(PeerId by, const net::Header& header, std::span<const std::byte> payload);
  void finish_pull(Peer& peer, std::uint64_t id, bool ok);

  Stage& stage_;
  Network& network_;
  Process& process_;
  LinkHandler& handler_;
  std::map<PeerId, Peer> peers_;
  std::vector<Deed> orders_;
  std::uint64_t next_nonce_, next_pull_ = 1, turns_ = 0;
  Instant turn_at_;
  bool is_turn_asked_ = false;
};
}  // namespace tessera::simulation::fault
