/// @file
/// Several hosts on one machine: network namespaces joined by a bridge in one more, with addresses that nobody outside sees.
#pragma once
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace tessera::test {
class Network {
 public:
  /// The hosts `names`, with addresses in order.
  explicit Network(std::vector<std::string> names) : names_(std::move(names)) {
    remove_those_of_dead_processes();
    allowed_ = add(switch_name) && up(switch_name, "lo");
    ok_ = allowed_ && ip("-n " + full(switch_name) + " link add name bridge0 type bridge") && up(switch_name, "bridge0");
    for (const std::string& name : names_) {
      if (!ok_) break;
      ok_ = add(name) &&
            ip("-n " + full(switch_name) + " link add name " + port(name) + " type veth peer name eth0 netns " + full(name)) &&
            ip("-n " + full(switch_name) + " link set dev " + port(name) + " master bridge0") && up(switch_name, port(name)) &&
            ip("-n " + full(name) + " address add " + address(name) + "/24 dev eth0") && up(name, "eth0") && up(name, "lo");
    }
  }
  ~Network() {
    for (const std::string& name : made_) ip("netns delete " + name);
  }
  Network(const Network&) = delete;

  /// Whether the kernel and the rights of the user let it make and enter namespaces at all.
  bool allowed() const { return allowed_; }
  bool ok() const { return ok_; }
  std::string address(const std::string& name) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i] == name) return "10.77.0." + std::to_string(i + 1);
    return {};
  }
  /// What runs a command on that host, when it is put before it.
  std::string on(const std::string& name) const { return "ip netns exec " + full(name) + " "; }
  /// This thread, and those that it starts from now on, are on that host until they end.
  bool enter(const std::string& name) const {
    const int space = open(("/run/netns/" + full(name)).c_str(), O_RDONLY | O_CLOEXEC);
    const bool entered = space >= 0 && setns(space, CLONE_NEWNET) == 0;
    if (space >= 0) close(space);
    return entered;
  }
  /// Pulls the host's cable, or plugs it in again.
  bool cut(const std::string& name) const { return ip("-n " + full(switch_name) + " link set dev " + port(name) + " down"); }
  bool mend(const std::string& name) const { return up(switch_name, port(name)); }

 private:
  static constexpr const char* switch_name = "switch";
  static bool ip(const std::string& command) { return std::system(("ip " + command).c_str()) == 0; }
  std::string full(const std::string& name) const { return "tessera-" + std::to_string(getpid()) + "-" + name; }
  /// Of the switch.
  static std::string port(const std::string& name) { return "to-" + name; }
  bool add(const std::string& name) {
    if (!ip("netns add " + full(name))) return false;
    made_.push_back(full(name));
    return true;
  }
  bool up(const std::string& name, const std::string& device) const { return ip("-n " + full(name) + " link set dev " + device + " up"); }
  /// A test that was killed left them.
  static void remove_those_of_dead_processes() {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator("/run/netns", none)) {
      const std::string name = entry.path().filename();
      if (name.rfind("tessera-", 0) != 0) continue;
      const int pid = std::atoi(name.c_str() + 8);
      if (pid > 0 && kill(pid, 0) != 0) ip("netns delete " + name);
    }
  }

  std::vector<std::string> names_, made_;
  bool allowed_ = false, ok_ = false;
};
}  // namespace tessera::test
