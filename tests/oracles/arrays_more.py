"""The cases of functions that make, move, find and sort elements, of matrices and transforms (tests/oracles/arrays.py)."""
import numpy as np

import arrays_data as data
from arrays_data import ALL, COMPLEX, FLOATS, INTEGERS, NUMERIC, REAL, distinct, few, fill, small, whole
from corpus import Call, Raw, exact, near, refused

SOME = ["bool", "int8", "uint16", "int64", "float32", "float64", "complex128"]


def manipulation(c):
    for dtype in ALL:
        for shape, to in (((3, 1), (3, 4)), ((4,), (2, 3, 4)), ((), (2, 2)), ((1, 0), (3, 0))):
            x = fill(c, dtype, shape)
            c.case("broadcast_to", [x, Raw(to)], want=np.broadcast_to(x, to))
        for shape, to in (((3, 4), (2, 6)), ((3, 4), (-1,)), ((12,), (2, 3, 2)), ((), (1, 1)), ((0, 3), (3, 0)), ((2, 3, 4), (4, -1))):
            x = fill(c, dtype, shape)
            c.case("reshape", [x, Raw(to)], want=np.reshape(x, to))
    for dtype in SOME:
        for shapes, axis in ((((3, 4), (2, 4)), 0), (((3, 4), (3, 1), (3, 2)), 1), (((3, 4), (0, 4)), -2), (((2, 2), (3,)), None)):
            parts = [fill(c, dtype, shape) for shape in shapes]
            c.case("concat", [parts], {"axis": axis}, want=np.concatenate(parts, axis=axis))
        for axis in (0, 1, -1):
            parts = [fill(c, dtype, (3, 4)) for _ in range(3)]
            c.case("stack", [parts], {"axis": axis}, want=np.stack(parts, axis=axis))
            x = fill(c, dtype, (3, 2, 4))
            c.case("unstack", [x], {"axis": axis}, want=[np.take(x, i, axis) for i in range(x.shape[axis])])
            c.case("expand_dims", [x, Raw(axis)], want=np.expand_dims(x, axis))
            c.case("flip", [x], {"axis": axis}, want=np.flip(x, axis))
            c.case("repeat", [x, 3], {"axis": axis}, want=np.repeat(x, 3, axis))
        x = fill(c, dtype, (2, 3, 4))
        for axes in ((2, 0, 1), (0, 2, 1), (1, 0, 2)):
            c.case("permute_dims", [x, Raw(axes)], want=np.transpose(x, axes))
        for source, destination in ((0, 2), (-1, 0), ((0, 1), (1, 2))):
            c.case("moveaxis", [x, Raw(source), Raw(destination)], want=np.moveaxis(x, source, destination))
        c.case("matrix_transpose", [x], want=np.swapaxes(x, -1, -2))
        for shift, axis in ((2, None), (-1, 0), (5, 2), ((1, -2), (0, 1)), (0, 1)):
            c.case("roll", [x, Raw(shift)], {} if axis is None else {"axis": axis}, want=np.roll(x, shift, axis))
        c.case("flip", [x], want=np.flip(x))
        x = fill(c, dtype, (3,))
        times = np.array([2, 0, 3])
        c.case("repeat", [x, times], want=np.repeat(x, times))
        c.case("repeat", [x, 0], want=np.repeat(x, 0))
        for repetitions in ((2,), (2, 3), (1, 0), ()):
            c.case("tile", [x, Raw(repetitions)], want=np.tile(x, repetitions))
        x = fill(c, dtype, (1, 3, 1))
        for axis in (0, -1, (0, 2)):
            c.case("squeeze", [x, Raw(axis)], want=np.squeeze(x, axis))
        parts = [fill(c, dtype, (3, 1)), fill(c, dtype, (4,)), fill(c, dtype, ())]
        c.case("broadcast_arrays", parts, want=np.broadcast_arrays(*parts))
        for k in (0, 1, -1):
            x = fill(c, dtype, (3, 4) if k else (2, 3, 3))
            c.case("tril", [x], {"k": k}, want=np.tril(x, k))
            c.case("triu", [x], {"k": k}, want=np.triu(x, k))
    a, b = fill(c, "int8", (3,)), fill(c, "float32", (2,))
    c.case("concat", [[a, b]], {"axis": 0}, want=np.concatenate([a, b]))
    c.case("broadcast_shapes", [Raw((3, 1)), Raw((1, 4)), Raw((4,))], want=Raw((3, 4)))


def creation(c):
    for start, stop, step in ((0, 5, 1), (2, 11, 3), (5, 0, -2), (3, 3, 1), (0, 1, 7)):
        for dtype in ("int64", "int8", "uint16") if step > 0 else ("int64", "int16"):
            c.case("arange", [start, stop, step], {"dtype": np.dtype(dtype)}, want=np.arange(start, stop, step, dtype))
        for dtype in FLOATS:
            c.case("arange", [start / 2, stop / 2, step / 4], {"dtype": np.dtype(dtype)},
                   want=np.arange(start / 2, stop / 2, step / 4, dtype), tolerance=near(2, 0))
    for start, stop, num in ((0.0, 1.0, 5), (-3.5, 2.25, 7), (1.0, 1.0, 3), (2.0, 0.0, 1), (0.0, 1.0, 0)):
        for dtype in FLOATS:
            for endpoint in (True, False):
                c.case("linspace", [start, stop, Raw(num)], {"dtype": np.dtype(dtype), "endpoint": endpoint},
                       want=np.linspace(start, stop, num, endpoint, dtype=dtype), tolerance=near(2, 1e-7 if dtype == "float32" else 1e-16))
    for dtype in ALL:
        for rows, columns, k in ((3, None, 0), (3, 4, 1), (4, 2, -1), (0, 3, 0)):
            keywords = {"dtype": np.dtype(dtype)} | ({"k": k} if k else {})
            c.case("eye", [Raw(rows)] if columns is None else [Raw(rows), Raw(columns)], keywords, want=np.eye(rows, columns, k, dtype))
        for shape in ((3, 4), (), (0, 2), (1,)):
            for name in ("zeros", "ones"):
                c.case(name, [Raw(shape)], {"dtype": np.dtype(dtype)}, want=getattr(np, name)(shape, dtype))
            value = True if dtype == "bool" else 7
            c.case("full", [Raw(shape), value], {"dtype": np.dtype(dtype)}, want=np.full(shape, value, dtype))
            x = fill(c, dtype, shape)
            c.case("zeros_like", [x], want=np.zeros_like(x))
            c.case("ones_like", [x], want=np.ones_like(x))
            c.case("full_like", [x, value], want=np.full_like(x, value))
    for dtype in SOME:
        for indexing in ("xy", "ij"):
            parts = [fill(c, dtype, (n,)) for n in (3, 2, 4)[:2 + c.count % 2]]
            c.case("meshgrid", parts, {"indexing": indexing}, want=np.meshgrid(*parts, indexing=indexing))


