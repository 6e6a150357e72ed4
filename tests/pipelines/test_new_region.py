"""``khanij new region``: a stranger's folder becomes a region that loads as it is, each file with its reason."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

import geopandas as gpd
import jsonschema
import pytest
import shapely
import yaml
from foreign_files import PONDS, SAMPLES, make_files
from offices import at_home, home

from assets.workspace import Workspace
from data_sources.cards import card_files, load_card
from data_sources.contracts.waste import WASTE_CONTRACTS
from data_sources.readers.survey import read_layer
from data_sources.readers.waste import read_inventory
from data_sources.regions import LayerSource, load_region, region_files
from khanij.foundation.equal_area import require_equal_area
from pipelines.cli import main
from pipelines.cli.own import schemas

__all__ = ["home"]
ROOT = Path(__file__).resolve().parents[2]
EXPECTED = {
    "ponds.csv": "waste_sites",
    "stock.csv": "tonnages",
    "assays.xlsx": "grades",
    "khand.shp": "auction_blocks",
    "leases.geojson": "mining_leases",
    "geochem.zip": "stream_sediments",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_files(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def made(files: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A home in which the region ``office`` was made, and what the command answered."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert main(["new", "region", "office", "--from", str(files), "--json"]) == 0
    return folder, json.loads(said.getvalue())


@pytest.fixture
def office(made: tuple[Path, dict], monkeypatch: pytest.MonkeyPatch) -> Path:
    at_home(monkeypatch, made[0])
    return made[0]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder of one layer, quickly read."""
    folder = tmp_path / "small"
    folder.mkdir()
    block = gpd.GeoDataFrame({"BLK_NO": ["B-1"]}, geometry=[shapely.box(80.7, 22.0, 80.8, 22.1)], crs=4326)
    block.to_file(folder / "blocks.gpkg")
    return folder


def answered(capsys: pytest.CaptureFixture[str], *words: object, status: int = 0) -> dict:
    assert main([*map(str, words), "--json"]) == status
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, json.loads((ROOT / f"docs/schemas/{words[0]}.json").read_text(encoding="utf-8")))
    return found


def test_five_foreign_files_become_a_region_that_loads_unedited(made, office):
    told = made[1]
    jsonschema.validate(told, json.loads((ROOT / "docs/schemas/new.json").read_text(encoding="utf-8")))
    assert {row["file"]: row["layer"] for row in told["placed"]} == EXPECTED
    assert told["unplaced"] == [] and all(row["why"] for row in told["placed"])
    assert {(row["rows_in"], row["rows_kept"]) for row in told["placed"] if row["layer"] == "grades"} == {(12, 12)}
    region = load_region("office")
    assert set(region.layers) == set(EXPECTED.values())
    assert region.units == ("waste_block", "auction_block", "mining_lease")
    west, south, east, north = region.extent_deg
    assert (west, south, east, north) == tuple(told["extent_deg"]) == pytest.approx((80.55, 21.85, 81.05, 22.22))
    assert require_equal_area(region.crs) and told["crs"] == region.crs
    blocks = load_card("office_auction_blocks")
    assert blocks.crs == "EPSG:32644" and blocks.field_map == {"BLK_NO": "block_id", "नाम": "name", "RAJYA": "state"}


def test_what_the_region_reads_is_what_stands_in_the_files(office):
    region = load_region("office")
    workspace = Workspace(output_root=str(office), cache_root=str(office), data_root="")
    paths = {n: workspace.layer_path(region, region.layers[n]) for n in WASTE_CONTRACTS if n in region.layers}
    got = read_inventory(
        paths, card_name=region.waste.card, extent_deg=region.extent_deg, sources={n: region.layers[n] for n in paths}
    )
    assert len(got.quarantine) == 0 and len(got.sites) == PONDS
    # By hand: 50, 60, 70, 80 lakh tonnes are 5 to 8 million; 0.12 % of copper are 1200 ppm.
    assert got.tonnages["tonnage_mode_mt"].tolist() == [5.0, 6.0, 7.0, 8.0]
    copper = got.grades[got.grades["element"] == "Cu"]
    assert (copper["value_mode"].tolist(), set(copper["unit"])) == ([0.12, 0.17, 0.22, 0.27], {"%"})
    for name in ("auction_blocks", "mining_leases", "stream_sediments"):
        source = region.layers[name]
        path = workspace.layer_path(region, source)
        admitted = read_layer(path, name, card=source.card, extent_deg=region.extent_deg, options=source.options)
        assert (
            admitted.report["rows_kept"] == {"auction_blocks": 3, "mining_leases": 2, "stream_sediments": SAMPLES}[name]
        )


