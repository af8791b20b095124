#include "tests/simulation/actors/machine.hpp"

#include "serialization/message.hpp"

#include <algorithm>

namespace tessera::simulation::shells {
namespace {
/// A time of 0 means none to CAF.
constexpr Duration offset = seconds(3600);
caf::actor_clock::time_point point(Instant at) { return caf::actor_clock::time_point(std::chrono::nanoseconds((at + offset).ns)); }

/// CAF's clock for tests does not tell when its next timeout is.
struct Peek : caf::detail::test_actor_clock {
  static Instant next(caf::detail::test_actor_clock& clock) {
    const auto at = (clock.*&Peek::schedule_).begin()->first.time_since_epoch();
    return Instant{std::chrono::duration_cast<std::chrono::nanoseconds>(at).count() - offset.ns};
  }
};

constexpr const char* message_names[] = {"Submit",   "Scattered", "Release", "Cancel",    "Retry", "Updates", "Refused",    "Operations", "Assign",
                                         "Withdraw", "Drop",      "Redirect", "Reports",  "Heartbeat", "Join", "Joined", "JoinRefused", "Members",
                                         "Leave",    "AskStatus", "Status",  "Want",      "Offer", "Absent",  "Unwant",     "JobEnded",   "Restore"};
static_assert(std::size(message_names) == std::variant_size_v<protocol::Message>);
std::string what(const protocol::Message& message) {
  const auto key = []<class M>(const M& one) {
    if constexpr (requires { one.chunk.key; }) return fmt::format(" {}", to_string(one.chunk.key).substr(0, 8));
    else return std::string();
  };
  return fmt::format("{}{}", message_names[message.index()], std::visit(key, message));
}
}  // namespace

Machine::Config::Config() {
  set("scheduler.policy", caf::atom("testing"));
  set("logger.verbosity", caf::atom("quiet"));
}

Machine::Machine(World& world, std::uint64_t its_id, std::string its_name)
    : Process(world.stage, its_id, std::move(its_name)), world_(world), system_(config_),
      scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())) {
  system_.await_actors_before_shutdown(false);
  set_time(world.stage.time.now());
  world_.machines.push_back(this);
}

Machine::~Machine() {
  // Of actors that do not end, where a check has failed: what they would call is gone.
  scheduler_.jobs.clear();
  scheduler_.clock().cancel_all();
  std::erase(world_.machines, this);
}

void Machine::set_time(Instant now) { scheduler_.clock().current_time = point(now); }

void Machine::look() {
  if (!alive) return;
  if (scheduler_.has_job() && !std::exchange(is_turn_asked_, true))
    after(microseconds(static_cast<std::int64_t>(1 + stage().rng.below(40))), [this] { run_one(); });
  if (!scheduler_.has_pending_timeout()) return;
  const Instant due = Peek::next(scheduler_.clock());
  if (timer_ && *timer_ <= due) return;
  timer_ = due;
  after(std::max(Duration{}, due - stage().time.now()), [this, due] { fire(due); });
}

void Machine::fire(Instant due) {
  if (timer_ == due) timer_.reset();
  scheduler_.advance_time(caf::timespan{0});
}

/// Actors that wait for their turn get it in any order.
void Machine::run_one() {
  is_turn_asked_ = false;
  auto& jobs = scheduler_.jobs;
  if (jobs.empty()) return;
  const auto first = jobs.begin() + static_cast<std::ptrdiff_t>(stage().rng.below(jobs.size()));
  std::rotate(jobs.begin(), first, first + 1);
  scheduler_.run_once();
}

void Machine::run_out() {
  while (scheduler_.try_run_once()) {}
}

void Machine::close() {
  alive = false;
  run_out();
  if (const auto left = system_.registry().running(); left > 0) violated("{}: {} actors do not end", name, left);
}

void Machine::has_sent(PeerId to, std::span<const std::byte> body) {
  const auto message = serialization::decode(body);
  if (!message) violated("{}: sends what cannot be decoded: {}", name, message.failure().message);
  stage().trace(message->index() * 977 + id);
  if (!std::holds_alternative<protocol::Heartbeat>(*message)) stage().tell("{} sends {} to {}", name, what(*message), to);
  if (!std::holds_alternative<protocol::Heartbeat>(*message) && !std::holds_alternative<protocol::Members>(*message)) stage().progress();
  const auto* reports = std::get_if<protocol::Reports>(&*message);
  if (reports == nullptr) return;
  for (const protocol::Report& report : reports->reports) {
    if (std::holds_alternative<protocol::Evicted>(report)) ++stage().evictions, stage().saw("evicted");
    if (std::holds_alternative<protocol::InputsMissing>(report)) stage().saw("inputs missing");
  }
}
}  // namespace tessera::simulation::shells
