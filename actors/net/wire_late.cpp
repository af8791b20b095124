// A link that is made slower, for tests: pieces of chunks leave and arrive when they would at that rate.
#include "actors/net/wire.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

namespace tessera::actors::net {
Wire::~Wire() {
  if (timer_fd_ >= 0) close(timer_fd_);
}

void Wire::send_late(std::span<const std::byte> route, const Header& answer, const runtime::SharedBytes& piece) {
  later(up_.leaves(hash_bytes(route), piece.bytes.size(), now_), [this, route = std::vector<std::byte>(route.begin(), route.end()), answer, piece] {
    if (data_.send(route, /*more=*/true)) send_frame(data_, answer, piece);
    else shared_.frames_dropped.fetch_add(1, std::memory_order_relaxed);
  });
}

void Wire::take_late(const Peer& peer, std::uint64_t pull, std::uint64_t offset, std::span<const std::byte> bytes) {
  later(down_.arrives(peer.id, bytes.size(), now_), [this, id = peer.id, pull, offset, bytes = std::vector<std::byte>(bytes.begin(), bytes.end())] {
    Peer* const from = find(id);
    if (from == nullptr || from->gone) return;
    if (const auto at = from->pulls.find(pull); at != from->pulls.end()) take_piece(*from, at, offset, bytes);
  });
}

void Wire::later(Instant at, std::function<void()> what) {
  if (timer_fd_ < 0) timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);  // The clock of `wire_now`.
  late_.emplace(at, std::move(what));
  set_timer();
}

void Wire::do_late() {
  if (timer_fd_ < 0) return;
  while (!late_.empty() && late_.begin()->first <= now_) late_.extract(late_.begin()).mapped()();
  set_timer();
}

void Wire::set_timer() {
  const std::int64_t next = late_.empty() ? 0 : late_.begin()->first.ns;
  itimerspec when{};
  when.it_value = {next / 1'000'000'000, next % 1'000'000'000};
  timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &when, nullptr);
}
}  // namespace tessera::actors::net
