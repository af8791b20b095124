// The main job: a climatology of real data, chunk by chunk, on lanes of this process, on processes of this machine, or on a
// cluster, with the same bits everywhere. examples/README.md shows how to run it.
#include "client/processes.hpp"
#include "examples/climatology/interrupt.hpp"
#include "examples/climatology/job.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <numeric>

namespace {
namespace fs = std::filesystem;
using tessera::Cluster;
using tessera::Error;
using tessera::ErrorCode;

constexpr int done = 0, failed = 1, usage = 2, unreachable = 3, refused = 4, bad_file = 5, interrupted = 130;  // As `tessera` has them.

struct Options {
  std::string grib = TESSERA_EXAMPLES_DATA "/era5-levels-members.grib", output = "climatology-output";
  std::vector<std::string> netcdf{TESSERA_EXAMPLES_DATA "/hadgem2-es"};
  std::uint64_t chunk_bytes = 0;
  bool overwrite = false;
  unsigned local = 0, processes = 0;
  std::string cluster, keys;
  bool insecure = false;
  std::string memory_limit = "auto", spill_dir = "auto";
  bool plan = false;
};

void add(CLI::App& app, Options& options) {
  app.add_option("--grib", options.grib, "Ensemble over number and time; default: ERA5 of the examples")->type_name("FILE");
  app.add_option("--netcdf", options.netcdf, "Monthly fields, files or folders of *.nc that follow each other in time; default: HadGEM2-ES of the examples")->type_name("PATH");
  app.add_option("--output", options.output, "For Zarr stores and maps")->type_name("FOLDER")->capture_default_str();
  app.add_flag("--overwrite", options.overwrite, "Replace results that are there");
  app.add_option("--chunk-bytes", options.chunk_bytes, "Of one chunk at most, e.g. 64KiB; default: about a hundred chunks a variable")->transform(CLI::AsSizeValue(false));
  app.add_flag("--plan", options.plan, "Say whether it fits and what it takes; compute nothing");
  auto* memory_limit = app.add_option("--memory-limit", options.memory_limit, "Of each process, e.g. 2GiB or 60%; default: auto")->type_name("SIZE");
  auto* spill_dir = app.add_option("--spill-dir", options.spill_dir, "For chunks that do not fit; auto, none or a folder")->type_name("FOLDER");
  auto* local = app.add_option("--local", options.local, "In this process, on so many lanes (default, with as many as there are CPUs)")->check(CLI::Range(1u, 1024u));
  auto* processes = app.add_option("--processes", options.processes, "On so many processes of this machine")->check(CLI::Range(1u, 256u));
  auto* cluster = app.add_option("--cluster", options.cluster, "On the cluster whose coordinator listens there, e.g. tcp://127.0.0.1:8791")->type_name("ADDRESS");
  local->excludes(processes)->excludes(cluster);
  processes->excludes(cluster);
  memory_limit->excludes(cluster);  // Its nodes have their own.
  spill_dir->excludes(cluster);
  app.add_option("--keys", options.keys, "This program's key file, made by `tessera cluster init`")->type_name("FILE")->needs(cluster);
  app.add_flag("--insecure", options.insecure, "Beyond this machine without keys: anybody who reaches the port runs code")->needs(cluster);
}

Cluster start(const Options& options) {
  if (!options.cluster.empty()) return Cluster::connect(options.cluster, {.keys = options.keys, .name = "climatology", .insecure = options.insecure});
  if (options.processes > 0) return Cluster::processes({.processes = options.processes, .memory_limit = options.memory_limit, .spill_dir = options.spill_dir, .name = "climatology"});
  return Cluster::local({.lanes = options.local, .memory_limit = options.memory_limit, .spill_dir = options.spill_dir, .name = "climatology"});
}

climatology::Plan plan_of(const Options& options, const std::string& folder) {
  climatology::Plan plan;
  climatology::plan_ensemble(plan, climatology::open_grib(options.grib, options.chunk_bytes), folder);
  climatology::plan_monthly(plan, climatology::open_netcdf(options.netcdf, options.chunk_bytes), folder);
  return plan;
}

/// What was computed and where it lies.
void tell(const climatology::Plan& plan, const std::string& folder) {
  for (const climatology::Store& store : plan.stores) {
    fmt::print("{}\n", store.path);
    for (const climatology::Field& one : store.results) {
      const auto grid = one.cube.grid();
      const auto chunks = std::accumulate(grid.begin(), grid.end(), std::int64_t{1}, std::multiplies<>());
      fmt::print("  {:<17} {} in {} chunk{}, {}: {}\n", one.variable.name, tessera::arrays::to_string(one.cube.shape()), chunks, chunks == 1 ? "" : "s",
                 tessera::io::text_of(one.variable.attributes, "units"), tessera::io::text_of(one.variable.attributes, "long_name"));
    }
  }
  fmt::print("{}/maps\n", folder);
  for (const climatology::Picture& one : plan.pictures) fmt::print("  {}\n", one.file);
}

int exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::type_mismatch: return usage;
    case ErrorCode::coordinator_lost:
    case ErrorCode::peer_lost:
    case ErrorCode::timeout: return unreachable;
    case ErrorCode::refused:
    case ErrorCode::unknown_operation: return refused;
    case ErrorCode::bad_input:
    case ErrorCode::io_failed: return bad_file;
    default: return failed;
  }
}

/// What to do about an error, where this program knows more than the sentence says.
std::string advice(const Error& error, const Options& options) {
  if (error.code() == ErrorCode::unknown_operation && !options.cluster.empty())
    return fmt::format("\nThe cluster's nodes lack the operations of this program; start them with\n  tessera node {} --plugin {}", options.cluster, TESSERA_PLUGIN);
  return {};
}

int work(const Options& options) {
  if (options.output.empty()) throw Error(ErrorCode::invalid_argument, "--output takes a folder for the results, not an empty name");
  const std::string folder = fs::absolute(options.output).lexically_normal().string();
  const climatology::Plan plan = plan_of(options, folder);
  for (const std::string& warning : plan.warnings) fmt::print(stderr, "{}\n", warning);
  if (options.plan) {
    Cluster cluster = start(options);
    const tessera::Plan forecast = climatology::forecast(plan, cluster);
    fmt::print("{}", to_string(forecast));
    return forecast.fits ? done : failed;
  }
  climatology::check_output(plan, folder, options.overwrite);
  climatology::check_drawing();
  Cluster cluster = start(options);
  if (!climatology::run(plan, cluster, folder, options.overwrite)) {
    fmt::print(stderr, "interrupted: nothing was stored\n");
    return interrupted;
  }
  tell(plan, folder);
  return done;
}
}  // namespace

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  climatology::watch_interrupts();
  CLI::App app{"Means, anomalies and spread of climate data, chunk by chunk, as Zarr stores and maps", "climatology"};
  Options options;
  add(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? done : usage;
  }
  try {
    return work(options);
  } catch (const Error& error) {
    fmt::print(stderr, "climatology: {}{}\n", error.what(), advice(error, options));
    return exit_code(error.code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "climatology: {}\n", error.what());
    return failed;
  }
}
