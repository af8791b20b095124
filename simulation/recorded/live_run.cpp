#include "simulation/recorded/live_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>

namespace tessera::simulation::recorded {
using namespace runtime;
using namespace runtime::coordinator;

namespace {
constexpr std::uint32_t none = 0xFFFFFFFFu;
constexpr double mib = 1048576;

/// What is known of a key from its graph.
struct Known {
  std::string operation;
  std::vector<Key> inputs;
  std::uint32_t released_by = none;      ///< The attempt that delegated to its graph.
  std::uint32_t attempts = 0;            ///< With a result.
};
struct Attempted {
  enum class End : std::uint8_t { result, error, graph, data };
  Key key;
  NodeId node;
  std::string operation;
  std::vector<Key> inputs;
  std::uint32_t released_by = none;
  Placement placement;
  Instant placed, reported, ended;       ///< `ended` by its node's clock; 0: not known.
  Duration took;
  Bytes size;
  End how = End::result;
  double start = 0, end = 0;
};
struct Copy {
  Key key;
  NodeId node;
  Instant reported;
};

class Reader {
 public:
  explicit Reader(const JobRecording& job) {
    for (const Step& step : job.steps) {
      now_ = step.time;
      std::visit([this](const auto& event) { take(event); }, step.event);
      for (const Placement& one : step.placements) place(one);
    }
  }

  Result<LiveRun> run() {
    if (std::ranges::none_of(attempts_, [](const Attempted& one) { return one.how != Attempted::End::data; }))
      return Failure{ErrorCode::bad_input, "the recording has no task that ended: there is nothing to replay"};
    set_times();
    add_nodes();
    for (const std::uint32_t attempt : order_) add_task(attempt);
    expect();
    decide();
    for (const Copy& copy : copies_) add_transfer(copy);
    std::ranges::stable_sort(run_.outcome.transfers, {}, &engine::TransferTimes::start);
    for (const Slot& slot : slots_) run_.lost += slot.is_open;
    return std::move(run_);
  }

 private:
  struct Slot {
    Placement placement;
    Instant placed;
    std::uint32_t attempt = 0;
    bool is_open = false;
  };
  struct Member {
    std::string name;
    std::uint32_t lanes = 0, number = none;
    Duration clock = {std::numeric_limits<std::int64_t>::max()};  ///< The coordinator's clock less its own.
  };

  void take(const Tick&) {}
  void take(const NodeJoined& event) { members_[event.node] = {event.name, event.lanes}; }
  void take(const NodeLost&) {}
  void take(const NodeDraining&) {}
  void take(const ClientJoined& event) { clients_[event.client] = event.node; }
  void take(const ClientLost&) {}
  void take(const Received& event) {
    if (const auto* submit = std::get_if<protocol::Submit>(&event.message)) {
      if (run_.submissions++ == 0) begin_ = now_;
      add_graph(*submit->graph, none);
    } else if (const auto* data = std::get_if<protocol::Scattered>(&event.message)) {
      Attempted one;
      one.key = data->key, one.node = clients_[ClientId{event.from.value}], one.size = data->size, one.placed = one.reported = now_;
      one.operation = "scatter", one.how = Attempted::End::data;
      attempts_.push_back(std::move(one));
    } else if (const auto* reports = std::get_if<protocol::Reports>(&event.message)) {
      for (const protocol::Report& one : reports->reports) std::visit([&](const auto& report) { take(event.from, report); }, one);
    }
  }
  void take(NodeId from, const protocol::Finished& report) {
    Attempted* one = ended(from, report, Attempted::End::result);
    if (one == nullptr) return;
    one->size = report.size;
    if (known_[one->key].attempts++ > 0) ++run_.again;
  }
  void take(NodeId from, const protocol::Errored& report) {
    if (ended(from, report, Attempted::End::error) != nullptr) ++run_.failed;
  }
  void take(NodeId from, const protocol::Delegated& report) {
    const Attempted* one = ended(from, report, Attempted::End::graph);
    if (one == nullptr) return;
    const Key key = one->key;
    add_graph(*report.graph, static_cast<std::uint32_t>(attempts_.size() - 1));
    Known& known = known_[key];
    known.operation = "forward", known.inputs = {report.graph->tasks[report.result].key};
  }
  void take(NodeId from, const protocol::InputsMissing& report) {
    if (Slot* slot = open(from, report.task, report.attempt)) slot->is_open = false;
  }
  void take(NodeId from, const protocol::Copied& report) { copies_.push_back({report.key, from, now_}); }
  void take(NodeId, const protocol::Evicted&) {}

