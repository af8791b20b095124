#include "actors/net/endpoint.hpp"

#include <algorithm>
#include <charconv>

namespace tessera::actors::net {
bool Endpoint::is_loopback() const { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }

runtime::Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto wrong = [&](const char* why) {
    return runtime::Failure{runtime::ErrorCode::invalid_argument,
                            "\"" + std::string(text) + "\" is no address: " + why + "; expected tcp://HOST:PORT, e.g. tcp://127.0.0.1:7300"};
  };
  std::string_view rest = text;
  if (const auto at = rest.find("://"); at != std::string_view::npos) {
    if (rest.substr(0, at) != "tcp") return wrong("only tcp is spoken");
    rest.remove_prefix(at + 3);
  }
  const auto colon = rest.rfind(':');
  if (colon == std::string_view::npos) return wrong("the port is missing");
  const std::string_view host = rest.substr(0, colon), port = rest.substr(colon + 1);
  if (host.empty()) return wrong("the host is missing");
  if (host.find_first_of(" /?#") != std::string_view::npos) return wrong("the host has characters that no host has");
  if (port != "*") {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number > 65535)
      return wrong("the port is no number from 0 to 65535");
  }
  return Endpoint{std::string(host), port == "0" ? "*" : std::string(port)};
}
}  // namespace tessera::actors::net
