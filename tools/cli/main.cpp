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

/// A shell variable that is not set leaves an empty word.
void refuse_empty_paths(CLI::App& command) {
  const CLI::Validator named([](const std::string& path) { return path.empty() ? std::string("its path is empty") : std::string(); }, "");
  for (CLI::Option* option : command.get_options())
    if (option->get_type_name() == "FILE" || option->get_type_name() == "FOLDER") option->check(named);
  for (CLI::App* one : command.get_subcommands([](CLI::App*) { return true; })) refuse_empty_paths(*one);
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
  refuse_empty_paths(app);
  try {
    app.parse(argc, argv);
  } catch (const Error& error) {  // Of a plug-in: its policies are names that the command line may have.
    fmt::print(stderr, "tessera: {}\n", error.what());
    return cli::exit_code(error.code());
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
