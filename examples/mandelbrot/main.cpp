// The Mandelbrot set, chunk by chunk: a kernel over typed views, which `xp::map_blocks` calls for each chunk of the picture.
#include "client/processes.hpp"
#include "client/tessera.hpp"
#include "examples/picture/png.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cmath>

namespace {
using tessera::Array;
using tessera::Cluster;
using tessera::View;
using tessera::arrays::Shape;
namespace xp = tessera::xp;

/// How many steps of z * z + c until z is far away, with a fraction, so that colours do not jump; 0 where it stays.
float steps_of(double re, double im, std::int64_t most) {
  double x = 0, y = 0;
  for (std::int64_t step = 0; step < most; ++step) {
    const double next = x * x - y * y + re;
    y = 2 * x * y + im, x = next;
    if (const double far = x * x + y * y; far > 256) return static_cast<float>(static_cast<double>(step) + 1 - std::log2(std::log2(far) / 8));
  }
  return 0;
}

// A row of real parts and a column of imaginary ones make a chunk of the picture.
void escape(View<const double, 2> re, View<const double, 2> im, std::int64_t most, View<float, 2> steps) {
  for (std::int64_t i = 0; i < steps.extent(0); ++i)
    for (std::int64_t j = 0; j < steps.extent(1); ++j) steps(i, j) = steps_of(re(0, j), im(i, 0), most);
}
Shape escape_shape(const std::vector<Shape>& operands, const std::int64_t&) { return {operands[1][0], operands[0][1]}; }
TESSERA_KERNEL_SHAPED(escape, escape_shape);

struct Options {
  std::int64_t width = 900, height = 600, chunk = 150, steps = 300;
  double re = -0.65, im = 0, span = 3.2;
  unsigned processes = 0;
  std::string output = "mandelbrot.png";
};

void add(CLI::App& app, Options& options) {
  app.add_option("--width", options.width, "Pixels")->check(CLI::Range(1, 20'000))->capture_default_str();
  app.add_option("--height", options.height, "Pixels")->check(CLI::Range(1, 20'000))->capture_default_str();
  app.add_option("--re", options.re, "Middle of the picture: real part")->capture_default_str();
  app.add_option("--im", options.im, "Middle of the picture: imaginary part")->capture_default_str();
  app.add_option("--span", options.span, "Width of the picture in the plane")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--steps", options.steps, "At most, for each pixel")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  app.add_option("--chunk", options.chunk, "Pixels along each side of a chunk")->check(CLI::Range(1, 20'000))->capture_default_str();
  app.add_option("--processes", options.processes, "On so many processes of this machine; default: in this one")->check(CLI::Range(1u, 64u));
  app.add_option("--output", options.output, "The picture")->type_name("FILE")->capture_default_str();
}

void work(const Options& options) {
  Cluster cluster = options.processes > 0 ? Cluster::processes({.processes = options.processes, .name = "mandelbrot"}) : Cluster::local({.name = "mandelbrot"});
  const double half = options.span / 2, tall = half * static_cast<double>(options.height) / static_cast<double>(options.width);
  const Array re = xp::linspace(options.re - half, options.re + half, options.width, {.chunks = options.chunk});
  const Array im = xp::linspace(options.im + tall, options.im - tall, options.height, {.chunks = options.chunk});
  const Array steps = xp::map_blocks(escape, xp::expand_dims(re, 0), xp::expand_dims(im, 1), options.steps);
  const auto results = xp::compute(cluster, {steps, xp::mean(xp::astype(steps == 0, tessera::Dtype::float64))});
  const View<const float, 2> pixels(results[0]);
  picture::write(options.output, options.width, options.height, [&](std::int64_t i, std::int64_t j) {
    const double value = pixels(i, j);
    return value == 0 ? picture::Rgb{0, 0, 0} : picture::flame(std::fmod(std::sqrt(std::max(value, 0.0)) / 8, 1.0));
  });
  fmt::print("{}: {} x {} pixels in {} chunks; {:.2f} % stay\n", options.output, options.width, options.height, steps.chunks()[0].size() * steps.chunks()[1].size(),
             100 * results[1].data<double>()[0]);
}
}  // namespace

int main(int argc, char** argv) {
  if (const auto code = tessera::node_main(argc, argv)) return *code;
  CLI::App app{"The Mandelbrot set as a picture, computed chunk by chunk", "mandelbrot"};
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
    fmt::print(stderr, "mandelbrot: {}\n", error.what());
    return 1;
  }
}
