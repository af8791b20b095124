#include "graphs.hpp"
#include "simulation/forecast.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::simulation;
using tessera::runtime::mib;

namespace {
bool ends(const Workload& workload, std::uint64_t limit_mib, bool spills) {
  const Machines its = machines(1, limit_mib, spills);
  return World(workload, its).run().is_done;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_forecast)

BOOST_AUTO_TEST_CASE(the_smallest_limits_are_enough_and_a_little_less_is_not) {
  for (const Workload& workload : {kept(32, 10), stream(50, 10)}) {
    const Limits limits = smallest_limits(workload, machines(1, 4000, true));
    BOOST_REQUIRE(limits.in_memory.has_value());
    BOOST_REQUIRE(limits.with_disk.has_value());
    const std::uint64_t in_memory = limits.in_memory->value >> 20, with_disk = limits.with_disk->value >> 20;
    BOOST_TEST(in_memory >= with_disk);
    BOOST_TEST(ends(workload, in_memory + 1, false));
    BOOST_TEST(!ends(workload, in_memory - in_memory / 16 - 2, false));
    BOOST_TEST(ends(workload, with_disk + 1, true));
    BOOST_TEST(!ends(workload, with_disk - with_disk / 16 - 2, true));
  }
}

BOOST_AUTO_TEST_CASE(a_peak_has_a_range_where_it_depends_on_what_tasks_and_messages_take) {
  const auto of = [](const Workload& workload) {
    const Machines its = machines(1, 4000, true);
    return peaks_of(workload, its, World(workload, its).run().peak);
  };
  const Peaks all = of(kept(32, 10)), some = of(stream(50, 10));
  BOOST_TEST((all.least == all.most && all.expected == all.most));
  BOOST_TEST((some.least < some.most && some.least <= some.expected && some.expected <= some.most));
}

BOOST_AUTO_TEST_CASE(what_is_kept_needs_its_size_in_memory_and_a_result_with_a_disk) {
  const Limits limits = smallest_limits(kept(32, 10), machines(1, 4000, true));
  const auto within = [](const std::optional<Bytes>& limit, std::uint64_t least_mib, std::uint64_t most_mib) {
    return limit && *limit >= mib(least_mib) && *limit <= mib(most_mib);
  };
  // With the process's 10 MiB, and a twelfth of the limit.
  BOOST_TEST(within(limits.in_memory, 359, 370));
  BOOST_TEST(within(limits.with_disk, 21, 24));
}

BOOST_AUTO_TEST_CASE(without_nodes_there_is_no_limit_that_is_enough) {
  const Limits limits = smallest_limits(kept(3, 10), {});
  BOOST_TEST(!limits.in_memory.has_value());
  BOOST_TEST(!limits.with_disk.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
