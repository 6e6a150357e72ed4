"""A whole region held against everything that a run would hold it against, and nothing made: settings, cards, files, layers, gates.

Belongs here: looking, and one line a finding. Does not belong here: what a layer must be (contracts), nor printing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assets.survey import load_layer
from assets.workspace import Workspace
from data_sources.basemap.base_lines import read_base_lines
from data_sources.cards import load_card
from data_sources.connectors.rasters import read_raster
from data_sources.contracts.blocks import BLOCK_CONTRACTS
from data_sources.contracts.survey import SURVEY_CONTRACTS
from data_sources.contracts.waste import WASTE_CONTRACTS
from data_sources.proposing.region_text import UNKNOWN_BASIS
from data_sources.proposing.telling import far_off
from data_sources.readers.blocks import embedded_auction_blocks, read_blocks
from data_sources.readers.gates import read_gate_told
from data_sources.readers.statuses.lease_status import unused_columns, words_not_understood
from data_sources.readers.survey import read_layer
from data_sources.readers.waste import WasteInventory, embedded_inventory, read_inventory
from data_sources.readers.waste_merge import empty_inventory, merged_inventory
from data_sources.regions import LayerSource, Region, load_region
from data_sources.register.routes import why_not_valued
from khanij.foundation.errors import CardError, KhanijError
from khanij.foundation.redaction import redact
from pipelines.cli.own.unknown_sites import unknown_sites
from pipelines.overrides import faults_of_region
from scoring.ground.geochemistry.samples import scored_by

OK, NOTE, FINDING, ERROR = "ok", "note", "finding", "error"
LAYER_OF_UNIT = {"auction_block": "auction_blocks", "mining_lease": "mining_leases"}
_MANY = 5
_IN_OTHER_WORDS = "say what a word means under values in the {where}, as in values: {{STATUS: {{Stopped: Working}}}}"


@dataclass(frozen=True)
class Line:
    """What was looked at, what came of it (ok, note, finding, error), and what to do."""

    what: str
    verdict: str
    says: str
    do: str = ""
    file: str = ""
    rows_in: int | None = None
    rows_kept: int | None = None


def looked_at(name: str, workspace: Workspace) -> list[Line]:
    """Every part of a region with its verdict, in the order of the YAML; nothing is made or changed.

    Raises
    ------
    RegionError : no such region, or a file that is no YAML.
    """
    faults = faults_of_region(name, {})
    lines = [Line(_place(e), ERROR, e.message, e.do or "", str(e.file or "")) for e in faults]
    try:
        region = load_region(name)
    except KhanijError:
        return lines  # its sources are not known before its settings are right
    if any(isinstance(e, CardError) for e in faults):
        return lines  # nor before its cards are
    if not faults:
        lines.append(Line("settings", OK, f"{len(region.layers)} layers, {len(region.gates)} gates, CRS keeps areas"))
    lines += list(_units(region))
    states, told = _tried("states", region.states, lambda: workspace.states(region)) if region.states else (None, [])
    lines += told
    for layer, source in region.layers.items():
        lines += [*_card(layer, source), *_layer(workspace, region, layer, source, states)]
    lines += list(_register(workspace, region, states))
    for gate, path in workspace.gate_paths(region).items():
        lines += _gate(gate, path, region)
    for base, source in sorted(region.base.items()):
        path_of = workspace.layer_path(region, source)
        lines += _tried(f"base.{base}", path_of, lambda p=path_of, b=base, s=source: read_base_lines(p, b, s))[1]  # type: ignore[misc]
    return lines


def _place(error: KhanijError) -> str:
    """``setting KEY`` of a region, ``card NAME, KEY`` of a card."""
    if isinstance(error, CardError):
        return ", ".join(filter(None, [f"card {Path(str(error.file)).stem}", error.field]))
    return f"setting {error.field}"


def _units(region: Region) -> Iterator[Line]:
    """Units for which no layer is named."""
    for unit in region.units:
        layer = LAYER_OF_UNIT.get(unit)
        if layer and layer not in region.layers:
            yield Line(
                f"units {unit}",
                FINDING,
                f"no layer {layer}: there is no such block",
                f"name it under layers, or take {unit} out",
            )
        if unit == "waste_block" and not (region.waste.card or region.waste.sources):
            yield Line(
                "units waste_block",
                FINDING,
                "no waste register is named",
                "name waste: {card: ...}, or take waste_block out",
            )
    own = [layer for layer in WASTE_CONTRACTS if layer in region.layers]
    if own and region.waste.card == "embedded_register":
        yield Line(
            "waste.card",
            FINDING,
            f"the project's own register is read, and not {', '.join(own)}",
            "name the card of waste_sites as waste.card",
        )


def _tried(what: str, file: object, read: Callable[[], Any]) -> tuple[Any, list[Line]]:
    """What a reader gives and a line for it; an error of its own is the line."""
    name = redact(str(getattr(file, "path", file) or ""))
    try:
        got = read()
    except KhanijError as error:
        return None, [Line(what, ERROR, error.message, error.do or "", name)]
    rows = len(got) if hasattr(got, "__len__") else None
    if rows == 0:
        return got, [Line(what, FINDING, "it has no rows", "check the file, or take it out", name, 0, 0)]
    return got, [Line(what, OK, "", "", name, rows, rows)]


_AROUND_A_CORE = (
    "where they are no part of the core: select them in QGIS by {columns}, save the selection as a file of its own "
    "(Export, Save Selected Features As), delete it from this one, and name the new file in the region's YAML under gates, as "
    "eco_sensitive: {{path: ..., source: {source}}}, where it lowers a score"
)


def _gate(gate: str, path: Path, region: Region) -> list[Line]:
    """A gate layer with what of it bars: leases that ended are left out, words that are not understood are shown."""
    got, lines = _tried(f"gate {gate}", path, lambda: read_gate_told(path, gate, region.gates[gate]))
    if got is None:
        return lines
    report, file = got[1], redact(str(path))
    left = [f"{n} {why} {'lease' if n == 1 else 'leases'} left out" for why, n in report.get("left_out", {}).items()]
    if points := report.get("points_left_out"):
        left.append(f"{points} points or lines left out, which bar nothing")
    counts = (report["rows_in"], report["rows_kept"])
    if not report["rows_kept"]:
        says = "; ".join(["it bars nothing" if left else "it has no rows", *left])
        return [Line(f"gate {gate}", FINDING, says, "check the file, or take it out", file, *counts)]
    lines = [Line(f"gate {gate}", OK, "; ".join(left), "", file, *counts)]
    if around := report.get("surroundings"):
        says = f"{around} of {report['rows_kept']} outlines call themselves a buffer or an eco-sensitive zone, and bar as a core does"
        source = json.dumps(region.gates[gate].source, ensure_ascii=False)  # a colon or # in it ends no word
        do = _AROUND_A_CORE.format(columns=" and ".join(report["surroundings_in"]), source=source)
        lines.append(Line(f"gate {gate}", NOTE, says, do, file))
    if words := words_not_understood(report):
        says = f"status not understood, taken as a lease that may be in force: {_some(words)}"
        lines.append(Line(f"gate {gate}", NOTE, says, _IN_OTHER_WORDS.format(where="options"), file))
    return lines


def _card(layer: str, source: LayerSource) -> Iterator[Line]:
    """A card that is of another layer."""
    card = load_card(source.card)
    if card.contract and card.contract != layer and layer not in card.follows and card.field_map:
        yield Line(
            layer,
            FINDING,
            f"card {source.card} maps columns for {card.contract}",
            f"name a card of {layer}",
            source.path or "",
        )


def _layer(workspace: Workspace, region: Region, layer: str, source: LayerSource, states: Any) -> Iterator[Line]:
    file = source.path or "fetched"
    if layer in WASTE_CONTRACTS:
        return  # read together, as the register
    try:
        report = _report(workspace, region, layer, source, states)
    except KhanijError as error:
        yield Line(layer, ERROR, error.message, error.do or "", file)
        return
    yield from lines_of(layer, file, report, is_fetched=source.path is None and load_card(source.card).is_remote)
    if layer == "stream_sediments":
        yield from _scored(region, report)


def _scored(region: Region, report: Mapping[str, Any]) -> Iterator[Line]:
    """Samples of which a run that has a grid can make no fertility, and stops."""
    used = [
        u["target"].removesuffix("_ppm") for u in report.get("units", ()) if u["used"] and u["target"].endswith("_ppm")
    ]
    if region.grid is not None and used and not scored_by(list(dict.fromkeys(used))):
        says = f"no association can be scored from {', '.join(used)}: the run would stop"
        yield Line(
            "stream_sediments", ERROR, says, "connect more elements, or take grid out: then fertility is left out"
        )


def _report(workspace: Workspace, region: Region, layer: str, source: LayerSource, states: Any) -> Mapping[str, Any]:
    """The report of a layer as a run would read it."""
    if layer in SURVEY_CONTRACTS and SURVEY_CONTRACTS[layer].asset:
        return dict(load_layer(workspace, region, layer)["report"])
    if source.card == "embedded_auction_blocks":
        return embedded_auction_blocks(extent_deg=region.extent_deg, states=states).report
    path = workspace.layer_path(region, source)
    if path is None or not path.exists():
        return {"absent": f"the layer's file is missing: {source.path}"}
    options = {**source.options, **({"layer": source.layer} if source.layer else {})}
    if layer in BLOCK_CONTRACTS:
        return read_blocks(
            path, layer, card_name=source.card, extent_deg=region.extent_deg, options=options, states=states
        ).report
    if layer == "geophysics":
        card = load_card(source.card)
        raster = read_raster(path, bands=card.bands, options={"crs": card.stated_crs, **source.options})
        return {
            "rows_in": len(raster.bands),
            "rows_kept": len(raster.bands),
            "says": f"bands {', '.join(raster.band_names)}",
        }
    return read_layer(
        path, layer, card=source.card, extent_deg=region.extent_deg, options=options, states=states
    ).report


def lines_of(
    what: str, file: str, report: Mapping[str, Any], *, is_fetched: bool = False, left: Sequence[str] | None = None
) -> Iterator[Line]:
    """The lines of one layer's report of admission; ``left`` are the columns that nothing is read from, where others read them too."""
    if told := report.get("absent"):
        do = "run: khanij fetch --region" if is_fetched else "check the path in the region's YAML, and KHANIJ_DATA"
        why, _, remedy = str(told).partition(". What to do: ")
        yield Line(what, FINDING if is_fetched else ERROR, why, remedy or do, file)
        return
    counts = (report.get("rows_in"), report.get("rows_kept"))
    held = int(report.get("rows_quarantined", 0))
    outside = int(report.get("rows_outside_region", 0))
    says = [str(report.get("says", ""))] if report.get("says") else []
    says += [f"{outside} rows outside the extent"] if outside else []
    if report.get("fails") or report.get("empty"):
        yield Line(
            what,
            FINDING,
            str(report.get("fails") or report["empty"]),
            "see khanij validate FILE --as LAYER",
            file,
            *counts,
        )
    elif held:
        reasons = report["by_reason"]["quarantined"]
        # A row may have several reasons, so theirs add up to more than the rows.
        why = "; ".join(
            f"{reason} ({n})" if len(reasons) > 1 else reason for reason, n in list(reasons.items())[:_MANY]
        )
        says.append(f"{held} row{'s' if held > 1 else ''} held: {why}")
        yield Line(what, FINDING, "; ".join(says), "correct the rows, or let them be held", file, *counts)
        if unknown := report.get("unknown_sites"):
            yield Line(what, FINDING, *unknown_sites(unknown, report.get("fields", {}).get("site_id", "site_id")), file)
    else:
        yield Line(what, OK, "; ".join(says), "", file, *counts)
    if doubtful := report.get("outside_but_named_inside"):
        told = f"{len(doubtful)} of the rows outside name a State or district of the region: {_some(doubtful)}"
        yield Line(
            what, NOTE, told, "compare the places with a map, and correct them in the file where they are wrong", file
        )
    held_whole = _held_whole(report)
    for column, reason in held_whole.items():
        said, _, do = reason.partition("; ")
        do = do or f"say the unit in the card, as in units: {{{column}: {{unit: UNIT}}}}, or leave the column as it is"
        yield Line(what, FINDING, f"column {column} is not used: {said}", do, file)
    if words := words_not_understood(report):
        told = f"status not understood, kept as it is written: {_some(words)}"
        yield Line(what, NOTE, told, _IN_OTHER_WORDS.format(where="card"), file)
    unused = [c for c in (unused_columns(report) if left is None else left) if c not in held_whole]
    if unused:
        yield Line(
            what,
            NOTE,
            f"columns not used: {_some(unused, _MANY * 2)}",
            "where one is a field of the layer (docs/data_dictionary.md lists them), name it in the card's field_map; others are kept out",
            file,
        )


