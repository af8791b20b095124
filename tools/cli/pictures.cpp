#include "tools/cli/pictures.hpp"

#include "io/file.hpp"
#include "simulation/picture/pictures.hpp"
#include "tools/cli/exit_code.hpp"
#include "tools/cli/options.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <set>

namespace tessera::cli {
namespace picture = simulation::picture;

void Pictures::add(CLI::App& command) {
  const auto file = [&](const char* name, std::string& path, const char* what) { command.add_option(name, path, what)->type_name("FILE")->group("Pictures of one run or two"); };
  file("--html", html_, "A page that needs no network: tasks by core or by name, transfers, links, memory, critical path");
  file("--svg", svg_, "For print");
  file("--trace", trace_, "For ui.perfetto.dev and chrome://tracing");
  file("--csv", csv_, "A line for each task and each transfer");
}

bool Pictures::is_wanted() const { return !html_.empty() || !svg_.empty() || !trace_.empty() || !csv_.empty(); }

void Pictures::check(std::size_t runs, std::span<const std::string> inputs) const {
  if (!is_wanted()) return;
  if (runs == 0) throw Error(ErrorCode::invalid_argument, "there is no run to draw: name a --scheduler");
  if (runs > 2) throw Error(ErrorCode::invalid_argument, fmt::format("{} runs do not go into one picture: --html, --svg, --trace and --csv take one run, or two to compare", runs));
  std::set<std::string> paths;
  for (const auto& [option, path] : {std::pair("--html", &html_), {"--svg", &svg_}, {"--trace", &trace_}, {"--csv", &csv_}}) {
    if (path->empty()) continue;
    if (!paths.insert(std::filesystem::path(*path).lexically_normal().string()).second) throw Error(ErrorCode::invalid_argument, fmt::format("{} {}: another option names the same file", option, *path));
    check_output(option, *path, inputs);
    std::error_code error;
    if (std::filesystem::is_directory(*path, error)) throw Error(ErrorCode::io_failed, fmt::format("{} {}: this is a folder; name a file in it", option, *path));
    const std::string probe = io::temporary_name(*path);
    const auto written = io::write_atomically(probe, std::string_view());
    std::filesystem::remove(probe, error);
    if (!written) throw Error(ErrorCode::io_failed, fmt::format("{} {}: no file can be written there; name one in a folder that exists and that this user may write", option, *path));
  }
}

void Pictures::write(const std::string& title, std::span<const picture::Timeline> runs) const {
  const auto put = [](const std::string& path, const std::string& text) {
    if (auto written = io::write_atomically(path, text); !written) throw error_of(written.failure());
  };
  if (!html_.empty()) put(html_, picture::html(title, runs));
  if (!svg_.empty()) put(svg_, picture::svg(title, runs));
  if (!trace_.empty()) put(trace_, picture::trace(runs));
  if (!csv_.empty()) put(csv_, picture::csv(runs));
}
}  // namespace tessera::cli
