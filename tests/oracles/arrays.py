#!/usr/bin/python3
"""Computes tests/arrays/corpus/*.npz with NumPy: what the functions of the array API standard give, over dtypes, shapes and chunkings.

Run it with Debian's python3-numpy: /usr/bin/python3 tests/oracles/arrays.py [FOLDER]. Same seed, same bytes; --check compares
what would be written with what is there. tests/oracles/corpus.py says how a file is laid out.

Where NumPy 1.24 is not the standard, the standard holds, which later NumPys follow: rounding integers keeps their dtype,
scalars of Python take the array's dtype, promotion looks at dtypes only, `sign` of complex is x / |x|, each NaN of a set is its
own. Transcendental functions are computed in `longdouble` and rounded, so that the wanted values do not depend on the
processor.
"""
import argparse
import os
import sys
import sysconfig
import warnings

# What is left to NumPy itself is computed the same way on every processor.
os.environ["NPY_DISABLE_CPU_FEATURES"] = "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"

# So is what it leaves to BLAS and LAPACK: by the reference ones that it depends on, also where OpenBLAS is installed. Libraries are searched for
# where the environment says when a process starts.
REFERENCE = ":".join(f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/{name}" for name in ("blas", "lapack"))
if __name__ == "__main__" and os.environ.get("LD_LIBRARY_PATH") != REFERENCE:
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"LD_LIBRARY_PATH": REFERENCE})

sys.dont_write_bytecode = True

import numpy as np  # noqa: E402

from corpus import ROOT, Corpus, Raw, exact, near, refused  # noqa: E402
import arrays_data as data  # noqa: E402
from arrays_data import BOOL, COMPLEX, FLOATS, INTEGERS, REAL, NUMERIC, ALL, fill, small  # noqa: E402

