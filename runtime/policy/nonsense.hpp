/// @file
/// What a policy decides that can mean nothing. Live it is left out, and counted.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tessera::runtime::policy {
enum class Nonsense : std::uint8_t {
  unknown_task,                          ///< No task has that index, or its task is gone.
  unknown_node,
  data,                                  ///< What a program put there: nothing makes it.
  no_priority,                           ///< It is no number.
  closed_node,                           ///< A node without lanes, or one that is lost or leaves.
  threw,                                 ///< Once: it is not asked again.
};
/// A name for programs, and words for people, by `Nonsense`.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 6> nonsense_names = {{
    {"unknown_task", "a task that is not there"},
    {"unknown_node", "a node that is not there"},
    {"data", "data that no task makes"},
    {"no_priority", "a priority that is no number"},
    {"closed_node", "a node that takes no tasks"},
    {"threw", "an exception"},
}};

/// How often there was each.
class NonsenseCounts {
 public:
  void add(Nonsense kind, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(kind)] += times; }
  void add(const NonsenseCounts& more) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += more.counts_[i];
  }
  void forget(Nonsense kind) { counts_[static_cast<std::size_t>(kind)] = 0; }
  std::uint64_t operator[](Nonsense kind) const { return counts_[static_cast<std::size_t>(kind)]; }
  bool any() const { return *this != NonsenseCounts{}; }
  /// Calls `take(name, words, times)` for each kind that there was.
  template <class Take>
  void each(Take take) const {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      if (counts_[i] > 0) take(nonsense_names[i].first, nonsense_names[i].second, counts_[i]);
  }
  /// "a task that is not there (3 times), an exception"; empty where there was none.
  std::string text() const;
  friend bool operator==(const NonsenseCounts&, const NonsenseCounts&) = default;

 private:
  std::array<std::uint64_t, nonsense_names.size()> counts_{};
};
}  // namespace tessera::runtime::policy
