#include "simulation/picture/pictures.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

namespace tessera::simulation::picture {
/// page/page.html with all that it needs, up to where the data stand and from there on (CMakeLists.txt makes it).
extern const std::string_view page_begin, page_end;

namespace {
using Json = nlohmann::ordered_json;

std::string base64(const std::vector<std::uint8_t>& bytes) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const unsigned three = bytes[i] << 16u | (left > 1 ? bytes[i + 1] << 8u : 0u) | (left > 2 ? bytes[i + 2] : 0u);
    text += letters[three >> 18u];
    text += letters[three >> 12u & 63u];
    text += left > 1 ? letters[three >> 6u & 63u] : '=';
    text += left > 2 ? letters[three & 63u] : '=';
  }
  return text;
}

/// Little-endian, in as few bytes as the largest needs.
std::string packed(char kind, const std::vector<std::uint32_t>& numbers, unsigned width_min = 1) {
  const std::uint32_t most = numbers.empty() ? 0 : *std::ranges::max_element(numbers);
  const unsigned width = std::max(width_min, most < 0x100 ? 1u : most < 0x10000 ? 2u : 4u);
  std::vector<std::uint8_t> bytes;
  bytes.reserve(numbers.size() * width);
  for (const std::uint32_t number : numbers)
    for (unsigned byte = 0; byte < width; ++byte) bytes.push_back(static_cast<std::uint8_t>(number >> 8u * byte));
  return std::string(1, kind) + std::to_string(width) + ":" + base64(bytes);
}

/// Packs one field of each of many things.
template <class Things, class Field>
std::string numbers(const Things& things, Field field) {
  std::vector<std::uint32_t> all;
  all.reserve(things.size());
  for (const auto& one : things) all.push_back(field(one));
  return packed('u', all);
}
/// Those that may be `none`.
template <class Things, class Field>
std::string numbers_or_none(const Things& things, Field field) {
  std::vector<std::uint32_t> all;
  all.reserve(things.size());
  for (const auto& one : things) all.push_back(field(one) + 1);  // `none` becomes 0.
  return packed('n', all);
}
/// Times as parts of the span.
template <class Things, class Field>
std::string times(const Things& things, double span, Field field) {
  std::vector<std::uint32_t> all;
  all.reserve(things.size());
  for (const auto& one : things) all.push_back(static_cast<std::uint32_t>(std::llround(std::clamp(field(one) / span, 0.0, 1.0) * 4294967295.0)));
  return packed('t', all, 4);
}
template <class Things, class Field>
std::string floats(const Things& things, Field field) {
  std::vector<std::uint32_t> all;
  for (const auto& one : things) all.push_back(std::bit_cast<std::uint32_t>(static_cast<float>(field(one))));
  return packed('f', all, 4);
}

Json json_of(const engine::Case& what) {
  const Kinds kinds = picture::kinds(what);
  Json names = Json::array();
  std::vector<std::uint32_t> begins{0}, inputs;
  for (const engine::Task& task : what.tasks) {
    names.push_back(task.name);
    inputs.insert(inputs.end(), task.inputs.begin(), task.inputs.end());
    begins.push_back(static_cast<std::uint32_t>(inputs.size()));
  }
  const auto count = what.tasks.size();
  return {{"name", what.name}, {"bandwidth", what.bandwidth}, {"kinds", kinds.names}, {"names", std::move(names)},
          {"arrays", {{"kind", packed('u', kinds.of_task)}, {"need", numbers(what.tasks, [](const auto& one) { return one.cpus; })}, {"inputsAt", packed('u', begins)},
                      {"inputs", packed('u', inputs)}, {"sizes", floats(what.objects, [](const auto& one) { return one.size; })},
                      {"producer", numbers_or_none(what.objects, [count](const auto& one) { return one.producer < count ? one.producer : none; })}}}};
}

