// Functions of neighbours: windows, blocks, differences.
#include "arrays/expression/numbers.hpp"
#include "arrays/shape/gather.hpp"
#include "client/array/face.hpp"
#include "client/array/operations.hpp"
#include "client/array/padding.hpp"
#include "client/array/procedure.hpp"
#include "client/xp/windows.hpp"
#include "serialization/block_codec.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::xp {
namespace expression = arrays::expression;
using arrays::Shape;
using arrays::shape::Box;
using arrays::shape::Chunks;
using arrays::shape::Grid;
using arrays::shape::Piece;
using detail::made;
using detail::need;

namespace {
std::size_t one_axis(const char* function, const Array& x, std::int64_t axis) {
  const std::int64_t wanted[] = {axis};
  return need(expression::axes_in_order(function, x.shape(), wanted))[0];
}
/// Elements from `start` on, from the end where negative, to before `stop`.
Array part(const Array& x, std::size_t axis, std::optional<std::int64_t> start, std::optional<std::int64_t> stop) {
  std::vector<arrays::shape::Index> brackets(x.ndim(), Slice{});
  brackets[axis] = Slice{start, stop};
  return made(expression::index(x.node(), brackets));
}
[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::invalid_argument, sentence); }

/// The windows along `axes`: a chunk is a view, in which elements are several times, of the elements that its windows touch.
struct Windows : detail::Blockwise {
  std::vector<std::size_t> axes;
  Shape window;
  Windows(std::vector<std::size_t> axes_, Shape window_) : axes(std::move(axes_)), window(std::move(window_)) {}
  bool equals(const Procedure& other) const override {
    const auto* its = dynamic_cast<const Windows*>(&other);
    return its != nullptr && its->axes == axes && its->window == window;
  }
  Box touched(const detail::Calling& call, std::size_t chunk) const {
    Box box = call.grid.box(call.grid.at(chunk));
    box.start.resize(call.operands[0]->rank()), box.count.resize(call.operands[0]->rank());
    for (std::size_t i = 0; i < axes.size(); ++i) box.count[axes[i]] += box.count[axes[i]] > 0 ? window[i] - 1 : 0;
    return box;
  }
  std::vector<Piece> pieces(const detail::Calling& call, const Box& box) const {
    const Grid& grid = *call.operands[0];
    Shape whole(grid.rank());
    for (std::size_t i = 0; i < whole.size(); ++i) whole[i] = grid.start(i, grid.counts()[i]);
    return pieces_of(arrays::shape::whole(whole), grid, box);
  }
  void need(const detail::Calling& call, std::size_t chunk, const detail::Take& take) const override {
    for (const Piece& piece : pieces(call, touched(call, chunk))) take(0, piece.chunk);
  }
  runtime::graph::Index task(Graph& graph, const detail::Calling& call, std::size_t chunk, std::span<const runtime::graph::Index> inputs) const override {
    const Box box = touched(call, chunk);
    std::vector<Piece> joined = pieces(call, box);
    std::vector<Deferred<Block>> blocks;
    for (std::size_t i = 0; i < inputs.size(); ++i) joined[i].chunk = i, blocks.push_back({inputs[i]});
    const Shape count = call.grid.box(call.grid.at(chunk)).count;
    if (joined.empty()) return graph.add(array_operations::gather, blocks, call.dtype, count, array_operations::Numbers()).index;
    Piece all{0, Shape(count.size(), 0), count, joined[0].offset, joined[0].strides};
    if (joined.size() > 1) {  // They lie in several chunks: first behind each other.
      blocks = {graph.add(array_operations::gather, blocks, call.dtype, box.count, arrays::shape::packed(joined))};
      all.offset = 0;
      std::int64_t next = 1;
      for (std::size_t i = box.count.size(); i-- > 0; next *= box.count[i]) all.strides[i] = next;
    }
    for (const std::size_t axis : axes) all.strides.push_back(all.strides[axis]);
    return graph.add(array_operations::gather, blocks, call.dtype, count, arrays::shape::packed({&all, 1})).index;
  }
};
}  // namespace

Array pad(const Array& x, const PerDimension<Depth>& widths, const PadOptions& options) {
  if (widths.is_list() && widths.all().size() != x.ndim())
    refuse(fmt::format("pad: {} widths are given for the {} dimensions of the shape {}", widths.all().size(), x.ndim(), arrays::to_string(x.shape())));
  Array result = x;
  for (std::size_t i = 0; i < x.ndim(); ++i) {
    const Depth width = widths.all()[widths.is_list() ? i : 0];
    if (width.before < 0 || width.behind < 0) refuse(fmt::format("pad: the widths ({}, {}) of dimension {} are below 0", width.before, width.behind, i));
    result = detail::padded(result, i, width.before, width.behind, options.mode, options.constant_value);
  }
  return result;
}

