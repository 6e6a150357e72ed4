"""A row on a datum that PROJ cannot shift is transformed by published parameters, marked, or refused: never unmarked."""

from __future__ import annotations

import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from odd_files import SQUARE, leases, shapefile_with

from data_sources.connectors.vectors.systems import with_system
from data_sources.contracts import CrsError
from data_sources.contracts.shapes import datums
from data_sources.readers.survey import admit_frame, read_layer

EVEREST_SIZE = 'SPHEROID["Everest_1830_Definition",6377301.243,300.8017]'
GREENWICH = 'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]'

KALIANPUR_BOUND = "+proj=longlat +a=6377299.151 +rf=300.8017255 +towgs84=295,736,257"


def helmert(lon: float, lat: float, a: float, rf: float, shift: tuple[float, float, float]) -> tuple[float, float]:
    """WGS 84 -> a datum by the textbook's geocentric translation, the other way round than the product goes."""
    f = 1 / 298.257223563
    e2, p, q = f * (2 - f), np.radians(lat), np.radians(lon)
    n = 6378137.0 / np.sqrt(1 - e2 * np.sin(p) ** 2)
    x, y, z = n * np.cos(p) * np.cos(q), n * np.cos(p) * np.sin(q), n * (1 - e2) * np.sin(p)
    x, y, z = (v - s for v, s in zip((x, y, z), shift))
    f = 1 / rf
    e2, r = f * (2 - f), np.hypot(x, y)
    phi = np.arctan2(z, r * (1 - e2))
    for _ in range(20):
        n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
        phi = np.arctan2(z + e2 * n * np.sin(phi), r)
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(phi))


def everest(lon: float, lat: float, a: float = 6377301.243) -> tuple[float, float]:
    return helmert(lon, lat, a, 300.8017, (295, 736, 257))


def moved(shape: shapely.Geometry, a: float = 6377301.243) -> shapely.Geometry:
    return shapely.transform(shape, lambda c: np.array([everest(x, y, a) for x, y in c]))


def off_m(shape: shapely.Geometry) -> float:
    lon, lat = shape.bounds[:2]
    return float(pyproj.Geod(ellps="WGS84").inv(lon, lat, 76.5, 14.5)[2])


@pytest.mark.parametrize(
    "name",
    ["D_Everest_India_Nepal", "Everest_1956", "Indian_(India,_Nepal)", "D_Indian_India_Nepal", "Everest India 1956"],
)
def test_a_datum_that_is_only_a_name_is_shifted_by_published_parameters(tmp_path: Path, name: str) -> None:
    prj = f'GEOGCS["GCS_of_an_old_map",DATUM["{name}",{EVEREST_SIZE}],{GREENWICH}]'
    got = read_layer(shapefile_with(tmp_path / "x.shp", moved(SQUARE), prj), "mining_leases")
    assert off_m(got.kept.geometry.iloc[0]) < 1, "182 m off where the datum is taken for WGS 84"
    assert "NIMA TR8350.2" in got.flags["value"].iloc[0] and "published" in got.flags["reason"].iloc[0]


