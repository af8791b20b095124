// A1: the public functions over chunks give what NumPy gives on whole arrays. K7: optimised and plain expressions have the same bits.
#include "tests/client/corpus_call.hpp"

#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

using namespace tessera;
using nlohmann::json;

namespace {
/// Integers that are divided are known only when the tasks run.
bool may_fail_late(const std::string& function) { return function == "floor_divide" || function == "remainder"; }

std::string compare(const corpus::File& file, const json& one, const corpus::Results& got, Cluster& cluster) {
  const json& want = one["want"];
  if (want.contains("plain")) return got.plain == want["plain"] ? "" : fmt::format("it is {}, not {}", got.plain.dump(), want["plain"].dump());
  const json numbers = want.contains("array") ? json::array({want["array"]}) : want["arrays"];
  if (got.arrays.size() != numbers.size()) return fmt::format("there are {} results, not {}", got.arrays.size(), numbers.size());
  const auto optimised = xp::compute(cluster, got.arrays), plain = xp::compute(cluster, got.arrays, {.optimise = false});
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Block wanted = file.array(numbers[i].get<std::size_t>());
    // A length that is unknown before may be any.
    const bool fits = std::ranges::equal(got.arrays[i].shape(), wanted.shape(), [](auto said, auto is) { return said == is || said == arrays::shape::unknown_length; });
    if (got.arrays[i].dtype() != wanted.dtype() || !fits)
      return fmt::format("before it is computed it is said to be {}{}", arrays::to_string(got.arrays[i].dtype()), arrays::to_string(got.arrays[i].shape()));
    if (const std::string why = corpus::difference(optimised[i], wanted, one); !why.empty()) return why;
    if (!(optimised[i] == plain[i])) return "K7: optimised and plain have other bits";
  }
  return {};
}

/// What is wrong with a case; empty if nothing is.
std::string wrong(const corpus::File& file, std::size_t number, const json& chunking, Cluster& cluster) {
  const json& one = file.cases()[number];
  const bool refused = one["want"].contains("refused");
  corpus::Results results;
  try {
    results = corpus::call(file, number, chunking);
  } catch (const Error& error) {
    return refused ? "" : std::string("it is refused: ") + error.what();
  }
  try {
    if (!refused) return compare(file, one, results, cluster);
    if (!may_fail_late(one["function"].get<std::string>())) return "E7: it is not refused where it is written";
    (void)xp::compute(cluster, results.arrays);
    return "it is not refused";
  } catch (const Error& error) {
    return refused ? "" : std::string("it fails: ") + error.what();
  }
}
}  // namespace

BOOST_AUTO_TEST_SUITE(client_oracle_corpus)

BOOST_AUTO_TEST_CASE(A1_K7_functions_over_chunks_compute_what_numpy_computes) {
  auto cluster = Cluster::local({.lanes = 2});
  corpus::Tally tally;
  for (const std::string& name : corpus::names()) {
    const corpus::File file(name);
    for (std::size_t i = 0; i < file.cases().size(); ++i) {
      const json& one = file.cases()[i];
      const auto function = one["function"].get<std::string>();
      try {
        std::string why;
        for (const json& chunking : one["chunkings"]) {
          why = wrong(file, i, chunking, cluster);
          if (!why.empty()) why = fmt::format("{}: {} (chunks {})", corpus::title(file, i), why, chunking.dump());
          if (!why.empty()) break;
        }
        if (why.empty()) ++tally.passed[function];
        else tally.failed.push_back(why);
      } catch (const corpus::Unknown&) {
        ++tally.unknown[function];
      }
    }
  }
  for (const std::string& sentence : tally.failed) BOOST_ERROR(sentence);
  BOOST_TEST_MESSAGE("passed: " << corpus::Tally::list(tally.passed));
  BOOST_TEST_MESSAGE("not there yet: " << corpus::Tally::list(tally.unknown));
  // Exactly: none is lost unseen, and whoever adds a function adds its line to tests/client/corpus_call.cpp and counts here.
  BOOST_TEST(tally.count(tally.passed) == 8829U);
  BOOST_TEST(tally.count(tally.unknown) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
