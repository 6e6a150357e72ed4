"""Further registers of waste sites: files of other offices with sites of their own, each a source that is merged into the first.

Belongs here: which file is one, what it is called, and one card for all that it holds. Does not belong here: what a file could be
(``judging``), or what is written of a region (``region_text``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data_sources.cards.writing import found_card
from data_sources.contracts.admitting.identity import key_forms
from data_sources.contracts.contract import plain_name
from data_sources.contracts.registry import ALL
from data_sources.proposing.folder import Found, Unread
from data_sources.proposing.joining import named_column, shares_names, texts_of
from data_sources.proposing.judging import completed, judge, tables_of_outlines
from data_sources.proposing.proposals import FURTHER, LEAST_SCORE, Known, Proposal
from data_sources.proposing.whole_files import rows_of

_OF_SITES = ("waste_sites", "waste_footprints", "tonnages", "grades", "constraints", *FURTHER)
BESIDE = ("tonnages", "grades")
"""What the table of a further register may hold of its own sites."""
_NUMBERS = r"-?\d+(\.0+)?"


@dataclass(frozen=True)
class FurtherRegister:
    """One file with sites of its own: as sites, and as the tonnages and grades that it also holds (``beside``)."""

    sites: Proposal
    beside: Mapping[str, Proposal]

    @property
    def found(self) -> Found:
        """The data set."""
        return self.sites.found


def candidates(judged: Mapping[Found, list[Proposal]], first: Found) -> list[Found]:
    """Data sets beside the first register that have sites, an identifier and a waste of their own, and places."""
    out = []
    for found, proposals in judged.items():
        sites = _as_sites(proposals)
        if found == first or sites is None or sites.score < LEAST_SCORE or proposals[0].layer not in _OF_SITES:
            continue
        named = {"site_id", "waste_type_code"} <= set(sites.report.get("fields", {}))
        is_whole = sites.report["rows_quarantined"] * 2 < sites.report["rows_in"]
        if named and is_whole and sites.bounds_deg is not None:
            out.append(found)
    return out


def register_of(
    found: Found, others: Iterable[str], tables: Mapping[str, Any], known: Known, elsewhere: frozenset[str]
) -> FurtherRegister | None:
    """A data set as a further register; None where its sites are those of another one.

    Parameters
    ----------
    others : ids of the sites of the registers before. tables : file -> rows, of files that may name its sites.
    elsewhere : what stands in the columns of the other registers (``named_column``).
    """
    alone = replace(known, site_ids=frozenset(), has_unplaced_sites=False)
    frame = rows_of(found, known.crs)[0]
    sites = _as_sites(judge(found, alone))
    if sites is None:
        return None
    column = named_column(frame, sites.report["fields"].get("site_id"), tables, elsewhere)
    if column is None and _are_numbers(sites.site_ids) and _common(sites.site_ids, others):
        column = _by_name(frame, sites, elsewhere)
        if column is None:
            return None  # one number would be two sites
    if column is not None:
        alone = replace(alone, site_column=(found, *column))
        sites = _as_sites(judge(found, alone))
    if sites is None or (not _are_numbers(sites.site_ids) and shares_names(sites.site_ids, elsewhere)):
        return None  # it speaks of the sites of another register
    if both := _common(sites.site_ids, others):
        said = (
            f"{len(both)} of its ids are those of another register ({', '.join(both[:3])}): rows of one id are one site"
        )
        sites = replace(sites, look_at=(*sites.look_at, said))
    alone = replace(alone, site_ids=sites.site_ids, own_key=(found, sites.report["fields"]["site_id"]))
    told = judge(found, alone)
    every = [*(told if isinstance(told, list) else ()), *tables_of_outlines(found, alone)]
    beside = {n: p for n in BESIDE if (p := next((p for p in every if p.layer == n), None)) is not None}
    sites = completed(replace(sites, why=(*sites.why, "a further register, merged into the first")), alone)
    beside = {n: completed(p, alone) for n, p in beside.items()}
    looks = [*sites.look_at, *(x for p in beside.values() for x in p.look_at)]
    return FurtherRegister(replace(sites, look_at=tuple(dict.fromkeys(looks))), beside)


def own_grades(
    judged: Mapping[Found, list[Proposal]], layers: Mapping[str, Proposal], known: Known
) -> FurtherRegister | None:
    """The sites' own file as a source of grades too, where another file is the layer of grades; None where it has none.

    The layer goes first: the register's figures count for the sites and elements that it lacks.
    """
    sites, grades = layers.get("waste_sites"), layers.get("grades")
    if sites is None or grades is None or grades.found == sites.found:
        return None
    own = next((p for p in judged.get(sites.found, ()) if p.layer == "grades"), None)
    if own is None:
        return None
    why = (f"the register's own grades, for sites and elements that {grades.found.said} lacks",)
    return FurtherRegister(replace(sites, why=why, look_at=()), {"grades": completed(own, known)})


def _as_sites(told: Sequence[Proposal] | Unread) -> Proposal | None:
    return next((p for p in told if p.layer == "waste_sites"), None) if not isinstance(told, Unread) else None


def _are_numbers(ids: Iterable[str]) -> bool:
    return all(re.fullmatch(_NUMBERS, i) for i in ids)


def _common(ids: Iterable[str], others: Iterable[str]) -> list[str]:
    """Ids that are those of other sites, spelled in any usual way."""
    theirs = set(key_forms(list(others)).dropna())
    return sorted(i for i in ids if set(key_forms([i])) & theirs)


def _by_name(frame: Any, sites: Proposal, elsewhere: frozenset[str]) -> tuple[str, str] | None:
    """The column of the sites' names where each stands once and most are no words of another register."""
    column = str(sites.report["fields"].get("name"))
    forms = texts_of(frame).get(column)
    if forms is None or not forms.is_unique or len(forms) < len(frame) - 1 or shares_names(forms, elsewhere):
        return None
    return None if _are_numbers(forms) else (column, "its numbers are those of another register's sites")


