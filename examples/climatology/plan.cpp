#include "examples/climatology/plan.hpp"

#include "examples/climatology/pictures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace climatology {
namespace io = tessera::io;
using tessera::Cube;
using tessera::Dimension;
using tessera::Grouping;

namespace {
/// A storage chunk is written by one task, and all but the last are equally long: so the cube is cut, too.
Cube evenly_cut(Cube cube) {
  for (const Dimension& one : std::vector<Dimension>(cube.dimensions()))
    cube = cube.rechunk(one.name, *std::ranges::max_element(one.chunks));
  return cube;
}

/// A result with what of its origin's coordinates and attributes still holds.
Field result(const Field& of, Cube cube, const std::string& suffix, const std::string& meaning) {
  io::Variable variable;
  variable.name = of.variable.name + suffix;
  variable.dtype = cube.dtype();
  for (const Dimension& one : cube.dimensions()) {
    if (const auto at = of.variable.axis(one.name)) variable.dimensions.push_back(of.variable.dimensions[*at]);
    else
      variable.dimensions.push_back({one.name, tessera::arrays::Block::of<double>({one.length()}, one.labels),
                                     {{"long_name", one.name + " of the year"}}});
  }
  const std::string name = io::text_of(of.variable.attributes, "long_name", of.variable.name);
  variable.attributes = {{"long_name", name + ": " + meaning}, {"units", io::text_of(of.variable.attributes, "units", "1")}};
  return {std::move(cube), std::move(variable)};
}

Grouping months_of(const io::Coordinate& time) {
  Grouping months{"month", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {}};
  for (const io::Date& date : dates_of(time)) months.of.push_back(date.month - 1);
  return months;
}
}  // namespace

void plan_ensemble(Plan& plan, const Inputs& inputs, const std::string& folder) {
  plan.warnings.insert(plan.warnings.end(), inputs.warnings.begin(), inputs.warnings.end());
  Store store{folder + "/ensemble.zarr", "Time means, anomalies and ensemble spread", {}};
  for (const Field& field : inputs.fields) {
    const Cube mean = field.cube.mean("time"), anomaly = field.cube - mean, spread = field.cube.deviation("number");
    store.results.push_back(result(field, evenly_cut(mean), "_mean", "mean over time"));
    store.results.push_back(result(field, evenly_cut(anomaly), "_anomaly", "difference from the mean over time"));
    store.results.push_back(result(field, evenly_cut(spread), "_spread", "standard deviation over the members"));
    draw_ensemble(plan, field, mean, anomaly, spread);
  }
  plan.stores.push_back(std::move(store));
}

void plan_monthly(Plan& plan, const Inputs& inputs, const std::string& folder) {
  plan.warnings.insert(plan.warnings.end(), inputs.warnings.begin(), inputs.warnings.end());
  Store store{folder + "/monthly.zarr", "Means of each month of the year, and anomalies from them", {}};
  for (const Field& field : inputs.fields) {
    const std::string time = time_of(field.variable);
    if (time.empty()) {
      plan.warnings.push_back(fmt::format("{} is left out: none of its dimensions has times", field.variable.name));
      continue;
    }
    const Cube means = field.cube.grouped_mean(time, months_of(field.variable.dimensions[*field.variable.axis(time)]));
    const Cube anomaly = field.cube - means;
    store.results.push_back(result(field, evenly_cut(means), "_climatology", "mean of each month of the year"));
    store.results.push_back(result(field, evenly_cut(anomaly), "_anomaly", "difference from the month's mean"));
    draw_monthly(plan, field, means, anomaly);
  }
  if (store.results.empty()) throw tessera::Error(tessera::ErrorCode::bad_input, "no variable of the netCDF files has times: there are no monthly means");
  plan.stores.push_back(std::move(store));
}
}  // namespace climatology
