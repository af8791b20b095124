# Lz4::lz4, the compressor of spilled chunks (Debian: liblz4-dev).
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
tessera_find_by_pkg_config(Lz4 MODULE liblz4 HEADER lz4.h LIBRARY lz4 TARGET Lz4::lz4)
