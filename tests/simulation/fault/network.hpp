/// @file
/// Connections between processes as TCP and ZeroMQ give them: in order, with delays; what is under way is lost when one breaks, which
/// who dialled hears of, and it is made again while there is a way.
#pragma once
#include "actors/net/frame.hpp"
#include "runtime/base/shared_bytes.hpp"
#include "tests/simulation/fault/stage.hpp"

#include <deque>
#include <map>
#include <set>
#include <tuple>

namespace tessera::simulation::fault {
namespace net = actors::net;
using PeerId = std::uint64_t;

enum class Lane : std::uint8_t { control, data };
struct Frame {
  net::HeaderBytes header;
  runtime::SharedBytes payload;
};

/// A process's side of its connections.
class Port {
 public:
  virtual ~Port() = default;
  virtual void connected(PeerId to, Lane lane) = 0;
  virtual void disconnected(PeerId to, Lane lane) = 0;
  /// Over a connection that the peer dialled.
  virtual void arrived(PeerId from, Lane lane, const Frame& frame) = 0;
  /// Over one that this process dialled.
  virtual void answered(PeerId by, Lane lane, const Frame& frame) = 0;
};

class Network {
 public:
  explicit Network(Stage& stage) : stage_(stage) {}

  void attach(Process& process, Port& port) { ends_[process.id] = {&process, &port}; }
  void dial(PeerId from, PeerId to, Lane lane);
  void hang_up(PeerId from, PeerId to, Lane lane);
  /// False where there is no connection. `extra` is what the size of the frame adds to its way.
  bool send(PeerId from, PeerId to, Lane lane, Frame frame, Bytes size = {});
  void answer(PeerId by, PeerId to, Lane lane, Frame frame, Bytes size = {});

  // Faults.
  void block(PeerId from, PeerId to);    ///< One direction.
  void unblock(PeerId from, PeerId to);
  void heal();
  void reset(PeerId a, PeerId b);
  void paused(PeerId who);               ///< Its heartbeats are missed after a while.
  void died(PeerId who, bool is_silent); ///< Silent: nobody answers, as where a machine lost its power.

 private:
  using Key = std::tuple<PeerId, PeerId, Lane>;
  struct Pipe {
    std::deque<std::pair<Instant, Frame>> frames;
    bool is_moving = false;
  };
  struct Connection {
    bool is_dialled = false, is_up = false, is_trying = false;
    std::uint64_t epoch = 0;
    Pipe there, back;
  };
  struct End {
    Process* process = nullptr;
    Port* port = nullptr;
  };
  Duration delay(Bytes size);
  void put(const Key& key, bool there, Frame frame, Bytes size);
  void move(const Key& key, bool there);
  void deliver(const Key& key, bool there, const Frame& frame);
  void try_to_connect(const Key& key, Duration in);
  void break_up(const Key& key);
  void break_between(PeerId a, PeerId b);
  bool is_blocked(PeerId from, PeerId to) const { return blocked_.contains({from, to}); }
  bool is_cut(PeerId a, PeerId b) const { return is_blocked(a, b) || is_blocked(b, a); }

  Stage& stage_;
  std::map<PeerId, End> ends_;
  std::map<Key, Connection> connections_;
  std::map<std::pair<PeerId, PeerId>, Instant> blocked_;  ///< Since when.
  std::set<PeerId> dark_;
};
}  // namespace tessera::simulation::fault
