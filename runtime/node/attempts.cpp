// Attempts of tasks: from assignment over inputs, admission and a lane to the report.
#include "runtime/node/core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace tessera::runtime::node {
using task::execution::Phase;
using task::execution::Trigger;

Core::Core(Config config) : config_(std::move(config)), ledger_(config_.limit), base_overhead_(config_.margin) {
  ledger_.set_overhead(base_overhead_);
  for (const auto& [name, amount] : config_.resources) resources_free_.push_back(amount);
}

void Core::move(Task& task, Trigger trigger) {
  const std::optional<Phase> after = task::execution::next(task.phase, trigger);
  TESSERA_ASSERT(after.has_value(), "illegal event of an attempt");
  task.phase = *after;
}

void Core::step(std::shared_ptr<const protocol::Assign> event, Effects& out) {
  for (const protocol::Assignment& what : event->tasks) index_.prefetch({what.key, event->job});
  std::uint32_t input = 0, params = 0;
  for (std::uint32_t i = 0; i < event->tasks.size(); ++i) {
    begin(event, i, input, params, out);
    input += event->tasks[i].inputs;
    params += event->tasks[i].params;
  }
  fill_lanes(out);
  checked();
}

void Core::begin(std::shared_ptr<const protocol::Assign> batch, std::uint32_t index, std::uint32_t first_input,
                 std::uint32_t params_begin, Effects& out) {
  const protocol::Assignment& what = batch->tasks[index];
  const JobId job = batch->job;
  ChunkSlot slot = find_or_add({what.key, job});
  if (is_here(chunks_[slot].here)) {
    chunks_[slot].dropped = false;
    chunks_[slot].attempt = what.attempt;
    if (!chunks_[slot].is_copy) chunks_[slot].eviction = what.eviction;
    report(job, protocol::Finished{what.task, what.attempt, chunks_[slot].size, {}, std::nullopt}, what.report_value);
    return;
  }
  if (const TaskSlot old = chunks_[slot].task; old != nil) {
    if (tasks_[old].what().attempt == what.attempt) return;
    withdraw(old, out);
    slot = find_or_add({what.key, job});  // It may have been freed with the attempt.
  }
  TaskSlot slot_of_task = static_cast<TaskSlot>(tasks_.size());
  if (free_tasks_.empty()) {
    tasks_.emplace_back();
  } else {
    slot_of_task = free_tasks_.back();
    free_tasks_.pop_back();
  }
  ++task_count_;
  Task& task = tasks_[slot_of_task];
  task.phase = Phase::gathering;
  task.chunk = slot;
  task.index = index;
  task.params_begin = params_begin;
  task.missing = task.loads = 0;
  task.reserved = task.output = {};
  task.has_need = false;
  task.inputs.clear();
  chunks_[slot].task = slot_of_task;
  chunks_[slot].dropped = false;
  chunks_[slot].rank = what.rank, chunks_[slot].priority = what.priority;
  out.push_back(SpawnTask{slot_of_task});
  ChunkSlot nowhere = nil;
  for (std::uint32_t i = 0; i < what.inputs; ++i) {
    const protocol::Input& input = batch->inputs[first_input + i];
    const ChunkSlot at = find_or_add({input.key, job});
    Chunk& chunk = chunks_[at];
    task.inputs.push_back(at);
    ++chunk.pins;
    chunk.uses = input.uses;
    if (is_here(chunk.here)) continue;
    ++task.missing;
    chunk.waiters.push_back(slot_of_task);
    if (chunk.task != nil || chunk.source != no_node || chunk.here == Here::filling) continue;
    if (input.holder == no_node || input.holder == config_.self) nowhere = at;
    else fetch(at, input.holder, out);
  }
  task.batch = std::move(batch);
  if (nowhere != nil) give_up_input(nowhere, config_.self, out);
  else if (task.missing == 0) inputs_here(slot_of_task);
}

void Core::enqueue(TaskSlot slot) {
  const Task& task = tasks_[slot];
  std::vector<Queued>& queue = reads(task) ? readers_ : queue_;
  queue.push_back({task.what().priority, slot, task.what().rank});
  std::push_heap(queue.begin(), queue.end());
}

bool Core::reads(const Task& task) const {
  return std::ranges::none_of(task.inputs, [&](ChunkSlot input) { return chunks_[input].size > config_.value_max; });
}