  void add_graph(const graph::Graph& graph, std::uint32_t released_by) {
    for (graph::Index task = 0; task < graph.tasks.size(); ++task) {
      const auto [at, is_new] = known_.try_emplace(graph.tasks[task].key);
      if (!is_new) continue;
      at->second.operation = graph.operations[graph.tasks[task].operation];
      at->second.released_by = released_by;
      for (const graph::Index input : graph.inputs_of(task)) at->second.inputs.push_back(graph.key_of(input));
    }
  }
  /// A slot counts its attempts, as the coordinator does.
  void place(const Placement& one) {
    if (slots_.size() <= one.task.value) slots_.resize(one.task.value + 1);
    Slot& slot = slots_[one.task.value];
    run_.lost += slot.is_open;
    slot = {one, now_, slot.attempt + 1, true};
  }
  Slot* open(NodeId from, TaskId task, Attempt attempt) {
    if (task.value >= slots_.size()) return nullptr;
    Slot& slot = slots_[task.value];
    return slot.is_open && slot.attempt == attempt.value && slot.placement.node == from ? &slot : nullptr;
  }
  template <class Report>
  Attempted* ended(NodeId from, const Report& report, Attempted::End how) {
    Slot* slot = open(from, report.task, report.attempt);
    if (slot == nullptr) return nullptr;
    slot->is_open = false;
    const Known& known = known_[slot->placement.key];
    Attempted one;
    one.key = slot->placement.key, one.node = from, one.operation = known.operation, one.inputs = known.inputs, one.released_by = known.released_by;
    one.placement = slot->placement, one.placed = slot->placed, one.reported = now_, one.ended = report.ended, one.took = report.took, one.how = how;
    attempts_.push_back(std::move(one));
    if (Member& member = members_[from]; report.ended.ns != 0) member.clock = std::min(member.clock, now_ - report.ended);
    return &attempts_.back();
  }

  double seconds(Instant at) const { return std::max(0.0, static_cast<double>((at - begin_).ns) * 1e-9); }

  void set_times() {
    for (Attempted& one : attempts_) {
      const Instant ended = one.ended.ns == 0 ? one.reported : one.ended + members_[one.node].clock;
      one.end = seconds(ended), one.start = seconds(ended + Duration{-one.took.ns});
    }
    order_.resize(attempts_.size());
    std::iota(order_.begin(), order_.end(), 0u);
    std::ranges::stable_sort(order_, {}, [this](std::uint32_t attempt) { return attempts_[attempt].end; });
  }

  /// Nodes that compute, and those that have data of a program.
  void add_nodes() {
    for (const Attempted& one : attempts_)
      if (one.how == Attempted::End::data) members_[one.node].number = 0;
    for (auto& [id, member] : members_) {
      if (member.lanes == 0 && member.number == none) continue;
      member.number = static_cast<std::uint32_t>(run_.nodes.size());
      if (member.lanes == 0) run_.programs.push_back(member.number);
      run_.nodes.push_back(member.name);
      run_.what.cpus.push_back(std::max(1u, member.lanes));
    }
  }

  /// The task that made what was there at that time; else the first that made it before its user ended.
  std::uint32_t maker(const Key& key, double at) const {
    const auto its = made_.find(key);
    if (its == made_.end()) return none;
    const auto later = std::ranges::upper_bound(its->second, at, {}, [this](std::uint32_t task) { return run_.outcome.tasks[task].end; });
    return later == its->second.begin() ? its->second.front() : *(later - 1);
  }

