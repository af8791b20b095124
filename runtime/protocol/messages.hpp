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
/// The value is asked for, and `holder` (no_node: none is known) has it no more: what was evicted is made again.
struct Restore {
  JobId job;
  Key key;
  NodeId holder = no_node;
};

// ---- coordinator -> client -------------------------------------------------------------------------------------------

enum class FutureState : std::uint8_t { pending, finished, error, cancelled, lost };
inline constexpr std::uint8_t future_state_count = 5;

/// A wanted key changed its state (S1).
struct Update {
  Key key;
  FutureState state = FutureState::pending;
  NodeId holder = no_node;         ///< Where a finished value can be had; no_node: it was evicted and is made again for `Restore`.
  Bytes size;
  std::optional<Bytestring> value; ///< The encoded value itself, when it is small and came with the report.
  std::optional<Blame> blame;      ///< For error, cancelled and lost.
};
struct Updates {
  JobId job;
  std::vector<Update> updates;
  /// Of this client, taken before these were sent: what they say is not of a key that a later one wants anew.
  std::uint64_t submissions = 0;
};
/// A submission was refused whole (K5, unknown operation, does not fit): `keys` are its wants.
struct Refused {
  JobId job;
  std::vector<Key> keys;
  Blame blame;
  std::uint64_t submissions = 0;   ///< As in `Updates`.
};

// ---- coordinator -> node ---------------------------------------------------------------------------------------------

/// Names of operations `first`, `first + 1`, ...; sent before an assignment uses them.
struct Operations {
  JobId job;
  OperationId first;
  std::vector<std::string> names;
};
inline constexpr std::uint8_t many_uses = 255;
/// One input of an assignment: a chunk, and the node that has it or will have it (no_node: this node itself).
struct Input {
  Key key;
  NodeId holder = no_node;
  Bytes size;  ///< 0 where it is not known yet.
  std::uint8_t uses = many_uses;  ///< Tasks that still need it, this one included, where nobody else wants it.
};
/// When a node may drop the result of a task and say `Evicted`: the task is pure. It knows itself what it was made of, and what that takes.
enum class Eviction : std::uint8_t {
  never,
  if_stuck,    ///< It has no inputs and was dropped too often: only where nothing else lets a task go on.
  if_cheaper,  ///< Where it is cheaper to make again, with all that it is made of, than to write and to read; without inputs also where nothing else lets a task go on.
};
inline constexpr std::uint8_t eviction_count = 3;

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
  Eviction eviction = Eviction::never;
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
  Instant ended = {};                ///< By the node's own clock; 0: it was on no lane.
};
struct Errored {
  TaskId task;
  Attempt attempt;
  Blame blame;
  Duration took = {};
  Instant ended = {};
};
/// The operation answered with a graph whose task `result` stands for it (rule O5).
struct Delegated {
  TaskId task;
  Attempt attempt;
  std::shared_ptr<const graph::Graph> graph;
  graph::Index result = 0;
  Duration took = {};
  Instant ended = {};
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
/// The node had the result or a copy of it and made room, or its file was no good: it has it no more.
struct Evicted {
  Key key;
};
using Report = std::variant<Finished, Errored, Delegated, InputsMissing, Copied, Evicted>;
struct Reports {
  JobId job;
  std::vector<Report> reports;
};
/// Counts and an order-free hash of what the node has of this job; not sent yet (docs/architecture.md).
struct Digest {
  JobId job;
  std::uint64_t assigned = 0;
  std::uint64_t assigned_hash = 0;
  std::uint64_t held = 0;
  std::uint64_t held_hash = 0;
};
/// What one operation's tasks and results take on a node.
struct OperationStatus {
  std::string name;                  ///< Of the operation, over all jobs; besides, `scattered`, `copies` and `other_operations`.
  std::uint64_t done = 0;            ///< Tasks that ended with a result there, of jobs that are open.
  std::uint32_t running = 0;
  Bytes resident = {}, spilled = {}; ///< Of results.
  Bytes reserved = {};               ///< By attempts that are about to run or run, and for results that come back from disk.
  Bytes largest = {};                ///< Result so far.
};
inline constexpr const char* scattered = "scatter";         ///< What programs put there.
inline constexpr const char* copies = "copies";             ///< What was made on other nodes, and what is on its way from there.
inline constexpr const char* other_operations = "others";   ///< Those that are not in the list.
/// The list of a node has as many entries at most, and one of others.
inline constexpr std::size_t operations_max = 32;

struct NodeStatus {
  Bytes limit, resident, reserved, overhead, spilled;
  std::uint32_t lanes = 0, running = 0, queued = 0;
  Bytes received = {};                     ///< Of chunks that came from other nodes, since it began.
  std::vector<OperationStatus> operations = {};  ///< Largest first; their bytes add up to those above. Not in `Members`.
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
  std::vector<std::pair<std::string, std::uint64_t>> nonsense;  ///< What policies decided that was left out (runtime/policy/nonsense.hpp): each kind, and how often.
};

/// Nobody works on the job any more: all that nodes have of it goes.
struct JobEnded {
  JobId job;
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
                             Offer, Absent, Unwant, JobEnded, Restore>;
}  // namespace tessera::runtime::protocol
