// start.local, idle.local and control.latency: what a cluster inside a process costs besides its tasks.
#include "benchmarks/measure.hpp"
#include "client/tessera.hpp"

#include <sys/resource.h>

#include <atomic>
#include <thread>

namespace {
std::atomic<bool> computing{false};
std::atomic<int> lanes_busy{0};
std::int64_t one(std::int64_t salt) { return salt; }
std::int64_t compute(std::int64_t salt) {
  ++lanes_busy;
  volatile double x = 1;
  while (computing) x = x * 0.999 + 1e-3;
  return salt;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}
}  // namespace
TESSERA_OPERATION(one);
TESSERA_OPERATION(compute);

int main(int argc, char** argv) {
  using namespace tessera;
  using namespace tessera::benchmarks;
  const Menu menu(argc, argv);
  if (menu.has("start.local")) {
    std::vector<double> all;
    for (int i = 0; i < 15; ++i) {
      const double begin = seconds_now();
      Cluster cluster = Cluster::local({.lanes = 2});
      cluster.submit(one, std::int64_t{i}).get();
      all.push_back((seconds_now() - begin) * 1e3);
    }
    report("start.local", "ms", all, Parameters().add("lanes", 2).add("to", "first result"));
  }
  if (menu.has("idle.local")) {
    Cluster cluster = Cluster::local({.lanes = 2});
    cluster.submit(one, std::int64_t{0}).get();
    std::vector<double> all;
    for (int i = 0; i < 5; ++i) {
      const double cpu = own_cpu_seconds(), begin = seconds_now();
      std::this_thread::sleep_for(std::chrono::seconds(3));
      all.push_back((own_cpu_seconds() - cpu) / (seconds_now() - begin) * 100);
    }
    report("idle.local", "% of a core", all, Parameters().add("lanes", 2).add("seconds", 3));
  }
  if (menu.has("control.latency")) {
    std::vector<double> middle, late;
    for (int repeat = 0; repeat < 5; ++repeat) {
      Cluster cluster = Cluster::local({.lanes = 2});
      computing = true;
      lanes_busy = 0;
      std::vector<Future<std::int64_t>> busy{cluster.submit(compute, std::int64_t{1}), cluster.submit(compute, std::int64_t{2})};
      while (lanes_busy < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      std::vector<double> round_trips;
      for (int i = 0; i < 1000; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        const double begin = seconds_now();
        cluster.status();
        round_trips.push_back((seconds_now() - begin) * 1e6);
      }
      computing = false;
      cluster.wait(busy);
      middle.push_back(median(round_trips));
      late.push_back(quantile(round_trips, 0.99));
    }
    const auto parameters = Parameters().add("lanes", 2).add("what", "question to the coordinator and its answer").add("a_repeat", 1000);
    report("control.latency.p50", "us", middle, parameters);
    report("control.latency.p99", "us", late, parameters);
  }
}