Json json_of(const Timeline& run, std::size_t of_case, double span) {
  Json apart = Json::object();  // Cores that do not lie side by side.
  bool is_in_order = true;
  for (std::uint32_t which = 0; which < run.bars.size(); ++which) {
    const auto cores = run.cores_of(run.bars[which]);
    is_in_order = is_in_order && run.bars[which].task == which;
    if (!cores.empty() && cores.back() - cores.front() + 1 != cores.size()) apart[std::to_string(which)] = std::vector<std::uint32_t>(cores.begin(), cores.end());
  }
  Json bars{{"node", numbers(run.bars, [](const Bar& one) { return one.node; })},
            {"core", numbers(run.bars, [&](const Bar& one) { return run.cores_of(one).empty() ? 0 : run.cores_of(one).front(); })},
            {"start", times(run.bars, span, [](const Bar& one) { return one.start; })},
            {"end", times(run.bars, span, [](const Bar& one) { return one.end; })},
            {"here", times(run.bars, span, [](const Bar& one) { return one.inputs_here; })},
            {"lastInput", numbers_or_none(run.bars, [](const Bar& one) { return one.last_input; })},
            {"blocker", numbers_or_none(run.bars, [](const Bar& one) { return one.blocker; })}};
  if (!is_in_order) bars["task"] = numbers(run.bars, [](const Bar& one) { return one.task; });
  const auto& transfers = run.outcome.transfers;
  double link_peak = 0;
  for (const auto& [down, up] : loads(run))
    for (const Series* series : {&down, &up})
      for (const auto& [time, rate] : *series) link_peak = std::max(link_peak, rate);
  return {{"label", run.label}, {"case", of_case}, {"rows", packed('u', run.rows)}, {"makespan", run.outcome.makespan}, {"lastEnd", run.outcome.last_task_end},
          {"moved", run.outcome.total_transfer}, {"utilisation", run.utilisation}, {"linkPeak", link_peak}, {"shares", shares(run)}, {"cores", std::move(apart)},
          {"cameBy", numbers_or_none(run.came_by, [](std::uint32_t one) { return one; })}, {"bars", std::move(bars)},
          {"transfers", {{"object", numbers(transfers, [](const auto& one) { return one.object; })}, {"from", numbers(transfers, [](const auto& one) { return one.from; })},
                         {"to", numbers(transfers, [](const auto& one) { return one.to; })}, {"start", times(transfers, span, [](const auto& one) { return one.start; })},
                         {"end", times(transfers, span, [](const auto& one) { return one.end; })}}},
          {"path", {{"kind", numbers(run.critical_path, [](const Step& one) { return static_cast<std::uint32_t>(one.kind); })},
                    {"index", numbers(run.critical_path, [](const Step& one) { return one.index; })},
                    {"start", times(run.critical_path, span, [](const Step& one) { return one.start; })},
                    {"end", times(run.critical_path, span, [](const Step& one) { return one.end; })}}}};
}

/// Nothing in it can end the element that it stands in.
std::string inside_page(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char one : text) one == '<' ? safe += "\\u003c" : safe += one;
  return safe;
}
}  // namespace

std::string html(const std::string& title, std::span<const Timeline> runs) {
  double span = 0;
  for (const Timeline& run : runs) {
    for (const Bar& bar : run.bars) span = std::max(span, bar.end);
    for (const engine::TransferTimes& transfer : run.outcome.transfers) span = std::max(span, transfer.end);
  }
  if (span <= 0) span = 1;  // Nothing takes time: an empty picture.
  std::map<const engine::Case*, std::size_t> numbers;
  Json cases = Json::array(), all = Json::array();
  for (const Timeline& run : runs) {
    if (numbers.emplace(run.what.get(), cases.size()).second) cases.push_back(json_of(*run.what));
    all.push_back(json_of(run, numbers[run.what.get()], span));
  }
  const std::string data = inside_page({{"title", title}, {"span", span}, {"cases", std::move(cases)}, {"runs", std::move(all)}});
  std::string page;
  page.reserve(page_begin.size() + data.size() + page_end.size());
  return page.append(page_begin).append(data).append(page_end);
}
}  // namespace tessera::simulation::picture
