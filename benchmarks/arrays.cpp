// arrays.kernels.*: the speed of element-wise programs and reductions on one thread, over chunks of 64 MiB in memory, beside what the
// same thread reads in the same run. float64; seconds of the thread, not of the clock.
#include "benchmarks/measure.hpp"

#include "arrays/kernels/lanes/lanes.hpp"

#include <cstdlib>
#include <ctime>

namespace {
using namespace tessera::arrays;
using namespace tessera::arrays::kernels;
using tessera::benchmarks::Menu;
using tessera::benchmarks::Parameters;

/// Seconds that this thread computed: others on the same machine take time from it, but not from these.
double seconds_now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

constexpr std::int64_t chunk_elements = 8 << 20;  // 64 MiB.
constexpr int chunk_count = 8, repeats = 7;

std::vector<Block> chunks(double scale) {
  std::vector<Block> made;
  for (int c = 0; c < chunk_count; ++c)
    made.push_back(Block::make<double>({chunk_elements}, [&](std::span<double> to) {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] = (static_cast<double>(c) * chunk_elements + static_cast<double>(i)) * scale;
    }));
  return made;
}

/// Bytes read are summed as integers, eight at a time: nothing but reading takes time.
std::uint64_t read(const Block& block) {
  std::uint64_t sums[8] = {};
  const auto data = std::span(reinterpret_cast<const std::uint64_t*>(block.raw().data()), block.raw().size() / 8);
  for (std::size_t i = 0; i < data.size(); i += 8)
    for (std::size_t k = 0; k < 8; ++k) sums[k] += data[i + k];
  std::uint64_t sum = 0;
  for (const std::uint64_t one : sums) sum += one;
  return sum;
}

template <class T>
T must(tessera::runtime::Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "bench_arrays: {}\n", result.failure().message);
  std::exit(1);
}

/// A program, the reductions of its outputs, and the arrays that it reads.
struct Work {
  std::string name;
  Program program;
  std::vector<Reducer> reducers;
  std::vector<const std::vector<Block>*> arrays;
};

/// Seconds of one pass over all chunks, with the last step.
double run(const Work& work, double& result, const Lanes& with) {
  std::vector<Reduction> reductions;
  for (std::size_t k = 0; k < work.reducers.size(); ++k) reductions.push_back(must(reduction_of(work.reducers[k], work.program.dtype(work.program.outputs[k]))));
  const std::vector<std::size_t> axes{0};
  const double begin = seconds_now();
  std::vector<std::vector<Block>> partials(reductions.size());
  for (int c = 0; c < chunk_count; ++c) {
    std::vector<Block> inputs;
    for (const auto* array : work.arrays) inputs.push_back(array->at(static_cast<std::size_t>(c)));
    const auto made = must(evaluate_and_reduce(work.program, inputs, inputs.front().shape(), reductions, axes, {}, with));
    for (std::size_t k = 0; k < made.size(); ++k) partials[k].push_back(made[k]);
  }
  for (std::size_t k = 0; k < reductions.size(); ++k) result = must(finish(reductions[k], must(combine(reductions[k], partials[k])))).data<double>()[0];
  return seconds_now() - begin;
}

std::vector<Work> works(const std::vector<Block>& x, const std::vector<Block>& y) {
  constexpr Dtype d = Dtype::float64;
  std::vector<Work> all;
  all.push_back({"mean_std", {{d}, {}, {}, {0, 0}}, {Reducer::mean, Reducer::std}, {&x}});
  all.push_back({"sum", {{d}, {}, {}, {0}}, {Reducer::sum}, {&x}});
  // sqrt(x * x + y * y) * 0.5 + sin(x)
  all.push_back({"chain", {{d, d}, {Scalar::of(0.5)},
                 {{Op::multiply, d, {0, 0, 0}}, {Op::multiply, d, {1, 1, 0}}, {Op::add, d, {3, 4, 0}}, {Op::sqrt, d, {5, 0, 0}},
                  {Op::multiply, d, {6, 2, 0}}, {Op::sin, d, {0, 0, 0}}, {Op::add, d, {7, 8, 0}}}, {9}}, {Reducer::sum}, {&x, &y}});
  // (x - y) ** 2
  all.push_back({"square_difference", {{d, d}, {}, {{Op::subtract, d, {0, 1, 0}}, {Op::square, d, {2, 0, 0}}}, {3}}, {Reducer::mean}, {&x, &y}});
  return all;
}
}  // namespace

int main(int argc, char** argv) {
  const Menu menu(argc, argv);
  const std::vector<Block> x = chunks(1e-7), y = chunks(3e-7);
  volatile std::uint64_t sink = 0;
  const double gigabytes = chunk_count * static_cast<double>(chunk_elements) * 8 / 1e9;
  const auto read_speed = [&] {
    const double begin = seconds_now();
    for (const Block& one : x) sink = sink + read(one);
    return gigabytes / (seconds_now() - begin);
  };
  for (const Work& work : works(x, y)) {
    const std::string name = "arrays.kernels." + work.name;
    if (!menu.has(name)) continue;
    for (const Lanes* with : all_lanes()) {
      std::vector<double> speeds, shares, reads;
      double result = 0;
      run(work, result, *with);
      for (int r = 0; r < repeats; ++r) {  // Reading is measured beside each repeat: the machine's speed changes.
        reads.push_back(read_speed());
        speeds.push_back(static_cast<double>(work.arrays.size()) * gigabytes / run(work, result, *with));
        shares.push_back(speeds.back() / reads.back());
      }
      tessera::benchmarks::report(name, "GB/s", speeds,
                                  Parameters().add("lanes", with->name).add("read_GBps", tessera::benchmarks::median(reads))
                                      .add("share_of_read", tessera::benchmarks::median(shares)).add("threads", 1).add("result", fmt::format("{:.17g}", result)));
    }
  }
}