void Core::inputs_here(TaskSlot slot) {
  move(tasks_[slot], Trigger::inputs_here);
  enqueue(slot);
}

/// Output and scratch: declared, learnt from those before, or guessed for the first ones of an operation, so that those that run at
/// once take an eighth of the memory at most.
Bytes Core::own_need(Task& task) {
  if (!std::exchange(task.has_need, true)) task.need = config_.need ? config_.need(view(chunks_[task.chunk].task)) : Need{};
  if (task.need.is_declared) {
    task.output = task.need.output;
    return task.need.output + task.need.scratch;
  }
  const std::uint64_t operation = std::uint64_t{task.batch->job.value} << 32 | task.what().operation.value;
  const auto known = learnt_.find(operation);
  task.output = known != learnt_.end() ? known->second.output : Bytes{ledger_.limit().value / 8 / config_.lanes};
  return task.output;
}

/// Of inputs that have to come from disk.
Bytes Core::inputs_need(const Task& task) {
  if (spilled_.value == 0) return {};
  Bytes sum;
  ++mark_;
  for (const ChunkSlot input : task.inputs) {
    Chunk& chunk = chunks_[input];
    if (chunk.here != Here::spilled || std::exchange(chunk.mark, mark_) == mark_) continue;
    sum += chunk.size;
  }
  return sum;
}

/// Asks for all that it will hold, at once: it never holds a part and waits for the rest. False where it can never have it.
bool Core::admit(TaskSlot slot, Effects& out) {
  Task& task = tasks_[slot];
  move(task, Trigger::picked);
  const Bytes own = own_need(task);
  Bytes held;
  ++mark_;
  for (const ChunkSlot input : task.inputs)
    if (std::exchange(chunks_[input].mark, mark_) != mark_) held += chunks_[input].size;
  task.reserved = own + inputs_need(task);
  const bool fits = held + own + base_overhead_ <= ledger_.limit();
  switch (fits ? ledger_.request(slot, task.reserved, rank_of(task)) : memory::Verdict::never) {
    case memory::Verdict::granted:
      task.reserved = own;
      take_hold(slot, out);
      return true;
    case memory::Verdict::waits: admitting_.push_back(slot); return true;
    case memory::Verdict::never: break;
  }
  protocol::Blame blame;
  blame.code = ErrorCode::out_of_memory;
  blame.message = "it needs " + to_string(held + own) + " at once (" + to_string(held) + " of inputs, " + to_string(task.output) +
                  " for its output, " + to_string(own - task.output) + " of scratch) and the node's limit is " +
                  to_string(ledger_.limit()) + ", of which the process itself takes " + to_string(base_overhead_) +
                  ": use smaller chunks or raise --memory-limit";
  task.reserved = {};
  refuse(slot, std::move(blame), out);
  return false;
}

void Core::granted(TaskSlot slot, Effects& out) {
  Task& task = tasks_[slot];
  std::erase(admitting_, slot);
  // Meanwhile an input was perhaps spilled for somebody who goes first, or loaded for him.
  const Bytes own = own_need(task), all = own + inputs_need(task);
  if (all > task.reserved) {
    ledger_.unreserve(task.reserved);
    task.reserved = all;
    if (ledger_.request(slot, all, rank_of(task)) != memory::Verdict::granted) {
      admitting_.push_back(slot);
      return;
    }
  } else {
    ledger_.unreserve(task.reserved - all);
  }
  task.reserved = own;
  take_hold(slot, out);
}

void Core::take_hold(TaskSlot slot, Effects& out) {
  Task& task = tasks_[slot];
  move(task, Trigger::granted);
  for (const ChunkSlot input : task.inputs) {
    Chunk& chunk = chunks_[input];
    ++chunk.locks;
    if (chunk.here == Here::spilled) load(input, out);
    if (chunk.here == Here::loading) ++task.loads;
  }
  if (task.loads == 0) prepared(slot);
  else ++loading_;
}

void Core::prepared(TaskSlot slot) {
  Task& task = tasks_[slot];
  move(task, Trigger::loaded);
  prepared_.push_back({task.what().priority, slot, task.what().rank});
  std::push_heap(prepared_.begin(), prepared_.end());
}

void Core::put_back(TaskSlot slot) {
  Task& task = tasks_[slot];
  ledger_.withdraw(slot);
  std::erase(admitting_, slot);
  task.reserved = {};
  return_resources(task);
  move(task, Trigger::put_back);
  enqueue(slot);
}

