#!/usr/bin/python3
"""Writes tests/io/golden/npy/*, files of NumPy that the tests of io/npy read and write again.

Run it with Debian's python3-numpy: /usr/bin/python3 tests/oracles/npy.py. The values are those of `values` here and of
`golden_values` in tests/io/npy/support.hpp.
"""
import os
import zipfile

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOLDEN = os.path.join(ROOT, "tests", "io", "golden", "npy")
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64",
          "complex128", "datetime64[ns]", "timedelta64[ns]"]


def values(dtype, shape):
    count = np.arange(int(np.prod(shape)), dtype="int64")
    if dtype == "bool":
        return (count % 3 == 0).reshape(shape)
    if dtype.startswith("complex"):
        return (count * 259 - 5 + 1j * count).astype(dtype).reshape(shape)
    if dtype.startswith(("datetime", "timedelta")):
        return np.where(count == 2, np.iinfo("int64").min, count * 259 - 5).view(dtype).reshape(shape)
    return (count * 259 - 5).astype(dtype).reshape(shape)


def path(name):
    return os.path.join(GOLDEN, name)


def save(name, array, version=None):
    with open(path(name + ".npy"), "wb") as file:
        np.lib.format.write_array(file, array, version=version, allow_pickle=True)


def fix_times(name):
    """The same bytes whenever it is run."""
    with zipfile.ZipFile(path(name)) as archive:
        members = [(member, archive.read(member)) for member in archive.infolist()]
    with zipfile.ZipFile(path(name), "w") as archive:
        for member, data in members:
            fixed = zipfile.ZipInfo(member.filename, (1980, 1, 1, 0, 0, 0))
            fixed.compress_type = member.compress_type
            with archive.open(fixed, "w", force_zip64=True) as file:  # As np.savez.
                file.write(data)


def main():
    os.makedirs(GOLDEN, exist_ok=True)
    for dtype in DTYPES:
        name, array = dtype.split("[")[0], values(dtype, (2, 3, 4))
        save(name, array)
        save(name + "_big_endian", array.astype(array.dtype.newbyteorder(">")))
        save(name + "_fortran", np.asfortranarray(array))
    save("version_2", values("float32", (5,)), (2, 0))
    save("version_3", values("float32", (5,)), (3, 0))
    save("rank_0", values("float64", ()))
    save("empty", values("int16", (3, 0, 2)))
    save("rank_4_fortran", np.asfortranarray(values("int32", (3, 4, 2, 5))))
    save("matrix_fortran", np.asfortranarray(values("int64", (40, 70))))
    save("refused_object", np.array([1, None], dtype=object))
    save("refused_fields", np.zeros(2, dtype=[("x", "f4"), ("y", "i4")]))
    save("refused_text", np.array(["one", "two"]))
    save("refused_days", np.array(["2026-11-27"], dtype="datetime64[D]"))
    save("refused_half", np.zeros(3, dtype="float16"))
    for name, write in (("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)):
        write(path(name), x=values("float64", (2, 3)), flags=values("bool", (7,)), zeros=np.zeros(40))
        fix_times(name)


if __name__ == "__main__":
    main()
    print(f"NumPy {np.__version__}: {len(os.listdir(GOLDEN))} files in {GOLDEN}")
