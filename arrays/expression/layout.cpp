// The makers of nodes that move elements and change none.
#include "arrays/expression/numbers.hpp"
#include "arrays/shape/broadcast.hpp"
#include "arrays/shape/rechunk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace tessera::arrays::expression {
using runtime::ErrorCode;
using runtime::Failure;
using shape::Chunks;
using shape::Cuts;
using shape::View;

namespace {
Failure wrong(const std::string& sentence) { return {ErrorCode::invalid_argument, sentence}; }

NodeRef node(Dtype dtype, Chunks chunks, What what, std::vector<NodeRef> of) {
  Shape shape = shape::shape_of(chunks);
  return std::make_shared<const Node>(Node{dtype, std::move(shape), std::move(chunks), std::move(what), std::move(of)});
}

/// A view in those chunks.
NodeRef view_in(const NodeRef& of, View view, Chunks chunks) {
  if (shape::is_whole(view, of->shape) && chunks == of->chunks) return of;
  return node(of->dtype, std::move(chunks), Viewed{std::move(view)}, {of});
}

/// The dimensions of an operand, taken one by one into a new order.
struct Dimensions {
  View view;
  explicit Dimensions(ShapeView source) { view.base.assign(source.size(), 0); }
  void keep(ShapeView source, std::size_t axis) { view.shape.push_back(source[axis]), view.from.push_back({static_cast<std::int32_t>(axis), 1}); }
  void add() { view.shape.push_back(1), view.from.push_back({}); }
};
}  // namespace

Made view(const NodeRef& of, const View& view) {
  if (const auto known = shape::need_known("a view", of->shape); !known) return known.failure();
  if (view.shape.size() > rank_max) return wrong(fmt::format("the shape {} has {} dimensions; {} is the most", to_string(view.shape), view.shape.size(), rank_max));
  return view_in(of, view, shape::natural_chunks(view, of->chunks));
}

Made index(const NodeRef& of, std::span<const shape::Index> brackets) {
  if (const auto known = shape::need_known("a slice", of->shape); !known) return known.failure();
  const auto view = shape::indexed(brackets, of->shape);
  if (!view) return view.failure();
  return expression::view(of, *view);
}

Made rechunk(const NodeRef& of, const shape::ChunkSpec& spec) {
  const auto chunks = shape::chunks_of(spec, of->shape, size_bytes(of->dtype));
  if (!chunks) return chunks.failure();
  NodeRef result = of;
  if (of->chunks != *chunks)
    for (const Chunks& step : shape::rechunk_steps(of->chunks, *chunks)) result = view_in(result, shape::whole(of->shape), step);
  return result;
}

Made broadcast_to(const NodeRef& of, const Shape& lengths) {
  if (const auto known = shape::need_known("broadcast_to", of->shape); !known) return known.failure();
  const Shape both[] = {of->shape, lengths};
  if (of->shape.size() > lengths.size() || shape::broadcast(both) != lengths)
    return wrong(fmt::format("an array of shape {} does not broadcast to {}", to_string(of->shape), to_string(lengths)));
  if (lengths.size() > rank_max || !element_count(lengths)) return wrong(fmt::format("no array has the shape {}", to_string(lengths)));
  View view{lengths, {}, Shape(of->shape.size(), 0)};
  std::vector<shape::DimensionChunks> spec;
  const std::size_t added = lengths.size() - of->shape.size();
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const bool is_kept = i >= added && of->shape[i - added] == lengths[i];
    view.from.push_back(is_kept ? View::From{static_cast<std::int32_t>(i - added), 1} : View::From{});
    spec.push_back(is_kept ? shape::DimensionChunks(of->chunks[i - added]) : shape::DimensionChunks());
  }
  auto chunks = shape::chunks_of(spec, lengths, size_bytes(of->dtype));
  if (!chunks) return chunks.failure();
  return view_in(of, std::move(view), std::move(*chunks));
}