def test_what_is_there_is_written_over_with_force_only(small, home, capsys):
    answered(capsys, "new", "region", "office", "--from", small)
    answered(capsys, "new", "region", "office", "--from", small)  # the same again changes nothing
    mine = home / "regions" / "office.yaml"
    mine.write_text(mine.read_text(encoding="utf-8").replace("draws: 2000", "draws: 500"), encoding="utf-8")
    edited = mine.read_bytes()
    refused = answered(capsys, "new", "region", "office", "--from", small, status=2)
    assert "office.yaml" in refused["error"]["message"] and "--force" in refused["error"]["do"]
    assert mine.read_bytes() == edited
    answered(capsys, "new", "region", "office", "--from", small, "--force")
    assert load_region("office").ranking["draws"] == 2000


def test_files_below_the_data_folder_are_used_in_place(small, home, capsys, monkeypatch):
    monkeypatch.setenv("KHANIJ_DATA", str(small.parent))
    told = answered(
        capsys, "new", "region", "office", "--from", small, "--extent", "80.5,21.8,81.1,22.4", "--title", "An office"
    )
    assert told["extent_from"] == "as given"
    region = load_region("office")
    assert region.layers["auction_blocks"].path == f"{small.name}/blocks.gpkg" and region.title == "An office"
    assert region.extent_deg == (80.5, 21.8, 81.1, 22.4) and not (home / "data").exists()


