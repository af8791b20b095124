#include "simulation/recorded/verify.hpp"

#include <fmt/format.h>

namespace tessera::simulation::recorded {
using namespace runtime::coordinator;

namespace {
std::string words(const Event& event) {
  struct Name {
    std::string operator()(const Tick&) const { return "a tick"; }
    std::string operator()(const NodeJoined& it) const { return fmt::format("node {} (\"{}\") joined", it.node.value, it.name); }
    std::string operator()(const NodeLost& it) const { return fmt::format("node {} was lost", it.node.value); }
    std::string operator()(const NodeDraining& it) const { return fmt::format("node {} drains", it.node.value); }
    std::string operator()(const ClientJoined& it) const { return fmt::format("client {} joined", it.client.value); }
    std::string operator()(const ClientLost& it) const { return fmt::format("client {} was lost", it.client.value); }
    std::string operator()(const Received& it) const {
      if (const auto* reports = std::get_if<runtime::protocol::Reports>(&it.message)) return fmt::format("{} reports of node {}", reports->reports.size(), it.from.value);
      const bool is_graph = std::holds_alternative<runtime::protocol::Submit>(it.message);
      return fmt::format("a {} of client {}", is_graph ? "submission" : "message", it.from.value);
    }
  };
  return std::visit(Name{}, event);
}

std::string words(const Placement& one) { return fmt::format("task {} to node {}", to_string(one.key), one.node.value); }

std::string difference(const Step& live, const std::vector<Placement>& now) {
  std::size_t at = 0;
  while (at < live.placements.size() && at < now.size() && live.placements[at] == now[at]) ++at;
  const bool has_live = at < live.placements.size(), has_now = at < now.size();
  if (!has_live && !has_now) return "the same tasks went to the same nodes, and something else was withdrawn, dropped, redirected or told";
  if (has_live && has_now && live.placements[at].key == now[at].key && live.placements[at].node == now[at].node)
    return fmt::format("decision {} of the step is {} both times, with another place in the order or another number", at + 1, words(now[at]));
  return fmt::format("decision {} of the step was {} live, and is {} now", at + 1, has_live ? words(live.placements[at]) : "none", has_now ? words(now[at]) : "none");
}
}  // namespace

Verdict verify(const JobRecording& job) {
  Verdict verdict;
  Core core(job.config);
  Effects effects;
  std::vector<Placement> placements;
  for (const Step& step : job.steps) {
    runtime::coordinator::step(core, step.event, step.time, effects);
    placements.clear();
    append_placements(effects, placements);
    if (digest_of(effects) != step.digest || placements != step.placements) {
      verdict.difference = fmt::format("step {} of job {}, {:.6f} s after its first ({}): {}", verdict.steps + 1, job.config.job.value,
                                       static_cast<double>((step.time - job.steps.front().time).ns) * 1e-9, words(step.event), difference(step, placements));
      return verdict;
    }
    effects.clear();
    ++verdict.steps;
    verdict.decisions += placements.size();
  }
  return verdict;
}
}  // namespace tessera::simulation::recorded
