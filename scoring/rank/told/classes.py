"""Five knowledge classes of a block, one for each factor of its value, and its UNFC triple.

Tonnage and grade have the register's class; recovery that of the tests, cost that of the plants behind the law, price
that of its source. Belongs here: the rule of each class. Does not belong here: sentences.
"""

from __future__ import annotations

from dataclasses import dataclass

from scoring.rank.state import RunState
from scoring.rank.told.contents import main_product, main_site
from scoring.rank.told.money import PAYS
from scoring.waste.figures import worst
from scoring.waste.inventory import SiteRecord

OF_TEST = {"plant": "G1", "pilot": "G2", "bench": "G3"}
EXCHANGE = frozenset({"Au", "Ag", "Pt", "Pd", "Cu", "Zn", "Pb", "Ni", "Al", "Sn", "Co"})
"""Metals with a daily exchange or fixing price (LME, LBMA, LPPM)."""
ENOUGH_PLANTS = 3


@dataclass(frozen=True)
class Classes:
    """Knowledge classes of the five factors of one project."""

    tonnage: str
    grade: str
    recovery: str = "none"
    cost: str = "none"
    price: str = "none"

    @property
    def worst(self) -> str:
        """The class of the whole."""
        return worst(self.tonnage, self.grade, self.recovery, self.cost, self.price)


def classes_of(state: RunState, record: SiteRecord) -> Classes:
    """The classes of a site; recovery, cost and price only where it is a project."""
    product = _product_of(state, record)
    grade = _grade_class(record, product)
    if record.project is None or product is None:
        return Classes(record.tonnage_class, grade)
    book, row = state.given.book, record.row
    plants = min(
        law.n_plants
        for law in (lambda f: (f.operating, f.capital))(book.economics.families[record.project.plant.family])
    )
    published = book.is_recovery_published(row.route_code, row.waste_type_code, product)
    facts = book.element(product)
    return Classes(
        record.tonnage_class,
        grade,
        OF_TEST.get(record.project.test_level, "analogue" if published else "default"),
        "G3" if plants >= ENOUGH_PLANTS else "analogue" if plants else "default",
        "G2" if product in EXCHANGE else "G4" if facts.price_basis in ("published", "derived") else "default",
    )


def _product_of(state: RunState, record: SiteRecord) -> str | None:
    revenue = state.scored.revenue_of(record.site_id)
    best = max(sorted(revenue), key=lambda e: revenue[e], default=None)
    return best if best is not None else next(iter(sorted(record.sold)), None)


def _grade_class(record: SiteRecord, product: str | None) -> str:
    of_product = [a.knowledge_class for a in record.assays if any(e == product for e, _ in a.parts)]
    return worst(*(of_product or [a.knowledge_class for a in record.assays]))


def block_classes(state: RunState, i: int) -> Classes:
    """The classes of a block's own site, else of the site that brings most to it; none where it holds no waste."""
    record = state.given.own_record(i)
    if record is None:
        site = main_site(state, i)
        held = state.decided.holds[i]
        record = state.given.records[site or held[0]] if site or held else None
    return Classes("none", "none") if record is None else classes_of(state, record)


def unfc_of(state: RunState, i: int, classes: Classes, prospect: str | None, *, is_barred: bool) -> str | None:
    """``E-F-G`` of UNFC: E2 where it pays and nothing bars it, else E3; F2 tested in a pilot or plant, F3 not, F4 no route.

    E1 is not given: the register has no column that says a deposit is sold or worked. None where no waste is held.
    """
    record = state.given.own_record(i)
    site = main_site(state, i)
    if record is None and site is not None:
        record = state.given.records[site]
    if record is None or classes.tonnage == "none":
        return None
    e = "E2" if prospect == PAYS and not is_barred else "E3"
    if record.project is None:
        f = "F4"
    else:
        f = "F2" if record.project.test_level in ("pilot", "plant") else "F3"
    g = worst(classes.tonnage, classes.grade)
    return f"{e}-{f}-{g if g.startswith('G') else 'G4'}"


__all__ = ["Classes", "block_classes", "classes_of", "main_product", "unfc_of"]
