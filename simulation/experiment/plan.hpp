/// @file
/// One run of a case, by names: what a command line or a file of experiments says.
#pragma once
#include "simulation/engine/policy.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::simulation::experiment {
struct Plan {
  std::string scheduler;                 ///< One of `schedulers()`.
  std::string network = "simple", information = "exact";
  std::uint64_t seed = 1;                ///< Of what the policy draws.
};
/// All policies, static schedules among them.
std::vector<std::string> schedulers();
/// `invalid_argument`: names what there is.
runtime::Result<void> check_scheduler(const std::string& name);
runtime::Result<engine::Setting> setting_of(const std::string& network);
runtime::Result<engine::Knowledge> information_of(const std::string& name);

/// Told of each call of a policy.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void decided(const engine::View& view, const std::vector<engine::Assignment>& given) = 0;
};

/// Static schedules are made of what the plan's information knows, too, and carried out without calls. Fails as they, `engine::simulate` and the functions above do.
runtime::Result<engine::Outcome> carry_out(const engine::Case& what, const Plan& plan, Listener* listener = nullptr);
/// The same under a setting that is not one of the networks by name: `plan.network` says nothing then.
runtime::Result<engine::Outcome> carry_out(const engine::Case& what, engine::Setting setting, const Plan& plan, Listener* listener = nullptr);
/// What was decided in such a run: `engine::replay` of it gives the same outcome.
runtime::Result<std::vector<engine::Decision>> decisions_of(const engine::Case& what, const Plan& plan);

/// What a static schedule said of a task.
struct Planned {
  std::uint32_t node = 0;
  double start = 0, end = 0;
  std::size_t place = 0;                 ///< In the order of placement, from 0: what comes first has the higher priority.
};
/// Nothing where the plan's scheduler is no static one.
std::optional<Planned> planned(const engine::Case& what, const Plan& plan, std::uint32_t task);
}  // namespace tessera::simulation::experiment
