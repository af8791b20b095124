#include "tests/simulation/fault/host.hpp"

#include "serialization/message.hpp"

namespace tessera::simulation::fault {
namespace cluster = runtime::cluster;
namespace coordinator = runtime::coordinator;

namespace {
constexpr const char* report_names[] = {"Finished", "Errored", "Delegated", "InputsMissing", "Copied", "Evicted"};

/// In words, for a story.
std::string what(const protocol::Message& message) {
  const auto keys = [](const char* name, const std::vector<Key>& all) {
    std::string text = name;
    for (const Key& key : all) text += " " + to_string(key).substr(0, 8);
    return text;
  };
  if (const auto* its = std::get_if<protocol::Release>(&message)) return keys("Release", its->keys);
  if (const auto* its = std::get_if<protocol::Cancel>(&message)) return keys("Cancel", its->keys);
  if (const auto* its = std::get_if<protocol::Retry>(&message)) return keys("Retry", its->keys);
  if (const auto* its = std::get_if<protocol::Restore>(&message)) return keys("Restore", {its->key});
  if (const auto* its = std::get_if<protocol::Scattered>(&message)) return keys("Scattered", {its->key});
  if (const auto* its = std::get_if<protocol::Submit>(&message)) {
    std::vector<Key> all;
    for (const graph::Index want : its->wants) all.push_back(its->graph->tasks[want].key);
    return keys("Submit", all);
  }
  std::string text = "Reports";
  if (const auto* its = std::get_if<protocol::Reports>(&message))
    for (const protocol::Report& report : its->reports) text += fmt::format(" {}", report_names[report.index()]);
  return text;
}
}  // namespace

Host::Host(World& world, std::uint64_t its_id)
    : Process(world.stage, its_id, "coordinator"), world_(world), link_(world.stage, world.network, *this, *this), mail_(world.stage, *this) {}

void Host::message(PeerId peer, std::span<const std::byte> body) {
  auto decoded = serialization::decode(body);
  if (!decoded) violated("the coordinator got a message that cannot be decoded: {}", decoded.failure().message);
  const auto mail = std::make_shared<const protocol::Message>(std::move(*decoded));
  stage().trace(mail->index() * 977 + peer);
  const bool is_for_cluster = std::holds_alternative<protocol::Join>(*mail) || std::holds_alternative<protocol::Heartbeat>(*mail) ||
                              std::holds_alternative<protocol::Leave>(*mail);
  if (is_for_cluster) {
    mail_.post([this, peer, mail] {
      if (const auto* join = std::get_if<protocol::Join>(mail.get())) membership_.step(peer, *join, std::to_string(peer), effects_);
      else if (const auto* beat = std::get_if<protocol::Heartbeat>(mail.get())) membership_.step(peer, *beat);
      else if (const auto* leave = std::get_if<protocol::Leave>(mail.get())) membership_.step(peer, *leave, effects_);
      perform();
    });
    return;
  }
  const auto from = bound_.find(peer);
  if (from == bound_.end()) return;
  const auto* reports = std::get_if<protocol::Reports>(mail.get());
  const auto job = jobs_.find(from->second.is_client && reports == nullptr ? from->second.job : reports != nullptr ? reports->job : JobId{});
  if (job == jobs_.end() || !job->second->is_open) return;
  job->second->mail.post([this, its = job->second.get(), node = from->second.node, mail] { feed(*its, node, *mail); });
}

void Host::peer_down(PeerId peer, const std::string& why) {
  if (const auto at = bound_.find(peer); at != bound_.end()) stage().tell("the coordinator gives up node {}: {}", at->second.node.value, why);
  mail_.post([this, peer] {
    membership_.lost(peer, effects_);
    perform();
  });
}

void Host::perform() {
  for (cluster::Effect& effect : effects_) std::visit([this](auto& one) { perform(one); }, effect);
  effects_.clear();
}

void Host::to_peer(PeerId peer, const protocol::Message& message) {
  if (!link_.send(peer, serialization::encode(message))) link_.disconnect(peer);
}

void Host::to_node(NodeId node, const protocol::Message& message) {
  if (const auto at = peers_.find(node); at != peers_.end()) to_peer(at->second, message);
}

void Host::perform(cluster::ToPeer& effect) { to_peer(effect.peer, effect.message); }

void Host::perform(cluster::Bind& effect) {
  bound_[effect.peer] = {effect.node, effect.job, effect.role == protocol::Role::client};
  peers_[effect.node] = effect.peer;
}

void Host::perform(cluster::Unbind& effect) {
  bound_.erase(effect.peer);
  peers_.erase(effect.node);
  ++stage().losses;
  stage().saw("member lost");
}

void Host::perform(cluster::StartJob& effect) {
  coordinator::Config config;
  config.job = effect.job;
  config.policy = stage().chaos.policy;
  config.seed = stage().chaos.seed;
  config.no_node_timeout = seconds(30);
  Job& job = *(jobs_[effect.job] = std::make_unique<Job>(config, stage(), *this));
  tick(job);
}

void Host::perform(cluster::EndJob& effect) { jobs_.at(effect.job)->is_open = false; }

void Host::perform(cluster::TellJob& effect) {
  const auto at = jobs_.find(effect.job);
  if (at == jobs_.end() || !at->second->is_open) return;
  at->second->mail.post([this, job = at->second.get(), event = effect.event] {
    std::visit([&](const auto& one) { step(*job, one); }, event);
  });
}

void Host::tick(Job& job) {
  after(seconds(1), [this, &job] {
    if (!job.is_open) return;
    job.mail.post([this, &job] { step(job, coordinator::Tick{}); });
    tick(job);
  });
}

void Host::feed(Job& job, NodeId from, const protocol::Message& message) {
  const runtime::ClientId client{from.value};
  stage().tell("the coordinator takes {} of node {}", what(message), from.value);
  std::visit(
      [&]<class M>(const M& one) {
        if constexpr (std::is_same_v<M, protocol::Reports>) step(job, from, one);
        else if constexpr (std::is_same_v<M, protocol::Submit> || std::is_same_v<M, protocol::Scattered> || std::is_same_v<M, protocol::Release> ||
                           std::is_same_v<M, protocol::Cancel> || std::is_same_v<M, protocol::Retry> || std::is_same_v<M, protocol::Restore>)
          step(job, client, one);
      },
      message);
  stage().progress();
}

template <class... Event>
void Host::step(Job& job, Event&&... event) {
  if (!job.is_open) return;
  job.core.step(std::forward<Event>(event)..., stage().time.now(), job_effects_);
  job.core.check();
  for (coordinator::Effect& effect : job_effects_) {
    if (auto* node = std::get_if<coordinator::ToNode>(&effect)) to_node(node->node, node->message);
    else if (auto* client = std::get_if<coordinator::ToClient>(&effect)) to_node({client->client.value}, client->message);
  }
  job_effects_.clear();
}

std::uint64_t Host::recomputed() const {
  std::uint64_t sum = 0;
  for (const auto& [number, job] : jobs_) sum += job->core.counts().recomputed;
  return sum;
}

std::string Host::story() const {
  std::string text = "coordinator:";
  for (const auto& [number, job] : jobs_) {
    const coordinator::Counts counts = job->core.counts();
    text += fmt::format(" job {}{}: {} waiting, {} ready, {} assigned, {} done, {} failed, {} cancelled, {} records", number.value, job->is_open ? "" : " (ended)",
                        counts.waiting, counts.ready, counts.assigned, counts.done, counts.failed, counts.cancelled, counts.records);
  }
  return text;
}

void Host::check_empty() const {
  for (const auto& [number, job] : jobs_)
    if (job->is_open && job->core.counts().records > 0) violated("nothing is wanted any more, and the coordinator keeps records. {}", story());
}
}  // namespace tessera::simulation::fault
