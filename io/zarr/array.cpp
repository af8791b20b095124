#include "io/zarr/metadata.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>

namespace tessera::io::zarr {
using arrays::Dtype;
using arrays::Shape;
using arrays::ShapeView;
using runtime::ErrorCode;
using runtime::Failure;

Shape Array::grid() const {
  Shape counts;
  for (std::size_t d = 0; d < shape.size(); ++d) counts.push_back(shape[d] / chunks[d] + (shape[d] % chunks[d] != 0 ? 1 : 0));
  return counts;
}

Shape Array::chunk_start(ShapeView index) const {
  Shape start;
  for (std::size_t d = 0; d < shape.size(); ++d) start.push_back(index[d] * chunks[d]);
  return start;
}

Shape Array::chunk_shape(ShapeView index) const {
  Shape lengths;
  for (std::size_t d = 0; d < shape.size(); ++d) lengths.push_back(std::min(chunks[d], shape[d] - index[d] * chunks[d]));
  return lengths;
}

bool operator==(const Array& a, const Array& b) {
  // A fill of NaN is one and the same.
  const bool same_fill = a.fill == b.fill || (a.fill && b.fill && std::isnan(*a.fill) && std::isnan(*b.fill));
  return same_fill && a.name == b.name && a.dtype == b.dtype && a.shape == b.shape && a.chunks == b.chunks &&
         a.dimensions == b.dimensions && a.attributes == b.attributes && a.compressed == b.compressed &&
         a.separator == b.separator;
}

namespace {
std::optional<double> fill_of(Dtype dtype) {
  if (dtype == Dtype::float32 || dtype == Dtype::float64) return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}
}  // namespace

Array array_of(const Variable& variable, Shape chunks) {
  Array array{variable.name, variable.dtype, variable.shape(), std::move(chunks), {}, fill_of(variable.dtype), variable.attributes};
  for (const Coordinate& one : variable.dimensions) array.dimensions.push_back(one.name);
  return array;
}

Array array_of(const Coordinate& coordinate) {
  const Dtype dtype = coordinate.values.dtype();
  return {coordinate.name, dtype, {coordinate.length()}, {std::max<std::int64_t>(coordinate.length(), 1)}, {coordinate.name},
          fill_of(dtype), coordinate.attributes};
}

std::string store_name(const std::string& path) {
  const auto last = path.find_last_not_of('/');
  return last == std::string::npos ? path : path.substr(0, last + 1);
}

std::string part_name(const std::string& path) { return store_name(path) + ".part"; }

std::string chunk_name(const Array& array, ShapeView index) {
  if (index.empty()) return "0";
  return fmt::format("{}", fmt::join(index, std::string(1, array.separator)));
}

runtime::Result<void> check(const Array& array) {
  const auto refuse = [&](const std::string& why) {
    return Failure{ErrorCode::invalid_argument, fmt::format("the array \"{}\" {}", array.name, why)};
  };
  if (array.name.empty() || array.name.front() == '.' || array.name.find('/') != std::string::npos)
    return refuse("has a name that is no name of a folder: it must not be empty, begin with a dot or have a slash");
  if (static_cast<std::uint8_t>(array.dtype) >= arrays::real_dtype_count)
    return refuse(fmt::format("is of {}; real numbers and bool are written", arrays::to_string(array.dtype)));
  if (array.chunks.size() != array.shape.size() || array.dimensions.size() != array.shape.size() ||
      array.shape.size() > arrays::rank_max)
    return refuse(fmt::format("has {} dimensions, but chunks of {} and names for {}", array.shape.size(), array.chunks.size(),
                              array.dimensions.size()));
  if (!arrays::element_count(array.shape)) return refuse("has a shape that no array has: " + arrays::to_string(array.shape));
  const auto elements = arrays::element_count(array.chunks);
  const auto bytes = static_cast<std::int64_t>(arrays::size_bytes(array.dtype));
  if (!elements || *elements == 0)
    return refuse(fmt::format("has chunks of the shape {}; each length must be at least 1", arrays::to_string(array.chunks)));
  if (*elements > chunk_bytes_max / bytes)
    return refuse(fmt::format("has chunks of the shape {}, {} bytes an element; 2 GB are the most that a chunk may have: make them smaller",
                              arrays::to_string(array.chunks), bytes));
  return {};
}

bool is_chunk(const Array& array, ShapeView index) {
  const Shape counts = array.grid();
  if (index.size() != counts.size()) return false;
  for (std::size_t d = 0; d < counts.size(); ++d)
    if (index[d] < 0 || index[d] >= counts[d]) return false;
  return true;
}

std::int64_t chunk_elements(const Array& array) { return arrays::element_count(array.chunks).value_or(0); }

void put_fill(const Array& array, std::span<std::byte> data) {
  arrays::with_real_type(array.dtype, [&]<class T>() {
    const double fill = array.fill.value_or(0);
    T value{};
    if constexpr (std::is_same_v<T, bool>) value = fill != 0;
    else if constexpr (std::is_floating_point_v<T>) value = static_cast<T>(fill);
    else if (fill >= static_cast<double>(std::numeric_limits<T>::min()) && fill < std::ldexp(1.0, std::numeric_limits<T>::digits))
      value = static_cast<T>(fill);
    else if (fill > 0) value = std::numeric_limits<T>::max();
    std::ranges::fill(std::span(reinterpret_cast<T*>(data.data()), data.size() / sizeof(T)), value);
  });
}
}  // namespace tessera::io::zarr
