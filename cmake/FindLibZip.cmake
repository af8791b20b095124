# LibZip::zip, reader and writer of zip archives (Debian: libzip-dev, whose own configuration file wants its programs installed too).
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
tessera_find_by_pkg_config(LibZip MODULE libzip HEADER zip.h LIBRARY zip TARGET LibZip::zip)
