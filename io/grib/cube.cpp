#include "io/grib/cube.hpp"

#include "io/box.hpp"
#include "io/file.hpp"
#include "io/grib/framing.hpp"
#include "io/grib/handle.hpp"
#include "runtime/base/assert.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>

namespace tessera::io::grib {
using arrays::Block;
using runtime::ErrorCode;
using runtime::Failure;

namespace {
/// The dimensions that messages lie along, in cfgrib's order.
constexpr std::size_t header_dimensions = 4;
enum : std::size_t { number, time, step, level };

/// What must be one and the same in a variable.
constexpr std::array unique_keys{"dataType", "numberOfPoints", "typeOfLevel", "stepUnits", "stepType", "gridType", "edition",
                                 "centre", "subCentre", "Ni", "Nj", "latitudeOfFirstGridPointInDegrees",
                                 "longitudeOfFirstGridPointInDegrees", "latitudeOfLastGridPointInDegrees",
                                 "longitudeOfLastGridPointInDegrees"};

/// More cells than that, for messages along four dimensions, mean that hardly one is there: no cube.
constexpr std::size_t cells_max = std::size_t{1} << 26;

/// What the index keeps of a field.
struct Entry {
  Field field;
  std::int64_t param = 0;
  std::string type_of_level;
  std::array<std::string, unique_keys.size()> unique;
  std::array<std::optional<double>, header_dimensions> at;
};

/// Seconds of cfgrib's stepUnits codes.
std::optional<double> step_seconds(std::int64_t code) {
  static const std::map<std::int64_t, double> seconds{{0, 60},     {1, 3600},   {2, 86400}, {10, 10800}, {11, 21600},
                                                      {12, 43200}, {13, 1}, {14, 900},  {15, 1800}};
  const auto at = seconds.find(code);
  if (at == seconds.end()) return std::nullopt;
  return at->second;
}

double seconds_since_1970(std::int64_t date, std::int64_t hhmm) {
  using namespace std::chrono;
  const sys_days day = year(static_cast<int>(date / 10000)) / month(static_cast<unsigned>(date / 100 % 100)) /
                       std::chrono::day(static_cast<unsigned>(date % 100));
  return static_cast<double>(day.time_since_epoch().count()) * 86400 + static_cast<double>(hhmm / 100 * 3600 + hhmm % 100 * 60);
}

Entry entry_of(const Handle& handle, Field field) {
  Entry entry;
  entry.field = std::move(field);
  entry.param = handle.integer("paramId").value_or(0);
  entry.type_of_level = handle.text("typeOfLevel");
  for (std::size_t i = 0; i < unique_keys.size(); ++i) entry.unique[i] = handle.text(unique_keys[i]);
  if (const auto its = handle.integer("number")) entry.at[number] = static_cast<double>(*its);
  const auto date = handle.integer("dataDate"), hhmm = handle.integer("dataTime");
  if (date && hhmm) entry.at[time] = seconds_since_1970(*date, *hhmm);
  const auto end = handle.number("endStep");
  const auto unit = step_seconds(handle.integer("stepUnits").value_or(-1));
  if (end && unit) entry.at[step] = *end * *unit / 3600;
  entry.at[level] = handle.number("level");
  return entry;
}

/// Everything that opening learns of one parameter.
struct Parameter {
  std::vector<Entry> entries;
  Attributes attributes;
  std::string name, grid_type;
  std::vector<double> latitudes, longitudes;
};

/// Bytes of a field as a message of its own.
runtime::Result<std::vector<std::byte>> bytes_of(const File& file, const Field& field) {
  auto message = file.read(field.offset, field.length);
  if (!message) return message.failure();
  auto parts = split(std::move(*message), fmt::format("{}, byte {}", file.path(), field.offset));
  if (!parts) return parts.failure();
  if (field.part >= parts->size())
    return Failure{ErrorCode::bad_input, fmt::format("{} changed since it was indexed: there is no field {} at byte {}",
                                                     file.path(), field.part, field.offset)};
  return std::move((*parts)[field.part]);
}

bool evenly_spaced(const std::vector<double>& values) {
  for (std::size_t i = 2; i < values.size(); ++i)
    if (std::abs((values[i] - values[i - 1]) - (values[1] - values[0])) > 1e-2) return false;
  return true;
}

runtime::Result<void> describe(Parameter& parameter, const Handle& handle, const std::string& where) {
  const auto known = [](const std::string& text) { return text != "undef" && text != "unknown"; };
  parameter.name = handle.text("cfVarName");
  if (!known(parameter.name)) parameter.name = handle.text("shortName");
  if (!known(parameter.name)) parameter.name = fmt::format("paramId_{}", handle.integer("paramId").value_or(0));
  parameter.grid_type = handle.text("gridType");
  parameter.attributes["GRIB_paramId"] = handle.integer("paramId").value_or(0);
  for (const char* key : {"shortName", "dataType", "typeOfLevel", "stepType", "gridType", "cfName"})
    if (const std::string text = handle.text(key); known(text)) parameter.attributes[std::string("GRIB_") + key] = text;
  parameter.attributes["long_name"] = handle.text("name");
  parameter.attributes["units"] = handle.text("units");
  if (const std::string name = handle.text("cfName"); known(name)) parameter.attributes["standard_name"] = name;
  if (parameter.grid_type != "regular_ll" && parameter.grid_type != "regular_gg") return {};
  auto latitudes = handle.numbers("distinctLatitudes"), longitudes = handle.numbers("distinctLongitudes");
  if (!latitudes) return latitudes.failure();
  if (!longitudes) return longitudes.failure();
  if (handle.integer("iScansNegatively").value_or(0) != 0 && !evenly_spaced(*longitudes))
    return Failure{ErrorCode::bad_input, fmt::format("{}: rows that are scanned westward across Greenwich are not read", where)};
  parameter.latitudes = std::move(*latitudes);
  parameter.longitudes = std::move(*longitudes);
  return {};
}

Block floats(const std::vector<double>& values) {
  return Block::of<double>({static_cast<std::int64_t>(values.size())}, values);
}
Block integers(const std::vector<double>& values) {
  return Block::make<std::int64_t>({static_cast<std::int64_t>(values.size())}, [&](std::span<std::int64_t> to) {
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::int64_t>(values[i]);
  });
}

Coordinate header_coordinate(std::size_t dimension, const std::string& type_of_level, const std::vector<double>& values) {
  switch (dimension) {
    case number:
      return {"number", integers(values),
              {{"long_name", "ensemble member numerical id"}, {"standard_name", "realization"}, {"units", "1"}}};
    case time:
      return {"time", integers(values),
              {{"long_name", "initial time of forecast"}, {"standard_name", "forecast_reference_time"},
               {"units", "seconds since 1970-01-01"}, {"calendar", "proleptic_gregorian"}}};
    case step:
      return {"step", floats(values),
              {{"long_name", "time since forecast_reference_time"}, {"standard_name", "forecast_period"}, {"units", "hours"}}};
    default: break;
  }
  if (type_of_level == "isobaricInhPa" || type_of_level == "isobaricInPa")
    return {type_of_level, floats(values),
            {{"long_name", "pressure"}, {"standard_name", "air_pressure"}, {"positive", "down"},
             {"units", type_of_level == "isobaricInPa" ? "Pa" : "hPa"}, {"stored_direction", "decreasing"}}};
  return {type_of_level, floats(values),
          {{"long_name", "original GRIB coordinate for key: level(" + type_of_level + ")"}, {"units", "1"}}};
}

/// The keys that have several values in messages of one parameter; empty if there is none.
std::string ambiguity(const std::vector<Entry>& entries) {
  std::string keys;
  for (std::size_t i = 0; i < unique_keys.size(); ++i) {
    std::set<std::string> values;
    for (const Entry& one : entries) values.insert(one.unique[i]);
    if (values.size() > 1) keys += fmt::format("{}{} ({})", keys.empty() ? "" : "; ", unique_keys[i], fmt::join(values, ", "));
  }
  return keys;
}

/// The cube of one parameter, or why it has none.
runtime::Result<Cube> cube_of(Parameter& parameter, std::vector<std::string>& warnings) {
  const auto refuse = [&](const std::string& why) {
    return Failure{ErrorCode::bad_input, fmt::format("variable {} is left out: {}", parameter.name, why)};
  };
  if (parameter.latitudes.empty())
    return refuse(fmt::format("its grid is {}; regular_ll and regular_gg are read", parameter.grid_type));
  if (const std::string keys = ambiguity(parameter.entries); !keys.empty())
    return refuse("its messages differ in more than number, time, step and level: they have several values of " + keys +
                  "; keep those of one value each in a file");
  const std::string& type_of_level = parameter.entries.front().type_of_level;
  const bool pressure = type_of_level == "isobaricInhPa" || type_of_level == "isobaricInPa";
  Cube cube;
  cube.variable.name = parameter.name;
  cube.variable.attributes = parameter.attributes;
  std::array<std::map<double, std::size_t>, header_dimensions> positions;
  std::array<std::size_t, header_dimensions> strides{};
  std::size_t cells = 1;
  for (std::size_t d = 0; d < header_dimensions; ++d) {
    for (const Entry& one : parameter.entries)
      if (one.at[d]) positions[d].emplace(*one.at[d], 0);
    std::vector<double> values;
    for (auto& [value, position] : positions[d]) values.push_back(value);
    if (d == level && pressure) std::reverse(values.begin(), values.end());
    for (std::size_t i = 0; i < values.size(); ++i) positions[d][values[i]] = i;
    if (values.size() > 1 || (d == time && values.size() == 1))
      cube.variable.dimensions.push_back(header_coordinate(d, type_of_level, values));
  }
  for (std::size_t d = header_dimensions; d-- > 0;) {
    strides[d] = cells;
    cells *= std::max<std::size_t>(positions[d].size(), 1);
    if (cells > cells_max)
      return refuse(fmt::format("its {} messages lie scattered along number, time, step and level: they are no cube",
                                parameter.entries.size()));
  }
  cube.fields.resize(cells);
  std::vector<Field> repeated;
  for (Entry& one : parameter.entries) {
    std::size_t cell = 0;
    for (std::size_t d = 0; d < header_dimensions; ++d)
      if (one.at[d]) cell += positions[d][*one.at[d]] * strides[d];
    if (cube.fields[cell].length == 0) cube.fields[cell] = std::move(one.field);
    else repeated.push_back(std::move(one.field));
  }
  if (!repeated.empty())
    warnings.push_back(fmt::format("variable {} has {} fields more than once, of which the first counts: {}, byte {} repeats one",
                                   parameter.name, repeated.size(), repeated.front().path, repeated.front().offset));
  Attributes latitude{{"long_name", "latitude"}, {"standard_name", "latitude"}, {"units", "degrees_north"}};
  if (parameter.latitudes.size() > 1 && parameter.latitudes.front() > parameter.latitudes.back())
    latitude["stored_direction"] = "decreasing";
  cube.variable.dimensions.push_back({"latitude", floats(parameter.latitudes), latitude});
  cube.variable.dimensions.push_back(
      {"longitude", floats(parameter.longitudes),
       {{"long_name", "longitude"}, {"standard_name", "longitude"}, {"units", "degrees_east"}}});
  return cube;
}

/// Values of one field into `to`.
runtime::Result<void> decode(const File& file, const Field& field, std::int64_t rows, std::int64_t columns, std::span<float> to) {
  // cfgrib's choice: the largest float32, which no field has as a value.
  constexpr double missing = 3.4028234663852886e38;
  const std::string where = fmt::format("{}, byte {}", file.path(), field.offset);
  auto bytes = bytes_of(file, field);
  if (!bytes) return bytes.failure();
  auto handle = Handle::of(std::move(*bytes), where);
  if (!handle) return handle.failure();
  handle->set("missingValue", missing);
  const auto values = handle->numbers("values");
  if (!values) return values.failure();
  if (values->size() != to.size())
    return Failure{ErrorCode::bad_input, fmt::format("{}: the field has {} values, not {} x {}", where, values->size(), rows, columns)};
  const auto flag = [&](const char* key) { return handle->integer(key).value_or(0) != 0; };
  const bool alternate = flag("alternativeRowScanning"), westward = flag("iScansNegatively");
  const bool by_columns = flag("jPointsAreConsecutive");
  const auto height = static_cast<std::size_t>(rows), width = static_cast<std::size_t>(columns);
  const std::size_t line_length = by_columns ? height : width;
  for (std::size_t row = 0; row < height; ++row)
    for (std::size_t column = 0; column < width; ++column) {
      // Coordinates go eastward, and in the order of the rows.
      const std::size_t east = westward ? width - 1 - column : column;
      const std::size_t line = by_columns ? east : row, along = by_columns ? row : east;
      const bool backward = alternate && line % 2 == 1;
      const auto value = static_cast<float>((*values)[line * line_length + (backward ? line_length - 1 - along : along)]);
      to[row * width + column] = value == static_cast<float>(missing) ? std::numeric_limits<float>::quiet_NaN() : value;
    }
  return {};
}
}  // namespace

std::vector<Field> Cube::box(arrays::ShapeView start, arrays::ShapeView count) const {
  std::vector<Field> taken;
  const arrays::Shape shape = variable.shape();
  const auto header = arrays::ShapeView(shape).first(shape.size() - 2);
  TESSERA_ASSERT(lies_in(start.first(header.size()), count.first(header.size()), header), "a box lies in its cube");
  const std::function<void(std::size_t, std::size_t)> walk = [&](std::size_t dimension, std::size_t cell) {
    if (dimension + 2 == shape.size()) return taken.push_back(fields[cell]);
    for (std::int64_t i = start[dimension]; i < start[dimension] + count[dimension]; ++i)
      walk(dimension + 1, cell * static_cast<std::size_t>(shape[dimension]) + static_cast<std::size_t>(i));
  };
  walk(0, 0);
  return taken;
}

runtime::Result<Dataset> open(const std::vector<std::string>& paths) {
  if (paths.empty()) return Failure{ErrorCode::invalid_argument, "no file is named"};
  Dataset dataset;
  std::vector<std::int64_t> order;
  std::map<std::int64_t, Parameter> parameters;
  for (const std::string& path : paths) {
    const auto file = File::open(path);
    if (!file) return file.failure();
    const auto framing = frame(*file);
    if (!framing) return framing.failure();
    dataset.warnings.insert(dataset.warnings.end(), framing->warnings.begin(), framing->warnings.end());
    for (const Message& message : framing->messages) {
      const std::string where = fmt::format("{}, byte {}", path, message.offset);
      auto bytes = file->read(message.offset, message.length);
      if (!bytes) return bytes.failure();
      auto parts = split(std::move(*bytes), where);
      if (!parts) {
        dataset.warnings.push_back(parts.failure().message);
        continue;
      }
      for (std::uint32_t part = 0; part < parts->size(); ++part) {
        const auto handle = Handle::of(std::move((*parts)[part]), where);
        if (!handle) {
          dataset.warnings.push_back(handle.failure().message);
          continue;
        }
        Entry entry = entry_of(*handle, {path, message.offset, message.length, part});
        const auto at = parameters.find(entry.param);
        if (at != parameters.end()) {
          at->second.entries.push_back(std::move(entry));
          continue;
        }
        Parameter parameter;
        if (const auto done = describe(parameter, *handle, where); !done) {
          dataset.warnings.push_back(done.failure().message);
          continue;
        }
        order.push_back(entry.param);
        parameter.entries.push_back(std::move(entry));
        parameters.emplace(order.back(), std::move(parameter));
      }
    }
  }
  for (const std::int64_t param : order) {
    auto cube = cube_of(parameters[param], dataset.warnings);
    if (cube) {
      const auto absent = std::ranges::count(cube->fields, std::uint64_t{0}, &Field::length);
      if (absent > 0)
        dataset.warnings.push_back(fmt::format("{}: {} of the cube's {} fields are not in the files; their values are missing (NaN)",
                                               cube->variable.name, absent, cube->fields.size()));
      dataset.cubes.push_back(std::move(*cube));
    }
    else dataset.warnings.push_back(cube.failure().message);
  }
  if (dataset.cubes.empty())
    return Failure{ErrorCode::bad_input, fmt::format("nothing in {} can be read as a cube: {}", fmt::join(paths, ", "),
                                                     fmt::join(dataset.warnings, "; "))};
  return dataset;
}

runtime::Result<Block> read(const std::vector<Field>& fields, std::int64_t rows, std::int64_t columns) {
  const arrays::Shape shape{static_cast<std::int64_t>(fields.size()), rows, columns};
  if (!arrays::element_count(shape)) return Failure{ErrorCode::invalid_argument, "no array has the shape " + arrays::to_string(shape)};
  arrays::BlockBuilder builder(arrays::Dtype::float32, shape);
  const std::span<float> all = builder.data<float>();
  const std::size_t each = fields.empty() ? 0 : all.size() / fields.size();
  std::map<std::string, File> files;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::span<float> to = all.subspan(i * each, each);
    if (fields[i].length == 0) {
      std::ranges::fill(to, std::numeric_limits<float>::quiet_NaN());
      continue;
    }
    auto at = files.find(fields[i].path);
    if (at == files.end()) {
      auto file = File::open(fields[i].path);
      if (!file) return file.failure();
      at = files.emplace(fields[i].path, std::move(*file)).first;
    }
    if (const auto done = decode(at->second, fields[i], rows, columns, to); !done) return done.failure();
  }
  return std::move(builder).freeze();
}
}  // namespace tessera::io::grib
