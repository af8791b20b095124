#include "tests/simulation/actors/member.hpp"

#include "tests/simulation/actors/operations.hpp"
#include "tests/simulation/actors/spill_disk.hpp"
#include "tests/simulation/actors/wire.hpp"

namespace tessera::simulation::shells {
Member::Member(World& its_world, std::uint64_t its_id, std::string its_name, Options options)
    : Machine(its_world, its_id, std::move(its_name)), options_(std::move(options)), disk_(its_world.stage) {
  actors::MemberOptions its;
  its.start_link = Wire::starter(world(), *this);
  its.coordinator = endpoint_of(world().host);
  its.role = options_.role;
  its.name = name;
  its.lanes = options_.lanes;
  its.limit = options_.limit;
  its.resources = options_.resources;
  its.job = options_.job;
  its.machine.is_simulated = true;
  if (options_.spills) its.machine.disk = std::make_unique<SpillDisk>(stage(), *this, disk_);
  const auto on_message = [this](const protocol::Message& message) {
    after({}, [this, message] { told(message); });
  };
  const auto on_lost = [this](const runtime::Failure&) {
    after({}, [this] {
      if (!std::exchange(has_lost_coordinator_, true)) lost_coordinator();
    });
  };
  auto begun = actors::Member::begin(system(), std::move(its), on_message, on_lost);
  if (!begun) violated("{}: {}", name, begun.failure().message);
  member_ = std::move(*begun);
}

Member::~Member() {
  member_->stop();
  run_out();
}

void Member::look() {
  if (alive) look_at_member();
  if (alive && has_joined_ && !lanes_.empty()) look_at_lanes();
  Machine::look();
}

void Member::look_at_member() {
  if (has_joined_ || has_lost_coordinator_) return;
  if (member_->refused()) {
    has_lost_coordinator_ = true;
    after({}, [this] { lost_coordinator(); });
    return;
  }
  if (!member_->has_joined()) return;
  has_joined_ = true;
  stage().tell("{} is node {}", name, member_->self().value);
  for (std::uint32_t lane = 0; lane < options_.lanes; ++lane) lanes_.push_back(std::make_unique<Lane>(node()));
  after({}, [this] { joined(); });
}

/// Lanes without work look for some a moment after each deed of the process.
void Member::look_at_lanes() {
  if (deeds == looked_at_ || std::exchange(is_look_asked_, true)) return;
  after(microseconds(static_cast<std::int64_t>(1 + stage().rng.below(30))), [this] {
    is_look_asked_ = false;
    wake_lanes();
    looked_at_ = deeds;
  });
}

void Member::wake_lanes() {
  for (const auto& lane : lanes_)
    if (!lane->is_busy && !take(*lane)) return;
}

bool Member::take(Lane& lane) {
  const actors::Work* work = node().take(lane.hand);
  if (work == nullptr) return false;
  lane.is_busy = true;
  const Key key = work->id.key;
  const bool is_of_program = work->operation != nullptr && work->operation->name != forward;  // None where the job has ended since it was queued.
  if (is_of_program) world().oracle.begins(key, name);
  stage().tell("{} runs {} attempt {}", name, to_string(key).substr(0, 8), work->attempt.value);
  after(is_of_program ? world().oracle.duration(key) : microseconds(2), [this, &lane] {
    stage().progress();
    node().compute(lane.hand);
    lane.is_busy = false;
    if (++computed_ % 8 == 0) node().check();
    take(lane);
  });
  return true;
}

void Member::leave() {
  member_->stop();
  alive = false;
  stage().tell("{} ends", name);
  world().network.died(id, /*is_silent=*/false);
}

void Member::drain() {
  if (!has_joined_) return;
  member_->to_coordinator(protocol::Leave{});
  watch_drain();
}

/// As `tools/cli` does for a node that was told to go.
void Member::watch_drain() {
  after(seconds(1), [this] {
    if (node().tasks() == 0) leave();
    else watch_drain();
  });
}

void Member::check_empty() {
  if (!has_joined_) return;
  node().check();
  const protocol::NodeStatus status = node().totals();
  if (node().tasks() > 0 || node().chunks() > 0 || status.resident.value + status.reserved.value + status.spilled.value > 0)
    violated("nothing is wanted any more, and this is left: {}", story());
  if (node().actors() > 0) violated("{}: {} actors of tasks and chunks are left", name, node().actors());
  if (disk_.files() > 0) violated("{}: {} files are left on disk", name, disk_.files());
}

std::string Member::story() {
  if (!has_joined_) return name + ": not joined";
  const protocol::NodeStatus status = node().totals();
  return fmt::format("{} (node {}): {} attempts, {} run, {} queued, {} chunks, {} actors, {} in memory, {} reserved, {} spilled{}", name, member_->self().value,
                     node().tasks(), status.running, status.queued, node().chunks(), node().actors(), to_string(status.resident), to_string(status.reserved),
                     to_string(status.spilled), is_paused() ? ", paused" : "");
}

void Member::close() {
  alive = false;
  member_->stop();
  Machine::close();
  if (has_joined_ && node().actors() > 0) violated("{} has ended, and {} actors of tasks and chunks have not", name, node().actors());
}

void Program::put(const ChunkId& chunk) { node().put(chunk, payload_of(world().oracle.value(chunk.key), world().oracle.size(chunk.key))); }

void Program::ask(const ChunkId& chunk, NodeId holder, Delivered done) {
  node().ask(chunk, holder, [this, done = std::move(done)](const std::optional<arrays::Payload>& payload) {
    after({}, [done, payload] { done(payload ? std::optional(value_of(*payload)) : std::nullopt); });
  });
}
}  // namespace tessera::simulation::shells
