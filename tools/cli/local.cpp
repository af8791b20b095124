#include "actors/child_process.hpp"
#include "actors/machine.hpp"
#include "actors/memory_limit.hpp"
#include "actors/memory_log.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/coordinator.hpp"

#include <algorithm>
#include <filesystem>

namespace tessera::cli {
namespace {
struct LocalOptions {
  CoordinatorOptions coordinator;
  Capacity capacity;
  std::uint32_t nodes = 2;
};

/// "m.csv" becomes "m-node1.csv", "m-node2.csv", ...
std::string log_of(const LocalOptions& options, std::uint32_t node) {
  return actors::memory_log_of(std::filesystem::absolute(options.capacity.memory_log).string(), fmt::format("node{}", node));
}

struct Nodes {
  struct One {
    std::string name;
    actors::ChildProcess process;
  };
  std::vector<One> all;

  void start(const LocalOptions& options, runtime::Bytes memory, const std::string& address) {
    const std::uint32_t threads = options.capacity.threads != 0 ? options.capacity.threads : std::max(1u, actors::usable_cpus() / options.nodes);
    for (std::uint32_t i = 1; i <= options.nodes; ++i) {
      const std::string name = fmt::format("node{}", i);
      std::vector<std::string> arguments{actors::own_program(), "node", address, "--owned", "--name", name,
                                         "--threads", std::to_string(threads)};
      const auto add = [&](const char* option, const std::string& value) { arguments.insert(arguments.end(), {option, value}); };
      add("--memory-limit", std::to_string(memory.value));
      add("--spill-dir", options.capacity.spill_folder());
      add("--spill-compression", options.capacity.spill_compression);
      if (!options.capacity.memory_log.empty()) add("--memory-log", log_of(options, i));
      for (const std::string& one : options.capacity.resources) add("--resource", one);
      for (const std::string& one : options.capacity.plugins) add("--plugin", std::filesystem::absolute(one).string());
      if (!options.coordinator.trust.keys.empty()) add("--keys", options.coordinator.trust.keys);
      if (options.coordinator.trust.insecure) arguments.push_back("--insecure");
      auto process = actors::ChildProcess::start(arguments);
      if (!process) throw error_of(process.failure());
      all.push_back({name, std::move(*process)});
    }
  }
  /// The code of one that ended, which it then forgets.
  std::optional<std::pair<std::string, int>> ended() {
    for (auto at = all.begin(); at != all.end(); ++at)
      if (const auto code = at->process.wait({0})) {
        const std::pair<std::string, int> result{at->name, *code};
        all.erase(at);
        return result;
      }
    return std::nullopt;
  }
  void join() {
    for (One& one : all) one.process.wait(runtime::seconds(12));
    all.clear();
  }
};

/// Members that compute.
std::size_t joined(actors::ClusterHost& host) {
  const auto members = host.status().members;
  return static_cast<std::size_t>(std::ranges::count(members, runtime::protocol::Role::node, &runtime::protocol::Member::role));
}

int serve_local(const LocalOptions& options) {
  if (options.nodes == 0) throw Error(ErrorCode::invalid_argument, "--nodes 0: a cluster that computes needs at least one node");
  static_cast<void>(options.capacity.parsed_resources());
  static_cast<void>(options.capacity.compression());
  const auto memory = actors::memory_limit_of_each(options.capacity.memory_limit, options.nodes);
  if (!memory) throw error_of(memory.failure());
  if (!options.capacity.memory_log.empty())
    for (std::uint32_t i = 1; i <= options.nodes; ++i)
      if (const auto log = actors::MemoryLog::open(log_of(options, i)); !log) throw error_of(log.failure());
  Signals signals;
  CoordinatorOptions coordinator = options.coordinator;
  coordinator.plugins = options.capacity.plugins;  // Policies are for the coordinator, operations for the nodes.
  const auto host = coordinator.start();
  Nodes nodes;
  nodes.start(options, *memory, host->endpoint());
  while (joined(*host) < options.nodes) {
    if (signals.wait(std::chrono::milliseconds(20)) == Event::interrupt) {
      host->stop();
      nodes.join();
      return interrupted;
    }
    if (const auto end = nodes.ended()) {
      host->stop();
      nodes.join();
      fmt::print(stderr, "tessera: {} ended with code {} before it joined; its own words are above\n", end->first, end->second);
      return end->second > 0 && end->second < 128 ? end->second : failed;
    }
  }
  options.coordinator.announce(*host);
  bool all_gone = false;
  const int code = serve(*host, signals, [&] {
    while (const auto end = nodes.ended())
      fmt::print(stderr, "{} ended with code {}; what it held and is still wanted is computed again elsewhere\n", end->first, end->second);
    if (nodes.all.empty() && !std::exchange(all_gone, true)) fmt::print(stderr, "no node is left: tasks wait until one joins\n");
  });
  nodes.join();
  return code;
}
}  // namespace

void add_local(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("local", "Runs a coordinator and node processes on this machine");
  auto options = std::make_shared<LocalOptions>();
  command->add_option("--nodes", options->nodes, "Node processes")->check(CLI::Range(1u, 256u))->capture_default_str();
  options->coordinator.add(*command);
  options->capacity.add(*command, " of each node");
  command->callback([options, &run] { run = [options] { return serve_local(*options); }; });
}
}  // namespace tessera::cli
