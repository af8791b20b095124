/// @file
/// A recording with every kind of event, for round trips, golden files and what goes wrong.
#pragma once
#include "samples.hpp"

#include "serialization/recording.hpp"

namespace tessera::test {
namespace coordinator = runtime::coordinator;

inline coordinator::Config recorded_config(std::uint32_t job) {
  coordinator::Config config;
  config.job = {job}, config.policy = "random", config.seed = 42, config.deaths_max = 5, config.window.tasks_max = 77;
  return config;
}
inline std::vector<coordinator::Step> recorded_steps() {
  using namespace coordinator;
  std::vector<Step> steps;
  const auto add = [&](std::int64_t time, Event event, std::vector<Placement> placements = {}) {
    steps.push_back({{time}, std::move(event), 0x1234567890ABCDEFull + steps.size(), std::move(placements)});
  };
  add(1'000'000'000'000, NodeJoined{{300}, "n1", 2, {1 << 20}, {{"gpu", 1}}, {"add", "norm"}});
  add(1'000'000'000'500, ClientJoined{{4}, {4}});
  add(1'000'000'000'400, Received{{4}, Submit{{4}, graph(), {1}}}, {{key(1), {0}, {300}, -3, 1ull << 40}, {key(2), {200}, {300}, 7, 5}});
  add(1'000'000'001'000, Received{{300}, Reports{{4}, {Finished{{0}, {1}, {64}, {10}, {}, {20}}, Copied{key(4), {6}}}}});
  add(1'000'000'002'000, NodeDraining{{300}});
  add(1'000'000'003'000, NodeLost{{300}});
  add(1'000'000'004'000, ClientLost{{4}});
  add(2'000'000'000'000, Tick{});
  return steps;
}
/// The bytes of a file of one job whose frames have `steps_a_frame` steps each.
inline Bytestring recorded_file(std::size_t steps_a_frame = 3) {
  Bytestring file = serialization::recording_header("0.1.0");
  serialization::RecordingFrame frame;
  const auto flush = [&] {
    const Bytestring bytes = frame.take();
    file.insert(file.end(), bytes.begin(), bytes.end());
  };
  frame.add(recorded_config(4));
  std::size_t count = 0;
  for (coordinator::Step& step : recorded_steps()) {
    frame.add(JobId{4}, std::move(step));
    if (++count % steps_a_frame == 0) flush();
  }
  if (frame.bytes() > 0) flush();
  return file;
}
}  // namespace tessera::test
