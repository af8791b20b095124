// From expressions to tasks. Partials are combined in trees whose shape depends on the chunks alone, so results have the same
// bits wherever and in whatever order they are computed.
#include "client/cube/node.hpp"
#include "client/cube/operations.hpp"

#include <algorithm>
#include <string>

namespace tessera {
using arrays::Block;
using arrays::Shape;
using Chunk = Deferred<Block>;
using Chunks = std::vector<Chunk>;

namespace {
/// How many partials one task combines: few enough for chains of memory to stay short, enough for few tasks.
constexpr std::size_t fan_in = 8;

std::size_t flat(arrays::ShapeView at, arrays::ShapeView grid) {
  std::int64_t index = 0;
  for (std::size_t i = 0; i < grid.size(); ++i) index = index * grid[i] + at[i];
  return static_cast<std::size_t>(index);
}

/// Calls `visit(at)` for each chunk of the cube, in C order.
template <class Visit>
void each_chunk(const Cube& cube, const Visit& visit) {
  const Shape grid = cube.grid();
  Shape at(grid.size(), 0);
  do visit(at);
  while (next_index(at, grid));
}

/// Combines until at most `fan_in` partials are left.
Chunks combine(Graph& graph, Chunks partials, Block (*combined)(const std::vector<Block>&)) {
  while (partials.size() > fan_in) {
    Chunks next;
    for (std::size_t i = 0; i < partials.size(); i += fan_in) {
      const Chunks some(partials.begin() + static_cast<std::ptrdiff_t>(i),
                        partials.begin() + static_cast<std::ptrdiff_t>(std::min(i + fan_in, partials.size())));
      next.push_back(some.size() == 1 ? some.front() : graph.add(combined, some));
    }
    partials = std::move(next);
  }
  return partials;
}

/// Adds the tasks of one node.
class Lowering {
 public:
  Lowering(Graph& graph, CubeTasks& tasks, const Cube& cube, const detail::CubeNode& node)
      : graph_(graph), tasks_(tasks), cube_(cube), node_(node) {}

  Chunks operator()(const detail::CubeRead& its) {
    Chunks all;
    each_chunk(cube_, [&](const Shape& at) {
      const auto [start, count] = cube_.box(at);
      all.push_back(its.read(graph_, start, count));
    });
    return all;
  }

  Chunks operator()(const detail::CubeMean& its) {
    const auto axis = static_cast<std::int64_t>(its.axis);
    return reduced(
        its.axis, false, [&](Chunk chunk, std::int64_t) { return graph_.add(cube_operations::sums, chunk, axis); },
        [&](const Chunks& partials) {
          return graph_.add(cube_operations::mean, combine(graph_, partials, cube_operations::combine_sums), dtype());
        });
  }

  Chunks operator()(const detail::CubeGroupedMean& its) {
    const auto axis = static_cast<std::int64_t>(its.axis);
    const auto count = static_cast<std::int32_t>(its.groups->labels.size());
    return reduced(
        its.axis, true,
        [&](Chunk chunk, std::int64_t along) {
          return graph_.add(cube_operations::grouped_sums, chunk, axis, groups_of(node_.of[0], its.axis, *its.groups, along), count);
        },
        [&](const Chunks& partials) {
          return graph_.add(cube_operations::mean, combine(graph_, partials, cube_operations::combine_sums), dtype());
        });
  }

  Chunks operator()(const detail::CubeDeviation& its) {
    const auto axis = static_cast<std::int64_t>(its.axis);
    return reduced(
        its.axis, false, [&](Chunk chunk, std::int64_t) { return graph_.add(cube_operations::moments, chunk, axis); },
        [&](const Chunks& partials) {
          return graph_.add(cube_operations::deviation, combine(graph_, partials, cube_operations::combine_moments),
                            std::int64_t{its.ddof}, dtype());
        });
  }

  Chunks operator()(const detail::CubeAt& its) {
    const Cube& of = node_.of[0];
    const Chunks& from = tasks_.chunks(of);
    std::int64_t chunk = 0, index = its.index;
    while (index >= of.dimensions()[its.axis].chunks[static_cast<std::size_t>(chunk)])
      index -= of.dimensions()[its.axis].chunks[static_cast<std::size_t>(chunk++)];
    Chunks all;
    each_chunk(cube_, [&](Shape at) {
      at.insert(at.begin() + static_cast<std::ptrdiff_t>(its.axis), chunk);
      all.push_back(graph_.add(cube_operations::slab, from[flat(at, of.grid())], static_cast<std::int64_t>(its.axis), index));
    });
    return all;
  }