bool Core::take_resources(const Task& task) {
  const auto& wanted = task.what().resources;
  if (wanted.empty()) return true;
  std::vector<std::int64_t> left = resources_free_;
  for (const auto& [name, amount] : wanted) {
    const auto at = std::find_if(config_.resources.begin(), config_.resources.end(), [&name = name](const auto& it) { return it.first == name; });
    if (at == config_.resources.end()) return false;
    if ((left[static_cast<std::size_t>(at - config_.resources.begin())] -= amount) < 0) return false;
  }
  resources_free_ = std::move(left);
  return true;
}

void Core::return_resources(const Task& task) {
  const auto& taken = task.what().resources;
  if (taken.empty()) return;
  for (const auto& [name, amount] : taken)
    for (std::size_t i = 0; i < config_.resources.size(); ++i)
      if (config_.resources[i].first == name) resources_free_[i] += amount;
  for (const Queued& entry : std::exchange(lacking_resources_, {})) enqueue(entry.task);
}

void Core::start_prepared(Effects& out) {
  while (running_ < config_.lanes && !prepared_.empty()) {
    std::pop_heap(prepared_.begin(), prepared_.end());
    const TaskSlot slot = prepared_.back().task;
    prepared_.pop_back();
    move(tasks_[slot], Trigger::started);
    ++running_;
    if (ahead_.value > 0)
      for (const ChunkSlot input : tasks_[slot].inputs) follow(chunks_[input]);
    out.push_back(RunTask{slot});
  }
}

/// What was read for others has come to use, or is gone.
void Core::follow(Chunk& chunk) {
  if (std::exchange(chunk.is_ahead, false)) ahead_ -= chunk.size;
}

/// Who reads starts only when what it feeds can follow: not while more than a sixteenth of the memory, and a result for each lane, wait for
/// attempts here that have not begun, but for the next of them. What is more urgent than those is not held. Where the next one waits for a
/// later graph (delegated tasks) or another node, readers go on one at a time.
bool Core::must_follow(TaskSlot reader) {
  if (running_ == 0 || ahead_.value == 0) return false;
  own_need(tasks_[reader]);
  const Bytes output = tasks_[reader].output;
  if (ahead_ <= std::max(Bytes{ledger_.limit().value / 16}, Bytes{output.value * config_.lanes})) return false;
  const protocol::Assignment& its = tasks_[reader].what();
  return std::ranges::any_of(tasks_, [&](const Task& task) {
    if (task.chunk == nil || task.phase >= Phase::loading || task.inputs.empty()) return false;
    return task.what().rank < its.rank && task.what().priority >= its.priority;
  });
}

/// The queue whose first has its turn.
std::vector<Core::Queued>* Core::next_queue() {
  if (!readers_.empty() && (queue_.empty() || queue_.front() < readers_.front()) && !must_follow(readers_.front().task)) return &readers_;
  return queue_.empty() ? nullptr : &queue_;
}

// An attempt asks for memory only when its turn on a lane has come (or a load can be done meanwhile): what is read before its
// consumers can follow would fill the memory (O6).
void Core::fill_lanes(Effects& out) {
  const std::size_t ahead = spilled_.value > 0 ? config_.lanes : 0;
  for (;;) {
    start_prepared(out);
    std::vector<Queued>* const queue = next_queue();
    if (queue == nullptr) break;
    const std::size_t in_hand = running_ + loading_ + prepared_.size() + admitting_.size();
    if (in_hand >= config_.lanes + ahead) {
      // Who waits for memory does not keep a more urgent one from its turn.
      const auto last = std::ranges::max_element(admitting_, [&](TaskSlot a, TaskSlot b) { return rank_of(tasks_[a]) < rank_of(tasks_[b]); });
      if (last == admitting_.end() || !(rank_of(tasks_[queue->front().task]) < rank_of(tasks_[*last]))) break;
      const TaskSlot waited = *last;
      put_back(waited);
    }
    std::pop_heap(queue->begin(), queue->end());
    const Queued entry = queue->back();
    queue->pop_back();
    if (!take_resources(tasks_[entry.task])) {
      lacking_resources_.push_back(entry);
      continue;
    }
    admit(entry.task, out);
  }
  settle_memory(out);  // Not before: who waits would take the room of a more urgent one, whose inputs have just come.
  start_prepared(out);
  while (make_room(out)) start_prepared(out);
  start_prepared(out);
  try_another(out);
}

