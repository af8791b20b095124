#include "actors/memory_limit.hpp"

#include "tests/actors/tree.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::actors;
using tessera::runtime::Bytes;
using tessera::runtime::ErrorCode;
using tessera::runtime::gib;
using tessera::runtime::mib;
using tessera::test::Tree;

namespace {
/// 10 GiB, and a process that takes 100 MiB.
MemoryBounds machine() {
  MemoryBounds bounds;
  bounds.machine = gib(10);
  bounds.resident = mib(100);
  return bounds;
}
MemoryBounds with_group(Bytes limit) {
  MemoryBounds bounds = machine();
  bounds.group = {limit, "/sys/fs/cgroup/a/memory.max", "/sys/fs/cgroup/a/memory.current"};
  return bounds;
}
std::uint64_t limit(const std::string& wanted, const MemoryBounds& bounds) {
  const auto result = memory_limit_of(wanted, bounds);
  BOOST_TEST_REQUIRE(bool(result), (result ? "" : result.failure().message));
  return result->value;
}
void refused(const std::string& wanted, const MemoryBounds& bounds, std::initializer_list<const char*> words, std::uint32_t processes = 0) {
  const auto result = processes == 0 ? memory_limit_of(wanted, bounds) : memory_limit_of_each(wanted, processes, bounds);
  BOOST_TEST_REQUIRE(!result, wanted);
  BOOST_TEST((result.failure().code == ErrorCode::invalid_argument));
  for (const char* word : words) BOOST_TEST(result.failure().message.find(word) != std::string::npos, result.failure().message << " lacks: " << word);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_memory_limit)

BOOST_AUTO_TEST_CASE(auto_is_60_percent_of_the_machine) { BOOST_TEST(limit("auto", machine()) == gib(6).value); }

BOOST_AUTO_TEST_CASE(auto_leaves_a_sixteenth_of_the_control_group_where_that_is_less) {
  BOOST_TEST(limit("auto", with_group(gib(2))) == gib(2).value / 16 * 15);
  BOOST_TEST(limit("auto", with_group(gib(9))) == gib(6).value);
}

BOOST_AUTO_TEST_CASE(auto_is_60_percent_of_what_ulimit_says_where_that_is_less) {
  MemoryBounds bounds = machine();
  bounds.address_space = gib(5);
  BOOST_TEST(limit("auto", bounds) == gib(3).value);
  bounds.data = gib(1);
  BOOST_TEST(limit("auto", bounds) == (1ull << 30) / 10 * 6 + (1ull << 30) % 10 * 6 / 10);
}

BOOST_AUTO_TEST_CASE(sizes_are_taken_as_they_are) {
  BOOST_TEST(limit("2GiB", machine()) == gib(2).value);
  BOOST_TEST(limit("500MB", machine()) == 500'000'000u);
  BOOST_TEST(limit("536870912", machine()) == mib(512).value);
  BOOST_TEST(limit("10GiB", machine()) == gib(10).value);
}

BOOST_AUTO_TEST_CASE(parts_are_of_the_smaller_of_machine_and_control_group) {
  BOOST_TEST(limit("50%", machine()) == gib(5).value);
  BOOST_TEST(limit("100%", machine()) == gib(10).value);
  BOOST_TEST(limit("50%", with_group(gib(4))) == gib(2).value);
  BOOST_TEST(limit("12.5%", with_group(gib(16))) == gib(10).value / 8);
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused_with_what_would_do) {
  for (const char* wanted : {"2 potatoes", "", "%", "x%", "5 5%", "nan", "nan%", "1e400", "half", "AUTO", "2gib", "--"})
    refused(wanted, machine(), {"not understood", "auto", "2GiB", "60%"});
  for (const char* wanted : {"-1GiB", "-1", "-60%"}) refused(wanted, machine(), {"below 0", wanted});
  for (const char* wanted : {"0", "0GiB", "0%", "0.0"}) refused(wanted, machine(), {"nothing to compute with"});
  for (const char* wanted : {"101%", "1e300%", "inf%"}) refused(wanted, machine(), {"more than the whole", "10.0 GiB", "the machine's memory"});
}

BOOST_AUTO_TEST_CASE(a_limit_above_a_bound_names_the_bound_and_what_to_give) {
  refused("11GiB", machine(), {"11.0 GiB", "the machine's memory", "10.0 GiB", "at most 10240MiB"});
  refused("3GiB", with_group(gib(2)), {"/sys/fs/cgroup/a/memory.max", "2.0 GiB", "at most 2048MiB"});
  MemoryBounds bounds = machine();
  bounds.address_space = gib(1);
  refused("60%", bounds, {"6.0 GiB", "ulimit -v", "1.0 GiB"});
  bounds = machine();
  bounds.data = gib(1);
  refused("2GiB", bounds, {"ulimit -d", "1.0 GiB"});
}

BOOST_AUTO_TEST_CASE(a_limit_below_what_the_process_takes_says_both_numbers) {
  refused("120MiB", machine(), {"120.0 MiB", "takes 100.0 MiB already", "32.0 MiB more", "at least 132MiB"});
  BOOST_TEST(limit("132MiB", machine()) == mib(132).value);
  refused("auto", with_group(mib(128)), {"120.0 MiB", "/sys/fs/cgroup/a/memory.max", "128.0 MiB", "takes 100.0 MiB already", "32.0 MiB more",
                                     "there must be more memory"});
  refused("auto", with_group(mib(140)), {"131.2 MiB", "name a limit of at least 132MiB"});
}

BOOST_AUTO_TEST_CASE(auto_is_divided_among_processes_and_sizes_must_fit_together) {
  BOOST_TEST(memory_limit_of_each("auto", 3, machine())->value == gib(2).value);
  BOOST_TEST(memory_limit_of_each("5GiB", 2, machine())->value == gib(5).value);
  refused("6GiB", machine(), {"for each of 2 processes", "the machine's memory", "at most 5120MiB"}, 2);
  refused("60%", with_group(gib(2)), {"for each of 2 processes", "memory.max"}, 2);
  refused("auto", with_group(mib(128)), {"30.0 MiB for each of 4 processes", "32.0 MiB besides its program"}, 4);
}

BOOST_AUTO_TEST_CASE(a_ulimit_is_a_process_each) {
  MemoryBounds bounds = machine();
  bounds.address_space = gib(2);
  BOOST_TEST(memory_limit_of_each("2GiB", 4, bounds)->value == gib(2).value);
  BOOST_TEST(memory_limit_of_each("auto", 2, bounds)->value == 1'288'490'188u);  // 60 % of it.
}

BOOST_AUTO_TEST_CASE(what_this_process_takes_does_not_count_for_those_that_it_starts) {
  MemoryBounds bounds = machine();
  bounds.resident = gib(9);
  BOOST_TEST(memory_limit_of_each("1GiB", 2, bounds)->value == gib(1).value);
  refused("1GiB", bounds, {"takes 9.0 GiB already"});
}

BOOST_FIXTURE_TEST_CASE(bounds_are_read_from_the_kernels_files, Tree) {
  put("/proc/meminfo", "MemTotal:        1048576 kB\nMemFree: 1 kB");
  put("/proc/self/statm", "1000 200 100 1 0 300 0");
  put("/proc/self/cgroup", "0::/a");
  put("/sys/fs/cgroup/a/memory.max", "268435456");
  const MemoryBounds bounds = memory_bounds(root());
  BOOST_TEST((bounds.machine == gib(1)));
  BOOST_TEST(bounds.resident.value == 200u * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
  BOOST_TEST_REQUIRE(bool(bounds.group));
  BOOST_TEST((bounds.group->limit == mib(256)));
}

BOOST_AUTO_TEST_CASE(this_machine_has_memory_and_this_process_takes_some) {
  const MemoryBounds bounds = memory_bounds();
  BOOST_TEST((bounds.machine > mib(256)));
  BOOST_TEST((bounds.resident > mib(1)));
  BOOST_TEST((bounds.resident < bounds.machine));
}
BOOST_AUTO_TEST_SUITE_END()
