/// @file
/// Small cases and policies for tests of the engine.
#pragma once
#include "simulation/engine/policy.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <utility>

namespace tessera::simulation::engine {
/// Task 0 makes 100 MiB in 3 s, of which task 1 makes something in 1 s; two nodes of one core, 50 MiB/s.
inline Case pair_of_tasks() {
  Case what;
  what.name = "pair";
  what.tasks = {{"first", 3, 1, {}, {0}}, {"second", 1, 1, {0}, {}}};
  what.objects = {{100, 0}};
  what.cpus = {1, 1};
  what.bandwidth = 50;
  return what;
}

class Lambda final : public Policy {
 public:
  explicit Lambda(std::function<void(const View&, std::vector<Assignment>&)> act) : act_(std::move(act)) {}
  void decide(const View& view, std::vector<Assignment>& out) override { act_(view, out); }

 private:
  std::function<void(const View&, std::vector<Assignment>&)> act_;
};
/// What is ready goes to the first node that takes tasks and has what it needs.
inline void to_the_first(const View& view, std::vector<Assignment>& out) {
  for (const std::uint32_t task : view.newly_ready())
    for (std::uint32_t node = 0; node < view.what().cpus.size(); ++node)
      if (view.takes_tasks(node) && view.what().fits(task, node)) {
        out.push_back({task, node, 0, 0});
        break;
      }
}

inline Outcome done(runtime::Result<Outcome> outcome) {
  BOOST_REQUIRE_MESSAGE(bool(outcome), outcome.failure().message);
  return std::move(*outcome);
}
template <class T>
void fails(const runtime::Result<T>& result, const std::string& text) {
  BOOST_REQUIRE(!result);
  BOOST_TEST(result.failure().message.find(text) != std::string::npos, result.failure().message);
}
}  // namespace tessera::simulation::engine