def _held_whole(report: Mapping[str, Any]) -> dict[str, str]:
    """Columns of which nothing is used, each with its reasons: a unit that is not understood, no unit, half of a position."""
    out: dict[str, str] = {}
    for held in report.get("held_columns", ()):
        column, reason = str(held["column"]), str(held["reason"])
        out[column] = f"{out[column]}; {reason}" if column in out and reason not in out[column] else reason
    return out


def _register(workspace: Workspace, region: Region, states: Any) -> Iterator[Line]:
    """The register of waste sites, its tables and further sources, read as a run would."""
    inventory: WasteInventory
    if region.waste.card == "embedded_register":
        inventory = embedded_inventory(extent_deg=region.extent_deg, states=states)
    elif "waste_sites" in region.layers:
        sources = {n: region.layers[n] for n in WASTE_CONTRACTS if n in region.layers}
        paths = {n: workspace.layer_path(region, s) for n, s in sources.items()}
        try:
            inventory = read_inventory(
                paths, card_name=region.waste.card, extent_deg=region.extent_deg, states=states, sources=sources
            )
        except KhanijError as error:
            yield Line(error.layer or "waste_sites", ERROR, error.message, error.do or "", str(error.file or ""))
            return
    elif region.waste.sources:
        inventory = empty_inventory()
    else:
        return
    if region.waste.sources:
        inventory = merged_inventory(
            inventory, region.waste, workspace.waste_paths(region), extent_deg=region.extent_deg, states=states
        )
    reports = inventory.report.get("layers", {})
    left = _left_by_all(reports)
    for name, report in reports.items():
        if report.get("absent") or report.get("rows_in") or name in region.layers:
            file = Path(str(report.get("file") or "")).name
            yield from lines_of(name, file, report, left=left.pop(file, ()))
    if region.waste.card != "embedded_register":
        lost = inventory.sites.loc[inventory.sites["lon"].isna(), "site_id"].astype("str").tolist()
        if lost:
            yield Line(
                "waste_sites",
                FINDING,
                f"no position: {_some(lost)}",
                "name the columns as lon and lat in the card's field_map, or as x and y under options with their crs",
            )
    for told in far_off(inventory.sites):
        yield Line(
            "waste_sites", NOTE, told, "compare the place with a map, and correct it in the file where it is wrong"
        )
    yield from _valued(inventory)