/// Nothing runs or moves, and who is first does not fit: whoever does fit may free what it needs (M6).
void Core::try_another(Effects& out) {
  if (ledger_.waiting() == 0 || running_ > 0 || loading_ > 0 || disk_jobs_ > 0 || !prepared_.empty() || is_about_to_fit()) return;
  std::vector<Queued> order = queue_;
  order.insert(order.end(), readers_.begin(), readers_.end());
  std::ranges::sort(order, [](const Queued& a, const Queued& b) { return b < a; });
  for (const Queued& entry : order) {
    Task& task = tasks_[entry.task];
    if (own_need(task) + inputs_need(task) > ledger_.available()) continue;
    std::vector<TaskSlot> waiting = admitting_;
    for (const TaskSlot one : waiting) put_back(one);
    take_from_queues(entry.task);
    if (!take_resources(task)) {
      lacking_resources_.push_back(entry);
    } else {
      admit(entry.task, out);
      start_prepared(out);
    }
    return;
  }
  evict_when_stuck(out);
  start_prepared(out);
}

void Core::lane_ended(TaskSlot slot) {
  ++progress_;
  --running_;
  return_resources(tasks_[slot]);
}

/// As if nothing of what the result is made of were here any more, and what is used twice had to be made twice. Where all of that was made on this node, this node can make it
/// again, whatever becomes of others, and no transfer is in it. What takes more room than the result would send others to disk when it is made again. The memory of a task with inputs is known for sure where it is declared: what is learnt grows, and may not fit later.
Duration Core::again(const Task& task, Bytes size, Duration took) const {
  if (!task.inputs.empty() && !task.need.is_declared) return endless;
  Duration sum = std::min(took, endless);
  Bytes taken;
  for (const ChunkSlot input : task.inputs) {
    sum = std::min(endless, sum + (chunks_[input].eviction == protocol::Eviction::never ? endless : chunks_[input].again));
    taken += chunks_[input].size;
  }
  return taken > size ? endless : sum;
}

void Core::step(LaneFinished event, Effects& out) {
  Task& task = tasks_[event.task];
  lane_ended(event.task);
  if (task.phase == Phase::discarded) {
    end(event.task, out, false);
  } else {
    const ChunkSlot slot = task.chunk;
    const Maker maker = learn(std::uint64_t{task.batch->job.value} << 32 | task.what().operation.value, event.size);
    ledger_.unreserve(task.reserved - task.output);
    task.reserved = task.output;
    // A copy may have come meanwhile: then that one stays, and the result is thrown away.
    const bool is_first = !is_here(chunks_[slot].here), is_read = is_first && event.size > config_.value_max && reads(task);
    ledger_.commit(std::exchange(task.reserved, {}), is_first ? event.size : Bytes{});
    if (is_first) {
      chunks_[slot].size = event.size, chunks_[slot].is_copy = false, chunks_[slot].maker = maker;
      chunks_[slot].again = again(task, event.size, event.took), chunks_[slot].eviction = task.what().eviction, chunks_[slot].has_inputs = !task.inputs.empty();
    }
    chunks_[slot].attempt = task.what().attempt;
    report(task.batch->job,
           protocol::Finished{task.what().task, task.what().attempt, event.size, event.took, std::move(event.value), event.ended},
           task.what().report_value);
    if (is_first) out.push_back(KeepResult{event.task, slot});
    for (const ChunkSlot input : task.inputs) {
      Chunk& chunk = chunks_[input];
      if (chunk.uses == protocol::many_uses || chunk.uses == 0 || --chunk.uses > 0) continue;
      // The coordinator will say so, too, but it may be a while until it has its turn.
      if (chunk.size > config_.value_max) chunk.dropped = true;
    }
    end(event.task, out, is_first);
    if (is_read && chunks_[slot].pins > 0) {
      chunks_[slot].is_ahead = true;
      ahead_ += event.size;
    }
    if (is_first) became_resident(slot, out);
  }
  fill_lanes(out);
  checked();
}

void Core::step(LaneErrored event, Effects& out) {
  lane_ended(event.task);
  if (tasks_[event.task].phase != Phase::discarded) {
    const Task& task = tasks_[event.task];
    report(task.batch->job, protocol::Errored{task.what().task, task.what().attempt, std::move(event.blame), event.took, event.ended}, true);
  }
  end(event.task, out, false);
  fill_lanes(out);
  checked();
}

