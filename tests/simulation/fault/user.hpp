/// @file
/// What a program does: submits random graphs, scatters, cancels, retries, releases and fetches by chance, as `client/state.cpp` does for its
/// user, and checks all that it is told.
#pragma once
#include "tests/simulation/fault/oracle.hpp"

#include <optional>

namespace tessera::simulation::fault {
using runtime::ChunkId;
using runtime::JobId;
using runtime::NodeId;
using Delivered = std::function<void(std::optional<std::uint64_t>)>;

/// What a user needs of the process that it sits in: one of cores, or one of actors.
class Seat {
 public:
  virtual ~Seat() = default;
  virtual void to_coordinator(const protocol::Message& message) = 0;
  virtual void put(const ChunkId& chunk) = 0;
  virtual void ask(const ChunkId& chunk, NodeId holder, Delivered done) = 0;
  virtual void leave() = 0;
};

class User {
 public:
  User(Stage& stage, Oracle& oracle, Process& process, Seat& seat, std::uint64_t number);

  /// What the coordinator says to programs.
  void told(const protocol::Message& message);
  void joined(JobId job);
  void lost_coordinator();

  /// It has done all that it wants to do, its futures have ended and their values were fetched.
  bool is_done() const { return phase_ == Phase::done; }
  /// It is gone, or everything it had is released.
  bool is_over() const { return !process_.alive || is_lost_ || phase_ == Phase::done; }
  std::string story() const;
  std::uint64_t values_checked() const { return values_; }

 private:
  enum class Phase : std::uint8_t { working, waiting, fetching, done };
  struct Future {
    protocol::FutureState state = protocol::FutureState::pending;
    NodeId holder = runtime::no_node;
    std::uint64_t submission = 0, updates = 0;
    bool was_refused = false, was_retried = false, is_scattered = false;
    int fetches = 0;          ///< Tries since a value came.
    enum class Fetch : std::uint8_t { idle, asking, restoring } fetch = Fetch::idle;
    bool is_checked = false;
  };
  using Futures = std::map<Key, Future>;

  void act();
  void submit();
  void scatter();
  void release(const Key& key);
  void cancel();
  void retry();
  void fetch(const Key& key);
  void fetched(const Key& key, NodeId holder, std::uint64_t updates, std::optional<std::uint64_t> value);
  void go_on();
  void changed(const Key& key, Future& future, const protocol::Update& update);
  void ended_badly(const Key& key, const protocol::Blame& blame) const;
  const Key* some(bool (*is_it)(const Future&));
  graph::Graph random_graph(std::vector<graph::Index>& wants);

  Stage& stage() { return stage_; }
  void after(Duration delay, Deed deed) { process_.after(delay, std::move(deed)); }

  Stage& stage_;
  Oracle& oracle_;
  Process& process_;
  Seat& seat_;
  JobId job_;
  Phase phase_ = Phase::working;
  Futures futures_;
  std::uint64_t number_, submissions_ = 0, serial_ = 0, values_ = 0;
  std::uint32_t graphs_left_, actions_left_;
  bool is_lost_ = false;
  runtime::Rng graphs_;      ///< Programs that share keys draw the same graphs.
};
}  // namespace tessera::simulation::fault
