#!/usr/bin/python3
"""What examples/climatology must find, computed by xarray, cfgrib and netCDF4 (Debian: python3-xarray python3-cfgrib
python3-netcdf4) in float64. Prints tests/examples/climatology.json:

    tests/oracles/climatology.py > tests/examples/climatology.json

A tolerance is four roundings to float32 of the largest value: of the input where means are rounded before they are subtracted,
of the result for the spread.
"""
import json
import os

import numpy as np
import xarray as xr

data = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/data")
grib = xr.open_dataset(f"{data}/era5-levels-members.grib", engine="cfgrib", backend_kwargs={"indexpath": ""})
files = sorted(name for name in os.listdir(f"{data}/hadgem2-es") if name.endswith(".nc"))
netcdf = xr.concat([xr.open_dataset(f"{data}/hadgem2-es/{name}", use_cftime=True) for name in files], "time", data_vars="minimal")

results = {}


def add(store, name, value, source):
    values = np.asarray(value.values, dtype="float64")
    points = {}
    for k in range(9):
        index = [int((k * (n - 1)) // 8) if (k + d) % 3 else int((5 * k + d) % n) for d, n in enumerate(values.shape)]
        points[" ".join(map(str, index))] = float(values[tuple(index)])
    results[f"{store}/{name}"] = {
        "shape": list(values.shape),
        "dimensions": list(value.dims),
        "mean": float(np.nanmean(values)),
        "least": float(np.nanmin(values)),
        "most": float(np.nanmax(values)),
        "points": points,
        "tolerance": 4 * 2.0**-24 * float(np.nanmax(np.abs(source.values))),
    }


for name in ("z", "t"):
    x = grib[name].astype("float64")
    mean = x.mean("time")
    add("ensemble.zarr", f"{name}_mean", mean, x)
    add("ensemble.zarr", f"{name}_anomaly", (x - mean).transpose(*x.dims), x)
    spread = x.std("number")
    add("ensemble.zarr", f"{name}_spread", spread, spread)

tas = netcdf["tas"].astype("float64")
by_month = tas.groupby("time.month")
climatology = by_month.mean("time")
add("monthly.zarr", "tas_climatology", climatology.transpose("month", "lat", "lon"), tas)
add("monthly.zarr", "tas_anomaly", (by_month - climatology).transpose("time", "lat", "lon"), tas)

print(json.dumps(results, indent=1))
