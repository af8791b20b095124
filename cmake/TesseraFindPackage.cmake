# tessera_find_by_pkg_config(Name MODULE HEADER [LIBRARY] [TARGET]): what the Find modules of this folder have in common.
# Looks for HEADER and LIBRARY where pkg-config's MODULE says (or where the compiler looks) and makes one imported target;
# imported targets' headers are SYSTEM, so their warnings are not ours.
include(FindPackageHandleStandardArgs)

function(tessera_find_by_pkg_config name)
  cmake_parse_arguments(ARG "" "MODULE;HEADER;LIBRARY;TARGET" "" ${ARGN})
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND AND ARG_MODULE)
    pkg_check_modules(PC_${name} QUIET ${ARG_MODULE})
  endif()
  find_path(${name}_INCLUDE_DIR ${ARG_HEADER} HINTS ${PC_${name}_INCLUDE_DIRS})
  find_library(${name}_LIBRARY ${ARG_LIBRARY} HINTS ${PC_${name}_LIBRARY_DIRS})
  mark_as_advanced(${name}_INCLUDE_DIR ${name}_LIBRARY)
  find_package_handle_standard_args(${name} REQUIRED_VARS ${name}_LIBRARY ${name}_INCLUDE_DIR
                                    VERSION_VAR PC_${name}_VERSION
                                    REASON_FAILURE_MESSAGE "scripts/setup installs it")
  if(${name}_FOUND AND NOT TARGET ${ARG_TARGET})
    add_library(${ARG_TARGET} UNKNOWN IMPORTED)
    set_target_properties(${ARG_TARGET} PROPERTIES IMPORTED_LOCATION ${${name}_LIBRARY}
                          INTERFACE_INCLUDE_DIRECTORIES ${${name}_INCLUDE_DIR})
  endif()
  set(${name}_FOUND ${${name}_FOUND} PARENT_SCOPE)
endfunction()
