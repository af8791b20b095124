#include "examples/climatology/drawing.hpp"

#include "client/error.hpp"
#include "io/file.hpp"

#include <fmt/format.h>
#include <plplot/plplot.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <numeric>

namespace climatology {
namespace {
constexpr PLFLT text_size = 0.68, title_size = 0.9;
constexpr double title_fits = 75, narrow_title_fits = 62;  ///< Characters of that size.
constexpr PLFLT bar_left = 0.905, bar_right = 0.925, bar_bottom = 0.10, bar_top = 0.85;  ///< On the page.
constexpr const char* driver = "pngcairo";
constexpr PLINT width_px = 1400, height_px = 800;
// Indices of PLplot's first colour map.
enum : PLINT { paper, ink, faint, missing, first_line };

struct Rgb { PLINT red, green, blue; };
// Viridis; ColorBrewer's RdBu, turned so that blue is below, and YlOrRd.
const std::vector<Rgb> viridis{{68, 1, 84}, {71, 44, 122}, {59, 81, 139}, {44, 113, 142}, {33, 144, 141},
                               {39, 173, 129}, {92, 200, 99}, {170, 220, 50}, {253, 231, 37}};
const std::vector<Rgb> blue_red{{5, 48, 97}, {33, 102, 172}, {67, 147, 195}, {146, 197, 222}, {209, 229, 240}, {247, 247, 247},
                                {253, 219, 199}, {244, 165, 130}, {214, 96, 77}, {178, 24, 43}, {103, 0, 31}};
const std::vector<Rgb> yellow_red{{255, 255, 229}, {255, 237, 160}, {254, 217, 118}, {254, 178, 76}, {253, 141, 60},
                                  {252, 78, 42}, {227, 26, 28}, {189, 0, 38}, {110, 0, 38}};
const std::vector<Rgb> line_colours{{31, 119, 180}, {214, 39, 40}, {44, 140, 60}, {148, 103, 189}, {255, 127, 14}, {90, 90, 90}};

/// A page that becomes a file when it is whole.
class Page {
 public:
  explicit Page(std::string path) : path_(std::move(path)), part_(tessera::io::temporary_name(path_)) {
    plsdev(driver);
    plsfnam(part_.c_str());
    plspage(0, 0, width_px, height_px, 0, 0);
    plscmap0n(first_line + static_cast<PLINT>(line_colours.size()));
    colour(paper, {255, 255, 255});
    colour(ink, {30, 30, 30});
    colour(faint, {190, 190, 190});
    colour(missing, {205, 205, 205});
    for (std::size_t i = 0; i < line_colours.size(); ++i) colour(first_line + static_cast<PLINT>(i), line_colours[i]);
    plinit();
    plfont(1);
    pladv(0);
    plcol0(ink);
  }
  ~Page() {
    plend();
    std::remove(part_.c_str());
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  void finish() {
    plend();
    if (access(part_.c_str(), R_OK) != 0 || std::rename(part_.c_str(), path_.c_str()) != 0)
      throw tessera::Error(tessera::ErrorCode::io_failed, fmt::format("the picture {} cannot be written; is the folder writable?", path_));
  }

 private:
  static void colour(PLINT index, Rgb rgb) {
    plscol0(index, rgb.red, rgb.green, rgb.blue);
  }
  std::string path_, part_;
};

void use_colours(Colours which) {
  const std::vector<Rgb>& stops = which == Colours::diverging ? blue_red : which == Colours::amount ? yellow_red : viridis;
  std::vector<PLFLT> at, red, green, blue;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    at.push_back(static_cast<PLFLT>(i) / static_cast<PLFLT>(stops.size() - 1));
    red.push_back(stops[i].red / 255.0);
    green.push_back(stops[i].green / 255.0);
    blue.push_back(stops[i].blue / 255.0);
  }
  plscmap1n(256);
  plscmap1l(1, static_cast<PLINT>(stops.size()), at.data(), red.data(), green.data(), blue.data(), nullptr);
}

/// Round numbers around values: 1, 2 or 5 times a power of ten apart.
struct Scale {
  double low = 0, high = 1, step = 1;

  static Scale around(double least, double most, int steps) {
    const double span = most > least ? most - least : std::max(std::abs(most), 1.0);
    const double power = std::pow(10.0, std::floor(std::log10(span / steps)));
    double step = power;
    for (const double times : {2.0, 5.0, 10.0})
      if (span / step > steps) step = power * times;
    return {std::floor(least / step) * step, std::max(std::ceil(most / step), std::floor(least / step) + 1) * step, step};
  }
  int decimals() const { return std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9))); }
  std::string text(double value) const { return fmt::format("{:.{}f}", std::abs(value) < step / 1000 ? 0.0 : value, decimals()); }
  std::vector<double> ticks() const {
    std::vector<double> all;
    for (double i = 0; low + i * step <= high + step / 1000; ++i) all.push_back(low + i * step);
    return all;
  }
};

