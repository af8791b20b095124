// Wants of clients, and what they are told.
#include "runtime/coordinator/core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <unordered_set>

namespace tessera::runtime::coordinator {
using task::Phase;
using task::Trigger;

void Core::want(std::uint32_t task, ClientId client) {
  add_wants(task, client, 1);
  if (!records_[task].active()) tell(task, client, nullptr);
}

void Core::add_wants(std::uint32_t task, ClientId client, std::uint32_t count) {
  Record& record = records_[task];
  if (record.wants == 0) record.client = client;
  record.wants += count;
  if (record.client != client) more_wants_[{task, client}] += count;
}

std::uint32_t Core::wants_of(std::uint32_t task, ClientId client) const {
  std::uint32_t others = 0;
  for (auto at = more_wants_.lower_bound({task, ClientId{0}}); at != more_wants_.end() && at->first.first == task; ++at) {
    if (at->first.second == client) return at->second;
    others += at->second;
  }
  return records_[task].client == client ? records_[task].wants - others : 0;
}

std::uint32_t Core::unwant(std::uint32_t task, ClientId client, std::uint32_t count) {
  Record& record = records_[task];
  const std::uint32_t taken = std::min(count, wants_of(task, client));
  if (record.client != client && taken > 0) {
    const auto at = more_wants_.find({task, client});
    if ((at->second -= taken) == 0) more_wants_.erase(at);
  }
  record.wants -= taken;
  if (record.client == client && record.wants > 0 && wants_of(task, client) == 0) {
    const auto heir = more_wants_.lower_bound({task, ClientId{0}});
    record.client = heir->first.second;
    more_wants_.erase(heir);
  }
  if (record.wants == 0) settle_.push_back(task);
  return taken;
}

protocol::Update Core::update_of(std::uint32_t task) const {
  const Record& record = records_[task];
  protocol::Update update;
  update.key = record.key;
  if (record.exists() || record.evicted) {
    update.state = protocol::FutureState::finished;
    update.holder = record.holder;
    update.size = record.size;
  } else if (const auto blame = blames_.find(task); blame != blames_.end()) {
    update.blame = *blame->second;
    const ErrorCode code = blame->second->code;
    const bool lost = code == ErrorCode::data_lost || code == ErrorCode::outcome_unknown;
    update.state = record.phase == Phase::cancelled ? protocol::FutureState::cancelled
                   : lost                           ? protocol::FutureState::lost
                                                    : protocol::FutureState::error;
  }
  return update;
}

void Core::tell(std::uint32_t task, ClientId client, const std::optional<protocol::Bytestring>* value) {
  if (!clients_.contains(client)) return;
  protocol::Update update = update_of(task);
  if (value != nullptr) update.value = *value;
  updates_[client].updates.push_back(std::move(update));
}

void Core::tell(std::uint32_t task, const std::optional<protocol::Bytestring>* value) {
  tell(task, records_[task].client, value);
  for (auto at = more_wants_.lower_bound({task, ClientId{0}}); at != more_wants_.end() && at->first.first == task; ++at)
    tell(task, at->first.second, value);
}

void Core::step(ClientId from, const protocol::Release& event, Instant now, Effects& out) {
  out_ = &out;
  for (const Key& key : event.keys) index_.prefetch(key);
  for (const Key& key : event.keys) {
    const std::uint32_t task = index_.find(key);
    if (task != index_.none && release_own(task, from)) continue;
    if (task == index_.none || unwant(task, from, 1) == 0) ++sums_.stale;
  }
  finish_step(now, out);
}

/// Where other clients want the task or what waits for it, only this client's futures end (C2); false where nobody else does.
bool Core::cancel_own(std::uint32_t first, ClientId client, const std::shared_ptr<const protocol::Blame>& why) {
  std::vector<std::uint32_t> ending{first};
  std::unordered_set<std::uint32_t> seen{first};
  bool is_shared = false;
  for (std::size_t i = 0; i < ending.size(); ++i) {
    const Record& record = records_[ending[i]];
    is_shared |= wants_of(ending[i], client) != record.wants;
    for (std::uint32_t at = record.first_dependent; at != nil; at = edges_[at].next)
      if (const Record& its = records_[edges_[at].owner]; its.active() && !its.restored && seen.insert(edges_[at].owner).second) ending.push_back(edges_[at].owner);
  }
  if (!is_shared) return false;
  for (const std::uint32_t task : ending)
    if (disown(task, client, why) > 0) tell_cancelled(task, client, *why);
  return true;
}

void Core::tell_cancelled(std::uint32_t task, ClientId client, const protocol::Blame& why) {
  protocol::Update update;
  update.key = records_[task].key;
  update.state = protocol::FutureState::cancelled;
  update.blame = why;
  updates_[client].updates.push_back(std::move(update));
}

/// The client's wants no longer count; to it the task is cancelled, whatever becomes of it for others.
std::uint32_t Core::disown(std::uint32_t task, ClientId client, const std::shared_ptr<const protocol::Blame>& why) {
  const std::uint32_t own = unwant(task, client, wants_of(task, client));
  if (own == 0) return 0;
  CancelledOwn& cancelled = cancelled_own_[{task, client}];
  cancelled.count += own, cancelled.why = why;
  return own;
}

/// For all its clients: what was made of it is made again, and needs it once more.
void Core::disown(std::uint32_t task, const std::shared_ptr<const protocol::Blame>& why) {
  const bool is_news = records_[task].phase != Phase::cancelled;
  while (records_[task].wants > 0) {
    const ClientId client = records_[task].client;
    disown(task, client, why);
    if (is_news) tell_cancelled(task, client, *why);
  }
}

bool Core::release_own(std::uint32_t task, ClientId client) {
  if (cancelled_own_.empty()) return false;
  const auto at = cancelled_own_.find({task, client});
  if (at == cancelled_own_.end()) return false;
  if (--at->second.count == 0) cancelled_own_.erase(at);
  return true;
}

/// Nobody else wants it any more: for those who cancelled theirs it is cancelled like any other until they release it; they were told.
bool Core::cancel_for_owners(std::uint32_t task) {
  auto at = cancelled_own_.lower_bound({task, ClientId{0}});
  if (at == cancelled_own_.end() || at->first.first != task) return false;
  const Phase phase = records_[task].phase;
  if (phase != Phase::failed && phase != Phase::cancelled) end_here(task, at->second.why, Trigger::cancel);
  while (at != cancelled_own_.end() && at->first.first == task) {
    add_wants(task, at->first.second, at->second.count);
    at = cancelled_own_.erase(at);
  }
  return true;
}

void Core::step(ClientId from, const protocol::Cancel& event, Instant now, Effects& out) {
  out_ = &out;
  for (const Key& key : event.keys) {
    const std::uint32_t task = index_.find(key);
    if (task == index_.none) {
      ++sums_.stale;
      continue;
    }
    const Record& record = records_[task];
    if (record.phase == Phase::failed || record.phase == Phase::cancelled) continue;
    const auto why = blame(ErrorCode::cancelled, record, event.reason.empty() ? "cancelled by the program" : event.reason);
    if (!event.force && clients_.size() > 1 && cancel_own(task, from, why)) continue;
    cancel(task, why);
  }
  finish_step(now, out);
}

void Core::step(ClientId from, const protocol::Retry& event, Instant now, Effects& out) {
  out_ = &out;
  for (const Key& key : event.keys) {
    std::uint32_t task = index_.find(key);
    if (const auto at = refused_.find(key); task == index_.none && at != refused_.end())
      out.push_back(ToClient{from, protocol::Refused{config_.job, {key}, *at->second, submissions_[from]}});
    if (task == index_.none || records_[task].phase != Phase::failed) {
      ++sums_.rejected;
      continue;
    }
    const std::shared_ptr<const protocol::Blame> why = blames_.at(task);
    if (const std::uint32_t culprit = index_.find(why->key);
        culprit != index_.none && records_[culprit].phase == Phase::failed && !records_[culprit].data)
      task = culprit;
    if (records_[task].data) {
      ++sums_.rejected;
      continue;
    }
    std::vector<std::uint32_t> again;
    const auto take = [&](std::uint32_t one, Trigger trigger) {
      Record& record = records_[one];
      move(record, trigger);
      blames_.erase(one);
      record.failures = record.deaths = 0;
      again.push_back(one);
    };
    take(task, Trigger::reset);
    for (std::size_t i = 0; i < again.size(); ++i) {
      for (std::uint32_t at = records_[again[i]].first_dependent; at != nil; at = edges_[at].next) {
        const std::uint32_t dependent = edges_[at].owner;
        const auto its = blames_.find(dependent);
        if (records_[dependent].phase == Phase::failed && its != blames_.end() && *its->second == *why)
          take(dependent, Trigger::reset);
      }
    }
    for (std::size_t i = 0; i < again.size(); ++i)  // Their inputs may have been released since.
      for (const Edge& edge : inputs(records_[again[i]]))
        if (is_released(edge.producer))
          take(edge.producer, records_[edge.producer].phase == Phase::done ? Trigger::output_lost : Trigger::reset);
    begin_together(again);
    settle_.insert(settle_.end(), again.begin(), again.end());
  }
  finish_step(now, out);
}

void Core::step(ClientId from, const protocol::Restore& event, Instant now, Effects& out) {
  out_ = &out;
  const std::uint32_t task = index_.find(event.key);
  if (task == index_.none || wants_of(task, from) == 0) {
    ++sums_.stale;
  } else if (records_[task].evicted) {
    revive(task);
  } else if (holds(event.holder, task) && !is_irreplaceable(records_[task]) && records_[task].restores < config_.evictions_in_vain_max) {
    // A copy that was dropped while it was reported. Not without end: it may be the client that has no room for the value.
    ++records_[task].restores;
    lacks(event.holder, task);
    if (!records_[task].exists()) revive(task);
  }
  finish_step(now, out);
}
}  // namespace tessera::runtime::coordinator
