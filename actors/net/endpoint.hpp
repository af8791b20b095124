/// @file
/// "tcp://host:port" taken apart.
#pragma once
#include "runtime/base/result.hpp"

#include <string>
#include <string_view>

namespace tessera::actors::net {
struct Endpoint {
  std::string host;   ///< A name, an IPv4 address, an IPv6 address in brackets, or `*`.
  std::string port;   ///< Digits, or `*` for any free one.
  std::string text() const { return "tcp://" + host + ":" + port; }
  bool is_wildcard() const { return host == "*" || host == "0.0.0.0" || host == "[::]"; }
  /// Only this machine can reach it.
  bool is_loopback() const;
};

/// Takes "tcp://host:port" and "host:port". `invalid_argument` says what is wrong with the text.
runtime::Result<Endpoint> parse_endpoint(std::string_view text);
}  // namespace tessera::actors::net
