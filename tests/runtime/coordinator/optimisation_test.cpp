// K7: what the coordinator leaves out, shares, orders and assigns ahead changes how a graph is computed and nothing of what it is.
#include "runtime/coordinator/core.hpp"
#include "runtime/graph/builder.hpp"
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

using namespace tessera::runtime;

namespace {
/// What a task was submitted with, and what nodes were told of it.
struct Told {
  std::int32_t priority = 0;
  std::vector<std::pair<std::string, std::int64_t>> resources;
  std::vector<Key> inputs;
  friend bool operator==(const Told&, const Told&) = default;
};
struct Run {
  std::map<Key, Told> told;
  std::map<Key, std::uint32_t> attempts;
  std::map<Key, std::uint64_t> values;       ///< Of every task that ran: a hash of its operation's inputs and itself.
  std::set<Key> finished;
};

/// One job on two nodes whose operations fail as often as their task's retries allow.
class Scene {
 public:
  explicit Scene(std::uint32_t window) : core_(config(window)) {
    feed(coordinator::ClientJoined{ClientId{900}, NodeId{900}});
    for (std::uint32_t id : {1u, 2u})
      feed(coordinator::NodeJoined{NodeId{id}, "n" + std::to_string(id), 2, gib(1), {{"disk", 4}, {"gpu", 4}}, {"work"}});
  }
  void submit(const graph::Graph& graph, std::vector<graph::Index> wants) {
    feed(ClientId{900}, protocol::Submit{JobId{1}, std::make_shared<const graph::Graph>(graph), std::move(wants)});
  }
  /// Answers everything; a task runs once its inputs have values, as on a node.
  void finish(const std::map<Key, std::uint32_t>& retries) {
    while (!waiting_.empty()) {
      for (std::size_t turn = waiting_.size(); turn > 0; --turn) {
        const Waiting one = waiting_.front();
        waiting_.pop_front();
        const auto& inputs = run.told.at(one.key).inputs;
        if (!std::all_of(inputs.begin(), inputs.end(), [&](const Key& key) { return run.values.contains(key); })) {
          waiting_.push_back(one);
          continue;
        }
        if (++run.attempts[one.key] <= retries.at(one.key)) {
          feed(one.node, protocol::Reports{JobId{1}, {protocol::Errored{one.task, one.attempt, {}}}});
          continue;
        }
        std::uint64_t value = one.key.low;
        for (const Key& input : inputs) value = (value ^ run.values.at(input)) * 1099511628211ull;
        run.values[one.key] = value;
        feed(one.node, protocol::Reports{JobId{1}, {protocol::Finished{one.task, one.attempt, Bytes{8}, microseconds(1), {}}}});
      }
    }
    core_.check();
  }
  Run run;

 private:
  struct Waiting { NodeId node; Key key; TaskId task; Attempt attempt; };
  static coordinator::Config config(std::uint32_t window) {
    coordinator::Config config;
    config.job = JobId{1};
    config.window.tasks_max = window;
    config.policy = "round_robin";
    return config;
  }
  template <class... Event>
  void feed(Event&&... event) {
    coordinator::Effects effects;
    core_.step(std::forward<Event>(event)..., Instant{}, effects);
    for (const coordinator::Effect& effect : effects) {
      if (const auto* to_client = std::get_if<coordinator::ToClient>(&effect)) {
        for (const protocol::Update& update : std::get<protocol::Updates>(to_client->message).updates)
          if (update.state == protocol::FutureState::finished) run.finished.insert(update.key);
      } else if (const auto& to_node = std::get<coordinator::ToNode>(effect);
                 const auto* assign = std::get_if<protocol::Assign>(&to_node.message)) {
        std::size_t next = 0;
        for (const protocol::Assignment& task : assign->tasks) {
          Told told{task.priority, task.resources, {}};
          for (std::uint32_t i = 0; i < task.inputs; ++i) told.inputs.push_back(assign->inputs[next++].key);
          const auto [at, is_new] = run.told.emplace(task.key, told);
          BOOST_REQUIRE((is_new || at->second == told));
          waiting_.push_back({to_node.node, task.key, task.task, task.attempt});
        }
      }
    }
  }
  coordinator::Core core_;
  std::deque<Waiting> waiting_;
};

/// A random graph in which each task has options of its own, and what was asked of each.
struct Work {
  graph::Graph graph;
  std::vector<graph::Index> wants;
  std::map<Key, Told> asked;
  std::map<Key, std::uint32_t> retries;
  std::set<Key> needed;

