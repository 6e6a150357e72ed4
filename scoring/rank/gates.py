"""Gates, leases and soft multipliers, from the register's facts and from layers that a user connects.

Precedence: GATED, LEASED, UNQUANTIFIED, OUT_OF_BASKET, RANKED. Belongs here: what bars a block, and why. Does not
belong here: what it would be worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data_sources.contracts import ScoringError
from khanij.foundation.cells import flag_of, is_known
from khanij.foundation.equal_area import require_equal_area
from scoring.rank.settings import RankingSettings
from scoring.waste.inventory import SiteRecord
from scoring.waste.rows import ConstraintRow, LayerRow, rows_of
from scoring.waste.shares.areas import to_equal_area

HARD_LAYERS = {
    "protected_areas": "national park or sanctuary core",
    "crz": "Coastal Regulation Zone I",
    "court_bars": "court order",
    "atomic_minerals": "Part B atomic mineral above its threshold",
}
LEASE_LAYER = "leases"
SOFT_LAYERS = {"forest": 0.5, "eco_sensitive": 0.5, "settlements": 0.2}
"""Loss of score at full cover: forest 1 - 0.5 f; eco-sensitive zone 0.5 and settlement 0.8 wherever they are met."""
MAY_BE_IN_FORCE = "lease_may_be_in_force"
"""Flag of what is withheld for a lease of which nobody can tell whether it runs."""
NOT_APPLIED = "gate_not_applied"
"""Flag of what would be withheld, in a what-if without gates."""
LAYERS = tuple(sorted([*HARD_LAYERS, *SOFT_LAYERS, LEASE_LAYER]))
"""Names that a user's layer may have."""
OF_THE_DUMP = ("settlements",)
"""Layers that count where they lie on the waste itself, not anywhere in a block."""


@dataclass
class Gate:
    """What stands against a block or a site: status (GATED, LEASED or none), reason, multiplier in (0, 1], flags.

    ``holders`` are those whom a lease layer names.
    """

    status: str = ""
    reason: str = ""
    multiplier: float = 1.0
    flags: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    holders: list[str] = field(default_factory=list)


def register_gates(records: Mapping[str, SiteRecord], constraints: pd.DataFrame) -> dict[str, Gate]:
    """One gate per site from ``site_constraints`` and the register's lease status.

    hard withholds; leased withholds only from third parties (an operator's own pond is not leased away from him);
    conditional and check become flags; a soft row without a published multiplier counts as 1.
    """
    out = {site_id: Gate() for site_id in records}
    hard: dict[str, list[str]] = {}
    for row in sorted(rows_of(constraints, ConstraintRow), key=lambda r: r.constraint_id):
        if row.site_id not in out:
            continue
        if row.gate_code == "hard":
            hard.setdefault(row.site_id, []).append(_bar(row))
        _constrain(out[row.site_id], row, records[row.site_id].row.lease_status == "operator")
    for site_id, gate in out.items():
        site = records[site_id].row
        if site_id in hard:
            gate.reason = "; ".join(hard[site_id])
        elif site.lease_status == "third_party" and not gate.status:
            gate.status = "LEASED"
            gate.reason = site.lease_basis or "a third party's lease covers the site"
        if site.lease_status == "operator" and "operator_lease" not in gate.flags:
            gate.flags.append("operator_lease")
        gate.flags = list(dict.fromkeys(gate.flags))
    return out


def _bar(row: ConstraintRow) -> str:
    # a threshold that the source does not state is not filled in
    bare = "atomic" in row.constraint_type and not any(c.isdigit() for c in row.fact)
    limit = " (threshold not stated by the source)" if bare else ""
    return f"{row.constraint_type}: {row.fact}{limit} [{row.source}]"


def _constrain(gate: Gate, row: ConstraintRow, is_operators: bool) -> None:
    """Put one constraint on a site's gate; ``is_operators``: the site's lease is its own operator's."""
    kind, code = row.constraint_type, row.gate_code
    if code == "hard":
        gate.status = "GATED"
    elif code == "leased":
        if is_operators:
            gate.flags.append("operator_lease")
        elif gate.status != "GATED":
            gate.status, gate.reason = "LEASED", f"{row.fact} [{row.source}]"
    elif code == "conditional":
        gate.flags.append(flag_of("conditional", kind))
        gate.conditions.append(f"{row.fact} [{row.source}]")
    elif code == "check":
        gate.flags.append(flag_of("to_be_checked", kind))
    elif code == "soft":
        known = is_known(row.multiplier)
        gate.multiplier *= row.multiplier if known else 1.0
        gate.flags.append(flag_of("soft", f"{kind} x{row.multiplier:g}" if known else kind))
    if code in ("hard", "leased", "conditional", "soft"):
        gate.sources.append(row.source)