def data_types(c):
    for a in ALL:
        for b in ALL:
            x = data.few(c, a, (3, 4)) if a not in FLOATS else np.asarray(c.random.uniform(0, 100, (3, 4)), a)
            if a in COMPLEX:
                x = small(c, a, (3, 4))
                if b not in COMPLEX:
                    continue
            c.case("astype", [x, np.dtype(b)], want=x.astype(b))
            if not (np.result_type(a, b).kind == "f" and np.dtype(a).kind in "iu" and np.dtype(b).kind in "iu"):
                c.case("result_type", [np.dtype(a), np.dtype(b)], want=Raw(np.result_type(a, b)))
    kinds = {"bool": "b", "signed integer": "i", "unsigned integer": "u", "integral": "iu", "real floating": "f", "complex floating": "c",
             "numeric": "iufc"}
    for a in ALL:
        for kind, letters in kinds.items():
            c.case("isdtype", [np.dtype(a), Raw(kind)], want=Raw(np.dtype(a).kind in letters))
        for b in ALL:
            if not {np.dtype(a).kind, np.dtype(b).kind} & {"i", "u"} or np.dtype(a).kind == np.dtype(b).kind:  # Between kinds it is left open.
                c.case("can_cast", [np.dtype(a), np.dtype(b)], want=Raw(np.can_cast(a, b)))
    for a in FLOATS + COMPLEX:
        ends = np.finfo(a)
        c.case("finfo", [np.dtype(a)], want=Raw({"bits": ends.bits, "eps": float(ends.eps), "max": float(ends.max), "min": float(ends.min),
                                                 "smallest_normal": float(ends.tiny), "dtype": ends.dtype.name}))
    for a in INTEGERS:
        ends = np.iinfo(a)
        c.case("iinfo", [np.dtype(a)], want=Raw({"bits": ends.bits, "max": int(ends.max), "min": int(ends.min), "dtype": a}))
    for a in REAL:
        for b in INTEGERS:
            if a not in FLOATS:
                x = fill(c, a, (5,))
                c.case("astype", [x, np.dtype(b)], want=x.astype(b))


def indexing(c):
    for dtype in SOME:
        for shape, axis in (((7,), 0), ((3, 4), 0), ((3, 4), 1), ((2, 3, 4), -2)):
            x = fill(c, dtype, shape)
            indices = c.random.integers(-shape[axis], shape[axis], 5)
            c.case("take", [x, indices], {"axis": axis}, want=np.take(x, indices, axis))
            c.case("take", [x, indices[:0]], {"axis": axis}, want=np.take(x, indices[:0], axis))
            each = c.random.integers(0, shape[axis], [2 if d == axis % len(shape) else n for d, n in enumerate(shape)])
            c.case("take_along_axis", [x, each], {"axis": axis}, want=np.take_along_axis(x, each, axis))
        x = fill(c, dtype, (5, 6))
        for item in ((slice(1, 4),), (slice(None, None, 2), slice(4, 0, -1)), (2,), (-1, slice(None)), (Ellipsis, 0), (None, slice(2, 3)),
                     (slice(3, 3),), (slice(-2, None), None, Ellipsis), (1, 2), (slice(None, None, -3),), (slice(10, 20),)):
            c.case("getitem", [x, Raw([index(one) for one in item])], want=np.asarray(x[item]))
        mask = np.asarray(c.random.random((5, 6)) < 0.4)
        c.case("getitem", [x, mask], want=x[mask])
        c.case("getitem", [x, mask[:, 0].copy()], want=x[mask[:, 0]])
        places = c.random.integers(-5, 5, 4)
        c.case("getitem", [x, places], want=x[places])
    c.case("take", [np.arange(3), np.array([3])], {"axis": 0}, want=refused)
    c.case("getitem", [np.arange(3), Raw([5])], want=refused)
    c.case("getitem", [np.arange(3), Raw([0, 0])], want=refused)


def index(one):
    if isinstance(one, slice):
        return {"slice": [one.start, one.stop, one.step]}
    return "..." if one is Ellipsis else "newaxis" if one is None else one


def searching(c):
    for dtype in ALL:
        for shapes in (((3, 4), (4,)), ((), (3,)), ((0, 2), (1, 2))):
            x, y = fill(c, dtype, shapes[0]), fill(c, dtype, shapes[1])
            mask = np.asarray(c.random.random(shapes[1]) < 0.5)
            c.case("where", [mask, x, y], want=np.where(mask, x, y))
        for shape in ((7,), (3, 4), (0, 3)):
            x = np.where(c.random.random(shape) < 0.5, np.zeros((), dtype), fill(c, dtype, shape)).astype(dtype)
            c.case("nonzero", [x], want=np.nonzero(x))
    for dtype in REAL:
        x = np.sort(few(c, dtype, (9,)))
        values = few(c, dtype, (2, 4))
        for side in ("left", "right"):
            c.case("searchsorted", [x, values], {"side": side}, want=np.searchsorted(x, values, side))
        x = few(c, dtype, (6,))
        order = np.argsort(x, kind="stable")
        c.case("searchsorted", [x, values], {"sorter": order}, want=np.searchsorted(x, values, sorter=order))


def sorting(c):
    for dtype in REAL:
        for shape, axis in (((7,), None), ((3, 4), 0), ((3, 4), 1), ((0, 3), 0), ((2, 3, 4), 1), ((1,), 0)):
            at = -1 if axis is None else axis
            for make in (fill, few):
                x = make(c, dtype, shape)
                x = np.where(x == 0, np.zeros((), dtype), x).astype(dtype)  # Zeros of both signs are equal: either may be first.
                keywords = {} if axis is None else {"axis": axis}
                c.case("sort", [x], keywords, want=np.sort(x, at, kind="stable"))
                c.case("argsort", [x], keywords, want=np.argsort(x, at, kind="stable"))
                if np.isnan(x).any():
                    continue  # Where NaNs go in descending order is left to the library.
                keywords = keywords | {"descending": True}
                c.case("sort", [x], keywords, want=np.flip(np.sort(x, at, kind="stable"), at))
                c.case("argsort", [x], keywords, want=x.shape[at] - 1 - np.flip(np.argsort(np.flip(x, at), at, kind="stable"), at))


