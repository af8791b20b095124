// The walk over a chunk: cell by cell, and over what each cell reduces in C order, in leaves of a tile's length or of `rows_max`
// rows; leaves are merged pairwise, as a binary counter carries.
#include "arrays/kernels/lanes/algebra.hpp"
#include "arrays/kernels/lanes/tiles.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cstring>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

/// Neighbouring dimensions that are all reduced or all kept, joined.
struct Group {
  std::int64_t length = 1, stride = 1;
  bool is_reduced = false;
};
/// Of at least one group.
std::vector<Group> groups_of(ShapeView shape, std::span<const std::size_t> axes) {
  std::vector<Group> groups;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool is_reduced = std::find(axes.begin(), axes.end(), i) != axes.end();
    if (!groups.empty() && groups.back().is_reduced == is_reduced) groups.back().length *= shape[i];
    else if (shape[i] != 1) groups.push_back({shape[i], 1, is_reduced});
  }
  // One element that is reduced is a run of one.
  if (groups.empty()) groups.push_back({1, 1, true});
  for (std::size_t i = groups.size() - 1; i > 0; --i) groups[i - 1].stride = groups[i].stride * groups[i].length;
  return groups;
}

/// Calls `visit(offset)` for each index of the groups that are reduced, or that are kept, in C order; stops where it fails.
template <class Visit>
runtime::Result<void> for_each(std::span<const Group> groups, bool reduced, const Visit& visit, std::int64_t offset = 0) {
  if (groups.empty()) return visit(offset);
  const Group& group = groups.front();
  if (group.is_reduced != reduced) return for_each(groups.subspan(1), reduced, visit, offset);
  for (std::int64_t i = 0; i < group.length; ++i)
    if (auto done = for_each(groups.subspan(1), reduced, visit, offset + i * group.stride); !done) return done;
  return {};
}

/// States of leaves that wait for their neighbours: level k holds 2^k leaves.
class Counter {
 public:
  Counter(Algebra& algebra, std::size_t width) : algebra_(algebra), width_(width), next_(algebra.state_bytes(width)) {}
  /// Where the next leaf's state goes; `push` takes it.
  std::byte* next() { return next_.data(); }
  void push() {
    std::size_t level = 0;
    for (; (leaves_ >> level & 1) != 0; ++level) {
      algebra_.merge(levels_[level].data(), next_.data(), width_);
      std::swap(levels_[level], next_);
    }
    if (level == levels_.size()) levels_.emplace_back(next_.size());
    std::swap(levels_[level], next_);
    ++leaves_;
  }
  /// The state of all leaves.
  const std::byte* total() {
    if (leaves_ == 0) return algebra_.identity(next_.data(), width_), next_.data();
    const std::vector<std::byte>* total = nullptr;
    for (std::size_t level = 0; level < levels_.size(); ++level) {
      if ((leaves_ >> level & 1) == 0) continue;
      if (total != nullptr) algebra_.merge(levels_[level].data(), total->data(), width_);
      total = &levels_[level];
    }
    return total->data();
  }
  void clear() { leaves_ = 0; }

 private:
  Algebra& algebra_;
  std::size_t width_;
  std::uint64_t leaves_ = 0;
  std::vector<std::byte> next_;
  std::vector<std::vector<std::byte>> levels_;
};

/// One reduction of an output, and the partial that it fills.
struct Job {
  std::unique_ptr<Algebra> algebra;
  BlockBuilder partial;
  std::int64_t cells;

  void store(const std::byte* state, std::size_t width, std::int64_t cell) {
    const std::size_t each = size_bytes(algebra->form.dtype);
    for (std::int64_t plane = 0; plane < algebra->form.planes; ++plane)
      std::memcpy(partial.raw().data() + static_cast<std::size_t>(plane * cells + cell) * each, state + static_cast<std::size_t>(plane) * width * each, width * each);
  }
};

/// Cells whose elements lie one after the other.
runtime::Result<void> reduce_runs(Tiles& tiles, std::span<const Group> groups, std::vector<Job>& jobs) {
  const std::span<const Group> outer = groups.first(groups.size() - 1);
  const std::int64_t length = groups.back().length;
  std::vector<Counter> counters;
  for (Job& job : jobs) counters.emplace_back(*job.algebra, 1);
  std::int64_t cell = 0;
  return for_each(outer, /*reduced=*/false, [&](std::int64_t kept) {
    for (Counter& counter : counters) counter.clear();
    auto done = for_each(outer, /*reduced=*/true, [&](std::int64_t first) -> runtime::Result<void> {
      for (std::int64_t i = 0; i < length; i += static_cast<std::int64_t>(tile_elements)) {
        const std::size_t n = std::min(tile_elements, static_cast<std::size_t>(length - i));
        if (auto ran = tiles.run(first + i, n); !ran) return ran;
        for (std::size_t k = 0; k < jobs.size(); ++k) {
          jobs[k].algebra->run(tiles.output(k), n, first + i, counters[k].next());
          counters[k].push();
        }
      }
      return {};
    }, kept);
    for (std::size_t k = 0; k < jobs.size(); ++k) jobs[k].store(counters[k].total(), 1, cell);
    ++cell;
    return done;
  });
}

