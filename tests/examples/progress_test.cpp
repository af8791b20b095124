// What the progress bar of examples/climatology looks like, in terminals of any width.
#include "examples/climatology/progress.hpp"

#include <boost/test/unit_test.hpp>

using climatology::bar;
using climatology::line;

BOOST_AUTO_TEST_SUITE(examples_progress)

BOOST_AUTO_TEST_CASE(a_line_has_count_rate_and_what_is_left) {
  BOOST_TEST(line({0, 223, 0}) == "0/223 chunks stored");
  BOOST_TEST(line({0, 223, 5}) == "0/223 chunks stored");
  BOOST_TEST(line({50, 200, 10}) == "50/200 chunks stored, 5.0/s, 30 s left");
  BOOST_TEST(line({50, 200, 100}) == "50/200 chunks stored, 0.5/s, 5:00 min left");
  BOOST_TEST(line({1, 10'001, 1}) == "1/10001 chunks stored, 1.0/s, 2:46 h left");
  BOOST_TEST(line({200, 200, 4}) == "200/200 chunks stored, 50/s, in 4.0 s");
}

BOOST_AUTO_TEST_CASE(a_line_says_what_memory_holds_and_what_is_on_disk) {
  constexpr std::uint64_t mib = 1 << 20;
  climatology::Memory memory{900 * mib, 200 * mib, 120 * mib, 2048 * mib, 0};
  BOOST_TEST(line({50, 200, 10, memory}) ==
             "50/200 chunks stored, 5.0/s, 30 s left, 1.2 of 2.0 GiB in memory (900 MiB chunks, 200 MiB reserved, 120 MiB unmanaged)");
  memory.spilled_bytes = 3482 * mib;
  BOOST_TEST(line({50, 200, 10, memory}) ==
             "50/200 chunks stored, 5.0/s, 30 s left, 1.2 of 2.0 GiB in memory (900 MiB chunks, 200 MiB reserved, 120 MiB unmanaged), 3.4 GiB on disk");
  BOOST_TEST(bar({50, 200, 10, memory}, 80, false) == "50/200 chunks stored, 5.0/s, 30 s left, 1.2 of 2.0 GiB, 3.4 GiB on disk");
  BOOST_TEST(bar({50, 200, 10, memory}, 100, false) == "[======                   ] 50/200 chunks stored, 5.0/s, 30 s left, 1.2 of 2.0 GiB, 3.4 GiB on disk");
  BOOST_TEST(bar({50, 200, 10, memory}, 60, false) == "[====              ] 50/200 chunks stored, 5.0/s, 30 s left");
  memory = {100, 0, 30 * mib, 256 * mib, 1000 * mib - 1};
  BOOST_TEST(bar({50, 200, 10, memory}, 80, false) == "50/200 chunks stored, 5.0/s, 30 s left, 30.0 of 256 MiB, 1.0 GiB on disk");
}

BOOST_AUTO_TEST_CASE(a_bar_fills_with_the_share_that_is_done) {
  BOOST_TEST(bar({0, 4, 1}, 200, false) == "[                                        ] 0/4 chunks stored");
  BOOST_TEST(bar({1, 4, 1}, 200, false) == "[==========                              ] 1/4 chunks stored, 1.0/s, 3.0 s left");
  BOOST_TEST(bar({4, 4, 1}, 200, false) == "[========================================] 4/4 chunks stored, 4.0/s, in 1.0 s");
}

BOOST_AUTO_TEST_CASE(no_line_is_as_wide_as_the_terminal) {
  for (std::size_t width = 0; width < 130; ++width)
    for (const std::size_t done : {0, 7, 99, 100})
      for (const std::optional<climatology::Memory>& memory : {std::optional<climatology::Memory>(), std::optional(climatology::Memory{1 << 20, 5, 7, 1 << 30, 1 << 29})})
        BOOST_TEST(bar({done, 100, 3.5, memory}, width, false).size() <= (width > 0 ? width - 1 : 0));
  BOOST_TEST(bar({7, 100, 3.5}, 20, false) == "7/100");
  BOOST_TEST(bar({7, 100, 3.5}, 48, false) == "7/100 chunks stored, 2.0/s, 47 s left");
  BOOST_TEST(bar({7, 100, 3.5}, 60, false) == "[=                  ] 7/100 chunks stored, 2.0/s, 47 s left");
}

BOOST_AUTO_TEST_CASE(colour_is_only_where_it_is_wanted) {
  BOOST_TEST(bar({1, 4, 1}, 100, false).find('\033') == std::string::npos);
  BOOST_TEST(bar({1, 4, 1}, 100, true).find("\033[32m==========\033[0m") != std::string::npos);
}
BOOST_AUTO_TEST_SUITE_END()
