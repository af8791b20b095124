#include "examples/climatology/inputs.hpp"

#include "examples/climatology/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace climatology {
namespace fs = std::filesystem;
namespace io = tessera::io;
using tessera::Cube;
using tessera::Dimension;
using tessera::Error;
using tessera::ErrorCode;
using tessera::Graph;
using tessera::arrays::ShapeView;

namespace {
constexpr std::uint64_t chunk_bytes_least = 32 << 10, chunk_bytes_most = 64 << 20, chunks_wanted = 100;

template <class T>
T need(tessera::runtime::Result<T> result) {
  if (!result) throw Error(result.failure());
  return std::move(*result);
}

/// Nodes have other working folders.
std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

/// Elements that a chunk may have.
std::int64_t chunk_elements(const io::Variable& variable, std::uint64_t chunk_bytes) {
  const std::uint64_t each = tessera::arrays::size_bytes(variable.dtype);
  std::uint64_t all = each;
  for (const std::int64_t length : variable.shape()) all *= static_cast<std::uint64_t>(length);
  const std::uint64_t bytes = chunk_bytes != 0 ? chunk_bytes : std::clamp(all / chunks_wanted, chunk_bytes_least, chunk_bytes_most);
  return static_cast<std::int64_t>(std::max<std::uint64_t>(bytes / each, 1));
}

/// Pieces of at most `most`.
void cut(std::vector<std::int64_t>& chunks, std::int64_t length, std::int64_t most) {
  for (; length > 0; length -= most) chunks.push_back(std::min(length, most));
}

/// Dimensions of which the last `kept` are whole and the others as long, from the last on, as `elements` allow.
std::vector<Dimension> dimensions_of(const io::Variable& variable, std::int64_t elements, std::size_t kept) {
  std::vector<Dimension> dimensions;
  for (const io::Coordinate& one : variable.dimensions) dimensions.push_back({one.name, one.numbers(), {}});
  for (std::size_t i = dimensions.size(); i-- > 0;) {
    const std::int64_t length = dimensions[i].length();
    const bool whole = i + kept >= dimensions.size();
    cut(dimensions[i].chunks, length, whole ? length : std::clamp<std::int64_t>(elements, 1, length));
    elements = whole || elements >= length ? elements / std::max<std::int64_t>(length, 1) : 1;
  }
  return dimensions;
}

std::vector<std::string> files_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return {absolute(path)};
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(path, error))
    if (entry.path().extension() == ".nc") files.push_back(absolute(entry.path().string()));
  if (error) throw Error(ErrorCode::bad_input, fmt::format("the folder {} cannot be read: {}", path, error.message()));
  if (files.empty()) throw Error(ErrorCode::bad_input, fmt::format("no file *.nc lies in the folder {}", path));
  std::ranges::sort(files);
  return files;
}
}  // namespace

Inputs open_grib(const std::string& path, std::uint64_t chunk_bytes) {
  io::grib::Dataset dataset = need(io::grib::open({absolute(path)}));
  Inputs inputs{{}, std::move(dataset.warnings)};
  for (io::grib::Cube& one : dataset.cubes) {
    const auto its = std::make_shared<const io::grib::Cube>(std::move(one));
    auto dimensions = dimensions_of(its->variable, chunk_elements(its->variable, chunk_bytes), 2);
    const auto read = [its](Graph& graph, ShapeView start, ShapeView count) {
      return graph.add(read_fields, its->box(start, count), Shape(count.begin(), count.end()));
    };
    inputs.fields.push_back({Cube::source(its->variable.name, its->variable.dtype, std::move(dimensions), read), its->variable});
  }
  return inputs;
}

Inputs open_netcdf(const std::vector<std::string>& paths, std::uint64_t chunk_bytes) {
  std::vector<std::string> files;
  for (const std::string& path : paths)
    for (std::string& file : files_of(path)) files.push_back(std::move(file));
  io::netcdf::Dataset dataset = need(io::netcdf::open(files));
  Inputs inputs{{}, std::move(dataset.warnings)};
  for (io::netcdf::Cube& one : dataset.cubes) {
    const auto its = std::make_shared<const io::netcdf::Cube>(std::move(one));
    auto dimensions = dimensions_of(its->variable, chunk_elements(its->variable, chunk_bytes), 0);
    if (its->joined) {
      auto& chunks = dimensions[*its->joined].chunks;
      const std::int64_t most = chunks.empty() ? 1 : chunks.front();
      chunks.clear();
      for (const io::netcdf::Part& part : its->parts) cut(chunks, part.length, most);
    }
    const auto read = [its](Graph& graph, ShapeView start, ShapeView count) {
      return graph.add(read_slabs, its->box(start, count), Shape(count.begin(), count.end()), its->variable.dtype);
    };
    inputs.fields.push_back({Cube::source(its->variable.name, its->variable.dtype, std::move(dimensions), read), its->variable});
  }
  return inputs;
}

std::vector<io::Date> dates_of(const io::Coordinate& time) {
  const auto axis = need(io::TimeAxis::parse(io::text_of(time.attributes, "units"), io::text_of(time.attributes, "calendar")));
  std::vector<io::Date> dates;
  for (const double value : time.numbers()) dates.push_back(axis.date(value));
  return dates;
}

std::string time_of(const io::Variable& variable) {
  for (const io::Coordinate& one : variable.dimensions)
    if (io::text_of(one.attributes, "units").find(" since ") != std::string::npos) return one.name;
  return {};
}
}  // namespace climatology
