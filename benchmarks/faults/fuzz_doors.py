"""Small good files of the formats that other programs write, for ``fuzz_inputs``: vector files, archives and grids."""

from __future__ import annotations

import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

Door = tuple[str, str, bytes, Callable[[Path], object]]
_RING = "76.5,14.5,120 76.51,14.5,121 76.51,14.51,122 76.5,14.51,123 76.5,14.5,120"
_NY, _NX = 6, 8


def doors() -> list[Door]:
    """(name, file, bytes, reader) of every format beside those of ``fuzz_inputs.formats``."""
    with tempfile.TemporaryDirectory() as scratch:
        return [*_vectors(Path(scratch)), *_grids(Path(scratch))]


def _vectors(folder: Path) -> list[Door]:
    import geopandas as gpd
    from shapely.geometry import box

    from data_sources.readers.survey import read_layer

    def leases(path: Path) -> object:
        return read_layer(path, "mining_leases")

    frame = gpd.GeoDataFrame(
        {"block_id": [f"L{i}" for i in range(6)], "name": "लीज़"},
        geometry=[box(76.5 + i / 50, 14.5, 76.51 + i / 50, 14.51) for i in range(6)],
        crs=4326,
    )
    for suffix, driver in (("fgb", "FlatGeobuf"), ("tab", "MapInfo File"), ("gdb", "OpenFileGDB"), ("gpkg", "GPKG")):
        frame.to_file(folder / f"a.{suffix}", driver=driver, engine="pyogrio")
    marks = "".join(
        f"<Placemark><name>m{i}</name><ExtendedData><Data name='block_id'><value>K{i}</value></Data></ExtendedData><Polygon>"
        f"<outerBoundaryIs><LinearRing><coordinates>{_RING}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        for i in range(3)
    )
    kml = f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>f</name>{marks}</Folder></Document></kml>'
    corners = "14.5 76.5 14.5 76.51 14.51 76.51 14.51 76.5 14.5 76.5"
    members = "".join(
        f'<wfs:member><k:l gml:id="l.{i}"><k:block_id>G{i}</k:block_id><k:g><gml:Polygon srsName="urn:ogc:def:crs:EPSG::4326">'
        f"<gml:exterior><gml:LinearRing><gml:posList>{corners}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></k:g></k:l></wfs:member>"
        for i in range(3)
    )
    gml = (
        '<?xml version="1.0"?><wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" '
        f'xmlns:k="http://127.0.0.1:9/k">{members}</wfs:FeatureCollection>'
    )
    mif = 'Version 300\nCharset "WindowsLatin1"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns 1\n  block_id Char(10)\nData\n\n'
    mif += "Region 1\n  5\n76.5 14.5\n76.51 14.5\n76.51 14.51\n76.5 14.51\n76.5 14.5\n    Pen (1,2,0)\n" * 2
    place = {
        "type": "Polygon",
        "coordinates": [[[660000, 1600000], [661000, 1600000], [661000, 1601000], [660000, 1600000]]],
    }
    features = [
        {"type": "Feature", "place": place, "geometry": None, "properties": {"block_id": f"F{i}"}} for i in range(3)
    ]
    fg = {
        "type": "FeatureCollection",
        "conformsTo": ["http://www.opengis.net/spec/json-fg-1/0.2/conf/core"],
        "features": features,
    }
    fg["coordRefSys"] = "http://www.opengis.net/def/crs/EPSG/0/32643"

    def packed(name: str, *parts: Path, at: Path) -> bytes:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as out:
            for part in parts:
                out.write(part, part.relative_to(at).as_posix())
        return (folder / name).read_bytes()

    (folder / "doc.kml").write_text(kml)
    base = folder / "a.gdb"
    table = max(base.glob("*.gdbtable"), key=lambda p: p.name)
    whole = {p.name: p.read_bytes() for p in base.iterdir() if p.is_file()}
    tab = {p.suffix: p.read_bytes() for p in folder.glob("a.*") if p.suffix in (".tab", ".dat", ".map", ".id")}

    def in_gdb(path: Path) -> object:
        made = path.parent / "made.gdb"
        made.mkdir()
        for name, data in whole.items():
            (made / name).write_bytes(path.read_bytes() if name == path.name else data)
        return leases(made)

    def in_tab(path: Path) -> object:
        for suffix, data in tab.items():
            if suffix != path.suffix:
                path.with_suffix(suffix).write_bytes(data)
        return leases(path.with_suffix(".tab"))

    def in_mif(path: Path) -> object:
        path.with_suffix(".mid").write_text('"M0"\n"M1"\n')
        return leases(path)

    return [
        ("KML", "a.kml", kml.encode(), leases),
        ("KMZ", "a.kmz", packed("a.kmz", folder / "doc.kml", at=folder), leases),
        ("GML", "a.gml", gml.encode(), leases),
        ("FlatGeobuf", "a.fgb", (folder / "a.fgb").read_bytes(), leases),
        ("MapInfo MIF", "a.mif", mif.encode(), in_mif),
        ("MapInfo TAB, .map", "a.map", tab[".map"], in_tab),
        ("MapInfo TAB, .tab", "a.tab", tab[".tab"], in_tab),
        ("geodatabase, a table", table.name, whole[table.name], in_gdb),
        ("geodatabase, the catalogue", "a00000001.gdbtable", whole["a00000001.gdbtable"], in_gdb),
        ("zipped geodatabase", "g.gdb.zip", packed("g.zip", *(p for p in base.iterdir() if p.is_file()), at=folder), leases),
        ("JSON-FG", "a.json", json.dumps(fg).encode(), leases),
        ("GeoPackage with an arc", "arc.gpkg", _with_an_arc(folder / "a.gpkg"), leases),
    ]  # fmt: skip


