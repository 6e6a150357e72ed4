"""The additions that docs/dev describes, each made to a copy of the product by the files that its page names, and seen to work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.product_copy import copy_product

ROOT = Path(__file__).resolve().parents[1]
TABLES = Path("data_sources/reference")
RANKED = Path("data_sources/contracts/published/ranked_blocks.py")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copy_product(tmp_path)


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def add_rows(table: Path, *, like: tuple[str, ...], changed: dict[str, str]) -> None:
    """Rows of a table that start with ``like``, again with some cells changed."""
    import pandas as pd

    frame = pd.read_csv(table, dtype=str, keep_default_na=False)
    rows = frame[(frame.iloc[:, : len(like)] == list(like)).all(axis=1)]
    assert len(rows)
    pd.concat([frame, rows.assign(**changed)]).to_csv(table, index=False)


def told_by(root: Path, script: str) -> dict[str, Any]:
    """What a script prints as JSON, run with the copy's modules."""
    path = os.pathsep.join(
        map(str, (root, ROOT, ROOT / "tests/scoring/rank", ROOT / "tests/publishing", ROOT / "tests"))
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


VALUED = """
import json
import pandas as pd
import scoring
from conftest import india_frames
from cases import assess
from scoring.rank.baskets import basket_elements
from scoring.waste.companions import likely_elements
from scoring.waste.projects.project_draws import pure_ppm
frames = india_frames(draws=100)
sites, grades = frames["sites"], frames["grades"]
site = sites.loc[sites["waste_type_code"].eq("cr_laterite_overburden") & sites["site_id"].isin(grades.loc[grades["element"].eq("Ni"), "site_id"]), "site_id"].iloc[0]
sites.loc[sites["site_id"] == site, "route_code"] = "new_leach"
mine = grades[(grades["site_id"] == site) & (grades["element"] == "Ni")]
frames["grades"] = pd.concat([grades, mine.assign(element="Xx", grade_id="new-" + mine["grade_id"])], ignore_index=True)
made = assess(**frames)
at = made.site_potential.set_index("site_id").loc[site]
ranked = made.ranked_blocks
block = ranked[ranked["kind"].eq("waste_block") & ranked["nearest_site_id"].eq(site)].iloc[0]
sold = made.element_potential[(made.element_potential["block_id"] == block["block_id"]) & (made.element_potential["element"] == "Xx")]
print(json.dumps({
    "from": scoring.__file__, "ceiling": pure_ppm("Xx"), "likely": likely_elements("Mn"),
    "basket": "Xx" in basket_elements("china_seven", frames["settings"], frames["reference"]),
    "route": at["route_code"], "p_pays": float(at["p_pays"]), "rank": int(block["rank"]),
    "share": float(sold["revenue_share"].sum()), "kg": float(sold["recoverable_kg_p50"].sum()),
}))
"""


def test_an_element_is_one_row_and_a_route_its_rows_in_three_tables(copy: Path) -> None:
    changed = {"name": "newium", "pure_mineral_ppm": "640000", "baskets": "china_seven", "companion_of": "Mn:9"}
    add_rows(copy / TABLES / "elements.csv", like=("Ni",), changed={"element": "Xx", **changed})
    add_rows(copy / TABLES / "routes.csv", like=("hpal_roast_leach",), changed={"route_code": "new_leach"})
    for table in ("route_products", "route_families"):
        frame = copy / TABLES / f"{table}.csv"
        text = frame.read_text(encoding="utf-8")
        new = [line for line in text.splitlines() if "hpal_roast_leach" in line]
        new = [line.replace("hpal_roast_leach", "new_leach").replace(",Ni,", ",Xx,") for line in new]
        frame.write_text(text.rstrip("\n") + "\n" + "\n".join(new) + "\n", encoding="utf-8")
    told = told_by(copy, VALUED)
    assert Path(told["from"]).is_relative_to(copy)
    assert told["ceiling"] == 640_000 and told["basket"] and told["likely"] == ["Co", "Ni", "Xx"]
    assert told["route"] == "new_leach" and 0 <= told["p_pays"] <= 1 and told["rank"] >= 1
    assert 0 < told["share"] < 1 and told["kg"] > 0


SHOWN = """
import io, json, zipfile
from pathlib import Path
import pandas as pd
from conftest_of_publishing import make_publication
from assets.shown.contract_columns import ranked_lineage
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from publishing.explain import explain_block
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_table
from publishing.page import _data, page_html
from publishing.geopackage.reading import run_info
from publishing.qgis.forms import block_form
from publishing.shortlists.filters import make_filter
from publishing.shortlists.shortlist import build_shortlist
from publishing.shortlists.shortlist_xlsx import xlsx_bytes
made = make_publication()
made.layers["ranked_blocks"]["haul_km"] = 12.5
file = publish_geopackage(made, Path("out/ranked_blocks.gpkg")).path
blocks = read_table(file, "ranked_blocks")
data = _data(file, run_info(file))
book = zipfile.ZipFile(io.BytesIO(xlsx_bytes(build_shortlist(file, make_filter(name="all")))))
print(json.dumps({
    "gpkg": sorted(set(blocks["haul_km"])), "page": data["blocks"]["haul_km"],
    "fact": [f for f in data["facts"] if f[0] == "haul_km"], "html": "Haul to the railway" in page_html(file),
    "xlsx": any(b"Haul to the railway" in book.read(n) for n in book.namelist()),
    "form": 'name="haul_km_said"' in block_form(RANKED_BLOCKS),
    "explain": "Haul to the railway: 12.5 km" in explain_block(file, blocks["block_id"].iloc[0]),
    "lineage": [[d.asset_key.to_user_string(), d.column_name] for d in ranked_lineage(RANKED_BLOCKS).deps_by_column["haul_km"]],
}))
""".replace("conftest_of_publishing", "example_publication")
COMPUTED = """
import json
from conftest import india_frames
from cases import assess
print(json.dumps({"values": sorted(set(assess(**india_frames(draws=100)).ranked_blocks["haul_km"]))}))
"""


def test_a_column_is_its_field_and_what_computes_it(copy: Path) -> None:
    field = (
        'number("haul_km", "Haul to the railway", "Distance of the nearest siding.", "km", '
        'shows=("page", "xlsx", "form", "explain", "dossier"), from_=("blocks", "geometry")),'
    )
    text = (copy / RANKED).read_text(encoding="utf-8")
    at = text.index('        number("capital_usd_p50"')
    (copy / RANKED).write_text(text[:at] + f"        {field}\n" + text[at:], encoding="utf-8")
    row = '    _detail("capital_usd_p50", "capital"),'
    replaced(copy / "scoring/rank/told/tables.py", row, '    ("haul_km", lambda b: 12.5),\n' + row)
    assert told_by(copy, COMPUTED) == {"values": [12.5]}
    told = told_by(copy, SHOWN)
    assert told["gpkg"] == [12.5] and told["page"]["one"] == 12.5
    assert told["fact"] == [["haul_km", "Haul to the railway", "km"]]
    assert told["html"] and told["xlsx"] and told["form"] and told["explain"]
    assert sorted(told["lineage"]) == [["assessment", "haul_km"], ["blocks", "geometry"]]


READ = """
import json
from pathlib import Path
import geopandas as gpd
import shapely
from assets import survey
from assets.definitions import RECIPES, region_asset
from assets.workspace import Workspace
from data_sources.regions import load_region
from scoring.ground.maps.layers import SurveyLayers
region = load_region("sample_district")
source = Path("layer.gpkg")
gpd.GeoDataFrame({"dyke_id": ["D-1", "D-2"]}, geometry=[shapely.LineString([(77.6, 17.6), (77.7, 17.7)]), None], crs=4326).to_file(source)
class Here(Workspace):
    def layer_path(self, region, source): return Path("layer.gpkg")
    def states(self, region): return None
bundle = survey.load_layer(Here(output_root="o", cache_root="c", data_root="."), region, "dykes")
frames = survey.survey_frames(dykes=bundle)
print(json.dumps({
    "asset": type(region_asset(RECIPES["dykes"])).__name__, "input": "dykes" in RECIPES["fertility"].upstream,
    "kept": len(bundle["kept"]), "held": len(bundle["quarantine"]), "report": bundle["report"].get("absent"),
    "ground": len(SurveyLayers.of(frames).others["dykes"]),
}))
"""


def test_a_survey_layer_is_its_contract_its_card_and_its_region(copy: Path) -> None:
    contract = """
DYKES = Contract(
    "dykes", "Dykes", "Dykes of the 1:50,000 map.", fields=(_text("dyke_id", "Dyke", "The key."),), key=("dyke_id",),
    geometry=("LINESTRING", "MULTILINESTRING"), asset="Dykes of the 1:50,000 map.",
)

"""
    path = copy / "data_sources/contracts/survey.py"
    replaced(path, "SURVEY_CONTRACTS: dict", contract + "SURVEY_CONTRACTS: dict")
    replaced(path, "        SOIL_SAMPLES,\n    )", "        SOIL_SAMPLES,\n        DYKES,\n    )")
    cards = copy / "data_sources/cards"
    text = (cards / "sample_district.yaml").read_text(encoding="utf-8")
    (cards / "my_dykes.yaml").write_text(text.replace("sample_district", "my_dykes", 1), encoding="utf-8")
    region = copy / "data_sources/regions/sample_district.yaml"
    replaced(region, "layers:\n", "layers:\n  dykes: {card: my_dykes, path: dykes.gpkg}\n")
    told = told_by(copy, READ)
    assert told["asset"] == "AssetsDefinition" and told["input"]
    assert (told["kept"], told["held"], told["report"]) == (1, 1, None), "a line without a shape is held, not lost"
    assert told["ground"] == 1


@pytest.mark.parametrize(
    ("page", "files"), [("element", 1), ("waste_route", 3), ("survey_layer", 3), ("output_column", 2)]
)
def test_a_page_names_no_more_files_than_it_may(page: str, files: int) -> None:
    text = (ROOT / f"docs/dev/{page}.md").read_text(encoding="utf-8")
    said = {1: "One file", 2: "Two files", 3: "Three files"}[files]
    assert said in text and (files == 1 or (f"\n{files}. " in text and f"\n{files + 1}. " not in text))