def _left_by_all(reports: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """File -> the columns that none of the layers reads which are read from it: sites, tonnages and grades may be one table."""
    by_file: dict[str, list[tuple[list[str], set[str], set[str]]]] = {}
    for report in reports.values():
        if "columns_unmapped" in report:
            unused = [str(c) for c in report["columns_unmapped"]]
            seen = {*unused, *map(str, report.get("fields", {}).values())}
            told = (unused, seen, set(_held_whole(report)))
            by_file.setdefault(Path(str(report.get("file") or "")).name, []).append(told)
    out: dict[str, list[str]] = {}
    for file, layers in by_file.items():
        held = {c for *_, whole in layers for c in whole}
        # Layers of one file that have no column in common are of two of its sheets.
        left = [
            c for unused, seen, _ in layers for c in unused
            if c not in held and all(c in others for others, theirs, _ in layers if seen & theirs)
        ]  # fmt: skip
        out[file] = list(dict.fromkeys(left))
    return out


def _valued(inventory: WasteInventory) -> Iterator[Line]:
    """Sites that are listed and cannot be valued, and why."""
    sites = inventory.sites
    without: dict[str, list[str]] = {}
    for site, waste, route in zip(sites["site_id"], sites["waste_type_code"], sites["route_code"]):
        if why := why_not_valued(waste, route):
            without.setdefault(why, []).append(str(site))
    for why, ids in without.items():
        yield Line(
            "waste_sites",
            FINDING,
            f"cannot be valued: {_some(ids)}: {why}",
            "nothing: the waste is known, and no treatment of it"
            if why.startswith("no treatment")
            else "name a code of docs/reference_tables.md, routes, for the word under values in the card of the sites",
        )
    for name, table in (("tonnage", inventory.tonnages), ("grade", inventory.grades)):
        known = set(table["site_id"].astype("str")) if len(table) else set()
        bare = table["basis_code"].isna() & table["knowledge_class"].isna()
        if len(table) and bare.any():
            says = f"{int(bare.sum())} {name}s say neither basis_code nor knowledge_class: {UNKNOWN_BASIS}"
            yield Line(f"{name}s", NOTE, says, "add these columns to the table")
        lacking = [s for s in sites["site_id"].astype("str") if s not in known]
        if lacking:
            yield Line(
                "waste_sites",
                NOTE,
                f"no {name}, so UNQUANTIFIED: {_some(lacking)}",
                f"add rows to the table of {name}s",
            )


def _some(ids: list[str], many: int = _MANY) -> str:
    more = len(ids) - many
    return ", ".join(ids[:many]) + (f" and {more} more" if more > 0 else "")
