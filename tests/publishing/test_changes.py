"""What changed since a moment: the sets that were published are kept small, compared, told as text and as a page."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from khanij.foundation.closure import ROOT
from pipelines.cli import main
from publishing.releasing import published_records
from publishing.releasing.changes_page import Told, changes_page
from publishing.releasing.diff import diff_releases
from publishing.releasing.published_records import RECORDS, keep_record, newest_record
from publishing.releasing.since import changes_of, rows_of
from publishing.sets.listing import GEOPACKAGE, SET_LIST, Accepted, Facts, LayerFacts, SetList, rendered

DAY = 86_400.0
THEN, NOW = 1_796_000_000.0, 1_796_000_000.0 + 0.9 * DAY
REGION = "example"
LAYER = "stream_sediments"


def publish(folder: Path, generation: str, layers: dict[str, LayerFacts], accepted: Accepted | None = None) -> None:
    listing = SetList(
        region=folder.name,
        generation=generation * 64,
        inputs="i",
        files={},
        facts=Facts(layers=layers),
        accepted=accepted,
    )
    (folder / SET_LIST).write_bytes(rendered(listing))


def layers(rows: int, nickel: float, **more: LayerFacts) -> dict[str, LayerFacts]:
    return {LAYER: LayerFacts(rows=rows, medians={"Ni_ppm": nickel, "SiO2_pct": 60.0})} | more


@pytest.fixture(scope="module")
def nights(geopackage, tmp_path_factory):
    """A region on two nights: ranks of two blocks changed places, a tier moved, a block took another's place, nickel rose."""
    folder, root = tmp_path_factory.mktemp("out") / "example", tmp_path_factory.mktemp("published")
    folder.mkdir()
    file = folder / GEOPACKAGE
    shutil.copyfile(geopackage, file)
    publish(folder, "a", layers(400, 30.0, faults=LayerFacts(rows=7)))
    keep_record(folder, root, {LAYER: "1", "faults": "1", "folds": "1"}, THEN)
    old = folder.parent / "before.gpkg"
    shutil.copyfile(file, old)
    with sqlite3.connect(file) as edited:
        ranks = "FROM ranked_blocks WHERE kind = (SELECT kind FROM ranked_blocks WHERE rank = 5 LIMIT 1) AND rank"
        first, second, tiered, other = (
            edited.execute(f"SELECT block_id {ranks} = {n}").fetchone()[0] for n in (1, 2, 3, 4)
        )
        # The triggers keep the index of places, with functions that SQLite itself lacks; no place changes here.
        for (name,) in edited.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            edited.execute(f'DROP TRIGGER "{name}"')
        edited.execute("UPDATE ranked_blocks SET rank = 2 WHERE block_id = ?", (first,))
        edited.execute("UPDATE ranked_blocks SET rank = 1 WHERE block_id = ?", (second,))
        edited.execute("UPDATE ranked_blocks SET tier = '9-9' WHERE block_id = ?", (tiered,))
        edited.execute("UPDATE ranked_blocks SET block_id = 'NEW-1' WHERE block_id = ?", (other,))
    edited.close()
    broken = LayerFacts(rows=0, absent="the file is missing")
    publish(folder, "b", layers(404, 31.5, faults=broken), Accepted(reason="the map is being redrawn"))
    keep_record(folder, root, {LAYER: "2", "faults": "1", "folds": "2"}, NOW)
    return folder, root, old, (first, second, tiered, other)


def test_what_changed_is_what_changed(nights):
    _, root, _, (first, second, tiered, other) = nights
    changes = changes_of(REGION, root, NOW - 0.5 * DAY)
    assert changes.is_new and (changes.before, changes.after) == ("a" * 64, "b" * 64)
    assert changes.counts() == {"up": 1, "down": 1, "new": 1, "gone": 1, "changed": 1}
    blocks = {row["block_id"]: row for row in changes.difference.blocks}
    assert set(blocks) == {first, second, tiered, other, "NEW-1"}
    assert (blocks[second]["rank_before"], blocks[second]["rank_after"]) == (2, 1)
    assert blocks[tiered]["why"].startswith("tier ") and blocks[tiered]["tier_after"] == "9-9"
    assert [(s["source"], s["change"]) for s in rows_of(changes.sources)] == [
        ("faults", "absent now: the file is missing"),
        ("folds", "other content"),
        (LAYER, "other rows"),
    ]
    assert [(m["element"], m["unit"], m["change_pct"]) for m in rows_of(changes.medians)] == [
        ("Ni", "ppm", pytest.approx(5.0))
    ]


def test_it_is_the_comparison_of_diff(nights):
    folder, root, old, _ = nights
    of_files = diff_releases(old, folder / GEOPACKAGE)
    of_records = changes_of(REGION, root, NOW - 0.5 * DAY).difference
    assert of_records.blocks == of_files.blocks
    assert of_records.n_same == of_files.n_same


