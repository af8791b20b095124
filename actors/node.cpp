#include "actors/node.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace tessera::actors {
using namespace runtime::node;
using runtime::Bytes;
using runtime::ChunkId;
using runtime::NodeId;

namespace {
thread_local int runtime_depth = 0;
}  // namespace

bool inside_runtime() { return runtime_depth > 0; }
RuntimeThread::RuntimeThread() { ++runtime_depth; }
RuntimeThread::~RuntimeThread() { --runtime_depth; }

namespace {
/// With what the shell knows: its disk, its operations, and how far the resident set runs ahead of its measurement (docs/memory.md).
Config completed(Config config, bool has_disk, std::function<Need(const TaskView&)> need) {
  config.need = std::move(need);
  config.spills = has_disk;
  config.margin = margin_of(config.limit);
  return config;
}

/// One turn of a chunk actor on a thread of the disk.
class DiskTurn final : public spill::IoWork {
 public:
  using Ended = std::function<void(bool dropped, runtime::Duration took)>;
  DiskTurn(caf::actor_system& system, SlimHandle<ChunkActor> actor, Ended ended)
      : system_(system), actor_(std::move(actor)), ended_(std::move(ended)) {}
  void run() noexcept override {
    caf::scoped_execution_unit unit(&system_);
    const std::int64_t begin = now_ns(system_.clock());
    actor_->resume(&unit, 1);
    end(false, {now_ns(system_.clock()) - begin});
  }
  void drop() noexcept override { end(true, {}); }

 private:
  void end(bool dropped, runtime::Duration took) {
    const std::unique_ptr<DiskTurn> self(this);
    ended_(dropped, took);
  }
  caf::actor_system& system_;
  SlimHandle<ChunkActor> actor_;
  Ended ended_;
};

/// Files go on a thread of the disk, too: it takes milliseconds.
class DiskRemoval final : public spill::IoWork {
 public:
  DiskRemoval(Disk& disk, const ChunkId& chunk) : disk_(disk), chunk_(chunk) {}
  void run() noexcept override {
    const std::unique_ptr<DiskRemoval> self(this);
    disk_.remove(chunk_);
  }
  void drop() noexcept override { delete this; }

 private:
  Disk& disk_;
  ChunkId chunk_;
};
}  // namespace

Node::Node(caf::actor_system& system, Config config, NodeOutlets outlets, NodeMachine machine)
    : system_(system), clock_(system.clock()), is_simulated_(machine.is_simulated), self_(config.self), value_max_(config.value_max), outlets_(std::move(outlets)),
      lane_cores_(config.lanes),
      core_(completed(config, machine.disk != nullptr, [this](const TaskView& task) { return need_of(task); })), log_(std::move(machine.memory_log)),
      disk_(std::move(machine.disk)) {
  measure_bytes_ = std::max<std::uint64_t>(1, config.limit.value / 32);
  measure();
  if (is_simulated_) return;
  try {
    for (std::uint32_t lane = 0; lane < config.lanes; ++lane) lanes_.emplace_back([this, lane] { lane_main(lane); });
  } catch (...) {  // No more threads: those that began must end with the object.
    stop();
    throw;
  }
}

Node::~Node() { stop(); }

void Node::stop() {
  {
    Lock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    for (const auto& actor : task_actors_)
      if (actor) actor->stop();
  }
  idle_.wake_all();
  freed_.notify_all();
  for (std::thread& lane : lanes_) lane.join();
  if (disk_) disk_->stop();
  std::unordered_map<std::uint64_t, Delivered> asked;
  std::unique_ptr<MemoryLog> log;
  {
    Lock lock(mutex_);
    if (log_) log_->finish(now_ns(), sample());
    log = std::move(log_);
    for (auto& actor : task_actors_)
      if (actor) actor->end(caf::exit_reason::user_shutdown);
    for (auto& actor : chunk_actors_)
      if (actor) actor->end(caf::exit_reason::user_shutdown);
    for (auto& actor : ended_) actor->end(caf::exit_reason::user_shutdown);
    task_actors_.clear();
    chunk_actors_.clear();
    ended_.clear();
    asked.swap(asked_);
  }
  for (auto& [token, done] : asked) done(std::nullopt);
}

