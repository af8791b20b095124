// The live actors over simulated links and disks, in virtual time: whatever fails, each future ends right, and nothing is left.
#include "tests/simulation/actors/run.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>

using namespace tessera::simulation;
using fault::Chaos;
using fault::Result;

namespace {
#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t count_default = 30;
#else
constexpr std::uint64_t count_default = shells::suite.seeds;
#endif
std::uint64_t seed_count() {
  const char* wanted = std::getenv("TESSERA_ACTOR_SEEDS");
  return wanted == nullptr ? count_default : std::strtoull(wanted, nullptr, 10);
}
std::string line_of(std::uint64_t seed) { return fault::replay_line(shells::suite, shells::draw(seed)); }

/// Ways of recovery that must have been taken by then: a test that never meets them proves nothing.
constexpr const char* ways[] = {"a write failed", "bad file found", "both sides called", "cancelled", "connect failed", "coordinator killed", "delegated", "drained", "evicted",
                                "finished, then computed again", "frame refused", "frames lost with their connection", "frames sent again", "inputs missing", "loaded",
                                "machine lost", "member lost", "partition", "paused beyond the limit", "paused for a while", "piece absent", "piece not yet there",
                                "process killed", "program lost its coordinator", "pull failed", "retried", "session rejected", "spilled", "value restored"};
/// Those that have found a defect, beyond the first ones.
constexpr std::uint64_t found[] = {1591};
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_actors_seeds)

BOOST_AUTO_TEST_CASE(W1_W3_W4_W11_M4_each_future_of_the_live_actors_ends_right_and_nothing_is_left_whatever_fails) {
  std::map<std::string, std::uint64_t> seen;
  int failed = 0;
  const auto run_one = [&](std::uint64_t seed) {
    BOOST_TEST_CHECKPOINT(line_of(seed));  // What a defect, which aborts, leaves to be read.
    const Result result = shells::run(shells::draw(seed));
    for (const auto& [what, times] : result.seen) seen[what] += times;
    if (result.violation.empty()) return;
    ++failed;
    for (const std::string& line : shells::run(shells::draw(seed), /*tells=*/true).story) BOOST_TEST_MESSAGE(line);
    BOOST_ERROR(result.violation << "\n" << shells::draw(seed).describe() << "\nreplay: " << line_of(seed));
  };
  const std::uint64_t count = seed_count();
  for (std::uint64_t seed = 1; seed <= count && failed < 5; ++seed) run_one(seed);
  for (const std::uint64_t seed : found) run_one(seed);
  if (count < shells::suite.seeds || failed > 0) return;
  for (const char* way : ways) BOOST_TEST(seen[way] > 0u, "no seed has come to: " << way);
}

BOOST_AUTO_TEST_CASE(O7_the_same_seed_gives_the_same_run_of_the_live_actors) {
  for (std::uint64_t seed = 1; seed <= seed_count() / 10; ++seed) {
    const Result first = shells::run(shells::draw(seed)), second = shells::run(shells::draw(seed));
    BOOST_TEST((first.hash == second.hash && first.events == second.events), line_of(seed));
  }
  BOOST_TEST((shells::run(shells::draw(1)).hash != shells::run(shells::draw(2)).hash));
}

BOOST_AUTO_TEST_SUITE_END()