void Core::step(LaneDelegated event, Effects& out) {
  lane_ended(event.task);
  if (tasks_[event.task].phase != Phase::discarded) {
    const Task& task = tasks_[event.task];
    report(task.batch->job, protocol::Delegated{task.what().task, task.what().attempt, std::move(event.graph), event.result, event.took, event.ended},
           true);
  }
  end(event.task, out, false);
  fill_lanes(out);
  checked();
}

void Core::unpin_inputs(TaskSlot slot, Effects& out, bool has_locks) {
  for (const ChunkSlot input : tasks_[slot].inputs) {
    Chunk& chunk = chunks_[input];
    if (has_locks) --chunk.locks;
    if (--chunk.pins > 0) continue;
    follow(chunk);
    if (chunk.dropped) drop(input, out);
    else free_if_idle(input);
  }
}

void Core::end(TaskSlot slot, Effects& out, bool with_result) {
  Task& task = tasks_[slot];
  const bool has_locks = task.phase >= Phase::loading;
  move(task, Trigger::ended);
  unpin_inputs(slot, out, has_locks);
  if (task.reserved.value > 0) ledger_.unreserve(std::exchange(task.reserved, {}));
  if (!with_result) out.push_back(EndTask{slot});
  const ChunkSlot chunk = std::exchange(task.chunk, nil);
  if (chunks_[chunk].task == slot) chunks_[chunk].task = nil;
  task.batch.reset();
  task.inputs.clear();
  --task_count_;
  free_tasks_.push_back(slot);
  if (!with_result) free_if_idle(chunk);
}

void Core::withdraw(TaskSlot slot, Effects& out) {
  Task& task = tasks_[slot];
  const Phase before = task.phase;
  if (before == Phase::running || before == Phase::discarded) {
    move(task, Trigger::withdrawn);
    if (before == Phase::running) out.push_back(StopTask{slot});
    if (chunks_[task.chunk].task == slot) chunks_[task.chunk].task = nil;  // Another attempt may come.
    return;
  }
  if (before == Phase::gathering) {
    for (const ChunkSlot input : std::vector<ChunkSlot>(task.inputs)) {
      Chunk& chunk = chunks_[input];
      if (std::erase(chunk.waiters, slot) == 0) continue;
      if (chunk.waiters.empty() && chunk.askers.empty()) unfetch(input, out);
    }
  } else if (before == Phase::queued) {
    take_from_queues(slot);
    std::erase_if(lacking_resources_, [&](const Queued& entry) { return entry.task == slot; });
  } else {
    return_resources(task);
    if (before == Phase::admitting) {
      ledger_.withdraw(slot);
      std::erase(admitting_, slot);
      task.reserved = {};
    } else if (before == Phase::loading) {
      --loading_;
    } else {
      std::erase_if(prepared_, [&](const Queued& entry) { return entry.task == slot; });
      std::make_heap(prepared_.begin(), prepared_.end());
    }
  }
  end(slot, out, false);
}

void Core::take_from_queues(TaskSlot slot) {
  for (std::vector<Queued>* queue : {&queue_, &readers_}) {
    std::erase_if(*queue, [&](const Queued& entry) { return entry.task == slot; });
    std::make_heap(queue->begin(), queue->end());
  }
}

void Core::refuse(TaskSlot slot, protocol::Blame blame, Effects& out) {
  const Task& task = tasks_[slot];
  report(task.batch->job, protocol::Errored{task.what().task, task.what().attempt, std::move(blame)}, true);
  withdraw(slot, out);
}

void Core::give_up_input(ChunkSlot chunk, NodeId holder, Effects& out) {
  for (const TaskSlot slot : std::vector<TaskSlot>(chunks_[chunk].waiters)) {
    const Task& task = tasks_[slot];
    if (task.chunk == nil || task.phase != Phase::gathering) continue;  // The same attempt may wait twice.
    report(task.batch->job,
           protocol::InputsMissing{task.what().task, task.what().attempt, {{chunks_[chunk].id.key, holder}}}, true);
    withdraw(slot, out);
  }
}

void Core::step(const protocol::Withdraw& event, Effects& out) {
  for (const auto& [key, attempt] : event.tasks) {
    const ChunkSlot slot = find({key, event.job});
    if (slot == nil) continue;
    const TaskSlot task = chunks_[slot].task;
    if (task != nil && tasks_[task].what().attempt == attempt) withdraw(task, out);
    else if (task == nil && chunks_[slot].attempt == attempt && attempt.value > 0) drop(slot, out);
  }
  fill_lanes(out);
  checked();
}

