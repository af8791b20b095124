/// @file
/// A graph under way, with durations and sizes that are drawn. Only for `simulation/generate/estee*.cpp`.
#pragma once
#include "runtime/base/rng.hpp"
#include "simulation/engine/replay.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::simulation::generate {
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : rng_(seed) {}
  engine::Case made;

  /// Never below a tenth of a microsecond, as in Estee.
  double normal(double mean, double deviation) {
    const double radius = std::sqrt(-2 * std::log(part()));
    return std::max(1e-7, mean + deviation * radius * std::cos(2 * std::numbers::pi * part()));
  }
  double exponential(double mean) { return std::max(1e-7, -mean * std::log(part())); }
  std::uint32_t below(std::size_t bound) { return static_cast<std::uint32_t>(rng_.below(bound)); }

  /// `kind` and `number` together are its name.
  std::uint32_t task(std::string_view kind, std::size_t number, double duration, double expected, std::uint32_t cpus = 1) {
    engine::Task one{std::string(kind) + std::to_string(number), duration, cpus, {}, {}, expected};
    one.kind = made.kind(std::string(kind));
    made.tasks.push_back(std::move(one));
    return static_cast<std::uint32_t>(made.tasks.size() - 1);
  }
  std::uint32_t output(std::uint32_t task, double size, double expected) {
    const auto object = static_cast<std::uint32_t>(made.objects.size());
    made.objects.push_back({size, task, engine::nobody, expected});
    made.tasks[task].outputs.push_back(object);
    return object;
  }
  std::uint32_t output(std::uint32_t task, double size) { return output(task, size, size); }
  void input(std::uint32_t task, std::uint32_t object) {
    auto& inputs = made.tasks[task].inputs;
    const auto at = std::ranges::lower_bound(inputs, object);
    if (at == inputs.end() || *at != object) inputs.insert(at, object);
  }
  /// All that the other makes.
  void follow(std::uint32_t task, std::uint32_t other) {
    for (const std::uint32_t object : std::vector(made.tasks[other].outputs)) input(task, object);
  }
  std::uint32_t first_output(std::uint32_t task) const { return made.tasks[task].outputs.front(); }
  /// Between 0 and 1.
  double part() { return (static_cast<double>(rng_.next() >> 11) + 0.5) * 0x1p-53; }

 private:
  runtime::Rng rng_;
};

/// In estee_workflows.cpp: what the others are modelled on.
engine::Case gridcat(std::uint32_t count, std::uint32_t, std::uint64_t seed);
engine::Case crossv(std::uint32_t inner, std::uint32_t, std::uint64_t seed);
engine::Case crossvx(std::uint32_t inner, std::uint32_t outer, std::uint64_t seed);
engine::Case fastcrossv(std::uint32_t inner, std::uint32_t, std::uint64_t seed);
engine::Case mapreduce(std::uint32_t count, std::uint32_t, std::uint64_t seed);
engine::Case montage(std::uint32_t width, std::uint32_t, std::uint64_t seed);
engine::Case cybershake(std::uint32_t width, std::uint32_t, std::uint64_t seed);
engine::Case epigenomics(std::uint32_t width, std::uint32_t, std::uint64_t seed);
engine::Case nestedcrossv(std::uint32_t parameters, std::uint32_t, std::uint64_t seed);
engine::Case ligo(std::uint32_t width, std::uint32_t second_width, std::uint64_t seed);
engine::Case sipht(std::uint32_t copies, std::uint32_t, std::uint64_t seed);
/// In estee_random.cpp.
engine::Case random_graph(std::uint32_t steps, std::uint32_t, std::uint64_t seed);
}  // namespace tessera::simulation::generate
