# ZeroMQ::zmq, with the C++ header of cppzmq (Debian: libzmq3-dev, cppzmq-dev).
include(${CMAKE_CURRENT_LIST_DIR}/TesseraFindPackage.cmake)
tessera_find_by_pkg_config(ZeroMQ MODULE libzmq HEADER zmq.h LIBRARY zmq TARGET ZeroMQ::zmq)
find_path(ZeroMQ_CPP_INCLUDE_DIR zmq.hpp)
mark_as_advanced(ZeroMQ_CPP_INCLUDE_DIR)
if(ZeroMQ_FOUND AND NOT ZeroMQ_CPP_INCLUDE_DIR)
  message(FATAL_ERROR "ZeroMQ is there, but its C++ header zmq.hpp is not: scripts/setup installs cppzmq-dev")
endif()
