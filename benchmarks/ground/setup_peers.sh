#!/bin/sh
# The peers' environment, outside the repository: eis_toolkit states versions that no longer install together, so it
# goes in without its dependencies, and what the timed functions need is put in by hand.
set -e
target="${KHANIJ_PEERS:-${TMPDIR:-/tmp}/khanij-peers}"
python3 -m venv "$target"
"$target/bin/python" -m pip install --quiet --ignore-requires-python --no-deps "eis_toolkit==1.1.6"
"$target/bin/python" -m pip install --quiet "beartype>=0.13.1,<0.14" "pandas<3" "geopandas>=0.14" numpy scipy numba \
    scikit-learn imbalanced-learn matplotlib typer rasterio rasterstats pykrige gstools psutil
# eis_toolkit's fast distances need GDAL's Python tools; Debian's package serves where it is installed.
site="$("$target/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')"
for module in osgeo osgeo_utils; do
    [ -d "/usr/lib/python3/dist-packages/$module" ] && ln -sfn "/usr/lib/python3/dist-packages/$module" "$site/$module"
done
echo "peers in $target"
