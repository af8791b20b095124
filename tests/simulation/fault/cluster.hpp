/// @file
/// One seed from its begin to its end: processes, faults, and checks. What the processes are made of is `Kind`'s.
#pragma once
#include "tests/simulation/fault/oracle.hpp"
#include "tests/simulation/fault/run.hpp"
#include "tests/simulation/fault/network.hpp"

#include <algorithm>
#include <memory>

namespace tessera::simulation::fault {
/// All faults begin before this, and have ended at twice that.
inline constexpr Duration faults_within = seconds(15);
/// Longer than any time after which the runtime does something by itself: 8 s of silence, 30 s for a value, 30 s without a node.
inline constexpr Duration silence_max = seconds(90);
inline constexpr Instant latest{seconds(900).ns};

/// `Kind` has `World`, `Host`, `Member`, `Program`; `step`, by which the next deed happens; `close`, which ends all and checks that it does.
template <class Kind>
class Cluster {
  using World = typename Kind::World;
  using Host = typename Kind::Host;
  using Member = typename Kind::Member;
  using Program = typename Kind::Program;

 public:
  Cluster(const Chaos& chaos, bool tells, bool prints) : stage_(chaos) { stage_.tells = tells, stage_.prints = prints; }

  Result run() {
    Result result;
    try {
      begin();
      go_until([this] { return all_over(); }, "the programs' work");
      end();
    } catch (const Violation& wrong) {
      result.violation = wrong.what();
      for (const auto& line : stories()) stage_.tell("{}", line);
    }
    result.story = std::move(stage_.story);
    result.seen = std::move(stage_.seen);
    result.hash = stage_.hash;
    result.events = stage_.events;
    result.runs = oracle_.runs();
    for (const auto& program : programs_) result.values += program->values_checked();
    result.took = stage_.time.now() - Instant{};
    return result;
  }

 private:
  void begin() {
    host_ = std::make_unique<Host>(world_, next_process_++);
    for (std::uint32_t i = 0; i < stage_.chaos.nodes; ++i) add_node();
    for (std::uint32_t i = 0; i < stage_.chaos.programs; ++i) {
      const std::uint64_t id = next_process_++;
      programs_.push_back(std::make_unique<Program>(world_, id, fmt::format("program{}", i), i, stage_.chaos.shares ? "shared" : ""));
    }
    for (std::uint32_t i = 0; i < stage_.chaos.events; ++i)
      stage_.time.after(stage_.between(milliseconds(50), faults_within), [this] { fault(); });
    if (!stage_.chaos.has(Fault::never_heals)) stage_.time.after(faults_within + faults_within, [this] { heal(); });
  }

  void add_node() {
    const std::uint64_t id = next_process_++;
    typename Member::Options options{.lanes = stage_.chaos.lanes, .limit = stage_.chaos.limit, .spills = stage_.chaos.spills};
    if (stage_.chaos.resources && (nodes_.empty() || stage_.chance(50))) options.resources = {{"gpu", 1}};
    nodes_.push_back(std::make_unique<Member>(world_, id, fmt::format("node{}", id), options));
  }

  // ---- faults ----------------------------------------------------------------------------------------------------------

  std::vector<Process*> victims() {
    std::vector<Process*> all;
    for (const auto& node : nodes_)
      if (node->alive && node->has_joined()) all.push_back(node.get());
    if (stage_.chaos.has(Fault::client))
      for (const auto& program : programs_)
        if (program->alive && program->has_joined()) all.push_back(program.get());
    return all;
  }

  void fault() {
    constexpr Fault kinds[] = {Fault::kill, Fault::pause, Fault::partition, Fault::reset, Fault::full_disk, Fault::drain, Fault::coordinator};
    std::vector<Fault> armed;
    for (const Fault kind : kinds)
      if (stage_.chaos.has(kind)) armed.push_back(kind);
    const std::vector<Process*> all = victims();
    if (armed.empty() || all.empty() || all_over()) return;
    Process& victim = *all[stage_.rng.below(all.size())];
    stage_.last_fault = stage_.time.now();
    switch (armed[stage_.rng.below(armed.size())]) {
      case Fault::kill: return kill(victim);
      case Fault::pause: return pause(victim);
      case Fault::partition: return partition(victim);
      case Fault::full_disk: return fill_disk();
      case Fault::drain:
        if (auto* node = dynamic_cast<Member*>(&victim); node->is_node()) stage_.saw("drained"), stage_.tell("{} drains", node->name), node->drain(), replace_later();
        return;
      case Fault::coordinator:
        if (stage_.chance(30)) stage_.saw("coordinator killed"), stage_.tell("the coordinator is killed"), kill(*host_);
        return;
      default: return reset(victim);
    }
  }

  void replace_later() {
    stage_.time.after(stage_.between(milliseconds(100), seconds(4)), [this] {
      if (host_->alive) add_node();
    });
  }

  void kill(Process& victim) {
    const bool is_silent = stage_.chance(25), is_node = &victim != host_.get() && victim.name.starts_with("node");
    stage_.saw(is_silent ? "machine lost" : "process killed");
    stage_.tell("{} is killed{}", victim.name, is_silent ? ", and nobody is told" : "");
    victim.alive = false;
    network_.died(victim.id, is_silent);
    const bool is_last = std::ranges::none_of(nodes_, [](const auto& node) { return node->alive; });
    if (is_node && (is_last || stage_.chance(70))) replace_later();
  }

