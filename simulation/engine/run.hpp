/// @file
/// One run of the engine. Only for `simulation/engine/run*.cpp`; docs/simulation.md has the rules.
#pragma once
#include "runtime/policy/estimator.hpp"
#include "runtime/memory/eviction.hpp"
#include "simulation/engine/network.hpp"
#include "simulation/engine/node_memory.hpp"
#include "simulation/engine/policy.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tessera::simulation::engine {
/// Times in files have nine decimals: so near is the same instant.
constexpr double instant = 2e-9;
constexpr double never = std::numeric_limits<double>::infinity();
runtime::Failure invalid(std::string why);

class Run final : public View {
 public:
  /// What the policy decides follows the decisions; null: there is none.
  Run(const Case& what, std::vector<Decision> decisions, Policy* policy, const Case& known, const Setting& setting);
  runtime::Result<Outcome> go();

 private:
  static constexpr std::uint64_t every = std::numeric_limits<std::uint64_t>::max();
  /// `sent`: the assignment is on its way.
  enum class State : std::uint8_t { unassigned, sent, assigned, ready, running, done };
  struct TaskState {
    State state = State::unassigned;
    bool is_told = false;                ///< The policy was told once that it is ready.
    std::uint32_t node = nobody;
    double priority = 0, blocking = 0;
    double end = 0;                      ///< If it runs.
    std::uint32_t unmade = 0;            ///< Inputs that do not exist; and what else must happen before anybody knows of it.
    std::uint32_t missing = 0;           ///< Inputs that are not on its node.
    std::uint64_t order = 0;             ///< In which it was sent, then became ready.
  };
  struct ObjectState {
    bool exists = false;
    std::uint32_t source = nobody;       ///< Where it was made, or, if that node was lost, another that has it.
    std::vector<Place> places;           ///< By node.
    /// Where the node is, or would be.
    std::vector<Place>::iterator at(std::uint32_t node) { return std::ranges::lower_bound(places, node, {}, &Place::node); }
    bool is_on(std::uint32_t node) const {
      const auto found = std::ranges::lower_bound(places, node, {}, &Place::node);
      return found != places.end() && found->node == node && found->is_here;
    }
    std::vector<std::uint32_t> users;    ///< Tasks, each as often as it names it.
  };
  struct Download { Flow flow; std::uint64_t order; double left; };  ///< `order` as in `wanted`.
  struct NodeState {
    std::uint32_t free = 0;
    std::int64_t promised = 0;           ///< Cores of all tasks that it was given and that have not ended.
    bool changed = false;
    bool is_live = true, leaves = false;
    std::vector<std::uint32_t> ready;
    std::map<std::uint32_t, std::uint64_t> wanted;   ///< Objects that exist and are neither here nor on their way; in which order they were asked for.
    std::map<std::uint32_t, std::uint32_t> sources;  ///< Downloads under way from each.
    std::uint32_t downloads = 0;
    std::vector<Download> begun, paused;             ///< Where downloads are preemptive: those under way; those that gave way.
    std::vector<std::int64_t> free_amounts, promised_amounts;  ///< Of each resource.
    double speed = 1;
    double handled = 0;                  ///< When it has handled all messages to it.
  };
  /// An assignment on its way. It counts if its task's `order` is still the same.
  struct Delivery {
    double time;
    std::uint64_t order;
    Assignment what;
  };

  // run.cpp: the order of things.
  double next_end() const;
  double next_outside() const;
  void pass_events(double until);
  void pass_outside(double until);
  void end(std::uint32_t task);
  void arrive(Flow flow);
  void made(std::uint32_t object, std::uint32_t node);
  void learn(std::uint32_t task);
  void reveal(std::uint32_t task);
  runtime::Failure stuck() const;
  std::string why_waits(std::uint32_t task) const;

