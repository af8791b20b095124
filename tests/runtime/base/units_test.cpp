#include "runtime/base/units.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::runtime;

BOOST_AUTO_TEST_SUITE(runtime_base_units)

BOOST_AUTO_TEST_CASE(sizes_are_read_in_both_families) {
  BOOST_TEST(parse_bytes("2GiB")->value == 2ull << 30);
  BOOST_TEST(parse_bytes("500MB")->value == 500'000'000u);
  BOOST_TEST(parse_bytes("1.5 KiB")->value == 1536u);
  BOOST_TEST(parse_bytes("4096")->value == 4096u);
}

BOOST_AUTO_TEST_CASE(what_is_no_size_is_refused) {
  for (const char* text : {"", "-1", "x", "1 XB", "1e30", "nan", "5 gib"}) BOOST_TEST(!parse_bytes(text), text);
}

BOOST_AUTO_TEST_CASE(sizes_are_shown_with_one_decimal) {
  BOOST_TEST(to_string(Bytes{512}) == "512 B");
  BOOST_TEST(to_string(mib(3)) == "3.0 MiB");
}

BOOST_AUTO_TEST_CASE(a_product_that_does_not_fit_is_empty) {
  BOOST_TEST(!checked_multiply(1ull << 40, 1ull << 40));
  BOOST_TEST(*checked_multiply(1ull << 20, 1ull << 20) == 1ull << 40);
}

BOOST_AUTO_TEST_SUITE_END()
