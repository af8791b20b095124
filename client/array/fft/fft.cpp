// Transforms: arguments are checked here, and each axis is one task for each chunk of the others.
#include "client/xp/fft.hpp"

#include "arrays/expression/numbers.hpp"
#include "arrays/fft/transform.hpp"
#include "arrays/promotion.hpp"
#include "client/array/face.hpp"
#include "client/array/fft/operations.hpp"
#include "client/array/procedure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tessera::xp::fft {
using arrays::Shape;
using arrays::fft::Transform;
using arrays::shape::Chunks;
using runtime::graph::Index;

namespace {
/// The most that a chunk may have of which an axis was made one.
constexpr std::int64_t chunk_bytes_max = 128 << 20;

Error wrong(const char* function, const Array& x, const std::string& why) {
  return {ErrorCode::invalid_argument, fmt::format("fft.{} of the shape {}: {}", function, arrays::to_string(x.shape()), why)};
}

struct Transformation : detail::Blockwise {
  Transform transform{};
  std::int64_t axis = 0, n = 0;
  double scale = 1;

  bool equals(const arrays::expression::Procedure& other) const override {
    const auto* its = dynamic_cast<const Transformation*>(&other);
    return its != nullptr && its->transform == transform && its->axis == axis && its->n == n && its->scale == scale;
  }
  void need(const detail::Calling&, std::size_t chunk, const detail::Take& take) const override { take(0, chunk); }
  Index task(Graph& graph, const detail::Calling&, std::size_t, std::span<const Index> inputs) const override {
    return graph.add(array_operations::fft, Deferred<Block>{inputs[0]}, static_cast<std::uint8_t>(transform), axis, n, scale).index;
  }
};

/// The axis in one chunk.
Array along(const Array& x, std::size_t axis, std::int64_t made_bytes) {
  Chunks chunks = x.chunks();
  chunks[axis] = {x.shape()[axis]};
  std::int64_t largest = made_bytes;
  for (std::size_t i = 0; i < chunks.size(); ++i)
    if (i != axis) largest *= *std::ranges::max_element(chunks[i]);
  if (largest <= chunk_bytes_max) return rechunk(x, chunks);
  std::vector<arrays::shape::DimensionChunks> automatic(x.ndim(), "auto");
  automatic[axis] = -1;
  return rechunk(x, ChunkSpec(automatic));
}

double scale_of(const char* function, const Array& x, Transform transform, const std::string& norm, std::int64_t n) {
  const bool is_forward = transform == Transform::forward || transform == Transform::real_forward;
  if (norm != "backward" && norm != "forward" && norm != "ortho")
    throw wrong(function, x, fmt::format("there is no norm \"{}\": it is \"backward\", \"forward\" or \"ortho\"", norm));
  if (norm == "ortho") return 1 / std::sqrt(static_cast<double>(n));
  return (norm == "forward") == is_forward ? 1 / static_cast<double>(n) : 1;
}

Array transformed(const char* function, Transform transform, const Array& x, const Options& o) {
  const std::int64_t wanted[] = {o.axis};
  const auto axis = detail::need(arrays::expression::axes_in_order(fmt::format("fft.{}", function), x.shape(), wanted))[0];
  if (arrays::is_time(x.dtype()) || (transform == Transform::real_forward && arrays::is_complex(x.dtype())))
    throw Error(ErrorCode::type_mismatch, fmt::format("fft.{} is not of {}", function, to_string(x.dtype())));
  const std::int64_t length = x.shape()[axis], n = o.n.value_or(transform == Transform::real_inverse ? 2 * (length - 1) : length);
  if (n < 1) throw wrong(function, x, fmt::format("along axis {} are {} elements to make: n is at least 1", axis, n));
  auto its = std::make_shared<Transformation>();
  its->transform = transform, its->axis = static_cast<std::int64_t>(axis), its->n = n, its->scale = scale_of(function, x, transform, o.norm, n);
  const Array floats = arrays::is_real_floating(x.dtype()) || arrays::is_complex(x.dtype()) ? x : astype(x, Dtype::float64);
  const Dtype dtype = arrays::fft::result_of(transform, floats.dtype());
  const Array whole = along(floats, axis, std::max(n, length) * static_cast<std::int64_t>(arrays::size_bytes(dtype)));
  Chunks chunks = whole.chunks();
  chunks[axis] = {arrays::fft::length_of(transform, n)};
  return detail::made(arrays::expression::special(its, dtype, std::move(chunks), {whole.node()}));
}

/// What is scaled the other way round.
Options swapped(Options options) {
  if (options.norm == "backward") options.norm = "forward";
  else if (options.norm == "forward") options.norm = "backward";
  return options;
}
Array conjugated(const Array& x) { return arrays::is_complex(x.dtype()) ? conj(x) : x; }

/// The axes and lengths of a transform of several; the one that is first is last.
std::vector<Options> each(const char* function, const Array& x, const ManyOptions& o, bool is_inverse_real) {
  std::vector<std::int64_t> axes;
  const auto rank = static_cast<std::int64_t>(x.ndim());
  if (o.axes.axes()) axes = *o.axes.axes();
  else
    for (std::int64_t i = o.s ? rank - static_cast<std::int64_t>(o.s->size()) : 0; i < rank; ++i) axes.push_back(i);
  if (o.s && o.s->size() != axes.size()) throw wrong(function, x, fmt::format("there are {} lengths for {} axes", o.s->size(), axes.size()));
  if (axes.empty()) throw wrong(function, x, "there is no axis to transform");
  const auto places = detail::need(arrays::expression::axes_in_order(fmt::format("fft.{}", function), x.shape(), axes));
  std::vector<Options> all;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::int64_t length = x.shape()[places[i]];
    const bool is_half = is_inverse_real && i + 1 == axes.size();
    all.push_back({o.s ? (*o.s)[i] : is_half ? 2 * (length - 1) : length, static_cast<std::int64_t>(places[i]), o.norm});
  }
  return all;
}
Array shifted(const char* function, const Array& x, const Axis& axes, bool is_back) {
  std::vector<std::int64_t> along_all;
  for (std::size_t i = 0; i < x.ndim(); ++i) along_all.push_back(static_cast<std::int64_t>(i));
  Array result = x;
  for (const std::size_t axis : detail::need(arrays::expression::axes_in_order(fmt::format("fft.{}", function), x.shape(), axes.axes().value_or(along_all)))) {
    const std::int64_t half = x.shape()[axis] / 2;
    result = roll(result, is_back ? -half : half, static_cast<std::int64_t>(axis));
  }
  return result;
}
Array frequencies(const char* function, std::int64_t n, const FrequencyOptions& o, std::int64_t positive, std::int64_t negative) {
  const Dtype dtype = o.dtype.value_or(Dtype::float64);
  if (n < 1 || o.d == 0)
    throw Error(ErrorCode::invalid_argument, fmt::format("fft.{} of {} samples, {} apart: there is at least one sample, and they are not in one place", function, n, o.d));
  if (!arrays::is_real_floating(dtype)) throw Error(ErrorCode::type_mismatch, fmt::format("fft.{}: frequencies are floats, not {}", function, to_string(dtype)));
  const Array steps = concat({arange(0, positive, 1, {.dtype = Dtype::float64}), arange(-negative, 0, 1, {.dtype = Dtype::float64})});
  return rechunk(astype(steps * (1 / (static_cast<double>(n) * o.d)), dtype), o.chunks);
}
}  // namespace

