/// @file
/// Pictures of results as PNG files, drawn by PLplot. For one thread.
#pragma once
#include <string>
#include <vector>

namespace climatology {
/// `diverging`: white is 0, and both signs reach as far. `amount`: light is little, from 0 on.
enum class Colours { sequential, diverging, amount };

/// A field on a grid of latitudes and longitudes; NaN is missing and stays grey.
struct Map {
  std::string title, units;
  std::vector<double> latitudes, longitudes;  ///< In degrees, in the order of the values, either direction.
  std::vector<double> values;                 ///< C order: latitude, longitude.
  Colours colours = Colours::sequential;
};

/// One value for each of the labels, as a line, for each of several places.
struct Lines {
  std::string title, units, below;            ///< `below` names the horizontal axis.
  std::vector<std::string> labels;            ///< Empty ones are not drawn.
  struct Line {
    std::string name;
    std::vector<double> values;
  };
  std::vector<Line> lines;
};

/// Throws `io_failed` where PLplot lacks the driver for PNG files.
void check_drawing();
/// North up, west left, with degrees, coastlines and a colour bar. A few values far out do not stretch the colours: the bar has
/// a tip then. The file appears whole. Throws `tessera::Error`: `io_failed`.
void draw(const Map& map, const std::string& path);
void draw(const Lines& lines, const std::string& path);
}  // namespace climatology
