#!/usr/bin/env bash
# pyproj 3.7.2: a projection whose method PROJ parses and cannot carry out, as GDAL writes for MapInfo's numbered projections,
# is a CRS like any other until TransformerGroup is asked for its ways: a bare IndexError, no ProjError and no empty group.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/env"
"$here/env/bin/pip" install -q --disable-pip-version-check "pyproj==3.7.2"
"$here/env/bin/python" - <<'PY'
import sys

import pyproj
from pyproj.transformer import TransformerGroup

base = 'BASEGEOGCRS["unnamed",DATUM["local",ELLIPSOID["unknown",6378137,298.257223563]]]'
axes = 'CS[Cartesian,2],AXIS["easting",east],AXIS["northing",north],LENGTHUNIT["metre",1]'
method = 'CONVERSION["unnamed",METHOD["Unhandled_MapInfo_projection_method_255"]]'
plain = pyproj.CRS.from_wkt(f'PROJCRS["unnamed",{base},{method},{axes}]')
print("pyproj", pyproj.__version__, "PROJ", pyproj.proj_version_str, "projected:", plain.is_projected)
try:
    print(len(TransformerGroup(plain, "EPSG:4326", always_xy=True).transformers), "ways")
except Exception as error:
    print(f"TransformerGroup: {type(error).__name__}: {error}")
    sys.exit(0 if isinstance(error, IndexError) else 1)
sys.exit(1)
PY
