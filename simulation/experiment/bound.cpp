#include "simulation/experiment/bound.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace tessera::simulation::experiment {
Bound bound_of(const engine::Case& what) {
  Bound bound;
  std::vector<std::uint32_t> waits(what.tasks.size()), order;
  std::vector<std::vector<std::uint32_t>> users(what.tasks.size());
  std::vector<double> begin(what.tasks.size()), least(what.tasks.size());  // On the node that is fastest for it.
  for (std::uint32_t task = 0; task < what.tasks.size(); ++task) {
    least[task] = what.times.empty() ? what.tasks[task].duration : std::numeric_limits<double>::infinity();
    for (std::uint32_t node = 0; node < what.cpus.size() && !what.times.empty(); ++node)
      if (what.fits(task, node)) least[task] = std::min(least[task], what.duration_on(task, node));
    for (const std::uint32_t input : what.tasks[task].inputs)
      if (const std::uint32_t producer = what.objects[input].producer; producer < users.size()) users[producer].push_back(task), ++waits[task];
    if (waits[task] == 0) order.push_back(task);
    bound.work += least[task] * what.tasks[task].cpus;
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double end = begin[order[i]] + least[order[i]];
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