/// Cells that lie one after the other: rows of them are merged.
runtime::Result<void> reduce_rows(Tiles& tiles, std::span<const Group> groups, std::vector<Job>& jobs) {
  const std::span<const Group> outer = groups.first(groups.size() - 1);
  const std::int64_t length = groups.back().length;
  std::int64_t cell = 0;
  return for_each(outer, /*reduced=*/false, [&](std::int64_t kept) -> runtime::Result<void> {
    for (std::int64_t column = 0; column < length; column += static_cast<std::int64_t>(columns_max)) {
      const std::size_t width = std::min(columns_max, static_cast<std::size_t>(length - column));
      std::vector<Counter> counters;
      for (Job& job : jobs) counters.emplace_back(*job.algebra, width);
      std::size_t rows = 0;
      const auto close = [&] {
        for (std::size_t k = 0; k < jobs.size(); ++k) jobs[k].algebra->end_rows(rows, width, counters[k].next()), counters[k].push();
        rows = 0;
      };
      auto done = for_each(outer, /*reduced=*/true, [&](std::int64_t first) -> runtime::Result<void> {
        if (auto ran = tiles.run(first, width); !ran) return ran;
        for (std::size_t k = 0; k < jobs.size(); ++k) jobs[k].algebra->row(tiles.output(k), rows, width, first, counters[k].next());
        if (++rows == rows_max) close();
        return {};
      }, kept + column);
      if (!done) return done;
      if (rows > 0) close();
      for (std::size_t k = 0; k < jobs.size(); ++k) jobs[k].store(counters[k].total(), width, cell);
      cell += static_cast<std::int64_t>(width);
    }
    return {};
  });
}

std::optional<Failure> check_axes(ShapeView shape, std::span<const std::size_t> axes, const Place& place) {
  for (std::size_t i = 0; i < axes.size(); ++i)
    if (axes[i] >= shape.size() || (i > 0 && axes[i] <= axes[i - 1]))
      return Failure{ErrorCode::invalid_argument, "axis " + std::to_string(axes[i]) + " is not one of the shape " + arrays::to_string(shape) +
                                                      ", or comes after a later one"};
  bool fits = place.start.size() == place.whole.size() && (place.whole.empty() || place.whole.size() == shape.size());
  for (std::size_t i = 0; fits && i < place.whole.size(); ++i)
    fits = place.start[i] >= 0 && place.start[i] <= place.whole[i] && shape[i] <= place.whole[i] - place.start[i];
  if (fits) return std::nullopt;
  return Failure{ErrorCode::invalid_argument, "a chunk of the shape " + arrays::to_string(shape) + " at " + arrays::to_string(place.start) + " is not within " +
                                                  arrays::to_string(place.whole)};
}

IndexOf index_within(ShapeView shape, std::span<const std::size_t> axes, const Place& place) {
  return [shape = Shape(shape.begin(), shape.end()), axes = std::vector(axes.begin(), axes.end()), place](std::int64_t flat) {
    Shape at(shape.size());
    for (std::size_t i = shape.size(); i-- > 0; flat /= shape[i]) at[i] = flat % shape[i];
    std::int64_t index = 0;
    for (const std::size_t axis : axes) {
      const bool is_whole = place.whole.empty();
      index = index * (is_whole ? shape[axis] : place.whole[axis]) + at[axis] + (is_whole ? 0 : place.start[axis]);
    }
    return index;
  };
}
}  // namespace

runtime::Result<std::vector<Block>> evaluate_and_reduce(const Program& program, std::span<const Block> inputs, ShapeView shape,
                                                        std::span<const Reduction> reductions, std::span<const std::size_t> axes,
                                                        const Place& place, std::span<const Layout> layouts) {
  return evaluate_and_reduce(program, inputs, shape, reductions, axes, place, lanes(), layouts);
}

