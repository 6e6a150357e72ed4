"""The words of a result that a newcomer does not know, each with one explanation; what a column says of itself is not repeated.

Belongs here: a term, the ways in which it is written, and what it means. Does not belong here: a word for a code
(``words``), a column's description (the contracts).
"""

from __future__ import annotations

from typing import NamedTuple

from data_sources.contracts.published.outputs import RANKED_BLOCKS


class Term(NamedTuple):
    """A term as it is listed, a regular expression for the ways in which it is written, and its explanation."""

    title: str
    written: str
    means: str


def _column(name: str) -> str:
    return RANKED_BLOCKS[name].description


GLOSSARY = (
    Term("P10, P50, P90", r"P(?:10|50|90)", "Low case, median and high case: in one draw of ten the figure is below P10, in one of ten above P90."),
    Term("P05, P95 of a rank", r"P05|P95", "The best and the worst place: in one draw of twenty the block stands at P05 or higher, in one of twenty at P95 or lower."),
    Term("P(top k)", r"P\(top \d+\)", "Share of the draws in which the block is among the first k of its kind."),
    Term("draws", r"draws?", "Repetitions of the whole computation, each with tonnages, grades, recoveries, costs and prices drawn from their ranges; a share of the draws is how often something came out."),
    Term("basket", r"baskets?", "The list of metals that counts for the rank; metals outside it pay for a project and give no points."),
    Term("prospect", r"[Pp]rospects?", _column("prospect")),
    Term("tier", r"[Tt]iers?", _column("tier")),
    Term("P(pays)", r"P\(pays\)(?! if)", _column("p_pays")),
    Term("needed price multiple", r"[Nn]eeded price multiple|[Pp]rice multiple needed|[Nn]eeds? (?:net )?prices|times as high", _column("price_multiple_needed")),
    Term("NPV, net present value", r"NPV|[Nn]et present value", f"{_column('npv_usd_p50').rstrip('.')}."),
    Term("crore", r"crore", "Ten million: Rs 1 crore is 1,00,00,000 rupees. Converted from USD at the rate and day stated at the top."),
    Term("robust", r"(?:not )?robust", "The order holds when grid, prices, weights and reach are changed in turn. Where it does not, read the tier and not the rank."),
    Term("Kendall tau", r"Kendall tau", "How alike two orders are: 1 the same, 0 unrelated, -1 reversed."),
    Term("class", r"[Kk]nowledge class|\bClass\b", _column("knowledge_class")),
    Term("class analogue", r"analogue", "A borrowed range or a derived figure: taken from like material elsewhere, or computed, not measured on this one."),
    Term("G1 to G4", r"G[1-4]", "How well a figure is known, as in UNFC: G1 explored in detail, G2 in general, G3 prospected, G4 reconnaissance."),
    Term("HPAL", r"HPAL|\bhpal\w*", "High-pressure acid leaching: the plant that dissolves nickel and cobalt out of laterite."),
    Term("likely companions", r"[Ll]ikely companions", _column("likely_companions")),
    Term("UNFC", r"UNFC", _column("unfc")),
)  # fmt: skip