def test_other_moments(nights):
    _, root, _, _ = nights
    quiet = changes_of(REGION, root, NOW + 1)
    assert not quiet.is_new and quiet.difference is None and "nothing new" in quiet.text(5)[0]
    first = changes_of(REGION, root, THEN - 1)
    assert first.is_new and first.before == "" and first.difference is None and not len(first.sources)
    assert changes_of("never", root, 0.0).text(5) == ["never: nothing was published yet"]


def test_as_text(nights):
    _, root, _, (_, second, _, _) = nights
    text = "\n".join(changes_of(REGION, root, NOW - 0.5 * DAY).text(40))
    assert "generation aaaaaaaaaaaa -> bbbbbbbbbbbb" in text
    assert f"source {LAYER}: other rows, 400 -> 404 rows" in text
    assert "source folds: other content\n" in text, "whose rows nobody counted"
    assert f"median {LAYER}: Ni 30 -> 31.5 ppm (+5.0 %)" in text
    assert "published although it was refused, because: the map is being redrawn" in text
    assert re.search(rf"moved +2 -> 1 +{second}", text)


def test_as_a_page(nights):
    _, root, _, (_, second, _, _) = nights
    changes = changes_of(REGION, root, NOW - 0.5 * DAY)
    told = Told("failure 2026-11-30 02:10, 9 s", "blocks: <script>alert(1)</script>", (f"{LAYER}: element_shift: Ni",))
    quiet = replace(changes_of(REGION, root, NOW + 1), region="quiet", title="Quiet")
    page = changes_page(NOW - 0.5 * DAY, NOW, [(changes, told), (quiet, Told("success"))])
    assert page.startswith("<!doctype html>") and page.endswith("</html>\n")
    assert "2 regions: 1 with a new result, 1 whose last run failed, 1 with warnings." in page
    assert "<script" not in page and "&lt;script&gt;" in page and "http" not in page
    assert "<td>moved</td><td>2 -&gt; 1</td>" in page and second in page
    assert "Ni 30 -&gt; 31.5 ppm (+5.0 %)" in page and "element_shift: Ni" in page
    assert "nothing published" in changes_page(NOW - DAY, NOW, [(changes_of("never", root, 0.0), Told())])
    assert page.count("<h2") == 1, "a region of which there is nothing to tell stands in the table alone"


def test_a_set_is_recorded_once_and_the_oldest_go(nights, monkeypatch, tmp_path):
    folder, root = tmp_path / "out" / REGION, tmp_path / "published"
    shutil.copytree(nights[0], folder)
    monkeypatch.setattr(published_records, "KEPT", 2)
    made = []
    for number, generation in enumerate("cdee"):
        publish(folder, generation, {})
        made.append(keep_record(folder, root, {}, THEN + number))
    assert made[3] is None, "the same set again"
    assert sorted((root / REGION).iterdir()) == sorted(made[1:3])
    assert keep_record(tmp_path / "nothing", root, {}, THEN) is None
    publish(folder, "f", {})
    os.utime(folder / SET_LIST, (THEN + 9, THEN + 9))
    keep_record(folder, root, {})
    assert newest_record(root, REGION).at == THEN + 9, "one that an older version published: the time of its list"


def test_a_damaged_record_is_one_night_less(nights, tmp_path):
    root = tmp_path / "published"
    shutil.copytree(nights[1], root)
    assert newest_record(root, REGION).at == NOW
    newest = max((root / REGION).iterdir())
    newest.write_bytes(newest.read_bytes()[:100])
    assert newest_record(root, REGION).at == THEN
    assert newest_record(root, REGION, THEN - 1) is None


def test_the_verb_prints_writes_the_page_and_answers_as_json(nights, monkeypatch, capsys, tmp_path):
    for name in ("KHANIJ_HOME", "DAGSTER_HOME", "KHANIJ_OUTPUT", "KHANIJ_CACHE"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    folder, root = tmp_path / "KHANIJ_OUTPUT" / "india", tmp_path / "KHANIJ_CACHE" / RECORDS
    shutil.copytree(nights[0], folder)
    shutil.copyfile(nights[2], folder / GEOPACKAGE)
    publish(folder, "a", layers(400, 30.0))
    keep_record(folder, root, {LAYER: "1"}, time.time() - 2 * DAY)
    shutil.copyfile(nights[0] / GEOPACKAGE, folder / GEOPACKAGE)
    publish(folder, "b", layers(404, 31.5))
    keep_record(folder, root, {LAYER: "2"}, time.time())
    assert main(["changes", "--region", "india", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads((ROOT / "docs/schemas/changes.json").read_text(encoding="utf-8")))
    (region,) = document["regions"]
    assert region["counts"] == {"up": 1, "down": 1, "new": 1, "gone": 1, "changed": 1} and region["is_new"]
    assert [m["element"] for m in region["medians"]] == ["Ni"] and region["sources"][0]["rows_after"] == 404
    assert document["files"] == [str(tmp_path / "KHANIJ_OUTPUT" / "changes.html")]
    assert "Ni 30 -&gt; 31.5 ppm" in Path(document["files"][0]).read_text(encoding="utf-8")
    assert main(["changes", "--region", "india", "--days", "0"]) == 2
    assert main(["changes", "--region", "nowhere"]) == 2
