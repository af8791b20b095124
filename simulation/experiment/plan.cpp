#include "simulation/experiment/plan.hpp"

#include "simulation/policy/policies.hpp"
#include "simulation/schedule/case_schedule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tessera::simulation::experiment {
using engine::Case;
using engine::Decision;
using engine::Outcome;
using engine::View;
using runtime::ErrorCode;
using runtime::Failure;
using runtime::Result;

namespace {
Failure unknown(std::string_view kind, const std::string& name, const std::vector<std::string>& known) {
  return {ErrorCode::invalid_argument, fmt::format("there is no {} \"{}\"; there are {}", kind, name, fmt::join(known, ", "))};
}

class Listened final : public engine::Policy {
 public:
  Listened(engine::Policy& inner, Listener& listener) : inner_(inner), listener_(listener) {}
  void decide(const View& view, std::vector<engine::Assignment>& out) override {
    inner_.decide(view, out);
    listener_.decided(view, out);
  }

 private:
  engine::Policy& inner_;
  Listener& listener_;
};

class Recorder final : public Listener {
 public:
  explicit Recorder(double scheduling_time) : scheduling_time_(scheduling_time) {}
  void decided(const View& view, const std::vector<engine::Assignment>& given) override {
    if (!given.empty()) decisions.push_back({view.now() + scheduling_time_, given});
  }
  std::vector<Decision> decisions;

 private:
  double scheduling_time_;
};
}  // namespace

std::vector<std::string> schedulers() {
  std::vector<std::string> all(schedule::names().begin(), schedule::names().end());
  for (const std::string_view name : policy::names())
    if (std::ranges::find(all, name) == all.end()) all.emplace_back(name);
  return all;
}

Result<void> check_scheduler(const std::string& name) {
  const auto all = schedulers();
  if (std::ranges::find(all, name) == all.end()) return unknown("scheduler", name, all);
  return {};
}

Result<engine::Setting> setting_of(const std::string& network) {
  if (network == "simple") return engine::Setting{};
  if (network == "maxmin") return engine::Setting{engine::NetworkModel::maxmin, 4, 2, 0, 0};
  return unknown("network", network, {"simple", "maxmin"});
}

Result<engine::Information> information_of(const std::string& name) {
  if (name == "exact") return engine::Information::exact;
  if (name == "user") return engine::Information::user;
  if (name == "mean") return engine::Information::mean;
  return unknown("information", name, {"exact", "user", "mean"});
}

Result<Outcome> carry_out(const Case& what, const Plan& plan, Listener* listener) {
  const auto setting = setting_of(plan.network);
  if (!setting) return setting.failure();
  const auto information = information_of(plan.information);
  if (!information) return information.failure();
  const Case known = engine::known(what, *information);
  if (const auto scheduler = schedule::find(plan.scheduler)) {
    const auto decisions = schedule::decisions_of(known, scheduler);
    if (!decisions) return decisions.failure();
    return engine::replay(what, *decisions, *setting);
  }
  const auto policy = policy::make(plan.scheduler, known, plan.seed);
  if (!policy) return check_scheduler(plan.scheduler).failure();
  if (listener == nullptr) return engine::simulate(what, known, *policy, *setting);
  Listened listened(*policy, *listener);
  return engine::simulate(what, known, listened, *setting);
}

Result<std::vector<Decision>> decisions_of(const Case& what, const Plan& plan) {
  if (const auto scheduler = schedule::find(plan.scheduler)) {
    const auto information = information_of(plan.information);
    if (!information) return information.failure();
    return schedule::decisions_of(engine::known(what, *information), scheduler);
  }
  const auto setting = setting_of(plan.network);
  if (!setting) return setting.failure();
  Recorder recorder(setting->scheduling_time);
  if (const auto outcome = carry_out(what, plan, &recorder); !outcome) return outcome.failure();
  return std::move(recorder.decisions);
}

std::optional<Planned> planned(const Case& what, const Plan& plan, std::uint32_t task) {
  const auto scheduler = schedule::find(plan.scheduler);
  const auto information = information_of(plan.information);
  if (scheduler == nullptr || !information) return {};
  const auto problem = schedule::problem_of(engine::known(what, *information));
  if (!problem) return {};
  const auto schedule = scheduler(*problem);
  const auto& slot = schedule.slots[task];
  return Planned{problem->places[slot.processor], slot.start, slot.end, static_cast<std::size_t>(std::ranges::find(schedule.order, task) - schedule.order.begin())};
}
}  // namespace tessera::simulation::experiment
