#include "actors/host_process.hpp"

#include "actors/machine.hpp"
#include "actors/recorder.hpp"
#include "actors/runtime_thread.hpp"
#include "actors/scheduler.hpp"
#include "runtime/base/version.hpp"
#include "runtime/cluster/membership.hpp"
#include "runtime/policy/policy.hpp"
#include "serialization/message.hpp"

#include <atomic>
#include <unordered_map>

namespace tessera::actors {
struct PeerMail {
  net::PeerId peer;
  std::string endpoint;
  std::shared_ptr<const runtime::protocol::Message> message;  ///< None: the peer is gone.
};
struct DrainMail {};
struct AskClusterStatus {};
}  // namespace tessera::actors
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::PeerMail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::DrainMail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::AskClusterStatus)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::shared_ptr<tessera::runtime::protocol::Status>)

namespace tessera::actors {
namespace protocol = runtime::protocol;
namespace cluster = runtime::cluster;
using runtime::JobId;
using runtime::NodeId;

namespace {
struct Job {
  caf::actor coordinator;
  std::shared_ptr<CoordinatorState> state;
};

/// An actor system of its own.
struct OwnSystem {
  ActorConfig config{2};
  caf::actor_system system{config};
};

/// Who is who, for the threads that only pass messages on. Written by the cluster actor.
class Routes {
 public:
  struct From {
    NodeId node;
    JobId job;  ///< Of a client.
  };
  void bind(net::PeerId peer, NodeId node, JobId job) {
    std::lock_guard lock(mutex_);
    peers_[peer] = {node, job};
    nodes_[node] = peer;
  }
  void unbind(net::PeerId peer, NodeId node) {
    std::lock_guard lock(mutex_);
    peers_.erase(peer);
    nodes_.erase(node);
  }
  void add(JobId job, Job coordinator) {
    std::lock_guard lock(mutex_);
    jobs_[job] = std::move(coordinator);
  }
  void remove(JobId job) {
    std::lock_guard lock(mutex_);
    jobs_.erase(job);
  }
  std::optional<From> find(net::PeerId peer) const {
    std::lock_guard lock(mutex_);
    const auto at = peers_.find(peer);
    return at == peers_.end() ? std::nullopt : std::optional(at->second);
  }
  std::optional<net::PeerId> find(NodeId node) const {
    std::lock_guard lock(mutex_);
    const auto at = nodes_.find(node);
    return at == nodes_.end() ? std::nullopt : std::optional(at->second);
  }
  void clear() {
    std::lock_guard lock(mutex_);
    jobs_.clear();
  }
  std::map<JobId, runtime::coordinator::Counts> counts() const {
    std::lock_guard lock(mutex_);
    std::map<JobId, runtime::coordinator::Counts> all;
    for (const auto& [id, job] : jobs_) {
      std::lock_guard with(job.state->mutex);
      all.emplace(id, job.state->counts);
    }
    return all;
  }
  Job find(JobId job) const {
    std::lock_guard lock(mutex_);
    const auto at = jobs_.find(job);
    return at == jobs_.end() ? Job{} : at->second;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<net::PeerId, From> peers_;
  std::unordered_map<NodeId, net::PeerId> nodes_;
  std::unordered_map<JobId, Job> jobs_;
};

/// Everything that the cluster actor and the link's thread share.
struct Common {
  HostOptions options;
  std::shared_ptr<Recorder> recorder;  ///< May be none.
  std::unique_ptr<net::Link> link;
  Routes routes;

  void send(net::PeerId peer, const protocol::Message& message) {
    // A peer that does not read, or is going: its end is told by `peer_down`.
    if (!link->send(peer, serialization::encode(message))) link->disconnect(peer);
  }
};

struct ClusterShell {
  Common* common = nullptr;
  caf::event_based_actor* self = nullptr;
  std::optional<cluster::Membership> membership;
  cluster::Effects effects;
  std::map<JobId, Job> jobs;

