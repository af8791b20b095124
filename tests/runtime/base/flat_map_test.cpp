#include "runtime/base/flat_map.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace tessera::runtime;

BOOST_AUTO_TEST_SUITE(runtime_base_flat_map)

BOOST_AUTO_TEST_CASE(it_holds_what_a_map_holds_however_keys_collide) {
  constexpr std::uint32_t none = 0xFFFFFFFFu;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    FlatMap<Key, std::uint32_t, none> flat;
    std::map<Key, std::uint32_t> expected;
    Rng rng(seed);
    for (std::uint32_t i = 0; i < 5000; ++i) {
      const Key key{rng.below(40), rng.below(50) * 64};  // Few homes, which lie at the same place in small tables.
      BOOST_REQUIRE(flat.find(key) == (expected.contains(key) ? expected[key] : none));
      if (rng.below(2) == 0) {
        std::uint32_t& value = flat.insert(key);
        BOOST_REQUIRE(value == (expected.contains(key) ? expected[key] : none));
        value = expected[key] = i;
      } else {
        flat.erase(key);
        expected.erase(key);
      }
      BOOST_REQUIRE(flat.size() == expected.size());
    }
    std::size_t seen = 0;
    flat.for_each([&](std::uint32_t) { ++seen; });
    BOOST_TEST(seen == expected.size());
    for (const auto& [key, value] : expected) BOOST_REQUIRE(flat.find(key) == value);
  }
}

BOOST_AUTO_TEST_SUITE_END()
