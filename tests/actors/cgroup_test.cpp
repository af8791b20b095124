#include "actors/cgroup.hpp"

#include "tests/actors/tree.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::actors;
using tessera::runtime::mib;
using tessera::test::Tree;

namespace {
constexpr const char* none_1 = "9223372036854771712";
bool is(const std::optional<MemoryGroup>& group, std::uint64_t mebibytes, const std::string& file) {
  return group && group->limit == mib(mebibytes) && group->limit_file.ends_with(file);
}
std::string bytes(std::uint64_t mebibytes) { return std::to_string(mebibytes << 20); }
}  // namespace

BOOST_FIXTURE_TEST_SUITE(actors_cgroup, Tree)

BOOST_AUTO_TEST_CASE(a_machine_without_groups_limits_nothing) {
  BOOST_TEST(!memory_group(root()));
  BOOST_TEST(!group_cpus(root()));
}

BOOST_AUTO_TEST_CASE(version_2_is_read_at_the_own_path) {
  put("/proc/self/cgroup", "0::/system.slice/a.service");
  put("/sys/fs/cgroup/system.slice/a.service/memory.max", bytes(512));
  put("/sys/fs/cgroup/system.slice/a.service/memory.high", "max");
  put("/sys/fs/cgroup/system.slice/a.service/cpu.max", "150000 100000");
  put("/sys/fs/cgroup/system.slice/other.service/memory.max", bytes(1));
  BOOST_TEST(is(memory_group(root()), 512, "/a.service/memory.max"));
  BOOST_TEST(memory_group(root())->usage_file.ends_with("/a.service/memory.current"));
  BOOST_TEST(group_cpus(root()).value() == 1.5);
}

BOOST_AUTO_TEST_CASE(what_slows_a_group_down_is_a_limit_too) {
  put("/proc/self/cgroup", "0::/a");
  put("/sys/fs/cgroup/a/memory.max", bytes(512));
  put("/sys/fs/cgroup/a/memory.high", bytes(400));
  BOOST_TEST(is(memory_group(root()), 400, "/a/memory.high"));
}

BOOST_AUTO_TEST_CASE(the_smallest_of_all_groups_above_holds) {
  put("/proc/self/cgroup", "0::/a/b/c");
  put("/sys/fs/cgroup/a/memory.max", bytes(100));
  put("/sys/fs/cgroup/a/cpu.max", "50000 100000");
  put("/sys/fs/cgroup/a/b/memory.max", "max");
  put("/sys/fs/cgroup/a/b/cpu.max", "max 100000");
  put("/sys/fs/cgroup/a/b/c/memory.max", bytes(200));
  put("/sys/fs/cgroup/a/b/c/cpu.max", "400000 100000");
  BOOST_TEST(is(memory_group(root()), 100, "cgroup/a/memory.max"));
  BOOST_TEST(group_cpus(root()).value() == 0.5);
}

BOOST_AUTO_TEST_CASE(version_1_is_read_at_the_own_path_of_each_controller) {
  put("/proc/self/cgroup", "9:name=systemd:/x\n5:cpu,cpuacct:/c\n4:memory:/m/n\n0::/");
  put("/sys/fs/cgroup/memory/memory.limit_in_bytes", none_1);
  put("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", bytes(64));
  put("/sys/fs/cgroup/memory/m/n/memory.limit_in_bytes", none_1);
  put("/sys/fs/cgroup/cpu/c/cpu.cfs_quota_us", "250000");
  put("/sys/fs/cgroup/cpu/c/cpu.cfs_period_us", "100000");
  BOOST_TEST(is(memory_group(root()), 64, "memory/m/memory.limit_in_bytes"));
  BOOST_TEST(memory_group(root())->usage_file.ends_with("memory/m/memory.usage_in_bytes"));
  BOOST_TEST(group_cpus(root()).value() == 2.5);
}

BOOST_AUTO_TEST_CASE(version_1_says_none_by_a_huge_number_and_by_minus_1) {
  put("/proc/self/cgroup", "5:cpu:/\n4:memory:/");
  put("/sys/fs/cgroup/memory/memory.limit_in_bytes", none_1);
  put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1");
  put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  BOOST_TEST(!memory_group(root()));
  BOOST_TEST(!group_cpus(root()));
}

BOOST_AUTO_TEST_CASE(both_versions_at_once_are_both_read) {
  put("/proc/self/cgroup", "4:memory:/m\n0::/u");
  put("/sys/fs/cgroup/memory/m/memory.limit_in_bytes", bytes(300));
  put("/sys/fs/cgroup/unified/u/memory.max", bytes(200));
  BOOST_TEST(is(memory_group(root()), 200, "unified/u/memory.max"));
}

BOOST_AUTO_TEST_CASE(in_a_container_with_the_path_of_its_host_what_is_mounted_counts) {
  put("/proc/self/cgroup", "4:memory:/docker/0123\n0::/../outside");
  put("/sys/fs/cgroup/memory/memory.limit_in_bytes", bytes(128));
  put("/sys/fs/outside/memory.max", bytes(1));
  BOOST_TEST(is(memory_group(root()), 128, "memory/memory.limit_in_bytes"));
}

BOOST_AUTO_TEST_CASE(files_that_make_no_sense_limit_nothing) {
  put("/proc/self/cgroup", "nonsense\n:\n::\n0::\n4:memory");
  for (const char* text : {"", "-5", "12 potatoes2", "12x", "99999999999999999999999"}) {
    put("/sys/fs/cgroup/memory.max", text);
    put("/sys/fs/cgroup/cpu.max", text);
    const auto group = memory_group(root());
    BOOST_TEST((!group || group->limit.value == 12u), text);
    BOOST_TEST(!group_cpus(root()), text);
  }
  put("/sys/fs/cgroup/cpu.max", "1000 0");
  BOOST_TEST(!group_cpus(root()));
}
BOOST_AUTO_TEST_SUITE_END()
