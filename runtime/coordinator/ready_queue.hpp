/// @file
/// Tasks in the order in which they should start: higher priority, then lower rank (rules O1, O2).
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace tessera::runtime::coordinator {
struct QueueEntry {
  std::int32_t priority = 0;
  std::uint32_t task = 0;
  std::uint64_t rank = 0;
  /// Whether `a` starts after `b`.
  friend bool operator<(const QueueEntry& a, const QueueEntry& b) {
    if (a.priority != b.priority) return a.priority < b.priority;
    if (a.rank != b.rank) return a.rank > b.rank;
    return a.task > b.task;
  }
};

/// A binary heap. Entries may be out of date: who pops one asks whether it still holds.
class ReadyQueue {
 public:
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  const QueueEntry& top() const { return entries_.front(); }
  void push(const QueueEntry& entry) {
    entries_.push_back(entry);
    std::push_heap(entries_.begin(), entries_.end());
  }
  QueueEntry pop() {
    std::pop_heap(entries_.begin(), entries_.end());
    const QueueEntry entry = entries_.back();
    entries_.pop_back();
    return entry;
  }
  std::vector<QueueEntry> take_all() { return std::move(entries_); }
  void clear() { entries_.clear(); }
  std::size_t bytes() const { return entries_.capacity() * sizeof(QueueEntry); }

 private:
  std::vector<QueueEntry> entries_;
};
}  // namespace tessera::runtime::coordinator
