/// @file
/// Graphs of one operation, whose tasks take what is said of each.
#pragma once
#include "runtime/graph/builder.hpp"
#include "simulation/workload.hpp"

#include <initializer_list>

namespace tessera::simulation {
/// Collects tasks and their costs.
class Sketch {
 public:
  using Index = runtime::graph::Index;
  explicit Sketch(runtime::graph::Effects effects = runtime::graph::Effects::idempotent) : effects_(effects) {}
  /// A task whose result takes so many MiB. Pure ones without inputs may be made again instead of written.
  Index task(std::uint64_t output_mib, const std::vector<Index>& inputs = {}, std::uint64_t scratch_mib = 0) {
    const std::uint32_t number[] = {static_cast<std::uint32_t>(costs_.size())};
    costs_.push_back({runtime::mib(output_mib), runtime::mib(scratch_mib), {}, true});
    return builder_.add(builder_.operation("work"), inputs, std::as_bytes(std::span(number)), builder_.options({0, 0, effects_, {}}));
  }
  Index external(std::uint64_t mib, std::uint32_t node) {
    externals_.push_back({runtime::mib(mib), node});
    return builder_.external(runtime::graph::named_key("external " + std::to_string(externals_.size())));
  }
  Workload workload(std::vector<Index> wanted) {
    return {std::make_shared<const runtime::graph::Graph>(*builder_.build()), std::move(wanted), costs_, externals_};
  }

 private:
  runtime::graph::Effects effects_;
  runtime::graph::Builder builder_;
  std::vector<TaskCost> costs_;
  std::vector<External> externals_;
};

inline Machines machines(std::uint32_t nodes, std::uint64_t limit_mib, bool spills, std::uint32_t lanes = 2) {
  Machines its;
  for (std::uint32_t i = 0; i < nodes; ++i) its.nodes.push_back({lanes, runtime::mib(limit_mib), runtime::mib(10), spills, {}});
  return its;
}
/// `n` results of `mib` each, summed in a chain.
inline Workload stream(std::uint32_t n, std::uint64_t mib) {
  Sketch sketch;
  Sketch::Index sum = sketch.task(0, {sketch.task(mib)});
  for (std::uint32_t i = 1; i < n; ++i) sum = sketch.task(0, {sum, sketch.task(mib)});
  return sketch.workload({sum});
}
/// `n` results of `mib` each, all kept.
inline Workload kept(std::uint32_t n, std::uint64_t mib, runtime::graph::Effects effects = runtime::graph::Effects::idempotent) {
  Sketch sketch(effects);
  std::vector<Sketch::Index> all;
  for (std::uint32_t i = 0; i < n; ++i) all.push_back(sketch.task(mib));
  return sketch.workload(all);
}
}  // namespace tessera::simulation
