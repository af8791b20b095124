/// @file
/// One task of a run: what its policy could see when it chose a node.
#pragma once
#include "simulation/experiment/plan.hpp"

#include <string_view>
#include <vector>

namespace tessera::simulation::experiment {
struct Candidate {
  std::uint32_t node = 0;
  std::int64_t free_cores = 0;           ///< Without those of tasks that the same call gave it before.
  double missing = 0, coming = 0;        ///< MiB of inputs, as the policy knows their sizes: neither there nor on their way; on their way.
  double seconds = 0;                    ///< Of the transfer of both, with nothing else on the network.
};
/// One time that the task was given to a node.
struct Choice {
  double time = 0;                       ///< Of the call.
  engine::Assignment given;
  bool is_taken = true;                  ///< Its node takes tasks: it is there, and does not leave.
  std::uint32_t inputs_to_come = 0;      ///< That were not made yet: they are in no candidate's missing MiB.
  std::vector<Candidate> candidates;     ///< All nodes, by number.
};

class Watch final : public Listener {
 public:
  explicit Watch(std::uint32_t task) : task_(task) {}
  void decided(const engine::View& view, const std::vector<engine::Assignment>& given) override;
  const std::vector<Choice>& choices() const { return choices_; }

 private:
  std::uint32_t task_;
  std::vector<Choice> choices_;
};

/// The task of that name, or else of that number. `invalid_argument`: several have the name, or none; then with names that are near.
runtime::Result<std::uint32_t> find_task(const engine::Case& what, std::string_view name);
}  // namespace tessera::simulation::experiment
