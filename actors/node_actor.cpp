#include "actors/node_actor.hpp"

#include <chrono>

namespace tessera::actors {
namespace protocol = runtime::protocol;

void feed(Node& node, const Mail& mail) {
  std::visit(
      [&]<class M>(const M& message) {
        if constexpr (std::is_same_v<M, protocol::Assign>) {
          node.assign(std::shared_ptr<const protocol::Assign>(mail, &message));
        } else if constexpr (std::is_same_v<M, protocol::Operations>) {
          node.name_operations(message);
        } else if constexpr (std::is_same_v<M, protocol::Withdraw> || std::is_same_v<M, protocol::Drop> ||
                             std::is_same_v<M, protocol::Redirect> || std::is_same_v<M, protocol::JobEnded>) {
          node.step(message);
        } else if constexpr (std::is_same_v<M, protocol::Want> || std::is_same_v<M, protocol::Unwant> ||
                             std::is_same_v<M, protocol::Absent>) {
          node.step(mail->from, message);
        } else if constexpr (std::is_same_v<M, protocol::Offer>) {
          node.offered(mail->from, message);
        } else if constexpr (std::is_same_v<M, protocol::Members>) {
          for (const runtime::NodeId lost : message.lost) node.step(runtime::node::PeerLost{lost});
        }
      },
      mail->message);
}

caf::actor spawn_node_actor(caf::actor_system& system, std::shared_ptr<Node> node, std::function<void()> on_tick) {
  return system.spawn([node, on_tick](caf::event_based_actor* self) -> caf::behavior {
    self->delayed_send(self, std::chrono::seconds(1), TickMail{});
    return {
        [node](const Mail& mail) {
          RuntimeThread mark;
          feed(*node, mail);
        },
        [node](const PulledMail& mail) {
          RuntimeThread mark;
          node->pulled(mail.chunk, mail.payload ? std::optional(std::move(*mail.payload)) : std::nullopt);
        },
        [self, node, on_tick](const TickMail&) {
          node->step(runtime::node::Tick{});
          if (on_tick) on_tick();
          self->delayed_send(self, std::chrono::seconds(1), TickMail{});
        },
    };
  });
}
}  // namespace tessera::actors
