// A policy that decides about all tasks at once, carried out by the coordinator: in its order, on its nodes, and overruled where a job would not end.
#include "desk.hpp"

#include "runtime/policy/policy.hpp"

#include <cmath>
#include <functional>
#include <stdexcept>

using namespace tessera::test;
using policy::Assignment;
using policy::View;

namespace {
using Decide = std::function<void(const View&, std::vector<Assignment>&)>;
Decide script;  ///< Of the policy that the next desk makes.
policy::Place script_place = nullptr;  ///< The same, of one that is a function of one task after the other.

struct Scripted final : policy::Policy {
  Decide its = script;
  policy::Place place = script_place;
  policy::Place one_by_one() const override { return place; }
  void decide(const View& view, std::vector<Assignment>& out) override { its(view, out); }
};
coordinator::Config scripted(Decide decide) {
  static const bool is_added = static_cast<bool>(policy::add("scripted", [](std::uint64_t) -> std::unique_ptr<policy::Policy> { return std::make_unique<Scripted>(); }));
  BOOST_REQUIRE(is_added);
  script = std::move(decide);
  coordinator::Config config;
  config.policy = "scripted";
  config.window.tasks_max = 2;
  return config;
}
/// Two nodes of one lane and a client.
struct Two : Desk {
  explicit Two(coordinator::Config config) : Desk(std::move(config)) { node(1), node(2), client(900); }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_coordinator_deciding)

BOOST_AUTO_TEST_CASE(the_name_of_a_policy_is_a_word) {
  const auto make = [](std::uint64_t) -> std::unique_ptr<policy::Policy> { return nullptr; };
  for (const char* name : {"", "a,b", "a b", "a\n"}) BOOST_TEST((policy::add(name, make).failure().code == ErrorCode::invalid_argument), name);
  BOOST_TEST((policy::add("heft", make).failure().code == ErrorCode::key_conflict));
}

BOOST_AUTO_TEST_CASE(tasks_go_where_the_policy_says_and_in_its_order) {
  Two desk(scripted([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, 1, static_cast<double>(task), 0});
  }));
  same(desk.submit(Plan().add("a").add("b").add("c"), {"a", "b", "c"}), {"n2 run c/1", "n2 run b/1"});  // Two for its lane: the rest when there is room.
  same(desk.finished("c"), {"n2 run a/1", "c900 c finished"});
}

BOOST_AUTO_TEST_CASE(what_is_given_early_waits_for_its_inputs_or_is_sent_ahead_of_them) {
  Two desk(scripted([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_known()) out.push_back({task, task == 2 ? 0u : 1u, 0, 0});
  }));
  same(desk.submit(Plan().add("a").add("b").add("c", {"a"}).add("d", {"c"}), {"b", "d"}), {"n1 run c/1 a@n2", "n2 run a/1", "n2 run b/1", "n2 run d/1 c@n1"});
}