def layer_gates(
    shapes: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame] | None,
    crs: str,
    settings: RankingSettings,
    key: str,
) -> dict[str, Gate]:
    """One gate per row of ``shapes`` (column ``key``) from the user's layers, by the share of its area they cover.

    More than ``gate_overlap_share`` of the area under a hard layer gates it (a point: being inside); less is a flag
    with its percentage. ``leases`` may have ``holder``, ``lease_status`` and ``status_said``, the layer's own words; a
    lease of the block's own operator (``lease_status = operator``) is no bar.

    Raises
    ------
    ScoringError : a layer with an unknown name.
    """
    out = {str(i): Gate() for i in shapes[key]}
    if not layers:
        return out
    known = require_equal_area(crs)
    names = {*HARD_LAYERS, *SOFT_LAYERS, LEASE_LAYER}
    for name in sorted(layers):
        if name not in names:
            raise ScoringError(
                f"no gate layer is called {name!r}", layer=name, do=f"name it one of {', '.join(sorted(names))}"
            )
    frame = to_equal_area(shapes[[key, "geometry"]], known, "blocks" if key == "block_id" else "waste_sites")
    for name in sorted(layers):
        layer = to_equal_area(layers[name], known, name)
        parts = np.array(
            [shapely.make_valid(g) for g in layer.geometry if g is not None and not g.is_empty], dtype=object
        )
        rows = [
            r
            for r, g in zip(rows_of(pd.DataFrame(layer.drop(columns="geometry")), LayerRow), layer.geometry)
            if g is not None and not g.is_empty
        ]
        if not len(parts):
            continue
        tree = shapely.STRtree(parts)
        for identifier, shape in zip(frame[key].astype(str), frame.geometry):
            if shape is None or shape.is_empty:
                continue
            hits = sorted(tree.query(shape, predicate="intersects").tolist())
            if not hits:
                continue
            if name == LEASE_LAYER:
                # what others hold is measured by itself: an operator's own lease around it bars nobody's way to him
                theirs = [h for h in hits if rows[h].lease_status != "operator"]
                hits = [h for h in theirs if shape.area == 0 or shapely.intersection(shape, parts[h]).area > 0] or hits
            share = (
                1.0
                if shape.area == 0
                else shapely.intersection(shape, shapely.union_all(parts[hits])).area / shape.area
            )
            _apply(out[identifier], name, share, [rows[h] for h in hits], settings)
    return out


def _apply(gate: Gate, name: str, share: float, rows: list[LayerRow], settings: RankingSettings) -> None:
    labels = sorted({t for r in rows for t in (r.name, r.fact, r.holder) if t})
    label = f" ({', '.join(labels[:3])})" if labels else ""
    percent = f"{100 * share:.0f} %"
    if share * 1e6 < 1.0:
        return
    if name in HARD_LAYERS:
        if share > settings.gate_overlap_share:
            why = f"{percent} of the area lies in {HARD_LAYERS[name]}{label}"
            gate.reason = f"{gate.reason}; {why}" if gate.status == "GATED" else why
            gate.status = "GATED"
        else:
            gate.flags.append(f"partly_in:{name} {percent}")
    elif name == LEASE_LAYER:
        gate.holders += sorted({r.holder for r in rows if r.holder})
        if all(r.lease_status == "operator" for r in rows):
            gate.flags.append("operator_lease")
        elif share > settings.gate_overlap_share:
            if not gate.status:
                gate.status, gate.reason = "LEASED", f"{percent} of the area lies in {leases_said(rows)}"
                if not any(r.lease_status == "third_party" for r in rows):
                    gate.flags.append(MAY_BE_IN_FORCE)
        else:
            is_sure = any(r.lease_status == "third_party" for r in rows)
            gate.flags.append(
                f"partly_leased {percent}" if is_sure else f"partly_in:a_lease_that_may_be_in_force {percent}"
            )
        said = dict.fromkeys(r.status_said for r in rows if r.status_said and r.lease_status == "unknown")
        gate.flags += [flag_of("lease_status_not_understood", words) for words in said]
    elif name == "forest":
        gate.multiplier *= 1.0 - SOFT_LAYERS[name] * share
        gate.flags.append(f"forest {percent}")
    else:
        gate.multiplier *= 1.0 - SOFT_LAYERS[name]
        gate.flags.append(f"{name} {percent}")


def leases_said(rows: Iterable[LayerRow]) -> str:
    """What a lease layer says of the leases in words: what runs, and what may run because its status says nothing here.

    A lease is not free until its layer says that it ended, so a status that is not understood bars as one in force does.
    """
    groups: dict[tuple[bool, str], set[str]] = {}
    for r in rows:
        if r.lease_status != "operator":
            named = {t for t in (r.name, r.fact, r.holder) if t}
            groups.setdefault((r.lease_status == "third_party", r.status_said), set()).update(named)
    told = []
    for (is_sure, words), names in sorted(groups.items(), key=lambda g: (not g[0][0], g[0][1])):
        label = f" ({', '.join(sorted(names)[:3])})" if names else ""
        if is_sure:
            told.append(f"a third party's lease{label}" + (f": its status is '{words}'" if words else ""))
        else:
            said = f"its status '{words}' is not understood" if words else "its layer states no status"
            told.append(f"a lease that may be in force{label}: {said}")
    return "; and in ".join(told)


def lifted(gate: Gate) -> Gate:
    """The gate as if nothing were withheld and no score lowered; what stands against it stays told among its flags."""
    told = [f"{NOT_APPLIED}:{gate.status}"] if gate.status else []
    return replace(gate, status="", reason="", multiplier=1.0, flags=[*gate.flags, *told])


def combine(first: Gate, second: Gate, floor: float) -> Gate:
    """Both gates on one block: the stricter status, both reasons and flags, the product of multipliers (>= floor)."""
    order = ("GATED", "LEASED", "")
    status = min(first.status, second.status, key=order.index)
    reasons = [g.reason for g in (first, second) if g.reason and g.status == status]
    return Gate(
        status,
        "; ".join(reasons),
        max(floor, first.multiplier * second.multiplier),
        list(dict.fromkeys([*first.flags, *second.flags])),
        [*first.conditions, *second.conditions],
        list(dict.fromkeys([*first.sources, *second.sources])),
        list(dict.fromkeys([*first.holders, *second.holders])),
    )
