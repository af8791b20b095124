"""Cases of NumPy's functions of neighbours, which the standard has not."""
import numpy as np

from corpus import Raw, exact, near, refused
from arrays_data import ALL, FLOATS, INTEGERS, fill, small, whole


def windows(c):
    pads(c)
    views(c)
    coarse(c)
    gradients(c)


def pads(c):
    widths = [((7,), ((2, 1),)), ((3, 4), ((1, 2), (0, 3))), ((2, 3), ((5, 0), (7, 9))), ((1, 4), ((2, 2), (3, 1))), ((3, 1, 2), ((0, 1), (1, 1), (2, 0)))]
    for number, dtype in enumerate(ALL):
        for mode in ("constant", "edge", "reflect", "symmetric", "wrap"):
            for shape, width in widths if dtype in ("float64", "int8") else (widths[(number + c.count) % 5], widths[(number + c.count + 2) % 5]):
                x = fill(c, dtype, shape)
                keywords = {"mode": mode} | ({"constant_values": 1} if mode == "constant" and c.count % 2 else {})
                c.case("pad", [x, Raw(width)], keywords, want=np.pad(x, width, **keywords))
        c.case("pad", [fill(c, dtype, (0, 2)), Raw(((1, 2), (1, 0)))], {"mode": "constant"}, want=np.pad(np.zeros((0, 2), dtype), ((1, 2), (1, 0))))
    c.case("pad", [np.ones((0, 2)), Raw(((1, 2), (1, 0)))], {"mode": "edge"}, want=refused)
    c.case("pad", [np.ones(3), Raw(((1, 2), (1, 0)))], {"mode": "edge"}, want=refused)
    c.case("pad", [np.ones(3), Raw(((-1, 2),))], {"mode": "edge"}, want=refused)


def views(c):
    for dtype in ALL:
        for shape, window, axis in (((7,), (3,), 0), ((7,), (7,), 0), ((3, 4), (2, 2), (0, 1)), ((3, 4), (3,), -1), ((2, 3, 5), (3, 1), (2, 0)), ((5, 0), (2,), 0), ((4,), (1,), 0)):
            x = fill(c, dtype, shape)
            c.case("sliding_window_view", [x, Raw(window)], {"axis": axis}, want=np.lib.stride_tricks.sliding_window_view(x, window, axis).copy())
    c.case("sliding_window_view", [np.ones(3), Raw((4,))], {"axis": 0}, want=refused)
    c.case("sliding_window_view", [np.ones(3), Raw((0,))], {"axis": 0}, want=refused)
    c.case("sliding_window_view", [np.ones((3, 4)), Raw((2,))], {"axis": (0, 1)}, want=refused)


def coarse(c):
    for dtype in ALL:
        for shape, factors, trim in (((8,), ((0, 2),), False), ((7,), ((0, 3),), True), ((4, 6), ((0, 2), (1, 3)), False), ((5, 4), ((1, 4),), False), ((3, 4), ((-1, 1),), False),
                                     ((0, 4), ((1, 2),), False)):
            x = whole(c, dtype, shape)
            factor = {axis % len(shape): by for axis, by in factors}
            cut = x[tuple(slice(0, n - n % factor.get(d, 1)) for d, n in enumerate(shape))]
            blocks, axes = [], []
            for d, n in enumerate(cut.shape):
                by = factor.get(d, 1)
                axes.append(len(blocks) + 1)
                blocks += [n // by, by]
            name = "max" if dtype in INTEGERS and 0 not in shape else "sum"
            if all(by == 1 for by in factor.values()):
                want = cut
            else:
                want = getattr(np, name)(cut.reshape(blocks), axis=tuple(axes), **({"dtype": dtype_of_sum(dtype)} if name == "sum" else {}))
            c.case("coarsen", [x, Raw(name), Raw(factors)], {"trim_excess": True} if trim else {}, want=want, tolerance=near(0, 0) if dtype in FLOATS else exact)
    c.case("coarsen", [np.ones(7), Raw("sum"), Raw(((0, 3),))], want=refused)
    c.case("coarsen", [np.ones(6), Raw("sum"), Raw(((1, 3),))], want=refused)
    c.case("coarsen", [np.ones(6), Raw("sum"), Raw(((0, 0),))], want=refused)


def dtype_of_sum(dtype):
    return {"b": "int64", "i": "int64", "u": "uint64"}.get(np.dtype(dtype).kind, dtype)


def gradients(c):
    for dtype in FLOATS + ["int32", "complex128"]:
        for shape, axis in (((7,), 0), ((3, 5), 1), ((5, 3), 0), ((3,), 0), ((4, 0), 0)):
            for order in (1, 2):
                x = small(c, dtype, shape)
                places = np.cumsum(c.random.integers(1, 5, shape[axis]) / 4)
                for spacing in (1.0, 0.5, places):
                    want = np.gradient(x, spacing, axis=axis, edge_order=order)
                    largest = float(np.max(np.abs(x), initial=0))
                    eps = np.finfo(want.dtype).eps
                    c.case("gradient", [x, Raw(spacing.tolist() if spacing is places else spacing)], {"axis": axis, "edge_order": order}, want=want,
                           tolerance=near(4, float(32 * eps * largest)) if spacing is places or order == 2 else near(0, 0))
    c.case("gradient", [np.ones(1), Raw(1.0)], {"axis": 0}, want=refused)
    c.case("gradient", [np.ones(2), Raw(1.0)], {"axis": 0, "edge_order": 2}, want=refused)
    c.case("gradient", [np.ones(4), Raw([1.0, 2.0])], {"axis": 0}, want=refused)
    c.case("gradient", [np.ones((4, 4)), Raw(1.0)], want=refused)