BOOST_AUTO_TEST_CASE(a_view_tells_what_is_known_and_where_it_is) {
  std::vector<std::string> seen;
  Two desk(scripted([&](const View& view, std::vector<Assignment>& out) {
    std::string line;
    for (const std::uint32_t task : view.newly_known()) line += " known " + std::to_string(task) + " with " + std::to_string(view.what().tasks[task].inputs.size());
    for (const std::uint32_t task : view.newly_ended()) line += " ended " + std::to_string(task);
    for (const std::uint32_t node : view.newly_free()) line += " free " + std::to_string(node) + "=" + std::to_string(view.free_cores(node));
    for (const std::uint32_t task : view.newly_ready()) {
      line += " ready " + std::to_string(task);
      for (const std::uint32_t input : view.what().tasks[task].inputs)
        for (const policy::Location& one : view.places(input)) line += " from " + std::to_string(one.node);
      out.push_back({task, 1, 0, 0});
    }
    seen.push_back(line);
  }));
  same(desk.submit(Plan().add("a").add("b", {"a"}), {"b"}), {"n2 run a/1"});
  same(desk.finished("a"), {"n2 run b/1 a@here"});
  same(desk.finished("b"), {"n2 drop a", "c900 b finished"});
  BOOST_TEST(seen == (Lines{" free 0=1", " free 1=1", " known 0 with 0 known 1 with 1 ready 0", " ended 0 free 1=1 ready 1 from 1", " ended 1 free 1=1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_policy_leaves_lying_is_placed_when_nothing_else_can_run) {
  Two desk(scripted([](const View& view, std::vector<Assignment>& out) {
    if (!view.newly_known().empty()) out.push_back({0, 0, 0, 0});
  }));
  same(desk.submit(Plan().add("a").add("b"), {"a", "b"}), {"n1 run a/1"});
  same(desk.finished("a"), {"n1 run b/1", "c900 a finished"});
}

BOOST_AUTO_TEST_CASE(what_comes_and_goes_in_one_step_is_not_told_of) {
  std::vector<std::uint32_t> known, ended;
  Two desk(scripted([&](const View& view, std::vector<Assignment>& out) {
    known.insert(known.end(), view.newly_known().begin(), view.newly_known().end());
    ended.insert(ended.end(), view.newly_ended().begin(), view.newly_ended().end());
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, 0, 0, 0});
  }));
  desk.submit(Plan().add("a"), {"a"});
  desk.errored("a");
  same(desk.submit(Plan().know(desk.keys).add("b", {"a"}), {"b"}), {"c900 b error task_failed"});
  BOOST_TEST(known == std::vector<std::uint32_t>{0}, boost::test_tools::per_element());
  BOOST_TEST(ended == std::vector<std::uint32_t>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_policy_that_throws_is_not_asked_again_and_its_job_ends) {
  int asked = 0;
  Two desk(scripted([&](const View& view, std::vector<Assignment>& out) {
    if (view.newly_ready().empty()) return;
    out.push_back({0, 1, 0, 0});
    if (++asked == 2) throw std::runtime_error("no idea");
  }));
  same(desk.submit(Plan().add("a").add("b", {"a"}).add("c", {"b"}), {"c"}), {"n2 run a/1"});
  BOOST_TEST(!desk.core.policy_failure());
  same(desk.finished("a"), {"n2 run b/1 a@here"});
  BOOST_REQUIRE(desk.core.policy_failure().has_value());
  BOOST_TEST(*desk.core.policy_failure() == "no idea");
  BOOST_TEST(desk.core.counts().nonsense.text() == "an exception");
  same(desk.finished("b"), {"n2 drop a", "n2 run c/1 b@here"});
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_CASE(nonsense_is_left_out_and_counted_by_kind) {
  Two desk(scripted([](const View& view, std::vector<Assignment>& out) {
    if (view.newly_known().empty()) return;
    out.push_back({7, 0, 0, 0}), out.push_back({0, 7, 0, 0}), out.push_back({0, 0, std::nan(""), 0}), out.push_back({0, 1, 0, 0});
  }));
  same(desk.submit(Plan().add("a"), {"a"}), {"n2 run a/1"});
  using enum policy::Nonsense;
  policy::NonsenseCounts expected;
  for (const auto kind : {unknown_task, unknown_node, no_priority}) expected.add(kind);
  BOOST_TEST((desk.core.counts().nonsense == expected));
  BOOST_TEST(desk.core.counts().nonsense.text() == "a task that is not there, a node that is not there, a priority that is no number");
}

BOOST_AUTO_TEST_CASE(data_and_nodes_that_take_nothing_are_nonsense_and_what_comes_too_late_is_not) {
  Two desk(scripted([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_ended()) out.push_back({task, 0, 0, 0});
    for (const std::uint32_t task : view.newly_ready()) {
      for (const std::uint32_t input : view.what().tasks[task].inputs) out.push_back({input, 0, 0, 0});
      out.push_back({task, 1, 0, 0});
    }
  }));
  desk.scatter("x");
  same(desk.submit(Plan().know(desk.keys).add("a", {"x"}), {"a"}), {"n2 run a/1 x@n900"});
  BOOST_TEST(desk.core.counts().nonsense[policy::Nonsense::data] == 1u);
  desk.finished("a");  // It is done when the policy gives it away again.
  BOOST_TEST(desk.core.counts().nonsense.text() == "data that no task makes");
  desk.lose_node(2);
  same(desk.submit(Plan().add("b"), {"b"}), {"n1 run b/1"});
  BOOST_TEST(desk.core.counts().nonsense[policy::Nonsense::closed_node] >= 1u);
}

// A policy that is a function of one task after the other is called elsewhere.
BOOST_AUTO_TEST_CASE(a_place_that_is_none_or_that_throws_is_counted_and_another_one_is_taken) {
  script_place = [](const policy::ClusterView&, const policy::TaskView&, policy::State& state) -> std::uint32_t {
    if (++state.turn == 2) throw std::runtime_error("no idea");
    return 9;
  };
  Two desk(scripted({}));
  script_place = nullptr;
  same(desk.submit(Plan().add("a").add("b"), {"a", "b"}), {"n2 run a/1", "n2 run b/1"});
  BOOST_TEST(desk.core.counts().nonsense.text() == "a node that is not there, an exception");
}

BOOST_AUTO_TEST_CASE(a_node_that_cannot_run_a_task_does_not_get_it) {
  Desk desk(scripted([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, 0, 0, 0});
  }));
  desk.node(1, 1, {"other"}), desk.node(2), desk.client(900);
  same(desk.submit(Plan().add("a"), {"a"}), {"n2 run a/1"});
}

