#include "runtime/base/slot_index.hpp"

#include "runtime/base/ids.hpp"
#include "runtime/base/rng.hpp"
#include "runtime/base/slots.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace tessera::runtime;

BOOST_AUTO_TEST_SUITE(runtime_base_slot_index)

BOOST_AUTO_TEST_CASE(it_finds_what_a_map_finds_also_where_keys_have_the_same_hash) {
  struct KeyOf {
    const Slots<Key>* slots;
    const Key& operator()(std::uint32_t slot) const { return (*slots)[slot]; }
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Slots<Key> keys;
    SlotIndex<Key, KeyOf> index{KeyOf{&keys}};
    std::map<Key, std::uint32_t> expected;
    Rng rng(seed);
    for (std::uint32_t i = 0; i < 5000; ++i) {
      const Key key{rng.below(40), rng.below(50) * 64 + (rng.below(2) << 40)};  // Few homes; hashes that differ only in bits that are not compared.
      const auto at = expected.find(key);
      BOOST_REQUIRE(index.find(key) == (at != expected.end() ? at->second : index.none));
      if (at == expected.end()) {
        keys.emplace_back();
        keys[keys.size() - 1] = key;
        expected[key] = static_cast<std::uint32_t>(keys.size() - 1);
        index.insert(expected[key]);
      } else if (rng.below(2) == 0) {
        index.erase(at->second);
        expected.erase(at);
      }
      BOOST_REQUIRE(index.size() == expected.size());
    }
    for (const auto& [key, slot] : expected) BOOST_REQUIRE(index.find(key) == slot);
  }
}

BOOST_AUTO_TEST_CASE(slots_stay_where_they_are_while_more_are_added) {
  Slots<int> slots;
  slots.emplace_back();
  const int* const first = &slots[0];
  for (int i = 1; i < 2000; ++i) slots.emplace_back(), slots[static_cast<std::size_t>(i)] = i;
  BOOST_TEST(&slots[0] == first);
  int sum = 0;
  for (const int one : slots) sum += one;
  BOOST_TEST(sum == 1999 * 2000 / 2);
}

BOOST_AUTO_TEST_SUITE_END()
