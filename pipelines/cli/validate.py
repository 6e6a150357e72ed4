"""hold a file of yours against the contract of a layer, or a whole region against everything, and make nothing"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from data_sources.contracts.admitting.admission import Admission


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``khanij validate``."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        type=Path,
        help="Shapefile, GeoPackage, geodatabase, FlatGeobuf, GeoJSON, KML, KMZ, GML, MapInfo, Parquet (zipped or not), "
        "CSV, or a workbook (XLSX, XLS, ODS)",
    )
    parser.add_argument(
        "--as",
        dest="layer",
        metavar="LAYER",
        help="the layer it should be, such as stream_sediments, waste_sites, grades, auction_blocks",
    )
    parser.add_argument(
        "--region",
        metavar="R",
        help="instead of a file: settings, cards, files, layers and gates of a region; status 1 for findings, 2 for errors",
    )
    parser.add_argument("--card", metavar="NAME", help="a source card that names the columns and units")
    parser.add_argument(
        "--sheet", metavar="NAME", help="the sheet of a workbook, by its name, also where that is a number"
    )
    parser.add_argument("--layer", dest="file_layer", metavar="NAME", help="the layer of a file that holds several")
    parser.add_argument("--header-row", type=int, metavar="N", help="the row that names the columns, from 1")
    parser.add_argument(
        "--crs", metavar="CRS", help="the coordinate system, where the file has none or a wrong one (EPSG:32643)"
    )
    parser.add_argument("--decimal", choices=(",", "."), help="the decimal mark, where the file leaves it open")
    parser.add_argument(
        "--map",
        dest="maps",
        action="append",
        default=[],
        metavar="COLUMN=FIELD",
        help="a column and the field that it is (again for more)",
    )
    parser.add_argument("--write-card", type=Path, metavar="NAME.yaml", help="write a source card of what was found")
    parser.add_argument("--force", action="store_true", help="write over the card that is there")
    parser.add_argument("--rows", type=int, default=20, metavar="N", help="reasons to print (default 20)")


def main(arguments: argparse.Namespace) -> int:
    """Print the report; exit status 1 when rows or columns were held or the file could not be read.

    Raises
    ------
    RegionError : neither a file with its layer nor a region.
    """
    from khanij.foundation.errors import RegionError

    if arguments.region is not None and arguments.file is None:
        return _region(arguments)
    if arguments.region is not None or arguments.file is None or arguments.layer is None:
        do = "khanij validate FILE --as LAYER, or khanij validate --region R"
        raise RegionError("name a file and the layer that it should be, or a region", field="--as", do=do)
    return _file(arguments)


def _file(arguments: argparse.Namespace) -> int:
    """Hold one file against one layer."""
    from data_sources.cards import load_card
    from data_sources.cards.writing import found_card, write_card
    from data_sources.contracts.blocks import BLOCK_CONTRACTS
    from data_sources.readers.blocks import read_blocks
    from data_sources.readers.statuses.lease_status import unused_columns, words_not_understood
    from data_sources.readers.survey import read_layer
    from khanij.foundation.errors import ContractError
    from pipelines.cli.shown.columns import print_table
    from pipelines.cli.shown.replies import note, rows_of
    from pipelines.cli.shown.terminal import terminal

    options = reading_options(arguments)
    card = load_card(arguments.card) if arguments.card else None
    read = read_blocks if arguments.layer in BLOCK_CONTRACTS else read_layer
    try:
        admitted = read(arguments.file, arguments.layer, card=card, options=options)
    except ContractError as error:
        do = "" if card else _remedy(arguments, options, error.field, read)
        if not do:
            raise
        raise ContractError(
            error.message, file=error.file, layer=error.layer, row=error.row, field=error.field, do=do
        ) from error
    console = terminal()
    report = admitted.report
    console.print(
        f"{arguments.file} as {arguments.layer}: {report['rows_in']} rows in, {report['rows_kept']} kept "
        f"({report['rows_flagged']} of them flagged), {report['rows_quarantined']} held"
    )
    if report.get("fails"):
        console.print(f"The layer fails: {report['fails']}")
    if words := words_not_understood(report):
        console.print(f"Status not understood: {', '.join(words)}", markup=False)
    if unused := unused_columns(report):
        console.print(f"Columns not used: {', '.join(unused)}")
    for title, frame in (("Held: not used", admitted.quarantine), ("Flagged: used, and marked", admitted.flags)):
        if not len(frame):
            continue
        lines = []
        groups = frame.assign(what=frame["reason"].astype("str")).groupby("what", sort=False)
        for reason, rows in sorted(groups, key=lambda item: -len(item[1]))[: arguments.rows]:
            first = rows.iloc[0]
            lines.append([str(len(rows)), str(reason), *(_text(first[name]) for name in ("row", "field", "value"))])
        print_table(console, title, ("rows", "reason", "for example row", "field", "value"), lines)
    held, flagged = (rows_of(f.astype("object")) for f in (admitted.quarantine, admitted.flags))
    counts = {name: int(report[f"rows_{name}"]) for name in ("in", "kept", "flagged", "quarantined")}
    note(arguments, rows=counts, fails=report.get("fails"), held=held, flagged=flagged)
    if arguments.layer == "waste_sites":
        _tell_unvalued(admitted.kept)
    if arguments.write_card is not None:
        stem = arguments.write_card.stem
        known = (dict(card.options) if card else {}) | options
        text = found_card(
            stem, str(arguments.file), arguments.layer, report, known, file_layer=arguments.file_layer or ""
        )
        target = _card_path(arguments.write_card)
        write_card(target, text, force=arguments.force)
        note(arguments, files=[target])
        console.print(f"Card written: {target}", markup=False)
        for line in _how_to_name(arguments, stem, target):
            console.print(line, markup=False)
    return 1 if report["rows_quarantined"] or len(admitted.quarantine) else 0


def _remedy(
    arguments: argparse.Namespace, options: Mapping[str, Any], lacking: str | None, read: Callable[..., Admission]
) -> str:
    """The command that reads the file, with columns as ``khanij new region`` would propose them; "" where none does."""
    from data_sources.proposing.folder import UNREADABLE, Found
    from data_sources.proposing.judging import as_layer
    from data_sources.proposing.proposals import Known
    from data_sources.register.routes import known_routes

    known = Known(codes=frozenset(known_routes()), crs=options.get("crs"))
    file = Found(arguments.file, arguments.file.name, arguments.file_layer or "")
    proposal = as_layer(file, arguments.layer, known, {k: v for k, v in options.items() if k != "layer"})
    maps = dict(proposal.options.get("field_map", {})) if proposal is not None else {}
    if lacking not in maps.values():
        return ""
    try:
        read(arguments.file, arguments.layer, options={**options, "field_map": maps})
    except UNREADABLE:  # the guesses are of the first rows
        return ""
    missing = [column for column in options.get("field_map", {}) if column not in maps]
    no_column = f"there is no column {', '.join(missing)}; " if missing else ""
    return f"{no_column}if they are these, say so: {_command(arguments, maps)}; else name others by --map COLUMN=FIELD (in a card: field_map)"


def _command(arguments: argparse.Namespace, maps: Mapping[str, str]) -> str:
    """The command as it was given, with other maps, for a shell."""
    given = {
        "--as": arguments.layer,
        "--sheet": arguments.sheet,
        "--layer": arguments.file_layer,
        "--header-row": arguments.header_row,
        "--crs": arguments.crs,
        "--decimal": arguments.decimal,
        "--write-card": arguments.write_card,
    }
    words = ["khanij", "validate", str(arguments.file)]
    for option, value in [*given.items(), *(("--map", f"{column}={field}") for column, field in maps.items())]:
        if value is not None:  # a value that begins with a dash would be taken for an option
            words += [f"{option}={value}"] if str(value).startswith("-") else [option, str(value)]
    return shlex.join([*words, "--force"] if arguments.force else words)


def _card_path(named: Path) -> Path:
    """Where a card goes: into the folder of the user's cards where a bare name is given and there is one, else as named."""
    from khanij.foundation.environment import own_folder

    cards = own_folder("KHANIJ_CARDS")
    return (cards / named if cards is not None and named.parent == Path() else named).with_suffix(".yaml")


