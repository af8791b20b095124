#include "tests/simulation/fault/cluster.hpp"
#include "tests/simulation/fault/host.hpp"
#include "tests/simulation/fault/program.hpp"

namespace tessera::simulation::fault {
namespace {
/// Processes that are cores.
struct Cores {
  using World = fault::World;
  using Host = fault::Host;
  using Member = fault::Member;
  using Program = fault::Program;
  static void step(World& world) { world.stage.time.step(); }
  static void close(World&) {}
};
}  // namespace

Result run(const Chaos& chaos, bool tells, bool prints) { return Cluster<Cores>(chaos, tells, prints).run(); }
}  // namespace tessera::simulation::fault
