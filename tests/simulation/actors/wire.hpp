/// @file
/// The link of a process over the simulated network: the `net::Link` that members and the coordinator's process get instead of sockets.
#pragma once
#include "actors/net/link.hpp"
#include "tests/simulation/actors/machine.hpp"
#include "tests/simulation/fault/link.hpp"

namespace tessera::simulation::shells {
std::string endpoint_of(PeerId process);

class Wire final : public net::Link, private fault::LinkHandler {
 public:
  Wire(World& world, Machine& machine, net::LinkHandler& handler);
  /// For options of members and of the coordinator's process.
  static net::StartLink starter(World& world, Machine& machine);

  net::PeerId self() const override { return machine_.id; }
  const std::string& endpoint() const override { return endpoint_; }
  void set_greeting(std::vector<std::byte> greeting) override { world_.greetings[machine_.id] = std::move(greeting); }
  void connect(const std::string& endpoint) override;
  bool send(net::PeerId peer, std::vector<std::byte> body) override;
  std::uint64_t backlog_bytes(net::PeerId) const override { return 0; }
  void pull(net::PeerId peer, std::vector<std::byte> name, std::span<std::byte> into, std::shared_ptr<void> keep, runtime::memory::Rank,
            std::function<void(runtime::Result<void>)> done) override;
  void look_again() override { link_.look_again(); }
  void disconnect(net::PeerId peer) override { link_.disconnect(peer); }
  net::LinkCounters counters() const override { return {}; }
  void stop(Duration) override;

 private:
  void peer_up(PeerId peer) override;
  void peer_down(PeerId peer, const std::string& why) override;
  void connect_failed(PeerId peer) override;
  void message(PeerId peer, std::span<const std::byte> body) override;
  Answer provide(const runtime::ChunkId& chunk, Whole& whole) override;
  void served(const runtime::ChunkId& chunk) override;

  World& world_;
  Machine& machine_;
  net::LinkHandler& handler_;
  const std::string endpoint_;
  fault::Link link_;
  bool is_stopped_ = false;
};
}  // namespace tessera::simulation::shells
