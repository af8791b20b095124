/// @file
/// Key -> slot: open addressing over slots and 32 bits of their hashes, so that only a match is looked at where it lies, and a slot
/// costs 11 to 22 bytes here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace tessera::runtime {
/// A set of slots of an arena, looked up by key. `KeyOf` maps a slot to its key; keys are hashes already.
template <class Key, class KeyOf>
class SlotIndex {
 public:
  explicit SlotIndex(KeyOf key_of) : key_of_(key_of) {}

  /// The slot with that key, or `none`. O(1) expected.
  std::uint32_t find(const Key& key) const {
    if (entries_.empty()) return none;
    const std::uint32_t hash = hash_of(key);
    for (std::size_t at = home(hash);; at = next(at)) {
      const Entry& entry = entries_[at];
      if (entry.slot == none || (entry.hash == hash && key_of_(entry.slot) == key)) return entry.slot;
    }
  }
  /// Before a `find` or `insert` that comes soon: its place is on its way from memory meanwhile.
  void prefetch(const Key& key) const {
    if (!entries_.empty()) __builtin_prefetch(&entries_[home(hash_of(key))]);
  }
  /// Adds a slot whose key is not there yet.
  void insert(std::uint32_t slot) {
    if ((size_ + 1) * 4 > entries_.size() * 3) grow();
    ++size_;
    place({slot, hash_of(key_of_(slot))});
  }
  /// Removes a slot that is there, by moving later members of its probe sequence up (Knuth 6.4, algorithm R).
  void erase(std::uint32_t slot) {
    std::size_t hole = home(hash_of(key_of_(slot)));
    while (entries_[hole].slot != slot) hole = next(hole);
    for (std::size_t at = next(hole); entries_[at].slot != none; at = next(at)) {
      const std::size_t wanted = home(entries_[at].hash);
      const bool stays = hole < at ? wanted > hole && wanted <= at : wanted > hole || wanted <= at;
      if (stays) continue;
      entries_[hole] = entries_[at];
      hole = at;
    }
    entries_[hole] = {};
    --size_;
  }
  void reserve(std::size_t count) {
    while (count * 4 > entries_.size() * 3) grow();
  }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return entries_.capacity() * sizeof(Entry); }

  static constexpr std::uint32_t none = 0xFFFFFFFFu;

 private:
  struct Entry {
    std::uint32_t slot = none;
    std::uint32_t hash = 0;
  };
  static std::uint32_t hash_of(const Key& key) { return static_cast<std::uint32_t>(std::hash<Key>{}(key)); }
  std::size_t home(std::uint32_t hash) const { return hash & (entries_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (entries_.size() - 1); }
  void place(const Entry& entry) {
    std::size_t at = home(entry.hash);
    while (entries_[at].slot != none) at = next(at);
    entries_[at] = entry;
  }
  void grow() {
    std::vector<Entry> old(entries_.empty() ? 64 : entries_.size() * 2);
    old.swap(entries_);
    for (const Entry& entry : old)
      if (entry.slot != none) place(entry);
  }

  KeyOf key_of_;
  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};
}  // namespace tessera::runtime
