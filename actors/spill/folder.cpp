#include "actors/spill/folder.hpp"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <memory>
#include <string_view>
#include <vector>

namespace tessera::actors::spill {
using runtime::ErrorCode;
using runtime::Failure;

namespace {
constexpr std::string_view prefix = "tessera-spill-";
constexpr const char* owner_file = "owner";
constexpr int open_folder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

bool all_of(std::string_view text, std::string_view digits) {
  return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
}
bool is_hexadecimal(std::string_view text, std::size_t size) { return text.size() == size && all_of(text, "0123456789abcdef"); }

/// Whether it is the name of such a folder: `tessera-spill-PID-TIME-RANDOM`.
bool is_ours(std::string_view name) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  const std::size_t first = name.find('-'), last = name.rfind('-');
  return first != std::string_view::npos && first != last && all_of(name.substr(0, first), "0123456789") &&
         all_of(name.substr(first + 1, last - first - 1), "0123456789") && is_hexadecimal(name.substr(last + 1), 32);
}

std::vector<std::string> names_in(const Descriptor& folder) {
  std::vector<std::string> names;
  // A descriptor of its own: reading a folder moves its position.
  Descriptor own(::openat(folder.get(), ".", open_folder));
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(own ? ::fdopendir(own.get()) : nullptr, ::closedir);
  if (listing == nullptr) return names;
  own.release();  // The listing has it now.
  while (const dirent* entry = ::readdir(listing.get())) names.emplace_back(entry->d_name);
  return names;
}

/// Removes the folder `name` of `parent`, which is open as `folder`, with the spill files in it. Other files stay, and it with them.
bool remove_folder(const Descriptor& parent, const std::string& name, const Descriptor& folder) {
  for (const std::string& file : names_in(folder))
    if (is_hexadecimal(file, 32)) ::unlinkat(folder.get(), file.c_str(), 0);
  // Last: without it nobody can tell that the rest is a dead process's.
  if (names_in(folder).size() == 3) ::unlinkat(folder.get(), owner_file, 0);  // "." and "..".
  return ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0;
}

bool is_mine(const Descriptor& file, mode_t kind) {
  struct stat status{};
  return file && ::fstat(file.get(), &status) == 0 && (status.st_mode & S_IFMT) == kind && status.st_uid == ::geteuid();
}

bool sweep(const Descriptor& parent, const std::string& name) {
  const Descriptor folder(::openat(parent.get(), name.c_str(), open_folder | O_NOFOLLOW));
  if (!is_mine(folder, S_IFDIR)) return false;
  const Descriptor owner(::openat(folder.get(), owner_file, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  // Its maker died, or is, between two system calls: only an empty one is removed, and a live maker makes another.
  if (!owner && errno == ENOENT) return ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) == 0;
  if (!is_mine(owner, S_IFREG) || ::flock(owner.get(), LOCK_EX | LOCK_NB) != 0) return false;
  return remove_folder(parent, name, folder);
}

Failure wrong(std::string sentence) { return {ErrorCode::invalid_argument, "spill folder " + std::move(sentence)}; }

runtime::Result<Descriptor> open_parent(const std::string& path) {
  if (path.empty()) return wrong("is empty: name an existing folder on a local disk");
  if (path.front() != '/') return wrong(fmt::format("{} is relative: give the whole path, beginning with /", path));
  Descriptor parent(::open(path.c_str(), open_folder));
  if (!parent && errno == ENOENT) return wrong(fmt::format("{} is missing: make it (mkdir -p {}) or name another", path, path));
  if (!parent && errno == ENOTDIR) return wrong(fmt::format("{} is not a folder: name a folder", path));
  if (!parent && errno == EACCES)
    return wrong(fmt::format("{} cannot be opened by user {}: change its rights or name another", path, ::geteuid()));
  struct stat status{};
  if (!parent || ::fstat(parent.get(), &status) != 0)
    return Failure{ErrorCode::io_failed, fmt::format("spill folder {} cannot be opened: {}", path, std::strerror(errno))};
  if (status.st_uid != ::geteuid() && status.st_uid != 0)
    return wrong(fmt::format("{} belongs to user {}, this process to user {}: name a folder of its own user, or one of root's "
                             "that all may write to, as /var/tmp", path, status.st_uid, ::geteuid()));
  if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0)
    return wrong(fmt::format("{} lets every user remove what is in it: chmod o-w (or +t) {}", path, path));
  return parent;
}
}  // namespace

std::string random_name() {
  std::array<std::uint64_t, 2> random{};
  // It cannot fail once the system has started.
  while (::getentropy(random.data(), sizeof random) != 0) {}
  return fmt::format("{:016x}{:016x}", random[0], random[1]);
}

runtime::Result<OwnFolder> OwnFolder::make(const std::string& inside) {
  auto parent = open_parent(inside);
  if (!parent) return parent.failure();
  OwnFolder made;
  made.parent_ = std::move(*parent);
  for (const std::string& name : names_in(made.parent_))
    if (is_ours(name)) made.swept_ += sweep(made.parent_, name);
  // Each time that another process sweeps this one away before its lock is there, another is made.
  int error = 0;
  for (int i = 0; i < 100; ++i) {
    if (made.try_make(inside, error)) return made;
    if (error == EACCES || error == EPERM || error == EROFS)
      return wrong(fmt::format("{} is not writable for user {} ({}): change its rights or name another", inside, ::geteuid(),
                               std::strerror(error)));
    if (error == ENOSPC || error == EDQUOT)
      return Failure{ErrorCode::out_of_disk, fmt::format("spill folder {} is on a full disk: free some, or name another", inside)};
    if (error != 0) break;
  }
  return Failure{ErrorCode::io_failed, fmt::format("no folder can be made in spill folder {}: {}", inside, std::strerror(error))};
}

bool OwnFolder::try_make(const std::string& inside, int& error) {
  error = 0;
  name_ = fmt::format("{}{}-{}-{}", prefix, ::getpid(), std::time(nullptr), random_name());
  path_ = (inside.back() == '/' ? inside : inside + "/") + name_;
  if (::mkdirat(parent_.get(), name_.c_str(), 0700) != 0) return error = errno, false;
  folder_ = Descriptor(::openat(parent_.get(), name_.c_str(), open_folder | O_NOFOLLOW));
  if (!folder_) {
    error = errno == ENOENT ? 0 : errno;
    ::unlinkat(parent_.get(), name_.c_str(), AT_REMOVEDIR);
    return false;
  }
  owner_ = Descriptor(::openat(folder_.get(), owner_file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  struct stat status{};
  if (!owner_) error = errno == ENOENT ? 0 : errno;
  else if (::flock(owner_.get(), LOCK_EX | LOCK_NB) != 0) error = errno == EWOULDBLOCK ? 0 : errno;
  else if (::fstat(owner_.get(), &status) == 0 && status.st_nlink > 0) return process_ = ::getpid(), true;
  if (error != 0) remove_folder(parent_, name_, folder_);
  return false;
}

OwnFolder::~OwnFolder() {
  if (folder_ && process_ == ::getpid()) remove_folder(parent_, name_, folder_);
}
}  // namespace tessera::actors::spill
