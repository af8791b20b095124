/// @file
/// Key -> task: open addressing over 32-bit slots, so that a waiting task costs 6 to 12 bytes here.
#pragma once
#include "runtime/base/ids.hpp"

#include <cstdint>
#include <vector>

namespace tessera::runtime::coordinator {
/// A set of task ids, looked up by key. `KeyOf` maps an id to its key; keys are hashes already, so their low half is the hash.
template <class KeyOf>
class KeyIndex {
 public:
  explicit KeyIndex(KeyOf key_of) : key_of_(key_of) {}

  /// The task with that key, or `none`. O(1) expected.
  std::uint32_t find(const Key& key) const {
    if (slots_.empty()) return none;
    for (std::size_t at = home(key);; at = next(at)) {
      if (slots_[at] == none) return none;
      if (key_of_(slots_[at]) == key) return slots_[at];
    }
  }
  /// Adds a task whose key is not there yet.
  void insert(std::uint32_t task) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    ++size_;
    place(task);
  }
  /// Removes a task that is there, by moving later members of its probe sequence up (Knuth 6.4, algorithm R).
  void erase(std::uint32_t task) {
    std::size_t hole = home(key_of_(task));
    while (slots_[hole] != task) hole = next(hole);
    for (std::size_t at = next(hole); slots_[at] != none; at = next(at)) {
      const std::size_t wanted = home(key_of_(slots_[at]));
      const bool stays = hole < at ? wanted > hole && wanted <= at : wanted > hole || wanted <= at;
      if (stays) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = none;
    --size_;
  }
  void reserve(std::size_t count) {
    while (count * 4 > slots_.size() * 3) grow();
  }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return slots_.capacity() * sizeof(std::uint32_t); }

  static constexpr std::uint32_t none = 0xFFFFFFFFu;

 private:
  std::size_t home(const Key& key) const { return key.low & (slots_.size() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slots_.size() - 1); }
  void place(std::uint32_t task) {
    std::size_t at = home(key_of_(task));
    while (slots_[at] != none) at = next(at);
    slots_[at] = task;
  }
  void grow() {
    std::vector<std::uint32_t> old(slots_.empty() ? 64 : slots_.size() * 2, none);
    old.swap(slots_);
    for (const std::uint32_t task : old)
      if (task != none) place(task);
  }

  KeyOf key_of_;
  std::vector<std::uint32_t> slots_;
  std::size_t size_ = 0;
};
}  // namespace tessera::runtime::coordinator
