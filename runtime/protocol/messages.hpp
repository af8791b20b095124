/// @file
/// What clients, the coordinator and nodes tell each other, as plain structs. In one process they travel as they are; between
/// processes `serialization/` writes and reads them, and `docs/protocol.md` says how, byte by byte.
#pragma once
#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/base/units.hpp"
#include "runtime/graph/graph.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tessera::runtime::protocol {
/// Peers of another version are refused at the handshake, with both versions named.
inline constexpr std::uint16_t version = 1;

using Bytestring = std::vector<std::byte>;

/// A failure as it travels: with the culprit's key, the operation and the node, so that it is the same at every dependent (E1, E8).
struct Blame {
  ErrorCode code = ErrorCode::task_failed;
  std::string message;
  std::string type;       ///< The exception's C++ type, demangled; empty where there was none.
  std::string operation;
  Key key;                ///< Of the task that failed.
  std::string node;       ///< Name of the node where it failed.
  std::uint32_t attempts = 0;
  friend bool operator==(const Blame&, const Blame&) = default;
};

// ---- client -> coordinator -------------------------------------------------------------------------------------------

/// New tasks. Keys in `wants` get a future: the client is told when they end, and they are kept until `Release`.
struct Submit {
  JobId job;
  std::shared_ptr<const graph::Graph> graph;
  std::vector<graph::Index> wants;
};
/// Data that the client's own node holds: a task without an operation, done from the start.
struct Scattered {
  JobId job;
  Key key;
  Bytes size;
  std::string type;
};
/// The client's last handle of each key is gone; one entry for each time the key was wanted (C5, K3).
struct Release {
  JobId job;
  std::vector<Key> keys;
};
struct Cancel {
  JobId job;
  std::vector<Key> keys;
  bool force = false;  ///< Also if another client wants it (C2).
  std::string reason;
};
/// A new try of failed tasks (E6).
struct Retry {
  JobId job;
  std::vector<Key> keys;
};

// ---- coordinator -> client -------------------------------------------------------------------------------------------

enum class FutureState : std::uint8_t { pending, finished, error, cancelled, lost };
inline constexpr std::uint8_t future_state_count = 5;

/// A wanted key changed its state (S1).
struct Update {
  Key key;
  FutureState state = FutureState::pending;
  NodeId holder = no_node;         ///< Where a finished value can be had.
  Bytes size;
  std::optional<Bytestring> value; ///< The encoded value itself, when it is small and came with the report.
  std::optional<Blame> blame;      ///< For error, cancelled and lost.
};
struct Updates {
  JobId job;
  std::vector<Update> updates;
};
/// A submission was refused whole (K5, unknown operation, does not fit): `keys` are its wants.
struct Refused {
  JobId job;
  std::vector<Key> keys;
  Blame blame;
};

// ---- coordinator -> node ---------------------------------------------------------------------------------------------

/// Names of operations `first`, `first + 1`, ...; sent before an assignment uses them.
struct Operations {
  JobId job;
  OperationId first;
  std::vector<std::string> names;
};
/// One input of an assignment: a chunk, and the node that has it or will have it (no_node: this node itself).
struct Input {
  Key key;
  NodeId holder = no_node;
  Bytes size;  ///< 0 where it is not known yet.
};
/// One task to run. Its inputs and params lie in the batch, in order.
struct Assignment {
  Key key;
  TaskId task;
  Attempt attempt;
  OperationId operation;
  std::int32_t priority = 0;
  std::uint64_t rank = 0;             ///< Lower runs first among equal priority.
  std::uint32_t inputs = 0;
  std::uint32_t params = 0;           ///< Bytes.
  bool report_value = false;          ///< A client waits: send a small value with the report.
  std::vector<std::pair<std::string, std::int64_t>> resources;
};
struct Assign {
  JobId job;
  std::vector<Assignment> tasks;
  std::vector<Input> inputs;
  Bytestring params;
};
/// Attempts that must not run, or whose results are not wanted; running ones get their stop token raised (C3).
struct Withdraw {
  JobId job;
  std::vector<std::pair<Key, Attempt>> tasks;
};
/// Chunks that nobody needs on that node any more.
struct Drop {
  JobId job;
  std::vector<Key> keys;
};
/// Inputs of waiting assignments that another node will provide instead.
struct Redirect {
  JobId job;
  std::vector<Input> inputs;
};

