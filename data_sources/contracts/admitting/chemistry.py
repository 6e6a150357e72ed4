"""Names and units of analyses: which element or oxide a column holds, in which unit, and what the crust holds of it.

Belongs here: spelling of species and units, unit factors, crustal expectation. Does not belong here: judging a column
(``evidence``) or parsing a cell (``values``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from data_sources.contracts.admitting.cells.mass_fractions import PPM_PER_UNIT, unit_of
from data_sources.reference import load_table

MAJOR_OXIDES = ("SiO2", "TiO2", "Al2O3", "Fe2O3", "FeO", "MnO", "MgO", "CaO", "Na2O", "K2O", "P2O5")
SUMMED_OXIDES = (*MAJOR_OXIDES, "LOI")
TREE_NAMES = frozenset({"tree", "treo", "totalree", "reetotal", "sumree", "reesum", "ree"})

OXIDE_TOTALS = frozenset({"treo", "reo", "totalreo", "sumreo", "reototal"})
"""Totals of rare-earth oxides: what they are as elements depends on the share of each, so none is a TREE as it stands."""

_METHODS = frozenset(
    {"xrf", "icp", "ms", "icpms", "icpoes", "aas", "gta", "inaa", "total", "t", "val", "value", "conc", "fa", "in"}
)
# A laboratory's method: a word, or letters and digits (ICP61, IC587, OG46, FA50/OE04, 4AB), never an oxide.
_METHOD_WORDS = frozenset(
    {"me", "ms", "icp", "icpms", "icpoes", "icpaes", "aas", "aes", "oes", "xrf", "edxrf", "wdxrf", "inaa", "fa", "gfaas", "gta", "ar",
     "leco", "fus", "td", "ha", "gc", "ge", "go", "oa"}
)  # fmt: skip
_METHOD_CODE = re.compile(
    r"(?:\d?[a-z]{2,5}\d{1,4}[a-z]{0,3}\d{0,3}[a-z]?|\d[a-z]{1,3})(?:/[a-z]{1,4}\d*[a-z]?)?", re.IGNORECASE
)
_OXIDE_LIKE = re.compile(r"([a-z]{1,2})\d?o\d?")
# What stands beside an analysis and is none: "S No", "Cu flag", "Sn_id", "in situ", the limit of a column.
_BESIDE = frozenset(
    {"no", "nos", "num", "number", "id", "code", "flag", "flags", "qc", "dl", "mdl", "lod", "loq", "lld", "limit", "method",
     "lab", "situ", "rank", "sd", "std", "stdev", "rsd", "err", "error", "remark", "remarks", "note", "notes", "date", "n",
     "2se", "1se", "2sd", "1sd", "1s", "2s", "sigma", "1sigma", "2sigma", "unc", "uncertainty", "cv", "ci", "cl95",
     "count", "qualifier", "qual", "class", "name", "grid", "zone", "anomaly", "censored"}
)  # fmt: skip
# Oxides that surveys report beside those of the element table: (element, t element per t oxide).
_MORE_OXIDES = {"FeO": ("Fe", 0.77731), "CaO": ("Ca", 0.71469), "Na2O": ("Na", 0.74186), "BaO": ("Ba", 0.89566),
                "Rb2O": ("Rb", 0.91441), "Cs2O": ("Cs", 0.94323), "SO3": ("S", 0.40050), "As2O3": ("As", 0.75737)}  # fmt: skip

_IN_TOTAL = re.compile("(Cu|Zn|Pb|Ni|Co|Mn|Mo|Cr)T")
"""As mills write the whole of a metal beside its soluble part; ``alt`` and ``cut`` are other words."""
_BY_RADIATION = ("eU", "eTh", "eK", "eU3O8", "eUO2", "eThO2")
"""Equivalents by gamma rays; EU and Eu are europium."""

_ISOTOPE = re.compile(r"\d{1,3}([A-Z][a-z]?)|([A-Z][a-z]?)\d{2,3}")
"""As mass spectrometers name an analysis, ``63Cu``; of lead or uranium it may be that isotope alone."""
_OXYGEN = 15.999
# Without those of one atom each ("sno" and "geo" are other words) and without 3 to 8: "eU3O8" is uranium by its radiation.
_PROPORTIONS = ((1, 2), (1, 3), (2, 1), (2, 3), (2, 5), (3, 4), (4, 7), (6, 11))

Kind = Literal["element", "oxide", "loi", "total_ree"]


@dataclass(frozen=True)
class Species:
    """What a column holds: an element, an oxide of one, loss on ignition, or a total of rare earths."""

    symbol: str
    kind: Kind
    element: str
    element_per_oxide: float = 1.0

    @property
    def target(self) -> str:
        """Canonical column: ``<Element>_ppm``, ``<Oxide>_pct`` for the major oxides, ``LOI_pct``."""
        if self.kind == "loi" or self.symbol in MAJOR_OXIDES:
            return f"{self.symbol}_pct"
        return f"{self.element}_ppm"

    def factor(self, unit: str) -> float:
        """Multiplier from a value in ``unit`` of this species to the canonical column."""
        if self.target.endswith("_pct"):
            return PPM_PER_UNIT[unit] / 1e4
        return PPM_PER_UNIT[unit] * self.element_per_oxide

    @property
    def default_unit(self) -> str:
        """Unit of a column that states none: percent for major oxides and ignition loss, ppm for all else."""
        return "pct" if self.target.endswith("_pct") else "ppm"

    @property
    def crust_ppm(self) -> float | None:
        """Upper-crust abundance of the species itself [ppm], None where no figure is at hand."""
        found = crust_ppm().get(self.element)
        return None if found is None or self.kind in ("loi", "total_ree") else found / self.element_per_oxide


@dataclass(frozen=True)
class AnalysisColumn:
    """A raw column name read as an analysis; ``stated_unit`` is '' where the name gives none, ``unknown_unit`` what it gave."""

    raw: str
    species: Species
    stated_unit: str
    unknown_unit: str = ""


@cache
def crust_ppm() -> dict[str, float]:
    """Upper continental crust [ppm] by element (Rudnick and Gao, as in ``elements.csv`` and ``survey_elements.csv``)."""
    out: dict[str, float] = {}
    for table in ("survey_elements", "elements"):
        rows = load_table(table)
        known = rows[rows["ucc_ppm"].notna()]
        out |= dict(zip(known["element"], known["ucc_ppm"].astype(float)))
    return out


@cache
def species_by_name() -> dict[str, Species]:
    """Lower-case spelling -> species; includes the spellings of oxides with a digit zero (``si02``)."""
    out: dict[str, Species] = {}
    elements = load_table("elements")
    known = elements[elements["oxide"].notna() & elements["oxide_to_element_factor"].notna()]
    factors = known["oxide_to_element_factor"].astype(float)
    oxides = {str(o): (str(e), f) for o, e, f in zip(known["oxide"], known["element"], factors)}
    for symbol in [*elements["element"], *load_table("survey_elements")["element"]]:
        out[symbol.lower()] = Species(symbol, "element", symbol)
    for oxide, (element, share) in (oxides | _MORE_OXIDES).items():
        item = Species(oxide, "oxide", element, share)
        for spelling in (oxide.lower(), oxide.lower().replace("o", "0")):
            if spelling not in out:
                out[spelling] = item
    for oxide, (element, share) in _further_oxides(oxides | _MORE_OXIDES).items():
        item = Species(oxide, "oxide", element, share)
        for spelling in (oxide.lower(), re.sub(r"o(\d*)$", r"0\1", oxide.lower())):
            out.setdefault(spelling, item)
    out["fe2o3t"] = out["tfe2o3"] = out["fe2o3"]
    out["feot"] = out["feo"]
    out["tfe"] = out["fet"] = out["fe"]
    out["loi"] = Species("LOI", "loi", "LOI")
    return out


def _further_oxides(known: Mapping[str, tuple[str, float]]) -> dict[str, tuple[str, float]]:
    """Oxides of other proportions than the tables' (``Ce2O3`` beside ``CeO2``), by the mass of the metal that a known one implies.

    With x atoms of mass M and y of oxygen (15.999) the metal's share is f = xM / (xM + 15.999 y).
    """
    out: dict[str, tuple[str, float]] = {}
    for oxide, (element, share) in known.items():
        found = re.fullmatch(rf"{element}(\d*)O(\d*)", oxide)
        if found is None:
            continue
        x, y = (int(n or 1) for n in found.groups())
        mass = share * _OXYGEN * y / (x * (1 - share))
        for a, b in _PROPORTIONS:
            formula = f"{element}{a if a > 1 else ''}O{b if b > 1 else ''}"
            out[formula] = element, a * mass / (a * mass + _OXYGEN * b)
    return {formula: found for formula, found in out.items() if formula not in known}


@cache
def spelled_out() -> dict[str, Species]:
    """Lower-case name of an element ('copper', 'sulphur') -> species; only a column that states a unit is read by it."""
    out: dict[str, Species] = {}
    for table in ("survey_elements", "elements"):
        rows = load_table(table)
        for symbol, name in zip(rows["element"], rows["name"].astype("str")):
            out[name.strip().lower()] = Species(str(symbol), "element", str(symbol))
    for one, other in (("aluminium", "aluminum"), ("sulphur", "sulfur"), ("caesium", "cesium")):
        for a, b in ((one, other), (other, one)):
            if a in out:
                out.setdefault(b, out[a])
    return out


def parse_column(name: object) -> AnalysisColumn | None:
    """A column name read as species and unit: ``La_ppb``, ``Si02``, ``as_``, ``Cu (mg/kg)``, ``Fe2O3_pct``; None if it is none."""
    raw = str(name)
    text = (
        unicodedata.normalize("NFKC", raw).replace("\ufeff", "").strip().strip('"').strip("_ ").rstrip("*\u2020\u2021 ")
    )
    if re.fullmatch(r"l\.?\s?o\.?\s?i\.?", text, re.IGNORECASE):
        return AnalysisColumn(raw, species_by_name()["loi"], "")
    spaced = re.sub(r"(?<=[\w)])%", " %", text)
    tokens = [t for t in re.split(r"[\s_.:;|()\[\]{}\-,]+", spaced) if t]
    if not tokens:
        return None
    tokens = _without_owned(tokens)
    if len(tokens) > 1 and tokens[0].lower() in ("t", "tot", "total") and tokens[1].lower() in species_by_name():
        tokens = tokens[1:]  # "T.Fe %", "Total Fe (%)"
    if len(tokens) == 2 and tokens[0].lower() in ("ppm", "ppb", "pct", "%"):  # "ppm Cu"
        tokens.reverse()
    compact = re.sub(r"[^a-z]", "", "".join(t for t in tokens if unit_of(t) is None).lower())
    if compact in TREE_NAMES:
        stated = next((unit_of(t) for t in tokens if unit_of(t)), None) or ""
        return AnalysisColumn(raw, Species("TREE", "total_ree", "TREE"), stated)
    known = species_by_name()
    first = next((i for i, t in enumerate(tokens) if not _is_method(t)), 0)
    head, rest = tokens[first], tokens[first + 1 :]
    species = known.get(_symbol(head))
    later = next((known[t.lower()] for t in rest if t.lower() in known and not _is_filler(t)), None)
    if later is not None and (
        first or any(map(_is_method, rest))
    ):  # Au-AA25_Au_ppm, Au-GRA21_Ag: the method's name, the element
        species, rest = later, [t for t in rest if known.get(t.lower()) is not later]
    if any(t.lower() in _BESIDE for t in rest):
        return None
    if unit_of("".join(rest)) is None:  # "g_t" is a unit, "total" a remark
        rest = [t for t in rest if not _is_filler(t) and not _is_method(t)]
    if species is None and head.lower() in spelled_out() and unit_of("".join(rest)) is not None:
        species = spelled_out()[head.lower()]
    if species is None:
        glued = re.fullmatch(r"([A-Za-z0-9]+?)(ppm|ppb|ppt|pct)", head, re.IGNORECASE)
        species = known.get(glued.group(1).lower()) if glued else None
        if species is None or glued is None:
            return None
        rest = [glued.group(2), *rest]
    if not rest:
        return AnalysisColumn(raw, species, "")
    unit = unit_of("".join(rest))
    if unit is not None:
        return AnalysisColumn(raw, species, unit)
    again = re.fullmatch(r"(.+?)(?:\.\d{1,2}|_\d)", text)
    if (
        again and (twin := parse_column(again.group(1))) is not None and not twin.unknown_unit
    ):  # Cu_ppm.1: the header stands twice
        return AnalysisColumn(raw, twin.species, twin.stated_unit)
    # A short rest reads as a unit that nobody knows; a longer one is some other column ("as_received_by").
    return AnalysisColumn(raw, species, "", " ".join(rest)) if len(rest) == 1 and len(rest[0]) <= 5 else None


def _symbol(head: str) -> str:
    """The key of a species in a part of a name: ``CuT`` is copper, ``eU`` uranium, ``EU`` europium."""
    whole = _IN_TOTAL.fullmatch(head)
    return (whole.group(1) if whole else head[1:] if head in _BY_RADIATION else head).lower()


def _without_owned(tokens: list[str]) -> list[str]:
    """Parts of a name without an element that belongs to a method's code (``GE_ICP40B``, ``Au-GRA21``), where another is named."""
    known = [i for i, t in enumerate(tokens) if t.lower() in species_by_name()]
    owned = [i for i in known if i + 1 < len(tokens) and _is_method(tokens[i + 1]) and not _is_filler(tokens[i + 1])]
    return tokens if len(owned) == len(known) else [t for i, t in enumerate(tokens) if i not in owned]


