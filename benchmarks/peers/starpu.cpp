// StarPU on the patterns: a task each with explicit dependencies, its default scheduler, 2 CPU workers.
#include "benchmarks/peers/cases.hpp"

#include <starpu.h>

#include <cstdlib>

namespace {
using namespace tessera::benchmarks;
long iterations_a_task = 0;
void codelet(void**, void*) { do_work(iterations_a_task); }

double run(const Pattern& pattern, long iterations) {
  static starpu_codelet work = [] {
    starpu_codelet it;
    starpu_codelet_init(&it);
    it.cpu_funcs[0] = codelet;
    return it;
  }();
  iterations_a_task = iterations;
  std::vector<starpu_task*> tasks(pattern.size());
  const double begin = seconds_now();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    starpu_task* task = tasks[i] = starpu_task_create();
    task->cl = &work;
    task->destroy = 0;
    starpu_task* inputs[8];
    unsigned count = 0;
    for (std::uint64_t e = pattern.begin[i]; e < pattern.begin[i + 1]; ++e) inputs[count++] = tasks[pattern.predecessors[e]];
    if (count > 0) starpu_task_declare_deps_array(task, count, inputs);
    if (starpu_task_submit(task) != 0) std::abort();
  }
  starpu_task_wait_for_all();
  const double took = seconds_now() - begin;
  for (starpu_task* task : tasks) starpu_task_destroy(task);
  return took;
}
}  // namespace

int main() {
  setenv("STARPU_NCPU", "2", 1);
  setenv("STARPU_NCUDA", "0", 1);
  setenv("STARPU_NOPENCL", "0", 1);
  setenv("STARPU_SILENT", "1", 1);
  if (starpu_init(nullptr) != 0) return 1;
  measure_peer("starpu", run);
  starpu_shutdown();
}
