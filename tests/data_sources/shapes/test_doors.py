"""Every door: a file as another program writes it, a damaged one, an empty one. No file beside, no address is followed."""

from __future__ import annotations

import json
import random
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely
from odd_files import SQUARE, leases

from data_sources.connectors.files import read_file
from data_sources.contracts import CrsError, KhanijError, MissingSourceError, SourceError
from data_sources.readers.survey import read_layer

OTHER = shapely.box(76.7, 14.5, 76.71, 14.51)
RING = "76.5,14.5,120 76.51,14.5,121 76.51,14.51,122 76.5,14.51,123 76.5,14.5,120"
UTM = pyproj.Transformer.from_crs(4326, 32643, always_xy=True).transform
METRES = [[list(map(float, p)) for p in shapely.transform(SQUARE, UTM, interleaved=False).exterior.coords]]
NAME = "लीज़ क १"


def kml(file: Path, marks: int = 2, folders: int = 1) -> Path:
    """As Google Earth writes it: folders, heights, extended data, a style that is no data."""
    mark = (
        "<Placemark><name>{n}</name><styleUrl>#s</styleUrl><ExtendedData><Data name='block_id'><value>{i}</value></Data>"
        "<Data name='lessee'><value>" + NAME + "</value></Data></ExtendedData><Polygon><tessellate>1</tessellate>"
        "<outerBoundaryIs><LinearRing><coordinates>"
        + RING
        + "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
    )
    parts = "".join(
        f"<Folder><name>Folder {k}</name>"
        + "".join(mark.format(n=f"m{i}", i=f"K{k}{i}") for i in range(marks))
        + "</Folder>"
        for k in range(folders)
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>d</name>{parts}</Document></kml>'
    file.write_text(text, encoding="utf-8")
    return file


def kmz(file: Path, marks: int = 2) -> Path:
    inner = kml(file.with_suffix(".kml"), marks)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        out.write(inner, "doc.kml")
        out.writestr("files/icon.png", b"\x89PNG")
    inner.unlink()
    return file


def gml(file: Path, rows: int = 2) -> Path:
    """As GeoServer answers WFS 2.0: latitude first, a box for each feature, a schema that lies elsewhere."""
    corners = " ".join(f"{y} {x}" for x, y in SQUARE.exterior.coords)
    member = (
        '<wfs:member><k:leases gml:id="leases.{i}"><gml:boundedBy><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4326"><gml:lowerCorner>14.5 76.5'
        "</gml:lowerCorner><gml:upperCorner>14.51 76.51</gml:upperCorner></gml:Envelope></gml:boundedBy><k:block_id>G{i}</k:block_id>"
        "<k:lessee>"
        + NAME
        + '</k:lessee><k:geom><gml:MultiSurface srsName="urn:ogc:def:crs:EPSG::4326"><gml:surfaceMember><gml:Polygon>'
        "<gml:exterior><gml:LinearRing><gml:posList>"
        + corners
        + "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
        "</gml:surfaceMember></gml:MultiSurface></k:geom></k:leases></wfs:member>"
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0" '
        'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:k="http://127.0.0.1:9/k" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:schemaLocation="http://127.0.0.1:9/k http://127.0.0.1:9/schema.xsd" numberMatched="{rows}">'
        + "".join(member.format(i=i) for i in range(rows)) + "</wfs:FeatureCollection>"
    )  # fmt: skip
    file.write_text(text, encoding="utf-8")
    return file


def mif(file: Path, rows: int = 2, system: str = "Earth Projection 1, 104") -> Path:
    corners = list(SQUARE.exterior.coords)
    shape = (
        f"Region 1\n  {len(corners)}\n"
        + "".join(f"{x} {y}\n" for x, y in corners)
        + "    Pen (1,2,0)\n    Brush (1,0,16777215)\n"
    )
    file.write_text(
        f'Version 300\nCharset "WindowsLatin1"\nDelimiter ","\nCoordSys {system}\nColumns 2\n  block_id Char(10)\n  lessee Char(30)\n'
        f"Data\n\n{shape * rows}"
    )
    file.with_suffix(".mid").write_text("".join(f'"M{i}","A Ltd"\n' for i in range(rows)))
    return file


def json_fg(file: Path, rows: int = 2, **systems: object) -> Path:
    """As an OGC API server answers: places in metres, longitude and latitude beside them."""
    said = systems or {"whole": "http://www.opengis.net/def/crs/EPSG/0/32643"}
    features = []
    for i in range(rows):
        place = {"type": "Polygon", "coordinates": METRES}
        feature = {"type": "Feature", "id": i, "featureType": "lease", "time": None, "place": place}
        feature |= {"geometry": shapely.geometry.mapping(SQUARE), "properties": {"block_id": f"F{i}", "lessee": NAME}}
        if "feature" in said:
            feature["coordRefSys"] = said["feature"]
        if i and "other" in said:
            feature["coordRefSys"] = said["other"]
        if "place" in said:
            place["coordRefSys"] = said["place"]
        features.append(feature)
    whole = {
        "type": "FeatureCollection",
        "conformsTo": ["http://www.opengis.net/spec/json-fg-1/0.2/conf/core"],
        "features": features,
    }
    whole |= {"coordRefSys": said["whole"]} if "whole" in said else {}
    file.write_text(json.dumps(whole), encoding="utf-8")
    return file


class _Wkb(pa.ExtensionType):
    """What Arrow writes as Parquet's own type GEOMETRY."""

    def __init__(self, crs: str = "") -> None:
        self.crs = crs
        super().__init__(pa.binary(), "geoarrow.wkb")

    def __arrow_ext_serialize__(self) -> bytes:
        return json.dumps({"crs": self.crs} if self.crs else {}).encode()

    @classmethod
    def __arrow_ext_deserialize__(cls, storage: pa.DataType, said: bytes) -> _Wkb:
        return cls(json.loads(said or b"{}").get("crs", ""))


def native_parquet(file: Path, rows: int = 2, crs: str = "", shape: shapely.Geometry = SQUARE) -> Path:
    column = pa.ExtensionArray.from_storage(_Wkb(crs), pa.array([shape.wkb] * rows, pa.binary()))
    ids = pa.array([f"P{i}" for i in range(rows)], pa.string())
    pa.register_extension_type(_Wkb())
    try:
        pq.write_table(
            pa.table({"block_id": ids, "lessee": pa.array([NAME] * rows, pa.string()), "geometry": column}), file
        )
    finally:
        pa.unregister_extension_type("geoarrow.wkb")
    return file


def _by_gdal(driver: str):
    def write(file: Path, rows: int = 2) -> Path:
        frame = leases([SQUARE, OTHER][:rows] or [SQUARE], lessee=[NAME, NAME][:rows] or [NAME])
        (frame if rows else frame.iloc[:0]).to_file(file, driver=driver, geometry_type="Polygon")
        return file

    return write


def zipped(write, name: str):
    def make(file: Path, rows: int = 2) -> Path:
        folder = file.with_suffix(".folder")
        folder.mkdir(exist_ok=True)
        write(folder / name, rows)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
            for part in sorted(p for p in folder.rglob("*") if p.is_file()):
                out.write(part, part.relative_to(folder).as_posix())
        return file

    return make


def gdb_contents_zipped(file: Path, rows: int = 2) -> Path:
    inner = _by_gdal("OpenFileGDB")(file.with_suffix(".inner.gdb"), rows)
    with zipfile.ZipFile(file, "w") as out:
        for part in inner.iterdir():
            out.write(part, part.name)
    return file


DOORS = {
    "KML": (kml, "a.kml"),
    "KMZ": (kmz, "a.kmz"),
    "zipped KML": (zipped(kml, "doc.kml"), "a.zip"),
    "GML": (gml, "a.gml"),
    "MapInfo MIF": (mif, "a.mif"),
    "zipped MIF": (zipped(mif, "a.mif"), "a.zip"),
    "MapInfo TAB": (_by_gdal("MapInfo File"), "a.tab"),
    "FlatGeobuf": (_by_gdal("FlatGeobuf"), "a.fgb"),
    "geodatabase": (_by_gdal("OpenFileGDB"), "a.gdb"),
    "zipped geodatabase": (zipped(_by_gdal("OpenFileGDB"), "leases.gdb"), "a.gdb.zip"),
    "geodatabase whose content is zipped": (gdb_contents_zipped, "b.gdb.zip"),
    "zipped GeoPackage": (zipped(_by_gdal("GPKG"), "a.gpkg"), "a.zip"),
    "JSON-FG": (json_fg, "a.json"),
    "Parquet's own geometry": (native_parquet, "a.parquet"),
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_each_door_gives_shapes_and_columns(tmp_path: Path, door: str) -> None:
    write, name = DOORS[door]
    file = write(tmp_path / name)
    got = read_file(file)
    assert isinstance(got, gpd.GeoDataFrame) and len(got) == 2 and got.attrs["file"] == name
    assert "MIF" in door or set(got["lessee"]) == {NAME}
    kept = read_layer(file, "mining_leases").kept
    assert len(kept) == 2 and kept["block_id"].is_unique
    assert min(g.bounds[:2] for g in kept.geometry) == pytest.approx((76.5, 14.5), abs=1e-7)
    assert not shapely.has_z(kept.geometry.to_numpy()).any()
    assert "lowerCorner" not in got.columns


@pytest.mark.parametrize("door", DOORS)
def test_an_empty_layer_is_told(tmp_path: Path, door: str) -> None:
    write, name = DOORS[door]
    file = write(tmp_path / name, 0)
    with pytest.raises(KhanijError, match="What to do"):
        read_layer(file, "mining_leases")


@pytest.mark.parametrize("door", [d for d in DOORS if d != "geodatabase"])
def test_a_damaged_file_is_told_or_its_rows_add_up(tmp_path: Path, door: str) -> None:
    write, name = DOORS[door]
    file = write(tmp_path / name)
    whole, chance = file.read_bytes(), random.Random(door)
    for cut in (0, 1, 40, len(whole) // 2, len(whole) - 7, None, None, None):
        data = bytearray(whole if cut is None else whole[:cut])
        for _ in range(6 if cut is None else 0):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(bytes(data))
        try:
            got = read_layer(file, "mining_leases")
        except KhanijError as error:
            assert str(error)
        else:
            assert got.report["rows_in"] == len(got.kept) + got.report["rows_quarantined"]


@pytest.mark.parametrize("part", ["a00000001.gdbtable", "a00000004.gdbtable", "a00000009.gdbtable"])
def test_a_damaged_geodatabase_is_told(tmp_path: Path, part: str) -> None:
    folder = _by_gdal("OpenFileGDB")(tmp_path / "a.gdb")
    (folder / part).write_bytes((folder / part).read_bytes()[:60])
    with pytest.raises(KhanijError, match="What to do"):
        read_layer(folder, "mining_leases")


def test_folders_of_a_kml_are_one_layer_and_said(tmp_path: Path) -> None:
    got = read_layer(kml(tmp_path / "f.kml", 2, 3), "mining_leases")
    assert len(got.kept) == 6 and "3 folders of the KML are read as one layer" in got.flags["reason"].iloc[0]
    assert len(read_file(tmp_path / "f.kml", layer="Folder 1")) == 2


@pytest.mark.parametrize(
    ("crs", "shape"),
    [
        ("", SQUARE),
        ("OGC:CRS84", SQUARE),
        ("srid:4326", SQUARE),
        ("EPSG:32643", shapely.transform(SQUARE, UTM, interleaved=False)),
        (pyproj.CRS(32643).to_json(), shapely.transform(SQUARE, UTM, interleaved=False)),
    ],
)
def test_parquets_own_geometry_says_its_system_in_any_way(tmp_path: Path, crs: str, shape: shapely.Geometry) -> None:
    got = read_layer(native_parquet(tmp_path / "n.parquet", 1, crs, shape), "mining_leases")
    assert got.kept.geometry.iloc[0].bounds[:2] == pytest.approx((76.5, 14.5), abs=1e-7)


@pytest.mark.parametrize("where", ["whole", "feature", "place"])
def test_json_fg_in_one_system_is_read_wherever_it_is_named(tmp_path: Path, where: str) -> None:
    file = json_fg(tmp_path / "j.json", **{where: "http://www.opengis.net/def/crs/EPSG/0/32643"})
    assert read_layer(file, "mining_leases").kept.geometry.iloc[0].bounds[:2] == pytest.approx((76.5, 14.5), abs=1e-7)


def test_json_fg_in_two_systems_is_refused(tmp_path: Path) -> None:
    utm = "http://www.opengis.net/def/crs/EPSG/0/326{}"
    with pytest.raises(CrsError, match=r"another coordinate system.*row 2"):
        read_file(json_fg(tmp_path / "j.json", whole=utm.format(43), other=utm.format(44)))


@pytest.mark.parametrize(
    "system", ["Earth Projection 1, 999, 7, 295, 736, 257", "Earth Projection 1, 41", "Earth Projection 1, 40"]
)
def test_a_mapinfo_system_on_everest_is_shifted_or_marked(tmp_path: Path, system: str) -> None:
    got = read_layer(mif(tmp_path / "e.mif", 1, system), "mining_leases")
    lon = got.kept.geometry.iloc[0].bounds[0]
    assert abs(lon - 76.5) > 5e-4 or got.flags["reason"].str.contains("datum").any()


def test_a_mapinfo_table_that_points_elsewhere_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "w.tab"
    file.write_text(
        '!table\n!version 300\nDefinition Table\n  Type LINKED Charset "WindowsLatin1"\n  Fields 1\n  a Char (10) ;\n'
    )
    with pytest.raises(SourceError, match="points to other files"):
        read_file(file)
    file.write_text(
        '!table\n!version 300\nDefinition Table\n  Type NATIVE\nbegin_metadata\n"\\IsSeamless" = "TRUE"\nend_metadata\n'
    )
    with pytest.raises(SourceError, match="points to other files"):
        read_file(file)


@pytest.mark.parametrize("suffix", [".kml", ".gml"])
def test_entities_are_refused_wherever_they_stand(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"x{suffix}"
    file.write_text(
        '<?xml version="1.0"?>' + " " * 80_000 + '<!DOCTYPE k [<!ENTITY e SYSTEM "file:///etc/passwd">]><kml>&e;</kml>'
    )
    with pytest.raises(SourceError, match="entities"):
        read_file(file)


@pytest.mark.parametrize(
    ("content", "suffix"), [(b"fgb\x03fgb\x00", ".kml"), (b"<kml/>", ".fgb"), (b"SQLite format 3\0", ".fgb")]
)
def test_a_file_under_a_wrong_name_is_told(tmp_path: Path, content: bytes, suffix: str) -> None:
    file = tmp_path / f"x{suffix}"
    file.write_bytes(content + b"\0" * 200)
    with pytest.raises(SourceError):
        read_file(file)


def test_a_gpkg_with_a_table_of_photographs_has_one_layer(tmp_path: Path) -> None:
    file = tmp_path / "p.gpkg"
    leases([SQUARE]).to_file(file, layer="sites")
    import pyogrio

    photos = leases([SQUARE]).drop(columns="geometry")
    pyogrio.write_dataframe(photos, file, layer="photos", append=True)
    assert len(read_file(file)) == 1 and isinstance(read_file(file), gpd.GeoDataFrame)


def test_several_files_in_a_zip_ask_for_one(tmp_path: Path) -> None:
    file = tmp_path / "z.zip"
    kml(tmp_path / "a.kml")
    kml(tmp_path / "b.kml")
    with zipfile.ZipFile(file, "w") as out:
        out.write(tmp_path / "a.kml", "a.kml")
        out.write(tmp_path / "b.kml", "b.kml")
    with pytest.raises(SourceError, match="name one as layer"):
        read_file(file)
    assert len(read_file(file, layer="b.kml")) == 2


def test_a_zip_or_kmz_without_anything_known_says_so(tmp_path: Path) -> None:
    for name in ("e.zip", "e.kmz"):
        with zipfile.ZipFile(tmp_path / name, "w") as out:
            out.writestr("readme.txt", "nothing")
        with pytest.raises(MissingSourceError):
            read_file(tmp_path / name)


def test_a_flatgeobuf_that_promises_too_much_does_not_take_the_memory(tmp_path: Path) -> None:
    file = _by_gdal("FlatGeobuf")(tmp_path / "m.fgb")
    data = bytearray(file.read_bytes())
    struct.pack_into("<I", data, 8, 2_000_000_000)
    file.write_bytes(bytes(data))
    with pytest.raises(SourceError):
        read_file(file)
