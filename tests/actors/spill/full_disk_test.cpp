// Small file systems of this test's own that fill up: tmpfs, which reserves space, and ext2, which cannot.
#include "actors/spill/store.hpp"

#include "place.hpp"

#include <boost/test/unit_test.hpp>

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

using namespace tessera::test;
using namespace tessera::actors::spill;
using tessera::runtime::ErrorCode;
namespace fs = std::filesystem;

namespace {
constexpr std::size_t mib = 1 << 20;

bool mount_tmpfs(const Place& at) { return ::mount("tessera", at.path.c_str(), "tmpfs", MS_NOSUID, "size=4m") == 0; }
bool mount_ext2(const Place& at) {
  const std::string image = at / "image", quiet = " >/dev/null 2>&1";
  return std::system(("export PATH=$PATH:/usr/sbin:/sbin; truncate -s 4M " + image + " && mke2fs -q -F -m 0 -t ext2 " + image +
                      " && mount -t ext2 -o loop " + image + " " + at.path.string()).append(quiet).c_str()) == 0;
}

/// Runs `body` in a thread that sees a mount of its own at `at`; false where that is not allowed.
template <class Body>
bool with_mount(bool (*mount)(const Place&), const Body& body) {
  Place at;
  bool mounted = false;
  std::thread([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 || !mount(at)) return;
    mounted = true;
    body(at);
    ::umount2(at.path.c_str(), MNT_DETACH);
  }).join();
  return mounted;
}

/// Fills the disk with chunks of 300 KiB and says how many there was room for.
std::uint64_t fill(SpillStore& store, Content content, std::size_t offset) {
  for (std::uint64_t i = 1;; ++i) {
    const auto written = store.write(chunk(i), "t", memory_of(content, 300 << 10, i, offset).shared());
    if (written) continue;
    const auto& failure = written.failure();
    BOOST_TEST((failure.code == ErrorCode::out_of_disk), failure.message);
    for (const std::string& part : {store.folder(), std::string("bytes are needed"), std::string("are free")})
      BOOST_TEST(failure.message.find(part) != std::string::npos, failure.message);
    return i - 1;
  }
}

void fill_and_recover(const Place& at, SpillCompression compression, std::size_t offset) {
  const auto store = open_store({at.path, 0, compression});
  BOOST_REQUIRE(store);
  const std::uint64_t there = fill(*store, Content::random, offset);
  BOOST_TEST(there > 5u);
  BOOST_TEST(there < 14u);
  BOOST_TEST(store->counters().write_errors == 1u);
  BOOST_TEST(store->counters().files == there);
  BOOST_TEST(Place::names(store->folder()).size() == there + 1);  // And the owner's file: nothing of the one that failed.
  std::uint64_t on_disk = 0;
  for (const std::string& name : Place::names(store->folder())) on_disk += fs::file_size(fs::path(store->folder()) / name);
  BOOST_TEST(store->counters().bytes_on_disk == on_disk);
  const auto is_there = [&](std::uint64_t i) {
    Memory into(300 << 10);
    const Memory value = memory_of(Content::random, 300 << 10, i);
    return store->read(chunk(i), into.bytes) && std::equal(value.bytes.begin(), value.bytes.end(), into.bytes.begin());
  };
  for (std::uint64_t i = 1; i <= there; ++i) BOOST_TEST(is_there(i));
  // When space returns it goes on.
  store->remove(chunk(1));
  BOOST_TEST(bool(store->write(chunk(100), "t", memory_of(Content::random, 300 << 10, 100, offset).shared())));
  BOOST_TEST(is_there(100));
}

template <class Body>
void where_allowed(const char* name, bool (*mount)(const Place&), const Body& body) {
  if (!with_mount(mount, body))
    std::printf("skipped: this user or kernel mounts no %s (root, mount namespaces and loop devices are needed)\n", name);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_spill_full_disk)

BOOST_AUTO_TEST_CASE(F33_a_full_disk_is_an_error_that_leaves_nothing_and_passes) {
  where_allowed("tmpfs", mount_tmpfs, [](const Place& at) {
    for (const SpillCompression compression : {SpillCompression::none, SpillCompression::lz4})
      for (const std::size_t offset : {0, 64}) fill_and_recover(at, compression, offset);
    BOOST_TEST(at.names().empty());
  });
}

BOOST_AUTO_TEST_CASE(F33_so_it_is_where_the_disk_is_found_full_half_way) {
  where_allowed("ext2", mount_ext2, [](const Place& at) {
    for (const SpillCompression compression : {SpillCompression::none, SpillCompression::lz4})
      for (const std::size_t offset : {0, 64}) fill_and_recover(at, compression, offset);
    BOOST_TEST((at.names() == std::vector<std::string>{"lost+found"}));
  });
}

BOOST_AUTO_TEST_CASE(a_read_only_disk_and_one_without_an_inode_are_told) {
  where_allowed("tmpfs", mount_tmpfs, [](const Place& at) {
    BOOST_REQUIRE(::mount(nullptr, at.path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, "size=4m") == 0);
    const auto read_only = SpillStore::open({at.path});
    BOOST_REQUIRE(!read_only);
    BOOST_TEST((read_only.failure().code == ErrorCode::invalid_argument));
    BOOST_TEST(read_only.failure().message.find("not writable") != std::string::npos, read_only.failure().message);
    BOOST_REQUIRE(::mount(nullptr, at.path.c_str(), nullptr, MS_REMOUNT, "size=4m,nr_inodes=2") == 0);
    const auto full = SpillStore::open({at.path});
    BOOST_REQUIRE(!full);
    BOOST_TEST((full.failure().code == ErrorCode::out_of_disk));
    BOOST_TEST(at.names().empty());
  });
}

BOOST_AUTO_TEST_SUITE_END()
