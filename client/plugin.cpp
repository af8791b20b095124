#include "client/plugin.hpp"

#include "arrays/operation.hpp"
#include "client/error.hpp"
#include "runtime/base/version.hpp"
#include "runtime/policy/policy.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

namespace tessera {
namespace {
constexpr std::uintmax_t library_bytes_max = std::uintmax_t{1} << 30;

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw Error(ErrorCode::plugin_failed, fmt::format("the plug-in {} was not loaded: {}", path, why));
}

/// First line: the marker; second: the version.
std::string_view version_of(std::string_view stamp) {
  const auto begin = stamp.find('\n') + 1;
  return stamp.substr(begin, stamp.find('\n', begin) - begin);
}

/// Whether the file is an ELF library and holds all that its tables name: the loader would map, not check, what is missing.
bool is_whole(const std::string& bytes) {
  Elf64_Ehdr header;
  if (bytes.size() < sizeof header) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  const auto fits = [&](std::uint64_t offset, std::uint64_t size) { return offset <= bytes.size() && size <= bytes.size() - offset; };
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN ||
      header.e_phentsize != sizeof(Elf64_Phdr) || !fits(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr)))
    return false;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, bytes.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (!fits(segment.p_offset, segment.p_filesz)) return false;
  }
  return true;
}

std::optional<std::string> built_for(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in) fail(path, "it cannot be read");
  if (!is_whole(bytes)) fail(path, "it is no shared library, or a part of one");
  const std::string_view marker(plugin_stamp, std::strchr(plugin_stamp, '\n') - plugin_stamp + 1);
  const auto at = bytes.find(marker);
  if (at == std::string::npos) return std::nullopt;
  return std::string(version_of(std::string_view(bytes).substr(at, sizeof plugin_stamp + 64)));
}
}  // namespace

std::vector<std::string> load_plugin(const std::string& path) {
  std::error_code error;
  const std::filesystem::path full = std::filesystem::absolute(path, error);
  if (!std::filesystem::is_regular_file(full, error)) fail(path, "there is no such file; --plugin takes the path of a shared library");
  if (std::filesystem::file_size(full, error) > library_bytes_max) fail(path, "it is larger than 1 GiB");
  const auto version = built_for(full);
  if (!version) fail(path, "it holds no Tessera operation or policy: write TESSERA_OPERATION(function) or TESSERA_POLICY(Class, \"name\") in it");
  if (*version != version_of(plugin_stamp))
    fail(path, fmt::format("it was built for Tessera {}, this is {}; build it again with this version's headers", *version,
                           version_of(plugin_stamp)));

  auto& table = arrays::OperationTable::global();
  const std::vector<std::string> before = table.names(), policies_before = runtime::policy::names();
  const std::size_t conflicts = table.conflicts().size();
  try {
    if (dlopen(full.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) fail(path, dlerror());
  } catch (const Error&) {
    throw;
  } catch (const std::exception& thrown) {
    fail(path, fmt::format("its start threw: {}", thrown.what()));
  }
  if (const auto now = table.conflicts(); now.size() > conflicts)
    throw Error(ErrorCode::key_conflict, fmt::format("the plug-in {}: {}", path, now[conflicts]));
  std::vector<std::string> added;
  const std::vector<std::string> after = table.names(), policies_after = runtime::policy::names();
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(added));
  std::set_difference(policies_after.begin(), policies_after.end(), policies_before.begin(), policies_before.end(), std::back_inserter(added));
  return added;
}
}  // namespace tessera
