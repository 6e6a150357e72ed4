"""Flags ``code:words``, taken apart in one way wherever they are read."""

from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sources.readers.statuses.auction_status import auction_outcomes
from data_sources.readers.statuses.lease_status import lease_statuses, words_not_understood
from khanij.foundation.cells import flag_of, flag_parts, flags_in
from publishing.words import _why_not_known
from scoring.rank.gating import lease_bar
from scoring.rank.told.cautions import said_of_flag


@pytest.mark.parametrize(
    ("flag", "parts"),
    [
        ("operator_lease", ("operator_lease", "")),
        (" lease_until:2031 ", ("lease_until", "2031")),
        ("auction_status:sold: to A", ("auction_status", "sold: to A")),
        ("", ("", "")),
    ],
)
def test_a_flag_is_a_code_and_its_words(flag, parts):
    assert flag_parts(flag) == parts


def test_a_cell_of_flags_is_read_and_an_empty_one_has_none():
    cell = "operator_lease; lease_until:2031;auction_status:a: b; "
    assert flags_in(cell) == [("operator_lease", ""), ("lease_until", "2031"), ("auction_status", "a: b")]
    assert flags_in(None) == flags_in(float("nan")) == flags_in("") == []


def test_words_with_a_colon_stay_whole_wherever_they_are_told():
    flag = "lease_status_not_understood:see file: 7"
    assert words_not_understood({"lease_remarks": {flag: 1}}) == ["'see file: 7' (1 row)"]
    assert said_of_flag(flag) == "the status of the lease is not understood: see file: 7"
    why, is_maybe = lease_bar("unknown", f"other; {flag}; more", "A Ltd")
    assert is_maybe and "see file: 7" in why and "more" not in why
    assert lease_bar("unknown", "other_lease_status_not_understood:x", "A Ltd") == ("", False)


@pytest.mark.parametrize(("own", "is_told"), [("auction_outcome", False), ("auction_outcome_date", True)])
def test_a_users_date_of_an_auction_does_not_hide_what_its_source_says_of_the_outcome(own, is_told):
    row = SimpleNamespace(
        flags=f"auction_status:Sold to A; own_fact:{own}", auction_outcome="sold", open_to_bid="third_party"
    )
    assert ("auction_outcome" in _why_not_known(row)) == is_told


CODES, WORDS = (
    st.from_regex(r"[a-z][a-z_]*", fullmatch=True),
    st.text(alphabet=";:, aB_क"),
)


@given(st.lists(st.tuples(CODES, WORDS), max_size=5))
def test_words_never_part_a_flag_from_itself(flags):
    told = flags_in("; ".join(flag_of(code, words) for code, words in flags))
    assert told == [(code, words.replace(";", ",").strip()) for code, words in flags]


@given(st.sampled_from(["Working", "Lapsed", "Stopped"]), WORDS, WORDS)
def test_what_a_lease_or_an_auction_says_makes_no_flag_of_its_own(status, words, more):
    said = f"{status}; {words};lease_ended:{more}"
    codes = {"lease_in_force", "lease_ended", "lease_status_not_understood", "lease_status_not_stated", "lease_until"}
    (remark,) = lease_statuses(pd.DataFrame({"status": [said], "valid_upto": [f"2030; {more}; lease_in_force"]}))[2]
    told = flags_in(remark)
    assert len(told) == 2 and {code for code, _ in told} <= codes
    (remark,) = auction_outcomes(pd.DataFrame({"auction_status": [said]}), is_auction=True)[1]
    assert len(flags_in(remark)) == 1
