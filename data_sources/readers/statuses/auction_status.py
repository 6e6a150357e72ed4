"""What became of an auction, from the words of a layer of blocks -> the contract's ``auction_outcome``.

=================================================  =================
the layer says                                     auction_outcome
=================================================  =================
annulled, cancelled, withdrawn                     ``annulled``
no bid, no response                                ``no_bid``
to be auctioned, yet to be, proposed, ready for    ``to_be_offered``
auctioned, sold, allotted, a preferred bidder      ``sold``
auctioned again, offered again                     ``offered_again``
open, NIT issued, tender invited, under auction    ``open``
other words, or a negation (not sold)              ``unknown``
=================================================  =================

The words themselves go to the block's flags, those that are not understood marked as such. Belongs here: words. Does not
belong here: whether the block can be bid for (``scoring.rank.told.access``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from data_sources.contracts.blocks import AUCTION_OUTCOMES
from data_sources.contracts.contract import plain_name
from data_sources.readers.statuses.lease_status import column_read, words_of
from khanij.foundation.cells import flag_of

OUTCOME_COLUMNS = (
    "auction_outcome", "outcome", "auction_status", "status_of_auction", "auction_stat", "auction_state", "auction_stage",
    "stage_of_auction", "auction_result", "result_of_auction", "auction_st",
)  # fmt: skip
"""Names of a column that speaks of an auction, in a layer of any kind."""
BLOCK_COLUMNS = ("block_status", "status_of_block", "block_stat", "status", "stat", "present_status", "current_status")
"""Names that speak of it in a layer of auction blocks alone."""
SAID, NOT_UNDERSTOOD = "auction_status", "auction_status_not_understood"
"""Flags ``code:words``."""
_PLANS = r"(to be|yet to be|not yet|likely to be|proposed (to be|for)|ready (to be|for)|planned (to be|for)|identified (to be|for)|recommended (to be|for)|pending|upcoming|forthcoming)"
# In this order: a block that was annulled and is to be auctioned again was annulled; "to be auctioned" holds "auctioned".
_WORDS = (
    ("", r"\b(annul|cancel).*\b(?<!re-)(?<!re)(sold|auctioned|allott?ed)\b|\b(documents?|forms?) sold\b|\btenders? opened\b|\bnever\b"),
    ("annulled", r"annul|cancel|withdrawn|scrapped"),
    ("no_bid", r"\bno (\w+ )?(bid|response|offer|taker)|\b(without|zero|nil) (a |any )?bid"),
    ("", r"\bnot\b(?! yet)|\bun-?(sold|auctioned|allott?ed|successful)|\bnon-?auction|\bfail|clos|expir|laps|\bover\b"),
    ("to_be_offered", rf"\b{_PLANS}\b.{{0,20}}(auction|offer|bid|tender|nit\b|notif|put up|sold|allot|grant|award|declar|vest|issu)|(?<!nit issued )(?<!put up )\b(for auction|upcoming|forthcoming)|\b(nit|tender)s? .{{0,10}}\b(to be|pending)"),
    ("sold", r"\bsold\b|(?<!re)(?<!re-)(?<!re )auctioned(?! again)|allott?ed|granted|awarded|preferred bidder|letter of intent|\bloi\b|vest(ed|ing)"),
    ("offered_again", r"re-? ?(auction|offer|tender|notif|nit\b)|(offered|auctioned|notified|tendered) again|(second|2nd|third|3rd) (attempt|offer|round)"),
    ("open", r"\bopen\b(?![\s-]*(cast|pit))|\bnit\b|inviting|\btender|under (auction|bidding|offer)|auction (is )?(in progress|on-?going|under ?way|live|notified|in process|under process)|bid(s|ding)? (invited|in progress|on-?going|live|under ?way)|on offer|put up for auction"),
)  # fmt: skip


def auction_outcomes(
    frame: pd.DataFrame, field_map: Mapping[str, str] | None = None, *, is_auction: bool
) -> tuple[pd.Series, pd.Series, list[str]] | None:
    """(auction_outcome, remark, columns read) of each row of a raw layer of blocks; None where no column speaks of it.

    Parameters
    ----------
    frame : n rows with the publisher's columns. field_map : raw column -> canonical column, from the card.
    is_auction : in a layer of auction blocks a bare ``STATUS`` is that of the auction.
    """
    candidates = (*OUTCOME_COLUMNS, *(BLOCK_COLUMNS if is_auction else ()))
    taken = {raw for raw, target in (field_map or {}).items() if target != "auction_outcome"}
    left = frame.drop(columns=[c for c in frame.columns if c in taken or plain_name(c) == "lease_status"])
    column = column_read(left, field_map, "auction_outcome", candidates)
    if column is None:
        return None
    words = words_of(left, column)
    outcome = [outcome_said(w) for w in words]
    remarks = [_remark(w, told) for w, told in zip(words, outcome)]
    known = pd.Series([told or ("unknown" if w else None) for w, told in zip(words, outcome)], index=frame.index)
    return known.astype("str"), pd.Series(remarks, index=frame.index, dtype="str"), [str(column)]


def outcome_said(words: str) -> str:
    """The outcome that words mean; "" where they are not understood, or where there are none."""
    plain = re.sub(r"[\s_]+", " ", words.strip().lower())
    if plain.replace(" ", "_") in AUCTION_OUTCOMES:
        return plain.replace(" ", "_")
    return next((code for code, pattern in _WORDS if re.search(pattern, plain)), "")


def _remark(words: str, outcome: str) -> str:
    """A flag with the words, where they are other than the code."""
    if not words or words == outcome:
        return ""
    return flag_of(SAID if outcome else NOT_UNDERSTOOD, words)
