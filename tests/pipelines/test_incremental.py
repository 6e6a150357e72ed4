"""What changed is made again, with everything that depends on it, and nothing else."""

import hashlib

import pytest

from assets.fingerprints import RECIPES, fingerprint
from assets.published.generation import accepted_reason, generation, publication_assets, set_inputs
from assets.workspace import Workspace
from pipelines.guards import judge_version
from pipelines.incremental import order, stale_assets
from pipelines.stores.io_managers import BundleStore
from publishing.sets.listing import JOURNAL, SET_LIST, Accepted, SetList, rendered
from tests.pipelines.current_region import make_current, publish_list

REGION = "karnataka_andhra"


@pytest.fixture
def place(tmp_path):
    """A landing folder with two layers, and a store in which everything is current."""
    data = tmp_path / "landing" / "ngdr_karnataka_andhra"
    data.mkdir(parents=True)
    (data / "stream_sediments.csv").write_text("sampleno,longitude,latitude\n")
    for suffix in (".shp", ".dbf", ".shx", ".prj"):
        (data / f"Fold{suffix}").write_bytes(suffix.encode())
    workspace = Workspace(
        output_root=str(tmp_path / "out"), cache_root=str(tmp_path / "cache"), data_root=str(tmp_path / "landing")
    )
    store = BundleStore(str(tmp_path / "store"))
    make_current(REGION, workspace, store)
    return workspace, store, data


def with_downstream(*names: str) -> set[str]:
    found = set(names)
    for name in order():
        if found & set(RECIPES[name].upstream):
            found.add(name)
    together = set(publication_assets())
    return found | together if found & together else found


def reading(key: str) -> set[str]:
    """Assets whose recipe says that they read this setting."""
    return {
        n for n, r in RECIPES.items() if any(s in ("*", "") or key == s or key.startswith(s + ".") for s in r.settings)
    }


def changed(workspace: Workspace, **overrides: str) -> Workspace:
    return workspace.model_copy(update={"overrides": {k.replace("__", "."): v for k, v in overrides.items()}})


def test_nothing_changed_nothing_is_stale(place):
    workspace, store, _ = place
    assert stale_assets(REGION, workspace, store) == []
    assert stale_assets(REGION, changed(workspace, ranking__draws="5000"), store) == [], "the same value is no change"


@pytest.mark.parametrize(
    ("key", "value", "must", "must_not"),
    [
        ("ranking.price_deck", '"2024"', {"assessment", "ranked_blocks"}, {"fertility", "stream_sediments", "blocks"}),
        ("ranking.draws", "100", {"assessment", "ranked_blocks"}, {"fertility", "waste_inventory"}),
        (
            "fertility.model",
            "fuzzy",
            {"fertility", "block_fertility", "assessment", "ranked_blocks"},
            {"blocks", "faults"},
        ),
        ("seed", "7", {"fertility", "assessment"}, {"stream_sediments", "blocks"}),
    ],
)
def test_a_changed_setting_remakes_what_reads_it_and_what_follows(place, key, value, must, must_not):
    workspace, store, _ = place
    stale = set(stale_assets(REGION, workspace.model_copy(update={"overrides": {key: value}}), store))
    assert stale == with_downstream(*reading(key))
    assert must <= stale and not must_not & stale


def test_a_changed_source_remakes_its_layer_and_what_follows(place):
    workspace, store, data = place
    (data / "stream_sediments.csv").write_text("sampleno,longitude,latitude\n1,76.5,14.5\n")
    assert set(stale_assets(REGION, workspace, store)) == with_downstream("stream_sediments")


def test_a_changed_companion_of_a_shapefile_counts(place):
    workspace, store, data = place
    (data / "Fold.dbf").write_bytes(b"other")
    assert set(stale_assets(REGION, workspace, store)) == with_downstream("folds")


def test_a_file_that_was_only_touched_changes_nothing(place):
    import os

    workspace, store, data = place
    os.utime(data / "stream_sediments.csv", (1, 1))
    assert stale_assets(REGION, workspace, store) == []


def test_a_missing_or_damaged_result_is_stale_by_itself(place):
    workspace, store, _ = place
    (store.folder("blocks", REGION) / "value.json").write_text("damaged")
    (store.folder("folds", REGION) / "manifest.json").unlink()
    assert set(stale_assets(REGION, workspace, store)) == {"blocks", "folds"}


def test_a_result_is_current_once_its_blocking_checks_have_passed(place):
    workspace, store, _ = place
    plain = fingerprint("folds", REGION, workspace)
    known = f"{plain} {judge_version()}"
    store.record_check("folds", REGION, known, "units", False)
    assert set(stale_assets(REGION, workspace, store)) == {"folds"}, "failed"
    store.record_check("folds", REGION, known, "units", True)
    assert stale_assets(REGION, workspace, store) == []
    store.record_check("folds", REGION, known, "quarantine_share", False)
    assert stale_assets(REGION, workspace, store) == [], "a warning blocks nothing"
    store.save("folds", REGION, {"value": "folds"}, plain)
    assert set(stale_assets(REGION, workspace, store)) == {"folds"}, "made again: asked again"
    store.record_check("folds", REGION, f"{plain} by another judge", "units", True)
    assert set(stale_assets(REGION, workspace, store)) == {"folds"}


