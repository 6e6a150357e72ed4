"""Real runs of a small region with one fault each, all in one process: what stands afterwards, and what was said.

    python tests/faults/publication_runs.py HOME [NAME ...]

The region is published once; each scenario starts from a copy of that, spoils one thing, runs, and prints one JSON line:
the error, whether the published files are the old ones, what ``check_path`` says, and the remarks of the run.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]

from regions_made import NAME, MadeRegion, block, grade, site, tonnage, write_csv  # noqa: E402

Spoil = Callable[[MadeRegion], Any]


@dataclass
class Scenario:
    """One fault: what is spoiled, how the region is run, and what must come of it."""

    spoil: Spoil
    refused: str = ""  # the words of the error; empty where the result is published
    accept: str = ""
    told: str = ""  # words of the run's remarks
    around: Callable[[MadeRegion], Any] | None = None  # a context in which it runs
    killed: bool = False
    changes_old_files: bool = False  # the fault itself is a change of what is published


def region_of(home: Path) -> MadeRegion:
    """Six sites of the register's own table, one more from a further source, three blocks."""
    region = MadeRegion(home)
    region.settings["waste"]["sources"] = [
        {"name": "portal", "card": "own_waste_table", "kind": "table", "path": "portal.csv"}
    ]
    return region


def write(region: MadeRegion) -> MadeRegion:
    """All tables, the further source too."""
    region.write()
    far = site(9, site_id="P-09", name="Far pond", lon=87.0, lat=23.5)
    write_csv(region.data / "portal.csv", [far])
    return region


def gone(name: str) -> Spoil:
    """The file is not there."""
    return lambda region: (region.data / name).unlink()


def cut(name: str, share: float) -> Spoil:
    """A part of the file's bytes, as an upload that broke off leaves it."""

    def spoil(region: MadeRegion) -> None:
        data = (region.data / name).read_bytes()
        (region.data / name).write_bytes(data[: int(share * len(data))])

    return spoil


def changed(**tables: Callable[[list[Any]], list[Any]]) -> Spoil:
    """Tables with other rows."""

    def spoil(region: MadeRegion) -> None:
        for name, change in tables.items():
            setattr(region, name, change(getattr(region, name)))
        write(region)

    return spoil


def in_turn(*spoils: Spoil) -> Spoil:
    """One thing after the other."""

    def spoil(region: MadeRegion) -> None:
        for each in spoils:
            each(region)

    return spoil


def settings(**values: Any) -> Spoil:
    """Other settings in the region's YAML; None takes one out."""

    def spoil(region: MadeRegion) -> None:
        for dotted, value in values.items():
            *path, last = dotted.split("__")
            place = region.settings
            for part in path:
                place = place.setdefault(part, {})
            if value is None:
                place.pop(last)
            else:
                place[last] = value
        write(region)

    return spoil


def nothing(region: MadeRegion) -> None:
    """No fault."""


def header_only(name: str) -> Spoil:
    """A table without a row, as an empty answer of a service leaves it."""

    def spoil(region: MadeRegion) -> None:
        text = (region.data / name).read_text().splitlines()[0]
        (region.data / name).write_text(text + "\n")

    return spoil


def turned(grades: list[Any]) -> list[Any]:
    """The best site becomes the worst."""
    return [grade(f"S-{i:02d}", e, ppm * (1 + (5 - i) / 10)) for i in range(6) for e, ppm in (("Cu", 900), ("Co", 120))]


def fails_on(name: str) -> Callable[[MadeRegion], Any]:
    """A disk that is full when a file of this name is to be written, renamed or pushed to the disk."""

    def full(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Path, *args: Any, **kwargs: Any) -> Any:
            writes = real.__name__ != "open" or any(m in str((*args, *kwargs.values())) for m in "wa+x")
            if writes and name in self.name and "output" in self.parts:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
            return real(self, *args, **kwargs)

        return call

    return lambda region: patch.multiple(
        Path, write_bytes=full(Path.write_bytes), replace=full(Path.replace), open=full(Path.open)
    )


def spoils_staging(name: str) -> Callable[[MadeRegion], Any]:
    """One byte of a staged file changes before the set is published."""
    import assets.published.published_set as module

    real = module.publish

    def publish(folder: Path, new: Any) -> None:
        from publishing.sets.listing import staging_of

        path = staging_of(folder) / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
        real(folder, new)

    return lambda region: patch.object(module, "publish", publish)


def dies_on(name: str) -> Callable[[MadeRegion], Any]:
    """The process is killed when a file of this name gets its place."""
    real = Path.replace

    def replace(self: Path, target: Any) -> Any:
        if Path(target).name == name and ".staging" in self.parts and ".staging" not in Path(target).parts:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, target)

    return lambda region: patch.object(Path, "replace", replace)


