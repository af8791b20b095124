#!/usr/bin/python3
"""Computes tests/io/golden/*.json, what the tests of io/ expect, with xarray, cfgrib and zarr.

Run it where Debian's python3-xarray, python3-netcdf4, python3-cfgrib, python3-eccodes, python3-zarr and python3-dask are
installed: /usr/bin/python3 tests/oracles/io.py. It prints what it used; the tests need only its output.
"""
import glob
import json
import os
import sys
import zlib

import cfgrib
import cftime
import eccodes
import numpy as np
import xarray as xr
import zarr

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GOLDEN = os.path.join(ROOT, "tests", "io", "golden")


def checksum(values):
    """CRC-32 of the bytes in C order; every NaN as the quiet one."""
    values = np.ascontiguousarray(values)
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.array(np.nan, values.dtype), values)
    return zlib.crc32(values.tobytes())


def number(value):
    return None if np.isnan(value) else float(value)


def described(variable, coordinates):
    """Of each dimension all values, as they are few; of the values a checksum, and some to look at."""
    values = np.ascontiguousarray(variable.values)
    flat = values.reshape(-1)
    at = np.linspace(0, flat.size - 1, 7).astype(int)
    return {
        "name": variable.name,
        "dtype": str(values.dtype),
        "dimensions": [{"name": str(name), "values": [float(v) for v in coordinates[name].values]
                        if name in coordinates else list(range(length))}
                       for name, length in zip(variable.dims, values.shape)],
        "checksum": checksum(values),
        "missing": int(np.isnan(flat).sum()) if values.dtype.kind == "f" else 0,
        "samples": [[int(i), number(flat[i])] for i in at],
        "units": variable.attrs.get("units", ""),
    }


def kept(array):
    """io/grib leaves out dimensions of one value, but for time."""
    alone = [d for d in array.dims if array.sizes[d] == 1 and d not in ("time", "latitude", "longitude")]
    return array.squeeze(alone, drop=True)


def grib(path):
    """A parameter at a time: io/grib has coordinates for each variable, where cfgrib has one set for all."""
    with open(path, "rb") as file:
        parameters = []
        while True:
            try:
                handle = eccodes.codes_grib_new_from_file(file)
            except eccodes.CodesInternalError:
                continue
            if handle is None:
                break
            parameters.append(eccodes.codes_get(handle, "paramId"))
            eccodes.codes_release(handle)
    cubes, refused = [], []
    for parameter in dict.fromkeys(parameters):
        keys = {"filter_by_keys": {"paramId": parameter}, "indexpath": "", "squeeze": False}
        try:
            data = xr.open_dataset(path, engine="cfgrib", backend_kwargs=keys, decode_times=False, decode_timedelta=False)
        except cfgrib.dataset.DatasetBuildError as error:
            refused.append({"paramId": parameter, "why": str(error).split("\n")[0]})
            continue
        for array in data.data_vars.values():
            if array.attrs["GRIB_gridType"] in ("regular_ll", "regular_gg"):
                cubes.append(described(kept(array), data.coords))
            else:
                refused.append({"paramId": parameter, "why": array.attrs["GRIB_gridType"]})
    return {"cubes": cubes, "refused": refused}


def netcdf(paths):
    options = {"decode_times": False, "mask_and_scale": True}
    data = xr.open_mfdataset(paths, **options) if len(paths) > 1 else xr.open_dataset(paths[0], **options)
    bounds = {v.attrs.get("bounds") for v in data.variables.values()}
    return {"cubes": [described(array, data.coords) for name, array in data.data_vars.items() if array.ndim and name not in bounds]}


def store(path):
    """As it is stored, and as xarray decodes it."""
    group = zarr.open_consolidated(path, mode="r")
    decoded = xr.open_zarr(path, decode_times=False)
    chunks = {"first": (slice(0, 730), slice(0, 13), slice(0, 27)), "last": (slice(2190, 2920), slice(13, 25), slice(27, 53))}
    return {name: {"shape": list(group["air"][box].shape), "checksum": checksum(group["air"][box]),
                   "decoded_checksum": checksum(decoded["air"][box].values), "decoded_dtype": str(decoded["air"].dtype)}
            for name, box in chunks.items()} | {
                "lat": [float(v) for v in group["lat"][:]], "time_last": float(group["time"][-1])}


