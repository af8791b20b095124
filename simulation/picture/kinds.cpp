#include "simulation/picture/timeline.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>

namespace tessera::simulation::picture {
namespace {
constexpr std::string_view digits = "0123456789";

std::string or_task(std::string_view text) {
  while (!text.empty() && std::string_view("_-.:#@ ([").find(text.back()) != text.npos) text.remove_suffix(1);
  return text.empty() ? "task" : std::string(text);
}
/// "NFCORE.ALIGN.STAR (sample)": "STAR".
std::string_view last_part(std::string_view name) {
  name = name.substr(0, name.find_first_of(" (["));
  const auto at = name.find_last_of(".:/");
  return at == name.npos || name.find_first_not_of(digits, at + 1) == name.npos ? name : name.substr(at + 1);
}
std::string without_number(std::string_view name) {
  name = last_part(name);
  const auto end = name.find_last_not_of(digits);
  name = end == name.npos ? std::string_view() : name.substr(0, end + 1);
  if (name.ends_with("_ID")) name.remove_suffix(3);
  return or_task(name);
}
std::string before_digits(std::string_view name) {
  name = last_part(name);
  return or_task(name.substr(0, name.find_first_of(digits)));
}
}  // namespace

Kinds kinds(const engine::Case& what) {
  Kinds kinds;
  for (const auto kind_of : {without_number, before_digits}) {
    std::map<std::string, std::pair<double, std::vector<std::uint32_t>>> found;  // Work, and tasks.
    for (std::uint32_t task = 0; task < what.tasks.size(); ++task) {
      auto& [work, tasks] = found[kind_of(what.tasks[task].name)];
      work += what.tasks[task].duration * what.tasks[task].cpus;
      tasks.push_back(task);
    }
    if (found.size() > Kinds::colour_count && kind_of == without_number) continue;
    std::vector<const decltype(found)::value_type*> order;
    for (const auto& one : found) order.push_back(&one);
    std::ranges::stable_sort(order, std::greater{}, [](const auto* one) { return one->second.first; });
    kinds.of_task.resize(what.tasks.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const std::size_t kind = std::min(i, Kinds::colour_count);
      if (kinds.names.size() <= kind) kinds.names.push_back(kind < Kinds::colour_count ? order[i]->first : "other");
      for (const std::uint32_t task : order[i]->second.second) kinds.of_task[task] = static_cast<std::uint32_t>(kind);
    }
    break;
  }
  return kinds;
}
}  // namespace tessera::simulation::picture
