#include "tests/simulation/actors/host.hpp"

#include "tests/simulation/actors/wire.hpp"

namespace tessera::simulation::shells {
Host::Host(World& its_world, std::uint64_t its_id) : Machine(its_world, its_id, "coordinator") {
  actors::HostOptions options;
  options.start_link = Wire::starter(world(), *this);
  options.policy = stage().chaos.policy;
  options.seed = stage().chaos.seed;
  options.no_node_timeout = seconds(30);
  auto started = actors::HostProcess::start(system(), std::move(options));
  if (!started) violated("the coordinator: {}", started.failure().message);
  process_ = std::move(*started);
}

Host::~Host() {
  process_->stop();
  run_out();
}

void Host::gives_up(PeerId peer) {
  if (!knows(peer)) return;
  ++stage().losses;
  stage().saw("member lost");
}

std::string Host::story() const {
  std::string text = "coordinator:";
  for (const auto& [number, counts] : process_->jobs())
    text += fmt::format(" job {}: {} waiting, {} ready, {} assigned, {} done, {} failed, {} cancelled, {} records", number.value, counts.waiting, counts.ready,
                        counts.assigned, counts.done, counts.failed, counts.cancelled, counts.records);
  return text;
}

void Host::check_empty() const {
  for (const auto& [number, counts] : process_->jobs())
    if (counts.records > 0) violated("nothing is wanted any more, and the coordinator keeps records. {}", story());
}

void Host::close() {
  alive = false;
  process_->stop();
  Machine::close();
}
}  // namespace tessera::simulation::shells
