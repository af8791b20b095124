/// @file
/// What the link's thread owns: sockets, peers, pulls. Everything here runs on that thread; others reach it through the outbox.
#pragma once
#include "actors/net/endpoint.hpp"
#include "actors/net/keys.hpp"
#include "actors/net/pull.hpp"
#include "actors/net/session.hpp"
#include "actors/net/throttle.hpp"
#include "actors/net/turns.hpp"

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <variant>

namespace tessera::actors::net {
/// Bytes that wait for one peer: what senders added and the thread has not taken, and what the session holds.
struct Backlog {
  std::atomic<std::uint64_t> queued{0}, in_session{0};
  std::uint64_t total() const { return queued.load() + in_session.load(); }
};

struct ConnectOrder { std::string endpoint; };
struct SendOrder { PeerId peer; std::vector<std::byte> body; std::shared_ptr<Backlog> backlog; };
struct PullOrder {
  PeerId peer;
  std::vector<std::byte> name;
  std::span<std::byte> into;
  std::shared_ptr<void> keep;
  runtime::memory::Rank rank;
  std::function<void(runtime::Result<void>)> done;
};
struct LookAgainOrder {};
struct DisconnectOrder { PeerId peer; };
struct StopOrder { Duration flush; };
using Order = std::variant<ConnectOrder, SendOrder, PullOrder, LookAgainOrder, DisconnectOrder, StopOrder>;

/// What the thread and its callers share.
struct Shared {
  std::mutex mutex;
  std::vector<Order> orders;
  std::vector<std::byte> greeting;
  std::unordered_map<PeerId, std::shared_ptr<Backlog>> up;
  bool woken = false;     ///< The descriptor is written already.
  bool stopped = false;
  int wake_fd = -1;
  std::atomic<std::uint64_t> messages_sent{0}, messages_received{0}, frames_dropped{0}, resent{0}, wakeups{0}, bytes_pulled{0};
};

/// Frames that one socket may hand over before the others have their turn.
inline constexpr int frames_a_turn = 256;
/// The same for pieces of chunks, each of which is copied: control waits behind so many.
inline constexpr int pieces_a_turn = 2;
/// Pieces over a link that is made slower, and how many of them are in flight from one peer: so small that pulls from several peers share it evenly, as packets do, and so many that both
/// sides' links are always busy.
inline constexpr std::size_t slow_piece_bytes = 64 << 10, slow_pieces_in_flight = 4;

class Wire {
 public:
  Wire(LinkOptions options, PeerId self, LinkHandler& handler, Shared& shared);
  ~Wire();
  /// Binds; proves the keys.
  runtime::Result<void> open();
  const std::string& endpoint() const { return endpoint_; }
  void run();

 private:
  struct PullJob {
    PullOrder order;
    Pull state;
  };
  struct Provided {
    Buffer buffer;
    std::vector<std::byte> name;
    Instant used;
  };
  /// A request for a piece of what is not there yet.
  struct Early {
    std::vector<std::byte> route, payload;
    Header header;
    Instant since;
  };
  struct Peer {
    std::string endpoint, data_endpoint, name, user;
    PeerId id = 0;                     ///< 0 until it has answered.
    std::uint64_t nonce = 0, session_id = 0;
    std::uint64_t their_nonce = 0;     ///< Of the hello that made the session; 0: it was ours.
    std::optional<std::uint64_t> welcome;  ///< Owed to a hello with this nonce; nothing else is sent before it.
    bool asked = false;                ///< Our side wants it: failures are told.
    bool is_up = false, connected = false, blocked = false, data_blocked = false, gone = false;
    runtime::Failure why;
    std::string trouble;               ///< What the socket last complained of.
    Instant since, next_hello;
    Socket dealer, data;
    std::optional<Session> session;
    std::shared_ptr<Backlog> backlog;
    std::map<std::uint64_t, PullJob> pulls;
    Turns turns;
    bool answers = false;              ///< To pulls, since the last tick.
    std::map<std::uint64_t, Provided> provided;
    std::vector<Early> early;
  };

  runtime::Result<Socket> listen(Lane lane, const std::string& endpoint, std::string& chosen);
  void take_orders();
  void obey(ConnectOrder order);
  void obey(SendOrder order);
  void obey(PullOrder order);
  void obey(LookAgainOrder order);
  void obey(DisconnectOrder order);
  void obey(StopOrder order);

  Peer* dial(const std::string& endpoint);
  bool say_hello(Peer& peer, FrameKind kind, std::uint64_t nonce);
  void say_welcome(Peer& peer);
  void reject(std::span<const std::byte> route, Socket& router, std::uint64_t nonce, const std::string& why);
  void come_up(Peer& peer, PeerId id, std::uint64_t session);
  void lose(Peer& peer, runtime::ErrorCode code, std::string why);
  void bury();

  void read_control();
  void on_control(std::span<const std::byte> route, const Header& header, Part& payload);
  void on_hello(std::span<const std::byte> route, const Header& header, Part& payload);
  void on_welcome(const Header& header, Part& payload);
  void on_session_frame(std::span<const std::byte> route, const Header& header, Part& payload);
  void read_dealer(Peer& peer);
  void read_events(Peer& peer);
  void read_data_requests();
  void read_pieces(Peer& peer);
  void provide_piece(std::span<const std::byte> route, const Header& header, std::span<const std::byte> payload);
  /// What to answer to a request for a piece: `no_piece`, `not_yet`, or `piece` and its bytes.
  FrameKind find_piece(Peer& peer, const Header& header, std::span<const std::byte> payload, runtime::SharedBytes& piece);

  void pump(Peer& peer);
  void pump_pulls(Peer& peer);
  void take_piece(Peer& peer, std::map<std::uint64_t, PullJob>::iterator at, std::uint64_t offset, std::span<const std::byte> bytes);
  void finish_pull(Peer& peer, std::map<std::uint64_t, PullJob>::iterator at, runtime::Result<void> result);
  void tick();
  // wire_late.cpp: a slow link (LinkOptions::mib_s).
  void send_late(std::span<const std::byte> route, const Header& answer, const runtime::SharedBytes& piece);
  void take_late(const Peer& peer, std::uint64_t pull, std::uint64_t offset, std::span<const std::byte> bytes);
  void later(Instant at, std::function<void()> what);
  void do_late();
  void set_timer();
  int poll_timeout_ms() const;
  bool send_frame(Socket& socket, Header header, const runtime::SharedBytes& payload);
  Peer* find(PeerId id);
  bool same_cluster(const Header& header) const;

  LinkOptions options_;
  PeerId self_;
  LinkHandler& handler_;
  Shared& shared_;
  SessionTimes times_;
  std::string endpoint_, data_endpoint_;
  Context context_;
  std::optional<Gate> gate_;
  std::optional<Curve> curve_;
  Socket control_, data_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::unordered_map<PeerId, Peer*> by_id_;
  std::vector<std::vector<std::byte>> messages_;
  std::vector<zmq_pollitem_t> items_;
  Instant now_;
  std::uint64_t next_nonce_, next_pull_ = 1;
  std::optional<Instant> stop_at_;
  Throttle up_, down_;
  std::multimap<Instant, std::function<void()>> late_;
  int timer_fd_ = -1;                  ///< Readable when the first of these is due; -1: the link is not slow.
};

Instant wire_now();
}  // namespace tessera::actors::net
