"""Proposals -> one region: which file is which layer, its extent and CRS, and the YAML of the region and of its cards.

Belongs here: choosing among proposals and writing them down. Does not belong here: writing files, or what a file is (``judging``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import yaml

from data_sources.cards.card import parse_card
from data_sources.cards.writing import found_card
from data_sources.proposing.folder import Found, Unread, data_sets
from data_sources.proposing.joining import named_column, texts_of
from data_sources.proposing.judging import completed, judge, tables_of_outlines
from data_sources.proposing.proposals import FURTHER, GRID_LAYER, LEAST_SCORE, Known, Proposal
from data_sources.proposing.registers import (
    BESIDE,
    FurtherRegister,
    candidates,
    card_of,
    names_of,
    own_grades,
    register_of,
    source_of,
)
from data_sources.proposing.telling import Bounds
from data_sources.proposing.whole_files import rows_of
from khanij.foundation.equal_area import equal_area_for

NEED_SITES = ("tonnages", "grades", "constraints", "waste_footprints", *FURTHER)
"""Layers that say something of waste sites and are nothing without them."""
UNIT_OF_LAYER = {"waste_sites": "waste_block", "auction_blocks": "auction_block", "mining_leases": "mining_lease"}
_MARGIN_DEG, _STEP_DEG = 0.05, 0.01
_CELLS = (100, 250, 500, 1000, 2000, 4000, 8000)
_MOST_CELLS = 60_000
_ORDER = (
    "waste_sites", "tonnages", "grades", "constraints", "waste_footprints", "auction_blocks", "mining_leases", "block_facts",
)  # fmt: skip


@dataclass(frozen=True)
class Placed:
    """The proposals that are used, by layer or gate, and what is not, each with its reason and what would be needed.

    ``registers`` are files with waste sites of their own beside the layer of the sites, by the name of the source.
    """

    layers: Mapping[str, Proposal]
    gates: Mapping[str, Proposal]
    unplaced: tuple[Unread, ...]
    extent_deg: Bounds | None = None
    extent_from: str = ""
    notes: tuple[str, ...] = field(default=())
    registers: Mapping[str, FurtherRegister] = field(default_factory=dict)

    def shown(self) -> dict[str, Proposal]:
        """Everything that is placed, by layer, ``waste.NAME`` or gate."""
        return {**self.layers, **{f"waste.{n}": r.sites for n, r in self.registers.items()}, **self.gates}


def place(folder_sets: tuple[list[Found], list[Unread]], known: Known, extent_deg: Bounds | None) -> Placed:
    """Which data set is which layer: every layer once, the best-founded file for each; sites first, whose ids the tables name.

    Parameters
    ----------
    folder_sets : of ``folder.data_sets``. extent_deg : west, south, east, north; from the files where it is None.
    """
    found, unread = folder_sets
    judged, failed, known, further = _judged(found, known)
    unplaced = [*unread, *failed]
    layers: dict[str, Proposal] = {}
    gates: dict[str, Proposal] = {}
    for proposal in sorted((p[0] for p in judged.values()), key=lambda p: (-p.score, p.found.said)):
        kept = gates if proposal.is_gate else layers
        if proposal.layer in kept:
            unplaced.append(_second(proposal, kept[proposal.layer]))
        else:
            kept[proposal.layer] = proposal
    _register_in_one(judged, layers)
    layers = {name: completed(p, known) for name, p in sorted(layers.items(), key=lambda item: _place_of(item[0]))}
    for name in [n for n in NEED_SITES if n in layers and "waste_sites" not in layers]:
        unplaced.append(Unread(layers.pop(name).found.said, f"{name} of sites that no file names", _SITES_NEEDED))
    if (own := own_grades(judged, layers, known)) is not None:
        further = [*further, own]
    registers = names_of(further, layers)
    placed = {**layers, **{f"waste.{n}": r.sites for n, r in registers.items()}}
    said, source = (extent_deg, "as given") if extent_deg else _extent(placed, gates)
    return Placed(layers, gates, tuple(unplaced), said, source, tuple(_notes(layers, further)), registers)


def _judged(
    found: list[Found], known: Known
) -> tuple[dict[Found, list[Proposal]], list[Unread], Known, list[FurtherRegister]]:
    """What each data set could be, what can be nothing, what is known by then, and registers beside the first: sites come first."""
    first = {f: judge(f, known) for f in found}
    judged = {f: told for f, told in first.items() if isinstance(told, list)}
    sites = _sites_of(judged)
    registers: list[FurtherRegister] = []
    if sites is not None:
        able = candidates(judged, sites.found)
        tables = {
            f: rows_of(f, known.crs)[0]
            for f, told in first.items()
            if f not in (sites.found, *able)
            and (isinstance(told, Unread) or told[0].layer in NEED_SITES)
            and not f.is_grid
            and _opens(told)
        }
        own = sites.report.get("fields", {}).get("site_id")
        said = {f.said: t for f, t in tables.items()}
        rows = {f: rows_of(f, known.crs)[0] for f in (sites.found, *able)}
        if hit := named_column(rows[sites.found], own, said, _texts(rows[f] for f in able)):
            known = replace(known, site_column=(sites.found, *hit))
            again = judge(sites.found, known)
            judged[sites.found] = again if isinstance(again, list) else judged[sites.found]
            sites = _sites_of({sites.found: judged[sites.found]}) or sites
        ids = set(sites.site_ids)
        for f in able:
            elsewhere = _texts(rows[other] for other in rows if other != f)
            register = register_of(f, ids, said, known, elsewhere)
            if register is not None:
                registers.append(register)
                ids |= register.sites.site_ids
        known = replace(known, site_ids=frozenset(ids), has_unplaced_sites=sites.bounds_deg is None)
        key = sites.report.get("fields", {}).get("site_id")
        known = replace(known, own_key=(sites.found, key) if key else None)
        again = judge(sites.found, known)  # its own tonnages and grades may be known by the ids alone
        judged[sites.found] = again if isinstance(again, list) else judged[sites.found]
        judged[sites.found] = [*judged[sites.found], *tables_of_outlines(sites.found, known)]
    failed = []
    for data_set, told in first.items():
        if any(data_set == r.found for r in registers):
            judged.pop(data_set, None)
            continue
        if sites is not None and data_set == sites.found:
            continue
        asks = isinstance(told, Unread) or told[0].layer in NEED_SITES
        again = judge(data_set, known) if known.site_ids and asks else told
        if isinstance(again, list):
            judged[data_set] = again
        else:
            judged.pop(data_set, None)
            failed.append(again)
    return judged, failed, known, registers


def _texts(frames: Iterable[pd.DataFrame]) -> frozenset[str]:
    """All that stands in the columns of some tables, in the form in which keys are compared."""
    return frozenset(form for frame in frames for forms in texts_of(frame).values() for form in forms)


def _opens(told: list[Proposal] | Unread) -> bool:
    return isinstance(told, list) or told.has_rows


def _sites_of(judged: Mapping[Found, list[Proposal]]) -> Proposal | None:
    """The data set that speaks most for being the waste sites: one that is best so, of several that with most sites."""
    able = [
        (ps[0].layer == p.layer, p.score >= LEAST_SCORE, p.report.get("rows_kept", 0), p.score, p)
        for ps in judged.values()
        for p in ps
        if p.layer == "waste_sites"
    ]
    return max(able, key=lambda a: a[:4])[4] if able else None


def _register_in_one(judged: Mapping[Found, list[Proposal]], layers: dict[str, Proposal]) -> None:
    """One table may be the sites, their tonnages and their grades at once: what it also is and no other file is, it is read as too."""
    if "waste_sites" not in layers and (best := _sites_of(judged)) is not None:
        layers["waste_sites"] = replace(best, why=(*best.why, "the only file of sites"))
    if "waste_sites" in layers:
        same = layers["waste_sites"].found
        for samples in ("stream_sediments", "soil_samples"):  # assays of waste say nothing of the ground
            if samples in layers and layers[samples].found == same:
                del layers[samples]
        if "waste_footprints" in layers and layers["waste_footprints"].found == same:
            del layers["waste_footprints"]  # sites that are outlines are their own footprints
        for proposal in judged.get(same, ()):
            if proposal.layer in ("tonnages", "grades") and proposal.layer not in layers:
                layers[proposal.layer] = replace(proposal, why=(*proposal.why, "in the table of the sites"))


_SITES_NEEDED = "add a table of the waste sites with site_id, name, lat, lon and waste_type_code (codes: docs/reference_tables.md, routes)"


def _second(proposal: Proposal, first: Proposal) -> Unread:
    why = f"{proposal.layer} as well ({'; '.join(proposal.why)}), and {first.found.said} speaks more for it"
    return Unread(proposal.found.said, why, "a region has each layer once: join the two files, or move one away")


def _place_of(layer: str) -> tuple[int, str]:
    return (_ORDER.index(layer) if layer in _ORDER else len(_ORDER), layer)


UNKNOWN_BASIS = (
    "they count as class G4, and the result says so, until columns say how a figure is known (basis_code: published for a "
    "tonnage, assay for a grade; knowledge_class: G1 to G4), or the card does for all of them: constants: {basis_code: assay, "
    "knowledge_class: G3}"
)


def _notes(layers: Mapping[str, Proposal], further: Sequence[FurtherRegister]) -> list[str]:
    """What the region lacks for a rank."""
    out = []
    if "waste_sites" in layers:
        out += [
            f"no file of {name}: sites stay UNQUANTIFIED without it"
            for name in BESIDE
            if name not in layers and not any(name in r.beside for r in further)
        ]
        for name in ("tonnages", "grades"):
            if name in layers and not {"basis_code", "knowledge_class"} & set(layers[name].report.get("fields", {})):
                out.append(f"{name} say neither basis_code nor knowledge_class: {UNKNOWN_BASIS}")
        if "mining_leases" in layers:
            out.append(
                "ponds on these leases are ranked, and the lease that they overlap is named; to hold back what lies on a lease of "
                "others, name the file under gates as well: leases: {path: ..., source: ..., options: {own_lessees: [NAME]}}"
            )
    elif layers:
        out.append("no file of waste sites: blocks are listed by fertility and not ranked")
    return out


def _extent(layers: Mapping[str, Proposal], gates: Mapping[str, Proposal]) -> tuple[Bounds | None, str]:
    """The box of what is ranked and sampled, a little wider; of all the rest where there is nothing of the kind."""
    first = [
        p
        for n, p in layers.items()
        if (n in (*UNIT_OF_LAYER, *FURTHER, "stream_sediments", "soil_samples") or n.startswith("waste."))
        and p.bounds_deg
    ]
    used = first or [p for p in (*layers.values(), *gates.values()) if p.bounds_deg]
    if not used:
        return None, "no file has places"
    boxes = [p.bounds_deg for p in used if p.bounds_deg]
    west, south = (min(b[i] for b in boxes) - _MARGIN_DEG for i in (0, 1))
    east, north = (max(b[i] for b in boxes) + _MARGIN_DEG for i in (2, 3))
    down = [math.floor(v / _STEP_DEG + 1e-9) * _STEP_DEG for v in (west, south)]
    up = [math.ceil(v / _STEP_DEG - 1e-9) * _STEP_DEG for v in (east, north)]
    names = ", ".join(dict.fromkeys(p.layer for p in used))
    numbers = [round(v, 2) for v in (*down, *up)]
    return (numbers[0], numbers[1], numbers[2], numbers[3]), f"from {names}, with {_MARGIN_DEG} degrees around"


def card_names_for(region: str, placed: Placed) -> dict[str, str]:
    """Layer -> name of its card."""
    return {layer: f"{region}_{layer}" for layer in placed.layers}


def cards_of(region: str, placed: Placed, paths: Mapping[str, str]) -> dict[str, str]:
    """Name -> YAML of the card of every layer; ``paths`` is layer -> its file below the data folder."""
    out = {}
    for layer, name in card_names_for(region, placed).items():
        proposal = placed.layers[layer]
        if layer == GRID_LAYER:
            text = _grid_card(name, proposal, paths[layer])
        else:
            contract = "waste_footprints" if layer in FURTHER else layer
            text = found_card(
                name, proposal.found.path.name, contract, proposal.report, proposal.options, path=paths[layer]
            )
        out[name] = text
    for source, register in placed.registers.items():
        out[f"{region}_{source}"] = card_of(f"{region}_{source}", register, paths[f"waste.{source}"])
    return out


def _grid_card(name: str, proposal: Proposal, path: str) -> str:
    card = {
        "name": name, "title": f"{proposal.found.path.name}, as {GRID_LAYER}", "publisher": "the owner of the file",
        "licence": "as its owner says; taken as not to be passed on", "redistribute": "no",
        "citation": f"{proposal.found.path.name}, supplied by the user", "protocol": "file", "path": path,
    }  # fmt: skip
    text = yaml.safe_dump(card | dict(proposal.options), sort_keys=False, allow_unicode=True, width=120)
    parse_card(text, file=f"{name}.yaml")
    return text


def elements_of(placed: Placed) -> list[str]:
    """Elements of the stream sediments whose columns are used."""
    samples = placed.layers.get("stream_sediments")
    used = [u["target"] for u in samples.report.get("units", ()) if u["used"]] if samples else []
    return list(dict.fromkeys(t.removesuffix("_ppm") for t in used if t.endswith("_ppm")))


def region_of(
    region: str, title: str, placed: Placed, paths: Mapping[str, str], extent_deg: Bounds, *, has_grid: bool
) -> dict[str, Any]:
    """The region's settings, by which it runs unedited.

    Parameters
    ----------
    paths : layer or ``gates.NAME`` -> its file below the data folder. has_grid : whether its samples can be scored; without
    a grid the run leaves the fertility out.
    """
    names = card_names_for(region, placed)
    layers: dict[str, Any] = {}
    for layer, proposal in placed.layers.items():
        if layer in FURTHER:
            continue
        part = {"layer": proposal.found.part} if proposal.found.part else {}
        layers[layer] = {"card": names[layer], "path": paths[layer], **part}
    gates = {
        gate: {
            "path": paths[f"gates.{gate}"],
            "source": f"{p.found.path.name}, supplied by the user",
            **({"layer": p.found.part} if p.found.part else {}),
            **({"options": dict(p.options)} if p.options else {}),
        }
        for gate, p in placed.gates.items()
    }
    units = [unit for layer, unit in UNIT_OF_LAYER.items() if layer in layers] or ["survey_sheet"]
    settled: dict[str, Any] = {
        "name": region,
        "title": title,
        "description": f"{title}, from files of the user.",
        "needs_data": True,
        "how_to_get": "files of the user, below the data folder",
        "extent_deg": list(extent_deg),
        "crs": equal_area_for(*extent_deg),
    }
    if has_grid:
        cell = _cell_m(extent_deg)
        settled["grid"] = {"cell_m": cell, "pad_m": 5 * cell}
    settled |= {"units": units, "layers": layers}
    if "waste_sites" in layers:
        settled["waste"] = {"card": names["waste_sites"]}
        further = [
            {
                "name": kind,
                "kind": kind,
                "card": names[kind],
                "path": paths[kind],
                **({"layer": placed.layers[kind].found.part} if placed.layers[kind].found.part else {}),
            }
            for kind in FURTHER
            if kind in placed.layers
        ]
        registers = [
            source_of(n, f"{region}_{n}", r, paths[f"waste.{n}"]) for n, r in placed.registers.items()
        ]  # before outlines, which draw the sites of all
        settled["waste"] |= {"sources": [*registers, *further]} if registers or further else {}
    if gates:
        settled["gates"] = gates
    return settled | {"ranking": {"basket": "all_recoverable", "price_deck": "2025e", "draws": 2000}, "seed": 20260101}


def _cell_m(extent_deg: Bounds) -> int:
    west, south, east, north = extent_deg
    wide = (east - west) * 111_320 * math.cos(math.radians((south + north) / 2))
    area = wide * (north - south) * 111_320
    return next((cell for cell in _CELLS if area / cell**2 <= _MOST_CELLS), _CELLS[-1])


def region_yaml(settled: Mapping[str, Any], placed: Placed, schema: str) -> str:
    """The YAML of a region, with why each layer is what it is; ``schema`` is the path of the JSON Schema for an editor."""
    text = yaml.safe_dump(dict(settled), sort_keys=False, allow_unicode=True, width=120)
    reasons = {
        name: [f"{p.found.said}: {', '.join(p.why)}", *(f"look at this: {x}" for x in p.look_at)]
        for name, p in placed.shown().items()
    }
    lines = []
    for line in text.splitlines():
        hit = re.fullmatch(r"  (\w+):|  - name: (\w+)", line)
        if hit and (name := hit[1] or f"waste.{hit[2]}") in reasons:
            lines += [f"  # {' '.join(reason.split())}" for reason in reasons[name]]
        lines.append(line)
    return "\n".join([schema_line(schema), *lines, ""])


def schema_line(schema: str) -> str:
    """The comment by which an editor finds the schema of a YAML."""
    return f"# yaml-language-server: $schema={schema}"


def proposed(folder: Any, known: Known, extent_deg: Bounds | None) -> Placed:
    """Look at a folder: what each file is, and why."""
    return place(data_sets(folder), known, extent_deg)


__all__: Sequence[str] = ("Placed", "cards_of", "proposed", "region_of", "region_yaml", "schema_line")