  void add_task(std::uint32_t attempt) {
    const Attempted& one = attempts_[attempt];
    const auto number = static_cast<std::uint32_t>(run_.what.tasks.size());
    engine::Task task;
    task.name = fmt::format("{}#{}{}", one.operation, number, one.how == Attempted::End::error ? " (failed)" : "");
    task.duration = static_cast<double>(one.took.ns) * 1e-9;
    const auto add_input = [&](std::uint32_t from) {
      if (from != none && std::ranges::find(task.inputs, object_of_[from]) == task.inputs.end()) task.inputs.push_back(object_of_[from]);
    };
    for (const Key& key : one.inputs) add_input(maker(key, one.start));
    if (const auto released = task_of_.find(one.released_by); released != task_of_.end()) add_input(released->second);
    object_of_.push_back(none);
    if (one.how != Attempted::End::error) {
      const double size = one.how == Attempted::End::graph ? 0 : static_cast<double>(one.size.value) / mib;
      object_of_.back() = static_cast<std::uint32_t>(run_.what.objects.size());
      task.outputs.push_back(object_of_.back());
      run_.what.objects.push_back({size, number, engine::nobody, size});
      if (one.how != Attempted::End::graph) made_[one.key].push_back(number);
    }
    for (const std::uint32_t input : task.inputs) users_[input].push_back(number);
    task_of_[attempt] = number;
    run_.what.tasks.push_back(std::move(task));
    run_.operations.push_back(one.operation);
    run_.keys.push_back(one.key);
    run_.is_data.push_back(one.how == Attempted::End::data);
    run_.outcome.tasks.push_back({number, members_[one.node].number, one.start, one.end});
    run_.outcome.makespan = run_.outcome.last_task_end = std::max(run_.outcome.last_task_end, one.end);
    run_.outcome.sum_task_end += one.end;
  }

  /// What a user who knows the operations expects: their means.
  void expect() {
    std::map<std::string, std::pair<double, double>> sums;
    for (std::size_t i = 0; i < run_.what.tasks.size(); ++i) {
      auto& [sum, count] = sums[run_.operations[i]];
      sum += run_.what.tasks[i].duration, ++count;
    }
    for (std::size_t i = 0; i < run_.what.tasks.size(); ++i) {
      const auto& [sum, count] = sums[run_.operations[i]];
      run_.what.tasks[i].expected_duration = sum / count;
    }
  }

  /// Nodes run what has the higher priority, then the lower rank.
  void decide() {
    std::vector<std::uint32_t> urgent = order_;
    std::ranges::stable_sort(urgent, [this](std::uint32_t a, std::uint32_t b) {
      const Placement &x = attempts_[a].placement, &y = attempts_[b].placement;
      return x.priority != y.priority ? x.priority > y.priority : x.rank < y.rank;
    });
    std::map<double, std::vector<engine::Assignment>> by_time;
    for (std::size_t i = 0; i < urgent.size(); ++i) {
      const Attempted& one = attempts_[urgent[i]];
      by_time[seconds(one.placed)].push_back({task_of_.at(urgent[i]), members_[one.node].number, -static_cast<double>(i), 0});
    }
    for (auto& [time, assignments] : by_time) run_.decisions.push_back({time, std::move(assignments)});
  }

  void add_transfer(const Copy& copy) {
    const std::uint32_t to = members_[copy.node].number, made = maker(copy.key, seconds(copy.reported));
    if (to == none || made == none || run_.outcome.tasks[made].node == to) return;
    const std::uint32_t object = object_of_[made];
    double end = seconds(copy.reported), wanted = end;
    for (const std::uint32_t user : users_[object]) {
      const engine::TaskTimes& its = run_.outcome.tasks[user];
      if (its.node != to) continue;
      end = std::min(end, its.start);
      wanted = std::min(wanted, seconds(attempts_[order_[user]].placed));
    }
    const double begin = std::min(end, std::max(wanted, run_.outcome.tasks[made].end));
    run_.outcome.transfers.push_back({object, run_.outcome.tasks[made].node, to, begin, end});
    run_.outcome.total_transfer += run_.what.objects[object].size;
    ++run_.outcome.transfer_count;
  }

