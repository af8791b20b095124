// Attempts of tasks: from assignment over inputs, admission and a lane to the report.
#include "runtime/node/core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace tessera::runtime::node {
using task::execution::Phase;
using task::execution::Trigger;

Core::Core(Config config) : config_(std::move(config)), ledger_(config_.limit) {
  for (const auto& [name, amount] : config_.resources) resources_free_.push_back(amount);
}

void Core::move(Task& task, Trigger trigger) {
  const std::optional<Phase> after = task::execution::next(task.phase, trigger);
  TESSERA_ASSERT(after.has_value(), "illegal event of an attempt");
  task.phase = *after;
}

void Core::step(std::shared_ptr<const protocol::Assign> event, Effects& out) {
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
  if (chunks_[slot].here == Here::resident) {
    chunks_[slot].dropped = false;
    chunks_[slot].attempt = what.attempt;
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
  task.missing = 0;
  task.reserved = {};
  task.inputs.clear();
  chunks_[slot].task = slot_of_task;
  out.push_back(SpawnTask{slot_of_task});
  ChunkSlot nowhere = nil;
  for (std::uint32_t i = 0; i < what.inputs; ++i) {
    const protocol::Input& input = batch->inputs[first_input + i];
    const ChunkSlot at = find_or_add({input.key, job});
    Chunk& chunk = chunks_[at];
    task.inputs.push_back(at);
    ++chunk.pins;
    if (chunk.here == Here::resident) continue;
    ++task.missing;
    chunk.waiters.push_back(slot_of_task);
    if (chunk.task != nil || chunk.source != no_node || chunk.here == Here::filling) continue;
    if (input.holder == no_node || input.holder == config_.self) nowhere = at;
    else fetch(at, input.holder, out);
  }
  task.batch = std::move(batch);
  if (nowhere != nil) give_up_input(nowhere, config_.self, out);
  else if (task.missing == 0) admit(slot_of_task, out);
}

void Core::admit(TaskSlot slot, Effects& out) {
  Task& task = tasks_[slot];
  move(task, Trigger::inputs_here);
  const std::uint64_t operation = std::uint64_t{task.batch->job.value} << 32 | task.what().operation.value;
  if (const auto known = learnt_.find(operation); known != learnt_.end()) task.reserved = known->second.output;
  switch (ledger_.request(slot, task.reserved, task.what().rank)) {
    case memory::Verdict::granted: granted(slot, out); break;
    case memory::Verdict::waits: break;
    case memory::Verdict::never: {
      protocol::Blame blame;
      blame.code = ErrorCode::out_of_memory;
      blame.message = "it needs " + to_string(task.reserved) + " and the node's limit is " + to_string(ledger_.limit()) +
                      ": use smaller chunks or raise --memory-limit";
      task.reserved = {};
      refuse(slot, std::move(blame), out);
    }
  }
}

void Core::granted(TaskSlot slot, Effects&) {
  Task& task = tasks_[slot];
  move(task, Trigger::granted);
  queue_.push_back({task.what().priority, slot, task.what().rank});
  std::push_heap(queue_.begin(), queue_.end());
}

bool Core::take_resources(const Task& task) {
  const auto& wanted = task.what().resources;
  if (wanted.empty()) return true;
  std::vector<std::int64_t> left = resources_free_;
  for (const auto& [name, amount] : wanted) {
    const auto at = std::find_if(config_.resources.begin(), config_.resources.end(), [&](const auto& it) { return it.first == name; });
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
  for (const Queued& entry : std::exchange(lacking_resources_, {})) {
    queue_.push_back(entry);
    std::push_heap(queue_.begin(), queue_.end());
  }
}

void Core::fill_lanes(Effects& out) {
  while (running_ < config_.lanes && !queue_.empty()) {
    std::pop_heap(queue_.begin(), queue_.end());
    const Queued entry = queue_.back();
    queue_.pop_back();
    Task& task = tasks_[entry.task];
    if (!take_resources(task)) {
      lacking_resources_.push_back(entry);
      continue;
    }
    move(task, Trigger::started);
    ++running_;
    out.push_back(RunTask{entry.task});
  }
}

void Core::lane_ended(TaskSlot slot) {
  ++progress_;
  --running_;
  return_resources(tasks_[slot]);
}

void Core::step(LaneFinished event, Effects& out) {
  Task& task = tasks_[event.task];
  lane_ended(event.task);
  if (task.phase == Phase::discarded) {
    end(event.task, out, false);
  } else {
    const ChunkSlot slot = task.chunk;
    Bytes& learnt = learnt_[std::uint64_t{task.batch->job.value} << 32 | task.what().operation.value].output;
    learnt = std::max(learnt, event.size);
    // A copy may have come meanwhile: then that one stays, and the result is thrown away.
    const bool is_first = chunks_[slot].here != Here::resident;
    ledger_.commit(std::exchange(task.reserved, {}), is_first ? event.size : Bytes{});
    if (is_first) chunks_[slot].size = event.size;
    chunks_[slot].attempt = task.what().attempt;
    report(task.batch->job,
           protocol::Finished{task.what().task, task.what().attempt, event.size, event.took, std::move(event.value)},
           task.what().report_value);
    if (is_first) out.push_back(KeepResult{event.task, slot});
    end(event.task, out, is_first);
    if (is_first) became_resident(slot, out);
  }
  settle_memory(out);
  fill_lanes(out);
  checked();
}

void Core::step(LaneErrored event, Effects& out) {
  lane_ended(event.task);
  if (tasks_[event.task].phase != Phase::discarded) {
    const Task& task = tasks_[event.task];
    report(task.batch->job, protocol::Errored{task.what().task, task.what().attempt, std::move(event.blame)}, true);
  }
  end(event.task, out, false);
  settle_memory(out);
  fill_lanes(out);
  checked();
}

void Core::step(LaneDelegated event, Effects& out) {
  lane_ended(event.task);
  if (tasks_[event.task].phase != Phase::discarded) {
    const Task& task = tasks_[event.task];
    report(task.batch->job, protocol::Delegated{task.what().task, task.what().attempt, std::move(event.graph), event.result},
           true);
  }
  end(event.task, out, false);
  settle_memory(out);
  fill_lanes(out);
  checked();
}

void Core::unpin_inputs(TaskSlot slot, Effects& out) {
  for (const ChunkSlot input : tasks_[slot].inputs) {
    Chunk& chunk = chunks_[input];
    if (--chunk.pins > 0) continue;
    if (chunk.dropped && chunk.here == Here::resident) drop(input, out);
    else free_if_idle(input);
  }
}

void Core::end(TaskSlot slot, Effects& out, bool with_result) {
  Task& task = tasks_[slot];
  move(task, Trigger::ended);
  unpin_inputs(slot, out);
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
  } else if (before == Phase::admitting) {
    ledger_.withdraw(slot);
    task.reserved = {};
  } else {
    std::erase_if(queue_, [&](const Queued& entry) { return entry.task == slot; });
    std::make_heap(queue_.begin(), queue_.end());
    std::erase_if(lacking_resources_, [&](const Queued& entry) { return entry.task == slot; });
  }
  end(slot, out, false);
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
  settle_memory(out);
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
  return {ledger_.limit(), ledger_.resident(), ledger_.reserved(), ledger_.overhead(), {}, config_.lanes, running_,
          static_cast<std::uint32_t>(queue_.size())};
}

void Core::checked() const {
#ifdef TESSERA_CHECKED
  if (tasks_.size() + chunks_.size() < 2000) check();
#endif
}

void Core::check() const {
  ledger_.check();
  std::uint32_t running = 0;
  Bytes reserved, resident;
  std::vector<std::uint32_t> pins(chunks_.size());
  for (TaskSlot slot = 0; slot < tasks_.size(); ++slot) {
    const Task& task = tasks_[slot];
    if (task.chunk == nil) continue;
    running += task.phase == Phase::running || task.phase == Phase::discarded;
    if (task.phase != Phase::admitting) reserved += task.reserved;
    for (const ChunkSlot input : task.inputs) ++pins[input];
    std::uint32_t waits = 0;
    for (const Chunk& chunk : chunks_) waits += static_cast<std::uint32_t>(std::ranges::count(chunk.waiters, slot));
    TESSERA_ASSERT(waits == task.missing, "an attempt waits for what it lacks");
  }
  for (ChunkSlot slot = 0; slot < chunks_.size(); ++slot) {
    const Chunk& chunk = chunks_[slot];
    if (chunk.here == Here::resident) resident += chunk.size;
    reserved += chunk.pulling;
    TESSERA_ASSERT(chunk.pins == pins[slot], "pins are counted right");
  }
  TESSERA_ASSERT(running == running_ && running <= config_.lanes, "a lane runs one attempt");
  TESSERA_ASSERT(resident == ledger_.resident(), "resident bytes are those of the chunks");
  TESSERA_ASSERT(reserved == ledger_.reserved(), "reserved bytes are those of attempts and transfers (S3)");
}
}  // namespace tessera::runtime::node
