// What the recorder writes, and what it does where it cannot go on.
#include "actors/recorder.hpp"

#include "serialization/recording.hpp"

#include <boost/test/unit_test.hpp>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace {
namespace fs = std::filesystem;
using namespace tessera::actors;
using namespace tessera::runtime::coordinator;
using tessera::runtime::JobId;

struct File {
  std::string path = (fs::temp_directory_path() / ("tessera-recorder-" + std::to_string(getpid()))).string();
  ~File() { fs::remove(path); }
};
/// While it lives a file of this process ends there, as on a full disk.
struct SmallFiles {
  rlimit before{};
  explicit SmallFiles(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit its = before;
    its.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &its);
  }
  ~SmallFiles() { setrlimit(RLIMIT_FSIZE, &before); }
};
Config config_of(std::uint32_t job) {
  Config config;
  config.job = {job};
  return config;
}
Step step_at(std::int64_t time) { return {{time}, Tick{}, 7, {{{1, 2}, {3}, {4}}}}; }
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_recorder)

BOOST_AUTO_TEST_CASE(steps_of_several_jobs_are_in_the_file_in_their_order) {
  File file;
  {
    const auto recorder = std::move(*Recorder::open(file.path));
    for (const std::uint32_t job : {1u, 2u}) recorder->begin(config_of(job));
    for (std::int64_t i = 0; i < 20'000; ++i) recorder->take(JobId{i % 3 == 0 ? 2u : 1u}, step_at(i));
    recorder->finish();
    recorder->take(JobId{1}, step_at(1));  // Too late.
  }
  const auto recording = tessera::serialization::read_recording(file.path);
  BOOST_REQUIRE(recording);
  BOOST_TEST(recording->bytes_lost == 0u);
  BOOST_REQUIRE(recording->jobs.size() == 2u);
  BOOST_TEST(recording->jobs[0].steps.size() + recording->jobs[1].steps.size() == 20'000u);
  for (const JobRecording& job : recording->jobs)
    for (std::size_t i = 1; i < job.steps.size(); ++i) BOOST_REQUIRE(job.steps[i - 1].time < job.steps[i].time);
}

BOOST_AUTO_TEST_CASE(where_the_disk_is_full_the_recording_ends_and_what_is_there_can_be_read) {
  File file;
  constexpr std::int64_t steps = 20'000;
  {
    const auto recorder = std::move(*Recorder::open(file.path));
    const SmallFiles full(100'000);
    recorder->begin(config_of(1));
    for (std::int64_t i = 0; i < steps; ++i) recorder->take(JobId{1}, step_at(i));
    recorder->finish();
  }
  BOOST_TEST(fs::file_size(file.path) == 100'000u);
  const auto recording = tessera::serialization::read_recording(file.path);
  BOOST_REQUIRE(recording);
  BOOST_TEST(recording->bytes_lost > 0u);
  BOOST_REQUIRE(recording->jobs.size() == 1u);
  const auto& read = recording->jobs[0].steps;
  BOOST_TEST((!read.empty() && read.size() < steps));
  for (std::size_t i = 0; i < read.size(); ++i) BOOST_REQUIRE(read[i].time.ns == static_cast<std::int64_t>(i));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_at_all_is_refused_with_its_name) {
  for (const char* path : {"/nowhere/at/all", "/dev/full"}) {
    const auto recorder = Recorder::open(path);
    BOOST_REQUIRE(!recorder);
    BOOST_TEST(recorder.failure().message.find(path) != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
