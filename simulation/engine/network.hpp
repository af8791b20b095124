/// @file
/// What transfers between nodes take, in seconds and MiB. Pure: told of starts and of time, it says what ends when.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tessera::simulation::engine {
using Flow = std::uint32_t;

/// One transfer under way.
struct Transfer {
  std::uint32_t from = 0, to = 0;
  double size = 0;            ///< MiB.
};

class Network {
 public:
  virtual ~Network() = default;
  /// At the time of the last `advance`; one that was stopped may go on. O(1), but for the rates of others, which are computed when they are asked for.
  virtual void start(Flow flow, const Transfer& transfer) = 0;
  /// It goes no further, at the time of the last `advance`: the MiB that are left of it. One that has ended is left alone: 0.
  virtual double stop(Flow flow) = 0;
  /// Before this nothing ends if nothing starts or stops; nothing: none is under way.
  virtual std::optional<double> next_end() = 0;
  /// Time goes on to `now`. Those that have ended by then, or end `within` seconds, in an order that the calls before determine; `now` must not be later than
  /// `next_end`. Sums of seconds differ from each other in the last bits: so near is the same instant.
  virtual std::vector<Flow> advance(double now, double within = 1e-9) = 0;
};

/// A group of nodes behind one link; both directions are shared by what crosses its border.
struct Rack {
  double up = 0, down = 0;    ///< MiB/s.
};
/// What transfers go over.
struct Links {
  std::vector<double> up, down;          ///< Of each node, MiB/s.
  double latency = 0;                    ///< Seconds before the first byte of each transfer; it takes nothing of a link meanwhile.
  std::vector<std::uint32_t> rack = {};  ///< Of each node, its place in `racks`; empty: there are none.
  std::vector<Rack> racks = {};
};

/// Every transfer takes latency + size / the least rate on its way, whatever else runs.
std::unique_ptr<Network> simple_network(Links links);
/// With one rate for all, and without latency.
std::unique_ptr<Network> simple_network(double bandwidth);

/// What shares a link's capacity as one.
enum class Share : std::uint8_t {
  flow,   ///< Each transfer.
  pair,   ///< Those of one source and one target together, equally among themselves (as in Estee).
};
/// Max-min fair rates (progressive filling; Bertsekas and Gallager, Data Networks, 6.5.2) under what each node can send and receive, and what racks let through.
/// O(flows x distinct rates) for each change.
std::unique_ptr<Network> maxmin_network(Links links, Share share);
std::unique_ptr<Network> maxmin_network(std::vector<double> up, std::vector<double> down, Share share);
}  // namespace tessera::simulation::engine