std::pair<double, double> range_of(const std::vector<double>& values) {
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (const double value : values)
    if (std::isfinite(value)) least = std::min(least, value), most = std::max(most, value);
  if (least > most) return {0, 0};
  return {least, most};
}

/// Of the values as large as that share of all.
double quantile(std::vector<double> values, double share) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

Scale scale_of(const Map& map) {
  constexpr double common = 0.998;
  if (map.colours == Colours::sequential) return Scale::around(quantile(map.values, 1 - common), quantile(map.values, common), 8);
  std::vector<double> amounts;
  for (const double value : map.values) amounts.push_back(std::abs(value));
  const double most = quantile(std::move(amounts), common);
  return Scale::around(map.colours == Colours::amount ? 0 : -most, most, 8);
}

/// Edges half way between the coordinates; latitudes end at the poles.
std::vector<double> edges_of(const std::vector<double>& centres, double limit) {
  std::vector<double> edges;
  if (centres.size() == 1) return {std::max(centres[0] - 1, -limit), std::min(centres[0] + 1, limit)};
  edges.push_back(centres[0] - (centres[1] - centres[0]) / 2);
  for (std::size_t i = 1; i < centres.size(); ++i) edges.push_back((centres[i - 1] + centres[i]) / 2);
  edges.push_back(centres.back() + (centres.back() - centres[centres.size() - 2]) / 2);
  for (double& edge : edges) edge = std::clamp(edge, -limit, limit);
  return edges;
}

/// The order in which coordinates increase.
std::vector<std::size_t> sorted(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  return order;
}

/// As large as its length allows.
void draw_title(const std::string& title, double fits) {
  plcol0(ink);
  plschr(0, title_size * std::min(1.0, fits / static_cast<double>(std::max<std::size_t>(title.size(), 1))));
  plmtex("t", 1.3, 0.5, 0.5, title.c_str());
  plschr(0, text_size);
}

void fill_box(double left, double right, double bottom, double top) {
  const PLFLT x[] = {left, right, right, left}, y[] = {bottom, bottom, top, top};
  plfill(4, x, y);
}



std::string degrees(double value, char below, char above) {
  const std::string number = fmt::format("{:g}°", std::abs(value));
  return value == 0 || std::abs(value) == 180 ? number : number + (value < 0 ? below : above);
}

/// The field as a box a value, each a little over its neighbours, so that no seam of the anti-aliasing shows.
void draw_cells(const Map& map, const std::vector<double>& longitudes, const std::vector<std::size_t>& columns,
                const std::vector<std::size_t>& rows, const std::vector<double>& x, const std::vector<double>& y, const Scale& scale) {
  const double over_x = (x.back() - x.front()) / width_px, over_y = (y.back() - y.front()) / height_px;
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (std::size_t column = 0; column < columns.size(); ++column) {
      const double value = map.values[rows[row] * longitudes.size() + columns[column]];
      if (std::isfinite(value)) plcol1(std::clamp((value - scale.low) / (scale.high - scale.low), 0.0, 1.0));
      else plcol0(missing);
      fill_box(x[column], std::min(x[column + 1] + over_x, x.back()), y[row], std::min(y[row + 1] + over_y, y.back()));
    }
}

void draw_axes(double left, double right, double bottom, double top) {
  const auto step_of = [](double span) {
    for (const double step : {1.0, 2.0, 5.0, 10.0, 15.0, 30.0})
      if (span / step <= 7) return step;
    return 60.0;
  };
  plcol0(ink);
  plwidth(1);
  plbox("bc", 0, 0, "bc", 0, 0);
  const double step_x = step_of(right - left), step_y = step_of(top - bottom);
  const double tick_x = (right - left) / 120, tick_y = (top - bottom) / 60;
  for (double x = std::ceil(left / step_x) * step_x; x <= right; x += step_x) {
    pljoin(x, bottom, x, bottom + tick_y);
    plmtex("b", 1.6, (x - left) / (right - left), 0.5, degrees(x, 'W', 'E').c_str());
  }
  for (double y = std::ceil(bottom / step_y) * step_y; y <= top; y += step_y) {
    pljoin(left, y, left + tick_x, y);
    plmtex("lv", 0.7, (y - bottom) / (top - bottom), 1, degrees(y, 'S', 'N').c_str());
  }
}

/// Says that there are values beyond the end of the colour bar; heights are shares of the page.
void draw_tip(double base, double tip, double colour) {
  plvpor(bar_left, bar_right, std::min(base, tip), std::max(base, tip));
  plwind(0, 1, std::min(base, tip), std::max(base, tip));
  const PLFLT x[] = {0, 1, 0.5, 0}, y[] = {base, base, tip, base};
  plcol1(colour);
  plfill(3, x, y);
  plcol0(ink);
  plline(4, x, y);
}

