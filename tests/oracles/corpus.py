"""How a file of tests/arrays/corpus is laid out, and how it is written.

A file is a `.npz` with one flat array for each dtype ("int8", "float64", ...), which holds the values of all arrays of that dtype
one behind the other, and "cases", the bytes of a JSON text:

    {"arrays": [[dtype, shape, first], ...],       the values of array i: `first` and those behind it in the array of its dtype
     "cases": [{"function": "sum",
                "arguments": [{"array": 3}],       or {"arrays": [3, 4]}, {"call": {"function", "arguments", "keywords"}}
                                                   (its function "item" takes one of several results),
                                                   {"scalar": 2.5} ("nan", "inf", "-inf" are words; complex: [re, im]),
                                                   {"dtype": "int8"}, {"plain": anything else: shapes, axes, index expressions}
                "keywords": {"axis": 0},           plain JSON; a dtype is {"dtype": "int8"}
                "chunkings": [[[[2, 1], [4]]]],    each: for each array, in the order of the arguments, the chunks of its dimensions
                "want": {"array": 5},              or {"arrays": [...]}, {"plain": ...}, {"refused": true}
                "exact": true}]}                   else "ulps": of the wanted value (of its modulus if complex), or "absolute":
                                                   where either holds it is near enough, and zeros have no sign
"""
import io
import json
import os
import zipfile
import zlib

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
exact = {"exact": True}
refused = {"refused": True}


def near(ulps, absolute=None):
    return {"ulps": ulps} | ({} if absolute is None else {"absolute": absolute})


class Raw:
    """An argument that is no array: a shape, an axis, an index."""

    def __init__(self, value):
        self.value = value


class Call:
    """An argument that is the result of another function."""

    def __init__(self, function, arguments, keywords=None):
        self.function, self.arguments, self.keywords = function, arguments, keywords or {}


def plain(value):
    if isinstance(value, np.dtype):
        return {"dtype": value.name}
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, (float, np.floating)) and not np.isfinite(value):
        return "nan" if np.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, complex):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return value.item() if isinstance(value, np.generic) else value


class Corpus:
    """The cases of one file. `random` is seeded by the file's name."""

    def __init__(self, name):
        self.random = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))
        self.cases, self.arrays, self.values, self.known = [], [], {}, {}

    @property
    def count(self):
        return len(self.cases)

    def add(self, array):
        array = np.asarray(array)
        name = array.dtype.name
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array) if array.dtype.kind == "f" else array
        data = np.ascontiguousarray(array).tobytes()
        key = (name, array.shape, data)
        if key not in self.known:
            held = self.values.setdefault(name, [])
            first = sum(map(len, held)) // array.dtype.itemsize
            if data:
                held.append(data)
            self.known[key] = len(self.arrays)
            self.arrays.append([name, list(array.shape), first])
        return self.known[key]

    def chunks(self, length, kind):
        if kind == "whole" or length == 0:
            return [length]
        if kind == "ones":
            return [1] * length
        parts, left = [], length
        while left > 0:
            parts.append(int(self.random.integers(1, left + 1)))
            left -= parts[-1]
        if self.count % 7 == 0:
            parts.insert(int(self.random.integers(0, len(parts) + 1)), 0)  # A2: empty chunks are legal everywhere.
        return parts

    def chunkings(self, arrays):
        kinds = ["whole", "some"] + (["ones"] if self.count % 5 == 0 else [])
        every = [[[self.chunks(length, kind) for length in array.shape] for array in arrays] for kind in kinds]
        return [one for i, one in enumerate(every) if one not in every[:i]]

    def argument(self, value, arrays):
        if isinstance(value, Raw):
            return {"plain": plain(value.value)}
        if isinstance(value, Call):
            return {"call": self.call(value, arrays)}
        if isinstance(value, np.ndarray):
            arrays.append(value)
            return {"array": self.add(value)}
        if isinstance(value, list):
            arrays.extend(value)
            return {"arrays": [self.add(one) for one in value]}
        if isinstance(value, np.dtype):
            return plain(value)
        return {"scalar": plain(value)}

    def call(self, call, arrays):
        described = {"function": call.function, "arguments": [self.argument(one, arrays) for one in call.arguments]}
        if call.keywords:
            described["keywords"] = {name: self.keyword(value, arrays) for name, value in call.keywords.items()}
        return described

    def keyword(self, value, arrays):
        return self.argument(value, arrays) if isinstance(value, np.ndarray) else plain(value)

    def case(self, function, arguments, keywords=None, want=None, tolerance=exact):
        arrays = []
        case = self.call(Call(function, arguments, keywords), arrays)
        case["chunkings"] = self.chunkings(arrays)
        if want is refused:
            case["want"] = refused
        elif isinstance(want, Raw):
            case["want"] = {"plain": plain(want.value)}
        elif isinstance(want, (list, tuple)):
            case["want"] = {"arrays": [self.add(one) for one in want]}
        else:
            case["want"] = {"array": self.add(want)}
        self.cases.append(case | tolerance)

    def packed(self):
        """The bytes of the file: no time is in them."""
        text = json.dumps({"arrays": self.arrays, "cases": self.cases}, separators=(",", ":"), allow_nan=False)
        members = {name: np.frombuffer(b"".join(held), name) for name, held in sorted(self.values.items())}
        members["cases"] = np.frombuffer(text.encode(), "uint8")
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, array in members.items():
                member = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
                member.compress_type = zipfile.ZIP_DEFLATED
                array_file = io.BytesIO()
                np.lib.format.write_array(array_file, array, version=(1, 0))
                archive.writestr(member, array_file.getvalue(), compresslevel=9)
        return file.getvalue()
