"""What a message tells to do is a key or an option that exists, and the message is gone when it is done."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import openpyxl
import pytest
import yaml
from strangers import leases, read, samples, workbook, written

from pipelines.cli import main

ROWS = [["sample_id", "longitude", "latitude", "Cu_ppm"], ["S1", 76.5, 14.5, 30], ["S2", 76.6, 14.6, 31]]


def sheets(file: Path) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in ("A", "B"):
        page = book.create_sheet(name)
        for row in ROWS:
            page.append(row)
    book.save(file)
    return file


def titled(file: Path) -> Path:
    return workbook(file, [["Geochemistry of block 5", None, None, None], [], *ROWS])


def two_layers(file: Path) -> Path:
    import geopandas as gpd
    import shapely

    for layer in ("one", "two"):
        frame = gpd.GeoDataFrame({"lease_no": [layer]}, geometry=[shapely.box(76, 14, 76.1, 14.1)], crs=4326)
        frame.to_file(file, layer=layer)
    return file


def no_crs(file: Path) -> Path:
    leases(file, ["L1"], column="lease_no")
    file.with_suffix(".prj").unlink()
    return file


CASES = [
    ("sheet", lambda d: sheets(d / "t.xlsx"), "stream_sediments", "--sheet NAME", ["--sheet", "B"]),
    ("header row of a workbook", lambda d: titled(d / "t.xlsx"), "stream_sediments", "--header-row 3", ["--header-row", "3"]),
    ("header row of a text table", lambda d: written(d, "Block 5,,,\nsample_id,longitude,latitude,Cu_ppm\nS1,76.5,14.5,30\n"), "stream_sediments", "--header-row 2", ["--header-row", "2"]),
    ("layer", lambda d: two_layers(d / "t.gpkg"), "mining_leases", "name one of one, two", ["--layer", "two"]),
    ("crs", lambda d: no_crs(d / "t.shp"), "mining_leases", "name it as crs", ["--crs", "EPSG:4326"]),
    ("key", lambda d: leases(d / "t.gpkg", [0, 0, 0], number=["a", "b", "c"]), "mining_leases", "--map number=block_id; else", ["--map", "number=block_id"]),
    ("no analysis", lambda d: samples(d, "Total copper", "30", "31"), "stream_sediments", "--map COLUMN=Cu_ppm", ["--map", "Total copper=Cu_ppm"]),
    ("decimal", lambda d: written(d, "tonnage_id\tsite_id\ttonnage_mode_mt\nT1\tS1\t1,250\nT2\tS1\t1,500\n", "t.tsv"), "tonnages", "--decimal", ["--decimal", ","]),
]  # fmt: skip


@pytest.mark.parametrize(("make", "layer", "told", "remedy"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_remedy_of_a_message_works(
    tmp_path: Path, make, layer: str, told: str, remedy: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = make(tmp_path)
    command = ["validate", str(file), "--as", layer]
    assert main(command) in (1, 2)
    out = capsys.readouterr()
    assert told in " ".join((out.out + out.err).replace("│", " ").split())
    assert main([*command, *remedy]) == 0
    assert " 0 held" in " ".join(capsys.readouterr().out.split())


def test_a_card_of_what_was_found_reads_the_file_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = sheets(tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(file)
    book["B"]["D1"] = "Total copper"
    book["B"]["E1"], book["B"]["E2"], book["B"]["E3"] = "Zn (ppb)", 70_000, 71_000
    book.save(file)
    cards = tmp_path / "cards"
    cards.mkdir()
    command = ["validate", str(file), "--as", "stream_sediments"]
    assert (
        main([*command, "--sheet", "B", "--map", "Total copper=Cu_ppm", "--write-card", str(cards / "mine_b.yaml")])
        == 0
    )
    card = yaml.safe_load((cards / "mine_b.yaml").read_text())
    assert card["field_map"]["Total copper"] == "Cu_ppm" and card["options"] == {"sheet": "B"}
    assert card["units"]["Zn (ppb)"]["unit"] == "ppb" and card["contract"] == "stream_sediments"
    monkeypatch.setenv("KHANIJ_CARDS", str(cards))
    assert main([*command, "--card", "mine_b"]) == 0
    from data_sources.readers.survey import read_layer

    kept = read_layer(file, "stream_sediments", card="mine_b").kept
    assert kept["Cu_ppm"].tolist() == [30.0, 31.0] and kept["Zn_ppm"].tolist() == [70.0, 71.0]
    capsys.readouterr()


@pytest.mark.parametrize("name", ["Mine.yaml", "9mine.yaml", "my-card.yaml"])
def test_a_card_needs_a_name_that_a_card_may_have(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = samples(tmp_path, "Cu_ppm", "30", "31")
    assert main(["validate", str(file), "--as", "stream_sediments", "--write-card", str(tmp_path / name)]) == 2
    assert "a card cannot be called" in capsys.readouterr().err and not (tmp_path / name).exists()


def test_a_card_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = samples(tmp_path, "Cu_ppm", "30", "31")
    card = written(tmp_path, "kept", "mine.yaml")
    assert main(["validate", str(file), "--as", "stream_sediments", "--write-card", str(card)]) == 2
    assert card.read_text() == "kept" and "with --force" in capsys.readouterr().err
    card = tmp_path / "cards" / "mine.yaml"
    assert main(["validate", str(file), "--as", "stream_sediments", "--write-card", str(card)]) == 2
    assert f"create the folder {card.parent} first" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["Cu_ppm", "=Cu_ppm", "Cu="])
def test_a_map_without_a_column_or_a_field_is_refused(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(samples(tmp_path, "Cu_ppm", "30")), "--as", "stream_sediments", "--map", text]) == 2
    assert "COLUMN=FIELD" in capsys.readouterr().err


def test_sites_that_cannot_be_valued_are_told_one_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "site_id,name,lat,lon,waste_type_code\nA1,a,14.5,76.5,cu_flotation_tailings\nA2,b,14.6,76.6,u_overburden\nA3,c,14.7,76.7,\n"
    assert main(["validate", str(written(tmp_path, text)), "--as", "waste_sites"]) == 0
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "A2 no treatment that sells a product of u_overburden is known" in out and "A3 no waste_type_code" in out
    assert "A1 " not in out.partition("Listed, and cannot be valued")[2]


def test_read_is_the_same_by_options_and_by_the_command(tmp_path: Path) -> None:
    assert read(sheets(tmp_path / "t.xlsx"), sheet="A").kept["Cu_ppm"].tolist() == [30.0, 31.0]


def test_a_card_of_a_bare_name_goes_to_the_users_cards_and_a_region_reads_by_the_lines_that_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    for folder in ("cards", "regions", "data"):
        (home / folder).mkdir(parents=True)
    for name in ("KHANIJ_REGIONS", "KHANIJ_CARDS", "KHANIJ_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KHANIJ_HOME", str(home))
    file = written(home / "data", "nr,what,lat,lon\n1,red_mud,18.7,82.9\n2,red_mud,18.8,82.8\n", "heaps.csv")
    asked = ["validate", str(file), "--as", "waste_sites", "--map", "nr=site_id", "--map", "what=waste_type_code"]
    assert main([*asked, "--write-card", "own_heaps.yaml"]) == 0
    said = capsys.readouterr().out
    assert (home / "cards" / "own_heaps.yaml").is_file() and "Lay " not in said
    lines = yaml.safe_load(textwrap.dedent(said.split("In the region's YAML:\n")[1].split("\nListed,")[0]))
    region = {
        "name": "own",
        "title": "Own",
        "description": "Own.",
        "extent_deg": [82.5, 18.5, 83.1, 19.0],
        "layers": {},
    }
    (home / "regions" / "own.yaml").write_text(yaml.safe_dump(region | lines))
    assert main(["validate", "--region", "own"]) in (0, 1)
    assert re.search(r"waste_sites\s+heaps.csv\s+2 of 2\s+ok", capsys.readouterr().out)
