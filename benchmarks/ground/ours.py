"""This project's side of every case."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import geopandas as gpd
import shapely
from affine import Affine
from numba import njit, prange
from timing import CELL_M, KRIGING_MODEL, SIZES, worker

from khanij.foundation.grid import Band, Grid, RasterStack
from scoring.ground.geochemistry import composition
from scoring.ground.maps.kriging import krige_grid, krige_points
from scoring.ground.maps.rasterising import burn, distance_transform
from scoring.ground.maps.unit_statistics import zonal_statistics
from scoring.ground.maps.variogram import Variogram
from scoring.ground.models import fuzzy
from scoring.ground.models import weights_of_evidence as wofe

CRS = "EPSG:6933"
VARIOGRAM = Variogram("exponential", KRIGING_MODEL["nugget"], KRIGING_MODEL["psill"], KRIGING_MODEL["range"])


def grid(rows, cell=CELL_M):
    return Grid(CRS, Affine(cell, 0, 0, 0, -cell, rows * cell), (rows, rows))


def distance(name):
    def case(i):
        lines, g = shapely.linestrings(i["lines"]), grid(SIZES[name])

        def call():
            features = burn(np.asarray(lines, dtype=object), g, all_touched=False)
            return distance_transform(features, CELL_M, CELL_M)

        return call, lambda r: {"distance": r}

    return case


def weights(classes):
    def case(i):
        def call():
            # as the peer is given it: classes and deposits as float rasters with NaN as nodata
            codes = np.where(np.isnan(i["codes"]), np.float32(-1), i["codes"]).astype(np.int16)
            cells, found = wofe.class_counts(codes, i["deposits"] == 1, classes)
            return wofe.weights_table(cells[0], found[0], "ascending")

        return call, lambda r: {k: r[k].to_numpy() for k in ("class", "w_plus", "w_minus", "contrast", "corrected")}

    return case


def kriging(i):
    g = grid(200, 500.0)
    return (lambda: krige_grid(i["x"], i["y"], i["z"], g, VARIOGRAM, neighbours=16)), lambda r: {
        "mean": r[0],
        "variance": r[1].astype(float) ** 2,
    }


def kriging_all(i):
    at = np.linspace(500, 99_500, 40)
    gx, gy = (v.ravel() for v in np.meshgrid(at, at))
    return (lambda: krige_points(i["x"], i["y"], i["z"], (gx, gy), VARIOGRAM, neighbours=len(i["x"]))), lambda r: {
        "mean": r[0],
        "variance": r[1],
    }


def clr(i):
    return (lambda: composition.clr(i["parts"])), lambda r: {"value": r}


def ilr(i):
    return (lambda: composition.ilr(i["parts"])[:, 0]), lambda r: {"value": r}


def zonal(i):
    stack = RasterStack(grid(2000), (Band("v", i["raster"]),))
    shapes = [shapely.Point(c).buffer(s, quad_segs=8) for c, s in zip(i["centre"], i["size"], strict=True)]
    zones = gpd.GeoDataFrame({"id": range(len(shapes))}, geometry=shapes, crs=CRS)
    return (lambda: zonal_statistics(stack, zones, "id", ("mean", "max"))), lambda r: {
        "mean": r["v_mean"].to_numpy(),
        "max": r["v_max"].to_numpy(),
    }


def overlay(operator):
    def case(i):
        return (lambda: operator(i["stack"])), lambda r: {"value": r[::100, ::100]}

    return case


@njit(parallel=True, error_model="numpy")
def _stream(stack, out):
    """Read three layers and write one, with no more arithmetic than an addition."""
    for start in prange((out.size + 4095) // 4096):
        a, b, c = stack[0, start * 4096 :][:4096], stack[1, start * 4096 :][:4096], stack[2, start * 4096 :][:4096]
        to = out[start * 4096 :][:4096]
        for i in range(to.size):
            to[i] = a[i] + b[i] + c[i]


def memory_limit(i):
    """The same bytes as an overlay on the same threads: the same three layers read, one fresh layer written."""

    def call():
        out = np.empty(i["stack"].shape[1:], dtype=np.float32)
        _stream(i["stack"].reshape(3, -1), out.reshape(-1))
        return out

    return call, lambda r: {"x": r[:1]}


CASES = {
    "distance_1k": distance("distance_1k"),
    "distance_4k": distance("distance_4k"),
    "wofe_10": weights(10),
    "wofe_100": weights(100),
    "kriging": kriging,
    "kriging_c": kriging,
    "kriging_all": kriging_all,
    "clr": clr,
    "ilr": ilr,
    "zonal": zonal,
    "zonal_small": zonal,
    "fuzzy_product": overlay(fuzzy.fuzzy_product),
    "fuzzy_gamma": overlay(lambda s: fuzzy.fuzzy_gamma(s, 0.9)),
    "memory_limit": memory_limit,
    "memory_copy": lambda i: ((lambda: (i["stack"][0].copy(), i["stack"][1].copy())), lambda r: {"x": r[0][:1]}),
}

if __name__ == "__main__":
    os.environ.setdefault("NUMBA_CACHE_DIR", "")
    worker(CASES)
