#include "actors/spill/tries.hpp"

#include "place.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>

using namespace tessera::test;
using namespace tessera::actors::spill;
using tessera::runtime::Duration;
using tessera::runtime::ErrorCode;
using tessera::runtime::Failure;
using tessera::runtime::Result;
namespace fs = std::filesystem;

namespace {
/// Milliseconds of each pause.
using Pauses = std::vector<std::int64_t>;

/// What was tried, and the pauses in between; the first `failures` tries fail.
struct Tried {
  int tries = 0;
  Pauses pauses;
  Result<void> done;
  Tried(ErrorCode code, int failures) {
    done = with_tries([&]() -> Result<void> {
      if (++tries <= failures) return Failure{code, "it failed"};
      return {};
    }, [&](Duration time) { pauses.push_back(time.ns / 1'000'000); });
  }
};

/// From here on the process may open no more files.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{3, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoMoreFiles() { end(); }
  void end() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

void flip_bit(const SpillStore& store) {
  for (const std::string& name : Place::names(store.folder())) {
    if (name == "owner") continue;
    const int file = ::open((store.folder() + "/" + name).c_str(), O_RDWR | O_CLOEXEC);
    char byte = 0;
    BOOST_REQUIRE(::pread(file, &byte, 1, 6000) == 1);
    byte = static_cast<char>(byte ^ 4);
    BOOST_REQUIRE(::pwrite(file, &byte, 1, 6000) == 1);
    ::close(file);
  }
}
bool holds(const Memory& a, const Memory& b) { return std::equal(a.bytes.begin(), a.bytes.end(), b.bytes.begin(), b.bytes.end()); }
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_spill_tries)

BOOST_AUTO_TEST_CASE(what_may_pass_is_tried_four_times_with_longer_and_longer_pauses) {
  for (const ErrorCode code : {ErrorCode::io_failed, ErrorCode::out_of_memory}) {
    const Tried once(code, 1), always(code, 99);
    BOOST_TEST(bool(once.done));
    BOOST_TEST(once.pauses == Pauses{10}, boost::test_tools::per_element());
    BOOST_TEST((always.done.failure().code == code));
    BOOST_TEST(always.tries == 4);
    BOOST_TEST(always.pauses == (Pauses{10, 40, 160}), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_wrong_are_read_once_more_at_once_and_nothing_else_is_tried_again) {
  const Tried once(ErrorCode::data_lost, 1), always(ErrorCode::data_lost, 99), wrong(ErrorCode::invalid_argument, 99), right(ErrorCode::io_failed, 0);
  BOOST_TEST(bool(once.done));
  BOOST_TEST(always.tries == 2);
  BOOST_TEST(always.pauses == Pauses{0}, boost::test_tools::per_element());
  BOOST_TEST(wrong.tries == 1);
  BOOST_TEST(right.tries == 1);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_system_may_pass_where_the_file_may_be_good) {
  for (const int error : {EIO, EAGAIN, ENOMEM, ENOBUFS, EMFILE, ENFILE, EBUSY, ETIMEDOUT}) BOOST_TEST(may_pass(error), error);
  for (const int error : {ENOENT, ENODATA, EACCES, EISDIR, EINVAL, ELOOP, ENOTDIR}) BOOST_TEST(!may_pass(error), error);
}

BOOST_AUTO_TEST_CASE(a_chunk_whose_file_cannot_be_opened_for_a_moment_is_not_lost) {
  Place place;
  std::optional<NoMoreFiles> fault;
  Pauses pauses;
  std::size_t passes_after = 2;
  const auto store = open_store({.folder = place.path, .pause = [&](Duration time) {
    pauses.push_back(time.ns / 1'000'000);
    if (pauses.size() == passes_after) fault->end();
  }});
  BOOST_REQUIRE(store);
  const Memory value = memory_of(Content::random, 5000, 1);
  BOOST_REQUIRE(store->write(chunk(1), "t", value.shared()));
  Memory into(5000);
  fault.emplace();
  const auto read = store->read(chunk(1), into.bytes);
  fault->end();
  BOOST_TEST(bool(read), (read ? "" : read.failure().message));
  BOOST_TEST(holds(value, into));
  BOOST_TEST(pauses == (Pauses{10, 40}), boost::test_tools::per_element());
  // Where it does not pass the last error is told, once, and the file is as it was.
  pauses.clear();
  passes_after = 99;
  fault.emplace();
  const auto failed = store->read(chunk(1), into.bytes);
  fault->end();
  BOOST_REQUIRE(!failed);
  BOOST_TEST((failed.failure().code == ErrorCode::io_failed));
  BOOST_TEST(failed.failure().message.find("Too many open files") != std::string::npos, failed.failure().message);
  BOOST_TEST(pauses == (Pauses{10, 40, 160}), boost::test_tools::per_element());
  BOOST_TEST(store->counters().chunks_lost == 0u);
  BOOST_TEST(bool(store->read(chunk(1), into.bytes)));
}

BOOST_AUTO_TEST_CASE(M4_a_bit_that_is_wrong_once_is_read_again_and_one_that_stays_is_a_lost_chunk) {
  Place place;
  const SpillStore* its = nullptr;
  bool is_mended = true;
  int pauses = 0;
  const auto store = open_store({.folder = place.path, .pause = [&](Duration) {
    ++pauses;
    if (is_mended) flip_bit(*its);
  }});
  BOOST_REQUIRE(store);
  its = store.get();
  const Memory value = memory_of(Content::random, 5000, 1);
  BOOST_REQUIRE(store->write(chunk(1), "t", value.shared()));
  Memory into(5000);
  flip_bit(*store);
  BOOST_TEST(bool(store->read(chunk(1), into.bytes)));
  BOOST_TEST(holds(value, into));
  BOOST_TEST(pauses == 1);
  is_mended = false;
  flip_bit(*store);
  const auto read = store->read(chunk(1), into.bytes);
  BOOST_REQUIRE(!read);
  BOOST_TEST((read.failure().code == ErrorCode::data_lost));
  BOOST_TEST(pauses == 2);
  BOOST_TEST(store->counters().chunks_lost == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
