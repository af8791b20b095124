/// @file
/// This version, and the stamp by which a node knows what a plug-in was built for. CMake reads the number from here.
#pragma once

#define TESSERA_VERSION "0.1.0"
#define TESSERA_TEXT_(x) #x
#define TESSERA_TEXT(x) TESSERA_TEXT_(x)

namespace tessera {
/// Found in a plug-in's bytes before any of its code runs. Every library with a TESSERA_OPERATION carries it.
[[gnu::used]] inline constexpr char plugin_stamp[] =
    "TESSERA-PLUGIN-STAMP\n" TESSERA_VERSION " (g++ " TESSERA_TEXT(__GNUC__) ", C++ " TESSERA_TEXT(__cplusplus) ")\n";
}  // namespace tessera