// ---- node -> coordinator ---------------------------------------------------------------------------------------------

struct Finished {
  TaskId task;
  Attempt attempt;
  Bytes size;
  Duration took;                     ///< On the lane.
  std::optional<Bytestring> value;   ///< If asked for and small.
};
struct Errored {
  TaskId task;
  Attempt attempt;
  Blame blame;
};
/// The operation answered with a graph whose task `result` stands for it (rule O5).
struct Delegated {
  TaskId task;
  Attempt attempt;
  std::shared_ptr<const graph::Graph> graph;
  graph::Index result = 0;
};
/// The attempt cannot run because holders no longer have these inputs; the node has forgotten the attempt.
struct InputsMissing {
  TaskId task;
  Attempt attempt;
  std::vector<std::pair<Key, NodeId>> inputs;
};
/// A copy of an input is now on this node, too.
struct Copied {
  Key key;
  Bytes size;
};
using Report = std::variant<Finished, Errored, Delegated, InputsMissing, Copied>;
struct Reports {
  JobId job;
  std::vector<Report> reports;
};
/// The level behind the events (`facts/reliability.md` 4.6): counts and an order-free hash of what the node has of this job.
struct Digest {
  JobId job;
  std::uint64_t assigned = 0;
  std::uint64_t assigned_hash = 0;
  std::uint64_t held = 0;
  std::uint64_t held_hash = 0;
};
struct NodeStatus {
  Bytes limit, resident, reserved, overhead, spilled;
  std::uint32_t lanes = 0, running = 0, queued = 0;
};
struct Heartbeat {
  NodeStatus status;
  std::vector<Digest> digests;
};

// ---- node <-> cluster ------------------------------------------------------------------------------------------------

enum class Role : std::uint8_t { coordinator, node, client };
inline constexpr std::uint8_t role_count = 3;

/// A process asks to take part; a client is a node without lanes.
struct Join {
  Role role = Role::node;
  std::string name;
  std::string endpoint;       ///< Where others reach it.
  std::uint32_t lanes = 0;
  Bytes limit;
  std::vector<std::pair<std::string, std::int64_t>> resources;
  std::vector<std::string> operations;  ///< Names that it can run, sorted.
  std::string job;            ///< Of a client: the job that it works on; clients of one job share keys.
};
struct Joined {
  NodeId node;                ///< What others call this process.
  JobId job;                  ///< Of a client.
  std::string cluster;        ///< Its name, for messages.
};
struct JoinRefused {
  std::string reason;
};
struct Member {
  NodeId node;
  Role role = Role::node;
  std::string name;
  std::string endpoint;
  std::uint32_t lanes = 0;
  NodeStatus status;
};
/// Who takes part; `lost` are nodes that were and are no more.
struct Members {
  std::vector<Member> members;
  std::vector<NodeId> lost;
};
struct Leave {};          ///< On purpose; to the coordinator.
struct AskStatus {};
/// For `tessera status`.
struct Status {
  std::string cluster, version;
  std::vector<Member> members;
  std::uint64_t tasks_waiting = 0, tasks_assigned = 0, tasks_done = 0, tasks_failed = 0, jobs = 0;
};

// ---- node <-> node ---------------------------------------------------------------------------------------------------

/// Asks for a chunk; answered by `Offer` once it exists there, or by `Absent`.
struct Want {
  ChunkId chunk;
};
struct Offer {
  ChunkId chunk;
  Bytes size;               ///< Of the encoded value.
  std::string type;
  std::optional<Bytestring> value;  ///< The value itself when it is small: no pull follows.
};
struct Absent {
  ChunkId chunk;
};
/// The asker no longer needs it.
struct Unwant {
  ChunkId chunk;
};

using Message = std::variant<Submit, Scattered, Release, Cancel, Retry, Updates, Refused, Operations, Assign, Withdraw, Drop,
                             Redirect, Reports, Heartbeat, Join, Joined, JoinRefused, Members, Leave, AskStatus, Status, Want,
                             Offer, Absent, Unwant>;
}  // namespace tessera::runtime::protocol
