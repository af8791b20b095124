/// @file
/// Prints a machine's transition table, and compares it with the page in `docs/states/` that readers see.
#pragma once
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace tessera::test {
/// The table as Markdown: a row for each phase, a column for each trigger, `-` where the pair is illegal.
template <class Phase, class Trigger, class Next>
std::string print_states(const std::string& title, const std::string& source, int phases, int triggers, Next next) {
  std::string text = fmt::format("# {}\n\nPrinted from `{}` by its test; `TESSERA_WRITE_STATES=1` writes it anew. `-`: the pair is illegal, and a core that meets "
                                 "it aborts.\n\n| phase |", title, source);
  for (int t = 0; t < triggers; ++t) text += fmt::format(" {} |", to_string(static_cast<Trigger>(t)));
  text += "\n|---|";
  for (int t = 0; t < triggers; ++t) text += "---|";
  text += "\n";
  for (int p = 0; p < phases; ++p) {
    text += fmt::format("| **{}** |", to_string(static_cast<Phase>(p)));
    for (int t = 0; t < triggers; ++t) {
      const auto after = next(static_cast<Phase>(p), static_cast<Trigger>(t));
      text += fmt::format(" {} |", after ? to_string(*after) : "-");
    }
    text += "\n";
  }
  return text;
}

inline void compare_states(const std::string& name, const std::string& text) {
  const std::string path = fmt::format("{}/docs/states/{}.md", TESSERA_SOURCE_DIR, name);
  if (std::getenv("TESSERA_WRITE_STATES") != nullptr) std::ofstream(path) << text;
  std::ifstream file(path);
  const std::string written{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST(written == text, path << " does not show the table of the code: run the test with TESSERA_WRITE_STATES=1");
}
}  // namespace tessera::test
