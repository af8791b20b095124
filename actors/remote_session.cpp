// A program's part in a cluster of other processes: a member without lanes.
#include "actors/machine.hpp"
#include "actors/memory_limit.hpp"
#include "actors/member.hpp"
#include "actors/scheduler.hpp"
#include "actors/session.hpp"
#include "arrays/memory/arena.hpp"

#include <atomic>

namespace tessera::actors {
namespace protocol = runtime::protocol;
using runtime::NodeId;

namespace {
class RemoteSession final : public Session {
 public:
  RemoteSession() : config_(2), system_(config_) {}
  ~RemoteSession() override { close(); }

  runtime::Result<void> open(ConnectOptions options, OnMessage on_message, Member::OnLost on_lost) {
    MemberOptions member;
    member.coordinator = std::move(options.coordinator);
    member.role = protocol::Role::client;
    member.link = std::move(options.link);
    member.name = std::move(options.name);
    member.limit = options.limit;
    member.job = std::move(options.job);
    auto joined = Member::join(system_, std::move(member), std::move(on_message), std::move(on_lost));
    if (!joined) return joined.failure();
    member_ = std::move(*joined);
    return {};
  }

  runtime::JobId job() const override { return member_->job(); }
  NodeId self() const override { return member_->self(); }
  void send(protocol::Message message) override {
    if (!closed_) member_->to_coordinator(message);
  }
  void put(const runtime::Key& key, arrays::Payload payload) override { member_->node().put({key, job()}, std::move(payload)); }
  std::optional<arrays::Payload> find(const runtime::Key& key) override { return member_->node().find({key, job()}); }
  std::uint64_t ask(const runtime::Key& key, NodeId holder, Delivered done) override {
    return member_->node().ask({key, job()}, holder, std::move(done));
  }
  void unask(const runtime::Key& key, std::uint64_t token) override { member_->node().unask({key, job()}, token); }

  SessionCounters counters() override {
    SessionCounters counters;
    const protocol::NodeStatus memory = member_->node().totals();
    counters.chunks_on_node = member_->node().chunks();
    counters.resident = memory.resident;
    counters.reserved = memory.reserved;
    return counters;
  }
  protocol::Status status() override {
    auto status = member_->status();
    return status ? std::move(*status) : protocol::Status{};
  }

  bool is_lane() const override { return false; }
  void close() override {
    if (closed_.exchange(true)) return;
    if (member_) member_->stop();
    system_.await_all_actors_done();
    arrays::memory::trim({});
  }

 private:
  ActorConfig config_;
  caf::actor_system system_;
  std::unique_ptr<Member> member_;
  std::atomic<bool> closed_{false};
};
}  // namespace

runtime::Result<std::unique_ptr<Session>> Session::connect(ConnectOptions options, OnMessage on_message,
                                                           std::function<void(const runtime::Failure&)> on_lost) {
  if (const auto conflicts = arrays::OperationTable::global().conflicts(); !conflicts.empty())
    return runtime::Failure{runtime::ErrorCode::key_conflict, conflicts.front()};
  if (auto enough = check_threads(threads_besides_lanes); !enough) return enough.failure();
  if (options.limit.value == 0) {
    const auto limit = memory_limit_of("auto");
    if (!limit) return limit.failure();
    options.limit = *limit;
  }
  if (options.name.empty()) options.name = process_name();
  auto session = std::make_unique<RemoteSession>();
  if (auto opened = session->open(std::move(options), std::move(on_message), std::move(on_lost)); !opened) return opened.failure();
  return std::unique_ptr<Session>(std::move(session));
}
}  // namespace tessera::actors
