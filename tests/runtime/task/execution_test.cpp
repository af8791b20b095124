#include "runtime/task/execution.hpp"

#include "../states.hpp"

using namespace tessera::runtime::task::execution;

BOOST_AUTO_TEST_SUITE(runtime_task_execution)

BOOST_AUTO_TEST_CASE(S2_the_table_in_the_docs_is_that_of_the_code) {
  tessera::test::compare_states("attempt", tessera::test::print_states<Phase, Trigger>(
                                               "An attempt of a task, as its node sees it", "runtime/task/execution.cpp",
                                               phase_count, trigger_count, next));
}

BOOST_AUTO_TEST_CASE(an_attempt_goes_from_gathering_over_the_queue_and_admission_to_a_lane) {
  Phase phase = Phase::gathering;
  for (const Trigger trigger : {Trigger::inputs_here, Trigger::picked, Trigger::put_back, Trigger::picked, Trigger::granted, Trigger::loaded,
                              Trigger::started, Trigger::ended}) {
    const auto after = next(phase, trigger);
    BOOST_REQUIRE(after.has_value());
    phase = *after;
  }
  BOOST_TEST((phase == Phase::ended));
}

BOOST_AUTO_TEST_CASE(C3_only_what_runs_is_discarded_and_it_leaves_its_lane_by_its_own_end) {
  for (int p = 0; p < phase_count; ++p) {
    const Phase phase = static_cast<Phase>(p);
    const auto after = next(phase, Trigger::withdrawn);
    if (phase == Phase::ended) {
      BOOST_TEST(!after);
      continue;
    }
    const bool on_lane = phase == Phase::running || phase == Phase::discarded;
    BOOST_TEST((after == (on_lane ? Phase::discarded : Phase::ended)));
  }
  for (int t = 0; t < trigger_count; ++t)
    if (const auto after = next(Phase::discarded, static_cast<Trigger>(t)); after && *after != Phase::discarded)
      BOOST_TEST((static_cast<Trigger>(t) == Trigger::ended));
}

BOOST_AUTO_TEST_CASE(what_ended_stays_ended) {
  for (int t = 0; t < trigger_count; ++t) BOOST_TEST(!next(Phase::ended, static_cast<Trigger>(t)));
}

BOOST_AUTO_TEST_SUITE_END()
