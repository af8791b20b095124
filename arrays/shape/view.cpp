#include "arrays/shape/view.hpp"

#include <algorithm>

namespace tessera::arrays::shape {
View whole(ShapeView shape) {
  View view{{shape.begin(), shape.end()}, {}, Shape(shape.size(), 0)};
  for (std::size_t i = 0; i < shape.size(); ++i) view.from.push_back({static_cast<std::int32_t>(i), 1});
  return view;
}

View compose(const View& outer, const View& inner) {
  View view{outer.shape, {}, inner.base};
  for (std::size_t i = 0; i < inner.from.size(); ++i)
    if (inner.from[i].axis >= 0) view.base[static_cast<std::size_t>(inner.from[i].axis)] += inner.from[i].step * outer.base[i];
  for (const View::From& from : outer.from) {
    View::From through;
    if (from.axis >= 0) through = inner.from[static_cast<std::size_t>(from.axis)];
    through.step *= from.step;
    view.from.push_back(through);
  }
  return view;
}

bool is_whole(const View& view, ShapeView source) { return view == whole(source); }

namespace {
/// Part of a dimension of the result that one chunk of the source has.
struct Segment { std::int64_t start, count, chunk; };

/// `count` elements from `start` on, along a dimension that comes from an axis.
std::vector<Segment> segments_of(const View::From& from, std::int64_t base, const Grid& source, std::int64_t start, std::int64_t count) {
  const auto axis = static_cast<std::size_t>(from.axis);
  std::vector<Segment> segments;
  for (std::int64_t at = start, end = start + count; at < end;) {
    const std::int64_t position = base + from.step * at, chunk = source.find(axis, position);
    std::int64_t more = end - at;
    if (from.step > 0) more = std::min(more, (source.start(axis, chunk + 1) - 1 - position) / from.step + 1);
    if (from.step < 0) more = std::min(more, (position - source.start(axis, chunk)) / -from.step + 1);
    segments.push_back({at, more, chunk});
    at += more;
  }
  return segments;
}
}  // namespace

Chunks natural_chunks(const View& view, const Chunks& source) {
  const Grid grid(source);
  Chunks chunks;
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    Cuts& cuts = chunks.emplace_back();
    if (view.from[i].axis >= 0)
      for (const Segment& one : segments_of(view.from[i], view.base[static_cast<std::size_t>(view.from[i].axis)], grid, 0, view.shape[i]))
        cuts.push_back(one.count);
    else cuts.push_back(view.shape[i]);
    if (cuts.empty()) cuts.push_back(0);
  }
  return chunks;
}

std::vector<Piece> pieces_of(const View& view, const Grid& source, const Box& box) {
  if (std::ranges::find(box.count, 0) != box.count.end()) return {};
  const std::size_t rank = view.shape.size();
  std::vector<std::vector<Segment>> along(rank);
  Shape counts(rank);
  for (std::size_t i = 0; i < rank; ++i) {
    const View::From& from = view.from[i];
    if (from.axis >= 0) along[i] = segments_of(from, view.base[static_cast<std::size_t>(from.axis)], source, box.start[i], box.count[i]);
    else along[i] = {{box.start[i], box.count[i], 0}};
    counts[i] = static_cast<std::int64_t>(along[i].size());
  }
  std::vector<Piece> pieces;
  Shape which(rank, 0);
  do {
    Piece piece{0, Shape(rank), Shape(rank), 0, Shape(rank, 0)};
    Shape first = view.base, chunk(source.rank());
    for (std::size_t i = 0; i < rank; ++i) {
      const Segment& one = along[i][static_cast<std::size_t>(which[i])];
      piece.start[i] = one.start - box.start[i];
      piece.count[i] = one.count;
      if (view.from[i].axis >= 0) first[static_cast<std::size_t>(view.from[i].axis)] += view.from[i].step * one.start;
    }
    for (std::size_t axis = 0; axis < source.rank(); ++axis) chunk[axis] = source.find(axis, first[axis]);
    Shape stride(source.rank());
    std::int64_t next = 1;
    for (std::size_t axis = source.rank(); axis-- > 0;) {
      stride[axis] = next;
      piece.offset += (first[axis] - source.start(axis, chunk[axis])) * next;
      next *= source.length(axis, chunk[axis]);
    }
    for (std::size_t i = 0; i < rank; ++i)
      if (view.from[i].axis >= 0) piece.strides[i] = view.from[i].step * stride[static_cast<std::size_t>(view.from[i].axis)];
    piece.chunk = source.number(chunk);
    pieces.push_back(std::move(piece));
  } while (next_index(which, counts));
  return pieces;
}
}  // namespace tessera::arrays::shape