Made permute(const NodeRef& of, std::span<const std::int64_t> axes) {
  const auto order = axes_in_order("permute_dims", of->shape, axes);
  if (!order) return order.failure();
  if (order->size() != of->shape.size())
    return wrong(fmt::format("permute_dims: {} axes are given for the {} of the shape {}", order->size(), of->shape.size(), to_string(of->shape)));
  Dimensions result(of->shape);
  for (const std::size_t axis : *order) result.keep(of->shape, axis);
  return view(of, result.view);
}

Made expand(const NodeRef& of, std::span<const std::int64_t> axes) {
  const Shape lengths(of->shape.size() + axes.size(), 1);
  const auto added = axes_of("expand_dims", lengths, std::vector(axes.begin(), axes.end()));
  if (!added) return added.failure();
  Dimensions result(of->shape);
  for (std::size_t i = 0, axis = 0; i < lengths.size(); ++i) {
    if (std::ranges::binary_search(*added, i)) result.add();
    else result.keep(of->shape, axis++);
  }
  return view(of, result.view);
}

Made squeeze(const NodeRef& of, std::span<const std::int64_t> axes) {
  const auto gone = axes_of("squeeze", of->shape, std::vector(axes.begin(), axes.end()));
  if (!gone) return gone.failure();
  Dimensions result(of->shape);
  for (std::size_t axis = 0; axis < of->shape.size(); ++axis) {
    if (!std::ranges::binary_search(*gone, axis)) result.keep(of->shape, axis);
    else if (of->shape[axis] != 1)
      return wrong(fmt::format("squeeze: dimension {} of the shape {} has the length {}; only 1 can go", axis, to_string(of->shape), of->shape[axis]));
  }
  return view(of, result.view);
}

Made flip(const NodeRef& of, const Axes& axes) {
  const auto turned = axes_of("flip", of->shape, axes);
  if (!turned) return turned.failure();
  View view = shape::whole(of->shape);
  for (const std::size_t axis : *turned)
    if (of->shape[axis] > 1) view.base[axis] = of->shape[axis] - 1, view.from[axis].step = -1;
  return expression::view(of, view);
}

Made concat(std::span<const NodeRef> nodes, std::int64_t axis) {
  if (nodes.empty()) return wrong("concat takes at least one array");
  std::vector<Dtype> dtypes;
  for (const NodeRef& one : nodes) dtypes.push_back(one->dtype);
  const auto dtype = result_type(dtypes);
  if (!dtype) return Failure{dtype.failure().code, "concat: " + dtype.failure().message};
  const std::int64_t wanted[] = {axis};
  const auto along = axes_in_order("concat", nodes.front()->shape, wanted);
  if (!along) return along.failure();
  Chunks chunks;
  for (std::size_t i = 0; i < nodes.front()->shape.size(); ++i) {
    std::vector<Cuts> meet;
    for (const NodeRef& one : nodes) {
      if (one->shape.size() != nodes.front()->shape.size() || (i != along->front() && one->shape[i] != nodes.front()->shape[i]))
        return wrong(fmt::format("concat along axis {}: the shapes {} and {} differ elsewhere", along->front(), to_string(nodes.front()->shape), to_string(one->shape)));
      meet.push_back(one->chunks[i]);
    }
    Cuts& cuts = chunks.emplace_back();
    const bool is_known = std::ranges::none_of(nodes, [&](const NodeRef& one) { return one->shape[i] == shape::unknown_length; });
    if (i != along->front() && !is_known) return shape::need_known(fmt::format("concat along axis {}", along->front()), nodes.front()->shape).failure();
    if (i != along->front()) cuts = shape::refine(meet);
    else
      for (const Cuts& one : meet) cuts.insert(cuts.end(), one.begin(), one.end());
  }
  std::vector<NodeRef> of;
  for (const NodeRef& one : nodes) {
    auto same = cast(one, *dtype);
    if (!same) return same.failure();
    Chunks its = chunks;
    its[along->front()] = one->chunks[along->front()];
    if (const auto known = shape::need_known("concat with an array in other chunks", one->shape); !known && its != one->chunks) return known.failure();
    of.push_back(view_in(*same, shape::whole(one->shape), its));
  }
  return node(*dtype, std::move(chunks), Concat{along->front()}, std::move(of));
}

