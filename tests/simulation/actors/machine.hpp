/// @file
/// A process whose actors run under CAF's scheduler for tests: one turn of one actor at a time, at moments and in an order that the seed draws.
#pragma once
#include "actors/caf.hpp"
#include "tests/simulation/fault/network.hpp"
#include "tests/simulation/fault/oracle.hpp"

#include <caf/scheduler/test_coordinator.hpp>

#include <optional>

namespace tessera::simulation::shells {
using namespace fault;

class Machine;
/// What all processes share.
struct World {
  Stage& stage;
  Oracle& oracle;
  Network& network;
  PeerId host;
  std::vector<Machine*> machines = {};
  std::map<PeerId, std::vector<std::byte>> greetings = {};
  std::map<std::uint64_t, runtime::SharedBytes> pulled = {};  ///< What is pulled, by the number that its pieces carry.
  std::string wrong = {};                                     ///< A violation that was seen where exceptions are the runtime's.
};

class Machine : public Process {
 public:
  Machine(World& world, std::uint64_t its_id, std::string its_name);
  ~Machine() override;

  /// The clock of its actors follows the stage's.
  void set_time(runtime::Instant now);
  /// After each deed of any process: whatever has something to do now gets its moment.
  virtual void look();
  /// Ends it if it lives. Throws where an actor does not end.
  virtual void close();
  /// It has sent this, and it gave up that peer.
  virtual void has_sent(PeerId to, std::span<const std::byte> body);
  virtual void gives_up(PeerId) {}

 protected:
  caf::actor_system& system() { return system_; }
  World& world() { return world_; }
  /// Ends what there is, whether the process lives or not.
  void run_out();

 private:
  struct Config : caf::actor_system_config {
    Config();
  };
  void run_one();
  void fire(Instant due);

  World& world_;
  Config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  bool is_turn_asked_ = false;
  std::optional<Instant> timer_;
};
}  // namespace tessera::simulation::shells
