/// @file
/// A growing array that never moves what it has: growth costs no copy, and no page is touched twice for it.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

namespace tessera::runtime {
/// Elements lie in blocks of 256; references stay valid.
template <class T>
class Slots {
 public:
  T& operator[](std::size_t at) { return blocks_[at / block][at % block]; }
  const T& operator[](std::size_t at) const { return blocks_[at / block][at % block]; }
  std::size_t size() const { return size_; }
  void emplace_back() {
    if (size_ == blocks_.size() * block) blocks_.push_back(std::make_unique<T[]>(block));
    ++size_;
  }

  template <class Of, class Element>
  struct Iterator {
    Of* of;
    std::size_t at;
    Element& operator*() const { return (*of)[at]; }
    Iterator& operator++() { return ++at, *this; }
    bool operator==(const Iterator&) const = default;
  };
  auto begin() { return Iterator<Slots, T>{this, 0}; }
  auto end() { return Iterator<Slots, T>{this, size_}; }
  auto begin() const { return Iterator<const Slots, const T>{this, 0}; }
  auto end() const { return Iterator<const Slots, const T>{this, size_}; }

 private:
  static constexpr std::size_t block = 256;
  std::vector<std::unique_ptr<T[]>> blocks_;
  std::size_t size_ = 0;
};
}  // namespace tessera::runtime
