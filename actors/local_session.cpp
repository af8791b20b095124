// A deployment of one process: coordinator, node and client as actors of one system, without sockets.
#include "actors/coordinator_actor.hpp"
#include "actors/machine.hpp"
#include "actors/node_actor.hpp"
#include "actors/session.hpp"

#include <atomic>

namespace tessera::actors {
namespace protocol = runtime::protocol;
using runtime::NodeId;

namespace {
constexpr NodeId only_node{0};
constexpr runtime::JobId only_job{1};

class LocalSession final : public Session {
 public:
  LocalSession(SessionOptions options, OnMessage on_message) : config_(2), system_(config_), options_(std::move(options)) {
    client_ = system_.spawn([on_message](caf::event_based_actor*) -> caf::behavior {
      return {[on_message](const Mail& mail) {
        RuntimeThread mark;
        on_message(mail->message);
      }};
    });
    runtime::node::Config node_config;
    node_config.self = only_node;
    node_config.lanes = options_.lanes;
    node_config.limit = options_.limit;
    node_config.resources = options_.resources;
    node_ = std::make_shared<Node>(system_, node_config, node_outlets());
    node_actor_ = spawn_node_actor(system_, node_);
    runtime::coordinator::Config config;
    config.job = only_job;
    config.policy = options_.policy;
    config.seed = options_.seed;
    config.no_node_timeout = options_.no_node_timeout;
    coordinator_ = spawn_coordinator(system_, config, coordinator_outlets(), state_);
    caf::anon_send(coordinator_, Membership{runtime::coordinator::NodeJoined{
                                     only_node, options_.name, options_.lanes, options_.limit, options_.resources,
                                     arrays::OperationTable::global().names()}});
    caf::anon_send(coordinator_, Membership{runtime::coordinator::ClientJoined{{only_node.value}, only_node}});
  }
  ~LocalSession() override { close(); }

  runtime::JobId job() const override { return only_job; }
  NodeId self() const override { return only_node; }
  void send(protocol::Message message) override {
    if (!closed_) post(coordinator_, only_node, std::move(message));
  }
  void put(const runtime::Key& key, arrays::Payload payload) override { node_->put({key, only_job}, std::move(payload)); }
  std::optional<arrays::Payload> find(const runtime::Key& key) override { return node_->find({key, only_job}); }
  std::uint64_t ask(const runtime::Key& key, NodeId holder, Delivered done) override {
    return node_->ask({key, only_job}, holder, std::move(done));
  }
  void unask(const runtime::Key& key, std::uint64_t token) override { node_->unask({key, only_job}, token); }

  SessionCounters counters() override {
    SessionCounters counters;
    const runtime::coordinator::Counts of_job = job_counts();
    const NodeCounters of_node = node_->counters();
    const protocol::NodeStatus memory = node_->status();
    counters.task_actors = of_node.task_actors;
    counters.chunk_actors = of_node.chunk_actors;
    counters.report_messages = of_node.report_messages;
    counters.wakeups = of_node.wakeups;
    counters.executed = of_node.executed;
    counters.coordinator_messages = state_->messages;
    counters.coordinator_bytes = of_job.bytes;
    counters.coordinator_records = of_job.records;
    counters.stale = of_job.stale;
    counters.recomputed = of_job.recomputed;
    counters.tasks_on_node = node_->tasks();
    counters.chunks_on_node = node_->chunks();
    counters.resident = memory.resident;
    counters.reserved = memory.reserved;
    return counters;
  }

  protocol::Status status() override {
    const runtime::coordinator::Counts counts = job_counts();
    protocol::Status status;
    status.cluster = options_.name;
    status.members.push_back({only_node, protocol::Role::node, options_.name, "", options_.lanes, node_->status()});
    status.tasks_waiting = counts.waiting + counts.ready;
    status.tasks_assigned = counts.assigned;
    status.tasks_done = counts.done;
    status.tasks_failed = counts.failed;
    status.jobs = 1;
    return status;
  }

  void close() override {
    if (closed_.exchange(true)) return;
    node_->stop();
    for (caf::actor* actor : {&coordinator_, &node_actor_, &client_}) {
      caf::anon_send_exit(*actor, caf::exit_reason::user_shutdown);
      *actor = nullptr;
    }
    system_.await_all_actors_done();
  }

 private:
  NodeOutlets node_outlets() {
    NodeOutlets outlets;
    outlets.to_coordinator = [this](protocol::Reports reports) { post(coordinator_, only_node, std::move(reports)); };
    outlets.to_peer = [](NodeId, protocol::Message) {};
    outlets.pull = [](runtime::node::ChunkSlot, NodeId, runtime::ChunkId, runtime::Bytes) {};
    return outlets;
  }
  CoordinatorOutlets coordinator_outlets() {
    return {[node = node_actor_](NodeId, protocol::Message message) { post(node, only_node, std::move(message)); },
            [client = client_](runtime::ClientId, protocol::Message message) { post(client, only_node, std::move(message)); }};
  }
  runtime::coordinator::Counts job_counts() {
    caf::scoped_actor self{system_};
    self->request(coordinator_, std::chrono::seconds(10), AskCounts{}).receive([](bool) {}, [](const caf::error&) {});
    std::lock_guard lock(state_->mutex);
    return state_->counts;
  }

  ActorConfig config_;
  caf::actor_system system_;
  SessionOptions options_;
  std::shared_ptr<CoordinatorState> state_ = std::make_shared<CoordinatorState>();
  std::shared_ptr<Node> node_;
  caf::actor client_, node_actor_, coordinator_;
  std::atomic<bool> closed_{false};
};
}  // namespace

runtime::Result<std::unique_ptr<Session>> Session::local(SessionOptions options, OnMessage on_message) {
  if (runtime::policy::find(options.policy) == nullptr) {
    std::string names;
    for (const std::string_view name : runtime::policy::names()) names += (names.empty() ? "" : ", ") + std::string(name);
    return runtime::Failure{runtime::ErrorCode::invalid_argument,
                            "no policy \"" + options.policy + "\"; there are: " + names};
  }
  if (const auto conflicts = arrays::OperationTable::global().conflicts(); !conflicts.empty())
    return runtime::Failure{runtime::ErrorCode::key_conflict, conflicts.front()};
  if (options.lanes == 0) options.lanes = usable_cpus();
  if (options.limit.value == 0) options.limit = {usable_memory().value / 10 * 6};
  return std::unique_ptr<Session>(std::make_unique<LocalSession>(std::move(options), std::move(on_message)));
}
}  // namespace tessera::actors
