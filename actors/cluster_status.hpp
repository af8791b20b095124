/// @file
/// What a cluster says of itself to one who does not take part. Without CAF in sight.
#pragma once
#include "actors/net/link.hpp"
#include "runtime/protocol/messages.hpp"

#include <string>

namespace tessera::actors {
/// Asks the coordinator at `address`; of `link`, keys and `insecure` matter. Ends within `limit`. Fails with
/// `invalid_argument` (address), `refused` (keys, version), `timeout` (nobody there).
runtime::Result<runtime::protocol::Status> ask_status(const std::string& address, net::LinkOptions link,
                                                      runtime::Duration limit = runtime::seconds(10));
}  // namespace tessera::actors
