/// @file
/// The file that makes a process a member of a cluster with keys: `tessera cluster init` writes one for each member.
#pragma once
#include "actors/net/link.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tessera::actors::net {
struct KeyFile {
  std::string cluster;                     ///< Its name.
  std::uint64_t cluster_high = 0, cluster_low = 0;
  std::string member;
  Keys keys;
};

/// Keys for a new cluster: one file a member, all of which know each other.
std::vector<KeyFile> make_key_files(const std::string& cluster, const std::vector<std::string>& members);
/// Writes `directory/MEMBER.keys`, readable by its owner only; never over a file that is there.
runtime::Result<std::filesystem::path> write_key_file(const std::filesystem::path& directory, const KeyFile& file);
/// `bad_input` where the file is missing, damaged, or readable by others.
runtime::Result<KeyFile> read_key_file(const std::filesystem::path& path);
/// Sets keys and cluster id of `options` from the file; an empty path changes nothing.
runtime::Result<void> use_key_file(const std::filesystem::path& path, LinkOptions& options);
}  // namespace tessera::actors::net