def edited(region: MadeRegion) -> Any:
    """The published GeoPackage has unsaved changes of another program."""
    editor = sqlite3.connect(region.output / "ranked_blocks.gpkg")
    editor.execute("PRAGMA journal_mode=WAL")
    editor.execute("UPDATE run_info SET value = 'by hand' WHERE key = 'title'")
    editor.commit()
    return closing(editor)


def spoiled_list(region: MadeRegion) -> None:
    """A byte of the old set's list is another one, and there is something to publish."""
    path = region.output / "set.json"
    path.write_bytes(path.read_bytes().replace(b"EPSG", b"EPSX").replace(b"aea", b"aeb", 1))
    settings(title="Another title")(region)


def no_list(region: MadeRegion) -> None:
    """The old set's list is gone, and there is something to publish."""
    (region.output / "set.json").unlink()
    settings(title="Another title")(region)


def damaged_release(region: MadeRegion) -> None:
    """A release whose manifest is cut short."""
    folder = region.home / "releases" / NAME / "2026.01.01"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"files": ')
    settings(title="Another title")(region)


def stray(region: MadeRegion) -> None:
    """A person's own file beside the published ones."""
    (region.output / "my_map.qgz").write_text("mine")
    settings(title="Another title")(region)


def both(*spoils: Spoil) -> Spoil:
    """Several at once."""

    def spoil(region: MadeRegion) -> None:
        for each in spoils:
            each(region)

    return spoil


SCENARIOS: dict[str, Scenario] = {
    "sites_gone": Scenario(gone("sites.csv"), "failed"),
    "tonnages_gone": Scenario(gone("tonnages.csv"), "failed"),
    "grades_gone": Scenario(gone("grades.csv"), "failed"),
    "blocks_gone": Scenario(gone("blocks.geojson"), "failed"),
    "blocks_gone_and_another_title": Scenario(
        in_turn(settings(title="Another title"), gone("blocks.geojson")), "failed"
    ),
    "further_source_gone": Scenario(gone("portal.csv"), r"waste_sites of portal was there \(1 row\) and is gone"),
    "further_source_gone_accepted": Scenario(
        gone("portal.csv"), accept="the portal was closed", told="PUBLISHED ALTHOUGH waste_sites of portal was there"
    ),
    "half_of_the_grades": Scenario(cut("grades.csv", 0.5), "refused|failed"),
    "half_of_the_blocks": Scenario(cut("blocks.geojson", 0.5), "failed"),
    "a_quarter_of_the_sites_is_lost": Scenario(changed(sites=lambda rows: rows[:4]), "33 % are lost"),
    "empty_tonnages": Scenario(header_only("tonnages.csv"), "tonnages was there"),
    "empty_grades": Scenario(header_only("grades.csv"), "grades was there"),
    "empty_sites": Scenario(header_only("sites.csv"), "refused|failed"),
    "sites_of_another_window": Scenario(
        changed(sites=lambda rows: [r | {"lon": r["lon"] - 10} for r in rows]), "refused|failed"
    ),
    "blocks_of_another_window": Scenario(
        changed(blocks=lambda rows: [block(i, x=75 + 0.06 * i) for i in range(3)]), "refused|failed"
    ),
    "one_block_lost": Scenario(changed(blocks=lambda rows: rows[:-1]), "blocks of kind auction_block are gone: B-2"),
    "another_extent": Scenario(settings(extent_deg=[85.0, 21.5, 88.0, 23.9]), "window was"),
    "another_crs": Scenario(
        settings(crs="+proj=aea +lat_1=15 +lat_2=30 +lat_0=20 +lon_0=80 +datum=WGS84 +units=m +no_defs"),
        "coordinate reference system",
    ),
    "ranks_turned_by_a_source": Scenario(changed(grades=turned), "Kendall's tau"),
    "ranks_turned_accepted": Scenario(
        changed(grades=turned), accept="assayed anew", told="PUBLISHED ALTHOUGH .*Kendall's tau.*"
    ),
    "wider_limits": Scenario(
        both(
            changed(blocks=lambda rows: rows[:-1]),
            settings(publication__max_blocks_lost=1, publication__max_row_loss_pct=40),
        ),
        "",
    ),
    "a_weight": Scenario(settings(ranking__ground_weight=0.5, ranking__strategic_premium=0.5)),
    "a_price_deck": Scenario(settings(ranking__price_deck="2024")),
    "a_layer_taken_out_of_the_yaml": Scenario(settings(layers__auction_blocks=None)),
    "a_source_taken_out_of_the_yaml": Scenario(settings(waste__sources=None)),
    "a_mended_tonnage": Scenario(
        changed(tonnages=lambda rows: [*rows[:-1], tonnage("S-05", 10.4)]),
    ),
    "a_persons_own_file": Scenario(stray),
    "full_disk_at_the_page": Scenario(settings(title="Another title"), "No space left", around=fails_on("index")),
    "full_disk_at_the_geopackage": Scenario(
        settings(title="Another title"), "No space left", around=fails_on("ranked")
    ),
    "full_disk_at_the_journal": Scenario(
        settings(title="Another title"), "No space left", around=fails_on(".set.next")
    ),
    "killed_before_the_page": Scenario(settings(title="Another title"), killed=True, around=dies_on("index.html")),
    "killed_between_page_and_geopackage": Scenario(
        settings(title="Another title"), killed=True, around=dies_on("ranked_blocks.gpkg")
    ),
    "killed_before_the_list": Scenario(settings(title="Another title"), killed=True, around=dies_on("set.json")),
    "edited_in_another_program": Scenario(settings(title="Another title"), told="ranked_blocks.v2.gpkg", around=edited),
    "damaged_list": Scenario(spoiled_list, "nothing to compare with", changes_old_files=True),
    "damaged_list_accepted": Scenario(spoiled_list, accept="the disk was mended", told="nothing to compare with"),
    "no_list": Scenario(no_list, "is gone", changes_old_files=True),
    "damaged_release": Scenario(damaged_release),
    "flipped_in_staging": Scenario(
        settings(title="Another title"), "not what was made", around=lambda r: spoils_staging("index.html")(r)
    ),
}
SHORT = (
    "further_source_gone_accepted",
    "one_block_lost",
    "killed_between_page_and_geopackage",
    "edited_in_another_program",
)


