"""The values that the cases of tests/oracles/arrays.py compute with."""
import numpy as np

BOOL = ["bool"]
SIGNED = ["int8", "int16", "int32", "int64"]
UNSIGNED = ["uint8", "uint16", "uint32", "uint64"]
INTEGERS = SIGNED + UNSIGNED
FLOATS = ["float32", "float64"]
COMPLEX = ["complex64", "complex128"]
REAL = INTEGERS + FLOATS
NUMERIC = REAL + COMPLEX
ALL = BOOL + NUMERIC


def fill(c, dtype, shape):
    """Whatever the dtype has: its ends, NaN, infinities, zeros of both signs, the smallest numbers, and common ones."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.asarray(c.random.random(shape) < 0.5)
    if dtype.kind in "iu":
        ends = np.iinfo(dtype)
        special = [0, 1, 2, 3, ends.max, ends.min, ends.max - 1, ends.min + 1, ends.max // 2 + 1]
        if dtype.kind == "i":
            special += [-1, -2, -7]
        values = np.array(special, dtype)[c.random.integers(0, len(special), shape)]
        common = c.random.integers(0 if dtype.kind == "u" else -20, 20, shape).astype(dtype)
        return np.asarray(np.where(c.random.random(shape) < 0.5, values, common), dtype)
    if dtype.kind == "f":
        ends = np.finfo(dtype)
        special = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1, -1, 0.5, 2.5, -1.5, 3, ends.max, ends.tiny, -ends.smallest_subnormal], dtype)
        values = special[c.random.integers(0, len(special), shape)]
        return np.asarray(np.where(c.random.random(shape) < 0.55, values, c.random.normal(0, 3, shape)), dtype)
    parts = fill(c, "float32" if dtype.itemsize == 8 else "float64", tuple(shape) + (2,))
    return np.ascontiguousarray(parts).view(dtype)[..., 0].copy()


def small(c, dtype, shape):
    """Common numbers of either sign; those of unsigned dtypes have none."""
    dtype = np.dtype(dtype)
    if dtype.kind == "c":
        return np.asarray(c.random.normal(0, 2, shape) + 1j * c.random.normal(0, 2, shape), dtype)
    if dtype.kind == "f":
        return np.asarray(c.random.normal(0, 2, shape), dtype)
    return whole(c, dtype, shape)


def whole(c, dtype, shape):
    """Multiples of 1/8 below 64 for floats: sums of some hundred of them are exact, in any order. Any value for integers."""
    dtype = np.dtype(dtype)
    if dtype.kind in "biu":
        return fill(c, dtype, shape)
    if dtype.kind == "c":
        return np.asarray(c.random.integers(-500, 500, shape) / 8 + 1j * c.random.integers(-500, 500, shape) / 8, dtype)
    return np.asarray(c.random.integers(-500, 500, shape) / 8, dtype)


def powers(c, dtype, shape):
    """Powers of two with a sign (times 1 or i): products are exact, in any order. Any value for integers."""
    dtype = np.dtype(dtype)
    if dtype.kind in "biu":
        return fill(c, dtype, shape)
    values = np.ldexp(c.random.choice([-1.0, 1.0], shape), c.random.integers(-2, 3, shape))
    if dtype.kind == "c":
        values = values * c.random.choice([1, 1j], shape)
    return np.asarray(values, dtype)


def with_specials(c, dtype, shape):
    """Common numbers with some NaN and infinities, of which sums are the same in any order."""
    special = np.array([np.nan, np.inf, -np.inf, np.inf])[c.random.integers(0, 4, shape)]
    return np.asarray(np.where(c.random.random(shape) < 0.1, special, c.random.normal(0, 2, shape)), dtype)


def distinct(c, dtype, shape):
    """No two are equal."""
    count = int(np.prod(shape))
    first = 0 if np.dtype(dtype).kind == "u" else -count // 2
    return np.asarray((c.random.permutation(count) + first).reshape(shape), dtype)


def few(c, dtype, shape):
    """Many are equal."""
    return np.asarray(c.random.integers(0, 2 if np.dtype(dtype).kind == "b" else 4, shape), dtype)
