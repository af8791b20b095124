#include "simulation/world.hpp"

#include "runtime/base/rng.hpp"

#include <algorithm>

namespace tessera::simulation {
using namespace runtime;
namespace protocol = runtime::protocol;

namespace {
constexpr double mib = 1048576;
constexpr JobId job{1};
constexpr NodeId coordinator_id{1'000'000'000};
Duration on(const Machine& machine, Duration takes) { return {static_cast<std::int64_t>(static_cast<double>(takes.ns) / machine.speed)}; }
/// Seconds in which nothing happens, after which nothing will.
constexpr std::uint64_t idle_seconds_max = 30;

coordinator::Config config_of(const Machines& machines) {
  coordinator::Config config;
  config.job = job;
  config.policy = machines.policy;
  config.seed = machines.seed;
  return config;
}
}  // namespace

World::World(const Workload& workload, const Machines& machines)
    : workload_(workload), machines_(machines), coordinator_(config_of(machines)) {
  const auto& tasks = workload.graph->tasks;
  for (std::uint32_t i = static_cast<std::uint32_t>(tasks.size()); i-- > 0;) task_of_.insert(tasks[i].key) = i;
  nodes_.reserve(machines.nodes.size());
  std::vector<double> up, down;
  for (const Machine& machine : machines.nodes) {
    add_node(machine);
    up.push_back((machine.up > 0 ? machine.up : machines.speeds.network) / mib);
    down.push_back((machine.down > 0 ? machine.down : machines.speeds.network) / mib);
  }
  network_ = engine::maxmin_network(std::move(up), std::move(down), engine::Share::pair);
}

void World::add_node(const Machine& machine) {
  const NodeId id{static_cast<std::uint32_t>(nodes_.size() + 1)};
  node::Config config;
  config.self = id;
  config.lanes = machine.lanes;
  config.limit = machine.limit;
  config.margin = node::margin_of(machine.limit);
  config.resources = machine.resources;
  config.spills = machine.spills;
  config.need = [this](const node::TaskView& task) {
    const TaskCost& cost = cost_of(task.id.key);
    return node::Need{cost.output, cost.scratch, cost.is_declared};
  };
  nodes_.push_back({std::make_unique<node::Core>(std::move(config)), machine, {}});
  feed(id, node::Measured{machine.process});
  std::vector<std::string> operations = workload_.graph->operations;
  std::ranges::sort(operations);
  operations.erase(std::ranges::unique(operations).begin(), operations.end());
  feed_coordinator(coordinator::NodeJoined{id, "node " + std::to_string(id.value), machine.lanes, machine.limit, machine.resources,
                                           std::move(operations)});
  feed_coordinator(coordinator::ClientJoined{ClientId{id.value}, id});
}

const TaskCost& World::cost_of(const Key& key) const {
  static const TaskCost nothing;
  const std::uint32_t task = task_of_.find(key);
  return task < workload_.costs.size() ? workload_.costs[task] : nothing;
}

/// What is there before the graph.
void World::scatter() {
  constexpr std::uint64_t pieces = 64;  // What others hold may go in parts.
  for (const External& one : workload_.held)
    for (std::uint64_t i = 0; i < pieces; ++i)
      put(Key{0x68656c64ull << 32 | one.node, i}, {{one.size.value / pieces + (i < one.size.value % pieces)}, one.node});
  for (std::size_t i = 0; i < workload_.externals.size(); ++i) put(workload_.graph->externals[i], workload_.externals[i]);
}

/// Waits as a program does that puts one block after the other: until there is room.
void World::put(const Key& key, const External& what) {
  const NodeId id{what.node + 1};
  feed(id, node::Put{{key, job}, what.size});
  feed_coordinator(ClientId{id.value}, protocol::Scattered{job, key, what.size, "block"});
  while (at(id).core->ledger().overrun().value > 0 && at(id).core->disk_jobs() > 0 && !queue_.empty()) {
    Happening happening = next();
    std::visit([this](auto& one) { happen(one); }, happening);
  }
}

void World::submit() {
  for (const graph::Index want : workload_.wanted) {
    std::uint32_t& place = wanted_.insert(workload_.graph->tasks[want].key);
    if (place == 0xFFFFFFFFu) place = static_cast<std::uint32_t>(open_++);
  }
  ended_.assign(open_, false);
  feed_coordinator(ClientId{1}, protocol::Submit{job, workload_.graph, workload_.wanted});
}

Outcome World::run() {
  if (nodes_.empty()) {
    outcome_.why = "there is no node";
    return outcome_;
  }
  scatter();
  outcome_ = {};  // What was there before is not of this graph.
  submit();
  after(seconds(1), Second{});
  std::uint64_t idle = 0;
  while (open_ > 0 && outcome_.why.empty() && !queue_.empty()) {
    Happening what = next();
    if (std::holds_alternative<Second>(what)) {
      if (queue_.empty() && ++idle > idle_seconds_max) {
        outcome_.why = "nothing moves any more";
        break;
      }
    } else {
      idle = 0;
      last_ = now_;
    }
    std::visit([this](auto& one) { happen(one); }, what);
  }
  outcome_.is_done = open_ == 0 && outcome_.why.empty();
  outcome_.makespan = last_ - Instant{};
  for (const Node& node : nodes_) outcome_.moved += node.core->status().received;
  outcome_.nonsense = coordinator_.counts().nonsense;
  outcome_.thrown = coordinator_.policy_failure().value_or("");
  return outcome_;
}

void World::after(Duration delay, Happening what) {
  std::uint32_t place = static_cast<std::uint32_t>(happenings_.size());
  if (free_.empty()) {
    happenings_.push_back(std::move(what));
  } else {
    place = free_.back();
    free_.pop_back();
    happenings_[place] = std::move(what);
  }
  queue_.push({now_ + delay, order_++, place});
}

World::Happening World::next() {
  const Entry first = queue_.top();
  queue_.pop();
  now_ = first.at;
  free_.push_back(first.place);
  return std::move(happenings_[first.place]);
}

template <class... Event>
void World::feed_coordinator(Event&&... event) {
  coordinator_.step(std::forward<Event>(event)..., now_, coordinator_effects_);
  std::size_t placed = 0;
  for (const coordinator::Effect& effect : coordinator_effects_)
    if (const auto* to_node = std::get_if<coordinator::ToNode>(&effect))
      if (const auto* assign = std::get_if<protocol::Assign>(&to_node->message)) placed += assign->tasks.size();
  coordinator_free_ = std::max(coordinator_free_, now_) + Duration{machines_.speeds.placing.ns * static_cast<std::int64_t>(placed)};
  for (coordinator::Effect& effect : coordinator_effects_) {
    if (auto* to_node = std::get_if<coordinator::ToNode>(&effect))
      after(coordinator_free_ - now_ + machines_.speeds.message, Message{coordinator_id, to_node->node, std::move(to_node->message)});
    else tell(std::get<coordinator::ToClient>(effect).message);
  }
  coordinator_effects_.clear();
}

void World::tell(const protocol::Message& message) {
  if (const auto* refused = std::get_if<protocol::Refused>(&message)) {
    if (outcome_.why.empty()) outcome_.why = refused->blame.message;
    return;
  }
  const auto* updates = std::get_if<protocol::Updates>(&message);
  if (updates == nullptr) return;
  for (const protocol::Update& update : updates->updates) {
    const std::uint32_t place = wanted_.find(update.key);
    if (place == 0xFFFFFFFFu || ended_[place] || update.state == protocol::FutureState::pending) continue;
    ended_[place] = true;
    --open_;
    if (update.state != protocol::FutureState::finished && outcome_.why.empty())
      outcome_.why = update.blame ? update.blame->message : "a result was lost";
  }
}

template <class... Event>
void World::feed(NodeId id, Event&&... event) {
  at(id).core->step(std::forward<Event>(event)..., node_effects_);
  perform(id);
}

void World::perform(NodeId id) {
  Node& node = at(id);
  const memory::Ledger& ledger = node.core->ledger();
  const Bytes chunks = ledger.resident() + ledger.reserved();
  if (node.machine.lanes > 0) {
    outcome_.peak_chunks = std::max(outcome_.peak_chunks, chunks);
    outcome_.peak = std::max(outcome_.peak, chunks + node.machine.process);
  }
  for (std::size_t i = 0; i < node_effects_.size(); ++i) perform(id, node, node_effects_[i]);
  node_effects_.clear();
  reports_.clear();
  node.core->take_reports(reports_);
  for (protocol::Reports& one : reports_) after(machines_.speeds.message, Message{id, coordinator_id, std::move(one)});
}

void World::perform(NodeId id, Node& node, node::Effect& effect) {
  const Speeds& speeds = machines_.speeds;
  const auto on_disk = [&](node::ChunkSlot chunk, bool is_load) {
    auto& thread = *std::ranges::min_element(node.disk_free);
    const Duration takes = time_of(node.core->size_of(chunk), speeds.disk / static_cast<double>(node.disk_free.size()));
    thread = std::max(thread, now_) + takes;
    after(thread - now_, DiskEnds{id, chunk, is_load, takes});
    (is_load ? outcome_.loaded : outcome_.spilled) += node.core->size_of(chunk);
  };
  if (auto* run = std::get_if<node::RunTask>(&effect)) {
    const node::TaskView task = node.core->view(run->task);
    const TaskCost& cost = cost_of(task.id.key);
    Bytes touched = cost.output + cost.scratch + cost.read;
    for (const node::ChunkSlot input : task.inputs) touched += node.core->size_of(input);
    outcome_.read += cost.read;
    ++outcome_.executions;
    after(speeds.task + (cost.takes ? on(node.machine, *cost.takes) : time_of(touched, speeds.lane / factor_of(task.id.key))), LaneEnds{id, run->task});
  } else if (auto* spill = std::get_if<node::Spill>(&effect)) {
    on_disk(spill->chunk, false);
  } else if (auto* load = std::get_if<node::Load>(&effect)) {
    on_disk(load->chunk, true);
  } else if (auto* offer = std::get_if<node::SendOffer>(&effect)) {
    protocol::Offer message{node.core->id_of(offer->chunk), node.core->size_of(offer->chunk), "value", {}};
    if (message.size <= node::Config{}.value_max) message.value.emplace(message.size.value);
    after(speeds.message, Message{id, offer->to, std::move(message)});
  } else if (auto* pull = std::get_if<node::StartPull>(&effect)) {
    after(speeds.message, PullStarts{id, pull->chunk, pull->from, pull->rank, static_cast<double>(pull->size.value) / mib});
  } else if (auto* ready = std::get_if<node::Provided>(&effect)) {
    provided(id, ready->chunk);
  } else if (auto* peer = std::get_if<node::ToPeer>(&effect)) {
    after(speeds.message, Message{id, peer->node, std::move(peer->message)});
  }
}

double World::factor_of(const Key& key) const {
  if (machines_.spread == 1) return 1;
  Rng rng(key.low ^ machines_.seed * 0x9E3779B97F4A7C15ull);
  const double least = 1 / machines_.spread, part = static_cast<double>(rng.next() >> 11) * 0x1p-53;
  return least + part * (machines_.spread - least);
}

void World::happen(Message& message) {
  if (message.to == coordinator_id) {
    feed_coordinator(message.from, std::get<protocol::Reports>(message.what));
    return;
  }
  std::visit(
      [&]<class M>(M& one) {
        if constexpr (std::is_same_v<M, protocol::Assign>) feed(message.to, std::make_shared<const protocol::Assign>(std::move(one)));
        else if constexpr (std::is_same_v<M, protocol::Withdraw> || std::is_same_v<M, protocol::Drop> || std::is_same_v<M, protocol::Redirect>)
          feed(message.to, one);
        else if constexpr (std::is_same_v<M, protocol::Offer>) {
          outcome_.transfers += one.value.has_value();
          feed(message.to, message.from, one);
        } else if constexpr (std::is_same_v<M, protocol::Want> || std::is_same_v<M, protocol::Unwant> || std::is_same_v<M, protocol::Absent>)
          feed(message.to, message.from, one);
      },
      message.what);
}

void World::happen(LaneEnds& one) {
  const node::TaskView task = at(one.node).core->view(one.task);
  Bytes touched;
  for (const node::ChunkSlot input : task.inputs) touched += at(one.node).core->size_of(input);
  const TaskCost& cost = cost_of(task.id.key);
  const Duration took = cost.takes ? on(at(one.node).machine, *cost.takes) : time_of(touched + cost.output, machines_.speeds.lane);
  feed(one.node, node::LaneFinished{one.task, cost.output, machines_.speeds.task + took, {}, now_});
}

void World::happen(DiskEnds& one) {
  if (one.is_load) feed(one.node, node::Loaded{one.chunk, true, one.took});
  else feed(one.node, node::Spilled{one.chunk, true, one.took, {}});
}

void World::happen(PullStarts& one) {
  node::Core& source = *at(one.from).core;
  const ChunkId chunk = at(one.to).core->id_of(one.chunk);
  feed(one.from, node::Provide{chunk});
  if (source.has(chunk) && source.find_resident(chunk) == node::nil) {  // It comes from disk first.
    early_.push_back(one);
    return;
  }
  Way& way = ways_[{one.from, one.to}];
  const auto place = [&] { return std::upper_bound(way.pulls.begin(), way.pulls.end(), one, [](const PullStarts& a, const PullStarts& b) { return a.rank < b.rank; }); };
  if (place() != way.pulls.begin()) {
    way.pulls.insert(place(), one);
    return;
  }
  move_network(std::max(network_now_, static_cast<double>(now_.ns) * 1e-9));
  const bool is_first = place() == way.pulls.begin();
  if (is_first && !way.pulls.empty()) way.pulls.front().left = network_->stop(way.flow);
  way.pulls.insert(place(), one);
  if (is_first) start_flow(way);
  await_network();
}

/// The first of its pulls.
void World::start_flow(Way& way) {
  const PullStarts& one = way.pulls.front();
  way.flow = static_cast<engine::Flow>(flows_.size());
  network_->start(way.flow, {one.from.value - 1, one.to.value - 1, one.left});
  flows_.emplace_back(one.from, one.to);
}

/// What has come by then; the next of each source and target follows.
void World::move_network(double until) {
  network_now_ = until;
  for (const engine::Flow flow : network_->advance(until)) {
    Way& way = ways_[flows_[flow]];
    after(machines_.speeds.message, PullEnds{way.pulls.front().to, way.pulls.front().chunk, way.pulls.front().from});
    way.pulls.erase(way.pulls.begin());
    if (!way.pulls.empty()) start_flow(way);
  }
}

void World::await_network() {
  ++network_change_;
  if (const auto end = network_->next_end()) after({std::max<std::int64_t>(0, static_cast<std::int64_t>(*end * 1e9) - now_.ns)}, NetworkMoves{network_change_});
}

void World::happen(NetworkMoves& one) {
  if (one.change != network_change_) return;
  move_network(*network_->next_end());
  await_network();
}

void World::provided(NodeId from, const runtime::ChunkId& chunk) {
  std::erase_if(early_, [&](const PullStarts& one) {
    if (one.from != from || at(one.to).core->id_of(one.chunk) != chunk) return false;
    after({}, PullStarts{one});
    return true;
  });
}

void World::happen(PullEnds& one) {
  const ChunkId chunk = at(one.to).core->id_of(one.chunk);
  const bool ok = at(one.from).core->has(chunk);
  feed(one.from, node::Served{chunk});
  feed(one.to, node::Pulled{one.chunk, ok});
  outcome_.transfers += ok;
}

void World::happen(Second&) {
  feed_coordinator(coordinator::Tick{});
  for (std::uint32_t i = 1; i <= nodes_.size(); ++i) {
    feed(NodeId{i}, node::Measured{at(NodeId{i}).machine.process + at(NodeId{i}).core->ledger().resident() + at(NodeId{i}).core->ledger().reserved()});
    feed(NodeId{i}, node::Tick{});
  }
  after(seconds(1), Second{});
}
}  // namespace tessera::simulation