def main(home: Path, names: list[str]) -> int:
    """Publish once, then every scenario from a copy of that."""
    base = write(region_of(home))
    os.environ |= base.environment() | {"KHANIJ_RELEASES": str(home / "releases")}
    from pipelines.runs import run_region

    first = run_region(NAME)
    print(json.dumps({"name": "first", "error": first.error}), flush=True)
    if first.error:
        return 1
    kept = home / "kept"
    for part in ("output", ".khanij/store"):
        shutil.copytree(home / part, kept / part)
    for name in names or list(SCENARIOS):
        for part in ("output", ".khanij/store", "data", "releases"):
            shutil.rmtree(home / part, ignore_errors=True)
            if (kept / part).exists():
                shutil.copytree(kept / part, home / part)
        print(json.dumps({"name": name} | one(SCENARIOS[name], write(region_of(home)))), flush=True)
    return 0


def one(scenario: Scenario, region: MadeRegion) -> dict[str, Any]:
    """Spoil, run, look, and run again."""
    from data_sources.contracts import KhanijError
    from publishing.sets.checking import check_path

    before = files_of(region)
    scenario.spoil(region)
    mine = {p: p.read_bytes() for p in region.output.glob("my_*")}
    out: dict[str, Any] = {"error": None, "remarks": []}
    if scenario.killed:
        pid = os.fork()
        if not pid:
            with suppress(BaseException):
                run(scenario, region)
            os._exit(0)
        out["killed"] = os.WIFSIGNALED(os.waitpid(pid, 0)[1])
    else:
        try:
            outcome = run(scenario, region)
            out |= {"error": outcome.error, "remarks": list(outcome.remarks)}
        except KhanijError as error:
            out["error"] = str(error)
    out["old"] = files_of(region) == before
    checked = check_path(region.output)[0]
    out |= {"faults": list(checked.faults), "notes": list(checked.notes)}
    out["own_files_kept"] = all(p.read_bytes() == data for p, data in mine.items())
    if not out["error"]:
        again = run(Scenario(nothing), region)
        out["again"] = {"made": again.made, "error": again.error, "remarks": list(again.remarks)}
        out["again"]["faults"] = list(check_path(region.output)[0].faults)
        if scenario.accept:
            settings(title="Yet another title")(region)
            later = run(Scenario(nothing), region)
            out["later"] = {"error": later.error, "remarks": list(later.remarks)}
    return out


def run(scenario: Scenario, region: MadeRegion) -> Any:
    """One run of the region with the scenario's settings, inside whatever goes wrong around it."""
    from contextlib import nullcontext

    from pipelines.runs import run_region

    with scenario.around(region) if scenario.around else nullcontext():
        return run_region(NAME, accept=scenario.accept)


def files_of(region: MadeRegion) -> dict[str, bytes]:
    """The published files, without a person's own and what an editor leaves beside them."""
    found = (p for p in region.output.rglob("*") if p.is_file())
    return {
        p.name: p.read_bytes()
        for p in found
        if not p.name.startswith((".", "my_")) and not p.name.endswith(("-wal", "-shm"))
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
