/// @file
/// Which pictures the plan has.
#pragma once
#include "examples/climatology/plan.hpp"

namespace climatology {
/// Maps of each level: the mean over members and times, the first member's first anomaly, the spread's mean over time.
void draw_ensemble(Plan& plan, const Field& field, const tessera::Cube& mean, const tessera::Cube& anomaly,
                   const tessera::Cube& spread);
/// Maps of January, July and the last anomaly; of a grid too small for maps, the year and the yearly anomalies as lines.
void draw_monthly(Plan& plan, const Field& field, const tessera::Cube& means, const tessera::Cube& anomaly);
/// Draws a picture whose values are there.
void draw(const Picture& picture, const tessera::arrays::Block& values, const std::string& folder);
}  // namespace climatology
