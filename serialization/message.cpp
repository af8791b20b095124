#include "serialization/message.hpp"

#include "serialization/bounded_archive.hpp"

#include <fmt/format.h>

// The fields of each struct, in the order of the wire. One list for both directions.
namespace tessera::runtime {
using serialization::ranged;

template <class A, class Tag, class Rep>
void serialize(A& archive, Id<Tag, Rep>& id) { archive(id.value); }
template <class A>
void serialize(A& archive, Key& key) { archive(key.high, key.low); }
template <class A>
void serialize(A& archive, ChunkId& id) { archive(id.key, id.job); }
template <class A>
void serialize(A& archive, Bytes& bytes) { archive(bytes.value); }
template <class A>
void serialize(A& archive, Duration& duration) { archive(duration.ns); }
template <class A>
void serialize(A& archive, Instant& instant) { archive(instant.ns); }

namespace graph {
template <class A>
void serialize(A& archive, Options& o) { archive(o.priority, o.retries, ranged<effects_count>(o.effects), o.resources, o.divides); }
template <class A>
void serialize(A& archive, Task& t) {
  archive(t.key, t.params_begin, t.params_size, t.operation, t.options, t.inputs_begin);
}
template <class A>
void serialize(A& archive, Graph& g) { archive(g.tasks, g.inputs, g.params, g.operations, g.options, g.externals); }
}  // namespace graph

namespace protocol {
template <class A>
void save_graph(A& archive, const std::shared_ptr<const graph::Graph>& shared) { archive(*shared); }
template <class A>
void load_graph(A& archive, std::shared_ptr<const graph::Graph>& shared) {
  auto graph = std::make_shared<graph::Graph>();
  archive(*graph);
  if (const Result<void> valid = graph::validate(*graph); !valid) throw cereal::Exception(valid.failure().message);
  shared = std::move(graph);
}
template <class A>
void serialize(A& archive, Blame& b) {
  archive(ranged<error_code_count>(b.code), b.message, b.type, b.operation, b.key, b.node, b.attempts);
}
template <class A>
void save(A& archive, const Submit& m) { archive(m.job), save_graph(archive, m.graph), archive(m.wants); }
template <class A>
void load(A& archive, Submit& m) {
  archive(m.job), load_graph(archive, m.graph), archive(m.wants);
  for (const graph::Index want : m.wants)
    if (want >= m.graph->tasks.size()) throw cereal::Exception("a want names no task of the graph");
}
template <class A>
void serialize(A& archive, Scattered& m) { archive(m.job, m.key, m.size, m.type); }
template <class A>
void serialize(A& archive, Release& m) { archive(m.job, m.keys); }
template <class A>
void serialize(A& archive, Cancel& m) { archive(m.job, m.keys, m.force, m.reason); }
template <class A>
void serialize(A& archive, Retry& m) { archive(m.job, m.keys); }
template <class A>
void serialize(A& archive, Restore& m) { archive(m.job, m.key, m.holder); }
template <class A>
void serialize(A& archive, Update& m) { archive(m.key, ranged<future_state_count>(m.state), m.holder, m.size, m.value, m.blame); }
template <class A>
void serialize(A& archive, Updates& m) { archive(m.job, m.updates, m.submissions); }
template <class A>
void serialize(A& archive, Refused& m) { archive(m.job, m.keys, m.blame, m.submissions); }
template <class A>
void serialize(A& archive, Operations& m) { archive(m.job, m.first, m.names); }
template <class A>
void serialize(A& archive, Input& m) { archive(m.key, m.holder, m.size, m.uses); }
template <class A>
void serialize(A& archive, Assignment& m) {
  archive(m.key, m.task, m.attempt, m.operation, m.priority, m.rank, m.inputs, m.params, m.report_value, ranged<eviction_count>(m.eviction),
          m.resources);
}
template <class A>
void save(A& archive, const Assign& m) { archive(m.job, m.tasks, m.inputs, m.params); }
template <class A>
void load(A& archive, Assign& m) {
  archive(m.job, m.tasks, m.inputs, m.params);
  std::uint64_t inputs = 0, params = 0;
  for (const Assignment& one : m.tasks) inputs += one.inputs, params += one.params;
  if (inputs != m.inputs.size() || params != m.params.size())
    throw cereal::Exception("assignments name other inputs or parameters than the batch has");
}
template <class A>
void serialize(A& archive, Withdraw& m) { archive(m.job, m.tasks); }
template <class A>
void serialize(A& archive, Drop& m) { archive(m.job, m.keys); }
template <class A>
void serialize(A& archive, Redirect& m) { archive(m.job, m.inputs); }
template <class A>
void serialize(A& archive, Finished& m) { archive(m.task, m.attempt, m.size, m.took, m.value, m.ended); }
template <class A>
void serialize(A& archive, Errored& m) { archive(m.task, m.attempt, m.blame, m.took, m.ended); }
template <class A>
void save(A& archive, const Delegated& m) { archive(m.task, m.attempt), save_graph(archive, m.graph), archive(m.result, m.took, m.ended); }
template <class A>
void load(A& archive, Delegated& m) {
  archive(m.task, m.attempt), load_graph(archive, m.graph), archive(m.result, m.took, m.ended);
  if (m.result >= m.graph->tasks.size()) throw cereal::Exception("a delegation names no task of its graph");
}
template <class A>
void serialize(A& archive, InputsMissing& m) { archive(m.task, m.attempt, m.inputs); }
template <class A>
void serialize(A& archive, Copied& m) { archive(m.key, m.size); }
template <class A>
void serialize(A& archive, Evicted& m) { archive(m.key); }
template <class A>
void serialize(A& archive, Reports& m) { archive(m.job, m.reports); }
template <class A>
void serialize(A& archive, Digest& m) { archive(m.job, m.assigned, m.assigned_hash, m.held, m.held_hash); }
template <class A>
void serialize(A& archive, OperationStatus& m) {
  archive(m.name, m.done, m.running, m.resident, m.spilled, m.reserved, m.largest);
}
template <class A>
void save(A& archive, const NodeStatus& m) {
  archive(m.limit, m.resident, m.reserved, m.overhead, m.spilled, m.lanes, m.running, m.queued, m.received, m.operations);
}
template <class A>
void load(A& archive, NodeStatus& m) {
  archive(m.limit, m.resident, m.reserved, m.overhead, m.spilled, m.lanes, m.running, m.queued, m.received, m.operations);
  if (m.operations.size() > operations_max + 1) throw cereal::Exception("a node's status lists too many operations");
}
template <class A>
void serialize(A& archive, Heartbeat& m) { archive(m.status, m.digests); }
template <class A>
void serialize(A& archive, Join& m) {
  archive(ranged<role_count>(m.role), m.name, m.endpoint, m.lanes, m.limit, m.resources, m.operations, m.job);
}
template <class A>
void serialize(A& archive, Joined& m) { archive(m.node, m.job, m.cluster); }
template <class A>
void serialize(A& archive, JoinRefused& m) { archive(m.reason); }
template <class A>
void serialize(A& archive, Member& m) { archive(m.node, ranged<role_count>(m.role), m.name, m.endpoint, m.lanes, m.status); }
template <class A>
void serialize(A& archive, Members& m) { archive(m.members, m.lost); }
template <class A>
void serialize(A&, Leave&) {}
template <class A>
void serialize(A&, AskStatus&) {}
template <class A>
void serialize(A& archive, Status& m) {
  archive(m.cluster, m.version, m.members, m.tasks_waiting, m.tasks_assigned, m.tasks_done, m.tasks_failed, m.jobs, m.nonsense);
}
template <class A>
void serialize(A& archive, Want& m) { archive(m.chunk); }
template <class A>
void serialize(A& archive, Offer& m) { archive(m.chunk, m.size, m.type, m.value); }
template <class A>
void serialize(A& archive, Absent& m) { archive(m.chunk); }
template <class A>
void serialize(A& archive, Unwant& m) { archive(m.chunk); }
template <class A>
void serialize(A& archive, JobEnded& m) { archive(m.job); }
}  // namespace protocol
}  // namespace tessera::runtime

namespace tessera::serialization {
using runtime::protocol::Message;

namespace {
constexpr std::uint8_t body_version = 5;
}  // namespace

void encode(const Message& message, std::vector<std::byte>& to) {
  BoundedOutput archive(to);
  archive(body_version, message);
}

std::vector<std::byte> encode(const Message& message) {
  std::vector<std::byte> bytes;
  encode(message, bytes);
  return bytes;
}

runtime::Result<Message> decode(std::span<const std::byte> bytes) {
  try {
    BoundedInput archive(bytes);
    std::uint8_t version = 0;
    archive(version);
    if (version != body_version)
      return runtime::Failure{runtime::ErrorCode::bad_message,
                              fmt::format("a message has version {}, this program reads version {}", version, body_version)};
    Message message;
    archive(message);
    if (archive.left() > 0) throw cereal::Exception(fmt::format("{} bytes are left over", archive.left()));
    return message;
  } catch (const cereal::Exception& error) {
    return runtime::Failure{runtime::ErrorCode::bad_message, fmt::format("not a message: {}", error.what())};
  }
}
}  // namespace tessera::serialization
