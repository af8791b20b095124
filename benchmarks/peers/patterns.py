"""The task graphs of benchmarks/patterns.hpp, edge by edge: a list of predecessor lists, in topological order."""
MASK = (1 << 64) - 1


def mix(t, p, q):
    z = (t * 0x9E3779B97F4A7C15 + p * 0xBF58476D1CE4E5B9 + q * 0x94D049BB133111EB) & MASK
    z ^= z >> 30
    z = (z * 0xBF58476D1CE4E5B9) & MASK
    z ^= z >> 27
    z = (z * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def inputs_of(name, t, p, width):
    if name == "stencil_1d":
        return range(max(0, p - 1), min(width - 1, p + 1) + 1)
    if name == "fft":
        log_width = max(1, (width - 1).bit_length())
        distance = 1 << ((t + log_width - 1) % log_width)
        return [x for x in (p - distance, p, p + distance) if 0 <= x < width]
    if name == "random_nearest":
        return [x for x in range(max(0, p - 2), min(width - 1, p + 2) + 1) if mix(t, p, x) & 1]
    raise ValueError(f"no pattern is called {name!r}")


def pattern(name, a, b=0):
    """a: tasks, leaves (a power of two) or width; b: steps of the patterns that have a width."""
    if name == "independent":
        return [[] for _ in range(a)]
    if name == "chain":
        return [[i - 1] if i else [] for i in range(a)]
    if name == "tree":
        tasks, low, count = [[] for _ in range(a)], 0, a
        while count > 1:
            base = len(tasks)
            tasks += [[low + 2 * i, low + 2 * i + 1] for i in range(count // 2)]
            low, count = base, count // 2
        return tasks
    tasks = [[] for _ in range(a)]
    for t in range(1, b):
        tasks += [[(t - 1) * a + x for x in inputs_of(name, t, p, a)] for p in range(a)]
    return tasks