def test_what_an_open_database_keeps_in_its_log_counts(tmp_path):
    import sqlite3

    from assets.workspace import companions

    file = tmp_path / "blocks.gpkg"
    writer = sqlite3.connect(file)
    writer.execute("pragma journal_mode=WAL")
    writer.execute("create table t (name)")
    writer.commit()
    writer.execute("pragma wal_checkpoint(TRUNCATE)")
    workspace = Workspace(cache_root=str(tmp_path))
    before = workspace.file_hash([file])
    assert companions(file) == [file], "an empty log and the index of shared memory do not count"
    writer.execute("insert into t values ('edited and saved')")
    writer.commit()
    saved = workspace.file_hash([file])
    assert saved != before and [p.name for p in companions(file)] == ["blocks.gpkg", "blocks.gpkg-wal"]
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as reader:
        assert reader.execute("select name from t").fetchall() == [("edited and saved",)]
    reader.close()
    assert workspace.file_hash([file]) == saved, "reading changes nothing"
    writer.close()
    assert workspace.file_hash([file]) != before


def test_a_file_of_the_same_size_and_time_is_seen_to_differ(tmp_path):
    import os

    file = tmp_path / "tonnages.csv"
    file.write_text("10")
    workspace, times = Workspace(cache_root=str(tmp_path)), file.stat()
    before = workspace.file_hash([file])
    file.write_text("99")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert workspace.file_hash([file]) != before


def test_a_raster_comes_with_its_mask_and_a_name_is_no_pattern(tmp_path):
    from assets.workspace import companions

    for name in ("mag.tif", "mag.tif.msk", "mag.tfw", "mag.tif.aux.xml", "other.tfw", "a[1].shp", "a[1].dbf", "a1.dbf"):
        (tmp_path / name).write_text("x")
    assert {p.name for p in companions(tmp_path / "mag.tif")} == {
        "mag.tif",
        "mag.tif.msk",
        "mag.tfw",
        "mag.tif.aux.xml",
    }
    assert {p.name for p in companions(tmp_path / "a[1].shp")} == {"a[1].shp", "a[1].dbf"}


def hashed(content: bytes, **more: str) -> dict[str, object]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), **more}


def test_a_publication_is_made_as_a_whole_or_not_at_all(place):
    workspace, store, _ = place
    together = set(publication_assets())
    assert together == {"evidence_files", "ranked_blocks", "web_page", "published_set"}
    folder = workspace.output_folder(REGION)
    for spoil in (
        lambda: (folder / SET_LIST).unlink(),
        lambda: (folder / SET_LIST).write_text("damaged"),
        lambda: (folder / JOURNAL).write_text("under way"),
        lambda: (store.folder("web_page", REGION) / "value.json").write_text("damaged"),
    ):
        spoil()
        assert set(stale_assets(REGION, workspace, store)) == together
        (folder / JOURNAL).unlink(missing_ok=True)
        publish_list(REGION, workspace)


def test_a_published_file_that_is_gone_or_other_bytes_makes_the_set_stale(place):
    workspace, store, _ = place
    folder = workspace.output_folder(REGION)
    publish_list(REGION, workspace, **{"index.html": hashed(b"page")})
    assert set(stale_assets(REGION, workspace, store)) == set(publication_assets())
    (folder / "index.html").write_bytes(b"page")
    assert stale_assets(REGION, workspace, store) == []
    (folder / "index.html").write_bytes(b"pagf")
    assert set(stale_assets(REGION, workspace, store)) == set(publication_assets())


def test_what_was_published_beside_an_open_file_is_published_again_until_it_is_in_its_place(place):
    workspace, store, _ = place
    (workspace.output_folder(REGION) / "ranked_blocks.v2.gpkg").write_bytes(b"rows")
    publish_list(REGION, workspace, **{"ranked_blocks.v2.gpkg": hashed(b"rows", stands_in_for="ranked_blocks.gpkg")})
    assert set(stale_assets(REGION, workspace, store)) == set(publication_assets())


def test_an_accepted_reason_lasts_as_long_as_what_it_was_given_for(place):
    """It is a part of the generation: the run that gave it is current without it, a real change drops it."""
    workspace, _, data = place
    given = workspace.model_copy(update={"accept": "the survey was withdrawn"})
    assert generation(REGION, given) == generation(REGION, workspace), "what is published already needs no reason"
    (data / "stream_sediments.csv").write_text("sampleno,longitude,latitude\n1,76.5,14.5\n")
    inputs = set_inputs(REGION, workspace)
    accepted = generation(REGION, given)
    assert inputs == generation(REGION, workspace) != accepted
    new = SetList(region=REGION, generation=accepted, inputs=inputs, files={}, accepted=Accepted(reason=given.accept))
    (workspace.output_folder(REGION) / SET_LIST).write_bytes(rendered(new))
    assert generation(REGION, workspace) == accepted and accepted_reason(REGION, workspace) == given.accept
    other = given.model_copy(update={"accept": "another reason"})
    assert generation(REGION, other) == accepted
    (data / "stream_sediments.csv").write_text("sampleno,longitude,latitude\n2,76.5,14.5\n")
    assert accepted_reason(REGION, workspace) == "" and generation(REGION, workspace) == set_inputs(REGION, workspace)
