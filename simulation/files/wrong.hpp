/// @file
/// How the readers of files here say what is wrong, and read whole files. Only for `files/*.cpp`.
#pragma once
#include "runtime/base/result.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>

namespace tessera::simulation::files {
/// What is wrong with a file; never leaves `reading`.
struct Wrong {
  std::string what;
};

/// What a file calls something, and where.
struct Named {
  std::string name, where;
  [[noreturn]] void fail(const std::string& expected) const { throw Wrong{fmt::format("{}: {} was expected, and there is \"{}\"", where, expected, name)}; }
};

/// Beyond this no file is: sizes are kept as whole bytes.
constexpr double file_bytes_max = 1e18;

/// What `read` makes; `bad_input` where it throws `Wrong`.
template <class Read>
auto reading(const Read& read) -> runtime::Result<std::invoke_result_t<Read>> {
  try {
    return read();
  } catch (const Wrong& wrong) {
    return runtime::Failure{runtime::ErrorCode::bad_input, wrong.what};
  }
}

/// What `parse` makes of the file's text; failures name the file.
template <class Parse>
auto read_file(const std::string& path, const Parse& parse) -> std::invoke_result_t<Parse, std::string_view> {
  const auto refuse = [&](const char* why) { return runtime::Failure{runtime::ErrorCode::bad_input, fmt::format("{} cannot be read: {}", path, why)}; };
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return refuse("it is a folder");
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file) return refuse(std::strerror(errno));
  auto parsed = parse(text);
  if (!parsed) return runtime::Failure{parsed.failure().code, path + ": " + parsed.failure().message};
  return parsed;
}
}  // namespace tessera::simulation::files
