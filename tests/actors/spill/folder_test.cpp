// The store's folder: what is refused, and what is swept when a process has died.
#include "actors/spill/store.hpp"

#include "place.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <thread>

using namespace tessera::test;
using namespace tessera::actors::spill;
using tessera::runtime::ErrorCode;
namespace fs = std::filesystem;

namespace {
/// A process that has spilled a chunk and waits for its death.
class Child {
 public:
  explicit Child(const std::string& folder) {
    std::array<int, 2> ready{};
    BOOST_REQUIRE(::pipe2(ready.data(), O_CLOEXEC) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto store = open_store({folder});
      const char done = store && store->write(chunk(1), "t", memory_of(Content::random, 10'000, 1).shared()) ? 'y' : 'n';
      if (::write(ready[1], &done, 1) == 1)
        for (;;) ::pause();
      ::_exit(1);
    }
    char answer = 'n';
    BOOST_TEST(::read(ready[0], &answer, 1) == 1);
    BOOST_TEST(answer == 'y');
    ::close(ready[0]), ::close(ready[1]);
  }
  ~Child() { kill(); }
  pid_t pid() const { return pid_; }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
  }

 private:
  pid_t pid_ = 0;
};

bool refused(const std::string& folder, const std::string& words) {
  const auto store = SpillStore::open({folder});
  if (store) return false;
  const auto& failure = store.failure();
  BOOST_TEST(failure.message.find(words) != std::string::npos, failure.message);
  return failure.code == ErrorCode::invalid_argument;
}
bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
const std::string like_ours = "tessera-spill-1-2-0123456789abcdef0123456789abcdef";
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_spill_folder)

BOOST_AUTO_TEST_CASE(F42_the_folder_of_a_killed_process_is_removed_and_a_live_ones_is_not) {
  Place place;
  Child live(place.path), killed(place.path);
  BOOST_TEST(place.names().size() == 2u);
  {
    const auto store = open_store({place.path});
    BOOST_REQUIRE(store);
    BOOST_TEST(store->counters().folders_swept == 0u);
    BOOST_TEST(place.names().size() == 3u);
  }
  killed.kill();
  const auto store = open_store({place.path}), another = open_store({place.path});
  BOOST_REQUIRE((store && another));
  BOOST_TEST(store->counters().folders_swept == 1u);
  BOOST_TEST(another->counters().folders_swept == 0u);
  BOOST_TEST(place.names().size() == 3u);
  std::size_t files = 0;
  for (const std::string& name : place.names()) files += Place::names(place.path / name).size();
  BOOST_TEST(files == 3u + 1u);  // An owner in each, and the chunk of the live one.
}

BOOST_AUTO_TEST_CASE(foreign_files_and_folders_stay) {
  Place place, elsewhere;
  std::ofstream(elsewhere / "0123456789abcdef0123456789abcdef") << "somebody's";
  std::ofstream(place / "notes.txt") << "mine";
  fs::create_directory(place / "tessera-spill-notes");
  std::ofstream(place / "tessera-spill-notes/owner") << "me";
  fs::create_directory_symlink(elsewhere.path, place / like_ours);
  // Not empty, and no owner: nobody can tell whose.
  fs::create_directory(place / ("tessera-spill-3-4" + like_ours.substr(17)));
  std::ofstream(place / ("tessera-spill-3-4" + like_ours.substr(17) + "/0123456789abcdef0123456789abcdef")) << "whose?";
  {
    Child killed(place.path);
    for (const std::string& name : place.names())
      if (name.starts_with("tessera-spill-" + std::to_string(killed.pid()) + "-"))
        std::ofstream(place.path / name / "letter.txt") << "put here by somebody";
  }
  // Of a process that died before it wrote its file.
  fs::create_directory(place / ("tessera-spill-2-3" + like_ours.substr(17)));
  const auto store = open_store({place.path});
  BOOST_REQUIRE(store);
  BOOST_TEST(store->counters().folders_swept == 1u);
  BOOST_TEST(has(place.names(), "notes.txt"));
  BOOST_TEST(has(place.names(), like_ours));
  BOOST_TEST(has(Place::names(place / "tessera-spill-notes"), "owner"));
  BOOST_TEST(has(elsewhere.names(), "0123456789abcdef0123456789abcdef"));
  BOOST_TEST(!has(place.names(), "tessera-spill-2-3" + like_ours.substr(17)));
  BOOST_TEST(has(place.names(), "tessera-spill-3-4" + like_ours.substr(17)));
  std::size_t letters = 0;  // The folder of the killed process has it, and the owner's file for those who look next time.
  for (const std::string& name : place.names())
    if (fs::exists(place.path / name / "letter.txt")) {
      ++letters;
      BOOST_TEST(Place::names(place.path / name).size() == 2u);
    }
  BOOST_TEST(letters == 1u);
}

BOOST_AUTO_TEST_CASE(a_folder_that_does_not_do_is_refused_with_what_to_do) {
  Place place;
  std::ofstream(place / "file") << "no folder";
  fs::create_directory(place / "open");
  fs::permissions(place / "open", fs::perms::all);
  BOOST_TEST(refused("", "empty"));
  BOOST_TEST(refused("spill", "relative"));
  BOOST_TEST(refused("./spill", "relative"));
  BOOST_TEST(refused(place / "missing", "mkdir -p"));
  BOOST_TEST(refused(place / "file", "is not a folder"));
  BOOST_TEST(refused(place / "file/in", "is not a folder"));
  BOOST_TEST(refused(place / "open", "chmod o-w"));
  if (::geteuid() == 0) {
    fs::create_directory(place / "foreign");
    BOOST_REQUIRE(::chown((place / "foreign").c_str(), 65534, 65534) == 0);
    BOOST_TEST(refused(place / "foreign", "belongs to user 65534"));
  }
}

BOOST_AUTO_TEST_CASE(a_folder_without_rights_is_refused) {
  Place place;
  fs::create_directory(place / "closed");
  fs::permissions(place / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  fs::permissions(place.path, fs::perms::owner_all | fs::perms::group_exec | fs::perms::group_read);
  fs::create_directory(place / "private");
  fs::permissions(place / "private", fs::perms::none);
  bool unwritable = false, unopened = false;
  std::thread([&] {
    // Root may write anywhere: this thread alone is nobody, of root's group.
    if (::geteuid() == 0) BOOST_REQUIRE(::syscall(SYS_setresuid, -1, 65534, -1) == 0);
    const bool nobody = ::geteuid() == 65534;
    unwritable = refused(nobody ? place.path.string() : place / "closed", "is not writable");
    unopened = refused(place / "private", "cannot be opened");
  }).join();
  BOOST_TEST(unwritable);
  BOOST_TEST(unopened);
  fs::permissions(place / "closed", fs::perms::owner_all);
}

BOOST_AUTO_TEST_CASE(a_fork_of_the_process_removes_nothing) {
  Place place;
  auto store = open_store({place.path});
  BOOST_REQUIRE(store);
  const Memory value = memory_of(Content::random, 10'000, 1);
  BOOST_REQUIRE(store->write(chunk(1), "t", value.shared()));
  const pid_t child = ::fork();
  if (child == 0) {
    store.reset();
    ::_exit(0);
  }
  int status = -1;
  BOOST_TEST(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  Memory into(10'000);
  BOOST_TEST(bool(store->read(chunk(1), into.bytes)));
  store.reset();
  BOOST_TEST(place.names().empty());
}

BOOST_AUTO_TEST_SUITE_END()
