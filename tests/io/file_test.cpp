#include "io/file.hpp"

#include "tests/io/support.hpp"

#include <sys/resource.h>

#include <csignal>

using namespace tessera::io;
using namespace tessera::io::test;
using tessera::runtime::ErrorCode;

namespace {
/// Files may not grow beyond that while it lives: what a full disk looks like.
struct SmallDisk {
  rlimit before{};
  void (*handler)(int);
  explicit SmallDisk(rlim_t bytes) : handler(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small{bytes, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
  }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(io_file)

BOOST_AUTO_TEST_CASE(a_file_is_read_at_any_offset) {
  const Folder folder;
  const auto file = File::open(put(folder / "a", "0123456789"));
  BOOST_REQUIRE(file);
  BOOST_TEST(file->size_bytes() == 10u);
  const auto middle = file->read(3, 4);
  BOOST_REQUIRE(middle);
  BOOST_TEST(std::string(reinterpret_cast<const char*>(middle->data()), 4) == "3456");
  BOOST_TEST(file->read(10, 0)->empty());
  BOOST_TEST(*read_text(folder / "a") == "0123456789");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_or_no_file_is_said_to_be_so) {
  const Folder folder;
  BOOST_TEST(contains(refusal(File::open(folder / "none"), ErrorCode::bad_input), "there is no file"));
  BOOST_TEST(contains(refusal(File::open(folder.path.string()), ErrorCode::bad_input), "is a folder"));
  BOOST_TEST(contains(refusal(File::open(put(folder / "a", "x") + "/b"), ErrorCode::io_failed), "Not a directory"));
}

BOOST_AUTO_TEST_CASE(reading_behind_the_end_is_refused_before_memory_is_taken) {
  const Folder folder;
  const auto file = File::open(put(folder / "a", "0123456789"));
  BOOST_REQUIRE(file);
  BOOST_TEST(contains(refusal(file->read(4, 7), ErrorCode::bad_input), "cut off"));
  BOOST_TEST(contains(refusal(file->read(11, 0), ErrorCode::bad_input), "cut off"));
  BOOST_TEST(contains(refusal(file->read(0, std::numeric_limits<std::uint64_t>::max()), ErrorCode::bad_input), "cut off"));
  std::filesystem::resize_file(folder / "a", 2);  // While it is open.
  BOOST_TEST(contains(refusal(file->read(0, 10), ErrorCode::bad_input), "ends at byte 2"));
}

BOOST_AUTO_TEST_CASE(a_written_file_replaces_the_old_one_and_leaves_nothing_beside_it) {
  const Folder folder;
  put(folder / "a", "old");
  BOOST_TEST(bool(write_atomically(folder / "a", "new")));
  BOOST_TEST(content(folder / "a") == "new");
  BOOST_TEST(folder.names() == std::vector<std::string>{"a"});
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_a_failure_that_keeps_the_old_file) {
  const Folder folder;
  put(folder / "a", "old");
  const SmallDisk disk(1000);
  const auto done = write_atomically(folder / "a", std::string(2000, 'x'));
  BOOST_TEST(contains(refusal(done, ErrorCode::io_failed), "File too large"));
  BOOST_TEST(content(folder / "a") == "old");
  BOOST_TEST(folder.names() == std::vector<std::string>{"a"});
}

BOOST_AUTO_TEST_CASE(a_folder_is_made_with_those_above_it_and_refused_where_it_cannot_be_written) {
  const Folder folder;
  BOOST_TEST(bool(make_writable_folder(folder / "a/b/c")));
  BOOST_TEST(std::filesystem::is_empty(folder / "a/b/c"));
  BOOST_TEST(bool(make_writable_folder(folder / "a/b/c")));
  put(folder / "file", "");
  BOOST_TEST(contains(refusal(make_writable_folder(folder / "file/b"), ErrorCode::io_failed), "cannot make the folder"));
  BOOST_TEST(contains(refusal(make_writable_folder("/proc/self"), ErrorCode::io_failed), "choose another"));
}

BOOST_AUTO_TEST_CASE(temporary_names_lie_beside_the_file_and_differ) {
  const std::string one = temporary_name("/data/store/0.0"), other = temporary_name("/data/store/0.0");
  BOOST_TEST(one != other);
  BOOST_TEST(one.starts_with("/data/store/."));
}

BOOST_AUTO_TEST_SUITE_END()
