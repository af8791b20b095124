/// @file
/// The header of the classic netCDF formats, as far as it tells whether a file is whole.
#pragma once
#include "io/file.hpp"

namespace tessera::io::netcdf {
/// `bad_input` if a file of a classic format (CDF-1, 2 or 5) ends before the data that its header tells of: the library would
/// read zeros there. Says nothing about other files.
runtime::Result<void> check_whole(const File& file);
}  // namespace tessera::io::netcdf
