"""A merged register -> the tables of the waste inventory: sites and tonnages, derived where there is a method.

Belongs here: which figures become tonnages and which one is preferred. Does not belong here: matching or admission.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data_sources.register.derived import derive_from_volume
from data_sources.register.merge import Register

# The better known figure is preferred; a derived one never goes before a published one, a capacity is never a stock.
_ORDER = {"published": 0, "derived": 1, "capacity": 2, "none": 3}
_UNSAID = 0.5
NONE_MARKED = "figures of one source differ, or each is marked as not preferred: none is used until one is marked"
OTHER_USED = "another source's figure of this site is used"
ANOTHER_USED = "another figure of the site is used"
_KEPT_AS_THEY_ARE = ("height", "construction_year", "hazard_rating", "capacity", "planned_storage")


def site_table(register: Register, own: pd.DataFrame | None = None) -> pd.DataFrame:
    """Sites in the columns of the waste register: the own table's rows as they are, then the facilities it does not have.

    A facility of unknown waste keeps ``waste_type_code`` blank: it is listed and cannot be valued.
    """
    known = set() if own is None else set(own["site_id"].astype(str))
    new = register.facilities[~register.facilities["site_id"].isin(known)]
    rows = pd.DataFrame(
        {
            "site_id": new["site_id"], "name": new["name"].fillna("unnamed"), "operator": new["operator"], "state": new["state"],
            "lat": new["lat"], "lon": new["lon"], "position_accuracy_m": new["position_accuracy_m"],
            "position_basis": "as given by " + new["position_from"].astype("str").fillna("no source"),
            "waste_type_code": new["waste_type_code"], "lease_status": "unknown", "is_excluded": False,
            "source": new["sources"], "source_seen": "yes", "confidence": "as the source",
        }
    )  # fmt: skip
    return rows.reset_index(drop=True) if own is None else pd.concat([own, rows], ignore_index=True)


def tonnage_table(register: Register, own: pd.DataFrame | None = None) -> pd.DataFrame:
    """Tonnages in the columns of ``site_tonnages``: the own rows as they are, then every other source's figure.

    A stored volume becomes a derived tonnage with its dry density, a planned volume a capacity. A site that has a preferred
    tonnage keeps it; otherwise the best known figure is preferred (published, then derived; a capacity never).
    """
    waste = register.facilities.set_index("site_id")["waste_type_code"]
    own_sources = set() if own is None else {"own"}
    figures = register.figures[~register.figures["source"].isin(own_sources)]
    new = figure_tonnages(figures, waste)
    table = new if own is None else pd.concat([own, new], ignore_index=True)
    return prefer(table) if len(table) else table


def figure_tonnages(figures: pd.DataFrame, waste: pd.Series) -> pd.DataFrame:
    """Figures -> tonnage rows, one a record and quantity; none is preferred yet.

    Parameters
    ----------
    figures : FIGURE_COLUMNS and ``site_id``. waste : waste type code by ``site_id``, which decides the dry density.
    """
    rows: list[dict[str, Any]] = []
    for (site, record), group in figures.groupby(["site_id", "record_id"], sort=True):
        by_quantity = {str(g["quantity"]): g for g in group.to_dict("records")}
        code = waste.get(site)
        code = code if isinstance(code, str) else "any_tailings"
        source = str(group["source"].iloc[0])
        direct = {k: by_quantity[f"tonnage_{k}"] for k in ("min", "mode", "max") if f"tonnage_{k}" in by_quantity}
        if direct:
            first = next(iter(direct.values()))
            basis = str(first["basis_code"] or "published")
            row = {f"tonnage_{k}_mt": float(g["value"]) for k, g in direct.items()}
            rows.append(row | _about(site, record, source, basis, first["note"] if basis == "derived" else None))
        for quantity, is_capacity in (("storage", False), ("planned_storage", True)):
            figure = by_quantity.get(quantity)
            if figure is None:
                continue
            mass = derive_from_volume(
                str(site), float(figure["value"]), str(figure["unit"]), code, is_capacity=is_capacity
            )
            numbers = {k: mass[k] for k in ("tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt")}
            rows.append(
                numbers | _about(site, f"{record}:{quantity}", source, str(mass["basis_code"]), mass["formula"])
            )
    return pd.DataFrame(rows)


def _about(site: object, record: object, source: str, basis: str, formula: object) -> dict[str, Any]:
    return {
        "tonnage_id": f"T:{record}", "site_id": str(site), "quantity_kind": "waste", "basis_code": basis,
        "knowledge_class": "G4" if basis == "published" else "analogue", "is_screening_only": False, "is_preferred": False,
        "preference_reason": ANOTHER_USED, "formula": formula, "source": source,
        "confidence": "as the source",
    }  # fmt: skip


def prefer(
    table: pd.DataFrame, precedence: np.ndarray | None = None, refused: np.ndarray | None = None
) -> pd.DataFrame:
    """Mark the preferred tonnage of each site that has none: published before derived, a capacity never.

    Parameters
    ----------
    precedence : rank of each row's source, which decides between figures of one basis; (n,). One whose basis nobody says
    comes after the published ones. refused : figures that their own table marks as not preferred, which are never chosen; (n,).
    With either, figures of one source that differ and of which none is marked decide nothing.
    """
    chosen = (
        table["is_preferred"].map(lambda v: str(v).strip().lower() in ("true", "1")).to_numpy(dtype=bool, copy=True)
    )
    order = table["basis_code"].map(_ORDER).fillna(_UNSAID).to_numpy()
    reason = table["preference_reason"].astype("object").to_numpy(copy=True)
    has = set(table.loc[chosen, "site_id"])
    source = np.zeros(len(table), dtype=int) if precedence is None else precedence
    barred = np.zeros(len(table), dtype=bool) if refused is None else refused
    rank = pd.DataFrame(
        {
            "site": table["site_id"],
            "barred": barred,
            "order": order,
            "source": source,
            "id": table["tonnage_id"].astype(str),
            "figure": _figures(table),
            "empty": ~_has_amount(table),
        }
    ).reset_index(drop=True)  # by place: the marks below are arrays
    for _, group in rank[~rank["site"].isin(has)].groupby("site", sort=True):
        best = group.sort_values(["empty", "barred", "order", "source", "id"], kind="stable").index[0]
        alike = group[
            (group[["barred", "order", "source"]] == group.loc[best, ["barred", "order", "source"]]).all(axis=1)
            & ~group["empty"]
        ]
        if barred[best] or (precedence is not None and alike["figure"].nunique() > 1):
            reason[best] = NONE_MARKED
            continue
        if order[best] >= _ORDER["capacity"]:
            reason[best] = "no stock is known: a capacity is not one"
            continue
        chosen[best] = True
        reason[best] = "only figure" if len(group) == 1 else "published before derived; the others stay beside it"
    out = table.assign(is_preferred=chosen, preference_reason=reason)
    out["tonnage_mode_mt"] = out["tonnage_mode_mt"].astype(float) if "tonnage_mode_mt" in out else np.nan
    return out


def _figures(table: pd.DataFrame) -> pd.Series:
    """The amounts of each row as one text, by which two figures are the same."""
    amounts = [c for c in ("tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt") if c in table]
    texts = table[amounts].astype("float64").round(9).astype("str").to_numpy().tolist()
    return pd.Series(["|".join(map(str, row)) for row in texts], index=table.index, dtype="str")


def _has_amount(table: pd.DataFrame) -> pd.Series:
    amounts = [c for c in ("tonnage_min_mt", "tonnage_mode_mt", "tonnage_max_mt") if c in table]
    return table[amounts].notna().any(axis=1)


def prefer_over_sources(table: pd.DataFrame, origin: np.ndarray, is_stated: np.ndarray) -> pd.DataFrame:
    """Mark one tonnage of each site with figures of several sources: the first source that marks one, else the best known.

    A site all of whose figures are of one table stays as that table marks it, or does not.

    Parameters
    ----------
    table : tonnages with ``is_preferred`` as in ``marked``. origin : number of each row's source, in precedence; (n,).
    is_stated : whether a source is a table that states its figures: else they are computed and never marked; (sources,).
    """
    source = pd.Series(origin, index=table.index)
    sites = table["site_id"].astype("str")
    open_to_choice = (source.groupby(sites).transform("nunique") > 1) | ~is_stated[origin]
    several = open_to_choice.groupby(sites).transform("any").to_numpy()
    chosen = table["is_preferred"].fillna(False).to_numpy(dtype=bool)
    refused = (table["is_preferred"].notna().to_numpy() & ~chosen) & is_stated[origin]
    first = source[chosen].groupby(sites[chosen]).min()
    late = chosen & (source > sites.map(first).fillna(-1)).to_numpy()
    reason = table["preference_reason"].astype("object").where(~late, OTHER_USED)
    marks = pd.Series(chosen & ~late, index=table.index, dtype="boolean")
    table = table.assign(
        is_preferred=table["is_preferred"].mask(several, marks),
        preference_reason=reason.mask(reason.isna() & several & (origin > 0), ANOTHER_USED),
        tonnage_mode_mt=table["tonnage_mode_mt"].astype(float),
    )
    of_several = prefer(table[several], origin[several], refused[several])
    for column in ("is_preferred", "preference_reason"):
        table.loc[several, column] = of_several[column]
    return table


def marked(table: pd.DataFrame) -> pd.Series:
    """What a table says of which figure is preferred; missing where it says nothing."""
    said = table["is_preferred"] if "is_preferred" in table else pd.Series(pd.NA, index=table.index)
    marks = said.astype("str").str.strip().str.lower().isin(["true", "1"]).astype("boolean")
    told: pd.Series = marks.mask(said.isna())
    return told


def figures_kept(register: Register) -> pd.DataFrame:
    """Figures that are no tonnage (height, year, hazard rating with its system, capacity in MW), each with its source."""
    kept = register.figures["quantity"].isin(_KEPT_AS_THEY_ARE)
    return register.figures[kept].reset_index(drop=True)
