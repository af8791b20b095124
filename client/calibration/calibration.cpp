#include "client/calibration/calibration.hpp"

#include "arrays/block.hpp"
#include "client/tessera.hpp"
#include "serialization/message.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace {
using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds rest{5};  ///< After so long the threads of all processes sleep, and so do the cores of an idle machine.

std::int64_t calibrate_empty(std::int64_t number) { return number; }
tessera::arrays::Block calibrate_block(std::int64_t, std::int64_t elements) {
  return tessera::arrays::Block::make<double>({elements}, [](std::span<double> data) { std::ranges::fill(data, 1.0); });
}
double calibrate_value(std::int64_t, double value) { return value; }
/// Waits, and has another in its place, and so on, `left` times: the seconds that all of them waited.
tessera::Deferred<double> calibrate_relay(tessera::Context& context, std::int64_t number, std::int64_t left, double waited) {
  const auto begin = Clock::now();
  std::this_thread::sleep_for(rest);
  waited += std::chrono::duration<double>(Clock::now() - begin).count();
  return left > 1 ? context.submit(calibrate_relay, number, left - 1, waited) : context.submit(calibrate_value, number, waited);
}
}  // namespace
TESSERA_OPERATION(calibrate_empty);
TESSERA_OPERATION(calibrate_value);
TESSERA_OPERATION(calibrate_relay);
TESSERA_OPERATION(calibrate_block);

namespace tessera {
namespace {
namespace protocol = runtime::protocol;
namespace engine = simulation::engine;
constexpr int repeats = 7, repeats_min = 3;
constexpr double enough_s = 2;           ///< For one figure, unless it takes longer to repeat at all.
constexpr double mib = 1048576;

template <class Function>
double seconds_of(Function&& function) {
  const auto begin = Clock::now();
  function();
  return std::chrono::duration<double>(Clock::now() - begin).count();
}
template <class Function>
double median_of(int count, Function&& function) {
  std::vector<double> all;
  double spent = 0;
  for (int i = 0; i < count && (i < repeats_min || spent < enough_s); ++i) spent += seconds_of([&] { all.push_back(function()); });
  std::ranges::sort(all);
  return all[all.size() / 2];
}
template <class Function>
double mean_of(int count, Function&& function) {
  double sum = 0, spent = 0;
  int done = 0;
  for (; done < count && (done < repeats_min || spent < enough_s); ++done) spent += seconds_of([&] { sum += function(); });
  return sum / done;
}

double message_cost() {
  protocol::Assign assign;
  assign.tasks.emplace_back();
  assign.tasks.back().inputs = 2;
  assign.inputs.resize(2);
  const protocol::Message message = assign;
  constexpr int count = 10'000;
  return median_of(repeats, [&] {
           return seconds_of([&] {
             for (int k = 0; k < count; ++k)
               if (!serialization::decode(serialization::encode(message))) throw Error(ErrorCode::bad_message, "a message did not come back");
           });
         }) / count;
}

/// Numbers make keys that no earlier calibration has.
class Measuring {
 public:
  explicit Measuring(Cluster& cluster) : cluster_(cluster), next_(Clock::now().time_since_epoch().count()) {}
  /// What lies between the end of a task and the beginning of the one in its place is two.
  double message() {
    constexpr std::int64_t links = 20;
    return mean_of(20, [&] {
             const double alone = after_a_rest([&] { cluster_.submit(calibrate_empty, next_++).get(); });
             double waited = 0;
             return after_a_rest([&] { waited = cluster_.submit(calibrate_relay, next_++, links, 0.0).get(); }) - waited - alone;
           }) / links / 2;
  }
  double transfer() {
    return mean_of(300, [&] { return get(1 << 10); }) * 3 / 4;
  }
  double bandwidth() {
    constexpr std::int64_t elements = 4 << 20;
    return median_of(repeats, [&] { return elements * 8 / mib / get(elements); });
  }
  double link_of_a_chain() {
    constexpr int count = 1000;
    return median_of(repeats, [&] {
             return seconds_of([&] {
               Graph graph;
               Deferred<std::int64_t> last = graph.add(calibrate_empty, next_++);
               for (int i = 1; i < count; ++i) last = graph.add(calibrate_empty, last);
               cluster_.compute(std::move(graph), last).get();
             });
           }) / count;
  }
  double one_of_many() {
    constexpr int count = 10'000;
    return median_of(repeats, [&] {
             std::vector<std::int64_t> numbers(count);
             for (std::int64_t& number : numbers) number = next_++;
             return seconds_of([&] { cluster_.wait(cluster_.map(calibrate_empty, numbers)); });
           }) / count;
  }

 private:
  template <class Function>
  static double after_a_rest(Function&& function) {
    std::this_thread::sleep_for(rest);
    return seconds_of(function);
  }
  /// Seconds to this program.
  double get(std::int64_t elements) {
    auto block = cluster_.submit(calibrate_block, next_++, elements);
    cluster_.wait(std::vector{block});
    return seconds_of([&] { static_cast<void>(block.get()); });
  }

  Cluster& cluster_;
  std::int64_t next_;
};
}  // namespace

engine::Cluster calibrated(Cluster& cluster) {
  engine::Cluster its;
  std::uint32_t lanes = 0;
  for (const protocol::Member& member : cluster.status().members) {
    if (member.role != protocol::Role::node || member.lanes == 0) continue;
    its.nodes.push_back({.name = member.name, .cpus = member.lanes, .memory = static_cast<double>(member.status.limit.value) / mib});
    lanes += member.lanes;
  }
  if (its.nodes.empty()) throw Error(ErrorCode::invalid_argument, "the cluster has no node that computes: there is nothing to measure");
  std::ranges::sort(its.nodes, {}, &engine::ClusterNode::name);
  Measuring measuring(cluster);
  its.name = "calibrated";
  its.network = engine::NetworkModel::maxmin;
  its.share = engine::Share::pair;
  its.downloads_per_source_max = 1, its.downloads = engine::DownloadOrder::preemptive;
  its.overheads.message = its.scheduling_time = measuring.message();
  its.latency = measuring.transfer();
  its.bandwidth = measuring.bandwidth();
  its.overheads.node_task = measuring.link_of_a_chain();
  its.overheads.node_message = message_cost();
  its.overheads.scheduler_task = std::max(0.0, measuring.one_of_many() - its.overheads.node_task / lanes);
  return its;
}
}  // namespace tessera
