// tasks.PATTERN: overhead of an empty task, in process with 2 lanes, and over 2 node processes on loopback with one lane each.
#include "benchmarks/run.hpp"
#include "client/processes.hpp"

namespace {
std::int64_t empty(const std::vector<std::int64_t>&, std::int64_t) { return 0; }

struct Case {
  const char* pattern;
  std::uint32_t a, b;
};
constexpr Case in_process[] = {
    {"independent", 10'000, 0},   {"independent", 100'000, 0},    {"independent", 1'000'000, 0},
    {"chain", 10'000, 0},         {"chain", 100'000, 0},          {"chain", 1'000'000, 0},
    {"tree", 1 << 14, 0},         {"tree", 1 << 19, 0},           {"stencil_1d", 64, 200},
    {"stencil_1d", 64, 15'625},   {"fft", 64, 200},               {"fft", 64, 15'625},
    {"random_nearest", 64, 200},  {"random_nearest", 64, 15'625}};
constexpr Case over_processes[] = {{"independent", 10'000, 0}, {"independent", 100'000, 0}, {"chain", 10'000, 0}, {"tree", 1 << 14, 0},
                                   {"stencil_1d", 64, 200},    {"fft", 64, 200},            {"random_nearest", 64, 200}};
constexpr int repeats = 7;
}  // namespace
TESSERA_OPERATION(empty);

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  using namespace tessera::benchmarks;
  const Menu menu(argc, argv);
  std::int64_t salt = 0;
  const auto measure = [&](const Case& one, unsigned processes, auto&& make_cluster) {
    const std::string name = std::string(processes > 0 ? "processes." : "tasks.") + one.pattern;
    if (!menu.has(name)) return;
    const Pattern pattern = make_pattern(one.pattern, one.a, one.b);
    std::vector<double> all;
    for (int i = 0; i < repeats; ++i) {
      tessera::Cluster cluster = make_cluster();
      all.push_back(run(cluster, pattern, empty, ++salt) / static_cast<double>(pattern.size()) * 1e6);
    }
    report(name, "us/task", all,
           Parameters().add("tasks", pattern.size()).add("edges", pattern.predecessors.size()).add("lanes", 2).add("processes", processes));
  };
  for (const Case& one : in_process) measure(one, 0, [] { return tessera::Cluster::local({.lanes = 2}); });
  for (const Case& one : over_processes) measure(one, 2, [] { return tessera::Cluster::processes({.processes = 2, .lanes = 1}); });
}
