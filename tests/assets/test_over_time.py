"""What is remembered of a layer and told of a region from night to night."""

import os

import numpy as np
import pandas as pd
import pytest

from assets.over_time.element_shift import REMEMBERED_ROWS, levels, remember, remembered, shift_finding
from assets.over_time.region_numbers import rank_agreement, region_numbers
from assets.over_time.source_ages import source_ages_days
from assets.workspace import Workspace
from data_sources.contracts.survey import STREAM_SEDIMENTS
from publishing.sets.listing import Facts, LayerFacts

LAYER = "stream_sediments"


def layer(n: int = 200, seed: int = 1, first: int = 0) -> pd.DataFrame:
    made = np.random.default_rng(seed)
    values = {c: typical * np.exp(made.normal(0, 0.5, n)) for c, typical in (("Ni_ppm", 30.0), ("SiO2_pct", 60.0))}
    names = {"sample_id": [f"57E02{first + i:05d}" for i in range(n)]}
    return pd.DataFrame(names | values | {f"{c}_censored": False for c in values})


def after(*nights: pd.DataFrame) -> dict:
    memory = None
    for number, kept in enumerate(nights):
        memory = remember(kept, STREAM_SEDIMENTS, f"f{number}", memory) or memory
    return memory


def test_each_element_has_its_median_in_its_unit():
    kept = layer()
    finding = shift_finding(LAYER, STREAM_SEDIMENTS, after(kept))
    assert finding.passed and finding.numbers == {
        "median_ni_ppm": pytest.approx(kept["Ni_ppm"].median()),
        "median_sio2_pct": pytest.approx(kept["SiO2_pct"].median()),
    }


def test_a_median_below_detection_is_not_told():
    kept = layer(4).assign(Ni_ppm=[1.0, 1.0, 5.0, 9.0], Ni_ppm_censored=[True, True, False, False])
    kept = kept.assign(SiO2_pct=[8.0, 1.0, 5.0, 9.0], SiO2_pct_censored=[True, False, False, False])
    told = levels(kept).set_index("column")["median"]
    assert told.to_dict() == {"Ni_ppm": 3.0}, "a limit of 8 above the median of 6.5 leaves that one open"


def test_a_shift_is_named_with_both_medians_and_seen_once():
    first = layer()
    second = first.assign(Ni_ppm=1.05 * first["Ni_ppm"])
    finding = shift_finding(LAYER, STREAM_SEDIMENTS, after(first, second))
    m = first["Ni_ppm"].median()
    assert not finding.passed
    assert finding.reason == (
        f"stream_sediments: Ni {m:.4g} -> {1.05 * m:.4g} ppm (+5.0 % in 200 of 200 samples that both deliveries have)"
    )
    assert finding.numbers["elements_shifted"] == 1 and finding.numbers["largest_shift_pct"] == pytest.approx(5.0)
    assert shift_finding(LAYER, STREAM_SEDIMENTS, after(first, second, second)).passed


def test_a_step_that_is_tried_again_says_the_same():
    first = layer()
    memory = after(first, first.assign(Ni_ppm=2 * first["Ni_ppm"]))
    again = remember(first, STREAM_SEDIMENTS, "f1", memory)
    assert not shift_finding(LAYER, STREAM_SEDIMENTS, again).passed


def test_a_night_without_rows_hides_nothing():
    first = layer()
    memory = after(first, first.iloc[:0], first.assign(Ni_ppm=1.05 * first["Ni_ppm"]))
    assert remember(first.iloc[:0], STREAM_SEDIMENTS, "f9", memory) is None
    assert shift_finding(LAYER, STREAM_SEDIMENTS, None).passed
    assert "Ni" in shift_finding(LAYER, STREAM_SEDIMENTS, memory).reason


def test_other_samples_are_compared_by_their_medians():
    first, other = layer(3000), layer(3000, seed=2, first=50_000)
    finding = shift_finding(LAYER, STREAM_SEDIMENTS, after(first, other))
    assert finding.passed and finding.numbers["samples_in_both"] == 0
    moved = shift_finding(LAYER, STREAM_SEDIMENTS, after(first, other.assign(Ni_ppm=1.2 * other["Ni_ppm"])))
    assert not moved.passed and "Ni" in moved.reason and "other samples" in moved.reason and "SiO2" not in moved.reason


