"""The gates of a case: the register's facts and the user's layers, on every site and on every block.

Belongs here: which gate of a site reaches which block. Does not belong here: what one layer does to one area
(``gates``).
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from khanij.foundation.cells import flags_in, text
from scoring.case import Case, Register
from scoring.rank.gates import MAY_BE_IN_FORCE, OF_THE_DUMP, Gate, combine, layer_gates, leases_said, register_gates
from scoring.rank.settings import RankingSettings
from scoring.waste.inventory import SiteRecord
from scoring.waste.rows import LayerRow
from scoring.waste.shares.allocation import Allocation

_PERCENT = re.compile(r"(.*\S) (\d+ %)$")
_SAID = ("lease_in_force", "lease_status_not_understood")
"""Flags with the words of a lease's status."""


def gates_of(
    case: Case,
    blocks: gpd.GeoDataFrame,
    records: dict[str, SiteRecord],
    allocation: Allocation,
    settings: RankingSettings,
) -> tuple[dict[str, Gate], dict[str, Gate]]:
    """One gate per site and one per block.

    A waste block has its site's gate, with its mapped area; others their layers' and their lease status. A layer lowers
    another block's score once, by the share of the block that it covers; what only the dump can tell (the register's
    multipliers, settlements on it) comes from the sites inside, by their shares.
    """
    site_gates = register_gates(records, case.register.constraints)
    on_dump = {s: g.multiplier for s, g in site_gates.items()}
    if case.gates:
        grounds = _site_grounds(case.register)
        of_dump = {n: g for n, g in case.gates.items() if n in OF_THE_DUMP}
        settled = layer_gates(grounds, of_dump, case.crs, settings, "site_id")
        on_dump = {s: x * settled[s].multiplier if s in settled else x for s, x in on_dump.items()}
        by_layer = layer_gates(grounds, case.gates, case.crs, settings, "site_id")
        site_gates = {s: combine(g, by_layer.get(s, Gate()), 0.0) for s, g in site_gates.items()}
    own_layers = layer_gates(blocks, case.gates, case.crs, settings, "block_id")
    elsewhere = {n: g for n, g in case.gates.items() if n not in OF_THE_DUMP}
    spread = layer_gates(blocks, elsewhere, case.crs, settings, "block_id")
    soft = _from_dumps(allocation, on_dump)
    footprints = case.register.footprints
    mapped = set() if footprints is None or not len(footprints) else set(footprints["site_id"].astype(str))
    columns = (blocks[c] for c in ("block_id", "kind", "site_id", "lease_status", "flags"))
    holders = dict(zip(blocks["block_id"], blocks["lease_holder"])) if "lease_holder" in blocks.columns else {}
    out = {}
    for block_id, kind, site_id, lease, flags in zip(*columns):
        gate = own_layers[block_id]
        if kind == "waste_block" and text(site_id) in site_gates:
            # the site's own ground has been held against the layers; its position circle may reach far beyond it
            ground = "of its mapped outline" if text(site_id) in mapped else "at its point"
            of_site = site_gates[text(site_id)]
            own, around = told_apart(of_site.flags, gate.flags, ground)
            gate = combine(replace(of_site, flags=own), Gate(flags=around), settings.modifier_floor)
        else:
            gate.multiplier = spread[block_id].multiplier
            gate = combine(gate, Gate(multiplier=soft.get(block_id, 1.0)), settings.modifier_floor)
        why, is_maybe = lease_bar(text(lease), text(flags), holders.get(block_id))
        if why and not gate.status:
            gate.status, gate.reason = "LEASED", why
            gate.flags = [*gate.flags, *([MAY_BE_IN_FORCE] if is_maybe else [])]
        out[block_id] = gate
    return site_gates, out


def told_apart(of_site: list[str], of_block: list[str], ground: str) -> tuple[list[str], list[str]]:
    """Flags with a percentage that a site's own ground and its block have with different figures, each with what it is a share of.

    Parameters
    ----------
    of_site, of_block : flags such as ``forest 37 %``. ground : what the site's own ground is, in words.
    """
    site, block = ({m[1]: m[2] for f in flags if (m := _PERCENT.match(f))} for flags in (of_site, of_block))
    odd = {code for code in site.keys() & block.keys() if site[code] != block[code]}

    def named(flags: list[str], of_what: str) -> list[str]:
        return [f"{f} ({of_what})" if (m := _PERCENT.match(f)) and m[1] in odd else f for f in flags]

    return named(of_site, ground), named(of_block, "of its whole block")


def lease_bar(lease: str, flags: str, holder: object) -> tuple[str, bool]:
    """Why a block's own lease withholds it, "" where it does not; and whether it only may be in force.

    Parameters
    ----------
    lease : its ``lease_status``. flags : of its source, with the words of the status and how they were read.
    """
    told = flags_in(flags)
    is_maybe = lease == "unknown" and any(code == "lease_status_not_understood" for code, _ in told)
    if lease != "third_party" and not is_maybe:
        return "", False
    said = next((words.strip() for code, words in told if code in _SAID), "")
    row = LayerRow(holder=text(holder), lease_status=lease, status_said=said)
    return f"it lies in {leases_said([row])}", is_maybe


def _from_dumps(allocation: Allocation, on_dump: dict[str, float]) -> dict[str, float]:
    """Block -> mean multiplier of the sites inside it, by their shares; its own ground does not count twice."""
    held: dict[str, list[tuple[float, float]]] = {}
    columns = (allocation.shares[c] for c in ("block_id", "site_id", "inside", "is_own"))
    for block_id, site_id, inside, is_own in zip(*columns):
        if inside > 0 and not is_own:
            held.setdefault(block_id, []).append((inside, on_dump[site_id]))
    total = {b: math.fsum(w for w, _ in weights) for b, weights in held.items()}
    return {b: math.fsum(w * x for w, x in weights) / total[b] for b, weights in held.items() if total[b] > 0}


def _site_grounds(register: Register) -> gpd.GeoDataFrame:
    """Each site's mapped ground, else its point, for the gate layers."""
    sites, footprints = register.sites, register.footprints
    mapped = (
        {}
        if footprints is None or not len(footprints)
        else dict(footprints.dissolve(by="site_id").geometry.to_crs(4326).items())
    )
    points = gpd.points_from_xy(pd.to_numeric(sites["lon"]), pd.to_numeric(sites["lat"]))
    ids = sites["site_id"].astype(str).tolist()
    return gpd.GeoDataFrame({"site_id": ids}, geometry=[mapped.get(s, p) for s, p in zip(ids, points)], crs=4326)
