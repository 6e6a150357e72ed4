"""The words that every publication uses for a status and a kind of block.

Belongs here: a word that page, spreadsheet, dossier, map and command line share. Does not belong here: a column's title
(the contracts), a number in words (``khanij.foundation.wording``), a colour (``colours``).
"""

from __future__ import annotations

import itertools
from types import SimpleNamespace

from data_sources.contracts import Field
from data_sources.contracts.blocks import CONCESSIONS
from data_sources.contracts.published.outputs import RANKED_BLOCKS
from data_sources.contracts.published.places import EXPLAIN, HELD
from khanij.foundation.cells import flags_in, is_known
from khanij.foundation.wording import number, one_line, share, tonnes, triple

NUMBERS = ("float", "integer")
STATUS_WORDS = {
    "RANKED": "Ranked",
    "OUT_OF_BASKET": "Other metals than the basket's",
    "UNQUANTIFIED": "Not quantified yet",
    "GATED": "Barred by law or court",
    "LEASED": "Leased to a third party",
}
# The same words inside a QGIS expression, where an apostrophe would end the text.
STATUS_SAID = {k: v.replace("'", "’") for k, v in STATUS_WORDS.items()}
PROSPECT_WORDS = {
    "PAYS": "Pays in half of the draws or more",
    "MAY_PAY": "May pay",
    "NEEDS_MORE": "Needs higher prices, or more metal",
}
CLASS_WORDS = {
    "G1": "G1, detailed exploration (UNFC G1)",
    "G2": "G2, general exploration (UNFC G2)",
    "G3": "G3, prospecting (UNFC G3)",
    "G4": "G4, reconnaissance (UNFC G4)",
    "analogue": "analogue: borrowed from elsewhere or derived; below any exploration stage",
    "default": "default: an expert's guess; below any exploration stage",
    "none": "none: no usable figure",
}
LEASE_WORDS = {
    "operator": "under its operator's own lease",
    "third_party": "leased to a third party",
    "state": "with the State",
    "none": "no lease",
    "unknown": "not known",
}
KIND_WORDS = {
    "waste_block": "Waste block",
    "auction_block": "Auction block",
    "mining_lease": "Mining lease",
    "survey_sheet": "Survey sheet",
    "grid_cell": "Grid cell",
}


VALUE_WORDS: dict[str, dict[str, str]] = {
    "open_to_bid": {
        "yes": "yes, by the source named",
        "operator": "only its operator: it lies in the operator's own lease",
        "third_party": "no, a third party holds it",
        "unknown": "not known: no source says",
    },
    "auction_outcome": {
        "sold": "sold",
        "annulled": "annulled",
        "offered_again": "offered again, result not known",
        "no_bid": "no bid",
        "open": "open: bids are invited",
        "to_be_offered": "not yet offered",
        "unknown": "not known",
    },
    "concession": CONCESSIONS,
}
"""Column -> its codes in words, for whoever reads and does not filter."""
SHORT_WORDS: dict[str, dict[str, str]] = {
    "prospect": {"PAYS": "Pays", "MAY_PAY": "May pay", "NEEDS_MORE": "Needs more"},
    "open_to_bid": {"yes": "yes", "operator": "its operator", "third_party": "no", "unknown": "not known"},
}
"""The same in a word or two, for a column of a table, a button or a choice."""


def price_multiple_in_words(value: object) -> str:
    """The needed price multiple, and what it means."""
    if not is_known(value):
        return "none can be said: nothing is sold in half of the draws"
    x = float(value)  # type: ignore[arg-type]
    meaning = "it pays at today's prices" if x <= 1 else f"net prices must be {number(x)} times today's"
    return f"{number(x)} (median): {meaning}"


def premium_in_words(row: SimpleNamespace) -> str:
    """The auction premium that leaves a net present value of 0, in the median and in one draw of five."""
    low, middle = row.affordable_premium_pct_p20, row.affordable_premium_pct_p50
    if not is_known(middle):
        return ""
    if float(middle) <= 0:
        return "none in half of the draws"
    return f"{number(middle)} % of the value of mineral despatched (median); P20 {number(low) + ' %' if float(low) > 0 else 'none'}"


def unit_said(field: Field) -> str:
    """How a column's value is said: ``share`` for one between 0 and 1, ``text``, ``yes or no``, else its unit."""
    if field.dtype == "boolean":
        return "yes or no"
    if field.dtype not in NUMBERS:
        return "text"
    bounds = field.reject
    return "share" if bounds is not None and (bounds.low, bounds.high) == (0.0, 1.0) else field.unit


def said(field: Field, value: object) -> str:
    """A published value in words, by its column; empty where it is not known."""
    if not is_known(value):
        return ""
    how = unit_said(field)
    if how == "text":
        return VALUE_WORDS.get(field.name, {}).get(str(value), one_line(value))
    if how == "yes or no":
        return "yes" if value else "no"
    return share(value) if how == "share" else f"{number(value)} {how}".rstrip()