def sets(c):
    for dtype in ALL[:-2]:
        for shape in ((9,), (3, 4), (0,), ()):
            x = few(c, dtype, shape) if c.count % 3 else fill(c, dtype, shape)
            x = np.where(x == 0, np.zeros((), dtype), x).astype(dtype)
            values, first, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True, equal_nan=False)
            inverse = inverse.reshape(shape)
            c.case("unique_values", [x], want=values)
            c.case("unique_counts", [x], want=[values, counts])
            c.case("unique_inverse", [x], want=[values, inverse])
            c.case("unique_all", [x], want=[values, first, inverse, counts])
        x, y = few(c, dtype, (3, 4)), few(c, dtype, (2,))
        c.case("isin", [x, y], want=np.isin(x, y))
        c.case("isin", [x, y], {"invert": True}, want=np.isin(x, y, invert=True))


EINSUMS = (("ij,jk->ik", ((3, 4), (4, 2))), ("ij,jk", ((3, 4), (4, 2))), ("ij,kj->ki", ((3, 4), (2, 4))), ("ji", ((3, 4),)), ("ii", ((4, 4),)), ("iij->j", ((3, 3, 2),)),
           ("ij->", ((3, 4),)), ("i,j->ij", ((3,), (4,))), ("i,i", ((5,), (5,))), ("bij,bjk->bik", ((2, 3, 4), (2, 4, 2))), ("...ij,...jk->...ik", ((2, 3, 4), (4, 2))),
           ("...ij,...j", ((2, 1, 3, 4), (5, 4))), ("ij,ij->i", ((3, 4), (3, 4))), ("ij,jk,kl->il", ((2, 3), (3, 4), (4, 2))), ("ij,i,j", ((3, 4), (3,), (4,))),
           ("abc,bd,ce->aed", ((2, 3, 4), (3, 2), (4, 3))), ("ij,jk->ik", ((3, 0), (0, 2))), ("ij,kl", ((2, 3), (2, 2))), ("i,ij->j", ((1,), (3, 2))))


def linear_algebra(c):
    for dtype in NUMERIC:
        make = whole if dtype in FLOATS + COMPLEX else fill
        for shapes in (((3, 4), (4, 2)), ((4,), (4, 3)), ((3, 4), (4,)), ((2, 3, 4), (4, 2)), ((2, 3, 4), (2, 4, 3)), ((3, 0), (0, 2)), ((4,), (4,))):
            x, y = make(c, dtype, shapes[0]), make(c, dtype, shapes[1])
            c.case("matmul", [x, y], want=np.matmul(x, y), tolerance=near(0, 0) if dtype in FLOATS + COMPLEX else exact)
        for shapes, axes in ((((3, 4), (4, 2)), 1), (((3, 4), (3, 4)), 2), (((2,), (3,)), 0), (((3, 4, 2), (4, 3)), ((1, 0), (0, 1)))):
            x, y = make(c, dtype, shapes[0]), make(c, dtype, shapes[1])
            c.case("tensordot", [x, y], {"axes": axes}, want=np.tensordot(x, y, axes), tolerance=near(0, 0) if dtype in FLOATS + COMPLEX else exact)
        for axis in (-1, 0):
            x, y = make(c, dtype, (3, 4)), make(c, dtype, (3, 4))
            want = np.sum(np.conj(x) * y, axis=axis, dtype=dtype)
            c.case("vecdot", [x, y], {} if axis == -1 else {"axis": axis}, want=want, tolerance=near(0, 0) if dtype in FLOATS + COMPLEX else exact)
    for dtype in ("bool", "int16", "uint64", "float32", "float64", "complex128"):
        make = whole if dtype in FLOATS + COMPLEX else fill
        tolerance = near(0, 0) if dtype in FLOATS + COMPLEX else exact
        for shapes in (((4,), (2, 4, 3)), ((2, 1, 3, 4), (5, 4, 2)), ((1, 3, 4), (2, 4, 2)), ((2, 3, 4), (4,)), ((0, 4), (4, 2)), ((2, 0, 4), (4, 0)), ((1, 1), (1, 1))):
            x, y = make(c, dtype, shapes[0]), make(c, dtype, shapes[1])
            c.case("matmul", [x, y], want=np.matmul(x, y), tolerance=tolerance)
        x, y = make(c, dtype, (3, 4)), make(c, dtype, (3, 2))
        c.case("matmul", [Call("matrix_transpose", [x]), y], want=np.matmul(x.T, y), tolerance=tolerance)
        c.case("matmul", [Call("matrix_transpose", [y]), Call("matrix_transpose", [Call("matrix_transpose", [x])])], want=np.matmul(y.T, x), tolerance=tolerance)
        x, y = make(c, dtype, (2, 4, 3)), make(c, dtype, (2, 5, 4))
        c.case("matmul", [Call("matrix_transpose", [x]), Call("matrix_transpose", [y])], want=np.matmul(x.swapaxes(1, 2), y.swapaxes(1, 2)), tolerance=tolerance)
    for dtypes in (("int8", "uint8"), ("int32", "float32"), ("float32", "complex64"), ("bool", "int64")):
        x, y = (whole(c, dtype, shape) for dtype, shape in zip(dtypes, ((3, 4), (4, 2))))
        c.case("matmul", [x, y], want=np.matmul(x, y), tolerance=near(0, 0))
    x = whole(c, "float64", (3, 4))
    x[1, 2], x[2, 0] = np.nan, np.inf
    c.case("matmul", [x, np.ones((4, 2))], want=np.matmul(x, np.ones((4, 2))), tolerance=near(0, 0))
    for dtype in ("int8", "uint32", "int64", "float32", "float64", "complex64"):
        make = whole if dtype in FLOATS + COMPLEX else fill
        tolerance = near(0, 0) if dtype in FLOATS + COMPLEX else exact
        for subscripts, shapes in EINSUMS:
            operands = [make(c, dtype, shape) for shape in shapes]
            if len(operands) > 2 and dtype in ("float32", "complex64"):  # Products of three are rounded; each factor and sum as much as eps of all.
                sizes = np.einsum(subscripts, *(np.abs(one).astype("float64") for one in operands))
                tolerance = near(0, 16 * float(np.finfo(dtype).eps * sizes.max()))
                want = np.einsum(subscripts, *(one.astype("complex128") for one in operands))
                c.case("einsum", [Raw(subscripts), *operands], want=np.asarray(want if dtype == "complex64" else want.real, dtype), tolerance=tolerance)
                continue
            c.case("einsum", [Raw(subscripts), *operands], want=np.asarray(np.einsum(subscripts, *operands)), tolerance=tolerance)
    for subscripts, shapes in (("ij,jk->il", ((2, 3), (3, 2))), ("ij,jk", ((2, 3), (4, 2))), ("ij", ((2, 3, 4),)), ("ii", ((2, 3),)), ("ij,jk->ii", ((2, 2), (2, 2))), ("i,j", ((2,),))):
        c.case("einsum", [Raw(subscripts), *map(np.ones, shapes)], want=refused)
    c.case("matmul", [np.ones((3, 4)), np.ones((3, 4))], want=refused)
    c.case("matmul", [np.ones(()), np.ones(3)], want=refused)


