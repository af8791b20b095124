# OpenBlas::openblas, products of matrices and LAPACK (Debian: libopenblas-pthread-dev), with LAPACK's declarations in lapack.h, which Debian has in
# liblapacke-dev; LAPACKE itself is not linked.
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
find_path(OpenBlas_LAPACK_INCLUDE_DIR lapack.h)
tessera_find_by_pkg_config(OpenBlas MODULE openblas HEADER cblas.h LIBRARY openblas TARGET OpenBlas::openblas)
if(OpenBlas_FOUND AND NOT OpenBlas_LAPACK_INCLUDE_DIR)
  message(FATAL_ERROR "lapack.h is missing: scripts/setup installs it")
endif()
mark_as_advanced(OpenBlas_LAPACK_INCLUDE_DIR)
