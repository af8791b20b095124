#include "arrays/shape/rechunk.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::arrays::shape {
namespace {
double mean_length(std::int64_t length, const Cuts& cuts) {
  return std::max(static_cast<double>(length) / static_cast<double>(cuts.size()), 1.0);
}
}  // namespace

std::vector<Chunks> rechunk_steps(const Chunks& from, const Chunks& to) {
  const Shape shape = shape_of(to);
  double pieces = 1;
  Chunks between;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const double before = mean_length(shape[axis], from[axis]), after = mean_length(shape[axis], to[axis]);
    pieces *= std::max(after / before, 1.0);
    between.push_back(cut_evenly(shape[axis], std::max<std::int64_t>(std::llround(std::sqrt(before * after)), 1)));
  }
  if (pieces <= pieces_max || between == from || between == to) return {to};
  std::vector<Chunks> steps = rechunk_steps(from, between);
  for (Chunks& one : rechunk_steps(between, to)) steps.push_back(std::move(one));
  return steps;
}
}  // namespace tessera::arrays::shape
