# tessera_add_plugin(name SOURCES ...): a library of operations that `tessera node --plugin` and `tessera::load_plugin` load.
# It holds TESSERA_OPERATION(...) and is built for one version of Tessera; another one refuses it.
function(tessera_add_plugin name)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  if(NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tessera_add_plugin(${name} SOURCES file.cpp ...): the sources are missing or something else was given")
  endif()
  add_library(${name} MODULE ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE tessera::tessera)
  set_target_properties(${name} PROPERTIES PREFIX "")
endfunction()
