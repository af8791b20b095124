#include "simulation/experiment/bound.hpp"

#include <algorithm>
#include <numeric>

namespace tessera::simulation::experiment {
Bound bound_of(const engine::Case& what) {
  Bound bound;
  std::vector<std::uint32_t> waits(what.tasks.size()), order;
  std::vector<std::vector<std::uint32_t>> users(what.tasks.size());
  std::vector<double> begin(what.tasks.size());
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task) {
    for (const std::uint32_t input : what.tasks[task].inputs)
      if (const std::uint32_t producer = what.objects[input].producer; producer < users.size()) users[producer].push_back(task), ++waits[task];
    if (waits[task] == 0) order.push_back(task);
    bound.work += what.tasks[task].duration * what.tasks[task].cpus;
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double end = begin[order[i]] + what.tasks[order[i]].duration;
    bound.critical_path = std::max(bound.critical_path, end);
    for (const std::uint32_t user : users[order[i]]) {
      begin[user] = std::max(begin[user], end);
      if (--waits[user] == 0) order.push_back(user);
    }
  }
  bound.work /= std::accumulate(what.cpus.begin(), what.cpus.end(), 0.0);
  return bound;
}
}  // namespace tessera::simulation::experiment
