#include "actors/node_process.hpp"

#include "actors/machine.hpp"
#include "actors/memory_limit.hpp"
#include "actors/member.hpp"
#include "actors/scheduler.hpp"

#include <atomic>

namespace tessera::actors {
namespace protocol = runtime::protocol;

namespace {
class Process final : public NodeProcess {
 public:
  explicit Process(std::string name) : config_(2), system_(config_), name_(std::move(name)) {}
  ~Process() override { stop(); }

  runtime::Result<void> open(NodeOptions options, Member::OnLost on_lost) {
    MemberOptions member;
    member.coordinator = std::move(options.coordinator);
    member.link = std::move(options.link);
    member.name = name_;
    member.lanes = options.lanes;
    member.limit = options.limit;
    member.machine.disk = disk_in(options.spill_folder, options.spill_compression);
    member.resources = std::move(options.resources);
    if (!options.memory_log.empty()) {
      auto log = MemoryLog::open(options.memory_log);
      if (!log) return log.failure();
      member.machine.memory_log = std::move(*log);
    }
    auto joined = Member::join(system_, std::move(member), {}, std::move(on_lost));
    if (!joined) return joined.failure();
    member_ = std::move(*joined);
    return {};
  }
  runtime::NodeId self() const override { return member_->self(); }
  const std::string& cluster() const override { return member_->cluster(); }
  const std::string& name() const override { return name_; }
  protocol::NodeStatus status() override { return member_->node().status(); }
  std::size_t tasks() override { return member_->node().tasks(); }
  void drain() override { member_->to_coordinator(protocol::Leave{}); }
  void stop() override {
    if (stopped_.exchange(true)) return;
    if (member_) member_->stop();
    system_.await_all_actors_done();
  }

 private:
  ActorConfig config_;
  caf::actor_system system_;
  std::string name_;
  std::unique_ptr<Member> member_;
  std::atomic<bool> stopped_{false};
};
}  // namespace

runtime::Result<std::unique_ptr<NodeProcess>> NodeProcess::start(NodeOptions options,
                                                                 std::function<void(const runtime::Failure&)> on_lost) {
  if (const auto conflicts = arrays::OperationTable::global().conflicts(); !conflicts.empty())
    return runtime::Failure{runtime::ErrorCode::key_conflict, conflicts.front()};
  const auto lanes = lanes_of(options.lanes);
  if (!lanes) return lanes.failure();
  options.lanes = *lanes;
  if (auto enough = check_threads(*lanes + threads_besides_lanes); !enough) return enough.failure();
  if (options.limit.value == 0) {
    const auto limit = memory_limit_of("auto");
    if (!limit) return limit.failure();
    options.limit = *limit;
  }
  auto process = std::make_unique<Process>(options.name.empty() ? process_name() : options.name);
  if (auto opened = process->open(std::move(options), std::move(on_lost)); !opened) return opened.failure();
  return std::unique_ptr<NodeProcess>(std::move(process));
}
}  // namespace tessera::actors