def _with_an_arc(file: Path) -> bytes:
    import sqlite3

    points = [(76.4, 14.5), (76.41, 14.51), (76.42, 14.5), (76.41, 14.49), (76.4, 14.5)]
    ring = struct.pack("<BII", 1, 8, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)
    shape = b"GP\0\1" + struct.pack("<i", 4326) + struct.pack("<BII", 1, 10, 1) + ring
    base = sqlite3.connect(file)
    for (name,) in base.execute(
        "select name from sqlite_master where type = 'trigger' and sql like '%rtree%'"
    ).fetchall():
        base.execute(f'drop trigger "{name}"')
    base.execute("update gpkg_geometry_columns set geometry_type_name = 'GEOMETRY'")
    base.execute("update a set geom = ? where fid = 1", (shape,))
    base.commit()
    base.close()
    return file.read_bytes()


def _grids(folder: Path) -> list[Door]:
    import numpy as np
    from scipy.io import netcdf_file

    from data_sources.connectors.rasters import read_raster

    with suppress(ImportError):
        import harmonica  # noqa: F401  outside the time limit of an input
    z = (np.arange(_NY * _NX, dtype="<f4") + 0.5).reshape(_NY, _NX)

    def grid(path: Path) -> object:
        found = read_raster(path, options={"crs": "EPSG:4326"})
        return [found.read(name) for name in found.band_names]

    def with_header(path: Path) -> object:
        if path.suffix == ".hdr":
            path.with_suffix(".img").write_bytes(z.tobytes())
        return grid(path.with_suffix(".img"))

    head6 = b"DSBB" + struct.pack("<hhdddddd", _NX, _NY, 76.0, 76.7, 14.0, 14.5, 0, 50)
    head7 = b"DSRB" + struct.pack("<ii", 4, 2) + b"GRID" + struct.pack("<i", 72) + struct.pack("<ii", _NY, _NX)
    head7 += struct.pack("<8d", 76.0, 14.0, 0.1, 0.1, 0, 50, 0, 1.70141e38) + b"DATA" + struct.pack("<i", _NY * _NX * 8)
    rows = "\n".join(" ".join(f"{v:g}" for v in row) for row in z)
    text = f"DSAA\n{_NX} {_NY}\n76 76.7\n14 14.5\n0 50\n{rows}\n"
    ascii_grid = f"ncols {_NX}\nnrows {_NY}\nxllcorner 76\nyllcorner 14\ncellsize 0.1\nNODATA_value -9999\n{rows}\n"
    plain, packed = bytearray(512), bytearray(512)
    for header, size in ((plain, 4), (packed, 1028)):
        struct.pack_into("<5i5d2d", header, 0, size, 2, _NX, _NY, 1, 0.1, 0.1, 76.0, 14.0, 0, 0, 1)
    block = b"\0" * 16 + zlib.compress(z.tobytes())
    blocks = struct.pack("<4iqi", 0, 0, 1, _NY, 512 + 28, len(block)) + block
    with netcdf_file(folder / "a.nc", "w") as out:
        out.createDimension("lat", _NY)
        out.createDimension("lon", _NX)
        for name, start in (("lat", 14.0), ("lon", 76.0)):
            axis = out.createVariable(name, "d", (name,))
            axis[:] = start + 0.1 * np.arange(_NY if name == "lat" else _NX)
            axis.units = "degrees_north" if name == "lat" else "degrees_east"
        for name in ("gravity", "magnetic"):
            out.createVariable(name, "f", ("lat", "lon"))[:] = z
    header = (
        f"ENVI\nsamples = {_NX}\nlines = {_NY}\nbands = 1\nheader offset = 0\ndata type = 4\ninterleave = bsq\nbyte order = 0\n"
        "map info = {Geographic Lat/Lon, 1, 1, 76, 14.6, 0.1, 0.1, Everest - India and Nepal, units=Degrees}\n"
    )
    return [
        ("Surfer 6", "six.grd", head6 + z.tobytes(), grid),
        ("Surfer 7", "seven.grd", head7 + z.astype("<f8").tobytes(), grid),
        ("Surfer text", "text.grd", text.encode(), grid),
        ("ASCII grid", "a.asc", ascii_grid.encode(), grid),
        ("netCDF", "a.nc", (folder / "a.nc").read_bytes(), grid),
        ("Geosoft", "geo.grd", bytes(plain) + z.tobytes(), grid),
        ("Geosoft, compressed", "geoz.grd", bytes(packed) + blocks, grid),
        ("ENVI, header", "a.hdr", header.encode(), with_header),
    ]
