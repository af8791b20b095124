#include "tests/simulation/fault/network.hpp"

#include <algorithm>

namespace tessera::simulation::fault {
namespace {
/// ZeroMQ's own heartbeat breaks a connection that says nothing for so long.
constexpr Duration heartbeat_least = seconds(4), heartbeat_most = seconds(5);
}  // namespace

void Timeline::after(Duration delay, Deed deed) {
  std::uint32_t place = static_cast<std::uint32_t>(deeds_.size());
  if (free_.empty()) {
    deeds_.push_back(std::move(deed));
  } else {
    place = free_.back();
    free_.pop_back();
    deeds_[place] = std::move(deed);
  }
  queue_.push({now_ + delay, order_++, place});
}

void Timeline::step() {
  if (queue_.empty()) {
    now_ = now_ + seconds(1);
    return;
  }
  const Entry first = queue_.top();
  queue_.pop();
  now_ = first.at;
  const Deed deed = std::move(deeds_[first.place]);
  free_.push_back(first.place);
  deed();
}

Duration Network::delay(Bytes size) {
  Duration delay = stage_.chaos.latency + stage_.between({}, stage_.chaos.jitter);
  if (stage_.chaos.has(Fault::slow_frames) && stage_.rng.below(50) == 0) delay = delay + stage_.between({}, milliseconds(700));
  return delay + Duration{static_cast<std::int64_t>(size.value * 1'000'000'000 / stage_.chaos.bandwidth)};
}

void Network::dial(PeerId from, PeerId to, Lane lane) {
  Connection& connection = connections_[{from, to, lane}];
  if (std::exchange(connection.is_dialled, true)) return;
  try_to_connect({from, to, lane}, delay({}) + delay({}));
}

void Network::hang_up(PeerId from, PeerId to, Lane lane) {
  const Key key{from, to, lane};
  const auto at = connections_.find(key);
  if (at == connections_.end()) return;
  // What was sent before goes on its way, as a socket that lingers does.
  at->second.is_dialled = at->second.is_up = false;
}

void Network::try_to_connect(const Key& key, Duration in) {
  Connection& connection = connections_[key];
  if (std::exchange(connection.is_trying, true)) return;
  stage_.time.after(in, [this, key] {
    Connection& its = connections_[key];
    its.is_trying = false;
    const auto& [from, to, lane] = key;
    End &dialler = ends_.at(from), &listener = ends_.at(to);
    if (!its.is_dialled || its.is_up || !dialler.process->alive) return;
    if (!listener.process->alive || listener.process->is_paused() || dialler.process->is_paused() || is_cut(from, to))
      return try_to_connect(key, stage_.between(milliseconds(100), seconds(1)));
    its.is_up = true;
    ++its.epoch;
    its.there = its.back = {};
    dialler.process->after({}, [port = dialler.port, to = to, lane = lane] { port->connected(to, lane); });
  });
}

bool Network::send(PeerId from, PeerId to, Lane lane, Frame frame, Bytes size) {
  const auto at = connections_.find({from, to, lane});
  if (at == connections_.end() || !at->second.is_up) return false;
  put(at->first, true, std::move(frame), size);
  return true;
}

void Network::answer(PeerId by, PeerId to, Lane lane, Frame frame, Bytes size) {
  const auto at = connections_.find({to, by, lane});
  if (at != connections_.end() && at->second.is_up) put(at->first, false, std::move(frame), size);
}

void Network::put(const Key& key, bool there, Frame frame, Bytes size) {
  if (stage_.chaos.has(Fault::corrupt_frames) && stage_.rng.below(300) == 0) {
    frame.header[stage_.rng.below(frame.header.size())] ^= std::byte{1} << stage_.rng.below(8);
    stage_.saw("frame corrupted");
  }
  Connection& connection = connections_[key];
  Pipe& pipe = there ? connection.there : connection.back;
  const Instant at = stage_.time.now() + delay(size);
  pipe.frames.emplace_back(pipe.frames.empty() ? at : std::max(at, pipe.frames.back().first), std::move(frame));
  move(key, there);
}

void Network::move(const Key& key, bool there) {
  Connection& connection = connections_[key];
  Pipe& pipe = there ? connection.there : connection.back;
  if (pipe.frames.empty() || pipe.is_moving) return;
  pipe.is_moving = true;
  const Duration wait = std::max(Duration{}, pipe.frames.front().first - stage_.time.now());
  stage_.time.after(wait, [this, key, there, epoch = connection.epoch] {
    Connection& its = connections_[key];
    if (its.epoch != epoch) return;
    Pipe& moving = there ? its.there : its.back;
    moving.is_moving = false;
    const PeerId from = there ? std::get<0>(key) : std::get<1>(key), to = there ? std::get<1>(key) : std::get<0>(key);
    if (is_blocked(from, to)) return;  // It goes on when the way is free.
    const Frame frame = std::move(moving.frames.front().second);
    moving.frames.pop_front();
    deliver(key, there, frame);
    move(key, there);
  });
}

void Network::deliver(const Key& key, bool there, const Frame& frame) {
  const auto& [from, to, lane] = key;
  End& end = ends_.at(there ? to : from);
  const PeerId other = there ? from : to;
  end.process->after({}, [port = end.port, other, lane = lane, there, frame] {
    if (there) port->arrived(other, lane, frame);
    else port->answered(other, lane, frame);
  });
}

void Network::break_up(const Key& key) {
  Connection& connection = connections_[key];
  if (!connection.is_up) return;
  stage_.saw("connection broken");
  const auto& [from, to, lane] = key;
  if (!connection.there.frames.empty() || !connection.back.frames.empty()) stage_.saw("frames lost with their connection");
  connection.is_up = false;
  ++connection.epoch;
  connection.there = connection.back = {};
  End& dialler = ends_.at(from);
  dialler.process->after({}, [port = dialler.port, to = to, lane = lane] { port->disconnected(to, lane); });
  try_to_connect(key, stage_.between(milliseconds(20), milliseconds(800)));
}

void Network::break_between(PeerId a, PeerId b) {
  for (const auto& [from, to] : {std::pair(a, b), std::pair(b, a)})
    for (const Lane lane : {Lane::control, Lane::data})
      if (connections_.contains({from, to, lane})) break_up({from, to, lane});
}

void Network::block(PeerId from, PeerId to) {
  const Instant since = stage_.time.now();
  if (!blocked_.try_emplace({from, to}, since).second) return;
  stage_.time.after(stage_.between(heartbeat_least, heartbeat_most), [this, from, to, since] {
    if (const auto at = blocked_.find({from, to}); at != blocked_.end() && at->second == since) break_between(from, to);
  });
}

void Network::unblock(PeerId from, PeerId to) {
  if (blocked_.erase({from, to}) == 0) return;
  for (const Lane lane : {Lane::control, Lane::data}) {
    if (connections_.contains({from, to, lane})) move({from, to, lane}, true);
    if (connections_.contains({to, from, lane})) move({to, from, lane}, false);
  }
}

void Network::heal() {
  for (const auto& [way, since] : std::map(blocked_))
    if (!dark_.contains(way.first) && !dark_.contains(way.second)) unblock(way.first, way.second);
}

void Network::reset(PeerId a, PeerId b) { break_between(a, b); }

void Network::paused(PeerId who) {
  stage_.time.after(stage_.between(heartbeat_least, heartbeat_most), [this, who] {
    if (!ends_.at(who).process->is_paused()) return;
    for (const auto& [id, end] : ends_) break_between(who, id);
  });
}

void Network::died(PeerId who, bool is_silent) {
  for (const auto& [id, end] : ends_) {
    if (id == who) continue;
    if (is_silent) block(who, id), block(id, who), dark_.insert(who);
    else break_between(who, id);
  }
}
}  // namespace tessera::simulation::fault
