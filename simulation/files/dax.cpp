// DAX: `adag`, with a `job` a task and a `child` for those that follow others.
#include "simulation/files/formats.hpp"
#include "simulation/files/graph_maker.hpp"

#include <pugixml.hpp>

#include <charconv>
#include <cmath>
#include <string>

namespace tessera::simulation::files {
namespace {
std::string where(const pugi::xml_node& node) { return fmt::format("<{}> at byte {}", node.name(), node.offset_debug()); }

Named attribute(const pugi::xml_node& node, const char* name) {
  const pugi::xml_attribute found = node.attribute(name);
  if (!found) throw Wrong{fmt::format("{}: the attribute \"{}\" is missing", where(node), name)};
  return {found.value(), fmt::format("{}, {}", where(node), name)};
}
double number(const Named& its) {
  double value = 0;
  const char* const end = its.name.data() + its.name.size();
  const auto read = std::from_chars(its.name.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end || !std::isfinite(value) || value < 0) its.fail("a number of at least 0");
  return value;
}

std::uint64_t bytes_of(const pugi::xml_node& uses) {
  if (!uses.attribute("size")) return 0;
  const Named its = attribute(uses, "size");
  if (number(its) > file_bytes_max) its.fail("at most 1e18 bytes");
  return static_cast<std::uint64_t>(number(its));
}

void use(const pugi::xml_node& job, std::uint32_t task, const char* link, GraphMaker& maker) {
  for (const pugi::xml_node& uses : job.children("uses")) {
    const Named its = attribute(uses, "link");
    if (its.name != "input" && its.name != "output") {
      if (its.name != "inout" && its.name != "none") its.fail("\"input\" or \"output\"");
      throw Wrong{fmt::format("{}: a file that is both read and written by a task, or neither, is not supported", its.where)};
    }
    if (its.name != link) continue;
    const Named file = attribute(uses, uses.attribute("file") ? "file" : "name");
    maker.add_file(file.name, bytes_of(uses));
    if (its.name == "output") maker.writes(task, file);
    else maker.reads(task, file);
  }
}
}  // namespace

runtime::Result<Workflow> parse_dax(std::string_view text) {
  return reading([&] {
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(text.data(), text.size());
    if (!parsed) throw Wrong{fmt::format("it is not XML: {} at byte {}", parsed.description(), parsed.offset)};
    const pugi::xml_node root = document.child("adag");
    if (!root) throw Wrong{fmt::format("an <adag> was expected, and there is <{}>", document.first_child().name())};
    Workflow made;
    made.graph.name = root.attribute("name").value();
    GraphMaker maker(made);
    std::vector<std::pair<pugi::xml_node, std::uint32_t>> jobs;
    for (const pugi::xml_node& job : root.children("job")) {
      const Named id = attribute(job, "id");
      const std::uint32_t task = maker.add_task(id, job.attribute("name") ? job.attribute("name").value() : id.name);
      maker[task].duration = number(attribute(job, "runtime"));
      if (job.attribute("cores")) maker[task].cpus = static_cast<std::uint32_t>(std::clamp(std::ceil(number(attribute(job, "cores"))), 1.0, 1e6));
      use(job, task, "output", maker);
      jobs.emplace_back(job, task);
    }
    for (const auto& [job, task] : jobs) use(job, task, "input", maker);
    for (const pugi::xml_node& child : root.children("child"))
      for (const pugi::xml_node& parent : child.children("parent")) maker.follows(maker.task(attribute(child, "ref")), maker.task(attribute(parent, "ref")));
    maker.finish();
    return made;
  });
}
}  // namespace tessera::simulation::files
