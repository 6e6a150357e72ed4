"""make a region of your own from a folder of files: which file is which layer, cards and YAML that run as they are"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data_sources.proposing.proposals import Proposal
    from data_sources.proposing.region_text import Placed
    from pipelines.cli.own.laying import Places


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij new``."""
    parser.add_argument("what", choices=("region",), help="region")
    parser.add_argument("name", metavar="NAME", help="its name: small letters, digits and _, a letter first")
    parser.add_argument(
        "--from", dest="folder", type=Path, required=True, metavar="FOLDER", help="the folder of the files"
    )
    parser.add_argument(
        "--extent",
        metavar="W,S,E,N",
        help="west, south, east, north in degrees (default: from the files, which is said)",
    )
    parser.add_argument("--title", metavar="TEXT", help="title of the region (default: from its name)")
    parser.add_argument("--crs", metavar="CRS", help="coordinate system of the files that state none (EPSG:32644)")
    parser.add_argument("--force", action="store_true", help="write over a region, cards and copies that are there")


def main(arguments: argparse.Namespace) -> int:
    """Propose a region, write it, and say what is which layer, why, and what could not be placed."""
    from data_sources.proposing.proposals import Known
    from data_sources.proposing.region_text import proposed
    from data_sources.register.routes import known_routes
    from pipelines.cli.own.laying import Places
    from pipelines.cli.shown.replies import NOTHING, note
    from pipelines.cli.shown.terminal import terminal
    from scoring.rank.gates import LAYERS

    folder, extent = _asked(arguments)
    placed = proposed(folder, Known(codes=frozenset(known_routes()), gates=LAYERS, crs=arguments.crs), extent)
    places = Places.of(folder, arguments.name)
    _tell(placed, arguments.name)
    note(
        arguments,
        region=arguments.name,
        extent_deg=placed.extent_deg,
        extent_from=placed.extent_from,
        **_answer(placed, arguments.name),
    )
    console = terminal()
    if not placed.layers or placed.extent_deg is None:
        why = "no file could be placed" if not placed.layers else "no file has places: give --extent W,S,E,N"
        console.print(f"Nothing was written: {why}.", markup=False)
        return NOTHING
    files = _write(arguments, folder, placed, places)
    _tell_of_samples(placed)
    note(arguments, files=files)
    for text in (f"Extent {', '.join(f'{v:g}' for v in placed.extent_deg)} ({placed.extent_from})", *placed.notes):
        console.print(f"{text}.", markup=False)
    if places.copies is not None:
        console.print(
            f"The files that were placed were copied to {places.copies}, which the region reads.", markup=False
        )
    for file in files:
        console.print(f"Written: {file}", markup=False, soft_wrap=True)
    name = arguments.name
    console.print(f"Next: khanij validate --region {name}, then: khanij run --region {name}", markup=False)
    return 0


def _asked(arguments: argparse.Namespace) -> tuple[Path, tuple[float, float, float, float] | None]:
    """The folder and the extent, refused where they are none.

    Raises
    ------
    RegionError : a name that no region may have, or an extent that is none. MissingSourceError : no such folder.
    """
    import re

    from data_sources.regions.checks import require_extent
    from khanij.foundation.errors import MissingSourceError, RegionError
    from khanij.foundation.strict import WrongValueError

    if not re.fullmatch(r"[a-z][a-z0-9_]*", arguments.name):
        do = "use small letters, digits and _, a letter first"
        raise RegionError(f"a region cannot be called {arguments.name!r}", field="NAME", do=do)
    if (Path(__file__).parents[2] / "data_sources" / "regions" / f"{arguments.name}.yaml").exists():
        raise RegionError(f"the project has a region {arguments.name!r}", field="NAME", do="choose another name")
    if not arguments.folder.is_dir():
        raise MissingSourceError(
            "no such folder", file=arguments.folder, field="--from", do="name the folder of the files"
        )
    if arguments.extent is None:
        return arguments.folder, None
    try:
        west, south, east, north = (float(v) for v in re.split(r"[,\s]+", arguments.extent.strip(" []")))
        require_extent((west, south, east, north))
    except ValueError as error:
        do = (
            error.do
            if isinstance(error, WrongValueError)
            else "write west,south,east,north in degrees: 80.5,21.8,81.1,22.4"
        )
        raise RegionError(f"no extent: {arguments.extent!r}", field="--extent", do=do) from error
    return arguments.folder, (west, south, east, north)


