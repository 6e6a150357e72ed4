"""Whether a block can be bid for and what is missing of it: by what is known, without drawing anything."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from scoring.rank.gates import MAY_BE_IN_FORCE, Gate
from scoring.rank.gating import lease_bar, told_apart
from scoring.rank.next_sample import _row
from scoring.rank.state import Share
from scoring.rank.told.access import auction_said, open_to_bid
from scoring.rank.told.cautions import cautions_of
from scoring.rank.told.notes import _is_assayed_itself, missing_of, overlap_flags


def state(gate: Gate | None = None, told: set[str] | None = None, holds: tuple[str, ...] = (), **block: Any) -> Any:
    """A run of one block ``B`` whose sites are ``holds``, each with what the names of its fields say."""
    column = {"kind": "mining_lease", "lease_status": "", "flags": "", "site_id": None} | block
    records = {s: record(s) for s in ("S-1", "S-2")}
    share = [Share("B", column["kind"], s, 1.0, 1.0, 0.0, False, "footprint") for s in holds]
    given = SimpleNamespace(
        ids=["B"], column={c: [v] for c, v in column.items()}, block_gates={"B": gate or Gate()}, records=records,
        own_record=lambda _: None, mapped_sites=set(), leases_told=told or set(), shares_of={"B": share},
        is_held=lambda _: True,
    )  # fmt: skip
    return SimpleNamespace(
        given=given, decided=SimpleNamespace(holds=[list(holds)], fertility_use=lambda _: "not_applicable")
    )


def record(site: str, *classes: str, flags: tuple[str, ...] = ()) -> Any:
    row = SimpleNamespace(lon=80.0, lease_status="unknown")
    assays = [SimpleNamespace(knowledge_class=c, parts=[("Zn", None)]) for c in classes]
    return SimpleNamespace(
        site_id=site, row=row, assays=assays, sold=[], upper_limits=[], flags=list(flags), tonnage_width=None,
        is_screening=False, project=None,
    )  # fmt: skip


def view(**more: Any) -> Any:
    run = state(**more)
    return SimpleNamespace(state=run, i=0, gate=run.given.block_gates["B"])


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"lease_status": "none", "flags": "lease_ended:Expired; lease_until:2020-03-31"}, "unknown"),
        ({"lease_status": "none"}, "unknown"),
        ({"lease_status": "none", "kind": "waste_block"}, "yes"),
        ({"lease_status": "none", "flags": "lease_ended:Expired", "auction_outcome": "open"}, "yes"),
        ({"kind": "auction_block", "auction_outcome": "open"}, "yes"),
        ({"kind": "auction_block", "auction_outcome": "to_be_offered"}, "unknown"),
        ({"kind": "auction_block", "auction_outcome": "sold"}, "third_party"),
        ({"gate": Gate("LEASED", "r")}, "third_party"),
        ({"gate": Gate("LEASED", "r", flags=[MAY_BE_IN_FORCE])}, "unknown"),
        ({"lease_status": "none", "open_to_bid": "yes"}, "yes"),
    ],
)
def test_open_is_what_a_source_says_and_an_ended_lease_is_not_thereby_open(more: dict[str, Any], answer: str) -> None:
    assert open_to_bid(view(**more)) == answer


def test_the_words_of_an_auction_are_said_with_their_source() -> None:
    more = {
        "kind": "auction_block",
        "auction_outcome": "unknown",
        "flags": "auction_status_not_understood:Under scrutiny",
    }
    assert auction_said(view(**more)) == "outcome not known, by its source 'Under scrutiny', not understood"
    assert cautions_of([str(more["flags"])]) == "the status of the auction is not understood: Under scrutiny"


@pytest.mark.parametrize(
    ("more", "is_missing"),
    [
        ({}, True),
        ({"flags": "lease_status_not_understood:Temp. discontinued"}, True),
        ({"gate": Gate("LEASED", "r", flags=[MAY_BE_IN_FORCE])}, True),
        ({"lease_status": "none", "flags": "lease_ended:Expired"}, False),
        ({"gate": Gate("LEASED", "lies in a lease")}, False),
        ({"gate": Gate(holders=["A Ltd"])}, False),
        ({"gate": Gate(flags=["operator_lease"])}, False),
        ({"holds": ("S-1",), "told": {"S-1"}}, False),
        ({"holds": ("S-1",), "told": {"S-2"}}, True),
        ({"holds": ("S-1",), "lease_status": "third_party"}, False),
    ],
)
def test_a_lease_that_anything_tells_of_is_not_missing(more: dict[str, Any], is_missing: bool) -> None:
    assert ("lease status" in missing_of(state(**more), 0)) == is_missing


def test_assays_of_the_site_are_its_own_though_its_route_sells_none_of_them() -> None:
    assert _is_assayed_itself(record("S", "G4")) and _is_assayed_itself(record("S", "analogue", "G3"))
    assert _is_assayed_itself(record("S", "analogue", flags=("grade_is_mean_of_samples:Zn 3",)))
    assert not _is_assayed_itself(record("S", "analogue")) and not _is_assayed_itself(record("S"))


def test_of_several_sites_those_that_lack_something_are_named() -> None:
    run = state(holds=("S-1", "S-2"))
    run.given.records["S-1"] = record("S-1", "G3")
    assert "assays of the site itself (S-2)" in missing_of(run, 0)
    assert "tonnage" in missing_of(run, 0), "what all lack is said of none alone"


def test_a_lease_whose_status_is_not_understood_bars_its_block_in_the_same_words_as_a_gate() -> None:
    assert lease_bar("unknown", "lease_status_not_understood:Temp. discontinued; lease_until:2030", "FACOR") == (
        "it lies in a lease that may be in force (FACOR): its status 'Temp. discontinued' is not understood",
        True,
    )
    assert lease_bar("third_party", "lease_in_force:Working", None) == (
        "it lies in a third party's lease: its status is 'Working'",
        False,
    )
    assert lease_bar("none", "lease_ended:Expired", "FACOR") == ("", False)
    assert lease_bar("unknown", "lease_status_not_stated", None) == ("", False)


def test_two_shares_of_one_layer_say_what_each_is_of() -> None:
    site, block = told_apart(["forest 100 %", "crz"], ["forest 37 %", "partly_leased 5 %"], "at its point")
    assert site == ["forest 100 % (at its point)", "crz"]
    assert block == ["forest 37 % (of its whole block)", "partly_leased 5 %"]
    assert told_apart(["forest 12 %"], ["forest 12 %"], "x") == (["forest 12 %"], ["forest 12 %"])
    assert cautions_of(site[:1]) == "forest 100 % (at its point)"


def test_the_advice_on_sampling_says_that_its_draws_are_its_own() -> None:
    site = SimpleNamespace(site_id="S", row=SimpleNamespace(name="A site"))
    run = SimpleNamespace(given=SimpleNamespace(records={"S": site}))
    worth = SimpleNamespace(
        site_id="S", step="drill", worth_usd=1e6, cost_usd=1e5, p_pays_now=0.43, p_outcomes_that_pay=0.5, left_out_reason="",
        campaign="c", cost_inr_lakh=83, net_worth_usd=9e5, cost_source="CC-1",
    )  # fmt: skip
    advice = str(_row(run, worth, is_in_budget=True)["advice"])  # type: ignore[arg-type]
    assert "in draws of this advice's own, which are not the ranking's, it pays in 43 % now" in advice


def test_a_waste_block_says_which_lease_over_it_ended() -> None:
    kinds = {"WB-S": "waste_block", "ML-1": "mining_lease", "ML-2": "mining_lease"}
    flags = ["", "lease_ended:Expired; lease_until:2018-03-31", "lease_in_force:Working"]
    shares = {b: [Share(b, k, "S", 1.0, 1.0, 0.0, False, "footprint")] for b, k in kinds.items()}
    given = SimpleNamespace(ids=list(kinds), column={"flags": flags}, shares_of=shares, is_held=lambda _: True)
    told = overlap_flags(SimpleNamespace(given=given))
    assert told["WB-S"] == ["overlaps:ML-1", "overlaps:ML-2", "ended_lease_over:ML-1, 'Expired'"]
    assert told["ML-1"] == ["overlaps:WB-S"]
    assert str(cautions_of(told["WB-S"])).endswith("a lease over it ended: ML-1, 'Expired'")
