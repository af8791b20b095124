#include "tests/simulation/actors/run.hpp"

#include "tests/simulation/actors/host.hpp"
#include "tests/simulation/actors/member.hpp"
#include "tests/simulation/actors/operations.hpp"
#include "tests/simulation/fault/cluster.hpp"

namespace tessera::simulation::shells {
namespace {
struct Stageable : World {
  Performance performance{*this};
};

struct Actors {
  using World = Stageable;
  using Host = shells::Host;
  using Member = shells::Member;
  using Program = shells::Program;
  static void step(World& world) {
    for (Machine* machine : world.machines) machine->set_time(world.stage.time.next());
    world.stage.time.step();
    for (std::size_t i = 0; i < world.machines.size(); ++i) world.machines[i]->look();
    if (!world.wrong.empty()) throw Violation(world.wrong);
  }
  static void close(World& world) {
    for (Machine* machine : world.machines) machine->close();
  }
};
}  // namespace

fault::Chaos draw(std::uint64_t seed) {
  Chaos chaos = Chaos::of(seed);
  chaos.largest.value /= 16;
  if (chaos.is_tight) {
    chaos.limit = {chaos.limit.value / 16 * 12 / 11};  // What `runtime::node::margin_of` takes is added.
    // More for the disk.
    chaos.small_percent = chaos.cheap_percent = 0;
    chaos.graphs = std::max(chaos.graphs, 3u), chaos.tasks = std::max(chaos.tasks, 40u);
    const Fault its[] = {Fault::bad_files, Fault::full_disk, Fault::slow_disk};
    if (chaos.faults != 0) chaos.faults |= 1u << static_cast<std::uint32_t>(its[seed % 3]);
  }
  chaos.is_declared = false;
  return chaos;
}

fault::Result run(const Chaos& chaos, bool tells, bool prints) { return Cluster<Actors>(chaos, tells, prints).run(); }
}  // namespace tessera::simulation::shells
