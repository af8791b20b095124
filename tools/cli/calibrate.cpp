// `tessera simulate calibrate`: what messages, transfers and tasks of a live cluster take, as a cluster file.
#include "client/calibration/calibration.hpp"
#include "io/file.hpp"
#include "simulation/files/cluster_file.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"

#include <filesystem>
#include <string_view>

namespace tessera::cli {
namespace {
struct CalibrateOptions {
  std::string address = default_address, path, keys, output = "text";
};

int calibrate(const CalibrateOptions& options) {
  if (!options.path.empty()) {
    check_output("--write", options.path, {});
    const std::string probe = io::temporary_name(options.path);
    const auto written = io::write_atomically(probe, std::string_view());
    std::error_code error;
    std::filesystem::remove(probe, error);
    if (!written) throw Error(ErrorCode::io_failed, fmt::format("--write: {} cannot be written; name a file in a folder that exists and that this user may write", options.path));
  }
  Cluster cluster = Cluster::connect(options.address, {.keys = options.keys, .name = "calibrate"});
  const simulation::engine::Cluster its = calibrated(cluster);
  const std::string text = simulation::files::text_of(its);
  if (!options.path.empty())
    if (auto written = io::write_atomically(options.path, text); !written) throw error_of(written.failure());
  if (options.output == "json") fmt::print("{}", text);
  else
    fmt::print("{} nodes; a message {:.1f} us, and {:.2f} us to write and read it; a transfer {:.1f} us and {:.1f} MiB/s; a task {:.1f} us of its lane, and {:.1f} us of what all share\n",
               its.nodes.size(), its.overheads.message * 1e6, its.overheads.node_message * 1e6, its.latency * 1e6, its.bandwidth, its.overheads.node_task * 1e6,
               its.overheads.scheduler_task * 1e6);
  return done;
}
}  // namespace

void add_simulate_calibrate(CLI::App& simulate, Run& run) {
  auto* command = simulate.add_subcommand("calibrate", "Measures what messages, transfers and tasks of a live cluster take, which does nothing else meanwhile");
  auto options = std::make_shared<CalibrateOptions>();
  command->add_option("--cluster", options->address, "Its coordinator's address")->type_name("ADDRESS")->capture_default_str();
  command->add_option("--keys", options->keys, "A member's key file, made by `tessera cluster init`")->type_name("FILE");
  command->add_option("--write", options->path, "File for the result, schema tessera-cluster/1")->type_name("FILE");
  add_output(*command, options->output);
  command->callback([options, &run] { run = [options] { return calibrate(*options); }; });
}
}  // namespace tessera::cli