def times():
    """Dates of every calendar: around ends of months and leap days, and fractions."""
    cases = []
    for calendar in ("standard", "proleptic_gregorian", "noleap", "all_leap", "360_day"):
        for units in ("days since 1850-01-01", "hours since 1999-12-30 18:00:00", "seconds since 1970-01-01",
                      "minutes since 2000-02-28 23:30"):
            seconds = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}[units.split()[0]]
            for days in (0, 0.25, 31, 58, 59, 60, 365, 366, 1460.75, 36524, 54787.5, -1, -0.5, -31, -365):
                value = days * 86400 / seconds
                date = cftime.num2date(value, units, calendar)
                cases.append({"units": units, "calendar": calendar, "value": value,
                              "date": [date.year, date.month, date.day, date.hour, date.minute, date.second]})
    return cases


def packing():
    """Every stored type with every mixture of attributes, through xarray's decoder."""
    cases = []
    for dtype in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"):
        top = np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else 1e20
        low = np.iinfo(dtype).min if np.dtype(dtype).kind == "i" else 0
        stored = np.array([0, 1, 5, 100, 101, 127, low, top], dtype)
        for attributes in ({}, {"_FillValue": 100}, {"missing_value": 101}, {"_FillValue": 100, "missing_value": 101},
                           {"scale_factor": 0.01}, {"add_offset": 273.15}, {"scale_factor": 0.3, "add_offset": 1.7},
                           {"_FillValue": 100, "scale_factor": 0.1}, {"_FillValue": 100, "scale_factor": 0.1, "add_offset": -3.3},
                           {"_Unsigned": "true"}, {"_Unsigned": "false"}, {"_Unsigned": "true", "_FillValue": -1, "scale_factor": 0.3}):
            if "_Unsigned" in attributes and np.dtype(dtype).kind == "f":
                continue
            if attributes.get("_FillValue", 0) < 0 and np.dtype(dtype).kind != "i":
                continue
            typed = {k: np.dtype(dtype).type(v) if k in ("_FillValue", "missing_value") else v for k, v in attributes.items()}
            out = xr.conventions.decode_cf_variable("x", xr.Variable(("i",), stored, typed), decode_times=False).values
            cases.append({"dtype": dtype, "attributes": attributes, "stored": [str(v) for v in stored], "decoded_dtype": str(out.dtype),
                          "checksum": checksum(out), "decoded": [str(v) for v in out]})
    return cases


def write(name, value):
    """One line an entry."""
    dump = lambda one: json.dumps(one, allow_nan=False)
    if isinstance(value, dict):
        lines, ends = [f"{dump(key)}: {dump(one)}" for key, one in value.items()], "{}"
    else:
        lines, ends = [dump(one) for one in value], "[]"
    with open(os.path.join(GOLDEN, name + ".json"), "w") as file:
        file.write(ends[0] + "\n" + ",\n".join(lines) + "\n" + ends[1] + "\n")


def main():
    os.chdir(ROOT)
    print("xarray", xr.__version__, "cfgrib", cfgrib.__version__, "zarr", zarr.__version__, "ecCodes", eccodes.codes_get_api_version())
    files = sorted(glob.glob("tests/data/grib/*.grib")) + ["examples/data/era5-levels-members.grib"]
    write("grib", {path: grib(path) for path in files})
    goes = "tests/data/netcdf/20171025_2056.Cloud_Top_Height.nc"
    sets = {"hadgem2-es": sorted(glob.glob("examples/data/hadgem2-es/*.nc")),
            "hadgem3": sorted(glob.glob("tests/data/netcdf/pr_Amon*.nc")), "goes": [goes]}
    write("netcdf", {name: netcdf(paths) for name, paths in sets.items()})
    write("zarr", store("tests/data/zarr/air_temperature.zarr"))
    write("times", times())
    write("packing", packing())


if __name__ == "__main__":
    sys.exit(main())