void draw_colour_bar(const Scale& scale, std::pair<double, double> range, const std::string& units) {
  plvpor(bar_left, bar_right, bar_bottom, bar_top);
  plwind(0, 1, scale.low, scale.high);
  constexpr int steps = 256;
  const double each = (scale.high - scale.low) / steps;
  for (int i = 0; i < steps; ++i) {
    plcol1((i + 0.5) / steps);
    fill_box(0, 1, scale.low + i * each, std::min(scale.low + (i + 1.5) * each, scale.high));
  }
  plcol0(ink);
  plbox("bc", 0, 0, "bc", 0, 0);
  for (const double value : scale.ticks()) {
    pljoin(0.7, value, 1, value);
    plmtex("rv", 0.6, (value - scale.low) / (scale.high - scale.low), 0, scale.text(value).c_str());
  }
  plmtex("t", 2.2, 0.5, 0.5, units.c_str());
  if (range.second > scale.high) draw_tip(bar_top, bar_top + 0.022, 1);
  if (range.first < scale.low) draw_tip(bar_bottom, bar_bottom - 0.022, 0);
}
}  // namespace

void check_drawing() {
  constexpr int devices_most = 100;
  const char *names[devices_most], *devices[devices_most], **name = names, **device = devices;
  int count = devices_most;
  plgFileDevs(&name, &device, &count);
  if (std::none_of(devices, devices + count, [](const char* one) { return std::strcmp(one, driver) == 0; }))
    throw tessera::Error(tessera::ErrorCode::io_failed, "PLplot cannot draw PNG files: its driver \"pngcairo\" is missing; install the package plplot-driver-cairo");
}

void draw(const Map& map, const std::string& path) {
  std::vector<double> longitudes = map.longitudes;
  const bool beyond = std::ranges::any_of(longitudes, [](double one) { return one > 180; });
  for (double& one : longitudes)
    if (beyond && one >= 180) one -= 360;
  const auto columns = sorted(longitudes), rows = sorted(map.latitudes);
  std::vector<double> at_x, at_y;
  for (const std::size_t i : columns) at_x.push_back(longitudes[i]);
  for (const std::size_t i : rows) at_y.push_back(map.latitudes[i]);
  const std::vector<double> x = edges_of(at_x, 1e9), y = edges_of(at_y, 90);
  const Scale scale = scale_of(map);

  Page page(path);
  use_colours(map.colours);
  plschr(0, text_size);
  plvpor(0.065, 0.885, 0.08, 0.90);
  plwind(x.front(), x.back(), y.front(), y.back());
  draw_cells(map, longitudes, columns, rows, x, y, scale);
  plcol0(ink);
  plwidth(0.8);
  plmap(nullptr, "globe", x.front(), x.back(), y.front(), y.back());
  draw_axes(x.front(), x.back(), y.front(), y.back());
  draw_title(map.title, title_fits);
  draw_colour_bar(scale, range_of(map.values), map.units);
  page.finish();
}

void draw(const Lines& lines, const std::string& path) {
  std::vector<double> all;
  for (const auto& line : lines.lines) all.insert(all.end(), line.values.begin(), line.values.end());
  const auto [least, most] = range_of(all);
  const Scale scale = Scale::around(least, most, 8);
  const auto count = static_cast<double>(lines.labels.size());

  Page page(path);
  plschr(0, text_size);
  plvpor(0.08, 0.76, 0.12, 0.90);
  plwind(0.5, count + 0.5, scale.low, scale.high);
  for (const double value : scale.ticks()) {
    plcol0(faint);
    pljoin(0.5, value, count + 0.5, value);
    plcol0(ink);
    plmtex("lv", 0.7, (value - scale.low) / (scale.high - scale.low), 1, scale.text(value).c_str());
  }
  plbox("bc", 0, 0, "bc", 0, 0);
  for (std::size_t i = 0; i < lines.labels.size(); ++i)
    plmtex("b", 1.6, (static_cast<double>(i) + 0.5) / count, 0.5, lines.labels[i].c_str());
  plmtex("b", 3.4, 0.5, 0.5, lines.below.c_str());
  plmtex("l", 5.2, 0.5, 0.5, lines.units.c_str());
  for (std::size_t i = 0; i < lines.lines.size(); ++i) {
    const auto& values = lines.lines[i].values;
    std::vector<PLFLT> x(values.size());
    std::iota(x.begin(), x.end(), 1.0);
    plcol0(first_line + static_cast<PLINT>(i % line_colours.size()));
    plwidth(2);
    plline(static_cast<PLINT>(x.size()), x.data(), values.data());
    if (values.size() <= 24) plstring(static_cast<PLINT>(x.size()), x.data(), values.data(), "•");
    plmtex("rv", 0.8, 0.95 - 0.06 * static_cast<double>(i), 0, ("— " + lines.lines[i].name).c_str());
  }
  draw_title(lines.title, narrow_title_fits);
  page.finish();
}
}  // namespace climatology
