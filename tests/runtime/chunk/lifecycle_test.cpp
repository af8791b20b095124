#include "runtime/chunk/lifecycle.hpp"

#include "../states.hpp"

#include <map>

using namespace tessera::runtime::chunk;

BOOST_AUTO_TEST_SUITE(runtime_chunk_lifecycle)

BOOST_AUTO_TEST_CASE(S2_the_table_in_the_docs_is_that_of_the_code) {
  tessera::test::compare_states("chunk", tessera::test::print_states<Phase, Trigger>(
                                             "One replica of a chunk on its node", "runtime/chunk/lifecycle.cpp", phase_count,
                                             trigger_count, next));
}

// Each phase with each trigger, written out by hand a second time: all other pairs are illegal.
BOOST_AUTO_TEST_CASE(every_phase_with_every_trigger) {
  using enum Phase;
  const std::map<std::pair<Phase, Trigger>, Phase> legal{
      {{filling, Trigger::filled}, resident},       {{filling, Trigger::fill_failed}, gone},
      {{filling, Trigger::release}, gone},          {{resident, Trigger::spill}, spilling},
      {{resident, Trigger::release}, gone},         {{spilling, Trigger::spill_done}, spilled},
      {{spilling, Trigger::spill_failed}, resident},{{spilling, Trigger::spill_undone}, resident},
      {{spilling, Trigger::release}, gone},         {{spilled, Trigger::load}, loading},
      {{spilled, Trigger::release}, gone},          {{loading, Trigger::load_done}, resident},
      {{loading, Trigger::load_failed}, gone},      {{loading, Trigger::release}, gone}};
  for (int p = 0; p < phase_count; ++p)
    for (int t = 0; t < trigger_count; ++t) {
      const auto expected = legal.find({static_cast<Phase>(p), static_cast<Trigger>(t)});
      const auto after = next(static_cast<Phase>(p), static_cast<Trigger>(t));
      BOOST_TEST_CONTEXT(to_string(static_cast<Phase>(p)) << " with " << to_string(static_cast<Trigger>(t))) {
        BOOST_TEST(after.has_value() == (expected != legal.end()));
        if (after && expected != legal.end()) BOOST_TEST((*after == expected->second));
      }
    }
}

BOOST_AUTO_TEST_SUITE_END()
