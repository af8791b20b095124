/// @file
/// The coordinator's process: listens, knows who takes part, and runs one coordinator actor a job. Without CAF in sight.
#pragma once
#include "actors/net/link.hpp"
#include "runtime/protocol/messages.hpp"

#include <memory>
#include <string>

namespace tessera::actors {
struct HostOptions {
  net::StartLink start_link = net::Link::start;
  net::LinkOptions link;
  std::string name = "tessera";
  std::string policy = "locality";
  std::uint64_t seed = 1;
  runtime::Duration no_node_timeout = runtime::seconds(60);
  std::string record;  ///< File that every job's events are written to; empty: none.
};

class ClusterHost {
 public:
  /// Fails with `address_in_use`, `refused` (keys), `invalid_argument` (policy, address), `io_failed` (recording).
  static runtime::Result<std::unique_ptr<ClusterHost>> start(HostOptions options);
  virtual ~ClusterHost() = default;
  /// Where members connect.
  virtual const std::string& endpoint() const = 0;
  virtual runtime::protocol::Status status() = 0;
  /// Takes no more members; what runs goes on. Idempotent.
  virtual void drain() = 0;
  /// Ends every job and says goodbye to all members. Idempotent, bounded.
  virtual void stop() = 0;
};
}  // namespace tessera::actors