  ~ClusterShell() {
    for (auto& [id, job] : jobs) caf::anon_send_exit(job.coordinator, caf::exit_reason::user_shutdown);
  }
  void perform(cluster::ToPeer& effect) { common->send(effect.peer, effect.message); }
  void perform(cluster::Bind& effect) { common->routes.bind(effect.peer, effect.node, effect.job); }
  void perform(cluster::Unbind& effect) { common->routes.unbind(effect.peer, effect.node); }
  void perform(cluster::StartJob& effect) {
    runtime::coordinator::Config config;
    config.job = effect.job;
    config.policy = common->options.policy;
    config.seed = common->options.seed;
    config.no_node_timeout = common->options.no_node_timeout;
    Job job{{}, std::make_shared<CoordinatorState>()};
    const auto to = [shared = common](NodeId node, protocol::Message message) {
      if (const auto peer = shared->routes.find(node)) shared->send(*peer, message);
    };
    job.coordinator = spawn_coordinator(self->system(), config,
                                        {to, [to](runtime::ClientId client, protocol::Message message) {
                                           to({client.value}, std::move(message));
                                         }},
                                        job.state, common->recorder);
    common->routes.add(effect.job, job);
    jobs.emplace(effect.job, std::move(job));
  }
  void perform(cluster::EndJob& effect) {
    common->routes.remove(effect.job);
    const auto at = jobs.find(effect.job);
    caf::anon_send_exit(at->second.coordinator, caf::exit_reason::user_shutdown);
    jobs.erase(at);
  }
  void perform(cluster::TellJob& effect) {
    const auto at = jobs.find(effect.job);
    if (at == jobs.end()) return;
    post(at->second.coordinator, *at->second.state, std::visit([](auto& event) { return Membership{event}; }, effect.event));
  }
  void perform() {
    for (cluster::Effect& effect : effects) std::visit([this](auto& one) { perform(one); }, effect);
    effects.clear();
  }

  void feed(const PeerMail& mail) {
    if (!mail.message) {
      membership->lost(mail.peer, effects);
    } else if (const auto* join = std::get_if<protocol::Join>(mail.message.get())) {
      membership->step(mail.peer, *join, mail.endpoint, effects);
    } else if (const auto* heartbeat = std::get_if<protocol::Heartbeat>(mail.message.get())) {
      membership->step(mail.peer, *heartbeat);
    } else if (const auto* leave = std::get_if<protocol::Leave>(mail.message.get())) {
      membership->step(mail.peer, *leave, effects);
    } else if (std::holds_alternative<protocol::AskStatus>(*mail.message)) {
      common->send(mail.peer, status());
    }
    perform();
  }
  /// Of the jobs, as of their last tick.
  protocol::Status status() const {
    protocol::Status status;
    status.cluster = membership->name();
    status.version = TESSERA_VERSION;
    status.members = membership->members();
    status.jobs = jobs.size();
    runtime::policy::NonsenseCounts nonsense;
    for (const auto& [id, job] : jobs) {
      std::lock_guard lock(job.state->mutex);
      const runtime::coordinator::Counts& counts = job.state->counts;
      status.tasks_waiting += counts.waiting + counts.ready;
      status.tasks_assigned += counts.assigned;
      status.tasks_done += counts.done;
      status.tasks_failed += counts.failed;
      nonsense.add(counts.nonsense);
    }
    nonsense.each([&](std::string_view kind, std::string_view, std::uint64_t times) { status.nonsense.emplace_back(kind, times); });
    return status;
  }
};

caf::behavior cluster_actor(caf::stateful_actor<ClusterShell>* self, Common* common) {
  ClusterShell& shell = self->state;
  shell.common = common;
  shell.self = self;
  shell.membership.emplace(cluster::Config{common->options.name});
  return {
      [self](const PeerMail& mail) {
        RuntimeThread mark;
        self->state.feed(mail);
      },
      [self](const DrainMail&) { self->state.membership->close(); },
      [self](const AskClusterStatus&) { return std::make_shared<protocol::Status>(self->state.status()); },
  };
}

class Process final : public HostProcess, public net::LinkHandler {
 public:
  Process(std::unique_ptr<OwnSystem> own, caf::actor_system& system, HostOptions options) : own_(std::move(own)), system_(system) {
    common_.options = std::move(options);
  }
  ~Process() override { stop(); }

  runtime::Result<void> open() {
    if (!common_.options.record.empty()) {
      auto recorder = Recorder::open(common_.options.record);
      if (!recorder) return recorder.failure();
      common_.recorder = std::move(*recorder);
    }
    cluster_ = system_.spawn(cluster_actor, &common_);
    auto link = common_.options.start_link(common_.options.link, *this);
    if (!link) return link.failure();
    common_.link = std::move(*link);
    return {};
  }

