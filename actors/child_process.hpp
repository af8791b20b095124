/// @file
/// A process that this one starts and ends.
#pragma once
#include "runtime/base/result.hpp"
#include "runtime/base/units.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tessera::actors {
/// Ends with its owner: first asked by what it is connected to, then SIGKILL.
class ChildProcess {
 public:
  /// `arguments[0]` is the program's path. By `posix_spawn`, as libzmq's sockets do not survive `fork`. The child is in a
  /// process group of its own: a terminal's Ctrl-C reaches its owner only. It blocks no signals.
  static runtime::Result<ChildProcess> start(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  int pid() const { return pid_; }
  /// Its exit code once it has ended (128 + signal where one killed it); waits up to `limit`.
  std::optional<int> wait(runtime::Duration limit);
  void kill(int signal) const;

 private:
  explicit ChildProcess(int pid) : pid_(pid) {}
  int pid_ = -1;
  std::optional<int> code_;
};

/// This program's own file.
std::string own_program();
}  // namespace tessera::actors
