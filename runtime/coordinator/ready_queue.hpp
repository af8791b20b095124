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

/// A binary heap, and beside it what came in order anyway, as a graph does: that is a heap of its own, of which a step moves nothing.
/// Entries may be out of date: who pops one asks whether it still holds.
class ReadyQueue {
 public:
  bool empty() const { return size() == 0; }
  std::size_t size() const { return heap_.size() + in_order_.size() - next_; }
  const QueueEntry& top() const { return is_in_order() ? in_order_[next_] : heap_.front(); }
  void push(const QueueEntry& entry) {
    if (next_ * 2 >= in_order_.size()) {
      in_order_.erase(in_order_.begin(), in_order_.begin() + static_cast<std::ptrdiff_t>(next_));
      next_ = 0;
    }
    if (in_order_.empty() || entry < in_order_.back()) {
      in_order_.push_back(entry);
    } else {
      heap_.push_back(entry);
      std::push_heap(heap_.begin(), heap_.end());
    }
  }
  QueueEntry pop() {
    if (is_in_order()) return in_order_[next_++];
    std::pop_heap(heap_.begin(), heap_.end());
    const QueueEntry entry = heap_.back();
    heap_.pop_back();
    return entry;
  }
  /// One that starts late: the last of those that came in order, else any of those that come last in the heap.
  const QueueEntry& late() const { return next_ < in_order_.size() ? in_order_.back() : heap_.back(); }
  void pop_late() { next_ < in_order_.size() ? in_order_.pop_back() : heap_.pop_back(); }
  std::vector<QueueEntry> take_all() {
    std::vector<QueueEntry> all = std::move(heap_);
    all.insert(all.end(), in_order_.begin() + static_cast<std::ptrdiff_t>(next_), in_order_.end());
    clear();
    return all;
  }
  void clear() { heap_.clear(), in_order_.clear(), next_ = 0; }
  std::size_t bytes() const { return (heap_.capacity() + in_order_.capacity()) * sizeof(QueueEntry); }

 private:
  /// Whether the first is there. (`a < b`: `a` starts after `b`.)
  bool is_in_order() const { return next_ < in_order_.size() && (heap_.empty() || heap_.front() < in_order_[next_]); }

  std::vector<QueueEntry> heap_;
  std::vector<QueueEntry> in_order_;
  std::size_t next_ = 0;  ///< Of `in_order_`.
};
}  // namespace tessera::runtime::coordinator
