/// @file
/// The coordinator's process: an `actors::HostProcess` with its cluster actor and the coordinator actors of its jobs.
#pragma once
#include "actors/host_process.hpp"
#include "tests/simulation/actors/machine.hpp"

namespace tessera::simulation::shells {
class Host final : public Machine {
 public:
  Host(World& world, std::uint64_t its_id);
  ~Host() override;

  /// Throws where a job has anything left.
  void check_empty() const;
  std::string story() const;
  std::size_t jobs() const { return process_->jobs().size(); }
  /// Processes that the cluster counts as members.
  bool knows(PeerId peer) const { return process_->knows(peer); }

  void close() override;
  void gives_up(PeerId peer) override;

 private:
  std::unique_ptr<actors::HostProcess> process_;
};
}  // namespace tessera::simulation::shells
