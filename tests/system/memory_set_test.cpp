// The adversarial set in small (benchmarks/memory_set): each graph in a process of its own whose limit its data exceeds, in a control
// group of 64 MiB more where this machine has one to give. Whole it is run by `scripts/bench memory.set`.
#include "benchmarks/memory_set/child.hpp"
#include "client/processes.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <filesystem>

namespace {
namespace fs = std::filesystem;
using namespace tessera::benchmarks::memory_set;

#ifdef __SANITIZE_ADDRESS__
// Shadow memory and quarantine are resident, too, so there the values are what is checked.
constexpr bool is_measured = false;
constexpr Size size{64, 64 << 10};
constexpr std::uint64_t limit_bytes = 512u << 20;
#else
constexpr bool is_measured = true;
constexpr Size size{256, 128 << 10};
constexpr std::uint64_t limit_bytes = 96u << 20;
#endif
}  // namespace

BOOST_AUTO_TEST_SUITE(memory_set_memory_set)

BOOST_AUTO_TEST_CASE(M1_M2_each_graph_of_the_set_ends_with_right_values_within_its_limit_and_under_a_hard_one) {
  const std::string folder = (fs::temp_directory_path() / ("tessera-memory-set-" + std::to_string(getpid()))).string();
  const auto entries = all();
  BOOST_TEST(entries.size() >= 24u);
  std::string why_no_group;
  for (const Entry& entry : entries) {
    BOOST_TEST_CONTEXT(entry.name) {
      fs::create_directories(folder);
      const Outcome outcome = run_child(std::string(entry.name), size, limit_bytes, folder,
                                        {.hard = is_measured ? Hard::where_possible : Hard::no});
      BOOST_TEST(outcome.ended == "right");
      if (is_measured) BOOST_TEST(outcome.peak_bytes <= limit_bytes);
      if (outcome.group) BOOST_TEST(outcome.group->kills == 0u);
      else why_no_group = outcome.why_no_group;
      fs::remove_all(folder);
    }
  }
  if (!why_no_group.empty()) fmt::print("the hard limit is left out, the peak is what is checked: {}\n", why_no_group);
}

BOOST_AUTO_TEST_CASE(a_booked_peak_is_told_of_a_node_in_the_process_and_of_no_other) {
  const std::string folder = (fs::temp_directory_path() / ("tessera-memory-set-" + std::to_string(getpid()))).string();
  for (const bool processes : {false, true}) {
    fs::create_directories(folder);
    const Outcome outcome = run_child("sum", {16, 128 << 10}, limit_bytes, folder, {.plans = true, .processes = processes});
    fs::remove_all(folder);
    BOOST_TEST(outcome.ended == "right");
    BOOST_REQUIRE(outcome.planned.has_value());
    BOOST_TEST((outcome.planned->booked_peak_bytes > 0) == !processes);
    BOOST_TEST(outcome.planned->booked_peak_bytes < limit_bytes);
  }
}

BOOST_AUTO_TEST_SUITE_END()

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  if (const auto code = child_main(argc, argv)) return *code;
  return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}
