"""Numbers that the fact tables lead to, one hash a result: run in a copy of the product by ``test_every_figure_counts``."""

import hashlib
import json
from collections.abc import Iterator

import geopandas as gpd
import pandas as pd
import shapely

from data_sources.contracts.shapes.datums import in_degrees
from data_sources.readers.blocks import embedded_auction_blocks
from data_sources.readers.survey import admit_frame
from data_sources.readers.waste import embedded_inventory
from data_sources.reference import load_reference, load_table
from data_sources.register import derive_from_volume, from_power_stations
from scoring.case import Case, Register
from scoring.rank.assess import run, state_to_assessment
from scoring.rank.next_sample import sample_next
from scoring.rank.settings import RankingSettings
from scoring.waste.shares.waste_blocks import waste_blocks

CRS = "+proj=aea +lat_1=12 +lat_2=28 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"
EVEREST = "ESRI:37203"  # Everest, India and Nepal: PROJ has no way from it, so the table says one


def results() -> Iterator[tuple[str, pd.DataFrame]]:
    """The register, the offered blocks, the ranking of both, what to sample next, and how samples and places are read."""
    inventory = embedded_inventory()
    tables = {name: getattr(inventory, name) for name in ("sites", "footprints", "tonnages", "grades", "constraints")}
    yield from tables.items()
    offered = embedded_auction_blocks().kept
    yield "auction_blocks", offered
    units = pd.concat([waste_blocks(inventory.sites, inventory.footprints), offered], ignore_index=True)
    case = Case(gpd.GeoDataFrame(units, crs=4326), Register(**tables), load_reference(), CRS)
    state = run(case, RankingSettings(draws=100, seed=1, threads=1))
    outcome = state_to_assessment(state)
    for name in ("ranked_blocks", "site_potential", "element_potential", "price_decks"):
        yield name, getattr(outcome, name)
    yield "sample_next", sample_next(state)
    given = {"sample_id": ["a", "b"], "longitude": [77.0, 77.1], "latitude": [15.0, 15.1]}
    elements = [*load_table("elements")["element"], *load_table("survey_elements")["element"]]
    high = {f"{element} (ppm)": [1.0, 30000.0] for element in elements}
    sediments = admit_frame(pd.DataFrame(given | high), "stream_sediments")
    yield "sediments", sediments.kept
    yield "sediments_marked", pd.DataFrame({"n": [len(sediments.flags), len(sediments.quarantine)]})
    # Rubidium of 4000 ppm is 50 times what the crust holds of it: doubtful, and held where the crust held a tenth of that.
    three = {"sample_id": ["a", "b", "c"], "longitude": [77.0, 77.1, 77.2], "latitude": [15.0, 15.1, 15.2]}
    judged = admit_frame(pd.DataFrame(three | {f"{element} (ppm)": 4000.0 for element in elements}), "stream_sediments")
    yield "units_believed", pd.DataFrame({"used": [bool(unit["used"]) for unit in judged.report["units"]]})
    point = gpd.GeoSeries([shapely.Point(80, 20)], crs=EVEREST)
    yield "everest", pd.DataFrame(shapely.get_coordinates(in_degrees(point)[0]))
    station = {"gppd_id": ["s"], "name": ["s"], "capacity_mw": [1000.0], "fuel": ["COAL"], "commissioning_year": [1995]}
    yield "stations", from_power_stations(pd.DataFrame(station | {"latitude": [21.0], "longitude": [85.0]})).figures
    volumes = [
        derive_from_volume("v", 5.0, "Mm3", waste) for waste in ("red_mud", "cu_flotation_tailings", "phosphogypsum")
    ]
    yield "volumes", pd.DataFrame(volumes)
    # In Andhra Pradesh by its box, whose western edge lies at 76.7 E.
    rows = {"site_id": ["w", "e"], "name": ["w", "e"], "waste_type_code": "red_mud", "state": "Andhra Pradesh"}
    yield "states", admit_frame(pd.DataFrame(rows | {"lon": [76.75, 80.0], "lat": [15.0, 15.0]}), "waste_sites").kept


def digest(frame: pd.DataFrame) -> str:
    """Of numbers and truth values only: a changed word, such as a source, is no changed number."""
    numbers = pd.DataFrame(frame).select_dtypes(["number", "bool"])
    return hashlib.sha256(f"{len(frame)}\n{numbers.to_csv(index=False)}".encode()).hexdigest()


if __name__ == "__main__":
    print(json.dumps({name: digest(frame) for name, frame in results()}))
