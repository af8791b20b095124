#include "actors/coordinator_actor.hpp"

#include "actors/node.hpp"

#include <chrono>

namespace tessera::actors {
using namespace runtime::coordinator;
namespace protocol = runtime::protocol;

namespace {
runtime::Instant now() {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

struct CoordinatorShell {
  std::unique_ptr<Core> core;
  CoordinatorOutlets outlets;
  std::shared_ptr<CoordinatorState> state;
  Effects effects;
  std::vector<Inbox::Incoming> waiting;

  template <class... Event>
  void feed(Event&&... event) {
    core->step(std::forward<Event>(event)..., now(), effects);
    for (Effect& effect : effects) {
      if (auto* to_node = std::get_if<ToNode>(&effect)) outlets.to_node(to_node->node, std::move(to_node->message));
      else if (auto* to_client = std::get_if<ToClient>(&effect))
        outlets.to_client(to_client->client, std::move(to_client->message));
    }
    effects.clear();
  }
  void feed_mail(const Envelope& mail) {
    const runtime::ClientId client{mail.from.value};
    std::visit(
        [&]<class M>(const M& message) {
          if constexpr (std::is_same_v<M, protocol::Reports>) feed(mail.from, message);
          else if constexpr (std::is_same_v<M, protocol::Submit> || std::is_same_v<M, protocol::Scattered> ||
                             std::is_same_v<M, protocol::Release> || std::is_same_v<M, protocol::Cancel> ||
                             std::is_same_v<M, protocol::Retry> || std::is_same_v<M, protocol::Restore>)
            feed(client, message);
        },
        mail.message);
  }
  void publish() {
    const Counts counts = core->counts();
    std::lock_guard lock(state->mutex);
    state->counts = counts;
  }
};
}  // namespace

caf::actor spawn_coordinator(caf::actor_system& system, Config config, CoordinatorOutlets outlets,
                             std::shared_ptr<CoordinatorState> state) {
  return system.spawn([=](caf::stateful_actor<CoordinatorShell>* self) -> caf::behavior {
    CoordinatorShell& shell = self->state;
    shell.core = std::make_unique<Core>(config);
    shell.outlets = outlets;
    shell.state = state;
    self->delayed_send(self, std::chrono::seconds(1), TickMail{});
    return {
        [self](const LookMail&) {
          RuntimeThread mark;
          CoordinatorShell& its = self->state;
          ++its.state->wakeups;
          its.state->inbox.take(its.waiting);
          for (const Inbox::Incoming& one : its.waiting) {
            if (const auto* mail = std::get_if<Envelope>(&one)) its.feed_mail(*mail);
            else std::visit([&](const auto& event) { its.feed(event); }, std::get<Membership>(one));
          }
          its.state->messages += its.waiting.size();
          its.waiting.clear();
        },
        [self](const TickMail&) {
          self->state.feed(Tick{});
          self->state.publish();
          self->delayed_send(self, std::chrono::seconds(1), TickMail{});
        },
        [self](const AskCounts&) {
          self->state.publish();
          return true;
        },
    };
  });
}
}  // namespace tessera::actors
