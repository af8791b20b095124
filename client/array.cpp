#include "client/array.hpp"

#include "arrays/expression/plan.hpp"
#include "client/array/face.hpp"
#include "client/array/tasks.hpp"
#include "client/planning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tessera {
namespace expression = arrays::expression;
using detail::made;
using detail::need;

namespace {
/// Chunks that a cluster keeps.
struct KeptChunks : detail::ChunkSource {
  std::vector<Future<Block>> futures;
  runtime::graph::Index chunk(Graph& graph, std::size_t number, const arrays::shape::Box&) const override {
    graph.kept().push_back(futures[number].core());
    return graph.builder().external(futures[number].core()->key);
  }
};

expression::Plan plan_of(const std::vector<Array>& arrays, ComputeOptions options) {
  expression::Plan plan = expression::plan_of(detail::nodes_of(arrays));
  return options.optimise ? expression::optimised(plan) : plan;
}

/// Futures of the chunks of each array.
std::vector<std::vector<Future<Block>>> submit(Cluster& cluster, const std::vector<Array>& arrays, ComputeOptions options) {
  Graph graph;
  const detail::Give give = [&](Graph& to, const Block& block) {
    const Future<Block> future = cluster.scatter(block);
    to.kept().push_back(future.core());
    return to.builder().external(future.core()->key);
  };
  const auto chunks = detail::add_tasks(graph, plan_of(arrays, options), give);
  std::vector<Deferred<Block>> wanted;
  for (const auto& its : chunks) wanted.insert(wanted.end(), its.begin(), its.end());
  const std::vector<Future<Block>> futures = cluster.compute(std::move(graph), wanted);
  std::vector<std::vector<Future<Block>>> result;
  auto next = futures.begin();
  for (const auto& its : chunks) {
    const auto end = next + static_cast<std::ptrdiff_t>(its.size());
    result.emplace_back(next, end);
    next = end;
  }
  return result;
}

/// A plan's tasks by operation, and what they take as far as it is declared.
std::string summary(const expression::Plan& plan, const char* title) {
  Graph graph;
  detail::Extents externals;
  const detail::Give give = [&](Graph& to, const Block& block) {
    externals.emplace_back(Extent::of(block));
    return to.builder().external(runtime::graph::named_key("block " + std::to_string(externals.size())));
  };
  detail::add_tasks(graph, plan, give);
  const auto tasks = need(graph.builder().build());
  externals.resize(tasks.externals.size());  // Those of futures are not known here.
  const auto sizes = detail::sizes_of(tasks, externals);
  std::map<std::string, std::size_t> counts;
  runtime::Bytes made{}, read{}, peak{};
  for (runtime::graph::Index i = 0; i < tasks.tasks.size(); ++i) {
    ++counts[tasks.operations[tasks.tasks[i].operation]];
    if (!sizes[i]) continue;
    runtime::Bytes holds = sizes[i]->output.bytes + sizes[i]->scratch;
    for (const auto input : tasks.inputs_of(i)) {
      const bool is_external = (input & runtime::graph::external_bit) != 0;
      if (is_external && externals[input & ~runtime::graph::external_bit]) holds = holds + externals[input & ~runtime::graph::external_bit]->bytes;
      if (!is_external && sizes[input]) holds = holds + sizes[input]->output.bytes;
    }
    made = made + sizes[i]->output.bytes;
    read = read + sizes[i]->read;
    peak = std::max(peak, holds);
  }
  std::string text = fmt::format("{}: {} tasks make {}, read {}; the largest holds {}\n", title, tasks.tasks.size(), to_string(made), to_string(read), to_string(peak));
  for (const auto& [name, count] : counts) text += fmt::format("  {:6} {}\n", count, name);
  return text;
}
}  // namespace

Dtype Array::dtype() const { return node_->dtype; }
const arrays::Shape& Array::shape() const { return node_->shape; }
std::int64_t Array::size() const {
  need(arrays::shape::need_known("size", shape()));
  return *arrays::element_count(shape());
}
const arrays::shape::Chunks& Array::chunks() const { return node_->chunks; }

Array Array::operator[](std::initializer_list<Bracket> brackets) const { return detail::indexed(*this, {brackets.begin(), brackets.size()}); }
Array Array::operator[](const Bracket& place) const { return detail::indexed(*this, {&place, 1}); }
Array Array::T() const {
  if (ndim() != 2) throw Error(ErrorCode::invalid_argument, fmt::format("T is of two dimensions, not of the shape {}; use permute_dims", arrays::to_string(shape())));
  return xp::permute_dims(*this, {1, 0});
}

Block Array::compute(Cluster& cluster, ComputeOptions options) const { return xp::compute(cluster, {*this}, options)[0]; }
Array Array::persist(Cluster& cluster, ComputeOptions options) const { return xp::persist(cluster, {*this}, options)[0]; }
std::string Array::explain() const { return xp::explain({*this}); }

Block Array::one_element(Cluster& cluster, Dtype wanted) const {
  if (size() != 1 || dtype() != wanted)
    throw Error(size() != 1 ? ErrorCode::invalid_argument : ErrorCode::type_mismatch,
                fmt::format("item<{}> takes an array of one element of {}, not one of {} of shape {}", arrays::to_string(wanted), arrays::to_string(wanted),
                            arrays::to_string(dtype()), arrays::to_string(shape())));
  return compute(cluster);
}

namespace xp {
std::vector<Block> compute(Cluster& cluster, const std::vector<Array>& arrays, ComputeOptions options) {
  std::vector<Array> whole;
  for (const Array& one : arrays) whole.push_back(arrays::shape::unknown_dimension(one.shape()) ? detail::in_one_chunk(one) : rechunk(one, -1));
  std::vector<Block> blocks;
  for (const auto& futures : submit(cluster, whole, options)) blocks.push_back(futures[0].get());
  return blocks;
}

std::vector<Array> persist(Cluster& cluster, const std::vector<Array>& arrays, ComputeOptions options) {
  std::vector<Array> result;
  auto futures = submit(cluster, arrays, options);
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    auto kept = std::make_shared<KeptChunks>();
    kept->futures = std::move(futures[i]);
    result.push_back(made(expression::foreign(arrays[i].dtype(), arrays[i].chunks(), std::move(kept))));
  }
  return result;
}

std::string explain(const std::vector<Array>& arrays) {
  const expression::Plan plan = plan_of(arrays, {.optimise = false});
  return summary(plan, "as written") + summary(expression::optimised(plan), "optimised");
}
}  // namespace xp
}  // namespace tessera
