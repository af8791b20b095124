// The functions that make arrays from nothing but numbers.
#include "arrays/expression/numbers.hpp"
#include "client/array/face.hpp"
#include "client/array/tasks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tessera::xp {
namespace expression = arrays::expression;
using arrays::Number;
using arrays::kernels::Scalar;
using detail::made;
using expression::Make;

namespace {
/// The number as an element; of its own dtype where none is given.
Scalar element(const Operand& value, std::optional<Dtype> dtype, const char* function) {
  const auto node = detail::node_of(value);
  if (const auto* scalar = std::get_if<Scalar>(&node)) {
    if (!dtype || *dtype == scalar->dtype()) return *scalar;
    throw Error(ErrorCode::type_mismatch, fmt::format("{}: a value of {} is no {}", function, arrays::to_string(scalar->dtype()), arrays::to_string(*dtype)));
  }
  const auto* number = std::get_if<Number>(&node);
  if (number == nullptr) throw Error(ErrorCode::invalid_argument, fmt::format("{} takes numbers, not an array", function));
  if (!dtype) return expression::scalar_of(*number, expression::default_dtype(*number));
  if (std::holds_alternative<std::int64_t>(*number))
    if (const auto fits = arrays::result_type(*dtype, *number); !fits && arrays::is_integer(*dtype)) throw Error(fits.failure());
  return expression::scalar_of(*number, *dtype);
}

double real(const Operand& value, const char* function) { return element(value, Dtype::float64, function).as<double>(); }
bool is_integer(const Operand& value) {
  const auto* number = std::get_if<Number>(&value.what());
  return number != nullptr && std::holds_alternative<std::int64_t>(*number);
}

struct ReadChunks : detail::ChunkSource {
  Read read;
  runtime::graph::Index chunk(Graph& graph, std::size_t, const arrays::shape::Box& box) const override { return read(graph, box.start, box.count).index; }
};
}  // namespace

Array asarray(const Block& block, const ChunkSpec& chunks) { return made(expression::given(block, chunks)); }
Array asarray(const Operand& number, std::optional<Dtype> dtype) {
  if (const auto* array = std::get_if<Array>(&number.what())) return dtype ? astype(*array, *dtype) : *array;
  return full({}, number, {.dtype = dtype});
}

Array zeros(const arrays::Shape& shape, const MakeOptions& options) { return full(shape, 0, {options.dtype.value_or(Dtype::float64), options.chunks}); }
Array ones(const arrays::Shape& shape, const MakeOptions& options) { return full(shape, 1, {options.dtype.value_or(Dtype::float64), options.chunks}); }
Array full(const arrays::Shape& shape, const Operand& value, const MakeOptions& options) {
  const Scalar scalar = element(value, options.dtype, "full");
  return made(expression::make({Make::Kind::full, {scalar}}, scalar.dtype(), shape, options.chunks));
}
Array zeros_like(const Array& x, std::optional<Dtype> dtype) { return full_like(x, 0, dtype); }
Array ones_like(const Array& x, std::optional<Dtype> dtype) { return full_like(x, 1, dtype); }
Array full_like(const Array& x, const Operand& value, std::optional<Dtype> dtype) { return full(x.shape(), value, {dtype.value_or(x.dtype()), x.chunks()}); }

Array arange(const Operand& start, const Operand& stop, const Operand& step, const MakeOptions& options) {
  const bool whole = is_integer(start) && is_integer(stop) && is_integer(step);
  const Dtype dtype = options.dtype.value_or(whole ? Dtype::int64 : Dtype::float64);
  if (dtype == Dtype::boolean || arrays::is_complex(dtype) || arrays::is_time(dtype))
    throw Error(ErrorCode::type_mismatch, fmt::format("arange makes integers and floats, not {}", arrays::to_string(dtype)));
  const double distance = real(stop, "arange") - real(start, "arange"), by = real(step, "arange");
  if (by == 0) throw Error(ErrorCode::invalid_argument, "arange: the step is 0; it may be anything else");
  const double length = std::max(std::ceil(distance / by), 0.0);
  if (!(length < 9.0e15)) throw Error(ErrorCode::invalid_argument, fmt::format("arange: {} elements are no length of an array", length));
  const Scalar first = element(start, dtype, "arange");
  Scalar each = element(step, dtype, "arange");
  if (arrays::is_real_floating(dtype)) {  // As NumPy: the distance of the first two, as they are in the array.
    const Scalar second = element(real(start, "arange") + by, dtype, "arange");
    each = dtype == Dtype::float32 ? Scalar::of(second.as<float>() - first.as<float>()) : Scalar::of(second.as<double>() - first.as<double>());
  }
  return made(expression::make({Make::Kind::range, {first, each}}, dtype, {static_cast<std::int64_t>(length)}, options.chunks));
}
Array arange(const Operand& stop, const MakeOptions& options) { return arange(is_integer(stop) ? Operand(0) : Operand(0.0), stop, 1, options); }

Array linspace(const Operand& start, const Operand& stop, std::int64_t num, const LinspaceOptions& options) {
  const Dtype dtype = options.dtype.value_or(Dtype::float64);
  if (num < 0) throw Error(ErrorCode::invalid_argument, fmt::format("linspace: {} elements are no length of an array", num));
  if (!arrays::is_real_floating(dtype) && !arrays::is_complex(dtype))
    throw Error(ErrorCode::type_mismatch, fmt::format("linspace makes floats and complex numbers, not {}", arrays::to_string(dtype)));
  const Scalar first = element(start, dtype, "linspace"), last = element(stop, dtype, "linspace");
  if (options.endpoint) return made(expression::make({Make::Kind::linspace, {first, last}}, dtype, {num}, options.chunks));
  arrays::shape::Chunks chunks = detail::need(arrays::shape::chunks_of(options.chunks, arrays::Shape{num}, arrays::size_bytes(dtype)));
  chunks[0].push_back(1);  // The end, which is cut off.
  return linspace(start, stop, num + 1, {dtype, true, chunks})[Slice{{}, num}];
}

Array eye(std::int64_t rows, std::optional<std::int64_t> columns, const EyeOptions& options) {
  return made(expression::make({Make::Kind::eye, {}, options.k}, options.dtype.value_or(Dtype::float64), {rows, columns.value_or(rows)}, options.chunks));
}

namespace random {
namespace {
Array drawn(Make::Kind kind, const arrays::Shape& shape, std::uint64_t seed, const MakeOptions& options) {
  const Dtype dtype = options.dtype.value_or(Dtype::float64);
  if (!arrays::is_real_floating(dtype)) throw Error(ErrorCode::type_mismatch, fmt::format("random numbers are floats, not {}", arrays::to_string(dtype)));
  return made(expression::make({kind, {}, static_cast<std::int64_t>(seed)}, dtype, shape, options.chunks));
}
}  // namespace
Array uniform(const arrays::Shape& shape, std::uint64_t seed, const MakeOptions& options) { return drawn(Make::Kind::uniform, shape, seed, options); }
Array normal(const arrays::Shape& shape, std::uint64_t seed, const MakeOptions& options) { return drawn(Make::Kind::normal, shape, seed, options); }
}  // namespace random

Array from_reader(Dtype dtype, const arrays::Shape& shape, const ChunkSpec& chunks, Read read) {
  auto source = std::make_shared<ReadChunks>();
  source->read = std::move(read);
  return made(expression::foreign(dtype, detail::need(arrays::shape::chunks_of(chunks, shape, arrays::size_bytes(dtype))), std::move(source)));
}
}  // namespace tessera::xp
