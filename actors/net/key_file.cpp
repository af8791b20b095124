#include "actors/net/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <random>
#include <sstream>

namespace tessera::actors::net {
using runtime::ErrorCode;
using runtime::Failure;

namespace {
constexpr const char* format_name = "tessera-keys-1";
constexpr std::uintmax_t file_bytes_max = 4 << 20;

Failure bad(const std::filesystem::path& path, const std::string& why) {
  return {ErrorCode::bad_input, fmt::format("{}: {}; `tessera cluster init` makes key files", path.string(), why)};
}
std::uint64_t parse_hex(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() != 16)
    throw std::invalid_argument("the cluster's id is no hexadecimal number");
  return value;
}
}  // namespace

std::vector<KeyFile> make_key_files(const std::string& cluster, const std::vector<std::string>& members) {
  std::random_device device;
  const auto draw = [&] { return std::uint64_t{device()} << 32 | device(); };
  KeyFile common{cluster, draw(), draw(), {}, {}};
  const KeyPair server = make_key_pair();
  common.keys.server_public = server.public_key;
  common.keys.server_secret = server.secret_key;
  std::vector<KeyFile> files;
  for (const std::string& member : members) {
    const KeyPair own = make_key_pair();
    files.push_back(common);
    files.back().member = member;
    files.back().keys.own_public = own.public_key;
    files.back().keys.own_secret = own.secret_key;
    common.keys.allowed.push_back(own.public_key);
  }
  for (KeyFile& file : files) file.keys.allowed = common.keys.allowed;
  return files;
}

runtime::Result<std::filesystem::path> write_key_file(const std::filesystem::path& directory, const KeyFile& file) {
  const std::filesystem::path path = directory / (file.member + ".keys");
  const nlohmann::ordered_json json = {
      {"format", format_name},
      {"cluster", file.cluster},
      {"id", fmt::format("{:016x}{:016x}", file.cluster_high, file.cluster_low)},
      {"member", file.member},
      {"server", {{"public", file.keys.server_public}, {"secret", file.keys.server_secret}}},
      {"own", {{"public", file.keys.own_public}, {"secret", file.keys.own_secret}}},
      {"allowed", file.keys.allowed},
  };
  const std::string text = json.dump(2) + "\n";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return Failure{ErrorCode::io_failed, fmt::format("cannot write {}: {}{}", path.string(), strerror(errno),
                                                     errno == EEXIST ? "; keys are never overwritten, choose another folder" : "")};
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  if (!written) return Failure{ErrorCode::io_failed, fmt::format("cannot write {}: {}", path.string(), strerror(errno))};
  return path;
}

runtime::Result<KeyFile> read_key_file(const std::filesystem::path& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return bad(path, strerror(errno));
  if ((status.st_mode & 077) != 0) return bad(path, "others can read it: `chmod 600` it, as it holds secrets");
  if (static_cast<std::uintmax_t>(status.st_size) > file_bytes_max) return bad(path, "too large for a key file");
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return bad(path, "cannot be read");
  try {
    const auto json = nlohmann::json::parse(text.str());
    if (json.at("format") != format_name) return bad(path, "is no key file of this version");
    const std::string id = json.at("id");
    if (id.size() != 32) return bad(path, "the cluster's id is not 32 hexadecimal digits");
    KeyFile file;
    file.cluster = json.at("cluster");
    file.cluster_high = parse_hex(id.substr(0, 16));
    file.cluster_low = parse_hex(id.substr(16));
    file.member = json.at("member");
    file.keys = {json.at("own").at("public"), json.at("own").at("secret"), json.at("server").at("public"),
                 json.at("server").at("secret"), json.at("allowed").get<std::vector<std::string>>()};
    return file;
  } catch (const std::exception& error) {
    return bad(path, fmt::format("is damaged or no key file ({})", error.what()));
  }
}

runtime::Result<void> use_key_file(const std::filesystem::path& path, LinkOptions& options) {
  if (path.empty()) return {};
  auto file = read_key_file(path);
  if (!file) return file.failure();
  options.keys = file->keys;
  options.cluster_high = file->cluster_high;
  options.cluster_low = file->cluster_low;
  return {};
}
}  // namespace tessera::actors::net
