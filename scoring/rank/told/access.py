"""Who holds a block, whether it can be bid for, and what became of its auction; unknown where no source says.

Belongs here: columns on holder and auction. Does not belong here: what a lease bars (``scoring.rank.gates``).
"""

from __future__ import annotations

import math

from khanij.foundation.cells import flags_in, number_of, text
from khanij.foundation.wording import number
from scoring.rank.gates import MAY_BE_IN_FORCE
from scoring.rank.state import FREE
from scoring.rank.told.block_view import BlockView

_ACTUAL = ("waste_block", "auction_block", "mining_lease")
"""Kinds that somebody can hold or bid for; a survey sheet or a grid cell is only ground to read."""
_OWN_OUTCOME = ("own_fact", "auction_outcome")
"""Flag of a block whose outcome a user's own table says, and no longer the words of its source."""
_OFFERED = ("offered_again", "open")
OUTCOME_WORDS = {
    "sold": "sold", "annulled": "annulled", "offered_again": "offered again, result not known", "no_bid": "no bid",
    "open": "open, bids are invited", "to_be_offered": "not yet offered", "unknown": "outcome not known",
}  # fmt: skip


def stated(b: BlockView, column: str) -> str:
    """What the block's own source, or a user's correction, says in a column; "" where it says nothing."""
    values = b.state.given.column.get(column)
    return "" if values is None else text(values[b.i])


def _site_says(b: BlockView, field: str) -> str:
    record = b.state.given.own_record(b.i)
    return "" if record is None else str(getattr(record.row, field))


def _is_operators(b: BlockView) -> bool:
    return "operator_lease" in b.gate.flags or stated(b, "lease_status") == "operator"


def open_to_bid(b: BlockView) -> str | None:
    """``yes``, ``operator``, ``third_party`` or ``unknown``: what a source says, never what is likely.

    ======================================================  ==============
    a source says                                           open_to_bid
    ======================================================  ==============
    so itself, or a user's correction does                  as it says
    sold at auction; a third party's lease                  ``third_party``
    the operator's own lease                                ``operator``
    bids invited; offered again, result not known           ``yes``
    annulled, no bid, not yet offered, outcome not known    ``unknown``
    a lease that ended                                      ``unknown``
    a lease that may be in force                            ``unknown``
    no lease, or the State's own, and no law bars it        ``yes``
    nothing                                                 ``unknown``
    ======================================================  ==============
    """
    if b.state.given.column["kind"][b.i] not in _ACTUAL:
        return None
    own, outcome, lease = stated(b, "open_to_bid"), stated(b, "auction_outcome"), stated(b, "lease_status")
    if own:
        return own
    is_leased = b.gate.status == "LEASED" and MAY_BE_IN_FORCE not in b.gate.flags
    if outcome == "sold" or lease == "third_party" or is_leased:
        return "third_party"
    if _is_operators(b):
        return "operator"
    # Ground whose lease ended is open when somebody offers it, which no lease layer says.
    is_free = outcome in _OFFERED or (not outcome and lease in FREE and not _has_ended(b))
    return "yes" if is_free and not b.gate.status else "unknown"


def _has_ended(b: BlockView) -> bool:
    is_lease = b.state.given.column["kind"][b.i] == "mining_lease"
    return (is_lease and stated(b, "lease_status") == "none") or any(
        code == "lease_ended" for code, _ in flags_in(stated(b, "flags"))
    )


def operator(b: BlockView) -> str | None:
    """Who runs the mine or plant: the block's own source, else that of its waste site."""
    return stated(b, "operator") or _site_says(b, "operator") or None


def lease_holder(b: BlockView) -> str | None:
    """Who holds the lease: the block's own source, a lease layer, the operator under a lease of its own, or a lease over the site."""
    return _own_holder(b) or "; ".join(words for words, _ in _holders_over(b)) or None


