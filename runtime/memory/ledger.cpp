#include "runtime/memory/ledger.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace tessera::runtime::memory {
Bytes Ledger::available() const {
  const Bytes used = resident_ + reserved_ + overhead_;
  return used >= limit_ ? Bytes{} : limit_ - used;
}

Bytes Ledger::overrun() const {
  const Bytes used = resident_ + reserved_ + overhead_;
  return used > limit_ ? used - limit_ : Bytes{};
}

Verdict Ledger::request(RequestId id, Bytes amount, Rank rank) {
  if (amount.value == 0) return Verdict::granted;
  if (amount > limit_) return Verdict::never;
  const bool is_first = by_rank_.empty() || std::pair(rank, id) < by_rank_.begin()->first;
  if (is_first && amount <= available()) {
    reserved_ += amount;
    note_peak();
    return Verdict::granted;
  }
  TESSERA_ASSERT(!rank_of_.contains(id), "a request waits once");
  by_rank_.emplace(std::pair(rank, id), Waiting{id, amount});
  rank_of_.emplace(id, rank);
  return Verdict::waits;
}

bool Ledger::withdraw(RequestId id) {
  const auto at = rank_of_.find(id);
  if (at == rank_of_.end()) return false;
  by_rank_.erase({at->second, id});
  rank_of_.erase(at);
  return true;
}

void Ledger::commit(Bytes reserved, Bytes actual) {
  TESSERA_ASSERT(reserved <= reserved_, "only what was reserved is committed");
  reserved_ -= reserved;
  resident_ += actual;
  note_peak();
}

void Ledger::unreserve(Bytes amount) {
  TESSERA_ASSERT(amount <= reserved_, "only what was reserved is given back");
  reserved_ -= amount;
}

void Ledger::free(Bytes amount) {
  TESSERA_ASSERT(amount <= resident_, "only what is resident is freed");
  resident_ -= amount;
}

void Ledger::settle(std::vector<RequestId>& granted) {
  while (!by_rank_.empty() && by_rank_.begin()->second.amount <= available()) {
    const Waiting first = by_rank_.begin()->second;
    by_rank_.erase(by_rank_.begin());
    rank_of_.erase(first.id);
    reserved_ += first.amount;
    note_peak();
    granted.push_back(first.id);
  }
}

Bytes Ledger::shortfall() const {
  if (by_rank_.empty()) return overrun();
  const Bytes wanted = by_rank_.begin()->second.amount;
  return wanted > available() ? wanted - available() + overrun() : Bytes{};
}

std::optional<RequestId> Ledger::first() const {
  return by_rank_.empty() ? std::nullopt : std::optional(by_rank_.begin()->second.id);
}

std::optional<Rank> Ledger::first_rank() const {
  return by_rank_.empty() ? std::nullopt : std::optional(by_rank_.begin()->first.first);
}

void Ledger::check() const {
  TESSERA_ASSERT(by_rank_.size() == rank_of_.size(), "each waiting request has one rank");
  for (const auto& [place, waiting] : by_rank_) {
    const auto at = rank_of_.find(waiting.id);
    TESSERA_ASSERT(at != rank_of_.end() && at->second == place.first && waiting.id == place.second, "queue and ranks agree");
  }
}
}  // namespace tessera::runtime::memory
