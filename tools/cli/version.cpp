#include "runtime/base/version.hpp"
#include "tools/cli/commands.hpp"
#include "tools/cli/options.hpp"

#include <nlohmann/json.hpp>

namespace tessera::cli {
void add_version(CLI::App& app, Run& run) {
  auto* command = app.add_subcommand("version", "Prints the version");
  auto output = std::make_shared<std::string>("text");
  add_output(*command, *output);
  command->callback([output, &run] {
    run = [output] {
      if (*output == "json")
        fmt::print("{}\n", nlohmann::ordered_json{{"schema", "tessera.version/1"}, {"version", TESSERA_VERSION}, {"compiler", "g++ " __VERSION__}}.dump());
      else fmt::print("tessera {} (g++ {})\n", TESSERA_VERSION, __VERSION__);
      return done;
    };
  });
}
}  // namespace tessera::cli
