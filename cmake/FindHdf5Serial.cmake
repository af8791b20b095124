# Hdf5Serial::hdf5, what Debian's libnetcdf is made with (libhdf5-dev comes with libnetcdf-dev).
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
tessera_find_by_pkg_config(Hdf5Serial MODULE hdf5-serial HEADER hdf5.h LIBRARY hdf5_serial TARGET Hdf5Serial::hdf5)