Array sliding_window_view(const Array& x, const std::vector<std::int64_t>& window, const Axis& axis) {
  std::vector<std::int64_t> all(x.ndim());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  const std::vector<std::size_t> axes = need(expression::axes_in_order("sliding_window_view", x.shape(), axis.axes().value_or(all)));
  if (axes.size() != window.size())
    refuse(fmt::format("sliding_window_view: {} lengths of windows are given for {} axes of the shape {}", window.size(), axes.size(), arrays::to_string(x.shape())));
  if (x.ndim() + axes.size() > arrays::rank_max) refuse(fmt::format("sliding_window_view: the result would have {} dimensions; {} is the most", x.ndim() + axes.size(), arrays::rank_max));
  Shape shape = x.shape();
  Chunks chunks = x.chunks();
  for (std::size_t i = 0; i < axes.size(); ++i) {
    std::int64_t& length = shape[axes[i]];
    if (window[i] < 1 || window[i] > length)
      refuse(fmt::format("sliding_window_view: a window of {} does not fit dimension {} of the shape {}", window[i], axes[i], arrays::to_string(x.shape())));
    length -= window[i] - 1;
    std::int64_t left = length;  // Chunks begin where those of the array do.
    arrays::shape::Cuts& cuts = chunks[axes[i]];
    for (std::int64_t& cut : cuts) cut = std::min(cut, left), left -= cut;
    while (cuts.size() > 1 && cuts.back() == 0) cuts.pop_back();
  }
  const std::size_t rank = shape.size();
  shape.insert(shape.end(), window.begin(), window.end());
  std::vector<arrays::shape::DimensionChunks> spec(shape.size(), -1);
  std::fill_n(spec.begin(), rank, arrays::shape::DimensionChunks());
  Chunks most = need(arrays::shape::chunks_of(spec, shape, arrays::size_bytes(x.dtype())));
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t longest = *std::ranges::max_element(most[i]);
    arrays::shape::Cuts cuts;
    for (const std::int64_t cut : chunks[i]) {
      const arrays::shape::Cuts some = cut > longest ? arrays::shape::cut_evenly(cut, longest) : arrays::shape::Cuts{cut};
      cuts.insert(cuts.end(), some.begin(), some.end());
    }
    most[i] = std::move(cuts);
  }
  return made(expression::special(std::make_shared<Windows>(axes, window), x.dtype(), std::move(most), {x.node()}));
}

Array coarsen(const Reduce& reduce, const Array& x, const std::vector<std::pair<std::int64_t, std::int64_t>>& factors, const CoarsenOptions& options) {
  std::vector<std::int64_t> by(x.ndim(), 1);
  Array whole = x;
  for (const auto& [axis, factor] : factors) {
    const std::size_t along = one_axis("coarsen", x, axis);
    const std::int64_t length = x.shape()[along];
    if (factor < 1 || by[along] != 1) refuse(fmt::format("coarsen: the factor {} of axis {} is below 1, or the axis is named twice", factor, axis));
    if (length % factor != 0 && !options.trim_excess)
      refuse(fmt::format("coarsen: dimension {} of the shape {} is no multiple of {}; with trim_excess the rest is left out", along, arrays::to_string(x.shape()), factor));
    by[along] = factor;
    whole = part(whole, along, 0, length - length % factor);
  }
  Shape shape;
  std::vector<std::int64_t> axes;
  for (std::size_t i = 0; i < by.size(); ++i) {
    shape.push_back(whole.shape()[i] / by[i]);
    if (by[i] == 1) continue;
    axes.push_back(static_cast<std::int64_t>(shape.size()));
    shape.push_back(by[i]);
  }
  return axes.empty() ? whole : reduce(reshape(whole, shape), axes);
}

Array diff(const Array& x, const DiffOptions& options) {
  const std::size_t axis = one_axis("diff", x, options.axis);
  if (options.n < 0) refuse(fmt::format("diff: {} times is below 0", options.n));
  std::vector<Array> parts{x};
  if (options.prepend) parts.insert(parts.begin(), *options.prepend);
  if (options.append) parts.push_back(*options.append);
  Array result = parts.size() == 1 ? x : concat(parts, static_cast<std::int64_t>(axis));
  for (std::int64_t i = 0; i < options.n && result.shape()[axis] > 0; ++i) {
    const Array first = part(result, axis, {}, result.shape()[axis] - 1);
    const Array second = rechunk(part(result, axis, 1, {}), first.chunks());
    result = x.dtype() == Dtype::boolean ? not_equal(second, first) : subtract(second, first);
  }
  return result;
}