  void pause(Process& victim) {
    const Duration how_long = stage_.chance(50) ? stage_.between(milliseconds(10), seconds(6)) : stage_.between(seconds(6), seconds(14));
    stage_.saw(how_long > seconds(8) ? "paused beyond the limit" : "paused for a while");
    stage_.tell("{} is paused for {} ms", victim.name, how_long.ns / 1'000'000);
    victim.paused_until = stage_.time.now() + how_long;
    network_.paused(victim.id);
  }

  void partition(Process& victim) {
    const Duration how_long = stage_.between(milliseconds(200), seconds(14));
    const std::uint64_t kind = stage_.rng.below(3);
    std::vector<PeerId> others;
    if (victim.name.starts_with("node") || stage_.chaos.has(Fault::client)) others.push_back(host_->id);
    for (const auto& node : nodes_)
      if (node.get() != &victim && node->alive) others.push_back(node->id);
    stage_.saw("partition");
    std::vector<std::pair<PeerId, PeerId>> cut;
    for (const PeerId other : others) {
      if (kind == 2 && stage_.chance(50)) continue;  // A part of the pairs.
      if (kind != 1 || stage_.chance(50)) cut.emplace_back(victim.id, other);
      if (kind != 1 || cut.empty() || cut.back().second != other) cut.emplace_back(other, victim.id);
    }
    for (const auto& [from, to] : cut) {
      stage_.tell("{} is cut off from {} for {} ms", from, to, how_long.ns / 1'000'000);
      network_.block(from, to);
    }
    if (stage_.chaos.has(Fault::never_heals) && stage_.chance(30)) return;
    stage_.time.after(how_long, [this, cut] {
      for (const auto& [from, to] : cut)
        if (const auto* end = process(to); end->alive && process(from)->alive) network_.unblock(from, to);
    });
  }

  void reset(Process& victim) {
    std::vector<PeerId> others{host_->id};
    for (const auto& node : nodes_)
      if (node.get() != &victim && node->alive) others.push_back(node->id);
    const PeerId other = others[stage_.rng.below(others.size())];
    stage_.tell("the connections of {} and {} are reset", victim.name, other);
    network_.reset(victim.id, other);
  }

  void fill_disk() {
    const auto& node = nodes_[stage_.rng.below(nodes_.size())];
    stage_.tell("the disk of {} is full", node->name);
    node->fill_disk(stage_.between(milliseconds(100), seconds(8)));
  }

  void heal() {
    network_.heal();
    stage_.last_fault = stage_.time.now();
    if (host_->alive && !all_over() && std::ranges::none_of(nodes_, [](const auto& node) { return node->alive; })) add_node();
  }

  // ---- checks ----------------------------------------------------------------------------------------------------------

  bool all_over() const {
    return std::ranges::all_of(programs_, [](const auto& program) { return program->is_over(); });
  }

  template <class IsReached>
  void go_until(IsReached is_reached, const char* what) {
    stage_.progress();
    while (!is_reached()) {
      Kind::step(world_);
      ++stage_.events;
      const Instant now = stage_.time.now(), since = std::max(stage_.progressed, stage_.last_fault);
      if (now - since > silence_max) violated("nothing happens for {} s, and {} is not over", silence_max.ns / 1'000'000'000, what);
      if (now > latest) violated("after {} s {} is not over: it goes in circles", latest.ns / 1'000'000'000, what);
    }
  }

  /// Long enough for all that is under way, also for who is given up by silence.
  void settle(Duration how_long) {
    const Instant until = stage_.time.now() + how_long;
    go_until([&] { return stage_.time.now() >= until; }, "the rest");
  }

  void end() {
    stage_.tell("all programs are done");
    network_.heal();
    for (Process* paused : victims()) paused->paused_until = stage_.time.now();
    settle(seconds(25));
    oracle_.check_runs();
    if (host_->alive) host_->check_empty();
    for (const auto& node : nodes_)
      if (node->alive) node->check_empty();
    for (const auto& program : programs_)
      if (program->alive) program->check_empty();
    check_members();
    for (const auto& program : programs_)
      if (program->alive) program->leave();
    settle(seconds(10));
    if (host_->alive && host_->jobs() > 0) violated("all programs have left, and {} jobs are open", host_->jobs());
    Kind::close(world_);
  }

  /// Who lives is a member, and nobody else.
  void check_members() const {
    if (!host_->alive) {
      for (const auto& node : nodes_)
        if (node->alive) violated("{} goes on without a coordinator", node->name);
      return;
    }
    for (const auto& node : nodes_)
      if (node->alive != host_->knows(node->id)) violated("{} {} a member", node->name, node->alive ? "lives and is not" : "is gone and still");
  }

  Process* process(PeerId id) {
    if (host_->id == id) return host_.get();
    for (const auto& node : nodes_)
      if (node->id == id) return node.get();
    for (const auto& program : programs_)
      if (program->id == id) return program.get();
    return nullptr;
  }

  std::vector<std::string> stories() const {
    std::vector<std::string> lines;
    if (host_) lines.push_back(host_->alive ? host_->story() : "the coordinator is gone");
    for (const auto& node : nodes_)
      if (node->alive) lines.push_back(node->story());
    for (const auto& program : programs_) lines.push_back(program->alive ? program->story() : program->name + " is gone");
    return lines;
  }

  Stage stage_;
  Oracle oracle_{stage_};
  Network network_{stage_};
  World world_{stage_, oracle_, network_, 1, {}};
  std::uint64_t next_process_ = 1;
  std::unique_ptr<Host> host_;
  std::vector<std::unique_ptr<Member>> nodes_;
  std::vector<std::unique_ptr<Program>> programs_;
};
}  // namespace tessera::simulation::fault
