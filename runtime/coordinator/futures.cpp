// Wants of clients, and what they are told.
#include "runtime/coordinator/core.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace tessera::runtime::coordinator {
using task::Phase;

void Core::want(std::uint32_t task, ClientId client) {
  Record& record = records_[task];
  if (record.wants == 0) record.client = client;
  ++record.wants;
  if (record.client != client) ++more_wants_[{task, client}];
  if (!record.active()) tell(task, client, nullptr);
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
  if (record.exists()) {
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
  for (const Key& key : event.keys) {
    const std::uint32_t task = index_.find(key);
    if (task != index_.none) unwant(task, from, 1);
    else ++sums_.stale;
  }
  finish_step(now, out);
}

void Core::step(ClientId from, const protocol::Cancel& event, Instant now, Effects& out) {
  out_ = &out;
  for (const Key& key : event.keys) {
    const std::uint32_t task = index_.find(key);
    if (task == index_.none) continue;
    const Record& record = records_[task];
    if (record.phase == Phase::failed || record.phase == Phase::cancelled) continue;
    const auto why = blame(ErrorCode::cancelled, record, event.reason.empty() ? "cancelled by the program" : event.reason);
    const std::uint32_t own = wants_of(task, from);
    if (event.force || own == record.wants) {
      cancel(task, why);
      continue;
    }
    // Another client wants it: only this client's future ends (C2). Its handles release what they hold later.
    protocol::Update update;
    update.key = key;
    update.state = protocol::FutureState::cancelled;
    update.blame = *why;
    updates_[from].updates.push_back(std::move(update));
  }
  finish_step(now, out);
}

void Core::step(ClientId, const protocol::Retry& event, Instant now, Effects& out) {
  out_ = &out;
  for (const Key& key : event.keys) {
    std::uint32_t task = index_.find(key);
    if (task == index_.none || records_[task].phase != Phase::failed) continue;
    const std::shared_ptr<const protocol::Blame> why = blames_.at(task);
    if (const std::uint32_t culprit = index_.find(why->key);
        culprit != index_.none && records_[culprit].phase == Phase::failed && !records_[culprit].data)
      task = culprit;
    if (records_[task].data) continue;
    std::vector<std::uint32_t> again{task};
    for (std::size_t i = 0; i < again.size(); ++i) {
      Record& record = records_[again[i]];
      move(record, task::Trigger::reset);
      blames_.erase(again[i]);
      record.failures = record.deaths = 0;
      for (std::uint32_t at = record.first_dependent; at != nil; at = edges_[at].next) {
        const std::uint32_t dependent = edges_[at].owner;
        const auto its = blames_.find(dependent);
        const bool same = records_[dependent].phase == Phase::failed && its != blames_.end() && *its->second == *why;
        if (same && std::find(again.begin(), again.end(), dependent) == again.end()) again.push_back(dependent);
      }
    }
    for (std::size_t i = 0; i < again.size(); ++i)  // Their inputs may have been released since.
      for (const Edge& edge : inputs(records_[again[i]]))
        if (is_released(edge.producer)) {
          move(records_[edge.producer], records_[edge.producer].phase == Phase::done ? task::Trigger::output_lost
                                                                                    : task::Trigger::reset);
          again.push_back(edge.producer);
        }
    begin_together(again);
    settle_.insert(settle_.end(), again.begin(), again.end());
  }
  finish_step(now, out);
}
}  // namespace tessera::runtime::coordinator
