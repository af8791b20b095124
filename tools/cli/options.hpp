/// @file
/// Options that several commands have, under the same names.
#pragma once
#include "actors/net/key_file.hpp"
#include "actors/spill/packing.hpp"
#include "tools/cli/exit_code.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::cli {
/// Where a coordinator listens if nothing else is said, and where `tessera status` looks.
inline constexpr const char* default_address = "tcp://127.0.0.1:8791";

/// Keys, or the word that none are wanted.
struct Trust {
  std::string keys;
  bool insecure = false;

  void add(CLI::App& command) {
    command.add_option("--keys", keys, "This member's key file, made by `tessera cluster init`")->type_name("FILE");
    command.add_flag("--insecure", insecure, "Beyond this machine without keys: anybody who reaches the port runs code");
  }
  void use(actors::net::LinkOptions& link) const {
    link.insecure = insecure;
    if (auto used = actors::net::use_key_file(keys, link); !used) throw error_of(used.failure());
  }
};

/// What a node has.
struct Capacity {
  std::uint32_t threads = 0;
  std::string memory_limit = "auto", spill_dir = "auto", spill_compression = "auto", memory_log;
  std::vector<std::string> resources, plugins;

  void add(CLI::App& command, const std::string& of) {
    command.add_option("--threads", threads, "Compute lanes" + of + "; 0: as many as CPUs may be used")->check(CLI::Range(0u, 1024u));
    command.add_option("--memory-limit", memory_limit, "Memory" + of + ": auto, a size such as 4GiB or 500MB, or a part such as 60%")
        ->capture_default_str();
    command.add_option("--spill-dir", spill_dir, "Folder for chunks that do not fit in memory; auto: TMPDIR, /var/tmp or /tmp; none: they stay")
        ->type_name("FOLDER")->capture_default_str();
    command.add_option("--spill-compression", spill_compression, "Of these chunks' files: none, lz4, or auto: lz4 where that is quicker (docs/memory.md)")
        ->capture_default_str();
    command.add_option("--memory-log", memory_log, "CSV file of what memory" + of + " holds over time (docs/memory.md); overwritten")->type_name("FILE");
    command.add_option("--resource", resources, "What tasks may ask for, e.g. gpu=2; may be repeated")->type_name("NAME=AMOUNT");
    command.add_option("--plugin", plugins, "Shared library with operations or policies; may be repeated")->type_name("FILE");
  }
  actors::spill::SpillCompression compression() const {
    const auto its = actors::spill::compression_of(spill_compression);
    if (!its) throw Error(its.failure().code, "--spill-compression: " + its.failure().message);
    return *its;
  }
  /// Whole; made if it is not there.
  std::string spill_folder() const {
    if (spill_dir == "auto" || spill_dir == "none") return spill_dir;
    std::error_code error;
    const auto folder = std::filesystem::absolute(spill_dir, error);
    if (!error) std::filesystem::create_directories(folder, error);
    if (error || access(folder.c_str(), W_OK | X_OK) != 0)
      throw Error(ErrorCode::io_failed, fmt::format("--spill-dir {}: cannot be written to; name a folder that this user may write", spill_dir));
    return folder.string();
  }
  /// Sorted by name.
  std::vector<std::pair<std::string, std::int64_t>> parsed_resources() const {
    std::vector<std::pair<std::string, std::int64_t>> all;
    for (const std::string& one : resources) {
      const auto at = one.find('=');
      std::int64_t amount = 0;
      const char* end = one.data() + one.size();
      if (at == std::string::npos || at == 0 || std::from_chars(one.data() + at + 1, end, amount).ptr != end || at + 1 == one.size() ||
          amount <= 0)
        throw Error(ErrorCode::invalid_argument, fmt::format("--resource {}: expected NAME=AMOUNT with a whole amount above 0, e.g. gpu=2", one));
      all.emplace_back(one.substr(0, at), amount);
    }
    std::sort(all.begin(), all.end());
    for (std::size_t i = 1; i < all.size(); ++i)
      if (all[i].first == all[i - 1].first)
        throw Error(ErrorCode::invalid_argument, fmt::format("--resource {} is given twice", all[i].first));
    return all;
  }
};

/// Throws where a file that is to be written is no regular file, or is one of those that are read.
inline void check_output(std::string_view option, const std::string& path, std::span<const std::string> inputs) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return;
  if (!fs::is_regular_file(fs::symlink_status(path, error)) && !fs::is_directory(path, error))
    throw Error(ErrorCode::io_failed, fmt::format("{} {}: what is there is no regular file; name another one", option, path));
  for (const std::string& input : inputs)
    if (fs::equivalent(path, input, error)) throw Error(ErrorCode::invalid_argument, fmt::format("{} {}: this file is read by the same command; name another one", option, path));
}

/// Above 0, or from 0, and no infinity; unlike CLI11's own, which take what is not a number.
inline CLI::Validator finite(double least, const char* what) {
  return CLI::Validator([least, what](const std::string& text) {
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_good = read.ec == std::errc() && read.ptr == text.data() + text.size() && std::isfinite(value) && (value > 0 || (value == 0 && least == 0));
    return is_good ? std::string() : "\"" + text + "\" is not " + what;
  }, "");
}
inline CLI::Validator above_zero() { return finite(1, "a number above 0"); }
inline CLI::Validator from_zero() { return finite(0, "a number from 0"); }

inline void add_output(CLI::App& command, std::string& output) {
  command.add_option("--output", output, "`text` for people, `json` for programs")->check(CLI::IsMember({"text", "json"}));
}
}  // namespace tessera::cli