  // run_scheduler.cpp: what the scheduler is told, and what it answers.
  void call(double now);
  runtime::Result<void> ask();
  runtime::Result<void> apply(const Decision& decision);
  runtime::Result<void> check(const Assignment& one, double time) const;
  runtime::Result<void> refuse(const Assignment& one);
  void reorder(const Assignment& one);
  void promise(const Assignment& one);
  void give_back(std::uint32_t task, std::uint32_t node);
  void take_back(std::uint32_t task);
  void tell_ready(std::uint32_t task);
  const Case& what() const override { return known_; }
  double now() const override { return now_; }
  std::span<const std::uint32_t> newly_ready() const override { return newly_ready_; }
  std::int64_t free_cores(std::uint32_t node) const override {
    return takes_tasks(node) ? static_cast<std::int64_t>(case_.cpus[node]) - nodes_[node].promised : 0;
  }
  std::int64_t free_amount(std::uint32_t node, std::uint32_t resource) const override {
    return takes_tasks(node) ? static_cast<std::int64_t>(case_.amounts[node][resource]) - nodes_[node].promised_amounts[resource] : 0;
  }
  bool takes_tasks(std::uint32_t node) const override { return nodes_[node].is_live && !nodes_[node].leaves; }
  std::span<const std::uint32_t> newly_free() const override { return newly_free_; }
  std::span<const Place> places(std::uint32_t object) const override { return objects_[object].places; }
  bool has_node(std::uint32_t task) const override { return tasks_[task].state != State::unassigned; }
  bool is_movable(std::uint32_t task) const override {
    return tasks_[task].state == State::sent || tasks_[task].state == State::assigned || tasks_[task].state == State::ready;
  }
  std::span<const std::uint32_t> newly_lost() const override { return newly_lost_; }
  std::span<const std::uint32_t> newly_ended() const override { return newly_ended_; }
  bool is_known(std::uint32_t task) const override { return hidden_.empty() || hidden_[task] == 0; }
  std::span<const std::uint32_t> newly_known() const override { return newly_known_; }
  double duration(std::uint32_t task) const override;
  double size(std::uint32_t object) const override;

  // run_node.cpp: what nodes do.
  void assign(std::uint32_t task);
  void want(std::uint32_t node, std::uint32_t object);
  void ready(std::uint32_t task);
  void reach(std::uint32_t node, std::uint32_t object);
  /// Something may start there.
  void mark(std::uint32_t node) {
    if (!std::exchange(nodes_[node].changed, true)) changed_.push_back(node);
  }
  void start();
  void start_earlier();
  double urgency(std::uint32_t node, std::uint32_t object) const;
  void begin_download(NodeState& node, const Download& download);
  std::optional<Flow> less_urgent(std::uint32_t node, std::uint32_t source, double than) const;
  void pause(NodeState& node, Flow flow);
  /// Of what came before the order `before`.
  void start_downloads(std::uint32_t node, std::uint64_t before = every);
  void start_tasks(std::uint32_t node, std::uint64_t before = every);
  void begin(std::uint32_t node, std::uint32_t task);
  bool has_room(const NodeState& node, std::uint32_t task) const;
  void occupy(NodeState& node, std::uint32_t task, int sign);

  // run_faults.cpp: nodes come and go.
  void happen(const NodeEvent& event);
  void lose(std::uint32_t node);
  void lose_tasks(std::uint32_t node);
  void lose_transfers(std::uint32_t node);
  void lose_objects(std::uint32_t node);
  void lose_object(std::uint32_t object);
  void make_again(std::uint32_t object);
  void slow_down(std::uint32_t node, double speed);

  // run_memory.cpp: turns of tasks on nodes whose memory is limited. Only these are called where none is.
  void begin_memory();
  bool has_memory(std::uint32_t node) const { return !memory_.empty() && memory_[node] != nullptr; }
  runtime::Result<void> check_memory(std::uint32_t task, std::uint32_t node) const;
  memory::Rank rank_of(std::uint32_t task) const;
  std::pair<Bytes, Bytes> asks_for(NodeMemory& memory, std::uint32_t task) const;
  void hold(NodeMemory& memory, std::uint32_t object, memory::Rank made);
  void run_with_memory(std::uint32_t node);
  bool has_turn(std::uint32_t node, std::uint32_t task) const;
  void give_turns(std::uint32_t node, std::uint64_t before = every);
  bool put_back_later(std::uint32_t node, memory::Rank than);
  void put_back(std::uint32_t node, std::uint32_t task);
  void admit(std::uint32_t node, std::uint32_t task);
  void grant(std::uint32_t node, std::uint32_t task);
  void start_prepared(std::uint32_t node);
  void try_another(std::uint32_t node, NodeMemory& memory);
  void leave_turn(std::uint32_t node, std::uint32_t task);
  void keep_results(std::uint32_t task);
  void used(std::uint32_t task);
  void revive(std::uint32_t object, std::uint32_t node);
  void release(std::uint32_t object);
  std::string why_no_memory(std::uint32_t node, Bytes size) const;

