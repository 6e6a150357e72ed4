"""The reports of admission as one table that a reader of the result can question: ``data_quality``.

Belongs here: turning reports into rows. Does not belong here: finding anything (``data_sources.contracts``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from data_sources.readers.outside_rows import LIES
from data_sources.readers.statuses.lease_status import unused_columns

_MANY = 20
COLUMNS = ("source", "layer", "finding", "field", "rows", "detail")


def quality_table(reports: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row a finding, from the reports of every layer.

    Parameters
    ----------
    reports : layer or asset name -> the ``report`` of its admission; a report with ``layers`` holds several.
    """
    rows = [row for name, report in sorted(reports.items()) for row in _of(name, report)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"rows": "Int64"})
    return frame.drop_duplicates(["layer", "source", "finding", "field", "detail"]).reset_index(drop=True)


def _of(name: str, report: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    if "layers" in report:
        for layer, inner in sorted(report["layers"].items()):
            yield from _of(layer, inner)
        yield from _of_merge(report.get("merge", {}))
        return
    source, layer = str(report.get("source") or ""), str(report.get("layer") or name)
    if "absent" in report:
        yield source, layer, "absent", "", None, str(report["absent"])
        return
    for band, (unit, what) in sorted(report.get("band_units", {}).items()):
        why = report["bands_held"].get(band)
        yield source, layer, "unit", band, None, f"{why} - HELD, not used" if why else f"{unit or 'no unit'}: {what}"
    if "rows_in" not in report:
        return
    counts = ", ".join(
        f"{report[key]} {key.removeprefix('rows_').replace('_', ' ')}"
        for key in ("rows_in", "rows_kept", "rows_flagged", "rows_quarantined")
        if key in report
    )
    yield source, layer, "rows", "", report["rows_in"], counts
    yield from _of_places(report, source, layer)
    for unit in report.get("units", []):
        said = f"stated {unit['stated_unit'] or 'nowhere'} by {unit['stated_by'] or 'nobody'}, median {_figure(unit['median'])}, the crust has {_figure(unit['expected'])} in that unit"
        label = (
            f"; its label says {unit['label_unit']}"
            if unit.get("label_unit") and unit["label_unit"] != unit["stated_unit"]
            else ""
        )
        held = "" if unit["used"] else " - HELD, not used"
        yield source, layer, "unit", unit["column"], report["rows_in"], f"{said}{label}: {unit['note']}{held}"
    for column, told in sorted(report.get("censoring", {}).items()):
        yield (
            source,
            layer,
            "censored",
            column,
            told["censored"],
            f"limits {', '.join(f'{v:g}' for v in told['limits'][:5])}; {told['rule']}",
        )
    for told in report.get("derived_columns", []):
        agree = "; ".join(f"{formula}: {n} rows agree" for formula, n in told.get("rows_that_agree", {}).items())
        agree = agree or f"no column of {', '.join(told.get('missing', ()))}"
        yield (
            source,
            layer,
            "derived column",
            told["column"],
            told["rows"],
            f"recognised as {told['formula']}, not used ({agree})",
        )
    told = {str(held["column"]): str(held["reason"]) for held in report.get("held_columns", [])}
    for column in dict.fromkeys([*map(str, report.get("columns_held", [])), *told]):
        why = told.get(column, "")
        detail = "the column's values are not used" + (f": {why}" if why else "; see quarantine")
        yield source, layer, "held column", column, report["rows_in"], detail
    if unused := unused_columns(report):
        names = ", ".join(sorted(unused))
        yield source, layer, "unused columns", "", None, f"not part of the layer's contract or card: {names}"
    for told, n in sorted(report.get("lease_remarks", {}).items()):
        yield source, layer, "lease status", "lease_status", n, told
    for told, n in sorted(report.get("auction_remarks", {}).items()):
        yield source, layer, "auction status", "auction_outcome", n, told
    for reason, n in sorted(report.get("by_reason", {}).get("flagged", {}).items()):
        yield source, layer, "flag", "", n, reason


def _of_places(report: Mapping[str, Any], source: str, layer: str) -> Iterator[tuple[Any, ...]]:
    """That no row is left, and which of those that lie outside the region name what is inside."""
    if report.get("empty"):
        yield source, layer, "empty", "", report["rows_in"], str(report["empty"])
    if doubtful := report.get("outside_but_named_inside"):
        more = [f"and {len(doubtful) - _MANY} more"] if len(doubtful) > _MANY else []
        # Without the place: the table is passed on, also where the rows of the source may not be.
        told = [line.partition(LIES)[0] for line in doubtful[:_MANY]]
        yield source, layer, "outside, named inside", "state", len(doubtful), "; ".join([*told, *more])


def _of_merge(merge: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """What joining several sources of waste sites came to: counts, figures that are no tonnage, doubtful pairs."""
    layer = "waste_sites"
    for told in merge.get("sources", []):
        counts = f"{told['joined_register']} joined a site of the register, {told['joined_other_source']} one of another source, {told['new_sites']} are sites of their own"
        yield told["source"], layer, "merged", "site_id", told["records"], counts
    for told in merge.get("figures", []):
        value = told["text"] if isinstance(told["text"], str) else f"{_figure(told['value'])} {told['unit']}"
        system = f" ({told['note']})" if isinstance(told["note"], str) and told["note"] else ""
        yield (
            told["source"],
            layer,
            "figure kept",
            told["quantity"],
            1,
            f"{told['site_id']}: {value}{system}, record {told['record_id']}",
        )
    for told in merge.get("review", []):
        apart = "distance not known" if pd.isna(told["distance_km"]) else f"{told['distance_km']:g} km apart"
        alike = "" if pd.isna(told["name_similarity"]) else f", names agree {told['name_similarity']:g}"
        pair = f"{told['record_a']} ({told['name_a']}) and {told['record_b']} ({told['name_b']})"
        why = (
            f"{pair}: {apart}{alike}: {told['why']}; decide it under waste.same or waste.different in the region's YAML"
        )
        yield f"{told['source_a']};{told['source_b']}", layer, "doubtful match", "site_id", 2, why
    for record in merge.get("decided_pairs_unknown", []):
        yield (
            "",
            layer,
            "decided pair not found",
            "site_id",
            1,
            f"no source has a record {record} now: correct waste.same or waste.different",
        )


def _figure(value: object) -> str:
    return "not known" if value is None or pd.isna(value) else f"{value:.4g}"  # type: ignore[call-overload]