  explicit Work(std::uint64_t seed) {
    Rng rng(seed);
    graph::Builder builder;
    for (std::uint32_t i = 0; i < 80; ++i) {
      graph::Options options;
      options.priority = static_cast<std::int32_t>(rng.below(5)) - 2;
      options.retries = static_cast<std::uint32_t>(rng.below(3));
      if (rng.below(3) == 0) options.resources = {{rng.below(2) == 0 ? "disk" : "gpu", 1 + static_cast<std::int64_t>(rng.below(3))}};
      std::vector<graph::Index> inputs;
      for (std::uint64_t n = i == 0 ? 0 : rng.below(4); n > 0; --n)
        inputs.push_back(static_cast<graph::Index>(i - 1 - rng.below(std::min<std::uint64_t>(i, 12))));
      builder.add(builder.operation("work"), inputs, std::as_bytes(std::span(&i, 1)), builder.options(options));
    }
    graph = std::move(*builder.build());
    for (graph::Index i = 0; i < 80; ++i) {
      if (rng.below(8) == 0) wants.push_back(i);
      const graph::Options& options = graph.options[graph.tasks[i].options];
      Told& told = asked[graph.tasks[i].key];
      told = {options.priority, options.resources, {}};
      for (const graph::Index input : graph.inputs_of(i)) told.inputs.push_back(graph.key_of(input));
      retries[graph.tasks[i].key] = options.retries;
    }
    std::vector<graph::Index> stack = wants;
    while (!stack.empty()) {
      const graph::Index one = stack.back();
      stack.pop_back();
      if (!needed.insert(graph.tasks[one].key).second) continue;
      for (const graph::Index input : graph.inputs_of(one)) stack.push_back(input);
    }
  }
};

/// The graph of one task, whose inputs the job knows already.
graph::Graph alone(const graph::Graph& whole, graph::Index task) {
  graph::Builder builder;
  std::vector<graph::Index> inputs;
  for (const graph::Index input : whole.inputs_of(task)) inputs.push_back(builder.external(whole.key_of(input)));
  builder.add(builder.operation("work"), inputs, whole.params_of(task), builder.options(whole.options[whole.tasks[task].options]),
              whole.tasks[task].key);
  return std::move(*builder.build());
}

void expect_as_asked(const Work& work, const Run& run) {
  for (const auto& [key, told] : run.told) BOOST_REQUIRE((told == work.asked.at(key)));
  for (const auto& [key, attempts] : run.attempts) BOOST_REQUIRE(attempts == work.retries.at(key) + 1);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_coordinator_optimisation)

BOOST_AUTO_TEST_CASE(K7_optimised_graphs_keep_keys_values_priority_retries_and_resources) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    BOOST_TEST_CONTEXT("seed " << seed) {
      const Work work(seed);
      std::set<Key> wanted;
      for (const graph::Index want : work.wants) wanted.insert(work.graph.tasks[want].key);

      // Without any: every task by itself, wanted for itself, after its inputs.
      Scene plain(1024);
      for (graph::Index i = 0; i < work.graph.tasks.size(); ++i) {
        plain.submit(alone(work.graph, i), {0});
        plain.finish(work.retries);
      }
      expect_as_asked(work, plain.run);
      BOOST_REQUIRE(plain.run.finished.size() == work.graph.tasks.size());

      // Culled, ordered and assigned ahead as far as the window goes; and shared with an equal submission.
      for (const std::uint32_t window : {1u, 3u, 1024u}) {
        for (const bool twice : {false, true}) {
          Scene scene(window);
          scene.submit(work.graph, work.wants);
          if (twice) scene.submit(work.graph, work.wants);
          scene.finish(work.retries);
          expect_as_asked(work, scene.run);
          BOOST_REQUIRE((scene.run.finished == wanted));
          std::set<Key> ran;
          for (const auto& [key, value] : scene.run.values) {
            BOOST_REQUIRE(value == plain.run.values.at(key));
            ran.insert(key);
          }
          BOOST_REQUIRE((ran == work.needed));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
