#include "runtime/cluster/membership.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::runtime::cluster {
using protocol::Role;

coordinator::NodeJoined Membership::as_node(const Peer& peer) {
  return {peer.node, peer.join.name, peer.join.lanes, peer.join.limit, peer.join.resources, peer.join.operations};
}

void Membership::step(PeerId from, const protocol::Join& event, const std::string& endpoint, Effects& out) {
  const auto refuse = [&](std::string why) { out.push_back(ToPeer{from, protocol::JoinRefused{std::move(why)}}); };
  if (closed_) return refuse("the cluster is shutting down");
  if (peers_.contains(from)) return refuse("it has joined already");
  if (event.role == Role::coordinator) return refuse("there is a coordinator already");
  if (event.role == Role::node && event.lanes == 0) return refuse("a node needs at least one lane (--threads)");
  for (const auto& [id, peer] : peers_)
    if (event.role == Role::node && peer.join.role == Role::node && peer.join.name == event.name)
      return refuse(fmt::format("a node named \"{}\" is there already: choose another --name", event.name));

  Peer peer{{next_node_++}, {}, event, endpoint, {}, false};
  std::sort(peer.join.resources.begin(), peer.join.resources.end());
  std::sort(peer.join.operations.begin(), peer.join.operations.end());
  peer.status.lanes = event.lanes;
  peer.status.limit = event.limit;
  if (event.role == Role::client) {
    peer.join.lanes = 0;
    peer.job = job_of(event.job, out);
    ++jobs_[peer.job].clients;
  }
  out.push_back(Bind{from, peer.node, event.role, peer.job});
  if (event.role == Role::client) {
    out.push_back(TellJob{peer.job, as_node(peer)});
    out.push_back(TellJob{peer.job, coordinator::ClientJoined{{peer.node.value}, peer.node}});
  } else {
    for (const auto& [job, of] : jobs_) out.push_back(TellJob{job, as_node(peer)});
  }
  out.push_back(ToPeer{from, protocol::Joined{peer.node, peer.job, config_.name}});
  peers_.emplace(from, std::move(peer));
  announce({}, out);
}

JobId Membership::job_of(const std::string& name, Effects& out) {
  if (!name.empty())
    for (const auto& [id, job] : jobs_)
      if (job.name == name) return id;
  const JobId id{next_job_++};
  jobs_[id].name = name;
  out.push_back(StartJob{id});
  for (const auto& [at, peer] : peers_) {
    if (peer.join.role != Role::node) continue;
    out.push_back(TellJob{id, as_node(peer)});
    if (peer.draining) out.push_back(TellJob{id, coordinator::NodeDraining{peer.node}});
  }
  return id;
}

void Membership::step(PeerId from, const protocol::Heartbeat& event) {
  const auto at = peers_.find(from);
  if (at != peers_.end()) at->second.status = event.status;
}

void Membership::step(PeerId from, const protocol::Leave&, Effects& out) {
  const auto at = peers_.find(from);
  if (at == peers_.end() || at->second.draining || at->second.join.role != Role::node) return;
  at->second.draining = true;
  for (const auto& [job, of] : jobs_) out.push_back(TellJob{job, coordinator::NodeDraining{at->second.node}});
}

void Membership::lost(PeerId peer, Effects& out) {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return;
  const Peer gone = std::move(at->second);
  peers_.erase(at);
  out.push_back(Unbind{peer, gone.node});
  if (gone.join.role == Role::client) {
    out.push_back(TellJob{gone.job, coordinator::ClientLost{{gone.node.value}}});
    out.push_back(TellJob{gone.job, coordinator::NodeLost{gone.node}});
    if (--jobs_[gone.job].clients == 0) {
      jobs_.erase(gone.job);
      out.push_back(EndJob{gone.job});
      for (const auto& [id, other] : peers_) out.push_back(ToPeer{id, protocol::JobEnded{gone.job}});
    }
  } else {
    for (const auto& [job, of] : jobs_) out.push_back(TellJob{job, coordinator::NodeLost{gone.node}});
  }
  announce({gone.node}, out);
}

void Membership::announce(std::vector<NodeId> lost, Effects& out) const {
  protocol::Members list{members(), std::move(lost)};
  for (protocol::Member& member : list.members) member.status.operations.clear();  // Nobody acts on it, and there is a list for each peer.
  for (const auto& [id, peer] : peers_) out.push_back(ToPeer{id, list});
}

std::vector<protocol::Member> Membership::members() const {
  std::vector<protocol::Member> all;
  all.reserve(peers_.size());
  for (const auto& [id, peer] : peers_)
    all.push_back({peer.node, peer.join.role, peer.join.name, peer.endpoint, peer.join.lanes, peer.status});
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.node < b.node; });
  return all;
}
}  // namespace tessera::runtime::cluster
