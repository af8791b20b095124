// arrays.NAME: whole array workloads on a cluster of 2 lanes in this process, beside Dask on the same in turn (benchmarks/peers/arrays.py), float64 but for
// median and percentiles. Data is in memory before, or made in the graph where the name ends in ".generated".
//
//     bench_array_workloads [NAME...] [--repeats N] [--alone]
//
// Three lines each: seconds, Dask's, and how many times longer Dask took, repeat by repeat. "cpu" is the same of the processors' seconds, which
// others on the machine change less. --alone leaves Dask out.
#include "benchmarks/measure.hpp"
#include "client/tessera.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <optional>

namespace {
using namespace tessera;
using benchmarks::Parameters;

constexpr std::int64_t line_length = 200'000'000, line_chunk = 8'000'000;  // 1.6 GB in chunks of 64 MB.

double cpu_now() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Timed { double seconds = 0, cpu = 0, result = 0; };

/// The other side, a process that does a repeat for each line that it is sent.
class Peer {
 public:
  explicit Peer(const std::string& workload) {
    int to[2], from[2];
    if (pipe(to) != 0 || pipe(from) != 0) throw Error(ErrorCode::io_failed, "no pipe to the peer");
    child_ = fork();
    if (child_ == 0) {
      dup2(to[0], 0), dup2(from[1], 1);
      for (const int one : {to[0], to[1], from[0], from[1]}) close(one);
      execl("/usr/bin/python3", "python3", "-W", "ignore", "benchmarks/peers/arrays.py", workload.c_str(), nullptr);
      _exit(127);
    }
    close(to[0]), close(from[1]);
    to_ = fdopen(to[1], "w"), from_ = fdopen(from[0], "r");
  }
  Peer(const Peer&) = delete;
  ~Peer() {
    fclose(to_), fclose(from_);
    waitpid(child_, nullptr, 0);
  }
  Timed run() {
    Timed timed;
    fputs("again\n", to_), fflush(to_);
    if (fscanf(from_, "%lf %lf %lf", &timed.seconds, &timed.cpu, &timed.result) != 3)
      throw Error(ErrorCode::io_failed, "benchmarks/peers/arrays.py gave no figure: it needs Debian's python3-dask and the root of the project as working directory");
    return timed;
  }