def test_what_cannot_be_placed_says_why_and_what_is_needed(home, capsys, tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "report.pdf").write_bytes(b"%PDF-1.4")
    (folder / "list.csv").write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    (folder / "stock.csv").write_text("Pond No,Stock\nP-1,50\nP-2,60\n", encoding="utf-8")
    square = gpd.GeoDataFrame({"NAME": ["RF 12"]}, geometry=[shapely.box(80.8, 22.0, 80.83, 22.03)], crs=4326)
    square.to_file(folder / "reserve_forest.gpkg")
    told = answered(capsys, "new", "region", "odd", "--from", folder, status=3)
    why = {row["file"]: f"{row['why']} {row['needs']}" for row in told["unplaced"]}
    assert set(why) == {"report.pdf", "list.csv", "stock.csv"}
    assert "its unit" in why["stock.csv"] and "lakh t" in why["stock.csv"]
    assert [(row["layer"], row["is_gate"]) for row in told["placed"]] == [("forest", True)]
    assert not (home / "regions").exists(), "a gate alone is no region"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Bad Name", "--from", "."], "small letters"),
        (["india", "--from", "."], "another name"),
        (["office", "--from", ".", "--extent", "81,21,80,22"], "west below east"),
        (["office", "--from", ".", "--extent", "81,21"], "80.5,21.8"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_a_remedy(words, said, home, capsys):
    assert main(["new", "region", *words]) == 2
    assert said in capsys.readouterr().err and list(home.iterdir()) == []


def test_the_yaml_names_its_schema_and_the_reasons(office):
    for folder, name in (("regions", "region"), ("cards", "card")):
        for path in (office / folder).glob("*.yaml"):
            text = path.read_text(encoding="utf-8")
            assert text.splitlines()[0] == f"# yaml-language-server: $schema=../schemas/{name}.schema.json"
            schema = json.loads((path.parent / text.splitlines()[0].split("=")[1]).read_text(encoding="utf-8"))
            jsonschema.validate(yaml.safe_load(text), schema, jsonschema.Draft202012Validator)
    assert "# khand.shp: polygons" in (office / "regions" / "office.yaml").read_text(encoding="utf-8")


@pytest.fixture
def edited(made, tmp_path, monkeypatch):
    """Change the region's settings, in a folder of regions of its own."""
    at_home(monkeypatch, made[0])
    folder = tmp_path / "regions"
    folder.mkdir()
    monkeypatch.setenv("KHANIJ_REGIONS", str(folder))
    whole = yaml.safe_load((made[0] / "regions" / "office.yaml").read_text(encoding="utf-8"))

    def written(change) -> None:
        change(whole)
        (folder / "office.yaml").write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")

    return written


def test_a_region_that_was_made_is_found_whole(office, capsys):
    told = answered(capsys, "validate", "--region", "office")
    assert {line["verdict"] for line in told["looked_at"]} <= {"ok", "note"}
    kept = {line["what"]: line["rows_kept"] for line in told["looked_at"] if line["rows_kept"] is not None}
    assert kept == {
        "auction_blocks": 3, "mining_leases": 2, "stream_sediments": SAMPLES, "waste_sites": 4, "tonnages": 4, "grades": 12,
    }  # fmt: skip
    bare = [line["what"] for line in told["looked_at"] if "neither basis_code nor knowledge_class" in line["says"]]
    assert bare == ["tonnages", "grades"], "what is not said of a figure is not guessed, and it is told before the run"
    unused = [
        line["says"] for line in told["looked_at"] if line["what"] == "mining_leases" and line["verdict"] == "note"
    ]
    assert unused == [], "lessee and status are read by their words"
    assert not (office / "output").exists() and not (office / ".khanij").exists()


def test_each_fault_of_a_region_is_a_line(edited, capsys):
    def change(region: dict) -> None:
        region["layers"]["stream_sediments"]["path"] = "office/gone.zip"
        region["layers"]["mining_leases"]["card"] = "office_auction_blocks"
        region["units"].append("survey_sheet")
        del region["layers"]["grades"]
        region["gates"] = {"forest": {"path": "office/no.gpkg", "source": "x"}}

    edited(change)
    told = answered(capsys, "validate", "--region", "office", status=2)
    found = {(line["what"], line["verdict"]): f"{line['says']} | {line['do']}" for line in told["looked_at"]}
    assert "missing" in found["stream_sediments", "error"] and "no such file" in found["gate forest", "error"]
    assert "for auction_blocks" in found["mining_leases", "finding"]
    assert "UNQUANTIFIED: P-0, P-1, P-2, P-3" in found["waste_sites", "note"]
    assert all(line["do"] for line in told["looked_at"] if line["verdict"] in ("finding", "error"))


def test_too_few_elements_leave_fertility_out_and_the_region_runs(home, capsys, small):
    rows = "".join(f"S-{i},{80.7 + i % 5 * 0.02:.2f},{22.0 + i // 5 * 0.02:.2f},{20 + i % 7}\n" for i in range(25))
    (small / "stream.csv").write_text("Sample No.,Long,Lat,Zn (ppm)\n" + rows, encoding="utf-8")
    assert main(["new", "region", "few", "--from", str(small)]) == 0
    assert "too few elements for fertility (Zn; " in capsys.readouterr().out
    region = load_region("few")
    assert "stream_sediments" in region.layers and region.grid is None
    path = home / "regions" / "few.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "grid: {cell_m: 500}\n", encoding="utf-8")
    told = answered(capsys, "validate", "--region", "few", status=2)
    assert [line["what"] for line in told["looked_at"] if line["verdict"] == "error"] == ["stream_sediments"]


def test_findings_alone_end_with_one_and_wrong_settings_with_two(edited, capsys):
    def lacking(region: dict) -> None:
        del region["layers"]["mining_leases"]

    edited(lacking)
    told = answered(capsys, "validate", "--region", "office", status=1)
    assert [line["what"] for line in told["looked_at"] if line["verdict"] == "finding"] == ["units mining_lease"]
    edited(lambda region: region["ranking"].update(draws=5, basket_=1) or region.update(crs="EPSG:32644", colour="red"))
    told = answered(capsys, "validate", "--region", "office", status=2)
    assert {line["what"] for line in told["looked_at"]} == {
        "setting crs", "setting colour", "setting ranking.draws", "setting ranking.basket_",
    }  # fmt: skip


def test_validate_wants_a_file_with_its_layer_or_a_region(home, capsys):
    for words in ([], ["x.csv"], ["x.csv", "--as", "grades", "--region", "india"]):
        assert main(["validate", *words]) == 2
        assert "--region R" in capsys.readouterr().err
    assert main(["validate", "--region", "nosuch"]) == 2


def test_the_published_schemas_are_those_of_the_models():
    for name, text in schemas.texts().items():
        file = ROOT / "docs" / "schemas" / name
        assert file.read_text(encoding="utf-8") == text, "run: python -m pipelines.cli.own.schemas"
        jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_the_schemas_know_every_yaml_of_the_project_and_refuse_a_wrong_one():
    for name, files_of in ((schemas.REGION, region_files()), (schemas.CARD, card_files())):
        judge = jsonschema.Draft202012Validator(json.loads(schemas.texts()[name]))
        for path in files_of.values():
            assert list(judge.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8")))) == [], path.name
    judge = jsonschema.Draft202012Validator(json.loads(schemas.texts()[schemas.REGION]))
    wrong = yaml.safe_load(region_files()["india"].read_text(encoding="utf-8"))
    wrong |= {"ranking": {"drawz": 1}, "gates": {"woods": {"path": "a", "source": "b"}}, "units": ["x"], "colour": 1}
    assert len({(*tuple(e.absolute_path)[:1], e.validator) for e in judge.iter_errors(wrong)}) >= 4


PAGE = ROOT / "docs" / "own_region.md"


def test_the_page_shows_what_the_command_writes(office):
    shown = dict(re.findall(r"```yaml\n# (\S+\.yaml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
    written = [*(office / "regions").glob("*.yaml"), *(office / "cards").glob("*.yaml")]
    assert shown == {p.relative_to(office).as_posix(): p.read_text(encoding="utf-8") for p in written}


REGISTER = """Register of mine waste,,,,,,,
,,,,,,,
Site No.,Name of Site,Latitude,Longitude,Kind of Waste,Tonnage (lakh tonnes),Cu %,Co ppm
W-1,North dam,14.91,76.21,Copper tailings,312.5,0.11,80
W-2,South dam,14.95,76.25,Red mud,90,,40
W-3,Old dump,14.99,76.29,cu_waste_rock,12,0.3,20
,Total,,,,414.5,,
"""


def test_one_register_of_everything_is_sites_tonnages_and_grades(home, capsys, tmp_path):
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "Mine_Waste_Register.csv").write_text(REGISTER)
    assert main(["new", "region", "one_table", "--from", str(tmp_path / "office"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    maps = {row["layer"]: row["field_map"] for row in told["placed"]}
    assert set(maps) == {"waste_sites", "tonnages", "grades"} and not told["unplaced"]
    assert maps["waste_sites"]["Site No."] == "site_id" and maps["waste_sites"]["Name of Site"] == "name"
    region = load_region("one_table")
    assert len({region.layers[layer].path for layer in maps}) == 1 and region.waste.card == "one_table_waste_sites"
    paths = {n: Workspace().layer_path(region, region.layers[n]) for n in maps}
    got = read_inventory(
        paths, card_name=region.waste.card, extent_deg=region.extent_deg, sources={n: region.layers[n] for n in paths}
    )
    assert sorted(got.sites["site_id"]) == ["W-1", "W-2", "W-3"]
    assert sorted(got.tonnages["tonnage_mode_mt"].dropna()) == pytest.approx([1.2, 9.0, 31.25])
    assert got.sites.set_index("site_id").loc["W-2", "waste_type_code"] == "red_mud"


def test_sites_in_metres_of_a_grid_stand_where_they_are(home, tmp_path):
    """Easting and northing of a projected grid, named in the card as x and y."""
    from khanij.foundation.files import write_bytes_atomically

    east, north = gpd.GeoSeries([shapely.Point(76.21, 14.91)], crs=4326).to_crs(32643).iloc[0].coords[0]
    table = f"Sl,Name,Waste,Easting_43N,Northing_43N\n1,North dam,red_mud,{east:.1f},{north:.1f}\n"
    write_bytes_atomically(home / "data" / "grid" / "sites.csv", table.encode())
    card = {
        "name": "grid_sites", "title": "Sites", "publisher": "An office", "licence": "own", "redistribute": "no",
        "citation": "sites.csv", "protocol": "file", "contract": "waste_sites", "crs": "EPSG:32643", "path": "grid/sites.csv",
        "field_map": {"Sl": "site_id", "Name": "name", "Waste": "waste_type_code"},
        "options": {"x": "Easting_43N", "y": "Northing_43N"},
    }  # fmt: skip
    write_bytes_atomically(home / "cards" / "grid_sites.yaml", yaml.safe_dump(card).encode())
    source = LayerSource(card="grid_sites", path="grid/sites.csv")
    got = read_inventory(
        {"waste_sites": home / "data" / "grid" / "sites.csv"}, card_name="grid_sites", extent_deg=(76.0, 14.5, 76.5, 15.2),
        sources={"waste_sites": source},
    )  # fmt: skip
    assert got.sites[["lon", "lat"]].to_numpy().tolist() == [pytest.approx([76.21, 14.91], abs=1e-5)]
    assert len(got.quarantine) == 0
