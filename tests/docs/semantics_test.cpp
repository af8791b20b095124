// docs/semantics.md against the tests: what it names exists, and no rule stands there unproven.
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <regex>
#include <set>

using namespace tessera::test;

namespace {
std::set<std::string> test_cases() {
  static const std::regex test_case(R"(BOOST_(?:AUTO|FIXTURE)_TEST_CASE\((\w+))");
  std::set<std::string> names;
  for (const auto& path : files_under("tests", ".cpp"))
    for (const std::string& name : matches(text_of(path), test_case)) names.insert(name);
  return names;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(docs_semantics)

BOOST_AUTO_TEST_CASE(every_rule_has_a_test_and_every_test_that_is_named_exists) {
  const std::set<std::string> known = test_cases();
  BOOST_REQUIRE(known.size() > 100u);
  static const std::regex rule(R"(^- \*\*([A-Z]\d+)\.\*\*)"), proof(R"(^  - `(\w+)`$)");
  std::string current;
  std::map<std::string, int> proofs;
  for (const std::string& line : lines_of("docs/semantics.md")) {
    std::smatch found;
    if (std::regex_search(line, found, rule)) {
      current = found[1];
      BOOST_TEST(!proofs.contains(current), current << " stands there twice");
      proofs[current] = 0;
    } else if (std::regex_search(line, found, proof)) {
      BOOST_TEST(known.contains(found[1]), found[1] << ": there is no such test");
      BOOST_TEST(("_" + found[1].str()).find("_" + current + "_") != std::string::npos, found[1] << " is no test of " << current);
      ++proofs[current];
    }
  }
  BOOST_TEST(proofs.size() > 40u);
  for (const auto& [which, count] : proofs) BOOST_TEST(count > 0, which << " has no test");
}

BOOST_AUTO_TEST_CASE(tests_of_rules_begin_with_the_rule_in_upper_case) {
  static const std::regex lower(R"([a-z]\d+_.*)");
  for (const std::string& name : test_cases()) BOOST_TEST(!std::regex_match(name, lower), name);
}

BOOST_AUTO_TEST_SUITE_END()
