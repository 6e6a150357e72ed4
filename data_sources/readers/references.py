"""Rows that name a site of the register: joined with it as keys are compared, or held with the reason.

Belongs here: what becomes of a figure, an outline or a fact by the site that it names. Does not belong here: comparing two
keys (``contracts.identity``), or admitting a row (``contracts.admission``).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from data_sources.contracts.admitting.admission import Admission
from data_sources.contracts.admitting.identity import key_form, key_forms, skeleton
from data_sources.contracts.contract import QUARANTINE_COLUMNS
from data_sources.register.heights import HIGHEST_M, least_heights_m

ORPHAN = "names a site that is not in the register"
ORPHAN_HELD = "its site is held in the quarantine"
ORPHAN_ALIKE = (
    "names a site that is not in the register; one looks the same, but has letters of another script: write its id as the "
    "register does"
)
TOO_HIGH = (
    f"on the site's own outline it would stand {HIGHEST_M:.0f} m high or more all over, at the waste's densest: the tonnage, its unit "
    "or the outline is wrong"
)
SPELLED_APART = "the site's id is written otherwise than in the register (case, dashes, what cannot be seen): joined"


def by_form(ids: Iterable[str]) -> dict[str, str]:
    """Compared form -> the id as the register writes it; of two that are one, the first by spelling."""
    return {key_form(i): i for i in sorted(map(str, ids), reverse=True)}


def joined(named: pd.Series, ids: Iterable[str]) -> pd.Series:
    """The register's spelling of the ids that a column names; missing where the register has none such."""
    found = key_forms(named).map(by_form(ids))
    return pd.Series(found, index=named.index, dtype="str")


def join_sites(admission: Admission, ids: set[str], every: set[str], layer: str) -> Admission:
    """Give each row the register's spelling of the site that it names, and hold the rows of sites that are not kept.

    A figure without its site would count for nothing, or for another one. The sites that the register lacks stand in the
    report's ``unknown_sites``, each with the id that has the same letters and digits ("" where none, or several, have).

    Parameters
    ----------
    ids : sites that are kept. every : sites of the register before admission, which tells an unknown from a held one.
    """
    kept = admission.kept
    written = kept["site_id"]
    target = joined(written, ids)
    found = target.notna().to_numpy()
    respelled = found & (written.astype("str") != target).to_numpy(dtype=bool)
    rows = admission.rows
    flags = admission.flags
    if respelled.any():
        told = (written[respelled].astype("str") + " (register: " + target[respelled] + ")").to_numpy(dtype=object)
        flags = _with_lines(flags, _lines(admission, layer, rows[respelled], told, [SPELLED_APART] * len(told)))
        kept = kept.assign(site_id=written.where(~found, target))
    lost = ~found
    report = dict(admission.report)
    quarantine = admission.quarantine
    if lost.any():
        forms, looks = {key_form(s) for s in every}, {skeleton(s) for s in ids}
        reasons = [
            ORPHAN_HELD if key_form(s) in forms else ORPHAN_ALIKE if skeleton(s) in looks else ORPHAN
            for s in written[lost].astype("str")
        ]
        lines = _lines(admission, layer, rows[lost], written[lost].astype("str").to_numpy(dtype=object), reasons)
        quarantine = _with_lines(quarantine, lines)
        report["unknown_sites"] = _with_near(written[lost].astype("str")[[r != ORPHAN_HELD for r in reasons]], ids)
        report["rows_kept"] = int(found.sum())
        report["rows_quarantined"] += int(lost.sum())
        flags = flags[~flags["row"].isin(set(rows[lost].tolist()))].reset_index(drop=True)
    if not (lost.any() or respelled.any()):
        return admission
    report["rows_flagged"] = int(flags["row"].nunique())
    report["by_reason"] = {
        "quarantined": _counted(admission.report["by_reason"]["quarantined"], quarantine, admission.quarantine),
        "flagged": _counted(admission.report["by_reason"]["flagged"], flags, flags.iloc[:0], (SPELLED_APART,)),
    }
    return replace(
        admission,
        kept=kept[found].reset_index(drop=True),
        rows=rows[found],
        quarantine=quarantine,
        flags=flags,
        report=report,
    )


