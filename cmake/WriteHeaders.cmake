# cmake -DFROM=source -DTO=include/tessera -DHEADERS=a.hpp;b.hpp -P: the public headers, including each other as <tessera/...>;
# and tessera.hpp, the one that a program begins with.
file(REMOVE_RECURSE ${TO})
foreach(header IN LISTS HEADERS)
  file(READ ${FROM}/${header} text)
  string(REGEX REPLACE "#include \"([^\"]+)\"" "#include <tessera/\\1>" text "${text}")
  file(WRITE ${TO}/${header} "${text}")
endforeach()
file(WRITE ${TO}/tessera.hpp "/// @file
/// All that a program includes.
#pragma once
#include <tessera/client/tessera.hpp>
")