def test_the_same_datum_under_a_projection_is_shifted_too(tmp_path: Path) -> None:
    geographic = f'GEOGCS["GCS_Everest_India_Nepal",DATUM["D_Everest_India_Nepal",{EVEREST_SIZE}],{GREENWICH}]'
    prj = (
        f'PROJCS["UTM_43_Everest",{geographic},PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],'
        'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",75.0],PARAMETER["Scale_Factor",0.9996],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    to_metres = pyproj.Transformer.from_crs(pyproj.CRS(prj).geodetic_crs, pyproj.CRS(prj), always_xy=True).transform
    square = shapely.transform(moved(SQUARE), to_metres, interleaved=False)
    got = read_layer(shapefile_with(tmp_path / "x.shp", square, prj), "mining_leases")
    assert off_m(got.kept.geometry.iloc[0]) < 5, "the corner of a square that is no longer quite one"


def test_kalianpur_1975_is_shifted_by_proj_and_its_accuracy_told(tmp_path: Path) -> None:
    file = tmp_path / "k.gpkg"
    leases([moved(SQUARE, 6377299.151)], 4146).to_file(file)
    got = read_layer(file, "mining_leases")
    assert off_m(got.kept.geometry.iloc[0]) < 1
    assert "Kalianpur 1975 to WGS 84 (1), accuracy 22 m" in got.flags["value"].iloc[0]


@pytest.mark.parametrize("code", ["EPSG:4243", "EPSG:4144", "EPSG:4145", "EPSG:4240", "EPSG:4239", "EPSG:4131"])
def test_a_datum_without_a_transformation_for_india_marks_every_row(code: str) -> None:
    frame = leases([SQUARE, shapely.box(77, 15, 77.01, 15.01)], code)
    got = admit_frame(frame, "mining_leases")
    assert len(got.kept) == 2
    marked = got.flags[got.flags["reason"] == datums.UNKNOWN_DATUM]
    assert sorted(marked["row"]) == [1, 2] and pyproj.CRS(code).geodetic_crs.datum.name in marked["value"].iloc[0]
    assert got.kept.geometry.iloc[0].bounds[:2] == (76.5, 14.5), "no neighbour's shift is taken (Thailand's, Myanmar's)"


@pytest.mark.parametrize("code", ["EPSG:24370", "EPSG:24371", "EPSG:24372", "EPSG:24373", "EPSG:24374"])
def test_the_yard_and_metre_grids_of_kalianpur_1880_mark_every_row(code: str) -> None:
    middle = pyproj.CRS(code).area_of_use
    x, y = pyproj.Transformer.from_crs(4243, code, always_xy=True).transform(
        (middle.west + middle.east) / 2, (middle.south + middle.north) / 2
    )
    got = admit_frame(leases([shapely.box(x, y, x + 900, y + 900)], code), "mining_leases")
    assert (got.flags["reason"] == datums.UNKNOWN_DATUM).sum() == 1 and len(got.kept) == 1


@pytest.mark.parametrize(
    "code",
    [4042, 4044, 4045, 4015, 4016, 4018, "+proj=longlat +ellps=evrst30", "+proj=utm +zone=43 +ellps=WGS84 +units=m"],
)
def test_a_system_that_names_no_datum_is_none(tmp_path: Path, code: object) -> None:
    file = tmp_path / "x.shp"
    shapefile_with(file, SQUARE, pyproj.CRS(code).to_wkt("WKT1_ESRI"))
    with pytest.raises(CrsError, match=r"no datum.*What to do: name it as crs"):
        read_layer(file, "mining_leases")
    got = read_layer(file, "mining_leases", options={"crs": "EPSG:4326"})
    assert got.kept.geometry.iloc[0].bounds[:2] == (76.5, 14.5)
    assert "the card's CRS is taken" in got.flags["reason"].iloc[0]


@pytest.mark.parametrize("srs", [0, -1])
def test_a_geopackage_of_an_undefined_system_is_refused_until_the_card_says(tmp_path: Path, srs: int) -> None:
    from odd_files import gpkg_of_wkb

    file = gpkg_of_wkb(tmp_path / "u.gpkg", [SQUARE.wkb], "POLYGON", srs=srs)
    with pytest.raises(CrsError, match="What to do: name it as crs"):
        read_layer(file, "mining_leases")
    assert len(read_layer(file, "mining_leases", options={"crs": "EPSG:4326"}).kept) == 1


def test_a_datum_in_doubt_widens_the_accuracy_of_a_site() -> None:
    frame = gpd.GeoDataFrame(
        {
            "site_id": ["S1", "S2"],
            "name": "x",
            "position_accuracy_m": [400.0, None],
            "waste_type_code": "cu_flotation_tailings",
        },
        geometry=gpd.points_from_xy([76.5, 76.6], [14.5, 14.6]),
        crs=4243,
    )
    for column in ("state", "commodity", "operator", "status"):
        frame[column] = None
    kept = admit_frame(frame, "waste_sites").kept
    assert kept["position_accuracy_m"].iloc[0] == pytest.approx(500.0), "400 m and 300 m add as their squares"
    assert np.isnan(kept["position_accuracy_m"].iloc[1]), "what was not stated is not made up"


def test_a_stray_row_does_not_move_the_area_that_proj_is_asked_for() -> None:
    frame = leases(
        [shapely.box(76 + i / 50, 15, 76.01 + i / 50, 15.01) for i in range(30)] + [shapely.box(0, 0, 1, 1)], 4146
    )
    way = datums.way_to_wgs84(frame.crs, frame.geometry.to_numpy())
    assert way.is_shifted and way.off_m == 22


def test_names_of_other_programs_lead_to_the_same_systems() -> None:
    assert datums.crs_named("Everest - India and Nepal") == "ESRI:37203"
    assert datums.crs_named("Indian (India, Nepal)") == "ESRI:37203"
    assert datums.crs_named("Kalianpur 1975") == "EPSG:4146"
    assert datums.crs_named("Indian 1975") == "", "that is Thailand's"


@pytest.mark.parametrize("kind", [pyproj.exceptions.ProjError, shapely.errors.GEOSException, RuntimeError])
def test_a_system_that_proj_cannot_use_is_told(monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
    def fails(*arguments: object) -> None:
        raise kind("it broke")

    monkeypatch.setattr(datums, "way_to_wgs84", fails)
    with pytest.raises(CrsError, match="cannot be used: it broke"):
        datums.in_degrees(gpd.GeoSeries([SQUARE], crs=32643))


GRS80 = 'SPHEROID["GRS 80",6378137,298.257222101]'
EVEREST_1830 = 'SPHEROID["Everest (India 1830)",6377276.345,300.8017]'


@pytest.mark.parametrize(
    ("ellipsoid", "shift", "metres"),
    [(GRS80, (0, 0, 0), 0), (GRS80, (100, 0, 0), 97), (EVEREST_1830, (289, 734, 257), 180)],
)
@pytest.mark.parametrize("datum", ["MIF 999,0,0,0,0", "Local_grid_of_1911"])
def test_a_datum_of_ones_own_is_taken_at_its_word_and_not_looked_for(
    tmp_path: Path, ellipsoid: str, shift: tuple[int, int, int], metres: float, datum: str
) -> None:
    """PROJ compares a system that states its own shift with all that are alike, for 8 s each time that it is asked."""
    size = float(ellipsoid.split(",")[1]), float(ellipsoid.split(",")[2].rstrip("]"))
    own = shapely.transform(SQUARE, lambda c: np.array([helmert(x, y, *size, shift) for x, y in c]))
    stated = f"TOWGS84[{','.join(map(str, (*shift, 0, 0, 0, 0)))}]"
    frame = leases([own], f'GEOGCS["unnamed",DATUM["{datum}",{ellipsoid},{stated}],{GREENWICH}]')
    began = time.process_time()
    assert datums.is_nameless(frame.crs) and datums.code_of(frame.crs) == ""
    got = admit_frame(with_system(frame, {}, file="a.tab", layer=None), "mining_leases")
    assert time.process_time() - began < 4
    assert off_m(got.kept.geometry.iloc[0]) < 1
    assert pyproj.Geod(ellps="WGS84").inv(*own.bounds[:2], 76.5, 14.5)[2] == pytest.approx(metres, abs=30)


@pytest.mark.parametrize(
    ("system", "code"), [("EPSG:4146", "EPSG:4146"), ("EPSG:32643", "EPSG:32643"), (KALIANPUR_BOUND, "")]
)
def test_a_system_that_is_known_keeps_its_code(system: str, code: str) -> None:
    crs = pyproj.CRS(system)
    assert datums.code_of(crs) == code and datums.text_of(crs) == (code or crs.srs)


def test_no_network_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    pyproj.network.set_network_enabled(True)
    try:
        datums._way.cache_clear()
        datums.way_to_wgs84(pyproj.CRS(4146), np.array([SQUARE], dtype=object))
        assert not pyproj.network.is_network_enabled()
    finally:
        pyproj.network.set_network_enabled(False)
