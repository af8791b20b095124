/// @file
/// The folder of one spill store inside of the one that the user names; and those that dead processes left there.
#pragma once
#include "actors/spill/descriptor.hpp"
#include "runtime/base/result.hpp"

#include <cstddef>
#include <string>

namespace tessera::actors::spill {
/// A folder of mode 0700, named `tessera-spill-PID-TIME-RANDOM`, that is removed with this object. Its file `owner` is locked
/// (flock) as long as the process lives, however it ends: whoever gets the lock may remove the folder.
class OwnFolder {
 public:
  /// Removes what dead processes of this user left in `inside`, then makes a folder there. `invalid_argument` says what is wrong
  /// with `inside` and what to do; `io_failed` what the system refused.
  static runtime::Result<OwnFolder> make(const std::string& inside);
  OwnFolder(OwnFolder&&) = default;
  OwnFolder& operator=(OwnFolder&&) = delete;
  ~OwnFolder();

  const Descriptor& descriptor() const { return folder_; }
  const std::string& path() const { return path_; }
  /// How many folders of dead processes were removed.
  std::size_t swept() const { return swept_; }

 private:
  OwnFolder() = default;
  bool try_make(const std::string& inside, int& error);

  Descriptor parent_, folder_, owner_;
  std::string name_, path_;
  std::size_t swept_ = 0;
  int process_ = -1;  ///< That made it; a fork of it removes nothing.
};

/// A file name that nobody can guess: 32 hexadecimal digits.
std::string random_name();
}  // namespace tessera::actors::spill
