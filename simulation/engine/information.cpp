#include "simulation/engine/information.hpp"

#include "runtime/base/rng.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <numbers>

namespace tessera::simulation::engine {
namespace {
/// exp(sigma z), z from a normal distribution (Box and Muller 1958).
double noise(double sigma, runtime::Rng& rng) {
  const auto part = [&] { return (static_cast<double>(rng.next() >> 11) + 0.5) * 0x1p-53; };
  const double radius = std::sqrt(-2 * std::log(part()));
  return std::exp(sigma * radius * std::cos(2 * std::numbers::pi * part()));
}
}  // namespace

runtime::Result<Knowledge> knowledge_of(std::string_view text) {
  using enum Information;
  for (const auto& [name, mode] : {std::pair("exact", exact), std::pair("user", user), std::pair("mean", mean), std::pair("blind", blind), std::pair("learned", learned)})
    if (text == name) return Knowledge{mode, 0};
  if (text.starts_with("noisy:")) {
    double sigma = -1;
    const auto read = std::from_chars(text.data() + 6, text.data() + text.size(), sigma);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size() && sigma >= 0 && sigma <= 10) return Knowledge{noisy, sigma};
  }
  return runtime::Failure{runtime::ErrorCode::invalid_argument,
                          fmt::format("\"{}\" is not what a policy may know: exact, user, mean, blind, learned, or noisy:SIGMA with a SIGMA from 0 to 10", text)};
}

Case known(Case what, const Knowledge& knowledge, std::uint64_t seed) {
  double duration = 1, size = 1;
  if (knowledge.mode == Information::learned) duration = unknown_duration, size = unknown_size;
  if (knowledge.mode == Information::mean) {
    duration = size = 0;
    for (const Task& task : what.tasks) duration += task.duration / static_cast<double>(what.tasks.size());
    for (const Object& object : what.objects) size += object.size / static_cast<double>(what.objects.size());
  }
  runtime::Rng rng(seed);
  const auto seen = [&](double real, double expected, double all) {
    switch (knowledge.mode) {
      case Information::exact: return real;
      case Information::user: return expected;
      case Information::noisy: return real * noise(knowledge.sigma, rng);
      default: return all;
    }
  };
  for (Task& task : what.tasks) task.duration = seen(task.duration, task.expected_duration, duration);
  for (Object& object : what.objects) object.size = seen(object.size, object.expected_size, size);
  return what;
}

Case known(Case what, Information information) { return known(std::move(what), Knowledge{information, 0}, 1); }
}  // namespace tessera::simulation::engine
