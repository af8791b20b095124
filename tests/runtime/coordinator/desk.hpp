/// @file
/// A coordinator's core alone: events go in by short names, and what it wants done comes out as lines of text.
#pragma once
#include "runtime/coordinator/core.hpp"
#include "runtime/graph/builder.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

namespace tessera::test {
using namespace runtime;
using Lines = std::vector<std::string>;

/// Builds graphs whose tasks have names; a name's key is known to the `Desk` that submits it.
class Plan {
 public:
  struct Task { std::string name, operation = "work"; graph::Options options = {}; bool named = false; };
  /// A task `name` with inputs by name; a name that no task of this plan has is an external.
  Plan& add(Task task, const std::vector<std::string>& inputs = {}) {
    std::vector<graph::Index> indices;
    for (const std::string& input : inputs)
      indices.push_back(index_.contains(input) ? index_.at(input) : builder_.external(known_.at(input)));
    std::optional<Key> key;
    if (task.named) key = graph::named_key(task.name);
    const std::string params = task.named ? task.name + task.operation : task.name;
    const auto at = builder_.add(builder_.operation(task.operation), indices,
                                 std::as_bytes(std::span(params.data(), params.size())), builder_.options(task.options), key);
    index_[task.name] = at;
    return *this;
  }
  Plan& add(const std::string& name, const std::vector<std::string>& inputs = {}) { return add(Task{.name = name}, inputs); }
  /// Keys of earlier plans, for externals.
  Plan& know(const std::map<std::string, Key>& known) {
    known_ = known;
    return *this;
  }
  std::map<std::string, Key> keys() const {
    std::map<std::string, Key> keys;
    for (const auto& [name, index] : index_) keys[name] = builder_.key(index);
    return keys;
  }
  graph::Index index(const std::string& name) const { return index_.at(name); }
  graph::Graph build() {
    auto built = builder_.build();
    BOOST_REQUIRE(static_cast<bool>(built));
    return std::move(*built);
  }

 private:
  graph::Builder builder_;
  std::map<std::string, graph::Index> index_;
  std::map<std::string, Key> known_;
};

class Desk {
 public:
  explicit Desk(coordinator::Config config = {}) : core(with_job(std::move(config))) {}