def test_two_deliveries_remember_the_same_samples():
    first = layer(5000)
    second = pd.concat([first.iloc[50:], layer(50, seed=3, first=90_000)])  # 1 % are others
    ids = [set(remembered(kept, "sample_id")["sample_id"]) for kept in (first, second.sample(frac=1, random_state=1))]
    assert len(ids[0]) == len(ids[1]) == REMEMBERED_ROWS
    assert len(ids[0] & ids[1]) > 0.97 * REMEMBERED_ROWS
    twice = pd.concat([first.iloc[:3], first.iloc[:1]])
    assert set(remembered(twice, "sample_id")["sample_id"]) == set(first["sample_id"].iloc[1:3])


def blocks() -> pd.DataFrame:
    ids = [f"b{i}" for i in range(6)]
    ranks = [1.0, 2.0, 3.0, 4.0, 5.0, None]
    pays = [0.5, 0.3, 0.2, 0.0, 0.0, None]
    return pd.DataFrame(
        {
            "block_id": ids,
            "kind": "waste_block",
            "rank": ranks,
            "p_pays": pays,
            "score_mean": [50.0, 40, 30, 20, 10, None],
        }
    ).assign(npv_usd_p50=[1e6, 2e6, 3e6, 4e6, 5e6, None], tonnage_t_p50=[1e6] * 5 + [None])


def facts(ranks: list[int | None]) -> Facts:
    ids = [f"b{i}" for i in range(len(ranks))]
    return Facts(
        layers={LAYER: LayerFacts(rows=400), "faults": LayerFacts(rows=0, absent="missing")},
        blocks={"waste_block": dict(zip(ids, ranks, strict=True))},
        ground_pct=dict.fromkeys(ids, 50.0),
        quantified=tuple(ids[:5]),
    )


def test_the_numbers_of_a_region():
    told = region_numbers(blocks(), facts([1, 2, 3, 4, 5, None]), facts([1, 2, 3, 5, 4, None]))
    assert told == {
        "blocks": 6, "blocks_ranked": 5, "ranked_pct": pytest.approx(500 / 6), "quantified_pct": pytest.approx(500 / 6),
        "ground_covered_pct": 50, "layers_present": 1, "layers_absent": 1, "rows_kept": 400,
        "draws_that_pay_pct": pytest.approx(20), "median_score": 30, "median_npv_usd": 3e6, "tonnage_mt": 5,
        "blocks_new": 0, "blocks_gone": 0, "ranks_changed": 2,
        "rank_correlation_waste_block": pytest.approx(0.9), "rank_correlation": pytest.approx(0.9),
    }  # fmt: skip
    assert "rank_correlation" not in region_numbers(blocks(), facts([1, 2, 3, 4, 5, None]), None)


def test_spearman_is_of_the_textbook():
    # 1 - 6 sum d^2 / (n (n^2 - 1)) for the ranks 1..6 against 2 1 4 3 6 5: sum d^2 = 6, rho = 1 - 36 / 210
    ranks = ({"k": {str(i): i for i in range(1, 7)}}, {"k": {str(i): r for i, r in enumerate([2, 1, 4, 3, 6, 5], 1)}})
    assert rank_agreement(*ranks) == {
        "rank_correlation_k": pytest.approx(1 - 36 / 210),
        "rank_correlation": pytest.approx(1 - 36 / 210),
    }
    assert rank_agreement({"k": {"a": 1, "b": 2}}, {"k": {"a": 1, "b": 2}}) == {}, (
        "of two ranks there is nothing to say"
    )


def test_the_age_of_a_source_is_that_of_its_newest_file(tmp_path):
    file = tmp_path / "ngdr_karnataka_andhra" / "stream_sediments.csv"
    file.parent.mkdir()
    file.write_text("sampleno\n")
    os.utime(file, (1_000_000, 1_000_000))
    workspace = Workspace(data_root=str(tmp_path), cache_root=str(tmp_path / "cache"))
    region = workspace.region("karnataka_andhra")
    assert source_ages_days(workspace, region, now=1_000_000 + 3 * 86_400) == {LAYER: 3.0}
    assert source_ages_days(workspace, region, ("faults",), now=2_000_000) == {}
    assert source_ages_days(workspace, region, (LAYER,), now=0.0) == {LAYER: 0.0}, "a clock set back"
