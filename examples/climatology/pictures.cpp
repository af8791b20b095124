#include "examples/climatology/pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace climatology {
namespace io = tessera::io;
using tessera::Cube;
using tessera::Dimension;
using tessera::Grouping;

namespace {
constexpr std::int64_t slabs_most = 4;   ///< Of one dimension that are drawn.
constexpr std::int64_t grid_least = 4;   ///< Latitudes and longitudes that make a map.
constexpr const char* month_names[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};

/// Where the field lies on the globe, if it does.
struct Grid {
  std::string latitude, longitude;
  std::vector<double> latitudes, longitudes;
};

Grid grid_of(const io::Variable& variable) {
  Grid grid;
  for (const io::Coordinate& one : variable.dimensions) {
    const std::string units = io::text_of(one.attributes, "units");
    if (units == "degrees_north") grid.latitude = one.name, grid.latitudes = one.numbers();
    if (units == "degrees_east") grid.longitude = one.name, grid.longitudes = one.numbers();
  }
  return grid;
}

bool is_drawn(Plan& plan, const Field& field, const Grid& grid) {
  const auto latitude = field.variable.axis(grid.latitude), longitude = field.variable.axis(grid.longitude);
  if (latitude && longitude && *latitude < *longitude) return true;
  plan.warnings.push_back(fmt::format("{} is not drawn: pictures are made of dimensions in degrees_north and degrees_east, in this order", field.variable.name));
  return false;
}

/// "m**2 s**-2" as people write it.
std::string pretty(const std::string& units) {
  static constexpr std::array<const char*, 10> raised{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (units.compare(i, 2, "**") != 0) {
      text += units[i];
      continue;
    }
    for (i += 2; i < units.size() && (units[i] == '-' || (units[i] >= '0' && units[i] <= '9')); ++i)
      text += units[i] == '-' ? "⁻" : raised[static_cast<std::size_t>(units[i] - '0')];
    --i;
  }
  return text;
}

std::string name_of(const Field& field) { return io::text_of(field.variable.attributes, "long_name", field.variable.name); }
std::string units_of(const Field& field) { return pretty(io::text_of(field.variable.attributes, "units", "1")); }

/// A cube over the grid alone, and what of the others it is.
struct Slab {
  Cube cube;
  std::string where, tag;
};

/// The slabs at the first indices of all dimensions that are not `kept`.
std::vector<Slab> slabs_of(const Field& field, const Cube& cube, const std::vector<std::string>& kept, std::int64_t most) {
  const auto& dimensions = cube.dimensions();
  const auto other = std::ranges::find_if(dimensions, [&](const Dimension& one) { return std::ranges::find(kept, one.name) == kept.end(); });
  if (other == dimensions.end()) return {{cube, "", ""}};
  const auto axis = field.variable.axis(other->name);
  const std::string units = axis ? io::text_of(field.variable.dimensions[*axis].attributes, "units") : "";
  std::vector<Slab> all;
  for (std::int64_t i = 0; i < std::min(other->length(), most); ++i) {
    const double label = other->labels[static_cast<std::size_t>(i)];
    for (Slab& rest : slabs_of(field, cube.at(other->name, i), kept, most))
      all.push_back({rest.cube, fmt::format(" at {:g} {}{}", label, units, rest.where), fmt::format("-{:g}{}{}", label, units, rest.tag)});
  }
  return all;
}

Cube in_one_chunk(Cube cube) {
  for (const Dimension& one : std::vector<Dimension>(cube.dimensions())) cube = cube.rechunk(one.name, one.length());
  return cube;
}

void add_map(Plan& plan, const Field& field, const Grid& grid, const Slab& slab, const std::string& what, const std::string& tag, Colours colours) {
  Map map{fmt::format("{}{}: {}", name_of(field), slab.where, what), units_of(field), grid.latitudes, grid.longitudes, {}, colours};
  plan.pictures.push_back({fmt::format("{}{}-{}.png", field.variable.name, slab.tag, tag), in_one_chunk(slab.cube), std::move(map)});
}

std::string day(const io::Date& date) { return io::to_string(date); }
std::string month(const io::Date& date) { return fmt::format("{}-{:02}", date.year, date.month); }

std::string degrees(double value, const char* below, const char* above) {
  return fmt::format("{:g}°{}", std::abs(value), value < 0 ? below : value > 0 ? above : "");
}

/// Lines of a cube over (dimension, grid), one for each point.
void add_lines(Plan& plan, const Field& field, const Grid& grid, const Cube& cube, const std::string& dimension, Lines lines, const std::string& tag) {
  const Slab slab = slabs_of(field, cube, {dimension, grid.latitude, grid.longitude}, 1).front();
  lines.title = fmt::format("{}{}: {}", name_of(field), slab.where, lines.title);
  lines.units = units_of(field);
  for (const double latitude : grid.latitudes)
    for (const double longitude : grid.longitudes)
      lines.lines.push_back({degrees(latitude, "S", "N") + " " + degrees(longitude > 180 ? longitude - 360 : longitude, "W", "E"), {}});
  plan.pictures.push_back({fmt::format("{}{}-{}.png", field.variable.name, slab.tag, tag), in_one_chunk(slab.cube), std::move(lines)});
}

/// One line for places of the same values, as all longitudes of a pole have: what lies below another is not seen.
void join_equal(std::vector<Lines::Line>& lines) {
  std::vector<Lines::Line> joined;
  for (Lines::Line& line : lines) {
    const auto same = std::ranges::find(joined, line.values, &Lines::Line::values);
    if (same == joined.end()) joined.push_back(std::move(line));
    else same->name += " = " + line.name;
  }
  lines = std::move(joined);
}

Grouping years_of(const std::vector<io::Date>& dates) {
  Grouping years{"year", {}, {}};
  for (const io::Date& date : dates) {
    const auto year = static_cast<double>(date.year);
    const auto at = std::ranges::find(years.labels, year);
    years.of.push_back(static_cast<std::int32_t>(at - years.labels.begin()));
    if (at == years.labels.end()) years.labels.push_back(year);
  }
  return years;
}

void draw_as_lines(Plan& plan, const Field& field, const Grid& grid, const Cube& means, const Cube& anomaly, const std::vector<io::Date>& dates) {
  const std::string time = time_of(field.variable), from_to = month(dates.front()) + " to " + month(dates.back());
  Lines year{"mean of each month, " + from_to, "", "month", {}, {}};
  for (const char* name : month_names) year.labels.push_back(std::string(name).substr(0, 3));
  add_lines(plan, field, grid, means, "month", std::move(year), "monthly-means");

  const Grouping years = years_of(dates);
  Lines yearly{"yearly mean of the anomalies, " + from_to, "", "year", {}, {}};
  const std::int64_t every = years.labels.size() > 100 ? 20 : years.labels.size() > 12 ? 10 : 1;
  for (const double one : years.labels) yearly.labels.push_back(static_cast<std::int64_t>(one) % every == 0 ? fmt::format("{:g}", one) : "");
  add_lines(plan, field, grid, anomaly.grouped_mean(time, years), "year", std::move(yearly), "yearly-anomalies");
}
}  // namespace