BOOST_AUTO_TEST_CASE(the_policy_is_asked_when_there_is_a_node) {
  Desk desk(scripted([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, static_cast<std::uint32_t>(view.what().cpus.size() - 1), 0, 0});
  }));
  desk.client(900);
  same(desk.submit(Plan().add("a"), {"a"}), nothing);
  same(desk.node(1), {"n1 run a/1"});
}

BOOST_AUTO_TEST_CASE(what_waits_for_room_can_be_given_to_another_node_and_what_was_sent_cannot) {
  std::vector<bool> movable;
  Two desk(scripted([&](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, 0, -static_cast<double>(task), 0});
    if (view.newly_ended().empty()) return;
    for (const std::uint32_t task : {1u, 3u}) movable.push_back(view.is_movable(task)), out.push_back({task, 1, 0, 0});
  }));
  same(desk.submit(Plan().add("a").add("b").add("c").add("d"), {"a", "b", "c", "d"}), {"n1 run a/1", "n1 run b/1"});
  same(desk.finished("a"), {"n1 run c/1", "n2 run d/1", "c900 a finished"});
  BOOST_TEST(movable == (std::vector<bool>{false, true}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_comes_back_from_a_lost_node_is_placed_by_the_coordinator) {
  Two desk(scripted([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_known()) out.push_back({task, 1, -static_cast<double>(task), 0});
  }));
  same(desk.submit(Plan().add("a").add("b").add("c"), {"a", "b", "c"}), {"n2 run a/1", "n2 run b/1"});
  same(desk.lose_node(2), {"n1 run a/2", "n1 run c/1"});  // One of those under which a node died at a time.
  same(desk.finished("a"), {"n1 run b/2", "c900 a finished"});
}

// Who delegated passes the result on, without asking the policy: also when there is no room for it at first.
BOOST_AUTO_TEST_CASE(what_passes_a_result_on_waits_for_room_like_any_other) {
  Desk desk(scripted([](const View& view, std::vector<Assignment>& out) {
    for (const std::uint32_t task : view.newly_ready()) out.push_back({task, 0, task == 4 ? 1.0 : 0.0, 0});
  }));
  desk.node(1), desk.client(900);
  same(desk.submit(Plan().add("a").add("b").add("c").add("d"), {"a", "b", "c", "d"}), {"n1 run a/1", "n1 run b/1"});
  same(desk.delegated("a", Plan().add("x"), "x"), {"n1 run c/1"});
  same(desk.finished("b"), {"n1 run x/1", "c900 b finished"});
  same(desk.finished("x"), {"n1 run d/1"});
  same(desk.finished("c"), {"n1 run a/2 x@here", "c900 c finished"});
}

BOOST_AUTO_TEST_CASE(static_schedules_are_carried_out_as_planned) {
  coordinator::Config config;
  config.policy = "heft";
  Two desk(std::move(config));
  same(desk.submit(Plan().add("a").add("b").add("c", {"a"}).add("d", {"b"}), {"c", "d"}), {"n1 run a/1", "n1 run c/1 a@here", "n2 run b/1", "n2 run d/1 b@here"});
}

// Each node has two of its three; the two that are left had the first nodes, and both go to the third, whose lane is free.
BOOST_AUTO_TEST_CASE(static_schedules_are_made_anew_for_what_is_left_when_a_node_joins) {
  coordinator::Config config;
  config.policy = "heft";
  config.window.tasks_max = 2;
  Two desk(std::move(config));
  same(desk.submit(Plan().add("a").add("b").add("c").add("d").add("e").add("f"), {"a", "b", "c", "d", "e", "f"}), {"n1 run a/1", "n1 run c/1", "n2 run b/1", "n2 run d/1"});
  same(desk.node(3), {"n3 run e/1", "n3 run f/1"});
}

BOOST_AUTO_TEST_SUITE_END()
