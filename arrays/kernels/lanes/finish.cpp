// The last step of a reduction: from a partial to the result.
#include "arrays/kernels/lanes/algebra.hpp"

#include "arrays/promotion.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;
using Complex = std::complex<double>;

/// A block of `shape` and `dtype`, a float or complex number, with `value(i)` computed as wide as partials are.
template <class Value>
Block computed(ShapeView shape, Dtype dtype, const Value& value) {
  return with_type(dtype, [&]<class T>() {
    using Wide = decltype(value(std::size_t{}));
    if constexpr (std::is_floating_point_v<T> == std::is_floating_point_v<Wide> && (std::is_floating_point_v<T> || ComplexElement<T>))
      return Block::make<T>(shape, [&](std::span<T> to) {
        for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<T>(value(i));
      });
    else return Block();
  });
}

Block mean_of(const Block& partial, ShapeView shape, Dtype dtype) {
  const auto by_parts = [&]<class V>(std::span<const V> all) {
    const std::size_t plane = all.size() / 2;
    return computed(shape, dtype, [=](std::size_t i) {
      const double count = std::real(all[i + plane]);
      return all[i] / count;
    });
  };
  return partial.dtype() == Dtype::float64 ? by_parts(partial.data<double>()) : by_parts(partial.data<Complex>());
}

Block spread_of(const Block& partial, ShapeView shape, const Reduction& reduction) {
  const bool is_root = reduction.by == Reducer::std || reduction.by == Reducer::nanstd, skips = leaves_nan_out(reduction.by);
  const auto by_parts = [&]<class V>(std::span<const V> all) {
    const std::size_t plane = all.size() / 3;
    return computed(shape, reduction.result, [=](std::size_t i) {
      const double freedom = std::real(all[i]) - reduction.correction;
      // As NumPy: x / 0 where nothing is left, but NaN of the functions that leave NaN out.
      if (freedom <= 0 && skips) return std::numeric_limits<double>::quiet_NaN();
      const double variance = std::real(all[i + 2 * plane]) / std::max(freedom, 0.0);
      return is_root ? std::sqrt(variance) : variance;
    });
  };
  return partial.dtype() == Dtype::float64 ? by_parts(partial.data<double>()) : by_parts(partial.data<Complex>());
}

runtime::Result<Block> places_of(const Block& partial, ShapeView shape, Reducer by) {
  bool is_somewhere = true;
  Block block = with_type(partial.dtype(), [&]<class V>() {
    return Block::make<std::int64_t>(shape, [&](std::span<std::int64_t> to) {
      if constexpr (std::is_arithmetic_v<V>) {
        const auto places = partial.data<V>().subspan(to.size());
        for (std::size_t i = 0; i < to.size(); ++i) {
          to[i] = static_cast<std::int64_t>(places[i]);
          is_somewhere = is_somewhere && to[i] != no_place;
        }
      }
    });
  });
  if (is_somewhere) return block;
  return Failure{ErrorCode::invalid_argument, std::string(to_string(by)) + (leaves_nan_out(by) ? ": a slice is empty or all of it is NaN" : ": a slice is empty")};
}
}  // namespace

runtime::Result<Block> finish(const Reduction& reduction, const Block& partial) {
  if (auto sound = combine(reduction, {&partial, 1}); !sound) return sound;
  const ShapeView shape = partial.shape().subspan(1);
  switch (reduction.by) {
    case Reducer::mean:
    case Reducer::nanmean: return mean_of(partial, shape, reduction.result);
    case Reducer::var:
    case Reducer::nanvar:
    case Reducer::std:
    case Reducer::nanstd: return spread_of(partial, shape, reduction);
    case Reducer::argmin:
    case Reducer::argmax:
    case Reducer::nanargmin:
    case Reducer::nanargmax: return places_of(partial, shape, reduction.by);
    default: break;
  }
  Program program;
  program.inputs = {partial.dtype()};
  program.outputs = {0};
  if (partial.dtype() != reduction.result) program.steps = {{Op::cast, reduction.result, {0, 0, 0}}}, program.outputs = {1};
  auto results = evaluate(program, {&partial, 1}, partial.shape());
  if (!results) return results.failure();
  BlockBuilder builder(reduction.result, shape);
  std::ranges::copy(results->front().raw(), builder.raw().begin());
  return std::move(builder).freeze();
}
}  // namespace tessera::arrays::kernels
