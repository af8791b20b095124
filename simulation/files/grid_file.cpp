#include "simulation/files/grid_file.hpp"

#include "simulation/files/case_file.hpp"
#include "simulation/files/cluster_file.hpp"
#include "simulation/files/json_value.hpp"
#include "simulation/files/workflow.hpp"
#include "simulation/generate/generate.hpp"

#include <filesystem>

namespace tessera::simulation::files {
using experiment::Axes;
using experiment::Graph;
using experiment::Source;
using runtime::Failure;
using runtime::Result;

namespace {
constexpr std::uint32_t seeds_max = 1'000'000;

Source source_of(const Value& value, const std::string& folder) {
  value.only({"generate", "workflow", "case"});
  const bool is_workflow = value.has("workflow"), is_case = value.has("case");
  if (value.has("generate") + is_workflow + is_case != 1) value.fail("one of \"generate\", \"workflow\" and \"case\"");
  if (!is_workflow && !is_case) return {Source::Kind::recipe, value["generate"].text()};
  const std::string path = value[is_case ? "case" : "workflow"].text();
  return {is_case ? Source::Kind::case_file : Source::Kind::workflow, (std::filesystem::path(folder) / path).lexically_normal().string()};
}

void take_texts(const Value& file, const char* name, std::vector<std::string>& to) {
  if (!file.has(name)) return;
  to.clear();
  for (const Value& one : file[name].list()) to.push_back(one.text());
}

void take_seeds(const Value& file, std::vector<std::uint64_t>& to) {
  to.clear();
  if (file["seeds"].is_list()) {
    for (const Value& one : file["seeds"].list()) to.push_back(one.count(0));
    return;
  }
  const std::uint32_t count = file["seeds"].count(1);
  if (count > seeds_max) file["seeds"].fail(fmt::format("at most {}", seeds_max));
  for (std::uint64_t seed = 1; seed <= count; ++seed) to.push_back(seed);
}

Result<std::vector<Graph>> cases_of(const std::string& path) {
  auto cases = read_cases(path);
  if (!cases) return cases.failure();
  std::vector<Graph> graphs;
  for (CaseRuns& one : *cases) {
    const std::string label = cases->size() == 1 ? path : path + ":" + one.what.name;
    graphs.push_back({label, std::move(one.what), true});
  }
  return graphs;
}
}  // namespace

Result<Axes> parse_axes(std::string_view text, const std::string& folder) {
  return reading_json([&](const Value& file) {
    file.only({"format", "graphs", "nodes", "bandwidth", "network", "information", "scheduler", "seeds", "cluster"});
    if (file["format"].text() != "tessera.grid/1") file["format"].fail("\"tessera.grid/1\"");
    Axes axes;
    for (const Value& one : file["graphs"].list()) axes.graphs.push_back(source_of(one, folder));
    take_texts(file, "nodes", axes.nodes);
    take_texts(file, "network", axes.networks);
    take_texts(file, "information", axes.informations);
    file["scheduler"].list();
    take_texts(file, "scheduler", axes.schedulers);
    if (file.has("bandwidth")) {
      axes.bandwidths.clear();
      for (const Value& one : file["bandwidth"].list()) axes.bandwidths.push_back(one.positive());
    }
    if (file.has("seeds")) take_seeds(file, axes.seeds);
    if (!file.has("cluster")) return axes;
    for (const char* other : {"nodes", "bandwidth", "network"})
      if (file.has(other)) file[other].fail("nothing, as clusters of files have their own,");
    for (const Value& one : file["cluster"].list()) axes.clusters.push_back((std::filesystem::path(folder) / one.text()).lexically_normal().string());
    return axes;
  }, text);
}

Result<Axes> read_axes(const std::string& path) {
  return read_file(path, [&](std::string_view text) { return parse_axes(text, std::filesystem::path(path).parent_path().string()); });
}

Result<std::vector<experiment::Host>> read_hosts(const std::vector<std::string>& paths) {
  std::vector<experiment::Host> hosts;
  for (const std::string& path : paths) {
    auto cluster = read_cluster(path);
    if (!cluster) return cluster.failure();
    hosts.push_back({path, std::move(*cluster)});
  }
  return hosts;
}

Result<std::vector<Graph>> read_graphs(const std::vector<Source>& sources, InitialFiles files) {
  std::vector<Graph> graphs;
  for (const Source& source : sources) {
    if (source.kind == Source::Kind::case_file) {
      auto cases = cases_of(source.text);
      if (!cases) return cases.failure();
      for (Graph& graph : *cases) graphs.push_back(std::move(graph));
    } else if (source.kind == Source::Kind::workflow) {
      auto workflow = read_workflow(source.text);
      if (!workflow) return workflow.failure();
      graphs.push_back({source.text, workflow->graph, false});
      if (files == InitialFiles::left_out || workflow->initial_files == 0) continue;
      add_initial_files(*workflow);
      graphs.back().with_files = std::move(workflow->graph);
    } else {
      auto made = generate::generate(source.text);
      if (!made) return Failure{made.failure().code, fmt::format("{}: {}", source.text, made.failure().message)};
      graphs.push_back({source.text, std::move(*made), false});
    }
  }
  return graphs;
}
}  // namespace tessera::simulation::files