def _how_to_name(arguments: argparse.Namespace, stem: str, target: Path) -> list[str]:
    """The lines by which a region reads the file with its new card, and where card and file have to lie."""
    from khanij.foundation.environment import folder_for, own_folder

    cards, data = folder_for("KHANIJ_CARDS"), own_folder("KHANIJ_DATA") or folder_for("KHANIJ_DATA")
    file = arguments.file.resolve()
    is_inside = file.is_relative_to(data.resolve())
    path = file.relative_to(data.resolve()).as_posix() if is_inside else file.name
    part = f", layer: {arguments.file_layer}" if arguments.file_layer else ""
    lines = [] if target.resolve().parent == cards.resolve() else [f"Lay it into {cards}."]
    lines += [] if is_inside else [f"Lay {arguments.file.name} into {data}."]
    lines += [
        "In the region's YAML:",
        "  needs_data: true",
        "  layers:",
        f"    {arguments.layer}: {{card: {stem}, path: {path}{part}}}",
    ]
    if arguments.layer == "waste_sites":
        lines += ["  waste:", f"    card: {stem}", "  units: [waste_block]"]
    return lines


def _region(arguments: argparse.Namespace) -> int:
    """Hold a whole region against everything; exit status 1 for findings, 2 for errors."""
    from khanij.foundation.environment import cache_folder, named_folder, output_folder
    from pipelines.cli.own import whole_region
    from pipelines.cli.shown.columns import print_table
    from pipelines.cli.shown.replies import DONE, FAILED, USAGE, note
    from pipelines.cli.shown.terminal import terminal

    workspace = whole_region.Workspace(
        output_root=str(output_folder()),
        cache_root=str(cache_folder()),
        data_root=str(named_folder("KHANIJ_DATA") or ""),
    )
    lines = whole_region.looked_at(arguments.region, workspace)
    rows = [
        [n.what, n.file, "" if n.rows_in is None else f"{n.rows_kept} of {n.rows_in}", n.verdict, n.says, n.do]
        for n in lines
    ]
    print_table(terminal(), f"{arguments.region}", ("what", "file", "rows kept", "verdict", "why", "what to do"), rows)
    note(arguments, region=arguments.region, looked_at=[vars(line) for line in lines])
    verdicts = {line.verdict for line in lines}
    counts = ", ".join(f"{sum(n.verdict == v for n in lines)} {v}s" for v in (whole_region.ERROR, whole_region.FINDING))
    terminal().print(f"{counts}. Nothing was made or changed.", markup=False)
    return USAGE if whole_region.ERROR in verdicts else FAILED if whole_region.FINDING in verdicts else DONE