namespace {
/// The factors of the three neighbours of each element but the first and last, or of three elements at an end.
struct Factors { double before, at, behind; };
Factors central(double dx1, double dx2) { return {-dx2 / (dx1 * (dx1 + dx2)), (dx2 - dx1) / (dx1 * dx2), dx1 / (dx2 * (dx1 + dx2))}; }
Factors at_begin(double dx1, double dx2) { return {-(2 * dx1 + dx2) / (dx1 * (dx1 + dx2)), (dx1 + dx2) / (dx1 * dx2), -dx1 / (dx2 * (dx1 + dx2))}; }
Factors at_end(double dx1, double dx2) { return {dx2 / (dx1 * (dx1 + dx2)), -(dx2 + dx1) / (dx1 * dx2), (2 * dx2 + dx1) / (dx2 * (dx1 + dx2))}; }

Array sum_of(const Factors& by, const Array& x, std::size_t axis, std::int64_t from) {
  const auto one = [&](std::int64_t i) { return part(x, axis, i, i + 1); };
  return by.before * one(from) + by.at * one(from + 1) + by.behind * one(from + 2);
}
}  // namespace

Array gradient(const Array& given, const GradientOptions& options) {
  if (!options.axis && given.ndim() != 1) refuse(fmt::format("gradient of an array of shape {}: name one of its axes", arrays::to_string(given.shape())));
  const std::size_t axis = one_axis("gradient", given, options.axis.value_or(0));
  const std::int64_t length = given.shape()[axis];
  if (options.edge_order != 1 && options.edge_order != 2) refuse(fmt::format("gradient: the order {} at the edge is neither 1 nor 2", options.edge_order));
  if (length <= options.edge_order) refuse(fmt::format("gradient: dimension {} of the shape {} has fewer than {} elements", axis, arrays::to_string(given.shape()), options.edge_order + 1));
  if (given.dtype() == Dtype::boolean || arrays::is_time(given.dtype())) throw Error(ErrorCode::type_mismatch, fmt::format("there is no gradient of {}", arrays::to_string(given.dtype())));
  const Array x = arrays::is_integer(given.dtype()) ? astype(given, Dtype::float64) : given;
  const auto* places = std::get_if<std::vector<double>>(&options.spacing);
  if (places != nullptr && std::ssize(*places) != length)
    refuse(fmt::format("gradient: {} places are given for the {} elements along dimension {} of the shape {}", places->size(), length, axis, arrays::to_string(x.shape())));
  std::vector<double> steps(static_cast<std::size_t>(length - 1), places == nullptr ? std::get<double>(options.spacing) : 0);
  for (std::size_t i = 0; places != nullptr && i < steps.size(); ++i) steps[i] = (*places)[i + 1] - (*places)[i];
  const bool is_even = std::ranges::count(steps, steps[0]) == std::ssize(steps);
  const double first = steps.front(), last = steps.back();

  const auto difference = [&](std::int64_t from) { return part(x, axis, from + 1, from + 2) - part(x, axis, from, from + 1); };
  std::vector<Array> parts;
  if (options.edge_order == 1) parts.push_back(difference(0) / first);
  else parts.push_back(sum_of(is_even ? Factors{-1.5 / first, 2.0 / first, -0.5 / first} : at_begin(first, steps[1]), x, axis, 0));
  if (length > 2) {
    const Array at = part(x, axis, 1, length - 1), before = rechunk(part(x, axis, 0, length - 2), at.chunks()), behind = rechunk(part(x, axis, 2, {}), at.chunks());
    if (is_even) {
      parts.push_back((behind - before) / (2.0 * first));
    } else {
      Shape along(x.ndim(), 1);
      along[axis] = length - 2;
      const auto factors = [&](double Factors::*which) {
        std::vector<double> all;
        for (std::size_t i = 0; i + 1 < steps.size(); ++i) all.push_back(central(steps[i], steps[i + 1]).*which);
        return reshape(asarray(all, -1), along);
      };
      parts.push_back(factors(&Factors::before) * before + factors(&Factors::at) * at + factors(&Factors::behind) * behind);
    }
  }
  if (options.edge_order == 1) parts.push_back(difference(length - 2) / last);
  else parts.push_back(sum_of(is_even ? Factors{0.5 / last, -2.0 / last, 1.5 / last} : at_end(steps[steps.size() - 2], last), x, axis, length - 3));
  for (Array& one : parts) one = astype(one, x.dtype());
  return rechunk(concat(parts, static_cast<std::int64_t>(axis)), x.chunks());
}
}  // namespace tessera::xp
