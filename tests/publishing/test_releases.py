"""Releases: immutable, complete when the manifest lands, without rows that may not be passed on, catalogued."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pystac
import pytest
from example_publication import make_publication

from data_sources.contracts import MissingSourceError, PublishingError
from khanij.foundation.files import sha256_of
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_table, run_info
from publishing.releasing.diff import diff_releases
from publishing.releasing.releases import Release, check_release, latest_release, list_releases, make_release


@pytest.fixture(scope="module")
def output(geopackage: Path) -> Path:
    return geopackage.parent


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("releases")


@pytest.fixture(scope="module")
def released(output: Path, root: Path) -> Release:
    return make_release(output, root, "2026.11.22", attributions=["Made-up survey, CC BY 4.0"])


def test_a_release_is_whole_and_checked(released: Release) -> None:
    assert check_release(released.folder) == []
    assert {
        "ranked_blocks.gpkg",
        "ranked_blocks.parquet",
        "index.html",
        "datapackage.json",
        "stac_item.json",
        "CHANGELOG.md",
    } <= set(released.manifest["files"])
    assert released.manifest["warning"] == "SAMPLE - NOT REAL"


def test_a_release_is_immutable(released: Release, output: Path, root: Path) -> None:
    with pytest.raises(PublishingError, match="immutable"):
        make_release(output, root, "2026.11.22")
    assert not os.access(released.folder / "ranked_blocks.gpkg", os.W_OK) or os.geteuid() == 0
    assert (released.folder / "ranked_blocks.gpkg").stat().st_mode & 0o222 == 0


def test_rows_that_may_not_be_passed_on_stay_out(released: Release, geopackage: Path) -> None:
    internal = set(read_table(geopackage, "ranked_blocks").query("redistribute == 'no'")["block_id"])
    assert internal
    gpkg = released.folder / "ranked_blocks.gpkg"
    for table in ("ranked_blocks", "site_shares", "element_potential", "basket_ranks"):
        assert not internal & set(read_table(gpkg, table)["block_id"])
    for file in released.folder.rglob("*"):
        if file.is_file() and file.suffix in (".html", ".md", ".json", ".gpkg"):
            content = file.read_bytes()
            assert not any(b.encode() in content for b in internal), file.name
    assert released.manifest["rows_kept_out_because_not_redistributable"]["ranked_blocks"] == len(internal)
    assert read_table(gpkg, "quarantine")["value"].isna().all()
    assert run_info(gpkg)["attribution"] == "Made-up survey, CC BY 4.0"


def test_the_catalogue_is_valid(released: Release) -> None:
    item = pystac.Item.from_file(str(released.folder / "stac_item.json"))
    assert item.id == "khanij-example-2026.11.22" and item.datetime is not None
    asset = item.assets["ranked_blocks.gpkg"]
    assert asset.extra_fields["file:checksum"] == "1220" + sha256_of(released.folder / "ranked_blocks.gpkg")
    package = json.loads((released.folder / "datapackage.json").read_text(encoding="utf-8"))
    blocks = next(r for r in package["resources"] if r["name"] == "ranked_blocks")
    fields = {f["name"]: f for f in blocks["schema"]["fields"]}
    assert "low case" in fields["score_p10"]["description"] and "best place" in fields["rank_p05"]["description"]
    assert fields["npv_usd_p50"]["unit"] == "USD"


def test_the_geoparquet_is_the_layer(released: Release) -> None:
    frame = gpd.read_parquet(released.folder / "ranked_blocks.parquet")
    back = read_table(released.folder / "ranked_blocks.gpkg", "ranked_blocks")
    assert frame["block_id"].tolist() == back["block_id"].tolist() and frame.crs.to_epsg() == 4326
    assert len(gpd.read_parquet(released.folder / "ranked_blocks.parquet", bbox=(73, 12, 80, 18))) < len(frame)


def test_the_same_output_gives_the_same_release(released: Release, output: Path, tmp_path: Path) -> None:
    again = make_release(output, tmp_path, "2026.11.22", attributions=["Made-up survey, CC BY 4.0"])
    assert again.manifest == released.manifest


def test_a_second_release_tells_what_changed(released: Release, root: Path, tmp_path: Path) -> None:
    publication = make_publication()
    blocks = publication.layers["ranked_blocks"].copy()
    first, second = (blocks.index[blocks["rank"] == r][0] for r in (1, 2))
    blocks.loc[[first, second], "rank"] = [2, 1]
    blocks.loc[second, "tonnage_t_p50"] *= 3
    gone = blocks.index[blocks["block_id"] == "EX-AB-025"]
    changed = replace(
        publication,
        layers={**publication.layers, "ranked_blocks": blocks.drop(index=gone)},
        run_info={**publication.run_info, "price_deck": "2025e"},
    )
    publish_geopackage(changed, tmp_path / "example" / "ranked_blocks.gpkg")
    release = make_release(tmp_path / "example", root, "2026.12.01")
    difference = diff_releases(released.folder, release.folder)
    rows = {row["block_id"]: row for row in difference.blocks}
    a, b = blocks.loc[first, "block_id"], blocks.loc[second, "block_id"]
    assert rows["EX-AB-025"]["change"] == "gone"
    assert rows[b]["change"] == "moved" and "tonnage" in rows[b]["why"]
    assert "others moved" in rows[a]["why"]
    assert {row["key"] for row in difference.run} == {"price_deck"}
    assert "2024 -> 2025e" in difference.text()
    log = (release.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "EX-AB-025" in log and "since 2026.11.22" in log
    assert [r.calver for r in list_releases(root, "example")] == ["2026.11.22", "2026.12.01"]
    assert diff_releases(release.folder, release.folder).is_empty


@pytest.mark.parametrize("calver", ["2026-11-22", "v1", "2026.13.01", "../2026.11.22", ""])
def test_a_version_is_a_date(output: Path, tmp_path: Path, calver: str) -> None:
    with pytest.raises(PublishingError, match="calendar"):
        make_release(output, tmp_path, calver)


@pytest.mark.integration
@pytest.mark.parametrize("step", ["write_geoparquet", "write_page", "stac_item", "_manifest", "sync_file"])
def test_a_kill_while_releasing_leaves_no_release_and_the_next_one_works(
    output: Path, tmp_path: Path, step: str
) -> None:
    script = f"import os\nimport publishing.releasing.releases as r\nr.{step} = lambda *a, **k: os._exit(9)\nr.make_release({str(output)!r}, {str(tmp_path)!r}, '2026.11.22')\n"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    assert latest_release(tmp_path, "example") is None
    assert not (tmp_path / "example" / "2026.11.22").exists()
    assert check_release(make_release(output, tmp_path, "2026.11.22").folder) == []
    assert [p.name for p in (tmp_path / "example").iterdir() if p.is_dir()] == ["2026.11.22"]


def test_a_changed_file_is_noticed(output: Path, tmp_path: Path) -> None:
    release = make_release(output, tmp_path, "2026.11.22")
    release.folder.chmod(0o755)
    page = release.folder / "index.html"
    page.chmod(0o644)
    page.write_text("changed")
    (release.folder / "extra.txt").write_text("new")
    assert check_release(release.folder) == ["not in the manifest: extra.txt", "changed: index.html"]
    with pytest.raises(MissingSourceError):
        check_release(tmp_path)


def test_the_waste_block_of_a_site_that_may_not_be_passed_on_stays_out(tmp_path: Path) -> None:
    publication = make_publication()
    layers = {name: frame.copy() for name, frame in publication.layers.items()}
    layers["ranked_blocks"]["redistribute"] = None
    layers["waste_sites"]["redistribute"] = [
        "no" if s == "EX-S-002" else "yes" for s in layers["waste_sites"]["site_id"]
    ]
    secret = layers["waste_sites"].loc[layers["waste_sites"]["site_id"] == "EX-S-002", "name"].iloc[0]
    layers["ranked_blocks"].loc[9, ["nearest_site_id", "explanation"]] = [
        "EX-S-002",
        f"The nearest is {secret}, 3 km away.",
    ]
    publish_geopackage(replace(publication, layers=layers), tmp_path / "o" / "ranked_blocks.gpkg")
    gpkg = make_release(tmp_path / "o", tmp_path / "r", "2026.11.22").folder / "ranked_blocks.gpkg"
    assert "EX-WB-002" not in set(read_table(gpkg, "ranked_blocks")["block_id"])
    assert b"EX-S-002" not in gpkg.read_bytes() and secret.encode() not in gpkg.read_bytes()
    told = read_table(gpkg, "ranked_blocks").set_index("block_id").loc["EX-AB-010"]
    assert told["explanation"].startswith("withheld") and told["name"] == layers["ranked_blocks"].loc[9, "name"]


def test_the_levers_of_a_page_stay_out_where_a_site_does(tmp_path: Path) -> None:
    """Their JSON names every site, and what would be left of it without some is another ranking's."""
    publication = make_publication()
    model = json.dumps({"sites": [{"id": s} for s in publication.layers["waste_sites"]["site_id"]]})
    tables = publication.tables | {
        "what_if": pd.DataFrame({"part": ["model", "gates_off"], "content": [model, "null"]})
    }
    for may, levers in (("yes", True), ("no", False)):
        layers = {name: frame.copy() for name, frame in publication.layers.items()}
        for name in ("waste_sites", "ranked_blocks"):
            layers[name]["redistribute"] = "yes"
        layers["waste_sites"].loc[layers["waste_sites"]["site_id"] == "EX-S-002", "redistribute"] = may
        publish_geopackage(replace(publication, layers=layers, tables=tables), tmp_path / may / "ranked_blocks.gpkg")
        made = make_release(tmp_path / may, tmp_path / f"r_{may}", "2026.11.22").folder
        assert len(read_table(made / "ranked_blocks.gpkg", "what_if")) == (2 if levers else 0)
        assert ('"EX-S-002"' in (made / "index.html").read_text(encoding="utf-8")) == levers
        assert ('type="application/json"></script>' in (made / "index.html").read_text(encoding="utf-8")) == (
            not levers
        )
        assert check_release(made) == []


def test_of_two_releases_of_one_version_at_once_one_is_made_and_the_other_is_told(
    output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import publishing.releasing.releases as module

    told: list[str] = []
    real = module.write_page

    def second(*arguments: object) -> object:
        """Another process asks for the same version in the middle of the first."""
        with pytest.raises(PublishingError) as error:
            make_release(output, tmp_path, "2026.11.28")
        told.append(str(error.value))
        return real(*arguments)

    monkeypatch.setattr(module, "write_page", second)
    assert check_release(make_release(output, tmp_path, "2026.11.28").folder) == []
    (said,) = told
    assert "being made by another process" in said
    monkeypatch.undo()
    with pytest.raises(PublishingError, match="immutable"):
        make_release(output, tmp_path, "2026.11.28")
