"""On what the figures of a block stand: how many of them on no text at all.

Belongs here: which figures count, and the source of each. Does not belong here: what a source string says
(``data_sources.reference.bibliography``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from data_sources.reference.bibliography import is_expert_default, is_own_knowledge
from khanij.foundation.cells import is_known
from scoring.rank.told.block_view import BlockView
from scoring.waste.inventory import SiteRecord
from scoring.waste.routes import RouteBook

_EXPERT = "expert default"
_own = lru_cache(maxsize=4096)(is_own_knowledge)
_expert = lru_cache(maxsize=4096)(is_expert_default)


def figure_sources(record: SiteRecord, book: RouteBook) -> list[str]:
    """Source of every figure of a site that enters its value.

    Its position, tonnage and grades in use; of a site with a project the two cost laws, and of each element that is sold its
    recovery, payable share and price.
    """
    row = record.row
    found = [row.position_basis or row.source] if is_known(row.lon) else []
    if record.tonnage is not None and record.tonnage_width is not None:
        found.append(record.tonnage.source)
    found += [assay.source for assay in record.assays]
    if record.project is None:
        return found
    laws = book.economics.families[record.project.plant.family]
    # A law that is fitted to plants leans on the default with the weight of one plant; without any it is the default.
    found += [_EXPERT if law.n_plants == 0 else "fitted to plants" for law in (laws.operating, laws.capital)]
    for element in record.sold:
        product = book.products_of(row.route_code, row.waste_type_code)[element]
        is_seen = book.is_recovery_published(row.route_code, row.waste_type_code, element)
        found.append("published" if is_seen else _EXPERT)
        found += [product.payability_basis, book.element(element).price_basis]
    return found


def _sources(b: BlockView) -> list[str]:
    """Of a block with waste those of its sites, of another that of its outline."""
    given = b.state.given
    own = given.own_record(b.i)
    records = [own] if own is not None else [given.records[s] for s in b.state.decided.holds[b.i]]
    outline = [] if own is not None else [str(given.column["source"][b.i])]
    return outline + [text for record in records for text in figure_sources(record, given.book)]


def figures_count(b: BlockView) -> float:
    """Figures that the block stands on; NaN where it has none."""
    return len(_sources(b)) or math.nan


def _counted(is_it: Callable[[str], bool]) -> Callable[[BlockView], float]:
    def count(b: BlockView) -> float:
        sources = _sources(b)
        return sum(map(is_it, sources)) if sources else math.nan

    return count


figures_own_knowledge = _counted(_own)
figures_expert_default = _counted(_expert)
