#include "simulation/picture/pictures.hpp"

#include <fmt/format.h>

#include <iterator>

namespace tessera::simulation::picture {
namespace {
/// In quotes where it must be (RFC 4180).
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == text.npos) return text;
  std::string quoted = "\"";
  for (const char one : text) quoted.append(one == '"' ? 2 : 1, one);
  return quoted + '"';
}
}  // namespace

std::string csv(std::span<const Timeline> runs) {
  fmt::memory_buffer text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "run,what,name,node,cores,from,start_s,end_s,inputs_here_s,cores_here_s,mib\n");
  for (const Timeline& run : runs) {
    const std::string label = field(run.label);
    for (const Bar& bar : run.bars) {
      double made = 0;
      for (const std::uint32_t object : run.what->tasks[bar.task].outputs) made += run.what->objects[object].size;
      fmt::format_to(out, "{},task,{},{},{},,{},{},{},{},{}\n", label, field(run.what->tasks[bar.task].name), bar.node, fmt::join(run.cores_of(bar), " "), bar.start, bar.end, bar.inputs_here,
                     bar.cores_here, made);
    }
    for (const engine::TransferTimes& transfer : run.outcome.transfers) {
      const engine::Object& object = run.what->objects[transfer.object];
      const std::string of = object.producer < run.what->tasks.size() ? field(run.what->tasks[object.producer].name) : "";
      fmt::format_to(out, "{},transfer,{},{},,{},{},{},,,{}\n", label, of, transfer.to, transfer.from, transfer.start, transfer.end, object.size);
    }
  }
  return fmt::to_string(text);
}
}  // namespace tessera::simulation::picture
