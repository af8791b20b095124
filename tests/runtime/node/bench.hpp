/// @file
/// A node's core alone, whose tasks and chunks have names: events in, effects and reports as lines.
#pragma once
#include "tests/runtime/node/adds_up.hpp"

#include "runtime/graph/builder.hpp"
#include "runtime/node/core.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <map>
#include <string>

namespace tessera::runtime::node {
using Lines = std::vector<std::string>;

inline const Lines nothing;
inline std::string text(const Lines& lines) {
  std::string all;
  for (const std::string& line : lines) all += (all.empty() ? "" : "; ") + line;
  return all;
}
inline void same(const Lines& actual, const Lines& expected) { BOOST_TEST(text(actual) == text(expected)); }

/// A node's core whose tasks and chunks have names.
class Bench {
 public:
  explicit Bench(std::uint32_t lanes = 1, Bytes limit = gib(1), std::vector<std::pair<std::string, std::int64_t>> resources = {},
                 bool spills = false, std::optional<Bytes> value_max = std::nullopt)
      : core(config(lanes, limit, std::move(resources), spills, value_max)) {}
  std::map<std::string, Need> need;  ///< What operations declare, by the task's name.
  std::map<std::string, memory::Rank> pull_ranks;

  struct Task {
    std::string name;
    std::vector<std::pair<std::string, std::uint32_t>> inputs = {};  ///< Name and holder; 0: this node.
    std::uint32_t attempt = 1;
    std::int32_t priority = 0;
    std::uint64_t rank = 0;
    std::vector<std::pair<std::string, std::int64_t>> resources = {};
    protocol::Eviction eviction = protocol::Eviction::never;
    std::uint8_t uses = protocol::many_uses;  ///< Of each input.
    std::uint32_t operation = 0;
  };
  Lines assign(const std::vector<Task>& tasks) {
    protocol::Assign batch;
    batch.job = job;
    for (const Task& task : tasks) {
      protocol::Assignment one;
      one.key = key(task.name);
      one.task = TaskId{static_cast<std::uint32_t>(ids_.try_emplace(task.name, ids_.size()).first->second)};
      one.attempt = Attempt{task.attempt}, one.operation = OperationId{task.operation};
      one.priority = task.priority, one.rank = task.rank, one.resources = task.resources, one.eviction = task.eviction;
      one.inputs = static_cast<std::uint32_t>(task.inputs.size());
      for (const auto& [name, holder] : task.inputs)
        batch.inputs.push_back({key(name), holder == 0 ? no_node : NodeId{holder}, Bytes{10}, task.uses});
      batch.tasks.push_back(one);
      spawning_.push_back(task.name);
    }
    return step([&](Effects& out) { core.step(std::make_shared<const protocol::Assign>(std::move(batch)), out); });
  }
  Lines assign(Task task) { return assign(std::vector<Task>{std::move(task)}); }
  Lines finish(const std::string& name, std::uint64_t bytes = 10, Duration took = microseconds(1)) {
    return step([&](Effects& out) { core.step(LaneFinished{slots_.at(name), Bytes{bytes}, took, {}}, out); });
  }
  Lines fail(const std::string& name) {
    return step([&](Effects& out) { core.step(LaneErrored{slots_.at(name), {}}, out); });
  }
  Lines withdraw(const std::string& name, std::uint32_t attempt = 1) {
    return step([&](Effects& out) { core.step(protocol::Withdraw{job, {{key(name), Attempt{attempt}}}}, out); });
  }
  Lines drop(const std::string& name) { return step([&](Effects& out) { core.step(protocol::Drop{job, {key(name)}}, out); }); }
  Lines put(const std::string& name, std::uint64_t bytes = 10) {
    const ChunkId id{key(name), job};
    Lines lines = step([&](Effects& out) { core.step(Put{id, Bytes{bytes}}, out); });
    chunks_[core.find_resident(id)] = name;
    return lines;
  }
  Lines redirect(const std::string& name, std::uint32_t holder) {
    return step([&](Effects& out) { core.step(protocol::Redirect{job, {{key(name), NodeId{holder}, {}}}}, out); });
  }
  Lines offer(std::uint32_t from, const std::string& name, std::uint64_t bytes = 10, bool with_value = false) {
    protocol::Offer offer{{key(name), job}, Bytes{bytes}, "number", std::nullopt};
    if (with_value) offer.value.emplace(bytes);
    return step([&](Effects& out) { core.step(NodeId{from}, offer, out); });
  }
  Lines absent(std::uint32_t from, const std::string& name) {
    return step([&](Effects& out) { core.step(NodeId{from}, protocol::Absent{{key(name), job}}, out); });
  }
  Lines want(std::uint32_t from, const std::string& name) {
    return step([&](Effects& out) { core.step(NodeId{from}, protocol::Want{{key(name), job}}, out); });
  }
  Lines pulled(const std::string& name, bool ok = true) {
    return step([&](Effects& out) { core.step(Pulled{pulls_.at(name), ok}, out); });
  }
  Lines spilled(const std::string& name, bool ok = true, Duration took = {}) {
    return step([&](Effects& out) { core.step(Spilled{slot_of(name), ok, took, ok ? "" : "the disk is full"}, out); });
  }
  Lines loaded(const std::string& name, bool ok = true, Duration took = {}) {
    return step([&](Effects& out) { core.step(Loaded{slot_of(name), ok, took}, out); });
  }
  Lines ask(const std::string& name, std::uint64_t token) {
    return step([&](Effects& out) { core.step(Ask{{key(name), job}, no_node, token}, out); });
  }
  Lines provide(const std::string& name) { return step([&](Effects& out) { core.step(Provide{{key(name), job}}, out); }); }
  Lines served(const std::string& name) { return step([&](Effects& out) { core.step(Served{{key(name), job}}, out); }); }
  Lines measured(std::uint64_t bytes, std::optional<std::uint64_t> blocks = std::nullopt) {
    const auto of_blocks = blocks ? std::optional(Bytes{*blocks}) : std::nullopt;
    return step([&](Effects& out) { core.step(Measured{Bytes{bytes}, of_blocks}, out); });
  }
  ChunkSlot slot_of(const std::string& name) const {
    for (const auto& [slot, its] : chunks_)
      if (core.id_of(slot).key == graph::named_key(name)) return slot;
    BOOST_FAIL("no chunk " + name);
    return nil;
  }
  Lines lose(std::uint32_t peer) { return step([&](Effects& out) { core.step(PeerLost{NodeId{peer}}, out); }); }
  Lines end_job() { return step([&](Effects& out) { core.step(protocol::JobEnded{job}, out); }); }
  Lines tick() { return step([&](Effects& out) { core.step(Tick{}, out); }); }
  bool is_clean() const {
    return core.tasks() == 0 && core.chunks() == 0 && core.ledger().resident().value == 0 && core.ledger().reserved().value == 0;
  }