/// Unlocks, and ends what ended.
void Node::tidy(Lock& lock) {
  auto ended = std::exchange(ended_, {});
  auto unloaded = std::exchange(unloaded_, {});
  end_actors(lock, ended);
  if (unloaded.empty()) return;
  Bytes freed;
  for (const arrays::Payload& one : unloaded) freed += Bytes{one.size_bytes()};
  unloaded.clear();
  lock.lock();
  unloading_ -= freed;
  lock.unlock();
}

/// What needs no lock is done without it: the end of actors, the beginning of the result's.
void Node::end_actors(Lock& lock, std::vector<SlimHandle<TaskActor>>& ended) {
  lock.unlock();
  for (const auto& actor : ended) actor->end();
  ended.clear();
}

Node::Named* Node::named(const TaskView& task) {
  const auto of_job = operations_.find(task.id.job.value);
  if (of_job == operations_.end() || task.operation.value >= of_job->second.size()) return nullptr;
  return &of_job->second[task.operation.value];
}

arrays::Extent Node::extent_of(ChunkSlot slot) const {
  if (slot < chunk_actors_.size() && chunk_actors_[slot]) return chunk_actors_[slot]->extent();
  if (arriving_ && arriving_->chunk == core_.id_of(slot)) return arriving_->payload->extent();
  return {core_.size_of(slot)};
}

Need Node::need_of(const TaskView& task) {
  const Named* const its = named(task);
  const arrays::Operation* const operation = its != nullptr ? its->operation : nullptr;
  if (operation == nullptr || operation->sizes == nullptr) return {};
  extents_.clear();
  for (const ChunkSlot input : task.inputs) extents_.push_back(extent_of(input));
  const auto sizes = operation->sizes(*operation, task.params, extents_);
  if (!sizes) return {};
  return {sizes->output.bytes, sizes->scratch, true};
}

void Node::perform(bool on_lane) {
  for (Effect& effect : effects_) std::visit([this](auto& one) { perform(one); }, effect);
  effects_.clear();
  while (!refused_.empty()) {
    for (const DiskFailure& one : std::exchange(refused_, {})) {
      if (one.is_load) core_.step(Loaded{one.chunk, false, {}}, effects_);
      else core_.step(Spilled{one.chunk, false, {}, "too much is on its way to the disk"}, effects_);
    }
    for (Effect& effect : effects_) std::visit([this](auto& one) { perform(one); }, effect);
    effects_.clear();
  }
  let_arena_follow();
  if (log_) log_->sample(now_ns(), sample());
  const std::size_t own = on_lane ? 1 : 0;
  const std::size_t to_wake = idle_.queued(run_queue_.size() - std::min(run_queue_.size(), own));
  idle_.wake(to_wake);
  counters_.wakeups += to_wake;
}

/// What the arena keeps for the next block lies in what the ledger has left.
void Node::let_arena_follow() {
  const Bytes room = std::min(core_.ledger().available(), arrays::memory::kept_max_default);
  const Bytes change = room > kept_max_ ? room - kept_max_ : kept_max_ - room;
  if (change.value == 0 || (room > kept_max_ && room < arrays::memory::kept_max_default && change < runtime::mib(4))) return;
  kept_max_ = room;
  arrays::memory::set_kept_max(room);
}

void Node::perform(SpawnTask& effect) {
  if (task_actors_.size() <= effect.task) task_actors_.resize(effect.task + 1);
  task_actors_[effect.task] = spawn_slim<TaskActor>(system_, nullptr);
  ++counters_.task_actors;
}

void Node::perform(RunTask& effect) { run_queue_.push_back(effect.task); }

