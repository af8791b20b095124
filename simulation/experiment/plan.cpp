#include "simulation/experiment/plan.hpp"

#include "runtime/policy/schedule/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace tessera::simulation::experiment {
using engine::Case;
using engine::Decision;
using engine::Outcome;
using engine::View;
namespace policy = runtime::policy;
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

std::vector<std::string> schedulers() { return policy::names(); }

Result<void> check_scheduler(const std::string& name) {
  const auto all = schedulers();
  if (std::ranges::find(all, name) != all.end()) return {};
  Failure failure = unknown("scheduler", name, all);
  failure.message += "; a plug-in's is known when the plug-in was loaded (--plugin)";
  return failure;
}

Result<engine::Setting> setting_of(const std::string& network) {
  if (network == "simple") return engine::Setting{};
  if (network == "none") return engine::Setting{engine::NetworkModel::none};
  if (network == "maxmin") return engine::Setting{engine::NetworkModel::maxmin, 4, 2};
  return unknown("network", network, {"simple", "maxmin", "none"});
}

Result<engine::Knowledge> information_of(const std::string& name) { return engine::knowledge_of(name); }

Result<Outcome> carry_out(const Case& what, const Plan& plan, Listener* listener) {
  auto setting = setting_of(plan.network);
  if (!setting) return setting.failure();
  return carry_out(what, std::move(*setting), plan, listener);
}

Result<Outcome> carry_out(const Case& what, engine::Setting setting, const Plan& plan, Listener* listener) {
  const auto knowledge = information_of(plan.information);
  if (!knowledge) return knowledge.failure();
  setting.learns = knowledge->mode == engine::Information::learned;
  const Case known = engine::known(what, *knowledge, plan.seed);
  const auto policy = policy::make(plan.scheduler, plan.seed);
  if (!policy) return check_scheduler(plan.scheduler).failure();
  const bool is_static = policy::schedule::find(plan.scheduler) != nullptr;
  if (is_static)
    if (const auto costs = policy::schedule::costs_of(known); !costs) return costs.failure();
  if (listener == nullptr || is_static) return engine::simulate(what, known, *policy, setting);
  Listened listened(*policy, *listener);
  return engine::simulate(what, known, listened, setting);
}

Result<std::vector<Decision>> decisions_of(const Case& what, const Plan& plan) {
  if (const auto scheduler = policy::schedule::find(plan.scheduler)) {
    const auto knowledge = information_of(plan.information);
    if (!knowledge) return knowledge.failure();
    auto all = policy::schedule::plan_of(engine::known(what, *knowledge, plan.seed), scheduler);
    if (!all) return all.failure();
    return std::vector{Decision{0, std::move(*all)}};
  }
  const auto setting = setting_of(plan.network);
  if (!setting) return setting.failure();
  Recorder recorder(setting->scheduling_time);
  if (const auto outcome = carry_out(what, plan, &recorder); !outcome) return outcome.failure();
  return std::move(recorder.decisions);
}

std::optional<Planned> planned(const Case& what, const Plan& plan, std::uint32_t task) {
  const auto scheduler = policy::schedule::find(plan.scheduler);
  const auto knowledge = information_of(plan.information);
  if (scheduler == nullptr || !knowledge) return {};
  const auto costs = policy::schedule::costs_of(engine::known(what, *knowledge, plan.seed));
  if (!costs) return {};
  const auto schedule = scheduler(*costs);
  const auto& slot = schedule.slots[task];
  return Planned{costs->places[slot.processor], slot.start, slot.end, static_cast<std::size_t>(std::ranges::find(schedule.order, task) - schedule.order.begin())};
}
}  // namespace tessera::simulation::experiment
