/// @file
/// Operations and policies from shared libraries, for programs that run other people's tasks.
#pragma once
#include <string>
#include <vector>

namespace tessera {
/// Loads a shared library and registers its operations and policies for the rest of the process's life; gives their names, each kind sorted. A plug-in
/// is any library with a TESSERA_OPERATION or a TESSERA_POLICY; before any of its code runs, its bytes are searched for the version that it was
/// built for. Call it before a cluster is started or joined. Throws `plugin_failed` (missing, no plug-in, other version,
/// cannot be linked) and `key_conflict` (an operation or a policy of that name exists).
std::vector<std::string> load_plugin(const std::string& path);
}  // namespace tessera