void Core::report(JobId job, protocol::Report report, bool urgent) {
  ++report_count_;
  urgent_ |= urgent;
  for (auto& [of_job, reports] : reports_) {
    if (of_job != job) continue;
    reports.push_back(std::move(report));
    return;
  }
  reports_.emplace_back(job, std::vector<protocol::Report>{});
  reports_.back().second.push_back(std::move(report));
}

void Core::take_reports(std::vector<protocol::Reports>& out) {
  for (auto& [job, reports] : reports_)
    if (!reports.empty()) out.push_back({job, std::exchange(reports, {})});
  report_count_ = 0;
  urgent_ = false;
}

TaskView Core::view(TaskSlot slot) const {
  const Task& task = tasks_[slot];
  return {chunks_[task.chunk].id, task.what().attempt, task.what().operation, task.inputs,
          {task.batch->params.data() + task.params_begin, task.what().params}, task.what().report_value};
}

protocol::NodeStatus Core::status() const {
  return {ledger_.limit(), ledger_.resident(), ledger_.reserved(), ledger_.overhead(), spilled_, config_.lanes, running_,
          static_cast<std::uint32_t>(queued() + admitting_.size() + loading_ + prepared_.size()), received_};
}

void Core::checked() const {
#ifdef TESSERA_CHECKED
  if (tasks_.size() + chunks_.size() < 500) check();  // It walks over all.
#endif
}

void Core::check() const {
  ledger_.check();
  std::uint32_t running = 0, loading = 0;
  Bytes reserved, resident, spilled, spilling, ahead;
  std::vector<std::uint32_t> pins(chunks_.size()), locks(chunks_.size()), waits(tasks_.size());
  for (const Chunk& chunk : chunks_)
    for (const TaskSlot waiter : chunk.waiters) ++waits[waiter];
  for (TaskSlot slot = 0; slot < tasks_.size(); ++slot) {
    const Task& task = tasks_[slot];
    if (task.chunk == nil) continue;
    running += task.phase == Phase::running || task.phase == Phase::discarded;
    loading += task.phase == Phase::loading;
    if (task.phase != Phase::admitting) reserved += task.reserved;
    std::uint32_t loads = 0;
    for (const ChunkSlot input : task.inputs) {
      ++pins[input];
      if (task.phase < Phase::loading) continue;
      ++locks[input];
      loads += chunks_[input].here == Here::loading;
      TESSERA_ASSERT(task.phase == Phase::loading || is_in_memory(chunks_[input].here), "what runs has its inputs in memory (M7)");
    }
    TESSERA_ASSERT(loads == task.loads, "an attempt knows what it loads");
    TESSERA_ASSERT(waits[slot] == task.missing, "an attempt waits for what it lacks");
  }
  for (ChunkSlot slot = 0; slot < chunks_.size(); ++slot) {
    const Chunk& chunk = chunks_[slot];
    if (is_in_memory(chunk.here)) resident += chunk.size;
    if (chunk.here == Here::spilling) spilling += chunk.size;
    if (chunk.here == Here::spilled || chunk.here == Here::loading) spilled += chunk.size;
    reserved += chunk.incoming;
    if (chunk.is_ahead) ahead += chunk.size;
    TESSERA_ASSERT(!chunk.is_ahead || (is_in_memory(chunk.here) && chunk.pins > 0), "what is read ahead is in memory, and somebody waits for it");
    TESSERA_ASSERT(chunk.pins == pins[slot] && chunk.locks == locks[slot], "pins and locks are counted right");
    TESSERA_ASSERT(chunk.locks == 0 || chunk.here != Here::spilled, "what is locked is in memory or on its way");
  }
  TESSERA_ASSERT(running == running_ && running <= config_.lanes, "a lane runs one attempt");
  TESSERA_ASSERT(loading == loading_ && spilled == spilled_ && spilling == spilling_, "what the disk has and gets is counted right");
  TESSERA_ASSERT(ahead == ahead_, "what is read ahead is counted right");
  TESSERA_ASSERT(resident == ledger_.resident(), "resident bytes are those of the chunks");
  TESSERA_ASSERT(reserved == ledger_.reserved(), "reserved bytes are those of attempts and transfers (S3)");
}
}  // namespace tessera::runtime::node