  LiveRun run_;
  Instant now_, begin_;
  std::map<NodeId, Member> members_;
  std::map<ClientId, NodeId> clients_;
  std::unordered_map<Key, Known> known_;
  std::vector<Slot> slots_;
  std::vector<Attempted> attempts_;
  std::vector<Copy> copies_;
  std::vector<std::uint32_t> order_;                      ///< Attempts by their end: task `i` of the case is attempt `order_[i]`.
  std::unordered_map<std::uint32_t, std::uint32_t> task_of_;
  std::unordered_map<Key, std::vector<std::uint32_t>> made_;   ///< Tasks that made it, by their end.
  std::vector<std::uint32_t> object_of_;                  ///< By task.
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> users_;  ///< Of an object.
};
}  // namespace

Result<LiveRun> live_run(const JobRecording& job) { return Reader(job).run(); }

LiveRun without_data(const LiveRun& run) {
  if (run.programs.empty() && std::ranges::find(run.is_data, true) == run.is_data.end()) return run;
  LiveRun rest = run;
  const auto without = [](auto& list, const auto& goes) {
    std::size_t at = 0;
    std::erase_if(list, [&](const auto&) { return goes(at++); });
  };
  const auto numbers = [](std::size_t count, const auto& goes) {
    std::vector<std::uint32_t> all(count, none);
    for (std::uint32_t i = 0, next = 0; i < count; ++i)
      if (!goes(i)) all[i] = next++;
    return all;
  };
  const auto is_data = [&](std::size_t task) { return bool(run.is_data[task]); };
  const auto is_given = [&](std::size_t object) { return is_data(run.what.objects[object].producer); };
  const auto is_program = [&](std::size_t node) { return std::ranges::find(run.programs, node) != run.programs.end(); };
  const auto tasks = numbers(run.what.tasks.size(), is_data), objects = numbers(run.what.objects.size(), is_given), nodes = numbers(run.nodes.size(), is_program);
  without(rest.what.tasks, is_data), without(rest.operations, is_data), without(rest.keys, is_data), without(rest.outcome.tasks, is_data);
  without(rest.what.objects, is_given);
  without(rest.what.cpus, is_program), without(rest.nodes, is_program);
  rest.programs.clear(), rest.is_data.assign(rest.what.tasks.size(), false);
  for (engine::Task& task : rest.what.tasks) {
    std::erase_if(task.inputs, is_given);
    for (auto* list : {&task.inputs, &task.outputs})
      for (std::uint32_t& object : *list) object = objects[object];
  }
  for (engine::Object& object : rest.what.objects) object.producer = tasks[object.producer];
  for (engine::TaskTimes& one : rest.outcome.tasks) one.task = tasks[one.task], one.node = nodes[one.node];
  std::erase_if(rest.outcome.transfers, [&](const engine::TransferTimes& one) { return is_given(one.object); });
  for (engine::TransferTimes& one : rest.outcome.transfers) one.object = objects[one.object], one.from = nodes[one.from], one.to = nodes[one.to];
  for (engine::Decision& decision : rest.decisions) {
    std::erase_if(decision.assignments, [&](const engine::Assignment& one) { return is_data(one.task); });
    for (engine::Assignment& one : decision.assignments) one.task = tasks[one.task], one.node = nodes[one.node];
  }
  std::erase_if(rest.decisions, [](const engine::Decision& one) { return one.assignments.empty(); });
  rest.outcome.transfer_count = rest.outcome.transfers.size(), rest.outcome.total_transfer = rest.outcome.sum_task_end = 0;
  for (const engine::TransferTimes& one : rest.outcome.transfers) rest.outcome.total_transfer += rest.what.objects[one.object].size;
  for (const engine::TaskTimes& one : rest.outcome.tasks) rest.outcome.sum_task_end += one.end;
  return rest;
}
}  // namespace tessera::simulation::recorded
