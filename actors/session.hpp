/// @file
/// What a program needs of the runtime, without CAF or ZeroMQ in sight: `client/` builds on it.
#pragma once
#include "actors/net/link.hpp"
#include "actors/spill/packing.hpp"
#include "arrays/operation.hpp"
#include "runtime/protocol/messages.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tessera::actors {
struct SessionOptions {
  std::uint32_t lanes = 0;                     ///< 0: as many as the process may use CPUs.
  runtime::Bytes limit;                        ///< 0: what `memory_limit_of` means by "auto".
  std::string spill_folder;                    ///< Empty: chunks stay in memory.
  spill::SpillCompression spill_compression = spill::SpillCompression::automatic;
  std::string memory_log;                      ///< File; empty: none.
  std::string record;                          ///< File of the coordinator's events; empty: none.
  std::string name = "local";
  std::string policy = "locality";
  std::uint64_t seed = 1;
  std::vector<std::pair<std::string, std::int64_t>> resources;
  runtime::Duration no_node_timeout = runtime::seconds(60);
};

/// How a program connects to a cluster.
struct ConnectOptions {
  std::string coordinator;                     ///< Its address.
  std::string name;                            ///< For messages; empty: host and process.
  std::string job;                             ///< Programs that name the same job share its keys; empty: a job of its own.
  net::LinkOptions link;
  runtime::Bytes limit;                        ///< For data of the program itself; 0: as there.
};

/// Counters, for tests and benchmarks.
struct SessionCounters {
  std::uint64_t task_actors = 0, chunk_actors = 0, report_messages = 0, wakeups = 0, executed = 0;
  std::uint64_t coordinator_messages = 0, coordinator_wakeups = 0, coordinator_bytes = 0, coordinator_records = 0;
  std::uint64_t stale = 0, recomputed = 0, tasks_on_node = 0, chunks_on_node = 0;
  runtime::Bytes resident, reserved, booked_peak, spill_written, spill_read;
};

/// One program's part in a deployment. All functions may be called from any thread.
class Session {
 public:
  using OnMessage = std::function<void(const runtime::protocol::Message&)>;
  using Delivered = std::function<void(std::optional<arrays::Payload>)>;

  /// Everything in this process: coordinator, node, lanes; no sockets. `on_message` gets `Updates` and `Refused`, one at a time,
  /// on a thread of the runtime: it must return at once.
  static runtime::Result<std::unique_ptr<Session>> local(SessionOptions options, OnMessage on_message);

  /// To a coordinator elsewhere; this process becomes a node without lanes. `on_lost` tells once that the coordinator is gone.
  static runtime::Result<std::unique_ptr<Session>> connect(ConnectOptions options, OnMessage on_message,
                                                           std::function<void(const runtime::Failure&)> on_lost);

  virtual ~Session() = default;
  virtual runtime::JobId job() const = 0;
  virtual runtime::NodeId self() const = 0;
  /// To the coordinator; messages of one thread arrive in order.
  virtual void send(runtime::protocol::Message message) = 0;
  virtual void put(const runtime::Key& key, arrays::Payload payload) = 0;
  virtual std::optional<arrays::Payload> find(const runtime::Key& key) = 0;
  /// Calls `done` once, perhaps before it returns.
  virtual std::uint64_t ask(const runtime::Key& key, runtime::NodeId holder, Delivered done) = 0;
  virtual void unask(const runtime::Key& key, std::uint64_t token) = 0;
  virtual SessionCounters counters() = 0;
  virtual runtime::protocol::Status status() = 0;
  /// Whether the calling thread is one of its lanes: on one, `close` would wait for itself.
  virtual bool is_lane() const = 0;
  /// Ends everything that it began, within bounds; further calls have no effect. Idempotent.
  virtual void close() = 0;
};
}  // namespace tessera::actors
