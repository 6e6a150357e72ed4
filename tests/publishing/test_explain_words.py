"""The words of an explanation: where a block lies, who holds it, how often it pays, each as far as it is known."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from data_sources.contracts.published.outputs import RANKED_BLOCKS
from khanij.foundation.wording import chance, chance_short
from publishing.words import held_in_words, lease_in_words, place_in_words, status_in_words


def row(**told: object) -> SimpleNamespace:
    return SimpleNamespace(**{**dict.fromkeys(RANKED_BLOCKS.names()), **told})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, ": its source gives no State and no district"), ({"state": "Odisha"}, " in Odisha"),
        ({"state": "Odisha", "district": "Jajpur"}, " in Jajpur, Odisha"),
        ({"district": "Jajpur"}, " in Jajpur, its source gives no State"),
    ],
)  # fmt: skip
def test_a_block_with_an_outline_is_not_said_to_have_no_place(told: dict[str, object], words: str) -> None:
    assert place_in_words(row(**told)) == words


@pytest.mark.parametrize(
    ("outcome", "flags", "said", "open_"),
    [
        ("sold", "auction_status:Auctioned", "sold (its source: 'Auctioned')", None),
        ("unknown", "x; auction_status_not_understood:Under scrutiny", "'Under scrutiny', which is not understood", "'Under scrutiny'"),
        ("annulled", "auction_status:Annulled", "annulled (its source: 'Annulled')", "annulled, and no source says"),
        ("to_be_offered", "auction_status:G3 - to be auctioned", "'G3 - to be auctioned'", "not yet offered"),
        (None, "lease_ended:Expired; lease_until:2020-03-31", None, "the lease ended ('Expired')"),
        (None, "ended_lease_over:ML-1, 'Expired'", None, "the lease over it ended (ML-1, 'Expired'), and no source"),
        ("unknown", None, "not known", "no source says"),
    ],
)  # fmt: skip
def test_what_the_source_writes_is_said_beside_what_it_means(outcome, flags, said, open_) -> None:
    told = dict(held_in_words(row(auction_outcome=outcome, flags=flags, open_to_bid="unknown")))
    assert (said is None) or said in told["Outcome of the auction"]
    assert (open_ is None) or open_ in told["Open to bid"]


def test_a_users_own_outcome_is_not_said_in_the_words_of_the_source() -> None:
    flags = "auction_status:Auctioned; own_fact:auction_outcome"
    told = dict(held_in_words(row(auction_outcome="annulled", flags=flags, open_to_bid="unknown")))
    assert told["Outcome of the auction"] == "annulled"


def test_a_lease_that_may_be_in_force_is_not_said_to_be_a_third_partys() -> None:
    assert status_in_words(row(status="LEASED", flags="lease_may_be_in_force")) == "Under a lease that may be in force"
    assert status_in_words(row(status="LEASED", flags="x")) == "Leased to a third party"


@pytest.mark.parametrize(("p", "words"), [(0.0095, "< 1 %"), (0.0, "< 1 %"), (0.42, "42 %"), (0.995, "> 99 %")])
def test_a_table_says_a_chance_as_an_explanation_does_but_shorter(p: float, words: str) -> None:
    assert chance_short(p) == words
    assert chance(p) == words.replace("< ", "fewer than ").replace("> ", "more than ")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "not stated"), ({"lease_status": "unknown"}, "not known"), ({"lease_status": "third_party"}, "leased to a third party"),
        ({"lease_holder": "NALCO (lease ML-1 over it)"}, "NALCO (lease ML-1 over it)"),
        ({"lease_status": "unknown", "flags": "ended_lease_over:ML-1, 'Expired'"}, "one over it ended (ML-1, 'Expired')"),
    ],
)  # fmt: skip
def test_a_lease_over_a_site_is_not_said_to_be_not_stated(told: dict[str, object], words: str) -> None:
    assert lease_in_words(row(**told)) == words
