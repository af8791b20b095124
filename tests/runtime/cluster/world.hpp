/// @file
/// A cluster without threads, clock or sockets: the coordinator's core and the nodes' cores, joined by a seeded network that
/// delays messages but keeps the order of each pair. Operations are numbers: a task's value is a hash of its key.
#pragma once
#include "runtime/base/assert.hpp"
#include "runtime/coordinator/core.hpp"
#include "runtime/graph/builder.hpp"
#include "runtime/node/core.hpp"
#include "tests/runtime/node/adds_up.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace tessera::test {
using namespace runtime;

class World {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::string policy = "locality";
    std::uint32_t fail_percent = 0;  ///< Attempts that throw.
    Bytes limit = gib(1);
    std::uint32_t window = 64;
    std::uint32_t deaths_max = 3;
    bool spills = false;
    std::uint32_t corrupt_percent = 0;     ///< Files that are no good when they are read.
    std::uint32_t disk_full_percent = 0;   ///< Writes that fail.
    Bytes result = Bytes{100};             ///< The least; the largest is twice that.
    std::uint32_t cheap_percent = 0;       ///< Operations that take less time than the disk.
  };
  explicit World(Options options) : options_(options), rng_(options.seed) {
    coordinator::Config config;
    config.job = JobId{1};
    config.policy = options.policy;
    config.seed = options.seed;
    config.window.tasks_max = options.window;
    config.deaths_max = static_cast<std::uint8_t>(options.deaths_max);
    coordinator_ = std::make_unique<coordinator::Core>(config);
    feed_coordinator(coordinator::ClientJoined{ClientId{900}, NodeId{900}});
  }

  NodeId add_node(std::uint32_t lanes) {
    const NodeId id{next_node_++};
    node::Config config;
    config.self = id;
    config.lanes = lanes;
    config.limit = options_.limit;
    config.spills = options_.spills;
    if (options_.limit < gib(1)) {
      config.value_max = Bytes{0};
      config.need = [this](const node::TaskView& view) { return node::Need{size_of(view.id.key), Bytes{view.id.key.low % 50}, true}; };
    }
    nodes_[id] = std::make_unique<node::Core>(config);
    feed_coordinator(coordinator::NodeJoined{id, "n" + std::to_string(id.value), lanes, options_.limit, {}, {"work"}});
    return id;
  }
  /// The node's process dies: it does nothing more, its messages under way are lost, everybody is told.
  void kill(NodeId id) {
    nodes_.erase(id);
    for (auto& [pair, queue] : wires_)
      if (pair.first == id.value || pair.second == id.value) queue.clear();
    std::erase_if(lanes_, [&](const Running& one) { return one.node == id; });
    std::erase_if(disk_, [&](const DiskJob& one) { return one.node == id; });
    std::erase_if(later_, [&](const Pull& pull) {
      if (pull.from == id && pull.to != id) pulls_.push_back(pull);
      return pull.from == id || pull.to == id;
    });
    feed_coordinator(coordinator::NodeLost{id});
    for (auto& [other, core] : nodes_) {
      core->step(node::PeerLost{id}, node_effects_);
      perform(other);
    }
  }

  void submit(graph::Graph graph, std::vector<graph::Index> wants) {
    for (const graph::Index want : wants) ++wanted_[graph.tasks[want].key];
    protocol::Submit submit{JobId{1}, std::make_shared<const graph::Graph>(std::move(graph)), std::move(wants)};
    feed_coordinator(ClientId{900}, submit);
  }
  void release(const Key& key) {
    --wanted_[key];
    feed_coordinator(ClientId{900}, protocol::Release{JobId{1}, {key}});
  }
  void cancel(const Key& key) { feed_coordinator(ClientId{900}, protocol::Cancel{JobId{1}, {key}, false, ""}); }
  /// As `get()` of a program does. Whether a node has the value in the end.
  bool fetch(const Key& key) {
    for (int tries = 0; tries < 20; ++tries) {
      if (state(key) != protocol::FutureState::finished) return false;
      const auto holder = nodes_.find(update(key).holder);
      if (holder != nodes_.end() && holder->second->has({key, JobId{1}})) return true;
      feed_coordinator(ClientId{900}, protocol::Restore{JobId{1}, key, update(key).holder});
      run_to_rest();
    }
    return false;
  }
  void retry(const Key& key) { feed_coordinator(ClientId{900}, protocol::Retry{JobId{1}, {key}}); }
  void tick() {
    now_ = now_ + seconds(1);
    feed_coordinator(coordinator::Tick{});
    for (auto& [id, core] : nodes_) {
      core->step(node::Tick{}, node_effects_);
      perform(id);
    }
  }

  /// One message, or one operation that ends; false if nothing is under way.
  bool step() {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> full;
    for (auto& [pair, queue] : wires_)
      if (!queue.empty()) full.push_back(pair);
    const std::size_t lanes = lanes_held ? 0 : lanes_.size();
    const std::size_t choices = full.size() + lanes + disk_.size();
    if (choices == 0) return false;
    ++steps_;
    now_ = now_ + microseconds(10);
    const std::size_t chosen = rng_.below(choices);
    if (chosen < full.size()) deliver(full[chosen]);
    else if (chosen < full.size() + lanes) end_lane(chosen - full.size());
    else end_disk_job(chosen - full.size() - lanes);
    return true;
  }
  void run(std::uint64_t steps_max = 1'000'000) {
    for (std::uint64_t i = 0; i < steps_max && step(); ++i) {}
  }
  /// Runs, with ticks where nothing moves, until nothing changes for some ticks.
  void run_to_rest() {
    for (int quiet = 0; quiet < 6; ++quiet) {
      const std::uint64_t before = steps_;
      constexpr std::uint64_t steps_max = 100'000;
      run(steps_max);
      BOOST_REQUIRE_MESSAGE(steps_ - before < steps_max, "it goes in circles");
      tick();
      if (steps_ != before) quiet = 0;
    }
  }

  protocol::FutureState state(const Key& key) const {
    const auto at = states_.find(key);
    return at == states_.end() ? protocol::FutureState::pending : at->second.state;
  }
  /// Why it is not finished.
  std::string why(const Key& key) const {
    if (state(key) == protocol::FutureState::pending) return "pending";
    const auto& blame = update(key).blame;
    return blame ? blame->message : "finished";
  }
  const protocol::Update& update(const Key& key) const { return states_.at(key); }
  std::uint64_t runs(const Key& key) const { return runs_.contains(key) ? runs_.at(key) : 0; }
  const std::vector<Key>& order() const { return order_; }
  const node::Core& node(NodeId id) const { return *nodes_.at(id); }
  std::size_t nodes() const { return nodes_.size(); }
  NodeId some_node() { return std::next(nodes_.begin(), static_cast<std::ptrdiff_t>(rng_.below(nodes_.size())))->first; }
  coordinator::Counts counts() const { return coordinator_->counts(); }
  const coordinator::Core& coordinator() const { return *coordinator_; }
  Rng& rng() { return rng_; }
  std::set<Key> failing;   ///< Keys whose operation throws, each time.
  /// Keys whose operation answers, the first time, with a graph and its result.
  std::map<Key, std::pair<std::shared_ptr<const graph::Graph>, graph::Index>> delegating;
  /// Lanes do not end while this is set: what is assigned queues up.
  bool lanes_held = false;
  std::uint64_t steps() const { return steps_; }
  std::size_t running() const { return lanes_.size(); }
  /// The node on whose lane that task is.
  std::optional<NodeId> where(const Key& key) const {
    for (const Running& one : lanes_)
      if (nodes_.at(one.node)->view(one.task).id.key == key) return one.node;
    return std::nullopt;
  }
  std::uint64_t refusals = 0, spills = 0, loads = 0;
  std::size_t held() const {
    std::size_t sum = 0;
    for (const auto& [id, core] : nodes_) sum += core->chunks();
    return sum;
  }
  Bytes booked() const {
    Bytes sum;
    for (const auto& [id, core] : nodes_) sum += core->ledger().resident() + core->ledger().reserved();
    return sum;
  }
  Bytes resident() const {
    Bytes sum;
    for (const auto& [id, core] : nodes_) sum += core->ledger().resident();
    return sum;
  }
  void check() const {
    coordinator_->check();
    for (const auto& [id, core] : nodes_) {
      core->check();
      TESSERA_ASSERT(node::adds_up(*core), "the numbers by operation are those of the node");
    }
  }
  /// Of all effects so far: the same seed gives the same number.
  std::uint64_t trace() const { return trace_; }

 private:
  static constexpr std::uint32_t coordinator_id = 1000;
  struct Running { NodeId node; node::TaskSlot task; };
  struct Wire { protocol::Message message; };

  template <class... Event>
  void feed_coordinator(Event&&... event) {
    coordinator_->step(std::forward<Event>(event)..., now_, coordinator_effects_);
    for (coordinator::Effect& effect : coordinator_effects_) {
      if (auto* to_node = std::get_if<coordinator::ToNode>(&effect)) {
        post(coordinator_id, to_node->node.value, std::move(to_node->message));
      } else {
        tell(std::get<coordinator::ToClient>(effect).message);
      }
    }
    coordinator_effects_.clear();
  }
  void tell(const protocol::Message& message) {
    if (const auto* updates = std::get_if<protocol::Updates>(&message))
      for (const protocol::Update& update : updates->updates) states_[update.key] = update;
    else ++refusals;
  }
  void post(std::uint32_t from, std::uint32_t to, protocol::Message message) {
    trace_ = (trace_ ^ (from * 31 + to + message.index() * 977 + now_.ns)) * 1099511628211ull;
    if (to < 900 && !nodes_.contains(NodeId{to})) return;
    wires_[{from, to}].push_back({std::move(message)});
  }
  void deliver(std::pair<std::uint32_t, std::uint32_t> pair) {
    protocol::Message message = std::move(wires_[pair].front().message);
    wires_[pair].pop_front();
    if (pair.second == coordinator_id) {
      feed_coordinator(NodeId{pair.first}, std::get<protocol::Reports>(message));
      return;
    }
    const NodeId to{pair.second}, from{pair.first};
    node::Core& core = *nodes_.at(to);
    std::visit(
        [&]<class M>(M& one) {
          if constexpr (std::is_same_v<M, protocol::Assign>)
            core.step(std::make_shared<const protocol::Assign>(std::move(one)), node_effects_);
          else if constexpr (std::is_same_v<M, protocol::Withdraw> || std::is_same_v<M, protocol::Drop> ||
                             std::is_same_v<M, protocol::Redirect>)
            core.step(one, node_effects_);
          else if constexpr (std::is_same_v<M, protocol::Want> || std::is_same_v<M, protocol::Unwant> ||
                             std::is_same_v<M, protocol::Offer> || std::is_same_v<M, protocol::Absent>)
            core.step(from, one, node_effects_);
        },
        message);
    perform(to);
  }
  void perform(NodeId id) {
    node::Core& core = *nodes_.at(id);
    for (node::Effect& effect : node_effects_) {
      if (auto* run = std::get_if<node::RunTask>(&effect)) {
        lanes_.push_back({id, run->task});
      } else if (auto* offer = std::get_if<node::SendOffer>(&effect)) {
        post(id.value, offer->to.value, protocol::Offer{core.id_of(offer->chunk), core.size_of(offer->chunk), "number", {}});
      } else if (auto* spill = std::get_if<node::Spill>(&effect)) {
        disk_.push_back({id, spill->chunk, /*load=*/false});
      } else if (auto* load = std::get_if<node::Load>(&effect)) {
        disk_.push_back({id, load->chunk, /*load=*/true});
      } else if (auto* ready = std::get_if<node::Provided>(&effect)) {  // Who pulls asks again.
        std::erase_if(later_, [&](const Pull& pull) {
          const bool is_it = pull.from == id && nodes_.contains(pull.to) && nodes_.at(pull.to)->id_of(pull.chunk) == ready->chunk;
          if (is_it) pulls_.push_back(pull);
          return is_it;
        });
      } else if (auto* pull = std::get_if<node::StartPull>(&effect)) {
        pulls_.push_back({id, pull->chunk, pull->from});
      } else if (auto* peer = std::get_if<node::ToPeer>(&effect)) {
        post(id.value, peer->node.value, std::move(peer->message));
      }
    }
    node_effects_.clear();
    std::vector<protocol::Reports> reports;
    core.take_reports(reports);
    for (protocol::Reports& one : reports) post(id.value, coordinator_id, std::move(one));
    while (!pulls_.empty()) {
      const Pull pull = pulls_.back();
      pulls_.pop_back();
      const auto from = nodes_.find(pull.from);
      const ChunkId chunk = nodes_.at(pull.to)->id_of(pull.chunk);
      const bool ok = from != nodes_.end() && from->second->has(chunk);
      if (ok) from->second->step(node::Provide{chunk}, node_effects_);
      if (ok && from->second->find_resident(chunk) == node::nil) {
        later_.push_back(pull);
        perform(pull.from);
        continue;
      }
      nodes_.at(pull.to)->step(node::Pulled{pull.chunk, ok}, node_effects_);
      perform(pull.to);
      if (!ok) continue;
      from->second->step(node::Served{chunk}, node_effects_);
      perform(pull.from);
    }
  }
  Bytes size_of(const Key& key) const { return Bytes{options_.result.value + key.low % options_.result.value}; }
  void end_disk_job(std::size_t index) {
    const DiskJob one = disk_[index];
    disk_.erase(disk_.begin() + static_cast<std::ptrdiff_t>(index));
    node::Core& core = *nodes_.at(one.node);
    trace_ = (trace_ ^ (one.chunk * 31 + one.load)) * 1099511628211ull;
    if (one.load) core.step(node::Loaded{one.chunk, rng_.below(100) >= options_.corrupt_percent, {}}, node_effects_);
    else core.step(node::Spilled{one.chunk, rng_.below(100) >= options_.disk_full_percent, {}, "full"}, node_effects_);
    ++(one.load ? loads : spills);
    perform(one.node);
  }
  void end_lane(std::size_t index) {
    const Running one = lanes_[index];
    lanes_.erase(lanes_.begin() + static_cast<std::ptrdiff_t>(index));
    node::Core& core = *nodes_.at(one.node);
    const Key key = core.view(one.task).id.key;
    ++runs_[key];
    order_.push_back(key);
    if (failing.contains(key) || rng_.below(100) < options_.fail_percent) {
      protocol::Blame blame;
      blame.message = "drawn";
      core.step(node::LaneErrored{one.task, blame}, node_effects_);
    } else if (const auto graph = delegating.extract(key); !graph.empty()) {
      core.step(node::LaneDelegated{one.task, graph.mapped().first, graph.mapped().second}, node_effects_);
    } else {
      const bool is_cheap = key.high % 100 < options_.cheap_percent;
      core.step(node::LaneFinished{one.task, size_of(key), is_cheap ? Duration{10} : microseconds(5), {}}, node_effects_);
    }
    perform(one.node);
  }

  struct DiskJob { NodeId node; node::ChunkSlot chunk; bool load; };
  struct Pull { NodeId to; node::ChunkSlot chunk; NodeId from; };
  Options options_;
  Rng rng_;
  Instant now_;
  std::uint64_t steps_ = 0, trace_ = 1469598103934665603ull;
  std::uint32_t next_node_ = 1;
  std::unique_ptr<coordinator::Core> coordinator_;
  std::map<NodeId, std::unique_ptr<node::Core>> nodes_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::deque<Wire>> wires_;
  std::vector<Running> lanes_;
  std::vector<Pull> pulls_, later_;
  std::vector<DiskJob> disk_;
  coordinator::Effects coordinator_effects_;
  node::Effects node_effects_;
  std::map<Key, protocol::Update> states_;
  std::map<Key, std::uint64_t> runs_;
  std::map<Key, int> wanted_;
  std::vector<Key> order_;
};

/// A random graph: each task takes up to three of the tasks before it.
inline graph::Graph random_graph(Rng& rng, std::uint32_t tasks, std::uint32_t salt, std::uint32_t retries = 0) {
  graph::Builder builder;
  const std::uint32_t operation = builder.operation("work");
  graph::Options its;
  its.retries = retries;
  const std::uint32_t options = builder.options(its);
  for (std::uint32_t i = 0; i < tasks; ++i) {
    std::vector<graph::Index> inputs;
    for (std::uint64_t n = i == 0 ? 0 : rng.below(4); n > 0; --n)
      inputs.push_back(static_cast<graph::Index>(i - 1 - rng.below(std::min<std::uint64_t>(i, 12))));
    const std::uint32_t params[] = {salt, i};
    builder.add(operation, inputs, std::as_bytes(std::span(params)), options);
  }
  return *builder.build();
}
}  // namespace tessera::test