Array fft(const Array& x, const Options& o) { return transformed("fft", Transform::forward, x, o); }
Array ifft(const Array& x, const Options& o) { return transformed("ifft", Transform::inverse, x, o); }
Array rfft(const Array& x, const Options& o) { return transformed("rfft", Transform::real_forward, x, o); }
Array irfft(const Array& x, const Options& o) { return transformed("irfft", Transform::real_inverse, x, o); }
Array hfft(const Array& x, const Options& o) { return transformed("hfft", Transform::real_inverse, conjugated(x), swapped(o)); }
Array ihfft(const Array& x, const Options& o) { return conj(transformed("ihfft", Transform::real_forward, x, swapped(o))); }

Array fftn(const Array& x, const ManyOptions& o) {
  auto all = each("fftn", x, o, false);
  Array result = x;
  for (; !all.empty(); all.pop_back()) result = transformed("fftn", Transform::forward, result, all.back());
  return result;
}
Array ifftn(const Array& x, const ManyOptions& o) {
  auto all = each("ifftn", x, o, false);
  Array result = x;
  for (; !all.empty(); all.pop_back()) result = transformed("ifftn", Transform::inverse, result, all.back());
  return result;
}
Array rfftn(const Array& x, const ManyOptions& o) {
  auto all = each("rfftn", x, o, false);
  Array result = transformed("rfftn", Transform::real_forward, x, all.back());
  for (all.pop_back(); !all.empty(); all.pop_back()) result = transformed("rfftn", Transform::forward, result, all.back());
  return result;
}
Array irfftn(const Array& x, const ManyOptions& o) {
  const auto all = each("irfftn", x, o, true);
  Array result = x;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) result = transformed("irfftn", Transform::inverse, result, all[i]);
  return transformed("irfftn", Transform::real_inverse, result, all.back());
}

Array fftfreq(std::int64_t n, const FrequencyOptions& o) { return frequencies("fftfreq", n, o, (n - 1) / 2 + 1, n / 2); }
Array rfftfreq(std::int64_t n, const FrequencyOptions& o) { return frequencies("rfftfreq", n, o, n / 2 + 1, 0); }
Array fftshift(const Array& x, const Axis& axes) { return shifted("fftshift", x, axes, false); }
Array ifftshift(const Array& x, const Axis& axes) { return shifted("ifftshift", x, axes, true); }
}  // namespace tessera::xp::fft