PAIRS = [((5,), (5,)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((2, 3, 4), ()), ((0, 3), (1, 3)), ((), ())]
SHAPES = [(7,), (3, 4), (0, 3), (1,), ()]


def wide(function):
    """The function in more digits than the result has, rounded once."""
    def rounded(*arrays):
        wider = {"f": np.longdouble, "c": np.clongdouble}[arrays[0].dtype.kind]
        return function(*(a.astype(wider) for a in arrays)).astype(arrays[0].dtype)
    return rounded


def same_dtype(function):
    """As the standard has it for integers, which are whole already."""
    return lambda x: x.copy() if x.dtype.kind in "iu" else function(x)


def sign(x):
    return np.sign(x) if x.dtype.kind != "c" else np.where(x == 0, 0, x / np.where(x == 0, 1, np.abs(x))).astype(x.dtype)


def elementwise_unary(c):
    plain = {"abs": (np.abs, REAL), "negative": (np.negative, NUMERIC), "positive": (np.positive, NUMERIC), "sign": (sign, REAL),
             "square": (np.square, REAL), "sqrt": (np.sqrt, FLOATS), "ceil": (same_dtype(np.ceil), REAL),
             "floor": (same_dtype(np.floor), REAL), "trunc": (same_dtype(np.trunc), REAL), "round": (same_dtype(np.rint), REAL),
             "isnan": (np.isnan, NUMERIC), "isinf": (np.isinf, NUMERIC), "isfinite": (np.isfinite, NUMERIC),
             "signbit": (np.signbit, FLOATS), "logical_not": (np.logical_not, BOOL), "bitwise_invert": (np.invert, BOOL + INTEGERS),
             "reciprocal": (lambda x: (1 / x).astype(x.dtype), FLOATS), "conj": (np.conj, COMPLEX), "real": (np.real, COMPLEX), "imag": (np.imag, COMPLEX)}
    for name, (function, dtypes) in plain.items():
        for dtype in dtypes:
            for shape in SHAPES[:3] if dtype in FLOATS else (SHAPES[c.count % 2], SHAPES[2 + c.count % 3]):
                x = fill(c, dtype, shape)
                c.case(name, [x], want=function(x))
    for dtype in INTEGERS[1:4] + INTEGERS[5:]:  # Of 8 bits NumPy makes float16.
        x = np.abs(fill(c, dtype, (3, 4)).astype("float64")).clip(0, np.iinfo(dtype).max // 2).astype(dtype)
        c.case("sqrt", [x], want=np.sqrt(x))
    inside = {"acos": 1, "asin": 1, "atanh": 1}
    for name in ("acos acosh asin asinh atan atanh cos cosh exp expm1 log log1p log2 log10 sin sinh tan tanh").split():
        function = wide(getattr(np, name.replace("acosh", "arccosh").replace("acos", "arccos") if name.startswith("acos")
                                else "arc" + name[1:] if name[0] == "a" else name))
        for dtype in FLOATS:
            for shape in SHAPES[:3]:
                x = fill(c, dtype, shape)
                c.case(name, [x], want=function(x), tolerance=near(4))
                x = c.random.uniform(-1, 1, shape or None) if name in inside else c.random.lognormal(0, 2, shape)
                x = np.asarray(x + (1 if name == "acosh" else 0), dtype)
                c.case(name, [x], want=function(x), tolerance=near(4))
        for dtype in COMPLEX if name not in ("log2",) else []:
            x = small(c, dtype, (3, 4)) * dtype_of(dtype, 0.3) + dtype_of(dtype, 0.05 + 0.1j)
            c.case(name, [x.astype(dtype)], want=function(x.astype(dtype)), tolerance=near(16))
    for dtype in COMPLEX:
        for name, function in (("abs", lambda x: np.abs(x.astype("clongdouble")).astype(x.real.dtype)), ("sqrt", wide(np.sqrt)),
                               ("square", wide(np.square)), ("sign", wide(sign)), ("reciprocal", wide(lambda x: 1 / x))):
            x = small(c, dtype, (3, 4)) + dtype_of(dtype, 0.5 + 0.5j)
            c.case(name, [x], want=function(x), tolerance=near(4))
        x = fill(c, dtype, (3, 4))
        c.case("round", [x], want=np.rint(x))


def dtype_of(dtype, value):
    return np.asarray(value, dtype)[()]


def operands(c, dtypes, shapes, make=fill):
    return [make(c, dtype, shape) for dtype, shape in zip(dtypes, shapes)]


def promoted(function, x, y):
    """By dtype alone: NumPy 1.24 looks at the values of rank 0."""
    common = np.result_type(x.dtype, y.dtype)
    return function(x.astype(common), y.astype(common))


def elementwise_binary(c):
    families = {"add": (np.add, NUMERIC), "subtract": (np.subtract, NUMERIC), "multiply": (np.multiply, REAL), "divide": (np.divide, FLOATS),
                "floor_divide": (np.floor_divide, REAL), "remainder": (np.remainder, REAL), "copysign": (np.copysign, FLOATS),
                "nextafter": (np.nextafter, FLOATS), "equal": (np.equal, ALL), "not_equal": (np.not_equal, ALL),
                "less": (np.less, REAL), "less_equal": (np.less_equal, REAL), "greater": (np.greater, REAL),
                "greater_equal": (np.greater_equal, REAL), "logical_and": (np.logical_and, BOOL), "logical_or": (np.logical_or, BOOL),
                "logical_xor": (np.logical_xor, BOOL), "bitwise_and": (np.bitwise_and, BOOL + INTEGERS),
                "bitwise_or": (np.bitwise_or, BOOL + INTEGERS), "bitwise_xor": (np.bitwise_xor, BOOL + INTEGERS)}
    for name, (function, dtypes) in families.items():
        for dtype in dtypes:
            for shapes in PAIRS if dtype in ("int32", "float64", "bool") else (PAIRS[c.count % 3], PAIRS[3 + c.count % 3]):
                x, y = operands(c, (dtype, dtype), shapes)
                if name in ("floor_divide", "remainder") and dtype in INTEGERS:
                    if (y == 0).any() and 0 not in x.shape:
                        c.case(name, [x, y], want=refused)  # NumPy gives 0 and a warning.
                    y = np.where(y == 0, np.ones((), dtype), y)
                c.case(name, [x, y], want=function(x, y))
    for name, function in (("maximum", np.maximum), ("minimum", np.minimum)):
        for dtype in REAL:
            for shapes in PAIRS if dtype in FLOATS else (PAIRS[c.count % 3], PAIRS[3 + c.count % 3]):
                x, y = operands(c, (dtype, dtype), shapes)
                c.case(name, [x, y], want=function(x, y), tolerance=near(0, 0))  # Of zeros either sign.
    for name, function in (("atan2", np.arctan2), ("hypot", np.hypot), ("logaddexp", np.logaddexp), ("pow", np.power)):
        for dtype in FLOATS:
            for shapes in PAIRS:
                x, y = operands(c, (dtype, dtype), shapes)
                c.case(name, [x, y], want=wide(function)(x, y), tolerance=near(4))
                x, y = operands(c, (dtype, dtype), shapes, small)
                # Where the logarithm of a sum is near 0, what is left of the operands' digits counts.
                largest = max(np.abs(x).max(initial=0), np.abs(y).max(initial=0))
                tolerance = near(4, float(2 * np.finfo(dtype).eps * largest)) if name == "logaddexp" else near(4)
                c.case(name, [x, y], want=wide(function)(x, y), tolerance=tolerance)
    for dtype in INTEGERS:
        x, y = operands(c, (dtype, dtype), PAIRS[1])
        c.case("divide", [x, y], want=np.divide(x, y))
        for shapes in PAIRS[:3]:
            x, y = fill(c, dtype, shapes[0]), np.asarray(c.random.integers(0, 9, shapes[1]), dtype)
            c.case("pow", [x, y], want=np.power(x, y))
            for name, function in (("bitwise_left_shift", np.left_shift), ("bitwise_right_shift", np.right_shift)):
                y = np.asarray(c.random.integers(0, 8 * x.itemsize + 1, shapes[1]), dtype)
                c.case(name, [x, y], want=function(x, y))
    for dtype in COMPLEX:
        for name, function in (("multiply", np.multiply), ("divide", np.divide), ("pow", np.power)):
            for shapes in PAIRS[:3]:
                x, y = operands(c, (dtype, dtype), shapes, small)
                y = y + dtype_of(dtype, 0.25 + 0.5j)
                x = x + dtype_of(dtype, 0.25 - 0.5j)
                c.case(name, [x, y], want=wide(function)(x, y), tolerance=near(64 if name == "pow" else 8))
    mixes(c)
    scalars(c)


def mixes(c):
    """Operands of two dtypes, as far as the promotion does not make a float of two integers."""
    functions = {"add": np.add, "multiply": np.multiply, "maximum": np.maximum, "less": np.less, "equal": np.equal}
    for i, a in enumerate(ALL):
        for b in ALL[i + 1:]:
            if np.result_type(a, b).kind == "f" and np.dtype(a).kind in "iu" and np.dtype(b).kind in "iu":
                c.case("add", operands(c, (a, b), ((3,), (3,))), want=refused)
                continue
            name = list(functions)[c.count % 5] if not {a, b} & set(COMPLEX) else ("add", "equal")[c.count % 2]
            if "bool" in (a, b) and name in ("maximum", "less"):
                name = "add"
            x, y = operands(c, (a, b), ((4,), (4,)))
            c.case(name, [x, y], want=promoted(functions[name], x, y), tolerance=near(0, 0) if name == "maximum" else exact)


def scalars(c):
    """A scalar of Python takes the dtype of the array."""
    for dtype in NUMERIC:
        for name, function in (("add", np.add), ("subtract", np.subtract), ("multiply", np.multiply), ("equal", np.equal)):
            if dtype in COMPLEX and name == "multiply":
                continue
            x = fill(c, dtype, (3, 4))
            value = 3 if dtype in INTEGERS else 2.5
            c.case(name, [x, value], want=function(x, dtype_of(dtype, value)))
            c.case(name, [value, x], want=function(dtype_of(dtype, value), x))
    for dtype in REAL:
        for low, high in ((-2, 3), (1, None), (None, 5), (3, 3)):
            if low is not None and low < 0 and dtype.startswith("uint"):
                continue
            x = fill(c, dtype, (3, 4))
            c.case("clip", [x, low, high], want=np.clip(x, *(v if v is None else dtype_of(dtype, v) for v in (low, high))), tolerance=near(0, 0))


AXES = {(): [None], (7,): [None, 0, -1], (3, 4): [None, 0, 1, (0, 1)], (2, 3, 4): [None, 0, -2, (0, 2), (0, 1, 2)], (0, 3): [None, 0, 1],
        (3, 0, 2): [1, (0, 1), None], (1,): [0]}


def widened(name, dtype):
    """The dtype of sums and products (A5)."""
    kind = np.dtype(dtype).kind
    return {"b": "int64", "i": "int64", "u": "uint64"}.get(kind, dtype) if name in ("sum", "prod", "cumulative_sum", "cumulative_prod") else dtype


def bound(x, ulps, magnitude=np.sum):
    """So many ulps of the sum (or the largest) of the magnitudes: what the roundings of all steps may add up to."""
    finite = np.abs(x[np.isfinite(x)]).astype("longdouble")
    return near(ulps, float(ulps * np.finfo(x.dtype).eps * magnitude(finite)) if finite.size else 0)


def statistical(c):
    for name in ("sum", "prod", "max", "min", "any", "all", "argmax", "argmin", "count_nonzero"):
        dtypes = {"any": ALL, "all": ALL, "count_nonzero": ALL, "sum": ALL, "prod": ALL}.get(name, REAL)
        for dtype in dtypes:
            for number, (shape, axes) in enumerate(AXES.items()):
                for axis in axes if dtype in ("float64", "int8", "bool") else [axes[c.count % len(axes)]]:
                    reduce(c, name, dtype, shape, axis, keepdims=bool((c.count + number) % 2))
    for name in ("mean", "var", "std"):
        for dtype in FLOATS + (COMPLEX if name == "mean" else []):
            for shape, axes in AXES.items():
                for axis in axes:
                    moments(c, name, dtype, shape, axis, keepdims=bool(c.count % 2))
    for name, function in (("cumulative_sum", np.cumsum), ("cumulative_prod", np.cumprod)):
        for dtype in ALL:
            for shape, axis in (((7,), None), ((3, 4), 0), ((3, 4), -1), ((0, 3), 0), ((2, 3, 4), 1)):
                x = data.whole(c, dtype, shape) if name == "cumulative_sum" else data.powers(c, dtype, shape)
                want = function(x, axis=0 if axis is None else axis, dtype=widened(name, dtype))
                keywords = {} if axis is None else {"axis": axis}
                if c.count % 3 == 0:
                    keywords["include_initial"] = True
                    first = np.full([1 if d == (axis or 0) % x.ndim else n for d, n in enumerate(shape)], name == "cumulative_prod", want.dtype)
                    want = np.concatenate([first, want], axis=axis or 0)
                c.case(name, [x], keywords, want=want, tolerance=near(0, 0) if dtype in FLOATS + COMPLEX else exact)


def reduce(c, name, dtype, shape, axis, keepdims):
    keywords = ({} if axis is None else {"axis": axis}) | ({"keepdims": True} if keepdims else {})
    if name.startswith("arg") and isinstance(axis, tuple):
        return
    # Floats of few digits: any order of additions gives the same bits.
    x = {"sum": data.whole, "prod": data.powers}.get(name, fill)(c, dtype, shape)
    if name in ("any", "all", "count_nonzero"):
        x = np.where(c.random.random(shape) < 0.7, np.zeros((), dtype), x).astype(dtype)
    empty = any(shape[d] == 0 for d in (range(len(shape)) if axis is None else np.atleast_1d(axis)))
    if name in ("max", "min", "argmax", "argmin") and empty:
        c.case(name, [x], keywords, want=refused)
        return
    options = {"dtype": widened(name, dtype)} if name in ("sum", "prod") else {}
    want = getattr(np, name)(x, axis=axis, keepdims=keepdims, **options)
    floats = dtype in FLOATS + COMPLEX and name in ("sum", "prod", "max", "min")
    c.case(name, [x], keywords, want=np.asarray(want), tolerance=near(0, 0) if floats else exact)
    if name == "sum" and dtype in FLOATS and not empty:
        for x in (data.with_specials(c, dtype, shape), np.asarray(c.random.normal(0, 1, shape), dtype)):
            want = np.sum(x.astype("longdouble"), axis=axis, keepdims=keepdims)
            c.case(name, [x], keywords, want=np.asarray(want.astype(dtype)), tolerance=bound(x, 4))


def moments(c, name, dtype, shape, axis, keepdims):
    keywords = ({} if axis is None else {"axis": axis}) | ({"keepdims": True} if keepdims else {})
    options = {}
    if name != "mean" and c.count % 3 == 0:
        keywords["correction"] = 1
        options["ddof"] = 1
    x = np.asarray(small(c, dtype, shape))
    if x.size > 5 and c.count % 4 == 0 and dtype in FLOATS:
        x.reshape(-1)[2] = (np.nan, np.inf)[c.count % 8 // 4]
    wider = np.clongdouble if dtype in COMPLEX else np.longdouble
    want = getattr(np, name)(x.astype(wider), axis=axis, keepdims=keepdims, **options)
    if options and x.size and x.size == np.asarray(want).size:
        return  # 0 / 0: a NaN that is no rule of the standard.
    c.case(name, [x], keywords, want=np.asarray(want).astype(dtype), tolerance=bound(x, 8, np.max))


def nans(c):
    """NumPy's and Dask's, beside the standard."""
    for name in ("nansum", "nanprod", "nanmax", "nanmin", "nanmean"):
        for dtype in FLOATS:
            for shape, axes in (((7,), [None, 0]), ((3, 4), [0, 1]), ((2, 3, 4), [(0, 2), -1])):
                for axis in axes:
                    x = data.whole(c, dtype, shape) if name != "nanprod" else data.powers(c, dtype, shape)
                    x[c.random.random(shape) < 0.3] = np.nan
                    x[..., 0] = np.where(np.isnan(x[..., 0]), 1, x[..., 0])
                    want = getattr(np, name)(x.astype("longdouble"), axis=axis).astype(dtype)
                    c.case(name, [x], {} if axis is None else {"axis": axis}, want=np.asarray(want),
                           tolerance=near(2, 0) if name == "nanmean" else near(0, 0))


def order_statistics(c):
    """Medians and quantiles, in float64 and rounded once; runs of a few and of many elements."""
    shapes = {(7,): [None, 0], (3, 4): [None, 0, -1], (2, 3, 4): [0, (0, 2), None], (300, 3): [0, None], (2, 257): [-1], (5, 0, 2): [0], (1,): [0]}
    for dtype in FLOATS + INTEGERS:
        floating = dtype if dtype in FLOATS else "float64"
        for shape, axes in shapes.items():
            for axis in axes if dtype in ("float32", "float64", "int64") else [axes[c.count % len(axes)]]:
                keywords = ({} if axis is None else {"axis": axis}) | ({"keepdims": True} if c.count % 3 == 0 else {})
                x = fill(c, dtype, shape) if np.prod(shape) < 30 else small(c, dtype, shape)
                wide_x = x.astype("float64")
                c.case("median", [x], keywords, want=np.asarray(np.median(wide_x, **keywords)).astype(floating), tolerance=near(0, 0))
                x = np.asarray(small(c, dtype, shape))
                if dtype in FLOATS and c.count % 2 == 0:
                    x[c.random.random(shape) < 0.2] = np.nan
                wide_x = x.astype("float64")
                if dtype in FLOATS:
                    c.case("nanmedian", [x], keywords, want=np.asarray(np.nanmedian(wide_x, **keywords)).astype(floating), tolerance=near(0, 0))
                for method in ("linear", ("lower", "higher", "nearest", "midpoint")[c.count % 4]):
                    options = keywords if method == "linear" else keywords | {"method": method}
                    given, whole = (x, dtype) if method in ("lower", "higher", "nearest") else (wide_x, floating)  # Elements are what they were.
                    c.case("quantile", [x, Raw(0.3)], options, want=np.asarray(np.quantile(given, 0.3, **options)).astype(whole), tolerance=near(0, 0))
                    percents = [0.0, 12.5, 50.0, 99.9, 100.0, 30.0]
                    c.case("percentile", [x, Raw(percents)], options, want=np.percentile(given, percents, **options).astype(whole), tolerance=near(0, 0))
    x = small(c, "float64", (3, 4))
    for name, share in (("percentile", 100.5), ("percentile", -1.0), ("quantile", 1.5)):
        c.case(name, [x, Raw(share)], want=refused)
    c.case("median", [x], {"axis": 2}, want=refused)
    c.case("median", [np.zeros((3, 0))], {"axis": 1}, want=refused)
    for dtype in COMPLEX + BOOL:
        c.case("median", [np.ones(3, dtype)], want=refused)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", default=os.path.join(ROOT, "tests", "arrays", "corpus"))
    parser.add_argument("--check", action="store_true", help="write nothing: say what differs from what is there")
    arguments = parser.parse_args()
    import arrays_more as more
    import arrays_windows
    np.seterr(all="ignore")
    warnings.simplefilter("ignore", RuntimeWarning)
    families = [elementwise_unary, elementwise_binary, statistical, nans, order_statistics, *more.FAMILIES, arrays_windows.windows]
    count, bytes_written, differ = 0, 0, []
    for family in families:
        corpus = Corpus(family.__name__)
        family(corpus)
        packed = corpus.packed()
        path = os.path.join(arguments.folder, family.__name__ + ".npz")
        if arguments.check:
            if not os.path.exists(path) or open(path, "rb").read() != packed:
                differ.append(path)
        else:
            os.makedirs(arguments.folder, exist_ok=True)
            with open(path, "wb") as file:
                file.write(packed)
        print(f"{family.__name__:20} {corpus.count:5} cases {len(packed):8} bytes")
        count, bytes_written = count + corpus.count, bytes_written + len(packed)
    print(f"NumPy {np.__version__}: {count} cases, {bytes_written} bytes" + (f"; these differ: {differ}" if differ else ""))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
