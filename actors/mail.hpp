/// @file
/// The one type of mail between the control actors of a process: a message and who sent it, shared, never copied.
#pragma once
#include "actors/caf.hpp"
#include "runtime/protocol/messages.hpp"

#include <memory>

namespace tessera::actors {
struct Envelope {
  runtime::NodeId from;
  runtime::protocol::Message message;
};
using Mail = std::shared_ptr<const Envelope>;

inline void post(const caf::actor& to, runtime::NodeId from, runtime::protocol::Message message) {
  caf::anon_send(to, std::make_shared<const Envelope>(Envelope{from, std::move(message)}));
}
struct TickMail {};
}  // namespace tessera::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::Mail)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tessera::actors::TickMail)
