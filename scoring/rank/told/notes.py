"""What is known and missing of a block in words: class, completeness, likely companions, flags, sources.

Belongs here: register facts of a block. Does not belong here: any simulated number.
"""

from __future__ import annotations

import math

import pandas as pd

from khanij.foundation.cells import flag_of, flags_in, is_known, text
from scoring.rank.gates import MAY_BE_IN_FORCE
from scoring.rank.state import RunState, Share
from scoring.rank.told.money import capped_metals
from scoring.waste.companions import companions_of_minerals
from scoring.waste.inventory import SiteRecord
from scoring.waste.sample_means import MEAN_OF_SAMPLES

NAMED_SITES = 3
"""Sites that are named for lacking what others of the block have."""
HALF_COVERED_PCT = 50.0
"""Below this the fertility of a block is told as that of a part of it."""


def _site_items(state: RunState, record: SiteRecord) -> dict[str, bool]:
    sold = [a for a in record.assays if any(e in record.sold for e, _ in a.parts)]
    return {
        "position": is_known(record.row.lon),
        "mapped footprint": record.site_id in state.given.mapped_sites,
        "tonnage": record.tonnage_width is not None and not record.is_screening,
        "assays of what can be sold": bool(sold),
        "assays of the site itself": _is_assayed_itself(record),
        "treatment route with costs": record.project is not None,
        "test of the route on this waste": record.project is not None and record.project.test_level != "none",
        "lease status": record.row.lease_status not in ("", "unknown"),
    }


def _is_assayed_itself(record: SiteRecord) -> bool:
    """Whether any figure is of the site's own samples, be it of a metal that its route does not sell."""
    is_mean = any(f.startswith(MEAN_OF_SAMPLES) for f in record.flags)
    return is_mean or bool(record.upper_limits) or any(a.knowledge_class != "analogue" for a in record.assays)


def _is_lease_told(state: RunState, i: int) -> bool:
    """Whether anything says of the block's own ground whose lease it is: its source, a lease layer, or a lease over it."""
    given = state.given
    gate, said = given.block_gates[given.ids[i]], given.column["flags"][i]
    is_ended = any(code in ("lease_ended", "lease_in_force") for code, _ in flags_in(said))
    is_covered = bool(gate.holders) or (gate.status == "LEASED" and MAY_BE_IN_FORCE not in gate.flags)
    own = is_ended or text(given.column["lease_status"][i]) not in ("", "unknown")
    return own or is_covered or "operator_lease" in gate.flags or _is_under_told_lease(state, i)


def _is_under_told_lease(state: RunState, i: int) -> bool:
    """Whether a mining lease of the region holds the same waste, and its status or holder is known."""
    given, known = state.given, state.given.leases_told
    held = [x.site_id for x in given.shares_of.get(given.ids[i], []) if given.is_held(x)]
    return any(site in known for site in held)


def _items(state: RunState, i: int) -> dict[str, bool]:
    record = state.given.own_record(i)
    sites = [record] if record is not None else [state.given.records[s] for s in state.decided.holds[i]]
    if not sites:
        items = dict.fromkeys(
            ("quantified waste inside", "tonnage", "assays of what can be sold", "lease status"), False
        )
    else:
        each = [_site_items(state, r) for r in sites]
        items = {k: all(e[k] for e in each) for k in each[0]}
    items["lease status"] = items["lease status"] or _is_lease_told(state, i)
    if state.decided.fertility_use(i) != "not_applicable":
        items["survey layers (fertility)"] = not math.isnan(state.given.fertility_of(i))
    return items


def completeness_pct(state: RunState, i: int) -> float:
    """Share [%] of the things that should be known of a block which are."""
    items = _items(state, i)
    return 100.0 * sum(items.values()) / len(items)


def missing_of(state: RunState, i: int) -> list[str]:
    """The things that should be known of a block and are not."""
    return [f"{k}{_of_which(state, i, k)}" for k, known in _items(state, i).items() if not known]


def _of_which(state: RunState, i: int, item: str) -> str:
    """`` (S-02)``: the sites that lack it, where the block holds others that do not."""
    sites = [] if state.given.own_record(i) is not None else state.decided.holds[i]
    lacking = [s for s in sites if not _site_items(state, state.given.records[s]).get(item, True)]
    if not lacking or len(lacking) == len(sites):
        return ""
    more = f" and {len(lacking) - NAMED_SITES} more" if len(lacking) > NAMED_SITES else ""
    return f" ({', '.join(lacking[:NAMED_SITES])}{more})"


def likely_of(state: RunState, i: int, nearest: str | None) -> tuple[list[str], str]:
    """Elements likely but not measured, and whence: the block's own waste, its minerals, or a site within ``reach_km``."""
    record = state.given.own_record(i)
    if record is not None:
        return record.likely, "its own waste" if record.likely else ""
    if state.decided.holds[i]:
        inside = list(dict.fromkeys(e for s in state.decided.holds[i] for e in state.given.records[s].likely))
        return inside, "the waste inside" if inside else ""
    minerals = text(state.given.column["minerals"][i]) if "minerals" in state.given.column else ""
    of_minerals = companions_of_minerals(minerals, state.given.book.symbol_of)
    if of_minerals:
        return of_minerals, f"its notified minerals ({', '.join(m.strip() for m in minerals.split(';'))})"
    site = state.given.records.get(nearest) if nearest else None
    km = state.given.nearest[state.given.ids[i]][1]
    if site is None or not km <= state.given.settings.reach_km or not site.likely:
        return [], ""
    return site.likely, f"the waste of {nearest}, {km:.1f} km away"


