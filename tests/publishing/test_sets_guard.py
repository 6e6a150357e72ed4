"""The guard of the publication: what is refused, what is only told, and what is neither."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from data_sources.regions import PublicationLimits
from publishing.sets.guard import Connected, objections, rank_correlations, remarks
from publishing.sets.listing import Facts, LayerFacts

RANKS = {f"WB-{i}": i for i in range(1, 11)}
BEFORE = Facts(
    layers={
        "stream_sediments": LayerFacts(rows=1000),
        "auction_blocks": LayerFacts(rows=3),
        "waste_sites": LayerFacts(rows=10),
        "tonnages of portal": LayerFacts(rows=20),
        "gate forest": LayerFacts(rows=4),
    },
    blocks={"waste_block": dict(RANKS), "auction_block": {"B-1": None, "B-2": None, "B-3": None}},
    ground_pct=dict.fromkeys((*RANKS, "B-1", "B-2", "B-3"), 80.0),
    quantified=tuple(RANKS),
    crs="EPSG:6933",
    window_deg=(85.0, 21.5, 88.0, 24.0),
    settings="s1",
    code="c1",
)
ALL = Connected(
    layers=frozenset(BEFORE.layers),
    fed_by={"waste_block": ("waste_sites",), "auction_block": ("auction_blocks",)},
    survey=frozenset({"stream_sediments"}),
)
LIMITS = PublicationLimits()


def now(**changed) -> Facts:
    return BEFORE.model_copy(update=changed)


def ground(pct: float) -> dict[str, float]:
    return dict.fromkeys(BEFORE.ground_pct, pct)


def layers(**changed) -> dict[str, LayerFacts]:
    return BEFORE.layers | {name.replace("__", " "): LayerFacts(**facts) for name, facts in changed.items()}


def without(*names: str) -> Connected:
    return Connected(ALL.layers - set(names), ALL.fed_by, ALL.survey)


def judged(after: Facts, connected: Connected = ALL, **limits) -> tuple[str, ...]:
    return objections(BEFORE, after, connected, PublicationLimits(**limits))


def test_the_same_facts_are_fine():
    assert judged(BEFORE) == ()


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (now(layers=layers(stream_sediments={"rows": 0, "absent": "the file is missing"})), "1,000 rows.*is gone: the file is missing"),
        (now(layers=layers(stream_sediments={"rows": 0})), "no row left"),
        (now(layers={k: v for k, v in BEFORE.layers.items() if k != "tonnages of portal"}), "tonnages of portal was there"),
        (now(layers=layers(gate__forest={"rows": 0})), "gate forest"),
        (now(layers=layers(stream_sediments={"rows": 800})), "20 % are lost"),
        (now(layers=layers(stream_sediments={"rows": 1})), "100 % are lost"),
        (now(blocks=BEFORE.blocks | {"auction_block": {"B-1": None, "B-2": None}}), "1 of 3 blocks.*B-3"),
        (now(blocks={"waste_block": dict(RANKS)}), "3 of 3 blocks"),
        (now(ground_pct=ground(75.0)), "80.0 % before, 75.0 % now"),
        (now(ground_pct={}), "0.0 % now"),
        (now(quantified=tuple(RANKS)[:-1]), "known tonnage: 76.9 % before, 69.2 % now"),
        (now(crs="EPSG:7755"), "EPSG:6933 and is EPSG:7755"),
        (now(window_deg=(85.0, 21.5, 88.0, 23.0)), "window was"),
        (now(blocks=BEFORE.blocks | {"waste_block": {k: 11 - v for k, v in RANKS.items()}}), "tau -1.00"),
    ],
)  # fmt: skip
def test_what_was_there_and_is_gone_is_refused(after, says):
    import re

    (found,) = judged(after)
    assert re.search(says, found), found


@pytest.mark.parametrize(
    ("after", "connected"),
    [
        (now(layers=layers(stream_sediments={"rows": 801})), ALL),
        (now(layers=layers(stream_sediments={"rows": 5000})), ALL),
        (now(ground_pct=ground(75.1)), ALL),
        (now(quantified=(*RANKS, "B-1")), ALL),
        (now(ground_pct=ground(99.0)), ALL),
        (
            now(
                blocks=BEFORE.blocks
                | {"auction_block": BEFORE.blocks["auction_block"] | {f"B-{i}": None for i in range(4, 40)}}
            ),
            ALL,
        ),
    ],
)
def test_a_mended_or_grown_source_is_fine(after, connected):
    assert judged(after, connected) == ()


@pytest.mark.parametrize("moved", [{"settings": "s2"}, {"code": "c2"}])
def test_settings_and_code_may_move_every_rank_and_it_is_told(moved):
    turned = now(blocks=BEFORE.blocks | {"waste_block": {k: 11 - v for k, v in RANKS.items()}}, **moved)
    assert judged(turned) == ()
    assert any("waste_block moved: Kendall's tau -1.00" in text for text in remarks(BEFORE, turned, LIMITS))


def test_other_settings_do_not_excuse_a_lost_layer():
    (found,) = judged(now(settings="s2", layers=layers(stream_sediments={"rows": 0})))
    assert "stream_sediments" in found


def test_a_layer_that_was_taken_out_of_the_settings_may_go_with_its_blocks_and_its_ground():
    left = {k: v for k, v in BEFORE.layers.items() if k not in ("auction_blocks", "stream_sediments")}
    after = now(layers=left, blocks={"waste_block": dict(RANKS)}, ground_pct={}, settings="s2")
    assert judged(after, without("auction_blocks", "stream_sediments")) == ()
    assert judged(after, without("stream_sediments")), "one that is still connected may not"


def test_a_kind_that_the_settings_no_longer_list_may_go():
    fewer = Connected(ALL.layers, {"waste_block": ("waste_sites",)}, ALL.survey)
    assert judged(now(blocks={"waste_block": dict(RANKS)}, settings="s2"), fewer) == ()


def test_missing_layers_are_told_first():
    after = now(crs="x", ground_pct={}, layers=layers(waste_sites={"rows": 0}, stream_sediments={"rows": 10}))
    found = judged(after)
    assert len(found) == 4 and found[0].startswith("waste_sites was there")


def test_the_limits_are_the_regions_own():
    after = now(
        layers=layers(stream_sediments={"rows": 700}),
        ground_pct=ground(72.0),
        blocks=BEFORE.blocks | {"auction_block": {"B-1": None}},
    )
    assert len(judged(after)) == 3
    assert judged(after, max_row_loss_pct=31, max_blocks_lost=2, max_coverage_loss_points=9) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_row_loss_pct": 0},
        {"max_row_loss_pct": 101},
        {"max_blocks_lost": -1},
        {"max_coverage_loss_points": -1},
        {"min_kendall_tau": 2},
        {"min_kendall_tau": float("nan")},
        {"nonsense": 1},
    ],
)
def test_a_wrong_limit_is_refused(wrong):
    with pytest.raises(ValidationError):
        PublicationLimits(**wrong)


def test_kendalls_tau_by_hand():
    """Of five ranks with one neighbouring pair exchanged nine of ten pairs agree: (9 - 1) / 10."""
    before = Facts(blocks={"k": {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": None}})
    after = Facts(blocks={"k": {"a": 2, "b": 1, "c": 3, "d": 4, "e": 5, "f": 6}})
    assert rank_correlations(before, after) == {"k": (pytest.approx(0.8), 5)}
    assert rank_correlations(before, Facts(blocks={"k": {"a": 2, "b": 1, "c": 3, "d": 4}})) == {}


@pytest.mark.parametrize("n", [5, 6, 7, 8, 20])
def test_one_mended_figure_is_never_refused_for_the_ranks_that_it_moves(n):
    places = {f"S-{i}": i + 1 for i in range(n)}
    mended = {k: v + 1 for k, v in places.items()} | {f"S-{n - 1}": 1}
    before, after = (Facts(blocks={"waste_block": r}, settings="s", code="c") for r in (places, mended))
    assert objections(before, after, ALL, PublicationLimits()) == ()
    turned = Facts(blocks={"waste_block": {k: n + 1 - v for k, v in places.items()}}, settings="s", code="c")
    assert len(objections(before, turned, ALL, PublicationLimits())) == 1


def test_an_absent_layer_is_told_at_a_first_publication():
    told = remarks(None, now(layers=layers(waste_sites={"rows": 0, "absent": "the file is missing"})), LIMITS)
    assert told == ("waste_sites is connected and absent: the file is missing",)


def test_a_list_that_another_version_wrote_is_read_and_one_changed_byte_is_noticed(tmp_path):
    import json

    from publishing.sets import listing

    new = listing.SetList(region="r", generation="g", inputs="g", files={}, facts=BEFORE)
    plain = new.model_dump(mode="json")
    plain["facts"]["of_a_later_version"] = 1
    plain["facts"]["ground_pct"] = 93.9  # a share for all blocks together, as it once was
    del plain["accepted"]
    content = listing._bytes_of(plain)
    (tmp_path / listing.SET_LIST).write_bytes(content)
    found = listing.read_list(tmp_path)
    assert found is not None and found.facts.layers == BEFORE.layers and found.facts.blocks == BEFORE.blocks
    assert found.facts.ground_pct == {}, "what cannot be read is not compared"
    assert json.loads(content)["facts"]["of_a_later_version"] == 1
    (tmp_path / listing.SET_LIST).write_bytes(content.replace(b'"region": "r"', b'"region": "s"'))
    with pytest.raises(listing.DamagedListError):
        listing.read_list(tmp_path)
