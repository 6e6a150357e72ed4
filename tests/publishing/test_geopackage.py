"""The GeoPackage: fixed names, types, registers, same bytes, replaced whole or not at all."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from example_publication import completed, make_publication

from data_sources.contracts import CrsError, PublishingError
from data_sources.contracts.frames import empty_layer
from data_sources.contracts.published.outputs import OUTPUT_CONTRACTS, RANKED_BLOCKS
from khanij.foundation.files import sha256_of
from publishing.brief.told import brief_of
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.publication import Publication, round_significant
from publishing.geopackage.reading import read_layer, read_table, run_info


def _sql(path: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_every_table_is_registered_and_whole(geopackage: Path) -> None:
    listed = dict(_sql(geopackage, "SELECT table_name, data_type FROM gpkg_contents"))
    assert {"ranked_blocks", "waste_sites", "waste_footprints"} <= {n for n, t in listed.items() if t == "features"}
    assert {"site_shares", "element_potential", "quarantine", "run_info", "layer_styles"} <= set(listed)
    assert _sql(geopackage, "PRAGMA integrity_check") == [("ok",)]
    assert _sql(geopackage, "PRAGMA foreign_key_check") == []
    assert _sql(geopackage, "PRAGMA application_id") == [(1196444487,)]
    kinds = dict(_sql(geopackage, "SELECT table_name, geometry_type_name FROM gpkg_geometry_columns"))
    assert kinds["ranked_blocks"] == "MULTIPOLYGON" and kinds["waste_sites"] == "POINT"


def test_columns_and_types_come_from_the_contract(geopackage: Path) -> None:
    for name in ("ranked_blocks", "element_potential"):
        contract = OUTPUT_CONTRACTS[name]
        columns = {r[1]: r[2] for r in _sql(geopackage, f"PRAGMA table_info({name})")}
        assert [c for c in columns if c not in ("fid", "geom")] == contract.names()
        sql_type = {"string": "TEXT", "float": "REAL", "integer": "INTEGER", "boolean": "BOOLEAN"}
        wrong = {f.name: columns[f.name] for f in contract.fields if columns[f.name] != sql_type[f.dtype]}
        assert not wrong


def test_missing_is_null_and_never_zero(publication: Publication, geopackage: Path) -> None:
    rows = _sql(geopackage, "SELECT rank, score_mean, typeof(rank) FROM ranked_blocks WHERE status <> 'RANKED'")
    assert rows and all(r == (None, None, "null") for r in rows)
    assert _sql(geopackage, "SELECT DISTINCT typeof(rank) FROM ranked_blocks WHERE status = 'RANKED'") == [("integer",)]
    # A column that a run may lack, and that the frame does not have, is there, and empty.
    path = geopackage.with_name("without.gpkg")
    blocks = publication.layers["ranked_blocks"].drop(columns="rank_china_seven")
    assert _sql(publish_geopackage(_with(publication, "ranked_blocks", blocks), path).path, "SELECT count(rank_china_seven) FROM ranked_blocks") == [(0,)]  # fmt: skip
    path.unlink()


def test_a_block_without_a_position_has_no_geometry(geopackage: Path) -> None:
    assert _sql(geopackage, "SELECT block_id FROM ranked_blocks WHERE geom IS NULL") == [("EX-WB-013",)]
    assert len(read_layer(geopackage, "ranked_blocks")) == 30


def test_published_values_are_the_computed_ones(publication: Publication, geopackage: Path) -> None:
    given = publication.layers["ranked_blocks"].set_index("block_id")
    back = read_table(geopackage, "ranked_blocks").set_index("block_id").reindex(given.index)
    for name in ("score_mean", "npv_usd_p90", "contribution_value", "tonnage_t_p50"):
        np.testing.assert_allclose(back[name], given[name].astype(float), rtol=1e-8)
    assert back["name"].tolist() == given["name"].tolist()


def test_same_content_same_bytes_and_not_rewritten(publication: Publication, tmp_path: Path) -> None:
    first = publish_geopackage(publication, tmp_path / "a" / "ranked_blocks.gpkg")
    before = first.path.stat().st_mtime_ns
    again = publish_geopackage(publication, first.path)
    assert first.changed and not again.changed and again.sha256 == first.sha256
    assert first.path.stat().st_mtime_ns == before
    shuffled = replace(
        publication,
        layers={k: v.sample(frac=1, random_state=3) for k, v in reversed(publication.layers.items())},
        tables={k: v.sample(frac=1, random_state=3) for k, v in reversed(publication.tables.items())},
        run_info=dict(reversed(publication.run_info.items())),
    )
    assert publish_geopackage(shuffled, tmp_path / "b" / "ranked_blocks.gpkg").sha256 == first.sha256


def test_same_bytes_whatever_the_clock_zone_and_hash_seed(
    publication: Publication, geopackage: Path, tmp_path: Path
) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from example_publication import make_publication\n"
        "from publishing.geopackage.geopackage import publish_geopackage\n"
        f"print(publish_geopackage(make_publication(), {str(tmp_path / 'ranked_blocks.gpkg')!r}).sha256)"
    )
    env = {**os.environ, "TZ": "Asia/Kolkata", "PYTHONHASHSEED": "42", "OMP_NUM_THREADS": "1"}
    out = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert out.stdout.split()[-1] == sha256_of(geopackage)


def test_a_change_is_published_and_a_reader_keeps_the_old_file(publication: Publication, tmp_path: Path) -> None:
    path = publish_geopackage(publication, tmp_path / "ranked_blocks.gpkg").path
    reader = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    old = reader.execute("SELECT count(*) FROM ranked_blocks").fetchone()
    published = publish_geopackage(make_publication(24), path)
    assert published.changed and published.path == path
    assert reader.execute("SELECT count(*) FROM ranked_blocks").fetchone() == old == (30,)
    reader.close()
    assert _sql(path, "SELECT count(*) FROM ranked_blocks") == [(24,)]
    assert [p.name for p in tmp_path.iterdir()] == ["ranked_blocks.gpkg"]


def test_pending_changes_of_another_program_are_not_overwritten(publication: Publication, tmp_path: Path) -> None:
    path = publish_geopackage(publication, tmp_path / "ranked_blocks.gpkg").path
    other = sqlite3.connect(path)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("UPDATE run_info SET value = 'mine' WHERE key = 'seed'")
    other.commit()
    assert (tmp_path / "ranked_blocks.gpkg-wal").stat().st_size > 0
    published = publish_geopackage(make_publication(24), path)
    assert published.path.name == "ranked_blocks.v2.gpkg" and "ranked_blocks.gpkg" in published.message
    again = publish_geopackage(make_publication(24), path)
    assert again.path == published.path and not again.changed, "the same result does not pile up under new names"
    assert other.execute("SELECT value FROM run_info WHERE key = 'seed'").fetchone() == ("mine",)
    other.close()
    assert publish_geopackage(make_publication(24), path).path == path, "closed, it is replaced"


def test_an_editing_program_that_died_is_not_waited_for_and_one_that_lives_is(
    publication: Publication, tmp_path: Path
) -> None:
    path = publish_geopackage(publication, tmp_path / "ranked_blocks.gpkg").path
    other = sqlite3.connect(path)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("SELECT count(*) FROM run_info").fetchone()
    assert (tmp_path / "ranked_blocks.gpkg-wal").stat().st_size == 0, "open for changes, and none made yet"
    assert publish_geopackage(make_publication(24), path).path.name == "ranked_blocks.v2.gpkg"
    other.close()
    (tmp_path / "ranked_blocks.gpkg-wal").touch()
    (tmp_path / "ranked_blocks.gpkg-shm").touch()
    assert publish_geopackage(make_publication(22), path).path == path
    assert not (tmp_path / "ranked_blocks.gpkg-wal").exists()


@pytest.mark.parametrize(
    "step", ["publishing.geopackage.geopackage._write_rest", "publishing.geopackage.geopackage.replace_file"]
)
def test_a_failure_leaves_the_old_file_and_no_rubbish(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = publish_geopackage(publication, tmp_path / "ranked_blocks.gpkg").path
    before = sha256_of(path)

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(step, fail)
    with pytest.raises(PublishingError, match="still in place"):
        publish_geopackage(make_publication(24), path)
    assert sha256_of(path) == before
    assert [p.name for p in tmp_path.iterdir()] == ["ranked_blocks.gpkg"]


@pytest.mark.integration
def test_a_kill_in_the_middle_leaves_the_old_file_and_the_next_run_cleans_up(
    publication: Publication, tmp_path: Path
) -> None:
    path = publish_geopackage(publication, tmp_path / "ranked_blocks.gpkg").path
    before = sha256_of(path)
    script = (
        f"import sys, os; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from example_publication import make_publication\n"
        "import publishing.geopackage.geopackage as g\n"
        "g._write_rest = lambda *a: os._exit(9)\n"
        f"g.publish_geopackage(make_publication(24), {str(path)!r})"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 9
    assert sha256_of(path) == before
    assert len(list(tmp_path.iterdir())) == 2
    publish_geopackage(publication, path)
    assert [p.name for p in tmp_path.iterdir()] == ["ranked_blocks.gpkg"]


def _with(publication: Publication, name: str, frame: pd.DataFrame) -> Publication:
    return replace(publication, layers={**publication.layers, name: frame})


def test_what_does_not_fit_the_contract_is_refused_by_name(publication: Publication, tmp_path: Path) -> None:
    blocks = publication.layers["ranked_blocks"]
    cases = [
        (blocks.assign(colour="red"), "colour"),
        (blocks.assign(status="GOOD"), "status"),
        (pd.concat([blocks, blocks.head(1)]), "stands twice"),
        (blocks.assign(block_id=None), "required"),
        (blocks.assign(score_mean="high"), "score_mean"),
        (blocks.assign(score_mean=np.inf), "infinite"),
        (blocks.assign(rank=1.5), "rank"),
        (blocks.set_geometry(blocks.geometry.boundary), "LineString"),
        (pd.DataFrame(blocks.drop(columns="geometry")), "geometry"),
    ]
    for frame, word in cases:
        with pytest.raises(PublishingError, match=word):
            publish_geopackage(_with(publication, "ranked_blocks", frame), tmp_path / "x.gpkg")
    with pytest.raises(CrsError):
        publish_geopackage(
            _with(publication, "ranked_blocks", blocks.set_crs(None, allow_override=True)), tmp_path / "x.gpkg"
        )
    with pytest.raises(PublishingError, match="rivers"):
        publish_geopackage(_with(publication, "rivers", blocks), tmp_path / "x.gpkg")
    assert not list(tmp_path.iterdir())


def test_another_crs_is_brought_to_longitude_latitude(
    publication: Publication, geopackage: Path, tmp_path: Path
) -> None:
    other = _with(publication, "waste_sites", publication.layers["waste_sites"].to_crs("EPSG:7755"))
    path = publish_geopackage(other, tmp_path / "ranked_blocks.gpkg").path
    a, b = (read_layer(p, "waste_sites").geometry for p in (path, geopackage))
    known = ~b.isna()
    assert shapely.distance(a[known].to_numpy(), b[known].to_numpy()).max() < 1e-9


def test_nothing_but_blocks_is_enough(publication: Publication, tmp_path: Path) -> None:
    blocks = completed(publication.layers["ranked_blocks"][["block_id", "kind", "status", "geometry"]], RANKED_BLOCKS)
    bare = Publication(publication.region, {"ranked_blocks": blocks}, {}, {})
    path = publish_geopackage(bare, tmp_path / "ranked_blocks.gpkg").path
    assert pyogrio.read_info(path, layer="waste_sites")["geometry_type"] == "Point"
    assert run_info(path)["warning"] == "SAMPLE - NOT REAL"


def test_a_sample_says_so_everywhere(geopackage: Path, tmp_path: Path) -> None:
    identifiers = "SELECT identifier FROM gpkg_contents WHERE data_type = 'features' OR table_name = 'run_info'"
    for (text,) in _sql(geopackage, f"SELECT metadata FROM gpkg_metadata UNION ALL {identifiers}"):
        assert "SAMPLE - NOT REAL" in text
    real = publish_geopackage(make_publication(is_sample=False), tmp_path / "ranked_blocks.gpkg").path
    assert b"NOT REAL" not in real.read_bytes()


def test_rounding_keeps_nine_digits_and_the_odd_values() -> None:
    x = np.array(
        [0.0, -0.0, np.nan, 1.0, 1 / 3, -2 / 3 * 1e-9, 123456789.4999, 9.99999999999e20, 5e-324, 1e300, 0.1 + 0.2]
    )
    y = round_significant(x)
    for a, b in zip(x, y):
        assert (np.isnan(a) and np.isnan(b)) or abs(a) < 1e-280 or b == float(f"{a:.9g}") or abs(b - a) <= 1e-9 * abs(a)
    assert not np.signbit(y[1]) and y[-1] == 0.3
    np.testing.assert_array_equal(round_significant(y), y)


def test_shares_of_a_site_still_add_up_after_rounding(publication: Publication, tmp_path: Path) -> None:
    inside = np.array([1 / 7, 2 / 7, 4 / 7])
    shares = pd.DataFrame(
        {"block_id": ["EX-WB-001", "EX-WB-002", "EX-WB-003"], "site_id": "EX-S-001", "inside": inside, "near": 0.0}
    )
    shares = completed(shares, OUTPUT_CONTRACTS["site_shares"])
    path = publish_geopackage(
        replace(publication, tables={**publication.tables, "site_shares": shares}), tmp_path / "x.gpkg"
    ).path
    assert abs(read_table(path, "site_shares")["inside"].sum() - 1) < 1e-12


def test_an_empty_layer_keeps_its_type(publication: Publication, tmp_path: Path) -> None:
    empty = empty_layer(OUTPUT_CONTRACTS["waste_sites"])
    path = publish_geopackage(_with(publication, "waste_sites", empty), tmp_path / "x.gpkg").path
    assert pyogrio.read_info(path, layer="waste_sites")["features"] == 0


def test_rows_that_may_not_be_passed_on_are_marked(geopackage: Path) -> None:
    blocks = read_table(geopackage, "ranked_blocks")
    internal = blocks["redistribute"] == "no"
    assert internal.any() and blocks["flags"].fillna("").str.contains("INTERNAL").equals(internal)
    assert run_info(geopackage)["internal"].startswith("INTERNAL")


def test_a_waste_block_of_a_site_that_may_not_be_passed_on_is_marked(publication: Publication, tmp_path: Path) -> None:
    blocks, sites = publication.layers["ranked_blocks"], publication.layers["waste_sites"]
    theirs = set(blocks["site_id"].dropna()) & set(sites["site_id"])
    assert theirs
    own = _with(publication, "ranked_blocks", blocks.assign(redistribute=None))
    path = publish_geopackage(_with(own, "waste_sites", sites.assign(redistribute="no")), tmp_path / "x.gpkg").path
    told = read_table(path, "ranked_blocks").set_index("block_id")
    is_of_site = told["site_id"].isin(theirs)
    for column, mark in (("flags", "INTERNAL"), ("cautions", "INTERNAL: may not be passed on")):
        assert told[column].fillna("").str.contains(mark).equals(is_of_site.rename(column)), column
    said = brief_of(path)
    assert f"INTERNAL: {len(sites)} rows may not be passed on" in said.marks
    assert f"({len(sites)} rows may not be passed on)" in " ".join(said.foot)


def test_a_file_that_cannot_be_replaced_is_published_beside(
    publication: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Windows does with a file that is open."""
    import publishing.geopackage.geopackage as module

    path = publish_geopackage(publication, tmp_path / "ranked_blocks.gpkg").path
    before = sha256_of(path)
    real = module.replace_file

    def refuse(temporary: Path, target: Path) -> None:
        if target == path:
            raise PermissionError("open in another program")
        real(temporary, target)

    monkeypatch.setattr(module, "replace_file", refuse)
    published = publish_geopackage(make_publication(24), path)
    assert published.path.name == "ranked_blocks.v2.gpkg" and "is open" in published.message
    assert sha256_of(path) == before
    assert _sql(published.path, "SELECT count(*) FROM ranked_blocks") == [(24,)]


def test_texts_that_no_format_can_hold_are_cleaned_and_others_kept(publication: Publication, tmp_path: Path) -> None:
    blocks = publication.layers["ranked_blocks"].copy()
    blocks["name"] = blocks["name"].astype("object")
    blocks.loc[[0, 1, 2], "name"] = ["a\x00b\x07c", "half \ud800 pair", "  kept \t as it is \U0001f600 "]
    path = publish_geopackage(_with(publication, "ranked_blocks", blocks), tmp_path / "x.gpkg").path
    back = read_table(path, "ranked_blocks").set_index("block_id")["name"]
    assert back[blocks.loc[[0, 1, 2], "block_id"]].tolist() == ["abc", "half  pair", "  kept \t as it is \U0001f600 "]


def test_two_regions_published_at_once_have_the_same_bytes(
    publication: Publication, geopackage: Path, tmp_path: Path
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda n: publish_geopackage(publication, tmp_path / n / "ranked_blocks.gpkg"), "abc"))
    assert {p.sha256 for p in done} == {sha256_of(geopackage)}
