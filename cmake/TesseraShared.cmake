# tessera::tessera, what a program links: one shared library of all folders' libraries, so that a process has one operation
# table and no registration is dropped by the linker. CAF, ZeroMQ, Cereal and the other libraries behind it stay private: no
# public header shows them, but for serialization/cereal.hpp.
get_property(libraries GLOBAL PROPERTY TESSERA_LIBRARIES)
set(objects ${libraries})
list(TRANSFORM objects REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")
add_library(tessera SHARED ${objects})
add_library(tessera::tessera ALIAS tessera)
# Linked for what they need in their turn; their own symbols are there already.
target_link_libraries(tessera PRIVATE ${libraries})
target_compile_features(tessera INTERFACE cxx_std_20)
target_link_options(tessera PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map)
set_target_properties(tessera PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}
                      LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/exports.map)

# The public headers: these, and what they include. Not public is what shows a format's library.
file(GLOB public_headers RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
     client/*.hpp arrays/*.hpp arrays/*/*.hpp io/*.hpp io/*/*.hpp serialization/cereal.hpp serialization/block_codec.hpp)
list(REMOVE_ITEM public_headers io/grib/handle.hpp)
set(tessera_headers)
while(public_headers)
  list(POP_FRONT public_headers header)
  list(APPEND tessera_headers ${header})
  file(STRINGS ${header} includes REGEX "^#include \"[^\"]+\"")
  list(TRANSFORM includes REPLACE "^#include \"([^\"]+)\".*" "\\1")
  list(APPEND public_headers ${includes})
  list(REMOVE_DUPLICATES public_headers)
  list(REMOVE_ITEM public_headers ${tessera_headers})
endwhile()
list(SORT tessera_headers)

# As a program sees them they include each other as <tessera/...>, so that only `include` is on its path and no header of its
# own ("client/...", "io/...") is taken for one of ours. The copies for a program in the same build are those that are installed.
set(tessera_include ${PROJECT_BINARY_DIR}/include)
set(sources ${tessera_headers})
list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/)
add_custom_command(OUTPUT ${tessera_include}/tessera/tessera.hpp
  COMMAND ${CMAKE_COMMAND} -DFROM=${PROJECT_SOURCE_DIR} -DTO=${tessera_include}/tessera "-DHEADERS=${tessera_headers}"
          -P ${PROJECT_SOURCE_DIR}/cmake/WriteHeaders.cmake
  DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/cmake/WriteHeaders.cmake COMMENT "Writing the public headers" VERBATIM)
add_custom_target(tessera_headers ALL DEPENDS ${tessera_include}/tessera/tessera.hpp)
add_dependencies(tessera tessera_headers)
target_include_directories(tessera INTERFACE $<BUILD_INTERFACE:${tessera_include}> $<INSTALL_INTERFACE:include>)
