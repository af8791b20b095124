"""Dask on the workloads of benchmarks/array_workloads.cpp: threads, 2 of them.

    arrays.py NAME    makes the data, then does the workload once for each line of standard input

For each line it writes one: seconds, seconds of its processors, and the result as a number, by which the other side sees that both
computed the same. Data "in memory" is persisted before; that of ".generated" is made within the graph. Chunks are the same on both sides.
"""
import os
import resource
import sys
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # A lane is a thread of its own.
import dask
import dask.array as da
import numpy as np

LINE, CHUNK = 200_000_000, 8_000_000  # 1.6 GB in chunks of 64 MB.


def kept(in_memory, *arrays):
    return dask.persist(*arrays) if in_memory else arrays


def line():
    return da.arange(LINE, chunks=CHUNK, dtype="f8")


def grid(n, rows, columns):
    return da.arange(n, chunks=rows, dtype="f8")[:, None] * 1e-3 + da.arange(n, chunks=columns, dtype="f8")[None, :]


def mean_std(in_memory):
    (x,) = kept(in_memory, line())
    return lambda: sum(dask.compute(x.mean(), x.std()))


def chain(in_memory):
    x = line() * 1e-7
    x, y = kept(in_memory, x, 20.0 - x)
    return lambda: (da.sqrt(x * x + y * y) * 0.5 + da.sin(x)).sum().compute()


def square_difference(in_memory):
    a = line() * 1e-7
    a, b = kept(in_memory, a, a * 3.0)
    return lambda: ((a - b) ** 2).mean().compute()


def transposed_sum(in_memory):
    (x,) = kept(in_memory, grid(12_000, 1000, 1000))
    return lambda: (x + x.T).mean(axis=0).compute().sum()


def rechunk(in_memory):
    (x,) = kept(in_memory, grid(8_000, 1000, 8000))
    return lambda: x.rechunk((8000, 1000)).map_blocks(lambda b: b.sum(keepdims=True), chunks=((1,), (1,) * 8)).sum().compute()


def small_chunks(in_memory):
    x = da.arange(100_000 * 2048, chunks=2048, dtype="f8")
    return lambda: x.sum().compute()


def series():
    """float32 in no order: a multiplicative generator over the index."""
    shape, days = (8760, 90, 360), 120
    x = (da.arange(shape[0] * shape[1] * shape[2], chunks=days * shape[1] * shape[2], dtype="i8") * 48271 % 2147483647).astype("f4")
    return kept(True, x.reshape(shape))[0]


def median(in_memory):
    x = series()
    return lambda: da.median(x, axis=0).sum(dtype="f8").compute()


def percentiles(in_memory):
    x = series().rechunk({0: -1, 1: "auto", 2: "auto"})
    return lambda: x.map_blocks(lambda b: np.percentile(b, [10, 50, 90], axis=0), dtype="f8", chunks=((3,),) + x.chunks[1:]).sum(dtype="f8").compute()


def matmul(in_memory):
    a, b = kept(True, grid(4000, 1000, 1000), grid(4000, 1000, 1000) + 1.0)
    return lambda: (a @ b).sum().compute()


def mean_of_neighbours(block):
    padded = np.pad(block, 1, mode="edge")
    result = np.zeros_like(block)
    for i in range(3):
        for j in range(3):
            result += padded[i:i + block.shape[0], j:j + block.shape[1]]
    result /= 9
    return result


def stencil(in_memory):
    (x,) = kept(True, grid(8_000, 1000, 1000))
    return lambda: x.map_overlap(mean_of_neighbours, depth=1, boundary="nearest", dtype="f8").sum().compute()


def tall():
    i, j = da.arange(100_000, chunks=10_000, dtype="f8")[:, None], da.arange(100, chunks=100, dtype="f8")[None, :]
    return kept(True, da.cos(i * 0.37 + j * j * 0.11 + (i * j) % 7))[0]


def qr(in_memory):
    x = tall()
    return lambda: abs(da.linalg.qr(x)[1]).sum().compute()


def svd(in_memory):
    x = tall()
    return lambda: da.linalg.svd(x)[1].sum().compute()


def main():
    name, _, where = sys.argv[1].partition(".")
    dask.config.set(scheduler="threads", num_workers=2)
    run = globals()[name](in_memory=where != "generated")
    for _ in sys.stdin:
        before = resource.getrusage(resource.RUSAGE_SELF)
        begin = time.perf_counter()
        result = run()
        seconds = time.perf_counter() - begin
        after = resource.getrusage(resource.RUSAGE_SELF)
        print(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, repr(float(result)), flush=True)


if __name__ == "__main__":
    main()