  static constexpr JobId job{1};
  Core core;

 private:
  Config config(std::uint32_t lanes, Bytes limit, std::vector<std::pair<std::string, std::int64_t>> resources, bool spills,
                std::optional<Bytes> value_max) {
    Config its;
    its.spills = spills;
    if (spills) its.value_max = Bytes{0};
    if (value_max) its.value_max = *value_max;
    its.need = [this](const TaskView& view) {
      const auto at = need.find(names_[view.id.key]);
      return at == need.end() ? Need{} : at->second;
    };
    its.self = NodeId{1}, its.lanes = lanes, its.limit = limit, its.resources = std::move(resources);
    return its;
  }
  Key key(const std::string& name) {
    const Key its = graph::named_key(name);
    names_[its] = name;
    return its;
  }
  template <class F>
  Lines step(F f) {
    Effects effects;
    f(effects);
    core.check();
    if (!adds_up(core)) BOOST_FAIL("the numbers by operation do not add up to those of the node");
    Lines lines;
    for (const Effect& effect : effects) std::visit([&](const auto& one) { show(one, lines); }, effect);
    spawning_.clear();
    std::vector<protocol::Reports> all;
    core.take_reports(all);
    for (const protocol::Reports& reports : all)
      for (const protocol::Report& report : reports.reports) std::visit([&](const auto& one) { tell(one, lines); }, report);
    return lines;
  }
  void show(const SpawnTask& e, Lines& lines) {
    tasks_[e.task] = spawning_.front(), slots_[spawning_.front()] = e.task;
    spawning_.pop_front();
    lines.push_back("spawn " + tasks_[e.task]);
  }
  void show(const RunTask& e, Lines& lines) { lines.push_back("run " + tasks_[e.task]); }
  void show(const StopTask& e, Lines& lines) { lines.push_back("stop " + tasks_[e.task]); }
  void show(const EndTask& e, Lines& lines) { lines.push_back("end " + tasks_[e.task]); }
  void show(const KeepResult& e, Lines& lines) {
    chunks_[e.chunk] = tasks_[e.task];
    lines.push_back("keep " + tasks_[e.task]);
  }
  void show(const AdoptValue& e, Lines& lines) {
    chunks_[e.chunk] = names_.at(core.id_of(e.chunk).key);
    lines.push_back("adopt " + chunks_[e.chunk]);
  }
  void show(const StartPull& e, Lines& lines) {
    const std::string name = chunks_[e.chunk] = names_.at(core.id_of(e.chunk).key);
    pulls_[name] = e.chunk;
    pull_ranks[name] = e.rank;
    lines.push_back("pull " + name + " from n" + std::to_string(e.from.value));
  }
  void show(const Spill& e, Lines& lines) { lines.push_back("spill " + name_of(e.chunk)); }
  void show(const Unload& e, Lines& lines) { lines.push_back("unload " + name_of(e.chunk)); }
  void show(const Load& e, Lines& lines) { lines.push_back("load " + name_of(e.chunk)); }
  std::string name_of(ChunkSlot chunk) const { return names_.at(core.id_of(chunk).key); }
  void show(const FreeChunk& e, Lines& lines) { lines.push_back("free " + (chunks_.contains(e.chunk) ? chunks_[e.chunk] : "?")); }
  void show(const Provided& e, Lines& lines) { lines.push_back("provided " + names_.at(e.chunk.key)); }
  void show(const SendOffer& e, Lines& lines) {
    lines.push_back("offer " + names_.at(core.id_of(e.chunk).key) + " to n" + std::to_string(e.to.value));
  }
  void show(const Deliver& e, Lines& lines) { lines.push_back("deliver " + std::to_string(e.token)); }
  void show(const DeliverNothing& e, Lines& lines) { lines.push_back("deliver nothing " + std::to_string(e.token)); }
  void show(const ToPeer& e, Lines& lines) {
    const std::string to = "n" + std::to_string(e.node.value) + " ";
    if (const auto* want = std::get_if<protocol::Want>(&e.message)) lines.push_back(to + "want " + names_.at(want->chunk.key));
    if (const auto* it = std::get_if<protocol::Unwant>(&e.message)) lines.push_back(to + "unwant " + names_.at(it->chunk.key));
    if (const auto* it = std::get_if<protocol::Absent>(&e.message)) lines.push_back(to + "absent " + names_.at(it->chunk.key));
  }
  std::string task(TaskId id) const {
    for (const auto& [name, number] : ids_)
      if (number == id.value) return name;
    return "?";
  }
  void tell(const protocol::Finished& r, Lines& lines) {
    lines.push_back("finished " + task(r.task) + "/" + std::to_string(r.attempt.value));
  }
  void tell(const protocol::Errored& r, Lines& lines) {
    lines.push_back("errored " + task(r.task) + "/" + std::to_string(r.attempt.value) + " " + std::string(to_string(r.blame.code)));
  }
  void tell(const protocol::Delegated& r, Lines& lines) { lines.push_back("delegated " + task(r.task)); }
  void tell(const protocol::InputsMissing& r, Lines& lines) {
    std::string line = "missing " + task(r.task) + ":";
    for (const auto& [its, holder] : r.inputs) line += " " + names_.at(its) + "@n" + std::to_string(holder.value);
    lines.push_back(line);
  }
  void tell(const protocol::Evicted& r, Lines& lines) { lines.push_back("evicted " + names_.at(r.key)); }
  void tell(const protocol::Copied& r, Lines& lines) { lines.push_back("copied " + names_.at(r.key)); }

  std::map<std::string, std::uint32_t> ids_;
  std::map<Key, std::string> names_;
  std::map<TaskSlot, std::string> tasks_;
  std::map<std::string, TaskSlot> slots_;
  std::map<ChunkSlot, std::string> chunks_;
  std::map<std::string, ChunkSlot> pulls_;
  std::deque<std::string> spawning_;
};
}  // namespace tessera::runtime::node
