/// @file
/// `--explain TASK` and `--critical-path` of one run.
#pragma once
#include "simulation/experiment/watch.hpp"
#include "tools/cli/simulate.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace tessera::cli {
class Explanation {
 public:
  /// Throws `Error` where there is no such task.
  Explanation(const simulation::engine::Case& what, const Simulated& wanted);
  /// For the run; null: nothing is asked for.
  simulation::experiment::Listener* listener() { return watch_.get(); }
  /// What is asked for, added to a run's JSON.
  void add_to(nlohmann::ordered_json& json, const simulation::experiment::Plan& plan, const simulation::engine::Outcome& outcome) const;
  std::string text(const simulation::experiment::Plan& plan, const simulation::engine::Outcome& outcome) const;

 private:
  const simulation::engine::Case& what_;
  bool critical_path_ = false;
  std::uint32_t task_ = 0;
  std::unique_ptr<simulation::experiment::Watch> watch_;
};
}  // namespace tessera::cli
