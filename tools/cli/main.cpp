// `tessera`: runs clusters and asks them. Results go to stdout, everything else to stderr.
#include "runtime/base/version.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/exit_code.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace {
bool is_command(const CLI::App& app, const std::string& name) {
  const auto commands = app.get_subcommands([&](const CLI::App* one) { return one->get_name() == name; });
  return !commands.empty();
}
}  // namespace

int main(int argc, char** argv) {
  using namespace tessera;
  CLI::App app{"Tessera: tasks on tiled data, on one machine or many", "tessera"};
  app.set_version_flag("--version", TESSERA_VERSION);
  app.require_subcommand(1);
  cli::Run run;
  cli::add_coordinator(app, run);
  cli::add_node(app, run);
  cli::add_local(app, run);
  cli::add_status(app, run);
  cli::add_simulate(app, run);
  cli::add_cluster_init(app, run);
  cli::add_version(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (argc > 1 && argv[1][0] != '-' && !is_command(app, argv[1])) {
      fmt::print(stderr, "tessera: there is no command '{}'; `tessera --help` lists them\n", argv[1]);
      return cli::usage;
    }
    return app.exit(error) == 0 ? cli::done : cli::usage;
  }
  try {
    return run();
  } catch (const Error& error) {
    fmt::print(stderr, "tessera: {}\n", error.what());
    return cli::exit_code(error.code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "tessera: {}\n", error.what());
    return cli::failed;
  }
}
