"""Dask on the patterns: the graph as a plain dict, through dask.threaded.get or Client.get; no fusion, no collection layer.

    dask_tasks.py KERNEL_LIBRARY

Threads: dask.threaded, 2 workers. Processes: a LocalCluster of 2 processes with a thread each. Making the dict is not timed.
"""
import ctypes
import gc
import json
import logging
import os
import statistics
import sys
import time

import dask
import dask.threaded
from patterns import pattern

CORES = 2
# A task over processes takes about a millisecond, in a chain 6: fewer of them say the same.
FOR_THREADS = [("independent", 10000, 0), ("chain", 10000, 0), ("tree", 1 << 14, 0), ("stencil_1d", 64, 200), ("fft", 64, 200),
               ("random_nearest", 64, 200)]
FOR_PROCESSES = [("independent", 2000, 0), ("chain", 1000, 0), ("tree", 1 << 11, 0), ("stencil_1d", 64, 32), ("fft", 64, 32),
                 ("random_nearest", 64, 32)]


def empty(*_):
    return None


def kernel(library):
    """Kept in `sys`: what the functions here name themselves is pickled with them, and a C function cannot be."""
    found = getattr(sys, "tessera_kernel", None)
    if found is None:
        found = sys.tessera_kernel = ctypes.CDLL(library).tessera_kernel
        found.argtypes, found.restype = [ctypes.c_long], ctypes.c_double
    return found


def work(library, iterations, *_):
    kernel(library)(iterations)


def report(name, unit, samples, **params):
    line = {"name": name, "value": statistics.median(samples), "unit": unit, "min": min(samples), "max": max(samples), "n": len(samples)}
    print(json.dumps({k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in line.items()} | {"params": params}), flush=True)


def build(tasks, function, *first):
    used = {i for inputs in tasks for i in inputs}
    graph = {("t", i): (function, *first, *[("t", j) for j in inputs]) for i, inputs in enumerate(tasks)}
    return graph, [("t", i) for i in range(len(tasks)) if i not in used]


def peak_rate(library):
    best = 0.0
    for _ in range(60):
        begin = time.perf_counter()
        kernel(library)(1_000_000)
        best = max(best, 1_000_000 / (time.perf_counter() - begin))
    return best * CORES


def metg(run, library, steps, limit_seconds):
    """As benchmarks/grain.hpp."""
    tasks = pattern("stencil_1d", 64, steps)
    peak, rows, iterations = peak_rate(library), [], 1 << 22
    while iterations >= 1:
        ideal = len(tasks) * iterations / peak
        if ideal <= limit_seconds:
            all_ = [run(*build(tasks, work, library, iterations)) for _ in range(5)]
            rows.append((ideal, statistics.median(all_), min(all_), max(all_)))
            if ideal / min(all_) < 0.4:
                break
        iterations //= 2
    values = []
    for column in (1, 2, 3):
        for coarse, fine in reversed(list(zip(rows, rows[1:]))):
            above, below = coarse[0] / coarse[column], fine[0] / fine[column]
            if above >= 0.5 > below:
                elapsed = coarse[column] + (above - 0.5) / (above - below) * (fine[column] - coarse[column])
                values.append(elapsed * CORES / len(tasks) * 1e6)
                break
    return values


def measure(name, run, library, cases, steps):
    run(*build(pattern("independent", 500), empty))
    for shape, a, b in cases:
        tasks = pattern(shape, a, b)
        graph, keys = build(tasks, empty)
        samples = [run(graph, keys) / len(tasks) * 1e6 for _ in range(5)]
        report(f"peers.{name}.{shape}", "us/task", samples, tasks=len(tasks), edges=sum(map(len, tasks)), threads=CORES)
    values = metg(run, library, steps, 3)
    if values:
        report(f"peers.{name}.metg.stencil_1d", "us", sorted(values), width=64, steps=steps, threads=CORES)


def threads(graph, keys):
    gc.collect()
    begin = time.perf_counter()
    dask.threaded.get(graph, keys, num_workers=CORES)
    return time.perf_counter() - begin


def main():
    library = sys.argv[1]
    measure("dask_threads", threads, library, FOR_THREADS, 100)
    from distributed import Client, LocalCluster, wait
    logging.getLogger("distributed").setLevel(logging.ERROR)
    with LocalCluster(n_workers=CORES, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:

        def processes(graph, keys):
            while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
                time.sleep(0.05)
            begin = time.perf_counter()
            futures = client.get(graph, keys, sync=False)
            wait(futures)
            return time.perf_counter() - begin

        measure("dask_processes", processes, library, FOR_PROCESSES, 20)


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
