/// @file
/// Views: results whose elements are those of one source at other places. Slices, transpositions, new axes, flips, broadcasting and
/// other chunks are one thing here, and two in a row are one view again.
#pragma once
#include "arrays/shape/grid.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tessera::arrays::shape {
/// Element (i, j, ...) of the result is the source's at `base[axis] + step * i` along the axis that the first dimension comes from, and so on.
struct View {
  struct From {
    std::int32_t axis = -1;  ///< Of the source; -1: the dimension is new, all along it is the same.
    std::int64_t step = 0;
    friend bool operator==(const From&, const From&) = default;
  };
  Shape shape;             ///< Of the result.
  std::vector<From> from;  ///< For each dimension of the result; no axis twice.
  Shape base;              ///< For each axis of the source. Means nothing along an axis from which no element is taken.

  friend bool operator==(const View&, const View&) = default;
};

/// Everything, as it is.
View whole(ShapeView shape);
/// `outer` of what `inner` is of its source.
View compose(const View& outer, const View& inner);
bool is_whole(const View& view, ShapeView source);

/// The chunks of the result that each lie in one chunk of the source. New dimensions get one.
Chunks natural_chunks(const View& view, const Chunks& source);

/// Part of a chunk of a result: `count` elements from `start` on in it. The first is element `offset` of the chunk of the source, and
/// `strides` lie between neighbours along each dimension of the result.
struct Piece {
  std::size_t chunk = 0;  ///< Of the source.
  Shape start, count;
  std::int64_t offset = 0;
  Shape strides;
};
/// Of what chunks of the source the elements in `box` of the result are made, in C order of the result. One that is empty has no pieces.
std::vector<Piece> pieces_of(const View& view, const Grid& source, const Box& box);
}  // namespace tessera::arrays::shape
