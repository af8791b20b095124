#include "tests/simulation/fault/user.hpp"

#include <algorithm>
#include <cstring>

namespace tessera::simulation::fault {
using protocol::FutureState;

User::User(Stage& stage, Oracle& oracle, Process& process, Seat& seat, std::uint64_t number)
    : stage_(stage), oracle_(oracle), process_(process), seat_(seat), number_(number), graphs_left_(stage.chaos.graphs),
      actions_left_(static_cast<std::uint32_t>(10 + stage.rng.below(40))), graphs_(stage.chaos.seed * 31 + (stage.chaos.shares ? 0 : number)) {}

void User::joined(JobId job) {
  job_ = job;
  stage().progress();
  act();
}

void User::act() {
  if (phase_ != Phase::working || is_lost_) return;
  const Chaos& chaos = stage().chaos;
  const std::uint64_t what = stage().rng.below(100);
  if (graphs_left_ > 0 && (what < 40 || actions_left_ == 0)) --graphs_left_, submit();
  else if (what < 55 && chaos.scatters && futures_.size() < 200) scatter();
  else if (what < 65 && chaos.cancels) cancel();
  else if (what < 75) retry();
  else if (what < 90) {
    if (const Key* key = some([](const Future& one) { return one.state == FutureState::finished && one.fetch == Future::Fetch::idle; })) fetch(*key);
  } else if (const Key* key = some([](const Future& one) { return one.fetch == Future::Fetch::idle; })) {
    release(Key(*key));
  }
  if (actions_left_ > 0) --actions_left_;
  if (actions_left_ == 0 && graphs_left_ == 0) phase_ = Phase::waiting;
  after(stage().between(milliseconds(1), milliseconds(600)), [this] { phase_ == Phase::working ? act() : go_on(); });
}

const Key* User::some(bool (*is_it)(const Future&)) {
  if (futures_.empty()) return nullptr;
  auto at = std::next(futures_.begin(), static_cast<std::ptrdiff_t>(stage().rng.below(futures_.size())));
  for (std::size_t i = 0; i < futures_.size(); ++i) {
    if (is_it(at->second)) return &at->first;
    if (++at == futures_.end()) at = futures_.begin();
  }
  return nullptr;
}

graph::Graph User::random_graph(std::vector<graph::Index>& wants) {
  const Chaos& chaos = stage().chaos;
  graph::Builder builder;
  std::vector<graph::Index> externals;
  for (std::uint64_t n = graphs_.below(3); n > 0; --n)
    if (const Key* key = some([](const Future&) { return true; })) externals.push_back(builder.external(*key));
  const std::uint64_t count = 1 + graphs_.below(chaos.tasks);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::vector<graph::Index> inputs;
    for (std::uint64_t n = i == 0 ? 0 : graphs_.below(4); n > 0; --n) inputs.push_back(static_cast<graph::Index>(i - 1 - graphs_.below(std::min<std::uint64_t>(i, 12))));
    if (!externals.empty() && graphs_.below(6) == 0) inputs.push_back(externals[graphs_.below(externals.size())]);
    graph::Options options;
    options.retries = static_cast<std::uint32_t>(graphs_.below(3));
    options.priority = graphs_.below(5) == 0 ? static_cast<std::int32_t>(graphs_.below(5)) - 2 : 0;
    const std::uint64_t kind = graphs_.below(100);
    const char* operation = work;
    if (chaos.has(Fault::failing_tasks) && kind < 8) operation = kind < 2 ? broken : flaky;
    else if (chaos.delegates && kind < 18) operation = split;
    std::optional<Key> key;
    if (chaos.effects && kind >= 85) {
      options.effects = kind < 93 ? graph::Effects::once : graph::Effects::idempotent;
      key = graph::named_key(fmt::format("effects {} {}", number_, serial_++));
    }
    if (chaos.resources && graphs_.below(5) == 0) options.resources = {{"gpu", 1}};
    const std::uint64_t params[] = {graphs_.next(), i};
    const auto used = std::as_bytes(std::span(params)).first(8 + graphs_.below(9));
    const graph::Index task = builder.add(builder.operation(operation), inputs, used, builder.options(options), key);
    if (graphs_.below(6) == 0 || i + 1 == count) wants.push_back(task);
  }
  auto built = builder.build();
  if (!built) violated("a graph was refused: {}", built.failure().message);
  return std::move(*built);
}

