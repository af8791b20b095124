# Blosc::blosc, the compressor of chunks (Debian: libblosc-dev).
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
tessera_find_by_pkg_config(Blosc MODULE blosc HEADER blosc.h LIBRARY blosc TARGET Blosc::blosc)