def _own_holder(b: BlockView) -> str:
    return stated(b, "lease_holder") or "; ".join(b.gate.holders) or (operator(b) or "" if _is_operators(b) else "")


def _holders_over(b: BlockView) -> list[tuple[str, list[str]]]:
    """Holders of the mining leases over the site of a waste block, with the leases in words, and the sources of these.

    None where its own source names somebody, or says that the ground is free: that is nearer than an outline over it.
    """
    given, record = b.state.given, b.state.given.own_record(b.i)
    if record is None or _own_holder(b) or stated(b, "lease_status") in FREE:
        return []
    out = []
    for rows in given.leases_over.get(record.row.site_id, []):
        leases = f"{'lease' if len(rows) == 1 else 'leases'} {', '.join(given.ids[i] for i in rows)}"
        holder = text(given.column["lease_holder"][rows[0]])
        out.append((f"{holder} ({leases} over it)", [text(given.column["source"][i]) for i in rows]))
    return out


def auction_outcome(b: BlockView) -> str | None:
    """Outcome of the last offer; ``unknown`` for an auction block of which no source says one."""
    is_auction = b.state.given.column["kind"][b.i] == "auction_block"
    return stated(b, "auction_outcome") or ("unknown" if is_auction else None)


def auction_premium_pct(b: BlockView) -> float:
    """Winning premium [%] of the value of mineral despatched."""
    values = b.state.given.column.get("auction_premium_pct")
    return math.nan if values is None else number_of(values[b.i])


def auction_said(b: BlockView) -> str:
    """``tranche 1, offered again in 3: sold, 2024-07-21, to Vedanta at 6.05 %``; "" for what was never offered."""
    outcome = auction_outcome(b)
    if outcome is None:
        return ""
    bidder, premium = stated(b, "preferred_bidder"), auction_premium_pct(b)
    words = [OUTCOME_WORDS.get(outcome, outcome), *_status_said(b), stated(b, "auction_outcome_date")]
    if bidder:
        words.append(f"to {bidder}" if outcome == "sold" else f"preferred bidder {bidder}")
    if not math.isnan(premium):
        words.append(f"premium {number(premium, 4)} %")
    tranche = stated(b, "auction_tranche")
    return f"{f'tranche {tranche}: ' if tranche else ''}{', '.join(w for w in words if w)}"


def _status_said(b: BlockView) -> list[str]:
    """The words of the block's source on its auction, where they are other than the code."""
    flags = flags_in(stated(b, "flags"))
    if _OWN_OUTCOME in flags:
        return []
    how = {"auction_status": "", "auction_status_not_understood": ", not understood"}
    return [f"by its source '{words}'{how[code]}" for code, words in flags if code in how]


def access_source(b: BlockView) -> str | None:
    """Where it is said who holds the block: own source or correction, the site's lease, the gate; None where nowhere."""
    lease = _site_says(b, "lease_basis") if stated(b, "lease_status") not in ("", "unknown") else ""
    gate = b.gate.reason if b.gate.status == "LEASED" else ""
    layer = "lease layer of the region" if b.gate.holders and not gate else ""
    block = b.state.given.column["source"][b.i] if _says_itself(b) and not lease else ""
    over = [source for _, sources in _holders_over(b) for source in sources]
    parts = [stated(b, "access_source"), lease, gate, layer, text(block), *over]
    return " | ".join(dict.fromkeys(p for p in parts if p)) or None


def _says_itself(b: BlockView) -> bool:
    """Whether a source of blocks or leases says its holder or lease status in its own columns."""
    if stated(b, "access_source"):
        return False
    return stated(b, "lease_status") not in ("", "unknown") or any(
        stated(b, c) for c in ("open_to_bid", "lease_holder", "operator", "auction_outcome")
    )


def access_note(b: BlockView) -> str:
    """A sentence on the auction for the explanation of a block; "" where it was never offered."""
    said = auction_said(b)
    return f" At auction: {said}." if said else ""
