/// @file
/// What is computed of the inputs, where it is stored, and what is drawn of it. Nothing runs here: whatever does not fit is
/// refused before anything is written (rule E7).
#pragma once
#include "examples/climatology/drawing.hpp"
#include "examples/climatology/inputs.hpp"

#include <string>
#include <variant>
#include <vector>

namespace climatology {
/// A store of results; its arrays are cut as their cubes are, evenly.
struct Store {
  std::string path;
  std::string title;
  std::vector<Field> results;
};

/// A picture whose values are those of a cube of one chunk: (latitude, longitude), for lines behind another dimension.
struct Picture {
  std::string file;  ///< Its name, without a folder.
  tessera::Cube values;
  std::variant<Map, Lines> drawing;
};

struct Plan {
  std::vector<Store> stores;
  std::vector<Picture> pictures;
  std::vector<std::string> warnings;
};

/// Time means, anomalies and the spread of the members, of each variable: `folder`/ensemble.zarr.
void plan_ensemble(Plan& plan, const Inputs& inputs, const std::string& folder);
/// Means of each month of the year and anomalies from them, of each variable with times: `folder`/monthly.zarr.
void plan_monthly(Plan& plan, const Inputs& inputs, const std::string& folder);
}  // namespace climatology