  const std::string& endpoint() const override { return common_.link->endpoint(); }
  protocol::Status status() override {
    protocol::Status status;
    caf::scoped_actor self{system_};
    self->request(cluster_, std::chrono::seconds(10), AskClusterStatus{})
        .receive([&](const std::shared_ptr<protocol::Status>& answer) { status = *answer; }, [](const caf::error&) {});
    return status;
  }
  void drain() override { caf::anon_send(cluster_, DrainMail{}); }
  void stop() override {
    if (stopped_.exchange(true)) return;
    if (common_.link) common_.link->stop();
    caf::anon_send_exit(cluster_, caf::exit_reason::user_shutdown);
    cluster_ = nullptr;
    common_.routes.clear();
    if (own_) system_.await_all_actors_done();
    if (common_.recorder) common_.recorder->finish();
  }

  bool knows(net::PeerId peer) const override { return common_.routes.find(peer).has_value(); }
  std::map<JobId, runtime::coordinator::Counts> jobs() const override { return common_.routes.counts(); }

  // On the link's thread.
  void peer_up(net::PeerId peer, const std::string& endpoint, std::span<const std::byte>) override { endpoints_[peer] = endpoint; }
  void peer_down(net::PeerId peer, const std::string&, const runtime::Failure&) override {
    endpoints_.erase(peer);
    caf::anon_send(cluster_, PeerMail{peer, {}, nullptr});
  }
  void message(net::PeerId peer, std::span<const std::byte> body) override {
    auto decoded = serialization::decode(body);
    if (!decoded) return common_.link->disconnect(peer);
    const auto from = common_.routes.find(peer);
    const JobId job = !from ? JobId{} : from->job != JobId{} ? from->job : job_of(*decoded);
    if (job != JobId{} && !for_cluster(*decoded)) {
      if (const Job its = common_.routes.find(job); its.coordinator)
        post(its.coordinator, *its.state, from->node, std::move(*decoded));
    } else {
      caf::anon_send(cluster_, PeerMail{peer, endpoints_[peer], std::make_shared<const protocol::Message>(std::move(*decoded))});
    }
  }
  std::optional<net::Buffer> provide(net::PeerId, std::span<const std::byte>) override { return net::Buffer{}; }
  void served(net::PeerId, std::span<const std::byte>) override {}
  void connect_failed(const std::string&, const runtime::Failure&) override {}

 private:
  static JobId job_of(const protocol::Message& message) {
    const auto* reports = std::get_if<protocol::Reports>(&message);
    return reports == nullptr ? JobId{} : reports->job;
  }
  static bool for_cluster(const protocol::Message& message) {
    return std::holds_alternative<protocol::Join>(message) || std::holds_alternative<protocol::Heartbeat>(message) ||
           std::holds_alternative<protocol::Leave>(message) || std::holds_alternative<protocol::AskStatus>(message);
  }

  std::unique_ptr<OwnSystem> own_;  ///< May be none: `system_` is another's.
  caf::actor_system& system_;
  Common common_;
  caf::actor cluster_;
  std::unordered_map<net::PeerId, std::string> endpoints_;
  std::atomic<bool> stopped_{false};
};
}  // namespace

runtime::Result<std::unique_ptr<ClusterHost>> ClusterHost::start(HostOptions options) {
  if (auto known = runtime::policy::check(options.policy); !known) return known.failure();
  if (auto enough = check_threads(threads_besides_lanes); !enough) return enough.failure();
  auto own = std::make_unique<OwnSystem>();
  caf::actor_system& system = own->system;
  auto host = std::make_unique<Process>(std::move(own), system, std::move(options));
  if (auto opened = host->open(); !opened) return opened.failure();
  return std::unique_ptr<ClusterHost>(std::move(host));
}

runtime::Result<std::unique_ptr<HostProcess>> HostProcess::start(caf::actor_system& system, HostOptions options) {
  auto host = std::make_unique<Process>(nullptr, system, std::move(options));
  if (auto opened = host->open(); !opened) return opened.failure();
  return std::unique_ptr<HostProcess>(std::move(host));
}
}  // namespace tessera::actors