void Node::perform(StopTask& effect) { task_actors_[effect.task]->stop(); }

void Node::perform(KeepResult& effect) {
  keep(effect.chunk, std::move(finished_));
  ended_.push_back(std::move(task_actors_[effect.task]));
}

void Node::perform(EndTask& effect) { ended_.push_back(std::move(task_actors_[effect.task])); }

void Node::keep(ChunkSlot slot, arrays::Payload payload) { keep(slot, spawn_slim<ChunkActor>(system_, nullptr, std::move(payload))); }

void Node::keep(ChunkSlot slot, SlimHandle<ChunkActor> chunk) {
  if (chunk_actors_.size() <= slot) chunk_actors_.resize(slot + 1);
  chunk_actors_[slot] = std::move(chunk);
  ++counters_.chunk_actors;
  note_kept(slot);
}

void Node::perform(AdoptValue& effect) {
  arrays::Payload payload;
  payload.encoded = runtime::SharedBytes::of(std::move(effect.value));
  payload.encoded_type = std::move(effect.type);
  keep(effect.chunk, std::move(payload));
}

void Node::perform(StartPull& effect) {
  outlets_.pull(core_.id_of(effect.chunk), effect);
}

void Node::perform(FreeChunk& effect) {
  if (effect.chunk >= chunk_actors_.size() || !chunk_actors_[effect.chunk]) return;
  log(MemoryEvent::Kind::drop, effect.chunk);
  if (log_) logged_[effect.chunk] = {};
  ChunkActor& actor = *chunk_actors_[effect.chunk].get();
  if (actor.has_file()) {
    auto* removal = new DiskRemoval(*disk_, actor.id());
    if (!disk_->run(actor.id(), *removal)) removal->drop();  // The store's end removes it.
  }
  actor.end();
  chunk_actors_[effect.chunk].reset();
}

void Node::perform(Spill& effect) {
  const ChunkId id = core_.id_of(effect.chunk);
  chunk_actors_[effect.chunk]->order_spill(*disk_, id);
  on_disk_thread(effect.chunk, id, /*is_load=*/false);
}

void Node::perform(Load& effect) {
  chunk_actors_[effect.chunk]->order_load();
  on_disk_thread(effect.chunk, core_.id_of(effect.chunk), /*is_load=*/true);
}

void Node::perform(Unload& effect) {
  log(MemoryEvent::Kind::unload, effect.chunk);
  unloaded_.push_back(chunk_actors_[effect.chunk]->unload());
  unloading_ += Bytes{unloaded_.back().size_bytes()};
}

void Node::on_disk_thread(ChunkSlot slot, const ChunkId& chunk, bool is_load) {
  const SlimHandle<ChunkActor> actor = chunk_actors_[slot];
  auto* turn = new DiskTurn(system_, actor, [this, slot, actor, is_load](bool dropped, runtime::Duration took) {
    disk_ended(slot, actor, is_load, dropped, took);
  });
  if (disk_->run(chunk, *turn)) return;
  delete turn;
  refused_.push_back({slot, is_load});
}

void Node::disk_ended(ChunkSlot slot, const SlimHandle<ChunkActor>& actor, bool is_load, bool dropped, runtime::Duration took) {
  RuntimeThread mark;
  Lock lock(mutex_);
  if (stopping_ || dropped) return;
  const runtime::Result<void> result = actor->settle();
  if (log_) {
    using enum MemoryEvent::Kind;
    log(is_load ? (result ? load : load_failed) : (result ? spill : spill_failed), slot, took);
  }
  if (is_load) core_.step(Loaded{slot, bool(result), took}, effects_);
  else core_.step(Spilled{slot, bool(result), took, result ? std::string() : result.failure().message}, effects_);
  perform(/*on_lane=*/false);
  flush();
  freed_.notify_all();
  if (result) disk_bytes_ += actor->encoded_bytes();
  tidy(lock);
  measure();
}

