# tessera_add_library(name SOURCES ... PUBLIC ... PRIVATE ...): one folder's static library, `tessera::name`.
# The folders' libraries are linked together into the one that programs link (cmake/TesseraShared.cmake).
function(tessera_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(tessera_${name} STATIC ${ARG_SOURCES})
  add_library(tessera::${name} ALIAS tessera_${name})
  target_link_libraries(tessera_${name} PUBLIC tessera_options ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  set_target_properties(tessera_${name} PROPERTIES CXX_VISIBILITY_PRESET default)
  set_property(GLOBAL APPEND PROPERTY TESSERA_LIBRARIES tessera_${name})
endfunction()

# tessera_add_test(name SOURCES ... LIBRARIES ... [MAIN main.cpp]): one executable; every suite in it is a CTest of its own.
function(tessera_add_test name)
  cmake_parse_arguments(ARG "" "MAIN" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(test_${name} ${ARG_MAIN} ${ARG_SOURCES})
  add_dependencies(tests test_${name})
  target_link_libraries(test_${name} PRIVATE ${ARG_LIBRARIES} test_options)
  target_compile_definitions(test_${name} PRIVATE TESSERA_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TESSERA_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_precompile_headers(test_${name} REUSE_FROM test_main)
  if(NOT ARG_MAIN)
    target_link_libraries(test_${name} PRIVATE test_main)
  endif()
  if(TESSERA_SANITIZE STREQUAL "address")
    # What UBSan says of each place has addresses; where the program lies is decided when it starts, each is written then: 200 MiB of memory.
    target_link_options(test_${name} PRIVATE -no-pie)
  endif()
  foreach(source IN LISTS ARG_SOURCES)
    # The suite of tests/runtime/graph/builder_test.cpp is runtime_graph_builder.
    string(REGEX REPLACE "_test\\.cpp$" "" suite ${source})
    string(REPLACE "/" "_" suite ${suite})
    set(suite ${name}_${suite})
    add_test(NAME ${suite} COMMAND test_${name} --run_test=${suite} --report_level=short)
    set_tests_properties(${suite} PROPERTIES TIMEOUT 300)
    if(TESSERA_SANITIZE STREQUAL "thread")
      # Debian's libraries are not built with TSan: what libzmq hands from thread to thread would look unordered.
      set_tests_properties(${suite} PROPERTIES ENVIRONMENT TSAN_OPTIONS=ignore_noninstrumented_modules=1)
    elseif(TESSERA_SANITIZE STREQUAL "address")
      # What a quarantine holds is resident, and counts where tests have memory limits: a fourth of the default.
      set_tests_properties(${suite} PROPERTIES ENVIRONMENT
                           "ASAN_OPTIONS=quarantine_size_mb=64;LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/leaks.supp:print_suppressions=0")
    endif()
  endforeach()
endfunction()
