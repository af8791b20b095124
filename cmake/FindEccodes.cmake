# Eccodes::eccodes, the decoder of GRIB (Debian: libeccodes-dev).
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
tessera_find_by_pkg_config(Eccodes MODULE eccodes HEADER eccodes.h LIBRARY eccodes TARGET Eccodes::eccodes)