void Node::perform(Provided&) { outlets_.provided(); }

void Node::perform(SendOffer& effect) {
  const ChunkActor& actor = *chunk_actors_[effect.chunk].get();
  runtime::protocol::Offer offer{core_.id_of(effect.chunk), {actor.encoded_bytes()}, actor.type_name(), std::nullopt};
  if (offer.size <= value_max_) {
    const runtime::SharedBytes bytes = actor.payload().bytes();
    offer.value.emplace(bytes.bytes.begin(), bytes.bytes.end());
  }
  outlets_.to_peer(effect.to, std::move(offer));
}

void Node::perform(Deliver& effect) {
  const auto at = asked_.find(effect.token);
  if (at == asked_.end()) return;
  Delivered done = std::move(at->second);
  asked_.erase(at);
  done(chunk_actors_[effect.chunk]->payload());
}

void Node::perform(DeliverNothing& effect) {
  const auto at = asked_.find(effect.token);
  if (at == asked_.end()) return;
  Delivered done = std::move(at->second);
  asked_.erase(at);
  done(std::nullopt);
}

void Node::perform(ToPeer& effect) { outlets_.to_peer(effect.node, std::move(effect.message)); }

void Node::assign(std::shared_ptr<const runtime::protocol::Assign> batch) { step(std::move(batch)); }

void Node::name_operations(const runtime::protocol::Operations& operations) {
  Lock lock(mutex_);
  auto& named = operations_[operations.job.value];
  if (named.size() < operations.first.value + operations.names.size())
    named.resize(operations.first.value + operations.names.size());
  for (std::size_t i = 0; i < operations.names.size(); ++i)
    named[operations.first.value + i] = {arrays::OperationTable::global().find(operations.names[i]), operations.names[i]};
}

void Node::offered(NodeId from, const runtime::protocol::Offer& offer) {
  Lock lock(mutex_);
  if (stopping_) return;
  arrays::Payload payload;
  if (offer.value) {
    payload.encoded = {nullptr, *offer.value};  // Read during the step alone.
    payload.encoded_type = offer.type;
    arriving_ = {offer.chunk, &payload};
  }
  core_.step(from, offer, effects_);
  arriving_.reset();
  perform(/*on_lane=*/false);
  flush();
  tidy(lock);
}

void Node::put(const ChunkId& chunk, arrays::Payload payload) {
  Lock lock(mutex_);
  if (stopping_) return;
  const Bytes size{payload.size_bytes()};
  arriving_ = {chunk, &payload};
  core_.step(Put{chunk, size}, effects_);
  arriving_.reset();
  const ChunkSlot slot = core_.find_resident(chunk);
  if (slot != nil && (slot >= chunk_actors_.size() || !chunk_actors_[slot])) keep(slot, std::move(payload));
  perform(/*on_lane=*/false);
  flush();
  // It asked nobody for memory: the next one is not put before this one has room, as long as the disk gives any.
  // What looks like too much may be this very block, measured before it was in the book: so it is measured again.
  bool is_measured = false;
  while (!stopping_ && core_.ledger().overrun().value > 0) {
    if (core_.disk_jobs() > 0) {
      freed_.wait(lock);
      is_measured = false;
    } else {
      if (std::exchange(is_measured, true)) break;
      lock.unlock();
      measure();
      lock.lock();
    }
  }
  tidy(lock);
}

std::uint64_t Node::ask(const ChunkId& chunk, NodeId holder, Delivered done) {
  Lock lock(mutex_);
  const std::uint64_t token = next_token_++;
  if (stopping_) {
    lock.unlock();
    done(std::nullopt);
    return token;
  }
  asked_.emplace(token, std::move(done));
  core_.step(Ask{chunk, holder, token}, effects_);
  perform(/*on_lane=*/false);
  flush();
  tidy(lock);
  return token;
}