def _is_filler(token: str) -> bool:
    return token.lower() in _METHODS


def _is_method(token: str) -> bool:
    """Whether a part of a column's name is a laboratory's method."""
    low = token.lower()
    oxide = _OXIDE_LIKE.fullmatch(low)
    if low in species_by_name() or (oxide and oxide.group(1) in species_by_name()) or unit_of(low) is not None:
        return False
    return low in _METHOD_WORDS or _METHOD_CODE.fullmatch(low) is not None


def names_analysis(name: object) -> bool:
    """Whether a column that could not be read names an element or oxide beside a unit or a method, or in a word.

    ``Cu_flag`` and ``S No`` do not; ``Copper``, ``Cu by ICP in ppm of dry mass`` do.
    """
    plain = unicodedata.normalize("NFKC", str(name))
    per = re.fullmatch(r"\s*(\w+)\s*/\s*(\w+|%)\s*", plain)  # "Cu/ppm"
    tokens = [
        t
        for t in re.split(r"[\s_.:;|()\[\]{}\-,]+", " ".join(per.groups()) if per and unit_of(per.group(2)) else plain)
        if t
    ]
    tokens = [isotope.group(1) or isotope.group(2) if (isotope := _ISOTOPE.fullmatch(t)) else t for t in tokens]
    if any(t.lower() in _BESIDE for t in tokens):
        return False
    words = [t for t in tokens if t.lower() in spelled_out() or (len(t) > 2 and t.lower() in species_by_name())]
    symbols = {s.symbol for s in species_by_name().values()}
    told = any(unit_of(t) is not None or _is_method(t) for t in tokens)
    return bool(words) or (told and any(t in symbols for t in tokens))