  Lines node(std::uint32_t id, std::uint32_t lanes = 1, std::vector<std::string> operations = {"once", "other", "work"},
             std::vector<std::pair<std::string, std::int64_t>> resources = {}) {
    return feed(coordinator::NodeJoined{NodeId{id}, "n" + std::to_string(id), lanes, gib(1), std::move(resources),
                                        std::move(operations)});
  }
  Lines lose_node(std::uint32_t id) { return feed(coordinator::NodeLost{NodeId{id}}); }
  Lines drain_node(std::uint32_t id) { return feed(coordinator::NodeDraining{NodeId{id}}); }
  Lines client(std::uint32_t id) { return feed(coordinator::ClientJoined{ClientId{id}, NodeId{id}}); }
  Lines lose_client(std::uint32_t id) { return feed(coordinator::ClientLost{ClientId{id}}); }
  Lines submit(Plan plan, const Lines& wants, std::uint32_t client = 900) {
    for (const auto& [name, key] : plan.keys()) keys[name] = key, names[key] = name;
    protocol::Submit submit{JobId{1}, nullptr, {}};
    for (const std::string& want : wants) submit.wants.push_back(plan.index(want));
    submit.graph = std::make_shared<const graph::Graph>(plan.build());
    return feed(ClientId{client}, submit);
  }
  Lines scatter(const std::string& name, std::uint32_t client = 900) {
    keys[name] = graph::named_key(name), names[keys[name]] = name;
    return feed(ClientId{client}, protocol::Scattered{JobId{1}, keys[name], Bytes{10}, "number"});
  }
  Lines release(const Lines& which, std::uint32_t client = 900) {
    return feed(ClientId{client}, protocol::Release{JobId{1}, keys_of(which)});
  }
  Lines cancel(const Lines& which, std::uint32_t client = 900, bool force = false, const std::string& reason = {}) {
    return feed(ClientId{client}, protocol::Cancel{JobId{1}, keys_of(which), force, reason});
  }
  Lines retry(const Lines& which, std::uint32_t client = 900) {
    return feed(ClientId{client}, protocol::Retry{JobId{1}, keys_of(which)});
  }
  /// The latest assignment of that task was answered.
  Lines finished(const std::string& name) { return finished(name, at(name).attempt); }
  Lines finished(const std::string& name, Attempt attempt) {
    const Sent& its = at(name);
    return report(its.node.value, protocol::Finished{its.task, attempt, Bytes{8}, microseconds(10), std::nullopt});
  }
  Lines errored(const std::string& name, const std::string& message = "boom") {
    const Sent& its = at(name);
    protocol::Blame blame;
    blame.message = message, blame.type = "std::runtime_error", blame.operation = "work";
    return report(its.node.value, protocol::Errored{its.task, its.attempt, blame});
  }
  Lines delegated(const std::string& name, Plan plan, const std::string& result) {
    for (const auto& [of, key] : plan.keys()) keys[of] = key, names[key] = of;
    const Sent& its = at(name);
    const graph::Index index = plan.index(result);
    return report(its.node.value, protocol::Delegated{its.task, its.attempt,
                                                       std::make_shared<const graph::Graph>(plan.build()), index});
  }
  Lines missing(const std::string& name, const std::string& input, std::uint32_t holder) {
    const Sent& its = at(name);
    return report(its.node.value, protocol::InputsMissing{its.task, its.attempt, {{keys.at(input), NodeId{holder}}}});
  }
  Lines copied(std::uint32_t node, const std::string& name) {
    return report(node, protocol::Copied{keys.at(name), Bytes{8}});
  }
  Lines evicted(std::uint32_t node, const std::string& name) { return report(node, protocol::Evicted{keys.at(name)}); }
  Lines restore(const std::string& name, NodeId holder = no_node, std::uint32_t client = 900) {
    return feed(ClientId{client}, protocol::Restore{JobId{1}, keys.at(name), holder});
  }
  Lines report(std::uint32_t node, protocol::Report report) {
    return feed(NodeId{node}, protocol::Reports{JobId{1}, {std::move(report)}});
  }
  /// How the latest assignment of that task may be evicted.
  protocol::Eviction eviction(const std::string& name) const { return evictions_.at(name); }
  std::uint64_t rank(const std::string& name) const { return ranks_.at(name); }
  Lines tick(Duration later = seconds(1)) {
    now = now + later;
    return feed(coordinator::Tick{});
  }

  struct Sent { NodeId node; TaskId task; Attempt attempt; };
  const Sent& at(const std::string& name) const {
    BOOST_REQUIRE_MESSAGE(sent.contains(name), name << " was never assigned");
    return sent.at(name);
  }
  /// The latest state that a client was told of a key.
  protocol::Update told(const std::string& name, std::uint32_t client = 900) const {
    const auto update = updates.find({client, keys.at(name)});
    return update == updates.end() ? protocol::Update{} : update->second;
  }

  coordinator::Core core;
  Instant now{seconds(1000).ns};
  std::map<std::string, Key> keys;
  std::map<Key, std::string> names;
  std::map<std::string, Sent> sent;
  std::map<std::pair<std::uint32_t, Key>, protocol::Update> updates;
  std::vector<protocol::Refused> refused;

 private:
  std::map<std::string, protocol::Eviction> evictions_;
  std::map<std::string, std::uint64_t> ranks_;
  static coordinator::Config with_job(coordinator::Config config) {
    config.job = JobId{1};
    return config;
  }
  std::vector<Key> keys_of(const Lines& which) const {
    std::vector<Key> found;
    for (const std::string& name : which) found.push_back(keys.at(name));
    return found;
  }
  std::string name_of(const Key& key) const { return names.contains(key) ? names.at(key) : to_string(key); }