 private:
  pid_t child_ = -1;
  FILE *to_ = nullptr, *from_ = nullptr;
};

/// Makes the data, and gives what is timed.
using Repeat = std::function<double()>;
struct Workload {
  const char* name;
  bool can_be_generated;
  double input_bytes;
  std::function<Repeat(Cluster&, bool in_memory)> prepare;
};

std::vector<Array> kept(Cluster& cluster, bool in_memory, std::vector<Array> arrays) {
  if (!in_memory) return arrays;
  auto persisted = xp::persist(cluster, arrays);
  for (const Array& one : persisted) xp::max(one).compute(cluster);  // Waits, and maps its pages.
  return persisted;
}
Array line() { return xp::arange(0.0, static_cast<double>(line_length), 1.0, {.chunks = line_chunk}); }
Array grid(std::int64_t n, std::int64_t rows, std::int64_t columns) {
  const auto along = [&](std::int64_t chunk) { return xp::arange(0.0, static_cast<double>(n), 1.0, {.chunks = chunk}); };
  return along(rows)[{Slice{}, NewAxis{}}] * 1e-3 + along(columns)[{NewAxis{}, Slice{}}];
}
double sum_of(const Block& block) {
  double sum = 0;
  for (const double one : block.data<double>()) sum += one;
  return sum;
}

Repeat mean_std(Cluster& cluster, bool in_memory) {
  return [&cluster, x = kept(cluster, in_memory, {line()})[0]] {
    const auto both = xp::compute(cluster, {xp::mean(x), xp::std(x)});
    return sum_of(both[0]) + sum_of(both[1]);
  };
}
Repeat chain(Cluster& cluster, bool in_memory) {
  const Array first = line() * 1e-7;
  return [&cluster, data = kept(cluster, in_memory, {first, 20.0 - first})] {
    const Array &x = data[0], &y = data[1];
    return xp::sum(xp::sqrt(x * x + y * y) * 0.5 + xp::sin(x)).item<double>(cluster);
  };
}
Repeat square_difference(Cluster& cluster, bool in_memory) {
  const Array first = line() * 1e-7;
  return [&cluster, data = kept(cluster, in_memory, {first, first * 3.0})] { return xp::mean(xp::square(data[0] - data[1])).item<double>(cluster); };
}
Repeat transposed_sum(Cluster& cluster, bool in_memory) {
  return [&cluster, x = kept(cluster, in_memory, {grid(12'000, 1000, 1000)})[0]] { return sum_of(xp::mean(x + x.T(), {.axis = 0}).compute(cluster)); };
}
Repeat rechunk(Cluster& cluster, bool in_memory) {
  return [&cluster, x = kept(cluster, in_memory, {grid(8'000, 1000, 8000)})[0]] {
    return xp::sum(xp::rechunk(x, {8000, 1000})).item<double>(cluster);
  };
}
Repeat small_chunks(Cluster& cluster, bool) {
  return [&cluster] { return xp::sum(xp::arange(0.0, 100'000 * 2048.0, 1.0, {.chunks = 2048})).item<double>(cluster); };
}

/// float32 in no order: a multiplicative generator over the index.
Array series(Cluster& cluster) {
  const std::int64_t hours = 8760, rows = 90, columns = 360;
  const Array index = xp::arange(hours * rows * columns, {.chunks = 120 * rows * columns});
  return kept(cluster, true, {xp::reshape(xp::astype(index * 48271 % 2147483647, Dtype::float32), {hours, rows, columns})})[0];
}
Repeat median(Cluster& cluster, bool) {
  return [&cluster, x = series(cluster)] { return xp::sum(xp::median(x, {.axis = 0}), {.dtype = Dtype::float64}).item<double>(cluster); };
}
Repeat percentiles(Cluster& cluster, bool) {
  return [&cluster, x = series(cluster)] { return xp::sum(xp::percentile(x, {10, 50, 90}, {.axis = 0}), {.dtype = Dtype::float64}).item<double>(cluster); };
}

Repeat matmul(Cluster& cluster, bool) {
  return [&cluster, data = kept(cluster, true, {grid(4'000, 1000, 1000), grid(4'000, 1000, 1000) + 1.0})] {
    return xp::sum(xp::matmul(data[0], data[1])).item<double>(cluster);
  };
}
void mean_of_neighbours(View<const double, 2> x, View<double, 2> y) {
  for (std::int64_t i = 0; i < y.extent(0); ++i) {
    const double *a = x.row(i - 1), *b = x.row(i), *c = x.row(i + 1);
    for (std::int64_t j = 0; j < y.extent(1); ++j)
      y(i, j) = (a[j - 1] + a[j] + a[j + 1] + b[j - 1] + b[j] + b[j + 1] + c[j - 1] + c[j] + c[j + 1]) / 9;
  }
}
TESSERA_KERNEL(mean_of_neighbours);
Repeat stencil(Cluster& cluster, bool) {
  return [&cluster, x = kept(cluster, true, {grid(8'000, 1000, 1000)})[0]] {
    return xp::sum(xp::map_overlap(mean_of_neighbours, {.depth = 1, .boundary = Edge::nearest}, x)).item<double>(cluster);
  };
}
Array tall(Cluster& cluster) {
  const Array i = xp::arange(0.0, 100'000.0, 1.0, {.chunks = 10'000})[{Slice{}, NewAxis{}}], j = xp::arange(0.0, 100.0)[{NewAxis{}, Slice{}}];
  return kept(cluster, true, {xp::cos(i * 0.37 + j * j * 0.11 + (i * j) % 7)})[0];
}
Repeat qr(Cluster& cluster, bool) {
  return [&cluster, x = tall(cluster)] { return xp::sum(xp::abs(xp::linalg::qr(x).r)).item<double>(cluster); };
}
Repeat svd(Cluster& cluster, bool) {
  return [&cluster, x = tall(cluster)] { return xp::sum(xp::linalg::svd(x, {.full_matrices = false}).s).item<double>(cluster); };
}

std::vector<Workload> workloads() {
  constexpr double line_bytes = 8.0 * line_length;
  return {{"mean_std", true, line_bytes, mean_std},
          {"chain", true, 2 * line_bytes, chain},
          {"square_difference", false, 2 * line_bytes, square_difference},
          {"transposed_sum", true, 8.0 * 12'000 * 12'000, transposed_sum},
          {"rechunk", true, 8.0 * 8'000 * 8'000, rechunk},
          {"small_chunks", false, 8.0 * 100'000 * 2048, small_chunks},
          {"median", false, 4.0 * 8760 * 90 * 360, median},
          {"percentiles", false, 4.0 * 8760 * 90 * 360, percentiles},
          {"matmul", false, 3 * 8.0 * 4'000 * 4'000, matmul},
          {"stencil", false, 8.0 * 8'000 * 8'000, stencil},
          {"qr", false, 8.0 * 100'000 * 100, qr},
          {"svd", false, 8.0 * 100'000 * 100, svd}};
}

Timed timed(const Repeat& repeat) {
  const double begin = benchmarks::seconds_now(), cpu = cpu_now();
  Timed timed;
  timed.result = repeat();
  timed.seconds = benchmarks::seconds_now() - begin, timed.cpu = cpu_now() - cpu;
  return timed;
}

bool measure(const Workload& workload, const std::string& name, int repeats, bool alone) {
  auto cluster = Cluster::local({.lanes = 2});
  const Repeat repeat = workload.prepare(cluster, name == workload.name);
  std::optional<Peer> peer;
  if (!alone) peer.emplace(name);
  std::vector<double> ours, theirs, ratios, cpu, their_cpu, cpu_ratios;
  bool is_equal = true;
  for (int i = 0; i <= repeats; ++i) {
    const Timed one = timed(repeat), other = peer ? peer->run() : one;
    is_equal = is_equal && std::abs(one.result - other.result) <= (name == "percentiles" ? 1e-7 : 1e-9) * std::abs(other.result);
    if (i == 0) continue;  // The first of both touches memory for the first time.
    ours.push_back(one.seconds), theirs.push_back(other.seconds), ratios.push_back(other.seconds / one.seconds);
    cpu.push_back(one.cpu), their_cpu.push_back(other.cpu), cpu_ratios.push_back(other.cpu / one.cpu);
  }
  const double gigabytes = workload.input_bytes / 1e9;
  benchmarks::report("arrays." + name, "s", ours, Parameters().add("lanes", 2).add("cpu", benchmarks::median(cpu)).add("GBps", gigabytes / benchmarks::median(ours)));
  if (!peer) return true;
  benchmarks::report("peers.dask.arrays." + name, "s", theirs,
                     Parameters().add("threads", 2).add("cpu", benchmarks::median(their_cpu)).add("GBps", gigabytes / benchmarks::median(theirs)));
  benchmarks::report("arrays." + name + ".times_dask", "times", ratios, Parameters().add("cpu", benchmarks::median(cpu_ratios)).add("same_result", is_equal));
  return is_equal;
}
}  // namespace

int main(int argc, char** argv) {
  std::vector<char*> names{argv[0]};
  int repeats = 5;
  bool alone = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--alone") == 0) alone = true;
    else if (std::strcmp(argv[i], "--repeats") == 0 && i + 1 < argc) repeats = std::max(1, std::atoi(argv[++i]));
    else names.push_back(argv[i]);
  }
  const benchmarks::Menu menu(static_cast<int>(names.size()), names.data());
  bool all_right = true;
  for (const Workload& one : workloads())
    for (const char* where : {"", ".generated"}) {
      const std::string name = std::string(one.name) + where;
      if ((*where == 0 || one.can_be_generated) && menu.has("arrays." + name)) all_right = measure(one, name, repeats, alone) && all_right;
    }
  return all_right ? 0 : 1;
}
