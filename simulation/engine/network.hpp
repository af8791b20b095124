/// @file
/// What transfers between nodes take, in seconds and MiB. Pure: told of starts and of time, it says what ends when.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
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
  /// At the time of the last `advance`. O(1), but for the rates of others, which are computed when they are asked for.
  virtual void start(Flow flow, const Transfer& transfer) = 0;
  /// When the next one ends if nothing starts before; nothing: none is under way.
  virtual std::optional<double> next_end() = 0;
  /// Time goes on to `now`. Those that have ended by then, or end `within` seconds, in the order of their flows; `now` must not be later than
  /// `next_end`. Sums of seconds differ from each other in the last bits: so near is the same instant.
  virtual std::vector<Flow> advance(double now, double within = 1e-9) = 0;
};

/// Every transfer takes size / bandwidth, whatever else runs.
std::unique_ptr<Network> simple_network(double bandwidth);

/// What shares the capacity of a node's two directions as one.
enum class Share : std::uint8_t {
  flow,   ///< Each transfer.
  pair,   ///< Those of one source and one target together, equally among themselves (as in Estee).
};
/// Max-min fair rates (progressive filling; Bertsekas and Gallager, Data Networks, 6.5.2) under what each node can send and receive, MiB/s, without latency.
/// O(flows x nodes) for each change.
std::unique_ptr<Network> maxmin_network(std::vector<double> up, std::vector<double> down, Share share);
}  // namespace tessera::simulation::engine
