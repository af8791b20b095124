// Conway's game of life on a torus, chunk by chunk: a kernel that looks at its neighbours, which `xp::map_overlap` calls.
#include "client/processes.hpp"
#include "client/tessera.hpp"
#include "examples/picture/png.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {
using tessera::Array;
using tessera::Cluster;
using tessera::Edge;
using tessera::View;
namespace xp = tessera::xp;

/// A cell of 255 lives; the others tell how long ago they died: 254 in the last generation, then less.
constexpr std::uint8_t alive = 255;

void next_generation(View<const std::uint8_t, 2> cells, View<std::uint8_t, 2> next) {
  for (std::int64_t i = 0; i < next.extent(0); ++i) {
    const std::uint8_t *above = cells.row(i - 1), *here = cells.row(i), *below = cells.row(i + 1);
    const auto lives = [](std::uint8_t cell) { return static_cast<int>(cell == alive); };
    for (std::int64_t j = 0; j < next.extent(1); ++j) {
      const int neighbours = lives(above[j - 1]) + lives(above[j]) + lives(above[j + 1]) + lives(here[j - 1]) + lives(here[j + 1]) + lives(below[j - 1]) +
                             lives(below[j]) + lives(below[j + 1]);
      const bool is_alive = neighbours == 3 || (neighbours == 2 && here[j] == alive);
      next(i, j) = is_alive ? alive : static_cast<std::uint8_t>(here[j] > 0 ? here[j] - 1 : 0);
    }
  }
}
TESSERA_KERNEL(next_generation);

struct Options {
  std::int64_t width = 360, height = 240, chunk = 120, generations = 100, scale = 3;
  double density = 0.2;
  std::uint64_t seed = 1;
  unsigned processes = 0;
  std::string output = "life.png";
};

void add(CLI::App& app, Options& options) {
  app.add_option("--width", options.width, "Cells")->check(CLI::Range(1, 20'000))->capture_default_str();
  app.add_option("--height", options.height, "Cells")->check(CLI::Range(1, 20'000))->capture_default_str();
  app.add_option("--generations", options.generations, "How many")->check(CLI::Range(0, 1'000'000))->capture_default_str();
  app.add_option("--density", options.density, "Of living cells in the beginning")->check(CLI::Range(0.0, 1.0))->capture_default_str();
  app.add_option("--seed", options.seed, "Of the beginning")->capture_default_str();
  app.add_option("--chunk", options.chunk, "Cells along each side of a chunk")->check(CLI::Range(1, 20'000))->capture_default_str();
  app.add_option("--scale", options.scale, "Pixels along each side of a cell")->check(CLI::Range(1, 16))->capture_default_str();
  app.add_option("--processes", options.processes, "On so many processes of this machine; default: in this one")->check(CLI::Range(1u, 64u));
  app.add_option("--output", options.output, "The picture of the last generation")->type_name("FILE")->capture_default_str();
}

Array begin(const Options& options) {
  const Array random = xp::random::uniform({options.height, options.width}, options.seed, {.chunks = options.chunk});
  return xp::astype(xp::where(random < options.density, alive, 0), tessera::Dtype::uint8);
}

void work(const Options& options) {
  Cluster cluster = options.processes > 0 ? Cluster::processes({.processes = options.processes, .name = "life"}) : Cluster::local({.name = "life"});
  constexpr std::int64_t at_once = 10;  // So many generations are one graph; the chunks of the last stay on the cluster for the next.
  Array cells = begin(options).persist(cluster);
  for (std::int64_t done = 0; done < options.generations;) {
    for (const std::int64_t end = std::min(done + at_once, options.generations); done < end; ++done)
      cells = xp::map_overlap(next_generation, {.depth = 1, .boundary = Edge::periodic}, cells);
    cells = cells.persist(cluster);
  }
  const auto results = xp::compute(cluster, {cells, xp::count_nonzero(cells == alive)});
  const View<const std::uint8_t, 2> last(results[0]);
  picture::write(options.output, options.width * options.scale, options.height * options.scale, [&](std::int64_t i, std::int64_t j) {
    const std::uint8_t cell = last(i / options.scale, j / options.scale);
    if (cell == alive) return picture::Rgb{255, 250, 235};
    const int left = std::max(0, cell - 175);  // What died 80 generations ago is dark.
    return picture::Rgb{static_cast<std::uint8_t>(8 + left), static_cast<std::uint8_t>(10 + left), static_cast<std::uint8_t>(30 + 2 * left)};
  });
  fmt::print("{}: {} of {} cells live after {} generations, in {} chunks\n", options.output, results[1].data<std::int64_t>()[0], cells.size(), options.generations,
             cells.chunks()[0].size() * cells.chunks()[1].size());
}
}  // namespace

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  CLI::App app{"Conway's game of life on a torus as a picture, computed chunk by chunk", "life"};
  Options options;
  add(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    work(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "life: {}\n", error.what());
    return 1;
  }
}
