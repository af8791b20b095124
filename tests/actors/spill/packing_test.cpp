#include "actors/spill/packing.hpp"

#include "place.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::test;
using namespace tessera::actors::spill;
using tessera::runtime::ErrorCode;

namespace {
constexpr std::uint64_t mib = 1 << 20, second = 1'000'000'000;

/// A sample of a MiB that became as many percent, at a speed of MiB a second.
Sample sample(std::uint64_t percent, std::uint64_t speed) { return {mib, mib * percent / 100, second / speed}; }
bool pays(std::uint64_t disk_speed, const Sample& its) { return Packing(disk_speed * mib).pays(its); }
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_spill_packing)

BOOST_AUTO_TEST_CASE(compressing_pays_where_it_saves_a_quarter_of_the_time_of_writing) {
  // Disks of 1 GB/s and of 100 MB/s; numbers that become half, at 400 MB/s.
  BOOST_TEST(!pays(1000, sample(50, 400)));
  BOOST_TEST(pays(100, sample(50, 400)));  // 2.5 and 5 instead of 10.
  BOOST_TEST(!pays(100, sample(51, 400)));
  BOOST_TEST(!pays(100, sample(100, 400)));
  // What compresses at 4 GB/s, as zeros do, pays on the fast one, too.
  BOOST_TEST(pays(1000, sample(1, 4000)));
  BOOST_TEST(!pays(10'000, sample(1, 4000)));
}

BOOST_AUTO_TEST_CASE(nothing_is_compressed_before_the_disk_was_seen) {
  Packing packing;
  for (int i = 0; i < 100; ++i) BOOST_TEST(!packing.wants_sample());
  BOOST_TEST(!packing.pays(sample(1, 4000)));
  packing.wrote(mib, second / 50);
  BOOST_TEST(packing.wants_sample());
  BOOST_TEST(packing.pays(sample(1, 4000)));
}

BOOST_AUTO_TEST_CASE(where_the_disk_is_quicker_than_the_compressor_one_chunk_in_sixteen_is_sampled) {
  Packing packing(1000 * mib);
  BOOST_TEST(packing.wants_sample());
  BOOST_TEST(!packing.pays(sample(10, 400)));
  int sampled = 0;
  for (int i = 0; i < 160; ++i) sampled += packing.wants_sample();
  BOOST_TEST(sampled == 10);
  Packing slow(100 * mib);
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(slow.wants_sample());
    BOOST_TEST(slow.pays(sample(10, 400)));
  }
}

BOOST_AUTO_TEST_CASE(what_was_seen_last_counts_most) {
  Packing packing(1000 * mib);
  BOOST_TEST(!packing.pays(sample(50, 400)));
  for (int i = 0; i < 30; ++i) packing.wrote(10 * mib, second);  // The disk has become slow.
  BOOST_TEST(packing.pays(sample(50, 400)));
}

BOOST_AUTO_TEST_CASE(a_store_compresses_where_the_disk_is_known_to_be_slow_and_not_where_it_is_fast) {
  Place place;
  for (const bool is_slow : {true, false}) {
    const auto store = open_store({.folder = place.path, .compression = SpillCompression::automatic, .disk_bytes_per_second = is_slow ? mib : mib << 30});
    BOOST_REQUIRE(store);
    const Memory value = memory_of(Content::repeating, mib, 1), random = memory_of(Content::random, mib, 2);
    const auto written = store->write(chunk(1), "t", value.shared());
    BOOST_REQUIRE(written);
    BOOST_TEST(*written == (is_slow ? *written : mib + 4096));
    if (is_slow) BOOST_TEST(*written < mib / 2);
    BOOST_TEST(store->counters().bytes_on_disk == *written);
    const auto not_packed = store->write(chunk(2), "t", random.shared());
    BOOST_REQUIRE(not_packed);
    BOOST_TEST(*not_packed == mib + 4096);
    Memory into(mib);
    for (const auto& [number, its] : {std::pair{1u, &value}, std::pair{2u, &random}}) {
      BOOST_REQUIRE(store->read(chunk(number), into.bytes));
      BOOST_TEST(std::equal(its->bytes.begin(), its->bytes.end(), into.bytes.begin()));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_compression_that_does_not_exist_is_refused_with_those_that_do) {
  BOOST_TEST((*compression_of("none") == SpillCompression::none));
  BOOST_TEST((*compression_of("lz4") == SpillCompression::lz4));
  BOOST_TEST((*compression_of("auto") == SpillCompression::automatic));
  for (const char* wanted : {"", "LZ4", "zstd", "automatic"}) {
    const auto refused = compression_of(wanted);
    BOOST_REQUIRE(!refused);
    BOOST_TEST((refused.failure().code == ErrorCode::invalid_argument));
    BOOST_TEST(refused.failure().message == "\"" + std::string(wanted) + "\" is no compression of spilled chunks: none, lz4 or auto");
  }
}

BOOST_AUTO_TEST_SUITE_END()