def linalg(c):
    for dtype in FLOATS:
        eps = float(np.finfo(dtype).eps)
        for shape in ((3, 3), (2, 4, 4), (1, 1)):
            x = np.asarray(c.random.normal(0, 1, shape) + 4 * np.eye(shape[-1]), dtype)
            wide = x.astype("float64")
            symmetric = (wide + np.swapaxes(wide, -1, -2)) / 2
            x_symmetric = symmetric.astype(dtype)
            tolerance = near(0, 200 * eps)
            c.case("linalg.det", [x], want=np.linalg.det(wide).astype(dtype), tolerance=near(0, 200 * eps * float(np.abs(np.linalg.det(wide)).max())))
            c.case("linalg.inv", [x], want=np.linalg.inv(wide).astype(dtype), tolerance=tolerance)
            y = small(c, dtype, shape[:-1] + (2,))
            solution = np.linalg.solve(wide, y.astype("float64"))
            # Both are as near to the solution as the matrix allows: its condition times eps.
            far = 20 * eps * float(np.max(np.linalg.cond(wide)) * np.abs(solution).max())
            c.case("linalg.solve", [x, y], want=solution.astype(dtype), tolerance=near(0, far))
            positive = (wide @ np.swapaxes(wide, -1, -2)).astype(dtype)
            c.case("linalg.cholesky", [positive], want=np.linalg.cholesky(positive.astype("float64")).astype(dtype), tolerance=tolerance)
            c.case("linalg.svdvals", [x], want=np.linalg.svd(wide, compute_uv=False).astype(dtype), tolerance=tolerance)
            c.case("linalg.eigvalsh", [x_symmetric], want=np.linalg.eigvalsh(x_symmetric.astype("float64")).astype(dtype), tolerance=tolerance)
            c.case("linalg.pinv", [x], want=np.linalg.pinv(wide).astype(dtype), tolerance=tolerance)
            c.case("linalg.matrix_rank", [x], want=np.asarray(np.linalg.matrix_rank(wide)))
            signs, logs = np.linalg.slogdet(wide)
            c.case("linalg.slogdet", [x], want=[np.asarray(signs, dtype), np.asarray(logs, dtype)], tolerance=tolerance)
            for power in (0, 1, 3):
                n = whole(c, dtype, shape)
                c.case("linalg.matrix_power", [n, power], want=np.linalg.matrix_power(n.astype("float64"), power).astype(dtype),
                       tolerance=near(0, 10 * eps * 64.0 ** power * 16))
            for order in ("fro", 1, np.inf):
                c.case("linalg.matrix_norm", [x], {"ord": order}, want=np.linalg.norm(wide, order, (-2, -1)).astype(dtype), tolerance=near(8))
        for shape in ((5, 3), (3, 3), (2, 4, 2)):
            # Factors are unique up to signs: what they multiply to, and that Q keeps lengths, tells as much.
            x = small(c, dtype, shape)
            identity = np.broadcast_to(np.eye(shape[-1], dtype=dtype), shape[:-2] + (shape[-1], shape[-1]))
            q, r = (Call("item", [Call("linalg.qr", [x]), Raw(i)]) for i in (0, 1))
            c.case("matmul", [q, r], want=x, tolerance=near(0, 100 * eps))
            c.case("matmul", [Call("matrix_transpose", [q]), q], want=identity, tolerance=near(0, 100 * eps))
            c.case("tril", [r], {"k": -1}, want=np.zeros(identity.shape, dtype), tolerance=near(0, 0))
            u, s, v = (Call("item", [Call("linalg.svd", [x], {"full_matrices": False}), Raw(i)]) for i in (0, 1, 2))
            c.case("matmul", [Call("multiply", [u, Call("expand_dims", [s, Raw(-2)])]), v], want=x, tolerance=near(0, 100 * eps))
            symmetric = (x.swapaxes(-1, -2).astype("float64") @ x).astype(dtype)
            symmetric = ((symmetric + symmetric.swapaxes(-1, -2)) / 2).astype(dtype)
            values, vectors = (Call("item", [Call("linalg.eigh", [symmetric]), Raw(i)]) for i in (0, 1))
            c.case("matmul", [Call("multiply", [vectors, Call("expand_dims", [values, Raw(-2)])]), Call("matrix_transpose", [vectors])],
                   want=symmetric, tolerance=near(0, 400 * eps * float(np.abs(symmetric).max())))
        for order in (2, 1, np.inf, -np.inf, 0):
            for axis in (None, 0, 1):
                x = small(c, dtype, (3, 4))
                want = np.linalg.norm(x.reshape(-1).astype("float64") if axis is None else x.astype("float64"), order, axis)
                c.case("linalg.vector_norm", [x], {"ord": order} | ({} if axis is None else {"axis": axis}), want=np.asarray(want, dtype), tolerance=near(8))
    for dtype in NUMERIC:
        make = whole if dtype in FLOATS + COMPLEX else fill
        tolerance = near(0, 0) if dtype in FLOATS + COMPLEX else exact
        x, y = make(c, dtype, (3,)), make(c, dtype, (4,))
        c.case("linalg.outer", [x, y], want=np.outer(x, y), tolerance=tolerance)
        a, b = make(c, dtype, (2, 3)), make(c, dtype, (2, 3))
        c.case("linalg.cross", [a, b], want=np.cross(a, b), tolerance=tolerance)
        for offset in (0, 1, -1):
            x = make(c, dtype, (3, 4))
            c.case("linalg.diagonal", [x], {"offset": offset}, want=np.diagonal(x, offset))
            kind = np.dtype(dtype).kind
            c.case("linalg.trace", [x], {"offset": offset}, want=np.asarray(np.trace(x, offset, dtype={"i": "int64", "u": "uint64"}.get(kind, dtype))), tolerance=tolerance)


    more_linalg(c)