def _with_near(lacking: pd.Series, ids: Iterable[str]) -> dict[str, str]:
    """Each site that the register lacks -> the only id that has the same letters and digits in their order, or ""."""
    near: dict[str, set[str]] = {}
    for own in ids:
        near.setdefault(_letters(own), set()).add(own)
    found = {str(s): near.get(_letters(str(s)), set()) for s in lacking.unique()}
    return {s: next(iter(own)) if len(own) == 1 else "" for s, own in found.items()}


def _letters(key: str) -> str:
    return "".join(c for c in skeleton(key) if unicodedata.category(c)[0] in "LMN")


def hold_too_high(tonnages: Admission, sites: pd.DataFrame, area_ha: pd.Series) -> Admission:
    """Hold the tonnages that their sites' own outlines could not carry: a figure in another unit, mostly.

    Of a range the lowest figure is taken; what is no waste, such as contained monazite, is no heap.

    Parameters
    ----------
    sites : kept sites with ``waste_type_code``. area_ha : of the outlines, by ``site_id``.
    """
    kept = tonnages.kept
    if not len(kept) or not len(area_ha):
        return tonnages
    site = joined(kept["site_id"], sites["site_id"])
    of_waste = kept["quantity_kind"].fillna("waste").astype("str") == "waste"
    least = kept[["tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt"]].bfill(axis=1).iloc[:, 0].where(of_waste)
    area = site.map(area_ha).astype("float64")
    height = least_heights_m(least, area, site.map(sites.set_index("site_id")["waste_type_code"]))
    lost = height >= HIGHEST_M
    if not lost.any():
        return tonnages
    told = [
        f"{t:g} million t on {a:.3g} ha: {h:.0f} m"
        for t, a, h in zip(least[lost], area[lost], height[lost], strict=True)
    ]
    rows = tonnages.rows[lost]
    lines = _lines(tonnages, "tonnages", rows, np.array(told, dtype=object), [TOO_HIGH] * len(told))
    lines = lines.assign(field=pd.Series("tonnage_mode_mt", index=lines.index, dtype="str"))
    quarantine = _with_lines(tonnages.quarantine, lines)
    flags = tonnages.flags[~tonnages.flags["row"].isin(set(rows.tolist()))].reset_index(drop=True)
    report = dict(tonnages.report)
    report["rows_kept"] = int((~lost).sum())
    report["rows_quarantined"] += int(lost.sum())
    report["rows_flagged"] = int(flags["row"].nunique())
    report["by_reason"] = {
        **report["by_reason"],
        "quarantined": _counted(report["by_reason"]["quarantined"], quarantine, tonnages.quarantine),
    }
    left = kept[~lost].reset_index(drop=True)
    return replace(tonnages, kept=left, rows=tonnages.rows[~lost], quarantine=quarantine, flags=flags, report=report)


def respelled(admission: Admission, names: Mapping[str, str]) -> Admission:
    """The rows under other ids of their sites, where ``names`` (compared form -> id) has one."""
    own = admission.kept["site_id"].astype("str")
    told = pd.Series([names.get(key_form(s), s) for s in own], index=own.index, dtype="str")
    return replace(admission, kept=admission.kept.assign(site_id=told.where(own.notna(), admission.kept["site_id"])))


def orphans(lines: pd.DataFrame, layer: str) -> bool:
    """Whether rows of a layer are held for the site that they name."""
    reasons = lines.loc[lines["layer"] == layer, "reason"]
    return bool(reasons.isin([ORPHAN, ORPHAN_HELD, ORPHAN_ALIKE]).any())


def _counted(
    before: dict[str, int], lines: pd.DataFrame, counted: pd.DataFrame, only: tuple[str, ...] = ()
) -> dict[str, int]:
    """Rows by reason with those of the new lines: what stands behind the lines that are counted, or has a reason of ``only``."""
    new = lines[lines["reason"].isin(list(only))] if only else lines.iloc[len(counted) :]
    return before | {str(k): int(v) for k, v in new["reason"].value_counts().items()}


def _lines(admission: Admission, layer: str, rows: np.ndarray, values: np.ndarray, reasons: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "source": admission.report["source"],
            "layer": layer,
            "row": pd.array(rows, dtype="Int64"),
            "field": "site_id",
            "value": values,
            "reason": reasons,
        }
    )
    return frame.astype({c: "str" for c in QUARANTINE_COLUMNS if c != "row"})


def _with_lines(lines: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([lines, more], ignore_index=True) if len(lines) else more.reset_index(drop=True)
