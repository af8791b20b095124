#include "arrays/kernels/lanes/algebra.hpp"

#include "arrays/promotion.hpp"

#include <utility>

namespace tessera::arrays::kernels {
namespace {
/// Where the least or the greatest is: values in the first plane, indices as such numbers in the second. The first of equal ones
/// counts; NaN and NaT are beyond every value, or left out.
template <class V>
class PlaceAlgebra : public Algebra {
 public:
  PlaceAlgebra(const Reduction& reduction, IndexOf index_of)
      : is_max_(reduction.by == Reducer::argmax || reduction.by == Reducer::nanargmax), skips_(leaves_nan_out(reduction.by)),
        is_time_(is_time(reduction.elements)), widening_(lanes(), reduction.elements, is_time_ ? Dtype::int64 : partial_form(reduction).dtype),
        index_of_(std::move(index_of)) {
    form = partial_form(reduction);
  }
  void run(const void* elements, std::size_t n, std::int64_t index, std::byte* state) override {
    const V* from = wide(elements, n);
    std::size_t best = 0;
    while (best < n && skips_ && is_missing(from[best])) ++best;
    for (std::size_t i = best + 1; i < n; ++i)
      if (is_better(from[i], from[best])) best = i;
    values(state)[0] = best < n ? from[best] : V{};
    values(state)[1] = best < n ? static_cast<V>(index_of_(index + static_cast<std::int64_t>(best))) : nowhere;
  }
  void row(const void* elements, std::size_t row, std::size_t width, std::int64_t index, std::byte* state) override {
    const V* from = wide(elements, width);
    const V at = static_cast<V>(index_of_(index));
    if (row == 0) identity(state, width);
    for (std::size_t i = 0; i < width; ++i) take(values(state)[i], values(state)[i + width], from[i], skips_ && is_missing(from[i]) ? nowhere : at);
  }
  void merge(std::byte* state, const std::byte* next, std::size_t width) override {
    const V* other = reinterpret_cast<const V*>(next);
    for (std::size_t i = 0; i < width; ++i) take(values(state)[i], values(state)[i + width], other[i], other[i + width]);
  }
  void identity(std::byte* state, std::size_t width) override {
    for (std::size_t i = 0; i < width; ++i) values(state)[i] = V{}, values(state)[i + width] = nowhere;
  }

 private:
  static constexpr V nowhere = static_cast<V>(no_place);
  static V* values(std::byte* state) { return reinterpret_cast<V*>(state); }
  const V* wide(const void* elements, std::size_t n) { return static_cast<const V*>(widening_.of(elements, n)); }
  bool is_missing(V value) const {
    if constexpr (std::is_same_v<V, std::int64_t>) return is_time_ && value == not_a_time;
    return value != value;
  }
  bool is_better(V a, V b) const {
    if (is_missing(a) || is_missing(b)) return !skips_ && is_missing(a) && !is_missing(b);
    return is_max_ ? a > b : a < b;
  }
  void take(V& value, V& at, V other, V other_at) const {
    if (other_at == nowhere) return;
    const bool is_first = !is_better(value, other) && other_at < at;
    if (at == nowhere || is_better(other, value) || is_first) value = other, at = other_at;
  }
  bool is_max_, skips_, is_time_;
  Widening widening_;
  IndexOf index_of_;
};
}  // namespace

std::unique_ptr<Algebra> place_algebra(const Reduction& reduction, IndexOf index_of) {
  switch (partial_form(reduction).dtype) {
    case Dtype::float64: return std::make_unique<PlaceAlgebra<double>>(reduction, std::move(index_of));
    case Dtype::uint64: return std::make_unique<PlaceAlgebra<std::uint64_t>>(reduction, std::move(index_of));
    default: return std::make_unique<PlaceAlgebra<std::int64_t>>(reduction, std::move(index_of));
  }
}

std::unique_ptr<Algebra> algebra_of(const Reduction& reduction, const Lanes& lanes, IndexOf index_of) {
  switch (partial_form(reduction).planes) {
    case 3: return moments_algebra(reduction, lanes);
    case 2: break;
    default: return fold_algebra(reduction, lanes);
  }
  if (reduction.by == Reducer::mean || reduction.by == Reducer::nanmean) return mean_algebra(reduction, lanes);
  return place_algebra(reduction, std::move(index_of));
}
}  // namespace tessera::arrays::kernels
