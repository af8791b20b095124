#include "tools/cli/simulate_explain.hpp"

#include "simulation/experiment/account.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

namespace tessera::cli {
namespace {
namespace engine = simulation::engine;
namespace experiment = simulation::experiment;
using nlohmann::ordered_json;

constexpr std::size_t candidates_max = 8, steps_max = 40, name_max = 20;  ///< In text.

std::string task_text(const engine::Case& what, std::uint32_t task) {
  const std::string number = std::to_string(task), &name = what.tasks[task].name;
  return name.empty() || name == number ? number : fmt::format("{} {}", number, shortened(name, name_max));
}
std::string run_text(const experiment::Plan& plan) { return plan.scheduler.empty() ? plan.network : fmt::format("{}, {}", plan.scheduler, plan.network); }
std::string seconds(double value) { return fmt::format("{:.3f}", value); }
std::string part(double value, double of) { return of > 0 ? fmt::format("{:.1f} %", 100 * value / of) : "-"; }

/// The chosen one first, then those with the least to fetch.
std::vector<experiment::Candidate> shown(const experiment::Choice& choice) {
  auto all = choice.candidates;
  std::ranges::stable_sort(all, {}, [&](const experiment::Candidate& one) { return std::tuple(one.node != choice.given.node, one.seconds, -one.free_cores); });
  all.resize(std::min(all.size(), candidates_max));
  return all;
}

std::string choice_text(const experiment::Choice& choice) {
  std::string text = fmt::format("  at {:.3f} s the policy chose node {}", choice.time, choice.given.node);
  if (!choice.is_taken) text += ", which was lost or leaves: it was not taken";
  if (choice.inputs_to_come > 0) text += fmt::format("; {} inputs were not made yet", choice.inputs_to_come);
  Table table({"    node", "free cores", "missing MiB", "on its way MiB", "to fetch s"}, 1);
  for (const auto& one : shown(choice))
    table.add({fmt::format("  {} {}", one.node == choice.given.node ? '*' : ' ', one.node), std::to_string(one.free_cores), fmt::format("{:.1f}", one.missing),
               fmt::format("{:.1f}", one.coming), seconds(one.seconds)});
  text += "\n" + table.text();
  if (choice.candidates.size() > candidates_max) text += fmt::format("    and {} nodes more\n", choice.candidates.size() - candidates_max);
  return text;
}

/// All that a task needs of one other, or of what was there: as one.
struct Supply {
  experiment::Arrival all;               ///< Sizes summed; made and arrived with the last, begun with the first that was moved.
  std::size_t objects = 0;
  bool has_one_source = true;
};
/// By producers, in the order of the first input of each.
std::vector<std::pair<std::uint32_t, Supply>> supplies_of(const engine::Case& what, const std::vector<experiment::Arrival>& arrivals) {
  std::vector<std::pair<std::uint32_t, Supply>> supplies;
  std::map<std::uint32_t, std::size_t> place_of;
  for (const auto& one : arrivals) {
    const std::uint32_t producer = what.objects[one.object].producer;
    const auto [place, is_new] = place_of.emplace(producer, supplies.size());
    if (is_new) supplies.push_back({producer, {one, 1, true}});
    if (is_new) continue;
    auto& [all, objects, has_one_source] = supplies[place->second].second;
    ++objects, has_one_source = has_one_source && all.from == one.from;
    all.size += one.size, all.made = std::max(all.made, one.made), all.arrived = std::max(all.arrived, one.arrived);
    if (one.is_moved) all.begun = all.is_moved ? std::min(all.begun, one.begun) : one.begun, all.is_moved = true;
  }
  return supplies;
}

std::string arrivals_text(const engine::Case& what, const std::vector<experiment::Arrival>& arrivals) {
  if (arrivals.empty()) return "  it has no inputs\n";
  Table table({"  input of task", "MiB", "from node", "made s", "transfer begins s", "arrives s"}, 1);
  for (const auto& [producer, its] : supplies_of(what, arrivals)) {
    const std::string maker = producer == engine::nobody ? "(there from the beginning)" : task_text(what, producer), of = its.objects > 1 ? fmt::format(" ({} results)", its.objects) : "";
    table.add({"  " + maker + of, fmt::format("{:.1f}", its.all.size), its.has_one_source ? std::to_string(its.all.from) : "several", seconds(its.all.made),
               its.all.is_moved ? seconds(its.all.begun) : "-", seconds(its.all.arrived)});
  }
  return table.text();
}

ordered_json json_of(const experiment::Choice& choice) {
  ordered_json json{{"time_s", choice.time}, {"node", choice.given.node}, {"priority", choice.given.priority}, {"taken", choice.is_taken}, {"inputs_to_come", choice.inputs_to_come}};
  auto& candidates = json["candidates"] = ordered_json::array();
  for (const auto& one : choice.candidates)
    candidates.push_back({{"node", one.node}, {"chosen", one.node == choice.given.node}, {"free_cores", one.free_cores}, {"missing_mib", one.missing}, {"coming_mib", one.coming},
                          {"fetch_s", one.seconds}});
  return json;
}

ordered_json json_of(const engine::Case& what, const experiment::Path& path) {
  ordered_json json{{"compute_s", path.compute}, {"transfer_s", path.transfer}, {"cores_s", path.cores}, {"scheduler_s", path.scheduler}, {"lost_s", path.lost}, {"after_s", path.after}};
  auto& steps = json["steps"] = ordered_json::array();
  for (const auto& one : path.steps) {
    ordered_json its{{"task", one.task}, {"name", what.tasks[one.task].name}, {"node", one.node}, {"lost_s", one.lost}, {"scheduler_s", one.scheduler}, {"transfer_s", one.transfer},
                     {"cores_s", one.cores}, {"compute_s", one.compute}};
    if (one.object) its["object"] = *one.object, its["last_object"] = *one.last;
    if (one.held_by) its["cores_held_by"] = *one.held_by;
    steps.push_back(std::move(its));
  }
  return json;
}

std::string path_text(const engine::Case& what, const experiment::Plan& plan, const engine::Outcome& outcome, const experiment::Path& path) {
  const double all = outcome.makespan;
  std::string text = fmt::format("\n{}: {:.3f} s are on the critical path\n", run_text(plan), all);
  for (const auto& [value, of] : {std::pair(path.compute, "compute"), {path.transfer, "transfer"}, {path.cores, "waiting for cores"}, {path.scheduler, "waiting for the scheduler"}, {path.lost, "lost with nodes"}})
    if (value > 0 || std::string_view(of) != "lost with nodes") text += fmt::format("  {:>10.3f} s {:>7}  {}\n", value, part(value, all), of);
  const auto with_lost = [&](std::vector<std::string> row, std::string lost) {
    if (path.lost > 0) row.insert(row.begin() + 3, std::move(lost));
    return row;
  };
  Table table(with_lost({"  task", "cores held by", "node", "scheduler s", "transfer s", "cores s", "compute s", "ends s"}, "lost s"), 2);
  for (std::size_t i = 0; i < path.steps.size(); ++i) {
    if (path.steps.size() > steps_max && i == steps_max / 2) {
      table.add(with_lost({fmt::format("  ... {} more", path.steps.size() - steps_max), "", "", "", "", "", "", ""}, ""));
      i = path.steps.size() - steps_max / 2;
    }
    const auto& one = path.steps[i];
    table.add(with_lost({"  " + task_text(what, one.task), one.held_by ? task_text(what, *one.held_by) : "", std::to_string(one.node), seconds(one.scheduler), seconds(one.transfer),
                         seconds(one.cores), seconds(one.compute), seconds(one.end)}, seconds(one.lost)));
  }
  return text + table.text();
}
}  // namespace

Explanation::Explanation(const engine::Case& what, const Simulated& wanted) : what_(what), critical_path_(wanted.critical_path) {
  if (wanted.explain.empty()) return;
  const auto task = experiment::find_task(what, wanted.explain);
  if (!task) throw Error(task.failure().code, "--explain: " + task.failure().message);
  task_ = *task;
  watch_ = std::make_unique<experiment::Watch>(task_);
}

void Explanation::add_to(ordered_json& json, const experiment::Plan& plan, const engine::Outcome& outcome) const {
  const experiment::Account account(what_, outcome);
  if (watch_) {
    const auto& its = outcome.tasks[task_];
    const auto waits = account.waits(task_);
    ordered_json told{{"task", task_}, {"name", what_.tasks[task_].name}, {"node", its.node}, {"assigned_s", its.assigned}, {"start_s", its.start}, {"end_s", its.end},
                      {"waits", {{"inputs_s", waits.inputs}, {"lost_s", waits.lost}, {"scheduler_s", waits.scheduler}, {"data_s", waits.data}, {"cores_s", waits.cores}}}};
    if (const auto said = experiment::planned(what_, plan, task_))
      told["plan"] = {{"node", said->node}, {"start_s", said->start}, {"end_s", said->end}, {"place", said->place}};
    auto& choices = told["choices"] = ordered_json::array();
    for (const auto& choice : watch_->choices()) choices.push_back(json_of(choice));
    auto& inputs = told["inputs"] = ordered_json::array();
    for (const auto& one : account.arrivals(task_)) {
      inputs.push_back({{"object", one.object}, {"mib", one.size}, {"from", one.from}, {"made_s", one.made}, {"moved", one.is_moved}, {"begun_s", one.begun},
                        {"arrived_s", one.arrived}});
      if (const std::uint32_t producer = what_.objects[one.object].producer; producer != engine::nobody) inputs.back()["task"] = producer;
    }
    json["explain"] = std::move(told);
  }
  if (critical_path_) json["critical_path"] = json_of(what_, account.critical_path());
}

std::string Explanation::text(const experiment::Plan& plan, const engine::Outcome& outcome) const {
  const experiment::Account account(what_, outcome);
  std::string text;
  if (watch_) {
    const auto& its = outcome.tasks[task_];
    const auto waits = account.waits(task_);
    text += fmt::format("\n{}: task {} ran on node {} from {:.3f} s to {:.3f} s\n", run_text(plan), task_text(what_, task_), its.node, its.start, its.end);
    if (const auto said = experiment::planned(what_, plan, task_))
      text += fmt::format("  the plan said: node {} from {:.3f} s to {:.3f} s, placed as number {} of {}\n", said->node, said->start, said->end, said->place + 1, what_.tasks.size());
    else if (watch_->choices().empty()) text += fmt::format("  a recorded decision gave it to node {} at {:.3f} s\n", its.node, its.assigned);
    for (const auto& choice : watch_->choices()) text += choice_text(choice);
    text += arrivals_text(what_, account.arrivals(task_));
    if (waits.lost > 0) text += fmt::format("  {:.3f} s went by until an execution before had come to nothing, as its node was lost;\n", waits.lost);
    text += fmt::format("  it waited {:.3f} s for inputs to be made, {:.3f} s for the scheduler, {:.3f} s for data,\n  and {:.3f} s for cores: {:.3f} s, when it began\n", waits.inputs,
                        waits.scheduler, waits.data, waits.cores, its.start);
  }
  if (critical_path_) text += path_text(what_, plan, outcome, account.critical_path());
  return text;
}
}  // namespace tessera::cli
