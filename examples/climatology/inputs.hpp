/// @file
/// What the job reads: variables of files as lazy cubes, each chunk of which a task of its own reads where it is needed.
#pragma once
#include "client/cube.hpp"
#include "io/time.hpp"
#include "io/variable.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace climatology {
/// A lazy cube with the coordinates and attributes that go with it; `variable` has the cube's dimensions.
struct Field {
  tessera::Cube cube;
  tessera::io::Variable variable;
};

struct Inputs {
  std::vector<Field> fields;
  std::vector<std::string> warnings;
};

/// Only what describes the files is read. `chunk_bytes` 0: about a hundred chunks a variable, of 32 KiB to 64 MiB. A chunk holds
/// whole fields, and those of one netCDF file only. Throws `tessera::Error`: `bad_input`.
Inputs open_grib(const std::string& path, std::uint64_t chunk_bytes);
/// `paths`: files, or folders whose files *.nc are meant.
Inputs open_netcdf(const std::vector<std::string>& paths, std::uint64_t chunk_bytes);

/// The dates along a coordinate of times.
std::vector<tessera::io::Date> dates_of(const tessera::io::Coordinate& time);
/// The coordinate's name, if it has times; else empty.
std::string time_of(const tessera::io::Variable& variable);
}  // namespace climatology
