/// @file
/// Who may take part: CURVE keys, and the answers to libzmq's questions about them (ZAP, RFC 27).
#pragma once
#include "actors/net/link.hpp"
#include "actors/net/sockets.hpp"

#include <set>

namespace tessera::actors::net {
/// Answers for one context. Without a registered answer, libzmq 4.3.4 would let unknown keys in.
class Gate {
 public:
  /// `refused` if the context has another gate.
  static runtime::Result<Gate> open(const Context& context, const std::vector<std::string>& allowed);
  void* socket() const { return socket_.get(); }
  /// Answers what is asked now.
  void serve();
  std::uint64_t refusals() const { return refusals_; }

 private:
  Socket socket_;
  std::set<std::string> allowed_;
  std::uint64_t refusals_ = 0;
};

/// Proves that `endpoint`, behind `gate`, refuses a key that nobody knows; `refused` otherwise. At most 3 s.
runtime::Result<void> prove_that_strangers_are_refused(const Context& context, Gate& gate, const std::string& endpoint,
                                                       const Keys& keys);
}  // namespace tessera::actors::net
