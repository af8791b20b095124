/// @file
/// A process that computes for a cluster: what `tessera node` runs. Without CAF in sight.
#pragma once
#include "actors/net/link.hpp"
#include "actors/spill/packing.hpp"
#include "runtime/protocol/messages.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::actors {
struct NodeOptions {
  std::string coordinator;                     ///< Its address.
  std::string name;                            ///< Empty: host and process.
  std::uint32_t lanes = 0;                     ///< 0: as many as the process may use CPUs.
  runtime::Bytes limit;                        ///< 0: what `memory_limit_of` means by "auto".
  std::string spill_folder;                    ///< Empty: chunks stay in memory.
  spill::SpillCompression spill_compression = spill::SpillCompression::automatic;
  std::string memory_log;                      ///< File; empty: none.
  std::vector<std::pair<std::string, std::int64_t>> resources;
  net::LinkOptions link;
};

class NodeProcess {
 public:
  /// Joins. `on_lost` tells once, on a thread of the runtime, that the coordinator is gone; it must not call `stop`.
  static runtime::Result<std::unique_ptr<NodeProcess>> start(NodeOptions options, std::function<void(const runtime::Failure&)> on_lost);
  virtual ~NodeProcess() = default;
  virtual runtime::NodeId self() const = 0;
  virtual const std::string& cluster() const = 0;
  virtual const std::string& name() const = 0;
  virtual runtime::protocol::NodeStatus status() = 0;
  /// Tasks that it has been given and has not ended.
  virtual std::size_t tasks() = 0;
  /// Asks for no more work. Idempotent.
  virtual void drain() = 0;
  /// Idempotent, bounded by the operations that run.
  virtual void stop() = 0;
};
}  // namespace tessera::actors
