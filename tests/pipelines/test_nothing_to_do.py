"""That nothing has to be made is told from a list of what was looked at; whatever differs from it is decided anew."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from assets.fingerprints import forget
from assets.workspace import Workspace
from khanij.foundation.environment import cache_folder, store_root
from pipelines.cli import main
from pipelines.incremental import stale_assets
from pipelines.resources import resources
from pipelines.stores import nothing_to_do
from pipelines.stores.io_managers import BundleStore
from pipelines.stores.nothing_to_do import remember, still_current
from pipelines.stores.region_locks import region_lock
from publishing.sets.listing import JOURNAL, SET_LIST, sha256_of
from tests.pipelines.current_region import make_current, publish_list

REGION = "karnataka_andhra"
PAGE = b"<html>a page</html>"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An installation in which everything of a region is current, and that this was found out."""
    home = tmp_path_factory.mktemp("home")
    data = home / "landing" / "ngdr_karnataka_andhra"
    data.mkdir(parents=True)
    (data / "stream_sediments.csv").write_text("sampleno,longitude,latitude\n")
    for suffix in (".shp", ".dbf", ".shx", ".prj"):
        (data / f"Fold{suffix}").write_bytes(suffix.encode())
    (home / "cards").mkdir()
    code = home / "code.py"
    code.write_text("X = 1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KHANIJ_HOME", str(home))
        patch.setenv("KHANIJ_DATA", str(home / "landing"))
        files = nothing_to_do.runtime_files()
        patch.setattr(nothing_to_do, "runtime_files", lambda: [*files, *sorted(home.glob("*.py"))])
        workspace, store = resources()["workspace"], BundleStore(store_root())
        assert isinstance(workspace, Workspace)
        forget()
        make_current(REGION, workspace, store)
        page = home / "output" / REGION / "index.html"
        page.write_bytes(PAGE)
        publish_list(REGION, workspace, **{page.name: {"sha256": sha256_of(page), "bytes": len(PAGE)}})
        assert stale_assets(REGION, workspace, store) == []
        assert remember(REGION, "a title", page, ("a remark",))
        yield home
    forget()


@contextlib.contextmanager
def edited(path, content: bytes | None):
    """A file with other bytes (None: without it) under the times of writing that it had, and then as it was."""
    before, times = (path.read_bytes(), path.stat()) if path.is_file() else (None, None)
    if content is None:
        path.unlink()
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    if times and content is not None:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    yield
    path.unlink(missing_ok=True)
    if before is not None:
        path.write_bytes(before)


def test_what_was_found_is_told_again(place):
    found = still_current(REGION)
    assert found is not None
    assert (found.title, found.remarks, found.made, found.error) == ("a title", ("a remark",), 0, None)
    assert found.geopackage.read_bytes() == PAGE
    assert still_current("india") is None, "nobody looked at it"


DATA, OUT, STORE = "landing/ngdr_karnataka_andhra", f"output/{REGION}", f".khanij/store/{REGION}"
EDITS = {
    "a byte of a source": (f"{DATA}/stream_sediments.csv", b"sampleno,longitude,latitudE\n"),
    "a source is gone": (f"{DATA}/stream_sediments.csv", None),
    "a companion of a source": (f"{DATA}/Fold.dbf", b".dbF"),
    "a companion that was not there": (f"{DATA}/stream_sediments.csvt", b"String"),
    "a source that was not there": (f"{DATA}/FaultsShear.shp", b"x"),
    "a byte of what is published": (f"{OUT}/index.html", b"<html>A page</html>"),
    "a published file is gone": (f"{OUT}/index.html", None),
    "the list of the set is damaged": (f"{OUT}/{SET_LIST}", b"{}"),
    "a publication was interrupted": (f"{OUT}/{JOURNAL}", b"{}"),
    "a byte of a stored result": (f"{STORE}/blocks/value.json", b'"Blocks"'),
    "a stored result is gone": (f"{STORE}/blocks/manifest.json", None),
    "a verdict is gone": (f"{STORE}/folds/checks.json", None),
    "a byte of the code": ("code.py", b"X = 2\n"),
    "a module that was not there": ("more.py", b""),
    "a card of a user's": ("cards/mine.yaml", b"name: mine\n"),
    "a region of a user's": ("regions/mine.yaml", b"name: mine\n"),
}


@pytest.mark.parametrize("what", EDITS)
def test_whatever_changed_is_decided_anew(place, what):
    file, content = EDITS[what]
    assert still_current(REGION) is not None
    with edited(place / file, content):
        assert still_current(REGION) is None
    if file.startswith("regions/"):
        (place / "regions").rmdir()
    assert still_current(REGION) is not None, "the same bytes once more"


