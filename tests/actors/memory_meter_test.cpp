#include "actors/memory_meter.hpp"

#include "arrays/memory/arena.hpp"
#include "tests/actors/tree.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <utility>

using namespace tessera::actors;
using tessera::runtime::Bytes;
using tessera::runtime::mib;
using tessera::test::Tree;

BOOST_AUTO_TEST_SUITE(actors_memory_meter)

BOOST_FIXTURE_TEST_CASE(each_reading_is_of_its_moment, Tree) {
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  put("/proc/self/statm", "1000 200 100 1 0 300 0");
  put("/proc/self/cgroup", "4:memory:/m");
  put("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", "67108864");
  put("/sys/fs/cgroup/memory/m/memory.usage_in_bytes", "5000000");
  MemoryMeter meter(root());
  ProcessMemory memory = meter.read();
  BOOST_TEST(memory.resident.value == 200 * page);
  BOOST_TEST(memory.shared.value == 100 * page);
  BOOST_TEST((memory.group_limit == mib(64)));
  BOOST_TEST((memory.group_usage == Bytes{5'000'000}));
  put("/proc/self/statm", "1000 250 100 1 0 300 0");
  put("/sys/fs/cgroup/memory/m/memory.usage_in_bytes", "6000000");
  MemoryMeter moved = std::move(meter);
  memory = moved.read();
  BOOST_TEST(memory.resident.value == 250 * page);
  BOOST_TEST((memory.group_usage == Bytes{6'000'000}));
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_read_is_nothing, Tree) {
  const ProcessMemory memory = MemoryMeter(root()).read();
  BOOST_TEST(memory.resident.value == 0u);
  BOOST_TEST(!memory.group_usage);
  BOOST_TEST(!memory.group_limit);
}

BOOST_AUTO_TEST_CASE(touched_memory_is_seen_and_released_memory_is_gone) {
  const MemoryMeter meter;
  constexpr std::size_t size = 64u << 20;
  const auto resident = [&] { return meter.read().resident; };
  const Bytes before = resident();
  {
    const auto memory = tessera::arrays::memory::allocate(size);
    BOOST_TEST((resident() < before + mib(32)));  // Nobody touched it.
    std::memset(memory.get(), 1, size);
    BOOST_TEST((resident() > before + mib(48)));
  }
  BOOST_TEST((resident() > before + mib(48)));  // Kept.
  tessera::arrays::memory::trim({});
  release_freed_memory();
  BOOST_TEST((resident() < before + mib(32)));
}
BOOST_AUTO_TEST_SUITE_END()
