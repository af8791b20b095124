// A deployment of one process: coordinator, node and client as actors of one system, without sockets.
#include "actors/coordinator_actor.hpp"
#include "actors/machine.hpp"
#include "actors/memory_limit.hpp"
#include "actors/node_actor.hpp"
#include "actors/recorder.hpp"
#include "actors/scheduler.hpp"
#include "actors/session.hpp"
#include "arrays/memory/arena.hpp"

#include <atomic>

namespace tessera::actors {
namespace protocol = runtime::protocol;
using runtime::NodeId;

namespace {
constexpr NodeId only_node{0};
constexpr runtime::JobId only_job{1};

class LocalSession final : public Session {
 public:
  LocalSession(SessionOptions options, std::unique_ptr<MemoryLog> memory_log, std::shared_ptr<Recorder> recorder, OnMessage on_message)
      : config_(2), system_(config_), options_(std::move(options)), recorder_(std::move(recorder)) {
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
    node_ = std::make_shared<Node>(system_, node_config, node_outlets(), NodeMachine{disk_in(options_.spill_folder, options_.spill_compression), std::move(memory_log)});
    node_actor_ = spawn_node_actor(system_, node_, [node = node_.get()] { node->measure(); });
    runtime::coordinator::Config config;
    config.job = only_job;
    config.policy = options_.policy;
    config.seed = options_.seed;
    config.no_node_timeout = options_.no_node_timeout;
    coordinator_ = spawn_coordinator(system_, config, coordinator_outlets(), state_, recorder_);
    post(coordinator_, *state_,
         runtime::coordinator::NodeJoined{only_node, options_.name, options_.lanes, options_.limit, options_.resources,
                                          arrays::OperationTable::global().names()});
    post(coordinator_, *state_, runtime::coordinator::ClientJoined{{only_node.value}, only_node});
  }
  ~LocalSession() override { close(); }

  runtime::JobId job() const override { return only_job; }
  NodeId self() const override { return only_node; }
  void send(protocol::Message message) override {
    if (!closed_) post(coordinator_, *state_, only_node, std::move(message));
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
    const protocol::NodeStatus memory = node_->totals();
    counters.task_actors = of_node.task_actors;
    counters.chunk_actors = of_node.chunk_actors;
    counters.report_messages = of_node.report_messages;
    counters.wakeups = of_node.wakeups;
    counters.executed = of_node.executed;
    counters.coordinator_messages = state_->messages;
    counters.coordinator_wakeups = state_->wakeups;
    counters.coordinator_bytes = of_job.bytes;
    counters.coordinator_records = of_job.records;
    counters.stale = of_job.stale;
    counters.recomputed = of_job.recomputed;
    counters.tasks_on_node = node_->tasks();
    counters.chunks_on_node = node_->chunks();
    counters.resident = memory.resident;
    counters.reserved = memory.reserved;
    counters.booked_peak = of_node.booked_peak;
    counters.spill_written = {of_node.spill_written};
    counters.spill_read = {of_node.spill_read};
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
    counts.nonsense.each([&](std::string_view kind, std::string_view, std::uint64_t times) { status.nonsense.emplace_back(kind, times); });
    status.jobs = 1;
    return status;
  }

  bool is_lane() const override { return node_->is_lane(); }
  void close() override {
    if (closed_.exchange(true)) return;
    node_->stop();
    // The handles stay: another thread may be in `send`.
    for (const caf::actor& actor : {coordinator_, node_actor_, client_}) caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    system_.await_all_actors_done();
    if (recorder_) recorder_->finish();
    arrays::memory::trim({});
  }

 private:
  NodeOutlets node_outlets() {
    NodeOutlets outlets;
    outlets.to_coordinator = [this](protocol::Reports reports) { post(coordinator_, *state_, only_node, std::move(reports)); };
    outlets.to_peer = [](NodeId, protocol::Message) {};
    outlets.pull = [](runtime::ChunkId, const runtime::node::StartPull&) {};
    outlets.provided = [] {};
    return outlets;
  }
  CoordinatorOutlets coordinator_outlets() {
    // Not as mail: the node's actor would be one more thread that has to wake, and lanes have the cores.
    return {[node = node_](NodeId, protocol::Message message) {
              feed(*node, std::make_shared<const Envelope>(Envelope{only_node, std::move(message)}));
            },
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
  std::shared_ptr<Recorder> recorder_;  ///< May be none.
  std::shared_ptr<CoordinatorState> state_ = std::make_shared<CoordinatorState>();
  std::shared_ptr<Node> node_;
  caf::actor client_, node_actor_, coordinator_;
  std::atomic<bool> closed_{false};
};
}  // namespace

runtime::Result<std::unique_ptr<Session>> Session::local(SessionOptions options, OnMessage on_message) {
  if (auto known = runtime::policy::check(options.policy); !known) return known.failure();
  if (const auto conflicts = arrays::OperationTable::global().conflicts(); !conflicts.empty())
    return runtime::Failure{runtime::ErrorCode::key_conflict, conflicts.front()};
  const auto lanes = lanes_of(options.lanes);
  if (!lanes) return lanes.failure();
  options.lanes = *lanes;
  if (auto enough = check_threads(*lanes + threads_besides_lanes); !enough) return enough.failure();
  if (options.limit.value == 0) {
    const auto limit = memory_limit_of("auto");
    if (!limit) return limit.failure();
    options.limit = *limit;
  }
  std::unique_ptr<MemoryLog> log;
  if (!options.memory_log.empty()) {
    auto opened = MemoryLog::open(options.memory_log);
    if (!opened) return opened.failure();
    log = std::move(*opened);
  }
  std::shared_ptr<Recorder> recorder;
  if (!options.record.empty()) {
    auto opened = Recorder::open(options.record);
    if (!opened) return opened.failure();
    recorder = std::move(*opened);
  }
  return std::unique_ptr<Session>(std::make_unique<LocalSession>(std::move(options), std::move(log), std::move(recorder), std::move(on_message)));
}
}  // namespace tessera::actors
