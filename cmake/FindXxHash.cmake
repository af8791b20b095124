# XxHash::xxhash, the hash of keys and checksums (Debian: libxxhash-dev).
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
tessera_find_by_pkg_config(XxHash MODULE libxxhash HEADER xxhash.h LIBRARY xxhash TARGET XxHash::xxhash)