void draw_ensemble(Plan& plan, const Field& field, const Cube& mean, const Cube& anomaly, const Cube& spread) {
  const Grid grid = grid_of(field.variable);
  if (!is_drawn(plan, field, grid)) return;
  const std::vector<std::string> kept{grid.latitude, grid.longitude};
  const auto& dimensions = field.variable.dimensions;
  const auto dates = dates_of(dimensions[*field.variable.axis("time")]);
  const auto members = dimensions[*field.variable.axis("number")].length();
  const std::string times = fmt::format("{} times from {} to {}", dates.size(), day(dates.front()), day(dates.back()));
  for (const Slab& slab : slabs_of(field, mean.mean("number"), kept, slabs_most))
    add_map(plan, field, grid, slab, fmt::format("mean of {} members and {}", members, times), "mean", Colours::sequential);
  for (const Slab& slab : slabs_of(field, anomaly.at("number", 0).at("time", 0), kept, slabs_most))
    add_map(plan, field, grid, slab, fmt::format("anomaly of member {:g}, {}", field.cube.dimensions()[*field.variable.axis("number")].labels[0], day(dates.front())),
            "anomaly", Colours::diverging);
  for (const Slab& slab : slabs_of(field, spread.mean("time"), kept, slabs_most))
    add_map(plan, field, grid, slab, fmt::format("spread of {} members, mean of {}", members, times), "spread", Colours::amount);
}

void draw_monthly(Plan& plan, const Field& field, const Cube& means, const Cube& anomaly) {
  const Grid grid = grid_of(field.variable);
  if (!is_drawn(plan, field, grid)) return;
  const std::string time = time_of(field.variable);
  const auto dates = dates_of(field.variable.dimensions[*field.variable.axis(time)]);
  const auto rows = static_cast<std::int64_t>(grid.latitudes.size()), columns = static_cast<std::int64_t>(grid.longitudes.size());
  if (rows < grid_least || columns < grid_least) return draw_as_lines(plan, field, grid, means, anomaly, dates);
  const std::vector<std::string> kept{grid.latitude, grid.longitude};
  const std::string from_to = month(dates.front()) + " to " + month(dates.back());
  for (const std::int64_t one : {0, 6})
    for (const Slab& slab : slabs_of(field, means.at("month", one), kept, slabs_most))
      add_map(plan, field, grid, slab, fmt::format("mean of {}, {}", month_names[one], from_to), one == 0 ? "january" : "july", Colours::sequential);
  for (const Slab& slab : slabs_of(field, anomaly.at(time, static_cast<std::int64_t>(dates.size()) - 1), kept, slabs_most))
    add_map(plan, field, grid, slab, "anomaly, " + month(dates.back()), "anomaly", Colours::diverging);
}

void draw(const Picture& picture, const tessera::arrays::Block& block, const std::string& folder) {
  const std::vector<double> values = tessera::arrays::with_real_type(block.dtype(), [&]<class T>() {
    const auto data = block.data<T>();
    return std::vector<double>(data.begin(), data.end());
  });
  const std::string path = folder + "/" + picture.file;
  if (const auto* map = std::get_if<Map>(&picture.drawing)) {
    Map whole = *map;
    whole.values = values;
    return draw(whole, path);
  }
  Lines lines = std::get<Lines>(picture.drawing);
  for (std::size_t i = 0; i < values.size(); ++i) lines.lines[i % lines.lines.size()].values.push_back(values[i]);
  join_equal(lines.lines);
  draw(lines, path);
}
}  // namespace climatology