def reading_options(arguments: argparse.Namespace) -> dict[str, object]:
    """The options of a card that the command's own arguments stand for.

    Raises
    ------
    SourceError : a ``--map`` without a column and a field, or two columns for one field.
    """
    from khanij.foundation.errors import SourceError

    given = {
        "sheet": arguments.sheet,
        "layer": arguments.file_layer,
        "header_row": arguments.header_row,
        "crs": arguments.crs,
        "decimal": arguments.decimal,
    }
    options: dict[str, object] = {k: v for k, v in given.items() if v is not None}
    maps: dict[str, str] = {}
    for text in arguments.maps:
        column, equals, field = text.rpartition("=")
        if not (column.strip() and equals and field.strip()):
            raise SourceError(f"--map {text}", field="--map", do="write COLUMN=FIELD, such as --map 'Total Cu=Cu_ppm'")
        if field.strip() in maps.values():
            first = next(c for c, f in maps.items() if f == field.strip())
            do = f"name one column for {field.strip()}"
            raise SourceError(f"--map {first} and --map {column} name one field", field="--map", do=do)
        maps[column] = field.strip()
    return options | ({"field_map": maps} if maps else {})


def _tell_unvalued(sites: Any) -> None:
    """Per site what cannot be valued, and why."""
    from data_sources.register.routes import why_not_valued
    from pipelines.cli.shown.columns import print_table
    from pipelines.cli.shown.terminal import terminal

    told = [
        (str(site), why)
        for site, waste, route in zip(sites["site_id"], sites["waste_type_code"], sites["route_code"])
        if (why := why_not_valued(waste, route))
    ]
    if told:
        print_table(terminal(), "Listed, and cannot be valued", ("site", "why"), told)


def _text(value: object) -> str:
    import pandas as pd

    return "" if pd.isna(value) else str(value)  # type: ignore[call-overload]