  // run_disk.cpp: their transfers and disks.
  void settle(std::uint32_t node);
  bool may_fetch(std::uint32_t node, std::uint32_t object, std::uint32_t source);
  void served(std::uint32_t node, std::uint32_t object, std::uint32_t source);
  void fetched(const TransferTimes& transfer, bool is_whole);
  void unwant(std::uint32_t node, std::uint32_t object);
  void drop_if_unused(std::uint32_t node, std::uint32_t object);
  bool is_about_to_fit(const NodeMemory& memory) const;
  std::vector<memory::Victim> victims(std::uint32_t node) const;
  bool make_room(std::uint32_t node);
  void unload(NodeMemory& memory, NodeMemory::Held& held);
  void load(std::uint32_t node, std::uint32_t object);
  void use_disk(std::uint32_t node, std::uint32_t object);
  void pass_disk(double until);
  void spilled(NodeMemory& memory, NodeMemory::Held& held);
  void loaded(std::uint32_t node, std::uint32_t object, NodeMemory::Held& held);
  void mark_targets(std::uint32_t object);
  bool unstick();
  void lose_memory(std::uint32_t node);
  void note_memory();

  const Case& case_;
  const Case& known_;                    ///< To the policy.
  std::vector<Decision> decisions_;
  std::size_t next_decision_ = 0;
  Policy* policy_;
  double call_at_ = never;               ///< Of the policy.
  std::vector<std::uint32_t> newly_ready_, newly_free_, newly_known_, newly_ended_, newly_lost_;
  const Setting& setting_;
  std::unique_ptr<Network> network_;
  std::vector<TaskState> tasks_;
  std::vector<ObjectState> objects_;
  std::vector<NodeState> nodes_;
  std::vector<std::uint32_t> changed_, starting_;
  std::uint64_t earlier_ = 0;            ///< `order_` at the beginning of this instant.
  std::set<std::pair<double, std::uint32_t>> running_;  ///< By their end.
  std::size_t left_ = 0;                 ///< Tasks that have not ended.
  double now_ = 0, answered_ = 0;
  bool is_called_ = false;
  std::uint64_t order_ = 0;
  std::uint64_t messages_ = 0;           ///< To the scheduler since its last call.
  std::uint64_t refused_ = 0;            ///< Assignments since anything else happened.

  // What most runs do not have.
  const bool has_events_;
  std::size_t next_node_event_ = 0;
  std::vector<std::pair<double, std::uint32_t>> arrivals_;  ///< Of jobs, by time.
  std::size_t next_arrival_ = 0;
  std::vector<Delivery> deliveries_;     ///< A heap.
  std::vector<std::uint8_t> hidden_;     ///< By task: what must happen before it is known. Empty: all are.
  std::map<std::uint32_t, std::vector<std::uint32_t>> reveals_;
  std::set<Flow> under_way_;             ///< If nodes may be lost.
  std::vector<runtime::policy::Estimator> durations_, sizes_;  ///< By kind; ns and bytes.
  std::vector<std::unique_ptr<NodeMemory>> memory_;  ///< By node; null: not limited. Empty: none is.
  std::vector<std::uint32_t> uses_;      ///< By object: of tasks that have not ended, where memory is limited.
  std::set<std::pair<std::uint32_t, std::uint32_t>> served_;  ///< Downloads, by node and object, for which it stays in memory where it comes from.
  std::set<std::tuple<double, std::uint32_t, std::uint32_t>> disk_ends_;  ///< Of what disks do, by time; node and object.
  Outcome outcome_;
};
}  // namespace tessera::simulation::engine
