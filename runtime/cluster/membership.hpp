/// @file
/// Decides who takes part in a cluster: numbers for members, jobs and their clients, whom to tell when somebody comes or goes.
/// Pure; a peer is a process, known by the incarnation that its link drew.
#pragma once
#include "runtime/coordinator/core.hpp"
#include "runtime/protocol/messages.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace tessera::runtime::cluster {
using PeerId = std::uint64_t;

struct Config {
  std::string name;
};

// Effects, to be performed in order.
struct ToPeer { PeerId peer; protocol::Message message; };
/// From now on this peer is that node (and client of that job).
struct Bind { PeerId peer; NodeId node; protocol::Role role; JobId job; };
struct Unbind { PeerId peer; NodeId node; };
struct StartJob { JobId job; };
struct EndJob { JobId job; };
using JobEvent = std::variant<coordinator::NodeJoined, coordinator::NodeLost, coordinator::NodeDraining, coordinator::ClientJoined,
                              coordinator::ClientLost>;
struct TellJob { JobId job; JobEvent event; };
using Effect = std::variant<ToPeer, Bind, Unbind, StartJob, EndJob, TellJob>;
using Effects = std::vector<Effect>;

class Membership {
 public:
  explicit Membership(Config config) : config_(std::move(config)) {}

  /// `endpoint` is where the coordinator's process reaches the peer; it is what others are told.
  void step(PeerId from, const protocol::Join& event, const std::string& endpoint, Effects& out);
  void step(PeerId from, const protocol::Heartbeat& event);
  /// On purpose: it gets no new work and goes when it has done what it has.
  void step(PeerId from, const protocol::Leave& event, Effects& out);
  void lost(PeerId peer, Effects& out);
  /// No more members from now on.
  void close() { closed_ = true; }

  /// All members by number, for status.
  std::vector<protocol::Member> members() const;
  std::size_t jobs() const { return jobs_.size(); }
  const std::string& name() const { return config_.name; }

 private:
  struct Peer {
    NodeId node;
    JobId job;                  ///< Of a client.
    protocol::Join join;
    std::string endpoint;
    protocol::NodeStatus status;
    bool draining = false;
  };
  struct Job {
    std::string name;           ///< Empty: private to one client.
    std::uint32_t clients = 0;
  };
  static coordinator::NodeJoined as_node(const Peer& peer);
  JobId job_of(const std::string& name, Effects& out);
  void announce(std::vector<NodeId> lost, Effects& out) const;

  Config config_;
  std::map<PeerId, Peer> peers_;
  std::map<JobId, Job> jobs_;
  std::uint32_t next_node_ = 1, next_job_ = 1;
  bool closed_ = false;
};
}  // namespace tessera::runtime::cluster