runtime::Result<std::vector<Block>> evaluate_and_reduce(const Program& program, std::span<const Block> inputs, ShapeView shape,
                                                        std::span<const Reduction> reductions, std::span<const std::size_t> axes,
                                                        const Place& place, const Lanes& lanes, std::span<const Layout> layouts) {
  auto tiles = Tiles::make(program, inputs, shape, lanes, place, layouts);
  if (!tiles) return tiles.failure();
  if (auto failure = check_axes(shape, axes, place)) return *failure;
  if (reductions.size() != program.outputs.size())
    return Failure{ErrorCode::invalid_argument, std::to_string(reductions.size()) + " reductions were given for " + std::to_string(program.outputs.size()) + " outputs"};
  Shape kept(shape.begin(), shape.end());
  for (const std::size_t axis : axes) kept[axis] = 1;
  const std::int64_t cells = element_count(kept).value();
  std::vector<Job> jobs;
  for (std::size_t k = 0; k < reductions.size(); ++k) {
    if (const auto sound = check(reductions[k]); !sound) return sound.failure();
    if (program.dtype(program.outputs[k]) != reductions[k].elements)
      return Failure{ErrorCode::type_mismatch, std::string(to_string(reductions[k].by)) + " of " + std::string(to_string(reductions[k].elements)) + " was given " +
                                                   std::string(to_string(program.dtype(program.outputs[k])))};
    auto algebra = algebra_of(reductions[k], lanes, index_within(shape, axes, place));
    Shape partial{algebra->form.planes};
    partial.insert(partial.end(), kept.begin(), kept.end());
    if (partial.size() > rank_max) return Failure{ErrorCode::invalid_argument, "an array of 32 dimensions cannot be reduced"};
    BlockBuilder builder(algebra->form.dtype, partial);
    jobs.push_back({std::move(algebra), std::move(builder), cells});
  }
  const std::vector<Group> groups = groups_of(shape, axes);
  if (!groups.back().is_reduced) tiles->go_down_rows(groups.back().length);
  if (cells > 0)
    if (auto done = groups.back().is_reduced ? reduce_runs(*tiles, groups, jobs) : reduce_rows(*tiles, groups, jobs); !done) return done.failure();
  std::vector<Block> partials;
  for (Job& job : jobs) partials.push_back(std::move(job.partial).freeze());
  return partials;
}

runtime::Result<Block> reduce(const Reduction& reduction, const Block& chunk, std::span<const std::size_t> axes, const Place& place) {
  Program program;
  program.inputs = {chunk.dtype()};
  program.outputs = {0};
  auto partials = evaluate_and_reduce(program, {&chunk, 1}, chunk.shape(), {&reduction, 1}, axes, place);
  if (!partials) return partials.failure();
  return std::move(partials->front());
}

runtime::Result<Block> combine(const Reduction& reduction, std::span<const Block> partials) {
  if (partials.empty()) return Failure{ErrorCode::invalid_argument, "there is no partial to combine"};
  if (const auto sound = check(reduction); !sound) return sound.failure();
  const PartialForm form = partial_form(reduction);
  for (const Block& one : partials) {
    if (one.dtype() != form.dtype || one.rank() == 0 || one.shape()[0] != form.planes)
      return Failure{ErrorCode::type_mismatch, "a partial of " + std::string(to_string(reduction.by)) + " is " + std::string(to_string(form.dtype)) + " with " +
                                                   std::to_string(form.planes) + " planes, not " + std::string(to_string(one.dtype())) + " " + arrays::to_string(one.shape())};
    if (!std::ranges::equal(one.shape(), partials.front().shape()))
      return Failure{ErrorCode::invalid_argument, "partials of the shapes " + arrays::to_string(partials.front().shape()) + " and " + arrays::to_string(one.shape()) +
                                                      " do not combine"};
  }
  if (partials.size() == 1) return partials.front();
  const auto algebra = algebra_of(reduction, lanes(), nullptr);
  const auto width = static_cast<std::size_t>(partials.front().size() / form.planes);
  // By halves, with as many states as there are levels.
  const auto total = [&](const auto& self, std::span<const Block> some) -> std::vector<std::byte> {
    if (some.size() == 1) return {some.front().raw().begin(), some.front().raw().end()};
    std::vector<std::byte> state = self(self, some.first(some.size() / 2));
    const auto rest = some.subspan(some.size() / 2);
    algebra->merge(state.data(), rest.size() == 1 ? rest.front().raw().data() : self(self, rest).data(), width);
    return state;
  };
  const std::vector<std::byte> state = total(total, partials);
  BlockBuilder builder(form.dtype, partials.front().shape());
  std::ranges::copy(state, builder.raw().begin());
  return std::move(builder).freeze();
}
}  // namespace tessera::arrays::kernels