def _write(arguments: argparse.Namespace, folder: Path, placed: Placed, places: Places) -> list[Path]:
    """Write schemas, cards, copies and the region, and load it as a run would."""
    from assets.workspace import companions, forget_hashes
    from data_sources.proposing.region_text import cards_of, elements_of, region_of, region_yaml, schema_line
    from pipelines.cli.own import schemas
    from pipelines.cli.own.laying import write_all
    from pipelines.overrides import checked_region
    from scoring.ground.geochemistry.samples import scored_by

    assert placed.extent_deg is not None
    gates = {f"gates.{n}": p for n, p in placed.gates.items()}
    used = {**{n: p for n, p in placed.shown().items() if n not in placed.gates}, **gates}
    paths = {name: places.path_of(p.found.path, folder) for name, p in used.items()}
    title = arguments.title or arguments.name.replace("_", " ").capitalize()
    texts = {places.schemas / name: text for name, text in schemas.texts().items()}
    card_schema = schema_line(places.schema_from(places.cards, schemas.CARD))
    for name, text in cards_of(arguments.name, placed, paths).items():
        texts[places.cards / f"{name}.yaml"] = f"{card_schema}\n{text}"
    settled = region_of(
        arguments.name, title, placed, paths, placed.extent_deg, has_grid=bool(scored_by(elements_of(placed)))
    )
    schema = places.schema_from(places.regions, schemas.REGION)
    texts[places.regions / f"{arguments.name}.yaml"] = region_yaml(settled, placed, schema)
    copies: dict[Path, Path] = {}
    for p in used.values() if places.copies is not None else ():
        parts = [p.found.path] if p.found.path.is_dir() else companions(p.found.path)
        copies |= {places.data / places.path_of(part, folder): part for part in parts}
    written = write_all(texts, copies, force=arguments.force)
    forget_hashes()
    checked_region(arguments.name, {})
    return written


def _tell_of_samples(placed: Placed) -> None:
    """Say why there will be no fertility, where samples are there and none can be made of them."""
    from data_sources.proposing.region_text import elements_of
    from pipelines.cli.shown.terminal import terminal
    from scoring.ground.geochemistry.samples import nearest_association, scored_by

    elements = elements_of(placed)
    idle = [n for n in ("lithology", "faults", "folds", "occurrences") if n in placed.layers]
    if idle and "stream_sediments" not in placed.layers:
        terminal().print(
            f"{' and '.join(idle)} give no fertility without samples of stream sediments: they stand idle, and blocks are ranked "
            "without it, until a table of such samples is connected."
        )
    if "stream_sediments" in placed.layers and not scored_by(elements):
        terminal().print(
            f"The stream sediments have too few elements for fertility ({', '.join(elements)}; {nearest_association(elements)}): "
            "no grid is written, and the run leaves fertility out (faults, folds and rocks stand idle with it); connect a table with "
            "more elements.",
            markup=False,
        )


def _tell(placed: Placed, region: str) -> None:
    from pipelines.cli.shown.columns import print_table
    from pipelines.cli.shown.terminal import terminal

    console = terminal()
    lines = [
        [p.found.said, f"gate {n}" if p.is_gate else n, _rows(p), _crs(p), "; ".join(p.why)]
        for n, p in placed.shown().items()
    ]
    if lines:
        print_table(console, f"{region}: what each file is", ("file", "layer", "rows", "crs", "why"), lines)
    looks = [[n, x] for n, p in placed.shown().items() for x in p.look_at]
    if looks:
        print_table(console, "Look at these", ("layer", "what"), looks)
    if placed.unplaced:
        lines = [[u.shown, u.why, u.needs] for u in placed.unplaced]
        print_table(console, "Not placed", ("file", "why", "what is needed"), lines)


def _rows(proposal: Proposal) -> str:
    kept, given = proposal.report.get("rows_kept"), proposal.report.get("rows_in")
    return "" if given is None else f"{kept} of {given}"


def _crs(proposal: Proposal) -> str:
    return str(proposal.report.get("crs") or proposal.options.get("crs") or "")


def _answer(placed: Placed, region: str) -> dict[str, Any]:
    """What was found, as values."""
    from khanij.foundation.equal_area import equal_area_for

    rows = [
        {
            "file": p.found.shown,
            "part": p.found.part,
            "layer": name,
            "is_gate": p.is_gate,
            "card": None if p.is_gate else f"{region}_{name.removeprefix('waste.')}",
            "rows_in": p.report.get("rows_in"),
            "rows_kept": p.report.get("rows_kept"),
            "crs": _crs(p) or None,
            "field_map": {raw: target for target, raw in p.report.get("fields", {}).items()},
            "why": list(p.why),
            "look_at": list(p.look_at),
        }
        for name, p in placed.shown().items()
    ]
    unplaced = [{"file": u.shown, "why": u.why, "needs": u.needs} for u in placed.unplaced]
    crs = None if placed.extent_deg is None else equal_area_for(*placed.extent_deg)
    return {"crs": crs, "placed": rows, "unplaced": unplaced, "notes": list(placed.notes)}
