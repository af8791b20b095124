#include "client/processes.hpp"

#include "actors/child_process.hpp"
#include "actors/cluster_host.hpp"
#include "actors/disk.hpp"
#include "actors/machine.hpp"
#include "actors/memory_limit.hpp"
#include "actors/memory_log.hpp"
#include "actors/node_process.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <future>

namespace tessera {
namespace {
constexpr const char* marker = "--tessera-node";
constexpr const char* variable = "TESSERA_STARTED_AS_NODE";

/// The host and the node processes behind one `Cluster::processes`.
struct Machine {
  std::unique_ptr<actors::ClusterHost> host;
  std::vector<actors::ChildProcess> nodes;
  ~Machine() {
    if (host) host->stop();
    for (actors::ChildProcess& node : nodes) node.wait(runtime::seconds(5));
  }
};

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}
}  // namespace

std::optional<int> node_main(int argc, char** argv) {
  if (argc < 9 || std::string_view(argv[1]) != marker) return std::nullopt;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN);  // The terminal sends it to all; the program decides what it means.
  actors::NodeOptions options;
  options.coordinator = argv[2];
  options.name = argv[3];
  options.lanes = static_cast<std::uint32_t>(number(argv[4]));
  for (int i = 9; i + 1 < argc; i += 2) options.resources.emplace_back(argv[i], static_cast<std::int64_t>(number(argv[i + 1])));
  std::promise<void> lost;
  const auto limit = actors::memory_limit_of(argv[5]);
  if (!limit) {
    fmt::print(stderr, "{}\n", limit.failure().message);
    return 1;
  }
  options.limit = *limit;
  options.spill_folder = argv[6];
  if (const auto compression = actors::spill::compression_of(argv[7])) options.spill_compression = *compression;
  options.memory_log = argv[8];
  auto node = actors::NodeProcess::start(std::move(options), [&](const runtime::Failure&) { lost.set_value(); });
  if (!node) {
    fmt::print(stderr, "{}\n", node.failure().message);
    return 1;
  }
  lost.get_future().wait();
  alarm(10);  // An operation that does not end must not keep the process.
  (*node)->stop();
  return 0;
}

Cluster Cluster::processes(ProcessOptions options) {
  if (std::getenv(variable) != nullptr)
    throw Error(ErrorCode::invalid_argument,
                "this process was started as a node of Cluster::processes, but main() does not begin with "
                "`if (const auto code = tessera::node_main(argc, argv)) return *code;`");
  if (options.processes == 0) throw Error(ErrorCode::invalid_argument, "Cluster::processes needs at least one process");
  if (const auto lanes = actors::lanes_of(options.lanes); !lanes) throw Error(lanes.failure());
  const auto limit = actors::memory_limit_of_each(options.memory_limit.wanted, options.processes);
  if (!limit) throw Error(limit.failure());
  const auto spill = actors::spill_folder_of(options.spill_dir);
  if (!spill) throw Error(spill.failure());
  if (const auto compression = actors::spill::compression_of(options.spill_compression); !compression) throw Error(compression.failure());
  const auto log_of = [&](unsigned i) { return actors::memory_log_of(options.memory_log, fmt::format("node{}", i + 1)); };
  if (!options.memory_log.empty())
    for (unsigned i = 0; i < options.processes; ++i)
      if (const auto log = actors::MemoryLog::open(log_of(i)); !log) throw Error(log.failure());
  auto machine = std::make_shared<Machine>();
  actors::HostOptions host;
  host.policy = options.policy;
  host.seed = options.seed;
  host.name = options.name;
  host.no_node_timeout = {options.no_node_timeout.count()};
  host.record = options.record;
  auto started = actors::ClusterHost::start(std::move(host));
  if (!started) throw Error(started.failure());
  machine->host = std::move(*started);
  for (unsigned i = 0; i < options.processes; ++i) {
    std::vector<std::string> arguments{actors::own_program(), marker, machine->host->endpoint(), fmt::format("node{}", i + 1),
                                       std::to_string(options.lanes), std::to_string(limit->value), *spill, options.spill_compression, log_of(i)};
    for (const auto& [name, amount] : options.resources) arguments.insert(arguments.end(), {name, std::to_string(amount)});
    auto node = actors::ChildProcess::start(arguments, {std::string(variable) + "=1"});
    if (!node) throw Error(node.failure());
    machine->nodes.push_back(std::move(*node));
  }
  Cluster cluster = connect(machine->host->endpoint(), {.name = options.name});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    unsigned joined = 0;
    for (const auto& member : machine->host->status().members) joined += member.role == runtime::protocol::Role::node;
    if (joined == options.processes) break;
    for (actors::ChildProcess& node : machine->nodes)
      if (const auto code = node.wait(runtime::milliseconds(1)))
        throw Error(ErrorCode::peer_lost,
                    fmt::format("a node process ended with code {} before it joined; does main() begin with "
                                "tessera::node_main?", *code));
    if (std::chrono::steady_clock::now() > deadline) throw Error(ErrorCode::timeout, "the node processes did not join within 30 s");
  }
  cluster.state_->keep(std::move(machine));
  cluster.planning_ = {options.policy, !spill->empty(), std::move(options.on_plan)};
  return cluster;
}
}  // namespace tessera
