#include "simulation/generate/generate.hpp"

#include "runtime/base/rng.hpp"
#include "simulation/generate/estee.hpp"
#include "simulation/generate/patterns.hpp"
#include "simulation/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

namespace tessera::simulation::generate {
namespace {
using runtime::ErrorCode;
using runtime::Failure;
using runtime::Result;
constexpr double tasks_max = 1e7;

struct Family {
  std::string_view name;
  Settings settings;                     ///< Its own, with what they are unless given.
  const EsteeFamily* estee = nullptr;    ///< It has no other settings but a seed.
};
const Settings common = {{"duration", 1}, {"size", 1}, {"spread", 0.5}, {"seed", 1}};

std::vector<Family> all_families() {
  std::vector<Family> all = {{"independent", {{"tasks", 1000}}}, {"chain", {{"tasks", 1000}}}, {"tree", {{"width", 1024}}},
                                             {"stencil_1d", {{"width", 64}, {"steps", 100}}}, {"fft", {{"width", 64}, {"steps", 100}}},
                                             {"random_nearest", {{"width", 64}, {"steps", 100}}}, {"layered", {{"width", 20}, {"steps", 50}, {"degree", 3}}}};
  for (const EsteeFamily& one : estee_families()) {
    Family family{one.name, {{std::string(one.first.name), one.first.usual}, {"seed", 1}}, &one};
    if (!one.second.name.empty()) family.settings.emplace(one.second.name, one.second.usual);
    all.push_back(std::move(family));
  }
  return all;
}
const std::vector<Family>& families() {
  static const std::vector<Family> all = all_families();
  return all;
}

Failure invalid(std::string why) { return Failure{ErrorCode::invalid_argument, std::move(why)}; }

/// Those of the family, and what is the same for all, as given.
Result<Settings> settings_of(const Family& family, std::string_view text) {
  Settings settings = family.settings;
  if (family.estee == nullptr) settings.insert(common.begin(), common.end());
  const auto is_whole = [](std::string_view name) { return !common.contains(name) || name == "seed"; };
  const auto expected = [&](std::string_view name, double value) -> std::string_view {
    if (!is_whole(name)) return value >= 0 && value <= 1e15 ? "" : "a number of at least 0";
    return value >= (name == "seed" ? 0 : 1) && value <= 1e15 && value == std::floor(value) ? "" : "a whole number of at least 1";
  };
  auto read = simulation::settings_of(family.name, text, std::move(settings), expected);
  if (!read) return read;
  settings = std::move(*read);
  if (family.estee != nullptr) {
    for (const EsteeFamily::Setting& one : {family.estee->first, family.estee->second})
      if (const auto at = settings.find(one.name); at != settings.end() && at->second > one.most) return invalid(fmt::format("{}: at most {} was expected", one.name, one.most));
    return settings;
  }
  if (settings["spread"] > 1) return invalid("spread: at most 1 was expected: nothing may take less than no time");
  if (family.name == "tree" && !std::has_single_bit(static_cast<std::uint64_t>(settings["width"]))) return invalid("width: a power of two was expected for \"tree\"");
  if (settings.contains("degree") && settings["degree"] > settings["width"]) return invalid("degree: at most the width was expected: a layer has no more tasks");
  const double tasks = settings.contains("tasks") ? settings["tasks"] : settings["width"] * (settings.contains("steps") ? settings["steps"] : 2);
  if (tasks > tasks_max) return invalid(fmt::format("{:.0f} tasks are more than {:.0f}", tasks, tasks_max));
  return settings;
}

Pattern layered(std::uint32_t width, std::uint32_t steps, std::uint32_t degree, runtime::Rng& rng) {
  Pattern pattern;
  for (std::uint32_t i = 0; i < width; ++i) pattern.end_task();
  for (std::uint32_t step = 1; step < steps; ++step)
    for (std::uint32_t i = 0; i < width; ++i) {
      const auto first = static_cast<std::ptrdiff_t>(pattern.predecessors.size());
      for (std::uint64_t left = 1 + rng.below(degree); left > 0; --left) {
        const auto one = static_cast<std::uint32_t>((step - 1) * width + rng.below(width));
        if (std::find(pattern.predecessors.begin() + first, pattern.predecessors.end(), one) == pattern.predecessors.end()) pattern.predecessors.push_back(one);
      }
      pattern.end_task();
    }
  return pattern;
}
}  // namespace

std::string family_names() {
  std::vector<std::string_view> names;
  for (const Family& one : families()) names.push_back(one.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Result<engine::Case> generate(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(':'));
  const auto family = std::ranges::find(families(), name, &Family::name);
  if (family == families().end()) return invalid(fmt::format("there is no family of graphs \"{}\"; there are {}", name, family_names()));
  auto given = settings_of(*family, name.size() == text.size() ? std::string_view() : text.substr(name.size() + 1));
  if (!given) return given.failure();
  Settings& settings = *given;
  const auto whole = [&](std::string_view its) { return static_cast<std::uint32_t>(settings.find(its)->second); };
  const auto seed = static_cast<std::uint64_t>(settings["seed"]);
  if (const EsteeFamily* its = family->estee) {
    engine::Case made = its->make(whole(its->first.name), its->second.name.empty() ? 0 : whole(its->second.name), seed);
    made.name = std::string(text);
    return made;
  }
  runtime::Rng rng(seed);
  Pattern pattern;
  if (name == "layered") pattern = layered(whole("width"), whole("steps"), whole("degree"), rng);
  else pattern = make_pattern(name, settings.contains("tasks") ? whole("tasks") : whole("width"), settings.contains("steps") ? whole("steps") : 0);
  const auto drawn = [&](double mean) {
    const double part = static_cast<double>(rng.next() >> 11) * 0x1p-53;  // From [0, 1).
    return mean * (1 + settings["spread"] * (2 * part - 1));
  };
  engine::Case made;
  made.name = std::string(text);
  made.tasks.resize(pattern.size());
  made.objects.resize(pattern.size());
  for (std::uint32_t i = 0; i < pattern.size(); ++i) {
    made.tasks[i] = {fmt::format("{}", i), drawn(settings["duration"]), 1, {}, {i}};
    made.objects[i] = {drawn(settings["size"]), i};
    made.tasks[i].inputs.assign(pattern.predecessors.begin() + static_cast<std::ptrdiff_t>(pattern.begin[i]),
                                pattern.predecessors.begin() + static_cast<std::ptrdiff_t>(pattern.begin[i + 1]));
  }
  return made;
}
}  // namespace tessera::simulation::generate