void Node::unask(const ChunkId& chunk, std::uint64_t token) {
  Lock lock(mutex_);
  if (stopping_) return;
  asked_.erase(token);
  core_.step(Unask{chunk, token}, effects_);
  perform(/*on_lane=*/false);
  tidy(lock);
}

void Node::pulled(ChunkSlot slot, std::optional<arrays::Payload> payload) {
  Lock lock(mutex_);
  if (stopping_) return;
  const bool ok = payload.has_value(), is_kept = ok && !core_.has(core_.id_of(slot));  // Else it was made here meanwhile, and is in memory or on disk.
  if (is_kept) keep(slot, std::move(*payload));
  core_.step(Pulled{slot, ok}, effects_);
  if (is_kept) note_kept(slot);  // Again, as now it is known to be a copy.
  perform(/*on_lane=*/false);
  flush();
  tidy(lock);
}

std::optional<arrays::Payload> Node::find(const ChunkId& chunk) {
  Lock lock(mutex_);
  const ChunkSlot slot = core_.find_resident(chunk);
  if (slot == nil || stopping_) return std::nullopt;
  return chunk_actors_[slot]->payload();
}

std::optional<runtime::SharedBytes> Node::provide(const ChunkId& chunk) {
  Lock lock(mutex_);
  if (stopping_ || !core_.has(chunk)) return runtime::SharedBytes{};
  core_.step(Provide{chunk}, effects_);
  if (const ChunkSlot slot = core_.find_resident(chunk); slot != nil) return chunk_actors_[slot]->payload().bytes();
  perform(/*on_lane=*/false);
  tidy(lock);
  return std::nullopt;
}

void Node::measure() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  if (is_simulated_) return;
  const auto taken = [this] {
    const Bytes resident = meter_.read().resident, not_taken = arrays::memory::counters().kept + unloading_;
    return resident > not_taken ? resident - not_taken : Bytes{};
  };
  // With the lock: what is freed between the reading and its comparison would be taken for the process's own.
  Lock lock(mutex_);
  if (stopping_) return;
  Bytes resident = taken();
  if (base_.value == 0) base_ = resident;
  const Bytes booked = core_.ledger().resident() + core_.ledger().reserved();
  const std::uint64_t much = core_.ledger().limit().value / 32;
  if (resident > booked + base_ + Bytes{much} && disk_bytes_ >= much) {  // So would be what malloc keeps of small chunks.
    disk_bytes_ = 0;
    lock.unlock();
    release_freed_memory();
    lock.lock();
    if (stopping_) return;
    resident = taken();
  }
  core_.step(Measured{resident, arrays::memory::counters().in_use}, effects_);
  perform(/*on_lane=*/false);
  flush();
  tidy(lock);
#endif
}

bool Node::is_lane() const {
  const auto is_this = [](const std::thread& lane) { return lane.get_id() == std::this_thread::get_id(); };
  return std::any_of(lanes_.begin(), lanes_.end(), is_this);
}

NodeCounters Node::counters() {
  const spill::SpillCounters disk = disk_ ? disk_->counters() : spill::SpillCounters{};
  Lock lock(mutex_);
  NodeCounters counters = counters_;
  counters.booked_peak = core_.ledger().peak();
  counters.spill_written = disk.bytes_written;
  counters.spill_read = disk.bytes_read;
  return counters;
}

std::size_t Node::tasks() {
  Lock lock(mutex_);
  return core_.tasks();
}

std::size_t Node::chunks() {
  Lock lock(mutex_);
  return core_.chunks();
}

std::size_t Node::actors() {
  Lock lock(mutex_);
  const auto living = [](const auto& all) { return std::count_if(all.begin(), all.end(), [](const auto& one) { return bool(one); }); };
  return static_cast<std::size_t>(living(task_actors_) + living(chunk_actors_)) + ended_.size();
}

void Node::check() {
  Lock lock(mutex_);
  core_.check();
}
}  // namespace tessera::actors
