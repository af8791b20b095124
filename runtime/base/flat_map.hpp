/// @file
/// A hash table in one array, for keys that are hashes: a look-up touches one place, where `std::unordered_map` follows pointers.
#pragma once
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace tessera::runtime {
/// Keys to small values, of which `none` is never kept. Linear probing; memory grows with the most that it ever held.
template <class K, class V, V none>
class FlatMap {
 public:
  /// The value, or `none`. O(1) expected.
  V find(const K& key) const {
    if (entries_.empty()) return none;
    for (std::size_t at = home(key);; at = next(at))
      if (entries_[at].value == none || entries_[at].key == key) return entries_[at].value;
  }
  /// Before a `find` or `insert` that comes soon: its place is on its way from memory meanwhile.
  void prefetch(const K& key) const {
    if (!entries_.empty()) __builtin_prefetch(&entries_[home(key)]);
  }
  /// The place of the value, `none` where there is none yet: the caller writes it at once. Valid until the next `insert`.
  V& insert(const K& key) {
    if ((size_ + 1) * 4 > entries_.size() * 3) grow();
    std::size_t at = home(key);
    for (; entries_[at].value != none; at = next(at))
      if (entries_[at].key == key) return entries_[at].value;
    ++size_;
    entries_[at].key = key;
    return entries_[at].value;
  }
  /// Removes what is there, by moving later members of its probe sequence up (Knuth 6.4, algorithm R).
  void erase(const K& key) {
    if (entries_.empty()) return;
    std::size_t hole = home(key);
    for (; !(entries_[hole].key == key); hole = next(hole))
      if (entries_[hole].value == none) return;
    if (entries_[hole].value == none) return;
    for (std::size_t at = next(hole); entries_[at].value != none; at = next(at)) {
      const std::size_t wanted = home(entries_[at].key);
      const bool stays = hole < at ? wanted > hole && wanted <= at : wanted > hole || wanted <= at;
      if (stays) continue;
      entries_[hole] = entries_[at];
      hole = at;
    }
    entries_[hole] = {};
    --size_;
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const Entry& entry : entries_)
      if (entry.value != none) visit(entry.value);
  }
  void reserve(std::size_t count) {
    while (count * 4 > entries_.size() * 3) grow();
  }
  std::size_t size() const { return size_; }

 private:
  struct Entry {
    K key{};
    V value = none;
  };
  std::size_t home(const K& key) const { return std::hash<K>{}(key) & (entries_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  void grow() {
    std::vector<Entry> old(entries_.empty() ? 64 : entries_.size() * 2);
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.value == none) continue;
      std::size_t at = home(entry.key);
      while (entries_[at].value != none) at = next(at);
      entries_[at] = entry;
    }
  }

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};
}  // namespace tessera::runtime