  Chunks operator()(const detail::CubeRechunk& its) {
    const Cube& of = node_.of[0];
    const Chunks& from = tasks_.chunks(of);
    const auto& old = of.dimensions()[its.axis].chunks;
    Chunks all;
    each_chunk(cube_, [&](Shape at) {
      const auto [start, count] = cube_.box(at);
      const std::int64_t first = start[its.axis], end = first + count[its.axis];
      Chunks parts;
      cube_operations::Numbers starts, counts;
      std::int64_t begin = 0;
      for (std::size_t i = 0; i < old.size(); begin += old[i++]) {
        const std::int64_t low = std::max(first, begin), high = std::min(end, begin + old[i]);
        if (low >= high) continue;
        at[its.axis] = static_cast<std::int64_t>(i);
        parts.push_back(from[flat(at, of.grid())]);
        starts.push_back(low - begin);
        counts.push_back(high - low);
      }
      all.push_back(graph_.add(cube_operations::join, parts, static_cast<std::int64_t>(its.axis), starts, counts));
    });
    return all;
  }

  Chunks operator()(const detail::CubeSubtract& its) {
    const Cube &a = node_.of[0], &b = node_.of[1];
    const Chunks &from_a = tasks_.chunks(a), &from_b = tasks_.chunks(b);
    Chunks all;
    each_chunk(cube_, [&](const Shape& at) {
      const Shape count = cube_.box(at).second;
      Shape at_b(b.dimensions().size(), 0), stretched(at.size(), 1);
      for (std::size_t i = 0; i < at.size(); ++i) {
        if (!its.b_axis[i]) continue;
        if (its.grouped != i) at_b[*its.b_axis[i]] = at[i];
        stretched[i] = count[i];
      }
      const Chunk minuend = from_a[all.size()], subtrahend = from_b[flat(at_b, b.grid())];
      if (!its.grouped) {
        all.push_back(graph_.add(cube_operations::subtract, minuend, subtrahend, stretched));
        return;
      }
      const std::size_t along = *its.grouped, axis = *its.b_axis[along];
      all.push_back(graph_.add(cube_operations::subtract_groups, minuend, subtrahend, static_cast<std::int64_t>(axis),
                               groups_of(a, along, *b.dimensions()[axis].grouping, at[along]), stretched));
    });
    return all;
  }

 private:
  std::string dtype() const { return std::string(arrays::to_string(node_.dtype)); }

  /// The groups of the indices of one chunk.
  static std::vector<std::int32_t> groups_of(const Cube& cube, std::size_t axis, const Grouping& groups, std::int64_t chunk) {
    Shape at(cube.dimensions().size(), 0);
    at[axis] = chunk;
    const auto [start, count] = cube.box(at);
    const auto first = groups.of.begin() + start[axis];
    return {first, first + count[axis]};
  }

  /// `partial(chunk, index along the axis)` of each chunk of the operand, `finish` of all along the axis.
  template <class Partial, class Finish>
  Chunks reduced(std::size_t axis, bool keeps_axis, const Partial& partial, const Finish& finish) {
    const Cube& of = node_.of[0];
    const Chunks& from = tasks_.chunks(of);
    Chunks all;
    each_chunk(cube_, [&](Shape at) {
      if (!keeps_axis) at.insert(at.begin() + static_cast<std::ptrdiff_t>(axis), 0);
      Chunks partials;
      for (std::int64_t i = 0; i < of.grid()[axis]; ++i) {
        at[axis] = i;
        partials.push_back(partial(from[flat(at, of.grid())], i));
      }
      all.push_back(finish(partials));
    });
    return all;
  }

  Graph& graph_;
  CubeTasks& tasks_;
  const Cube& cube_;
  const detail::CubeNode& node_;
};
}  // namespace

const Chunks& CubeTasks::chunks(const Cube& cube) {
  const auto at = done_.find(cube.node_);
  if (at != done_.end()) return at->second;
  Chunks all = std::visit(Lowering(graph_, *this, cube, *cube.node_), cube.node_->what);
  return done_.emplace(cube.node_, std::move(all)).first->second;
}
}  // namespace tessera
