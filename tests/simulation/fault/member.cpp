#include "tests/simulation/fault/member.hpp"

#include "serialization/message.hpp"

#include <algorithm>
#include <cstring>

namespace tessera::simulation::fault {
using namespace runtime::node;

namespace {
protocol::Bytestring bytes_of(std::uint64_t value) {
  protocol::Bytestring bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}
std::uint64_t value_of(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  if (bytes.size() != sizeof value) violated("a value of {} bytes arrived", bytes.size());
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}
}  // namespace

void Mailbox::post(Deed deed) {
  deeds_.push_back(std::move(deed));
  if (!std::exchange(is_busy_, true)) next();
}

void Mailbox::next() {
  process_.after(microseconds(static_cast<std::int64_t>(1 + stage_.rng.below(40))), [this] {
    const Deed deed = std::move(deeds_.front());
    deeds_.pop_front();
    deed();
    is_busy_ = !deeds_.empty();
    if (is_busy_) next();
  });
}

Member::Member(World& world, std::uint64_t its_id, std::string its_name, Options options)
    : Process(world.stage, its_id, std::move(its_name)), world_(world), options_(std::move(options)), link_(world.stage, world.network, *this, *this),
      mail_(world.stage, *this), program_mail_(world.stage, *this), disk_(world.stage) {
  link_.connect(world_.host);
}

// ---- the member: actors/member.cpp -----------------------------------------------------------------------------------

void Member::start_node(const protocol::Joined& joined) {
  Config config;
  config.self = self_ = joined.node;
  config.lanes = options_.lanes;
  config.limit = options_.limit;
  config.resources = options_.resources;
  config.spills = options_.spills;
  config.need = [this](const TaskView& task) { return need_of(task); };
  job_ = joined.job;
  world_.nodes[id] = self_;
  core_ = std::make_unique<Core>(std::move(config));
  stage().tell("{} is node {}", name, self_.value);
  for (const auto& [from, mail] : std::exchange(early_, {})) mail_.post([this, from, mail] { feed(from, mail); });
  after(seconds(1), [this] { mail_.post([this] { tick(); }); });
  this->joined();
}

void Member::tick() {
  step(Tick{});
  core_->check();
  to_coordinator(protocol::Heartbeat{core_->status(), {}});
  if (is_draining_ && core_->tasks() == 0) return leave();
  after(seconds(1), [this] { mail_.post([this] { tick(); }); });
}

void Member::to_coordinator(const protocol::Message& message) {
  if (!link_.send(world_.host, serialization::encode(message))) link_.disconnect(world_.host);
}

void Member::to_peer(NodeId node, const protocol::Message& message) {
  const auto at = others_.find(node);
  if (at == others_.end()) return lose_peer(node);
  auto bytes = serialization::encode(message);
  Other& other = at->second;
  if (other.peer != 0) {
    if (!link_.send(other.peer, std::move(bytes))) link_.disconnect(other.peer);
    return;
  }
  other.waiting.push_back(std::move(bytes));
  if (!std::exchange(other.connecting, true)) link_.connect(other.process);
}

void Member::lose_peer(NodeId node) {
  stage().saw("peer lost");
  mail_.post([this, node] { step(PeerLost{node}); });
}

void Member::peer_up(PeerId peer) {
  if (peer == world_.host) {
    std::vector<std::string> operations{broken, flaky, split, work};
    to_coordinator(protocol::Join{options_.role, name, std::to_string(id), options_.lanes, options_.limit, options_.resources, operations, options_.job});
    return;
  }
  NodeId node = runtime::no_node;
  if (const auto its = world_.nodes.find(peer); its != world_.nodes.end()) node = its->second;
  for (const auto& [one, other] : others_)
    if (node == runtime::no_node && other.process == peer) node = one;  // It does not know itself yet.
  if (node == runtime::no_node) return link_.disconnect(peer);
  by_peer_[peer] = node;
  Other& other = others_[node];
  other.peer = other.process = peer;
  other.connecting = false;
  for (auto& bytes : std::exchange(other.waiting, {}))
    if (!link_.send(peer, std::move(bytes))) return link_.disconnect(peer);
}

void Member::peer_down(PeerId peer, const std::string&) {
  if (peer == world_.host) {
    if (!std::exchange(has_lost_coordinator_, true)) lost_coordinator();
    return;
  }
  const auto at = by_peer_.find(peer);
  if (at == by_peer_.end()) return;
  const NodeId node = at->second;
  by_peer_.erase(at);
  if (const auto other = others_.find(node); other != others_.end()) {
    other->second.peer = 0;
    other->second.connecting = false;
    other->second.waiting.clear();
  }
  if (core_) lose_peer(node);
  else std::erase_if(early_, [node](const auto& one) { return one.first == node; });
}

void Member::connect_failed(PeerId peer) {
  if (peer == world_.host) {
    if (!std::exchange(has_lost_coordinator_, true)) lost_coordinator();
    return;
  }
  for (auto& [node, other] : others_) {
    if (other.process != peer) continue;
    other.connecting = false;
    other.waiting.clear();
    if (core_) return lose_peer(node);
  }
}

void Member::lost_coordinator() { leave(); }

void Member::leave() {
  link_.stop();
  alive = false;
  stage().tell("{} ends", name);
  world_.network.died(id, /*is_silent=*/false);
}

void Member::drain() {
  if (!core_) return;
  to_coordinator(protocol::Leave{});
  is_draining_ = true;
}

void Member::fill_disk(Duration how_long) { disk_.full_until = stage().time.now() + how_long; }

void Member::message(PeerId peer, std::span<const std::byte> body) {
  auto decoded = serialization::decode(body);
  if (!decoded) violated("{}: a message came that cannot be decoded: {}", name, decoded.failure().message);
  const auto mail = std::make_shared<const protocol::Message>(std::move(*decoded));
  stage().trace(mail->index() * 977 + id);
  NodeId from = runtime::no_node;
  if (peer == world_.host) {
    if (const auto* joined = std::get_if<protocol::Joined>(mail.get())) return start_node(*joined);
    if (std::holds_alternative<protocol::JoinRefused>(*mail)) return lost_coordinator();
    if (!core_) return;
    if (const auto* members = std::get_if<protocol::Members>(mail.get())) {
      for (const protocol::Member& member : members->members)
        if (member.node != self_) others_[member.node].process = std::stoull(member.endpoint);
      for (const NodeId lost : members->lost) {
        const auto at = others_.find(lost);
        if (at == others_.end()) continue;
        if (at->second.peer != 0) link_.disconnect(at->second.peer);
        others_.erase(at);
      }
    }
    if (std::holds_alternative<protocol::Updates>(*mail) || std::holds_alternative<protocol::Refused>(*mail))
      return program_mail_.post([this, mail] { told(*mail); });
  } else {
    const auto at = by_peer_.find(peer);
    if (at == by_peer_.end()) return;
    from = at->second;
  }
  if (core_) mail_.post([this, from, mail] { feed(from, mail); });
  else early_.emplace_back(from, mail);
}

void Member::feed(NodeId from, const std::shared_ptr<const protocol::Message>& mail) {
  std::visit(
      [&]<class M>(const M& message) {
        if constexpr (std::is_same_v<M, protocol::Assign>) {
          step(std::shared_ptr<const protocol::Assign>(mail, &message));
        } else if constexpr (std::is_same_v<M, protocol::Operations>) {
          auto& named = operations_[message.job.value];
          if (named.size() < message.first.value + message.names.size()) named.resize(message.first.value + message.names.size());
          std::ranges::copy(message.names, named.begin() + message.first.value);
        } else if constexpr (std::is_same_v<M, protocol::Withdraw> || std::is_same_v<M, protocol::Drop> ||
                             std::is_same_v<M, protocol::Redirect> || std::is_same_v<M, protocol::JobEnded>) {
          step(message);
        } else if constexpr (std::is_same_v<M, protocol::Want> || std::is_same_v<M, protocol::Unwant> ||
                             std::is_same_v<M, protocol::Absent> || std::is_same_v<M, protocol::Offer>) {
          step(from, message);
        } else if constexpr (std::is_same_v<M, protocol::Members>) {
          for (const NodeId lost : message.lost) step(PeerLost{lost});
        }
      },
      *mail);
  if (!std::holds_alternative<protocol::Members>(*mail)) stage().progress();
}

// ---- the node: actors/node.cpp ---------------------------------------------------------------------------------------

const std::string& Member::operation_of(const TaskView& task) const {
  const auto named = operations_.find(task.id.job.value);
  if (named == operations_.end() || task.operation.value >= named->second.size() || named->second[task.operation.value].empty())
    violated("{}: a task's operation {} was never named", name, task.operation.value);
  return named->second[task.operation.value];
}

Need Member::need_of(const TaskView& task) {
  if (!stage().chaos.is_declared || operation_of(task) == forward) return {};
  const Bytes output = world_.oracle.size(task.id.key);
  return {output, {output.value / 4}, true};
}

void Member::perform() {
  for (Effect& effect : effects_) std::visit([this](auto& one) { perform(one); }, effect);
  effects_.clear();
  if (++steps_ % 8 == 0) core_->check();
  if (core_->reports() == 0) return;
  if (core_->urgent() || core_->reports() >= 8 || core_->running() == 0) return flush();
  if (!std::exchange(flush_asked_, true)) after(microseconds(500), [this] { flush(); });
}

void Member::flush() {
  flush_asked_ = false;
  std::vector<protocol::Reports> reports;
  core_->take_reports(reports);
  for (protocol::Reports& one : reports) {
    for (const protocol::Report& report : one.reports) {
      if (std::holds_alternative<protocol::Evicted>(report)) ++stage().evictions, stage().saw("evicted");
      if (std::holds_alternative<protocol::InputsMissing>(report)) stage().saw("inputs missing");
    }
    to_coordinator(one);
  }
}

Member::Chunk& Member::chunk(ChunkSlot slot) {
  if (chunks_.size() <= slot) chunks_.resize(slot + 1);
  return chunks_[slot];
}

void Member::perform(SpawnTask& effect) {
  if (task_actors_.size() <= effect.task) task_actors_.resize(effect.task + 1);
  if (task_actors_[effect.task]) violated("{}: an attempt begins in a slot that is taken", name);
  task_actors_[effect.task] = true;
}

void Member::perform(RunTask& effect) {
  const TaskView task = core_->view(effect.task);
  if (!task_actors_[effect.task]) violated("{}: an attempt runs that has no actor", name);
  Work hand{task.id.key, operation_of(task), {task.params.begin(), task.params.end()}, {}, task.report_value};
  for (const ChunkSlot input : task.inputs) {
    if (!memory(input)) violated("{}: {} runs and its input {} is not in memory", name, to_string(task.id.key), to_string(core_->id_of(input).key));
    hand.inputs.push_back(*memory(input));
  }
  const bool is_forward = hand.operation == forward;
  if (!is_forward) world_.oracle.begins(hand.key, name);
  stage().tell("{} runs {} attempt {}", name, to_string(hand.key).substr(0, 8), task.attempt.value);
  hand.takes = is_forward ? microseconds(2) : world_.oracle.duration(hand.key);
  after(hand.takes, [this, slot = effect.task, hand] { lane_ends(slot, hand); });
}

void Member::lane_ends(TaskSlot slot, const Work& hand) {
  stage().progress();
  const auto value = world_.oracle.run(hand.key, hand.operation, hand.params, hand.inputs);
  if (!value) {
    protocol::Blame blame;
    blame.message = "injected";
    blame.operation = hand.operation;
    return step(LaneErrored{slot, std::move(blame)});
  }
  if (hand.operation == split) {
    Oracle::Delegation delegated = Oracle::delegation(hand.params);
    stage().saw("delegated");
    return step(LaneDelegated{slot, std::move(delegated.graph), delegated.result});
  }
  std::optional<protocol::Bytestring> small;
  if (hand.report_value && world_.oracle.is_small(hand.key)) small = bytes_of(*value);
  finished_ = *value;
  step(LaneFinished{slot, world_.oracle.size(hand.key), hand.takes, std::move(small)});
  finished_.reset();
}

void Member::perform(StopTask& effect) {
  if (!task_actors_[effect.task]) violated("{}: an attempt is stopped that is not there", name);
  stage().saw("running task stopped");
}

void Member::perform(KeepResult& effect) {
  if (!finished_) violated("{}: a result is kept that was not made", name);
  memory(effect.chunk) = *finished_;
  task_actors_[effect.task] = false;
}

void Member::perform(EndTask& effect) {
  if (!task_actors_[effect.task]) violated("{}: an attempt ends twice", name);
  task_actors_[effect.task] = false;
}

void Member::perform(AdoptValue& effect) { memory(effect.chunk) = value_of(effect.value); }

void Member::perform(StartPull& effect) {
  PeerId peer = 0;
  if (const auto at = others_.find(effect.from); at != others_.end()) peer = at->second.peer;
  const auto done = [this, slot = effect.chunk, chunk = core_->id_of(effect.chunk)](std::optional<std::uint64_t> value) {
    mail_.post([this, slot, chunk, value] { pulled(slot, chunk, value); });
  };
  if (peer == 0) done(std::nullopt);
  else link_.pull(peer, core_->id_of(effect.chunk), effect.size, done);
}

void Member::pulled(ChunkSlot slot, const ChunkId& of, std::optional<std::uint64_t> value) {
  stage().progress();
  if (core_->id_of(slot) != of) violated("{}: the slot of a pull was given away under it", name);
  stage().saw(value ? "pulled" : "pull failed");
  if (value && core_->has(of)) stage().saw("made here while it was pulled");
  else if (value) memory(slot) = *value;
  step(Pulled{slot, value.has_value()});
}

void Member::perform(FreeChunk& effect) {
  const Chunk freed = std::exchange(chunk(effect.chunk), {});
  if (freed.has_file) after(disk_.order(freed.id, {}), [this, of = freed.id] { disk_.remove(of); });
}

void Member::perform(Spill& effect) {
  const ChunkSlot slot = effect.chunk;
  if (!memory(slot)) violated("{}: a chunk goes to disk that is not in memory", name);
  const Duration takes = disk_.order(core_->id_of(slot), core_->size_of(slot));
  after(takes, [this, slot, of = core_->id_of(slot), value = *memory(slot), takes] {
    const std::string why = disk_.write(of, bytes_of(value));
    if (why.empty()) chunk(slot).id = of, chunk(slot).has_file = true;
    stage().progress();
    stage().saw("spilled");
    step(Spilled{slot, why.empty(), takes, why});
  });
}

void Member::perform(Unload& effect) {
  if (!memory(effect.chunk) || !chunk(effect.chunk).has_file) violated("{}: a chunk is unloaded that is not both in memory and on disk", name);
  memory(effect.chunk).reset();
}

void Member::perform(Load& effect) {
  const ChunkSlot slot = effect.chunk;
  if (!chunk(slot).has_file) violated("{}: a chunk comes from disk that has no file", name);
  const Duration takes = disk_.order(core_->id_of(slot), core_->size_of(slot));
  after(takes, [this, slot, of = core_->id_of(slot), takes] {
    const auto bytes = disk_.read(of);
    stage().progress();
    stage().saw("loaded");
    if (bytes) memory(slot) = value_of(*bytes);
    step(Loaded{slot, bytes.has_value(), takes});
  });
}

void Member::perform(Provided&) { link_.look_again(); }

void Member::perform(SendOffer& effect) {
  protocol::Offer offer{core_->id_of(effect.chunk), core_->size_of(effect.chunk), "number", std::nullopt};
  if (offer.size <= runtime::kib(4)) {
    if (!memory(effect.chunk)) violated("{}: a small value is offered that is not in memory", name);
    offer.value = bytes_of(*memory(effect.chunk));
  }
  to_peer(effect.to, offer);
}

void Member::perform(Deliver& effect) {
  const auto at = asked_.find(effect.token);
  if (at == asked_.end()) violated("{}: an answer comes twice", name);
  if (!memory(effect.chunk)) violated("{}: a value is delivered that is not in memory", name);
  const Delivered done = std::move(at->second);
  asked_.erase(at);
  done(*memory(effect.chunk));
}

void Member::perform(DeliverNothing& effect) {
  const auto at = asked_.find(effect.token);
  if (at == asked_.end()) violated("{}: an answer comes twice", name);
  const Delivered done = std::move(at->second);
  asked_.erase(at);
  done(std::nullopt);
}

void Member::perform(ToPeer& effect) { to_peer(effect.node, effect.message); }

LinkHandler::Answer Member::provide(const ChunkId& chunk, Whole& whole) {
  if (!core_ || !core_->has(chunk)) return Answer::absent;
  step(Provide{chunk});
  const ChunkSlot slot = core_->find_resident(chunk);
  if (slot == nil) return Answer::not_yet;
  if (!memory(slot)) violated("{}: a chunk is said to be in memory and is not", name);
  whole = {*memory(slot), core_->size_of(slot)};
  return Answer::here;
}

void Member::served(const ChunkId& chunk) {
  if (core_) step(Served{chunk});
}

void Member::put(const ChunkId& chunk) {
  core_->step(Put{chunk, world_.oracle.size(chunk.key)}, effects_);
  if (const ChunkSlot slot = core_->find_resident(chunk); slot != nil) memory(slot) = world_.oracle.value(chunk.key);
  perform();
}

void Member::ask(const ChunkId& chunk, NodeId holder, Delivered done) {
  const std::uint64_t token = next_token_++;
  asked_.emplace(token, std::move(done));
  step(Ask{chunk, holder, token});
}

std::string Member::story() const {
  if (!core_) return fmt::format("{}: not joined", name);
  const protocol::NodeStatus status = core_->status();
  return fmt::format("{} (node {}): {} attempts, {} run, {} queued, {} chunks, {} in memory, {} reserved, {} spilled, {} disk jobs{}", name, self_.value,
                     core_->tasks(), status.running, status.queued, core_->chunks(), to_string(status.resident), to_string(status.reserved),
                     to_string(status.spilled), core_->disk_jobs(), is_paused() ? ", paused" : "");
}

void Member::check_empty() const {
  if (!core_) return;
  core_->check();
  const protocol::NodeStatus status = core_->status();
  if (core_->tasks() > 0 || core_->chunks() > 0 || status.resident.value + status.reserved.value + status.spilled.value > 0)
    violated("nothing is wanted any more, and this is left: {}", story());
  if (core_->ledger().waiting() > 0) violated("{}: somebody waits for memory, and nothing is wanted any more", name);
  if (disk_.files() > 0) violated("{}: {} files are left on disk", name, disk_.files());
  if (std::ranges::count(task_actors_, true) > 0) violated("{}: actors of attempts are left", name);
  if (std::ranges::any_of(chunks_, [](const Chunk& one) { return one.value.has_value(); })) violated("{}: values are left in memory", name);
  if (!asked_.empty()) violated("{}: a question was never answered", name);
}
}  // namespace tessera::simulation::fault
