#include "actors/disk.hpp"
#include "actors/memory_limit.hpp"
#include "actors/memory_meter.hpp"
#include "actors/node_process.hpp"
#include "client/plugin.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"
#include "tools/cli/signals.hpp"

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <mutex>
#include <optional>

namespace tessera::cli {
using std::chrono::milliseconds;

namespace {
struct NodeOptions {
  std::string address, name, output = "text";
  Capacity capacity;
  Trust trust;
  bool owned = false;
};

int serve(const NodeOptions& options) {
  actors::return_freed_memory();
  Signals signals;
  // A node of `tessera local` ends with it, however that ends.
  if (options.owned) prctl(PR_SET_PDEATHSIG, SIGKILL);
  actors::NodeOptions its;
  its.coordinator = options.address;
  its.name = options.name;
  its.lanes = options.capacity.threads;
  const auto limit = actors::memory_limit_of(options.capacity.memory_limit);
  if (!limit) throw error_of(limit.failure());
  its.limit = *limit;
  const auto spill = actors::spill_folder_of(options.capacity.spill_folder());
  if (!spill) throw error_of(spill.failure());
  its.spill_folder = *spill;
  its.spill_compression = options.capacity.compression();
  its.memory_log = options.capacity.memory_log;
  its.resources = options.capacity.parsed_resources();
  its.link.listen.clear();
  options.trust.use(its.link);
  for (const std::string& plugin : options.capacity.plugins) {
    const auto added = load_plugin(plugin);
    fmt::print(stderr, "{}: {}\n", plugin, fmt::join(added, ", "));
  }
  std::mutex mutex;
  std::optional<runtime::Failure> lost;
  auto node = actors::NodeProcess::start(std::move(its), [&](const runtime::Failure& why) {
    std::lock_guard lock(mutex);
    lost = why;
    signals.wake();
  });
  if (!node) throw error_of(node.failure());
  const actors::NodeProcess& self = **node;
  if (options.owned) {
    // Its owner speaks for it.
  } else if (options.output == "json") {
    fmt::print("{}\n", nlohmann::ordered_json{{"schema", "tessera.joined/1"}, {"id", self.self().value}, {"name", self.name()}, {"cluster", self.cluster()}}.dump());
  } else {
    fmt::print("node {} ({}) of cluster {}\n", self.self().value, self.name(), self.cluster());
  }
  std::fflush(stdout);

  int code = done;
  for (bool draining = false;;) {
    const Event event = signals.wait(draining ? milliseconds(50) : milliseconds(-1));
    if (event == Event::woken) {
      std::lock_guard lock(mutex);
      if (draining || options.owned) break;
      fmt::print(stderr, "{}\n", lost->message);
      code = exit_code(lost->code);
      break;
    }
    if (event == Event::interrupt) {
      if (draining) {
        code = interrupted;
        break;
      }
      draining = true;
      (*node)->drain();
      const std::size_t tasks = (*node)->tasks();
      if (tasks > 0) fmt::print(stderr, "draining: {} task{} to end here; Ctrl-C again stops at once\n", tasks, tasks == 1 ? " is" : "s are");
    }
    if (draining && (*node)->tasks() == 0) break;
  }
  alarm(10);  // An operation that does not end must not keep the process.
  (*node)->stop();
  return code;
}
}  // namespace

void add_node(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("node", "Computes for a cluster");
  auto options = std::make_shared<NodeOptions>();
  command->add_option("address", options->address, "Of the coordinator, e.g. tcp://127.0.0.1:8791")->required();
  command->add_option("--name", options->name, "For messages; default: host and process");
  options->capacity.add(*command, "");
  options->trust.add(*command);
  add_output(*command, options->output);
  command->add_flag("--owned", options->owned)->group("");
  command->callback([options, &run] { run = [options] { return serve(*options); }; });
}
}  // namespace tessera::cli
