"""The register and its further sources -> one inventory: every figure stays with its source, doubtful matches are listed.

Belongs here: joining admitted rows, and the balance rows in = kept + held over all of them. Does not belong here: reading
a source (``waste_sources``), or deciding which records are one facility (``register.matching``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from data_sources.cards import load_card
from data_sources.contracts.admitting.admission import Admission
from data_sources.contracts.admitting.identity import key_form
from data_sources.contracts.waste import TONNAGES, WASTE_CONTRACTS
from data_sources.readers.common import Extent, admit_layer
from data_sources.readers.references import by_form, join_sites, orphans, respelled
from data_sources.readers.waste import MARKS, STRICT, WasteInventory, admit_tables, join_lines, with_absent
from data_sources.readers.waste_layers import OUTLINES, POSITIONS, with_outlines, with_own_outlines, with_positions
from data_sources.readers.waste_sources import SourcePart, read_source
from data_sources.regions import OWN, Waste
from data_sources.register import Register, figure_tonnages, figures_kept, from_own_table, merge_records
from data_sources.register.tables import OTHER_USED, marked, prefer_over_sources
from khanij.foundation.errors import ContractError, CrsError, SourceError

_POSITION = ["lat", "lon", "position_accuracy_m", "position_basis"]


def merge_inventory(
    base: WasteInventory,
    parts: Sequence[SourcePart],
    *,
    same: Sequence[tuple[str, str]] = (),
    different: Sequence[tuple[str, str]] = (),
) -> WasteInventory:
    """One inventory of the register and further sources.

    Parameters
    ----------
    base : the register, admitted. parts : the other sources, in the order in which their values are taken where the
    register has none. same, different : pairs of record ids (``own:<site_id>``, ``<source>:<id>``) that were reviewed.

    Returns
    -------
    WasteInventory : the register's rows as they are, then the facilities that it does not have; all tonnages, the
    preferred one first the register's; ``review`` (doubtful pairs), ``members`` (record -> site), ``figures`` (those that
    are no tonnage), and in ``report`` what each source brought.
    """
    register, unknown = _match(base, parts, same, different)
    sites = _sites(base.sites, register, parts)
    base = _with_rows_of_sources(base, register, parts, set(sites["site_id"]))
    tonnages, held = _tonnages(base.tonnages, register, parts, sites)
    site_of = dict(zip(register.members["record_id"], register.members["site_id"]))
    ids = set(sites["site_id"])
    layers = dict(base.report["layers"])
    admitted = [a for part in parts for a in (part.sites, *_by_site(part, site_of, ids).values())] + held
    for part, admission in _named(parts, site_of, ids, held):
        layers[f"{admission.report['layer']} of {part}"] = dict(admission.report)
    own = {layer: [_by_site(p, site_of, ids).get(layer) for p in parts] for layer in ("grades", "constraints")}
    report = dict(base.report) | {
        "layers": layers,
        "merge": {
            "sources": [_brought(p, register, base) for p in parts],
            "review": register.review.to_dict("records"),
            "figures": figures_kept(register).drop(columns=["as_of_year"]).to_dict("records"),
            "decided_pairs_unknown": unknown,
        },
    }
    for key in ("rows_in", "rows_kept", "rows_quarantined", "rows_flagged"):
        report[key] = sum(layer.get(key, 0) for layer in layers.values())
    return replace(
        base,
        sites=sites,
        tonnages=tonnages,
        grades=_one_use(base.grades, [a.kept for a in own["grades"] if a is not None]),
        constraints=_stack([base.constraints, *(a.kept for a in own["constraints"] if a is not None)]),
        quarantine=join_lines([base.quarantine, *(a.quarantine for a in admitted)]),
        flags=join_lines([base.flags, *(a.flags for a in admitted)]),
        report=report,
        review=register.review,
        members=register.members,
        figures=figures_kept(register),
        marks={**_marks_of_new(site_of, parts, ids - set(base.sites["site_id"])), **base.marks},
    )


def empty_inventory() -> WasteInventory:
    """An inventory without a register: the sources alone make it."""
    return admit_tables({}, card=None, files={}, extent_deg=None, national=False)


def merged_inventory(
    base: WasteInventory,
    waste: Waste,
    paths: Mapping[str, Mapping[str, Path | None]],
    *,
    extent_deg: Extent | None = None,
    states: gpd.GeoDataFrame | None = None,
) -> WasteInventory:
    """The register joined with the sources that a region's YAML names; one that cannot be read is absent, and says why.

    Parameters
    ----------
    base : the register, admitted. waste : the region's settings. paths : source name -> files (``read_source``).
    """
    ids = set(base.sites["site_id"])
    parts: list[SourcePart] = []
    absent: dict[str, tuple[str, str, str]] = {}
    for source in (s for s in waste.sources if s.kind == POSITIONS):  # before all that compares places
        try:
            card, file = load_card(source.card), paths[source.called].get("sites")
            base = with_positions(base, source, file, card, extent_deg, states)
        except (SourceError, ContractError, CrsError) as error:
            told = (source.called, "waste_sites", _told(error, paths, source.called))
            absent[f"{POSITIONS} of {source.called}"] = told
    for source in (s for s in waste.sources if s.kind not in (OUTLINES, POSITIONS)):
        try:
            card = load_card(source.card)
            parts.append(
                read_source(
                    source, paths[source.called], card, extent_deg=extent_deg, register_ids=ids, states=states
                )
            )  # fmt: skip
        except (SourceError, ContractError, CrsError) as error:
            absent[f"waste_sites of {source.called}"] = (
                source.called,
                "waste_sites",
                _told(error, paths, source.called),
            )
    merged = merge_inventory(base, parts, same=waste.same, different=waste.different)
    settings = {s.called: s for s in waste.sources}
    for part in (p for p in parts if p.outlines is not None):
        source, path = settings[part.name], paths[part.name]["sites"]
        assert part.outlines is not None and path is not None
        merged = with_own_outlines(merged, source, path, load_card(source.card), part.outlines, extent_deg)
    for source in (s for s in waste.sources if s.kind == OUTLINES):
        try:
            merged = with_outlines(
                merged, source, paths[source.called].get("sites"), load_card(source.card), extent_deg
            )  # fmt: skip
        except (SourceError, ContractError, CrsError) as error:
            layer = "waste_footprints"
            absent[f"{layer} of {source.called}"] = (source.called, layer, _told(error, paths, source.called))
    return with_absent(merged, absent)


def _told(error: Exception, paths: Mapping[str, Mapping[str, Path | None]], name: str) -> str:
    """What is wrong with a source, without the folder that it lies in: the result must not depend on that."""
    told = str(error)
    for path in paths.get(name, {}).values():
        told = told.replace(f"{path.parent}/", "") if path is not None else told
    return told


def _match(
    base: WasteInventory,
    parts: Sequence[SourcePart],
    same: Sequence[tuple[str, str]],
    different: Sequence[tuple[str, str]],
) -> tuple[Register, list[str]]:
    plain = pd.DataFrame(base.sites.drop(columns="geometry"))
    records = [from_own_table(plain, source=OWN), *(p.records for p in parts)]
    there = {r for part in records for r in part.facilities["record_id"]}
    stated = [
        (f"{OWN}:{site}", record)
        for part in parts
        for record, site in zip(part.records.facilities["record_id"], part.records.facilities["site_id"])
        if isinstance(site, str) and f"{OWN}:{site}" in there
    ]
    spelled = by_form(there)
    same, different = (
        [(spelled.get(key_form(a), a), spelled.get(key_form(b), b)) for a, b in pairs] for pairs in (same, different)
    )
    unknown = sorted({r for pair in (*same, *different) for r in pair if r not in there})
    known = [(a, b) for a, b in same if {a, b} <= there]
    apart = [(a, b) for a, b in different if {a, b} <= there]
    register = merge_records(
        records, precedence=[OWN, *(p.name for p in parts)], decided_same=[*stated, *known], decided_different=apart
    )  # fmt: skip
    return _plain_ids(register, set(plain["site_id"])), unknown


def _plain_ids(register: Register, known: set[str]) -> Register:
    """Site ids that may stand in a file's name: ``osm_tailings_ponds:way/12`` is ``osm_tailings_ponds-way-12``."""
    old = [s for s in register.facilities["site_id"] if s not in known]
    new = [re.sub(r"[^A-Za-z0-9._-]+", "-", s) for s in old]
    taken = Counter(key_form(s) for s in (*new, *known))
    # Two ids that would become one keep theirs.
    name = {o: n for o, n in zip(old, new) if taken[key_form(n)] == 1}

    def renamed(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(site_id=frame["site_id"].map(lambda s: name.get(s, s)))

    return replace(
        register,
        facilities=renamed(register.facilities),
        figures=renamed(register.figures),
        members=renamed(register.members),
    )


def _with_rows_of_sources(
    base: WasteInventory, register: Register, parts: Sequence[SourcePart], ids: set[str]
) -> WasteInventory:
    """The register whose rows of tonnages, grades and constraints that name a site of a table by its own id are that site's.

    They were held, for the register alone has no such site. An id of the register goes before, and one that tables of
    several sources have for different sites names none.
    """
    of_tables = {p.name for p in parts if p.is_table}
    found: dict[str, set[str]] = {}
    for record, source, site in register.members[["record_id", "source", "site_id"]].itertuples(index=False):
        said = [record, *([record.removeprefix(f"{source}:")] if source in of_tables else [])]
        for name in said if source != OWN else ():
            found.setdefault(key_form(name), set()).add(site)
    taken = {key_form(s) for _, every in base.unjoined.values() for s in every}
    names = {form: min(sites) for form, sites in found.items() if len(sites) == 1 and form not in taken}
    for layer, (admission, every) in base.unjoined.items():
        if not orphans(base.quarantine, layer):
            continue
        joined = join_sites(respelled(admission, names), ids, ids | every, layer)
        held, flags = (lines[lines["layer"] != layer] for lines in (base.quarantine, base.flags))
        kept: dict[str, Any] = {layer: joined.kept}
        base = replace(
            base,
            **kept,
            quarantine=join_lines([held, joined.quarantine]),
            flags=join_lines([flags, joined.flags]),
            report=base.report | {"layers": base.report["layers"] | {layer: dict(joined.report)}},
        )
    return base


def _sites(own: gpd.GeoDataFrame, register: Register, parts: Sequence[SourcePart]) -> gpd.GeoDataFrame:
    """The register's rows, then one row for each further facility: each value from the first source that has it."""
    rank = {part.name: i for i, part in enumerate(parts)}
    flag = {part.name: part.redistribute for part in parts}
    rows = _stack([part.rows for part in parts]) if parts else pd.DataFrame()
    if not len(rows):
        return own
    members = register.members[register.members["source"] != OWN]
    rows = rows.merge(members.rename(columns={"source": "from_source"}), on="record_id", how="inner", validate="1:1")
    rows = rows.sort_values(
        ["site_id", "from_source"], key=lambda c: c.map(rank) if c.name == "from_source" else c, kind="stable"
    )
    placed = rows[rows["lat"].notna() & rows["lon"].notna()].groupby("site_id", sort=True)[_POSITION].nth(0)
    placed.index = rows.loc[placed.index, "site_id"]
    sources = rows.groupby("site_id", sort=True)["from_source"].agg(lambda s: ";".join(dict.fromkeys(s)))
    flags = rows.groupby("site_id", sort=True)["from_source"].agg(
        lambda s: max((flag[n] for n in s), key=STRICT.__getitem__)
    )
    known = set(own["site_id"])
    own = own.copy()
    for site in own.loc[own["lat"].isna(), "site_id"]:
        if (
            site in placed.index
        ):  # the register knows no position; a source that was decided to be the same facility does
            at = own.index[own["site_id"] == site][0]
            own.loc[at, _POSITION] = placed.loc[site, _POSITION].to_numpy()
            own.loc[at, "geometry"] = gpd.points_from_xy([own.loc[at, "lon"]], [own.loc[at, "lat"]])[0]
            own.loc[at, "source"] = f"{own.loc[at, 'source']}; position: {sources[site]}"
            own.loc[at, "redistribute"] = max(own.loc[at, "redistribute"], flags[site], key=STRICT.__getitem__)
    values = [c for c in own.columns if c not in ("site_id", "geometry", "source", "redistribute", *_POSITION)]
    new = rows[~rows["site_id"].isin(known)]
    if not len(new):
        return own
    first = new.groupby("site_id", sort=True)[[c for c in values if c in new.columns]].first()
    # A name that tells something goes before "unnamed", whatever the order of the sources.
    told = new[new["name"] != "unnamed"].groupby("site_id", sort=True)["name"].first()
    first["name"] = told.reindex(first.index).fillna(first["name"])
    first[_POSITION] = placed.reindex(first.index)[_POSITION]
    first["source"], first["redistribute"] = sources[first.index], flags[first.index]
    more = gpd.GeoDataFrame(
        first.reset_index(), geometry=gpd.points_from_xy(first["lon"], first["lat"]), crs="EPSG:4326"
    )
    more.loc[first["lat"].isna().to_numpy(), "geometry"] = None
    return gpd.GeoDataFrame(_stack([own, more]), geometry="geometry", crs="EPSG:4326")


def _marks_of_new(site_of: Mapping[str, str], parts: Sequence[SourcePart], new: set[str]) -> dict[str, str]:
    """What admission found odd in the records of facilities that only further sources have: site -> words."""
    out: dict[str, list[str]] = {}
    for part in parts:
        for record, words in zip(part.rows["record_id"].astype("str"), part.sites.words(MARKS), strict=True):
            if words and (site := site_of.get(record)) in new:
                out.setdefault(str(site), []).extend(words.split("; "))
    return {site: "; ".join(dict.fromkeys(words)) for site, words in sorted(out.items())}


def _tonnages(
    own: pd.DataFrame, register: Register, parts: Sequence[SourcePart], sites: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, list[Admission]]:
    """All tonnages; a figure of another source displaces none that the register prefers."""
    waste = sites.set_index("site_id")["waste_type_code"]
    site_of = dict(zip(register.members["record_id"], register.members["site_id"]))
    ids = set(sites["site_id"])
    held: list[Admission] = []
    new: list[tuple[pd.DataFrame, bool]] = []
    for part in parts:
        table = _by_site(part, site_of, ids).get("tonnages")
        if table is not None:
            new.append((table.kept, True))
            continue
        figures = register.figures[register.figures["source"] == part.name]
        rows = figure_tonnages(figures, waste) if len(figures) else pd.DataFrame()
        if not len(rows):
            continue
        record = rows["tonnage_id"].str.removeprefix("T:").str.replace(r":(storage|planned_storage)$", "", regex=True)
        numbers = record.map(part.row_of).fillna(0).astype(int).to_numpy()
        admission = admit_layer(
            rows.drop(columns=["is_preferred", "preference_reason"]), TONNAGES, source=part.name, row_numbers=numbers
        )
        held.append(admission)
        new.append((admission.kept.assign(redistribute=part.redistribute), False))
    if not new:
        return own, held
    frames = [own, *(frame for frame, _ in new)]
    whole: pd.DataFrame = _stack([f.assign(is_preferred=marked(f)) for f in frames])
    origin = np.repeat(np.arange(len(frames)), [len(f) for f in frames])
    return prefer_over_sources(whole, origin, np.array([True, *(is_table for _, is_table in new)])), held


def _one_use(own: pd.DataFrame, others: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All grades; where two sources have some for a site and element, those of the first one count and the others say so."""
    if not others:
        return own
    table = _stack([own, *others])
    used = (table["use"] == "1").fillna(False).to_numpy(dtype=bool)
    figure = table.reindex(columns=["ppm_min", "ppm_mode", "ppm_max"]).notna().any(axis=1)
    unmarked = (table["use"].isna() & figure).to_numpy(dtype=bool)
    pairs = table["site_id"].astype("str") + "|" + table["element"].astype("str")
    origin = np.repeat(np.arange(len(others) + 1), [len(own), *(len(o) for o in others)])
    first = pd.Series(origin)[used].groupby(pairs[used].to_numpy()).min()
    # Of figures that nobody marked those of the first source count; a marked one goes before them all.
    plain = pd.Series(origin)[unmarked].groupby(pairs[unmarked].to_numpy()).min()
    first = first.combine_first(plain[~plain.index.isin(first.index)])
    late = (used | unmarked) & (origin > pairs.map(first).fillna(len(others) + 1).to_numpy())
    use, why = table["use"].where(~late, "0"), table["use_reason"].where(~late, OTHER_USED)
    told: pd.DataFrame = table.assign(use=use, use_reason=why)
    return told


def _by_site(part: SourcePart, site_of: Mapping[str, str], ids: set[str]) -> dict[str, Admission]:
    """A table's own tonnages, grades and constraints under the ids of the merged sites; rows of no site are held."""
    out = {}
    records, known = {key_form(record): site for record, site in site_of.items()}, by_form(ids)
    for layer, admission in part.tables.items():
        own = admission.kept["site_id"].astype("str")
        named = [records.get(key_form(f"{part.name}:{s}"), known.get(key_form(s), s)) for s in own]
        kept = admission.kept.assign(site_id=pd.Series(named, index=own.index, dtype="str"))
        key = WASTE_CONTRACTS[layer].key[0]
        kept[key] = part.name + ":" + kept[key].astype("str")
        out[layer] = join_sites(replace(admission, kept=kept), ids, ids, layer)
    return out


def _named(
    parts: Sequence[SourcePart], site_of: Mapping[str, str], ids: set[str], held: Sequence[Admission]
) -> Iterator[tuple[str, Admission]]:
    for part in parts:
        yield part.name, part.sites
        yield from ((part.name, a) for a in _by_site(part, site_of, ids).values())
    yield from ((a.report["source"], a) for a in held)


def _brought(part: SourcePart, register: Register, base: WasteInventory) -> dict[str, Any]:
    """How many records of a source there are, and how many joined a site of the register or of another source."""
    own = register.members[register.members["source"] == part.name]
    shared = register.members["site_id"].value_counts()
    with_register = own["site_id"].isin(set(base.sites["site_id"]))
    joined = int((own["site_id"].map(shared) > 1).sum())
    return {
        "source": part.name,
        "records": len(own),
        "joined_register": int(with_register.sum()),
        "joined_other_source": joined - int(with_register.sum()),
        "new_sites": len(own) - joined,
        "redistribute": part.redistribute,
    }


def _stack(frames: Sequence[pd.DataFrame]) -> Any:
    """Rows below each other in the first frame's columns; booleans stay booleans where a source says nothing."""
    columns = list(dict.fromkeys(c for f in frames for c in f.columns))
    plain = [f for f in frames if len(f)] or [frames[0]]
    table = pd.concat(
        [f.astype({c: "boolean" for c in f.columns if f[c].dtype == bool}) for f in plain], ignore_index=True
    )
    return table[[c for c in columns if c in table.columns]]
