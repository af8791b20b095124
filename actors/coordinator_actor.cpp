#include "actors/coordinator_actor.hpp"

#include "actors/node.hpp"
#include "actors/recorder.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace tessera::actors {
using namespace runtime::coordinator;

namespace {
struct CoordinatorShell {
  const caf::actor_clock* clock = nullptr;
  std::unique_ptr<Core> core;
  CoordinatorOutlets outlets;
  std::shared_ptr<CoordinatorState> state;
  runtime::JobId job;
  std::shared_ptr<Recorder> recorder;  ///< May be none.
  std::string policy;
  bool is_told = false;                ///< That the policy threw.
  bool is_nonsense_told = false;
  Effects effects;
  std::vector<Inbox::Incoming> waiting;

  runtime::Instant now() const { return {now_ns(*clock)}; }
  void feed(Inbox::Incoming& one) {
    const runtime::Instant at = now();
    if (const auto* mail = std::get_if<Envelope>(&one)) step(*core, mail->from, mail->message, at, effects);
    else std::visit([&](const auto& event) { core->step(event, at, effects); }, std::get<Membership>(one));
    if (!recorder) return perform();
    Step step = step_of(at);
    perform();
    if (auto* mail = std::get_if<Envelope>(&one)) step.event = Received{mail->from, std::move(mail->message)};
    else std::visit([&](auto& event) { step.event = std::move(event); }, std::get<Membership>(one));
    recorder->take(job, std::move(step));
  }
  void tick() {
    const runtime::Instant at = now();
    core->step(Tick{}, at, effects);
    if (recorder) recorder->take(job, step_of(at));
    perform();
  }
  /// With what was decided, as long as the effects are there.
  Step step_of(runtime::Instant at) const {
    Step step{at, Tick{}, digest_of(effects), {}};
    append_placements(effects, step.placements);
    return step;
  }
  void perform() {
    for (Effect& effect : effects) {
      if (auto* to_node = std::get_if<ToNode>(&effect)) outlets.to_node(to_node->node, std::move(to_node->message));
      else if (auto* to_client = std::get_if<ToClient>(&effect))
        outlets.to_client(to_client->client, std::move(to_client->message));
    }
    effects.clear();
  }
  /// Once each.
  void tell_of_policy(const Counts& counts) {
    if (core->policy_failure() && !std::exchange(is_told, true))
      fmt::print(stderr, "job {}: the policy \"{}\" threw: {}; it is not asked again, and tasks are placed as by locality\n", job.value, policy, *core->policy_failure());
    auto nonsense = counts.nonsense;
    if (core->policy_failure()) nonsense.forget(runtime::policy::Nonsense::threw);
    if (nonsense.any() && !std::exchange(is_nonsense_told, true))
      fmt::print(stderr, "job {}: the policy \"{}\" decided what can mean nothing, which is left out: {}; `tessera status` goes on counting\n", job.value, policy, nonsense.text());
  }
  void publish() {
    const Counts counts = core->counts();
    tell_of_policy(counts);
    std::lock_guard lock(state->mutex);
    state->counts = counts;
  }
};
}  // namespace

caf::actor spawn_coordinator(caf::actor_system& system, Config config, CoordinatorOutlets outlets,
                             std::shared_ptr<CoordinatorState> state, std::shared_ptr<Recorder> recorder) {
  if (recorder) recorder->begin(config);
  return system.spawn([=](caf::stateful_actor<CoordinatorShell>* self) -> caf::behavior {
    CoordinatorShell& shell = self->state;
    shell.clock = &self->system().clock();
    shell.core = std::make_unique<Core>(config);
    shell.outlets = outlets;
    shell.state = state;
    shell.job = config.job;
    shell.policy = config.policy;
    shell.recorder = recorder;
    self->delayed_send(self, std::chrono::seconds(1), TickMail{});
    return {
        [self](const LookMail&) {
          RuntimeThread mark;
          CoordinatorShell& its = self->state;
          ++its.state->wakeups;
          its.state->inbox.take(its.waiting);
          for (Inbox::Incoming& one : its.waiting) its.feed(one);
          its.state->messages += its.waiting.size();
          its.waiting.clear();
        },
        [self](const TickMail&) {
          self->state.tick();
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
