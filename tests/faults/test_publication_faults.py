"""Faults of publishing one set in place of another: what stands afterwards is the old set or the new one, whole.

Every fault ends in the old set, untouched, with an error; or in a set that passes ``check_path``. Never in a mixture.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from rasterio.transform import from_origin

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "publishing"))

from dataclasses import replace

from example_publication import make_publication

from data_sources.contracts import KhanijError, PublishingError
from publishing.geopackage.geopackage import publish_geopackage
from publishing.geopackage.reading import read_table, run_info
from publishing.page import write_page
from publishing.rasters import write_cog
from publishing.releasing.releases import check_release, make_release
from publishing.sets import swap
from publishing.sets.checking import check_path
from publishing.sets.listing import JOURNAL, SET_LIST, Facts, SetList, listed, read_list, staging_of
from publishing.sets.marks import generation_of
from publishing.sets.snapshot import published_geopackage, snapshot
from publishing.sets.swap import begin, finish, publish, target_name

OLD, NEW = "0" * 63 + "1", "0" * 63 + "2"


@dataclass(frozen=True)
class _Grid:
    crs: str = "EPSG:32644"
    transform: object = from_origin(500_000, 2_500_000, 1000, 1000)
    shape: tuple[int, int] = (4, 5)


@dataclass(frozen=True)
class _Band:
    name: str
    values: np.ndarray
    unit: str = ""
    description: str = "made up"


@dataclass(frozen=True)
class _Stack:
    bands: tuple[_Band, ...]
    grid: _Grid = _Grid()


def _write_set(folder: Path, generation: str, blocks: int, tables: tuple[str, ...]) -> None:
    folder.mkdir(parents=True)
    publication = make_publication(blocks)
    publication = replace(publication, run_info=publication.run_info | {"generation": generation})
    publish_geopackage(publication, folder / "ranked_blocks.gpkg")
    write_page(folder / "ranked_blocks.gpkg", folder / "index.html")
    value = np.full((4, 5), float(blocks), dtype=np.float32)
    write_cog(_Stack((_Band("evidence", value),)), folder / "evidence" / "evidence.tif", generation)
    (folder / "fertility_tables").mkdir()
    for name in tables:
        (folder / "fertility_tables" / f"{name}.csv").write_text(f"{name},{blocks}\n")


def _names(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.fixture(scope="module")
def two_sets(tmp_path_factory) -> Path:
    """Files of two generations; the old one has a table that the new one lacks."""
    root = tmp_path_factory.mktemp("sets")
    _write_set(root / "old", OLD, 12, ("capture", "only_old"))
    _write_set(root / "new", NEW, 14, ("capture", "only_new"))
    return root


def _list(source: Path, generation: str) -> SetList:
    return SetList(
        region="example", generation=generation, inputs=generation, files=listed(source, _names(source)), facts=Facts()
    )


def _stage(folder: Path, source: Path) -> None:
    shutil.copytree(source, begin(folder), dirs_exist_ok=True)


@pytest.fixture
def place(two_sets, tmp_path) -> Path:
    """A region's folder with the old set published and the new one staged, and a file of a person's own."""
    folder = tmp_path / "output" / "example"
    folder.mkdir(parents=True)
    (folder / "my_notes.txt").write_text("mine")
    _stage(folder, two_sets / "old")
    publish(folder, _list(two_sets / "old", OLD))
    assert check_path(folder)[0].faults == ()
    _stage(folder, two_sets / "new")
    return folder


def _bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in _names(folder) if name != JOURNAL}


def is_old(folder: Path, before: dict[str, bytes]) -> bool:
    return _bytes_of(folder) == before


def is_new(folder: Path, two_sets: Path) -> bool:
    (checked,) = check_path(folder)
    wanted = {*_names(two_sets / "new"), SET_LIST, "my_notes.txt"}
    return checked.faults == () and set(_names(folder)) == wanted and (folder / "my_notes.txt").read_text() == "mine"


def test_the_new_set_takes_the_place_of_the_old_one_and_nothing_of_a_person_goes(place, two_sets):
    publish(place, _list(two_sets / "new", NEW))
    assert is_new(place, two_sets)
    assert not staging_of(place).exists()
    assert not (place / "fertility_tables" / "only_old.csv").exists(), "what only the former set had goes with it"
    assert {generation_of(place / n) for n in ("ranked_blocks.gpkg", "index.html", "evidence/evidence.tif")} == {NEW}


def test_a_folder_that_only_the_former_set_had_goes_with_it_but_not_what_a_person_put_there(place, two_sets):
    (place / "fertility_tables" / "mine.csv").write_text("mine")
    new = _list(two_sets / "new", NEW)
    kept = {n: f for n, f in new.files.items() if n in ("ranked_blocks.gpkg", "index.html")}
    publish(place, new.model_copy(update={"files": kept}))
    assert not (place / "evidence").exists() and _names(place / "fertility_tables") == ["mine.csv"]
    assert any("mine.csv" in note for note in check_path(place)[0].notes)


class Killed(BaseException):
    """Stands for a process that is gone: nothing that follows is executed."""


def _count_steps(place: Path, two_sets: Path) -> int:
    """How many times the swap changes the disk."""
    steps = [0]

    def step() -> None:
        steps[0] += 1

    with _interrupted(step):
        publish(place, _list(two_sets / "new", NEW))
    return steps[0]


@contextmanager
def _interrupted(step):
    """Call ``step`` before every renaming, removal and writing of a swap."""
    real = {name: getattr(Path, name) for name in ("replace", "unlink", "rmdir", "write_bytes")}

    def wrapped(name):
        def call(self, *args, **kwargs):
            if "output" in self.parts and ".lock" not in self.name:
                step()
            return real[name](self, *args, **kwargs)

        return call

    try:
        for name in real:
            setattr(Path, name, wrapped(name))
        yield
    finally:
        for name, function in real.items():
            setattr(Path, name, function)


STEPS = 24


@pytest.mark.parametrize("moment", range(STEPS))
@pytest.mark.parametrize("fault", ["killed", "disk full"])
def test_whatever_ends_the_swap_at_any_step_no_mixture_is_read(place, two_sets, moment, fault):
    """The process is gone, or the disk is full, before any one change of the disk."""
    before, seen = _bytes_of(place), [0]

    def step() -> None:
        seen[0] += 1
        if seen[0] == moment + 1:
            raise Killed if fault == "killed" else OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "disk")

    try:
        with _interrupted(step):
            publish(place, _list(two_sets / "new", NEW))
    except Killed:
        pass
    except PublishingError as error:
        assert "What to do" in str(error) and "space" in str(error)
        assert "still in place" in str(error) or "finishes it" in str(error)
    if (place / JOURNAL).exists():
        with snapshot(place) as read:  # a reader that comes first finishes it
            assert not read.changed and set(read.generations.values()) == {NEW}
        assert is_new(place, two_sets)
    else:
        assert is_old(place, before) or is_new(place, two_sets)
    _stage(place, two_sets / "new")
    publish(place, _list(two_sets / "new", NEW))
    assert is_new(place, two_sets), "the next run heals"
    assert seen[0] <= STEPS, f"{seen[0]} steps: widen STEPS"


def test_every_step_of_the_swap_was_tried(place, two_sets):
    assert _count_steps(place, two_sets) <= STEPS


def _refused(place, two_sets, says: str) -> None:
    before = {n: b for n, b in _bytes_of(place).items() if not n.startswith(".")}
    with pytest.raises(PublishingError, match=says):
        publish(place, _list(two_sets / "new", NEW))
    assert {n: b for n, b in _bytes_of(place).items() if not n.startswith(".")} == before
    assert not (place / JOURNAL).exists()


def test_a_flipped_byte_in_staging_is_not_published(place, two_sets):
    victim = staging_of(place) / "index.html"
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data))
    _refused(place, two_sets, "not what was made")


def test_half_a_staged_file_is_not_published(place, two_sets):
    victim = staging_of(place) / "ranked_blocks.gpkg"
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    _refused(place, two_sets, "not what was made")


def test_a_staged_file_that_is_gone_is_not_published(place, two_sets):
    (staging_of(place) / "evidence" / "evidence.tif").unlink()
    _refused(place, two_sets, "neither staged nor published")


def test_a_staging_folder_that_is_gone_is_not_published(place, two_sets):
    shutil.rmtree(staging_of(place))
    _refused(place, two_sets, "neither staged nor published")


def test_a_folder_in_a_files_place_stops_the_publication(place, two_sets):
    (place / "fertility_tables" / "only_new.csv").mkdir()
    before = _names(place)
    with pytest.raises(PublishingError, match="folder has the name"):
        publish(place, _list(two_sets / "new", NEW))
    assert _names(place) == before


def test_a_geopackage_that_is_edited_when_the_set_changes_places_stops_the_whole_set(place, two_sets):
    with closing(sqlite3.connect(place / "ranked_blocks.gpkg")) as editor:
        editor.execute("PRAGMA journal_mode=WAL")
        editor.execute("UPDATE run_info SET value = 'mine' WHERE key = 'title'")
        editor.commit()
        others = {n: b for n, b in _bytes_of(place).items() if "ranked_blocks" not in n}
        with pytest.raises(PublishingError, match="open for changes"):
            publish(place, _list(two_sets / "new", NEW))
        assert {n: b for n, b in _bytes_of(place).items() if "ranked_blocks" not in n} == others


def test_a_geopackage_that_is_edited_when_it_is_made_stands_beside_it_as_a_part_of_the_set(place, two_sets):
    with closing(sqlite3.connect(place / "ranked_blocks.gpkg")) as editor:
        editor.execute("PRAGMA journal_mode=WAL")
        editor.execute("UPDATE run_info SET value = 'mine' WHERE key = 'title'")
        editor.commit()
        assert target_name(place, "ranked_blocks.gpkg") == "ranked_blocks.v2.gpkg"
        new = _list(two_sets / "new", NEW)
        beside = new.files["ranked_blocks.gpkg"].model_copy(update={"stands_in_for": "ranked_blocks.gpkg"})
        files = {n: f for n, f in new.files.items() if n != "ranked_blocks.gpkg"} | {"ranked_blocks.v2.gpkg": beside}
        (staging_of(place) / "ranked_blocks.gpkg").rename(staging_of(place) / "ranked_blocks.v2.gpkg")
        publish(place, new.model_copy(update={"files": files}))
        (checked,) = check_path(place)
        assert checked.faults == () and any("stands beside" in note for note in checked.notes)
        assert published_geopackage(place).name == "ranked_blocks.v2.gpkg"
        editor.execute("UPDATE run_info SET value = 'still mine' WHERE key = 'title'")
        editor.commit()
    assert target_name(place, "ranked_blocks.gpkg") == "ranked_blocks.gpkg", "closed, its place is free again"
    _stage(place, two_sets / "new")
    publish(place, _list(two_sets / "new", NEW))
    assert is_new(place, two_sets)


def test_a_persons_own_file_with_a_stand_ins_name_is_not_taken(place):
    (place / "ranked_blocks.v2.gpkg").write_bytes(b"mine")
    with closing(sqlite3.connect(place / "ranked_blocks.gpkg")) as editor:
        editor.execute("PRAGMA journal_mode=WAL")
        editor.execute("UPDATE run_info SET value = 'mine' WHERE key = 'title'")
        editor.commit()
        assert target_name(place, "ranked_blocks.gpkg") == "ranked_blocks.v3.gpkg"


def test_a_damaged_list_is_told_to_readers_and_replaced_by_the_next_set(place, two_sets):
    text = (place / SET_LIST).read_bytes()
    (place / SET_LIST).write_bytes(text.replace(b"example", b"examplf"))
    assert any(SET_LIST in fault for fault in check_path(place)[0].faults)
    with pytest.raises(PublishingError, match="damaged"), snapshot(place):
        pass
    publish(place, _list(two_sets / "new", NEW))
    (checked,) = check_path(place)
    assert checked.faults == ()
    assert any("only_old.csv" in note for note in checked.notes), "no list says whose it is, so it stays and is named"


def test_a_list_that_points_out_of_its_folder_is_damaged(place, tmp_path):
    (tmp_path / "precious").write_text("mine")
    text = (place / SET_LIST).read_text().replace('"fertility_tables/only_old.csv"', '"../../precious"')
    (place / SET_LIST).write_text(text)
    with pytest.raises(PublishingError, match="damaged"):
        read_list(place)


def test_an_interrupted_publication_whose_files_are_lost_says_so_until_it_is_made_anew(place, two_sets):
    def step() -> None:
        if (place / JOURNAL).exists():
            raise Killed

    with pytest.raises(Killed), _interrupted(step):
        publish(place, _list(two_sets / "new", NEW))
    shutil.rmtree(staging_of(place))
    for attempt in range(2):
        assert any("neither staged nor in its place" in f for f in check_path(place)[0].faults), attempt
    with pytest.raises(PublishingError, match="neither staged"):
        finish(place)
    _stage(place, two_sets / "new")
    publish(place, _list(two_sets / "new", NEW))
    assert is_new(place, two_sets)


def test_a_damaged_journal_before_anything_moved_leaves_the_old_set(place):
    before = _bytes_of(place)
    (place / JOURNAL).write_text('{"next": ')
    assert finish(place) is False and is_old(place, before) and not (place / JOURNAL).exists()


def test_a_damaged_journal_in_the_middle_says_so(place, two_sets):
    seen = [0]

    def step() -> None:
        seen[0] += (place / JOURNAL).exists()
        if seen[0] == 8:  # five are the cleaning up after the journal
            raise Killed

    with pytest.raises(Killed), _interrupted(step):
        publish(place, _list(two_sets / "new", NEW))
    (place / JOURNAL).write_bytes((place / JOURNAL).read_bytes()[:100])
    assert any("journal is damaged" in fault for fault in check_path(place)[0].faults)
    with pytest.raises(KhanijError, match="journal is damaged"):
        make_release(place, place.parents[1] / "releases", "2026.11.27")
    _stage(place, two_sets / "new")
    publish(place, _list(two_sets / "new", NEW))
    assert check_path(place)[0].faults == ()


@pytest.mark.parametrize(
    "name", ["ranked_blocks.gpkg", "index.html", "evidence/evidence.tif", "fertility_tables/capture.csv", SET_LIST]
)
def test_one_flipped_byte_of_a_published_file_is_found_by_its_name(place, name):
    data = bytearray((place / name).read_bytes())
    for position in np.random.default_rng(3).integers(0, len(data), 3):
        spoiled = bytearray(data)
        spoiled[position] ^= 0x04
        (place / name).write_bytes(bytes(spoiled))
        assert any(name in fault for fault in check_path(place)[0].faults), position
        assert any(name in fault for fault in check_path(place / name)[0].faults)
    (place / name).write_bytes(bytes(data))
    assert check_path(place / name)[0].faults == ()


def test_a_missing_file_and_one_of_another_generation_are_named(place, two_sets):
    (place / "index.html").unlink()
    assert check_path(place)[0].faults == ("missing: index.html",)
    shutil.copyfile(two_sets / "new" / "index.html", place / "index.html")
    (fault,) = check_path(place)[0].faults
    assert fault.startswith("changed: index.html") and NEW[:12] in fault
    with pytest.raises(PublishingError, match="two generations"):
        make_release(place, place.parents[1] / "releases", "2026.11.27")
    assert not (place.parents[1] / "releases" / "example" / "2026.11.27").exists()


def test_a_file_of_another_set_beside_the_list_is_a_fault_and_a_persons_own_is_not(place, two_sets):
    assert any("my_notes.txt" in note for note in check_path(place)[0].notes)
    shutil.copyfile(two_sets / "new" / "ranked_blocks.gpkg", place / "ranked_blocks.v2.gpkg")
    (fault,) = check_path(place)[0].faults
    assert "ranked_blocks.v2.gpkg" in fault


def test_without_its_list_a_published_folder_is_not_vouched_for(place):
    (place / SET_LIST).unlink()
    assert check_path(place)[0].faults


@pytest.mark.parametrize("after", [1, 3, 6])
def test_a_release_made_while_the_set_changes_is_of_one_of_the_two(place, two_sets, after, monkeypatch, tmp_path):
    """The swap comes in the middle of the release's reading; every layer of the release is of one generation."""
    import publishing.releasing.withheld as module

    seen, real = [0], module.read_table
    swapped = threading.Thread(target=publish, args=(place, _list(two_sets / "new", NEW)))

    def reading(*args):
        seen[0] += 1
        if seen[0] == after:
            swapped.start()
            swapped.join()
        return real(*args)

    monkeypatch.setattr(module, "read_table", reading)
    release = make_release(place, tmp_path / "releases", "2026.11.27")
    assert seen[0] > after and is_new(place, two_sets), "the set was replaced while it was released"
    assert check_release(release.folder) == [] and release.manifest["generation"] == OLD
    released = release.folder / "ranked_blocks.gpkg"
    assert run_info(released)["generation"] == OLD
    for name in ("element_potential", "site_shares", "basket_ranks"):
        ours, theirs = (read_table(f, name) for f in (released, two_sets / "old" / "ranked_blocks.gpkg"))
        assert ours["block_id"].isin(theirs["block_id"]).all()
    assert generation_of(release.folder / "index.html") == OLD


def test_a_reader_without_the_right_to_write_reads_one_set(place, monkeypatch):
    @contextmanager
    def no_right(folder):
        raise PermissionError(errno.EACCES, "no right", str(folder))
        yield

    monkeypatch.setattr("publishing.sets.snapshot.held", no_right)
    with snapshot(place) as read:
        assert not read.changed and set(read.generations.values()) == {OLD}


def test_a_lock_that_is_held_is_waited_for_and_then_told(place, two_sets, monkeypatch):
    monkeypatch.setattr(swap, "WAIT_S", 0.2)
    before = _bytes_of(place)
    with swap.held(place), pytest.raises(PublishingError, match="another process"):
        publish(place, _list(two_sets / "new", NEW))
    assert is_old(place, before)


def test_what_is_the_same_is_not_touched(place, two_sets):
    publish(place, _list(two_sets / "new", NEW))
    before = {p: p.stat().st_mtime_ns for p in place.rglob("*") if p.is_file()}
    _stage(place, two_sets / "new")
    publish(place, _list(two_sets / "new", NEW))
    assert {p: p.stat().st_mtime_ns for p in place.rglob("*") if p.is_file() and p.name != SET_LIST} == {
        p: t for p, t in before.items() if p.name != SET_LIST
    }