def more_linalg(c):
    for dtype in ("float32", "float64", "complex64", "complex128"):
        eps = float(np.finfo(dtype).eps)
        item = lambda name, x, i, keywords=None: Call("item", [Call(name, [x], keywords), Raw(i)])  # noqa: E731
        for shape in ((40, 3), (7, 2), (3, 8), (2, 9), (2, 3, 5), (0, 2), (3, 0), (9, 1)):
            # Tall ones go through their rows, whatever the chunks.
            x = small(c, dtype, shape)
            k = min(shape[-2:])
            identity = np.broadcast_to(np.eye(k, dtype=dtype), shape[:-2] + (k, k))
            q, r = item("linalg.qr", x, 0), item("linalg.qr", x, 1)
            c.case("matmul", [q, r], want=x, tolerance=near(0, 400 * eps))
            c.case("matmul", [Call("matrix_transpose", [Call("conj", [q])]) if dtype in COMPLEX else Call("matrix_transpose", [q]), q], want=identity, tolerance=near(0, 100 * eps))
            u, s, v = (item("linalg.svd", x, i, {"full_matrices": False}) for i in (0, 1, 2))
            c.case("matmul", [Call("multiply", [u, Call("expand_dims", [s, Raw(-2)])]), v], want=x, tolerance=near(0, 400 * eps))
            values = np.linalg.svd(x, compute_uv=False)
            c.case("linalg.svdvals", [x], want=values, tolerance=near(0, 100 * eps * float(values.max(initial=1))))
            c.case("linalg.matrix_rank", [x], want=np.asarray(np.linalg.matrix_rank(x)) if k else np.zeros(shape[:-2], "int64"))
            if k:
                far = 100 * eps * float(np.max(np.linalg.cond(x)) * np.abs(np.linalg.pinv(x)).max())
                c.case("linalg.pinv", [x], want=np.linalg.pinv(x), tolerance=near(0, far))
                for order in (2, -2, "nuc", -1, -np.inf):
                    c.case("linalg.matrix_norm", [x], {"ord": order, "keepdims": order == 2}, want=np.linalg.norm(x, order, (-2, -1), order == 2),
                           tolerance=near(8, 100 * eps * float(values.max())))
        for shape in ((6, 6), (2, 3, 3), (1, 1), (0, 0)):
            x = small(c, dtype, shape)
            positive = np.matmul(x, x.conj().swapaxes(-1, -2)) + 4 * np.eye(shape[-1], dtype=dtype)
            factor = np.linalg.cholesky(positive)
            size = float(np.abs(positive).max(initial=1))
            for upper in (False, True):
                c.case("linalg.cholesky", [positive], {"upper": upper}, want=factor.conj().swapaxes(-1, -2) if upper else factor, tolerance=near(0, 100 * eps * size))
            c.case("linalg.eigvalsh", [positive], want=np.linalg.eigvalsh(positive), tolerance=near(0, 100 * eps * size))
            c.case("linalg.det", [positive], want=np.linalg.det(positive), tolerance=near(0, 200 * eps * float(np.abs(np.linalg.det(positive)).max(initial=1))))
            c.case("linalg.slogdet", [positive], want=[np.asarray(one) for one in np.linalg.slogdet(positive)], tolerance=near(0, 400 * eps))
            far = 100 * eps * float(np.max(np.linalg.cond(positive), initial=1)) if shape[-1] else 0
            c.case("linalg.inv", [positive], want=np.linalg.inv(positive), tolerance=near(0, far))
            y = small(c, dtype, shape[:-1] + (3,))
            solution = np.linalg.solve(positive, y)
            c.case("linalg.solve", [positive, y], want=solution, tolerance=near(0, far * float(np.abs(solution).max(initial=1))))
            for lower in (False, True):
                triangle = (np.tril if lower else np.triu)(positive)
                solution = np.linalg.solve(triangle, y)
                far_triangle = far * float(np.abs(solution).max(initial=1)) * size
                c.case("linalg.solve_triangular", [positive, y], {"lower": lower}, want=solution, tolerance=near(0, far_triangle))
            z = small(c, dtype, shape[-1:]) if len(shape) == 2 else y[:1]  # A vector, and matrices that stretch.
            solution = np.linalg.solve(positive, z)
            c.case("linalg.solve", [positive, z], want=solution, tolerance=near(0, far * float(np.abs(solution).max(initial=1))))
    for dtype in ("float32", "float64", "complex64", "complex128"):
        eps = float(np.finfo(dtype).eps)
        for shape in ((5, 5), (2, 4, 4), (1, 1)):
            # Values come in any order: what they and their vectors multiply to, and what they add up to, tells as much.
            x = small(c, dtype, shape)
            wanted = x.astype("complex64" if eps > 1e-10 else "complex128")
            values, vectors = (Call("item", [Call("linalg.eig", [x]), Raw(i)]) for i in (0, 1))
            far = 400 * eps * float(np.max(np.linalg.cond(np.linalg.eig(x)[1])) * np.abs(x).max())
            c.case("matmul", [Call("multiply", [vectors, Call("expand_dims", [values, Raw(-2)])]), Call("linalg.inv", [vectors])], want=wanted, tolerance=near(0, far))
            c.case("sum", [Call("linalg.eigvals", [x])], {"axis": -1}, want=np.asarray(np.trace(wanted, axis1=-2, axis2=-1)), tolerance=near(0, far))
    x = np.ones((3, 4))
    for name in ("det", "inv", "eig", "eigvals", "eigh", "eigvalsh", "cholesky", "slogdet", "matrix_power"):
        c.case("linalg." + name, [x, 2] if name == "matrix_power" else [x], want=refused)
    for name in ("det", "qr", "svd", "svdvals", "pinv", "diagonal", "trace", "matrix_norm"):
        c.case("linalg." + name, [np.ones(3)], want=refused)
    for name in ("det", "qr", "svd", "eigh", "cholesky", "vector_norm", "matrix_norm"):
        c.case("linalg." + name, [np.ones((2, 2), "int32")], want=refused)
    c.case("linalg.solve", [np.eye(3), np.ones((2, 2))], want=refused)
    c.case("linalg.matrix_norm", [x], {"ord": 3}, want=refused)
    for offset in (5, -7, 3):
        c.case("linalg.diagonal", [x], {"offset": offset}, want=np.zeros(0) if offset != 3 else np.ones(1))
    for axis in (0, -2):
        a, b = whole(c, "float64", (3, 2)), whole(c, "float64", (3, 2))
        c.case("linalg.cross", [a, b], {"axis": axis}, want=np.cross(a, b, axis=axis), tolerance=near(0, 0))
    c.case("linalg.cross", [x, x], want=refused)


