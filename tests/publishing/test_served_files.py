"""What a release holds for servers: vector tiles that lose no block, and a static catalogue that any STAC client reads."""

import gzip
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

import jsonschema
import pyogrio
import pystac
import pytest
from pystac.validation.stac_validator import JsonSchemaSTACValidator

sys.path.insert(0, str(Path(__file__).parent))
from example_publication import make_publication
from pmtiles.reader import MmapSource, Reader, all_tiles

from pipelines.cli import main, parser
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_layer, run_info, table_names
from publishing.releasing.releases import discard_release, list_releases, make_release
from publishing.releasing.served import Served, served


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Two releases of one region."""
    folder = tmp_path_factory.mktemp("served")
    publish_geopackage(make_publication(12), folder / "output" / "ranked_blocks.gpkg")
    for version in ("2026.11.27", "2026.11.28"):
        make_release(folder / "output", folder / "releases", version, attributions=["Survey of X, 2026"])
    return folder / "releases"


@pytest.fixture(scope="module")
def release(root) -> Path:
    (found,) = root.glob("*/2026.11.28")
    return found


def tiles_of(path: Path) -> tuple[dict, dict, dict[int, bytes]]:
    """Header, metadata, and all bytes of each zoom."""
    by_zoom: dict[int, bytes] = defaultdict(bytes)
    with path.open("rb") as stream:
        source = MmapSource(stream)
        reader = Reader(source)
        for (zoom, _, _), data in all_tiles(source):
            by_zoom[zoom] += gzip.decompress(data)
        return reader.header(), reader.metadata(), dict(by_zoom)


@pytest.mark.parametrize(("name", "first"), [("block_points", 0), ("ranked_blocks", 8)])
def test_every_block_with_a_place_is_in_the_tiles_of_every_zoom(release, name, first):
    blocks = read_layer(release / "ranked_blocks.gpkg", "ranked_blocks")
    ids = {i.encode() for i in blocks.loc[blocks.geometry.notna(), "block_id"]}
    header, _, by_zoom = tiles_of(release / f"{name}.pmtiles")
    assert (header["min_zoom"], header["max_zoom"]) == (first, 13) and sorted(by_zoom) == list(range(first, 14))
    assert len(ids) > 5
    assert all({i for i in ids if i in data} == ids for data in by_zoom.values())


def test_tiles_say_deck_uncertainty_and_terms(release):
    info = run_info(release / "ranked_blocks.gpkg")
    _, metadata, _ = tiles_of(release / "ranked_blocks.pmtiles")
    assert "Survey of X, 2026" in metadata["description"] and info["licence_note"] in metadata["description"]
    (layer,) = metadata["vector_layers"]
    assert {
        "rank",
        "rank_p05",
        "rank_p95",
        "npv_usd_p10",
        "npv_usd_p90",
        "knowledge_class",
        "price_deck",
        "redistribute",
    } <= set(layer["fields"])
    read = pyogrio.read_dataframe(release / "ranked_blocks.pmtiles", layer="ranked_blocks")
    assert set(read["price_deck"]) == {info["price_deck"]}


def test_the_deepest_tiles_are_within_a_step_of_the_published_shape(release):
    published = read_layer(release / "ranked_blocks.gpkg", "ranked_blocks").set_index("block_id").geometry.dropna()
    tiled = pyogrio.read_dataframe(release / "ranked_blocks.pmtiles", layer="ranked_blocks").to_crs(3857)
    pieces = tiled.dissolve("block_id").geometry  # a shape is cut at the edges of tiles
    for block, shape in published.to_crs(3857).items():
        found = pieces[block]
        far = max(abs(a - b) for a, b in zip(shape.bounds, found.bounds, strict=True))
        assert far < 2.4, f"{block}: {far:.1f} m"  # a step is 1.2 m
        assert shape.symmetric_difference(found).area < 1.2 * shape.length


def test_the_same_release_has_the_same_tiles(root, release):
    other = release.with_name("2026.11.27")
    for path in sorted(release.glob("*.pmtiles")):
        # The version stands in the description, everything else is the same.
        assert tiles_of(path)[2] == tiles_of(other / path.name)[2]
    assert {p.name for p in release.glob("*.pmtiles")} == {
        "block_points.pmtiles",
        "ranked_blocks.pmtiles",
        "waste_sites.pmtiles",
    }


def test_the_catalogue_leads_from_the_top_to_every_file(root):
    catalog = pystac.Catalog.from_file(str(root / "catalog.json"))
    (collection,) = catalog.get_children()
    items = list(collection.get_items())
    assert [i.properties["version"] for i in items] == ["2026.11.27", "2026.11.28"]
    for item in items:
        assert item.collection_id == collection.id and item.get_root().id == "khanij"
        files = {Path(asset.get_absolute_href()) for asset in item.assets.values()}
        assert all(path.is_file() for path in files)
        assert {"ranked_blocks.gpkg", "ranked_blocks.parquet", "ranked_blocks.pmtiles"} <= {p.name for p in files}
    assert "Survey of X, 2026" in collection.extra_fields["khanij:attribution"]
    links = {
        link["rel"]: link["href"]
        for link in json.loads((root / collection.id.removeprefix("khanij-") / "collection.json").read_text())["links"]
    }
    assert (root / collection.id.removeprefix("khanij-") / links["license"]).is_file()


def test_catalogue_collection_and_items_keep_the_rules_of_stac(root):
    judge = JsonSchemaSTACValidator()
    found = [(root / "catalog.json", "Catalog"), *((p, "Collection") for p in root.glob("*/collection.json"))]
    found += [(p, "Feature") for p in root.glob("*/*/stac_item.json")]
    assert len(found) == 4
    for path, kind in found:
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["type"] == kind and document["stac_version"] == "1.1.0"
        judge.validate_core(document, pystac.STACObjectType(kind), "1.1.0")


def described(root: Path) -> Served:
    (newest,) = {
        r.folder.parent.name: r for p in root.glob("*/collection.json") for r in list_releases(root, p.parent.name)
    }.values()
    return served([newest], root, "https://khanij.example.org", ("127.0.0.1", 5000))


def test_a_server_is_told_the_tables_of_the_newest_release_with_terms_and_units(root, release):
    resources = described(root).pygeoapi["resources"]
    region = release.parent.name
    tables = [n for n in table_names(release / "ranked_blocks.gpkg") if n != "what_if"]
    assert list(resources) == [f"{region}.{n}" for n in tables] and "ranked_blocks" in tables
    for name, resource in resources.items():
        (provider,) = resource["providers"]
        assert provider["data"] == str(release / "ranked_blocks.gpkg"), "of 2026.11.28, not of the day before"
        text = resource["description"]["en"]
        assert "SAMPLE - NOT REAL" in text and "Survey of X, 2026" in text and "Release 2026.11.28" in text, name
    blocks = resources[f"{region}.ranked_blocks"]
    (provider,) = blocks["providers"]
    assert provider["id_field"] == "block_id" and provider["columns"]["npv_usd_p50"]["x-ogc-unit"] == "USD"
    assert [link["href"].rsplit("/", 1)[1] for link in blocks["links"]] == [
        "ranked_blocks.gpkg", "ranked_blocks.parquet", "ranked_blocks.pmtiles", "index.html", "datapackage.json",
    ]  # fmt: skip
    assert all(link["href"].startswith("https://khanij.example.org/files/") for link in blocks["links"])


def test_only_what_a_manifest_lists_has_an_address(root, release):
    (release.parent / "private.csv").write_text("not released")
    (release.parent / "2026.11.29").mkdir(exist_ok=True)  # a folder without a manifest is no release
    (release.parent / "2026.11.29" / "ranked_blocks.gpkg").write_text("x")
    region, files = release.parent.name, described(root).serve["files"]
    expected = {"catalog.json", f"{region}/collection.json"}
    for made in list_releases(root, region):
        expected |= {f"{region}/{made.calver}/{name}" for name in [*made.manifest["files"], "manifest.json"]}
    assert set(files) == expected and len(expected) > 30
    assert all(Path(file["path"]).is_file() for file in files.values())
    assert files[f"{region}/2026.11.28/ranked_blocks.parquet"]["type"] == "application/vnd.apache.parquet"
    assert described(root) == described(root)


def test_the_verb_writes_both_files_and_answers_by_its_schema(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KHANIJ_RELEASES", str(root))
    assert main(["serve", "--config-only", "--to", str(tmp_path), "--json", "--address", "https://x.example.org/"]) == 0
    answer = json.loads(capsys.readouterr().out)
    schema = Path(__file__).parents[2] / "docs" / "schemas" / "serve.json"
    jsonschema.validate(answer, json.loads(schema.read_text(encoding="utf-8")))
    assert answer["url"] == "https://x.example.org"
    written = json.loads((tmp_path / "pygeoapi.json").read_text())
    assert (
        written["server"]["url"] == "https://x.example.org/ogc"
        and sorted(written["resources"]) == answer["collections"]
    )
    assert set(json.loads((tmp_path / "serve.json").read_text())) == {"files", "tiles", "regions", "newest", "address"}


def test_what_cannot_be_served_is_told(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KHANIJ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KHANIJ_RELEASES", str(tmp_path / "none"))
    assert main(["serve"]) == 3 and "khanij release" in capsys.readouterr().err
    monkeypatch.setenv("KHANIJ_RELEASES", str(root))
    assert main(["serve", "--region", "nowhere"]) == 3 and "no release" in capsys.readouterr().err
    monkeypatch.setenv("KHANIJ_SERVE_PYTHON", str(tmp_path / "python"))
    assert main(["serve"]) == 1 and "make serve-environment" in capsys.readouterr().err
    assert main(["serve", "--json"]) == 2 and "--config-only" in capsys.readouterr().err


def test_the_documentation_types_what_the_verb_understands():
    text = (Path(__file__).parents[2] / "docs" / "serving.md").read_text(encoding="utf-8")
    lines = [line.split("#")[0].split() for line in text.splitlines() if line.startswith(("khanij ", "make "))]
    assert [line[1] for line in lines].count("serve") == 3
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    for program, verb, *words in lines:
        if program == "make":
            assert re.search(rf"^{verb}:", makefile, re.M)
        else:
            assert parser(verb).parse_args([verb, *words]).verb == verb


def test_a_release_that_goes_leaves_the_catalogue(root, tmp_path):
    import shutil

    copy = tmp_path / "releases"
    shutil.copytree(root, copy)
    (first, second) = (r.folder for r in list_releases(copy, next(copy.glob("*/collection.json")).parent.name))
    assert discard_release(first)
    text = (second.parent / "collection.json").read_text()
    assert "2026.11.28/stac_item.json" in text and not re.search(r"2026\.11\.27/stac_item", text)
    assert discard_release(second)
    assert not (second.parent / "collection.json").exists()
    assert [link["rel"] for link in json.loads((copy / "catalog.json").read_text())["links"]] == ["root"]
