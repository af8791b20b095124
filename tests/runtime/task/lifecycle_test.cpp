#include "runtime/task/lifecycle.hpp"

#include "../states.hpp"

#include <set>

using namespace tessera::runtime::task;

namespace {
template <class F>
void for_each_pair(F f) {
  for (int p = 0; p < phase_count; ++p)
    for (int t = 0; t < trigger_count; ++t) f(static_cast<Phase>(p), static_cast<Trigger>(t));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(runtime_task_lifecycle)

BOOST_AUTO_TEST_CASE(S2_the_table_in_the_docs_is_that_of_the_code) {
  tessera::test::compare_states("task", tessera::test::print_states<Phase, Trigger>(
                                            "A task, as the coordinator sees it", "runtime/task/lifecycle.cpp", phase_count,
                                            trigger_count, next));
}

BOOST_AUTO_TEST_CASE(S1_a_final_state_is_left_only_by_reset_or_by_the_loss_of_the_data) {
  for_each_pair([](Phase phase, Trigger trigger) {
    const auto after = next(phase, trigger);
    if (!after || *after == phase) return;
    if (phase == Phase::failed || phase == Phase::cancelled) BOOST_TEST((trigger == Trigger::reset));
    if (phase == Phase::done)
      BOOST_TEST((trigger == Trigger::output_lost || trigger == Trigger::give_up || trigger == Trigger::cancel));
  });
}

BOOST_AUTO_TEST_CASE(S2_only_an_assigned_task_finishes_and_only_what_is_not_assigned_is_placed) {
  for_each_pair([](Phase phase, Trigger trigger) {
    const bool legal = next(phase, trigger).has_value();
    if (trigger == Trigger::finished || trigger == Trigger::retry || trigger == Trigger::delegated)
      BOOST_TEST(legal == (phase == Phase::assigned));
    if (trigger == Trigger::placed) BOOST_TEST(legal == (phase == Phase::waiting || phase == Phase::ready));
    if (trigger == Trigger::output_lost) BOOST_TEST(legal == (phase == Phase::done));
    if (trigger == Trigger::cancel) BOOST_TEST(legal);  // C4: in every phase, and twice.
  });
}

BOOST_AUTO_TEST_CASE(every_phase_is_reached_from_the_first) {
  std::set<Phase> reached{Phase::waiting};
  for (int round = 0; round < phase_count; ++round)
    for_each_pair([&](Phase phase, Trigger trigger) {
      if (const auto after = next(phase, trigger); after && reached.contains(phase)) reached.insert(*after);
    });
  BOOST_TEST(reached.size() == std::size_t{phase_count});
}

BOOST_AUTO_TEST_SUITE_END()