def fertility_note(state: RunState, i: int) -> str:
    """What the ground's evidence does for the block, and why where it does nothing."""
    use = state.decided.fertility_use(i)
    could = state.given.settings.ground_weight
    told = text(state.given.fertility_columns.get(state.given.ids[i], {}).get("fertility_note"))
    return {
        "measured": told or "fertility of the ground from held-out survey evidence",
        "missing": f"no survey layer covers it: its ground earns nothing and could earn up to {100 * could:.0f} % of the score",
        "not_applicable": "fertility does not apply: transported waste says nothing of the ground beneath it",
    }[use]


def flags_of(state: RunState, i: int, overlap: dict[str, list[str]]) -> list[str]:
    """Words of everything that is odd about the block, its gates and its site; ``overlap`` is block -> its words on overlaps."""
    block_id, record = state.given.ids[i], state.given.own_record(i)
    flags = [f.strip() for f in text(state.given.column["flags"][i]).split(";") if f.strip()]
    flags += state.given.block_gates[block_id].flags
    if record is not None:
        if record.is_screening:
            flags.append("screening_tonnage")
        if any(a.recovered for a in record.assays):
            flags.append("grades_already_recovered")
        if record.row.shares_complex_with:
            flags.append(flag_of("shares_complex_with", record.row.shares_complex_with))
        flags += record.flags
    inside = [x for x in state.given.shares_of.get(block_id, []) if x.inside > 0 and not x.is_own]
    for site in [x.site_id for x in inside]:
        flags += [f"{flag} ({site})" for flag in state.given.records[site].flags]
        if state.given.site_gates[site].status:
            flags.append(flag_of("withheld_site", site))
    covered = state.given.fertility_columns.get(block_id, {}).get("coverage_pct", 100.0)
    if covered < HALF_COVERED_PCT:
        flags.append(f"fertility_from_part:{covered:.0f} %")
    flags += [f"market_cap:{metal}" for metal in capped_metals(state, state.decided.holds[i])]
    if _is_district_level(state, i, inside):
        flags.append("district_level")
    flags += overlap.get(block_id, [])
    return list(dict.fromkeys(flags))


def _is_district_level(state: RunState, i: int, inside: list[Share]) -> bool:
    """Position accuracy worse than half the block's equivalent diameter, ``sqrt(A / pi)``."""
    area_ha = state.given.column["area_ha"][i]
    if not inside or pd.isna(area_ha):
        return False
    half_diameter_m = math.sqrt(float(area_ha) * 1e4 / math.pi)
    drawn = [x.site_id for x in inside if x.share_basis != "footprint"]
    # one that is not stated (NaN) is no worse than anything
    return any(state.given.records[site].row.position_accuracy_m > half_diameter_m for site in drawn)


def overlap_flags(state: RunState) -> dict[str, list[str]]:
    """Blocks of different kinds over one site name each other; a waste block says which of the leases over it ended."""
    given = state.given
    said = dict(zip(given.ids, given.column["flags"], strict=True))
    out: dict[str, list[str]] = {}
    held: dict[str, list[tuple[str, str]]] = {}
    for block_id, shares in state.given.shares_of.items():
        for x in shares:
            if state.given.is_held(x):
                held.setdefault(x.site_id, []).append((block_id, x.kind))
    for site_id in sorted(held):
        for block_id, kind in held[site_id]:
            others = [flag_of("overlaps", b) for b, k in sorted(held[site_id]) if k != kind]
            if others:
                out.setdefault(block_id, []).extend(others)
            for lease in (b for b, k in sorted(held[site_id]) if kind == "waste_block" and k == "mining_lease"):
                words = dict(flags_in(said[lease])).get("lease_ended")
                if words is not None:
                    out.setdefault(block_id, []).append(flag_of("ended_lease_over", f"{lease}, '{words}'"))
    return out


def sources_of(state: RunState, i: int) -> str:
    """Where the block and the figures of its sites come from."""
    record = state.given.own_record(i)
    parts = (
        [f"block: {text(state.given.column['source'][i])}"]
        if text(state.given.column["source"][i]) and record is None
        else []
    )
    for r in [record] if record is not None else [state.given.records[s] for s in state.decided.holds[i]]:
        parts += r.sources
        cost = state.given.book.cost_row(r.row.route_code, r.row.waste_type_code)
        if cost is not None and r.has_value:
            parts.append(f"published cost beside the law, {cost.cost_id}: {cost.source}")
        if r.project is not None:
            parts.append(
                f"cost law {r.project.plant.family}: {state.given.book.economics.families[r.project.plant.family].operating.source}"
            )
    parts += [f"constraint: {s}" for s in state.given.block_gates[state.given.ids[i]].sources]
    return " | ".join(dict.fromkeys(parts)) or "blocks layer of the region"