def names_of(registers: Sequence[FurtherRegister], taken: Iterable[str]) -> dict[str, FurtherRegister]:
    """What each is called: after its file (and sheet), in small letters without others."""
    out: dict[str, FurtherRegister] = {}
    barred = {*ALL, *taken, "own", *FURTHER}
    for register in registers:
        stem = Path(register.found.path.name).stem + (f"_{register.found.part}" if register.found.part else "")
        plain = re.sub(r"[^a-z0-9]+", "_", plain_name(stem)).strip("_")
        name = plain if re.match(r"[a-z]", plain) else f"register_{plain}".rstrip("_")
        number = 1
        while name in barred or name in out:
            number += 1
            name = f"{re.sub(r'_[0-9]+$', '', name) if number > 2 else name}_{number}"
        out[name] = register
    return out


def card_of(name: str, register: FurtherRegister, path: str) -> str:
    """One card by which the file is read as sites, and as the tonnages and grades that it also holds."""
    fields = dict(register.sites.report["fields"])
    options: dict[str, Any] = dict(register.sites.options)
    for proposal in register.beside.values():
        for target, raw in proposal.report["fields"].items():
            if target not in fields and raw not in fields.values():
                fields[target] = raw
        for key in ("units", "values"):
            options[key] = {**proposal.options.get(key, {}), **options.get(key, {})}
    report = {**register.sites.report, "fields": fields}
    return found_card(name, register.found.path.name, "waste_sites", report, options, path=path)


def source_of(name: str, card: str, register: FurtherRegister, path: str) -> dict[str, Any]:
    """The entry of a region's ``waste.sources``."""
    part = {"layer": register.found.part} if register.found.part else {}
    return {"name": name, "kind": "table", "card": card, "path": path, **part, **dict.fromkeys(register.beside, path)}