def association_said(code: str) -> str:
    """An association of elements in words: ``ni_co_cr_pge`` -> ``Ni-Co-Cr-PGE``, ``light_ree`` -> ``light REE``."""
    words = [p.upper() if p in ("ree", "pge") else p.capitalize() if len(p) <= 2 else p for p in code.split("_")]
    out = words[0]
    for before, word in itertools.pairwise(words):
        out += ("-" if before[0].isupper() and word[0].isupper() else " ") + word
    return out


def place_in_words(row: SimpleNamespace) -> str:
    """`` in DISTRICT, STATE``, and what of it the source does not give: where the block lies, its outline says all the same."""
    named = ", ".join(str(v) for v in (row.district, row.state) if is_known(v))
    if not named:
        return ": its source gives no State and no district"
    return f" in {named}{'' if is_known(row.state) else ', its source gives no State'}"


def status_in_words(row: SimpleNamespace) -> str:
    """The status, and that a lease only may be in force where its layer does not say whether it is."""
    flags = str(row.flags).split("; ") if is_known(row.flags) else []
    may_be = row.status == "LEASED" and "lease_may_be_in_force" in flags
    return "Under a lease that may be in force" if may_be else STATUS_WORDS.get(str(row.status), str(row.status))


def held_in_words(row: SimpleNamespace) -> list[tuple[str, str]]:
    """Who holds a block and what became of its auction: label and words of what is known, in the order of explanations."""
    shown = [(f, s) for f, s in RANKED_BLOCKS.shown(EXPLAIN) if s.group == HELD]
    why = _why_not_known(row)
    told = []
    for field, show in shown:
        value = said(field, getattr(row, field.name))
        if value and field.name in why:
            value = why[field.name]
        told.append((show.label or field.title, value))
    return [(label, value) for label, value in told if value]


def _why_not_known(row: SimpleNamespace) -> dict[str, str]:
    """Column -> its words where the flags of the block say more than its code does."""
    flags = getattr(row, "flags", None)
    parts = flags_in(flags)
    told = dict(parts)
    out: dict[str, str] = {}
    odd, words = told.get("auction_status_not_understood"), told.get("auction_status")
    if ("own_fact", "auction_outcome") in parts:
        odd = words = None  # a user's own table says otherwise
    if odd:
        out["auction_outcome"] = f"not known: its source says '{odd}', which is not understood"
    elif words and is_known(row.auction_outcome):
        meaning = VALUE_WORDS["auction_outcome"].get(str(row.auction_outcome), str(row.auction_outcome))
        out["auction_outcome"] = f"{meaning} (its source: '{words}')"
    if row.open_to_bid == "unknown":
        outcome = VALUE_WORDS["auction_outcome"].get(str(row.auction_outcome), "")
        ended, unclear = told.get("lease_ended"), told.get("lease_status_not_understood")
        if odd:
            out["open_to_bid"] = f"not known: its source says '{odd}', which is not understood"
        elif row.auction_outcome in ("annulled", "no_bid", "to_be_offered"):
            out["open_to_bid"] = f"not known: {outcome}, and no source says that bids are invited"
        elif ended:
            out["open_to_bid"] = f"not known: the lease ended ('{ended}'), and no source says that it is offered"
        elif (over := told.get("ended_lease_over")) and not is_known(row.lease_holder):
            out["open_to_bid"] = f"not known: the lease over it ended ({over}), and no source says that it is offered"
        elif unclear:
            out["open_to_bid"] = f"not known: the status of the lease, '{unclear}', is not understood"
    return out


def lease_in_words(row: SimpleNamespace) -> str:
    """The lease of a block: as its own source states it, else who holds one over it, else which one over it ended."""
    own = LEASE_WORDS.get(str(row.lease_status), one_line(row.lease_status).replace("_", " "))
    if own and row.lease_status != "unknown":
        return own
    ended = dict(flags_in(row.flags)).get("ended_lease_over")
    if is_known(row.lease_holder):
        return one_line(row.lease_holder)
    return f"one over it ended ({one_line(ended)})" if ended else own or "not stated"


def site_in_words(site: SimpleNamespace) -> str:
    """A waste site in one line: name, tonnage with its class, what was assayed and what a total is split into, its gate."""
    stated = f"{tonnes(site.tonnage_stated_t)} stated, as drawn " if is_known(site.tonnage_stated_t) else ""
    known = one_line(site.tonnage_class) or "not stated"
    parts = [one_line(site.name), f"{stated}{triple(site, 'tonnage_t', tonnes)}, class {known}"]
    parts += [f"assayed {site.assayed_elements}"] if is_known(site.assayed_elements) else []
    return "; ".join([*parts, *([site.status_reason] if is_known(site.status_reason) else [])])