def is_oxide_total(text: object) -> bool:
    """Whether a name, with or without a unit, is that of a total of rare-earth oxides: ``TREO``, ``TREO (%)``, ``Total REO``."""
    words = [w for w in re.split(r"[\s_.:;|()\[\]{}\-,]+", str(text)) if w and unit_of(w) is None]
    return "".join(words).lower() in OXIDE_TOTALS


def element_named(text: object) -> Species | None:
    """The element, oxide or total of rare earths that a cell names: ``copper``, ``CU``, ``V2O5``, ``eU3O8``; None for none."""
    text = unicodedata.normalize("NFKC", str(text))
    if both := re.fullmatch(r"\s*(.+?)\s*\(([^()]+)\)\s*", text):  # "Copper (Cu)", "Iron (total)"
        outer, inner = element_named(both.group(1)), element_named(both.group(2))
        said_again = inner is not None and outer is not None and inner.element == outer.element
        return outer if said_again or both.group(2).strip().lower() in ("t", "total") else None
    plain = re.sub(r"[\s_]+", "", text).lower()
    if plain in TREE_NAMES - {"treo"}:
        return Species("TREE", "total_ree", "TREE")
    known = species_by_name()
    found = known.get(plain) or spelled_out().get(str(text).strip().lower())
    if found is None and plain.startswith("e"):  # equivalent uranium and thorium, by their radiation
        found = known.get(plain[1:]) if plain[1:] in ("u", "th", "k", "u3o8", "tho2") else None
    return None if found is None or found.kind == "loi" else found
