"""Proposals -> one region: which file is which layer, its extent and CRS, and the YAML of the region and of its cards.

Belongs here: choosing among proposals and writing them down. Does not belong here: writing files, or what a file is (``judging``).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from data_sources.cards.card import parse_card
from data_sources.cards.writing import found_card
from data_sources.proposing.folder import Found, Unread, data_sets
from data_sources.proposing.judging import GRID_LAYER, Bounds, Known, Proposal, completed, judge
from khanij.foundation.equal_area import equal_area_for

NEED_SITES = ("tonnages", "grades", "constraints", "waste_footprints")
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
    """The proposals that are used, by layer or gate, and what is not, each with its reason and what would be needed."""

    layers: Mapping[str, Proposal]
    gates: Mapping[str, Proposal]
    unplaced: tuple[Unread, ...]
    extent_deg: Bounds | None = None
    extent_from: str = ""
    notes: tuple[str, ...] = field(default=())


def place(folder_sets: tuple[list[Found], list[Unread]], known: Known, extent_deg: Bounds | None) -> Placed:
    """Which data set is which layer: every layer once, the best-founded file for each; sites first, whose ids the tables name.

    Parameters
    ----------
    folder_sets : of ``folder.data_sets``. extent_deg : west, south, east, north; from the files where it is None.
    """
    found, unread = folder_sets
    judged: dict[Found, list[Proposal]] = {}
    unplaced = list(unread)
    layers: dict[str, Proposal] = {}
    gates: dict[str, Proposal] = {}
    for is_second in (False, True):
        todo = [f for f in found if f not in judged] if is_second else found
        for data_set in todo:
            told = judge(data_set, known)
            if isinstance(told, list):
                judged[data_set] = told
            elif is_second:
                unplaced.append(told)
        sites = {i for ps in judged.values() if ps[0].layer == "waste_sites" for i in ps[0].site_ids}
        known = replace(known, site_ids=frozenset(sites))
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
    said, source = (extent_deg, "as given") if extent_deg else _extent(layers, gates)
    return Placed(layers, gates, tuple(unplaced), said, source, tuple(_notes(layers)))


def _register_in_one(judged: Mapping[Found, list[Proposal]], layers: dict[str, Proposal]) -> None:
    """One table may be the sites, their tonnages and their grades at once: what it also is and no other file is, it is read as too."""
    if "waste_sites" not in layers:
        able = [p for proposals in judged.values() for p in proposals if p.layer == "waste_sites"]
        if able:
            best = max(able, key=lambda p: p.score)
            layers["waste_sites"] = replace(best, why=(*best.why, "the only file of sites"))
    if "waste_sites" in layers:
        same = layers["waste_sites"].found
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
    "tonnage, assay for a grade; knowledge_class: G1 to G4)"
)


def _notes(layers: Mapping[str, Proposal]) -> list[str]:
    """What the region lacks for a rank."""
    out = []
    if "waste_sites" in layers:
        out += [
            f"no file of {name}: sites stay UNQUANTIFIED without it"
            for name in ("tonnages", "grades")
            if name not in layers
        ]
        for name in ("tonnages", "grades"):
            if name in layers and not {"basis_code", "knowledge_class"} & set(layers[name].report.get("fields", {})):
                out.append(f"{name} say neither basis_code nor knowledge_class: {UNKNOWN_BASIS}")
    elif layers:
        out.append("no file of waste sites: blocks are listed by fertility and not ranked")
    return out


def _extent(layers: Mapping[str, Proposal], gates: Mapping[str, Proposal]) -> tuple[Bounds | None, str]:
    """The box of what is ranked and sampled, a little wider; of all the rest where there is nothing of the kind."""
    first = [p for n, p in layers.items() if n in (*UNIT_OF_LAYER, "stream_sediments", "soil_samples") and p.bounds_deg]
    used = first or [p for p in (*layers.values(), *gates.values()) if p.bounds_deg]
    if not used:
        return None, "no file has places"
    boxes = [p.bounds_deg for p in used if p.bounds_deg]
    west, south = (min(b[i] for b in boxes) - _MARGIN_DEG for i in (0, 1))
    east, north = (max(b[i] for b in boxes) + _MARGIN_DEG for i in (2, 3))
    down = [math.floor(v / _STEP_DEG + 1e-9) * _STEP_DEG for v in (west, south)]
    up = [math.ceil(v / _STEP_DEG - 1e-9) * _STEP_DEG for v in (east, north)]
    names = ", ".join(p.layer for p in used)
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
            text = found_card(
                name, proposal.found.path.name, layer, proposal.report, proposal.options, path=paths[layer]
            )
        out[name] = text
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
        for name, p in {**placed.layers, **placed.gates}.items()
    }
    lines = []
    for line in text.splitlines():
        hit = re.fullmatch(r"  (\w+):", line)
        if hit and hit[1] in reasons:
            lines += [f"  # {' '.join(reason.split())}" for reason in reasons[hit[1]]]
        lines.append(line)
    return "\n".join([schema_line(schema), *lines, ""])


def schema_line(schema: str) -> str:
    """The comment by which an editor finds the schema of a YAML."""
    return f"# yaml-language-server: $schema={schema}"


def proposed(folder: Any, known: Known, extent_deg: Bounds | None) -> Placed:
    """Look at a folder: what each file is, and why."""
    return place(data_sets(folder), known, extent_deg)


__all__: Sequence[str] = ("Placed", "cards_of", "proposed", "region_of", "region_yaml", "schema_line")
