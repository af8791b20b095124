#include "serialization/recording.hpp"

#include "recordings.hpp"

#include "runtime/base/rng.hpp"
#include "serialization/message.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

using namespace tessera::test;
using namespace tessera::runtime::coordinator;
using tessera::serialization::decode_recording;
using tessera::serialization::RecordingFrame;

namespace {
bool says(const tessera::runtime::Result<Recording>& recording, const std::string& what) {
  return !recording && recording.failure().code == ErrorCode::bad_input && recording.failure().message.find(what) != std::string::npos;
}
std::size_t steps_of(const tessera::runtime::Result<Recording>& recording) { return recording->jobs.empty() ? 0 : recording->jobs[0].steps.size(); }
}  // namespace

BOOST_AUTO_TEST_SUITE(serialization_recording)

BOOST_AUTO_TEST_CASE(each_event_comes_back_as_it_went_with_its_time_placements_and_digest) {
  const auto recording = decode_recording(recorded_file());
  BOOST_REQUIRE(recording);
  BOOST_TEST(recording->version == "0.1.0");
  BOOST_TEST(recording->bytes_lost == 0u);
  BOOST_REQUIRE(recording->jobs.size() == 1u);
  const JobRecording& job = recording->jobs[0];
  BOOST_TEST((job.config.job == JobId{4} && job.config.policy == "random" && job.config.seed == 42 && job.config.deaths_max == 5 && job.config.window.tasks_max == 77));
  const std::vector<Step> expected = recorded_steps();
  BOOST_REQUIRE(job.steps.size() == expected.size());
  std::set<std::size_t> kinds;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    BOOST_TEST((job.steps[i].time == expected[i].time && job.steps[i].digest == expected[i].digest && job.steps[i].placements == expected[i].placements), i);
    BOOST_REQUIRE(job.steps[i].event.index() == expected[i].event.index());
    kinds.insert(expected[i].event.index());
    if (const auto* received = std::get_if<Received>(&expected[i].event)) {
      const auto& back = std::get<Received>(job.steps[i].event);
      BOOST_TEST((back.from == received->from && tessera::serialization::encode(back.message) == tessera::serialization::encode(received->message)));
    }
  }
  BOOST_TEST(kinds.size() == std::variant_size_v<Event>);
  const auto& joined = std::get<NodeJoined>(job.steps[0].event);
  BOOST_TEST((joined.node == NodeId{300} && joined.name == "n1" && joined.lanes == 2 && joined.limit == Bytes{1 << 20}));
  BOOST_TEST((joined.resources.size() == 1 && joined.operations == std::vector<std::string>{"add", "norm"}));
}

BOOST_AUTO_TEST_CASE(the_bytes_are_those_of_the_golden_file) {
  const std::string path = std::string(TESSERA_SOURCE_DIR) + "/tests/serialization/golden/recording.tsrec";
  const Bytestring raw = recorded_file();
  if (std::getenv("TESSERA_WRITE_GOLDEN") != nullptr)
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(raw.data()), static_cast<std::streamsize>(raw.size()));
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST((text == std::string(reinterpret_cast<const char*>(raw.data()), raw.size())), "recordings changed; is that meant? Then a new version, and TESSERA_WRITE_GOLDEN=1");
}

BOOST_AUTO_TEST_CASE(values_of_results_are_left_out) {
  RecordingFrame with, without;
  with.add(JobId{1}, {{1}, Received{{1}, Reports{{1}, {Finished{{1}, {1}, {8}, {9}, bytes({1, 2, 3}), {5}}}}}, 0, {}});
  without.add(JobId{1}, {{1}, Received{{1}, Reports{{1}, {Finished{{1}, {1}, {8}, {9}, {}, {5}}}}}, 0, {}});
  BOOST_TEST((with.take() == without.take()));
}

BOOST_AUTO_TEST_CASE(a_file_that_ends_anywhere_is_readable_up_to_its_last_whole_frame) {
  const Bytestring whole = recorded_file();
  std::set<std::size_t> counts;
  for (std::size_t size = tessera::serialization::recording_header("0.1.0").size(); size <= whole.size(); ++size) {
    const auto recording = decode_recording(std::span(whole).first(size));
    BOOST_REQUIRE(recording);
    BOOST_TEST(recording->bytes_lost < whole.size());
    BOOST_TEST((steps_of(recording) == recorded_steps().size()) == (size == whole.size()));
    counts.insert(steps_of(recording));
  }
  BOOST_TEST((counts == std::set<std::size_t>{0, 3, 6, 8}));
}

BOOST_AUTO_TEST_CASE(what_was_changed_in_the_middle_is_refused_with_its_place) {
  const Bytestring whole = recorded_file();
  const std::size_t header = tessera::serialization::recording_header("0.1.0").size();
  for (std::size_t at = header; at < whole.size(); ++at) {
    Bytestring bad = whole;
    bad[at] ^= std::byte{1};
    const auto recording = decode_recording(bad);
    if (recording) BOOST_TEST((recording->bytes_lost > 0 && steps_of(recording) == 6), at << ": only the last frame may look torn");
    else BOOST_TEST(says(recording, "damaged"), at);
  }
  Bytestring bad = whole;
  bad[header + 30] ^= std::byte{1};
  BOOST_TEST(says(decode_recording(bad), "damaged between byte " + std::to_string(header)));
}

BOOST_AUTO_TEST_CASE(what_is_no_recording_and_other_versions_are_refused_by_name) {
  BOOST_TEST(says(decode_recording({}), "it is no recording"));
  BOOST_TEST(says(decode_recording(bytes({1, 2, 3})), "it is no recording"));
  Bytestring file = recorded_file();
  file[0] = std::byte{'X'};
  BOOST_TEST(says(decode_recording(file), "it is no recording"));
  file = recorded_file();
  file[4] = std::byte{9};
  BOOST_TEST(says(decode_recording(file), "recording of version 9"));
}

BOOST_AUTO_TEST_CASE(frames_whose_checksums_fit_are_still_not_trusted) {
  const auto file_of = [](RecordingFrame& frame) {
    Bytestring file = tessera::serialization::recording_header("0.1.0");
    const Bytestring bytes = frame.take();
    file.insert(file.end(), bytes.begin(), bytes.end());
    return file;
  };
  RecordingFrame frame;
  frame.add(JobId{1}, {{}, Tick{}, 0, {}});
  BOOST_TEST(says(decode_recording(file_of(frame)), "a step is of a job that did not begin"));
  frame.add(recorded_config(1)), frame.add(recorded_config(1));
  BOOST_TEST(says(decode_recording(file_of(frame)), "a job begins twice"));
  Config config = recorded_config(1);
  config.policy = "magic";
  frame.add(config);
  BOOST_TEST(says(decode_recording(file_of(frame)), "no policy \"magic\""));
}

BOOST_AUTO_TEST_SUITE_END()
