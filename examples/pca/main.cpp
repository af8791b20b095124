// Principal components of a cube: which patterns of a field vary most, and how they go in time. The field is made here, month by month over the globe: a year's
// course, an oscillation of a few years in the tropical Pacific, and weather. The components should find the first two, and do. examples/README.md shows how to run it.
#include "client/tessera.hpp"
#include "examples/climatology/drawing.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numbers>

namespace {
namespace fs = std::filesystem;
namespace xp = tessera::xp;
using tessera::Array;
using tessera::Error;
using tessera::ErrorCode;
using tessera::Slice;

constexpr int done = 0, failed = 1, usage = 2;

struct Options {
  std::int64_t latitudes = 60, longitudes = 120, months = 240, components = 2;
  std::uint64_t seed = 1;
  unsigned local = 0;
  std::string output = "pca-output";
};

void add(CLI::App& app, Options& options) {
  app.add_option("--latitudes", options.latitudes, "Of the grid")->check(CLI::Range(4, 1800))->capture_default_str();
  app.add_option("--longitudes", options.longitudes, "Of the grid")->check(CLI::Range(4, 3600))->capture_default_str();
  app.add_option("--months", options.months, "Of the field")->check(CLI::Range(2, 2400))->capture_default_str();
  app.add_option("--components", options.components, "To draw")->check(CLI::Range(1, 6))->capture_default_str();
  app.add_option("--seed", options.seed, "Of the weather")->capture_default_str();
  app.add_option("--local", options.local, "On so many lanes; default: as many as there are CPUs")->check(CLI::Range(1u, 1024u));
  app.add_option("--output", options.output, "For pictures")->type_name("FOLDER")->capture_default_str();
}

/// Centres of `count` cells between two edges.
Array centres(double from, double to, std::int64_t count) {
  const double width = (to - from) / static_cast<double>(count);
  return xp::arange(0, count, 1, {.dtype = tessera::Dtype::float64}) * width + (from + width / 2);
}
std::vector<double> values(const tessera::Block& block) { return {block.data<double>().begin(), block.data<double>().end()}; }

struct Field {
  Array latitudes, longitudes;
  Array temperatures;  ///< (latitude, longitude, month), cut along the latitudes.
};

Field field_of(const Options& o) {
  const Array latitudes = centres(90, -90, o.latitudes), longitudes = centres(-180, 180, o.longitudes);
  const Array month = xp::arange(0, o.months, 1, {.dtype = tessera::Dtype::float64});
  const auto at = [](const Array& x, std::int64_t dimension) {
    return dimension == 0 ? x[{Slice{}, tessera::NewAxis{}, tessera::NewAxis{}}] : dimension == 1 ? x[{tessera::NewAxis{}, Slice{}, tessera::NewAxis{}}]
                                                                                                  : x[{tessera::NewAxis{}, tessera::NewAxis{}, Slice{}}];
  };
  const Array latitude = at(latitudes, 0), longitude = at(longitudes, 1), time = at(month, 2);
  const double degree = std::numbers::pi / 180;
  const Array year = xp::sin(latitude * degree) * -4.0 * xp::cos(time * (std::numbers::pi / 6));
  // Warm and cold years, in an order that does not repeat soon.
  const Array oscillation = xp::sin(time * (2 * std::numbers::pi / 43)) + xp::sin(time * (2 * std::numbers::pi / 61) + 1) * 0.7;
  const Array pacific = xp::exp(-xp::square(latitude / 15) - xp::square((longitude + 130) / 45));
  const tessera::ChunkSpec chunks{std::max<std::int64_t>(o.latitudes / 10, 1), -1, -1};
  const Array weather = xp::random::normal({o.latitudes, o.longitudes, o.months}, o.seed, {.chunks = chunks});
  return {latitudes, longitudes, xp::rechunk(year + pacific * oscillation * 3.0 + weather, chunks)};
}

struct Components {
  tessera::Block patterns;  ///< (latitude, longitude, component), each as large as the field where its series is 1.
  tessera::Block series;    ///< (component, month), of deviation 1.
  tessera::Block shares;    ///< Of the variance; all components.
};

/// The singular vectors of what the field differs from its mean, places along the rows, each as heavy as its cell is large.
Components components_of(const Field& field, const Options& o, tessera::Cluster& cluster) {
  const Array weight = xp::sqrt(xp::cos(field.latitudes * (std::numbers::pi / 180)))[{Slice{}, tessera::NewAxis{}, tessera::NewAxis{}}];
  const Array anomalies = field.temperatures - xp::mean(field.temperatures, {.axis = 2, .keepdims = true});
  const Array rows = xp::reshape(anomalies * weight, {o.latitudes * o.longitudes, o.months});
  const auto [u, s, vh] = xp::linalg::svd(rows, {.full_matrices = false});
  const double root = std::sqrt(static_cast<double>(o.months));
  const Slice first{0, o.components};
  const Array patterns = xp::reshape(u[{Slice{}, first}] * s[first], {o.latitudes, o.longitudes, o.components}) / weight / root;
  const Array variances = xp::square(s);
  const auto blocks = xp::compute(cluster, {patterns, vh[{first, Slice{}}] * root, variances / xp::sum(variances)});
  return {blocks[0], blocks[1], blocks[2]};
}

void draw(const Components& found, const Field& field, const Options& o, tessera::Cluster& cluster) {
  const auto axes = xp::compute(cluster, {field.latitudes, field.longitudes});
  const auto shares = found.shares.data<double>(), series = found.series.data<double>(), patterns = found.patterns.data<double>();
  climatology::Lines lines{"How the components go in time", "deviations", "month", {}, {}};
  for (std::int64_t month = 0; month < o.months; ++month) lines.labels.push_back(month % 24 == 0 ? std::to_string(month) : "");
  for (std::int64_t i = 0; i < o.components; ++i) {
    climatology::Map map{fmt::format("Component {}: {:.1f} % of the variance", i + 1, 100 * shares[static_cast<std::size_t>(i)]), "K", values(axes[0]), values(axes[1]), {},
                         climatology::Colours::diverging};
    for (std::int64_t place = 0; place < o.latitudes * o.longitudes; ++place) map.values.push_back(patterns[static_cast<std::size_t>(place * o.components + i)]);
    climatology::draw(map, fmt::format("{}/component-{}.png", o.output, i + 1));
    const auto its = series.subspan(static_cast<std::size_t>(i * o.months), static_cast<std::size_t>(o.months));
    lines.lines.push_back({fmt::format("component {}", i + 1), {its.begin(), its.end()}});
  }
  climatology::draw(lines, o.output + "/series.png");
}

int work(const Options& o) {
  if (o.components > o.months) throw Error(ErrorCode::invalid_argument, fmt::format("{} months have at most as many components, not {}", o.months, o.components));
  climatology::check_drawing();
  std::error_code error;
  fs::create_directories(o.output, error);
  if (error) throw Error(ErrorCode::io_failed, fmt::format("the folder {} cannot be made: {}", o.output, error.message()));
  auto cluster = tessera::Cluster::local({.lanes = o.local, .name = "pca"});
  const Field field = field_of(o);
  const Components found = components_of(field, o, cluster);
  fmt::print("{} places, {} months, in {} chunks\n", o.latitudes * o.longitudes, o.months, field.temperatures.chunks()[0].size());
  for (std::int64_t i = 0; i < o.components; ++i) fmt::print("component {}: {:.2f} % of the variance\n", i + 1, 100 * found.shares.data<double>()[static_cast<std::size_t>(i)]);
  draw(found, field, o, cluster);
  fmt::print("{}: component-1.png and others, series.png\n", o.output);
  return done;
}
}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Principal components of a cube of temperatures, by chunks", "pca"};
  Options options;
  add(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? done : usage;
  }
  try {
    return work(options);
  } catch (const Error& error) {
    fmt::print(stderr, "pca: {}\n", error.what());
    return error.code() == ErrorCode::invalid_argument ? usage : failed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "pca: {}\n", error.what());
    return failed;
  }
}