def fft(c):
    for dtype, real in (("complex64", "float32"), ("complex128", "float64")):
        eps = float(np.finfo(real).eps)
        for n in (1, 2, 5, 8, 12):
            tolerance = near(0, 20 * eps * n * 4)
            for name in ("fft", "ifft", "hfft"):
                x = small(c, dtype, (n, 3))
                for norm in ("backward", "ortho", "forward") if n == 8 else ("backward",):
                    if name == "hfft" and n == 1:
                        continue
                    want = getattr(np.fft, name)(x, axis=0, norm=norm)
                    c.case("fft." + name, [x], {"axis": 0, "norm": norm}, want=want.astype(real if name == "hfft" else dtype), tolerance=tolerance)
            for name in ("rfft", "ihfft"):
                x = small(c, real, (3, n))
                c.case("fft." + name, [x], want=getattr(np.fft, name)(x).astype(dtype), tolerance=tolerance)
            x = small(c, dtype, (n // 2 + 1,))
            c.case("fft.irfft", [x], {"n": n}, want=np.fft.irfft(x, n).astype(real), tolerance=tolerance)
        x = small(c, dtype, (3, 4))
        for name in ("fftn", "ifftn"):
            c.case("fft." + name, [x], want=getattr(np.fft, name)(x).astype(dtype), tolerance=near(0, 1000 * eps))
        x = small(c, real, (3, 4))
        c.case("fft.rfftn", [x], want=np.fft.rfftn(x).astype(dtype), tolerance=near(0, 1000 * eps))
        x = small(c, dtype, (3, 3))
        c.case("fft.irfftn", [x], {"s": (3, 4)}, want=np.fft.irfftn(x, (3, 4)).astype(real), tolerance=near(0, 1000 * eps))
        for shape in ((5,), (4,), (3, 4)):
            x = small(c, real, shape)
            c.case("fft.fftshift", [x], want=np.fft.fftshift(x))
            c.case("fft.ifftshift", [x], want=np.fft.ifftshift(x))
    for n in (1, 4, 5):
        c.case("fft.fftfreq", [Raw(n)], {"d": 0.5}, want=np.fft.fftfreq(n, 0.5), tolerance=near(1))
        c.case("fft.rfftfreq", [Raw(n)], {"d": 0.5}, want=np.fft.rfftfreq(n, 0.5), tolerance=near(1))


    more_fft(c)


def more_fft(c):
    for dtype, real in (("complex64", "float32"), ("complex128", "float64")):
        eps = float(np.finfo(real).eps)
        # Lengths with large prime factors, cut lines and such that go on with zeros.
        for shape, axis, n in (((67,), 0, None), ((142,), 0, None), ((3, 5, 2), 1, 8), ((6, 4), 0, 3), ((1,), 0, 4), ((0, 3), 1, 2), ((64,), 0, 134)):
            keywords = {"axis": axis} | ({} if n is None else {"n": n})
            tolerance = near(0, 80 * eps * max(n or 0, shape[axis]))
            for norm in ("backward", "ortho", "forward") if shape[axis] < 10 else ("ortho",):
                named = keywords | {"norm": norm}
                x = small(c, dtype, shape)
                for name in ("fft", "ifft", "irfft", "hfft") if shape[axis] > 1 or n else ("fft", "ifft"):
                    c.case("fft." + name, [x], named, want=getattr(np.fft, name)(x, **named).astype(real if name in ("irfft", "hfft") else dtype), tolerance=tolerance)
                x = small(c, real, shape)
                for name in ("fft", "rfft", "ihfft"):
                    c.case("fft." + name, [x], named, want=getattr(np.fft, name)(x, **named).astype(dtype), tolerance=tolerance)
        for keywords in ({}, {"axes": (0, 2)}, {"s": (3, 5)}, {"s": (4, 2), "axes": (-1, 0)}, {"norm": "ortho"}):
            x = small(c, dtype, (3, 2, 4))
            for name in ("fftn", "ifftn", "irfftn"):
                c.case("fft." + name, [x], keywords, want=getattr(np.fft, name)(x, **keywords).astype(real if name == "irfftn" else dtype), tolerance=near(0, 2000 * eps))
            x = small(c, real, (3, 2, 4))
            c.case("fft.rfftn", [x], keywords, want=np.fft.rfftn(x, **keywords).astype(dtype), tolerance=near(0, 2000 * eps))
        x = small(c, dtype, (2, 3, 4))
        c.case("fft.fftshift", [x], {"axes": (0, 2)}, want=np.fft.fftshift(x, (0, 2)))
        c.case("fft.ifftshift", [x], {"axes": 1}, want=np.fft.ifftshift(x, 1))
    x = np.arange(12).reshape(3, 4)
    c.case("fft.fft", [x], want=np.fft.fft(x), tolerance=near(0, 1e-13))
    c.case("fft.rfft", [x], {"axis": 0}, want=np.fft.rfft(x, axis=0), tolerance=near(0, 1e-13))
    x = np.ones((3, 4))
    c.case("fft.fft", [x], {"axis": 2}, want=refused)
    c.case("fft.fft", [x], {"n": 0}, want=refused)
    c.case("fft.fft", [x], {"norm": "none"}, want=refused)
    c.case("fft.irfft", [np.ones(1)], want=refused)
    c.case("fft.rfft", [np.ones(3, "complex128")], want=refused)
    c.case("fft.fftn", [x], {"s": (2, 2), "axes": (0,)}, want=refused)
    c.case("fft.fftn", [x], {"axes": (0, 0)}, want=refused)


def utility(c):
    for dtype in REAL:
        for shape, axis, n in (((7,), -1, 1), ((3, 4), 0, 1), ((3, 4), 1, 2), ((3, 4), -1, 0), ((3, 0), 0, 1), ((2,), 0, 3)):
            x = whole(c, dtype, shape)
            c.case("diff", [x], {"axis": axis, "n": n}, want=np.diff(x, n, axis))
        x, before, behind = whole(c, dtype, (3, 4)), whole(c, dtype, (3, 1)), whole(c, dtype, (3, 2))
        c.case("diff", [x], {"prepend": before, "append": behind}, want=np.diff(x, prepend=before, append=behind))


def refusals(c):
    """What is an error where the user writes it (E7)."""
    x, y, mask = np.ones((3, 4)), np.ones((2, 4)), np.ones((3, 4), bool)
    whole_numbers = np.ones((3, 4), "int32")
    for name in ("add", "multiply", "less", "maximum", "atan2"):
        c.case(name, [x, y], want=refused)
    for name in ("sum", "max", "mean", "any", "argmax", "cumulative_sum", "sort"):
        c.case(name, [x], {"axis": 2}, want=refused)
        c.case(name, [x], {"axis": -3}, want=refused)
    c.case("sum", [x], {"axis": (0, 0)}, want=refused)
    for name in ("bitwise_and", "bitwise_left_shift", "bitwise_or"):
        c.case(name, [x, x], want=refused)
    c.case("bitwise_invert", [x], want=refused)
    c.case("subtract", [mask, mask], want=refused)
    c.case("negative", [mask], want=refused)
    for name in ("less", "maximum", "floor_divide", "remainder"):
        c.case(name, [x.astype("complex64"), x.astype("complex64")], want=refused)
    c.case("reshape", [x, Raw((5, 2))], want=refused)
    c.case("reshape", [x, Raw((-1, -1))], want=refused)
    c.case("broadcast_to", [x, Raw((4, 3))], want=refused)
    c.case("permute_dims", [x, Raw((0, 0))], want=refused)
    c.case("permute_dims", [x, Raw((0,))], want=refused)
    c.case("squeeze", [x, Raw(0)], want=refused)
    c.case("expand_dims", [x, Raw(4)], want=refused)
    c.case("concat", [[x, np.ones((3, 2))]], {"axis": 0}, want=refused)
    c.case("stack", [[x, y]], {"axis": 0}, want=refused)
    c.case("take", [x, np.array([0.5])], {"axis": 0}, want=refused)
    c.case("where", [mask, x, y], want=refused)
    c.case("floor_divide", [whole_numbers, 0], want=refused)
    c.case("remainder", [whole_numbers, 0], want=refused)


def expressions(c):
    """Functions of functions: what is fused has the bits of what is not (K7)."""
    one = {"negative": np.negative, "abs": np.abs, "square": np.square, "sqrt": np.sqrt, "floor": np.floor}
    two = {"add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide, "maximum": np.maximum, "minimum": np.minimum}

    def grow(depth, shape, dtype):
        """An expression and its value."""
        if depth == 0 or c.random.random() < 0.1:
            own = [(n if c.random.random() < 0.8 else 1) for n in shape][int(c.random.integers(0, 2)) if len(shape) > 1 else 0:]
            x = np.asarray(c.random.normal(0, 4, own), dtype)
            return x, x
        if c.random.random() < 0.3:
            name = list(one)[c.random.integers(0, len(one))]
            inner, value = grow(depth - 1, shape, dtype)
            return Call(name, [inner]), one[name](value)
        if c.random.random() < 0.15:
            left, a = grow(depth - 1, shape, dtype)
            right, b = grow(depth - 1, shape, dtype)
            return Call("where", [Call("less", [left, right]), left, right]), np.where(a < b, a, b)
        name = list(two)[c.random.integers(0, len(two))]
        left, a = grow(depth - 1, shape, dtype)
        right, b = grow(depth - 1, shape, dtype)
        return Call(name, [left, right]), two[name](a, b)

    while c.count < 160:
        dtype = FLOATS[c.count % 2]
        tree, value = grow(2 + c.count % 4, [(5,), (3, 4), (2, 3, 4), (0, 3)][c.count % 4], dtype)
        if not isinstance(tree, Call):
            continue
        c.case(tree.function, tree.arguments, want=np.asarray(value), tolerance=near(0, 0))
        if c.count % 4 == 0 and value.ndim and value.size:
            want = np.max(value, axis=0)
            c.case("max", [tree], {"axis": 0}, want=want, tolerance=near(0, 0))



def places(c):
    """Index arrays between brackets, several of them, masks of some dimensions; new values there."""
    for dtype in SOME:
        x = fill(c, dtype, (4, 3, 5))
        rows, columns, deep = c.random.integers(-4, 4, 6), c.random.integers(-3, 3, 6), c.random.integers(0, 5, 6)
        square = c.random.integers(0, 3, (2, 3))
        for item in ((rows,), (rows, columns), (rows, columns, deep), (slice(1, 3), columns), (slice(None), columns, deep), (rows, slice(None), deep), (rows, 1),
                     (2, slice(None), deep), (Ellipsis, deep), (slice(None), square), (square, square), (rows, None, columns), (rows[:, None], columns[:2]), (rows[:0],)):
            c.case("index", [x, *(one for one in item if isinstance(one, np.ndarray))], {"items": [place(one) for one in item]}, want=x[item])
        for shape, before in (((4,), 0), ((4, 3), 0), ((4, 3, 5), 0), ((3,), 1), ((5,), 2), ((3, 5), 1)):
            mask = np.asarray(c.random.random(shape) < 0.5)
            item = (slice(None),) * before + (mask,)
            c.case("index", [x, mask], {"items": [place(one) for one in item]}, want=x[item])
        x, few_rows = fill(c, dtype, (4, 6)), np.array([2, 0, -1, 2])
        for item in ((1,), (slice(1, 3),), (slice(None, None, 2), slice(4, 0, -1)), (Ellipsis, -1), (slice(2, 2),), (slice(-3, None, 2), slice(1, None, 3)), (slice(None), 0)):
            y = x.copy()
            value = fill(c, dtype, y[item].shape)
            y[item] = value
            c.case("set", [x, value], {"items": [place(one) for one in item]}, want=y)
            y[item] = value[..., :1] if value.ndim else value
            c.case("set", [x, np.asarray(value[..., :1] if value.ndim else value)], {"items": [place(one) for one in item]}, want=y)
        for item in ((few_rows,), (slice(None), few_rows), (few_rows, slice(1, 4))):
            y, value = x.copy(), fill(c, dtype, x[item].shape)
            y[item] = value
            arrays = [one for one in item if isinstance(one, np.ndarray)]
            c.case("set", [x, value, *arrays], {"items": [place(one) for one in item]}, want=y)
        for shape in ((4,), (4, 6)):
            y, mask, value = x.copy(), np.asarray(c.random.random(shape) < 0.5), fill(c, dtype, ())
            y[mask] = value
            c.case("set", [x, value, mask], {"items": [place(mask)]}, want=y)
    c.case("index", [np.ones((3, 4)), np.array([0, 3])], {"items": ["array"]}, want=refused)
    c.case("index", [np.ones((3, 4)), np.array([True, False])], {"items": ["array"]}, want=refused)
    c.case("set", [np.ones((3, 4)), np.ones(3)], {"items": [index(slice(None))]}, want=refused)
    c.case("set", [np.ones((3, 4), "int8"), np.ones(4)], {"items": [index(slice(None))]}, want=refused)


def place(one):
    return "array" if isinstance(one, np.ndarray) else index(one)


def after_masks(c):
    """What masks leave goes on, although nobody knows how much it is (A6)."""
    for dtype in REAL:
        x, y = whole(c, dtype, (5, 4)), whole(c, dtype, (5, 4))
        flat, rows = np.asarray(c.random.random((5, 4)) < 0.6), np.array([True, False, True, True, False])
        masked = {"flat": Call("getitem", [x, flat]), "rows": Call("getitem", [x, rows])}
        values = {"flat": x[flat], "rows": x[rows]}
        for name in ("flat", "rows"):
            c.case("square", [masked[name]], want=values[name] * values[name])
            c.case("add", [masked[name], y[0, :1].copy()], want=values[name] + y[0, :1])
            for reducer in ("sum", "max", "min", "mean", "count_nonzero"):
                wider = values[name].astype("float64") if reducer == "mean" else values[name]
                want = np.asarray(getattr(np, reducer)(wider))
                want = want.astype(dtype if np.dtype(dtype).kind == "f" else "float64") if reducer == "mean" else want
                want = want.astype(dtype) if np.dtype(dtype).kind == "f" and reducer == "sum" else want
                c.case(reducer, [masked[name]], want=want, tolerance=near(2, 0) if reducer in ("mean", "sum") and np.dtype(dtype).kind == "f" else exact)
        c.case("nonzero", [Call("greater", [x, np.zeros((), dtype)])], want=np.nonzero(x > 0))
        c.case("unique_values", [masked["flat"]], want=np.unique(values["flat"]))
        c.case("max", [masked["rows"]], {"axis": 1}, want=values["rows"].max(axis=1))
        c.case("sum", [masked["rows"]], {"axis": 0, "keepdims": True}, want=values["rows"].sum(axis=0, keepdims=True), tolerance=near(2, 0) if np.dtype(dtype).kind == "f" else exact)


def counts(c):
    """The first of each line, bins and counts: NumPy's and Dask's, beside the standard."""
    for dtype in REAL:
        for shape, axis in (((9,), 0), ((3, 7), 1), ((5, 4), 0), ((2, 6, 3), 1)):
            x = distinct(c, dtype, shape)
            for k in (1, 3, -2):
                order = np.argsort(x, axis)
                order = np.take(np.flip(order, axis) if k > 0 else order, range(abs(k)), axis)
                c.case("topk", [x, Raw(k)], {"axis": axis}, want=np.take_along_axis(x, order, axis))
                c.case("argtopk", [x, Raw(k)], {"axis": axis}, want=order)
        x, bins = few(c, dtype, (3, 7)), np.array([0, 1, 3], dtype)
        for right in (False, True):
            c.case("digitize", [x, bins], {"right": right}, want=np.digitize(x, bins, right))
            c.case("digitize", [x, bins[::-1].copy()], {"right": right}, want=np.digitize(x, bins[::-1], right))
        x = few(c, dtype, (4, 5)) if np.dtype(dtype).kind != "f" else small(c, dtype, (4, 5))
        weights = whole(c, "float64", (4, 5))
        for bins in (1, 4, 7):
            c.case("histogram", [x, Raw(bins)], want=np.histogram(x.astype("float64"), bins), tolerance=near(4))
            c.case("histogram", [x, Raw(bins)], {"range": [-1.5, 2.0]}, want=np.histogram(x.astype("float64"), bins, (-1.5, 2.0)), tolerance=near(4))
        edges = np.array([-2.0, 0.0, 0.5, 3.0])
        c.case("histogram", [x, edges], want=np.histogram(x.astype("float64"), edges))
        c.case("histogram", [x, edges], {"weights": weights}, want=np.histogram(x.astype("float64"), edges, weights=weights), tolerance=near(0, 0))
        c.case("histogram", [x, edges], {"density": True}, want=np.histogram(x.astype("float64"), edges, density=True), tolerance=near(4))
    x = np.array([np.nan, np.inf, -np.inf, 0.0, 3.0, 2.9999999999999996])
    c.case("histogram", [x, np.array([0.0, 1.5, 3.0])], want=np.histogram(x[3:], np.array([0.0, 1.5, 3.0])))
    for dtype in ("uint8", "int16", "uint32", "int64"):
        for count in (0, 1, 17):
            x = np.asarray(c.random.integers(0, 9, count), dtype)
            c.case("bincount", [x], want=np.bincount(x))
            c.case("bincount", [x], {"minlength": 12}, want=np.bincount(x, minlength=12))
            weights = whole(c, "float64", (count,))
            c.case("bincount", [x], {"weights": weights}, want=np.bincount(x, weights).astype("float64"), tolerance=near(0, 0))
    c.case("histogram", [np.ones(3), Raw(0)], want=refused)
    c.case("bincount", [np.ones((2, 2), int)], want=refused)


FAMILIES = [manipulation, creation, data_types, indexing, searching, sorting, sets, linear_algebra, linalg, fft, utility, refusals, expressions, places, after_masks,
            counts]
