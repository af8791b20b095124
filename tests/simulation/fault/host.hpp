/// @file
/// The coordinator's process: what `actors/cluster_host.cpp` is live, with the cores of membership and of each job.
#pragma once
#include "runtime/cluster/membership.hpp"
#include "tests/simulation/fault/member.hpp"

namespace tessera::simulation::fault {
class Host final : public Process, public LinkHandler {
 public:
  Host(World& world, std::uint64_t its_id);

  /// Throws where a job has anything left.
  void check_empty() const;
  std::string story() const;
  std::size_t jobs() const { return membership_.jobs(); }
  bool is_idle() const { return link_.is_idle(); }
  /// Processes that the cluster counts as members.
  bool knows(PeerId peer) const { return bound_.contains(peer); }
  std::uint64_t recomputed() const;

  void peer_up(PeerId) override {}
  void peer_down(PeerId peer, const std::string& why) override;
  void connect_failed(PeerId) override {}
  void message(PeerId peer, std::span<const std::byte> body) override;
  Answer provide(const ChunkId&, Whole&) override { return Answer::absent; }
  void served(const ChunkId&) override {}

 private:
  struct Job {
    Job(const runtime::coordinator::Config& config, Stage& stage, Process& process) : core(config), mail(stage, process) {}
    runtime::coordinator::Core core;
    Mailbox mail;
    bool is_open = true;
  };
  struct Bound {
    NodeId node;
    JobId job;
    bool is_client = false;
  };
  void perform();
  void perform(runtime::cluster::ToPeer& effect);
  void perform(runtime::cluster::Bind& effect);
  void perform(runtime::cluster::Unbind& effect);
  void perform(runtime::cluster::StartJob& effect);
  void perform(runtime::cluster::EndJob& effect);
  void perform(runtime::cluster::TellJob& effect);
  void to_peer(PeerId peer, const protocol::Message& message);
  void to_node(NodeId node, const protocol::Message& message);
  void tick(Job& job);
  void feed(Job& job, NodeId from, const protocol::Message& message);
  template <class... Event>
  void step(Job& job, Event&&... event);

  World& world_;
  Link link_;
  Mailbox mail_;
  runtime::cluster::Membership membership_{{"simulated"}};
  runtime::cluster::Effects effects_;
  runtime::coordinator::Effects job_effects_;
  std::map<JobId, std::unique_ptr<Job>> jobs_;
  std::map<PeerId, Bound> bound_;
  std::map<NodeId, PeerId> peers_;
};
}  // namespace tessera::simulation::fault
