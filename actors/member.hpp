/// @file
/// A process that takes part in a cluster, as a node or as a client (a node without lanes): its link, its node, and the way to
/// the coordinator and to other members.
#pragma once
#include "actors/net/link.hpp"
#include "actors/node.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tessera::actors {
struct MemberOptions {
  std::string coordinator;                     ///< Its address.
  runtime::protocol::Role role = runtime::protocol::Role::node;
  net::StartLink start_link = net::Link::start;
  net::LinkOptions link;                       ///< `listen` empty: loopback if the coordinator is there, else every address.
  std::string name;
  std::uint32_t lanes = 0;
  runtime::Bytes limit;
  NodeMachine machine;
  std::vector<std::pair<std::string, std::int64_t>> resources;
  std::string job;                             ///< Of a client; empty: one of its own.
};

class Member final : public net::LinkHandler {
 public:
  using OnMessage = std::function<void(const runtime::protocol::Message&)>;
  using OnLost = std::function<void(const runtime::Failure&)>;

  /// Connects, joins, and starts the node once the coordinator lets it. `on_message` gets what coordinators send to clients, `on_lost` the end of the coordinator,
  /// at most once; both on a thread of the runtime.
  static runtime::Result<std::unique_ptr<Member>> begin(caf::actor_system& system, MemberOptions options, OnMessage on_message,
                                                        OnLost on_lost);
  /// The same, and waits for it. Fails within `dead_after` + 10 s.
  static runtime::Result<std::unique_ptr<Member>> join(caf::actor_system& system, MemberOptions options, OnMessage on_message,
                                                       OnLost on_lost);
  ~Member() override;

  bool has_joined() const;
  /// Why it will never.
  std::optional<runtime::Failure> refused() const;
  // Once it has joined.
  runtime::NodeId self() const { return self_; }
  runtime::JobId job() const { return job_; }
  const std::string& cluster() const { return cluster_; }
  Node& node() { return *node_; }
  net::Link& link() { return *link_; }
  /// To the coordinator. A coordinator that takes no more is given up: `on_lost`.
  void to_coordinator(const runtime::protocol::Message& message);
  /// Asks the cluster; waits at most 10 s.
  runtime::Result<runtime::protocol::Status> status();
  /// Idempotent.
  void stop();

  void peer_up(net::PeerId peer, const std::string& endpoint, std::span<const std::byte> greeting) override;
  void peer_down(net::PeerId peer, const std::string& endpoint, const runtime::Failure& why) override;
  void message(net::PeerId peer, std::span<const std::byte> body) override;
  std::optional<net::Buffer> provide(net::PeerId peer, std::span<const std::byte> name) override;
  void served(net::PeerId peer, std::span<const std::byte> name) override;
  void connect_failed(const std::string& endpoint, const runtime::Failure& why) override;

 private:
  Member(caf::actor_system& system, MemberOptions options, OnMessage on_message, OnLost on_lost);
  runtime::Result<void> open();
  runtime::Result<void> wait_until_joined();
  void start_node(const runtime::protocol::Joined& joined);
  void to_peer(runtime::NodeId node, const runtime::protocol::Message& message);
  void pull(const runtime::ChunkId& chunk, const runtime::node::StartPull& what);
  void lose_coordinator(const runtime::Failure& why);
  void meet(const runtime::protocol::Member& member);
  void lose_peer(runtime::NodeId node);

  /// Another member, as far as it is known.
  struct Other {
    std::string endpoint;
    net::PeerId peer = 0;                        ///< 0: no session.
    bool connecting = false;
    std::vector<std::vector<std::byte>> waiting; ///< For the session; at most `waiting_max`.
  };
  static constexpr std::size_t waiting_max = 10'000;
  static constexpr std::size_t met_early_max = 64;  ///< In larger clusters sessions with those who never talk would cost more than they save.

  caf::actor_system& system_;
  MemberOptions options_;
  OnMessage on_message_;
  OnLost on_lost_;
  std::string coordinator_endpoint_;
  std::unique_ptr<net::Link> link_;
  std::shared_ptr<Node> node_;
  caf::actor node_actor_, client_;
  runtime::NodeId self_;
  runtime::JobId job_;
  std::string cluster_;

  /// The link's thread's: of peers that know of this member before it does.
  std::vector<std::pair<runtime::NodeId, runtime::protocol::Message>> early_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  net::PeerId coordinator_ = 0;
  bool joined_ = false, coordinator_lost_ = false, stopping_ = false;
  std::optional<runtime::Failure> refused_;
  std::optional<runtime::protocol::Status> status_;
  std::unordered_map<runtime::NodeId, Other> others_;
  std::unordered_map<net::PeerId, runtime::NodeId> by_peer_;
};
}  // namespace tessera::actors