namespace {
/// How many dimensions of each shape, from the first on, hold the same elements; the fewest. Neither begins with a length of 1.
std::pair<std::size_t, std::size_t> group(ShapeView from, ShapeView to) {
  std::size_t i = 0, j = 0;
  std::int64_t before = 1, after = 1;
  do {
    if ((before <= after && i < from.size()) || j == to.size()) before *= from[i++];
    else after *= to[j++];
  } while (before != after);
  return {i, j};
}

/// Cuts of the first dimension of a group before and after; the others are not cut. A chunk before has the elements of the one after.
std::pair<Cuts, Cuts> cuts_of_group(ShapeView from, ShapeView to, const Cuts& given) {
  std::int64_t row = 1, row_after = 1;
  for (const std::int64_t length : from.subspan(1)) row *= length;
  for (const std::int64_t length : to.subspan(1)) row_after *= length;
  if (row == 0 || row_after == 0) return {{from[0]}, {to[0]}};
  const std::int64_t unit = std::lcm(row, row_after) / row, longest = *std::ranges::max_element(given);
  std::pair<Cuts, Cuts> cuts;
  cuts.first = shape::cut_evenly(from[0], std::max(longest / unit, std::int64_t{1}) * unit);
  for (const std::int64_t length : cuts.first) cuts.second.push_back(length * row / row_after);
  return cuts;
}
}  // namespace

Made reshape(const NodeRef& of, Shape lengths) {
  if (const auto known = shape::need_known("reshape", of->shape); !known) return known.failure();
  const Shape asked = lengths;
  const auto open = std::ranges::find(lengths, -1);
  const std::int64_t elements = *element_count(of->shape);
  if (open != lengths.end()) {
    *open = 1;
    const auto rest = element_count(lengths);
    *open = rest && *rest > 0 ? elements / *rest : -1;
  }
  if (lengths.size() > rank_max || element_count(lengths) != elements)
    return wrong(fmt::format("reshape: the {} elements of the shape {} do not fill {}", elements, to_string(of->shape), to_string(asked)));
  if (lengths == of->shape) return of;
  Chunks before, after;
  if (elements == 0) {
    for (const std::int64_t length : of->shape) before.push_back({length});
    for (const std::int64_t length : lengths) after.push_back({length});
  }
  std::size_t i = 0, j = 0;
  while (elements > 0 && (i < of->shape.size() || j < lengths.size())) {
    const ShapeView from = ShapeView(of->shape).subspan(i), to = ShapeView(lengths).subspan(j);
    if (!from.empty() && from.front() == 1) {
      before.push_back({1}), ++i;
      continue;
    }
    if (!to.empty() && to.front() == 1) {
      after.push_back({1}), ++j;
      continue;
    }
    const auto [taken, given] = group(from, to);
    const auto [first, first_after] = taken == 1 && given == 1 ? std::pair(of->chunks[i], of->chunks[i])
                                                               : cuts_of_group(from.first(taken), to.first(given), of->chunks[i]);
    before.push_back(first);
    after.push_back(first_after);
    for (std::size_t k = 1; k < taken; ++k) before.push_back({from[k]});
    for (std::size_t k = 1; k < given; ++k) after.push_back({to[k]});
    i += taken, j += given;
  }
  NodeRef cut = of;
  if (cut->chunks != before)
    for (const Chunks& step : shape::rechunk_steps(of->chunks, before)) cut = view_in(cut, shape::whole(of->shape), step);
  return node(of->dtype, std::move(after), Reshape{}, {cut});
}
}  // namespace tessera::arrays::expression
