"""What changed is made again, with everything that depends on it, and nothing else."""

import pytest

from assets import fingerprints
from assets.fingerprints import RECIPES, fingerprint
from assets.workspace import Workspace
from pipelines.incremental import order, stale_assets
from pipelines.io_managers import BundleStore

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
    for name in order():
        store.save(name, REGION, {"value": name}, fingerprint(name, REGION, workspace))
    return workspace, store, data


def with_downstream(*names: str) -> set[str]:
    found = set(names)
    for name in order():
        if found & set(RECIPES[name].upstream):
            found.add(name)
    return found


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


def test_changed_code_remakes_the_assets_that_use_it(place, monkeypatch):
    workspace, store, _ = place
    plain = fingerprints.code_version
    monkeypatch.setattr(
        fingerprints, "code_version", lambda paths: plain(paths) + ("x" if "scoring/rank" in paths else "")
    )
    using = {n for n, r in RECIPES.items() if "scoring/rank" in r.code}
    assert "assessment" in using and "fertility" not in using
    assert set(stale_assets(REGION, workspace, store)) == with_downstream(*using)


def test_the_code_version_follows_every_source_line_and_table(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprints, "_ROOT", tmp_path)
    (tmp_path / "science").mkdir()
    seen = set()
    for name, text in (
        ("a.py", "x = 1"),
        ("a.py", "x = 2"),
        ("prices.csv", "e,usd\n"),
        ("prices.csv", "e,usd\nNd,1\n"),
        ("b.txt", "no"),
    ):
        (tmp_path / "science" / name).write_text(text)
        fingerprints.code_version.cache_clear()
        seen.add(fingerprints.code_version(("science",)))
    fingerprints.code_version.cache_clear()
    assert len(seen) == 4, "a text that is no code and no table does not count"


def test_a_missing_or_damaged_result_is_stale_by_itself(place):
    workspace, store, _ = place
    (store.folder("blocks", REGION) / "value.json").write_text("damaged")
    (store.folder("folds", REGION) / "manifest.json").unlink()
    assert set(stale_assets(REGION, workspace, store)) == {"blocks", "folds"}


def test_what_was_published_beside_an_open_file_is_published_again_until_it_is_in_its_place(place):
    import hashlib

    workspace, store, _ = place
    folder = workspace.output_folder(REGION)
    known = fingerprint("ranked_blocks", REGION, workspace)
    for name, stale in (("ranked_blocks.gpkg", []), ("ranked_blocks.v2.gpkg", ["ranked_blocks"])):
        (folder / name).write_bytes(b"rows")
        published = {name: hashlib.sha256(b"rows").hexdigest()}
        store.save("ranked_blocks", REGION, {"published": published}, known)
        assert stale_assets(REGION, workspace, store) == stale