void User::submit() {
  std::vector<graph::Index> all, wants;
  protocol::Submit what{job_, std::make_shared<const graph::Graph>(random_graph(all)), {}};
  oracle_.learn(*what.graph);
  for (const graph::Index want : all) {
    const auto [at, is_new] = futures_.try_emplace(what.graph->tasks[want].key);
    if (!is_new) continue;
    at->second.submission = submissions_ + 1;
    what.wants.push_back(want);
  }
  if (what.wants.empty()) return;
  ++submissions_;
  stage().tell("{} submits {} tasks, wants {}", process_.name, what.graph->tasks.size(), what.wants.size());
  seat_.to_coordinator(what);
}

void User::scatter() {
  const Key key = graph::named_key(fmt::format("scattered {} {}", number_, serial_++));
  oracle_.learn_scattered(key);
  futures_[key].is_scattered = true;
  seat_.put({key, job_});
  seat_.to_coordinator(protocol::Scattered{job_, key, oracle_.size(key), "number"});
}

void User::release(const Key& key) {
  const bool was_refused = futures_.at(key).was_refused;
  futures_.erase(key);
  ++stage().releases;
  if (!was_refused) seat_.to_coordinator(protocol::Release{job_, {key}});
}

void User::cancel() {
  const Key* key = some([](const Future&) { return true; });
  if (key == nullptr) return;
  ++stage().cancels;
  stage().saw("cancelled");
  oracle_.cancelled(*key);
  seat_.to_coordinator(protocol::Cancel{job_, {*key}, stage().chance(30), "by chance"});
}

void User::retry() {
  const Key* key = some([](const Future& one) { return one.state == FutureState::error; });
  if (key == nullptr) return;
  ++stage().retries;
  stage().saw("retried");
  Future& future = futures_.at(*key);
  future.was_retried = true;
  future.state = FutureState::pending;
  seat_.to_coordinator(protocol::Retry{job_, {*key}});
}

void User::told(const protocol::Message& message) {
  if (is_lost_) return;
  stage().progress();
  if (const auto* updates = std::get_if<protocol::Updates>(&message)) {
    for (const protocol::Update& update : updates->updates) {
      const auto at = futures_.find(update.key);
      if (at != futures_.end() && at->second.submission <= updates->submissions) changed(at->first, at->second, update);
    }
  } else if (const auto* refused = std::get_if<protocol::Refused>(&message)) {
    for (const Key& key : refused->keys) {
      const auto at = futures_.find(key);
      if (at == futures_.end() || at->second.submission > refused->submissions) continue;
      ended_badly(key, refused->blame);
      at->second.state = FutureState::error;
      at->second.was_refused = true;
      ++at->second.updates;
    }
  }
  if (phase_ != Phase::working) go_on();
}

void User::changed(const Key& key, Future& future, const protocol::Update& update) {
  ++future.updates;
  if (future.fetch == Future::Fetch::restoring) future.fetch = Future::Fetch::idle;
  const bool is_final = future.state != FutureState::pending && future.state != FutureState::finished;
  // Another program of the job may have retried it, or submitted anew what this one had cancelled.
  if (is_final && update.state != future.state && !future.was_retried && stage().chaos.programs == 1 && stage().retries == 0 && stage().cancels == 0)
    violated("S1: {} was in the final state {} and is {} now", to_string(key), static_cast<int>(future.state), static_cast<int>(update.state));
  if (future.state == FutureState::finished && update.state == FutureState::pending) stage().saw("finished, then computed again");
  if (update.state == FutureState::pending && update.blame) violated("S1: {} is pending with a blame", to_string(key));
  if (update.state != FutureState::pending && update.state != FutureState::finished) {
    if (!update.blame) violated("{} ended in state {} without a reason", to_string(key), static_cast<int>(update.state));
    ended_badly(key, *update.blame);
  }
  if (update.value) {
    std::uint64_t value = 0;
    std::memcpy(&value, update.value->data(), std::min(update.value->size(), sizeof value));
    if (value != oracle_.value(key)) violated("{} came with a wrong value", to_string(key));
  }
  future.state = update.state;
  future.holder = update.holder;
}

