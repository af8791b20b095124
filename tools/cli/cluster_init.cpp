#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"

#include <filesystem>
#include <set>

namespace tessera::cli {
namespace {
void check_names(const std::vector<std::string>& members) {
  std::set<std::string> seen;
  for (const std::string& name : members) {
    const bool plain = !name.empty() && name.front() != '.' && name.find_first_not_of(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == std::string::npos;
    if (!plain) throw Error(ErrorCode::invalid_argument, fmt::format("the member's name '{}' becomes a file's name: use letters, digits, '.', '_' and '-'", name));
    if (!seen.insert(name).second) throw Error(ErrorCode::invalid_argument, fmt::format("the member {} is named twice", name));
  }
}
}  // namespace

void add_cluster_init(CLI::App& app, Run& run) {
  auto* cluster = app.add_subcommand("cluster", "Prepares clusters");
  cluster->require_subcommand(1);
  auto* command = cluster->add_subcommand("init", "Makes the key files of a new cluster, one a member; they know each other");
  struct Options {
    std::string directory, name = "tessera";
    std::vector<std::string> members;
  };
  auto options = std::make_shared<Options>();
  command->add_option("directory", options->directory, "Where the files go; made if it is not there")->required();
  command->add_option("--name", options->name, "Of the cluster")->capture_default_str();
  command->add_option("--member", options->members, "A process that takes part: coordinator, nodes, programs; may be repeated")->required();
  command->callback([options, &run] {
    run = [options] {
      check_names(options->members);
      const std::filesystem::path directory = options->directory;
      std::error_code error;
      std::filesystem::create_directories(directory, error);
      if (error) throw Error(ErrorCode::io_failed, fmt::format("cannot make the folder {}: {}", directory.string(), error.message()));
      for (const std::string& name : options->members)
        if (std::filesystem::exists(directory / (name + ".keys")))
          throw Error(ErrorCode::io_failed, fmt::format("{} is there already; keys are never overwritten, choose another folder",
                                                        (directory / (name + ".keys")).string()));
      for (const auto& file : actors::net::make_key_files(options->name, options->members)) {
        const auto path = actors::net::write_key_file(directory, file);
        if (!path) throw error_of(path.failure());
        fmt::print("{}\n", path->string());
      }
      fmt::print(stderr, "Each member gets its own file over a safe way, readable by its owner only, and names it with --keys.\n");
      return done;
    };
  });
}
}  // namespace tessera::cli
