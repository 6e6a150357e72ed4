#!/usr/bin/env bash
# pygeoapi 0.21.0, Parquet provider, on a valid GeoParquet: a box gives what lies inside it and not what meets it (OGC API -
# Features asks for what intersects), numberMatched is what was read so far, and where the file has several row groups a page
# is longer than its limit, so that the next one repeats rows.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/env"
"$here/env/bin/pip" install -q --disable-pip-version-check "pygeoapi==0.21.0" "geopandas==1.2.0" "pandas==3.1.1" "pyarrow==26.0.1" "s3fs==2026.9.0" "shapely==2.2.0"
cd "$here"
"$here/env/bin/python" - <<'PY'
import logging
import sys

import geopandas as gpd
import pyarrow.parquet as pq
from pygeoapi.provider.parquet import ParquetProvider
from shapely.geometry import box

logging.disable(logging.CRITICAL)
x = [float(i) for i in range(10)]
squares = gpd.GeoDataFrame(
    {"id": range(10), "minx": x, "miny": 0.0, "maxx": [i + 0.9 for i in x], "maxy": 0.9},
    geometry=[box(i, 0, i + 0.9, 0.9) for i in x],
    crs=4326,
)
squares.to_parquet("one.parquet")
pq.write_table(pq.read_table("one.parquet"), "four.parquet", row_group_size=4)


def provider(file):
    return ParquetProvider(
        {"type": "feature", "name": "Parquet", "data": {"source": file}, "id_field": "id", "x_field": ["minx", "maxx"], "y_field": ["miny", "maxy"]}
    )


def ids(found):
    return [feature["properties"]["id"] for feature in found["features"]]


inside = ids(provider("one.parquet").query(bbox=[0.5, -1, 2.5, 2], limit=10))
print("box 0.5 to 2.5 meets squares 0, 1, 2; answered:", inside)
whole = ids(provider("one.parquet").query(bbox=list(squares.total_bounds), limit=10))
print("box of all squares; answered:", whole)
matched = provider("one.parquet").query(limit=3)["numberMatched"]
print("10 squares, limit 3, numberMatched:", matched)
pages = [ids(provider("four.parquet").query(limit=5, offset=offset)) for offset in (0, 5)]
print("row groups of 4, limit 5, two pages:", pages)
sys.exit(0 if inside == [1] and matched != 10 and len(pages[0]) > 5 else 1)
PY
