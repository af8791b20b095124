# PLplot::plplot, which draws the maps (Debian: libplplot-dev, plplot-driver-cairo).
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
tessera_find_by_pkg_config(PLplot MODULE plplot HEADER plplot/plplot.h LIBRARY plplot TARGET PLplot::plplot)
