/// @file
/// The coordinator's process on an actor system of another, and what it knows of its members and jobs.
#pragma once
#include "actors/cluster_host.hpp"
#include "actors/coordinator_actor.hpp"

#include <map>

namespace tessera::actors {
class HostProcess : public ClusterHost {
 public:
  /// `stop` does not wait for actors to end: who runs the system does.
  static runtime::Result<std::unique_ptr<HostProcess>> start(caf::actor_system& system, HostOptions options);
  virtual bool knows(net::PeerId peer) const = 0;
  /// Those that are open, as of their last ticks.
  virtual std::map<runtime::JobId, runtime::coordinator::Counts> jobs() const = 0;
};
}  // namespace tessera::actors