  template <class... Event>
  Lines feed(Event&&... event) {
    coordinator::Effects effects;
    core.step(std::forward<Event>(event)..., now, effects);
    core.check();
    Lines lines;
    for (const coordinator::Effect& effect : effects) {
      if (const auto* to_node = std::get_if<coordinator::ToNode>(&effect)) {
        const std::string to = "n" + std::to_string(to_node->node.value) + " ";
        std::visit([&](const auto& message) { show(to, to_node->node, message, lines); }, to_node->message);
      } else {
        const auto& to_client = std::get<coordinator::ToClient>(effect);
        const std::string to = "c" + std::to_string(to_client.client.value) + " ";
        std::visit([&](const auto& message) { show(to, NodeId{to_client.client.value}, message, lines); }, to_client.message);
      }
    }
    return lines;
  }
  void show(const std::string& to, NodeId node, const protocol::Assign& assign, Lines& lines) {
    std::size_t input = 0;
    for (const protocol::Assignment& task : assign.tasks) {
      std::string line = to + "run " + name_of(task.key) + "/" + std::to_string(task.attempt.value);
      for (std::uint32_t i = 0; i < task.inputs; ++i, ++input) {
        const protocol::Input& one = assign.inputs[input];
        line += " " + name_of(one.key) + "@" + (one.holder == no_node ? "here" : "n" + std::to_string(one.holder.value));
      }
      sent[name_of(task.key)] = {node, task.task, task.attempt};
      evictions_[name_of(task.key)] = task.eviction, ranks_[name_of(task.key)] = task.rank;
      lines.push_back(line);
    }
  }
  void show(const std::string& to, NodeId, const protocol::Withdraw& withdraw, Lines& lines) {
    for (const auto& [key, attempt] : withdraw.tasks)
      lines.push_back(to + "withdraw " + name_of(key) + "/" + std::to_string(attempt.value));
  }
  void show(const std::string& to, NodeId, const protocol::Drop& drop, Lines& lines) {
    for (const Key& key : drop.keys) lines.push_back(to + "drop " + name_of(key));
  }
  void show(const std::string& to, NodeId, const protocol::Redirect& redirect, Lines& lines) {
    for (const protocol::Input& input : redirect.inputs)
      lines.push_back(to + "redirect " + name_of(input.key) + "@n" + std::to_string(input.holder.value));
  }
  void show(const std::string& to, NodeId client, const protocol::Updates& all, Lines& lines) {
    for (const protocol::Update& update : all.updates) {
      updates[{client.value, update.key}] = update;
      static constexpr const char* states[] = {"pending", "finished", "error", "cancelled", "lost"};
      lines.push_back(to + name_of(update.key) + " " + states[static_cast<std::size_t>(update.state)] +
                      (update.blame ? " " + std::string(to_string(update.blame->code)) : ""));
    }
  }
  void show(const std::string& to, NodeId, const protocol::Refused& message, Lines& lines) {
    refused.push_back(message);
    std::string line = to + "refused " + std::string(to_string(message.blame.code));
    for (const Key& key : message.keys) line += " " + name_of(key);
    lines.push_back(line);
  }
  void show(const std::string&, NodeId, const protocol::Operations&, Lines&) {}
  template <class M>
  void show(const std::string& to, NodeId, const M&, Lines& lines) { lines.push_back(to + "?"); }
};

/// The effects are exactly these, in this order.
inline void same(const Lines& actual, const Lines& expected) {
  BOOST_TEST(actual == expected, boost::test_tools::per_element());
}
inline const Lines nothing;

/// One client and so many nodes of one lane.
struct Ready : Desk {
  explicit Ready(std::uint32_t nodes = 1, coordinator::Config config = {}) : Desk(std::move(config)) {
    client(900);
    for (std::uint32_t id = 1; id <= nodes; ++id) node(id);
  }
};

inline bool mentions(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }
}  // namespace tessera::test
