// What a change of one task does to its neighbours. Nothing here recurses: graphs are deep.
#include "runtime/coordinator/core.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/coordinator/deciding.hpp"

#include <algorithm>
#include <unordered_set>

namespace tessera::runtime::coordinator {
using task::Phase;
using task::Trigger;

void Core::move(Record& record, Trigger trigger) {
  const std::optional<Phase> after = task::next(record.phase, trigger);
  TESSERA_ASSERT(after.has_value(), "illegal task event");
  set_phase(record, *after);
}

std::uint64_t& Core::count_of(Phase phase) {
  switch (phase) {
    case Phase::waiting: return sums_.waiting;
    case Phase::ready: return sums_.ready;
    case Phase::assigned: return sums_.assigned;
    case Phase::done: return sums_.done;
    case Phase::failed: return sums_.failed;
    case Phase::cancelled: break;
  }
  return sums_.cancelled;
}

void Core::set_phase(Record& record, Phase phase) {
  --count_of(record.phase);
  record.phase = phase;
  ++count_of(phase);
  if (record.evicted && phase != Phase::done) set_evicted(record, false);
}

void Core::set_evicted(Record& record, bool evicted) {
  evicted_ += evicted;
  evicted_ -= record.evicted;
  record.evicted = evicted;
}

// A task becomes active in two steps, so that several can begin together in any order: all are booked, then all start.
void Core::activate(std::uint32_t task) {
  book(task);
  for (std::uint32_t i = 0; i < records_[task].edge_count; ++i) {
    const std::uint32_t producer = edges_[records_[task].edges + i].producer;
    if (is_released(producer) && !records_[producer].evicted) revive(producer);
  }
  start(task);
}

void Core::book(std::uint32_t task) {
  for (const Edge& edge : inputs(records_[task])) ++records_[edge.producer].needed;
  if (const std::uint32_t home = home_of(task); home != policy::nowhere) ++nodes_[home].planned;
}

bool Core::is_released(std::uint32_t task) const {
  const Record& record = records_[task];
  return (record.phase == Phase::done && !record.exists()) || (record.phase == Phase::cancelled && !blames_.contains(task));
}

void Core::start(std::uint32_t task) {
  Record& record = records_[task];
  if (record.phase != Phase::waiting) return;  // An input of it ended while others started.
  if (deciding_ && !record.forward) deciding_->known(*this, task);
  record.missing = record.unplaced = 0;
  for (const Edge& edge : inputs(record)) {
    const Record& input = records_[edge.producer];
    record.missing += !input.exists();
    record.unplaced += !input.placed();
    if (input.phase != Phase::failed && input.phase != Phase::cancelled) continue;
    const std::shared_ptr<const protocol::Blame> why = blames_.at(edge.producer);
    const Trigger trigger = input.phase == Phase::failed ? Trigger::input_failed : Trigger::cancel;
    end_here(task, why, trigger);
    end_dependents(task, why, trigger);
    return;
  }
  if (record.missing == 0) {
    move(record, Trigger::inputs_ready);
    enqueue(task);
  } else if (record.unplaced == 0) {
    enqueue_ahead(task);
  } else {
    restore_inputs(task);
  }
}

bool Core::lacks_only_evicted(std::uint32_t task) const {
  const Record& record = records_[task];
  if (evicted_ == 0 || record.missing == 0 || !record.active()) return false;
  for (std::uint32_t i = record.edge_count; i-- > 0;) {  // From the last: it is made last.
    const Record& input = records_[edges_[record.edges + i].producer];
    if (!input.exists() && !input.evicted) return false;
  }
  return true;
}

/// What was evicted is made again when it is all that a dependent waits for.
void Core::restore_inputs(std::uint32_t task) {
  if (!lacks_only_evicted(task)) return;
  for (std::uint32_t i = 0; i < records_[task].edge_count; ++i) {
    const std::uint32_t producer = edges_[records_[task].edges + i].producer;
    if (!records_[producer].evicted) continue;
    revive(producer, task);
  }
}

/// What is made again after it was finished needs it.
bool Core::is_restoring(std::uint32_t task) const {
  for (std::uint32_t at = records_[task].first_dependent; at != nil; at = edges_[at].next)
    if (records_[edges_[at].owner].active() && records_[edges_[at].owner].restored) return true;
  return false;
}

/// With all that was released and goes into it; what was evicted and goes into what was never finished comes in its turn. For a `user` in that one's turn and place: before, it would
/// only be evicted again.
void Core::revive(std::uint32_t first, std::uint32_t user) {
  std::vector<std::uint32_t> again;
  const bool was_finished = records_[first].phase == Phase::done && (records_[first].evicted || records_[first].wants > 0 || is_restoring(first));
  const auto take = [&](std::uint32_t task) {
    Record& record = records_[task];
    TESSERA_ASSERT(record.phase != Phase::done || !is_irreplaceable(record), "what cannot be made again has failed before (K8)");
    move(record, record.phase == Phase::done ? Trigger::output_lost : Trigger::reset);
    blames_.erase(task);
    record.restored = was_finished;
    if (user != nil) record.rank = std::max(record.rank, records_[user].rank);
    if (user != nil && !homes_.empty()) set_home(task, home_of(user));
    ++sums_.recomputed;
    again.push_back(task);
  };
  take(first);
  for (std::size_t i = 0; i < again.size(); ++i)
    for (const Edge& edge : inputs(records_[again[i]])) {
      const std::uint32_t input = edge.producer;
      if (was_finished && records_[input].phase == Phase::cancelled && blames_.contains(input) && !is_irreplaceable(records_[input])) {
        disown(input, blames_.at(input));  // Cancelled since it was used: what was made of it stays finished.
        take(input);
      } else if (is_released(input) && (was_finished || !records_[input].evicted)) {
        take(input);
      }
    }
  begin_together(again);
}

void Core::begin_together(const std::vector<std::uint32_t>& tasks) {
  for (const std::uint32_t task : tasks) book(task);
  for (const std::uint32_t task : tasks)
    if (records_[task].wants > 0) tell(task);
  for (std::size_t i = tasks.size(); i-- > 0;) start(tasks[i]);
}

void Core::leave_active(std::uint32_t task) {
  if (!homeless_.empty()) homeless_.erase(task);
  if (deciding_) deciding_->ended(task);
  if (const std::uint32_t home = home_of(task); home != policy::nowhere) --nodes_[home].planned;
  for (const Edge& edge : inputs(records_[task])) {
    Record& producer = records_[edge.producer];
    if (--producer.needed > 0) continue;
    settle_.push_back(edge.producer);
    if (producer.wants == 0) index_.prefetch(producer.key);  // It is forgotten at the end of the step.
  }
}

void Core::came_to_exist(std::uint32_t task) {
  for (std::uint32_t at = records_[task].first_dependent; at != nil; at = edges_[at].next) {
    Record& dependent = records_[edges_[at].owner];
    if (!dependent.active()) continue;
    if (--dependent.missing > 0) continue;
    if (dependent.phase == Phase::waiting) enqueue(edges_[at].owner);
    else if (Node* node = find_node(dependent.node)) {
      Open& open = open_at(*node, dependent);
      --open.ahead, ++open.ready;
    }
    move(dependent, Trigger::inputs_ready);
  }
  if (evicted_ == 0) return;  // Not before: what is made again may depend on this, and has counted it.
  for (std::uint32_t at = records_[task].first_dependent; at != nil; at = edges_[at].next) restore_inputs(edges_[at].owner);
}

void Core::ceased_to_exist(std::uint32_t task) {
  for (std::uint32_t at = records_[task].first_dependent; at != nil; at = edges_[at].next) {
    Record& dependent = records_[edges_[at].owner];
    if (!dependent.active()) continue;
    ++dependent.unplaced;
    if (++dependent.missing > 1) continue;
    if (dependent.phase == Phase::ready) move(dependent, Trigger::input_lost);
    else if (Node* node = find_node(dependent.node)) {
      Open& open = open_at(*node, dependent);
      ++open.ahead, --open.ready;
      if (dependent.deaths == 0 || has_effects(dependent)) continue;
      // A suspect that cannot run would keep its node's one try from the suspect that makes what it lacks.
      withdraw(edges_[at].owner);
      move(dependent, Trigger::retry);
      unplaced(edges_[at].owner);
    }
  }
}

void Core::placed(std::uint32_t task) {
  const Record& record = records_[task];
  for (std::uint32_t at = record.first_dependent; at != nil; at = edges_[at].next) {
    Record& dependent = records_[edges_[at].owner];
    if (!dependent.active()) continue;
    --dependent.unplaced;
    if (dependent.phase == Phase::assigned) {  // It waits there for a holder that is gone.
      if (Node* node = find_node(dependent.node)) node->redirect.push_back({record.key, record.node, {}});
    } else if (dependent.unplaced == 0) {
      enqueue_ahead(edges_[at].owner);
    }
  }
}

void Core::unplaced(std::uint32_t task) {
  for (std::uint32_t at = records_[task].first_dependent; at != nil; at = edges_[at].next)
    if (records_[edges_[at].owner].active()) ++records_[edges_[at].owner].unplaced;
}

void Core::end_here(std::uint32_t task, std::shared_ptr<const protocol::Blame> blame, Trigger trigger) {
  Record& record = records_[task];
  if (record.phase == Phase::assigned) withdraw(task);
  if (record.active()) leave_active(task);
  else if (record.exists()) drop_data(task);
  move(record, trigger);
  record.keep = record.restored = false;
  blames_[task] = std::move(blame);
  if (record.wants > 0) tell(task);
  settle_.push_back(task);
}

void Core::end_dependents(std::uint32_t first, std::shared_ptr<const protocol::Blame> blame, Trigger trigger) {
  std::vector<std::uint32_t> ended{first};
  for (std::size_t i = 0; i < ended.size(); ++i) {
    for (std::uint32_t at = records_[ended[i]].first_dependent; at != nil; at = edges_[at].next) {
      if (!records_[edges_[at].owner].active()) continue;
      end_here(edges_[at].owner, blame, trigger);
      ended.push_back(edges_[at].owner);
    }
  }
}

void Core::fail(std::uint32_t task, std::shared_ptr<const protocol::Blame> blame) {
  end_here(task, blame, Trigger::give_up);
  end_dependents(task, std::move(blame), Trigger::input_failed);
}

/// With all that waits for it, but what is being restored, and what that needs: there it ends for its clients alone.
void Core::cancel(std::uint32_t first, std::shared_ptr<const protocol::Blame> blame) {
  std::vector<std::uint32_t> ending{first}, restored;
  std::unordered_set<std::uint32_t> seen{first}, kept;
  for (std::size_t i = 0; i < ending.size(); ++i)
    for (std::uint32_t at = records_[ending[i]].first_dependent; at != nil; at = edges_[at].next) {
      const std::uint32_t dependent = edges_[at].owner;
      if (!records_[dependent].active() || !seen.insert(dependent).second) continue;
      (records_[dependent].restored ? restored : ending).push_back(dependent);
    }
  for (std::size_t i = 0; i < restored.size(); ++i)
    for (const Edge& edge : inputs(records_[restored[i]]))
      if (seen.contains(edge.producer) && kept.insert(edge.producer).second) restored.push_back(edge.producer);
  for (const std::uint32_t task : ending) {
    if (kept.contains(task)) disown(task, blame);
    else end_here(task, blame, Trigger::cancel);
  }
}

void Core::withdraw(std::uint32_t task) {
  Record& record = records_[task];
  if (Node* node = find_node(record.node)) {
    node->withdraw.emplace_back(record.key, record.attempt);
    attempt_ended(*node, record);
  }
  record.node = no_node;
}

void Core::settle(std::uint32_t task) {
  Record& record = records_[task];
  if (!record.live || record.wants > 0 || record.needed > 0 || record.keep) return;
  if (record.evicted) set_evicted(record, false);  // Released like any other.
  // What has effects may have run when it is taken back, and a dependent that is lost may need it again: it comes to its end.
  if (record.active() && is_past_recall(record)) return;
  const bool must_stay = record.exists() && is_irreplaceable(record) && record.has_dependents();
  if (!must_stay && !cancelled_own_.empty() && cancel_for_owners(task)) return;
  if (record.active()) {
    if (record.phase == Phase::assigned) withdraw(task);
    leave_active(task);
    move(record, Trigger::cancel);
  } else if (record.exists() && !is_irreplaceable(record)) {
    drop_data(task);  // A dependent that is lost makes it again; what nobody can make again stays until they are gone.
  }
  if (!record.has_dependents()) forget(task);
}

void Core::drain_settle() {
  while (!settle_.empty()) {
    const std::uint32_t task = settle_.back();
    settle_.pop_back();
    settle(task);
  }
}

void Core::drop_data(std::uint32_t task) {
  Record& record = records_[task];
  if (Node* node = find_node(record.holder)) node->drop.push_back(record.key);
  if (const auto others = replicas_.find(task); others != replicas_.end()) {
    for (const NodeId holder : others->second)
      if (Node* node = find_node(holder)) node->drop.push_back(record.key);
    replicas_.erase(others);
  }
  record.holder = no_node;
}

void Core::forget(std::uint32_t task) {
  Record& record = records_[task];
  if (record.exists()) drop_data(task);
  unlink_inputs(task);
  index_.erase(task);
  if (deciding_) deciding_->forget(task);
  blames_.erase(task);
  homeless_.erase(task);
  called_for_.erase(task);
  if (record.segment != nil && --segments_[record.segment].live == 0) {
    graph_bytes_ -= segments_[record.segment].bytes;
    segments_[record.segment] = {};
    free_segments_.push_back(record.segment);
  }
  record.live = false;
  --count_of(record.phase);
  --sums_.records;
  free_records_.push_back(task);
}
}  // namespace tessera::runtime::coordinator