def test_it_is_decided_anew_elsewhere_and_with_other_folders(place, monkeypatch, tmp_path):
    for variable in ("KHANIJ_DATA", "KHANIJ_OUTPUT", "KHANIJ_STORE", "KHANIJ_CARDS", "KHANIJ_REGIONS"):
        with monkeypatch.context() as patch:
            patch.setenv(variable, str(tmp_path))
            assert still_current(REGION) is None, variable
    with monkeypatch.context() as patch:
        patch.chdir(tmp_path)
        assert still_current(REGION) is None
    with monkeypatch.context() as patch:
        (tmp_path / "one-1.0.dist-info").mkdir()
        patch.syspath_prepend(str(tmp_path))
        assert still_current(REGION) is None, "another library is installed"
    assert still_current(REGION) is not None


def test_another_run_under_way_is_told_the_whole_way(place, monkeypatch):
    lock = region_lock(cache_folder(), REGION)
    held = type(lock)(lock.lock_file, is_singleton=False)
    monkeypatch.setattr("pipelines.stores.region_locks.region_lock", lambda *_: held)
    with lock.acquire(timeout=0):
        assert still_current(REGION) is None
    assert still_current(REGION) is not None


def test_a_young_stamp_vouches_for_nothing(place, monkeypatch):
    source = place / DATA / "stream_sediments.csv"
    stamp = nothing_to_do.stat_of(source)
    real = nothing_to_do.stat_of
    assert remember(REGION, "a title", place / OUT / "index.html", ("a remark",))
    with edited(source, b"SAMPLENO,longitude,latitude\n"):
        # As on a clock that has not ticked since: other bytes, the same size, times and inode.
        monkeypatch.setattr(nothing_to_do, "stat_of", lambda path: stamp if str(path) == str(source) else real(path))
        assert still_current(REGION) is None
    monkeypatch.setattr(nothing_to_do, "stat_of", real)
    assert still_current(REGION) is not None


def test_an_old_stamp_spares_the_hashing_but_never_of_what_is_published(place, monkeypatch):
    assert still_current(REGION) is not None
    hashed = []
    digest = nothing_to_do._digest
    monkeypatch.setattr(nothing_to_do, "_digest", lambda path: hashed.append(path) or digest(path))
    monkeypatch.setattr(nothing_to_do, "TICK_NS", -(10**15))
    assert still_current(REGION) is not None
    assert {Path(p).name for p in hashed} == {"index.html", SET_LIST}


def test_a_list_that_is_not_what_was_written_is_none(place):
    file = cache_folder() / "current" / f"{REGION}.json"
    text = file.read_bytes()
    for damaged in (text[:-20], text.replace(b"a remark", b"A remark"), b"", b"\xff\n{}", b"x\n{}"):
        file.write_bytes(damaged)
        assert still_current(REGION) is None
    file.write_bytes(text)
    assert still_current(REGION) is not None


def test_nothing_is_written_down_of_what_is_not_current_or_moves_meanwhile(place, monkeypatch):
    page = place / OUT / "index.html"
    nothing_to_do.forget(REGION)
    with edited(place / DATA / "stream_sediments.csv", b"sampleno\n"):
        assert not remember(REGION, "a title", page, ())
    real = nothing_to_do._inventory

    def meanwhile(*given):
        found = real(*given)
        os.utime(place / DATA / "Fold.shx", (1, 1))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(nothing_to_do, "_inventory", meanwhile)
        assert not remember(REGION, "a title", page, ())
    assert still_current(REGION) is None
    assert remember(REGION, "a title", page, ("a remark",))
    assert still_current(REGION) is not None


def test_a_run_that_finds_nothing_to_do_imports_nothing_and_is_not_booked(place, tmp_path, monkeypatch, capsys):
    import sys

    sys.path.insert(0, str(place.parent))
    from publishing.geopackage.geopackage import publish_geopackage
    from tests.publishing.example_publication import make_publication

    file = publish_geopackage(make_publication(30, seed=4), tmp_path / "example" / "ranked_blocks.gpkg").path
    assert remember(REGION, "a title", file, ("a remark",))
    monkeypatch.setattr("pipelines.overrides.checked_region", None)
    monkeypatch.setitem(sys.modules, "pipelines.runs", None)  # whoever imports it fails
    assert main(["run", "--region", REGION]) == 0
    told = capsys.readouterr()
    assert "nothing had changed, nothing was made" in told.out
    assert told.out.startswith(f"{REGION}: a remark\n")
    assert told.out.endswith(f"{file}\n")
    assert told.err == "a title ...\n"
    assert not (place / ".khanij" / "dagster").exists()
    shutil.rmtree(tmp_path / "example")
