"""The peers' side of every case; runs in the environment that ``setup_peers.sh`` makes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from timing import CELL_M, KRIGING_MODEL, SIZES, worker

CRS = "EPSG:6933"


def profile(rows, cell=CELL_M):
    from rasterio.crs import CRS as RioCrs
    from rasterio.transform import from_origin

    return {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "height": rows,
        "width": rows,
        "nodata": -9999.0,
        "crs": RioCrs.from_string(CRS),
        "transform": from_origin(0, rows * cell, cell, cell),
    }


def distance(name):
    def case(i):
        import geopandas as gpd
        import shapely
        from eis_toolkit.vector_processing.distance_computation import distance_computation

        frame = gpd.GeoDataFrame(geometry=shapely.linestrings(i["lines"]), crs=profile(10)["crs"])
        return (lambda: distance_computation(frame, profile(SIZES[name]))), lambda r: {"distance": r[0]}

    return case


def weights(i):
    from eis_toolkit.prediction.weights_of_evidence import weights_of_evidence_calculate_weights
    from rasterio.io import MemoryFile

    files = []
    for name in ("codes", "deposits"):
        memory = MemoryFile()
        with memory.open(**profile(len(i[name]))) as dataset:
            dataset.write(i[name], 1)
        files.append(memory)
    columns = {"class": "Class", "w_plus": "W+", "w_minus": "W-", "contrast": "Contrast"}

    def call():
        with files[0].open() as evidence, files[1].open() as deposits:
            return weights_of_evidence_calculate_weights(
                evidence, deposits, weights_type="ascending", arrays_to_generate=[]
            )

    return call, lambda r: {k: r[0][c].to_numpy(dtype=float) for k, c in columns.items()}


def kriging(backend):
    def case(i):
        from pykrige.ok import OrdinaryKriging

        model = OrdinaryKriging(
            i["x"], i["y"], i["z"], variogram_model="exponential", variogram_parameters=KRIGING_MODEL
        )
        at = (np.arange(200) + 0.5) * 500

        def call():
            return model.execute("grid", at, at, backend=backend, n_closest_points=16)

        # pykrige's first row is the south one
        return call, lambda r: {"mean": np.asarray(r[0])[::-1], "variance": np.asarray(r[1])[::-1]}

    return case


def kriging_all(i):
    import gstools as gs

    at = np.linspace(500, 99_500, 40)
    gx, gy = (v.ravel() for v in np.meshgrid(at, at))
    model = gs.Exponential(
        dim=2, var=KRIGING_MODEL["psill"], len_scale=KRIGING_MODEL["range"] / 3, nugget=KRIGING_MODEL["nugget"]
    )
    krige = gs.krige.Ordinary(model, [i["x"], i["y"]], i["z"], exact=True)
    return (lambda: krige([gx, gy])), lambda r: {"mean": r[0], "variance": r[1]}


def clr(i):
    import pandas as pd
    from eis_toolkit.transformations.coda.clr import clr_transform

    frame = pd.DataFrame(i["parts"], columns=[f"p{j}" for j in range(i["parts"].shape[1])])
    return (lambda: clr_transform(frame)), lambda r: {"value": r.to_numpy()}


def ilr(i):
    import pandas as pd
    from eis_toolkit.transformations.coda.ilr import single_ilr_transform

    frame = pd.DataFrame(i["parts"], columns=[f"p{j}" for j in range(i["parts"].shape[1])])
    first, rest = ["p0"], [c for c in frame if c != "p0"]
    return (lambda: single_ilr_transform(frame, first, rest)), lambda r: {"value": r.to_numpy()}


def zonal(i):
    import shapely
    from rasterstats import zonal_stats

    shapes = [shapely.Point(c).buffer(s, quad_segs=8) for c, s in zip(i["centre"], i["size"])]
    affine = profile(2000)["transform"]

    def call():
        return zonal_stats(shapes, i["raster"], affine=affine, stats=["mean", "max"], nodata=-9999)

    return call, lambda r: {"mean": np.array([s["mean"] for s in r]), "max": np.array([s["max"] for s in r])}


def overlay(name):
    def case(i):
        from eis_toolkit.prediction import fuzzy_overlay as fo

        operator = {"product": fo.product_overlay, "gamma": lambda s: fo.gamma_overlay(s, 0.9)}[name]
        return (lambda: operator(i["stack"])), lambda r: {"value": r[::100, ::100]}

    return case


CASES = {
    "distance_1k": distance("distance_1k"),
    "distance_4k": distance("distance_4k"),
    "wofe_10": weights,
    "wofe_100": weights,
    "kriging": kriging("loop"),
    "kriging_c": kriging("C"),
    "kriging_all": kriging_all,
    "clr": clr,
    "ilr": ilr,
    "zonal": zonal,
    "zonal_small": zonal,
    "fuzzy_product": overlay("product"),
    "fuzzy_gamma": overlay("gamma"),
}

if __name__ == "__main__":
    worker(CASES)
