"""Dask on graphs of benchmarks/memory_set that it can say, each in a process of its own, in a control group with a hard limit.

    memory_set.py [NAME...] [--scheduler threads|distributed] [--seconds N] [--spill-dir FOLDER]

Data, chunks and limits are those of `beside_peers` in benchmarks/memory_set.cpp: a row here has one there. The group's limit is the
budget + 64 MiB, memory and swap. Threads: one process, 2 threads; Dask has no budget of its own there. Distributed: a LocalCluster of
one worker of 2 threads whose memory_limit is the budget; its nanny and the client with the scheduler are in the group, too.
The value is the graph's time; null where it did not end right. `peak` is the sum of the resident sets, looked at 20 times a second (what
processes share counts in each); `group_peak` is the kernel's count, page cache included. Dask compresses what it
spills where lz4 is installed, and these numbers compress well: Debian does not bring it along.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

MIB = 1 << 20
PERIOD = 11
GROUPS = "/sys/fs/cgroup/memory"
# Name: data, chunk and budget, in MiB.
CASES = {name: (8192, 64, 960) for name in ("sum", "climatology", "persist", "rechunk")} | {
    name: (4096, 16, 960) for name in ("fan_in", "fan_out", "tree_reduce", "persist_sum_twice", "random_order", "broadcast_one_to_all",
                                       "sliding_window", "stencil_1d", "anomaly", "quadratic_means", "transposed_reads", "all_to_all")}


def first_of(i):
    return 3 * i


# The operations, as in benchmarks/memory_set/operations.cpp.
def ramp(first, elements):
    import numpy as np
    pattern, whole = (np.arange(PERIOD) + first) % PERIOD, elements // PERIOD * PERIOD
    data = np.empty(elements)
    data[:whole].reshape(-1, PERIOD)[:] = pattern
    data[whole:] = pattern[:elements - whole]
    return data


def total(block):
    return float(block.sum())


def total_squared(block):
    return float((block * block).sum())


def sum_numbers(numbers):
    return float(sum(numbers))


def added(blocks):
    data = blocks[0].copy()
    for block in blocks[1:]:
        data += block
    return data


def minus(a, b):
    return a - b


def times(a, b):
    return a * b


def scaled(a, factor, summand):
    data = a * factor
    data += summand
    return data


def anomaly_of(a, factor, b):
    data = a * factor
    data -= b
    return data


def covariance_of(a, sum_a, b, sum_b, factor):
    return float((anomaly_of(a, factor, sum_a) * anomaly_of(b, factor, sum_b)).sum())


def transposed(block, side):
    import numpy as np
    data = block.copy()
    data[:side * side] = np.ascontiguousarray(block[:side * side].reshape(side, side).T).ravel()
    return data


def sum_over(elements, f):
    return sum(f(r) * ((elements - r + PERIOD - 1) // PERIOD) for r in range(PERIOD))


def value_at(first, at):
    return (first + at) % PERIOD


def sum_of(first, elements):
    return sum_over(elements, lambda at: value_at(first, at))


def sum_of_all(chunks, elements):
    return sum(sum_of(first_of(i), elements) for i in range(chunks))


def expect(got, expected):
    got, expected = list(got), list(expected)
    if got != [float(x) for x in expected]:
        raise ValueError(f"wrong: {got[:3]} instead of {expected[:3]}")


class Graphs:
    """One method a graph; `n` chunks of `elements` numbers."""

    def __init__(self, n, elements):
        import dask
        self.n, self.elements = n, elements
        self.op = lambda function, *inputs: dask.delayed(function, pure=False, traverse=True)(*inputs)

    def all_blocks(self, n=None):
        return [self.op(ramp, first_of(i), self.elements) for i in range(n or self.n)]

    def keep(self, values):
        import dask
        kept = list(dask.persist(*values))
        from distributed import default_client, wait
        try:
            default_client()
        except ValueError:
            return kept
        wait(kept)
        return kept

    def compute(self, values):
        import dask
        return dask.compute(*values)

    def tree(self, level):
        while len(level) > 1:
            level = [self.op(added, level[i:i + 4]) for i in range(0, len(level), 4)]
        return level[0]

    # The four of the reference (sum, climatology, persist, rechunk), as dask.array says them.
    def array(self):
        import dask.array as da
        return da.concatenate([da.from_delayed(b, (self.elements,), dtype="f8") for b in self.all_blocks()])

    def chain(self):
        x = self.array()
        y = 20.0 - x
        return x * x + y * y

    def chain_expected(self):
        return sum(sum_over(self.elements, lambda at: value_at(first_of(i), at) ** 2 + (20 - value_at(first_of(i), at)) ** 2) for i in range(self.n))

    def sum(self):
        expect([float(self.chain().sum().compute())], [self.chain_expected()])

    def persist(self):
        (x,) = self.keep([self.chain()])
        expect([float(x.sum().compute()), float(x.sum().compute())], [self.chain_expected()] * 2)

    def climatology(self):
        import dask.array as da
        months, rows = 12, 128
        cells = self.elements // rows // PERIOD * PERIOD  # A row is whole periods: all rows of a block are equal.
        blocks = [da.from_delayed(self.op(ramp, first_of(i), rows * cells), (rows * cells,), dtype="f8").reshape(rows, cells) for i in range(self.n)]
        got, expected = [], 0
        for month in range(months):
            of = range(month, self.n, months)
            group, days = da.concatenate([blocks[i] for i in of]), len(of) * rows
            got.append((((group * float(days)) - group.sum(axis=0)) ** 2).sum())
            for r in range(PERIOD):
                mean = rows * sum(value_at(first_of(i), r) for i in of)
                expected += cells // PERIOD * rows * sum((days * value_at(first_of(i), r) - mean) ** 2 for i in of)
        expect([float(sum(got).compute())], [expected])

    def rechunk(self):
        import dask.array as da
        rows, width = 32, 8192
        height, across = self.elements // width, self.n // rows
        blocks = [[da.from_delayed(self.op(ramp, first_of(i * across + j), height * width), (height * width,), dtype="f8").reshape(height, width)
                   for j in range(across)] for i in range(rows)]
        x = da.block(blocks)
        slab = width // rows
        y = x.rechunk((rows * height, slab))
        sums = y.map_blocks(lambda b: b.sum(keepdims=True), chunks=((1,), (1,) * (across * rows)))
        expect([float(sums.sum().compute())], [sum_of_all(self.n, self.elements)])

    def fan_in(self):
        blocks = self.all_blocks()
        result = blocks[0]
        for i in range(1, self.n, 3):
            result = self.op(added, [result, *blocks[i:i + 3]])
        expect(self.compute([self.op(total, result)]), [sum_of_all(self.n, self.elements)])

    def fan_out(self):
        source = self.op(ramp, 0, self.elements)
        kept = self.keep([self.op(scaled, source, 1.0, float(i)) for i in range(self.n)])
        expect(self.compute([self.op(total, b) for b in kept]), [sum_of(0, self.elements) + i * self.elements for i in range(self.n)])

    def tree_reduce(self):
        root = self.tree([self.op(scaled, b, 2.0, 0.0) for b in self.keep(self.all_blocks())])
        expect(self.compute([self.op(total, root)]), [2 * sum_of_all(self.n, self.elements)])

    def use_in_order(self, blocks, order):
        expect(self.compute([self.op(total, blocks[i]) for i in order]), [sum_of(first_of(i), self.elements) for i in order])

    def persist_sum_twice(self):
        blocks = self.keep(self.all_blocks())
        for _ in range(2):
            self.use_in_order(blocks, range(self.n))

    def random_order(self):
        blocks, order = self.keep(self.all_blocks()), list(range(self.n))
        random.Random(1).shuffle(order)
        for _ in range(2):
            self.use_in_order(blocks, order)

    def broadcast_one_to_all(self):
        one = self.op(ramp, 1, self.elements)
        blocks = self.keep(self.all_blocks())
        expect(self.compute([self.op(total, self.op(times, b, one)) for b in blocks]),
               [sum_over(self.elements, lambda at: value_at(first_of(i), at) * value_at(1, at)) for i in range(self.n)])

    def sliding_window(self):
        blocks, window = self.keep(self.all_blocks()), 5
        expect(self.compute([self.op(total, self.op(added, blocks[i:i + window])) for i in range(self.n - window + 1)]),
               [sum(sum_of(first_of(k), self.elements) for k in range(i, i + window)) for i in range(self.n - window + 1)])

    def stencil_1d(self):
        blocks = self.all_blocks()
        for _ in range(4):
            blocks = [self.op(added, [blocks[i - 1], blocks[i], blocks[(i + 1) % self.n]]) for i in range(self.n)]
        expect(self.compute([self.op(sum_numbers, [self.op(total, b) for b in blocks])]), [81 * sum_of_all(self.n, self.elements)])

    def anomaly(self):
        months = 12
        n = self.n // months * months
        years, days = n // months, self.all_blocks(n)
        climatology = [self.tree(days[m::months]) for m in range(months)]
        sums = [self.op(total_squared, self.op(anomaly_of, days[t], float(years), climatology[t % months])) for t in range(n)]

        def expected(t):
            return sum_over(self.elements, lambda at: (years * value_at(first_of(t), at) -
                                                       sum(value_at(first_of(k), at) for k in range(t % months, n, months))) ** 2)
        expect(self.compute(sums), [expected(t) for t in range(n)])

    def quadratic_means(self):
        n = self.n // 2
        u = [self.op(ramp, first_of(t), self.elements) for t in range(n)]
        v = [self.op(ramp, 5 * t + 1, self.elements) for t in range(n)]
        sum_u, sum_v = self.tree(u), self.tree(v)
        pairs = [((u, sum_u, 3, 0), (u, sum_u, 3, 0)), ((u, sum_u, 3, 0), (v, sum_v, 5, 1)), ((v, sum_v, 5, 1), (v, sum_v, 5, 1))]
        got, expected = [], []
        for a, b in pairs:
            got.append(self.op(sum_numbers, [self.op(covariance_of, a[0][t], a[1], b[0][t], b[1], float(n)) for t in range(n)]))

            def at(r, a=a, b=b):
                x, y = [value_at(a[2] * t + a[3], r) for t in range(n)], [value_at(b[2] * t + b[3], r) for t in range(n)]
                return n * n * sum(p * q for p, q in zip(x, y)) - n * sum(x) * sum(y)
            expected.append(sum_over(self.elements, at))
        expect(self.compute(got), expected)

    def transposed_reads(self):
        side, n = int(self.elements ** 0.5), int(self.n ** 0.5)
        blocks = self.keep(self.all_blocks(n * n))
        sums, expected = [], []
        for j in range(n):
            for i in range(n):
                sums.append(self.op(total, self.op(minus, blocks[i * n + j], self.op(transposed, blocks[j * n + i], side))))
                expected.append(sum_of(first_of(i * n + j), self.elements) - sum_of(first_of(j * n + i), self.elements))
        expect(self.compute(sums), expected)

    def all_to_all(self):
        n = 1 << (self.n.bit_length() - 1)
        blocks, bit = self.all_blocks(n), 1
        while bit < n:
            blocks = [self.op(added, [blocks[i], self.op(scaled, blocks[i ^ bit], 1.0, 0.0)]) for i in range(n)]
            bit *= 2
        expect(self.compute([self.op(total, b) for b in blocks]), [sum_of_all(n, self.elements)] * n)


def child(name, scheduler, spill):
    data, chunk, budget = CASES[name]
    import dask
    result = {}

    def run():
        begin = time.perf_counter()
        try:
            getattr(Graphs(data // chunk, chunk * MIB // 8), name)()
            result["ended"] = "right"
        except BaseException as error:  # What a peer fails with is a result.
            result["ended"] = f"{type(error).__name__}: {error}"[:200].replace("\n", " ")
        result["seconds"] = time.perf_counter() - begin

    if scheduler == "threads":
        dask.config.set(scheduler="threads", num_workers=2)
        run()
    else:
        from distributed import Client, LocalCluster
        with LocalCluster(n_workers=1, threads_per_worker=2, memory_limit=budget * MIB, local_directory=spill, dashboard_address=None) as cluster, \
                Client(cluster) as client:
            pid = list(client.run(os.getpid).values())
            print("READY", flush=True)
            run()
            print("RESULT " + json.dumps(result), flush=True)
            result["restarted"] = list(client.run(os.getpid).values()) != pid
    print("RESULT " + json.dumps(result), flush=True)


class Group:
    """A control group of version 1. Whoever is left in it is killed, then it is removed."""

    def __init__(self, limit_bytes):
        self.folder = f"{GROUPS}/tessera-peers-{os.getpid()}"
        os.mkdir(self.folder)
        for file in ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):
            with open(f"{self.folder}/{file}", "w") as f:
                f.write(str(limit_bytes))

    def read(self, file):
        with open(f"{self.folder}/{file}") as f:
            return f.read()

    def processes(self):
        return [int(pid) for pid in self.read("cgroup.procs").split()]

    def join(self):
        with open(f"{self.folder}/cgroup.procs", "w") as f:
            f.write(str(os.getpid()))

    def kills(self):
        return next((int(line.split()[1]) for line in self.read("memory.oom_control").splitlines() if line.startswith("oom_kill ")), 0)

    def resident(self):
        pages = 0
        for pid in self.processes():
            try:
                with open(f"/proc/{pid}/statm") as f:
                    pages += int(f.read().split()[1])
            except OSError:
                pass
        return pages * os.sysconf("SC_PAGE_SIZE")

    def close(self):
        for _ in range(200):
            for pid in self.processes():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            try:
                os.rmdir(self.folder)
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.folder} cannot be removed")


def measure(name, scheduler, seconds, parent):
    data, chunk, budget = CASES[name]
    spill = tempfile.mkdtemp(prefix="tessera-peers-", dir=parent)
    group = Group((budget + 64) * MIB)
    try:
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-W", "ignore", __file__, "--child", name, scheduler, spill], stdout=subprocess.PIPE, cwd=spill,
                                   stderr=subprocess.PIPE, text=True, preexec_fn=group.join, start_new_session=True)
        peak, over = 0, False
        lines = {process.stdout: [], process.stderr: []}
        readers = [threading.Thread(target=lambda s=stream, l=into: l.extend(s), daemon=True) for stream, into in lines.items()]
        for reader in readers:
            reader.start()
        while process.poll() is None:
            peak = max(peak, group.resident())
            # Start and end of the cluster are not the graph's: 15 s for them.
            if time.perf_counter() - begin > seconds + (15 if scheduler == "distributed" else 3):
                over = True
                break
            time.sleep(0.05)
        for pid in group.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        code = process.wait(30)
        for reader in readers:
            reader.join(5)
        out, err = lines[process.stdout], lines[process.stderr]
        result = next((json.loads(line[7:]) for line in reversed(out) if line.startswith("RESULT ")), {})
        restarts = sum("Restarting worker" in line for line in err)
        ended = result.get("ended") or (f"no end in {seconds} s" if over else f"killed by signal {-code}" if code < 0 else f"exit code {code}: {(err or [''])[-1][:200]}")
        value = round(result["seconds"], 2) if ended == "right" else None
        print(json.dumps({"name": f"peers.memory.dask_{scheduler}.{name}", "value": value, "unit": "s", "min": value, "max": value, "n": 1,
                          "params": {"data": f"{data}MiB", "chunk": f"{chunk}MiB", "limit": f"{budget}MiB", "group": f"{budget + 64}MiB", "peak": f"{peak // MIB}MiB",
                                     "group_peak": f"{int(group.read('memory.max_usage_in_bytes')) // MIB}MiB", "oom_kills": group.kills(), "restarts": restarts,
                                     "pauses": sum("Pausing worker" in line for line in err), "after": round(result.get("seconds", time.perf_counter() - begin), 1), "ended": ended}}), flush=True)
    finally:
        group.close()
        shutil.rmtree(spill, ignore_errors=True)


def main():
    if sys.argv[1:2] == ["--child"]:
        return child(*sys.argv[2:5])
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--scheduler", choices=["threads", "distributed"])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--spill-dir", default=tempfile.gettempdir())
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in CASES]
    if unknown:
        sys.exit(f"memory_set.py: there is no {', '.join(unknown)}; there are {', '.join(CASES)}")
    if not os.access(GROUPS, os.W_OK):
        sys.exit(f"memory_set.py: {GROUPS} cannot be written: without a hard limit nothing is measured")
    for name in asked.names or CASES:
        for scheduler in [asked.scheduler] if asked.scheduler else ["threads", "distributed"]:
            measure(name, scheduler, asked.seconds, asked.spill_dir)


if __name__ == "__main__":
    main()