void User::ended_badly(const Key& key, const protocol::Blame& blame) const {
  const std::string why = oracle_.explain(key, blame);
  if (why.empty())
    violated("{} of {} ended with an error that no fault explains: code {}, of {}: {}", to_string(key), process_.name, static_cast<int>(blame.code), to_string(blame.key),
             blame.message);
}

// As `ClientState::get` does.
void User::fetch(const Key& key) {
  Future& future = futures_.at(key);
  future.fetch = Future::Fetch::asking;
  if (++future.fetches > 60) violated("the value of {} never comes: it is said to be finished, on node {}", to_string(key), future.holder.value);
  seat_.ask({key, job_}, future.holder, [this, key, holder = future.holder, updates = future.updates](std::optional<std::uint64_t> value) {
    after({}, [this, key, holder, updates, value] { fetched(key, holder, updates, value); });
  });
}

void User::fetched(const Key& key, NodeId holder, std::uint64_t updates, std::optional<std::uint64_t> value) {
  stage().progress();
  if (value && *value != oracle_.value(key)) violated("{} has a wrong value on {}", to_string(key), process_.name);
  const auto at = futures_.find(key);
  if (at == futures_.end()) return;
  Future& future = at->second;
  future.fetch = Future::Fetch::idle;
  if (value) {
    ++values_;
    future.is_checked = true;
    future.fetches = 0;
  } else if (future.updates == updates) {
    stage().saw("value restored");
    seat_.to_coordinator(protocol::Restore{job_, key, holder});
    // The coordinator says where it is next; what it answers with nothing is asked again after a while.
    future.fetch = Future::Fetch::restoring;
    after(seconds(30), [this, key, seen = future.updates] {
      const auto its = futures_.find(key);
      if (its == futures_.end() || its->second.fetch != Future::Fetch::restoring || its->second.updates != seen) return;
      stage().saw("restore without an answer");
      its->second.fetch = Future::Fetch::idle;
      go_on();
    });
  }
  go_on();
}

void User::go_on() {
  if (is_lost_ || phase_ == Phase::working || phase_ == Phase::done) return;
  for (const auto& [key, future] : futures_)
    if (future.state == FutureState::pending) return;
  phase_ = Phase::fetching;
  bool all = true;
  std::vector<Key> next;
  for (auto& [key, future] : futures_) {
    if (future.state != FutureState::finished || future.is_checked) continue;
    all = false;
    if (future.fetch == Future::Fetch::idle) next.push_back(key);
  }
  for (const Key& key : next) fetch(key);
  if (!all) return;
  phase_ = Phase::done;
  stage().tell("{} has all its values and releases them", process_.name);
  while (!futures_.empty()) release(Key(futures_.begin()->first));
}

void User::lost_coordinator() {
  oracle_.lost_coordinator();
  stage().saw("program lost its coordinator");
  is_lost_ = true;
  seat_.leave();
}

std::string User::story() const {
  std::size_t states[protocol::future_state_count] = {};
  std::string pending;
  for (const auto& [key, future] : futures_) {
    ++states[static_cast<std::size_t>(future.state)];
    if (future.state == FutureState::pending && pending.size() < 200) pending += " " + to_string(key).substr(0, 8);
    if (future.fetch != Future::Fetch::idle && pending.size() < 200) pending += " (fetching " + to_string(key).substr(0, 8) + fmt::format(" from {})", future.holder.value);
  }
  return fmt::format("phase {}, futures: {} pending, {} finished, {} error, {} cancelled, {} lost{}{}", static_cast<int>(phase_),
                     states[0], states[1], states[2], states[3], states[4], is_lost_ ? ", without coordinator" : "", pending);
}
}  // namespace tessera::simulation::fault
