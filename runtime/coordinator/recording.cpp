#include "runtime/coordinator/recording.hpp"

#include <bit>

namespace tessera::runtime::coordinator {
namespace {
/// Not for strangers' input: two steps that differ by accident differ in this.
class Digest {
 public:
  void add(std::uint64_t value) { state_ = std::rotl((state_ ^ value) * 0x9E3779B97F4A7C15ull, 29); }
  void add(const Key& key) { add(key.low ^ std::rotl(key.high, 17)); }
  void add(std::uint32_t a, std::uint32_t b) { add(std::uint64_t{a} << 32 | b); }
  std::uint64_t value() const { return state_; }

  void add(const protocol::Assign& what) {
    for (const protocol::Assignment& one : what.tasks) {
      add(one.key);
      add(one.task.value, one.attempt.value);
      add(one.rank ^ std::uint64_t{one.operation.value} << 40);
      add(static_cast<std::uint32_t>(one.priority), one.params << 3 | static_cast<std::uint32_t>(one.report_value) << 2 | static_cast<std::uint32_t>(one.eviction));
    }
    add(what.inputs);
  }
  void add(const std::vector<protocol::Input>& inputs) {
    for (const protocol::Input& one : inputs) add(one.key), add(one.size.value), add(one.holder.value, one.uses);
  }
  void add(const protocol::Withdraw& what) {
    for (const auto& [key, attempt] : what.tasks) add(key), add(attempt.value);
  }
  void add(const protocol::Drop& what) {
    for (const Key& key : what.keys) add(key);
  }
  void add(const protocol::Redirect& what) { add(what.inputs); }
  void add(const protocol::Operations& what) { add(what.first.value, static_cast<std::uint32_t>(what.names.size())); }
  void add(const protocol::Updates& what) {
    add(what.submissions);
    for (const protocol::Update& one : what.updates) {
      add(one.key);
      add(static_cast<std::uint32_t>(one.state), one.holder.value);
      add(one.blame ? static_cast<std::uint64_t>(one.blame->code) + 1 : 0);
    }
  }
  void add(const protocol::Refused& what) {
    add(what.submissions);
    add(static_cast<std::uint64_t>(what.blame.code));
    for (const Key& key : what.keys) add(key);
  }
  void add(std::uint32_t receiver, const protocol::Message& message) {
    add(receiver, static_cast<std::uint32_t>(message.index()));
    std::visit([this]<class M>(const M& what) {
      if constexpr (requires(Digest digest) { digest.add(what); }) add(what);
    }, message);
  }

 private:
  std::uint64_t state_ = 0x243F6A8885A308D3ull;
};
}  // namespace

void step(Core& core, NodeId from, const protocol::Message& message, Instant now, Effects& out) {
  std::visit([&]<class M>(const M& one) {
    if constexpr (requires { core.step(from, one, now, out); }) core.step(from, one, now, out);
    else if constexpr (requires { core.step(ClientId{}, one, now, out); }) core.step(ClientId{from.value}, one, now, out);
  }, message);
}

void step(Core& core, const Event& event, Instant now, Effects& out) {
  std::visit([&]<class E>(const E& one) {
    if constexpr (std::is_same_v<E, Received>) step(core, one.from, one.message, now, out);
    else core.step(one, now, out);
  }, event);
}

std::uint64_t digest_of(std::span<const Effect> effects) {
  Digest digest;
  for (const Effect& effect : effects) {
    if (const auto* node = std::get_if<ToNode>(&effect)) digest.add(node->node.value, node->message);
    else if (const auto* client = std::get_if<ToClient>(&effect)) digest.add(client->client.value, client->message);
  }
  return digest.value();
}

void append_placements(std::span<const Effect> effects, std::vector<Placement>& out) {
  for (const Effect& effect : effects) {
    const auto* to = std::get_if<ToNode>(&effect);
    const auto* assign = to == nullptr ? nullptr : std::get_if<protocol::Assign>(&to->message);
    if (assign == nullptr) continue;
    for (const protocol::Assignment& one : assign->tasks) out.push_back({one.key, one.task, to->node, one.priority, one.rank});
  }
}
}  // namespace tessera::runtime::coordinator
