# NetCDF::NetCDF, the C library (Debian: libnetcdf-dev, whose own configuration file names no target).
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
tessera_find_by_pkg_config(NetCDF MODULE netcdf HEADER netcdf.h LIBRARY netcdf TARGET NetCDF::NetCDF)
