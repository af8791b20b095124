/// @file
/// What waits for a coordinator, in order. A message that follows one of the same sender and kind joins it, and one wake-up is under
/// way at a time: a coordinator that is behind gets few large messages instead of many small ones, and nothing waits for a timer.
#pragma once
#include "actors/mail.hpp"
#include "runtime/coordinator/core.hpp"

#include <iterator>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

namespace tessera::actors {
/// Events of membership, which come from this process and never over a wire.
using Membership = std::variant<runtime::coordinator::NodeJoined, runtime::coordinator::NodeLost,
                                runtime::coordinator::NodeDraining, runtime::coordinator::ClientJoined,
                                runtime::coordinator::ClientLost>;

class Inbox {
 public:
  using Incoming = std::variant<Envelope, Membership>;

  /// True if the owner has to be woken: it looks here once for each time.
  [[nodiscard]] bool push(runtime::NodeId from, runtime::protocol::Message message) {
    std::lock_guard lock(mutex_);
    auto* last = waiting_.empty() ? nullptr : std::get_if<Envelope>(&waiting_.back());
    if (last == nullptr || last->from != from || !join(last->message, message)) waiting_.push_back(Envelope{from, std::move(message)});
    return !std::exchange(woken_, true);
  }
  [[nodiscard]] bool push(Membership event) {
    std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(event));
    return !std::exchange(woken_, true);
  }
  /// Swaps what waits, in order, for `into`, which must be empty.
  void take(std::vector<Incoming>& into) {
    std::lock_guard lock(mutex_);
    woken_ = false;
    waiting_.swap(into);
  }

 private:
  static bool join(runtime::protocol::Message& first, runtime::protocol::Message& second) {
    namespace protocol = runtime::protocol;
    const auto append = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
      return true;
    };
    if (auto* reports = std::get_if<protocol::Reports>(&first))
      if (auto* more = std::get_if<protocol::Reports>(&second); more != nullptr && more->job == reports->job)
        return append(reports->reports, more->reports);
    if (auto* release = std::get_if<protocol::Release>(&first))
      if (auto* more = std::get_if<protocol::Release>(&second); more != nullptr && more->job == release->job)
        return append(release->keys, more->keys);
    return false;
  }

  std::mutex mutex_;
  std::vector<Incoming> waiting_;
  bool woken_ = false;
};
}  // namespace tessera::actors
