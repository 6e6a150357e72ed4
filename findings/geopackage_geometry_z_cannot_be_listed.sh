#!/usr/bin/env bash
# pyogrio 0.13.0: a GeoPackage layer of type GEOMETRY with heights (a valid GeoPackage, z = 1) cannot be listed, so that no
# other layer of the file can be found either; GDAL's own driver reads it.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/env"
"$here/env/bin/pip" install -q --disable-pip-version-check "pyogrio==0.13.0" "shapely==2.2.0" "numpy==2.4.6" "geopandas==1.2.0" "pandas==3.1.1"
cd "$here"
"$here/env/bin/python" - <<'PY'
import sqlite3
import sys

import geopandas as gpd
import pyogrio
import shapely

shapes = [shapely.LineString([(0, 0, 1), (1, 1, 2)]), shapely.Point(0, 0, 3)]
pyogrio.write_dataframe(gpd.GeoDataFrame({"a": [1, 2]}, geometry=shapes, crs=4326), "z.gpkg", layer="faults")
with sqlite3.connect("z.gpkg") as db:
    # every shape has a height, so the layer may say that heights are mandatory (z = 1) instead of optional (z = 2)
    db.execute("UPDATE gpkg_geometry_columns SET z = 1")
    print(db.execute("SELECT geometry_type_name, z, m FROM gpkg_geometry_columns").fetchall())
print("pyogrio", pyogrio.__version__, "GDAL", ".".join(map(str, pyogrio.__gdal_version__)))
try:
    print("listed:", pyogrio.list_layers("z.gpkg"))
except Exception as error:
    print(f"list_layers: {type(error).__name__}: {error}")
    sys.exit(0)
sys.exit(1)
PY
